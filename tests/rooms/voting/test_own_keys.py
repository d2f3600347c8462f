"""A ballot whose trustees keep their own keys, from the invitation to the count."""

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select, update

from pilot.errors import BadInput, NotFound, WrongState
from pilot.secrecy.tables import BoxRow
from pilot.voting import queries, service
from pilot.voting.lifecycle import State
from pilot.voting.tables import BallotTrusteeRow
from pilot.voting.trustees import SIDES, Compared
from tests.builders import trustees as own
from tests.builders.voting import (
    ARRANGED,
    CLOSES,
    DECLARED,
    LOT,
    NOTICED,
    OFFICER,
    OPENED,
    OPENS,
    SCRIPT,
    a_roll,
    all_opened,
    an_arranged_ballot,
    an_election,
    an_own_key_ballot,
    nobody_is_told,
    noticed,
    rankings_cast,
    votes,
)


async def state(session, ballot):
    return State((await queries.ballot(session, ballot)).state)


@pytest.mark.parametrize("custody", [("own", "own", "own"), ("own", "server", "own"), ("own", "own")])
async def test_a_real_vote_goes_through_from_the_signatures_to_the_declaration(session, custody):
    ballot, mine = await an_own_key_ballot(session, custody)
    await votes(session, ballot, ["yes"] * 3 + ["no"])
    await noticed(session, ballot)
    await all_opened(session, ballot, mine)
    row = await queries.ballot(session, ballot)
    assert (row.state, row.tally["yes"], row.tally["no"]) == (State.TALLIED, 3, 1)
    order = await queries.opening_order(session, ballot)
    assert [place.opened_at for place, _ in order] == [OPENED] * len(custody)
    told = await service.declare_result(
        session, ballot, by=OFFICER, now=DECLARED + timedelta(days=2), on_declared=nobody_is_told
    )
    assert told.votes == {"yes": 3, "no": 1, "abstain": 0}


async def test_an_election_with_own_keys_waits_for_its_number_for_lots(session):
    ballot, mine = await an_own_key_ballot(session, ask=an_election())
    await rankings_cast(session, ballot, {"1>2": 3, "3": 2})
    await noticed(session, ballot)
    await all_opened(session, ballot, mine)
    assert await state(session, ballot) is State.PEELED
    await service.open_lot(session, ballot, number=LOT, by=OFFICER, now=OPENED)
    count = queries.tallied(await queries.ballot(session, ballot))
    assert [place.name for place in count.elected] == ["Amy Osei", "Cat Hill"]


async def test_a_real_vote_without_chosen_trustees_is_refused_in_a_sentence(session):
    await a_roll(session)
    ballot = await an_arranged_ballot(session)
    with pytest.raises(WrongState, match="at least two trustees who keep their own keys"):
        await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT, real=True)
    assert await state(session, ballot) is State.ARRANGED


async def test_one_own_trustee_is_too_few_for_a_real_vote_and_the_server_is_never_first_or_last(session):
    await a_roll(session)
    mine = own.three_trustees()
    rows = [await own.confirmed(session, one, by=OFFICER, now=ARRANGED) for one in mine]
    ballot = await an_arranged_ballot(session)
    ids = [row.id for row in rows]
    for chosen, why in (
        ([ids[0], None], "at least two trustees"),
        ([None, ids[0], ids[1]], "first and the last"),
        ([ids[0], ids[1], None], "first and the last"),
    ):
        with pytest.raises(WrongState, match=why):
            await service.choose(session, ballot, chosen, by=OFFICER, now=ARRANGED, real=True)
    with pytest.raises(WrongState, match="first and the last"):
        await service.choose(session, ballot, [None, ids[0]], by=OFFICER, now=ARRANGED, real=False)
    with pytest.raises(BadInput) as refusal:
        await service.choose(session, ballot, [ids[0], ids[0]], by=OFFICER, now=ARRANGED, real=True)
    assert refusal.value.fields == {"first": "This trustee has another place already"}
    assert (await session.scalars(select(BallotTrusteeRow))).all() == []


@pytest.mark.parametrize("real", [True, False], ids=["a real vote", "a trial"])
async def test_whoever_opens_first_is_the_scrutineer_who_gets_the_list_of_voters(session, real):
    await a_roll(session)
    mine = {one.side: one for one in own.three_trustees()}
    for one in mine.values():
        await own.confirmed(session, one, by=OFFICER, now=ARRANGED)
    ballot = await an_arranged_ballot(session)
    orders = [order for size in (2, 3) for order in permutations(SIDES, size)]
    for order in orders:
        chosen = [mine[side].id for side in order]
        for ids in (chosen, [chosen[0], None, chosen[-1]]):
            if order[0] == "scrutineer":
                await service.choose(session, ballot, ids, by=OFFICER, now=ARRANGED, real=real)
                continue
            with pytest.raises(WrongState, match="The independent scrutineer must open the sealed votes first"):
                await service.choose(session, ballot, ids, by=OFFICER, now=ARRANGED, real=real)
    ids = [mine["scrutineer"].id, None, mine["staff side"].id]
    await service.choose(session, ballot, ids, by=OFFICER, now=ARRANGED, real=real)
    other = {"trustee_id": mine["employer"].id, "side": "employer"}  # as if it had been chosen before this rule
    await session.execute(update(BallotTrusteeRow).where(BallotTrusteeRow.layer == 1).values(**other))
    with pytest.raises(WrongState, match="The independent scrutineer must open the sealed votes first"):
        await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT, real=real)


async def test_a_real_vote_waits_for_the_deputys_practice_and_a_rehearsal_does_not(session):
    await a_roll(session)
    ids = []
    for one in own.three_trustees():
        row = await own.invited(session, one, by=OFFICER, now=ARRANGED)
        await service.register(session, row, one.registration(), by="account 9", now=ARRANGED)
        compared = Compared("", aloud=True, shown=one.number)
        await service.confirm(session, row, compared, by=OFFICER, now=ARRANGED)
        ids.append(row.id)
    ballot = await an_arranged_ballot(session)
    hour = timedelta(hours=1)
    practice = await service.rehearse(session, ballot, OPENS - 3 * hour, OPENS - hour, by=OFFICER, now=ARRANGED)
    for one in (ballot, practice):
        await service.choose(session, one, ids, by=OFFICER, now=ARRANGED, real=True)
    with pytest.raises(WrongState, match="The deputy of Ada Fell has not yet opened the backup"):
        await service.freeze_electorate(session, ballot, by=OFFICER, now=ARRANGED, script=SCRIPT, real=True)
    await service.freeze_electorate(session, practice, by=OFFICER, now=ARRANGED, script=SCRIPT, real=True)
    promise = await service.promise(session, await queries.ballot(session, practice))
    assert promise.manifest.kind == "rehearsal"


async def test_nobody_is_chosen_who_is_not_confirmed_or_of_another_trust(session):
    await a_roll(session)
    await a_roll(session, trust="RBB")
    ballot = await an_arranged_ballot(session)
    invited = await own.invited(session, own.OwnTrustee("Ann Lee", "scrutineer"), by=OFFICER, now=ARRANGED)
    foreign = await own.confirmed(session, own.three_trustees()[0], by=OFFICER, now=ARRANGED, trust="RBB")
    with pytest.raises(BadInput) as refusal:
        await service.choose(session, ballot, [invited.id], by=OFFICER, now=ARRANGED, real=False)
    assert refusal.value.fields == {"first": "Ann Lee is not confirmed"}
    with pytest.raises(NotFound):
        await service.choose(session, ballot, [foreign.id], by=OFFICER, now=ARRANGED, real=False)


async def test_who_opens_is_not_changed_after_the_list_is_fixed(session):
    ballot, mine = await an_own_key_ballot(session)
    with pytest.raises(WrongState, match="has its list of voters"):
        await service.choose(session, ballot, [one.id for one in mine], by=OFFICER, now=ARRANGED, real=True)


async def test_a_vote_opens_only_when_everybody_has_signed(session):
    ballot, mine = await an_own_key_ballot(session, signed=False)
    row = await queries.ballot(session, ballot)
    assert await service.unsigned(session, row) == own.NAMES
    assert [await own.signs(session, ballot, one, now=ARRANGED) for one in mine[:2]] == [False, False]
    with pytest.raises(WrongState, match="still needs the signature of: Cy Stone"):
        await service.open_ballot(session, ballot, now=OPENS)
    assert await own.signs(session, ballot, mine[2], now=ARRANGED) is True
    assert await service.miss_unsigned(session, ballot, now=OPENS, on_missed=nobody_is_told) is None
    await service.open_ballot(session, ballot, now=OPENS)
    assert await state(session, ballot) is State.OPEN


async def test_a_vote_that_somebody_has_not_signed_by_its_opening_time_is_not_held_and_says_why(session):
    told = []

    async def tell(_session, missed):
        told.append(missed)

    ballot, mine = await an_own_key_ballot(session, signed=False)
    await own.signs(session, ballot, mine[0], now=ARRANGED)
    before = OPENS - timedelta(seconds=1)
    assert await service.miss_unsigned(session, ballot, now=before, on_missed=tell) is None
    sentence = await service.miss_unsigned(session, ballot, now=OPENS, on_missed=tell)
    row = await queries.ballot(session, ballot)
    words = "Ben Emery and Cy Stone, who help to open the sealed votes, had not signed it before it was to open."
    assert (row.state, row.over_because) == (State.MISSED, words)
    assert words in sentence
    assert [missed.ballot for missed in told] == [ballot]
    with pytest.raises(WrongState, match="was not held"):
        await own.signs(session, ballot, mine[1], now=OPENS)
    box = await session.get(BoxRow, row.box_id)
    assert (box.state, box.stamp_secret) == ("erased", None)


async def test_a_signature_must_be_of_this_ballot_and_of_this_trustee(session):
    ballot, mine = await an_own_key_ballot(session, signed=False)
    other = await an_arranged_ballot(session, subject="proposal 2")
    await service.choose(session, other, [one.id for one in mine], by=OFFICER, now=ARRANGED, real=True)
    await service.freeze_electorate(session, other, by=OFFICER, now=ARRANGED, script=SCRIPT, real=True)
    rows = [await queries.ballot(session, one) for one in (ballot, other)]
    texts = [(await service.promise(session, row)).text for row in rows]
    ada = await queries.trustee(session, mine[0].id)
    with pytest.raises(BadInput, match="signature of another ballot"):
        await service.sign(session, rows[0], ada, mine[0].signature(texts[1]), by="account 9", now=ARRANGED)
    with pytest.raises(BadInput, match="not the signature of Ada Fell"):
        await service.sign(session, rows[0], ada, mine[1].signature(texts[0]), by="account 9", now=ARRANGED)
    with pytest.raises(BadInput, match="registration file"):
        await service.sign(session, rows[0], ada, mine[0].registration(), by="account 9", now=ARRANGED)
    assert await service.unsigned(session, rows[0]) == own.NAMES


async def test_nothing_is_opened_before_the_notices_and_a_day_after_them(session):
    ballot, mine = await an_own_key_ballot(session)
    await votes(session, ballot, ["yes"])
    await service.open_ballot(session, ballot, now=OPENS)
    await service.close_ballot(session, ballot, now=CLOSES)
    assert await service.tally(session, ballot, now=CLOSES + timedelta(days=9)) is None
    with pytest.raises(WrongState, match="notices to the voters have not gone out"):
        await own.opens(session, ballot, mine[0], now=CLOSES + timedelta(days=9))
    await service.record_notices(session, ballot, count=25, by=OFFICER, now=NOTICED)
    with pytest.raises(WrongState, match="until 6pm on Thursday 18 March"):
        await own.opens(session, ballot, mine[0], now=OPENED - timedelta(seconds=1))
    await own.opens(session, ballot, mine[0], now=OPENED)


async def test_nothing_is_opened_while_an_objection_is_open(session):
    ballot, mine = await an_own_key_ballot(session)
    await votes(session, ballot, ["yes"])
    await noticed(session, ballot)
    said = {"kind": "did not vote", "name": "Sam Name1", "text": "I did not vote."}
    objection = await service.object_to(session, ballot, **said, by=OFFICER, now=NOTICED)
    with pytest.raises(WrongState, match="An objection is not settled yet"):
        await own.opens(session, ballot, mine[0], now=OPENED)
    ended = {"outcome": "explained", "finding": "A colleague had used the code."}
    await service.settle(session, ballot, objection, **ended, by=OFFICER, now=OPENED)
    await own.opens(session, ballot, mine[0], now=OPENED)


async def test_trustees_open_in_their_order_and_nobody_twice(session):
    ballot, mine = await an_own_key_ballot(session)
    await votes(session, ballot, ["yes"])
    await noticed(session, ballot)
    with pytest.raises(WrongState, match="not your turn yet: Ada Fell opens"):
        await own.opens(session, ballot, mine[1], now=OPENED)
    await own.opens(session, ballot, mine[0], now=OPENED)
    with pytest.raises(WrongState, match="have opened the sealed votes of this ballot already"):
        await own.opens(session, ballot, mine[0], now=OPENED)
    assert await service.tally(session, ballot, now=OPENED) is None
    turns = await service.turns(session, await queries.ballot(session, ballot))
    assert [one.is_next for one in turns] == [False, True, False]
    assert (turns[1].since, "ben@example.org" in turns[1].call) == (OPENED, True)


async def test_what_does_not_follow_from_the_list_is_refused_in_words(session):
    ballot, mine = await an_own_key_ballot(session)
    await votes(session, ballot, ["yes", "no"])
    await noticed(session, ballot)
    row, ada = await queries.ballot(session, ballot), await queries.trustee(session, mine[0].id)
    content = await service.list_file(session, row, ada, now=OPENED)
    right = mine[0].opened(content)
    for wrong, why in (
        (own.spoilt(right), "Ada Fell|not whole|not a list"),
        (content, "not a list of opened votes"),
        (mine[0].registration(), "not a list of opened votes"),
        (b"", "not a list of opened votes"),
    ):
        with pytest.raises(BadInput, match=why):
            await service.take_opened(session, row, ada, wrong, by="account 9", now=OPENED)
    await service.take_opened(session, row, ada, right, by="account 9", now=OPENED)


async def test_the_deputy_with_the_backup_opens_what_an_absent_trustee_was_to_open(session):
    ballot, mine = await an_own_key_ballot(session)
    await votes(session, ballot, ["yes"])
    await noticed(session, ballot)
    row = await queries.trustee(session, mine[0].id)
    before = row.account_id
    await service.replace(session, row, "dot@example.org", "Ada is ill.", by=OFFICER, now=NOTICED)
    assert (row.account_id != before, row.replaced_because) == (True, "Ada is ill.")
    assert await queries.trustees_of_account(session, before) == []
    await all_opened(session, ballot, mine)
    assert await state(session, ballot) is State.TALLIED


async def test_a_trustee_whom_a_ballot_needs_is_not_retired(session):
    ballot, mine = await an_own_key_ballot(session)
    row = await queries.trustee(session, mine[0].id)
    with pytest.raises(WrongState, match="Ada Fell is chosen to open the sealed votes of RAA-B1"):
        await service.retire(session, row, by=OFFICER, now=ARRANGED)
    await votes(session, ballot, ["yes"])
    await noticed(session, ballot)
    await all_opened(session, ballot, mine)
    await service.retire(session, row, by=OFFICER, now=OPENED)
    assert row.state == "retired"


async def test_a_rehearsal_tells_nobody_and_is_not_rehearsed(session):
    told = []

    async def tell(_session, news):
        told.append(news)

    await a_roll(session)
    ballot = await an_arranged_ballot(session)
    hours = OPENS - timedelta(hours=3), OPENS - timedelta(hours=1)
    practice = await service.rehearse(session, ballot, *hours, by=OFFICER, now=ARRANGED)
    row = await queries.ballot(session, practice)
    assert (row.kind_of_vote, row.title, row.subject) == (
        "rehearsal",
        "Rehearsal: Night canteen",
        f"rehearsal of ballot {ballot}",
    )
    with pytest.raises(WrongState, match="This is a rehearsal"):
        await service.rehearse(session, practice, *hours, by=OFFICER, now=ARRANGED)
    await service.miss_ballot(session, practice, now=hours[0], on_missed=tell)
    assert told == []
    with pytest.raises(WrongState, match="too late to rehearse"):
        await service.rehearse(session, ballot, *hours, by=OFFICER, now=OPENS)
