"""A proposal and its real ballot: from the locked text through sealed votes to the board, in one database."""

from datetime import date, timedelta

import pytest

from pilot.councils import queries, service
from pilot.councils.proposals import State
from pilot.people.roles import Voter
from pilot.voting import queries as ballots
from pilot.voting import service as voting
from tests.builders.councils import COORDINATOR, a_proposal
from tests.builders.voting import SCRIPT, a_vote

RETURNING_OFFICER = "account 9"


@pytest.mark.parametrize(("answers", "state"), [("yes yes no", "awaiting response"), ("yes no abstain", "not carried")])
async def test_a_declared_ballot_moves_its_proposal_in_the_same_transaction(session, people, now, answers, state):
    proposal, then = await a_proposal(session, people, State.LOCKED, now=now)
    dates = date(2027, 3, 23), date(2027, 4, 7)
    ballot = await service.put_to_ballot(session, "RAA", proposal, *dates, by=COORDINATOR, now=then)
    await voting.freeze_electorate(session, ballot, by=RETURNING_OFFICER, now=then, script=SCRIPT)
    row = await ballots.ballot(session, ballot)
    await voting.open_ballot(session, ballot, now=row.opens_at)
    for person, answer in zip(people, answers.split(), strict=False):
        await a_vote(session, ballot, Voter(person, "RAA", "Sam"), answer, now=row.opens_at + timedelta(days=1))
    await voting.close_ballot(session, ballot, now=row.closes_at)
    await voting.tally(session, ballot, now=row.closes_at)
    declared_at = row.closes_at + timedelta(hours=16)
    await voting.declare_result(session, ballot, by=RETURNING_OFFICER, now=declared_at, on_declared=service.on_declared)
    found = await queries.proposal(session, "RAA", proposal)
    assert found.state.value == state
    if found.state is State.AWAITING_RESPONSE:
        assert found.response_due_at == declared_at.replace(month=5, day=7, hour=16)
