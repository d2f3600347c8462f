"""Measures come in once, whole, and only after somebody has looked at them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.metrics import queries, service
from pilot.metrics.measures import PROGRAMME
from pilot.metrics.tables import ImportRow, ObservationRow, StagedRow
from tests.builders.metrics import (  # fmt: skip
    BY,
    MONTHLY,
    NOW,
    a_file,
    a_locked_study,
    a_panel,
    a_plan,
    a_wide_file,
    a_workforce_file,
    arms_file,
    programme_trusts,
)


async def count(session, table):
    return await session.scalar(select(func.count()).select_from(table))


async def test_nothing_is_stored_before_it_is_confirmed(session):
    staged = await service.stage(session, a_file(a_wide_file()), by=BY, now=NOW)
    held, reading = await service.look(session, staged, by=BY)
    assert held.roles == ("trust", "period", "answers", "score", "leave-out")
    assert (reading.rows, reading.numbers, reading.missing, len(reading.trusts)) == (90, 90, 0, 18)
    assert await count(session, ObservationRow) == 0
    taken = await service.confirm(session, staged, by=BY, now=NOW)
    assert await count(session, ObservationRow) == 90
    assert await count(session, StagedRow) == 0
    found = await queries.imported(session, taken.id)
    assert (found.rows, found.numbers, found.missing, found.trusts, found.vintage) == (90, 90, 0, 18, "2020")
    assert len(found.sha256) == 64
    assert (await session.scalars(select(EventRow.verb))).all() == ["measures imported"]


async def test_a_column_of_missing_values_can_be_taken_beside_one_of_numbers(session):
    staged = await service.stage(session, a_file(a_wide_file()), by=BY, now=NOW)
    await service.name_columns(session, staged, ("trust", "period", "answers", "score", "score"), by=BY)
    _, reading = await service.look(session, staged, by=BY)
    assert (reading.numbers, reading.missing) == (90, 90)


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        (("trust", "trust", "answers", "score", "score"), "Choose exactly one column as “Trust code”"),
        (("trust", "leave-out", "answers", "score", "score"), "Choose exactly one column as “Period”"),
        (("trust", "period", "answers", "leave-out", "leave-out"), "Choose at least one column as a measure"),
        (("trust", "period", "answers", "score"), "Say for each column what it is"),
        (("trust", "period", "leave-out", "name", "leave-out"), "one column for its name and one for its value"),
        (("trust", "period", "score", "name", "value"), "not both"),
        (("trust", "period", "leave-out", "leave-out", "score"), "hold no number at all"),
    ],
)
async def test_columns_that_make_no_measures_are_refused(session, roles, said):
    staged = await service.stage(session, a_file(a_wide_file()), by=BY, now=NOW)
    with pytest.raises(BadInput) as refusal:
        await service.read_so(session, staged, roles, by=BY)
    assert said in refusal.value.fields["role"]


async def test_every_problem_is_listed_with_its_line(session):
    content = b"code,year,morale\nRAA,2019,x\nRAA,2020,5\nRAA,2020,6\nTotal,2020,6\nR!,20,6\n"
    staged = await service.stage(session, a_file(content), by=BY, now=NOW)
    with pytest.raises(BadInput) as refusal:
        await service.read_so(session, staged, ("trust", "period", "score"), by=BY)
    assert refusal.value.reason == "The file has 5 problems, so nothing was stored."
    assert list(refusal.value.fields.values())[:3] == [
        "Line 2: “morale” is not a number: “x”.",
        "Line 4: RAA in 2020 has “morale” twice; it is also on line 3.",
        "Line 5: “Total” looks like a row of totals. Remove this line.",
    ]


async def test_a_file_that_is_no_csv_is_refused_at_once(session):
    with pytest.raises(BadInput) as refusal:
        await service.stage(session, a_file(b"PK\x03\x04"), by=BY, now=NOW)
    assert "Excel workbook" in refusal.value.fields["file"]
    assert await count(session, StagedRow) == 0


async def test_a_tidy_file_with_a_row_for_each_measure_goes_in(session):
    content = b"trust;period;measure;value;n\nRAA;2026/27;morale;6,1;40\n".replace(b"6,1", b"6.1")
    content += b"RAA;2026/27;headcount;4,000;\nRAA;2027/28;headcount;4000;\nRAA;2026/27;leavers;*;\n"
    await service.load_measures(session, a_file(content), by=BY, now=NOW)
    kinds = {m.outcome: m.kind for m in await queries.measures(session)}
    assert kinds == {"morale": "score", "headcount": "count", "leaver_rate": "rate", "leavers": "count"}


async def test_the_same_values_cannot_come_in_twice(session):
    await a_panel(session)
    with pytest.raises(BadInput) as refusal:
        await service.load_measures(session, a_file(a_wide_file()), by=BY, now=NOW)
    assert refusal.value.reason == "The file has 90 problems, so nothing was stored. The first 50 are listed."
    assert "“morale” of X00 in 2013 is there already." in refusal.value.fields.values()
    assert await count(session, ImportRow) == 1


async def test_two_vintages_of_a_survey_are_never_mixed(session):
    survey = {"instrument": "NHS Staff Survey"}
    await service.load_measures(session, a_file(b"code,year,morale\nRAA,2019,6\n", **survey), by=BY, now=NOW)
    late = a_file(b"code,year,morale\nRAA,2020,6\n", vintage="2021", **survey)
    with pytest.raises(BadInput, match="must not be mixed"):
        await service.load_measures(session, late, by=BY, now=NOW)


async def test_programme_measures_are_of_programme_trusts(session):
    await programme_trusts(session, sets=1)
    file = a_file(b"code,year,morale\nX00,2019,6\nRZZ,2019,6\n", dataset=PROGRAMME)
    with pytest.raises(BadInput) as refusal:
        await service.load_measures(session, file, by=BY, now=NOW)
    assert list(refusal.value.fields.values()) == ["Line 3: “RZZ” is not a trust of the programme."]


async def test_the_leaver_rate_comes_from_two_counts(session):
    await programme_trusts(session)
    await a_locked_study(session, a_plan(MONTHLY))
    file = a_file(a_workforce_file(), instrument="Workforce figures", dataset=PROGRAMME)
    await service.load_measures(session, file, by=BY, now=NOW)
    rate = next(m for m in await queries.measures(session) if m.outcome == "leaver_rate")
    values = await queries.values(session, rate)
    assert len(values) == 18 * 23, "the last month has no headcount at its end"
    leavers = next(m for m in await queries.measures(session) if m.outcome == "leavers")
    first = (await queries.values(session, leavers))[0]
    assert values[0].value == first.value / 3000
    assert values[0].people == first.value


async def test_somebody_elses_upload_is_not_to_be_seen(session):
    staged = await service.stage(session, a_file(a_wide_file()), by=BY, now=NOW)
    with pytest.raises(NotFound):
        await service.look(session, staged, by="account 8")
    with pytest.raises(NotFound):
        await service.forget(session, staged, by="account 8")
    assert await count(session, StagedRow) == 1


async def test_an_upload_that_nobody_confirms_is_gone_after_a_day(session):
    await service.stage(session, a_file(a_wide_file()), by=BY, now=NOW)
    assert await service.forget_old(session, NOW + timedelta(hours=23)) == 0
    assert await service.forget_old(session, NOW + timedelta(hours=24)) == 1
    assert await count(session, StagedRow) == 0


async def test_the_real_panel_of_the_staff_survey_goes_in(session, reference_data):
    content = (reference_data / "nhs" / "nss_trust_panel_2012_2019.csv").read_bytes()
    staged = await service.stage(session, a_file(content, instrument="NHS Staff Survey"), by=BY, now=NOW)
    held, reading = await service.look(session, staged, by=BY)
    assert dict(zip(content.decode().splitlines()[0].replace('"', "").split(","), held.roles, strict=True)) | {
        "Code": "trust", "Year.Index": "period", "Responses": "answers", "Name": "leave-out", "X": "leave-out",
        "Engagement.Index": "score",
    } == dict(zip(content.decode().splitlines()[0].replace('"', "").split(","), held.roles, strict=True))  # fmt: skip
    assert (reading.rows, len(reading.trusts), reading.periods[0], reading.periods[-1]) == (1084, 146, "2012", "2019")
    tally = {t.outcome: (t.numbers, t.missing) for t in reading.tallies}
    assert tally["Engagement.Index"] == (1073, 11)
    assert tally["WorkStress.Index"] == (1071, 13)
    assert reading.numbers + reading.missing == 1084 * len(reading.tallies)
    await service.confirm(session, staged, by=BY, now=NOW)
    assert await count(session, ObservationRow) == reading.numbers


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"ods_code\nRAA\n", "Line 1: the column “arm” is missing."),
        (b"ods_code,arm,start\nRAA,pilot,\nRBB,control,\n", "Line 2: a pilot needs a start."),
        (b"ods_code,arm,start\nRAA,both,2015\nRBB,control,\n", "Line 2: arm must be pilot or control, but is “both”."),
        (b"ods_code,arm,start\nRAA,pilot,soon\nRBB,control,\n", "Line 2: “soon” is not a start. Write a year"),
        (b"ods_code,arm,start\nRAA,control,\nRAA,pilot,2015\n", "Line 3: RAA is there twice."),
        (b"ods_code,arm,start\nRAA,pilot,2015\n", "The file needs at least one pilot and one control."),
    ],
)
async def test_wrong_arms_are_refused_with_their_line(session, content, said):
    await a_panel(session)
    dataset = await queries.dataset_called(session, "Other trusts")
    with pytest.raises(BadInput) as refusal:
        await service.replace_arms(session, dataset.id, content, by=BY, now=NOW)
    assert any(said in sentence for sentence in refusal.value.fields.values())
    assert len(await queries.arms(session, dataset.id)) == 18


async def test_a_start_may_be_written_as_in_a_list_of_trusts(session):
    await a_panel(session)
    dataset = await queries.dataset_called(session, "Other trusts")
    days = ("2027-04-01", "01/04/2027", "1 April 2027", "01-APR-2027", "46478", "2027-04", "2027/28")
    lines = [f"RA{place},pilot,{written}" for place, written in enumerate(days)]
    content = "\n".join(["ods_code,arm,start", *lines, "RBB,control,0", ""]).encode()
    await service.replace_arms(session, dataset.id, content, by=BY, now=NOW)
    arms = await queries.arms(session, dataset.id)
    assert {arm.starts_on for arm in arms if arm.pilot} == {date(2027, 4, 1)}


async def test_the_programmes_own_arms_are_not_uploaded_here(session):
    await programme_trusts(session, sets=1)
    file = a_file(b"code,year,morale\nX00,2019,6\n", dataset=PROGRAMME)
    await service.load_measures(session, file, by=BY, now=NOW)
    dataset = await queries.dataset_called(session, PROGRAMME)
    with pytest.raises(WrongState, match="kept with the trusts"):
        await service.replace_arms(session, dataset.id, arms_file(1), by=BY, now=NOW)
