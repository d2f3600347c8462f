"""Opening the sealed votes: whose turn it is, the list that goes to a trustee, and the opened one that comes back."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.errors import BadInput, WrongState
from pilot.secrecy import service as secrecy
from pilot.secrecy.box import Layer
from pilot.voting import queries
from pilot.voting.lifecycle import WORDS, State
from pilot.voting.service.promising import own_keys
from pilot.voting.service.signing import place_of, unsigned
from pilot.voting.tables import BallotRow, BallotTrusteeRow, TrusteeRow
from pilot.voting.trustees import StandIn, Turn
from pilot.web.pages import when

TO_OBJECT = timedelta(hours=24)
"""From the notices to the first opening: the time in which people can say that their notice is wrong."""


def opens_from(row: BallotRow) -> datetime | None:
    """From when on the sealed votes may be opened; None before the notices have gone out."""
    return None if row.noticed_at is None else row.noticed_at + TO_OBJECT


async def check_may_open(session: AsyncSession, row: BallotRow, *, now: datetime) -> None:
    """Refuse, saying why, unless the sealed votes of a ballot with own keys may be opened now."""
    start = opens_from(row)
    if row.state == State.CLOSED:
        raise WrongState("The notices to the voters have not gone out yet. The sealed votes are opened after that.")
    if row.state != State.NOTICED or start is None:
        raise WrongState(f"This vote {WORDS[State(row.state)]}, so its sealed votes cannot be opened now.")
    if count := (await queries.objections_in_numbers(session, row.id)).open:
        words = "An objection is" if count == 1 else f"{count} objections are"
        raise WrongState(f"{words} not settled yet. The sealed votes are opened after that.")
    if now < start:
        raise WrongState(f"People can object to what is recorded for them until {when(start)}. Come back after that.")


async def turns(session: AsyncSession, row: BallotRow) -> list[Turn]:
    """Everybody who opens the sealed votes of a ballot, in order, and how far they are."""
    order = await queries.opening_order(session, row.id)
    missing = set(await unsigned(session, row))
    found: list[Turn] = []
    since = opens_from(row) if row.state == State.NOTICED else None
    for place, who in order:
        name = f"This server, for the {place.side}" if who is None else who.name
        turn = Turn(
            layer=place.layer,
            name=name,
            side=place.side,
            trustee=None if who is None else who.id,
            signed=row.box_id is not None and name not in missing,
            opened_at=place.opened_at,
            since=since,
            call="" if who is None else _whom_to_call(who),
        )
        found.append(turn)
        since = place.opened_at if since is not None else None
    return found


async def stand_ins(session: AsyncSession, row: BallotRow) -> list[StandIn]:
    """Deputies who opened the sealed votes of a ballot in the place of trustees who were not there, in order."""
    return [
        StandIn(who.deputy, who.name, place.deputy_because)
        for place, who in await queries.opening_order(session, row.id)
        if who is not None and place.deputy_because is not None
    ]


def _whom_to_call(who: TrusteeRow) -> str:
    if who.replaced_on is not None:
        return f"{who.deputy}, who stands in for {who.name} ({who.email})"
    return f"{who.name} ({who.email}); the deputy is {who.deputy}"


async def next_to_open(session: AsyncSession, row: BallotRow) -> Layer | None:
    """Whose turn it is; None when everybody has opened, or nothing is to be opened."""
    return None if row.box_id is None else await secrecy.next_layer(session, row.box_id)


async def to_open(session: AsyncSession, row: BallotRow, trustee: TrusteeRow, *, now: datetime) -> None:
    """Refuse, saying why, unless this trustee can open the sealed votes now."""
    await check_may_open(session, row, now=now)
    await _check_turn(session, row, trustee)


async def list_file(session: AsyncSession, row: BallotRow, trustee: TrusteeRow, *, now: datetime) -> bytes:
    """The list of sealed votes that this trustee opens. Raises WrongState when it is not their turn."""
    await to_open(session, row, trustee, now=now)
    return await secrecy.list_for(session, queries.box(row))


async def take_opened(
    session: AsyncSession, row: BallotRow, trustee: TrusteeRow, data: bytes, *, by: str, now: datetime
) -> None:
    """Take what a trustee has opened, after every check. Raises BadInput in a sentence for what does not follow.

    What the server has to open, and the count, follow by the clock.
    """
    await check_may_open(session, row, now=now)
    place = await _check_turn(session, row, trustee)
    try:
        await secrecy.take_peel(session, queries.box(row), data)
    except WrongState as refusal:
        raise BadInput(refusal.reason) from refusal
    await note_opened(session, row, place.layer, now=now, deputy_because=trustee.replaced_because)
    subject, detail = f"ballot {row.id}", {"trustee": f"trustee {trustee.id}", "place": place.layer}
    await record(session, at=now, actor=by, verb="sealed votes opened", subject=subject, trust=row.trust, detail=detail)


async def _check_turn(session: AsyncSession, row: BallotRow, trustee: TrusteeRow) -> BallotTrusteeRow:
    place = await place_of(session, row, trustee)
    turn = await next_to_open(session, row)
    if place.opened_at is not None or turn is None:
        raise WrongState("You have opened the sealed votes of this ballot already.")
    if turn.number != place.layer:
        raise WrongState(f"It is not your turn yet: {turn.name} opens the sealed votes before you.")
    return place


async def note_opened(
    session: AsyncSession, row: BallotRow, layer: int, *, now: datetime, deputy_because: str | None = None
) -> None:
    """Keep when the list of one place came back opened, and why from a deputy, if it did."""
    place = (BallotTrusteeRow.ballot_id == row.id, BallotTrusteeRow.layer == layer)
    await session.execute(
        update(BallotTrusteeRow)
        .where(*place, BallotTrusteeRow.opened_at.is_(None))
        .values(opened_at=now, deputy_because=deputy_because)
    )
    await session.flush()


async def waits_for_people(session: AsyncSession, row: BallotRow) -> bool:
    """Whether the next list is opened by a trustee with keys of their own, and not by this server."""
    if not await own_keys(session, row):
        return False
    turn = await next_to_open(session, row)
    return turn is not None and turn.custody == "own"
