"""The programme admin's pages."""

import re

import pytest

from pilot.people import queries
from pilot.people.roles import Role
from tests.builders.people import a_trust, an_account
from tests.signing_in import sign_in


@pytest.fixture
async def me(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
    return await sign_in(client, Role.PROGRAMME_ADMIN)


async def officer(client, account):
    async with client.app.state.store.reading() as session:
        return await queries.officer(session, account)


async def other(client, role=None, trust=None):
    async with client.app.state.store.writing() as session:
        return await an_account(session, role, trust, name="Bo Example", email="bo@example.org")


async def test_an_account_is_added_and_gets_a_role_and_a_link(client, me):
    answer = await client.post("/accounts", data={"name": "Bo Example", "email": "Bo@Example.org"})
    assert answer.status_code == 200
    address = answer.url.path
    assert "has no role" in answer.text
    answer = await client.post(f"{address}/roles", data={"role": "returning officer", "trust": "RAA"})
    assert "Returning officer of RAA" in answer.text
    answer = await client.post(f"{address}/link")
    assert answer.status_code == 200
    link = re.search(r"http://[^<\s]+(/sign-in/[\w-]+)", answer.text)[1]
    assert link not in (await client.get(address)).text
    assert "Sign in as Bo Example" in (await client.get(link)).text


async def test_every_wrong_field_of_an_account_is_named_and_what_was_typed_is_kept(client, me):
    answer = await client.post("/accounts", data={"name": "", "email": "bo at example"})
    assert answer.status_code == 422
    assert "Enter a full name" in answer.text
    assert "Enter an e-mail address in the correct format" in answer.text
    assert 'value="bo at example"' in answer.text
    assert 'href="#name"' in answer.text


async def test_an_address_that_has_an_account_is_refused_in_a_sentence(client, me):
    await other(client)
    answer = await client.post("/accounts", data={"name": "Bo Two", "email": "BO@example.org"})
    assert answer.status_code == 422
    assert "There is an account with the address bo@example.org already" in answer.text
    assert 'value="Bo Two"' in answer.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Select a role"),
        ({"role": "king"}, "Select a role"),
        ({"role": "coordinator"}, "Select the trust for the role of coordinator"),
        ({"role": "auditor", "trust": "RAA"}, "The role of auditor is for the whole programme"),
    ],
)
async def test_a_role_that_does_not_fit_is_refused_in_a_sentence(client, me, form, words):
    account = await other(client)
    answer = await client.post(f"/accounts/{account}/roles", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert (await officer(client, account)).grants == ()


async def test_roles_that_must_be_apart_are_refused_in_a_sentence(client, me):
    account = await other(client, Role.COORDINATOR, "RAA")
    answer = await client.post(f"/accounts/{account}/roles", data={"role": "returning officer", "trust": "RAA"})
    assert answer.status_code == 422
    assert "The returning officer of a trust cannot also be its coordinator" in answer.text


async def test_a_role_of_an_unknown_trust_is_not_found(client, me):
    account = await other(client)
    answer = await client.post(f"/accounts/{account}/roles", data={"role": "coordinator", "trust": "RZZ"})
    assert answer.status_code == 404


async def test_a_role_that_is_ended_ends_at_once(client, me):
    account = await other(client, Role.COORDINATOR, "RAA")
    async with client.app.state.store.reading() as session:
        (live,) = (await queries.account(session, account)).grants
    await client.post(f"/accounts/{account}/roles/{live.id}/end")
    assert (await officer(client, account)).grants == ()
    answer = await client.post(f"/accounts/{account}/roles/{live.id}/end")
    assert answer.status_code == 404
    assert "ended already" in answer.text


async def test_a_role_cannot_be_ended_under_another_account(client, me):
    account = await other(client, Role.COORDINATOR, "RAA")
    async with client.app.state.store.reading() as session:
        (live,) = (await queries.account(session, account)).grants
    assert (await client.post(f"/accounts/{me}/roles/{live.id}/end")).status_code == 404
    assert (await officer(client, account)).grants


async def test_the_last_programme_admin_cannot_end_that_role(client, me):
    async with client.app.state.store.reading() as session:
        (live,) = (await queries.account(session, me)).grants
    answer = await client.post(f"/accounts/{me}/roles/{live.id}/end")
    assert answer.status_code == 409
    assert "This is the last programme admin" in answer.text
    assert (await client.get("/accounts")).status_code == 200


async def test_an_unknown_account_is_not_found(client, me):
    assert (await client.get("/accounts/999")).status_code == 404
    assert (await client.post("/accounts/999/link")).status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PROGRAMME_ADMIN])
async def test_nobody_else_sees_accounts(client, role):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
    await sign_in(client, role, trust="RAA")
    for answer in (await client.get("/accounts"), await client.post("/accounts", data={"name": "x"})):
        assert answer.status_code == 403
        assert "You need the role of programme admin in the programme" in answer.text
