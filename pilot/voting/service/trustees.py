"""Trustees and their keys: inviting, registering, confirming, practising, retiring, and the deputy who stands in.

Nobody's secret key comes here. What is kept are the public halves, and who said that they belong to this person.
"""

import secrets
from datetime import datetime

from msgspec import Struct
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.clock import LONDON
from pilot.errors import BadInput, WrongState
from pilot.people import queries as people
from pilot.people import service as people_service
from pilot.people.roles import Grant, Role
from pilot.secrecy import keyfile, proofs
from pilot.voting import queries
from pilot.voting.ballots import reference
from pilot.voting.tables import TrusteeRow
from pilot.voting.trustees import ROLES, WORDS, WRONG_NUMBER, Compared, Standing, Wanted, move, readable, same_name

PROBLEM = "There is a problem"
NOT_BY_YOU = (
    "The number of these keys is confirmed. From now on a programme admin makes the links to sign in, on the page "
    "People and roles, so that nobody who runs the vote can act for this person."
)
TWICE = "These keys belong to another trustee of this trust. Each trustee needs a key file of their own."


class Invited(Struct, frozen=True):
    """A trustee and the secret of the link that signs them in once.

    `secret` is None for somebody who has other roles: they sign in as they always do, and nobody here makes a link
    with which somebody else could act in those. It is None too for a deputy, who acts with confirmed keys at once.
    """

    trustee: int
    secret: str | None


async def invite(session: AsyncSession, trust: str, wanted: Wanted, *, by: str, now: datetime) -> Invited:
    """Ask somebody to be a trustee: an account with the role, and a link to sign in.

    Raises BadInput for somebody who is a trustee of this trust already, or whose other roles forbid it.
    """
    account = await _account(session, trust, wanted.name, wanted.email, by=by, now=now)
    secret = await _link(session, account, trust, by=by, now=now)
    row = TrusteeRow(
        trust=trust,
        account_id=account,
        name=" ".join(wanted.name.split()),
        email=wanted.email.strip().lower(),
        role=ROLES[wanted.side],
        side=wanted.side,
        deputy=" ".join(wanted.deputy.split()),
        state=Standing.INVITED,
    )
    session.add(row)
    await session.flush()
    await _told(session, row, "trustee invited", by, now, side=row.side)
    return Invited(row.id, secret)


async def _account(session: AsyncSession, trust: str, name: str, email: str, *, by: str, now: datetime) -> int:
    """The account of a trustee with its role."""
    account = await people.account_by_email(session, email)
    if account is None:
        account = await people_service.add_account(session, name, email, by=by, now=now)
    elif any(one.trust == trust for one in await queries.trustees_of_account(session, account)):
        raise BadInput(PROBLEM, {"email": "This person stands for a trustee of this trust already"})
    grant = Grant(Role.TRUSTEE, trust)
    held = await people.officer(session, account)
    if held is not None and grant not in held.grants:
        try:
            await people_service.grant_role(session, account, grant, by=by, now=now)
        except BadInput as refusal:
            raise BadInput(PROBLEM, {"email": next(iter(refusal.fields.values()))}) from refusal
    return account


async def _link(session: AsyncSession, account: int, trust: str, *, by: str, now: datetime) -> str | None:
    held = await people.officer(session, account)
    if held is None or held.grants != (Grant(Role.TRUSTEE, trust),):
        return None
    return await people_service.make_link(session, account, by=by, now=now)


async def new_link(session: AsyncSession, trust: str, trustee_id: int, *, by: str, now: datetime) -> Invited:
    """Another link for a trustee who is not confirmed yet and whose link was used or is too old.

    Raises WrongState afterwards: a programme admin makes it then.
    """
    row = await queries.trustee_of(session, trust, trustee_id)
    if row.state == Standing.CONFIRMED:
        raise WrongState(NOT_BY_YOU)
    _still(row)
    return Invited(row.id, await _link(session, row.account_id or 0, trust, by=by, now=now))


async def register(session: AsyncSession, row: TrusteeRow, data: bytes, *, by: str, now: datetime) -> None:
    """Take the registration file of a trustee: their two public keys. Until they are confirmed it may be sent again.

    Raises BadInput for another file, WrongState once the keys are confirmed.
    """
    after = move(Standing(row.state), "register")
    found = proofs.read_registration(data)
    for other in await queries.trustees_of(session, row.trust):
        same = other.sign_key == found.sign_key or other.seal_key == found.seal_key
        if other.id != row.id and same and other.state != Standing.RETIRED:
            raise BadInput(PROBLEM, {"file": TWICE})
    keys = {"seal_key": found.seal_key, "sign_key": found.sign_key}
    await _change(session, row, state=after, registered_as=readable(found.name), **keys)
    await _told(session, row, "trustee registered", by, now, keys=fingerprint(row))


def fingerprint(row: TrusteeRow) -> str:
    """The number of a trustee's keys in fours, to be compared aloud; "" before they registered."""
    return "" if row.seal_key is None or row.sign_key is None else keyfile.fingerprint(row.seal_key, row.sign_key)


def other_name(row: TrusteeRow) -> str:
    """The name in a trustee's registration file where it is not the one by which they were invited; else ""."""
    named = row.registered_as or ""
    return "" if same_name(named, row.name) else named


async def confirm(session: AsyncSession, row: TrusteeRow, compared: Compared, *, by: str, now: datetime) -> None:
    """Note that the keys are this person's, as the comparison showed.

    Keys that were sent since the page was shown are not confirmed by it. Whoever signed in with a link that the
    returning officer made is signed out: confirmed, a trustee signs in with a programme admin's link. Raises BadInput
    for another number, WrongState where there is nothing to confirm.
    """
    after = move(Standing(row.state), "confirm")
    expected = fingerprint(row)
    if not keyfile.same_number(compared.shown, expected):
        raise WrongState("The trustee has sent other keys since you opened this page. Compare their number again.")
    if not compared.aloud and not keyfile.same_number(compared.typed, expected):
        raise BadInput(PROBLEM, {"number": WRONG_NUMBER})
    await _change(session, row, state=after, confirmed_by=by)
    await people_service.shut_out(session, row.account_id or 0)
    how = "compared aloud" if compared.aloud else "typed as it was read"
    await _told(session, row, "trustee confirmed", by, now, keys=fingerprint(row), how=how)


async def start_drill(session: AsyncSession, row: TrusteeRow, *, by: str, now: datetime) -> None:
    """Begin a practice: from now on the deputy can show that the backup of the key file opens."""
    if row.state != Standing.CONFIRMED:
        raise WrongState(f"This trustee {WORDS[Standing(row.state)]}, and so cannot practise now.")
    challenge = proofs.drill_challenge(row.trust, row.id, secrets.token_bytes(16))
    await _change(session, row, drill_challenge=challenge)
    await _told(session, row, "practice begun", by, now)


def drill_file(row: TrusteeRow) -> bytes:
    """The practice list for the deputy. Raises WrongState where no practice is under way."""
    if row.drill_challenge is None or row.seal_key is None:
        raise WrongState("No practice is under way. Ask the returning officer to start one.")
    return proofs.drill_list(row.drill_challenge, row.seal_key)


async def answer_drill(session: AsyncSession, row: TrusteeRow, data: bytes, *, by: str, now: datetime) -> None:
    """Take the answer to a practice: the backup opens. Raises BadInput for another file."""
    if row.drill_challenge is None or row.sign_key is None:
        raise WrongState("No practice is under way. Ask the returning officer to start one.")
    proofs.check_drill(data, row.drill_challenge, row.sign_key)
    await _change(session, row, drill_challenge=None, drilled_on=now.astimezone(LONDON).date())
    await _told(session, row, "practice passed", by, now)


async def retire(session: AsyncSession, row: TrusteeRow, *, by: str, now: datetime) -> None:
    """End somebody's being a trustee, and their role. Raises WrongState while a ballot needs them."""
    after = move(Standing(row.state), "retire")
    if (ballot := await queries.needs(session, row.id)) is not None:
        name = reference(ballot.trust, ballot.number)
        raise WrongState(f"{row.name} is chosen to open the sealed votes of {name}. Their deputy can take their place.")
    await _change(session, row, state=after)
    await _told(session, row, "trustee retired", by, now)
    await _end_role(session, row.account_id, row.trust, by=by, now=now)


async def replace(
    session: AsyncSession, row: TrusteeRow, email: str, reason: str, *, by: str, now: datetime
) -> Invited:
    """Let the deputy stand in with the backup of the same keys; the trustee's own way in ends at once.

    Raises BadInput like `invite`, and WrongState for a trustee whose keys are not confirmed.
    """
    if row.state != Standing.CONFIRMED:
        raise WrongState(f"This trustee {WORDS[Standing(row.state)]}. A deputy can only stand in with confirmed keys.")
    before = row.account_id
    account = await _account(session, row.trust, row.deputy, email, by=by, now=now)
    await people_service.shut_out(session, account)
    today = now.astimezone(LONDON).date()
    values = {"account_id": account, "email": email.strip().lower(), "replaced_on": today}
    await _change(session, row, **values, replaced_because=" ".join(reason.split()))
    await _told(session, row, "deputy stands in", by, now, deputy=row.deputy, reason=row.replaced_because or "")
    await _end_role(session, before, row.trust, by=by, now=now)
    return Invited(row.id, None)


async def opens_votes_of(session: AsyncSession, ballot: int, account: int) -> bool:
    """Whether this account is one of those who open the sealed votes of a ballot."""
    order = await queries.opening_order(session, ballot)
    return account in {who.account_id for _, who in order if who is not None}


async def _end_role(session: AsyncSession, account_id: int | None, trust: str, *, by: str, now: datetime) -> None:
    """End the role of trustee of an account that stands for no trustee of this trust any more."""
    if account_id is None:
        return
    if any(one.trust == trust for one in await queries.trustees_of_account(session, account_id)):
        return
    for live in (await people.account(session, account_id)).grants:
        if live.grant == Grant(Role.TRUSTEE, trust):
            await people_service.end_role(session, live.id, by=by, now=now)


def _still(row: TrusteeRow) -> None:
    if row.state == Standing.RETIRED:
        raise WrongState(f"This person {WORDS[Standing.RETIRED]}.")


async def _change(session: AsyncSession, row: TrusteeRow, **values: object) -> None:
    """Change a trustee only if they still stand where they were read: of two at once, one gets WrongState."""
    changed = await session.execute(
        update(TrusteeRow)
        .where(
            TrusteeRow.id == row.id,
            TrusteeRow.state == row.state,
            TrusteeRow.sign_key.is_not_distinct_from(row.sign_key),
        )
        .values(**values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("Somebody else has just changed this trustee. Load the page again.")
    await session.refresh(row)


async def _told(session: AsyncSession, row: TrusteeRow, verb: str, by: str, now: datetime, **detail: str) -> None:
    """Write down what was done with a trustee."""
    subject = f"trustee {row.id}"
    await record(session, at=now, actor=by, verb=verb, subject=subject, trust=row.trust, detail=detail or None)
