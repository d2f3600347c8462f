"""Votes on paper: given out, signed by two tellers, and put in as one sealed pile; the totals by channel agree."""

import asyncio
import secrets
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import Date, DateTime, select, text
from sqlalchemy.exc import OperationalError

from pilot.audit.tables import EventRow
from pilot.commands.migrate import upgrade
from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from pilot.people import queries as people
from pilot.people.roles import Grant, Role
from pilot.secrecy import filling, keyfile, tellers
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.store import UtcDateTime
from pilot.voting import queries, service
from pilot.voting.tables import PaperGivenRow, TellerRow, TellerSignatureRow
from pilot.voting.tellers import Pile, WantedTeller
from tests.builders.secrecy import a_paper
from tests.builders.trustees import OwnTrustee
from tests.builders.voting import (
    ARRANGED,
    CLOSES,
    DECLARED,
    OFFICER,
    OPENS,
    SCRIPT,
    a_roll,
    an_arranged_ballot,
    nobody_is_told,
    votes,
)

SIDES = ("employer", "employer", "staff side")
NAMES = ("Tom Teller", "Tess Till", "Una Union")
MINE = [OwnTrustee(name, side) for name, side in zip(NAMES, SIDES, strict=True)]


class Paper:
    """A ballot that is open, and its three tellers with their keys."""

    def __init__(self, ballot, mine):
        self.id, self.mine = ballot, mine

    async def row(self, session):
        return await queries.ballot(session, self.id)

    async def tellers(self, session):
        return list(await queries.tellers(session, self.id))

    async def by(self, session, place):
        return f"account {(await self.tellers(session))[place].account_id}"

    async def give(self, session, *places):
        row = await self.row(session)
        for one in [(await a_voter(session, row, place)) for place in places]:
            await service.give(session, row, one, (await self.tellers(session))[0], now=OPENS)

    async def sign(self, session, *places, now=OPENS):
        """The list signed by these tellers, one after the other; how many votes on paper came of it."""
        count, row = 0, await self.row(session)
        data = await service.cancel_list(session, row)
        for place in places:
            teller = (await self.tellers(session))[place]
            signed = tellers.sign_list(data, self.mine[place].file, self.mine[place].keys)
            by = f"account {teller.account_id}"
            count += await service.take_signatures(session, row, teller, signed, by=by, now=now)
        return count

    async def pile(self, session, answers, *, why_fewer="", under=None):
        """These papers as the tellers' browser seals them, under numbers taken at random."""
        row = await self.row(session)
        free = under or list(await secrecy.without_paper(session, row.box_id))
        secrets.SystemRandom().shuffle(free)
        text = await secrecy.manifest_of(session, row.box_id)
        filled = {v: a_paper(text, [[answer]]) for v, answer in zip(free, answers, strict=False)}
        blinded, by = {v: one.blinded for v, one in filled.items()}, await self.by(session, 0)
        stamps = await service.stamp_papers(session, row, blinded, by=by, now=OPENS)
        read, digest = manifests.read(text), manifests.digest(text)
        sealed = {v: filling.seal_up(read, digest, one, stamps[v]) for v, one in filled.items()}
        return Pile(sealed, why_fewer)

    async def put_in(self, session, pile, *, place=0, now=OPENS):
        row, teller, by = await self.row(session), (await self.tellers(session))[place], await self.by(session, place)
        return await service.put_in(session, row, teller, pile, by=by, now=now)

    async def confirm(self, session, number, *, place=2, now=OPENS):
        row, teller, by = await self.row(session), (await self.tellers(session))[place], await self.by(session, place)
        return await service.confirm_papers(session, row, teller, number, by=by, now=now)

    async def throw_away(self, session, *, place=2, now=OPENS):
        await service.throw_away(session, await self.row(session), by=await self.by(session, place), now=now)

    async def waits(self, session):
        """A pile of one paper that the first teller, one of the employer's, has sealed; its number and the pile."""
        await self.give(session, 0)
        await self.sign(session, 0, 2)
        pile = await self.pile(session, ["yes"])
        return (await self.put_in(session, pile)).number, pile


async def a_voter(session, row, place):
    """One person on the list of voters, the same for the same place."""
    person = sorted(await queries.electors(session, row.id))[place]
    return await service.paper_voter(session, row, person)


async def added(session, row, one):
    wanted = WantedTeller(one.email, one.side, one.number)
    return await service.add_teller(session, row, wanted, one.registration(), by=OFFICER, now=ARRANGED)


@pytest.fixture
async def arranged(session):
    await a_roll(session)
    return await queries.ballot(session, await an_arranged_ballot(session))


@pytest.fixture
async def ballot(session, arranged):
    for one, address in zip(MINE, ("tom", "tess", "una"), strict=True):
        wanted = WantedTeller(f"{address}@example.org", one.side, one.number)
        await service.add_teller(session, arranged, wanted, one.registration(), by=OFFICER, now=ARRANGED)
    await service.freeze_electorate(session, arranged.id, by=OFFICER, now=ARRANGED, script=SCRIPT)
    await service.open_ballot(session, arranged.id, now=OPENS)
    return Paper(arranged.id, MINE)


async def declared(session, ballot_id):
    await service.close_ballot(session, ballot_id, now=CLOSES)
    await service.tally(session, ballot_id, now=CLOSES)
    return await service.declare_result(session, ballot_id, by=OFFICER, now=DECLARED, on_declared=nobody_is_told)


async def test_votes_on_paper_and_on_screens_come_out_together_and_the_totals_by_channel_agree(session, ballot):
    await votes(session, ballot.id, ["yes", "yes", "no"])
    await ballot.give(session, 0, 5, 6, 7)
    assert await ballot.sign(session, 0, 2) == 4
    pile = await ballot.pile(session, ["no", "no", "yes"], why_fewer="One paper was not handed in.")
    kept = await ballot.put_in(session, pile)
    assert kept.receipts is None
    assert await ballot.put_in(session, pile) == kept  # the answer was lost
    assert await ballot.confirm(session, kept.number) == 3
    done = await ballot.put_in(session, pile)
    assert set(done.receipts) == set(pile.envelopes)
    assert await ballot.put_in(session, pile) == done
    told = await declared(session, ballot.id)
    assert (told.on_paper.given, told.on_paper.cast) == (4, 3)
    assert (told.envelopes, told.votes) == (5, {"yes": 2, "no": 3, "abstain": 0})
    shown = (await service.papers_of_all(session, await ballot.row(session))).pile
    assert (shown.given, shown.cast, shown.first, shown.second) == (4, 3, "Tom Teller", "Una Union")
    assert shown.why_fewer == "One paper was not handed in."


async def test_one_teller_alone_puts_nothing_into_the_box(session, ballot):
    number, _ = await ballot.waits(session)
    box = (await ballot.row(session)).box_id
    with pytest.raises(NotAllowed, match="You sealed these papers"):
        await ballot.confirm(session, number, place=0)
    with pytest.raises(NotAllowed, match="both the employer"):
        await ballot.confirm(session, number, place=1)
    with pytest.raises(BadInput) as refused:
        await ballot.confirm(session, "0" * 16)
    assert "not the number" in refused.value.fields["number"]
    with pytest.raises(WrongState, match="Voting closed"):
        await ballot.confirm(session, number, now=CLOSES)
    assert (await secrecy.papers_in(session, box)).cast == 0
    await ballot.confirm(session, f"{number[:4].lower()}-{number[4:]} ")
    assert (await secrecy.papers_in(session, box)).cast == 1
    with pytest.raises(WrongState, match="No papers wait"):
        await ballot.confirm(session, number)


async def test_papers_that_wait_are_thrown_away_by_any_teller_and_come_back_only_when_they_are_typed_again(
    session, ballot
):
    _, pile = await ballot.waits(session)
    other = Pile({v: envelope[::-1] for v, envelope in pile.envelopes.items()})
    with pytest.raises(WrongState, match="wait for a second teller"):
        await ballot.put_in(session, other)
    await ballot.throw_away(session)
    with pytest.raises(WrongState, match="were thrown away"):
        await ballot.put_in(session, Pile(pile.envelopes, again=True))
    with pytest.raises(WrongState, match="No papers wait"):
        await ballot.throw_away(session)
    again = await ballot.put_in(session, await ballot.pile(session, ["no"]))
    await ballot.confirm(session, again.number)
    with pytest.raises(WrongState, match="No papers wait"):
        await ballot.throw_away(session)


async def test_papers_that_nobody_confirmed_are_not_counted_not_kept_and_everybody_reads_so(session, ballot):
    await ballot.waits(session)
    assert await service.papers_of_all(session, await ballot.row(session)) is None
    told = await declared(session, ballot.id)
    assert (told.on_paper.given, told.on_paper.cast, told.envelopes) == (1, 0, 0)
    shown = await service.papers_of_all(session, await ballot.row(session))
    assert (shown.signed, shown.pile.second, shown.pile.waits) == (1, "", False)
    assert (await queries.pile(session, ballot.id)).sealed is None


async def test_a_paper_that_nobody_signed_for_stops_no_other_and_can_be_taken_back_at_any_time(session, ballot):
    await ballot.give(session, 0)
    await ballot.sign(session, 0, 2)
    await ballot.give(session, 1)
    assert await service.papers_by_teller(session, await ballot.row(session)) == [
        ("Tom Teller", 2),
        ("Tess Till", 0),
        ("Una Union", 0),
    ]
    kept = await ballot.put_in(session, await ballot.pile(session, ["yes"]))
    await ballot.confirm(session, kept.number)
    row = await ballot.row(session)
    one = await a_voter(session, row, 1)
    await service.take_back(session, row, one, now=OPENS)
    filled = a_paper(await secrecy.manifest_of(session, row.box_id), [["yes"]])
    voter = await people.voter(session, one.person)
    assert await service.stamp(session, row.id, voter, filled.blinded, now=OPENS)


async def test_whoever_has_a_paper_cannot_vote_on_a_screen_until_it_is_taken_back(session, ballot):
    row = await ballot.row(session)
    one = await a_voter(session, row, 0)
    voter = await people.voter(session, one.person)
    await ballot.give(session, 0)
    filled = a_paper(await secrecy.manifest_of(session, row.box_id), [["yes"]])
    with pytest.raises(WrongState, match="You have been given a vote on paper"):
        await service.stamp(session, row.id, voter, filled.blinded, now=OPENS)
    with pytest.raises(WrongState, match="You have been given a vote on paper"):
        await service.cast(session, row.id, voter, b"x", now=OPENS)
    assert (await service.place(session, row.id, voter, now=OPENS)).given
    with pytest.raises(WrongState, match="already"):
        await ballot.give(session, 0)
    await service.take_back(session, row, await a_voter(session, row, 0), now=OPENS)
    await votes(session, row.id, ["yes"])
    await ballot.give(session, 0)
    assert (await secrecy.mark(session, row.box_id, one.v)).sealed
    await ballot.sign(session, 1, 2)
    assert (await secrecy.mark(session, row.box_id, one.v)).on_paper
    with pytest.raises(WrongState, match="cannot be taken back"):
        await service.take_back(session, row, await a_voter(session, row, 0), now=OPENS)


async def test_one_teller_alone_and_two_of_the_employer_change_nothing(session, ballot):
    await votes(session, ballot.id, ["yes"])
    await ballot.give(session, 0)
    assert await ballot.sign(session, 2) == 0
    assert await ballot.sign(session, 2) == 0  # the same teller again
    row = await ballot.row(session)
    one = await a_voter(session, row, 0)
    assert not one.signed
    with pytest.raises(NotAllowed, match="Two tellers have not signed"):
        await ballot.pile(session, ["no"], under=[one.v])
    with pytest.raises(WrongState, match="not signed for any paper"):
        await ballot.put_in(session, Pile({one.v: b"x" * 900}))
    await service.take_back(session, row, one, now=OPENS)
    await ballot.give(session, 0)
    assert await ballot.sign(session, 0, 1) == 0  # both of them the employer's
    assert await ballot.sign(session, 2) == 1


async def test_signatures_of_somebody_else_for_another_vote_or_another_list_are_refused(session, ballot):
    await ballot.give(session, 0)
    row, found = await ballot.row(session), await ballot.tellers(session)
    data = await service.cancel_list(session, row)
    mine = ballot.mine[0]

    async def take(content):
        await service.take_signatures(session, row, found[0], content, by=OFFICER, now=OPENS)

    with pytest.raises(BadInput, match="another key file"):
        await take(tellers.sign_list(data, ballot.mine[1].file, ballot.mine[1].keys))
    (v,) = tellers.read_cancel_list(data).voters
    with pytest.raises(BadInput, match="another vote"):
        await take(tellers.sign_list(tellers.cancel_list("0" * 64, [bytes.fromhex(v)]), mine.file, mine.keys))
    other = tellers.cancel_list(tellers.read_cancel_list(data).m, [bytes(16)])
    with pytest.raises(BadInput, match="Nobody on this list"):
        await take(tellers.sign_list(other, mine.file, mine.keys))
    with pytest.raises(BadInput, match="Choose the signatures of a teller"):
        await take(data)


async def test_a_pile_has_no_more_papers_than_were_given_and_fewer_only_for_a_reason(session, ballot):
    await ballot.give(session, 0, 1)
    await ballot.sign(session, 0, 2)
    with pytest.raises(BadInput, match="Say why"):
        await ballot.put_in(session, await ballot.pile(session, ["yes"]))
    whole = await ballot.pile(session, ["yes", "no"])
    row = await ballot.row(session)
    other = await a_voter(session, row, 9)
    with pytest.raises(BadInput, match="no more than 2 papers"):
        await ballot.put_in(session, Pile({**whole.envelopes, other.v: b"x" * 900}))
    with pytest.raises(BadInput, match="not none"):
        await ballot.put_in(session, Pile({}, "All are spoilt."))
    kept = await ballot.put_in(session, whole)
    for words in ("wait for a second teller", "in the box already"):
        for doing in (ballot.give(session, 2), ballot.pile(session, ["yes"], under=[other.v])):
            with pytest.raises(WrongState, match=words):
                await doing
        if words.startswith("wait"):
            await ballot.confirm(session, kept.number)


async def test_a_second_pile_is_refused_also_under_numbers_that_are_left(session, ballot):
    await ballot.give(session, 0, 1)
    await ballot.sign(session, 0, 2)
    left = await ballot.pile(session, ["yes", "no"])
    (first, second) = left.envelopes.items()
    kept = await ballot.put_in(session, Pile(dict([first]), "One is spoilt."))
    await ballot.confirm(session, kept.number)
    with pytest.raises(WrongState, match="in the box already"):
        await ballot.put_in(session, Pile(dict([second]), "One is spoilt."))
    assert len(await secrecy.without_paper(session, (await ballot.row(session)).box_id)) == 1


async def test_nothing_is_done_with_papers_before_voting_opens_or_after_it_closes(session, ballot):
    row = await ballot.row(session)
    one = await a_voter(session, row, 0)
    with pytest.raises(WrongState, match="Voting closed"):
        await service.to_give(session, row, one.person, now=CLOSES)
    await ballot.give(session, 0)
    await ballot.sign(session, 0, 2)
    pile = await ballot.pile(session, ["yes"])
    with pytest.raises(WrongState, match="Voting closed"):
        await ballot.put_in(session, pile, now=CLOSES)


async def test_no_event_names_a_voter_and_no_table_has_an_answer(session, ballot):
    await ballot.give(session, 0, 1)
    await ballot.sign(session, 0, 2)
    kept = await ballot.put_in(session, await ballot.pile(session, ["yes", "no"]))
    await ballot.confirm(session, kept.number)
    said = " ".join(f"{one.verb} {one.detail}" for one in (await session.scalars(select(EventRow))).all())
    assert "paper given" not in said
    for words in ("papers signed {'people': 2}", "papers stamped {'papers': 2}"):
        assert words in said
    for v in await session.scalars(select(PaperGivenRow.v)):
        assert v.hex() not in said
    row = await ballot.row(session)
    for place in (0, 1):
        assert (await a_voter(session, row, place)).name not in said


async def test_tellers_are_two_of_different_sides_or_nobody(session, arranged):
    tom, tess = OwnTrustee("Tom Teller", "employer"), OwnTrustee("Tess Till", "employer")
    await added(session, arranged, tom)
    for _ in range(2):
        with pytest.raises(WrongState, match="at least two tellers"):
            await service.freeze_electorate(session, arranged.id, by=OFFICER, now=ARRANGED, script=SCRIPT)
        if len(await queries.tellers(session, arranged.id)) == 1:
            wanted = WantedTeller("tess@example.org", tess.side, tess.number)
            await service.add_teller(session, arranged, wanted, tess.registration(), by=OFFICER, now=ARRANGED)
    for one in await queries.tellers(session, arranged.id):
        await service.remove_teller(session, arranged, one.id, by=OFFICER, now=ARRANGED)
    await service.freeze_electorate(session, arranged.id, by=OFFICER, now=ARRANGED, script=SCRIPT)
    await service.open_ballot(session, arranged.id, now=OPENS)
    row = await queries.ballot(session, arranged.id)
    with pytest.raises(NotFound, match="has no tellers"):
        await service.to_give(session, row, sorted(await queries.electors(session, row.id))[0], now=OPENS)
    with pytest.raises(WrongState, match="cannot be changed now"):
        await service.to_add_teller(session, "RAA", arranged.id)


async def test_a_teller_is_added_with_the_number_that_they_read_aloud_and_once(session, arranged):
    one = OwnTrustee("Tom Teller", "scrutineer")
    wanted = WantedTeller(one.email, one.side, keyfile.fingerprint(b"x", b"y"))
    with pytest.raises(BadInput) as refused:
        await service.add_teller(session, arranged, wanted, one.registration(), by=OFFICER, now=ARRANGED)
    assert "number" in refused.value.fields
    made = await added(session, arranged, one)
    assert made.secret
    row = await session.get(TellerRow, made.teller)
    held = await people.officer(session, row.account_id)
    assert held.grants == (Grant(Role.TELLER, "RAA"),)
    for again in (one, OwnTrustee("Tom Teller", "employer")):
        with pytest.raises(BadInput):
            await added(session, arranged, again)
    await service.remove_teller(session, arranged, row.id, by=OFFICER, now=ARRANGED)
    assert (await people.officer(session, held.account_id)).grants == ()


async def test_when_somebody_asked_for_a_paper_is_written_down_nowhere(session, ballot):
    """No event, no time, and no order: on SQLite a hidden row number would tell who came first."""
    before = len((await session.scalars(select(EventRow))).all())
    await ballot.give(session, 9, 2, 5)
    row = await ballot.row(session)
    await service.take_back(session, row, await a_voter(session, row, 2), now=OPENS)
    assert len((await session.scalars(select(EventRow))).all()) == before
    for table in (PaperGivenRow, TellerSignatureRow):
        assert not [one for one in table.__table__.columns if isinstance(one.type, (Date, DateTime, UtcDateTime))]
    if session.get_bind().dialect.name == "sqlite":
        lying = (await session.execute(text("SELECT v FROM paper_given NOT INDEXED"))).scalars().all()
        assert lying == sorted(lying)
        with pytest.raises(OperationalError, match="no such column: rowid"):
            await session.execute(text("SELECT rowid FROM paper_given"))


async def test_a_database_that_was_migrated_keeps_no_order_either(tmp_path):
    path = tmp_path / "pilot.sqlite"
    await asyncio.to_thread(upgrade, f"sqlite+aiosqlite:///{path}")
    with closing(sqlite3.connect(path)) as database:
        made = database.execute("SELECT sql FROM sqlite_master WHERE name = 'paper_given'").fetchone()[0]
    assert "WITHOUT ROWID" in made
