"""A whole survey; then every value that it left is searched for what ties a person to a paper, or to answering."""

import re
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import select

import pilot.app  # noqa: F401 -- every table of every domain is known then
from pilot.store import Row
from tests.builders import waves as build
from tests.builders.waves import NIGHT, PILOT

NEAR = {
    "wave_elector": {"wave_id", "person_id", "trust", "v"},
    "wave_trust": {
        *("wave_id", "trust", "box_id", "entitled", "roll_as_at_on", "offer", "left_out_because"),
        *("told", "told_on", "papers", "spoilt"),
    },
    "cell_stat": {"wave_id", "trust", "part", "name", "outcome", "n", "sum_w", "sum_wx", "sum_wx2", "sum_w2"},
}
"""Every column of a survey near its people or its papers; another one must be looked at before it is written down."""

BY_ANSWERING = {"secrecy_slot", "secrecy_stamp", "secrecy_envelope", "secrecy_leaf", "secrecy_box"}
"""The tables into which answering goes: those of the sealed box, and no others."""

OF_PAPERS = {"secrecy_paper", "secrecy_stage", "secrecy_item"}
WORDS = {"box_id", "verdict", "reason"}
MOMENT = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d")


async def everything(session):
    session.expire_all()
    return {
        table.name: [dict(row) for row in (await session.execute(select(table))).mappings()]
        for table in Row.metadata.sorted_tables
    }


@pytest.fixture
async def told(session):
    """What the database holds before anybody answers, after it, and after the count; and the papers in their order."""
    wave = await build.an_open_wave(session)
    before = await everything(session)
    papers = await build.all_answer(session, wave, PILOT, [mark * 16 + "1" for mark in "512342"])
    answered = await everything(session)
    await build.counted(session, wave)
    return before, answered, await everything(session), papers


def test_every_column_of_a_survey_near_people_or_papers_is_known():
    for name, columns in NEAR.items():
        assert {column.name for column in Row.metadata.tables[name].columns} == columns, name


async def test_what_a_survey_leaves_ties_nobody_to_a_paper_or_to_having_answered(told):
    before, answered, counted, papers = told
    assert {name for name in answered if answered[name] != before[name]} == BY_ANSWERING
    assert_no_moment_of_answering(answered, before)
    assert_nobody_reads_a_paper_before_the_close(answered, papers)
    assert_no_value_stands_beside_a_person_and_a_paper(answered, counted)
    assert_the_list_and_the_envelopes_are_gone(counted)


def assert_no_moment_of_answering(answered, before):
    night = NIGHT.replace(second=0).isoformat(sep=" ")[:13]
    for name, rows in answered.items():
        for row in rows:
            if row in before[name]:
                continue
            for value in row.values():
                assert not isinstance(value, datetime) or abs(value - NIGHT) > timedelta(hours=2), name
                text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                assert night not in text.replace("T", " "), name


def assert_nobody_reads_a_paper_before_the_close(answered, papers):
    everywhere = [value for rows in answered.values() for row in rows for value in row.values()]
    for paper in papers:
        parts = (paper[:16], sha256(paper).digest(), sha256(paper).hexdigest().encode())
        for value in everywhere:
            held = value if isinstance(value, bytes) else str(value).encode()
            assert not [part for part in parts if part in held]


def assert_no_value_stands_beside_a_person_and_a_paper(answered, counted):
    beside = {v for row in counted["secrecy_paper"] for column, v in row.items() if column not in WORDS}
    assert len(beside) == 3 * 6
    for left in (answered, counted):
        for name in left.keys() - OF_PAPERS:
            for row in left[name]:
                values = {value for value in row.values() if isinstance(value, bytes | str | int | float)}
                assert beside.isdisjoint(values), name
    hashes = [row["inner_sha256"] for row in counted["secrecy_paper"]]
    assert hashes == sorted(hashes)


def assert_the_list_and_the_envelopes_are_gone(counted):
    assert counted["wave_elector"] == counted["secrecy_envelope"] == counted["secrecy_stamp"] == []
    assert counted["secrecy_key"] == counted["secrecy_item"] == []
    people = {row["id"] for row in counted["person"]}
    assert len(people) == 88
    names = {row["employee_number"] for row in counted["person"]}
    for name in ("secrecy_slot", "secrecy_leaf", "secrecy_paper", "cell_stat", "wave_trust"):
        assert "person_id" not in Row.metadata.tables[name].columns
        for row in counted[name]:
            assert names.isdisjoint({str(value) for value in row.values()}), name
