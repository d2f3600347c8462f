"""The way of a submitted proposal: screening, the ends of its windows, the ballot and its result."""

import re
from datetime import date, datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.councils import ballot_dates, queries
from pilot.councils.constitution import majority, support_needed, turnout_quorum
from pilot.councils.deadlines import (
    acknowledgement_due,
    at_cut_off,
    at_opening,
    london_day,
    response_due,
    support_ends,
)
from pilot.councils.files import calendar
from pilot.councils.proposals import (
    MOVES,
    OUTCOME_VERBS,
    WITHOUT_ANSWER,
    State,
    fingerprint,
    in_full,
    move,
    question,
)
from pilot.councils.queries import Proposal
from pilot.councils.service.electorate import electorate
from pilot.councils.service.moving import advance
from pilot.councils.tables import SponsorRow
from pilot.errors import BadInput, WrongState
from pilot.voting.declaration import Declaration
from pilot.voting.service import BallotSpec, Majority, Missed, arrange

CLOCK = "clock"
SUBJECT = re.compile(r"proposal ([1-9][0-9]{0,17})")
MOST_BALLOTS = 2


async def take_in(session: AsyncSession, trust: str, proposal_id: int, *, by: str, now: datetime) -> None:
    """Find a submitted proposal in scope: it becomes public and gathers support. The number needed is fixed now."""
    found = await queries.proposal(session, trust, proposal_id)
    move(found.state, "take in")
    day = london_day(now)
    constitution = (await queries.constitution_on(session, trust, day)).constitution
    needed = support_needed(constitution, len(await electorate(session, trust, day)))
    ends_at = support_ends(now, constitution)
    await advance(
        session, found, "take in", actor=by, now=now, invitation=None, support_needed=needed, support_ends_at=ends_at
    )


async def send_back(
    session: AsyncSession, trust: str, proposal_id: int, reason: str, *, by: str, now: datetime
) -> None:
    """Send a submitted proposal back to its writer, saying what must change. The other sponsors sign the new words."""
    found = await queries.proposal(session, trust, proposal_id)
    _must_say({"reason": (reason, "Enter what must be changed")})
    await advance(session, found, "return", actor=by, now=now, reason=reason.strip(), invitation=None)
    await session.execute(
        delete(SponsorRow).where(SponsorRow.proposal_id == proposal_id, SponsorRow.wrote_it.is_(False))
    )


async def refer(
    session: AsyncSession, trust: str, proposal_id: int, to: str, reason: str, *, by: str, now: datetime
) -> None:
    """Pass a submitted proposal on to somebody who owns its subject, saying why."""
    found = await queries.proposal(session, trust, proposal_id)
    _must_say(
        {"referred_to": (to, "Enter who this is passed on to"), "reason": (reason, "Enter why this is passed on")}
    )
    values = {"referred_to": to.strip(), "reason": reason.strip(), "invitation": None}
    await advance(session, found, "refer", actor=by, now=now, **values)


async def lapse(session: AsyncSession, trust: str, proposal_id: int, *, now: datetime) -> str:
    """End a proposal that did not find enough support in its time; the sentence for the log."""
    found = await queries.proposal(session, trust, proposal_id)
    if found.support_ends_at is None or now < found.support_ends_at:
        raise WrongState("The time for supporting this proposal is not over.")
    await advance(session, found, "lapse", actor=CLOCK, now=now)
    return f"{trust} {found.reference} lapsed with {found.supporters} of {found.support_needed} supporters."


async def lock(session: AsyncSession, trust: str, proposal_id: int, *, now: datetime) -> str:
    """Lock the text after the discussion, with its fingerprint; the sentence for the log."""
    found = await queries.proposal(session, trust, proposal_id)
    if found.deliberation_ends_at is None or now < found.deliberation_ends_at:
        raise WrongState("The time for discussing this proposal is not over.")
    await advance(session, found, "lock", actor=CLOCK, now=now, fingerprint=fingerprint(found.text))
    return f"{trust} {found.reference} was locked."


def can_be_put_to_ballot(found: Proposal) -> bool:
    """Whether a ballot can be arranged on this proposal now."""
    return (found.state, "put to ballot") in MOVES and found.ballots_held < MOST_BALLOTS


async def put_to_ballot(
    session: AsyncSession,
    trust: str,
    proposal_id: int,
    opens_on: date,
    closes_on: date,
    *,
    by: str,
    now: datetime,
) -> int:
    """Arrange the ballot on a locked proposal, from 8am of one day to 5pm of another in London; the ballot's id.

    After a ballot in which too few people voted there can be one more. Raises BadInput for dates that the
    constitution forbids, and WrongState for a proposal that cannot be voted on.
    """
    found = await queries.proposal(session, trust, proposal_id)
    move(found.state, "put to ballot")
    if found.ballots_held >= MOST_BALLOTS:
        raise WrongState("This proposal has been voted on twice, so there cannot be another vote.")
    if fingerprint(found.text) != found.fingerprint:
        raise AssertionError(f"the text of {found.subject} is not the one that was locked")
    day = london_day(now)
    constitution = (await queries.constitution_on(session, trust, day)).constitution
    if wrong := ballot_dates.problems(opens_on, closes_on, day, constitution, calendar()):
        raise BadInput("There is a problem", wrong)
    spec = BallotSpec(
        trust=trust,
        title=found.text.title,
        question=question(found.text.title),
        text=in_full(found.text),
        subject=found.subject,
        opens_at=at_opening(opens_on),
        closes_at=at_cut_off(closes_on),
        ask=Majority(
            threshold=str(majority(constitution)),
            strict=True,
            base=constitution.majority_base,
            turnout_quorum=str(turnout_quorum(constitution)),
        ),
    )
    ballot = await arrange(session, spec, by=by, now=now)
    await advance(
        session, found, "put to ballot", actor=by, now=now, ballot_id=ballot, ballots_held=found.ballots_held + 1
    )
    return ballot


async def on_missed(session: AsyncSession, missed: Missed) -> None:
    """Take a proposal back to "locked" when its ballot was not held, so that new dates can be set; it counts as none.

    Does nothing for ballots on other matters. Raises AssertionError when the ballot is not the proposal's own.
    """
    found = await _voted_on(session, missed.subject, missed.trust, missed.ballot)
    if found is None:
        return
    actor, held = f"ballot {missed.ballot}", found.ballots_held - 1
    await advance(session, found, "call off", actor=actor, now=missed.at, ballot_id=None, ballots_held=held)


async def on_set_aside(session: AsyncSession, ballot: Missed) -> None:
    """Take a proposal back to "locked" when its declared result does not count, so that a new vote can be held.

    The vote counts as none. Where the board has answered already, its answer stands. Does nothing for ballots on other
    matters, and for one after which the proposal was put to another.
    """
    matter = SUBJECT.fullmatch(ballot.subject)
    if matter is None:
        return
    found = await queries.proposal(session, ballot.trust, int(matter[1]))
    if found.ballot != ballot.ballot or found.state not in WITHOUT_ANSWER:
        return
    actor, held = f"ballot {ballot.ballot}", found.ballots_held - 1
    no_longer = dict.fromkeys(("ballot_id", "acknowledgement_due_at", "response_due_at"))
    await advance(session, found, "set aside", actor=actor, now=ballot.at, ballots_held=held, **no_longer)


async def on_declared(session: AsyncSession, declaration: Declaration) -> None:
    """Move a proposal on when its ballot is declared; a carried one goes to the board with its due dates.

    The due dates count from the moment of the declaration. Does nothing for ballots on other matters.
    Raises AssertionError when the ballot is not the proposal's own.
    """
    found = await _voted_on(session, declaration.subject, declaration.trust, declaration.ballot)
    if found is None:
        return
    actor, now = f"ballot {declaration.ballot}", declaration.declared_at
    after = await advance(session, found, OUTCOME_VERBS[declaration.outcome.value], actor=actor, now=now)
    if after is not State.CARRIED:
        return
    constitution = (await queries.constitution_on(session, found.trust, london_day(now))).constitution
    found = await queries.proposal(session, found.trust, found.id)
    await advance(
        session,
        found,
        "hand over",
        actor=actor,
        now=now,
        acknowledgement_due_at=acknowledgement_due(now, constitution, calendar()),
        response_due_at=response_due(now, constitution, calendar()),
    )


async def _voted_on(session: AsyncSession, subject: str, trust: str, ballot: int) -> Proposal | None:
    matter = SUBJECT.fullmatch(subject)
    if matter is None:
        return None
    found = await queries.proposal(session, trust, int(matter[1]))
    if found.ballot != ballot:
        raise AssertionError(f"ballot {ballot} is not the ballot on {found.subject}")
    return found


def _must_say(given: dict[str, tuple[str, str]]) -> None:
    if wrong := {name: sentence for name, (words, sentence) in given.items() if not words.strip()}:
        raise BadInput("There is a problem", wrong)
