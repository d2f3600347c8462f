"""The migrations make the tables that the code expects, on both databases."""

import asyncio

from alembic import command

from pilot.commands.migrate import configuration


async def test_a_migrated_database_is_what_the_code_expects(database_url):
    await asyncio.to_thread(command.check, configuration(database_url))
