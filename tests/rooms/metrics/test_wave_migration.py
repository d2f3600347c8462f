"""The tables of surveys come and go, but never while there is a survey whose answers would be lost."""

import asyncio
from datetime import date

import pytest
from alembic import command
from sqlalchemy import CheckConstraint, inspect

from pilot.commands.migrate import configuration
from pilot.metrics.tables.waves import CellRow, WaveElectorRow, WaveRow, WaveTrustRow
from pilot.store import Store
from tests.builders.waves import CLOSES, OPENS

TABLES = (WaveRow, WaveTrustRow, WaveElectorRow, CellRow)
BEFORE = "0009-1"


def with_a_wave(url, state):
    fixed = {"frozen_on": date(2027, 3, 1), "script": "5c" * 32}
    window = {"opens_at": OPENS, "closes_at": CLOSES, "period": "2027-03"}
    row = WaveRow(title="x", kind="baseline", state=state, questionnaire={}, made_by="tests", **window, **fixed)

    async def add():
        store = Store(url)
        async with store.writing() as session:
            session.add(row)
        await store.dispose()

    asyncio.run(add())


def stands(url):
    """Each table with its columns, and the names of its checks."""

    def look(connection):
        seen = inspect(connection)
        return {
            name: (
                {column["name"] for column in seen.get_columns(name)},
                {check["name"] for check in seen.get_check_constraints(name)},
            )
            for name in seen.get_table_names()
        }

    async def read():
        store = Store(url)
        async with store.reading() as session:
            found = await (await session.connection()).run_sync(look)
        await store.dispose()
        return found

    return asyncio.run(read())


def test_the_migration_makes_what_the_code_says(database_url):
    found = stands(database_url)
    for row in TABLES:
        table = row.__table__
        checks = {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)}
        assert found[table.name] == ({column.name for column in table.columns}, checks)


def test_a_released_survey_does_not_stand_in_the_way_back(database_url):
    with_a_wave(database_url, "released")
    command.downgrade(configuration(database_url), BEFORE)
    assert stands(database_url).keys().isdisjoint({row.__tablename__ for row in TABLES})
    command.upgrade(configuration(database_url), "head")
    assert stands(database_url).keys() >= {row.__tablename__ for row in TABLES}


@pytest.mark.parametrize("state", ["frozen", "open", "closed"])
def test_a_survey_that_is_not_counted_does(database_url, state):
    with_a_wave(database_url, state)
    with pytest.raises(RuntimeError, match="a survey that is not counted yet"):
        command.downgrade(configuration(database_url), BEFORE)
    assert "wave" in stands(database_url)
