"""Who may vote, and why somebody may not."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import Refused
from pilot.voting.electorate import SMALLEST_CELL, ElectorateRule, OnRoll, Reason, canonical, freeze, shown

DAY = date(2027, 3, 1)
RULE = ElectorateRule()


def staff(n, **changes):
    return [
        OnRoll(**({"person": i, "category": "permanent", "status": "active", "staff_group": "Estates"} | changes))
        for i in range(1, n + 1)
    ]


def reason_for(rule=RULE, **changes):
    odd = OnRoll(**({"person": 99, "category": "permanent", "status": "active", "staff_group": "Estates"} | changes))
    made = freeze([*staff(20), odd], rule, DAY)
    return next((one.reason for one in made.left_out if one.person == 99), None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"category": "agency"}, Reason.AGENCY),
        ({"category": "honorary"}, Reason.HONORARY),
        ({"category": "non-exec"}, Reason.DIRECTOR),
        ({"director": True}, Reason.DIRECTOR),
        ({"category": "bank"}, Reason.BANK),
        ({"category": "bank", "worked_shifts": True}, None),
        ({"status": "left"}, Reason.NOT_ACTIVE),
        ({"status": "maternity & adoption"}, None),
        ({"status": "career break"}, None),
        ({"category": "fixed term temp"}, None),
    ],
)
def test_each_kind_of_person_votes_or_reads_why_not(changes, reason):
    assert reason_for(**changes) == reason


def test_a_minimum_of_service_counts_days_and_needs_a_known_start():
    rule = ElectorateRule(min_service_days=90)
    assert freeze(staff(20, since=DAY - timedelta(days=90)), rule, DAY).left_out == ()
    with pytest.raises(Refused):
        freeze(staff(20, since=DAY - timedelta(days=89)), rule, DAY)
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
