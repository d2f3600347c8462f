"""The evaluator's pages of a plan: part by part, checked, locked, read, downloaded, amended."""

import hashlib
import html
import re

import pytest
from sqlalchemy import func, select, update

from pilot.audit.tables import EventRow
from pilot.metrics import queries
from pilot.metrics.registration import PARTS, mark, read_document
from pilot.metrics.tables import StudyPlanRow, StudyRow
from pilot.people.roles import Role
from tests.builders.metrics import MONTHLY, a_locked_study, a_plan, programme_trusts
from tests.pages.metrics.test_measures import errors
from tests.signing_in import sign_in, sign_out

ANSWERS = {
    "question": {"estimand": "How much more pilots changed.", "population": "All trusts.", "theory": "They are heard."},
    "primary": {
        "name": "motivation",
        "instrument": "Other measures",
        "before_from": "2024",
        "before_to": "2025",
        "after_from": "2026",
        "after_to": "2028",
    },
    "secondaries": {},
    "comparing": {"sets": "matched", "estimator": "did", "control": "never", "aggregates": ["simple", "dynamic"]},
    "test": {"test": "permutation", "alpha": "0.050", "seed": "20270401"},
    "missing": {"missing": "complete", "subgroups": ["region", "type"]},
    "sensitivity": {"checks": ["placebo", "smoothness"], "smoothness": "0.02\r\n0"},
    "size": {"pilots": "6", "controls": "12", "sd_change": "0.10", "source": "made up"},
    "stopping": {"stopping": "Once, at the end."},
}
COMPARING = ANSWERS["comparing"]
LEAVERS = {
    "name": "leaver_rate",
    "instrument": "Workforce figures",
    "before_from": "Jan 2025",
    "before_to": "2025-12",
    "after_from": "2026-01",
    "after_to": "2026-12",
}


def hidden(page, name):
    """The value of a hidden field."""
    return re.search(rf'name="{name}" value="([^"]*)"', page.text)[1]


def tasks(page):
    """The tasks of the list with their status."""
    found = re.findall(r'nhsuk-task-list__name-and-hint">(.*?)</div>.*?__status[^>]*>(.*?)</div>', page.text, re.DOTALL)
    return {_plain(name).split("\n")[0].strip(): _plain(status) for name, status in found}


def _plain(text):
    return html.unescape(re.sub(r"<[^>]*>", "", text)).strip()


async def answer(client, study, part, **changes):
    page = await client.get(f"/studies/{study}/draft/{part}")
    return await client.post(
        f"/studies/{study}/draft/{part}", data=ANSWERS[part] | {"was": hidden(page, "was")} | changes
    )


async def begun(client, name="Staff councils"):
    await sign_in(client, Role.EVALUATOR)
    async with client.app.state.store.writing() as session:
        await programme_trusts(session)
    made = await client.post("/studies/new", data={"name": name, "trusts": "programme"})
    assert made.url.path == "/studies/1/draft", errors(made)
    return made


async def written(client):
    """A study with every part answered; its page on which it is checked."""
    await begun(client)
    for part in PARTS:
        done = await answer(client, 1, part)
        assert done.url.path == "/studies/1/draft", (part, errors(done))
    return await client.get("/studies/1/check")


async def locked(client):
    check = await written(client)
    return await client.post("/studies/1/lock", data={"read": hidden(check, "read")})


async def versions(client):
    async with client.app.state.store.reading() as session:
        return (await queries.study(session, 1)).versions


async def test_a_plan_goes_from_an_empty_list_to_a_locked_document(client):
    await sign_in(client, Role.EVALUATOR)
    assert "No study has been planned yet." in (await client.get("/studies")).text
    listed = await begun(client)
    assert set(tasks(listed).values()) == {"Not yet started", "Cannot start yet"}
    await answer(client, 1, "question")
    await answer(client, 1, "primary")
    new = await client.get("/studies/1/secondaries/new")
    added = await client.post("/studies/1/secondaries/new", data=LEAVERS | {"was": hidden(new, "was")})
    assert added.url.path == "/studies/1/draft/secondaries", errors(added)
    assert "Before: January 2025 to December 2025. After: January 2026 to December 2026." in added.text
    for part in list(PARTS)[2:]:
        listed = await answer(client, 1, part)
    assert set(tasks(listed).values()) == {"Completed", "Ready"}
    size = (await client.get("/studies/1/draft/size")).text
    assert "<strong>0.1745</strong>" in size
    assert "If all pilots were compared with all controls it would be 0.1492" in size
    check = await client.get("/studies/1/check")
    assert "A lock is not undone" in check.text
    assert "comes after the figures" not in check.text
    plan = await client.post("/studies/1/lock", data={"read": hidden(check, "read")})
    assert plan.url.path == "/studies/1"
    (version,) = await versions(client)
    assert version.sha256[:4] + " " + version.sha256[4:8] in plan.text
    assert "before outcomes from the start on were seen" in plan.text
    sap = await client.get("/studies/1/versions/1/sap.json")
    assert hashlib.sha256(sap.content).hexdigest() == version.sha256
    assert (await client.get("/studies/1/versions/1/sap.sha256")).text == f"{version.sha256}  sap.json\n"
    document = read_document(sap.content, version.sha256)
    assert document.plan.subgroups == ("type", "region")
    assert [str(bend) for bend in document.plan.sensitivity.smoothness] == ["0", "0.02"]
    assert (str(document.plan.alpha), str(document.plan.size.sd_change)) == ("0.05", "0.1")
    assert "Locked" in (await client.get("/studies")).text


async def test_a_second_click_and_a_page_that_is_out_of_date_lock_nothing(client):
    check = await written(client)
    await answer(client, 1, "stopping", stopping="Twice.")
    stale = await client.post("/studies/1/lock", data={"read": hidden(check, "read")})
    assert stale.status_code == 409
    assert "Somebody has changed this plan since you opened the page." in stale.text
    check = await client.get("/studies/1/check")
    assert (await client.post("/studies/1/lock", data={"read": hidden(check, "read")})).status_code == 200
    again = await client.post("/studies/1/lock", data={"read": hidden(check, "read")})
    assert again.status_code == 409
    assert "This plan is locked already." in again.text
    assert (await client.post("/studies/1/lock", data={})).status_code == 422
    assert len(await versions(client)) == 1


async def test_what_was_typed_stays_when_somebody_else_was_quicker(client):
    await begun(client)
    page = await client.get("/studies/1/draft/stopping")
    await answer(client, 1, "stopping")
    late = await client.post(
        "/studies/1/draft/stopping", data={"stopping": "My own words.", "was": hidden(page, "was")}
    )
    assert late.status_code == 422
    assert "Somebody else has saved this part since you opened the page." in errors(late)[0]
    assert "My own words." in late.text
    over = await client.post("/studies/1/draft/stopping", data={"stopping": "My own.", "was": hidden(late, "was")})
    assert over.url.path == "/studies/1/draft"


async def test_an_outcome_is_taken_out_again_and_not_twice(client):
    await begun(client)
    new = await client.get("/studies/1/secondaries/new")
    added = await client.post("/studies/1/secondaries/new", data=LEAVERS | {"was": hidden(new, "was")})
    was = hidden(added, "was")
    gone = await client.post("/studies/1/secondaries/1/remove", data={"was": was})
    assert "There are none yet." in gone.text
    assert (await client.post("/studies/1/secondaries/1/remove", data={"was": was})).status_code == 422


@pytest.mark.parametrize(
    ("part", "sent", "said"),
    [
        ("question", {}, ["Enter what is estimated", "Enter whom it is about", "Enter why a staff council should"]),
        ("primary", LEAVERS | {"before_to": "2024"}, ["The last period before must not come before"]),
        ("primary", LEAVERS | {"before_to": "2026-03"}, ["The periods before the start must end before those"]),
        ("primary", LEAVERS | {"after_to": "soon"}, ["Enter a year (2027), a financial year (2026/27)"]),
        ("primary", LEAVERS | {"instrument": "my own"}, ["Select where the figures come from"]),
        ("comparing", COMPARING | {"estimator": "magic"}, ["Select how the effect is estimated"]),
        ("comparing", COMPARING | {"aggregates": "all"}, ["Select how effects are put together"]),
        ("test", {"test": "wild", "alpha": "0,05", "seed": "1.5"}, ["Enter a number above 0", "Enter a whole number"]),
        ("test", {"test": "wild", "alpha": "0.5", "seed": "1"}, ["Enter a number above 0 and below 0.5"]),
        ("sensitivity", {}, ["Select at least one check"]),
        ("sensitivity", {"checks": "smoothness", "smoothness": "-1"}, ["Enter numbers from 0 upwards"]),
        ("sensitivity", {"checks": "smoothness"}, ["Enter the bends that are tried"]),
        ("sensitivity", {"checks": "placebo", "smoothness": "0.1"}, ["Leave this empty, or select the check"]),
        ("sensitivity", {"checks": "magic"}, ["Select checks from the list"]),
        (
            "size",
            {"pilots": "0", "controls": "x", "sd_change": "0"},
            ["Enter how many pilot", "Enter how many control"],
        ),
        ("size", {"pilots": "5", "controls": "9", "sd_change": "0"}, ["Enter a number above 0", "Enter where this"]),
        ("stopping", {"stopping": "\x00"}, ["Stopping"]),
    ],
)
async def test_what_is_wrong_with_a_part_is_said_at_once(client, part, sent, said):
    await begun(client)
    found = await client.post(f"/studies/1/draft/{part}", data=sent)
    assert found.status_code == 422
    assert [words for words in said if not any(one.startswith(words) for one in errors(found))] == []
    async with client.app.state.store.reading() as session:
        assert (await queries.study(session, 1)).draft.done == ()


async def test_ancova_takes_the_baseline_and_nothing_else_can_be_asked(client):
    await written(client)
    form = await client.get("/studies/1/draft/comparing")
    assert 'name="covariates"' not in form.text
    await answer(client, 1, "comparing", estimator="ancova")
    assert "The baseline" in (await client.get("/studies/1/check")).text
    async with client.app.state.store.reading() as session:
        assert (await queries.study(session, 1)).draft.plan.covariates == ("baseline",)
    await answer(client, 1, "comparing")
    async with client.app.state.store.reading() as session:
        assert (await queries.study(session, 1)).draft.plan.covariates == ()


async def test_a_draft_of_an_earlier_version_that_names_more_is_saved_anew_before_it_is_locked(client):
    await written(client)
    await answer(client, 1, "comparing", estimator="ancova")
    async with client.app.state.store.writing() as session:
        row = await session.get_one(StudyRow, 1)
        row.draft = row.draft.replace('"covariates":["baseline"]', '"covariates":["region"]')
        assert "region" in row.draft
    check = await client.get("/studies/1/check")
    assert "No estimate is adjusted for “region”" in check.text
    assert "The baseline, region" in check.text
    assert "Lock this plan" not in check.text
    await answer(client, 1, "comparing", estimator="ancova")
    assert "Lock this plan" in (await client.get("/studies/1/check")).text


async def test_what_is_not_there_is_not_found(client):
    await begun(client)
    for path in (
        "/studies/9", "/studies/9/draft", "/studies/9/check", "/studies/1/draft/nothing", "/studies/1/versions/1",
        "/studies/1/versions/1/sap.json", "/studies/9/secondaries/new",
    ):  # fmt: skip
        assert (await client.get(path)).status_code == 404, path
    assert (await client.post("/studies/1/draft/nothing", data={})).status_code == 404
    await written_more(client)
    assert (await client.get("/studies/1/versions/1/secret.txt")).status_code == 404
    assert (await client.post("/studies/new", data={"name": "X", "trusts": "99"})).status_code == 404


async def written_more(client):
    for part in PARTS:
        await answer(client, 1, part)
    check = await client.get("/studies/1/check")
    await client.post("/studies/1/lock", data={"read": hidden(check, "read")})


async def test_a_study_needs_a_name_and_its_trusts(client):
    await begun(client)
    empty = await client.post("/studies/new", data={})
    assert errors(empty) == ["Enter a name", "Select whom the study is about"]
    taken = await client.post("/studies/new", data={"name": "staff councils", "trusts": "programme"})
    assert errors(taken) == ["There is a study of this name already"]


async def test_a_plan_that_lacks_something_cannot_be_locked_by_going_round_its_page(client):
    await begun(client)
    check = await client.get("/studies/1/check")
    assert "Before you can go on" in check.text
    assert "Lock this plan" not in check.text
    async with client.app.state.store.reading() as session:
        read = mark((await queries.study(session, 1)).draft.plan)
    refused = await client.post("/studies/1/lock", data={"read": read})
    assert refused.status_code == 409
    assert "The plan is not complete yet." in refused.text


async def test_an_amendment_says_why_and_the_version_before_stays(client):
    await locked(client)
    await answer(client, 1, "test", test="cluster")
    assert (await versions(client))[-1].document.plan.test == "permutation"
    assert tasks(await client.get("/studies/1/draft"))["The test"] == "Changed"
    check = await client.get("/studies/1/check")
    empty = await client.post("/studies/1/amend", data={"read": hidden(check, "read")})
    assert errors(empty) == [
        "Enter why the plan is changed",
        "Select yes if anybody has seen outcomes from the start on",
    ]
    words = {"read": hidden(check, "read"), "reason": "Few trusts <are> left.", "seen": "no"}
    plan = await client.post("/studies/1/amend", data=words)
    assert "version 2 of the plan" in plan.text
    assert "Few trusts &lt;are&gt; left." in plan.text
    again = await client.post("/studies/1/amend", data=words)
    assert errors(again) == ["Nothing in the plan has changed. Change it first"]
    first = await client.get("/studies/1/versions/1")
    assert "Not in force" in first.text
    old, new = await versions(client)
    assert (old.document.plan.test, new.document.plan.test, new.document.amends) == (
        "permutation",
        "cluster",
        old.sha256,
    )
    async with client.app.state.store.reading() as session:
        verbs = (await session.scalars(select(EventRow.verb).where(EventRow.verb.like("plan %")))).all()
    assert [verb for verb in verbs if verb != "plan written"] == ["plan locked", "plan amended"]


async def test_a_change_of_a_locked_plan_can_be_thrown_away(client):
    await locked(client)
    await answer(client, 1, "test", test="cluster")
    back = await client.post("/studies/1/discard", data={})
    assert back.url.path == "/studies/1"
    assert "Change this plan" in back.text
    assert "Nothing is changed yet." in (await client.get("/studies/1/draft")).text


async def test_whoever_lost_the_session_changes_nothing(client):
    check = await written(client)
    sign_out(client)
    assert (await client.post("/studies/1/lock", data={"read": hidden(check, "read")})).status_code == 403
    async with client.app.state.store.reading() as session:
        assert await session.scalar(select(func.count()).select_from(StudyPlanRow)) == 0


async def test_a_plan_whose_text_was_changed_in_the_database_is_not_shown(client):
    await sign_in(client, Role.EVALUATOR)
    async with client.app.state.store.writing() as session:
        await programme_trusts(session)
        await a_locked_study(session, a_plan(MONTHLY))
        text = await session.scalar(select(StudyPlanRow.text))
        await session.execute(update(StudyPlanRow).values(text=text.replace("permutation", "cluster", 1)))
    shown = await client.get("/studies/1")
    assert shown.status_code == 422
    assert "This plan is not the one that was locked" in shown.text


async def test_the_measures_that_there_are_are_offered_and_others_refused(client):
    await begun(client)
    study = 1
    empty = await client.get(f"/studies/{study}/draft/primary")
    assert "There are no figures of these trusts yet." in empty.text
    assert '<option value="leaver_rate"></option>' in empty.text
    wrong = await answer(client, study, "primary", instrument="Workforce figures", name="leaver rates")
    assert wrong.status_code == 422
    assert errors(wrong)[0].startswith("There is no measure “leaver rates” from Workforce figures.")
    assert 'value="leaver rates"' in wrong.text
    page = await client.get(f"/studies/{study}/secondaries/new")
    more = LEAVERS | {"name": "motivating", "instrument": "NHS Staff Survey", "was": hidden(page, "was")}
    assert errors(await client.post(f"/studies/{study}/secondaries/new", data=more))[0].startswith(
        "There is no measure “motivating” from NHS Staff Survey."
    )
    known = await answer(client, study, "primary", instrument="NHS Staff Survey", name="q25c")
    assert known.url.path == f"/studies/{study}/draft", errors(known)
