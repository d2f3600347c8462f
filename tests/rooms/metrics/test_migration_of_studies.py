"""A database from before there were studies is brought up: comparisons keep their status, and tell their trusts."""

import asyncio

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, func, insert, select
from sqlalchemy.exc import IntegrityError

from pilot.commands.migrate import configuration
from pilot.metrics.tables import ComparedTrustRow, ComparisonRow, DatasetRow, StudyPlanRow
from pilot.store import Store
from tests.builders.metrics import BY, NOW, a_locked_study, a_plan

COMPARISON = {
    "id": 1, "dataset_id": 1, "instrument": "Other measures", "outcome": "morale", "status": "exploratory", "spec": {},
    "panel": [{"trust": "RBB"}, {"trust": "RAA"}, {"trust": "RBB"}], "result": {}, "figure": "", "made_at": NOW,
    "made_by": BY,
}  # fmt: skip
OTHERS = {"id": 1, "name": "Others", "kind": "other", "made_at": NOW, "made_by": BY}


@pytest.fixture
async def store(database_url):
    """A store of its own, since its statements are of another form of the tables."""
    store = Store(database_url)
    yield store
    await store.dispose()


async def back(store):
    """Take the database to the form before there were studies."""
    found = configuration(store.url)
    before = ScriptDirectory.from_config(found).get_revision("0010").down_revision
    await asyncio.to_thread(command.downgrade, found, before)


async def test_comparisons_of_before_keep_their_status_and_tell_their_trusts(store):
    await back(store)
    async with store.engine.begin() as connection:
        old = await connection.run_sync(lambda plain: Table("comparison", MetaData(), autoload_with=plain))
        assert "plan_id" not in old.columns
        await connection.execute(insert(DatasetRow.__table__).values(OTHERS))
        await connection.execute(insert(old).values(COMPARISON))
    await asyncio.to_thread(command.upgrade, configuration(store.url), "head")
    async with store.reading() as session:
        row = (await session.scalars(select(ComparisonRow))).one()
        assert (row.status, row.plan_id, row.panel) == ("exploratory", None, COMPARISON["panel"])
        trusts = await session.scalars(select(ComparedTrustRow.trust).order_by(ComparedTrustRow.trust))
        assert trusts.all() == ["RAA", "RBB"]
    async with store.engine.connect() as connection:
        for wrong, check in (
            ({"status": "exploratory enough"}, "ck_comparison_status"),
            ({"status": "amended"}, "ck_comparison_prespecified_by_a_plan"),
            ({"plan_id": 99}, "(?i)foreign key"),
        ):
            with pytest.raises(IntegrityError, match=check):
                await connection.execute(insert(ComparisonRow.__table__).values(COMPARISON | {"id": 2} | wrong))
            await connection.rollback()


async def test_the_way_back_is_refused_where_a_plan_is_locked(store):
    async with store.writing() as session:
        session.add(DatasetRow(**OTHERS))
        await session.flush()
        await a_locked_study(session, a_plan(), dataset_id=1)
    with pytest.raises(RuntimeError, match="This database holds plans that were locked"):
        await back(store)
    async with store.reading() as session:
        assert await session.scalar(select(func.count()).select_from(StudyPlanRow)) == 1
