"""The pages of a study that is worked out: begun with a button, told step by step, read, downloaded."""

import hashlib
import io
import zipfile
from decimal import Decimal

import pytest
from msgspec import to_builtins
from msgspec.structs import replace
from sqlalchemy import select

from pilot.audit.tables import EventRow
from pilot.metrics import queries
from pilot.metrics.findings import Step
from pilot.metrics.kernel import study as kernel
from pilot.metrics.kernel.estimates import ArmMeans
from pilot.metrics.kernel.studies import Division, StudyOrder
from pilot.metrics.queries.runs import Estimated
from pilot.metrics.registration import Sensitivity
from pilot.metrics.tables.runs import StudyRunRow
from pilot.people.roles import Role
from tests.builders.metrics import a_locked_study, a_panel, a_plan, code, programme_trusts
from tests.builders.studies import counted
from tests.signing_in import sign_in

CHECKS = Sensitivity(
    ("ancova", "placebo", "leave-one-out", "pre-trends", "smoothness"), (Decimal("0"), Decimal("0.05"))
)


@pytest.fixture
async def study(client):
    await sign_in(client, Role.EVALUATOR)
    async with client.app.state.store.writing() as session:
        await a_panel(session)
        await programme_trusts(session, sets=1)
        dataset = await queries.dataset_called(session, "Other trusts")
        return await a_locked_study(session, a_plan(sensitivity=CHECKS), dataset_id=dataset.id)


async def a_run(client, study, **values):
    """A run as it stands in the database meanwhile."""
    async with client.app.state.store.writing() as session:
        plan = (await queries.study(session, study)).versions[-1].id
        now = client.app.state.clock()
        session.add(
            StudyRunRow(
                study_id=study, plan_id=plan, asked_at=now, asked_by="account 1", **{"finished_at": None} | values
            )
        )


async def test_a_study_is_worked_out_with_one_button_and_reads_like_a_results_section(client, study):
    assert "Work the study out" in (await client.get(f"/studies/{study}")).text
    begun = await client.post(f"/studies/{study}/runs")
    assert begun.url.path == f"/studies/{study}/runs/1"
    read = (await client.get(f"/studies/{study}/runs/1")).text
    for heading in ("What was planned", "Who took part", "All outcomes", "Wave by wave", "Before the start", "Limits"):
        assert heading in read
    assert "Of the trusts assigned, 6 of 6 pilots and 12 of 12 controls are in the main estimate." in read
    assert "The change in morale was 0.459 higher" in read or "the change in morale was 0.459 higher" in read
    assert f"/studies/{study}/runs/1/pictures/event-study-morale.svg" in read
    picture = await client.get(f"/studies/{study}/runs/1/pictures/event-study-morale.svg")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
    assert (await client.get(f"/studies/{study}/runs/1/pictures/nothing.svg")).status_code == 404
    assert "Worked out" in (await client.get(f"/studies/{study}")).text
    taken = await client.get(f"/studies/{study}/runs/1/bundle.zip")
    assert 'attachment; filename="pilot-evaluation-study-' in taken.headers["content-disposition"]
    number = hashlib.sha256(taken.content).hexdigest()
    assert " ".join(number[place : place + 4] for place in range(0, 64, 4)) in read, "the number to compare"
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        assert {"estimates.csv", "sap.json", "forest.svg", "forest.png", "tables.xlsx"} <= set(archive.namelist())
    async with client.app.state.store.reading() as session:
        verbs = set(await session.scalars(select(EventRow.verb)))
    assert {"study worked out", "study downloaded"} <= verbs
    await sign_in(client, Role.COORDINATOR, trust=code(0))
    used = (await client.get(f"/trusts/{code(0)}/accesses")).text
    assert f"Worked out study {study}: Study" in used
    assert f"Downloaded study {study}: Study" in used
    await sign_in(client, Role.EVALUATOR)
    polled = await client.get(f"/studies/{study}/runs/1", headers={"HX-Request": "true"})
    assert (polled.text, polled.headers["hx-refresh"]) == ("", "true")


async def test_the_page_tells_who_answered_who_left_and_how_it_is_in_groups_of_trusts(client, study):
    one = counted()
    types = {unit.name: "Acute" if int(unit.set_id[1:]) < 3 else "Community <b>" for unit in one.panel.units}
    order = StudyOrder((replace(one, divisions=(Division("type", types),)),), ("response", "counts"))
    found = kernel.work_out(order, lambda _: None).outcomes
    told = Estimated(
        "leaver_rate", "Workforce figures", "rate", ("2020", "2022"), ("2023", "2025"), "prespecified",
        response=(ArmMeans(0.4, 0.5, 6, 6), ArmMeans(0.41, 0.4, 18, 18)), steps=(Step("assigned", "pilot", 6),),
    )  # fmt: skip
    await a_run(
        client, study, state="done", bundle_name="x.zip", finished_at=client.app.state.clock(),
        outcomes=to_builtins([told]), found=to_builtins(found),
    )  # fmt: skip
    read = " ".join((await client.get(f"/studies/{study}/runs/1")).text.split())
    for heading in ("Who answered", "Leavers as counts", "Within groups of trusts"):
        assert f"<h3>{heading}</h3>" in read
    assert "40.0% of the pilots’ staff answered before the start and 50.0% after it" in read
    assert "The change in response rate was" in read or "the change in response rate was" in read
    assert "No group is an effect of its own" in read
    assert "Type: Community &lt;b&gt;" in read
    assert "2 groups with fewer than five pilots have no interval." in read
    assert "Leavers out of 1,000 staff in a period" in read
    assert "The permutation test gives p" in read
    assert "Leaver rate (percentage points)</th>" in read
    assert ">Effect (percentage points)</th>" in read
    assert "Way of estimating: Difference in differences. Test: Permutation within the sets." in read


async def test_while_it_is_worked_out_the_page_says_how_far_it_is_and_offers_no_download(client, study, clock):
    await a_run(client, study, state="working", step="Checking the effect on morale: placebo")
    text = (await client.get(f"/studies/{study}/runs/1")).text
    assert "Checking the effect on morale: placebo" in text
    assert 'hx-trigger="every 2s"' in text
    assert (await client.get(f"/studies/{study}/runs/1/bundle.zip")).status_code == 404
    again = await client.post(f"/studies/{study}/runs")
    assert again.status_code == 409
    assert "being worked out already" in again.text
    settings = client.app.state.settings
    clock.forward(seconds=settings.evaluate_seconds + 180)
    lost = (await client.get(f"/studies/{study}/runs/1")).text
    assert "The work was interrupted" in lost
    assert "Start it again" in lost


async def test_a_run_that_failed_says_why_and_can_be_started_again(client, study):
    now = client.app.state.clock()
    await a_run(client, study, state="failed", problem="The computation broke down.", finished_at=now)
    text = (await client.get(f"/studies/{study}/runs/1")).text
    assert "This study could not be worked out" in text
    assert "The computation broke down." in text
    assert "Start it again" in text
    assert "hx-trigger" not in text


async def test_a_run_of_another_study_is_not_found(client, study):
    await a_run(client, study, state="waiting")
    for path in ("", "/pictures/forest.svg", "/bundle.zip"):
        assert (await client.get(f"/studies/{study + 1}/runs/1{path}")).status_code == 404
        assert (await client.get(f"/studies/{study}/runs/2{path}")).status_code == 404
