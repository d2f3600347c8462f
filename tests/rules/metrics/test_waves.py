"""A survey's life goes one way, asks both arms at once, and asks everybody whom the trust employs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import WrongState
from pilot.metrics.questionnaire import PULSE
from pilot.metrics.waves import (
    BEGUN,
    MOVES,
    WORDS,
    Kind,
    Progress,
    State,
    WaveSpec,
    Window,
    entitled,
    locks_arms,
    move,
    overlapping,
    period_of,
    steps,
    why_not_ready,
)
from pilot.people.roll import Assignment, Category, RollPerson, Status

VERBS = sorted({verb for _, verb in MOVES})
DAY = date(2027, 3, 1)
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
OPENS = datetime(2027, 3, 3, 8, tzinfo=UTC)


@pytest.mark.parametrize(("was", "verb"), sorted(MOVES))
def test_every_move_leads_where_the_table_says(was, verb):
    assert move(was, verb) is MOVES[was, verb]


@pytest.mark.parametrize(("was", "verb"), [(s, v) for s in State for v in VERBS if (s, v) not in MOVES])
def test_every_other_move_is_refused_in_a_sentence(was, verb):
    with pytest.raises(WrongState) as refusal:
        move(was, verb)
    assert refusal.value.reason.startswith(f"This survey {WORDS[was]}, so it cannot ")
    assert refusal.value.reason.endswith(" now.")


def test_no_state_is_visited_twice_and_what_is_released_or_cancelled_stays_so():
    order = list(State)
    assert all(order.index(after) > order.index(before) for (before, _), after in MOVES.items())
    assert {before for before, _ in MOVES}.isdisjoint({State.RELEASED, State.CANCELLED})


def test_figures_are_released_only_after_somebody_has_checked_them():
    assert [before for (before, verb) in MOVES if verb == "release"] == [State.CHECKED]
    assert [before for (before, verb) in MOVES if verb == "check"] == [State.CLOSED]


def test_what_has_closed_cannot_be_cancelled():
    assert {before for (before, verb) in MOVES if verb == "cancel"} == {State.DRAFT, State.FROZEN, State.OPEN}


@pytest.mark.parametrize("state", State)
def test_arms_are_locked_from_the_opening_of_a_baseline_on(state):
    assert locks_arms([(Kind.BASELINE, state)]) is (state in BEGUN)
    assert locks_arms([(Kind.FOLLOW_UP, state)]) is False
    assert locks_arms([(Kind.BASELINE, State.FROZEN), (Kind.BASELINE, state)]) is (state in BEGUN)


def test_arms_are_not_locked_without_a_wave():
    assert locks_arms([]) is False


def a_spec(**changes):
    given = {
        "title": "Spring pulse",
        "kind": Kind.BASELINE,
        "opens_at": OPENS,
        "closes_at": OPENS + timedelta(days=14),
        "questionnaire": PULSE,
    }
    return WaveSpec(**(given | changes))


def test_a_good_wave_has_no_problems():
    assert a_spec().problems(NOW) == {}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"title": "  "}, "title", "Enter a name"),
        ({"opens_at": NOW}, "opens_on", "in the future"),
        ({"closes_at": OPENS + timedelta(days=6, hours=23)}, "closes_on", "at least 7 days"),
        ({"closes_at": OPENS - timedelta(days=1)}, "closes_on", "at least 7 days"),
        ({"closes_at": OPENS + timedelta(days=62, seconds=1)}, "closes_on", "at most 62 days"),
    ],
)
def test_a_wave_that_cannot_be_held_says_why(changes, field, words):
    problems = a_spec(**changes).problems(NOW)
    assert list(problems) == [field]
    assert words in problems[field]


def test_the_shortest_and_the_longest_window_are_allowed():
    for days in (7, 62):
        assert a_spec(closes_at=OPENS + timedelta(days=days)).problems(NOW) == {}


def test_figures_are_labelled_by_the_month_of_opening_in_london():
    assert period_of(datetime(2027, 3, 31, 23, 30, tzinfo=UTC)) == "2027-04"  # half past midnight, summer time
    assert period_of(datetime(2027, 1, 31, 23, 30, tzinfo=UTC)) == "2027-01"


def a_window(start, days):
    return Window("RAA", "Night canteen", OPENS + timedelta(days=start), OPENS + timedelta(days=start + days))


@pytest.mark.parametrize(
    ("start", "days", "warned"),
    [(-10, 5, False), (-5, 5, False), (-5, 6, True), (3, 2, True), (13, 9, True), (14, 3, False)],
)
def test_a_vote_that_is_open_at_the_same_time_is_told(start, days, warned):
    other = a_window(start, days)
    assert overlapping(OPENS, OPENS + timedelta(days=14), [other]) == ((other,) if warned else ())


@given(st.integers(-50, 50), st.integers(1, 50), st.integers(-50, 50), st.integers(1, 50))
def test_overlapping_goes_both_ways(start, days, other, others):
    one, two = a_window(start, days), a_window(other, others)
    there = overlapping(one.opens_at, one.closes_at, [two])
    back = overlapping(two.opens_at, two.closes_at, [one])
    assert bool(there) == bool(back)


def a_job(**changes):
    given = {"staff_group": "Estates", "unit": "Ward 1", "site": "Main site", "category": Category.PERMANENT}
    return Assignment(**(given | {"status": Status.ACTIVE} | changes))


def people(*jobs):
    """25 people with ordinary jobs, and one with these."""
    many = [RollPerson(n, f"{n:08}", "Roy", "Bo", (a_job(),)) for n in range(1, 26)]
    return [*many, RollPerson(99, "99", "Lee", "Ann", jobs)]


@pytest.mark.parametrize(
    ("job", "asked"),
    [
        (a_job(), True),
        (a_job(status=Status.PARENTAL_LEAVE), True),
        (a_job(status=Status.ON_LEAVE), True),
        (a_job(category=Category.FIXED_TERM, fixed_term_end_on=DAY), True),
        (a_job(category=Category.FIXED_TERM, fixed_term_end_on=DAY - timedelta(days=1)), False),
        (a_job(category=Category.NOT_STATED, status=Status.NOT_STATED), True),
        (a_job(status=Status.ENDED), False),
        (a_job(status=Status.INACTIVE), False),
        (a_job(category=Category.AGENCY), False),
        (a_job(category=Category.BANK), False),
        (a_job(category=Category.HONORARY), False),
        (a_job(category=Category.NON_EXECUTIVE), False),
        (a_job(job_role="Chief Executive"), True),
    ],
)
def test_everybody_whom_the_trust_employs_is_asked(job, asked):
    assert (99 in entitled(people(job), DAY).people) is asked


def test_one_job_is_enough_and_the_main_job_says_where_somebody_belongs():
    found = entitled(people(a_job(category=Category.BANK, staff_group="Nursing", site="North"), a_job()), DAY)
    assert 99 in found.people
    assert found.groups == (("Estates", 25), ("Nursing", 1))
    assert found.sites == (("Main site", 25), ("North", 1))


def test_nobody_is_asked_in_secret_where_fewer_than_twenty_could_answer():
    assert len(entitled(people()[:20], DAY).people) == 20
    with pytest.raises(WrongState, match="Only 19 people could answer"):
        entitled(people()[:19], DAY)


def test_somebody_who_stands_on_the_roll_twice_stops_it():
    with pytest.raises(WrongState, match="on the staff roll twice"):
        entitled([*people(), *people()[:1]], DAY)


@given(st.permutations(range(25)))
def test_the_order_of_the_roll_never_matters(order):
    roll = people()[:25]
    assert entitled([roll[place] for place in order], DAY) == entitled(roll, DAY)


def test_an_old_roll_or_none_keeps_a_trust_out():
    assert why_not_ready(None, DAY) == "There is no staff roll of this trust yet"
    assert why_not_ready(DAY - timedelta(days=31), DAY) is None
    assert "32 days old" in why_not_ready(DAY - timedelta(days=32), DAY)


def statuses(state, **changes):
    counts = {"trusts": 4, "left_out": 1, "boxes": 3, "counted": 0} | changes
    return {step.id: step.status for step in steps(state, Progress(**counts), "8am", "5pm")}


def test_exactly_one_thing_is_to_be_done_where_a_person_must_do_something():
    for state in (State.DRAFT, State.CHECKED):
        assert list(statuses(state).values()).count("To do now") == 1
    assert "To do now" not in statuses(State.FROZEN).values()
    assert "To do now" not in statuses(State.OPEN).values()
    assert statuses(State.CLOSED, counted=3)["check"] == "To do now"
    assert "To do now" not in statuses(State.RELEASED).values()
    assert steps(State.CANCELLED, Progress(0, 0, 0, 0), "", "") == ()


def test_a_wave_is_checked_only_when_every_trust_is_counted():
    assert statuses(State.CLOSED, counted=2)["check"] == "Cannot start yet"
    assert statuses(State.CLOSED, counted=2)["counted"] == "Cannot start yet"
    assert statuses(State.CLOSED, counted=3)["counted"] == "Completed"
