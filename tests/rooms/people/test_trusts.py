"""The trusts of the programme in a real database."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.people import queries, service
from pilot.people.tables import TrustRow
from tests.builders.people import BY, NOW, a_trust

LIST = b"""ods_code,name,arm,matched_set,start_date
RAA,Loamshire NHS Trust,pilot,1,01/04/2026
RBB,Borset NHS Trust,control,1,
RCC,Nowhere,treated,1,
"""


async def staged(session, content=LIST):
    return await service.stage_trusts(session, "trusts.csv", content, by=BY, now=NOW)


async def test_a_list_adds_trusts_and_leaves_refused_lines_out(session):
    await service.import_trusts(session, await staged(session), locked=None, by=BY, now=NOW)
    trusts = await queries.trusts_of_programme(session)
    assert [(t.ods_code, t.arm, t.starts_on) for t in trusts] == [
        ("RAA", "pilot", date(2026, 4, 1)),
        ("RBB", "control", None),
    ]


async def test_importing_a_list_twice_changes_nothing_the_second_time(session):
    upload = await staged(session)
    await service.import_trusts(session, upload, locked=None, by=BY, now=NOW)
    events = len((await session.scalars(select(EventRow))).all())
    await service.import_trusts(session, upload, locked=None, by=BY, now=NOW)
    assert len((await session.scalars(select(EventRow))).all()) == events
    assert [o.does for o in await service.read_list(session, LIST, locked=None)] == [
        "unchanged",
        "unchanged",
        "refused",
    ]


async def test_arms_and_their_changes_are_written_down(session):
    await service.import_trusts(session, await staged(session), locked=None, by=BY, now=NOW)
    changed = LIST.replace(b"Borset NHS Trust,control,1,", b"Borset NHS Trust,pilot,1,01/04/2027")
    await service.import_trusts(session, await staged(session, changed), locked=None, by=BY, now=NOW)
    events = (await session.scalars(select(EventRow).where(EventRow.trust == "RBB").order_by(EventRow.number))).all()
    assert events[0].detail["arm"] == "control"
    assert "arm: control becomes pilot" in events[1].detail["changes"]


async def test_while_the_arms_are_locked_a_withdrawal_is_taken_and_a_move_is_not(session):
    await service.import_trusts(session, await staged(session), locked="it is the first list", by=BY, now=NOW)
    lines = b"""ods_code,name,arm,matched_set,start_date,withdrawn_on
RAA,Loamshire NHS Trust,pilot,1,01/04/2026,01/02/2027
RBB,Borset NHS Trust,pilot,1,01/04/2026,
RDD,Late NHS Trust,control,1,,
"""
    why = "a baseline survey has opened"
    found = await service.read_list(session, lines, locked=why)
    assert [(one.does, *one.details) for one in found] == [
        ("changed", "withdrawn on: empty becomes 2027-02-01"),
        ("refused", "Its arm and start date can no longer change, since a baseline survey has opened"),
        ("refused", "It cannot be added to an arm any more, since a baseline survey has opened"),
    ]
    await service.import_trusts(session, await staged(session, lines), locked=why, by=BY, now=NOW)
    assert [(t.ods_code, t.arm, t.withdrawn_on) for t in await queries.trusts_of_programme(session)] == [
        ("RAA", "pilot", date(2027, 2, 1)),
        ("RBB", "control", None),
    ]


async def test_a_list_of_which_every_line_is_refused_is_not_imported(session):
    upload = await staged(session, b"ods_code,name,arm\nR,x,y\n")
    with pytest.raises(WrongState, match="Every line of this list was refused"):
        await service.import_trusts(session, upload, locked=None, by=BY, now=NOW)


async def test_a_list_that_is_no_table_is_refused_before_it_is_kept(session):
    with pytest.raises(BadInput):
        await staged(session, b"%PDF-1.7")


async def test_an_upload_belongs_to_whoever_made_it_and_lasts_a_day(session):
    upload = await staged(session)
    with pytest.raises(NotFound):
        await service.import_trusts(session, upload, locked=None, by="account 99", now=NOW)
    with pytest.raises(NotFound):
        await service.import_trusts(session, upload, locked=None, by=BY, now=NOW + timedelta(days=1))


@pytest.mark.parametrize(
    "wrong", [{"arm": "treated"}, {"cqc_overall": "Great"}, {"cqc_well_led": "Great"}, {"starts_on": None}]
)
async def test_the_database_itself_refuses_a_trust_that_cannot_be(session, wrong):
    values = {"ods_code": "RAA", "name": "x", "arm": "pilot", "starts_on": date(2026, 4, 1)} | wrong
    with pytest.raises(IntegrityError):
        await session.execute(insert(TrustRow).values(**values))


async def test_an_unknown_trust_is_not_found(session):
    await a_trust(session)
    with pytest.raises(NotFound, match="no trust with the code RZZ"):
        await queries.trust(session, "RZZ")
