"""Votes on paper: giving one out, two tellers who sign, and the one pile that goes into the box.

No plain paper ever comes here: each arrives sealed, under the number of somebody who was given one, taken at random.
What is written down names no voter.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.errors import BadInput, NotFound, WrongState
from pilot.people import queries as people
from pilot.secrecy import service as secrecy
from pilot.secrecy import tellers as files
from pilot.secrecy.box import Receipt, cancel_text
from pilot.secrecy.manifest import signed
from pilot.voting import queries
from pilot.voting.service.noting import note
from pilot.voting.service.voting import Standing, closed_sentence, standing
from pilot.voting.tables import BallotRow, PaperGivenRow, PaperPileRow, TellerRow, TellerSignatureRow
from pilot.voting.tellers import Pile, check_pile, pair
from pilot.web.pages import when

MOST_FOUND = 50
PUT_IN = "The papers of this vote are in the box already, so nothing more can be done with votes on paper."


class PaperVoter(Struct, frozen=True):
    """One person on the list of voters, as a teller sees them. `given` a paper; `signed` by two tellers as well."""

    person: int
    number: str
    name: str
    v: bytes
    given: bool
    signed: bool


class Papers(Struct, frozen=True):
    """How the votes on paper of a ballot stand: people who were `given` one, `signed` by two tellers, and `cast`.

    `missing` are the numbers v, in hex, under which no paper is in the box yet; `pile` is there when all are put in.
    """

    given: int
    signed: int
    missing: tuple[str, ...]
    pile: PaperPileRow | None


async def papers(session: AsyncSession, row: BallotRow) -> Papers:
    """How the votes on paper stand."""
    given = await queries.papers_given(session, row.id)
    box = _box(row)
    missing = [v.hex() for v in await secrecy.without_paper(session, box)]
    signed_ = (await secrecy.papers_in(session, box)).given
    return Papers(len(given), signed_, tuple(missing), await queries.pile(session, row.id))


async def find_voters(session: AsyncSession, row: BallotRow, words: str) -> list[PaperVoter]:
    """Those on the list of voters with this staff number, or in whose name every one of these words stands."""
    sought = words.casefold().split()
    if not sought:
        return []
    number = words.casefold().strip().lstrip("0")
    found = [
        one
        for one in await _voters(session, row)
        if one.number.casefold().lstrip("0") == number or all(word in one.name.casefold() for word in sought)
    ]
    return sorted(found, key=lambda one: (one.name.casefold(), one.number))[:MOST_FOUND]


async def given_voters(session: AsyncSession, row: BallotRow) -> list[PaperVoter]:
    """Everybody who was given a vote on paper, by name: for tellers only."""
    found = [one for one in await _voters(session, row) if one.given]
    return sorted(found, key=lambda one: (one.name.casefold(), one.number))


async def paper_voter(session: AsyncSession, row: BallotRow, person_id: int) -> PaperVoter:
    """One person on the list of voters. Raises NotFound."""
    for one in await _voters(session, row):
        if one.person == person_id:
            return one
    raise NotFound("This person is not on the list of voters for this vote.")


async def _voters(session: AsyncSession, row: BallotRow) -> list[PaperVoter]:
    electors = await queries.electors(session, row.id)
    given = set(await queries.papers_given(session, row.id))
    signed_ = await secrecy.voters_on_paper(session, _box(row))
    ever = await people.persons(session, row.trust)
    return [
        PaperVoter(person, number, f"{first} {last}", v, v in given, v in signed_)
        for number, (person, last, first) in ever.items()
        if (v := electors.get(person)) is not None
    ]


async def has_sealed(session: AsyncSession, row: BallotRow, one: PaperVoter) -> bool:
    """Whether a sealed vote of this person is in the box, which a vote on paper takes out."""
    return not one.signed and await secrecy.in_the_box(session, _box(row), one.v)


async def give(session: AsyncSession, row: BallotRow, one: PaperVoter, *, by: str, now: datetime) -> None:
    """Note that this person was given a vote on paper; from now on they cannot vote on a screen."""
    await _check_open(session, row, now)
    if one.given:
        raise WrongState(f"{one.name} has been given a vote on paper already.")
    session.add(PaperGivenRow(ballot_id=row.id, v=one.v))
    await session.flush()
    await note(session, row, "paper given", by=by, now=now)


async def take_back(
    session: AsyncSession, row: BallotRow, one: PaperVoter, reason: str, *, by: str, now: datetime
) -> None:
    """This person gave the paper back unused, and votes on a screen again. Refuses once two tellers have signed."""
    await _check_open(session, row, now)
    if one.signed:
        raise WrongState("Two tellers have signed for this paper, so it cannot be taken back.")
    if not one.given:
        raise WrongState(f"{one.name} has not been given a vote on paper.")
    for table in (TellerSignatureRow, PaperGivenRow):
        await session.execute(delete(table).where(table.ballot_id == row.id, table.v == one.v))
    await note(session, row, "paper taken back", by=by, now=now, reason=" ".join(reason.split()))


async def cancel_list(session: AsyncSession, row: BallotRow) -> bytes:
    """The list that two tellers sign: everybody who was given a paper for whom they have not signed yet."""
    box = _box(row)
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
    await _check_open(session, row, now)
    found, box = files.read_cancel(data), _box(row)
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
    for v in waiting & mine.keys():
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
            await secrecy.cancel(session, _box(row), v, two)
            count += 1
    await note(session, row, "papers signed", by=by, now=now, people=count)
    return count


async def stamp_papers(
    session: AsyncSession, row: BallotRow, blinded: dict[bytes, bytes], *, now: datetime
) -> dict[bytes, bytes]:
    """The stamps of blinded papers, by the number v under which each shall go into the box."""
    await _check_open(session, row, now)
    await _check_signed(session, row)
    return {
        v: await secrecy.stamp(session, _box(row), v, blinded[v], now=now, by_tellers=True) for v in sorted(blinded)
    }


async def put_in(session: AsyncSession, row: BallotRow, pile: Pile, *, by: str, now: datetime) -> dict[bytes, Receipt]:
    """Put all papers of a ballot into the box at once: all or none, once. The same pile again gets the same receipts.

    Refuses while a paper that was given out is not signed, more papers than that, fewer without a reason, and two
    people present who cannot sign together.
    """
    before = await queries.pile(session, row.id)
    if before is not None:
        if pile.envelopes.keys() & set(await secrecy.without_paper(session, _box(row))):
            raise WrongState(PUT_IN)
        return await _cast(session, row, pile, now=now)
    await _check_open(session, row, now)
    given = await _check_signed(session, row)
    check_pile(pile, given)
    names = await _present(session, row, pile, by)
    receipts = await _cast(session, row, pile, now=now)
    fewer = len(receipts) < given
    session.add(
        PaperPileRow(
            ballot_id=row.id,
            given_count=given,
            cast_count=len(receipts),
            why_fewer=pile.why_fewer.strip() if fewer else None,
            present=names,
            put_in_on=now.astimezone(LONDON).date(),
        )
    )
    await session.flush()
    said = {"given": given, "papers": len(receipts), "present": list(pile.present)}
    await note(session, row, "papers put in", by=by, now=now, **said)
    return receipts


async def _cast(session: AsyncSession, row: BallotRow, pile: Pile, *, now: datetime) -> dict[bytes, Receipt]:
    found = {}
    for v in sorted(pile.envelopes):
        found[v] = await secrecy.cast(session, _box(row), v, pile.envelopes[v], now=now, by_tellers=True)
    return found


async def _check_open(session: AsyncSession, row: BallotRow, now: datetime) -> None:
    """Refuse unless voting is open and the pile is not in the box yet."""
    if not await queries.tellers(session, row.id):
        raise NotFound("Nobody can vote on paper in this vote: it has no tellers.")
    stands = standing(row, now)
    if stands is Standing.EARLY:
        raise WrongState(f"This vote opens {when(row.opens_at)}. Nothing is done with votes on paper before.")
    if stands is Standing.PAUSED:
        raise WrongState("Voting is paused. Nothing is done with votes on paper until it goes on.")
    if stands is not Standing.OPEN:
        raise WrongState(f"{closed_sentence(row).split('.')[0]}. Nothing more can be done with votes on paper.")
    if await queries.pile(session, row.id) is not None:
        raise WrongState(PUT_IN)


async def _check_signed(session: AsyncSession, row: BallotRow) -> int:
    """How many people were given a paper. Refuses unless two tellers have signed for each of them."""
    found = await papers(session, row)
    if found.signed < found.given:
        raise WrongState(
            f"Papers were given to {found.given:,} people, and two tellers have signed for {found.signed:,} of them. "
            "Sign the list first."
        )
    if not found.given:
        raise WrongState("Nobody was given a vote on paper.")
    return found.given


async def _present(session: AsyncSession, row: BallotRow, pile: Pile, by: str) -> str:
    """The names of the two who typed the pile, among them whoever asks; refuses two who cannot sign together."""
    two = [await queries.teller(session, row.id, one) for one in pile.present]
    if two[0].id == two[1].id or not files.may_sign([one.side for one in two]):
        raise BadInput("Two different tellers must be present, and not both of the employer’s.")
    if by not in [f"account {one.account_id}" for one in two]:
        raise BadInput("Whoever puts the papers in must be one of the two tellers who are present.")
    return " and ".join(one.name for one in two)


def _box(row: BallotRow) -> int:
    if row.box_id is None:
        raise NotFound("This vote has no list of voters yet.")
    return row.box_id
