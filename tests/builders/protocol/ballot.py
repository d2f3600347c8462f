"""What is known of a ballot outside of its database, and the ballot as it is when a run of it begins."""

import asyncio
import shutil
from collections import Counter
from pathlib import Path

import msgspec

from pilot.secrecy import box as boxes
from pilot.secrecy import manifest as manifests
from pilot.secrecy import seal, service
from pilot.secrecy.manifest import Option, Question
from pilot.store import Store
from tests.builders.secrecy import CLOSES, YES_NO, Keys, a_teller, an_own_box, voters

SIZE = 20
GROUP = Question("My staff group", (Option("nurse", "Nurses"), Option("porter", "Porters")), min=0)


class Sealed(msgspec.Struct, frozen=True):
    """A paper that was stamped under one person's number, in its envelope; `inner` is the envelope without layers."""

    person: int
    blinded: bytes
    signature: bytes
    paper: bytes
    inner: bytes
    envelope: bytes
    good: bool
    by_tellers: bool

    @property
    def code(self) -> str:
        return seal.check_code(self.paper)


class Known:
    """What is known outside of the database."""

    def __init__(self) -> None:
        self.used: Counter[int] = Counter()
        self.used_by_tellers: Counter[int] = Counter()
        self.made: list[Sealed] = []
        self.given: list[tuple[Sealed, boxes.Receipt]] = []
        self.last: dict[int, Sealed] = {}
        self.on_paper: set[int] = set()
        self.closes = CLOSES
        self.paused = self.longer = self.closed = self.told = self.erased = False
        self.opened: list[tuple[bytes, bytes]] = []
        """The list that each trustee got, and the file that came back; empty of the server's own."""
        self.taken_away = 0
        self.swapped_in: set[str] = set()
        self.final: boxes.Final | None = None

    def may(self, person: int) -> bool:
        """Whether this person's votes are taken on a screen."""
        return not (self.closed or self.paused or person in self.on_paper)

    def sealed_by_tellers(self, person: int) -> bool:
        return person in self.last and person in self.on_paper

    def was_cast(self, one: Sealed) -> bool:
        return any(earlier == one for earlier, _ in self.given)

    @property
    def spare_papers(self) -> list[Sealed]:
        """Stamped papers that count for nobody: those of votes that were changed, and those never cast."""
        lying = {one.code for one in self.last.values()} | self.swapped_in
        return [one for one in self.made if one.good and one.code not in lying]


class Ballot:
    """One box with its keys: as it is when voting opens, and as it is when some have voted and voting has closed."""

    def __init__(self, template: Path, folder: Path, kind: str, custody: tuple[str, ...]) -> None:
        self.name, self.kind, self.custody = f"{kind} {'-'.join(custody)}", kind, custody
        self.people = voters(SIZE)
        self.keys = [Keys() if one == "own" else None for one in custody]
        self.tellers = [a_teller(f"Teller {side}", side) for side in ("employer", "staff side")]
        self.at_first = folder / f"{self.name} open.sqlite"
        shutil.copy(template, self.at_first)
        asyncio.run(self._make())
        self.manifest = manifests.read(self.text)
        self.at_close, self.known_at_close = folder / f"{self.name} closed.sqlite", Known()

    async def _make(self) -> None:
        store = Store(f"sqlite+aiosqlite:///{self.at_first}")
        async with store.writing() as session:
            questions = (YES_NO,) if self.kind == "vote" else (YES_NO, GROUP)
            changes = {"tellers": tuple(teller for _, teller in self.tellers), "questions": questions}
            self.box = await an_own_box(session, self.people, self.keys, kind=self.kind, **changes)
            self.text = await service.manifest_of(session, self.box.id)
        await store.dispose()

    def answers(self, answer: str) -> list[list[str]]:
        return [[answer]] if self.kind == "vote" else [[answer], ["porter"]]
