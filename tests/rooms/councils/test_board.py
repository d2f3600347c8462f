"""The board's answer, with a real database."""

from datetime import date

import pytest
from msgspec.structs import replace

from pilot.councils import queries, service
from pilot.councils.proposals import State
from pilot.councils.responses import Answer, Decision
from pilot.errors import BadInput, NotFound, WrongState
from tests.builders.councils import ACCEPTED, BOARD_SECRETARY, DECLINED, PROMISE, a_proposal

CHANGED = Answer(Decision.ACCEPTED_WITH_CHANGES, "Yes, in part.", changes="One room first.", commitments=(PROMISE,))
DEFERRED = Answer(Decision.DEFERRED, "After the building work.", until=date(2028, 1, 3))


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (ACCEPTED, State.ACCEPTED),
        (CHANGED, State.ACCEPTED_WITH_CHANGES),
        (DEFERRED, State.DEFERRED),
        (DECLINED, State.DECLINED),
    ],
)
async def test_each_answer_is_published_whole(session, people, now, answer, state):
    proposal, then = await a_proposal(session, people, State.ACKNOWLEDGED, now=now)
    await service.respond(session, "RAA", proposal, answer, by=BOARD_SECRETARY, now=then)
    assert (await queries.proposal(session, "RAA", proposal)).state is state
    published = await queries.answer(session, "RAA", proposal)
    assert (published.answer, published.published_at) == (answer, then)


async def test_an_answer_comes_after_the_acknowledgement(session, people, now):
    proposal, then = await a_proposal(session, people, State.AWAITING_RESPONSE, now=now)
    with pytest.raises(WrongState, match="cannot be accepted now"):
        await service.respond(session, "RAA", proposal, ACCEPTED, by=BOARD_SECRETARY, now=then)
    await service.acknowledge(session, "RAA", proposal, by=BOARD_SECRETARY, now=then)
    with pytest.raises(WrongState, match="cannot be acknowledged now"):
        await service.acknowledge(session, "RAA", proposal, by=BOARD_SECRETARY, now=then)


async def test_a_thin_answer_is_refused_and_nothing_is_stored(session, people, now):
    proposal, then = await a_proposal(session, people, State.ACKNOWLEDGED, now=now)
    with pytest.raises(BadInput) as refused:
        await service.respond(session, "RAA", proposal, Answer(Decision.DECLINED, "No."), by=BOARD_SECRETARY, now=then)
    assert set(refused.value.fields) == {"reasons", "ground"}
    assert await queries.answer(session, "RAA", proposal) is None
    assert (await queries.proposal(session, "RAA", proposal)).state is State.ACKNOWLEDGED


async def test_an_answer_is_published_once(session, people, now):
    proposal, then = await a_proposal(session, people, State.ACCEPTED, now=now)
    with pytest.raises(WrongState, match="Accepted by the board"):
        await service.respond(session, "RAA", proposal, DECLINED, by=BOARD_SECRETARY, now=then)
    assert (await queries.answer(session, "RAA", proposal)).answer == ACCEPTED


async def test_another_trusts_board_cannot_answer(session, people, now):
    proposal, then = await a_proposal(session, people, State.ACKNOWLEDGED, now=now)
    with pytest.raises(NotFound):
        await service.respond(session, "RBB", proposal, ACCEPTED, by=BOARD_SECRETARY, now=then)
    assert await queries.answer(session, "RBB", proposal) is None


async def test_a_commitment_in_the_past_is_refused(session, people, now):
    proposal, then = await a_proposal(session, people, State.ACKNOWLEDGED, now=now)
    late = replace(ACCEPTED, commitments=(replace(PROMISE, due_on=date(2027, 1, 1)),))
    with pytest.raises(BadInput) as refused:
        await service.check_answer(session, "RAA", proposal, late, now=then)
    assert set(refused.value.fields) == {"due_on_1"}
