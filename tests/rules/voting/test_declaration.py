"""What is declared is what was counted, and no more than went into the box."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from pilot.voting import declaration
from pilot.voting.count import rules
from pilot.voting.count.contest import Contest
from pilot.voting.count.yes_no import Rule, count, write
from pilot.voting.declaration import Box, Lot, Matter, Mismatch, Outcome, chance_percent, declare

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


ELECTION = Contest(2, ("Amy Osei", "Ben Roy", "Cat Hill"), title="Council")
PAPERS = {b"\x01\x02": 10, b"\x02": 6, b"\x03\x02": 3, b"": 2}


def elected(valid=21, *, spoilt=1, **lot):
    result = rules.count("scottish-stv", ELECTION, PAPERS, (3, 1, 2))
    return declare(MATTER, result, Box(50, 25, 24, valid, spoilt, 2), at=AT, lot=Lot(**lot))


def test_a_declared_election_names_the_elected_in_their_order_and_every_first_preference():
    made = elected(number="1" * 20)
    assert made.outcome is Outcome.ELECTED
    assert not made.carried
    assert made.elected == ("Amy Osei", "Ben Roy")
    assert made.votes == {"1": 10, "2": 6, "3": 3}
    assert (made.voted, made.blank, made.spoilt, made.spare, made.empty, made.by_lot) == (22, 2, 1, 4, 0, False)
    assert (made.lot.number, made.lot.lost) == ("1" * 20, "")
    assert declaration.read(declaration.written(made)) == made


def test_blank_papers_came_out_of_the_box_too():
    with pytest.raises(Mismatch):
        elected(valid=19)


def test_a_lot_that_decided_is_said():
    level = rules.count("first-past-the-post", Contest(1, ("Amy Osei", "Ben Roy")), {b"\x01": 2, b"\x02": 2}, (2, 1))
    made = declare(MATTER, level, Box(50, 4, 4, 4, 0, 0), at=AT, lot=Lot(lost="It was thrown away."))
    assert (made.elected, made.by_lot, made.lot.lost) == (("Ben Roy",), True, "It was thrown away.")


def test_a_count_of_either_kind_is_read_back_as_it_was_kept():
    question = count(RULE, {"yes": 20}, entitled=50)
    for one in (question, rules.count("block-plurality", ELECTION, PAPERS), rules.count("meek-stv", ELECTION, PAPERS)):
        assert declaration.read_count(declaration.written_count(one)) == one


def test_a_question_counted_for_other_voters_or_other_spoilt_papers_is_never_declared():
    for entitled, spoilt in ((49, 1), (50, 0)):
        result = count(RULE, {"yes": 20, "no": 8, "abstain": 4}, entitled=entitled, spoilt=spoilt)
        with pytest.raises(Mismatch):
            declare(MATTER, result, Box(50, 40, 35, 32, 1, 2), at=AT)


def test_a_declaration_of_the_first_version_is_read_as_one_of_today():
    made = declared()
    old = declaration.written(made) | {"version": 1} | made.votes
    for name in ("votes", "blank", "elected", "empty", "by_lot", "lot"):
        del old[name]
    assert declaration.read(old) == made
