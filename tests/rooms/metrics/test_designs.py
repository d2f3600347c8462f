"""A design goes from a list to a draw that cannot be changed, one step at a time, each written down."""

import hashlib
from datetime import UTC, date, datetime

import msgspec
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from pilot.audit.log import verify_chain
from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.metrics import lottery, redrawing
from pilot.metrics.design import Options, State
from pilot.metrics.eligibility import Criteria
from pilot.metrics.queries import designs as queries
from pilot.metrics.service import designs as service
from pilot.metrics.service.arms import arms_locked
from pilot.metrics.tables.designs import DesignRow
from pilot.metrics.worker import ORDERS
from tests.builders.designs import (
    BEACON,
    BY,
    NOW,
    ON_THE_DAY,
    SAID,
    SETTINGS,
    SPREAD,
    a_draft,
    a_drawn,
    a_fixed,
    a_matched,
    a_trusts_file,
    an_announced,
    draw,
    draw_up,
)

WITHOUT_ROWS = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def verbs(session):
    return list(await session.scalars(select(EventRow.verb).order_by(EventRow.number)))


async def test_a_design_goes_all_the_way_and_each_step_is_written_down(session):
    number = await a_drawn(session)
    assert await arms_locked(session) is None
    await service.lock_arms(session, number, by=BY, now=ON_THE_DAY)
    assert await arms_locked(session) == f"the draw “{(await queries.design(session, number)).title}” is locked"
    assert await verbs(session) == [
        "design begun", "eligible list fixed", "sets drawn up", "beacon named", "pilots drawn", "arms locked",
    ]  # fmt: skip
    assert await verify_chain(session) is None
    one = await queries.design(session, number)
    assert one.state == State.LOCKED
    assert len(one.eligible.trusts) == 12
    assert [out.code for out in one.eligible.left_out] == ["X12"]
    assert one.document.draw.drawn_on == date(2027, 3, 5)
    assert redrawing.passed(redrawing.verify(one.document))
    assert len(one.document.draw.pilots) == len(one.document.sets) == 4
    assert {row.before_after for row in one.weighed.balance} == {"before", "after"}


async def test_what_is_published_is_what_the_audit_names(session):
    number = await a_drawn(session)
    row = await session.get_one(DesignRow, number)
    events = {e.verb: e.detail for e in await session.scalars(select(EventRow))}
    assert events["eligible list fixed"]["sha256"] == hashlib.sha256(row.eligible).hexdigest() == row.list_sha256
    assert events["pilots drawn"]["document sha256"] == hashlib.sha256(row.document).hexdigest()
    announced = msgspec.structs.replace(lottery.read(row.document), draw=None)
    assert events["beacon named"]["document sha256"] == hashlib.sha256(lottery.to_bytes(announced)).hexdigest()
    assert row.content is None, "the file itself is not kept once its list is fixed"


async def test_the_sets_can_be_formed_anew_until_the_beacon_is_named(session):
    number = await a_matched(session)
    await draw_up(session, number, Options(1, 1))
    assert len((await queries.design(session, number)).drawn_up.sets) == 5  # of 9 acute trusts and 3 others
    await service.announce(session, number, SAID, by=BY, now=NOW)
    with pytest.raises(WrongState, match="waits for its beacon, so it cannot have its sets drawn up now"):
        await draw_up(session, number)


@pytest.mark.parametrize("known", [date(2027, 3, 1), date(2027, 2, 28)])
async def test_a_beacon_that_may_be_known_already_is_refused(session, known):
    number = await a_matched(session)
    with pytest.raises(BadInput) as refusal:
        await service.announce(session, number, msgspec.structs.replace(SAID, known_on=known), by=BY, now=NOW)
    assert "known_on" in refusal.value.fields
    assert (await queries.design(session, number)).document is None


async def test_nobody_draws_before_the_day_of_the_beacon_as_london_counts_it(session):
    number = await an_announced(session)
    for early in (NOW, datetime(2027, 3, 4, 23, 59, tzinfo=UTC)):
        with pytest.raises(WrongState, match="not known before 2027-03-05"):
            await service.prepare_draw(session, number, BEACON, now=early)
    assert await service.prepare_draw(session, number, BEACON, now=datetime(2027, 3, 5, 0, 1, tzinfo=UTC))


async def test_a_beacon_that_cannot_be_typed_again_is_refused(session):
    number = await an_announced(session)
    for typed in ("", "   ", "3 – 4", "$(rm)", 'a"b', "9" * 201):
        with pytest.raises(BadInput) as refusal:
            await service.prepare_draw(session, number, typed, now=ON_THE_DAY)
        assert "beacon" in refusal.value.fields


async def test_every_spelling_of_a_beacon_draws_the_same_pilots(session):
    number = await an_announced(session)
    drawn = {
        (await service.prepare_draw(session, number, typed, now=ON_THE_DAY)).document.draw.pilots
        for typed in (BEACON, BEACON.replace(" ", ", "), " ".join(reversed(BEACON.split())), f"00{BEACON}")
    }
    assert len(drawn) == 1


async def test_a_draw_is_made_once(session):
    number = await an_announced(session)
    first = await service.prepare_draw(session, number, BEACON, now=ON_THE_DAY)
    await draw(session, number, "1 2 3 4 5 6")
    with pytest.raises(WrongState, match="is drawn, so it cannot be drawn now"):
        await service.prepare_draw(session, number, BEACON, now=ON_THE_DAY)
    with pytest.raises(WrongState):  # prepared while it still waited
        await service.keep_draw(session, first, (await queries.design(session, number)).weighed, by=BY, now=ON_THE_DAY)
    with pytest.raises(WrongState, match="cannot be given up"):
        await service.give_up(session, number, "did not like it", by=BY, now=ON_THE_DAY)
    assert (await queries.design(session, number)).document.draw.beacon == "1 2 3 4 5 6"
    assert (await verbs(session)).count("pilots drawn") == 1


async def test_of_two_who_act_at_once_the_second_is_told(session):
    number = await a_fixed(session)
    one = await queries.design(session, number)
    await service.give_up(session, number, "no money", by=BY, now=NOW)
    with pytest.raises(WrongState, match="Somebody else changed this design"):
        await service._change(session, one, state=State.MATCHED)


async def test_a_design_that_was_announced_and_given_up_stays_public(session):
    number = await an_announced(session)
    await service.give_up(session, number, "The trust list was wrong", by=BY, now=NOW)
    assert [(one.id, one.over_because) for one in await queries.draws(session)] == [
        (number, "The trust list was wrong")
    ]
    assert (await queries.public_draw(session, number)).document.draw is None


async def test_what_is_not_announced_is_not_public(session):
    number = await a_matched(session)
    assert await queries.draws(session) == ()
    with pytest.raises(NotFound):
        await queries.public_draw(session, number)


async def test_a_draft_can_be_thrown_away_and_a_fixed_list_cannot(session):
    draft = await a_draft(session)
    await service.throw_away(session, draft, by=BY, now=NOW)
    assert await queries.designs(session) == ()
    fixed = await a_fixed(session)
    with pytest.raises(NotFound):
        await service.throw_away(session, fixed, by=BY, now=NOW)
    with pytest.raises(WrongState, match="cannot have its list fixed now"):
        await service.fix_list(session, fixed, Criteria(), by=BY, now=NOW)


async def test_a_file_with_problems_stores_nothing(session):
    with pytest.raises(BadInput, match="The file has 2 problems, so nothing was stored") as refusal:
        await a_draft(session, b"code,name,type,level\nRAX,A,acute,x\nRAX,B,acute,6\n")
    assert list(refusal.value.fields.values()) == [
        "Line 2: the baseline level is not a number: “x”.", "Line 3: RAX is there twice.",
    ]  # fmt: skip
    assert await queries.designs(session) == ()
    assert await verbs(session) == []


async def test_criteria_must_be_in_the_file_and_leave_somebody(session):
    number = await a_draft(session, a_trusts_file(4))
    for criteria, field in (
        (Criteria(types=("hospice",)), "types"),
        (Criteria(ratings=("Outstanding",)), "ratings"),
    ):
        with pytest.raises(BadInput) as refusal:
            await service.fix_list(session, number, criteria, by=BY, now=NOW)
        assert list(refusal.value.fields) == [field]
    only = await a_draft(session, b"code,name,type,level\nRAX,A,acute,\n")
    with pytest.raises(BadInput) as refusal:
        await service.fix_list(session, only, Criteria(), by=BY, now=NOW)
    assert "No trust of the file can be drawn" in refusal.value.fields["types"]


@WITHOUT_ROWS
async def test_too_few_trusts_for_a_set_are_refused_by_the_worker_in_a_sentence(session):
    number = await a_fixed(session, a_trusts_file(5))
    order = await service.order_sets(session, number, Options(1, 9), SPREAD)
    with pytest.raises(BadInput) as refusal:
        await service.draw_up(order, SETTINGS)
    assert refusal.value.fields == {
        "pilots": "No set of 10 trusts of one type can be formed. Ask for fewer in each set"
    }


def test_the_worker_tells_its_orders_apart_by_their_tags():
    for tag in (b"compare", b"draw up", b"weigh up"):
        with pytest.raises(msgspec.ValidationError, match="missing required field"):
            ORDERS.decode(b'{"type":"' + tag + b'"}')
    with pytest.raises(msgspec.ValidationError, match="Invalid value 'erase'"):
        ORDERS.decode(b'{"type":"erase"}')


@pytest.mark.parametrize(
    "values",
    [
        {"state": "half"},
        {"state": "drawn"},
        {"content": b"x"},
        {"list_sha256": None},
        {"list_sha256": "short"},
        {"document": None},
        {"drawn_up": None},
        {"over_because": "a reason"},
    ],
)
async def test_the_database_itself_refuses_a_design_that_cannot_be(session, values):
    number = await an_announced(session)
    with pytest.raises(IntegrityError):
        await session.execute(update(DesignRow).where(DesignRow.id == number).values(**values))
