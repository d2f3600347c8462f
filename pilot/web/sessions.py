"""Who is signed in: one row per signed-in browser, none for a visitor; the row goes when the session ends."""

import hashlib
import secrets
from datetime import datetime
from typing import Any, Literal

import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from sqlalchemy import CheckConstraint, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from pilot.settings import Settings
from pilot.store import Row, UtcDateTime

COOKIE = "pilot_session"
Kind = Literal["account", "person"]


class SessionRow(Row):
    """One signed-in browser. The cookie's secret is kept as its digest only."""

    __tablename__ = "web_session"
    __table_args__ = (CheckConstraint("kind IN ('account', 'person')", name="kind"),)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(7))
    subject_id: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignedIn(msgspec.Struct, frozen=True):
    """Whom a session belongs to: an account, or a person on a staff roll."""

    kind: Kind
    subject_id: int


async def begin(
    session: AsyncSession, settings: Settings, kind: Kind, subject_id: int, *, expires_at: datetime
) -> Cookie:
    """Start a session until `expires_at` and give the cookie that carries it; the browser drops it when it closes."""
    secret = secrets.token_urlsafe(32)
    session.add(SessionRow(digest=_digest(secret), kind=kind, subject_id=subject_id, expires_at=expires_at))
    await session.flush()
    return _cookie(secret, secure=settings.secure_cookies)


async def find(session: AsyncSession, connection: ASGIConnection[Any, Any, Any, Any], now: datetime) -> SignedIn | None:
    """Whom the browser's cookie belongs to; None without one, or with one that has run out."""
    secret = connection.cookies.get(COOKIE)
    if not secret:
        return None
    row = await session.get(SessionRow, _digest(secret))
    if row is None or row.expires_at <= now:
        return None
    return msgspec.convert({"kind": row.kind, "subject_id": row.subject_id}, SignedIn)


async def end(session: AsyncSession, settings: Settings, connection: ASGIConnection[Any, Any, Any, Any]) -> Cookie:
    """End the browser's session, if there is one, and give the cookie that clears it."""
    if secret := connection.cookies.get(COOKIE):
        await session.execute(delete(SessionRow).where(SessionRow.digest == _digest(secret)))
    return _cookie("", secure=settings.secure_cookies, max_age=0)


async def end_all(session: AsyncSession, kind: Kind, *subject_ids: int) -> None:
    """End every session of these accounts or people, for instance when their voting codes are replaced."""
    for start in range(0, len(subject_ids), 500):  # databases limit how many values one statement may carry
        some = subject_ids[start : start + 500]
        await session.execute(delete(SessionRow).where(SessionRow.kind == kind, SessionRow.subject_id.in_(some)))


async def sweep(session: AsyncSession, now: datetime) -> int:
    """Delete the sessions that have run out; how many."""
    gone = (await session.execute(select(SessionRow.digest).where(SessionRow.expires_at <= now))).scalars().all()
    await session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
    return len(gone)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _cookie(value: str, *, secure: bool, max_age: int | None = None) -> Cookie:
    return Cookie(key=COOKIE, value=value, path="/", httponly=True, samesite="lax", secure=secure, max_age=max_age)
