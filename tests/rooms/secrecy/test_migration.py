"""The step to trustees' own keys: refused where a box would be left behind, and the same form as the tables say."""

import asyncio

import pytest
from alembic import command
from sqlalchemy import CheckConstraint, MetaData, Table, delete, insert, inspect, select

from pilot.commands.migrate import configuration
from pilot.errors import WrongState
from pilot.store import Row

OLD_BOX = {"id": 8, "digest": "d" * 64, "state": "peeled", "manifest": b"{}", "signatures": b"{}"}
BEFORE, AFTER = "0003", "0004"


async def moved(store, to, *, down=False):
    verb = command.downgrade if down else command.upgrade
    await asyncio.to_thread(verb, configuration(store.url), to)


async def with_table(store, name, act):
    """Act on a table as the database has it."""
    async with store.engine.begin() as connection:
        table = await connection.run_sync(lambda plain: Table(name, MetaData(), autoload_with=plain))
        return await act(connection, table)


async def test_a_database_with_votes_of_the_form_before_is_left_as_it_is(store):
    await moved(store, BEFORE, down=True)
    await with_table(store, "secrecy_box", lambda c, table: c.execute(insert(table).values(OLD_BOX)))
    with pytest.raises(WrongState, match="Save the records from the result pages"):
        await moved(store, AFTER)

    async def kept(connection, table):
        return [dict(row._mapping) for row in await connection.execute(select(table))]

    assert await with_table(store, "secrecy_box", kept) == [OLD_BOX | {"stamp_secret": None}]
    await with_table(store, "secrecy_box", lambda c, table: c.execute(delete(table)))
    await moved(store, AFTER)


async def test_the_way_back_and_forth_gives_the_tables_that_the_code_has(store):
    await moved(store, BEFORE, down=True)
    await moved(store, "head")

    def shape(connection):
        found = inspect(connection)
        names = [name for name in found.get_table_names() if name.startswith("secrecy_")]
        return {
            name: (
                {column["name"]: column["nullable"] for column in found.get_columns(name)},
                {check["name"] for check in found.get_check_constraints(name)},
            )
            for name in names
        }

    async with store.engine.connect() as connection:
        there = await connection.run_sync(shape)
    said = {
        table.name: (
            {column.name: column.nullable for column in table.c},
            {str(rule.name) for rule in table.constraints if isinstance(rule, CheckConstraint)},
        )
        for table in Row.metadata.sorted_tables
        if table.name.startswith("secrecy_")
    }
    assert there == said
