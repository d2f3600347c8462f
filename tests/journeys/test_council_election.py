"""Journeys (d) and (e): a coordinator's election becomes members of a council, and one who leaves early is followed."""

import re
from datetime import datetime, timedelta

import pytest

from pilot.people import queries as people_queries
from pilot.people import service as people
from pilot.people.roles import Grant, Role
from tests.builders import councils
from tests.builders.councils import CLOSES_ON, OPENS_ON
from tests.builders.voting import a_vote, the_voters

STAFF = 40
PASTED = """Name\tClass\tStatement
Ben Roy\tBands 5 and above\tI work in theatres. I will bring your questions to every meeting.
Cat Hill\tBands 5 and above\tNights need rest rooms. I have asked for them for years.
Dev Patel\tBands 2 to 4\t
Eve Ward\tBands 5 and above\tI will report back every month."""
PAPERS = {"2>1>3": 7, "1>2": 4, "2>4": 2, "4>3": 2, "3>4": 2, "5>4": 1, "": 1}
"""Cat Hill is 1, Amy Osei 2, Dev Patel 3, Ben Roy 4, Eve Ward 5."""
NAMES = {Role.COORDINATOR: "Cora Dean", Role.RETURNING_OFFICER: "Ravi Obi"}


class Trust:
    """A pilot trust with its staff roll and its council, a coordinator and a returning officer."""

    at = "/trusts/RZA"

    def __init__(self, server, visitor):
        self.server, self.visitor = server, visitor
        server.do(self._made)

    async def _made(self, store):
        now = self.server.clock()
        async with store.writing() as session:
            await councils.staff(session, "RZA", STAFF, now=now)
            await councils.a_council(session, "RZA", now=now)
            for role, name in NAMES.items():
                account = await people.add_account(session, name, f"{name[:3]}@example.org", by="tests", now=now)
                await people.grant_role(session, account, Grant(role, "RZA"), by="tests", now=now)

    def signs_in(self, role, name):
        """Somebody with this role, with a new link to sign in."""

        async def work(store):
            async with store.writing() as session:
                account = await people_queries.account_by_email(session, f"{NAMES[role][:3]}@example.org".lower())
                return await people.make_link(session, account, by="tests", now=self.server.clock())

        at = self.visitor(name)
        at.signs_in(self.server.do(work))
        return at

    def votes(self, ballot):
        """The staff vote through the same service as the browser."""

        async def work(store):
            answers = [ranking.split(">") if ranking else [] for ranking, n in PAPERS.items() for _ in range(n)]
            async with store.writing() as session:
                voters = await the_voters(session, ballot)
                for voter, answer in zip(voters, answers, strict=False):
                    await a_vote(session, ballot, voter, *answer, now=self.server.clock())

        self.server.do(work)


@pytest.fixture
def trust(server, visitor):
    return Trust(server, visitor)


def fills_date(at, legend, day):
    group = at.page.get_by_role("group", name=legend)
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        group.get_by_label(part).fill(str(value))


def drafts(coordinator):
    """Five candidates for two seats, one of them kept for the lower bands."""
    coordinator.goes_to("/trusts/RZA/council")
    coordinator.follows("Elections")
    coordinator.follows("Draft an election")
    coordinator.clicks("Continue")
    coordinator.reads("Enter what the election is called")
    coordinator.types("What is the election called?", "Election to the staff council 2027")
    coordinator.types("How many seats are there?", "2")
    coordinator.clicks("Continue")
    coordinator.follows("Candidates (0)")
    coordinator.follows("Add a candidate")
    coordinator.types("Name", "Amy Osei")
    coordinator.types("Class (optional)", "Bands 2 to 4")
    coordinator.types("Statement (optional)", "I have been a porter here for nine years. I know every ward at night.")
    coordinator.clicks("Add the candidate")
    coordinator.follows("Add candidates from a spreadsheet")
    coordinator.types("Paste the lines", PASTED.replace("Ben Roy", "AMY OSEI"))
    coordinator.clicks("Add these candidates")
    coordinator.reads("There is already a candidate called AMY OSEI.")
    coordinator.types("Paste the lines", PASTED)
    coordinator.clicks("Add these candidates")
    coordinator.reads("5 candidates for 2 seats")
    coordinator.follows("Back to the task list")
    coordinator.follows("Seats and way of counting")
    coordinator.reads("single transferable vote, as for Scottish councils")
    coordinator.clicks("Save and continue")
    coordinator.follows("Reserved places")
    coordinator.page.get_by_label("Class of candidates").select_option(index=0)
    coordinator.types("At least (optional)", "1")
    coordinator.clicks("Save")
    coordinator.reads("At least 1 from Bands 2 to 4")
    coordinator.follows("Back to the task list")
    coordinator.follows("Dates")
    coordinator.clicks("Save and continue")
    coordinator.follows("Check and arrange")


def arranges(coordinator):
    coordinator.clicks("Arrange the vote")
    coordinator.reads("Voting is from 8am on Tuesday 9 March 2027")
    coordinator.follows("More about this vote")
    return int(coordinator.page.url.rsplit("/", 1)[1])


def makes_ready(officer, ballot):
    """The returning officer takes the number for lots and fixes the list of voters; the number."""
    officer.goes_to(f"/trusts/RZA/ballots/{ballot}")
    officer.follows("Take the number for lots")
    number = re.sub(r"\D", "", officer.page.locator("#shown").inner_text())
    officer.types("Type the number from your paper", number)
    officer.clicks("Take this number")
    officer.clicks("Fix the list of voters")
    return number


def counts_and_declares(officer, ballot, number):
    officer.goes_to(f"/trusts/RZA/ballots/{ballot}")
    officer.follows("Open the number for lots")
    officer.types("The number for lots", number)
    officer.clicks("Open the number and count the votes")
    officer.goes_to(f"/trusts/RZA/ballots/{ballot}/declare")
    officer.chooses("I have checked the figures with an observer")
    officer.clicks("Declare the result")


def test_from_candidates_to_members_and_to_whoever_follows(trust, server):
    # Given an election with five candidates that the coordinator drafts and arranges
    coordinator = trust.signs_in(Role.COORDINATOR, "coordinator")
    drafts(coordinator)
    ballot = arranges(coordinator)
    # And a returning officer who takes the number for lots and fixes the list
    officer = trust.signs_in(Role.RETURNING_OFFICER, "returning officer")
    number = makes_ready(officer, ballot)
    # When staff vote, the clock closes the vote and the result is declared
    server.clock.at(datetime.fromisoformat(f"{OPENS_ON}T08:00:00Z"))
    server.tick()
    trust.votes(ballot)
    server.clock.at(datetime.fromisoformat(f"{CLOSES_ON}T17:00:00Z"))
    server.tick()
    officer = trust.signs_in(Role.RETURNING_OFFICER, "returning officer at the close")
    counts_and_declares(officer, ballot, number)
    # Then everybody reads who was elected, and they sit on the council
    anybody = trust.visitor("anybody")
    anybody.goes_to("/trusts/RZA/elections")
    anybody.follows("Election to the staff council 2027")
    anybody.reads("Elected Amy Osei Cat Hill They hold their seats until 22 March 2030.")
    anybody.follows("See the result and every stage of the count")
    anybody.goes_to("/trusts/RZA/council")
    anybody.reads("Amy Osei until 22 March 2030")
    # When one of them leaves, the candidates who agree are told from the papers
    server.clock.forward(days=100)
    coordinator = trust.signs_in(Role.COORDINATOR, "coordinator later")
    coordinator.goes_to("/trusts/RZA/council")
    coordinator.follows(re.compile("Leaves early.*Amy Osei"))
    coordinator.clicks("Record this")
    coordinator.reads("Select why the seat is empty")
    coordinator.chooses("They left the trust")
    coordinator.chooses("Amy Osei leaves the council on this day")
    fills_date(coordinator, "Their last day on the council", server.clock() + timedelta(days=14))
    coordinator.clicks("Record this")
    coordinator.reads("Candidates who were not elected have 10 days to answer")
    for name in ("Dev Patel", "Ben Roy", "Yes, all have said if they agree"):
        coordinator.chooses(name)
    coordinator.clicks("Save the answers")
    coordinator.reads("The returning officer now has the papers counted.")
    officer = trust.signs_in(Role.RETURNING_OFFICER, "returning officer later")
    officer.goes_to("/trusts/RZA/council")
    officer.follows("Asking candidates", exact=False)
    officer.clicks("Count the papers for this seat")
    officer.chooses("I have checked the count below")
    officer.clicks("Declare that Dev Patel takes the seat")
    # Then everybody reads who follows, and why
    anybody.goes_to("/trusts/RZA/council")
    anybody.reads("Dev Patel from 16 July 2027 until 22 March 2030")
    anybody.goes_to(officer.page.url)
    anybody.reads("Amy Osei, who left")
    anybody.reads("Votes of each candidate after each stage")
