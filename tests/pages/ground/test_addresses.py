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


async def test_a_flood_of_fields_is_refused_before_it_is_read(client):
    await client.get("/vote")
    answer = await client.post("/vote", content=b"&".join(b"a%d=" % n for n in range(40_000)),
                               headers={"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert answer.status_code == 413
    assert "too large" in answer.text


async def test_only_the_forms_own_fields_are_shown_again(client):
    await client.get("/vote")
    answer = await client.post("/vote", data={"code": "abc", "other": "never shown"})
    assert answer.status_code == 422
    assert "abc" in answer.text
    assert "never shown" not in answer.text
