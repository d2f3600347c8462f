"""A study is worked out by the plan in force: begun once, and kept with its download or not at all."""

import asyncio
import csv
import io
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select, update

from pilot.errors import BadInput, NotFound, WrongState
from pilot.metrics import queries, service
from pilot.metrics.kernel.studies import Studied
from pilot.metrics.queries import runs as run_queries
from pilot.metrics.registration import Outcome, Sensitivity, Span, mark
from pilot.metrics.service import runs
from pilot.metrics.service.asking import ask
from pilot.metrics.tables.runs import StudyPictureRow, StudyRunRow, StudyTrustRow
from tests.builders.metrics import BY, EFFECT, NOW, SETTINGS, a_locked_study, a_panel, a_plan

CHECKS = Sensitivity(("ancova", "pre-trends"), ())

LATER = NOW + timedelta(seconds=SETTINGS.evaluate_seconds) + timedelta(minutes=3)

MEANWHILE = 0.2
"""Seconds in which another transaction reads what stands there before it must wait for ours."""


async def a_study(store, plan=None):
    """A locked study of a panel of others: its number."""
    async with store.writing() as session:
        await a_panel(session)
        dataset = await queries.dataset_called(session, "Other trusts")
        return await a_locked_study(session, plan or a_plan(sensitivity=CHECKS), dataset_id=dataset.id)


async def begin(store, study, now=NOW):
    async with store.writing() as session:
        return await runs.start(session, study, SETTINGS, by=BY, now=now)


async def look(store, study, run):
    async with store.reading() as session:
        return await run_queries.run(session, study, run)


@pytest.fixture
async def done(store):
    study = await a_study(store)
    run = await begin(store, study)
    await runs.carry_out(store, SETTINGS, lambda: NOW, run)
    return study, run


async def test_a_study_is_worked_out_and_kept_with_everything_that_was_found(store, done):
    study, run = done
    made = await look(store, study, run)
    assert (made.state, made.problem) == ("done", "")
    (one,) = made.found
    estimate = one.main.estimates[0]
    assert estimate.lo < EFFECT < estimate.hi
    assert [part.estimates[0].estimator for part in one.others] == ["ancova"]
    assert [outcome.status for outcome in made.outcomes] == ["exploratory, not randomised"]
    async with store.reading() as session:
        assert "event-study-morale" in await run_queries.pictures(session, run)
        assert "<svg" in await run_queries.picture(session, study, run, "forest")
        trusts = set(await session.scalars(select(StudyTrustRow.trust)))
    assert len(trusts) == 18


async def test_its_download_holds_the_estimates_of_the_page_and_the_plan_that_was_locked(store, done, tmp_path):
    study, run = done
    made = await look(store, study, run)
    async with store.reading() as session:
        name, content = await run_queries.bundle(session, study, run)
        locked = (await queries.study(session, study)).versions[0]
    assert name == made.bundle_name
    assert name.startswith(f"pilot-evaluation-study-{study}-2027-03-01-")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        held = {entry: archive.read(entry) for entry in archive.namelist()}
        archive.extractall(tmp_path)
    assert held["sap.json"].decode() == locked.text
    rows = list(csv.DictReader(io.StringIO(held["estimates.csv"].decode())))
    estimate = made.found[0].main.estimates[0]
    assert float(rows[0]["att"]) == estimate.att
    assert float(rows[0]["p_perm"]) == estimate.p_permutation
    panel = list(csv.DictReader(io.StringIO(held["panel.csv"].decode())))
    assert len(panel) == 18 * 5
    arms = {row["ods_code"]: row["arm"] for row in csv.DictReader(io.StringIO(held["trusts.csv"].decode()))}
    assert sorted(arms.values()).count("pilot") == 6
    assert {"trends-morale.svg", "trends-morale.png", "codebook.csv", "README.txt"} <= set(held)
    command = [sys.executable, "-I", "reproduce.py"]
    told = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, ""), told.stdout
    assert told.stdout.endswith("Every number is the same.\n")


async def test_pilot_evaluate_gives_the_same_numbers_as_the_page(store, done, tmp_path):
    import argparse
    import json

    from pilot.commands import evaluate

    study, run = done
    made = await look(store, study, run)
    async with store.reading() as session:
        _, content = await run_queries.bundle(session, study, run)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        panel = list(csv.DictReader(io.StringIO(archive.read("panel.csv").decode())))
        trusts = {row["ods_code"]: row for row in csv.DictReader(io.StringIO(archive.read("trusts.csv").decode()))}
    lines = ["unit,period,first_treated,set_id,morale"]
    for row in panel:
        trust = trusts[row["ods_code"]]
        lines.append(f"{row['ods_code']},{row['wave']},{trust['start_wave'] or 0},{trust['set_id']},{row['mean_unw']}")
    (tmp_path / "panel.csv").write_text("\n".join(lines))
    (tmp_path / "plan.json").write_text(json.dumps({"outcome": "morale", "estimator": "did"}))
    args = argparse.Namespace(panel=tmp_path / "panel.csv", plan=tmp_path / "plan.json", out=tmp_path / "out")
    assert evaluate.run(args) == 0
    row = next(csv.DictReader(io.StringIO((tmp_path / "out" / "estimates.csv").read_text())))
    estimate = made.found[0].main.estimates[0]
    found = [float(row[name]) for name in ("att", "se", "df", "lo", "hi", "p_perm", "p_wcr")]
    ours = [estimate.att, estimate.se, estimate.df, estimate.lo, estimate.hi, estimate.p_permutation, estimate.p_wild]
    assert found == pytest.approx(ours, rel=1e-12)


async def test_before_the_lock_nothing_can_be_worked_out(store):
    async with store.writing() as session:
        await a_panel(session)
        dataset = await queries.dataset_called(session, "Other trusts")
        study = await service.begin_study(session, "Draft", dataset.id, by=BY, now=NOW)
    with pytest.raises(WrongState, match="not locked yet"):
        await begin(store, study)


async def test_a_study_is_worked_out_once_at_a_time_and_again_when_the_first_was_lost(store):
    study = await a_study(store)
    first = await begin(store, study)
    with pytest.raises(WrongState, match="being worked out already"):
        await begin(store, study)
    later = NOW + timedelta(seconds=SETTINGS.evaluate_seconds) + timedelta(minutes=3)
    second = await begin(store, study, now=later)
    lost = await look(store, study, first)
    assert (lost.state, lost.problem) == ("failed", runs.INTERRUPTED)
    assert (await look(store, study, second)).state == "waiting"


async def test_the_worker_of_a_run_that_was_given_up_stores_nothing(store):
    study = await a_study(store)
    run = await begin(store, study)
    async with store.writing() as session:
        await session.execute(update(StudyRunRow).values(state="failed", problem=runs.INTERRUPTED, finished_at=NOW))
    await runs.carry_out(store, SETTINGS, lambda: NOW, run)
    async with store.reading() as session:
        assert (await session.scalars(select(StudyPictureRow))).all() == []
        with pytest.raises(NotFound):
            await run_queries.bundle(session, study, run)


async def test_a_run_that_is_given_up_while_it_is_worked_out_stores_nothing(store, asked_anew):
    study = await a_study(store)
    run = await begin(store, study)
    work = asyncio.create_task(runs.carry_out(store, SETTINGS, lambda: NOW, run))
    while (await look(store, study, run)).state == "waiting":
        await asyncio.sleep(0.01)
    async with store.writing() as session:
        given_up = {"state": "failed", "problem": runs.INTERRUPTED, "finished_at": NOW}
        changed = await session.execute(update(StudyRunRow).where(StudyRunRow.state == "working").values(**given_up))
    assert changed.rowcount == 1
    await work
    made = await look(store, study, run)
    assert (made.state, made.found, made.bundle_name) == ("failed", (), "")
    async with store.reading() as session:
        assert (await session.scalars(select(StudyTrustRow))).all() == []


async def test_of_two_who_begin_a_study_at_once_one_is_refused(store):
    study = await a_study(store)
    async with store.writing() as session:
        await runs.start(session, study, SETTINGS, by=BY, now=NOW)
        second = asyncio.create_task(begin(store, study))
        await asyncio.sleep(MEANWHILE)
    with pytest.raises(WrongState, match="being worked out already"):
        await second


async def test_of_two_workers_one_works(store):
    study = await a_study(store)
    run = await begin(store, study)
    await asyncio.gather(*(runs.carry_out(store, SETTINGS, lambda: NOW, run) for _ in range(2)))
    made = await look(store, study, run)
    assert (made.state, made.problem) == ("done", "")


@pytest.fixture
async def found(store):
    """A study, a run that is worked on, and how its worker keeps what it found in a transaction of its own."""
    study = await a_study(store)
    run = await begin(store, study)
    async with store.writing() as session:
        prepared = await runs.prepare(session, run)
        await session.execute(update(StudyRunRow).values(state="working"))
    answer = await ask(prepared.order, Studied, runs.WORKING_OUT, SETTINGS)
    made = runs.put_together(prepared, answer, NOW, SETTINGS)
    return study, run, lambda session: runs.keep(session, run, prepared, answer, made, now=NOW)


async def test_what_is_kept_while_the_run_is_given_up_is_not_kept(store, found):
    study, run, keep = found

    async def keep_it():
        async with store.writing() as session:
            return await keep(session)

    async with store.writing() as session:
        second = await runs.start(session, study, SETTINGS, by=BY, now=LATER)
        late = asyncio.create_task(keep_it())
        await asyncio.sleep(MEANWHILE)
    assert await late is False
    made = await look(store, study, run)
    assert (made.state, made.problem, made.found, made.bundle_name) == ("failed", runs.INTERRUPTED, (), "")
    assert (await look(store, study, second)).state == "waiting"
    async with store.reading() as session:
        assert (await session.scalars(select(StudyPictureRow))).all() == []
        assert (await session.scalars(select(StudyTrustRow))).all() == []


async def test_a_run_that_is_given_up_while_it_is_kept_stays_done(store, found):
    study, run, keep = found
    async with store.writing() as session:
        assert await keep(session) is True
        late = asyncio.create_task(begin(store, study, now=LATER))
        await asyncio.sleep(MEANWHILE)
    second = await late
    made = await look(store, study, run)
    assert (made.state, made.problem) == ("done", "")
    assert made.bundle_name
    assert (await look(store, study, second)).state == "waiting"


async def test_what_cannot_be_estimated_is_said_and_nothing_is_stored(store):
    gone = Outcome("Other measures", "motivation", Span("2013", "2014"), Span("2015", "2017"))
    study = await a_study(store, a_plan(gone, sensitivity=CHECKS))
    run = await begin(store, study)
    await runs.carry_out(store, SETTINGS, lambda: NOW, run)
    made = await look(store, study, run)
    assert made.state == "failed"
    assert (
        made.problem
        == "The primary outcome, motivation, cannot be estimated: there are no values of it in the periods of the plan."
    )
    assert (made.found, made.bundle_name) == ((), "")
    assert (await look(store, study, await begin(store, study))).state == "waiting"


async def test_a_secondary_outcome_without_values_keeps_nothing_else_back(store):
    gone = Outcome("Other measures", "motivation", Span("2013", "2014"), Span("2015", "2017"))
    study = await a_study(store, a_plan(None, gone, sensitivity=CHECKS))
    run = await begin(store, study)
    await runs.carry_out(store, SETTINGS, lambda: NOW, run)
    made = await look(store, study, run)
    assert made.state == "done"
    assert [one.outcome for one in made.found] == ["morale"]
    assert [one.problem for one in made.outcomes] == ["", "there are no values of it in the periods of the plan"]


async def test_a_worker_that_takes_too_long_is_stopped_and_says_so(store):
    study = await a_study(store)
    run = await begin(store, study)
    await runs.carry_out(store, replace(SETTINGS, evaluate_seconds=0), lambda: NOW, run)
    made = await look(store, study, run)
    assert made.state == "failed"
    assert "took longer than 0 seconds" in made.problem


async def test_a_time_out_of_something_else_is_not_called_the_limit_of_the_worker(store):
    study = await a_study(store)
    run = await begin(store, study)
    async with store.reading() as session:
        prepared = await runs.prepare(session, run)

    async def told(_):
        raise TimeoutError("the database did not answer")

    with pytest.raises(TimeoutError, match="the database did not answer"):
        await ask(prepared.order, Studied, runs.WORKING_OUT, SETTINGS, told)


async def test_a_run_belongs_to_its_study_and_keeps_the_version_that_it_followed(store, done):
    study, run = done
    async with store.writing() as session:
        draft = (await queries.study(session, study)).draft.plan
        await service.write_part(
            session, study, "stopping", lambda old: replace(old, stopping="Looked at twice."),
            was=mark(draft, "stopping"), by=BY, now=NOW,
        )  # fmt: skip
        read = mark((await queries.study(session, study)).draft.plan)
        await service.amend(session, study, reason="Money came.", seen=True, read=read, by=BY, now=NOW)
    async with store.reading() as session:
        versions = (await queries.study(session, study)).versions
        assert (await run_queries.run(session, study, run)).plan_id == versions[0].id
        with pytest.raises(NotFound):
            await run_queries.run(session, study + 1, run)
        with pytest.raises(NotFound):
            await run_queries.picture(session, study, run, "none")


async def test_a_fault_outside_the_worker_ends_the_run_at_once_and_is_raised(store):
    study = await a_study(store)
    run = await begin(store, study)
    moments = iter([RuntimeError("the clock broke"), NOW])

    def clock():
        if isinstance(moment := next(moments), RuntimeError):
            raise moment
        return moment

    with pytest.raises(RuntimeError, match="the clock broke"):
        await runs.carry_out(store, SETTINGS, clock, run)
    made = await look(store, study, run)
    assert (made.state, made.problem) == ("failed", runs.BROKEN)


async def test_nobody_denies_outcomes_of_a_study_that_was_worked_out(store, done):
    study, _ = done
    async with store.writing() as session:
        draft = (await queries.study(session, study)).draft.plan
        await service.write_part(
            session, study, "stopping", lambda old: replace(old, stopping="Looked at twice."),
            was=mark(draft, "stopping"), by=BY, now=NOW,
        )  # fmt: skip
        read = mark((await queries.study(session, study)).draft.plan)
        with pytest.raises(BadInput) as refusal:
            await service.amend(session, study, reason="Better.", seen=False, read=read, by=BY, now=NOW)
    assert "comparisons of these trusts have been made (1)" in refusal.value.fields["seen"]
