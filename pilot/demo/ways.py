"""The way of one made-up proposal through the real services, as far as it went."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import queries, service
from pilot.councils.proposals import PARTS, ProposalText
from pilot.councils.scope import QUESTIONS
from pilot.councils.service import Author
from pilot.demo.dates import at
from pilot.people.roles import Role

Act = Callable[[datetime], Awaitable[None]]
Step = tuple[datetime, Act]
"""A moment, and what happened then."""

IN_SCOPE = {subject.value: False for subject in QUESTIONS}


class Scene:
    """Where a proposal plays: a trust, the actors of its officers, and people of its staff in an order of their own."""

    def __init__(
        self, session: AsyncSession, trust: str, officers: Mapping[Role, str], staff: Callable[[], Sequence[int]]
    ) -> None:
        self.session = session
        self.trust = trust
        self.officers = officers
        self.staff = staff


class Way:
    """One proposal. Its methods give steps, which whoever tells the story does in the order of time.

    `first` is the place in the scene's staff of the person who writes it; the next one sponsors it.
    """

    def __init__(self, scene: Scene, text: ProposalText, *, first: int = 0) -> None:
        self.scene = scene
        self.text = text
        self.first = first
        self.proposal = 0

    def drafted(self, day: date) -> list[Step]:
        """The coordinator begins it for a representative of the council, and leaves it unfinished."""
        return [(at(day, 16, 20), self._write_for_a_representative)]

    def submitted(self, begun: date, day: date) -> list[Step]:
        """Somebody writes it; a second person puts their name to it."""
        return [(at(begun, 21, 5), self._write_as_staff), (at(day, 14, 30), self._submit)]

    def gathering(self, begun: date, submitted: date, taken_in: date, *, supporters: int) -> list[Step]:
        """The coordinator finds it in scope; so many people support it two days later."""
        return [
            *self.submitted(begun, submitted),
            (at(taken_in, 11), self._take_in),
            (at(taken_in + timedelta(days=2), 13), partial(self._support, supporters)),
        ]

    def referred(self, begun: date, submitted: date, day: date, *, to: str, because: str) -> list[Step]:
        """The coordinator passes it on."""

        async def refer(now: datetime) -> None:
            by = self.scene.officers[Role.COORDINATOR]
            await service.refer(self.scene.session, self.scene.trust, self.proposal, to, because, by=by, now=now)

        return [*self.submitted(begun, submitted), (at(day, 10, 15), refer)]

    def lapsed(self, begun: date, submitted: date, taken_in: date, ends: date, *, supporters: int) -> list[Step]:
        """Too few support it until its time is over."""

        async def lapse(now: datetime) -> None:
            await service.lapse(self.scene.session, self.scene.trust, self.proposal, now=now)

        steps = self.gathering(begun, submitted, taken_in, supporters=supporters)
        return [*steps, (at(ends, 17, 1), lapse)]

    def discussed(self, begun: date, submitted: date, taken_in: date, qualified: date) -> list[Step]:
        """Enough people support it, the last of them on the day `qualified`."""
        steps = self.gathering(begun, submitted, taken_in, supporters=8)
        return [*steps, (at(qualified, 18), partial(self._support, None))]

    def locked(self, begun: date, submitted: date, taken_in: date, qualified: date, locked: date) -> list[Step]:
        """The discussion ends and the text is locked."""

        async def lock(now: datetime) -> None:
            await service.lock(self.scene.session, self.scene.trust, self.proposal, now=now)

        return [*self.discussed(begun, submitted, taken_in, qualified), (at(locked, 17, 1), lock)]

    async def _write_as_staff(self, now: datetime) -> None:
        await self._write(self._author, now)

    async def _write_for_a_representative(self, now: datetime) -> None:
        await self._write(Author(None, self.scene.officers[Role.COORDINATOR]), now)

    async def _write(self, author: Author, now: datetime) -> None:
        session, trust = self.scene.session, self.scene.trust
        self.proposal = await service.begin(session, trust, self.text.title, author=author, now=now)
        for part in PARTS:
            words = getattr(self.text, part)
            if words and part != "title":
                await service.write(session, trust, self.proposal, part, words, author=author, now=now)

    async def _submit(self, now: datetime) -> None:
        session, trust, author = self.scene.session, self.scene.trust, self._author
        second = self.scene.staff()[self.first + 1]
        await service.answer_scope(session, trust, self.proposal, IN_SCOPE, author=author, now=now)
        asked = await service.ask_for_sponsors(session, trust, self.proposal, author=author, now=now)
        await service.put_name_to(session, trust, self.proposal, asked.invitation or "", person=second, now=now)

    async def _take_in(self, now: datetime) -> None:
        by = self.scene.officers[Role.COORDINATOR]
        await service.take_in(self.scene.session, self.scene.trust, self.proposal, by=by, now=now)

    async def _support(self, number: int | None, now: datetime) -> None:
        """The first so many of the staff support it; as many as are needed when no number is given."""
        session, trust = self.scene.session, self.scene.trust
        found = await queries.proposal(session, trust, self.proposal)
        for person in self.scene.staff()[found.supporters : number or found.support_needed]:
            await service.support(session, trust, self.proposal, person=person, now=now)

    @property
    def _author(self) -> Author:
        return Author(self.scene.staff()[self.first])
