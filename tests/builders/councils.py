"""Councils, proposals and elections for tests, made through the services in the order in which life makes them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import ballot_dates, queries, service
from pilot.councils.constitution import Constitution
from pilot.councils.contests import Candidate
from pilot.councils.deadlines import london_day
from pilot.councils.files import calendar
from pilot.councils.proposals import ProposalText, State
from pilot.councils.responses import Answer, Commitment, Decision, Ground
from pilot.councils.service import Author
from pilot.people import queries as people_queries
from pilot.people.roles import Voter
from pilot.voting import queries as ballots
from pilot.voting import service as voting
from pilot.voting.declaration import Declaration, Outcome
from tests.builders.people import a_roll, a_trust
from tests.builders.voting import SCRIPT, a_vote

TEXT = ProposalText(
    title="Rest rooms on every site at night",
    problem="Staff on nights have no place to rest. Some sleep in their cars.",
    change="Open one quiet room on each site from 8pm to 8am.",
    who_decides="The estates board of the trust.",
    measure="Sickness days of staff on nights, and morale in the survey.",
)
NO_TO_ALL = dict.fromkeys(("pay", "case", "named", "patient", "dispute"), False)
COORDINATOR = "account 3"
BOARD_SECRETARY = "account 5"
RETURNING_OFFICER = "account 9"
PROMISE = Commitment("Open a rest room on each site", "Head of estates", date(2028, 3, 1), "Rest rooms open at night")
ACCEPTED = Answer(Decision.ACCEPTED, "The board agrees that staff must rest.", commitments=(PROMISE,))
DECLINED = Answer(Decision.DECLINED, " ".join(["reason"] * 50), ground=Ground.COST)

ROAD = (
    State.DRAFT,
    State.SUBMITTED,
    State.GATHERING,
    State.DELIBERATING,
    State.LOCKED,
    State.BALLOTING,
    State.AWAITING_RESPONSE,
    State.ACKNOWLEDGED,
    State.ACCEPTED,
)


async def staff(session: AsyncSession, trust: str = "RAA", number: int = 40, *, now: datetime) -> list[int]:
    """A pilot trust with a staff roll of so many people, all employed and active; their ids."""
    await a_trust(session, trust)
    await a_roll(session, trust, number, now=now)
    return [one.person_id for one in await people_queries.roll_on(session, trust, london_day(now))]


async def a_council(session: AsyncSession, trust: str = "RAA", *, now: datetime, **numbers: int) -> int:
    """The trust's council with the default constitution, but for `numbers`; its id."""
    return await service.make_council(
        session, trust, "Staff council", by=COORDINATOR, now=now, constitution=Constitution(**numbers)
    )


async def a_draft(session: AsyncSession, author: Author, trust: str = "RAA", *, now: datetime, **words: str) -> int:
    """A complete draft that nobody was asked to sponsor yet; its id."""
    parts = {name: words.get(name, getattr(TEXT, name)) for name in ("problem", "change", "who_decides", "measure")}
    proposal = await service.begin(session, trust, words.get("title", TEXT.title), author=author, now=now)
    for name, text in parts.items():
        await service.write(session, trust, proposal, name, text, author=author, now=now)
    await service.answer_scope(session, trust, proposal, NO_TO_ALL, author=author, now=now)
    return proposal


async def a_proposal(
    session: AsyncSession, people: list[int], state: State, trust: str = "RAA", *, now: datetime, **words: str
) -> tuple[int, datetime]:
    """A proposal of the first two people, as far as `state` on the usual road; its id, and the time then."""
    proposal = await a_draft(session, Author(people[0]), trust, now=now, **words)
    for reached in ROAD[1 : ROAD.index(state) + 1]:
        now = await _go(session, trust, proposal, people, reached, now)
    return proposal, now


def declared(proposal: queries.Proposal, outcome: str = "carried", *, now: datetime) -> Declaration:
    """The declaration of the proposal's ballot at this moment."""
    return Declaration(
        ballot=proposal.ballot or 0, trust=proposal.trust, subject=proposal.subject, title=proposal.text.title,
        question="Yes?", at=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), manifest="0" * 64, rule={},
        outcome=Outcome(outcome), sentence="", entitled=40, voted=30, votes={"yes": 20, "no": 5, "abstain": 5},
        blank=0, spoilt=0, set_aside=0, stamps=30, envelopes=30, spare=0, noticing=(),
    )  # fmt: skip


CANDIDATES = (
    Candidate("Amy Osei", "Bands 2 to 4", "I have been a porter here for nine years."),
    Candidate("Ben Roy", "Bands 5 and above"),
    Candidate("Cat Hill", "Bands 5 and above", "Nights need rest rooms."),
    Candidate("Dev Patel", "Bands 2 to 4"),
    Candidate("Eve Ward", "Bands 5 and above"),
)
"""On the paper they are Cat Hill (1), Amy Osei (2), Dev Patel (3), Ben Roy (4) and Eve Ward (5)."""
LOT = "20270301000000000007"
OPENS_ON, CLOSES_ON = date(2027, 3, 9), date(2027, 3, 23)
COUNTED_AT = datetime(2027, 3, 24, 9, tzinfo=UTC)


async def a_contest(
    session: AsyncSession,
    seats: int = 2,
    candidates: Sequence[Candidate] = CANDIDATES,
    trust: str = "RAA",
    *,
    now: datetime,
) -> int:
    """The draft of an election with these candidates and with dates; its id."""
    contest = await service.draft_contest(session, trust, "Staff council 2027", seats, by=COORDINATOR, now=now)
    for one in candidates:
        await service.add_candidate(session, trust, contest, one, by=COORDINATOR, now=now)
    await service.set_dates(session, trust, contest, OPENS_ON, CLOSES_ON, by=COORDINATOR, now=now)
    return contest


async def declared_elected(session: AsyncSession, contest: int, *names: str, trust: str = "RAA", now: datetime) -> None:
    """Arrange the election and tell councils that these were elected, as a declaration would; nobody votes."""
    ballot = await service.arrange_contest(session, trust, contest, by=COORDINATOR, now=now)
    found = await queries.contest(session, trust, contest)
    news = Declaration(
        ballot=ballot, trust=trust, subject=found.subject, title=found.title, question="Who?",
        at=COUNTED_AT.strftime("%Y-%m-%dT%H:%M:%SZ"), manifest="0" * 64, rule={}, outcome=Outcome("elected"),
        sentence="", entitled=40, voted=0, votes={}, blank=0, spoilt=0, set_aside=0, stamps=0, envelopes=0, spare=0,
        noticing=(), elected=names, empty=found.seats - len(names),
    )  # fmt: skip
    await service.on_declared(session, news)


async def held(
    session: AsyncSession, contest: int, rankings: Mapping[str, int], trust: str = "RAA", *, now: datetime
) -> int:
    """Arrange the election, vote like this ("2>1" for an order of choice), count and declare it; its ballot's id."""
    ballot = await service.arrange_contest(session, trust, contest, by=COORDINATOR, now=now)
    await voting.take_lot(session, ballot, LOT, by=RETURNING_OFFICER, now=now)
    await voting.freeze_electorate(session, ballot, by=RETURNING_OFFICER, now=now, script=SCRIPT)
    row = await ballots.ballot(session, ballot)
    await voting.open_ballot(session, ballot, now=row.opens_at)
    answers = [ranking.split(">") if ranking else [] for ranking, many in rankings.items() for _ in range(many)]
    people = await people_queries.roll_on(session, trust, london_day(now))
    for person, answer in zip(people, answers, strict=False):
        voter = Voter(person.person_id, trust, person.name)
        await a_vote(session, ballot, voter, *answer, now=row.opens_at + timedelta(days=1))
    await voting.close_ballot(session, ballot, now=row.closes_at)
    await voting.tally(session, ballot, now=row.closes_at)
    await voting.open_lot(session, ballot, number=LOT, by=RETURNING_OFFICER, now=row.closes_at)
    await voting.declare_result(session, ballot, by=RETURNING_OFFICER, now=COUNTED_AT, on_declared=service.on_declared)
    return ballot


async def set_aside(session: AsyncSession, ballot: int, *, now: datetime) -> None:
    """A question about the declared result of this ballot is upheld: the result does not count."""
    asked = {"kind": "voter", "name": "Sam Name1", "grounds": "The poster was wrong", "by": RETURNING_OFFICER}
    question = await voting.challenge(session, ballot, **asked, now=now)
    decided = {"reasons": "The poster was wrong", "by": RETURNING_OFFICER, "now": now}
    await voting.uphold(session, ballot, question, **decided, on_set_aside=service.on_set_aside)


async def _go(
    session: AsyncSession, trust: str, proposal: int, people: list[int], to: State, now: datetime
) -> datetime:
    found = await queries.proposal(session, trust, proposal)
    if to is State.SUBMITTED:
        asked = await service.ask_for_sponsors(session, trust, proposal, author=Author(people[0]), now=now)
        await service.put_name_to(session, trust, proposal, asked.invitation or "", person=people[1], now=now)
    elif to is State.GATHERING:
        await service.take_in(session, trust, proposal, by=COORDINATOR, now=now)
    elif to is State.DELIBERATING:
        for person in people[: found.support_needed]:
            await service.support(session, trust, proposal, person=person, now=now)
    elif to is State.LOCKED and found.deliberation_ends_at:
        now = found.deliberation_ends_at
        await service.lock(session, trust, proposal, now=now)
    elif to is State.BALLOTING:
        dates = ballot_dates.propose(london_day(now), Constitution(), calendar())
        await service.put_to_ballot(session, trust, proposal, dates.opens_on, dates.closes_on, by=COORDINATOR, now=now)
        now += timedelta(days=30)
    elif to is State.AWAITING_RESPONSE:
        await service.on_declared(session, declared(found, now=now))
    elif to is State.ACKNOWLEDGED:
        await service.acknowledge(session, trust, proposal, by=BOARD_SECRETARY, now=now)
    elif to is State.ACCEPTED:
        await service.respond(session, trust, proposal, ACCEPTED, by=BOARD_SECRETARY, now=now)
    return now
