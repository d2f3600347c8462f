"""What the clock asks of ballots: open, tell the turnout, close, open the box, count, and make results final."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.store import Store
from pilot.voting import queries, service
from pilot.voting.lifecycle import CHALLENGE_DAYS, State
from pilot.voting.tables import BallotRow

Find = Callable[[AsyncSession], Awaitable[Sequence[int]]]


async def due(store: Store, now: datetime, on_declared: service.OnDeclared) -> list[str]:  # noqa: ARG001
    """Do all that is due, each ballot and step in its own transaction; a sentence for each thing done.

    Nothing is done twice, and a step that somebody else has just done is passed over. A declaration is never made by
    the clock: the returning officer makes it on a page, and `on_declared` is told there.
    """
    done: list[str] = []
    for find, do in _steps(now):
        async with store.reading() as session:
            waiting = await find(session)
        for ballot_id in waiting:
            try:
                async with store.writing() as session:
                    sentence = await do(session, ballot_id, now=now)
            except WrongState:
                continue
            if sentence:
                done.append(sentence)
    return done


def _steps(now: datetime) -> list[tuple[Find, Callable[..., Awaitable[str | None]]]]:
    """Each step with the ballots that wait for it, in the order of a ballot's life."""

    def at(state: State, moment: object) -> Find:
        return lambda session: queries.ballot_ids(session, state, moment=moment, reached=now)

    over = now - timedelta(days=CHALLENGE_DAYS)
    return [
        (at(State.FROZEN, BallotRow.opens_at), service.open_ballot),
        (at(State.OPEN, BallotRow.closes_at), service.close_ballot),
        (at(State.CLOSED, BallotRow.closes_at), service.tally),
        (at(State.OPEN, BallotRow.opens_at), service.tell_turnout),
        (lambda session: queries.declared_before(session, over), service.finish),
    ]
