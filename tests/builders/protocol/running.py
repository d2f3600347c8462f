"""One copy of a ballot's database, and everybody who acts on it."""

import asyncio
import copy
import secrets
import shutil
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect

import pytest
from msgspec.structs import replace

from pilot.errors import Refused, WrongState
from pilot.secrecy import box as boxes
from pilot.secrecy import filling, lists, peel, seal, service, stamp
from pilot.store import Store
from tests.builders.protocol.ballot import Ballot, Known, Sealed
from tests.builders.secrecy import OPEN, a_paper, opened_by

WHY = "A test of the pauses."


def copied(database: Path, to: Path) -> None:
    """The files as they lie there at this moment."""
    for tail in ("", "-wal"):
        if Path(f"{database}{tail}").exists():
            shutil.copy(f"{database}{tail}", f"{to}{tail}")


class TakenBackError(Exception):
    """Raised inside a transaction, so that it is rolled back."""


class Running:
    """One copy of a ballot's database, and everybody who acts on it."""

    def __init__(self, ballot: Ballot, template: Path, known: Known) -> None:
        self.ballot, self.id, self.known = ballot, ballot.box.id, known
        self.folder = Path(tempfile.mkdtemp(prefix="protocol-"))
        self.copies = 0
        self.database = self.folder / "0.sqlite"
        copied(template, self.database)
        self.loop = asyncio.new_event_loop()
        self.store = self._store()

    @classmethod
    def from_the_close(cls, ballot: Ballot) -> "Running":
        return cls(ballot, ballot.at_close, copy.deepcopy(ballot.known_at_close))

    def end(self) -> None:
        self.loop.run_until_complete(self.store.dispose())
        self.loop.close()
        shutil.rmtree(self.folder)

    # -- how the database is reached

    def _store(self) -> Store:
        return Store(f"sqlite+aiosqlite:///{self.database}")

    def write(self, verb, *args, before_the_end=lambda: None, **given):
        async def act():
            async with self.store.writing() as session:
                found = await verb(session, self.id, *args, **given)
                await session.flush()
                before_the_end()
                return found

        return self.loop.run_until_complete(act())

    def read(self, verb, *args):
        async def act():
            async with self.store.reading() as session:
                return await verb(session, self.id, *args)

        return self.loop.run_until_complete(act())

    def rows(self, statement):
        with closing(connect(self.database)) as db:
            return db.execute(statement).fetchall()

    def snapshot(self):
        """Every row of the box, by table."""
        names = self.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'secrecy%' ORDER BY name")
        return {name: sorted(self.rows(f"SELECT * FROM {name}"), key=repr) for (name,) in names}

    def crash(self) -> None:
        """The server goes on with the files as they lie there; whoever had them open is gone."""
        self.copies += 1
        after = self.folder / f"{self.copies}.sqlite"
        copied(self.database, after)
        self._goes_on_with(after)

    def _goes_on_with(self, after: Path) -> None:
        self.loop.run_until_complete(self.store.dispose())
        self.database = after
        self.store = self._store()

    def cut_off(self, verb, *args, killed: bool, **given) -> None:
        """All of it is written, and then the transaction fails, or the server dies: nothing of it is there."""
        before = self.snapshot()
        self.copies += 1
        after = self.folder / f"{self.copies}.sqlite"

        def stop():
            copied(self.database, after)
            raise TakenBackError

        with pytest.raises((TakenBackError, Refused)) as stopped:
            self.write(verb, *args, before_the_end=stop, **given)
        if killed and stopped.type is TakenBackError:
            self._goes_on_with(after)
        assert self.snapshot() == before

    # -- voters and tellers

    def v(self, person):
        return self.ballot.people[person]

    def stamp(self, person, blinded, *, by_tellers=False):
        return self.write(service.stamp, self.v(person), blinded, now=OPEN, by_tellers=by_tellers)

    def fill(self, person, answer, *, good=True, by_tellers=False):
        """A stamped paper in its envelope, or in one that nobody can open."""
        manifest, digest = self.ballot.manifest, self.ballot.box.digest
        filled = a_paper(self.ballot.text, self.ballot.answers(answer))
        signature = self.stamp(person, filled.blinded, by_tellers=by_tellers)
        (self.known.used_by_tellers if by_tellers else self.known.used)[person] += 1
        stamped = stamp.finalize(stamp.read_public(manifest.stamp_key), filled.paper, signature, filled.inverse)
        envelope = filling.seal_up(manifest, digest, filled, signature)
        if not good:
            envelope = secrets.token_bytes(len(envelope))
        inner = seal.pack(filled.paper, stamped, manifest.padded)
        one = Sealed(person, filled.blinded, signature, filled.paper, inner, envelope, good, by_tellers)
        self.known.made.append(one)
        return one

    def cast(self, one):
        receipt = self.hand_in(one)
        self.known.given.append((one, receipt))
        self.known.last[one.person] = one

    def hand_in(self, one, *, now=OPEN):
        return self.write(service.cast, self.v(one.person), one.envelope, now=now, by_tellers=one.by_tellers)

    def signatures(self, person):
        text = boxes.cancel_text(self.ballot.box.digest, self.v(person))
        return {place: key.sign(text) for place, (key, _) in enumerate(self.ballot.tellers)}

    def cancel(self, person):
        self.write(service.cancel, self.v(person), self.signatures(person), now=OPEN)
        self.known.on_paper.add(person)
        self.known.last.pop(person, None)

    def close(self):
        if self.known.paused:
            self.write(service.resume, closes_at=self.known.closes, reason=WHY)
            self.known.paused = False
        with pytest.raises(WrongState):
            self.write(service.close, now=self.known.closes - timedelta(seconds=1))
        self.write(service.close, now=self.known.closes)
        self.known.closed = True

    # -- the openings

    @property
    def turn(self):
        """Whose turn it is, from 0."""
        return len(self.known.opened)

    @property
    def all_open(self):
        return self.turn == len(self.ballot.custody)

    @property
    def key(self):
        """The key of the trustee who is next; None when the server has it, and when nobody is next."""
        return None if self.all_open else self.ballot.keys[self.turn]

    def open_next(self):
        """The next trustee does as they should."""
        if self.key is None:
            assert self.write(service.peel) is None  # the last trustee has a key of their own
            self.known.opened.append((b"", b""))
        else:
            waiting = self.read(service.list_for)
            self.upload(opened_by(self.key, waiting))

    def upload(self, opened):
        """Hand in what a trustee has opened, or says so."""
        waiting = self.read(service.list_for)
        self.write(service.take_peel, opened)
        self.known.opened.append((waiting, opened))

    def said(self, change=list, **changes):
        """What the next trustee would hand in with another list than the honest one, signed; `changes` are words."""
        found = lists.read(self.read(service.list_for))
        honest = peel.peel(found.items, lists.check(found), self.key.sealer, self.key.signer)
        items = change(honest.items)
        values = {"out": len(items), "sha256_out": peel.list_hash(items)} | changes
        if "rejects" in values:
            values["rejects"] = tuple(sorted((*honest.statement.rejects, *values["rejects"])))
        statement = replace(honest.statement, **values)
        signature = self.key.signer.sign(peel.signing_text(statement))
        return lists.write_opened(peel.Peeled(tuple(sorted(items)), statement, signature))

    def item_of(self, one):
        """A paper sealed for the trustees that come after the one who is next."""
        trustees, item = self.ballot.manifest.trustees, one.inner
        for layer in range(len(trustees), self.turn + 1, -1):
            key = seal.read_seal_key(trustees[layer - 1].seal_key)
            item = seal.SUITE.encrypt(item, key, seal.info(self.ballot.box.digest, layer))
        return item

    @property
    def a_vote_that_opens(self):
        """One vote that opens at this turn, outside and inside; None when no vote does, or no trustee is next."""
        if self.key is None:
            return None
        for item in lists.read(self.read(service.list_for)).items:
            inside = seal.open_layer(item, self.key.sealer, self.ballot.box.digest, self.turn + 1)
            if inside is not None:
                return item, inside
        return None

    def judge(self):
        self.known.final = self.write(service.peel)
        assert self.known.final == self.read(service.final)
        with pytest.raises(WrongState):
            self.write(service.peel)


def arranged(template: Path, folder: Path, kind: str, custody: tuple[str, ...]) -> Ballot:
    """A ballot in its two files, the second with some votes and closed."""
    ballot = Ballot(template, folder, kind, custody)
    running = Running(ballot, ballot.at_first, ballot.known_at_close)
    try:
        some_have_voted(running)
        running.close()
        copied(running.database, ballot.at_close)
    finally:
        running.end()
    return ballot


def some_have_voted(running: Running) -> None:
    """A vote, a changed one, a worthless one, a paper never cast, and two on paper: one put in by tellers, one not."""
    running.cast(running.fill(0, "yes"))
    for answer in ("yes", "no"):
        running.cast(running.fill(1, answer))
    running.cast(running.fill(2, "yes", good=False))
    running.fill(3, "yes")
    running.cast(running.fill(4, "abstain"))
    for person in (4, 5):
        running.cancel(person)
    running.cast(running.fill(5, "no", by_tellers=True))
