"""Files of known layouts come in whole, once, in one vintage, beside the lists that are known of trusts."""

from datetime import date

import msgspec
import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotFound
from pilot.metrics import queries, service
from pilot.metrics.layouts import LAYOUTS
from pilot.metrics.measures import PROGRAMME
from pilot.metrics.queries import registers
from pilot.metrics.register import Succession
from pilot.metrics.tables import (
    ImportRow,
    ListedTrustRow,
    MovementRow,
    ObservationRow,
    RatingRow,
    RegisterFileRow,
    StagedRow,
    SuccessionRow,
)
from tests.builders.metrics import BY, MONTHLY, NOW, a_file, a_locked_study, a_plan, programme_trusts
from tests.builders.publishers import (
    ACUTE,
    PULSE,
    RATINGS,
    SUCCESSORS,
    a_benchmark,
    a_movement_line,
    a_small_benchmark,
    a_trust_list,
    a_workforce_file,
)


def sent(layout, content, **changes):
    return msgspec.structs.replace(a_file(content, dataset=PROGRAMME, vintage="March 2025"), layout=layout, **changes)


async def load(session, layout, content, **changes):
    return await service.load_measures(session, sent(layout, content, **changes), by=BY, now=NOW)


async def count(session, table):
    return await session.scalar(select(func.count()).select_from(table))


async def refused(session, layout, content, **changes):
    with pytest.raises(BadInput) as refusal:
        await load(session, layout, content, **changes)
    return [refusal.value.reason, *refusal.value.fields.values()]


async def values(session, outcome):
    found = [measure for measure in await queries.measures(session) if measure.outcome == outcome]
    return {(one.trust, one.period): (one.value, one.n) for m in found for one in await queries.values(session, m)}


async def test_the_workbook_of_the_staff_survey_goes_in_with_its_vintage(session):
    await programme_trusts(session, sets=1)
    staged = await service.stage(session, sent("benchmark", a_small_benchmark()), by=BY, now=NOW)
    held, reading = await service.look(session, staged, by=BY)
    assert (held.instrument, held.layout, held.roles) == ("NHS Staff Survey", "benchmark", ())
    assert (reading.rows, reading.numbers, reading.missing) == (3, 10, 2)
    assert await count(session, ObservationRow) == 0
    taken = await service.confirm(session, staged, by=BY, now=NOW)
    assert not taken.is_register
    assert await values(session, "theme_engagement") == {
        ("X00", "2023"): (6.9, 800), ("X00", "2024"): (7.0, 820), ("X01", "2023"): (6.5, 400),
        ("X02", "2023"): (5.9, 1200), ("X02", "2024"): (6.0, 1250),
    }  # fmt: skip
    one = await queries.imported(session, taken.id)
    assert (one.vintage, one.numbers, one.missing, one.left_out, one.notes) == ("March 2025", 10, 2, 0, ())
    assert (await session.scalars(select(EventRow.verb))).all()[-1] == "measures imported"


async def test_trusts_outside_the_programme_are_left_out_and_the_note_is_kept(session):
    await programme_trusts(session, sets=1)
    content = a_benchmark({ACUTE: {"X00": [7, 90], "X55": [6, 80]}})
    taken = await load(session, "benchmark", content)
    one = await queries.imported(session, taken.id)
    assert (one.numbers, one.left_out, one.trusts) == (1, 1, 1)
    assert one.notes == (
        "The file also tells of 1 trust outside the programme. It is left out.",
        "The file says nothing about X01 and X02.",
    )


async def test_a_panel_of_other_trusts_takes_all_of_them(session):
    taken = await load(session, "benchmark", a_small_benchmark(), dataset="All acute trusts")
    one = await queries.imported(session, taken.id)
    assert (one.trusts, one.left_out) == (3, 0)


async def test_two_vintages_of_the_workbook_are_never_mixed(session):
    await programme_trusts(session, sets=1)
    await load(session, "benchmark", a_benchmark({ACUTE: {"X00": [7, 90]}}))
    later = a_benchmark({ACUTE: {"X00": [7, 90]}}, ["PP1_2025", "PP1_n_2025"])
    said = await refused(session, "benchmark", later, vintage="March 2026")
    assert "must not be mixed" in said[0]
    assert await count(session, ImportRow) == 1
    await load(session, "benchmark", later, vintage="March 2026", dataset="The next vintage")
    await load(session, "benchmark", later)


async def test_the_pulse_survey_never_becomes_the_yearly_survey(session):
    await programme_trusts(session, sets=1)
    await load(session, "benchmark", a_small_benchmark())
    await load(session, "pulse", PULSE)
    instruments = {measure.outcome: measure.instrument for measure in await queries.measures(session)}
    assert instruments["engagement"] == instruments["q2a"] == "National Quarterly Pulse Survey"
    assert instruments["theme_engagement"] == instruments["q25c"] == "NHS Staff Survey"


async def test_staff_movements_are_kept_by_group_and_give_a_leaver_rate(session):
    await programme_trusts(session, sets=1)
    lines = (a_movement_line(), a_movement_line(staff_group="Porters", headcount_start=20, headcount_end=21))
    await load(session, "workforce", a_workforce_file(*lines))
    dataset = await queries.dataset_called(session, PROGRAMME)
    assert await registers.movements(session, dataset.id) == (), "they are outcomes, and no plan is locked"
    await a_locked_study(session, a_plan(MONTHLY))
    found = await registers.movements(session, dataset.id)
    assert [(one.staff_group, one.leavers, one.headcount_end) for one in found] == [
        ("Nursing", 3, 101),
        ("Porters", 3, 21),
    ]
    rate = next(measure for measure in await queries.measures(session) if measure.outcome == "leaver_rate")
    assert [one.value for one in await queries.values(session, rate)] == [6 / 121]


@pytest.mark.parametrize("changes", [{"leavers": 4}, {"headcount_end": 100}])
async def test_the_database_itself_refuses_movements_that_do_not_add_up(session, changes):
    await programme_trusts(session, sets=1)
    taken = await load(session, "workforce", a_workforce_file())
    row = {
        "import_id": taken.id, "trust": "X00", "month": "2027-04", "staff_group": "Nursing", "headcount_start": 100,
        "headcount_end": 101, "joiners": 4, "leavers": 3, "leavers_to_nhs": 1, "retired": 1, "end_of_contract": 0,
        "other_reasons": 1, "moved_in": 0, "moved_out": 0,
    }  # fmt: skip
    await session.execute(insert(MovementRow), [row])
    with pytest.raises(IntegrityError):
        await session.execute(insert(MovementRow), [row | {"month": "2027-05"} | changes])


async def test_the_same_movements_cannot_come_in_twice(session):
    await programme_trusts(session, sets=1)
    await load(session, "workforce", a_workforce_file())
    said = await refused(session, "workforce", a_workforce_file())
    assert said[0] == "The file has 8 problems, so nothing was stored."
    assert await count(session, MovementRow) == 1


async def test_nothing_of_a_file_with_a_problem_is_kept_not_even_the_file(session):
    await programme_trusts(session, sets=1)
    said = await refused(session, "workforce", a_workforce_file(a_movement_line(), a_movement_line(month="x")))
    assert said[0] == "The file has 1 problem, so nothing was stored."
    assert said[1].startswith("Line 3: “x” is not a month.")
    for table in (StagedRow, ImportRow, ObservationRow, MovementRow):
        assert await count(session, table) == 0


async def test_a_file_of_missing_values_alone_is_refused(session):
    await programme_trusts(session, sets=1)
    said = await refused(session, "benchmark", a_benchmark({ACUTE: {"X00": ["*", "*"]}}))
    assert said[1] == "The file holds no number at all."


@pytest.mark.parametrize(
    ("layout", "content"),
    [
        ("benchmark", a_small_benchmark()),
        ("workforce", a_workforce_file()),
        ("ratings", RATINGS),
        ("trusts", a_trust_list()),
        ("successors", SUCCESSORS),
    ],
)
async def test_a_second_click_stores_nothing_twice(session, layout, content):
    await programme_trusts(session, sets=1)
    staged = await service.stage(session, sent(layout, content), by=BY, now=NOW)
    await service.confirm(session, staged, by=BY, now=NOW)
    tables = (
        ImportRow,
        ObservationRow,
        MovementRow,
        RegisterFileRow,
        RatingRow,
        ListedTrustRow,
        SuccessionRow,
        EventRow,
    )
    before = [await count(session, table) for table in tables]
    with pytest.raises(NotFound, match="no longer here"):
        await service.confirm(session, staged, by=BY, now=NOW)
    assert [await count(session, table) for table in tables] == before


async def test_what_came_in_since_a_file_was_looked_at_is_not_stored_twice(session):
    """Two people look at the same file before either confirms it."""
    await programme_trusts(session, sets=1)
    for layout, content in (("benchmark", a_small_benchmark()), ("ratings", RATINGS)):
        staged = [await service.stage(session, sent(layout, content), by=by, now=NOW) for by in (BY, "account 8")]
        looked = [await service.look(session, one, by=by) for one, by in zip(staged, (BY, "account 8"), strict=True)]
        await service.take(session, *looked[0], by=BY, now=NOW)
        before = [await count(session, table) for table in (ObservationRow, RatingRow)]
        with pytest.raises(BadInput, match="so nothing was stored"):
            await service.take(session, *looked[1], by="account 8", now=NOW)
        assert [await count(session, table) for table in (ObservationRow, RatingRow)] == before


async def test_the_columns_of_a_known_layout_are_not_named(session):
    await programme_trusts(session, sets=1)
    staged = await service.stage(session, sent("pulse", PULSE), by=BY, now=NOW)
    with pytest.raises(NotFound, match="nothing to name"):
        await service.columns(session, staged, by=BY)
    with pytest.raises(NotFound, match="nothing to name"):
        await service.name_columns(session, staged, ("trust", "period", "score"), by=BY)


async def test_a_list_of_all_trusts_takes_the_place_of_the_one_before(session):
    first = await load(session, "trusts", a_trust_list())
    assert first.is_register
    assert set(await registers.listed_trusts(session)) == {"X00", "X01"}
    second = await load(session, "trusts", a_trust_list(("X00", "20100401", ""), ("X02", "20240101", "")))
    assert set(await registers.listed_trusts(session)) == {"X00", "X02"}
    file = await registers.register_file(session, second.id)
    assert file.notes == ("It takes the place of the list that is there: 1 new, 1 gone, 0 changed.",)
    assert [one.id for one in await registers.register_files(session)] == [second.id, first.id]
    assert (await registers.sizes(session)) == {"trusts": 2, "ratings": 0, "successors": 0}


async def test_ratings_are_added_and_never_changed(session):
    await load(session, "ratings", RATINGS)
    await load(session, "ratings", RATINGS + b"X00,Inadequate,Good,01/10/2026\n")
    found = [(one.trust, one.overall, one.well_led) for one in await registers.ratings(session)]
    assert found == [
        ("X00", "Good", "Outstanding"), ("X00", "Inadequate", "Good"), ("X01", "Requires improvement", None),
    ]  # fmt: skip
    said = await refused(session, "ratings", RATINGS.replace(b"X00,Good", b"X00,Outstanding"))
    assert "X00 2026-03-19 is there already with other words." in said
    assert "Everything in this file is there already." in await refused(session, "ratings", RATINGS)


async def test_codes_that_are_not_on_the_list_of_trusts_are_a_warning(session):
    await programme_trusts(session, sets=1)
    await load(session, "trusts", a_trust_list(("X00", "20100401", ""), ("X01", "20100401", "20241231")))
    taken = await load(session, "benchmark", a_small_benchmark())
    assert (await queries.imported(session, taken.id)).notes == (
        "X02 is not on the list of trusts. Check the codes.",
        "Closed according to the list of trusts: X01 (31 December 2024).",
    )


@pytest.mark.parametrize(("joined", "value"), [(False, None), (True, (5.75, 400))])
async def test_a_merged_trust_has_the_history_of_its_predecessors_only_when_asked(session, joined, value):
    await programme_trusts(session, sets=1)
    await load(session, "successors", SUCCESSORS)
    columns = ["PP1_2023", "PP1_n_2023", "PP1_2024", "PP1_n_2024"]
    trusts = {"X00": [None, None, 7, 90], "X03": [6.0, 300, None, None], "X04": [5.0, 100, None, None]}
    taken = await load(session, "benchmark", a_benchmark({ACUTE: trusts}, columns), joined=joined)
    assert (await values(session, "PP1")).get(("X00", "2023")) == value
    told = (await queries.imported(session, taken.id)).notes[0]
    assert told.endswith("no history before it." if not joined else "weighted by their answers.")
    assert await registers.successions(session) == (
        Succession("X03", "X00", date(2024, 10, 1)),
        Succession("X04", "X00", date(2024, 10, 1)),
    )


async def test_every_kind_of_file_is_refused_in_a_sentence_when_it_is_empty(session):
    await programme_trusts(session, sets=1)
    for layout in LAYOUTS:
        said = await refused(session, layout, b"")
        assert any("The file is empty" in sentence for sentence in said), layout


async def test_a_register_that_is_not_there_is_not_found(session):
    with pytest.raises(NotFound):
        await registers.register_file(session, 9)


async def test_the_real_lists_go_in_and_every_real_panel_code_is_held_to_them(session, reference_data):
    nhs = reference_data / "nhs"
    await load(session, "trusts", (nhs / "ods_etr.csv").read_bytes())
    await load(session, "ratings", (nhs / "trust_covariates_2026-03.csv").read_bytes())
    assert await registers.sizes(session) == {"trusts": 210, "ratings": 139, "successors": 0}
    panel = a_file((nhs / "nss_trust_panel_2012_2019.csv").read_bytes(), instrument="NHS Staff Survey")
    taken = await service.load_measures(session, panel, by=BY, now=NOW)
    (note,) = (await queries.imported(session, taken.id)).notes[:1]
    assert "are not on the list of trusts" in note, "trusts of 2012 that were merged since"
