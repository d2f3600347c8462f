"""Votes on paper: given out, signed by two tellers, and put in as one sealed pile; the totals by channel agree."""

import secrets

import pytest
from sqlalchemy import select

from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.people import queries as people
from pilot.people.roles import Grant, Role
from pilot.secrecy import filling, keyfile, tellers
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from pilot.voting.tables import PaperGivenRow, TellerRow
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
            await service.give(session, row, one, by=await self.by(session, 0), now=OPENS)

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

    async def pile(self, session, answers, *, present=(0, 2), why_fewer="", under=None):
        """These papers as the tellers' browser seals them, under numbers taken at random."""
        row, found = await self.row(session), await self.tellers(session)
        free = under or list(await secrecy.without_paper(session, row.box_id))
        secrets.SystemRandom().shuffle(free)
        text = await secrecy.manifest_of(session, row.box_id)
        filled = {v: a_paper(text, [[answer]]) for v, answer in zip(free, answers, strict=False)}
        stamps = await service.stamp_papers(session, row, {v: one.blinded for v, one in filled.items()}, now=OPENS)
        read, digest = manifests.read(text), manifests.digest(text)
        sealed = {v: filling.seal_up(read, digest, one, stamps[v]) for v, one in filled.items()}
        return Pile(sealed, (found[present[0]].id, found[present[1]].id), why_fewer)

    async def put_in(self, session, pile, *, place=0, now=OPENS):
        return await service.put_in(session, await self.row(session), pile, by=await self.by(session, place), now=now)


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
    names = ("Tom Teller", "Tess Till", "Una Union")
    mine = [OwnTrustee(name, side) for name, side in zip(names, SIDES, strict=True)]
    for one, address in zip(mine, ("tom", "tess", "una"), strict=True):
        wanted = WantedTeller(f"{address}@example.org", one.side, one.number)
        await service.add_teller(session, arranged, wanted, one.registration(), by=OFFICER, now=ARRANGED)
    await service.freeze_electorate(session, arranged.id, by=OFFICER, now=ARRANGED, script=SCRIPT)
    await service.open_ballot(session, arranged.id, now=OPENS)
    return Paper(arranged.id, mine)


async def declared(session, ballot_id):
    await service.close_ballot(session, ballot_id, now=CLOSES)
    await service.tally(session, ballot_id, now=CLOSES)
    return await service.declare_result(session, ballot_id, by=OFFICER, now=DECLARED, on_declared=nobody_is_told)


async def test_votes_on_paper_and_on_screens_come_out_together_and_the_totals_by_channel_agree(session, ballot):
    await votes(session, ballot.id, ["yes", "yes", "no"])
    await ballot.give(session, 0, 5, 6, 7)
    assert await ballot.sign(session, 0, 2) == 4
    pile = await ballot.pile(session, ["no", "no", "yes"], why_fewer="One paper was not handed in.")
    receipts = await ballot.put_in(session, pile)
    assert await ballot.put_in(session, pile) == receipts  # the answer was lost
    told = await declared(session, ballot.id)
    assert (told.on_paper.given, told.on_paper.cast) == (4, 3)
    assert (told.envelopes, told.votes) == (5, {"yes": 2, "no": 3, "abstain": 0})
    kept = await queries.pile(session, ballot.id)
    assert (kept.given_count, kept.cast_count, kept.present) == (4, 3, "Tom Teller and Una Union")
    assert kept.why_fewer == "One paper was not handed in."


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
        await service.give(session, row, await a_voter(session, row, 0), by=OFFICER, now=OPENS)
    with_paper = await a_voter(session, row, 0)
    await service.take_back(session, row, with_paper, "Came back unused.", by=OFFICER, now=OPENS)
    await votes(session, row.id, ["yes"])
    await ballot.give(session, 0)
    assert await service.has_sealed(session, row, await a_voter(session, row, 0))
    await ballot.sign(session, 1, 2)
    assert not await service.has_sealed(session, row, await a_voter(session, row, 0))
    with pytest.raises(WrongState, match="cannot be taken back"):
        await service.take_back(session, row, await a_voter(session, row, 0), "x", by=OFFICER, now=OPENS)


async def test_one_teller_alone_and_two_of_the_employer_change_nothing(session, ballot):
    await votes(session, ballot.id, ["yes"])
    await ballot.give(session, 0)
    assert await ballot.sign(session, 2) == 0
    assert await ballot.sign(session, 2) == 0  # the same teller again
    row = await ballot.row(session)
    one = await a_voter(session, row, 0)
    assert not one.signed
    with pytest.raises(WrongState, match="two tellers have signed for 0"):
        await ballot.pile(session, ["no"], under=[one.v])
    await service.take_back(session, row, one, "Came back unused.", by=OFFICER, now=OPENS)
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
    more = Pile({**whole.envelopes, other.v: b"x" * 900}, whole.present, "")
    with pytest.raises(BadInput, match="no more than 2 papers"):
        await ballot.put_in(session, more)
    with pytest.raises(BadInput, match="Two different tellers"):
        await ballot.put_in(session, Pile(whole.envelopes, (whole.present[0],) * 2, ""))
    found = await ballot.tellers(session)
    with pytest.raises(BadInput, match="not both of the employer"):
        await ballot.put_in(session, Pile(whole.envelopes, (found[0].id, found[1].id), ""))
    with pytest.raises(BadInput, match="Whoever puts"):
        await ballot.put_in(session, whole, place=1)
    await ballot.put_in(session, whole)
    for doing in (ballot.give(session, 2), ballot.pile(session, ["yes"], under=[other.v])):
        with pytest.raises(WrongState, match="in the box already"):
            await doing


async def test_a_second_pile_is_refused_also_under_numbers_that_are_left(session, ballot):
    await ballot.give(session, 0, 1)
    await ballot.sign(session, 0, 2)
    left = await ballot.pile(session, ["yes", "no"])
    (first, second) = left.envelopes.items()
    await ballot.put_in(session, Pile(dict([first]), left.present, "One is spoilt."))
    with pytest.raises(WrongState, match="in the box already"):
        await ballot.put_in(session, Pile(dict([second]), left.present, "One is spoilt."))
    assert len(await secrecy.without_paper(session, (await ballot.row(session)).box_id)) == 1


async def test_nothing_is_done_with_papers_before_voting_opens_or_after_it_closes(session, ballot):
    row = await ballot.row(session)
    one = await a_voter(session, row, 0)
    with pytest.raises(WrongState, match="Voting closed"):
        await service.give(session, row, one, by=OFFICER, now=CLOSES)
    await ballot.give(session, 0)
    await ballot.sign(session, 0, 2)
    pile = await ballot.pile(session, ["yes"])
    with pytest.raises(WrongState, match="Voting closed"):
        await ballot.put_in(session, pile, now=CLOSES)


async def test_no_event_names_a_voter_and_no_table_has_an_answer(session, ballot):
    await ballot.give(session, 0, 1)
    await ballot.sign(session, 0, 2)
    await ballot.put_in(session, await ballot.pile(session, ["yes", "no"]))
    said = " ".join(f"{one.verb} {one.detail}" for one in (await session.scalars(select(EventRow))).all())
    assert "paper given" in said
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
        await service.give(session, row, await a_voter(session, row, 0), by=OFFICER, now=OPENS)
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
