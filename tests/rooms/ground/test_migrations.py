"""The migrations are one chain, and make the tables that the code expects, on both databases."""

import asyncio
import re

from alembic import command
from alembic.script import ScriptDirectory

from pilot.commands.migrate import configuration
from pilot.settings import ROOT


async def test_a_migrated_database_is_what_the_code_expects(database_url):
    await asyncio.to_thread(command.check, configuration(database_url))


def test_the_migrations_are_one_chain_in_the_order_that_their_readme_tells():
    scripts = ScriptDirectory.from_config(configuration("sqlite+aiosqlite://"))
    assert len(scripts.get_heads()) == 1
    newest_first = list(scripts.walk_revisions())
    older = [one.revision for one in newest_first[1:]]
    assert [one.down_revision for one in newest_first] == [*older, None]
    told = re.search(r"^0001 → .*$", (ROOT / "migrations" / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert told
    assert told[0].split(" → ") == [one.revision for one in reversed(newest_first)]
