"""The way of one made-up election to a council through the real services."""

from datetime import datetime

from pilot.councils import service as councils
from pilot.demo.dates import Path
from pilot.demo.polls import Polling, Votes
from pilot.demo.ways import Scene
from pilot.demo.words import Stand
from pilot.people.roles import Role
from pilot.voting import service

LOT = "31415926535897932384"
"""The number for lots of every election here. In life only the returning officer knows it before the close."""


class Race(Polling):
    """An election with its candidates. Everybody knows its number for lots, so that everybody can open it."""

    def __init__(self, scene: Scene, stand: Stand, path: Path, votes: Votes, script: str, *, stays_away: str) -> None:
        super().__init__(scene, path, votes, script, stays_away=stays_away)
        self.stand = stand

    async def arrange(self, now: datetime) -> None:
        """The coordinator drafts the election and arranges its vote; the number for lots is taken."""
        session, trust, stand = self.scene.session, self.scene.trust, self.stand
        by = self.scene.officers[Role.COORDINATOR]
        contest = await councils.draft_contest(session, trust, stand.title, stand.seats, by=by, now=now)
        for one in stand.candidates:
            await councils.add_candidate(session, trust, contest, one, by=by, now=now)
        for kept in stand.kept:
            await councils.keep_seats(session, trust, contest, kept, by=by, now=now)
        await councils.set_dates(session, trust, contest, self.path.opens, self.path.closes, by=by, now=now)
        self.ballot = await councils.arrange_contest(session, trust, contest, by=by, now=now)
        officer = self.scene.officers[Role.RETURNING_OFFICER]
        await service.take_lot(session, self.ballot, LOT, by=officer, now=now)

    async def tally(self, now: datetime) -> None:
        """The sealed votes are opened; the returning officer opens the number, and the papers are counted."""
        await super().tally(now)
        by = self.scene.officers[Role.RETURNING_OFFICER]
        await service.open_lot(self.scene.session, self.ballot, number=LOT, by=by, now=now)
