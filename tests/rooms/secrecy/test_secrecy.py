"""What the database could tell about who voted how: nothing."""

import json
import re
from collections import Counter

from sqlalchemy import DateTime, func, inspect, select
from sqlalchemy.types import LargeBinary

from pilot.audit.tables import EventRow
from pilot.secrecy import service, tables
from pilot.store import Row, UtcDateTime
from tests.builders.secrecy import CLOSES, a_box, a_vote, voters

TABLES = {table.name: table for table in Row.metadata.sorted_tables if table.name.startswith("secrecy_")}
RANDOM = re.compile(r"[0-9a-f]{32,}|[A-Za-z0-9+/]{40,}={0,2}")


def masked(value, column, box_ids):
    """A value without what is random in it: the shape that could still tell something."""
    if column.name == "box_id" or (column.table.name == "secrecy_box" and column.name == "id"):
        return box_ids.index(value)
    if column.name == "stamp_secret":
        return value is not None  # the length of a key's text changes with the key
    if isinstance(column.type, LargeBinary) and value is not None:
        try:
            return RANDOM.sub("?", json.dumps(json.loads(value)))
        except ValueError:
            return len(value)
    return RANDOM.sub("?", value) if isinstance(value, str) else value


async def shape(session, box_id):
    """All rows of one box, table by table, as a multiset and, for the log, as a sequence."""
    found = {}
    for name, table in TABLES.items():
        key = table.c.box_id if "box_id" in table.c else table.c.id
        wanted = select(table).order_by(*table.primary_key.columns)
        if name != "secrecy_log_key":
            wanted = wanted.where(key == box_id)
        rows = (await session.execute(wanted)).all()
        cleaned = [tuple(masked(v, c, [box_id]) for v, c in zip(row, table.c, strict=True)) for row in rows]
        found[name] = cleaned if name == "secrecy_leaf" else Counter(cleaned)
    return found


async def test_two_boxes_with_answers_swapped_leave_the_same_data_but_for_random_bytes(session):
    answers = ["yes", "no", "no", "abstain", "yes", "no"]
    swap = {"yes": "no", "no": "abstain", "abstain": "yes"}
    boxes = []
    for turn in (lambda answer: answer, swap.get):
        people = voters(20)
        box = await a_box(session, people)
        for v, answer in zip(people, answers, strict=False):
            await a_vote(session, box.id, v, turn(answer))
        await a_vote(session, box.id, people[0], turn("no"))
        boxes.append(box)
    assert await shape(session, boxes[0].id) == await shape(session, boxes[1].id)
    for box in boxes:
        await service.close(session, box.id, now=CLOSES)
    assert await shape(session, boxes[0].id) == await shape(session, boxes[1].id)


async def test_stamp_and_cast_write_no_event(session):
    people = voters(20)
    box = await a_box(session, people)
    count = select(func.count()).select_from(EventRow)
    before = (await session.execute(count)).scalar_one()
    await a_vote(session, box.id, people[0], "yes")
    assert (await session.execute(count)).scalar_one() == before


def test_no_table_of_the_box_holds_a_time_but_the_published_closing_time():
    published = tables.BoxRow.__table__.c.closes_at
    for table in TABLES.values():
        for column in table.c:
            if column is published:
                continue
            assert not isinstance(column.type, DateTime | UtcDateTime), column
            assert not column.name.endswith(("_at", "_on")), column
            assert column.server_default is None


def test_a_paper_is_stored_with_no_voter_time_or_sequence():
    paper = tables.PaperRow.__table__
    assert set(paper.c.keys()) == {"box_id", "inner_sha256", "paper", "stamp", "verdict", "reason"}
    assert [column.name for column in paper.primary_key] == ["box_id", "inner_sha256"]
    assert {key.column.table.name for key in paper.foreign_keys} == {"secrecy_box"}


def test_only_the_published_log_and_the_trustees_have_numbers_in_their_keys():
    numbered = {
        table.name
        for table in TABLES.values()
        for column in table.primary_key
        if column.name not in {"box_id", "id", "v"} and column.type.python_type is int
    }
    assert numbered == {"secrecy_leaf", "secrecy_stage", "secrecy_key", "secrecy_signature", "secrecy_checkpoint"}


async def test_no_table_outside_the_box_refers_to_a_slot_an_envelope_or_a_paper(session):
    def foreign(connection):
        inspector = inspect(connection)
        return [
            (table, key["referred_table"])
            for table in inspector.get_table_names()
            for key in inspector.get_foreign_keys(table)
            if key["referred_table"].startswith("secrecy_") and not table.startswith("secrecy_")
        ]

    found = await (await session.connection()).run_sync(foreign)
    assert {referred for _, referred in found} <= {"secrecy_box"}


async def test_papers_lie_in_the_order_of_their_hashes(session):
    people = voters(20)
    box = await a_box(session, people)
    for v in people:
        await a_vote(session, box.id, v, "yes")
    await service.close(session, box.id, now=CLOSES)
    await service.peel(session, box.id)
    stored = (await session.execute(select(tables.PaperRow.inner_sha256))).scalars().all()
    assert list(stored) == sorted(stored)
