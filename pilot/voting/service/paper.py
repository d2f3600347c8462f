"""Votes on paper: giving one out, taking it back, and two tellers who sign.

What is written down names no voter, and tells no time at which somebody asked for a paper.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, NotFound, WrongState
from pilot.people import queries as people
from pilot.secrecy import seal
from pilot.secrecy import service as secrecy
from pilot.secrecy import tellers as files
from pilot.secrecy.box import cancel_text
from pilot.secrecy.manifest import signed
from pilot.voting import queries
from pilot.voting.lifecycle import COUNTED, UNOPENED, State
from pilot.voting.service.noting import note
from pilot.voting.service.voting import Standing, closed_sentence, standing
from pilot.voting.tables import BallotRow, PaperGivenRow, TellerRow, TellerSignatureRow
from pilot.voting.tellers import PaperPile, pair
from pilot.web.pages import when

MOST_FOUND = 50
PUT_IN = "The papers of this vote are in the box already, so nothing more can be done with votes on paper."
WAIT = "Sealed papers wait for a second teller. Confirm them or throw them away first."


class PaperVoter(Struct, frozen=True):
    """One person on the list of voters, as a teller sees them. `given` a paper; `signed` by two tellers as well."""

    person: int
    number: str
    name: str
    v: bytes
    given: bool
    signed: bool


class Papers(Struct, frozen=True):
    """How the votes on paper of a ballot stand: how many were `given`, and for how many two tellers have `signed`.

    `missing` are the numbers v, in hex, under which no paper is in the box yet; `pile` is there when it was sealed.
    """

    given: int
    signed: int
    missing: tuple[str, ...]
    pile: PaperPile | None


async def papers(session: AsyncSession, row: BallotRow) -> Papers:
    """How the votes on paper stand."""
    given = await queries.papers_given(session, row.id)
    box = queries.box(row)
    missing = [v.hex() for v in await secrecy.without_paper(session, box)]
    signed_ = (await secrecy.papers_in(session, box)).given
    return Papers(len(given), signed_, tuple(missing), await _pile(session, row))


async def papers_of_all(session: AsyncSession, row: BallotRow) -> Papers | None:
    """How many papers came into the box, for everybody after the close; None before, and where nobody had one."""
    if row.state not in (*UNOPENED, State.PEELED, *COUNTED):
        return None
    found = await papers(session, row)
    return found if found.signed else None


async def _pile(session: AsyncSession, row: BallotRow) -> PaperPile | None:
    found = await queries.pile(session, row.id)
    if found is None:
        return None
    names = {one.id: one.name for one in await queries.tellers(session, row.id)}
    return PaperPile(
        given=found.given_count,
        cast=found.cast_count,
        why_fewer=found.why_fewer or "",
        number=seal.spaced(found.number),
        first_id=found.first_id,
        first=names[found.first_id],
        second="" if found.second_id is None else names[found.second_id],
        waits=found.sealed is not None,
        put_in_on=found.put_in_on,
    )


async def papers_by_teller(session: AsyncSession, row: BallotRow) -> list[tuple[str, int]]:
    """How many papers each teller has given out that were not taken back, in the order of the manifest; no times."""
    given = await queries.papers_by_teller(session, row.id)
    return [(one.name, given.get(one.id, 0)) for one in await queries.tellers(session, row.id)]


async def find_voters(session: AsyncSession, row: BallotRow, words: str) -> list[PaperVoter]:
    """Those on the list of voters with this staff number, or in whose name every one of these words stands."""
    sought = words.casefold().split()
    if not sought:
        return []
    number = words.casefold().strip().lstrip("0")
    ever = await people.persons(session, row.trust)
    fits = {
        staff: (person, last, first)
        for staff, (person, last, first) in ever.items()
        if staff.casefold().lstrip("0") == number or all(word in f"{first} {last}".casefold() for word in sought)
    }
    return (await _shown(session, row, await queries.electors(session, row.id), fits))[:MOST_FOUND]


async def given_voters(session: AsyncSession, row: BallotRow) -> list[PaperVoter]:
    """Everybody who was given a vote on paper, by name: for tellers only."""
    given = await queries.electors_given(session, row.id)
    return await _shown(session, row, given, await people.persons(session, row.trust, only=given))


async def paper_voter(session: AsyncSession, row: BallotRow, person_id: int) -> PaperVoter:
    """One person on the list of voters. Raises NotFound."""
    elector = await queries.elector(session, row.id, person_id)
    if elector is None:
        raise NotFound("This person is not on the list of voters for this vote.")
    ((number, (_, last, first)),) = (await people.persons(session, row.trust, only=[person_id])).items()
    given = await queries.paper_given(session, row.id, elector.v)
    signed_ = (await secrecy.mark(session, queries.box(row), elector.v)).on_paper
    return PaperVoter(person_id, number, f"{first} {last}", elector.v, given, signed_)


async def _shown(
    session: AsyncSession, row: BallotRow, electors: Mapping[int, bytes], persons: Mapping[str, tuple[int, str, str]]
) -> list[PaperVoter]:
    """Those of these persons who are on the list of voters, by name."""
    given = set(await queries.papers_given(session, row.id))
    signed_ = await secrecy.voters_on_paper(session, queries.box(row))
    found = [
        PaperVoter(person, number, f"{first} {last}", v, v in given, v in signed_)
        for number, (person, last, first) in persons.items()
        if (v := electors.get(person)) is not None
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.number))


async def to_give(session: AsyncSession, row: BallotRow, person_id: int, *, now: datetime) -> PaperVoter:
    """One person to whom a paper may be given now. Raises WrongState in a sentence when no papers are given out."""
    await check_open(session, row, now)
    return await paper_voter(session, row, person_id)


async def give(session: AsyncSession, row: BallotRow, one: PaperVoter, teller: TellerRow, *, now: datetime) -> None:
    """Note that this person was given a vote on paper; from now on they cannot vote on a screen."""
    await check_open(session, row, now)
    if one.given:
        raise WrongState(f"{one.name} has been given a vote on paper already.")
    session.add(PaperGivenRow(ballot_id=row.id, v=one.v, teller_id=teller.id))
    await session.flush()


async def take_back(session: AsyncSession, row: BallotRow, one: PaperVoter, *, now: datetime) -> None:
    """This person gave the paper back unused, and votes on a screen again. Refuses once two tellers have signed.

    That can be done after the papers were put in, too: without a signature no paper of this person was among them.
    """
    await check_time(session, row, now)
    if one.signed:
        raise WrongState("Two tellers have signed for this paper, so it cannot be taken back.")
    if not one.given:
        raise WrongState(f"{one.name} has not been given a vote on paper.")
    for table in (TellerSignatureRow, PaperGivenRow):
        await session.execute(delete(table).where(table.ballot_id == row.id, table.v == one.v))


async def cancel_list(session: AsyncSession, row: BallotRow) -> bytes:
    """The list that two tellers sign: everybody who was given a paper for whom they have not signed yet."""
    box = queries.box(row)
    signed_ = await secrecy.voters_on_paper(session, box)
    waiting = [v for v in await queries.papers_given(session, row.id) if v not in signed_]
    if not waiting:
        raise WrongState("Nobody waits for a signature: every paper that was given out is signed.")
    return files.cancel_list((await secrecy.promise(session, box)).digest, waiting)


async def take_signatures(
    session: AsyncSession, row: BallotRow, teller: TellerRow, data: bytes, *, by: str, now: datetime
) -> int:
    """Keep a teller's signatures; whoever has those of two tellers votes on paper from now on. How many these are.

    Raises BadInput for another file, another ballot's or somebody else's signatures, and where nobody on the list
    waits for them.
    """
    await check_open(session, row, now)
    found, box = files.read_cancel(data), queries.box(row)
    digest = (await secrecy.promise(session, box)).digest
    if found.m != digest:
        raise BadInput("These are signatures for another vote. Download the list here and sign that one.")
    done = await secrecy.voters_on_paper(session, box)
    waiting = {v for v in await queries.papers_given(session, row.id) if v not in done}
    mine = {bytes.fromhex(v): signature for v, signature in found.signatures.items()}
    for v, signature in mine.items():
        if not signed(teller.sign_key, cancel_text(digest, v), signature):
            raise BadInput("These signatures were made with another key file.")
    if not waiting & mine.keys():
        raise BadInput("Nobody on this list waits for your signature. Download the list again.")
    known = await queries.teller_signatures(session, row.id)
    for v in sorted(waiting & mine.keys()):
        if teller.id not in known.get(v, {}):
            session.add(TellerSignatureRow(ballot_id=row.id, v=v, teller_id=teller.id, signature=mine[v]))
    await session.flush()
    return await _cancel_signed(session, row, waiting, by=by, now=now)


async def _cancel_signed(session: AsyncSession, row: BallotRow, waiting: set[bytes], *, by: str, now: datetime) -> int:
    """Take the votes out of the box of those for whom two tellers have signed; sorted, so the order tells nothing."""
    tellers = await queries.tellers(session, row.id)
    places = {one.id: place for place, one in enumerate(tellers)}
    known = await queries.teller_signatures(session, row.id)
    count = 0
    for v in sorted(waiting):
        mine = {places[one]: signature for one, signature in known.get(v, {}).items()}
        if two := pair(mine, [one.side for one in tellers]):
            await secrecy.cancel(session, queries.box(row), v, two, now=now)
            count += 1
    await note(session, row, "papers signed", by=by, now=now, people=count)
    return count


async def check_time(session: AsyncSession, row: BallotRow, now: datetime) -> None:
    """Refuse unless people can vote on paper in this ballot and voting is open."""
    if not await queries.tellers(session, row.id):
        raise NotFound("Nobody can vote on paper in this vote: it has no tellers.")
    stands = standing(row, now)
    if stands is Standing.EARLY:
        raise WrongState(f"This vote opens {when(row.opens_at)}. Nothing is done with votes on paper before.")
    if stands is Standing.PAUSED:
        raise WrongState("Voting is paused. Nothing is done with votes on paper until it goes on.")
    if stands is not Standing.OPEN:
        raise WrongState(f"{closed_sentence(row).split('.')[0]}. Nothing more can be done with votes on paper.")


async def check_open(session: AsyncSession, row: BallotRow, now: datetime) -> None:
    """Refuse unless voting is open and no pile is sealed yet."""
    await check_time(session, row, now)
    pile = await queries.pile(session, row.id)
    if pile is not None:
        raise WrongState(WAIT if pile.second_id is None else PUT_IN)
