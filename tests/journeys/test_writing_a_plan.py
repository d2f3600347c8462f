"""An evaluator plans a study before its data: file taken in blind, plan written, locked, compared, amended."""

import hashlib

import pytest

from pilot.demo import figures
from pilot.demo.planned import study_plan
from pilot.demo.trusts import trusts
from pilot.people import service as people
from pilot.people.roles import Grant, Role
from tests.conftest import START

TRUSTS = trusts(figures.starts_on(START.date()))
PLAN = study_plan(START.date())


async def _made(store):
    async with store.writing() as session:
        for trust in TRUSTS:
            await people.add_trust(session, trust, by="tests", now=START)
        account = await people.add_account(session, "Eve Lewin", "eve@example.org", by="tests", now=START)
        await people.grant_role(session, account, Grant(Role.EVALUATOR), by="tests", now=START)
        return await people.make_link(session, account, by="tests", now=START)


@pytest.fixture
def at(server, visitor):
    """An evaluator who is signed in; the programme has six pilots and eighteen controls, and no figures yet."""
    at = visitor("planner")
    at.goes_to(f"/sign-in/{server.do(_made)}")
    at.clicks("Sign in")
    return at


def the_file_is_taken_in(at, file):
    at.goes_to("/measures/import/file")
    at.page.get_by_label("CSV file").set_input_files(file)
    at.chooses("The trusts of this programme")
    at.page.get_by_label("Other measures", exact=True).check()
    at.types("When were they published?", "March 2027")
    at.types("Who published them?", "The demonstration")
    at.clicks("Continue")
    at.reads("Its values are not shown before a plan is locked")
    at.clicks("Continue")
    at.reads("So nothing of what the figures are is shown here.")
    at.clicks("Store the file")


def the_outcome_is_written(at, outcome):
    at.types("Measure", outcome.name)
    at.page.get_by_label(outcome.instrument, exact=True).check()
    for label, period in (
        ("First period before the start", outcome.before.first),
        ("Last period before the start", outcome.before.last),
        ("First period after the start", outcome.after.first),
        ("Last period after the start", outcome.after.last),
    ):
        at.types(label, period)


def the_plan_is_written(at):
    at.follows("The question, and why it should move")
    at.clicks("Save and go back to the list")
    at.reads("Enter why a staff council should change the outcome")
    at.types("Why should a staff council change the outcome?", PLAN.theory)
    at.clicks("Save and go back to the list")
    at.follows("The primary outcome")
    the_outcome_is_written(at, PLAN.primary)
    at.clicks("Save and go back to the list")
    at.follows("Other outcomes")
    at.follows("Add an outcome")
    the_outcome_is_written(at, PLAN.secondaries[0])
    at.clicks("Add this outcome")
    at.clicks("These are all")
    for part in ("How trusts are compared", "The test", "Missing values and groups", "Checks of the finding"):
        at.follows(part)
        at.clicks("Save and go back to the list")
    at.follows("The smallest effect that can be found")
    at.types("How much trusts differ in their change", "0.07")
    at.types("Where is this number from?", PLAN.size.source)
    at.clicks("Work it out and go back to the list")
    at.follows("When outcomes are looked at")
    at.clicks("Save and go back to the list")


def test_an_evaluator_plans_before_the_data_and_is_held_to_it(at, tmp_path):
    file = tmp_path / "waves.csv"
    file.write_bytes(figures.waves_file(TRUSTS, START.date()))
    # Given figures that were taken in blind
    the_file_is_taken_in(at, file)
    at.goes_to("/comparisons")
    at.follows("Compare motivation")
    at.reads("Held back.")
    # When a plan is written and locked
    at.goes_to("/studies")
    at.reads("No study has been planned yet.")
    at.clicks("Plan a study")
    at.types("What is the study called?", "Staff councils and motivation")
    at.chooses("The trusts of this programme")
    at.clicks("Continue")
    the_plan_is_written(at)
    at.follows("Check and lock")
    at.reads("A lock is not undone")
    at.clicks("Lock this plan")
    at.reads("before outcomes from the start on were seen")
    with at.page.expect_download() as waiting:
        at.page.get_by_role("link", name="sap.json").click()
    number = hashlib.sha256(waiting.value.path().read_bytes()).hexdigest()
    at.reads(" ".join(number[start : start + 4] for start in range(0, 64, 4)))
    # Then the comparison of the plan is prespecified, and another one is not
    at.clicks("Compare by this plan")
    at.follows("Compare motivation")
    at.clicks("Compare")
    at.reads("Prespecified, not randomised")
    # And an amendment says that it came after the figures
    at.goes_to("/studies/1")
    at.follows("Change this plan")
    at.follows("The test")
    at.chooses("Standard error clustered by trust")
    at.clicks("Save and go back to the list")
    at.follows("Check and amend")
    at.types("Why is the plan changed?", "The reviewers asked for it.")
    at.chooses("No")
    at.clicks("Amend the plan")
    at.reads("comparisons of these trusts have been made (1)")
    at.chooses("Yes")
    at.clicks("Amend the plan")
    at.reads("when outcomes from the start on could be seen")
    at.reads("The reviewers asked for it.")
