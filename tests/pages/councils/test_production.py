"""An installation that is not a demonstration: no vote is arranged whose list of voters could not be fixed."""

import pytest
from msgspec.structs import replace

from pilot.councils.proposals import State

DATES = {
    "opens_on-day": "23", "opens_on-month": "3", "opens_on-year": "2027",
    "closes_on-day": "7", "closes_on-month": "4", "closes_on-year": "2027",
}  # fmt: skip
WORDS = "A real vote needs at least two trustees who keep their own keys"


@pytest.fixture
def settings(settings):
    return replace(settings, mode="production")


async def test_no_vote_is_arranged_and_the_coordinator_reads_why(house):
    address = await house.proposal(State.LOCKED)
    await house.as_coordinator()
    page = await house.get(address)
    assert WORDS in page
    assert f"{address}/ballot" not in page
    assert WORDS in await house.get(f"{address}/ballot", status=409)
    assert WORDS in await house.post(f"{address}/ballot", DATES, status=409)
    assert "Ready for a vote" in await house.get(address)
