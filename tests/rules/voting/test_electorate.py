"""Who may vote, and why somebody may not."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import Refused
from pilot.people.roll import Assignment, Category, RollPerson, Status
from pilot.voting.electorate import SMALLEST_CELL, ElectorateRule, Reason, canonical, freeze, shown

DAY = date(2027, 3, 1)
RULE = ElectorateRule()


def a_job(**changes):
    return Assignment(**({"staff_group": "Estates", "unit": "Portering", "status": Status.ACTIVE} | changes))


def staff(n, **changes):
    return [RollPerson(i, f"E{i}", "Last", "First", (a_job(**changes),)) for i in range(1, n + 1)]


def reason_for(*jobs, rule=RULE):
    made = freeze([*staff(20), RollPerson(99, "E99", "Last", "First", jobs)], rule, DAY)
    return next((one.reason for one in made.left_out if one.person == 99), None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"category": Category.AGENCY}, Reason.AGENCY),
        ({"category": Category.HONORARY}, Reason.HONORARY),
        ({"category": Category.NON_EXECUTIVE}, Reason.DIRECTOR),
        ({"job_role": "Chief Executive"}, Reason.DIRECTOR),
        ({"job_role": "Clinical Director"}, None),
        ({"category": Category.BANK}, Reason.BANK),
        ({"status": Status.ENDED}, Reason.NOT_ACTIVE),
        ({"status": Status.INACTIVE}, Reason.NOT_ACTIVE),
        ({"fixed_term_end_on": DAY - timedelta(days=1)}, Reason.NOT_ACTIVE),
        ({"fixed_term_end_on": DAY}, None),
        ({"status": Status.PARENTAL_LEAVE}, None),
        ({"status": Status.CAREER_BREAK}, None),
        ({"status": Status.SUSPENDED}, None),
        ({"status": Status.NOT_STATED}, None),
        ({"category": Category.FIXED_TERM}, None),
        ({"category": Category.LOCUM}, None),
    ],
)
def test_each_kind_of_person_votes_or_reads_why_not(changes, reason):
    assert reason_for(a_job(**changes)) == reason


def test_bank_staff_with_a_known_shift_vote():
    assert reason_for(a_job(category=Category.BANK), rule=ElectorateRule(bank_with_shifts=frozenset({99}))) is None


def test_one_job_that_gives_the_vote_is_enough():
    assert reason_for(a_job(category=Category.BANK), a_job()) is None
    assert reason_for(a_job(category=Category.BANK), a_job(status=Status.ENDED)) is Reason.BANK


def test_a_seat_on_the_board_outweighs_every_other_job():
    assert reason_for(a_job(), a_job(job_role="Medical Director")) is Reason.DIRECTOR


def test_a_minimum_of_service_counts_days_and_needs_a_known_start():
    rule = ElectorateRule(min_service_days=90)
    assert freeze(staff(20, started_on=DAY - timedelta(days=90)), rule, DAY).left_out == ()
    with pytest.raises(Refused):
        freeze(staff(20, started_on=DAY - timedelta(days=89)), rule, DAY)
    with pytest.raises(Refused):
        freeze(staff(20), rule, DAY)


def test_under_twenty_people_no_secret_vote_is_held():
    with pytest.raises(Refused, match="Only 19 people"):
        freeze(staff(19), RULE, DAY)
    assert len(freeze(staff(20), RULE, DAY).people) == 20


def test_a_person_who_stands_there_twice_is_refused():
    with pytest.raises(Refused, match="twice"):
        freeze([*staff(20), *staff(1)], RULE, DAY)


@given(st.permutations(range(25)))
def test_the_order_of_the_staff_list_never_matters(order):
    everybody = staff(25)
    assert freeze([everybody[i] for i in order], RULE, DAY) == freeze(everybody, RULE, DAY)


def test_another_list_of_voters_has_another_fingerprint():
    assert freeze(staff(20), RULE, DAY).digest != freeze(staff(21), RULE, DAY).digest
    assert canonical(DAY, [3, 1]) == b"2027-03-01\n1\n3\n"


@given(st.dictionaries(st.sampled_from("ABCDEFG"), st.integers(1, 40), min_size=1))
def test_a_hidden_group_can_never_be_worked_out_from_the_total(groups):
    rows = dict(shown(groups.items()))
    hidden = [name for name, size in rows.items() if size is None]
    assert all(size is None or size >= SMALLEST_CELL for size in rows.values())
    assert len(hidden) != 1 or len(rows) == 1
