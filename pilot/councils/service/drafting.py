"""Writing a proposal, and the sponsors who put their names to it."""

import secrets
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit.log import record
from pilot.councils import queries
from pilot.councils.deadlines import london_day, screening_due
from pilot.councils.files import calendar
from pilot.councils.proposals import EDITABLE, State, cannot, missing_parts, move
from pilot.councils.queries import Proposal
from pilot.councils.scope import QUESTIONS, part_problem, signposts
from pilot.councils.service.moving import advance
from pilot.councils.tables import ProposalRow, SponsorRow, StepRow
from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from pilot.people import queries as people

SPONSOR = "a sponsor"
"""The actor of what sponsors do: the audit log never names a person of the staff roll."""


class Author(Struct, frozen=True):
    """Who writes: a person of the staff roll, or an officer for a council's representative (`person` is None)."""

    person: int | None
    actor: str = SPONSOR


async def begin(session: AsyncSession, trust: str, title: str, *, author: Author, now: datetime) -> int:
    """Begin a draft with its title; its id. A person who writes is its first sponsor, an officer sponsors nothing."""
    council = await queries.council_of(session, trust)
    _check_part("title", title)
    row = ProposalRow(trust=trust, council_id=council.id, title=title.strip(), on_behalf=author.person is None)
    session.add(row)
    await session.flush()
    session.add(StepRow(proposal_id=row.id, state=State.DRAFT.value, entered_on=london_day(now)))
    if author.person is not None:
        await _must_be_of(session, trust, author.person)
        session.add(SponsorRow(proposal_id=row.id, person_id=author.person, wrote_it=True))
    await session.flush()
    await record(session, at=now, actor=author.actor, verb="proposal begun", subject=f"proposal {row.id}", trust=trust)
    return row.id


async def write(
    session: AsyncSession, trust: str, proposal_id: int, part: str, words: str, *, author: Author, now: datetime
) -> None:
    """Write one part of a draft. Names put to another wording are taken off: a sponsor answers for what they read."""
    found = await authored(session, trust, proposal_id, author)
    _check_part(part, words)
    await _change(session, found, author, now, what=part, **{part: words.strip()})


async def answer_scope(
    session: AsyncSession, trust: str, proposal_id: int, answers: dict[str, bool], *, author: Author, now: datetime
) -> dict[str, str]:
    """Store the five answers; the signposts for those that lead out of the council's scope, empty when none does."""
    found = await authored(session, trust, proposal_id, author)
    kept = {subject.value: bool(answers[subject.value]) for subject in QUESTIONS}
    await _change(session, found, author, now, what="scope", scope=kept)
    return signposts(kept)


async def ask_for_sponsors(
    session: AsyncSession, trust: str, proposal_id: int, *, author: Author, now: datetime
) -> Proposal:
    """Close the draft and open it to sponsors by an address that only they are given; submitted if there are enough.

    Raises BadInput naming what is missing, or what leads out of scope.
    """
    found = await authored(session, trust, proposal_id, author)
    if problems := what_is_missing(found):
        raise BadInput("This proposal is not complete yet.", problems)
    await session.execute(
        update(ProposalRow)
        .where(ProposalRow.id == found.id, ProposalRow.state == found.state.value)
        .values(invitation=secrets.token_urlsafe(12))
    )
    await record(session, at=now, actor=author.actor, verb="sponsors asked", subject=found.subject, trust=trust)
    return await _submit_if_enough(session, trust, proposal_id, now)


async def put_name_to(
    session: AsyncSession, trust: str, proposal_id: int, invitation: str, *, person: int, now: datetime
) -> Proposal:
    """Become a sponsor by the address that the writer gave; the last one that is needed submits the proposal.

    Doing it twice counts once. Raises NotFound when the address is not (or no longer) the proposal's.
    """
    found = await invited(session, trust, proposal_id, invitation)
    await _must_be_of(session, trust, person)
    if await queries.is_sponsor(session, proposal_id, person):
        return found
    if found.state not in EDITABLE:
        raise WrongState(cannot(found.state, "submit"))
    session.add(SponsorRow(proposal_id=proposal_id, person_id=person))
    await session.flush()
    await record(session, at=now, actor=SPONSOR, verb="name put to proposal", subject=found.subject, trust=trust)
    return await _submit_if_enough(session, trust, proposal_id, now)


async def withdraw(session: AsyncSession, trust: str, proposal_id: int, *, author: Author, now: datetime) -> None:
    """Take a proposal back, which its writer may do until the text is locked."""
    found = await withdrawable(session, trust, proposal_id, author)
    await advance(session, found, "withdraw", actor=author.actor, now=now, invitation=None)


async def withdrawable(session: AsyncSession, trust: str, proposal_id: int, author: Author) -> Proposal:
    """A proposal that `author` wrote and may still take back. Raises NotFound, NotAllowed or WrongState."""
    found = await queries.proposal(session, trust, proposal_id)
    await _check_author(session, found, author)
    move(found.state, "withdraw")
    return found


async def authored(session: AsyncSession, trust: str, proposal_id: int, author: Author) -> Proposal:
    """A proposal that `author` wrote and may still change. Raises NotFound, NotAllowed or WrongState."""
    found = await queries.proposal(session, trust, proposal_id)
    await _check_author(session, found, author)
    if found.state not in EDITABLE:
        raise WrongState("This proposal was submitted, so its words cannot be changed.")
    return found


async def invited(session: AsyncSession, trust: str, proposal_id: int, invitation: str) -> Proposal:
    """The proposal to which this address invites. Raises NotFound for any other address."""
    found = await queries.proposal(session, trust, proposal_id)
    if found.invitation is None or not secrets.compare_digest(found.invitation.encode(), invitation.encode()):
        raise NotFound("This address is no longer in use. Ask the person who gave it to you for the new one.")
    return found


def what_is_missing(found: Proposal) -> dict[str, str]:
    """A sentence for each task that keeps a draft from being sent on, by the task's name."""
    missing = {part: str(part_problem(part, "")) for part in missing_parts(found.text)}
    if len(found.scope) < len(QUESTIONS):
        missing["scope"] = "Answer the five questions of the scope check"
    elif out := signposts(found.scope):
        missing["scope"] = next(iter(out.values()))
    return missing


async def _submit_if_enough(session: AsyncSession, trust: str, proposal_id: int, now: datetime) -> Proposal:
    # One at a time in a council: two sponsors at once must both be counted, and references must not meet.
    await queries.council_of(session, trust, lock=True)
    found = await queries.proposal(session, trust, proposal_id)
    day = london_day(now)
    constitution = (await queries.constitution_on(session, trust, day)).constitution
    if found.sponsors < constitution.sponsor_min:
        return found
    values: dict[str, Any] = {"screening_due_at": screening_due(now, constitution, calendar()), "reason": ""}
    if found.reference is None:
        values |= {"year": day.year, "number": await queries.next_number(session, trust, day.year)}
    await advance(session, found, "submit", actor=SPONSOR, now=now, **values)
    return await queries.proposal(session, trust, proposal_id)


async def _change(
    session: AsyncSession, found: Proposal, author: Author, now: datetime, *, what: str, **values: object
) -> None:
    changed = await session.execute(
        update(ProposalRow)
        .where(ProposalRow.id == found.id, ProposalRow.state == found.state.value)
        .values(invitation=None, **values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("This proposal has just moved on. Load the page again.")
    await session.execute(delete(SponsorRow).where(SponsorRow.proposal_id == found.id, SponsorRow.wrote_it.is_(False)))
    detail = {"part": what}
    await record(
        session,
        at=now,
        actor=author.actor,
        verb="proposal written",
        subject=found.subject,
        trust=found.trust,
        detail=detail,
    )


async def _check_author(session: AsyncSession, found: Proposal, author: Author) -> None:
    theirs = (
        found.on_behalf
        if author.person is None
        else await queries.is_sponsor(session, found.id, author.person, wrote_it=True)
    )
    if not theirs:
        raise NotAllowed("Only the person who wrote this proposal can do this.")


async def _must_be_of(session: AsyncSession, trust: str, person: int) -> None:
    voter = await people.voter(session, person)
    if voter is None or voter.trust != trust:
        raise NotAllowed("Only staff of this trust can put their name to a proposal.")


def _check_part(part: str, words: str) -> None:
    if problem := part_problem(part, words):
        raise BadInput("There is a problem", {part: problem})
