"""What was released is kept, and the next release is held to it; two at once cannot pass each other."""

import asyncio

import pytest
from sqlalchemy import func, select

from pilot.errors import BadInput
from pilot.metrics import queries, service
from pilot.metrics.crosstab.sums import Sum
from pilot.metrics.disclosure import FIRST, HIDDEN, Figure, Lines
from pilot.metrics.download import panel
from pilot.metrics.queries.publications import Series, kept
from pilot.metrics.service import publishing, waves
from pilot.metrics.service.publishing import MEANWHILE
from pilot.metrics.tables import ComparisonRow, ObservationRow, PublicationRow
from tests.builders import waves as build
from tests.builders.metrics import BY, NOW, SETTINGS, a_file, arms_file, code
from tests.builders.waves import CLOSES, PILOT

STAFF = Series("Programme trusts", "made up")
WHOLE, BUT_ONE, ONE = ("all",), ("all but porters",), ("porters",)
DIFFERENCE = (Sum(WHOLE, (BUT_ONE, ONE)),)


def of(cell, number, sums=()):
    return Lines(("n",), [[Figure(number, number, cell=cell)]], sums)


async def test_what_was_released_before_hides_what_the_difference_would_tell(session):
    assert (await publishing.publish(session, STAFF, "t", of(WHOLE, 100))).rows == ((100,),)
    assert (await publishing.publish(session, STAFF, "t", of(BUT_ONE, 95, DIFFERENCE))).rows == ((HIDDEN,),)
    found = await kept(session, STAFF)
    assert found.version == 2
    assert found.publication.people == {WHOLE: 100, BUT_ONE: 95}
    assert found.publication.hidden == {BUT_ONE}
    assert found.publication.sums == DIFFERENCE
    assert (await kept(session, Series("Others", "made up"))).publication == FIRST


async def test_a_refused_release_says_so_and_stores_nothing(session):
    for cell, number in ((WHOLE, 100), (BUT_ONE, 95)):
        await publishing.publish(session, STAFF, "t", of(cell, number))
    before = await kept(session, STAFF)
    with pytest.raises(
        BadInput, match="“porters” could be worked out from this table together with what was published"
    ):
        await publishing.publish(session, STAFF, "t", of(ONE, 5, DIFFERENCE))
    assert await kept(session, STAFF) == before


async def test_the_same_release_again_changes_nothing(session):
    first = await publishing.publish(session, STAFF, "t", of(WHOLE, 100))
    assert await publishing.publish(session, STAFF, "t", of(WHOLE, 100)) == first
    assert (await kept(session, STAFF)).version == 1


@pytest.mark.parametrize("begun", [False, True])
async def test_of_two_releases_at_once_one_is_refused(store, begun):
    """Each by itself would show its number; together they would tell the five porters."""
    if begun:
        async with store.writing() as session:
            await publishing.publish(session, STAFF, "t", of(("others",), 40))
    both = asyncio.Barrier(2)

    async def release(cell, number):
        async with store.reading() as session:
            before = await kept(session, STAFF)
        await both.wait()
        lines = of(cell, number)
        _, after = publishing.disclosure.publish("t", lines, before.publication)
        async with store.writing() as session:
            await publishing.keep(session, before, after)

    found = await asyncio.gather(release(WHOLE, 100), release(BUT_ONE, 95), return_exceptions=True)
    assert sorted(str(one) for one in found) == sorted(["None", MEANWHILE])
    async with store.reading() as session:
        assert len({WHOLE, BUT_ONE} & set((await kept(session, STAFF)).publication.people)) == 1


async def test_a_survey_is_released_under_the_names_that_comparisons_use(session):
    wave = await build.an_open_wave(session)
    await build.all_answer(session, wave, PILOT, ["4" * 16] * 12)
    await build.counted(session, wave)
    await waves.check(session, wave, by=BY, now=CLOSES)
    await waves.release_wave(session, wave, by=BY, now=CLOSES)
    row = await waves.queries.wave(session, wave)
    found = (await kept(session, waves.series_of(row))).publication
    assert found.people["RAA", "2027-03", "engagement"] == found.people["RAA", "2027-03", "survey", "papers"] == 12
    assert found.points["RAA", "2027-03", "engagement"] == 12 * 7500
    assert found.hidden == {("RBB", "2027-03", "survey", "papers")}
    assert await session.scalar(select(func.count()).select_from(PublicationRow)) == 1


async def test_a_survey_that_would_give_something_away_is_not_released_at_all(store):
    async with store.writing() as session:
        wave = await build.an_open_wave(session)
        await build.all_answer(session, wave, PILOT, ["4" * 16] * 12)
        await build.counted(session, wave)
        await waves.check(session, wave, by=BY, now=CLOSES)
        series = waves.series_of(await waves.queries.wave(session, wave))
        other = of(("RAA", "2027-03", "engagement"), 13)  # as if it had been counted otherwise before
        await publishing.publish(session, series, "t", other)
    with pytest.raises(BadInput, match="has another number of people elsewhere"):
        async with store.writing() as session:
            await waves.release_wave(session, wave, by=BY, now=CLOSES)
    async with store.reading() as session:
        assert await build.state_of(session, wave) == "checked"
        assert (await kept(session, series)).version == 1
        assert await session.scalar(select(func.count()).select_from(ObservationRow)) == 0


async def counts(session, years=(2014, 2015), *, small=4):
    """Headcounts of 18 trusts, one of them small; what is compared."""
    lines = ["code,year,headcount"]
    lines += [f"{code(n)},{year},{small if n == 1 else 50 + n}" for n in range(18) for year in years]
    await service.load_measures(session, a_file("\n".join(lines).encode()), by=BY, now=NOW)
    dataset = await queries.dataset_called(session, "Other trusts")
    await service.replace_arms(session, dataset.id, arms_file(), by=BY, now=NOW)
    measure = (await queries.measures(session, dataset.id))[0]
    return service.Ask(measure.id, ("2014",), ("2015",)), Series(dataset.name, measure.instrument)


async def test_a_comparison_releases_its_panel_and_what_it_hid_stays_hidden(session):
    ask, series = await counts(session)
    prepared = await service.prepare(session, ask)
    assert (await kept(session, series)).version == 0  # nothing is released before the comparison is kept
    number = await service.keep(session, prepared, await service.compare(prepared.order, SETTINGS), by=BY, now=NOW)
    found = (await kept(session, series)).publication
    assert {name[0] for name in found.hidden} == {code(1), code(2)}
    one = await queries.comparison(session, number)
    assert {cell.trust for cell in one.panel if cell.hidden} == {code(1), code(2)}
    # other arms, in which the companion stands beside no small number any more
    swapped = (
        arms_file().replace(b"X01,control,s0,", b"X01,pilot,s0,2015").replace(b"X00,pilot,s0,2015", b"X00,control,s0,")
    )
    await service.replace_arms(session, one.dataset_id, swapped, by=BY, now=NOW)
    later = await service.prepare(session, ask)
    (cells,) = later.reckoned.panels
    assert {cell.trust for cell in cells if cell.hidden} >= {code(1), code(2)}
    assert {row[0] for row in panel("headcount", cells, "", 11).rows if row[10] == HIDDEN} >= {code(1), code(2)}


async def test_of_two_comparisons_at_once_the_second_is_not_kept(session):
    ask, series = await counts(session)
    first, second = await service.prepare(session, ask), await service.prepare(session, ask)
    answer = await service.compare(first.order, SETTINGS)
    await service.keep(session, first, answer, by=BY, now=NOW)
    with pytest.raises(BadInput, match="Other figures were released at the same moment"):
        await service.keep(session, second, answer, by=BY, now=NOW)
    assert await session.scalar(select(func.count()).select_from(ComparisonRow)) == 1
    third = await service.prepare(session, ask)  # nothing is new now, so that nobody is in the way
    await service.keep(session, third, answer, by=BY, now=NOW)
    assert (await kept(session, series)).version == 1
