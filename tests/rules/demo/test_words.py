"""The words of the demonstration."""

from datetime import date, timedelta

import pytest

from pilot.councils.constitution import Constitution
from pilot.councils.proposals import PARTS, ProposalText
from pilot.councils.responses import Answer, Commitment, Decision, problems
from pilot.councils.scope import part_problem
from pilot.demo import words
from pilot.demo.trusts import ANSWERED, VOTING
from pilot.people.roles import Role, separation_problem

TEXTS = [text for text in vars(words).values() if isinstance(text, ProposalText)]


def test_there_is_one_account_for_each_role():
    assert [account.role for account in words.ACCOUNTS] == list(Role)


def test_all_addresses_are_examples():
    assert all(account.email.endswith("@example.org") for account in words.ACCOUNTS)


def test_no_account_holds_roles_that_must_be_apart():
    for account in words.ACCOUNTS:
        for place, grant in enumerate(account.grants):
            assert separation_problem(account.grants[:place], grant) is None


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.title)
def test_every_proposal_would_be_taken(text):
    wrong = {part: part_problem(part, getattr(text, part)) for part in PARTS if getattr(text, part)}
    assert {part: sentence for part, sentence in wrong.items() if sentence} == {}


def test_each_council_has_a_seat_for_each_fifty_people_and_one_is_empty():
    for trust in (ANSWERED, VOTING):
        assert len(words.SEATS[trust]) == 8
        assert [holder for _, holder in words.SEATS[trust]].count(None) == 1


def test_the_boards_answer_could_be_published():
    today = date(2027, 3, 1)
    commitments = tuple(
        Commitment(what, owner, today + timedelta(days=days), measure)
        for what, owner, days, measure in words.COMMITMENTS
    )
    answer = Answer(Decision.ACCEPTED, words.BOARD_REASONS, commitments=commitments)
    assert problems(answer, today, Constitution()) == {}
