"""A trust with forty staff and a council that asks for three supporters, on a Monday morning."""

from datetime import UTC, datetime

import pytest

from tests.builders import councils


@pytest.fixture
def now():
    return datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
async def people(session, now):
    ids = await councils.staff(session, "RAA", 40, now=now)
    await councils.a_council(session, "RAA", now=now, support_percent=7)
    return ids
