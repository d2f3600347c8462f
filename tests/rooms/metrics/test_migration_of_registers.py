"""Imports of before files had known layouts come through the migration, forward and back, on both databases."""

import asyncio

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from pilot.commands.migrate import configuration
from pilot.metrics import queries, service
from pilot.metrics.queries import registers
from pilot.metrics.tables import ObservationRow, StagedRow
from pilot.store import Store
from tests.builders.metrics import BY, NOW, a_file, a_wide_file
from tests.builders.publishers import PULSE, RATINGS


def there_and_back(url):
    """Back to the form before this migration, and forward again; alembic has a loop of its own."""
    before = ScriptDirectory.from_config(configuration(url)).get_revision("0008").down_revision
    command.downgrade(configuration(url), before)
    command.upgrade(configuration(url), "head")


async def test_what_was_imported_before_stays_and_only_the_lists_are_lost_on_the_way_back(database_url):
    store = Store(database_url)
    async with store.writing() as session:
        taken = await service.load_measures(session, a_file(a_wide_file()), by=BY, now=NOW)
        named = await service.stage(session, a_file(a_wide_file(), dataset="Another"), by=BY, now=NOW)
        for layout, content in (("pulse", PULSE), ("ratings", RATINGS)):
            await service.stage(session, a_file(content, layout=layout, dataset="Pulse"), by=BY, now=NOW)
        await service.load_measures(session, a_file(RATINGS, layout="ratings"), by=BY, now=NOW)
    await store.dispose()
    await asyncio.to_thread(there_and_back, database_url)
    async with store.reading() as session:
        one = await queries.imported(session, taken.id)
        assert (one.numbers, one.left_out, one.notes) == (90, 0, ())
        assert await session.scalar(select(func.count()).select_from(ObservationRow)) == 90
        assert (await session.scalars(select(StagedRow.id))).all() == [named], "files of known layouts cannot be kept"
        held, reading = await service.look(session, named, by=BY)
        assert (held.layout, held.joined, reading.numbers) == ("columns", False, 90)
        assert (await registers.sizes(session))["ratings"] == 0
    await store.dispose()
