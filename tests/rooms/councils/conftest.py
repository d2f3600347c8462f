"""A trust with forty staff and a council that asks for three supporters, on a Monday morning."""

from datetime import UTC, datetime

import pytest

from tests.builders import councils
from tests.conftest import remembered

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


async def forty_people(store):
    async with store.writing() as session:
        ids = await councils.staff(session, "RAA", 40, now=NOW)
        await councils.a_council(session, "RAA", now=NOW, support_percent=7)
    return ids


@pytest.fixture
async def people(database_url):
    return await remembered(database_url, forty_people)
