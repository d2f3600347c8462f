"""What is declared is what was counted, and no more than went into the box."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from pilot.voting import declaration
from pilot.voting.count.yes_no import Rule, count, write
from pilot.voting.declaration import Box, Matter, Mismatch, Outcome, chance_percent, declare

AT = datetime(2027, 3, 5, 9, 12, 30, 999, tzinfo=UTC)
RULE = Rule(Fraction(1, 2), True, "valid")
MATTER = Matter(7, "RAA", "proposal 3", "Night canteen", "Should the canteen open at night?", "ab" * 32, write(RULE))


def declared(*, stamps=40, envelopes=35, set_aside=2):
    result = count(RULE, {"yes": 20, "no": 8, "abstain": 4}, entitled=50, spoilt=1)
    return declare(MATTER, result, Box(50, stamps, envelopes, 32, 1, set_aside), at=AT)


def test_a_declaration_tells_turnout_spare_and_outcome():
    made = declared()
    assert made.outcome is Outcome.CARRIED
    assert made.carried
    assert (made.voted, made.turnout, made.spare, made.set_aside) == (33, Fraction(33, 50), 8, 2)


def test_a_declaration_survives_being_stored():
    made = declared()
    assert declaration.read(declaration.written(made)) == made
    assert made.at == "2027-03-05T09:12:30Z"
    assert made.declared_at == AT.replace(microsecond=0)


def test_the_chance_to_notice_wrong_papers_is_the_published_one():
    assert [(n.check_percent, n.changed, n.chance_percent) for n in declared().noticing] == [
        (5, 20, 64),
        (5, 50, 92),
        (10, 20, 88),
        (10, 50, 99),
    ]


def test_the_chance_is_certain_only_when_everybody_checks():
    assert chance_percent(Fraction(1, 10), 500) == 99
    assert chance_percent(Fraction(1), 1) == 100
    assert chance_percent(Fraction(1, 10), 0) == 0


@pytest.mark.parametrize("numbers", [{"set_aside": 3}, {"envelopes": 41}, {"stamps": 60, "envelopes": 51}])
def test_numbers_that_cannot_be_are_never_declared(numbers):
    with pytest.raises(Mismatch):
        declared(**numbers)


def test_papers_counted_must_be_the_papers_that_came_out():
    result = count(RULE, {"yes": 20}, entitled=50)
    with pytest.raises(Mismatch):
        declare(MATTER, result, Box(50, 40, 35, 21, 0, 0), at=AT)
