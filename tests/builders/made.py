"""A ballot that was declared in a database: the bytes of its record, and the keys of whoever could forge it."""

from collections.abc import Awaitable, Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.secrecy import queries as secrecy_queries
from pilot.secrecy import service as secrecy
from pilot.voting import queries
from pilot.voting.record.archive import unpack
from tests.builders.records import Files, log_signed_by, signed_by


class Made:
    """The files of a record, the papers that the scrutineers have, the website's key, and maybe the last trustee's."""

    def __init__(self, data: bytes, papers: bytes, log_key: bytes, last_key: bytes) -> None:
        self.data, self.papers, self.last_key = data, papers, last_key
        self.key = Ed25519PrivateKey.from_private_bytes(log_key)

    @property
    def files(self) -> Files:
        """Fresh each time, so that no test alters those of another."""
        return unpack(self.data).files

    def signed(self, files: Files) -> Files:
        """What an operator could do who alters files and signs the log and the list of files anew."""
        return signed_by(self.key, log_signed_by(self.key, files))


Holding = Callable[[AsyncSession], Awaitable[Made]]
"""Holds a ballot up to its declaration."""


async def made_of(session: AsyncSession, ballot: int, last_key: bytes = b"") -> Made:
    """All that there is of a declared ballot; the server has no key of a trustee any more."""
    box = (await queries.ballot(session, ballot)).box_id or 0
    data, papers = await queries.record(session, ballot), await secrecy.papers_of(session, box)
    return Made(data, papers, await secrecy_queries.log_secret(session) or b"", last_key)
