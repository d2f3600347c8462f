"""A survey from its making to its figures, and what of it nobody can find out."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from pilot.metrics import jobs
from pilot.metrics import queries as measures
from pilot.metrics.queries import waves as queries
from pilot.metrics.questionnaire import GROUP
from pilot.metrics.registration import Outcome, Span
from pilot.metrics.respondents import Answering, Sample
from pilot.metrics.service import answering, counting, waves
from pilot.metrics.service.answering import Standing, surveys_open
from pilot.metrics.service.arms import arms_locked
from pilot.metrics.tables.waves import CellRow, WaveElectorRow, WaveRow, WaveTrustRow
from pilot.metrics.wave_figures import SURVEY, by_trust
from pilot.metrics.waves import Kind, State
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from tests.builders import waves as build
from tests.builders.metrics import a_locked_study, a_plan
from tests.builders.people import a_roll, a_trust
from tests.builders.waves import BY, CLOSES, CONTROL, MADE, NIGHT, OPENS, PILOT, SCRIPT


async def count(session, table):
    return await session.scalar(select(func.count()).select_from(table))


async def verbs(session):
    return list(await session.scalars(select(EventRow.verb).where(EventRow.subject.like("survey %"))))


async def test_pilots_and_controls_are_asked_the_same_in_the_same_window(session):
    wave = await build.a_frozen_wave(session)
    asked = []
    for place in await queries.trusts_of(session, wave):
        manifest = manifests.read(await secrecy.manifest_of(session, place.box_id))
        assert (manifest.kind, manifest.opens, manifest.closes) == ("survey", OPENS, CLOSES)
        assert manifest.roll.size == place.entitled == 44
        assert manifest.script == SCRIPT
        asked.append(manifest.questions)
    assert asked[0] == asked[1]
    assert len(asked[0]) == 18
    assert len({place.box_id for place in await queries.trusts_of(session, wave)}) == 2


async def test_a_wave_is_refused_with_every_problem_at_once(session):
    with pytest.raises(BadInput) as refusal:
        await waves.make_wave(session, build.a_spec(title=" ", closes_at=OPENS), by=BY, now=MADE)
    assert sorted(refusal.value.fields) == ["closes_on", "title"]


async def test_two_waves_in_one_month_would_share_a_label_so_the_second_is_refused(session):
    first = await waves.make_wave(session, build.a_spec(), by=BY, now=MADE)
    with pytest.raises(BadInput) as refusal:
        await waves.make_wave(session, build.a_spec(kind=Kind.FOLLOW_UP), by=BY, now=MADE)
    assert "same month" in refusal.value.fields["opens_on"]
    await waves.cancel(session, first, "Wrong dates", by=BY, now=MADE)
    await waves.make_wave(session, build.a_spec(), by=BY, now=MADE)


async def test_a_trust_without_a_new_roll_is_left_out_only_when_somebody_says_so(session):
    await build.two_trusts(session)
    await a_trust(session, "RCC")
    wave = await waves.make_wave(session, build.a_spec(), by=BY, now=MADE)
    with pytest.raises(WrongState, match=r"1 of 3 trusts are not ready. RCC: There is no staff roll"):
        await waves.freeze(session, wave, script=SCRIPT, leave_out=False, by=BY, now=MADE)
    await waves.freeze(session, wave, script=SCRIPT, leave_out=True, by=BY, now=MADE)
    place = await queries.trust_of(session, wave, "RCC")
    assert place.left_out_because == "There is no staff roll of this trust yet"
    assert await queries.to_box(session, MADE) == [(wave, PILOT), (wave, CONTROL)]


async def test_without_a_pilot_and_a_control_that_are_ready_there_is_no_survey(session):
    await a_trust(session, PILOT)
    await a_trust(session, CONTROL, "control", starts_on=None)
    await a_roll(session, PILOT, 44)
    wave = await waves.make_wave(session, build.a_spec(), by=BY, now=MADE)
    with pytest.raises(WrongState, match="At least one pilot and one control"):
        await waves.freeze(session, wave, script=SCRIPT, leave_out=True, by=BY, now=MADE)


async def test_nothing_is_fixed_after_the_opening_time(session):
    await build.two_trusts(session)
    wave = await waves.make_wave(session, build.a_spec(), by=BY, now=MADE)
    with pytest.raises(WrongState, match="was to open already"):
        await waves.freeze(session, wave, script=SCRIPT, leave_out=False, by=BY, now=OPENS)


async def test_a_trust_with_too_few_people_is_left_out_with_its_reason(session):
    await a_trust(session, PILOT)
    await a_trust(session, CONTROL, "control", starts_on=None)
    await a_roll(session, PILOT, 44)
    await a_roll(session, CONTROL, 19)
    wave = await waves.make_wave(session, build.a_spec(), by=BY, now=MADE)
    await waves.freeze(session, wave, script=SCRIPT, leave_out=False, by=BY, now=MADE)
    assert "Only 19 people could answer" in await counting.box_trust(session, wave, CONTROL, now=MADE)
    assert (await queries.trust_of(session, wave, CONTROL)).box_id is None
    with pytest.raises(WrongState):
        await counting.box_trust(session, wave, CONTROL, now=MADE)


async def test_a_box_that_was_not_made_in_time_is_not_made_later(session):
    await build.two_trusts(session)
    wave = await waves.make_wave(session, build.a_spec(), by=BY, now=MADE)
    await waves.freeze(session, wave, script=SCRIPT, leave_out=False, by=BY, now=MADE)
    await counting.box_trust(session, wave, PILOT, now=MADE)
    with pytest.raises(WrongState, match="has not come yet"):
        await counting.open_wave(session, wave, "", now=OPENS - timedelta(seconds=1))
    await counting.open_wave(session, wave, "", now=OPENS)
    assert (await queries.trust_of(session, wave, CONTROL)).left_out_because == counting.LATE


async def test_somebody_answers_changes_their_mind_and_the_last_answers_count(session):
    wave = await build.an_open_wave(session)
    who = (await build.the_people(session))[0]
    (task,) = await surveys_open(session, who, NIGHT)
    assert (task.href, task.title, task.done) == (f"/surveys/{wave}", "Survey: Spring pulse", False)
    await build.answers(session, wave, who, "-" * 9 + "1")
    place = await answering.place(session, wave, who, now=NIGHT)
    assert (place.sent, place.left) == (True, 2)
    assert (await surveys_open(session, who, NIGHT))[0].done
    await build.answers(session, wave, who, "-" * 9 + "5")
    await build.counted(session, wave)
    cells = by_trust(await queries.cells(session, wave))
    assert (cells[PILOT, "leaders_effective"].n, cells[PILOT, "leaders_effective"].mean) == (1, 10)


async def test_answers_are_added_up_by_trust_and_group(session):
    wave = await build.an_open_wave(session)
    await build.all_answer(session, wave, PILOT, ["5" * 16 + "1", "3" * 16 + "2", "1" * 16 + "2"])
    await build.all_answer(session, wave, CONTROL, ["4" * 16])
    await build.counted(session, wave)
    cells = await queries.cells(session, wave)
    mine = {c.name: c for t, c in cells if (t, c.part, c.outcome) == (PILOT, GROUP, "engagement")}
    assert {name: (c.n, c.mean) for name, c in mine.items()} == {"Administration": (1, 10.0), "Estates": (2, 2.5)}
    assert by_trust(cells)[CONTROL, "engagement"].mean == 7.5
    place = await queries.trust_of(session, wave, PILOT)
    assert (place.papers, place.spoilt, place.entitled) == (3, 0, 44)


async def test_after_the_count_nobody_can_tell_who_took_part(session):
    wave = await build.an_open_wave(session)
    there = await build.the_people(session)
    await build.answers(session, wave, there[0], "5" * 16)
    assert await count(session, WaveElectorRow) == 88
    box = (await queries.trust_of(session, wave, PILOT)).box_id
    await build.counted(session, wave)
    assert await count(session, WaveElectorRow) == 0
    assert await secrecy.sealed_count(session, box) == 0
    for who in there[:2]:  # one answered and one did not
        with pytest.raises(NotAllowed, match="the list is destroyed"):
            await answering.place(session, wave, who, now=CLOSES)
        assert await surveys_open(session, who, CLOSES) == ()


async def test_answering_writes_no_event(session):
    wave = await build.an_open_wave(session)
    before = await verbs(session)
    await build.all_answer(session, wave, PILOT, ["5" * 16] * 3)
    assert await verbs(session) == before


async def test_no_event_says_how_many_answered(session):
    wave = await build.an_open_wave(session)
    await build.all_answer(session, wave, PILOT, ["5" * 16] * 3)
    await build.counted(session, wave)
    rows = (await session.scalars(select(EventRow).where(EventRow.subject == f"survey {wave}"))).all()
    assert [row.verb for row in rows].count("answers counted") == 2
    assert all(row.detail == {} for row in rows if row.verb in ("answers counted", "survey closed"))


async def test_whoever_is_not_on_the_list_is_refused(session):
    wave = await build.an_open_wave(session)
    there = await build.the_people(session)
    await a_roll(session, PILOT, 45)
    new = next(one for one in await build.the_people(session) if one not in there)
    with pytest.raises(NotAllowed, match="You are not on the list for this survey"):
        await answering.stamp(session, wave, new, b"x" * 384, now=NIGHT)
    with pytest.raises(NotFound):
        await answering.place(session, wave + 1, there[0], now=NIGHT)


@pytest.mark.parametrize(
    ("now", "standing"),
    [
        (MADE, Standing.EARLY),
        (OPENS, Standing.OPEN),
        (CLOSES - timedelta(seconds=1), Standing.OPEN),
        (CLOSES, Standing.CLOSED),
    ],
)
async def test_the_clock_decides_when_a_survey_is_open(session, now, standing):
    wave = await build.a_frozen_wave(session)  # and not whether the minute's work is done
    who = (await build.the_people(session, CONTROL))[0]
    assert (await answering.place(session, wave, who, now=now)).standing is standing
    assert bool(await surveys_open(session, who, now)) is (standing is Standing.OPEN)


async def test_answers_after_the_close_are_refused_in_the_words_of_a_survey(session):
    wave = await build.an_open_wave(session)
    who = (await build.the_people(session))[0]
    _, envelope = await build.sealed(session, wave, who, "5" * 16)
    with pytest.raises(WrongState, match=r"The survey closed at 5pm on Wednesday 17 March 2027. Your answers were not"):
        await answering.send(session, wave, who, envelope, now=CLOSES)
    with pytest.raises(WrongState, match="The survey closed"):
        await build.sealed(session, wave, who, "4" * 16, now=CLOSES)


async def test_a_fourth_time_is_refused_and_the_third_counts(session):
    wave = await build.an_open_wave(session)
    who = (await build.the_people(session))[0]
    for mark in "123":
        await build.answers(session, wave, who, "-" * 9 + mark)
    with pytest.raises(WrongState, match="You have sent your answers three times"):
        await build.sealed(session, wave, who, "5" * 16)
    await build.counted(session, wave)
    assert by_trust(await queries.cells(session, wave))[PILOT, "leaders_effective"].mean == 5.0


async def test_how_many_answer_is_told_daily_and_in_steps_of_ten_from_eleven_on(session):
    """Ten that are told, and a release that hides how many answered, would together say: ten."""
    wave = await build.an_open_wave(session)
    await build.all_answer(session, wave, PILOT, ["5" * 16] * 10)
    assert await counting.tell_turnout(session, wave, PILOT, now=NIGHT + timedelta(hours=6)) is None
    await build.answers(session, wave, (await build.the_people(session))[10], "5" * 16)
    assert await counting.tell_turnout(session, wave, PILOT, now=NIGHT) is None  # not in the night
    morning = NIGHT + timedelta(hours=6)
    assert await counting.tell_turnout(session, wave, PILOT, now=morning)
    place = await queries.trust_of(session, wave, PILOT)
    await session.refresh(place)
    assert (place.told, place.told_on) == (11, morning.date())


async def test_the_arms_are_locked_from_the_opening_of_a_baseline_on(session):
    wave = await build.a_frozen_wave(session)
    assert await arms_locked(session) is None
    await counting.open_wave(session, wave, "", now=OPENS)
    assert await arms_locked(session) == "a baseline survey has opened"
    await waves.cancel(session, wave, "The wrong questions", by=BY, now=NIGHT)
    assert await arms_locked(session) is None


async def test_a_follow_up_locks_no_arms(session):
    await build.an_open_wave(session, kind=Kind.FOLLOW_UP)
    assert await arms_locked(session) is None


async def test_a_cancelled_survey_is_destroyed_unopened(session):
    wave = await build.an_open_wave(session)
    await build.all_answer(session, wave, PILOT, ["5" * 16] * 2)
    with pytest.raises(BadInput):
        await waves.cancel(session, wave, "  ", by=BY, now=NIGHT)
    await waves.cancel(session, wave, "The wrong questions", by=BY, now=NIGHT)
    who = (await build.the_people(session))[0]
    assert (await answering.place(session, wave, who, now=NIGHT)).standing is Standing.CANCELLED
    with pytest.raises(WrongState, match=r"was cancelled. Your answers were not sent"):
        await build.sealed(session, wave, who, "5" * 16)
    box = (await queries.trust_of(session, wave, PILOT)).box_id
    for wave_id, trust in await queries.to_discard(session, NIGHT):
        await counting.discard_trust(session, wave_id, trust, now=NIGHT)
    assert await queries.to_discard(session, NIGHT) == []
    assert await secrecy.sealed_count(session, box) == 0
    assert await count(session, WaveElectorRow) == await count(session, CellRow) == 0
    with pytest.raises(WrongState):
        await secrecy.final(session, box)


async def test_figures_are_released_once_checked_and_small_ones_never(session):
    wave = await build.an_open_wave(session)
    await build.all_answer(session, wave, PILOT, ["4" * 16] * 12)
    await build.all_answer(session, wave, CONTROL, ["2" * 16] * 10)
    await counting.close_wave(session, wave, "", now=CLOSES)
    await counting.count_trust(session, wave, PILOT, now=CLOSES)
    with pytest.raises(WrongState, match="1 trusts are not counted yet"):
        await waves.check(session, wave, by=BY, now=CLOSES)
    await counting.count_trust(session, wave, CONTROL, now=CLOSES)
    with pytest.raises(WrongState, match="is not checked yet"):
        await waves.release_wave(session, wave, by=BY, now=CLOSES)
    await waves.check(session, wave, by=BY, now=CLOSES)
    outcomes = 12 + 1  # and the response rate
    assert await waves.release_wave(session, wave, by=BY, now=CLOSES) == outcomes
    assert await build.state_of(session, wave) is State.RELEASED
    found = {one.outcome: one for one in await measures.measures(session)}
    assert len(found) == outcomes
    assert {one.instrument for one in found.values()} == {SURVEY}
    assert await measures.values(session, found["engagement"]) == ()  # until a plan is locked
    assert await measures.answered(session, found["engagement"]) == {}
    around_the_start = Outcome(SURVEY, "engagement", Span("2025", "2026"), Span("2027", "2028"))
    await a_locked_study(session, a_plan(around_the_start))
    (value,) = await measures.values(session, found["engagement"])
    assert (value.trust, value.period, value.value, value.n) == (PILOT, "2027-03", 7.5, 12)
    assert value.sample == Sample(weighted=True, n_eff=12.0, mean_unw=7.5), "no standard error of 12 people"
    (rate,) = await measures.values(session, found["response_rate"])
    assert (rate.trust, rate.value, rate.n, rate.sample) == (PILOT, 0.272727, 12, Sample(44, 44, weighted=False))
    answered = await measures.answered(session, found["engagement"])
    assert answered == {(PILOT, "2027-03"): Answering(0.272727, 12, 44, 44)}
    with pytest.raises(WrongState, match="is released"):
        await waves.release_wave(session, wave, by=BY, now=CLOSES)


async def test_a_survey_that_too_few_answered_is_released_with_nothing(session):
    wave = await build.an_open_wave(session)
    await build.all_answer(session, wave, PILOT, ["4" * 16] * 10)
    await build.counted(session, wave)
    await waves.check(session, wave, by=BY, now=CLOSES)
    assert await waves.release_wave(session, wave, by=BY, now=CLOSES) == 0
    assert await measures.measures(session) == ()


async def test_the_clock_does_everything_that_nobody_has_to_decide(store):
    async with store.writing() as session:
        await build.two_trusts(session)
        wave = await waves.make_wave(session, build.a_spec(), by=BY, now=MADE)
        await waves.freeze(session, wave, script=SCRIPT, leave_out=False, by=BY, now=MADE)
    assert await jobs.due(store, MADE) == [f"{trust}: list of survey {wave} fixed." for trust in (PILOT, CONTROL)]
    assert await jobs.due(store, MADE) == []
    assert await jobs.due(store, OPENS) == [f"Survey {wave} opened."]
    async with store.writing() as session:
        await build.all_answer(session, wave, PILOT, ["4" * 16] * 11)
    assert await jobs.due(store, NIGHT + timedelta(hours=6)) == [f"{PILOT}: turnout of survey {wave} published."]
    done = await jobs.due(store, CLOSES)
    assert done[0] == f"Survey {wave} closed."
    assert sorted(done[1:]) == [f"{trust}: answers of survey {wave} counted." for trust in (PILOT, CONTROL)]
    assert await jobs.due(store, CLOSES) == []


@pytest.mark.parametrize(
    "wrong",
    [
        update(WaveRow).values(state="cancelled"),
        update(WaveTrustRow).values(papers=45, spoilt=0),
        update(WaveTrustRow).values(left_out_because="x"),
        update(WaveTrustRow).values(entitled=19),
        insert(CellRow).values(
            wave_id=1, trust=PILOT, part=GROUP, name="x", outcome="y", n=0, sum_w=1, sum_wx=1, sum_wx2=1, sum_w2=1
        ),
    ],
    ids=["no reason", "more papers than people", "left out with a box", "too few people", "an empty cell"],
)
async def test_the_database_itself_refuses_what_no_survey_is(session, wrong):
    await build.a_frozen_wave(session)
    with pytest.raises(IntegrityError):
        await session.execute(wrong)
