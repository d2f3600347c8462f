"""Who opens the sealed votes of a ballot: choosing them, in order, and their signatures before it opens."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.errors import BadInput, WrongState
from pilot.secrecy import proofs
from pilot.secrecy import service as secrecy
from pilot.secrecy.box import PlannedTrustee, check_custody
from pilot.voting import queries
from pilot.voting.ballots import TRUSTEES
from pilot.voting.lifecycle import WORDS, State
from pilot.voting.tables import BallotRow, BallotTrusteeRow, TrusteeRow
from pilot.voting.trustees import SCRUTINEER, Standing, planned, server_side

PROBLEM = "There is a problem"
PLACES = ("first", "second", "third")
"""The fields of the page where trustees are chosen."""

TRUSTEES_NEEDED = (
    "A real vote needs at least two trustees who keep their own keys, the first and the last among them, so that this "
    "server alone cannot open the sealed votes. Choose who opens the sealed votes first."
)

SCRUTINEER_FIRST = (
    "The independent scrutineer must open the sealed votes first, since whoever is first gets the list of voters."
)


async def to_choose(session: AsyncSession, trust: str, ballot_id: int) -> BallotRow:
    """A ballot whose trustees can still be chosen. Raises NotFound, or WrongState saying why."""
    row = await queries.ballot_of(session, trust, ballot_id)
    if row.state != State.ARRANGED:
        raise WrongState(f"This vote {WORDS[State(row.state)]}, so it cannot be changed now who opens its votes.")
    return row


async def choose(
    session: AsyncSession, ballot_id: int, chosen: Sequence[int | None], *, by: str, now: datetime, real: bool
) -> None:
    """Note who opens the sealed votes of an arranged ballot, in this order; None is this server.

    Without anybody the server holds all keys, which no `real` vote may have. Raises BadInput for somebody who is not
    confirmed or is named twice, and WrongState for an order in which the server could open too much (check_custody),
    or in which somebody else than the independent scrutineer would get the list of voters.
    """
    row = await queries.held(session, ballot_id)
    await to_choose(session, row.trust, ballot_id)
    found = [None if one is None else await _confirmed(session, row, place, one) for place, one in enumerate(chosen)]
    named = [one.id for one in found if one is not None]
    for place, one in enumerate(found):
        if one is not None and named.count(one.id) > 1:
            raise BadInput(PROBLEM, {PLACES[place]: "This trustee has another place already"})
    sides = _sides(found)
    order = [_planned(one, side) for one, side in zip(found, sides, strict=True)]
    _check_order(order, sides, real=_binding(row, real))
    await session.execute(delete(BallotTrusteeRow).where(BallotTrusteeRow.ballot_id == row.id))
    session.add_all(
        BallotTrusteeRow(ballot_id=row.id, layer=layer, trustee_id=None if one is None else one.id, side=side)
        for layer, (one, side) in enumerate(zip(found, sides, strict=True), start=1)
    )
    await session.flush()
    detail = {"order": [f"trustee {one.id}" if one else "this server" for one in found]}
    subject = f"ballot {row.id}"
    await record(session, at=now, actor=by, verb="trustees chosen", subject=subject, trust=row.trust, detail=detail)


async def _confirmed(session: AsyncSession, row: BallotRow, place: int, trustee_id: int) -> TrusteeRow:
    found = await queries.trustee_of(session, row.trust, trustee_id)
    if found.state != Standing.CONFIRMED:
        raise BadInput(PROBLEM, {PLACES[place]: f"{found.name} is not confirmed"})
    return found


def _sides(found: Sequence[TrusteeRow | None]) -> list[str]:
    """For whom each place stands; the server stands for whoever has no trustee of their own."""
    taken = {one.side for one in found if one is not None}
    return [server_side(taken) if one is None else one.side for one in found]


def _planned(one: TrusteeRow | None, side: str) -> PlannedTrustee:
    if one is None:
        return planned(f"This server, for the {side}", side)
    return planned(one.name, side, one.seal_key, one.sign_key)


def _binding(row: BallotRow, real: bool) -> bool:
    """Whether the vote decides something: a rehearsal never does, and in a demonstration nothing does."""
    return real and row.kind_of_vote == "vote"


def _check_order(order: Sequence[PlannedTrustee], sides: Sequence[str], *, real: bool) -> None:
    """Refuse trustees who could open the votes without one another, and a first one who is not the scrutineer."""
    if real and sum(one.custody == "own" for one in order) < 2:
        raise WrongState(TRUSTEES_NEEDED)
    check_custody(order, binding=real)
    if any(one.custody == "own" for one in order) and sides[0] != SCRUTINEER:
        raise WrongState(SCRUTINEER_FIRST)


async def order_of(session: AsyncSession, row: BallotRow, *, real: bool) -> tuple[PlannedTrustee, ...]:
    """The trustees with which the box of a ballot is made, checked again; without a choice the server holds all keys.

    Raises WrongState where they do not do for a `real` vote that decides something: too few have keys of their own, or
    a deputy has not yet shown that the backup of a key opens.
    """
    found = await queries.opening_order(session, row.id)
    binding = _binding(row, real)
    for _, one in found:
        if one is not None and one.state != Standing.CONFIRMED:
            raise WrongState(f"{one.name} is not a confirmed trustee any more. Choose who opens the votes again.")
        if one is not None and binding and one.drilled_on is None:
            raise WrongState(
                f"The deputy of {one.name} has not yet opened the backup of the key file. Start a practice on the page "
                "of trustees. Without it, nobody knows whether the votes can be opened if the trustee is away."
            )
    order = tuple(_planned(one, place.side) for place, one in found) or TRUSTEES
    _check_order(order, [place.side for place, _ in found], real=binding)
    return order


async def place_of(session: AsyncSession, row: BallotRow, trustee: TrusteeRow) -> BallotTrusteeRow:
    """Where a trustee stands in the order of a ballot. Raises WrongState for one who is not chosen for it."""
    for place, one in await queries.opening_order(session, row.id):
        if one is not None and one.id == trustee.id:
            return place
    raise WrongState("You are not one of those who open the sealed votes of this ballot.")


async def unsigned(session: AsyncSession, row: BallotRow) -> tuple[str, ...]:
    """Who has not signed a ballot with its list yet, in the order of opening; nobody before there is a list."""
    return () if row.box_id is None else await secrecy.unsigned(session, row.box_id)


async def sign(
    session: AsyncSession, row: BallotRow, trustee: TrusteeRow, data: bytes, *, by: str, now: datetime
) -> bool:
    """Take a trustee's signature of what a ballot promises; True when everybody has signed now.

    Raises BadInput for another file and for the signature of another ballot, WrongState where nothing is to be signed.
    """
    place = await place_of(session, row, trustee)
    if row.state != State.FROZEN or row.box_id is None:
        raise WrongState(f"This vote {WORDS[State(row.state)]}, so it cannot be signed now.")
    if now >= row.opens_at:
        raise WrongState("The opening time has come, so this vote cannot be signed any more.")
    found = proofs.read_signature(data)
    promise = await secrecy.promise(session, row.box_id)
    if found.m != promise.digest:
        raise BadInput("This is the signature of another ballot. Sign the manifest.json that you download here.")
    complete = await secrecy.sign_manifest(session, row.box_id, place.layer, found.signature)
    subject = f"ballot {row.id}"
    detail = {"trustee": f"trustee {trustee.id}", "manifest": promise.digest}
    await record(session, at=now, actor=by, verb="promise signed", subject=subject, trust=row.trust, detail=detail)
    return complete
