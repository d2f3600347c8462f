"""The made-up staff rolls, read by the same rules as a real one."""

import hashlib
from collections import Counter
from datetime import date

import pytest

from pilot.demo import rolls
from pilot.demo.staff import SITES
from pilot.people.roll import Category, RollPerson, Status
from pilot.people.roll.columns import guess, is_known
from pilot.people.roll.forbidden import forbidden
from pilot.people.roll.reading import read_roll
from pilot.people.sheet import open_sheet
from pilot.voting.electorate import ElectorateRule, why_left_out

AS_AT = date(2026, 9, 7)
BOTH = pytest.mark.parametrize("edition", [0, 1])
TRUSTS = pytest.mark.parametrize("trust", list(SITES))


def read(trust, edition=0):
    content = rolls.roll_file(trust, AS_AT, edition=edition)
    return read_roll(content, guess(open_sheet(content, is_known).headings), organisation=(trust,))


@TRUSTS
@BOTH
def test_a_roll_has_four_hundred_people_and_nothing_wrong(trust, edition):
    found = read(trust, edition)
    assert len(found.people) == rolls.PEOPLE == 400
    assert found.lines == found.assignments == rolls.PEOPLE + rolls.SECOND_JOBS
    assert (found.problems, found.notes, found.skipped, found.short_numbers) == ((), (), (), None)


@TRUSTS
def test_a_roll_holds_nothing_that_must_not_come_in(trust):
    sheet = open_sheet(rolls.roll_file(trust, AS_AT), is_known)
    assert forbidden(sheet, guess(sheet.headings), AS_AT) == ()


@TRUSTS
@BOTH
def test_some_are_on_the_bank_or_away_and_some_may_not_vote(trust, edition):
    people = read(trust, edition).people
    terms = Counter(person.assignments[0].category for person in people)
    away = Counter(person.assignments[0].status for person in people)
    assert terms[Category.BANK] == 22
    assert terms[Category.AGENCY] == 10
    assert terms[Category.HONORARY] == 8
    assert away[Status.PARENTAL_LEAVE] == 12
    on_roll = [RollPerson(0, one.employee_number, one.last_name, one.first_name, one.assignments) for one in people]
    entitled = [one for one in on_roll if why_left_out(one, ElectorateRule(), AS_AT) is None]
    assert len(entitled) == rolls.ENTITLED == 354


@TRUSTS
def test_every_site_has_people_and_no_trust_shares_a_number(trust):
    people = read(trust).people
    assert {person.assignments[0].site for person in people} == set(SITES[trust])
    others = {one.employee_number for other in SITES if other != trust for one in read(other).people}
    assert others & {person.employee_number for person in people} == set()


@TRUSTS
def test_four_leave_and_four_join(trust):
    first = {person.employee_number for person in read(trust).people}
    second = {person.employee_number for person in read(trust, 1).people}
    assert len(first - second) == len(second - first) == rolls.MOVED == 4


@TRUSTS
@BOTH
def test_the_voter_who_is_shown_is_on_the_roll_and_may_vote(trust, edition):
    shown = rolls.shown_voter(trust).employee_number
    (found,) = [person for person in read(trust, edition).people if person.employee_number == shown]
    one = RollPerson(0, shown, found.last_name, found.first_name, found.assignments)
    assert why_left_out(one, ElectorateRule(), AS_AT) is None
    assert found.assignments[0].job_role == "Porter"


def test_the_same_seed_gives_the_same_bytes():
    digest = hashlib.sha256(rolls.roll_file("Z1A", AS_AT)).hexdigest()
    assert digest == hashlib.sha256(rolls.roll_file("Z1A", AS_AT)).hexdigest()
    assert rolls.roll_file("Z1A", AS_AT, seed="another") != rolls.roll_file("Z1A", AS_AT)
