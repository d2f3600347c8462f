"""Accounts, the roles they hold, and links that sign in once."""

import hashlib
import secrets
from datetime import datetime, timedelta

from litestar.datastructures import Cookie
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.errors import BadInput, NotFound, WrongState
from pilot.people import queries
from pilot.people.roles import Grant, Role, scope_problem, separation_problem
from pilot.people.tables import AccountRow, RoleGrantRow, SignInLinkRow
from pilot.settings import Settings
from pilot.web import sessions

PROBLEM = "There is a problem"
LINK_LASTS = timedelta(hours=24)
SIGNED_IN_FOR = timedelta(hours=8)

LINK_UNKNOWN = "This sign-in link is not right. Check that you copied all of it, or ask for a new one."
LINK_USED = "This sign-in link has been used. Each link works once. Ask for a new one."
LINK_EXPIRED = "This sign-in link is more than 24 hours old. Ask for a new one."


async def add_account(session: AsyncSession, name: str, email: str, *, by: str, now: datetime) -> int:
    """Add an account without any role; its id. Raises BadInput if the address has an account already."""
    address = email.strip().lower()
    if await queries.account_by_email(session, address) is not None:
        raise BadInput(PROBLEM, {"email": f"There is an account with the address {address} already"})
    row = AccountRow(name=name.strip(), email=address, made_at=now)
    session.add(row)
    await session.flush()
    await log.record(session, at=now, actor=by, verb="account added", subject=f"account {row.id}")
    return row.id


async def grant_role(session: AsyncSession, account_id: int, grant: Grant, *, by: str, now: datetime) -> None:
    """Give an account a role. Raises BadInput if the role does not fit the trust or the other roles of the account."""
    held = await queries.officer(session, account_id)
    if held is None:
        raise NotFound("There is no such account.")
    if problem := scope_problem(grant):
        raise BadInput(PROBLEM, {"trust": problem})
    if grant.trust is not None:
        await queries.trust(session, grant.trust)
    if problem := separation_problem(held.grants, grant):
        raise BadInput(PROBLEM, {"role": problem})
    row = RoleGrantRow(account_id=account_id, role=grant.role, trust=grant.trust, granted_at=now, granted_by=by)
    session.add(row)
    await session.flush()
    await log.record(
        session, at=now, actor=by, verb=f"{grant.role} named", subject=f"account {account_id}", trust=grant.trust
    )


async def end_role(session: AsyncSession, grant_id: int, *, by: str, now: datetime) -> None:
    """End a role at once. Raises WrongState for the last programme admin, without whom nobody could give roles."""
    account_id, grant = await queries.live_grant(session, grant_id)
    # The lock lets two admins who end each other's role at once leave one of them.
    if grant.role is Role.PROGRAMME_ADMIN and await queries.programme_admins(session, lock=True) < 2:
        raise WrongState("This is the last programme admin. Give somebody else the role first.")
    ended = await session.execute(
        update(RoleGrantRow)
        .where(RoleGrantRow.id == grant_id, RoleGrantRow.ended_at.is_(None))
        .values(ended_at=now, ended_by=by)
        .returning(RoleGrantRow.id)
    )
    if ended.scalar_one_or_none() is None:
        raise WrongState("This role has ended already.")
    await log.record(
        session, at=now, actor=by, verb=f"{grant.role} ended", subject=f"account {account_id}", trust=grant.trust
    )


async def first_programme_admin(session: AsyncSession, name: str, email: str, *, now: datetime) -> str:
    """Make the first programme admin and a sign-in link; the link's secret. Raises WrongState if there is an admin."""
    if await queries.programme_admins(session):
        raise WrongState("There is a programme admin already. Use `pilot invite` to make a new sign-in link.")
    by = "command line"
    account_id = await queries.account_by_email(session, email)
    if account_id is None:
        account_id = await add_account(session, name, email, by=by, now=now)
    await grant_role(session, account_id, Grant(Role.PROGRAMME_ADMIN), by=by, now=now)
    return await make_link(session, account_id, by=by, now=now)


async def make_link(session: AsyncSession, account_id: int, *, by: str, now: datetime) -> str:
    """Make a sign-in link and give its secret, which can never be read again. Earlier unused links stop working."""
    if await queries.officer(session, account_id) is None:
        raise NotFound("There is no such account.")
    await _forget_links(session, account_id)
    secret = secrets.token_urlsafe(24)
    session.add(SignInLinkRow(digest=_digest(secret), account_id=account_id, made_at=now, expires_at=now + LINK_LASTS))
    await session.flush()
    await log.record(session, at=now, actor=by, verb="sign-in link made", subject=f"account {account_id}")
    return secret


async def shut_out(session: AsyncSession, account_id: int) -> None:
    """Sign an account out of every browser, and end its unused link: whoever had one needs a new one."""
    await _forget_links(session, account_id)
    await sessions.end_all(session, "account", account_id)


async def _forget_links(session: AsyncSession, account_id: int) -> None:
    unused = (SignInLinkRow.account_id == account_id, SignInLinkRow.used_at.is_(None))
    await session.execute(delete(SignInLinkRow).where(*unused))


async def invite(
    session: AsyncSession, email: str, *, name: str | None, grant: Grant | None, by: str, now: datetime
) -> str:
    """Make a sign-in link for an address; the link's secret. With `name` the account is made if it is not there yet.

    A role that is held already is not given again. Raises NotFound if there is no account and no name.
    """
    account_id = await queries.account_by_email(session, email)
    if account_id is None:
        if not name:
            raise NotFound(f"There is no account with the address {email}. Give a name to make one.")
        account_id = await add_account(session, name, email, by=by, now=now)
    held = await queries.officer(session, account_id)
    if grant is not None and held is not None and grant not in held.grants:
        await grant_role(session, account_id, grant, by=by, now=now)
    return await make_link(session, account_id, by=by, now=now)


def link_address(settings: Settings, secret: str) -> str:
    """The whole address of a sign-in link."""
    return f"{settings.public_url}/sign-in/{secret}"


async def link_owner(session: AsyncSession, secret: str, now: datetime) -> queries.Account:
    """Whom a link would sign in, without using it. Raises WrongState or NotFound with the reason it cannot be used."""
    link = await queries.sign_in_link(session, _digest(secret))
    if link is None:
        raise NotFound(LINK_UNKNOWN)
    if link.used_at is not None:
        raise WrongState(LINK_USED)
    if link.expires_at <= now:
        raise WrongState(LINK_EXPIRED)
    return await queries.account(session, link.account_id)


async def use_link(session: AsyncSession, settings: Settings, secret: str, *, now: datetime) -> Cookie:
    """Sign in with a link; the cookie of the session. Raises like `link_owner`; of two uses at once one is refused."""
    owner = await link_owner(session, secret, now)
    used = await session.execute(
        update(SignInLinkRow)
        .where(SignInLinkRow.digest == _digest(secret), SignInLinkRow.used_at.is_(None))
        .values(used_at=now)
        .returning(SignInLinkRow.digest)
    )
    if used.scalar_one_or_none() is None:
        raise WrongState(LINK_USED)
    actor = f"account {owner.id}"
    await log.record(session, at=now, actor=actor, verb="signed in", subject=actor)
    return await sessions.begin(session, settings, "account", owner.id, expires_at=now + SIGNED_IN_FOR)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
