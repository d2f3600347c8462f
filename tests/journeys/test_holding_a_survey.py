"""An evaluator holds a survey, from the form to its released figures; a coordinator hangs up the poster."""

from datetime import timedelta

from pilot.people import service as people
from pilot.people.roles import Role
from tests.builders import people as build_people
from tests.builders import waves as build
from tests.builders.waves import CONTROL, PILOT


class Evaluator:
    """Somebody who holds a survey."""

    def __init__(self, visitor, server, clock):
        self.at, self.server, self.clock = visitor("evaluator"), server, clock
        self.account = None

    def signs_in(self, role=Role.EVALUATOR, trust=None):
        """Again and again: a session ends by itself long before a survey does."""

        async def link(store):
            async with store.writing() as session:
                if self.account is None:
                    self.account = await build_people.an_account(session, role, trust)
                return await people.make_link(session, self.account, by="tests", now=self.clock())

        self.at.signs_in(self.server.do(link))

    def fills_in(self):
        self.at.goes_to("/waves/new")
        self.at.types("Name of the survey", "Spring pulse")
        self.at.chooses("A baseline")
        for legend, day in (("First day", "3"), ("Last day", "17")):
            group = self.at.page.get_by_role("group", name=legend)
            for part, value in (("Day", day), ("Month", "3"), ("Year", "2027")):
                group.get_by_label(part).fill(value)
        self.at.clicks("Make the survey")


def test_an_evaluator_holds_a_survey(visitor, server, clock):
    clock.at(build.MADE)

    async def programme(store):
        async with store.writing() as session:
            await build.two_trusts(session)

    async def some_answer(store):
        async with store.writing() as session:
            await build.all_answer(session, 1, PILOT, ["45345" + "3" * 11 + "1"] * 11 + ["2" * 16 + "2"])
            await build.all_answer(session, 1, CONTROL, ["3" * 16] * 4)

    server.do(programme)
    evaluator = Evaluator(visitor, server, clock)
    evaluator.signs_in()
    evaluator.at.goes_to("/waves")
    evaluator.at.clicks("Make a survey")
    evaluator.at.clicks("Make the survey")  # with an empty form
    evaluator.at.reads("Enter a name for this survey")
    evaluator.fills_in()
    evaluator.at.reads("2 of 2 trusts can take part today")
    evaluator.at.clicks("Fix the questions and who is asked")
    server.tick()
    clock.at(build.NIGHT)
    server.tick()
    server.do(some_answer)
    clock.at(build.NIGHT + timedelta(hours=6))
    server.tick()
    evaluator.signs_in()
    evaluator.at.goes_to("/waves/1")
    evaluator.at.reads("12 or more")
    evaluator.at.follows("Cancel this survey")
    clock.at(build.CLOSES)
    server.tick()
    evaluator.signs_in()
    evaluator.at.goes_to("/waves/1")
    evaluator.at.follows("Check what the release will hide")
    evaluator.at.reads("RBB: 13 figures hidden")
    evaluator.at.clicks("I have checked this")
    evaluator.at.clicks("Release the figures")
    evaluator.at.reads("Its figures are among the measures")
    evaluator.at.goes_to("/waves")
    evaluator.at.reads("A baseline has opened")


def test_a_coordinator_hangs_up_the_poster(visitor, server, clock):
    clock.at(build.MADE)

    async def opened(store):
        async with store.writing() as session:
            return await build.an_open_wave(session)

    wave = server.do(opened)
    clock.at(build.NIGHT)
    coordinator = Evaluator(visitor, server, clock)
    coordinator.signs_in(Role.COORDINATOR, CONTROL)
    coordinator.at.goes_to(f"/trusts/{CONTROL}")
    coordinator.at.follows("Surveys")
    coordinator.at.follows("Poster and words for everybody", exact=False)
    assert coordinator.at.page.url.endswith(f"/surveys/{wave}/poster")
    coordinator.at.reads("Everybody gets this message")
