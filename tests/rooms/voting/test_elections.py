"""The life of an election, with a real database and real sealed votes: from its candidates to a declared result."""

import asyncio

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from pilot.audit.log import verify_chain
from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from pilot.voting.count import lot, rules
from pilot.voting.count.contest import REOPEN, Reserve
from pilot.voting.declaration import Lot, Outcome
from pilot.voting.jobs import due
from pilot.voting.lifecycle import State
from pilot.voting.service.counting import Wrong
from pilot.voting.tables import BallotRow, DeclarationRow
from pilot.web.pages import fours
from tests.builders.voting import (
    ARRANGED,
    CLOSES,
    DECLARED,
    FOUR,
    LOT,
    OFFICER,
    OPENS,
    SCRIPT,
    a_closed_election,
    a_counted_election,
    a_declared_election,
    a_frozen_ballot,
    a_frozen_election,
    a_roll,
    a_spec,
    a_voted_election,
    an_arranged_ballot,
    an_arranged_election,
    an_election,
    counted,
    nobody_is_told,
    rankings_cast,
)

RANKINGS = {"1>2": 9, "2>3>1": 6, "3": 5, "": 2, "4>1>2>3": 3}
LEVEL = {str(number): 1 for number in range(1, 7)}
"""One seat, six candidates with the same votes and no stage before: only a lot can tell."""

FEW = {"1>2": 2, "3": 1}

ONE_SEAT = an_election(rule="first-past-the-post", seats=1, candidates=(*FOUR, "Eve Yu", "Flo Zed"))


async def state_of(session, ballot):
    return State((await queries.ballot(session, ballot)).state)


async def events(session):
    found = select(EventRow.verb, EventRow.actor, EventRow.detail).order_by(EventRow.number)
    return [tuple(row) for row in await session.execute(found)]


async def count_the_events(session):
    return len(await events(session))


async def test_an_election_is_arranged_frozen_voted_in_peeled_counted_and_declared(session):
    ballot, made = await a_declared_election(session, RANKINGS)
    assert made.outcome is Outcome.ELECTED
    assert not made.carried
    assert (made.elected, made.empty, made.by_lot) == (("Amy Osei", "Ben Roy"), 0, False)
    assert "Amy Osei and Ben Roy" in made.sentence
    assert made.votes == {"1": 9, "2": 6, "3": 5, "4": 3}
    assert (made.entitled, made.voted, made.blank, made.spoilt, made.spare) == (25, 25, 2, 0, 0)
    assert made.lot == Lot(LOT, "")
    assert await state_of(session, ballot) is State.DECLARED
    assert await verify_chain(session) is None
    assert [(verb, actor) for verb, actor, _ in await events(session)][2:] == [
        ("ballot arranged", OFFICER),
        ("number for lots taken", OFFICER),
        ("list of voters fixed", OFFICER),
        ("vote opened", "clock"),
        ("vote closed", "clock"),
        ("sealed votes opened", "clock"),
        ("votes counted", OFFICER),
        ("result declared", OFFICER),
    ]
    assert (await service.finish(session, ballot, now=DECLARED)).endswith("result final, ballot 1.")


async def test_the_declared_count_is_the_count_of_the_declared_papers(session):
    ballot, made = await a_declared_election(session, RANKINGS)
    contest, papers, order = await service.contest_and_papers(session, ballot)
    assert papers == {b"\x01\x02": 9, b"\x02\x03\x01": 6, b"\x03": 5, b"": 2, b"\x04\x01\x02\x03": 3}
    count = rules.count("scottish-stv", contest, papers, order)
    assert await queries.count_of(session, ballot) == count
    assert tuple(place.name for place in count.elected) == made.elected
    row = await session.get(DeclarationRow, ballot)
    assert queries.tallied(await queries.ballot(session, ballot)) == count
    assert await queries.declared(session, ballot) == made
    assert row.content["lot"] == {"lost": "", "number": LOT}


async def test_what_is_promised_before_the_vote_says_how_it_is_counted(session):
    kept = Reserve("Night staff", (3, 4), least=1)
    ballot = await a_frozen_election(session, an_election(reopen=True, reserves=(kept,)))
    row = await queries.ballot(session, ballot)
    manifest = manifests.read(await secrecy.manifest_of(session, row.box_id))
    assert manifest.rule == {
        "name": "scottish-stv",
        "version": rules.RULES["scottish-stv"].version,
        "seats": 2,
        "reopen": 5,
        "reserves": [{"name": "Night staff", "candidates": [3, 4], "least": 1}],
        "lot": lot.mark(LOT),
    }
    (question,) = manifest.questions
    assert [(option.id, option.text) for option in question.options] == [
        *((str(number), name) for number, name in enumerate(FOUR, start=1)),
        ("5", REOPEN),
    ]
    assert (question.min, question.max, question.ranked) == (0, 5, True)


@pytest.mark.parametrize(
    ("rule", "seats", "most", "ranked"),
    [
        ("alternative-vote", 1, 4, True),
        ("first-past-the-post", 1, 1, False),
        ("block-plurality", 2, 2, False),
        ("approval", 2, 4, False),
        ("meek-stv", 2, 4, True),
    ],
)
async def test_every_rule_has_the_paper_that_it_needs(session, rule, seats, most, ranked):
    ballot = await a_frozen_election(session, an_election(rule=rule, seats=seats))
    row = await queries.ballot(session, ballot)
    (question,) = manifests.read(await secrecy.manifest_of(session, row.box_id)).questions
    assert (question.min, question.max, question.ranked) == (0, most, ranked)


async def test_the_order_on_a_paper_means_nothing_where_it_is_not_asked_for(session):
    ask = an_election(rule="approval", seats=2)
    ballot, made = await a_declared_election(session, {"3>1": 4, "1>3": 4, "2": 3}, ask)
    _, papers, _ = await service.contest_and_papers(session, ballot)
    assert papers == {b"\x01\x03": 8, b"\x02": 3}
    assert made.votes == {"1": 8, "2": 3, "3": 8, "4": 0}


async def test_sixty_candidates_and_twenty_five_seats_can_all_be_ranked(session):
    ask = an_election(seats=25, candidates=tuple(f"Candidate {number}" for number in range(1, 61)))
    everybody = ">".join(str(number) for number in range(60, 0, -1))
    _, made = await a_declared_election(session, {everybody: 2, "1": 1}, ask)
    assert len(made.elected) == 25
    assert made.spoilt == 0
    assert made.elected[0] == "Candidate 60"


async def test_a_paper_that_chooses_nobody_who_stands_is_spoilt_and_a_blank_one_takes_part(session):
    ballot = await a_frozen_election(session, ONE_SEAT)
    await rankings_cast(session, ballot, {"9": 1, "1": 1, "": 1})
    await counted(session, ballot)
    await service.open_lot(session, ballot, number=LOT, by=OFFICER, now=CLOSES)
    made = await service.declare_result(session, ballot, by=OFFICER, now=DECLARED, on_declared=nobody_is_told)
    assert (made.voted, made.blank, made.spoilt, made.votes["1"]) == (3, 1, 1, 1)


async def test_with_no_paper_at_all_nobody_is_elected_and_it_is_declared(session):
    _, made = await a_declared_election(session, {})
    assert (made.outcome, made.elected, made.empty, made.voted) == (Outcome.ELECTED, (), 2, 0)


async def test_when_nominations_are_reopened_the_seat_stays_empty(session):
    ask = an_election(rule="alternative-vote", seats=1, reopen=True)
    _, made = await a_declared_election(session, {"5": 8, "1": 3}, ask)
    assert (made.elected, made.empty) == ((), 1)
    assert REOPEN not in made.elected


# Setting up


async def test_an_election_that_cannot_be_held_is_refused_with_every_reason(session):
    await a_roll(session)
    ask = an_election(rule="by acclamation", seats=26, candidates=("Amy Osei", "amy  osei"), reserves=())
    with pytest.raises(BadInput) as refusal:
        await an_arranged_election(session, ask, title="")
    assert set(refusal.value.fields) == {"title", "rule", "seats", "candidates"}
    assert "tell them apart" in refusal.value.fields["candidates"]


async def test_kept_seats_that_cannot_be_filled_are_refused_before_anything_is_kept(session):
    await a_roll(session)
    ask = an_election(reserves=(Reserve("Night staff", (4,), least=2),))
    with pytest.raises(BadInput) as refusal:
        await an_arranged_election(session, ask)
    assert list(refusal.value.fields) == ["seats"]
    assert await queries.ballots_of(session, "RAA") == []


async def test_an_election_that_cannot_be_counted_any_more_is_refused_before_it_opens(session):
    await a_roll(session)
    ballot = await an_arranged_election(session)
    await service.take_lot(session, ballot, LOT, by=OFFICER, now=ARRANGED)
    row = await queries.ballot(session, ballot)
    spoilt = row.rule | {"seats": 9}
    await session.execute(update(BallotRow).where(BallotRow.id == ballot).values(rule=spoilt))
    await session.refresh(row)
    with pytest.raises(WrongState, match="This election cannot be held"):
        await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)


# The number for lots


async def test_the_list_of_an_election_is_not_fixed_without_a_number_for_lots(session):
    await a_roll(session)
    ballot = await an_arranged_election(session)
    with pytest.raises(WrongState, match="Take the number for lots first"):
        await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)
    assert await state_of(session, ballot) is State.ARRANGED


async def test_only_the_mark_of_the_number_is_kept_and_the_last_one_taken_counts(session):
    await a_roll(session)
    ballot = await an_arranged_election(session)
    first = service.a_number()
    await service.take_lot(session, ballot, first, by=OFFICER, now=ARRANGED)
    await service.take_lot(session, ballot, fours(LOT), by=OFFICER, now=ARRANGED)
    row = await queries.ballot(session, ballot)
    assert (row.lot_mark, row.lot_number, row.lot_lost) == (lot.mark(LOT), None, None)
    told = str([detail for _, _, detail in await events(session)])
    assert LOT not in told
    assert first not in told
    assert lot.mark(first) in told


async def test_numbers_for_lots_are_twenty_digits_and_never_the_same():
    numbers = {service.a_number() for _ in range(200)}
    assert len(numbers) == 200
    assert all(lot.read(fours(number)) == number for number in numbers)


@pytest.mark.parametrize("number", ["", "1234", "1" * 21, "x" * 20, "١" * 20])
async def test_what_is_no_number_for_lots_is_refused_and_nothing_is_kept(session, number):
    await a_roll(session)
    ballot = await an_arranged_election(session)
    before = await count_the_events(session)
    with pytest.raises(BadInput) as refusal:
        await service.take_lot(session, ballot, number, by=OFFICER, now=ARRANGED)
    assert refusal.value.fields == {"number": "The number for lots has 20 digits"}
    assert (await queries.ballot(session, ballot)).lot_mark is None
    assert await count_the_events(session) == before


async def test_no_number_is_taken_once_the_list_is_fixed(session):
    ballot = await a_frozen_election(session)
    with pytest.raises(WrongState, match="before the list of voters is fixed"):
        await service.take_lot(session, ballot, service.a_number(), by=OFFICER, now=ARRANGED)
    assert (await queries.ballot(session, ballot)).lot_mark == lot.mark(LOT)


async def test_a_number_taken_while_the_list_is_being_fixed_is_promised_or_refused(store):
    other = "9" * 20
    async with store.writing() as session:
        await a_roll(session)
        ballot = await an_arranged_election(session)
        await service.take_lot(session, ballot, LOT, by=OFFICER, now=ARRANGED)

    async def fix_the_list():
        async with store.writing() as session:
            await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)

    async def take_another():
        await asyncio.sleep(0.1)  # the keys of the vote are being made
        async with store.writing() as session:
            await service.take_lot(session, ballot, other, by=OFFICER, now=ARRANGED)

    fixed, taken = await asyncio.gather(fix_the_list(), take_another(), return_exceptions=True)
    assert fixed is None
    assert taken is None or isinstance(taken, WrongState)
    async with store.reading() as session:
        row = await queries.ballot(session, ballot)
        manifest = manifests.read(await secrecy.manifest_of(session, row.box_id))
    assert row.lot_mark == manifest.rule["lot"] == lot.mark(LOT if taken else other)


async def test_the_number_whose_mark_was_promised_opens_and_no_other(session):
    ballot, other = await a_closed_election(session, FEW), "9" * 20
    await session.execute(update(BallotRow).where(BallotRow.id == ballot).values(lot_mark=lot.mark(other)))
    with pytest.raises(BadInput):
        await service.open_lot(session, ballot, number=other, by=OFFICER, now=CLOSES)
    await service.open_lot(session, ballot, number=LOT, by=OFFICER, now=CLOSES)
    assert (await queries.ballot(session, ballot)).lot_number == LOT


async def test_a_question_has_no_lots(session):
    await a_roll(session)
    ballot = await an_arranged_ballot(session)
    with pytest.raises(WrongState, match="not an election"):
        await service.take_lot(session, ballot, LOT, by=OFFICER, now=ARRANGED)
    await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT)
    await counted(session, ballot)
    with pytest.raises(WrongState, match="not an election"):
        await service.open_lot(session, ballot, number=LOT, by=OFFICER, now=CLOSES)


async def test_the_papers_wait_uncounted_for_the_number(session):
    ballot = await a_closed_election(session, FEW)
    row = await queries.ballot(session, ballot)
    assert (row.state, row.counted, row.turnout_shown) == (State.PEELED, False, 3)
    assert row.tally == {"spoilt": 0, "set_aside": 0, "stamps": 3, "envelopes": 3}
    assert queries.tallied(row) is None
    with pytest.raises(WrongState, match="waits for the number for lots"):
        await service.declare_result(session, ballot, by=OFFICER, now=DECLARED, on_declared=nobody_is_told)
    with pytest.raises(WrongState, match="waits for the number for lots"):
        await service.to_declare(session, "RAA", ballot)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"number": "9" * 20}, "This is not the number that was taken before the vote"),
        ({"number": "123"}, "The number for lots has 20 digits"),
        ({}, "Enter the number for lots, or say why it is lost"),
        ({"number": LOT, "lost": "It was thrown away."}, "Enter the number for lots, or say why it is lost"),
    ],
)
async def test_another_number_opens_nothing_and_keeps_nothing(session, given, field):
    ballot = await a_closed_election(session, LEVEL, ONE_SEAT)
    before = await count_the_events(session)
    with pytest.raises(BadInput) as refusal:
        await service.open_lot(session, ballot, **given, by=OFFICER, now=CLOSES)
    assert refusal.value.fields == {"number": field}
    row = await queries.ballot(session, ballot)
    await session.refresh(row)
    assert (row.state, row.counted, row.lot_number, row.lot_lost) == (State.PEELED, False, None, None)
    assert await count_the_events(session) == before


async def test_a_tie_is_settled_by_the_number_and_the_last_list_of_papers(session):
    ballot, made = await a_declared_election(session, LEVEL, ONE_SEAT)
    assert made.by_lot
    row = await queries.ballot(session, ballot)
    last = (await secrecy.record_parts(session, row.box_id))["stage-3.txt"]
    order = lot.draw(lot.seed(last, LOT), 6)
    assert (await service.contest_and_papers(session, ballot))[2] == order
    assert made.elected == (ONE_SEAT.candidates[order[0] - 1],)
    assert "lot" in made.sentence


async def test_spaces_in_the_number_do_not_matter(session):
    ballot = await a_closed_election(session, FEW)
    await service.open_lot(session, ballot, number=f" {fours(LOT)} ", by=OFFICER, now=CLOSES)
    assert (await queries.ballot(session, ballot)).lot_number == LOT


async def test_without_the_number_lots_come_from_the_papers_alone_and_the_result_says_so(session):
    reason = "The envelope was  thrown away."
    ballot = await a_counted_election(session, LEVEL, ONE_SEAT, lost=reason)
    made = await service.declare_result(session, ballot, by=OFFICER, now=DECLARED, on_declared=nobody_is_told)
    assert made.by_lot
    assert made.lot == Lot("", "The envelope was thrown away.")
    row = await queries.ballot(session, ballot)
    last = (await secrecy.record_parts(session, row.box_id))["stage-3.txt"]
    order = lot.draw(lot.seed(last, ""), 6)
    assert (await service.contest_and_papers(session, ballot))[2] == order
    assert made.elected == (ONE_SEAT.candidates[order[0] - 1],)
    _, _, detail = next(event for event in await events(session) if event[0] == "votes counted")
    assert detail == {"number for lots lost": "The envelope was thrown away."}


async def test_the_number_is_opened_once(session):
    ballot = await a_counted_election(session, FEW)
    with pytest.raises(WrongState, match="is counted and not declared yet"):
        await service.open_lot(session, ballot, number=LOT, by=OFFICER, now=CLOSES)
    with pytest.raises(WrongState, match="opened already"):
        await service.to_open_lot(session, "RAA", ballot)


async def test_the_number_is_not_opened_before_the_sealed_votes_are(session):
    ballot = await a_voted_election(session, {"1": 2})
    for moment in (None, service.open_ballot, service.close_ballot):
        if moment:
            await moment(session, ballot, now=OPENS if moment is service.open_ballot else CLOSES)
        with pytest.raises(WrongState, match="cannot be counted now"):
            await service.open_lot(session, ballot, number=LOT, by=OFFICER, now=CLOSES)
        with pytest.raises(WrongState, match="cannot be opened now"):
            await service.to_open_lot(session, "RAA", ballot)
    assert (await queries.ballot(session, ballot)).lot_number is None


async def test_of_two_who_open_the_number_at_once_one_counts(store):
    async with store.writing() as session:
        ballot = await a_closed_election(session, LEVEL, ONE_SEAT)

    async def open_it():
        async with store.writing() as session:
            await service.open_lot(session, ballot, number=LOT, by=OFFICER, now=CLOSES)

    ended = await asyncio.gather(open_it(), open_it(), return_exceptions=True)
    assert [type(one) for one in ended if one is not None] == [WrongState]
    async with store.reading() as session:
        verbs = [verb for verb, _, _ in await events(session)]
    assert verbs.count("votes counted") == 1


async def test_of_two_who_declare_at_once_one_declares(store):
    async with store.writing() as session:
        ballot = await a_counted_election(session, FEW)

    async def declare_it():
        async with store.writing() as session:
            await service.declare_result(session, ballot, by=OFFICER, now=DECLARED, on_declared=nobody_is_told)

    ended = await asyncio.gather(declare_it(), declare_it(), return_exceptions=True)
    assert [type(one) for one in ended if one is not None] == [WrongState]


# Counting again


async def test_a_second_count_that_differs_declares_nothing(session):
    ballot = await a_counted_election(session, FEW)
    row = await queries.ballot(session, ballot)
    other = row.tally | {"count": row.tally["count"] | {"valid": 99}}
    await session.execute(update(BallotRow).where(BallotRow.id == ballot).values(tally=other))
    await session.refresh(row)
    with pytest.raises(Wrong):
        await service.declare_result(session, ballot, by=OFFICER, now=DECLARED, on_declared=nobody_is_told)
    assert await state_of(session, ballot) is State.TALLIED
    assert await session.get(DeclarationRow, ballot) is None


@pytest.mark.parametrize("voters", [25, 60])
async def test_a_result_whose_record_does_not_hold_is_not_declared(session, voters):
    ballot = await a_counted_election(session, {"1": 3, "2": 2}, voters=voters)
    await session.execute(update(BallotRow).where(BallotRow.id == ballot).values(lot_number="9" * 20))
    await session.refresh(await queries.ballot(session, ballot))
    with pytest.raises(Wrong, match=r"The record does not hold\. The lot: "):
        await service.declare_result(session, ballot, by=OFFICER, now=DECLARED, on_declared=nobody_is_told)
    assert await state_of(session, ballot) is State.TALLIED
    assert await session.get(DeclarationRow, ballot) is None


async def test_the_papers_are_given_out_only_after_the_declaration_and_only_of_elections(session):
    ballot = await a_counted_election(session, FEW)
    with pytest.raises(NotFound, match="not declared yet"):
        await service.contest_and_papers(session, ballot)
    with pytest.raises(NotFound, match="not declared yet"):
        await queries.count_of(session, ballot)
    question = await an_arranged_ballot(session)
    with pytest.raises(WrongState, match="not an election"):
        await service.contest_and_papers(session, question)


async def test_the_clock_opens_the_sealed_votes_of_an_election_and_counts_nothing(store):
    async with store.writing() as session:
        ballot = await a_voted_election(session, {"1": 3})
    assert await due(store, OPENS, nobody_is_told) == ["RAA: vote opened, ballot 1."]
    assert await due(store, CLOSES, nobody_is_told) == [
        "RAA: vote closed, ballot 1.",
        "RAA: sealed votes opened, ballot 1.",
    ]
    assert await due(store, DECLARED, nobody_is_told) == []
    async with store.reading() as session:
        assert await state_of(session, ballot) is State.PEELED


# What the tables hold


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"lot_mark": None}, "frozen_with_a_lot"),
        ({"kind": "majority"}, "lots_in_elections_only"),
        ({"kind": "other"}, "kind"),
        ({"lot_number": LOT}, "lot_after_close"),
        ({"lot_lost": "It was thrown away."}, "lot_after_close"),
        ({"state": "tallied", "counted": True}, "counted_with_its_lot"),
        ({"state": "tallied", "counted": True, "lot_number": LOT, "lot_lost": "Lost."}, "one_lot"),
    ],
)
async def test_no_row_says_what_cannot_be(session, values, name):
    ballot = await a_frozen_election(session)
    with pytest.raises(IntegrityError, match=name):
        await session.execute(update(BallotRow).where(BallotRow.id == ballot).values(**values))


async def test_a_question_keeps_its_majority(session):
    ballot = await a_frozen_ballot(session, threshold="40%", base="entitled", turnout_quorum="0.25")
    row = await queries.ballot(session, ballot)
    assert (row.kind, row.lot_mark) == ("majority", None)
    assert queries.ask_of(row).rule() == a_spec(threshold="2/5", base="entitled", turnout_quorum="1/4").ask.rule()
    with pytest.raises(WrongState, match="not an election"):
        queries.election_of(row)
