"""Fills an empty database with the demonstration, through the same services that people use. All of it or nothing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.councils import service as councils
from pilot.councils.deadlines import add_working_days
from pilot.councils.files import calendar
from pilot.councils.responses import Answer, Commitment, Decision
from pilot.demo import figures, planned, practices, rolls, words
from pilot.demo.asking import rolls_asked, surveys
from pilot.demo.dates import Dates, at, dates
from pilot.demo.polls import Poll, Votes
from pilot.demo.races import Race
from pilot.demo.trusts import ANSWERED, ASKED, VOTING, trusts
from pilot.demo.ways import Scene, Step, Way
from pilot.errors import WrongState
from pilot.metrics import service as metrics
from pilot.metrics.service import MeasureFile
from pilot.people import queries as people
from pilot.people import service as people_service
from pilot.people.roles import Role
from pilot.people.service import RollFile
from pilot.secrecy.files import client_digest
from pilot.settings import Settings
from pilot.store import Store
from pilot.voting import service as voting
from pilot.voting.trustees import Wanted

Say = Callable[[str], None]

BY = "command line"
MADE_UP = "Made up for the demonstration"

VOTES = {
    "answered": Votes({"yes": 164, "no": 73, "abstain": 18}, again=4),
    "overdue": Votes({"yes": 66, "no": 31, "abstain": 5}, again=2),
    "voting": Votes({"yes": 38, "no": 20, "abstain": 3}),
    "elected": Votes(
        {
            "2>3>6": 14,
            "2>1": 12,
            "2>3": 10,
            "1>4>5": 13,
            "1>5": 6,
            "1>3": 5,
            "3>2>6": 9,
            "3>1": 8,
            "4>5>1": 7,
            "4>1>3": 7,
            "6>3>2": 7,
            "6>2>1": 4,
            "5>4>1": 5,
            "5": 3,
            "": 2,
        }
    ),
    "electing": Votes({"3>1": 4, "1>3": 3, "2>4": 3, "4>2>3": 2}),
}
"""How people vote. Both proposals that are over are carried, with or without the votes that changed.

In the election that is over 110 papers name somebody, so the quota is 28. Harjit Dhillon (2) has 36 at once; the 8
above the quota move on. Then Rosa Santos (5) and Lewis Turner (6) are out. At the fourth stage Temi Adeyemi (1) has
30.66664 and Siobhan Farrell (3) 29.33328, and both are elected.
"""

IN_PRODUCTION = "This installation is set to production (PILOT_MODE), so the demonstration is not made here."
NOT_EMPTY = "There are trusts in this database already, so the demonstration is not made here. Nothing was changed."


async def is_empty(store: Store) -> bool:
    """Whether the database has no trusts and no accounts, so that the demonstration may be made."""
    async with store.reading() as session:
        return not await people.trusts_of_programme(session) and not await people.accounts(session)


async def fill(
    store: Store, settings: Settings, now: datetime, say: Say, *, votes: Mapping[str, Votes] = VOTES
) -> None:
    """Make the demonstration as if it had been lived through until `now`; `say` is told of what is being made.

    One transaction: stopped half-way it leaves nothing. Raises WrongState in production, and where trusts are.
    """
    if not settings.demonstration:
        raise WrongState(IN_PRODUCTION)
    async with store.writing() as session:
        if await people.trusts_of_programme(session) or await people.accounts(session):
            raise WrongState(NOT_EMPTY)
        await Story(session, settings, now, say, votes).tell()


class Story:
    """What happened in the demonstration, in the order of time, counted back from today."""

    def __init__(
        self, session: AsyncSession, settings: Settings, now: datetime, say: Say, votes: Mapping[str, Votes]
    ) -> None:
        self.session = session
        self.settings = settings
        self.now = now
        self.say = say
        self.votes = votes
        self.today = now.astimezone(LONDON).date()
        self.dates: Dates = dates(self.today, calendar())
        self.officers: dict[Role, str] = {}
        self.staff: dict[str, list[int]] = {}

    async def tell(self) -> None:
        """Do every step at its moment, the earliest first."""
        for moment, act in sorted(self._steps(), key=lambda step: step[0]):
            if moment > self.now:
                raise AssertionError(f"{act} lies in the future")
            await act(moment)

    def _steps(self) -> list[Step]:
        first = self.dates.begins
        return [
            (at(first, 9), self._programme),
            (at(first, 10), partial(self._roll, ANSWERED, 0, first)),
            (at(first, 10, 30), partial(self._roll, VOTING, 0, first)),
            (at(first, 14), self._councils),
            (at(first, 15), self._plan),
            *self._at_the_answered_trust(),
            *self._at_the_voting_trust(),
            *self._surveys(),
            (at(self._back(3), 11), self._measures),
        ]

    async def _programme(self, now: datetime) -> None:
        """Trusts, accounts and their roles."""
        self.say(f"24 trusts in six matched sets, {len(words.ACCOUNTS)} accounts, staff rolls of 400 people")
        for trust in trusts(figures.starts_on(self.today)):
            await people_service.add_trust(self.session, trust, by=BY, now=now)
        for account in words.ACCOUNTS:
            number = await people_service.add_account(self.session, account.name, account.email, by=BY, now=now)
            for grant in account.grants:
                await people_service.grant_role(self.session, number, grant, by=BY, now=now)
            self.officers[account.role] = f"account {number}"
        scrutineer = next(one for one in words.ACCOUNTS if one.role is Role.TRUSTEE)
        wanted = Wanted(scrutineer.name, scrutineer.email, "scrutineer", words.SCRUTINEER_DEPUTY)
        for code in words.COUNCILS:
            await voting.invite(self.session, code, wanted, by=self.officers[Role.RETURNING_OFFICER], now=now)

    async def _roll(self, trust: str, edition: int, as_at: date, now: datetime) -> None:
        name = f"{trust}_staff_in_post_{as_at.isoformat()}.csv"
        file = RollFile(name, rolls.roll_file(trust, as_at, edition=edition), as_at)
        by = self.officers[Role.COORDINATOR]
        await people_service.load_roll(self.session, trust, file, by=by, now=now)
        ids = {one.employee_number: one.person_id for one in await people.roll_on(self.session, trust, as_at)}
        self.staff[trust] = [ids[number] for number in rolls.lasting(trust)]

    async def _councils(self, now: datetime) -> None:
        by, since = self.officers[Role.COORDINATOR], figures.starts_on(self.today)
        for trust, name in words.COUNCILS.items():
            await councils.make_council(self.session, trust, name, by=by, now=now, effective_from=since)
            for body, holder in words.SEATS[trust]:
                held_from = since if holder else None
                await councils.seat(self.session, trust, body, holder, held_from=held_from, by=by, now=now)

    async def _plan(self, now: datetime) -> None:
        by = self.officers[Role.EVALUATOR]
        await metrics.load_plan(self.session, planned.NAME, planned.study_plan(self.today), by=by, now=now)

    def _at_the_answered_trust(self) -> list[Step]:
        scene, path = self._scene(ANSWERED), self.dates.answered
        hot_food = Way(scene, words.HOT_FOOD)
        poll = self._poll(hot_food, "answered")
        return [
            (at(path.roll_imported, 9), partial(self._roll, ANSWERED, 0, path.roll_as_at)),
            (at(path.frozen, 16), partial(self._codes, ANSWERED)),
            *self._saying(
                at(path.opens, 7), f"A vote with {self.votes['answered'].people} sealed papers, counted and declared"
            ),
            *poll.declared(),
            *self._saying(
                at(path.opens, 7, 1),
                f"An election with {self.votes['elected'].people} sealed papers, counted stage by stage and declared",
            ),
            *self._race(scene, words.ELECTED, "answered", "elected").declared(),
            (at(self.dates.acknowledged, 12), partial(self._acknowledge, hot_food)),
            (at(self.dates.responded, 15), partial(self._respond, hot_food)),
            (at(self._back(12), 9), partial(self._roll, ANSWERED, 1, self._back(14))),
            *Way(scene, words.CAR_PARK, first=20).lapsed(
                self._back(45), self._back(43), self._back(41), self._back(41) + timedelta(days=28), supporters=7
            ),
            *Way(scene, words.SUNDAYS, first=24).referred(
                self._back(18), self._back(16), self._back(14), to=words.REFERRED_TO, because=words.REFERRED_BECAUSE
            ),
            *Way(scene, words.TRAINING, first=4).discussed(
                self._back(17), self._back(15), self._back(13), self._back(5)
            ),
            *Way(scene, words.CHARGING).drafted(self._back(2)),
        ]

    def _at_the_voting_trust(self) -> list[Step]:
        scene, before, path = self._scene(VOTING), self.dates.overdue, self.dates.voting
        rotas = self._poll(Way(scene, words.ROTAS), "overdue")
        room = self._poll(Way(scene, words.BREAK_ROOM, first=6), "voting")
        race = self._race(scene, words.ELECTING, "voting", "electing")
        told = self.dates.voting.opens + timedelta(days=1)
        return [
            (at(before.roll_imported, 9), partial(self._roll, VOTING, 0, before.roll_as_at)),
            (at(before.frozen, 16), partial(self._codes, VOTING)),
            *self._saying(
                at(before.opens, 7), f"A vote with {self.votes['overdue'].people} sealed papers, counted and declared"
            ),
            *rotas.declared(),
            (at(path.roll_imported, 9), partial(self._roll, VOTING, 1, path.roll_as_at)),
            (at(path.frozen, 16), partial(self._codes, VOTING)),
            *self._saying(
                at(path.opens, 7), "A vote and an election that are open now, with the first papers in the box"
            ),
            *room.opened(),
            *race.opened(),
            *(room.turnout_told(told) if at(told, 8, 5) <= self.now else []),
            *(race.turnout_told(told) if at(told, 8, 5) <= self.now else []),
            *Way(scene, words.LEAVE_ONLINE, first=10).gathering(
                self._back(14), self._back(11), self._back(8), supporters=12
            ),
            *Way(scene, words.BADGES, first=14).submitted(self._back(4), self._back(1)),
        ]

    def _surveys(self) -> list[Step]:
        over, now_open = surveys(self.dates, self._scene(VOTING), self.staff, client_digest(self.settings.static))
        return [
            *((at(day, 9, 30), partial(self._roll, ASKED, 0, as_at)) for day, as_at in rolls_asked(self.dates)),
            *self._saying(at(self.dates.overdue.frozen, 15, 9), f"A survey with {over.papers} sealed papers, released"),
            *over.released(),
            *self._saying(at(self.dates.voting.frozen, 15, 9), "A survey that is open now"),
            *now_open.opened(),
        ]

    async def _measures(self, now: datetime) -> None:
        self.say("Morale and motivation in six waves, headcount and leavers in 36 months")
        all_trusts, by = trusts(figures.starts_on(self.today)), self.officers[Role.EVALUATOR]
        files = (
            ("staff_views_six_waves.csv", figures.waves_file(all_trusts, self.today), "Other measures"),
            ("workforce_36_months.csv", figures.months_file(all_trusts, self.today), "Workforce figures"),
            ("management_two_waves.csv", practices.shares_file(all_trusts, self.today), "Management practice"),
            ("managers_trained.csv", practices.training_file(all_trusts, self.today), "Other measures"),
        )
        for name, content, instrument in files:
            file = MeasureFile(name, content, instrument, f"{self.today:%B %Y}", MADE_UP)
            await metrics.load_measures(self.session, file, by=by, now=now)
        content = practices.ratings_file(all_trusts, self.today)
        ratings = MeasureFile("cqc_ratings.csv", content, "", f"{self.today:%B %Y}", MADE_UP, "", "ratings")
        await metrics.load_measures(self.session, ratings, by=by, now=now)

    async def _acknowledge(self, way: Way, now: datetime) -> None:
        by = self.officers[Role.BOARD_SECRETARY]
        await councils.acknowledge(self.session, ANSWERED, way.proposal, by=by, now=now)

    async def _respond(self, way: Way, now: datetime) -> None:
        commitments = tuple(
            Commitment(what, owner, self.today + timedelta(days=days), measure)
            for what, owner, days, measure in words.COMMITMENTS
        )
        answer = Answer(Decision.ACCEPTED, words.BOARD_REASONS, commitments=commitments)
        by = self.officers[Role.BOARD_SECRETARY]
        await councils.respond(self.session, ANSWERED, way.proposal, answer, by=by, now=now)

    async def _codes(self, trust: str, now: datetime) -> None:
        by = self.officers[Role.RETURNING_OFFICER]
        await people_service.issue_codes(self.session, self.settings, trust, by=by, now=now)

    def _scene(self, trust: str) -> Scene:
        return Scene(self.session, trust, self.officers, lambda: self.staff[trust])

    def _poll(self, way: Way, name: str) -> Poll:
        shown = rolls.shown_voter(way.scene.trust).employee_number
        script = client_digest(self.settings.static)
        return Poll(way, getattr(self.dates, name), self.votes[name], script, stays_away=shown)

    def _race(self, scene: Scene, stand: words.Stand, path: str, name: str) -> Race:
        shown = rolls.shown_voter(scene.trust).employee_number
        script = client_digest(self.settings.static)
        return Race(scene, stand, getattr(self.dates, path), self.votes[name], script, stays_away=shown)

    def _saying(self, moment: datetime, sentence: str) -> Sequence[Step]:
        async def tell(_now: datetime) -> None:
            self.say(sentence)

        return [(moment, tell)]

    def _back(self, working_days: int) -> date:
        return add_working_days(self.today, -working_days, calendar())
