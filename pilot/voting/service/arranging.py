"""Before a ballot: arrange it, and fix its list of voters together with its sealed box, or call it off."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Literal

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.clock import LONDON
from pilot.errors import BadInput, WrongState
from pilot.people import queries as people
from pilot.secrecy import service as secrecy
from pilot.secrecy.box import BoxPlan, PlannedTrustee
from pilot.secrecy.manifest import Teller
from pilot.voting import queries
from pilot.voting.ballots import BallotSpec, Election, Majority, Missed, write_ask
from pilot.voting.electorate import OLDEST_ROLL_DAYS, Electorate, ElectorateRule, freeze
from pilot.voting.lifecycle import State, move
from pilot.voting.service.signing import order_of, unsigned
from pilot.voting.service.tellers import fix_tellers
from pilot.voting.tables import BallotRow, ElectorRow, LeftOutRow
from pilot.voting.trustees import missing_words

OnMissed = Callable[[AsyncSession, Missed], Awaitable[None]]
"""What is told of a ballot that was not held, in the same transaction; the application gives it."""

CLOCK = "clock"


async def arrange(
    session: AsyncSession, spec: BallotSpec, *, by: str, now: datetime, kind: Literal["vote", "rehearsal"] = "vote"
) -> int:
    """Lock what a new ballot asks, its dates and how it is decided; its id. Nothing of it is edited afterwards.

    Raises BadInput naming every part with which no ballot can be held. `by` is the actor for the audit log.
    """
    if problems := spec.problems(now):
        raise BadInput("This vote cannot be arranged like this.", problems)
    row = BallotRow(
        trust=spec.trust,
        number=await queries.next_number(session, spec.trust),
        subject=spec.subject,
        title=spec.title.strip(),
        question=spec.question.strip(),
        text=spec.text.strip(),
        state=move(State.DRAFT, "arrange"),
        opens_at=spec.opens_at.replace(microsecond=0),
        closes_at=spec.closes_at.replace(microsecond=0),
        kind="election" if isinstance(spec.ask, Election) else "majority",
        rule=write_ask(spec.ask.settled()),
        arranged_by=by,
        kind_of_vote=kind,
    )
    session.add(row)
    await session.flush()
    detail = {"subject": spec.subject, "question": spec.question}
    await record(
        session, at=now, actor=by, verb="ballot arranged", subject=f"ballot {row.id}", trust=spec.trust, detail=detail
    )
    return row.id


async def advance(session: AsyncSession, row: BallotRow, verb: str, **values: object) -> None:
    """Move a ballot, only if it still stands where it was read: of two at once, one gets WrongState."""
    was = State(row.state)
    after = move(was, verb)
    changed = await session.execute(
        update(BallotRow).where(BallotRow.id == row.id, BallotRow.state == was).values(state=after, **values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This vote has just moved on. Load the page again.")
    await session.refresh(row)


async def freeze_electorate(
    session: AsyncSession, ballot_id: int, *, by: str, now: datetime, script: str, real: bool = False
) -> Electorate:
    """Fix the list of voters from the newest staff roll and make the sealed box; nobody is added afterwards.

    `script` is the fingerprint of the script that seals in the browser. Refuses in any state but `arranged`, after the
    opening time, without a staff roll of the last 31 days, with fewer than 20 voters, and with tellers who are too few
    or all the employer's; an election also without a number for lots and when it cannot be counted; a `real` vote also
    without trustees who keep their own keys, and before their deputies have opened the backups (docs/security.md).
    """
    row = await queries.held(session, ballot_id)
    move(State(row.state), "freeze")
    if now >= row.opens_at:
        raise WrongState("The list of voters must be fixed before the vote opens, and the opening time has passed.")
    _check_election(row)
    trustees = await order_of(session, row, real=real)
    tellers = await fix_tellers(session, row)
    today = now.astimezone(LONDON).date()
    as_at_on = await _newest_roll(session, row.trust, today)
    electorate = freeze(await people.roll_on(session, row.trust, today), ElectorateRule(), as_at_on)
    manifest = await _fix(session, row, electorate, _plan(row, trustees, tellers), today=today, script=script)
    detail = {"voters": len(electorate.people), "left out": len(electorate.left_out), "list": electorate.digest}
    detail |= {"manifest": manifest}
    subject = f"ballot {row.id}"
    await record(
        session, at=now, actor=by, verb="list of voters fixed", subject=subject, trust=row.trust, detail=detail
    )
    return electorate


async def _newest_roll(session: AsyncSession, trust: str, today: date) -> date:
    """The day that the newest staff roll describes. Raises WrongState where there is none, or an old one only."""
    summary = await people.roll_summary_on(session, trust, today)
    if summary is None:
        raise WrongState("There is no staff roll for this trust yet. The coordinator must import one.")
    if (age := (today - summary.as_at_on).days) > OLDEST_ROLL_DAYS:
        raise WrongState(
            f"The staff roll is {age} days old. It may be at most {OLDEST_ROLL_DAYS} days old "
            "when the list of voters is fixed. Ask the coordinator to import a new one."
        )
    return summary.as_at_on


async def _fix(
    session: AsyncSession, row: BallotRow, electorate: Electorate, plan: BoxPlan, *, today: date, script: str
) -> str:
    """Keep the list of voters and make the sealed box for it; the fingerprint of the box's manifest."""
    numbers = _numbers(len(electorate.people))
    box = await secrecy.make_box(session, plan, numbers, script=script)
    session.add_all(
        ElectorRow(ballot_id=row.id, person_id=person, v=v)
        for person, v in zip(electorate.people, numbers, strict=True)
    )
    session.add_all(
        LeftOutRow(ballot_id=row.id, person_id=one.person, reason=one.reason.name) for one in electorate.left_out
    )
    await advance(
        session,
        row,
        "freeze",
        box_id=box.id,
        voter_count=len(electorate.people),
        frozen_on=today,
        roll_as_at_on=electorate.day,
        list_digest=electorate.digest,
        groups=[list(group) for group in electorate.groups],
    )
    return box.digest


async def miss_ballot(session: AsyncSession, ballot_id: int, *, now: datetime, on_missed: OnMissed) -> str:
    """Call off a ballot whose opening time has come without a list of voters, and tell whoever asked for it.

    The sentence for the log. Nobody can vote without a list, so another ballot must be arranged.
    """
    row = await queries.ballot(session, ballot_id)
    if now < row.opens_at:
        raise WrongState("The opening time has not come yet.")
    return await _miss(session, row, "its list of voters was not fixed before it was to open.", on_missed, now=now)


async def miss_unsigned(session: AsyncSession, ballot_id: int, *, now: datetime, on_missed: OnMissed) -> str | None:
    """Call off a ballot whose opening time has come before every trustee has signed it; None where all have.

    The sentence for the log. Without all signatures nobody could be sure which keys open the votes. The box ends with
    it, and its keys are destroyed.
    """
    row = await queries.ballot(session, ballot_id)
    missing = await unsigned(session, row)
    if now < row.opens_at or row.state != State.FROZEN or row.box_id is None or not missing:
        return None
    sentence = await _miss(session, row, missing_words(missing), on_missed, now=now)
    await secrecy.discard(session, row.box_id)
    return sentence


async def _miss(session: AsyncSession, row: BallotRow, because: str, on_missed: OnMissed, *, now: datetime) -> str:
    await advance(session, row, "miss", over_because=because)
    subject, detail = f"ballot {row.id}", {"because": because}
    await record(session, at=now, actor=CLOCK, verb="vote not held", subject=subject, trust=row.trust, detail=detail)
    if row.kind_of_vote == "vote":
        await on_missed(session, Missed(row.id, row.trust, row.subject, now))
    return f"{row.trust}: ballot {row.number} was not held: {because}"


def _check_election(row: BallotRow) -> None:
    ask = queries.ask_of(row)
    if isinstance(ask, Majority):
        return
    if why := ask.cannot():
        raise WrongState(f"This election cannot be held. {why}")
    if row.lot_mark is None:
        raise WrongState("Take the number for lots first. It must be known to nobody else before the vote opens.")


def _numbers(count: int) -> list[bytes]:
    """A random number of 16 bytes for each voter; that two are alike is as unlikely as guessing one."""
    return [secrets.token_bytes(16) for _ in range(count)]


def _plan(row: BallotRow, trustees: tuple[PlannedTrustee, ...], tellers: tuple[Teller, ...]) -> BoxPlan:
    ask = queries.ask_of(row)
    return BoxPlan(
        ballot=f"{row.trust}-{row.id}",
        kind="rehearsal" if row.kind_of_vote == "rehearsal" else "vote",
        title=row.title,
        questions=(ask.on_paper(row.question),),
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        rule=ask.in_manifest() if isinstance(ask, Majority) else ask.in_manifest(row.lot_mark or ""),
        trustees=trustees,
        tellers=tellers,
    )
