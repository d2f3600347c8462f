"""Before the sealed votes are opened: the scrutineer's list, the notices, and what people object to."""

from datetime import datetime
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from pilot.people import queries as people
from pilot.people.roles import Officer, Role
from pilot.secrecy import service as secrecy
from pilot.voting import queries
from pilot.voting.lifecycle import OVER, UNOPENED, WORDS, State, move
from pilot.voting.notices import Line, write_list
from pilot.voting.service.arranging import advance
from pilot.voting.service.noting import note
from pilot.voting.tables import BallotRow, ObjectionRow, TrusteeRow

LISTED = (State.FROZEN, State.OPEN, State.SUSPENDED, State.CLOSED)
"""Where the scrutineer needs the list: from the fixing of the list until the notices went out."""

OPENED = "The sealed votes have been opened. After the declaration the result itself can be questioned."
NOT_THE_SCRUTINEER = "This page is for the independent scrutineer of this vote, who opens its sealed votes first."
NO_NOTICES = "This server holds the keys of this vote, so nobody tells the voters what is recorded for them."


class List(Struct, frozen=True):
    """The list of voters for the scrutineer. `root` is over the numbers, as it was promised; `mark` is of the file."""

    content: bytes
    size: int
    root: str
    mark: str


async def scrutineer_of(session: AsyncSession, row: BallotRow) -> TrusteeRow:
    """The trustee who opens first, with keys of their own. Raises WrongState where the server holds that key."""
    order = await queries.opening_order(session, row.id)
    if not order or order[0][1] is None:
        raise WrongState(NO_NOTICES)
    return order[0][1]


async def to_notice(session: AsyncSession, trust: str, ballot_id: int, officer: Officer) -> BallotRow:
    """A ballot of this trust with keys of its trustees, for its scrutineer or its returning officer.

    Raises NotFound, WrongState where the server holds the keys, and NotAllowed for another trustee.
    """
    row = await queries.ballot_of(session, trust, ballot_id)
    await scrutineer_of(session, row)
    if not officer.holds(Role.RETURNING_OFFICER, trust=trust):
        await check_scrutineer(session, row, officer)
    return row


async def check_scrutineer(session: AsyncSession, row: BallotRow, officer: Officer) -> None:
    """Raises NotAllowed for anybody but the scrutineer of this ballot, WrongState where the server holds that key."""
    if (await scrutineer_of(session, row)).account_id != officer.account_id:
        raise NotAllowed(NOT_THE_SCRUTINEER)


async def voters_list(session: AsyncSession, trust: str, ballot_id: int, officer: Officer, *, now: datetime) -> List:
    """The list of voters with their numbers, for the scrutineer alone; that they took it is written down.

    From the fixing of the list until the notices went out.
    """
    row = await queries.ballot_of(session, trust, ballot_id)
    await check_scrutineer(session, row, officer)
    if row.state not in LISTED:
        raise WrongState("The list can be downloaded from when it is fixed until the notices were sent.")
    roll = (await secrecy.promise(session, queries.box(row))).manifest.roll
    content = write_list(await _lines(session, row))
    found = List(content, roll.size, roll.root, sha256(content).hexdigest())
    await note(session, row, "list for notices taken", by=officer.actor, now=now, people=found.size, file=found.mark)
    return found


async def _lines(session: AsyncSession, row: BallotRow) -> list[Line]:
    """Everybody on the list of voters, with where they work as the roll of that day has it."""
    electors = await queries.electors(session, row.id)
    day = row.frozen_on
    if day is None:
        raise NotFound("The list of voters is not fixed yet.")
    known = {one.person_id: one for one in await people.roll_on(session, row.trust, day)}
    ever = {found[0]: (number, found) for number, found in (await people.persons(session, row.trust)).items()}
    lines = []
    for person, v in electors.items():
        number, (_, last, first) = ever[person]
        job = known[person].primary if person in known else None
        lines.append(Line(number, first, last, job.unit if job else "", job.site if job else "", v))
    return lines


async def record_notices(session: AsyncSession, ballot_id: int, *, count: int, by: str, now: datetime) -> None:
    """Write down, for good and for everybody, that the notices went out to so many people.

    The sealed votes are opened a day later at the earliest. Refuses more people than are on the list.
    """
    row = await queries.held(session, ballot_id)
    move(State(row.state), "notice")
    await scrutineer_of(session, row)
    if not 1 <= count <= (row.voter_count or 0):
        words = f"The list of voters has {row.voter_count:,} people. Enter a number from 1 to {row.voter_count:,}"
        raise BadInput("There is a problem", {"count": words})
    await advance(session, row, "notice", noticed_at=now, noticed_count=count)
    await secrecy.notice(session, queries.box(row), count)
    await note(session, row, "notices sent", by=by, now=now, people=count)


async def why_no_objection(session: AsyncSession, row: BallotRow) -> str:
    """Why nobody can object to what is recorded now, in a sentence; "" while they can.

    That is from the close until a sealed vote was opened.
    """
    if row.state in (State.ARRANGED, State.FROZEN, State.OPEN, State.SUSPENDED):
        return "Voting has not closed yet, so nobody has been told what is recorded for them."
    if row.state in OVER:
        return f"This vote {WORDS[State(row.state)]}."
    layer = await secrecy.next_layer(session, queries.box(row)) if row.state in UNOPENED else None
    return OPENED if layer is None or layer.number > 1 else ""


async def object_to(
    session: AsyncSession, ballot_id: int, *, kind: str, name: str, text: str, by: str, now: datetime
) -> int:
    """Write down what somebody says against what is recorded for them; its id. The sealed votes wait for it."""
    row = await queries.held(session, ballot_id)
    await scrutineer_of(session, row)
    if why_not := await why_no_objection(session, row):
        raise WrongState(why_not)
    made = ObjectionRow(ballot_id=row.id, kind=kind, name=name, text=text, made_at=now, taken_by=by)
    session.add(made)
    await session.flush()
    await note(session, row, "objection recorded", by=by, now=now, objection=made.id, kind=kind)
    return made.id


async def settle(
    session: AsyncSession, ballot_id: int, objection_id: int, *, outcome: str, finding: str, by: str, now: datetime
) -> None:
    """Write down how an objection ended, and why. Refuses one that has ended."""
    row = await queries.held(session, ballot_id)
    found = await queries.objection(session, ballot_id, objection_id)
    ended = {"outcome": outcome, "finding": finding, "settled_by": by, "settled_at": now}
    changed = await session.execute(
        update(ObjectionRow).where(ObjectionRow.id == found.id, ObjectionRow.settled_at.is_(None)).values(**ended)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This objection was settled already.")
    await session.refresh(found)
    await note(session, row, "objection settled", by=by, now=now, objection=found.id, outcome=outcome)
