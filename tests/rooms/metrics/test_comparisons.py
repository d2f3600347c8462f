"""A comparison is computed by a worker of its own and kept as it was made, with what it was made from."""

import asyncio
import csv
import io
import sys
from datetime import date

import msgspec
import pytest
from sqlalchemy import func, select

from pilot.errors import BadInput, Refused
from pilot.metrics import download, queries, service
from pilot.metrics.disclosure import HIDDEN
from pilot.metrics.export import to_csv
from pilot.metrics.measures import PROGRAMME
from pilot.metrics.service import Ask
from pilot.metrics.tables import ComparisonRow
from tests.builders.metrics import (
    BY,
    EFFECT,
    MONTHLY,
    NOW,
    SETTINGS,
    a_file,
    a_locked_study,
    a_panel,
    a_plan,
    a_workforce_file,
    arms_file,
    code,
    programme_trusts,
)  # fmt: skip

BEFORE, AFTER = ("2013", "2014"), ("2015", "2016", "2017")


WITHOUT_ROWS = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of the worker, which knows no database."""


async def made(session, ask):
    prepared = await service.prepare(session, ask)
    answer = await service.compare(prepared.order, SETTINGS)
    number = await service.keep(session, prepared, answer, by=BY, now=NOW)
    return await queries.comparison(session, number)


async def test_the_effect_that_was_built_in_is_found(session):
    measure = await a_panel(session)
    sides = await service.side_by_side(session, measure)
    assert (sides.before, sides.after, sides.starts) == (BEFORE, AFTER, (date(2015, 1, 1),))
    assert (sides.pilots, sides.controls) == (6, 12)
    found = await made(session, Ask(measure, BEFORE, AFTER))
    estimate = found.answer.estimate
    assert estimate.lo < EFFECT < estimate.hi
    assert (estimate.n_pilots, estimate.n_controls, estimate.permutations, estimate.enumerated) == (6, 12, 3**6, True)
    assert found.status == "exploratory, not randomised"
    assert found.figure.lstrip().startswith("<?xml")
    assert "style=" not in found.figure
    assert ">2015<" in found.figure, "text stays text"
    assert len(found.answer.trends) == 10
    assert [c.period for c in found.answer.contrasts] == [*BEFORE, *AFTER]


async def test_the_downloads_carry_their_status_and_every_value(session):
    measure = await a_panel(session)
    found = await made(session, Ask(measure, BEFORE, AFTER))
    panel = list(csv.DictReader(io.StringIO(to_csv(download.panel("morale", found.panel, found.status, 11)))))
    assert len(panel) == 90
    assert {row["status"] for row in panel} == {"exploratory, not randomised"}
    assert {row["arm"] for row in panel if row["ods_code"] == code(0)} == {"pilot"}
    trends = to_csv(download.trends("morale", found.answer.trends, found.panel, found.status, 11))
    assert trends.count("exploratory, not randomised") == 10
    estimates = to_csv(download.estimate(found.answer.estimate, "x", found.status, found.panel, 11))
    assert "exploratory, not randomised" in estimates
    assert estimates.endswith(",no,\n")


@WITHOUT_ROWS
async def test_the_same_comparison_has_the_same_picture_and_numbers(session, asked_anew):
    measure = await a_panel(session)
    first, second = [await made(session, Ask(measure, BEFORE, AFTER)) for _ in range(2)]
    assert first.answer == second.answer
    assert first.figure == second.figure


async def test_the_leaver_rate_of_the_programme_fell(session):
    await programme_trusts(session)
    await a_locked_study(session, a_plan(MONTHLY))
    file = a_file(a_workforce_file(), instrument="Workforce figures", dataset=PROGRAMME)
    await service.load_measures(session, file, by=BY, now=NOW)
    rate = next(m for m in await queries.measures(session) if m.outcome == "leaver_rate")
    sides = await service.side_by_side(session, rate.id)
    assert (sides.before[0], sides.before[-1], sides.after[0], sides.after[-1]) == (
        "2025-01", "2025-12", "2026-01", "2026-11",
    )  # fmt: skip
    found = await made(session, Ask(rate.id, sides.before, sides.after))
    assert found.answer.estimate.lo < -0.003 < found.answer.estimate.hi < 0
    assert found.status == "prespecified, not randomised"


async def test_means_over_few_answers_are_left_out_and_hidden(session):
    lines = ["code,year,n,morale"]
    for number in range(18):
        for year in (2014, 2015):
            lines.append(f"{code(number)},{year},{10 if number == 1 else 50},{5 + number / 10 + (year == 2015)}")
    await service.load_measures(session, a_file("\n".join(lines).encode()), by=BY, now=NOW)
    dataset = await queries.dataset_called(session, "Other trusts")
    await service.replace_arms(session, dataset.id, arms_file(), by=BY, now=NOW)
    measure = (await queries.measures(session, dataset.id))[0]
    found = await made(session, Ask(measure.id, ("2014",), ("2015",)))
    assert found.spec.notes == ("2 values with fewer than 11 answers are left out.",)
    assert found.answer.estimate.n_controls == 11
    table = download.panel("morale", found.panel, found.status, 11)
    hidden = [row for row in table.rows if HIDDEN in row]
    assert {row[0] for row in hidden} == {code(1)}
    assert all(row[7] == HIDDEN and row[10] == HIDDEN for row in hidden)


async def test_small_counts_are_hidden_with_a_second_one_but_counted(session):
    lines = ["code,year,headcount"]
    for number in range(18):
        for year in (2014, 2015):
            lines.append(f"{code(number)},{year},{4 if number == 1 else 50 + number}")
    await service.load_measures(session, a_file("\n".join(lines).encode()), by=BY, now=NOW)
    dataset = await queries.dataset_called(session, "Other trusts")
    await service.replace_arms(session, dataset.id, arms_file(), by=BY, now=NOW)
    measure = (await queries.measures(session, dataset.id))[0]
    assert measure.kind == "count"
    found = await made(session, Ask(measure.id, ("2014",), ("2015",)))
    assert found.answer.estimate.n_controls == 12
    table = download.panel("headcount", found.panel, found.status, 11)
    assert {row[0] for row in table.rows if row[10] == HIDDEN} == {code(1), code(2)}
    assert download.finding(found.answer.estimate, found.panel, 11) is None


async def test_four_pilots_get_no_confirmatory_inference(session):
    measure = await a_panel(session, sets=4)
    estimate = (await made(session, Ask(measure, BEFORE, AFTER))).answer.estimate
    assert not estimate.confirmatory
    assert (estimate.lo, estimate.hi, estimate.p_permutation) == (None, None, None)


@pytest.mark.parametrize(
    ("before", "after", "field", "said"),
    [
        ((), AFTER, "before_from", "at least one period before"),
        (BEFORE, (), "after_from", "at least one period after"),
        (("2013", "2015"), ("2014",), "after_from", "must come later"),
        (("2013",), ("2014",), "after_from", "The last pilot started on 2015-01-01"),
        (("2015",), ("2016",), "before_from", "The first pilot started on 2015-01-01"),
        (("1999",), AFTER, "before_from", "at least one period before"),
    ],
)
async def test_periods_that_cannot_be_compared_are_refused(session, before, after, field, said):
    measure = await a_panel(session)
    with pytest.raises(BadInput) as refusal:
        await service.prepare(session, Ask(measure, before, after))
    assert said in refusal.value.fields[field]


async def test_without_arms_there_is_nothing_to_compare(session):
    await service.load_measures(session, a_file(b"code,year,morale\nRAA,2019,6\n"), by=BY, now=NOW)
    measure = (await queries.measures(session))[0]
    with pytest.raises(BadInput) as refusal:
        await service.prepare(session, Ask(measure.id, ("2019",), ("2019",)))
    assert "Upload the arms" in refusal.value.fields["before_from"]


@WITHOUT_ROWS
async def test_what_the_worker_refuses_is_said_and_nothing_is_kept(session):
    measure = await a_panel(session)
    order = (await service.prepare(session, Ask(measure, BEFORE, AFTER))).order
    nobody = tuple(msgspec.structs.replace(case, values=(None,) * 5) for case in order.question.cases)
    order = msgspec.structs.replace(order, question=msgspec.structs.replace(order.question, cases=nobody))
    with pytest.raises(BadInput) as refusal:
        await service.compare(order, SETTINGS)
    assert "no pilot has the values" in refusal.value.fields["before_from"]
    assert await session.scalar(select(func.count()).select_from(ComparisonRow)) == 0


@WITHOUT_ROWS
async def test_one_worker_works_at_a_time(session, asked_anew):
    measure = await a_panel(session)
    order = (await service.prepare(session, Ask(measure, BEFORE, AFTER))).order
    found = await asyncio.gather(*(service.compare(order, SETTINGS) for _ in range(2)), return_exceptions=True)
    assert [type(one).__name__ for one in found] == ["Answer", "BadInput"]
    assert found[1].fields == {"before_from": "Another comparison is being made. Try again in a minute"}


@WITHOUT_ROWS
async def test_a_worker_that_takes_too_long_is_stopped(session):
    measure = await a_panel(session)
    order = (await service.prepare(session, Ask(measure, BEFORE, AFTER))).order
    with pytest.raises(BadInput, match=r"longer than 0\.05 seconds and was stopped"):
        await service.compare(order, msgspec.structs.replace(SETTINGS, evaluate_seconds=0.05))


@WITHOUT_ROWS
@pytest.mark.parametrize("memory", [40, 60, 90, 130, 200])
async def test_a_worker_that_lacks_memory_is_told_in_a_sentence(session, memory):
    measure = await a_panel(session)
    order = (await service.prepare(session, Ask(measure, BEFORE, AFTER))).order
    with pytest.raises(BadInput, match=rf"needs more than the {memory} MB of memory that it may have"):
        await service.compare(order, msgspec.structs.replace(SETTINGS, evaluate_memory_mb=memory))


@WITHOUT_ROWS
async def test_a_worker_that_crashes_is_a_fault_and_no_refusal(session, asked_anew):
    measure = await a_panel(session)
    order = (await service.prepare(session, Ask(measure, BEFORE, AFTER))).order
    broken = msgspec.structs.replace(order, question=msgspec.structs.replace(order.question, before=(99,)))
    with pytest.raises(service.WorkerError, match="IndexError") as fault:
        await service.compare(broken, SETTINGS)
    assert not isinstance(fault.value, Refused)
    again = await service.compare(order, SETTINGS)
    assert again.estimate is not None, "the next one works"


def test_the_rooms_of_measures_load_no_numpy():
    import subprocess

    code = "import sys, pilot.metrics.service, pilot.metrics.jobs, pilot.metrics.routes; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
