"""An address with a number that nothing can have is answered like any other page that is not there."""

import pytest

from pilot.people.roles import Role
from tests.signing_in import sign_in

HUGE = 10**23


@pytest.mark.parametrize(
    "path",
    [f"/check/{HUGE}", f"/trusts/RAA/ballots/{HUGE}/result", f"/trusts/RAA/proposals/{HUGE}", f"/comparisons/{HUGE}",
     f"/accounts/{HUGE}", f"/check/{2**31}"],
)  # fmt: skip
async def test_a_huge_number_is_a_page_that_does_not_exist(client, path):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    answer = await client.get(path)
    assert answer.status_code == 404
    assert "This page does not exist" in answer.text
