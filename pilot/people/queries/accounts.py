"""Reading accounts, their roles and their sign-in links."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.people.roles import Grant, Officer, Role
from pilot.people.tables import AccountRow, RoleGrantRow, SignInLinkRow


class LiveGrant(Struct, frozen=True):
    """One role that is held now, with what is needed to end it."""

    id: int
    grant: Grant
    granted_at: datetime


class Account(Struct, frozen=True):
    """One account with the roles it holds now, and the moment its last sign-in link was made (None: never)."""

    id: int
    name: str
    email: str
    grants: tuple[LiveGrant, ...] = ()


async def officer(session: AsyncSession, account_id: int) -> Officer | None:
    """The account as a principal, with the roles held at this moment; None if there is no such account."""
    account = await session.get(AccountRow, account_id)
    if account is None:
        return None
    rows = await session.execute(
        select(RoleGrantRow.role, RoleGrantRow.trust)
        .where(RoleGrantRow.account_id == account_id, RoleGrantRow.ended_at.is_(None))
        .order_by(RoleGrantRow.id)
    )
    return Officer(account.id, account.name, tuple(Grant(Role(role), trust) for role, trust in rows))


async def accounts(session: AsyncSession) -> tuple[Account, ...]:
    """Every account by name, with the roles it holds now."""
    grants: dict[int, list[LiveGrant]] = {}
    for row in await session.scalars(
        select(RoleGrantRow).where(RoleGrantRow.ended_at.is_(None)).order_by(RoleGrantRow.role, RoleGrantRow.trust)
    ):
        live = LiveGrant(row.id, Grant(Role(row.role), row.trust), row.granted_at)
        grants.setdefault(row.account_id, []).append(live)
    rows = await session.scalars(select(AccountRow).order_by(func.lower(AccountRow.name), AccountRow.id))
    return tuple(Account(row.id, row.name, row.email, tuple(grants.get(row.id, ()))) for row in rows)


async def account(session: AsyncSession, account_id: int) -> Account:
    """One account with its roles. Raises NotFound."""
    found = next((one for one in await accounts(session) if one.id == account_id), None)
    if found is None:
        raise NotFound("There is no such account.")
    return found


async def account_by_email(session: AsyncSession, email: str) -> int | None:
    """The id of the account with this address in any case; None if there is none."""
    return await session.scalar(select(AccountRow.id).where(AccountRow.email == email.strip().lower()))


async def live_grant(session: AsyncSession, grant_id: int) -> tuple[int, Grant]:
    """The account id and role of a grant that has not ended. Raises NotFound."""
    row = await session.get(RoleGrantRow, grant_id)
    if row is None or row.ended_at is not None:
        raise NotFound("This role has ended already.")
    return row.account_id, Grant(Role(row.role), row.trust)


async def programme_admins(session: AsyncSession, *, lock: bool = False) -> int:
    """How many accounts hold the role of programme admin now; with `lock`, none of them ends before this is done."""
    live = select(RoleGrantRow.id).where(RoleGrantRow.role == Role.PROGRAMME_ADMIN, RoleGrantRow.ended_at.is_(None))
    return len((await session.scalars(live.with_for_update() if lock else live)).all())


async def sign_in_link(session: AsyncSession, digest: str) -> SignInLinkRow | None:
    """The sign-in link with this digest, used or not."""
    return await session.get(SignInLinkRow, digest)
