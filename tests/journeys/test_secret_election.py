"""A whole election from the number for lots to the record at home, with everything that people do done in a browser."""

import subprocess
import sys

from pilot.people import service as people
from pilot.people.roles import Role
from pilot.settings import ROOT
from tests.builders import voting as build
from tests.builders.people import an_account
from tests.journeys.test_ranking import ASKED, NOBODY, STATEMENTS, Nurse


class Officer:
    """The trust's returning officer, who signs in with a new link each time."""

    def __init__(self, server, visitor, *, roll=True):
        self.server, self.visitor, self.roll = server, visitor, roll
        self.account = server.do(self._made)

    async def _made(self, store):
        async with store.writing() as session:
            if self.roll:
                await build.a_roll(session, 60)
            return await an_account(session, Role.RETURNING_OFFICER, "RAA", email="ravi@example.org")

    def signs_in(self, name):
        async def work(store):
            async with store.writing() as session:
                return await people.make_link(session, self.account, by="tests", now=self.server.clock())

        at = self.visitor(name)
        at.signs_in(self.server.do(work))
        return at

    def arranges(self):
        """What a council does elsewhere: the election of two out of four, arranged."""

        async def work(store):
            async with store.writing() as session:
                return await build.an_arranged_election(session, question=ASKED, text=STATEMENTS)

        return self.server.do(work)

    def codes(self):
        async def work(store):
            async with store.writing() as session:
                now = self.server.clock()
                return await people.issue_codes(session, self.server.settings, "RAA", by=build.OFFICER, now=now)

        return self.server.do(work)


class Held:
    """An election with the slips of its voters, the last first: the others vote through the service meanwhile."""

    def __init__(self, ballot, slips):
        self.ballot, self.slips = ballot, slips


def test_a_secret_stv_ballot_is_voted_peeled_counted_declared_and_verified_in_the_browser(server, visitor, tmp_path):
    # Given an election for two seats, whose returning officer takes a number for lots and fixes the list of voters
    server.clock.at(build.ARRANGED)
    officer = Officer(server, visitor)
    ballot = officer.arranges()
    here = f"/trusts/RAA/ballots/{ballot}"
    slips = officer.codes()
    at_the_desk = officer.signs_in("officer before")
    at_the_desk.goes_to(here)
    at_the_desk.follows("Take the number for lots")
    number = at_the_desk.page.locator("#shown").inner_text()
    at_the_desk.types("Type the number from your paper", number)
    at_the_desk.clicks("Take this number")
    at_the_desk.clicks("Fix the list of voters")
    # When three vote in the browser, one of them twice, and 47 others elsewhere
    server.clock.at(build.NIGHT)
    server.tick()
    held = Held(ballot, sorted(slips, key=lambda slip: slip.person_id)[-2::-1])
    first = Nurse(visitor, held, 0, "first")
    first.opens_the_paper()
    poster = first.page.evaluate("JSON.parse(document.getElementById('ballot').textContent).digest")
    first.numbers("Cat Hill", 1)
    first.numbers("Amy Osei", 2)
    first.checks("Cat Hill\nAmy Osei", "You gave no number to 2 others.")
    code = first.casts()
    first.finishes()
    second = Nurse(visitor, held, 1, "second")
    second.opens_the_paper()
    for name in ("Dan Webb", "Ben Roy"):
        second.page.get_by_role("button", name=f"Up {name}", exact=True).click()
    second.checks("Dan Webb\nBen Roy", "You gave no number to 2 others.")
    second.casts()
    third = Nurse(visitor, held, 2, "third")
    third.opens_the_paper()
    third.numbers("Amy Osei", 1)
    third.goes_on()
    old_code = third.casts()
    third.finishes()
    third.opens_the_paper()
    third.ticks(NOBODY)
    third.checks("You choose nobody")
    third.casts()

    async def others_vote(store):
        async with store.writing() as session:
            await build.rankings_cast(session, ballot, {"1>2": 20, "2": 10, "3>2": 9, "4>3": 8})

    server.do(others_vote)
    # Then the clock closes the vote and has it opened, and the officer opens the number; a wrong one opens nothing
    server.clock.at(build.CLOSES)
    server.tick()
    at_the_desk = officer.signs_in("officer after")
    at_the_desk.goes_to(here)
    at_the_desk.follows("Open the number for lots")
    at_the_desk.types("The number for lots", "1" * 20)
    at_the_desk.clicks("Open the number and count the votes")
    at_the_desk.reads("There is a problem")
    at_the_desk.types("The number for lots", number)
    at_the_desk.clicks("Open the number and count the votes")
    at_the_desk.goes_to(f"{here}/declare")
    at_the_desk.reads("Blank papers 1")
    at_the_desk.chooses("I have checked the figures with an observer")
    at_the_desk.clicks("Declare the result")
    # And everybody reads who was elected, as a pencil finds it: 49 papers, quota 17, Amy Osei's 3 spare votes help
    # Ben Roy to 13, and Dan Webb's 9 votes lift Cat Hill to 18
    anybody = visitor("anybody")
    anybody.goes_to(f"{here}/result")
    anybody.reads_heading("Result: Amy Osei and Cat Hill were elected")
    anybody.reads("quota is 17")
    # And a check code finds its paper with the order on it; the code of a vote that was changed finds none
    anybody.goes_to(f"/check/{ballot}")
    anybody.types("Enter your check code", code)
    anybody.page.get_by_role("button", name="Check", exact=True).click()
    anybody.page.get_by_text("It reads: 1 Cat Hill, 2 Amy Osei.").wait_for()
    anybody.looks()
    anybody.types("Enter your check code", old_code)
    anybody.page.get_by_role("button", name="Check", exact=True).click()
    anybody.page.get_by_text("No counted vote has this code").wait_for()
    # And whoever takes the record home counts it again, with no server
    record = tmp_path / "record.zip"
    record.write_bytes(anybody.context.request.get(f"{server.address}{here}/record.zip").body())
    done = subprocess.run(
        [sys.executable, "-m", "pilot", "verify", str(record), "--number", poster],
        check=False, cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout
    assert "Every check that could be made was passed." in done.stdout
