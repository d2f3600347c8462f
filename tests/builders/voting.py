"""Ballots with their voters, for tests: arranged, frozen, voted in and declared through the services."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.people import queries as people
from pilot.people import service as people_service
from pilot.people.roles import Voter
from pilot.people.service import RollFile
from pilot.people.trusts import Trust
from pilot.secrecy import filling
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from pilot.voting.ballots import Missed
from pilot.voting.declaration import Declaration
from pilot.voting.service import BallotSpec, Election, Majority
from tests.builders import trustees as own
from tests.builders.remembering import made_once
from tests.builders.secrecy import chance

ARRANGED = datetime(2027, 3, 1, 9, tzinfo=UTC)
OPENS = datetime(2027, 3, 3, 8, tzinfo=UTC)
NIGHT = datetime(2027, 3, 5, 3, 12, 44, tzinfo=UTC)
CLOSES = datetime(2027, 3, 17, 17, tzinfo=UTC)
DECLARED = CLOSES + timedelta(hours=16)
SCRIPT = "5c" * 32
OFFICER = "account 1"


class Ask(msgspec.Struct):
    """What is asked; a test changes what it cares for."""

    trust: str = "RAA"
    title: str = "Night canteen"
    question: str = "Should the canteen open at night?"
    text: str = "The canteen opens from 10pm to 4am."
    subject: str = "proposal 1"
    opens_at: datetime = OPENS
    closes_at: datetime = CLOSES


def a_spec(**changes: object) -> BallotSpec:
    """Changes to the ballot itself, or to the parts of its majority."""
    parts = {name: changes.pop(name) for name in Majority.__struct_fields__ if name in changes}
    asked = {"ask": Majority(**parts)} | changes
    return BallotSpec(**(msgspec.structs.asdict(Ask()) | asked))


@made_once
async def a_roll(session: AsyncSession, size: int = 25, *, trust: str = "RAA", as_at: date = date(2027, 2, 26)) -> None:
    """A trust with a staff roll: every person active and employed, but for one agency worker at the end."""
    if trust not in {one.ods_code for one in await people.trusts_of_programme(session)}:
        made = Trust(trust, f"Trust {trust}", "pilot", matched_set="A", starts_on=date(2027, 1, 1))
        await people_service.add_trust(session, made, by=OFFICER, now=ARRANGED)
    rows = [HEADINGS, *(_line(trust, number, last=number == size) for number in range(size + 1))]
    file = RollFile("roll.csv", "\n".join(rows).encode(), as_at)
    now = datetime.combine(max(as_at, ARRANGED.date()), ARRANGED.timetz())
    await people_service.load_roll(session, trust, file, by=OFFICER, now=now)


HEADINGS = (
    "Employee Number,Last Name,First Name,ODS Code,Department,Location,Staff Group,Job Role,"
    "Assignment Category,Assignment Status"
)


def _line(trust: str, number: int, *, last: bool) -> str:
    group = "Estates and Ancillary" if number % 2 else "Nursing and Midwifery Registered"
    category = "Agency" if last else "Permanent"
    return f"{10000001 + number},Name{number},Sam,{trust},Ward {number % 4},Main site,{group},Porter,{category},Active"


async def an_arranged_ballot(session: AsyncSession, **changes: object) -> int:
    return await service.arrange(session, a_spec(**changes), by=OFFICER, now=ARRANGED)


@made_once
async def a_frozen_ballot(session: AsyncSession, voters: int = 25, **changes: object) -> int:
    """A ballot with its list of voters and its box; the trust and its roll are made with it."""
    await a_roll(session, voters, trust=str(changes.get("trust", "RAA")))
    ballot = await an_arranged_ballot(session, **changes)
    await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)
    return ballot


FOUR = ("Amy Osei", "Ben Roy", "Cat Hill", "Dan Webb")
LOT = "01234567890123456789"
"""The number for lots of every election made here."""


def an_election(**changes: object) -> Election:
    """Four people for two seats by Scottish STV; a test changes what it cares for."""
    parts = {"rule": "scottish-stv", "seats": 2, "candidates": FOUR}
    return Election(**(parts | changes))


async def an_arranged_election(session: AsyncSession, ask: Election | None = None, **changes: object) -> int:
    """An election of a trust that has its roll, without a number for lots; its id."""
    words = {
        "title": "Staff council",
        "question": "Who should sit on the staff council?",
        "text": "The staff council has seats for two years.",
        "subject": "an election",
    }
    return await an_arranged_ballot(session, ask=ask or an_election(), **(words | changes))


@made_once
async def a_frozen_election(
    session: AsyncSession, ask: Election | None = None, *, voters: int = 25, lot: str = LOT, **changes: object
) -> int:
    """An election with its number for lots, its list of voters and its box; the trust and its roll are made with it."""
    await a_roll(session, voters, trust=str(changes.get("trust", "RAA")))
    ballot = await an_arranged_election(session, ask, **changes)
    await service.take_lot(session, ballot, lot, by=OFFICER, now=ARRANGED)
    await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)
    return ballot


async def rankings_cast(session: AsyncSession, ballot: int, rankings: Mapping[str, int]) -> list[bytes]:
    """The first voters vote like this, "3>1" for an order of choice and "" for a blank paper; their papers."""
    answers = [ranking.split(">") if ranking else [] for ranking, many in rankings.items() for _ in range(many)]
    voters = await the_voters(session, ballot)
    if len(answers) > len(voters):
        raise ValueError(f"There are {len(answers)} papers and only {len(voters)} voters.")
    return [await a_vote(session, ballot, voter, *answer) for voter, answer in zip(voters, answers, strict=False)]


@made_once
async def a_voted_election(
    session: AsyncSession, rankings: Mapping[str, int], ask: Election | None = None, **changes: object
) -> int:
    """An election in which these papers are cast; it has enough voters, and is open by the clock at NIGHT."""
    voters = max(25, sum(rankings.values()))
    ballot = await a_frozen_election(session, ask, **({"voters": voters} | changes))
    await rankings_cast(session, ballot, rankings)
    return ballot


@made_once
async def a_closed_election(
    session: AsyncSession, rankings: Mapping[str, int], ask: Election | None = None, **changes: object
) -> int:
    """An election whose sealed votes are opened: it waits for its number for lots."""
    ballot = await a_voted_election(session, rankings, ask, **changes)
    await counted(session, ballot)
    return ballot


@made_once
async def a_counted_election(
    session: AsyncSession,
    rankings: Mapping[str, int],
    ask: Election | None = None,
    *,
    lost: str = "",
    **changes: object,
) -> int:
    """An election that waits to be declared; its number for lots was opened, or was `lost` for this reason."""
    ballot = await a_closed_election(session, rankings, ask, **changes)
    number = "" if lost else str(changes.get("lot", LOT))
    await service.open_lot(session, ballot, number=number, lost=lost, by=OFFICER, now=CLOSES)
    return ballot


@made_once
async def a_declared_election(
    session: AsyncSession, rankings: Mapping[str, int], ask: Election | None = None, **changes: object
) -> tuple[int, Declaration]:
    """An election with its result; its id and what was declared."""
    ballot = await a_counted_election(session, rankings, ask, **changes)
    return ballot, await service.declare_result(session, ballot, by=OFFICER, now=DECLARED, on_declared=nobody_is_told)


async def the_voters(session: AsyncSession, ballot: int) -> list[Voter]:
    """Everybody on the list of voters."""
    row = await queries.ballot(session, ballot)
    found = []
    for person in await people.roll_on(session, row.trust, ARRANGED.date()):
        if await queries.elector(session, ballot, person.person_id):
            found.append(Voter(person.person_id, row.trust, person.name))
    return found


async def a_sealed_vote(
    session: AsyncSession, ballot: int, voter: Voter, *answer: str, now: datetime = NIGHT
) -> tuple[bytes, bytes]:
    """A stamped paper of this voter and its envelope, not yet cast; several options in the order of choice."""
    row = await queries.ballot(session, ballot)
    text = await secrecy.manifest_of(session, row.box_id or 0)
    filled = fill(text, *answer)
    signature = await service.stamp(session, ballot, voter, filled.blinded, now=now)
    return filled.paper, filling.seal_up(manifests.read(text), manifests.digest(text), filled, signature)


def fill(text: bytes, *answer: str) -> filling.Filled:
    """A paper with this answer for the manifest with this text."""
    manifest = manifests.read(text)
    n = manifests.stamp.read_public(manifest.stamp_key).n
    return filling.fill(manifest, manifests.digest(text), [answer], chance(n))


async def a_vote(session: AsyncSession, ballot: int, voter: Voter, *answer: str, now: datetime = NIGHT) -> bytes:
    """Stamp and cast; the paper."""
    paper, envelope = await a_sealed_vote(session, ballot, voter, *answer, now=now)
    await service.cast(session, ballot, voter, envelope, now=now)
    return paper


async def votes(session: AsyncSession, ballot: int, answers: Sequence[str]) -> list[bytes]:
    """The first voters vote like this; their papers."""
    voters = await the_voters(session, ballot)
    return [await a_vote(session, ballot, voter, answer) for voter, answer in zip(voters, answers, strict=False)]


async def nobody_is_told(_session: AsyncSession, _news: Declaration | Missed) -> None:
    """Stands where the application tells councils."""


async def counted(session: AsyncSession, ballot: int) -> None:
    """Open, close, peel and count; an election then waits for its number for lots."""
    await service.open_ballot(session, ballot, now=OPENS)
    await service.close_ballot(session, ballot, now=CLOSES)
    await service.tally(session, ballot, now=CLOSES)


async def declared(session: AsyncSession, ballot: int) -> Declaration:
    """Open, close, count and declare a question."""
    await counted(session, ballot)
    return await service.declare_result(session, ballot, by=OFFICER, now=DECLARED, on_declared=nobody_is_told)


NOTICED = CLOSES + timedelta(hours=1)
OPENED = NOTICED + timedelta(hours=24)
"""When the notices went out, and the first moment at which sealed votes with own keys are opened."""


async def an_own_key_ballot(
    session: AsyncSession,
    custody: Sequence[str] = ("own", "own", "own"),
    *,
    voters: int = 25,
    signed: bool = True,
    real: bool = True,
    **changes: object,
) -> tuple[int, list[own.OwnTrustee]]:
    """A frozen ballot whose trustees keep their own keys, where `custody` says so, and have signed.

    Its id and those trustees, in the order of opening; with `real` the rules of production hold.
    """
    trust = str(changes.get("trust", "RAA"))
    await a_roll(session, voters, trust=trust)
    everybody = own.three_trustees()
    if len(custody) == 2:
        everybody = [everybody[0], everybody[-1]]
    mine = [one for one, kept in zip(everybody, custody, strict=True) if kept == "own"]
    for one in mine:
        await own.confirmed(session, one, by=OFFICER, now=ARRANGED, trust=trust)
    arranging = an_arranged_election if isinstance(changes.get("ask"), Election) else an_arranged_ballot
    ballot = await arranging(session, **changes)
    if arranging is an_arranged_election:
        await service.take_lot(session, ballot, LOT, by=OFFICER, now=ARRANGED)
    chosen = [one.id if kept == "own" else None for one, kept in zip(everybody, custody, strict=True)]
    await service.choose(session, ballot, chosen, by=OFFICER, now=ARRANGED, real=real)
    await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT, real=real)
    for one in mine if signed else ():
        await own.signs(session, ballot, one, now=ARRANGED)
    return ballot, mine


async def noticed(session: AsyncSession, ballot: int) -> None:
    """Open and close by the clock, and the notices go out to everybody."""
    await service.open_ballot(session, ballot, now=OPENS)
    await service.close_ballot(session, ballot, now=CLOSES)
    row = await queries.ballot(session, ballot)
    await service.record_notices(session, ballot, count=row.voter_count or 0, by=OFFICER, now=NOTICED)


async def all_opened(
    session: AsyncSession, ballot: int, mine: Sequence[own.OwnTrustee], *, now: datetime = OPENED
) -> None:
    """Every trustee opens in turn, the server between them by the clock; then the papers are counted."""
    for one in mine:
        await service.tally(session, ballot, now=now)
        await own.opens(session, ballot, one, now=now)
    await service.tally(session, ballot, now=now)
