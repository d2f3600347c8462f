"""The number for lots of an election: taken before its list of voters is fixed, opened after the close."""

import hashlib
import hmac
import secrets
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.errors import BadInput, WrongState
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.settings import Settings
from pilot.voting import queries
from pilot.voting.count import lot as lots
from pilot.voting.lifecycle import WORDS, State, move
from pilot.voting.service.arranging import advance
from pilot.voting.service.counting import counted_election, figures
from pilot.voting.tables import BallotRow


def a_number() -> str:
    """A new number for lots: 20 digits that nobody can guess."""
    return "".join(str(secrets.randbelow(10)) for _ in range(lots.DIGITS))


def sealed_number(settings: Settings, ballot_id: int, number: str, *, by: str) -> str:
    """What goes with a new number to the page of this officer, so that no number of their own can be taken."""
    text = f"pilot number for lots {ballot_id} {by} {number}"
    return hmac.new(settings.secret_key, text.encode(), hashlib.sha256).hexdigest()


def check_sealed(settings: Settings, ballot_id: int, number: str, seal: str, *, by: str) -> None:
    """Raises WrongState for a number that was not made here for this election and this officer."""
    expected = sealed_number(settings, ballot_id, "".join(number.split()), by=by)
    if not hmac.compare_digest(seal.encode(), expected.encode()):
        raise WrongState("This number was not made for this page. Load the page again and take the number on it.")


async def to_take_lot(session: AsyncSession, trust: str, ballot_id: int) -> BallotRow:
    """An election of this trust that can still be given a number for lots. Raises NotFound, or WrongState."""
    row = await queries.ballot_of(session, trust, ballot_id)
    queries.election_of(row)
    if row.state != State.ARRANGED:
        raise WrongState("The number for lots is taken before the list of voters is fixed. It cannot be taken now.")
    return row


async def take_lot(session: AsyncSession, ballot_id: int, number: str, *, by: str, now: datetime) -> None:
    """Keep the mark of this number, in place of an earlier one; the number itself is not kept.

    Raises WrongState when the list of voters is fixed, and BadInput for what is no such number.
    """
    row = await queries.held(session, ballot_id)
    await to_take_lot(session, row.trust, ballot_id)
    digits = _digits(number)
    changed = await session.execute(
        update(BallotRow)
        .where(BallotRow.id == row.id, BallotRow.state == State.ARRANGED)
        .values(lot_mark=lots.mark(digits))
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This vote has just moved on. Load the page again.")
    await session.refresh(row)
    await record(
        session,
        at=now,
        actor=by,
        verb="number for lots taken",
        subject=f"ballot {row.id}",
        trust=row.trust,
        detail={"mark": row.lot_mark},
    )


async def to_open_lot(session: AsyncSession, trust: str, ballot_id: int) -> BallotRow:
    """An election of this trust that waits for its number for lots. Raises NotFound, or WrongState saying why."""
    row = await queries.ballot_of(session, trust, ballot_id)
    queries.election_of(row)
    state = State(row.state)
    if state in (State.TALLIED, State.DECLARED, State.FINAL):
        raise WrongState("The number for lots has been opened already.")
    if state is not State.PEELED:
        raise WrongState(f"This vote {WORDS[state]}, so the number for lots cannot be opened now.")
    return row


async def open_lot(
    session: AsyncSession, ballot_id: int, *, number: str = "", lost: str = "", by: str, now: datetime
) -> None:
    """Open the number for lots, or say why it is lost, and count the papers.

    Without the number lots are drawn from the papers alone, and the result says so. Raises BadInput for another number
    than was taken, and when neither or both are given.
    """
    row = await queries.ballot(session, ballot_id)
    ask = queries.election_of(row)
    move(State(row.state), "count")
    digits, reason = _opened(await _promised_mark(session, row), number, " ".join(lost.split()))
    count, final = await counted_election(session, row, ask, digits)
    lot = {"lot_number": digits or None, "lot_lost": reason or None}
    await advance(session, row, "count", tally=figures(final, count), counted=True, **lot)
    detail = {"number for lots": digits} if digits else {"number for lots lost": reason}
    subject = f"ballot {row.id}"
    await record(session, at=now, actor=by, verb="votes counted", subject=subject, trust=row.trust, detail=detail)


async def _promised_mark(session: AsyncSession, row: BallotRow) -> str:
    """The mark of the number for lots as it was promised before the vote."""
    manifest = manifests.read(await secrecy.manifest_of(session, queries.box(row)))
    return str(manifest.rule["lot"])


def _opened(mark: str, number: str, lost: str) -> tuple[str, str]:
    if bool(number.strip()) == bool(lost):
        raise BadInput("There is a problem", {"number": "Enter the number for lots, or say why it is lost"})
    if lost:
        return "", lost
    digits = _digits(number)
    if lots.mark(digits) != mark:
        raise BadInput("There is a problem", {"number": "This is not the number that was taken before the vote"})
    return digits, ""


def _digits(number: str) -> str:
    try:
        return lots.read(number)
    except ValueError as trouble:
        raise BadInput("There is a problem", {"number": str(trouble)}) from trouble
