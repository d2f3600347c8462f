"""The way of one made-up ballot through the real services: arranged, frozen, voted in, counted and declared."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct

from pilot.councils import service as councils
from pilot.councils.deadlines import add_working_days
from pilot.councils.files import calendar
from pilot.demo.dates import Path, at
from pilot.demo.voters import Voters
from pilot.demo.ways import Act, Scene, Step, Way
from pilot.people import queries as people
from pilot.people.roles import Role
from pilot.voting import service
from pilot.voting.lifecycle import CHALLENGE_DAYS


class Votes(Struct, frozen=True):
    """How people vote: the answers of all papers that are cast, and how many people change their vote."""

    answers: Mapping[str, int]
    again: int = 0

    @property
    def people(self) -> int:
        """How many people vote."""
        return sum(self.answers.values()) - self.again


class Polling(ABC):
    """One ballot. `script` is the fingerprint of the script that seals in browsers.

    `stays_away` is the employee number of somebody who does not vote.
    """

    def __init__(self, scene: Scene, path: Path, votes: Votes, script: str, *, stays_away: str) -> None:
        self.scene = scene
        self.path = path
        self.votes = votes
        self.script = script
        self.stays_away = stays_away
        self.ballot = 0
        self._voters = Voters(0, scene.trust, (), {})

    def before(self) -> list[Step]:
        """What comes before the ballot is arranged."""
        return []

    @abstractmethod
    async def arrange(self, now: datetime) -> None:
        """Arrange the ballot."""

    def opened(self) -> list[Step]:
        """Up to the evening of the first day: two in three of those who vote have voted by noon."""
        path, first = self.path, self.votes.people * 2 // 3
        return [
            *self.before(),
            (at(path.arranged, 10), self.arrange),
            (at(path.frozen, 15), self._freeze),
            (at(path.opens, 8), self._open),
            (at(path.opens, 12), self._voting(first)),
            (at(path.opens, 21), self._voting(self.votes.people - first)),
        ]

    def turnout_told(self, day: date) -> list[Step]:
        """In the morning of the day the number of votes is published."""
        return [(at(day, 8, 5), self._tell_turnout)]

    def declared(self) -> list[Step]:
        """Some vote again; it closes, is counted, declared on the next working day, and final three weeks later."""
        path = self.path
        declared = add_working_days(path.closes, 1, calendar())
        return [
            *self.opened(),
            *self.turnout_told(path.opens + timedelta(days=1)),
            (at(path.closes - timedelta(days=3), 3, 10), self._vote_again),
            (at(path.closes, 17), self._close),
            (at(path.closes, 17, 1), self.tally),
            (at(declared, 9, 30), self._declare),
            (at(declared + timedelta(days=CHALLENGE_DAYS), 9, 30), self._finish),
        ]

    async def _freeze(self, now: datetime) -> None:
        by = self.scene.officers[Role.RETURNING_OFFICER]
        electorate = await service.freeze_electorate(
            self.scene.session, self.ballot, by=by, now=now, script=self.script
        )
        roll = await people.roll_on(self.scene.session, self.scene.trust, electorate.day)
        away = {one.person_id for one in roll if one.employee_number == self.stays_away}
        entitled = [person for person in electorate.people if person not in away]
        self._voters = Voters(self.ballot, self.scene.trust, entitled, self.votes.answers)

    async def _open(self, now: datetime) -> None:
        await service.open_ballot(self.scene.session, self.ballot, now=now)

    def _voting(self, number: int) -> Act:
        async def vote(now: datetime) -> None:
            await self._voters.vote(self.scene.session, number, now=now)

        return vote

    async def _vote_again(self, now: datetime) -> None:
        await self._voters.vote_again(self.scene.session, self.votes.again, now=now)

    async def _tell_turnout(self, now: datetime) -> None:
        await service.tell_turnout(self.scene.session, self.ballot, now=now)

    async def _close(self, now: datetime) -> None:
        await service.close_ballot(self.scene.session, self.ballot, now=now)

    async def tally(self, now: datetime) -> None:
        """Have the sealed votes opened."""
        await service.tally(self.scene.session, self.ballot, now=now)

    async def _declare(self, now: datetime) -> None:
        by = self.scene.officers[Role.RETURNING_OFFICER]
        await service.declare_result(self.scene.session, self.ballot, by=by, now=now, on_declared=councils.on_declared)

    async def _finish(self, now: datetime) -> None:
        await service.finish(self.scene.session, self.ballot, now=now)


class Poll(Polling):
    """The ballot on the proposal of `way`."""

    def __init__(self, way: Way, path: Path, votes: Votes, script: str, *, stays_away: str) -> None:
        super().__init__(way.scene, path, votes, script, stays_away=stays_away)
        self.way = way

    def before(self) -> list[Step]:
        """The proposal finds support and is discussed."""
        path, locked = self.path, self.path.qualified + timedelta(days=14)
        return self.way.locked(path.begun, path.submitted, path.taken_in, path.qualified, locked)

    async def arrange(self, now: datetime) -> None:
        """The coordinator puts the proposal to a ballot."""
        self.ballot = await councils.put_to_ballot(
            self.scene.session,
            self.scene.trust,
            self.way.proposal,
            self.path.opens,
            self.path.closes,
            by=self.scene.officers[Role.COORDINATOR],
            now=now,
        )
