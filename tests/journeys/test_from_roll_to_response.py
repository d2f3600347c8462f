"""Journey (d): a coordinator's roll becomes a council, a proposal, a vote, a declared result and the board's answer."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from pilot.people import service as people
from pilot.people.roles import Grant, Role
from tests.builders.people import a_trust, roll_file
from tests.builders.voting import a_vote, the_voters
from tests.conftest import START

STAFF = 40
WORDS = {
    "What is the problem?": "Staff on nights have no place to rest. Some sleep in their cars.",
    "What should change?": "Open one quiet room on each site from 8pm to 8am.",
}


class Trust:
    """A pilot trust whose officers have sign-in links, and nothing else yet."""

    def __init__(self, server, visitor):
        self.server, self.visitor, self.links = server, visitor, server.do(self._made)

    async def _made(self, store):
        links = {}
        async with store.writing() as session:
            await a_trust(session, "RZA", name="Wyreside Example NHS Trust")
            for role, name in (
                (Role.COORDINATOR, "Cora Dean"),
                (Role.RETURNING_OFFICER, "Ravi Obi"),
                (Role.BOARD_SECRETARY, "Bea Stone"),
            ):
                account = await people.add_account(session, name, f"{name[:3]}@example.org", by="tests", now=START)
                await people.grant_role(session, account, Grant(role, "RZA"), by="tests", now=START)
                links[role] = await people.make_link(session, account, by="tests", now=START)
        return links

    def signs_in(self, role, name):
        at = self.visitor(name)
        at.goes_to(f"/sign-in/{self.links[role]}")
        at.clicks("Sign in")
        return at

    def staff(self, name, code):
        at = self.visitor(name)
        at.goes_to("/vote")
        at.types("Enter your voting code", code)
        at.clicks("Continue")
        return at


@pytest.fixture
def trust(server, visitor):
    return Trust(server, visitor)


def fills_date(at, legend, moment):
    group = at.page.get_by_role("group", name=legend)
    for part, value in (("Day", moment.day), ("Month", moment.month), ("Year", moment.year)):
        group.get_by_label(part).fill(str(value))


def loads_the_roll(trust, tmp_path):
    coordinator = trust.signs_in(Role.COORDINATOR, "coordinator")
    coordinator.goes_to("/trusts/RZA/roll")
    coordinator.page.get_by_role("button", name="Load a staff roll").click()
    coordinator.looks()
    # An empty form names everything that is missing, at once
    coordinator.clicks("Continue")
    expect(coordinator.page.locator(".nhsuk-error-summary__list li")).to_have_count(2)
    file = tmp_path / "extract.csv"
    file.write_bytes(roll_file(STAFF, extra=("Total,40,,,,,,,,,",)).content)
    fills_date(coordinator, "When was the extract made?", START)
    coordinator.page.get_by_label("CSV file").set_input_files(file)
    coordinator.clicks("Continue")
    coordinator.clicks("Continue")
    coordinator.reads("Check the staff roll")
    coordinator.clicks(f"Load {STAFF} people")
    coordinator.reads("Staff roll loaded")
    return coordinator


def sets_up_the_council(coordinator):
    coordinator.goes_to("/trusts/RZA/council")
    coordinator.page.get_by_text("Set up the council").first.click()
    coordinator.looks()
    coordinator.clicks("Set up the council")
    coordinator.reads("Staff council")


def makes_codes(trust):
    officer = trust.signs_in(Role.RETURNING_OFFICER, "returning officer")
    officer.goes_to("/trusts/RZA/codes")
    officer.clicks(f"Make {STAFF} codes")
    codes = officer.page.locator(".pilot-slip .pilot-code").all_inner_texts()
    assert len(set(codes)) == STAFF
    officer.goes_to("/trusts/RZA/codes")
    assert codes[0] not in officer.page.content()
    return officer, codes


def files_a_proposal(trust, codes):
    rep = trust.staff("porter", codes[0])
    rep.goes_to("/trusts/RZA/proposals/new")
    rep.clicks("Save and continue")
    expect(rep.page.locator(".nhsuk-error-summary__list li")).to_have_count(1)
    rep.types("Title", "Rest rooms on every site at night")
    rep.clicks("Save and continue")
    for part in rep.page.locator(".nhsuk-task-list__link").all_inner_texts()[1:]:
        rep.follows(part)
        if part == "Is this for the council?":
            for choice in rep.page.get_by_label("No", exact=True).all():
                choice.check()
        else:
            rep.page.get_by_label("Your text").fill(WORDS.get(part, "The estates board of the trust decides it."))
        rep.clicks("Save and continue")
    rep.follows("Check your answers")
    rep.clicks("Send to a second sponsor")
    address = rep.page.locator(".nhsuk-inset-text .pilot-code").inner_text()
    second = trust.staff("nurse", codes[1])
    second.goes_to(address)
    second.clicks("Put my name to this proposal")
    return rep, address.split("/sponsor/")[0]


def screens(coordinator, proposal):
    coordinator.goes_to("/trusts/RZA/screening")
    coordinator.follows("Rest rooms on every site at night")
    coordinator.clicks("Save the decision")
    coordinator.reads("There is a problem")
    coordinator.page.locator("input[name=decision]").first.check()
    coordinator.clicks("Save the decision")
    coordinator.goes_to(proposal)


def gathers_support(trust, proposal, codes):
    for number in (2, 3):
        supporter = trust.staff(f"supporter {number}", codes[number])
        supporter.goes_to(proposal)
        supporter.clicks("Support this proposal")
    return supporter


def vote_by_script(server, ballot):
    """Most of the others vote through the same service as the browser."""

    async def work(store):
        async with store.writing() as session:
            for place, voter in enumerate((await the_voters(session, ballot))[5:25]):
                answer = "no" if place % 4 == 0 else "yes"
                await a_vote(session, ballot, voter, answer, now=server.clock())

    server.do(work)


def test_from_the_roll_to_the_answer_of_the_board(trust, server, tmp_path):
    # Given a roll, a council and voting codes
    coordinator = loads_the_roll(trust, tmp_path)
    sets_up_the_council(coordinator)
    officer, codes = makes_codes(trust)
    # When staff file a proposal, the coordinator takes it in, and enough others support it
    _, proposal = files_a_proposal(trust, codes)
    screens(coordinator, proposal)
    supporter = gathers_support(trust, proposal, codes)
    supporter.reads("Enough staff support this")
    # Then it is discussed, locked, and put to a vote
    server.clock.forward(days=15)
    server.tick()
    coordinator = renewed(trust, Role.COORDINATOR, "coordinator later")
    coordinator.goes_to(proposal)
    coordinator.page.get_by_text("Set the dates of the vote").click()
    coordinator.looks()
    coordinator.clicks("Put this to a vote")
    officer = renewed(trust, Role.RETURNING_OFFICER, "returning officer later")
    officer.goes_to("/trusts/RZA/ballots")
    officer.follows("Rest rooms on every site at night", exact=False)
    ballot = officer.page.url
    officer.clicks("Fix the list of voters")
    officer.reads("List of voters")
    officer.goes_to(ballot)
    # And staff vote in secret
    opens, closes = the_dates(server, ballot)
    server.clock.at(opens)
    server.tick()
    for number, answer in ((0, "Yes"), (4, "No")):
        voter = trust.staff(f"voter {number}", codes[number])
        voter.page.get_by_label(answer, exact=True).check()
        voter.clicks("Continue")
        voter.page.get_by_role("button", name="Cast vote").click()
        voter.reads_heading("Your vote has been cast")
        voter.looks()
    vote_by_script(server, int(ballot.rsplit("/", 1)[1]))
    # When the clock closes the vote, the returning officer declares the result
    server.clock.at(closes)
    server.tick()
    officer = renewed(trust, Role.RETURNING_OFFICER, "returning officer at the close")
    officer.goes_to(ballot)
    officer.follows("Declare the result")
    officer.clicks("Declare the result")
    officer.reads("There is a problem")
    officer.chooses("I have checked the figures with an observer")
    officer.clicks("Declare the result")
    # Then everybody can read it, and the board's answer is due
    anybody = trust.visitor("anybody")
    anybody.goes_to(f"{ballot}/result")
    anybody.reads("Result: carried")
    anybody.goes_to("/trusts/RZA/responses")
    # The list of proposals can be narrowed down without loading the page again
    anybody.goes_to("/trusts/RZA/proposals")
    anybody.page.evaluate("window.stillHere = true")
    anybody.page.get_by_label("Show", exact=True).select_option(index=1)
    anybody.page.get_by_role("button", name="Update the list").click()
    anybody.page.wait_for_url("**/proposals?show=*")
    anybody.looks()
    assert anybody.page.evaluate("window.stillHere")
    # And when the board is late, that is public
    server.clock.forward(days=45)
    anybody.goes_to(proposal)
    anybody.reads("overdue")
    # When the board's secretary acknowledges and answers with reasons and a commitment
    secretary = renewed(trust, Role.BOARD_SECRETARY, "board secretary")
    secretary.goes_to("/trusts/RZA/responses")
    secretary.page.get_by_text("Say that the board has the result").first.click()
    secretary.looks()
    secretary.clicks("Publish this")
    secretary.goes_to("/trusts/RZA/responses")
    secretary.page.get_by_text("Write the answer").first.click()
    secretary.looks()
    secretary.clicks("Continue")
    secretary.reads("There is a problem")
    secretary.page.locator("input[name=decision][value=accepted]").check()
    secretary.types("The board's reasons", "The board agrees that staff must rest, and pays for the rooms this year.")
    secretary.types("What will be done in commitment 1?", "Open a rest room on each site")
    secretary.types("Who is responsible for commitment 1?", "Head of estates")
    fills_date(secretary, "By which day is commitment 1 done?", datetime(2028, 3, 1, tzinfo=UTC))
    secretary.types("How can one see that commitment 1 is done?", "Rest rooms open at night, counted each month")
    secretary.clicks("Continue")
    secretary.reads("Check the board's answer")
    secretary.clicks("Publish the answer")
    # Then everybody reads the answer
    anybody.goes_to(proposal)
    anybody.reads("Open a rest room on each site")
    anybody.reads("The board agrees that staff must rest")


def renewed(trust, role, name):
    """Weeks later the officer asks for a new link and signs in again."""

    async def work(store):
        from pilot.people.queries import account_by_email

        first = {Role.COORDINATOR: "Cor", Role.RETURNING_OFFICER: "Rav", Role.BOARD_SECRETARY: "Bea"}[role]
        async with store.writing() as session:
            account = await account_by_email(session, f"{first}@example.org".lower())
            return await people.make_link(session, account, by="tests", now=trust.server.clock())

    trust.links[role] = trust.server.do(work)
    return trust.signs_in(role, name)


def the_dates(server, ballot):
    async def work(store):
        from pilot.voting import queries

        async with store.reading() as session:
            row = await queries.ballot(session, int(ballot.rsplit("/", 1)[1]))
            return row.opens_at, row.closes_at

    return server.do(work)
