"""What is behind a figure comes through the migration, forward and back, and nobody can store what cannot be."""

import asyncio

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from pilot.commands.migrate import configuration
from pilot.metrics import service
from pilot.metrics.tables import ObservationRow
from pilot.store import Store
from tests.builders.metrics import BY, NOW, a_file, a_wide_file


def there_and_back(url):
    """Back to the form before this migration, and forward again; alembic has a loop of its own."""
    before = ScriptDirectory.from_config(configuration(url)).get_revision("0012").down_revision
    command.downgrade(configuration(url), before)
    command.upgrade(configuration(url), "head")


async def test_figures_stay_on_the_way_back_and_lose_only_what_is_behind_them(database_url):
    store = Store(database_url)
    async with store.writing() as session:
        await service.load_measures(session, a_file(a_wide_file()), by=BY, now=NOW)
        await session.execute(update(ObservationRow).values(entitled=500, weighted=True, n_eff=290.5, se=0.1))
    await store.dispose()
    await asyncio.to_thread(there_and_back, database_url)
    async with store.reading() as session:
        assert await session.scalar(select(func.count()).select_from(ObservationRow)) == 90
        row = (await session.scalars(select(ObservationRow).limit(1))).one()
        assert row.n >= 300
        assert (row.entitled, row.invited, row.weighted, row.n_eff, row.mean_unw, row.se) == (None,) * 6
    await store.dispose()


@pytest.mark.parametrize("wrong", ["entitled = -1", "invited = -1", "n_eff = 0", "se = -0.1"])
async def test_the_database_itself_refuses_what_no_sample_is(session, wrong):
    await service.load_measures(session, a_file(a_wide_file()), by=BY, now=NOW)
    with pytest.raises(IntegrityError):
        await session.execute(text(f"UPDATE observation SET {wrong}"))
