"""Management practice from the sealed box to the page of a trust, and words that a survey uses with a permission."""

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from pilot.audit.tables import EventRow
from pilot.errors import NotFound, WrongState
from pilot.metrics import queries as measures
from pilot.metrics.catalogue import MANAGEMENT
from pilot.metrics.management import parts, released
from pilot.metrics.queries import management
from pilot.metrics.queries import waves as wave_queries
from pilot.metrics.queries import wordings as queries
from pilot.metrics.questionnaire import PRACTICE
from pilot.metrics.registration import Outcome, Span
from pilot.metrics.respondents import RATE
from pilot.metrics.service import waves, wordings
from pilot.metrics.service.waves import questionnaire_of
from pilot.metrics.tables import StudyRow
from pilot.metrics.tables.wordings import WordingPackRow
from tests.builders import waves as build
from tests.builders.metrics import a_locked_study, a_plan
from tests.builders.waves import BY, CLOSES, CONTROL, MADE, PILOT, SCRIPT
from tests.builders.wordings import a_pack

HINDERED = "5 2 1 1 13 1 4"
"""Leaders effective, not motivating, not available; staffing and procedures get in the way; targets that fit."""
AROUND_THE_START = Outcome(MANAGEMENT, "obstacles", Span("2025", "2026"), Span("2027", "2028"))
CONTENT = "2 4 4 2 5 2 6"
"""Leaders not effective, but motivating and available; nothing in the way; no targets."""


async def test_answers_about_management_arrive_as_the_measures_of_the_catalogue(session):
    wave = await build.an_open_wave(session, questionnaire=PRACTICE)
    await build.all_answer(session, wave, PILOT, [HINDERED] * 11 + [CONTENT])
    await build.all_answer(session, wave, CONTROL, [HINDERED] * 8 + [CONTENT] * 3)
    await build.counted(session, wave)
    await waves.check(session, wave, by=BY, now=CLOSES)
    await waves.release_wave(session, wave, by=BY, now=CLOSES)
    found = {one.outcome: one for one in await measures.measures(session)}
    assert set(found) == {*PRACTICE.outcomes, RATE}
    assert {one.instrument for one in found.values()} == {MANAGEMENT}
    assert await management.stored_of(session, PILOT) == ()
    assert await management.some_held_back(session, PILOT)
    await a_locked_study(session, a_plan(AROUND_THE_START))
    assert not await management.some_held_back(session, PILOT)
    seen = {one.code: (one.value, one.people) for one in await management.stored_of(session, PILOT)}
    most, few = round(11 / 12, 6), round(1 / 12, 6)
    assert seen == {
        "leadership_effective": (most, 12),
        "leadership_not_effective": (few, 12),
        "leadership_not_motivating": (most, 12),
        "leadership_not_available": (most, 12),
        "obstacles": (most, 12),
        "obstacles_staffing": (1.0, 11),
        "obstacles_organisation": (0.0, 11),
        "obstacles_procedures": (1.0, 11),
        "obstacles_other": (0.0, 11),
        "no_targets": (few, 12),
        "targets_aligned": (1.0, 11),
        RATE: (round(12 / 44, 6), 12),
    }
    of_the_control = {one.code for one in await management.stored_of(session, CONTROL)}
    assert of_the_control == set(seen) - {
        "obstacles_staffing", "obstacles_organisation", "obstacles_procedures", "obstacles_other", "targets_aligned",
        "obstacles", "no_targets",
    }, "eight people are too few, and 8/11 would tell that they are eight"  # fmt: skip
    found_parts = parts(released(await management.stored_of(session, PILOT), 11), 11)
    assert [len(part.practices) for part in found_parts] == [4, 5, 2, 0, 0]
    await session.execute(update(StudyRow).values(state="draft"))
    assert await management.stored_of(session, PILOT) == ()


async def a_draft_in_words_of(session, pack_id):
    offered = await wordings.offered(session)
    name = f"wordings-{pack_id}"
    wave = await waves.make_wave(session, build.a_spec(questionnaire=offered[name]), by=BY, now=MADE)
    await wordings.belongs(session, wave, name)
    return wave


async def test_a_survey_uses_words_with_their_permission_and_keeps_them_when_they_go_out_of_use(session):
    await build.two_trusts(session)
    assert set(await wordings.offered(session)) == {"pulse", "practice"}
    pack = await wordings.take_into_use(session, a_pack(), by=BY, now=MADE)
    fixed = await a_draft_in_words_of(session, pack)
    await waves.freeze(session, fixed, script=SCRIPT, leave_out=False, by=BY, now=MADE)
    (kept,) = await queries.packs(session)
    assert (kept.id, kept.surveys, kept.ended_at) == (pack, 1, None)
    await wordings.take_out_of_use(session, pack, by="account 2", now=MADE)
    assert set(await wordings.offered(session)) == {"pulse", "practice"}
    asked = questionnaire_of(await wave_queries.wave(session, fixed))
    assert asked == a_pack().questionnaire()
    events = await session.scalars(select(EventRow.verb).where(EventRow.subject == f"wordings {pack}"))
    assert list(events) == ["wordings taken into use", "wordings taken out of use"]


async def test_a_draft_in_words_that_went_out_of_use_cannot_be_fixed(session):
    await build.two_trusts(session)
    pack = await wordings.take_into_use(session, a_pack(), by=BY, now=MADE)
    wave = await a_draft_in_words_of(session, pack)
    await wordings.take_out_of_use(session, pack, by=BY, now=MADE)
    with pytest.raises(WrongState, match="taken out of use, so it cannot be fixed"):
        await waves.freeze(session, wave, script=SCRIPT, leave_out=False, by=BY, now=MADE)


async def test_the_same_pack_is_taken_into_use_and_out_of_use_once(session):
    pack = await wordings.take_into_use(session, a_pack(), by=BY, now=MADE)
    with pytest.raises(WrongState, match="in use already"):
        await wordings.take_into_use(session, a_pack(), by=BY, now=MADE)
    other = await wordings.take_into_use(session, a_pack(permission="Letter 1/2027"), by=BY, now=MADE)
    await wordings.take_out_of_use(session, pack, by=BY, now=MADE)
    with pytest.raises(WrongState, match="out of use already"):
        await wordings.take_out_of_use(session, pack, by=BY, now=MADE)
    with pytest.raises(NotFound):
        await wordings.take_out_of_use(session, other + 1, by=BY, now=MADE)
    again = await wordings.take_into_use(session, a_pack(), by=BY, now=MADE)
    assert [one.id for one in await queries.packs(session)] == [again, other, pack]


@pytest.mark.parametrize(
    "wrong",
    [
        update(WordingPackRow).values(permission=""),
        update(WordingPackRow).values(ended_at=MADE),
        update(WordingPackRow).values(ended_by="account 1"),
    ],
)
async def test_the_database_itself_refuses_words_without_a_permission_and_half_an_end(session, wrong):
    await wordings.take_into_use(session, a_pack(), by=BY, now=MADE)
    with pytest.raises(IntegrityError):
        await session.execute(wrong)


async def test_a_pack_that_a_survey_took_its_words_from_cannot_be_deleted(session):
    await build.two_trusts(session)
    pack = await wordings.take_into_use(session, a_pack(), by=BY, now=MADE)
    await a_draft_in_words_of(session, pack)
    with pytest.raises(IntegrityError):
        await session.execute(delete(WordingPackRow))
