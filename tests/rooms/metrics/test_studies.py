"""A plan is written part by part, locked once, amended with a reason; and nobody reads ahead of it."""

import inspect
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from pilot.audit.log import verify_chain
from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from pilot.metrics import queries, service
from pilot.metrics.layouts import MeasureFile
from pilot.metrics.measures import PROGRAMME
from pilot.metrics.queries import management, registers
from pilot.metrics.queries import waves as wave_queries
from pilot.metrics.registration import HELD, Outcome, Span, digest, mark, read_document
from pilot.metrics.registration.judging import SEEN_FIRST
from pilot.metrics.respondents import RATE
from pilot.metrics.service import Ask, counting
from pilot.metrics.service.waves import series_of
from pilot.metrics.tables import ComparedTrustRow, ComparisonRow, DatasetRow, StudyPlanRow, StudyRow
from pilot.people import service as people
from pilot.people.tables import TrustRow
from pilot.people.trusts import Trust
from tests.builders import waves
from tests.builders.metrics import (
    BY,
    MONTHLY,
    NOW,
    SETTINGS,
    a_file,
    a_locked_study,
    a_panel,
    a_plan,
    a_wide_file,
    a_workforce_file,
    arms_file,
    code,
    programme_trusts,
)

LATER = datetime(2027, 4, 1, 9, tzinfo=UTC)
MONTHS = a_plan(MONTHLY)


async def written(session, plan, name="Study", **more):
    """A study with every part of its plan answered, and not locked."""
    number = await service.begin_study(session, name, more.get("dataset_id"), by=BY, now=NOW)
    for field_part in (
        "question",
        "primary",
        "secondaries",
        "comparing",
        "test",
        "missing",
        "sensitivity",
        "size",
        "stopping",
    ):
        draft = (await queries.study(session, number)).draft.plan
        was = mark(draft, field_part)
        await service.write_part(session, number, field_part, lambda _old: plan, was=was, by=BY, now=NOW)
    return number


async def read(session, study):
    return mark((await queries.study(session, study)).draft.plan)


async def the_months(session):
    """A year of months before and after the start, of the programme's own trusts; the number of the leaver rate."""
    file = a_file(a_workforce_file(), instrument="Workforce figures", dataset=PROGRAMME)
    await service.load_measures(session, file, by=BY, now=NOW)
    own = await queries.dataset_called(session, PROGRAMME)
    return next(m.id for m in await queries.measures(session, own.id) if m.outcome == "leaver_rate")


async def prepared(session, measure, **changes):
    """A comparison as the form offers it, judged and not yet computed."""
    sides = await service.side_by_side(session, measure)
    return await service.prepare(session, replace(Ask(measure, sides.before, sides.after), **changes))


async def compared(session):
    """The one comparison of these tests that is computed: the leaver rate by the plan."""
    made = await prepared(session, await the_months(session))
    number = await service.keep(session, made, await service.compare(made.order, SETTINGS), by=BY, now=NOW)
    return await queries.comparison(session, number)


async def change(session, study, part, **fields):
    was = mark((await queries.study(session, study)).draft.plan, part)
    await service.write_part(session, study, part, lambda plan: replace(plan, **fields), was=was, by=BY, now=NOW)


# writing


async def test_a_study_of_the_programme_needs_no_figures_and_proposes_what_its_arms_say(session):
    await programme_trusts(session)
    number = await service.begin_study(session, "Study", None, by=BY, now=NOW)
    study = await queries.study(session, number)
    assert (study.state, study.dataset, study.kind, study.versions) == ("draft", PROGRAMME, "programme", ())
    assert (study.draft.plan.size.pilots, study.draft.plan.size.controls) == (6, 12)
    assert "6 matched sets" in study.draft.plan.population
    assert set(await service.lacks(session, study)) >= {"question", "primary", "stopping"}


async def test_two_studies_have_two_names(session):
    await service.begin_study(session, "Study", None, by=BY, now=NOW)
    with pytest.raises(BadInput) as refusal:
        await service.begin_study(session, "STUDY", None, by=BY, now=NOW)
    assert refusal.value.fields == {"name": "There is a study of this name already"}
    with pytest.raises(NotFound):
        await service.begin_study(session, "Other", 99, by=BY, now=NOW)


def _stopping(words, plan):
    return replace(plan, stopping=words)


async def test_of_two_people_who_write_one_part_the_second_is_told(session):
    number = await service.begin_study(session, "Study", None, by=BY, now=NOW)
    was = mark((await queries.study(session, number)).draft.plan, "stopping")

    async def write(words):
        put = partial(_stopping, words)
        await service.write_part(session, number, "stopping", put, was=was, by=BY, now=NOW)

    await write("Once.")
    with pytest.raises(BadInput) as refusal:
        await write("Twice.")
    assert "Somebody else has saved this part" in refusal.value.fields["part"]
    assert (await queries.study(session, number)).draft.plan.stopping == "Once."
    await change(session, number, "test", seed=7)  # another part is nobody's business


# locking


async def test_a_locked_plan_is_one_text_with_its_hash_in_the_chain(session):
    await programme_trusts(session)
    number = await a_locked_study(session, MONTHS)
    study = await queries.study(session, number)
    assert study.state == "locked"
    (version,) = study.versions
    assert digest(version.text.encode()) == version.sha256
    document = read_document(version.text.encode(), version.sha256)
    assert (document.study, document.version, document.seen) == ("Study", 1, False)
    assert document.plan.primary == MONTHLY
    assert document.application.startswith("pilot ")
    assert len(document.allocation) == 64
    event = (await session.scalars(select(EventRow).where(EventRow.verb == "plan locked"))).one()
    assert event.detail["sha256"] == version.sha256
    assert event.subject == f"study {number}"
    assert await verify_chain(session) is None


async def test_a_plan_is_locked_once_and_only_as_it_was_read(session):
    await programme_trusts(session)
    number = await written(session, MONTHS)
    before = await read(session, number)
    await change(session, number, "test", seed=7)
    with pytest.raises(WrongState, match="Somebody has changed this plan"):
        await service.lock(session, number, read=before, by=BY, now=NOW)
    await service.lock(session, number, read=await read(session, number), by=BY, now=NOW)
    with pytest.raises(WrongState, match="This plan is locked already"):
        await service.lock(session, number, read=await read(session, number), by=BY, now=NOW)
    assert await session.scalar(select(func.count()).select_from(StudyPlanRow)) == 1


async def test_a_plan_that_is_not_complete_is_not_locked(session):
    number = await service.begin_study(session, "Study", None, by=BY, now=NOW)
    with pytest.raises(WrongState, match="not complete yet"):
        await service.lock(session, number, read=await read(session, number), by=BY, now=NOW)
    await programme_trusts(session)
    wrong = replace(MONTHLY, before=Span("2025-01", "2026-01"), after=Span("2026-02", "2026-11"))
    other = await written(session, a_plan(wrong), "Other")
    assert "2026-01-01" in (await service.lacks(session, await queries.study(session, other)))["primary"]
    with pytest.raises(WrongState, match="not complete yet"):
        await service.lock(session, other, read=await read(session, other), by=BY, now=NOW)


async def test_what_somebody_else_moves_in_between_is_not_overwritten(session):
    await programme_trusts(session)
    number = await written(session, MONTHS)
    study = await queries.study(session, number)
    await session.execute(update(StudyRow).values(draft=study.draft_text.replace("Looked at once", "Looked at twice")))
    from pilot.metrics.service.studies import _advance

    with pytest.raises(WrongState, match="Somebody has changed this plan"):
        await _advance(session, study, study.state, study.draft)


@pytest.mark.parametrize(
    "values",
    [
        {"version": 0},
        {"sha256": "short"},
        {"reason": "why"},
        {"version": 2, "reason": ""},
    ],
)
async def test_the_database_refuses_a_version_that_cannot_be(session, values):
    number = await service.begin_study(session, "Study", None, by=BY, now=NOW)
    good = {"study_id": number, "version": 1, "text": "{}", "sha256": "a" * 64, "reason": "", "seen": False}
    session.add(StudyPlanRow(locked_at=NOW, locked_by=BY, **(good | values)))
    with pytest.raises(IntegrityError):
        await session.flush()


async def test_the_database_refuses_a_comparison_that_is_prespecified_by_no_plan(session):
    session.add(DatasetRow(id=1, name="x", kind="other", made_at=NOW, made_by=BY))
    await session.flush()
    session.add(
        ComparisonRow(
            dataset_id=1, instrument="x", outcome="x", status="prespecified", spec={}, panel=[], result={}, figure="",
            made_at=NOW, made_by=BY,
        )
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        await session.flush()


# amending


async def test_an_amendment_needs_a_reason_and_a_change_and_keeps_what_was(session):
    await programme_trusts(session)
    number = await a_locked_study(session, MONTHS)
    with pytest.raises(BadInput) as refusal:
        await service.amend(
            session, number, reason="Why not", seen=False, read=await read(session, number), by=BY, now=LATER
        )
    assert "Nothing in the plan has changed" in refusal.value.fields["reason"]
    await change(session, number, "test", test="cluster")
    with pytest.raises(BadInput) as refusal:
        await service.amend(session, number, reason=" ", seen=False, read=await read(session, number), by=BY, now=LATER)
    assert refusal.value.fields == {"reason": "Enter why the plan is changed"}
    await service.amend(
        session, number, reason="Better.", seen=False, read=await read(session, number), by=BY, now=LATER
    )
    study = await queries.study(session, number)
    first, second = study.versions
    assert (study.state, second.document.version, second.document.reason) == ("amended", 2, "Better.")
    assert second.document.amends == first.sha256
    assert (first.document.plan.test, second.document.plan.test) == ("permutation", "cluster")
    event = (await session.scalars(select(EventRow).where(EventRow.verb == "plan amended"))).one()
    assert event.detail == {"version": 2, "sha256": second.sha256, "seen": False, "reason": "Better."}


async def test_a_draft_is_not_amended_and_a_change_can_be_thrown_away(session):
    await programme_trusts(session)
    number = await written(session, MONTHS)
    with pytest.raises(WrongState, match="not locked yet"):
        await service.amend(session, number, reason="x", seen=False, read=await read(session, number), by=BY, now=NOW)
    with pytest.raises(WrongState, match="not locked yet"):
        await service.discard(session, number, by=BY, now=NOW)
    await service.lock(session, number, read=await read(session, number), by=BY, now=NOW)
    await change(session, number, "test", seed=7)
    await service.discard(session, number, by=BY, now=NOW)
    assert (await queries.study(session, number)).draft.plan.seed == 20270401


async def test_nobody_denies_outcomes_that_were_compared(session):
    await programme_trusts(session)
    number = await a_locked_study(session, MONTHS)
    await compared(session)
    await change(session, number, "test", test="cluster")
    words = {"reason": "Better.", "read": await read(session, number), "by": BY, "now": LATER}
    with pytest.raises(BadInput) as refusal:
        await service.amend(session, number, seen=False, **words)
    assert "comparisons of these trusts have been made (1)" in refusal.value.fields["seen"]
    await service.amend(session, number, seen=True, **words)
    assert (await queries.study(session, number)).versions[-1].document.seen


async def test_arms_that_were_changed_since_the_lock_can_be_written_down(session):
    await programme_trusts(session)
    number = await a_locked_study(session, MONTHS)
    measure = await the_months(session)
    await session.execute(update(TrustRow).where(TrustRow.ods_code == code(1)).values(matched_set="s1"))
    found = await prepared(session, measure)
    assert found.status == "exploratory, not randomised"
    assert "The arms depart" in found.spec.judged.sentences[0]
    change = {"reason": "Moved.", "read": await read(session, number), "by": BY, "now": LATER}
    with pytest.raises(BadInput) as refusal:
        await service.amend(session, number, seen=False, **change)
    assert "since the plan was locked, figures from the start on could be read" in refusal.value.fields["seen"]
    await service.amend(session, number, seen=True, **change)
    assert len((await queries.study(session, number)).versions) == 2


# what a comparison is


async def test_a_comparison_by_the_plan_is_prespecified_and_keeps_the_version(session):
    await programme_trusts(session)
    number = await a_locked_study(session, MONTHS)
    found = await compared(session)
    assert found.status == "prespecified, not randomised"
    judged = found.spec.judged
    version = (await queries.study(session, number)).versions[0]
    assert (judged.study_id, judged.version, judged.sha256, judged.role) == (number, 1, version.sha256, "primary")
    assert await session.scalar(select(ComparisonRow.plan_id)) == version.id
    assert await session.scalar(select(func.count()).select_from(ComparedTrustRow)) == 18
    event = (await session.scalars(select(EventRow).where(EventRow.verb == "comparison made"))).one()
    assert event.detail["plan"] == version.sha256


async def test_arms_that_are_chosen_once_the_door_is_open_are_no_part_of_the_plan(session):
    await programme_trusts(session)
    await session.execute(update(TrustRow).values(arm="control", starts_on=None))
    await a_locked_study(session, MONTHS)
    measure = await the_months(session)
    assert await queries.values(session, await queries.measure(session, measure))
    chosen = [code(number) for number in range(0, 18, 3)]
    start = {"arm": "pilot", "starts_on": date(2026, 1, 1)}
    await session.execute(update(TrustRow).where(TrustRow.ods_code.in_(chosen)).values(**start))
    found = await prepared(session, measure)
    assert found.status == "exploratory, not randomised"
    assert found.spec.judged.sentences == ("The arms were not known when the plan was locked, and no draw gave them.",)


async def test_a_comparison_takes_share_of_false_alarms_and_seed_from_the_plan(session):
    await programme_trusts(session)
    await a_locked_study(session, a_plan(MONTHLY, alpha=Decimal("0.01"), seed=11))
    made = await prepared(session, await the_months(session))
    assert (made.status, made.order.question.alpha, made.order.question.seed) == (
        "prespecified, not randomised",
        0.01,
        11,
    )


async def test_the_form_offers_the_sides_of_the_plan_and_what_departs_is_exploratory(session):
    await programme_trusts(session)
    await a_locked_study(session, a_plan(replace(MONTHLY, before=Span("2025-07", "2025-12"))))
    measure = await the_months(session)
    sides = await service.side_by_side(session, measure)
    assert (sides.before[0], sides.before[-1], sides.after[-1]) == ("2025-07", "2025-12", "2026-11")
    found = await prepared(session, measure, before=sides.periods[:12])
    assert found.status == "exploratory, not randomised"
    assert found.spec.judged.version == 1
    assert found.spec.judged.sentences[0].startswith("The periods before depart")


async def test_a_plan_about_published_figures_comes_too_late(session):
    measure = await a_panel(session)
    dataset = await queries.dataset_called(session, "Other trusts")
    number = await a_locked_study(session, a_plan(), dataset_id=dataset.id)
    assert (await queries.study(session, number)).versions[0].document.seen
    found = await prepared(session, measure)
    assert found.status == "exploratory, not randomised"


async def test_a_plan_about_figures_that_are_still_to_be_published_holds(session):
    early = a_file(a_wide_file(years=(2013, 2014)))
    await service.load_measures(session, early, by=BY, now=NOW)
    dataset = await queries.dataset_called(session, "Other trusts")
    lines = [f"{code(n)},{'pilot,2015' if n < 6 else 'control,'}" for n in range(18)]
    arms = "\n".join(["ods_code,arm,start", *lines]).encode()
    await service.replace_arms(session, dataset.id, arms, by=BY, now=NOW)
    await a_locked_study(session, a_plan(sets="none"), dataset_id=dataset.id)
    late = a_file(a_wide_file(years=(2015, 2016, 2017)))
    await service.load_measures(session, late, by=BY, now=LATER)
    measure = next(m.id for m in await queries.measures(session) if m.outcome == "morale")
    found = await prepared(session, measure)
    assert found.status == "prespecified, not randomised"


async def test_a_second_study_once_the_door_is_open_prespecifies_nothing(session):
    """Lock a plan about nothing to open the door, look, then plan what was seen: it is not prespecified."""
    await programme_trusts(session)
    await a_locked_study(session, a_plan(replace(MONTHLY, name="nothing")), "A pretext")
    measure = await the_months(session)
    await a_locked_study(session, MONTHS, "What was seen")
    assert (await prepared(session, measure)).status == "exploratory, not randomised"


async def test_nor_does_one_about_later_months_that_begins_where_others_were_read(session):
    """Which outcome moved is seen in the first months after the start; a plan for later ones is no plan before it."""
    await programme_trusts(session)
    later = replace(MONTHLY, after=Span("2027-06", "2027-09"))
    number = await written(session, a_plan(later), "Later months")
    assert not await service.seen_before_lock(session, await queries.study(session, number))
    await a_locked_study(session, MONTHS, "The first months")
    await the_months(session)
    assert await service.seen_before_lock(session, await queries.study(session, number))


# nobody reads ahead


async def test_before_the_lock_nothing_from_the_start_on_comes_out_of_any_query(session):
    await programme_trusts(session)
    measure = await the_months(session)
    for one in await queries.measures(session):
        periods = {value.period for value in await queries.values(session, one)}
        assert max(periods) < "2026", one.outcome
    assert "2025-12" not in {
        v.period for v in await queries.values(session, await queries.measure(session, measure))
    }, "the last month's rate needs the headcount of the first day of the start"
    counted = {one.outcome: one.values for one in await queries.measures(session)}
    assert (counted["headcount"], counted["leavers"]) == (18 * 12, 18 * 12)
    sides = await service.side_by_side(session, measure)
    assert (sides.held, sides.after, sides.periods[-1]) == (True, (), "2025-11")
    with pytest.raises(BadInput) as refusal:
        await service.prepare(session, Ask(measure, sides.before, ("2026-01",)))
    assert refusal.value.fields == {"after_from": HELD}
    with pytest.raises(BadInput) as refusal:
        await service.prepare(session, Ask(measure, sides.before[:6], sides.before[6:]))
    assert refusal.value.fields == {"after_from": HELD}
    await a_locked_study(session, MONTHS)
    sides = await service.side_by_side(session, measure)
    assert (sides.held, sides.periods[-1]) == (False, "2026-11")


async def test_a_start_that_is_moved_opens_nothing(session):
    await programme_trusts(session)
    measure = await queries.measure(session, await the_months(session))
    await session.execute(update(TrustRow).where(TrustRow.arm == "pilot").values(starts_on=date(2099, 1, 1)))
    assert max(value.period for value in await queries.values(session, measure)) < "2026"
    await session.execute(update(TrustRow).values(arm="control", starts_on=None))
    assert max(value.period for value in await queries.values(session, measure)) < "2026"


async def test_a_start_that_was_said_to_be_later_makes_the_plan_come_too_late(session):
    await programme_trusts(session)
    await session.execute(update(TrustRow).where(TrustRow.arm == "pilot").values(starts_on=date(2099, 1, 1)))
    await the_months(session)
    await session.execute(update(TrustRow).where(TrustRow.arm == "pilot").values(starts_on=date(2026, 1, 1)))
    number = await a_locked_study(session, MONTHS)
    assert (await queries.study(session, number)).versions[0].document.seen


def as_others(content=None, **words):
    """The months of the programme's trusts as if they were of others."""
    return a_file(content or a_workforce_file(), instrument="Workforce figures", dataset="Rehearsal", **words)


async def planned_too_late(session):
    number = await a_locked_study(session, MONTHS)
    return (await queries.study(session, number)).versions[0].document.seen


async def test_figures_looked_at_before_the_trusts_joined_make_the_plan_come_too_late(session):
    """Load them as others, look, let the trusts join, lock: the months were seen, and nothing is prespecified."""
    await service.load_measures(session, as_others(), by=BY, now=NOW)
    others = {one.outcome: one for one in await queries.measures(session)}
    assert max(one.period for one in await queries.values(session, others["leaver_rate"])) == "2026-11"
    await programme_trusts(session)
    number = await written(session, MONTHS)
    assert await service.seen_before_lock(session, await queries.study(session, number))
    await service.lock(session, number, read=await read(session, number), by=BY, now=NOW)
    found = await prepared(session, await the_months(session))
    assert found.status == "exploratory, not randomised"
    assert found.spec.judged.sentences == (SEEN_FIRST,)


async def test_figures_that_were_held_back_among_those_of_others_do_not(session):
    await programme_trusts(session)
    await service.load_measures(session, as_others(), by=BY, now=NOW)
    assert not await planned_too_late(session)


async def test_a_trust_that_joined_last_makes_the_plan_come_too_late_by_itself(session):
    await programme_trusts(session)
    more = a_workforce_file(sets=7)
    await service.load_measures(session, as_others(more), by=BY, now=NOW)
    await people.add_trust(session, Trust(code(18), "The last", "control"), by=BY, now=NOW)
    assert await planned_too_late(session)


async def a_plan_for_the_rate_of(session, wave, first, *, outcome=RATE):
    """A study whose second outcome is by the instrument of a survey that is held here, from the wave `first` on."""
    own = series_of(await wave_queries.wave(session, wave)).instrument
    rate = Outcome(own, outcome, Span("2026-01", "2026-03"), Span(first, "2028-01"))
    return await queries.study(session, await written(session, replace(MONTHS, secondaries=(rate,))))


async def test_a_response_rate_is_planned_too_late_once_it_was_told_how_many_answered(session):
    wave = await waves.an_open_wave(session)
    period = (await wave_queries.wave(session, wave)).period
    study = await a_plan_for_the_rate_of(session, wave, period)
    assert not await service.seen_before_lock(session, study)
    for number, who in enumerate((await waves.the_people(session))[:12], 1):
        await waves.answers(session, wave, who, "4")
        if number in (5, 12):
            said = await counting.tell_turnout(session, wave, waves.PILOT, now=waves.NIGHT.replace(hour=9))
            assert (said is not None) == (number == 12), "five are too few to be told"
            assert await service.seen_before_lock(session, study) == (number == 12)
    other = replace(study.draft.plan.secondaries[0], name="morale")
    later = replace(study.draft.plan.secondaries[0], after=Span("2027-12", "2028-01"))
    for one, late in ((other, False), (later, False)):
        draft = replace(study.draft, plan=replace(study.draft.plan, secondaries=(one,)))
        assert await service.seen_before_lock(session, replace(study, draft=draft)) == late


async def test_so_do_figures_under_the_code_of_a_predecessor(session):
    await programme_trusts(session)
    old = a_workforce_file(sets=1).replace(b"X0", b"Y0")
    await service.load_measures(session, as_others(old), by=BY, now=NOW)
    number = await written(session, MONTHS)
    assert not await service.seen_before_lock(session, await queries.study(session, number)), "Y00 is nobody here"
    lines = b"old_code,new_code,date\nY00,Z00,2024-10-01\nZ00,X00,2024-12-01\n"
    file = MeasureFile(
        filename="successors.csv", content=lines, dataset="", instrument="", vintage="2025", source="made up",
        layout="successors",
    )  # fmt: skip
    await service.load_measures(session, file, by=BY, now=NOW)
    assert await service.seen_before_lock(session, await queries.study(session, number))


async def test_while_no_trust_has_joined_the_figures_of_any_trust_count(session):
    await service.load_measures(session, as_others(), by=BY, now=NOW)
    assert await planned_too_late(session)


async def test_figures_of_others_that_end_before_the_start_do_not_count(session):
    early = b"\n".join(line for line in a_workforce_file().splitlines() if b",2026-" not in line)
    await service.load_measures(session, as_others(early), by=BY, now=NOW)
    await programme_trusts(session)
    assert not await planned_too_late(session)


async def test_a_second_panel_of_the_same_trusts_hides_nothing_that_was_seen_in_the_first(session):
    await a_panel(session)
    early = a_file(a_wide_file(years=(2013, 2014)), dataset="Afresh")
    await service.load_measures(session, early, by=BY, now=NOW)
    afresh = await queries.dataset_called(session, "Afresh")
    await service.replace_arms(session, afresh.id, arms_file(), by=BY, now=NOW)
    number = await a_locked_study(session, a_plan(sets="none"), dataset_id=afresh.id)
    assert (await queries.study(session, number)).versions[0].document.seen


async def test_while_no_start_is_known_nothing_is_read(session):
    await programme_trusts(session)
    await session.execute(update(TrustRow).values(arm="control", starts_on=None))
    measure = await queries.measure(session, await the_months(session))
    assert await queries.values(session, measure) == ()


async def test_the_programmes_trusts_are_held_back_in_a_panel_of_others_too(session):
    await programme_trusts(session, sets=1)
    years = (2024, 2025, 2026)
    await service.load_measures(session, a_file(a_wide_file(2, years=years)), by=BY, now=NOW)
    (measure,) = [one for one in await queries.measures(session) if one.outcome == "morale"]
    found = {(value.trust, value.period) for value in await queries.values(session, measure)}
    own, others = {code(n) for n in range(3)}, {code(n) for n in range(3, 6)}
    assert {period for trust, period in found if trust in own} == {"2024", "2025"}
    assert {period for trust, period in found if trust in others} == {"2024", "2025", "2026"}


async def test_a_comparison_from_before_there_were_plans_is_held_back_until_one_is_locked(session):
    await programme_trusts(session)
    number = await a_locked_study(session, MONTHS)
    made = await compared(session)
    await session.execute(update(ComparisonRow).values(plan_id=None, status="exploratory"))
    await session.execute(update(StudyRow).values(state="draft"))
    with pytest.raises(NotAllowed, match="held back"):
        await queries.comparison(session, made.id)
    await session.execute(update(StudyRow).where(StudyRow.id == number).values(state="locked"))
    assert (await queries.comparison(session, made.id)).answer == made.answer


async def test_a_file_is_taken_in_blind_before_the_lock(session):
    await programme_trusts(session)
    file = a_file(a_workforce_file(), instrument="Workforce figures", dataset=PROGRAMME)
    staged = await service.stage(session, file, by=BY, now=NOW)
    held, _, columns = await service.columns(session, staged, by=BY)
    assert [len(column.examples) for column in columns] == [3, 3, 0, 0]
    assert await service.is_blind(session, held)
    with pytest.raises(BadInput) as refusal:
        await service.read_so(session, staged, ["period", "trust", "count", "count"], by=BY)
    assert not any("3000" in said for said in refusal.value.fields.values())
    with pytest.raises(BadInput) as refusal:
        await service.read_so(session, staged, ["leave-out", "period", "trust", "score"], by=BY)
    assert "“…” is not a trust of the programme" in refusal.value.fields["problem-1"]
    await a_locked_study(session, MONTHS)
    _, _, columns = await service.columns(session, staged, by=BY)
    assert [len(column.examples) for column in columns] == [3, 3, 3, 3]


def test_only_the_door_reads_stored_values():
    """Every statement that reads observations carries the door's condition; what looks for copies reads no value."""
    source = inspect.getsource(queries)
    readers = {text.split("(")[0]: text for text in source.split("async def ")[1:] if "ObservationRow" in text}
    assert {"values", "_counts", "measures", "holds_back"} <= set(readers)
    assert {name for name, text in readers.items() if "may_be_read" not in text} == {"held"}
    assert "ObservationRow.value" not in readers["held"]
    assert "movements_may_be_read" in inspect.getsource(registers.movements)
    assert inspect.getsource(registers).count("MovementRow)") == 1
    assert inspect.getsource(management).count("_of(trust, await may_be_read(session))") == 1
    assert inspect.getsource(management).count("ObservationRow.value") == 1
    rooms = Path(queries.__file__).parents[1]
    for row, homes in (
        ("Observation", {"queries/__init__.py", "queries/management.py", "service/figures.py"}),
        ("Movement", {"queries/registers.py", "service/figures.py"}),
    ):
        reads = re.compile(rf"{row}Row\.value|{row}Row\)")
        named = {path for path in rooms.rglob("*.py") if reads.search(path.read_text())}
        assert {path.relative_to(rooms).as_posix() for path in named} == homes
