"""What a trustee has to do now, ballot by ballot."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import Refused
from pilot.people import queries as people
from pilot.people.trusts import Trust
from pilot.voting import queries
from pilot.voting.lifecycle import OVER, State
from pilot.voting.service.opening import to_open
from pilot.voting.service.signing import unsigned
from pilot.voting.tables import BallotRow, BallotTrusteeRow, TrusteeRow
from pilot.web.pages import when


class BallotDuty(Struct, frozen=True):
    """One ballot of a trustee. `page` is the last part of the address of what is to be done now, "" for nothing."""

    ballot: BallotRow
    says: str
    page: str = ""
    done: bool = False


class Duty(Struct, frozen=True):
    """What somebody does as a trustee of one trust."""

    trustee: TrusteeRow
    trust: Trust
    ballots: tuple[BallotDuty, ...]


async def duties(session: AsyncSession, account_id: int, *, now: datetime) -> list[Duty]:
    """Everything that somebody with this account does as a trustee, trust by trust."""
    found = []
    for row in await queries.trustees_of_account(session, account_id):
        ballots = [
            await _duty(session, row, ballot, place, now=now)
            for ballot, place in await queries.ballots_of_trustee(session, row.id)
        ]
        found.append(Duty(row, await people.trust(session, row.trust), tuple(ballots)))
    return found


async def _duty(
    session: AsyncSession, row: TrusteeRow, ballot: BallotRow, place: BallotTrusteeRow, *, now: datetime
) -> BallotDuty:
    state = State(ballot.state)
    if state is State.FROZEN:
        if row.name in await unsigned(session, ballot):
            return BallotDuty(ballot, f"Sign it before {when(ballot.opens_at)}, or it is not held", "sign")
        return BallotDuty(ballot, "You have signed it", done=True)
    if state is State.NOTICED and place.opened_at is None:
        return await _to_open(session, row, ballot, now=now)
    if state is State.CLOSED and place.layer == 1:
        return BallotDuty(ballot, "Tell the voters what is recorded for them, then open the sealed votes", "notices")
    if place.opened_at is not None:
        return BallotDuty(ballot, "You have opened the sealed votes", done=True)
    return BallotDuty(ballot, _later(ballot, state), done=state in OVER)


async def _to_open(session: AsyncSession, row: TrusteeRow, ballot: BallotRow, *, now: datetime) -> BallotDuty:
    try:
        await to_open(session, ballot, row, now=now)
    except Refused as refusal:
        return BallotDuty(ballot, refusal.reason)
    return BallotDuty(ballot, "It is your turn: open the sealed votes", "opened")


def _later(ballot: BallotRow, state: State) -> str:
    if state is State.ARRANGED:
        return "You are chosen for it. You sign it when its list of voters is fixed"
    if state in OVER:
        return "It was not held, or does not count. Nothing is opened"
    if state is State.CLOSED:
        return "Voting has closed. First the voters are told what is recorded for them"
    return f"You open the sealed votes after the close, {when(ballot.closes_at)}"
