"""The installation's one log key: made when first needed, used to sign records."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.secrecy import queries
from pilot.secrecy.tables import LogKeyRow


async def log_public_key(session: AsyncSession) -> bytes:
    """The 32 bytes of the public half."""
    return (await _key(session)).public_key().public_bytes_raw()


async def sign_with_log_key(session: AsyncSession, data: bytes) -> bytes:
    """The Ed25519 signature (64 bytes) of `data`."""
    return (await _key(session)).sign(data)


async def _key(session: AsyncSession) -> Ed25519PrivateKey:
    secret = await queries.log_secret(session)
    if secret is None:
        secret = await _made(session)
    return Ed25519PrivateKey.from_private_bytes(secret)


async def _made(session: AsyncSession) -> bytes:
    """A new key, or the one that another request made at the same moment."""
    secret = Ed25519PrivateKey.generate().private_bytes_raw()
    try:
        async with session.begin_nested():
            session.add(LogKeyRow(id=1, secret=secret))
    except IntegrityError:
        other = await queries.log_secret(session)
        if other is None:
            raise
        return other
    return secret
