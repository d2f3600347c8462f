"""An installation that is not a demonstration: a vote needs trustees who keep their own keys."""

import pytest
from msgspec.structs import replace

from pilot.councils.proposals import State
from pilot.people.roles import Role
from tests.signing_in import sign_in

DATES = {
    "opens_on-day": "23", "opens_on-month": "3", "opens_on-year": "2027",
    "closes_on-day": "7", "closes_on-month": "4", "closes_on-year": "2027",
}  # fmt: skip
WORDS = "A real vote needs at least two trustees who keep their own keys"


@pytest.fixture
def settings(settings):
    return replace(settings, mode="production")


async def test_a_vote_is_arranged_and_its_list_waits_for_trustees_with_their_own_keys(house):
    address = await house.proposal(State.LOCKED)
    await house.as_coordinator()
    assert f"{address}/ballot" in await house.get(address)
    await house.post(f"{address}/ballot", DATES)
    await sign_in(house.client, Role.RETURNING_OFFICER, trust=house.trust)
    ballot = f"/trusts/{house.trust}/ballots/1"
    assert "Choose who opens the sealed votes first" in await house.get(ballot)
    assert WORDS in await house.post(f"{ballot}/freeze", {}, status=409)
