"""The fewest people about whom a figure is shown can be raised; nothing that was shown goes, nothing small comes."""

import re

import msgspec
import pytest
from sqlalchemy import select, update

from pilot.metrics import queries, service
from pilot.metrics.disclosure import HIDDEN, SMALLEST, Figure, Lines
from pilot.metrics.queries import waves as wave_queries
from pilot.metrics.queries.publications import Series, asked, kept
from pilot.metrics.service import Ask, counting, publishing, waves
from pilot.metrics.tables import ObservationRow, PublicationRow
from pilot.settings import FEWEST_PEOPLE, ROOT, Settings, Unsafe, from_environment
from pilot.store import Store
from tests.builders import waves as build
from tests.builders.metrics import BY, NOW, a_file, arms_file, code
from tests.builders.waves import CLOSES, CONTROL, NIGHT, PILOT

STAFF = Series("Programme trusts", "made up")


def of(cell, number):
    return Lines(("n",), [[Figure(number, number, cell=(cell,))]])


async def stricter(store, number, work):
    """Do something with the same database in an installation that asks for more people."""
    other = Store(store.url, fewest_people=number)
    async with other.writing() as session:
        found = await work(session)
    await other.dispose()
    return found


async def test_a_release_is_held_to_the_number_asked_for_and_never_to_fewer_than_before(store):
    shown = await stricter(store, 20, lambda session: publishing.publish(session, STAFF, "t", of("porters", 19)))
    assert shown.rows == ((HIDDEN,),)
    async with store.writing() as session:  # whoever takes the setting back goes on with what was asked before
        assert (await publishing.publish(session, STAFF, "t", of("clerks", 19))).rows == ((HIDDEN,),)
        assert (await publishing.publish(session, STAFF, "t", of("nurses", 20))).rows == ((20,),)
        assert (await publishing.publish(session, Series("Others", "x"), "t", of("nurses", 11))).rows == ((11,),)


async def test_a_stricter_rule_stays_also_where_nothing_new_was_released_by_it(store):
    async with store.writing() as session:
        await publishing.publish(session, STAFF, "t", of("porters", 25))
    again = await stricter(store, 20, lambda session: publishing.publish(session, STAFF, "t", of("porters", 25)))
    assert again.rows == ((25,),)
    async with store.writing() as session:
        assert await publishing.smallest(session, STAFF) == 20
        assert (await publishing.publish(session, STAFF, "t", of("clerks", 19))).rows == ((HIDDEN,),)
    nothing = Lines(("n",), [])
    await stricter(store, 20, lambda session: publishing.publish(session, Series("Others", "x"), "t", nothing))
    async with store.reading() as session:
        assert await publishing.smallest(session, Series("Others", "x")) == 11, "nothing was ever shown of it"


async def test_what_was_stored_before_there_was_a_choice_was_released_by_eleven(session):
    await publishing.publish(session, STAFF, "t", of("porters", 19))
    stored = msgspec.json.decode(await session.scalar(select(PublicationRow.document)))
    del stored["smallest"]
    await session.execute(update(PublicationRow).values(document=msgspec.json.encode(stored)))
    found = (await kept(session, STAFF)).publication
    assert (found.smallest, found.people, found.hidden) == (11, {("porters",): 19}, frozenset())


async def test_raising_it_hides_no_number_that_is_out_and_no_figure_that_a_new_release_would_need(store):
    """15 porters were told. They stay known, so what hangs on them is protected as if they were told again."""
    async with store.writing() as session:
        await publishing.publish(session, STAFF, "t", of("porters", 15))
    again = await stricter(store, 20, lambda session: publishing.publish(session, STAFF, "t", of("porters", 15)))
    assert again.rows == ((HIDDEN,),)  # no new table tells it
    async with store.reading() as session:
        assert (await kept(session, STAFF)).publication.hidden == frozenset()


async def a_counted_wave(session):
    """Of the pilot 22 answered, one of whom left a question out; of the control 15."""
    wave = await build.an_open_wave(session)
    marks = {PILOT: [*["4" * 16] * 21, "-" + "4" * 15], CONTROL: ["2" * 16] * 15}
    await build.counted_as(session, wave, marks)
    await waves.check(session, wave, by=BY, now=CLOSES)
    return wave


async def shown_in(store, wave):
    async with store.reading() as session:
        return await waves.shown_of(session, await wave_queries.wave(session, wave))


async def released(session, wave):
    await waves.release_wave(session, wave, by=BY, now=CLOSES)


async def test_a_survey_released_by_twenty_hides_fifteen_and_stays_so_when_the_setting_goes(store):
    async with store.writing() as session:
        wave = await a_counted_wave(session)
    await stricter(store, 20, lambda session: released(session, wave))
    papers, means = await shown_in(store, wave)
    assert {row[0]: row[3] for row in papers.rows} == {PILOT: 22, CONTROL: HIDDEN}
    assert {row[0] for row in means.rows if row[3] != HIDDEN} == {PILOT}
    async with store.reading() as session:
        assert (await wave_queries.wave(session, wave)).smallest == 20
        assert set(await session.scalars(select(ObservationRow.trust))) == {PILOT}


async def test_a_survey_released_by_eleven_stays_as_it_was_when_more_is_asked_later(store):
    async with store.writing() as session:
        wave = await a_counted_wave(session)
        await released(session, wave)
    before = await shown_in(store, wave)
    assert 15 in {row[3] for row in before[0].rows}
    other = Store(store.url, fewest_people=20)
    assert await shown_in(other, wave) == before
    await other.dispose()


async def test_how_many_answered_is_told_from_the_same_number_on(store):
    async def told(session):
        wave = await build.an_open_wave(session)
        *twelve, last = (await build.the_people(session))[:13]
        for who in twelve:
            await build.answers(session, wave, who, "4")
        early = await counting.tell_turnout(session, wave, PILOT, now=NIGHT.replace(hour=9))
        await build.answers(session, wave, last, "4")
        await counting.tell_turnout(session, wave, PILOT, now=NIGHT.replace(hour=9))
        return early, (await wave_queries.trust_of(session, wave, PILOT)).told

    assert await stricter(store, 13, told) == (None, 13)


async def test_a_comparison_keeps_the_number_by_which_it_was_made(store):
    async def prepared(session):
        lines = ["code,year,n,morale"]
        for number in range(18):
            lines += [f"{code(number)},{year},{15 if number == 1 else 50},{5 + number / 10}" for year in (2014, 2015)]
        await service.load_measures(session, a_file("\n".join(lines).encode()), by=BY, now=NOW)
        (dataset,) = await queries.datasets(session)
        await service.replace_arms(session, dataset.id, arms_file(), by=BY, now=NOW)
        (measure,) = await queries.measures(session)
        return await service.prepare(session, Ask(measure.id, ("2014",), ("2015",)))

    made = await stricter(store, 20, prepared)
    assert made.spec.smallest == made.reckoned.smallest == 20
    assert {cell.n for cell in made.reckoned.panels[0] if not cell.used} == {15}
    assert made.spec.notes == ("2 values with fewer than 20 answers are left out.",)


def test_a_setting_below_eleven_or_that_is_no_number_is_refused_in_a_sentence():
    base = {"PILOT_SECRET_KEY": "x" * 40}
    assert FEWEST_PEOPLE == SMALLEST == 11
    assert from_environment(base).fewest_people == 11
    assert from_environment(base | {"PILOT_FEWEST_PEOPLE": "20"}).fewest_people == 20
    with pytest.raises(Unsafe, match="PILOT_FEWEST_PEOPLE must be 11 or more, but is “10”: figures about fewer people"):
        from_environment(base | {"PILOT_FEWEST_PEOPLE": "10"})
    for wrong in ("eleven", "12.5", "-20", ""):
        with pytest.raises(Unsafe, match="PILOT_FEWEST_PEOPLE must be a whole number above 0, but is"):
            from_environment(base | {"PILOT_FEWEST_PEOPLE": wrong})


async def test_every_way_to_the_database_brings_what_the_installation_has_chosen(tmp_path):
    made = {path.name for path in (ROOT / "pilot").rglob("*.py") if re.search(r"\bStore\(", path.read_text())}
    assert made == set()
    chosen = Store.of(Settings(database_url=f"sqlite+aiosqlite:///{tmp_path}/x", secret_key=b"", fewest_people=25))
    for session in (chosen.reading(), chosen.writing()):
        async with session as here:
            assert asked(here) == 25
    await chosen.dispose()
