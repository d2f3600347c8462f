"""Tellers of a ballot: who takes its votes on paper, arranged before its list of voters is fixed."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, WrongState
from pilot.people import queries as people
from pilot.people import service as people_service
from pilot.people.roles import Grant, Role
from pilot.secrecy import keyfile, proofs
from pilot.secrecy.manifest import Teller
from pilot.voting import queries
from pilot.voting.lifecycle import WORDS, State
from pilot.voting.service.noting import note
from pilot.voting.tables import BallotRow, TellerRow
from pilot.voting.tellers import ENOUGH, WantedTeller, enough

PROBLEM = "There is a problem"
LONGEST_NAME = 100
NOT_BY_YOU = (
    "The list of voters is fixed. From now on a programme admin makes the links to sign in, on the page "
    "People and roles, so that nobody who runs the vote can act for a teller."
)


class NewTeller(Struct, frozen=True):
    """A teller and the secret of the link that signs them in once.

    None for somebody who has other roles, or who takes votes in a ballot whose list of voters is fixed: whoever runs
    the vote makes no link with which they could act there.
    """

    teller: int
    secret: str | None


async def to_add_teller(session: AsyncSession, trust: str, ballot_id: int) -> BallotRow:
    """A ballot whose tellers can still be changed. Raises NotFound, or WrongState saying why."""
    row = await queries.ballot_of(session, trust, ballot_id)
    if row.state != State.ARRANGED:
        raise WrongState(f"This vote {WORDS[State(row.state)]}, so it cannot be changed now who takes votes on paper.")
    return row


async def add_teller(
    session: AsyncSession, row: BallotRow, wanted: WantedTeller, data: bytes, *, by: str, now: datetime
) -> NewTeller:
    """Make somebody a teller, by the registration file of their key file: their name, role in the trust, and keys.

    Raises BadInput for another file, for a number that is not the one of these keys, and for somebody who is a teller
    of this ballot already or whose other roles forbid it.
    """
    await to_add_teller(session, row.trust, row.id)
    found = proofs.read_registration(data)
    number = keyfile.fingerprint(found.seal_key, found.sign_key)
    if not keyfile.same_number(wanted.number, number):
        raise BadInput(PROBLEM, {"number": "This is not the number of the keys in the file. Do not use them"})
    name = " ".join(found.name.split())
    if len(name) > LONGEST_NAME:
        raise BadInput(PROBLEM, {"file": "The name in this file is too long"})
    for other in await queries.tellers(session, row.id):
        if other.sign_key == found.sign_key or other.name == name:
            raise BadInput(PROBLEM, {"file": f"{other.name} is a teller of this vote already"})
    account, secret = await _account(session, row, name, wanted.email, by=by, now=now)
    teller = TellerRow(
        ballot_id=row.id,
        account_id=account,
        name=name,
        side=wanted.side,
        seal_key=found.seal_key,
        sign_key=found.sign_key,
        confirmed_by=by,
    )
    session.add(teller)
    await session.flush()
    await note(session, row, "teller added", by=by, now=now, teller=teller.id, side=wanted.side, keys=number)
    return NewTeller(teller.id, secret)


async def _account(
    session: AsyncSession, row: BallotRow, name: str, email: str, *, by: str, now: datetime
) -> tuple[int, str | None]:
    """The account of a teller with its role, and the secret of a link where one may be made."""
    account = await people.account_by_email(session, email.strip().lower())
    if account is None:
        account = await people_service.add_account(session, name, email, by=by, now=now)
    elif any(one.account_id == account for one in await queries.tellers(session, row.id)):
        raise BadInput(PROBLEM, {"email": "The person with this address is a teller of this vote already"})
    grant = Grant(Role.TELLER, row.trust)
    held = await people.officer(session, account)
    if held is not None and grant not in held.grants:
        try:
            await people_service.grant_role(session, account, grant, by=by, now=now)
        except BadInput as refusal:
            raise BadInput(PROBLEM, {"email": next(iter(refusal.fields.values()))}) from refusal
    return account, await _link(session, account, row.trust, by=by, now=now)


async def _link(session: AsyncSession, account: int, trust: str, *, by: str, now: datetime) -> str | None:
    fixed = [one for one in await queries.ballots_of_teller(session, account) if one.state != State.ARRANGED]
    held = await people.officer(session, account)
    if fixed or held is None or held.grants != (Grant(Role.TELLER, trust),):
        return None
    return await people_service.make_link(session, account, by=by, now=now)


async def teller_link(session: AsyncSession, row: BallotRow, teller_id: int, *, by: str, now: datetime) -> NewTeller:
    """Another link for a teller whose link was used or is too old. Raises WrongState once the list is fixed."""
    if row.state != State.ARRANGED:
        raise WrongState(NOT_BY_YOU)
    teller = await queries.teller(session, row.id, teller_id)
    return NewTeller(teller.id, await _link(session, teller.account_id, row.trust, by=by, now=now))


async def remove_teller(session: AsyncSession, row: BallotRow, teller_id: int, *, by: str, now: datetime) -> None:
    """Take a teller out of a ballot whose list of voters is not fixed yet; the role goes when it has no other use."""
    await to_add_teller(session, row.trust, row.id)
    teller = await queries.teller(session, row.id, teller_id)
    account = teller.account_id
    await session.execute(delete(TellerRow).where(TellerRow.id == teller.id))
    await note(session, row, "teller taken out", by=by, now=now, teller=teller_id)
    if any(ballot.trust == row.trust for ballot in await queries.ballots_of_teller(session, account)):
        return
    for live in (await people.account(session, account)).grants:
        if live.grant == Grant(Role.TELLER, row.trust):
            await people_service.end_role(session, live.id, by=by, now=now)


async def fix_tellers(session: AsyncSession, row: BallotRow) -> tuple[Teller, ...]:
    """The tellers with which the box of a ballot is made. Raises WrongState where they are too few, or of one side.

    Whoever signed in with a link that the returning officer made is signed out.
    """
    found = await queries.tellers(session, row.id)
    if not enough([one.side for one in found]):
        raise WrongState(ENOUGH)
    for one in found:
        await people_service.shut_out(session, one.account_id)
    return tuple(Teller(one.name, one.side, one.sign_key) for one in found)  # type: ignore[arg-type]  # a CHECK holds it


def teller_number(row: TellerRow) -> str:
    """The number of a teller's keys in fours."""
    return keyfile.fingerprint(row.seal_key, row.sign_key)
