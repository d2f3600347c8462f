"""Signing in by link, and the start page."""

import re

import pytest

from pilot.people import service
from pilot.people.roles import Role
from pilot.web.sessions import COOKIE
from tests.builders.people import BY, a_person, a_trust, an_account
from tests.signing_in import sign_in, sign_in_voter


@pytest.fixture
async def link(client):
    state = client.app.state
    async with state.store.writing() as session:
        account = await an_account(session, Role.PROGRAMME_ADMIN)
        return "/sign-in/" + await service.make_link(session, account, by=BY, now=state.clock())


async def test_a_visitor_is_offered_to_vote_and_gets_no_session(client):
    answer = await client.get("/")
    assert answer.status_code == 200
    assert 'href="/vote"' in answer.text
    assert 'href="/accounts"' not in answer.text
    assert COOKIE not in client.cookies


async def test_looking_at_a_link_does_not_use_it(client, link):
    for _ in range(3):
        answer = await client.get(link)
        assert answer.status_code == 200
        assert "Sign in as Ada Example" in answer.text
    assert COOKIE not in client.cookies


async def test_a_link_signs_in_and_out(client, link):
    answer = await client.post(link)
    assert answer.status_code == 200
    assert "Your work" in answer.text
    assert (await client.get("/accounts")).status_code == 200
    await client.post("/sign-out")
    answer = await client.get("/accounts")
    assert answer.status_code == 403
    assert "Sign in to see this page." in answer.text
    assert 'href="/sign-in"' in answer.text.split("<main")[1]


async def test_signing_out_ends_the_session_on_the_server_too(client, link):
    await client.post(link)
    kept = client.cookies[COOKIE]
    await client.post("/sign-out")
    client.cookies.set(COOKIE, kept)
    assert (await client.get("/accounts")).status_code == 403


async def test_a_link_works_once(client, link):
    await client.post(link)
    for answer in (await client.get(link), await client.post(link)):
        assert answer.status_code == 409
        assert "This sign-in link has been used. Each link works once. Ask for a new one." in answer.text


async def test_a_link_is_good_for_a_day(client, clock, link):
    clock.forward(hours=24)
    for answer in (await client.get(link), await client.post(link)):
        assert answer.status_code == 409
        assert "more than 24 hours old" in answer.text


async def test_a_made_up_link_is_not_right(client):
    answer = await client.get("/sign-in/made-up")
    assert answer.status_code == 404
    assert "This sign-in link is not right" in answer.text


async def test_a_session_ends_after_eight_hours(client, clock, link):
    await client.post(link)
    clock.forward(hours=7, minutes=59)
    assert (await client.get("/accounts")).status_code == 200
    clock.forward(minutes=1)
    assert (await client.get("/accounts")).status_code == 403


async def test_the_start_page_lists_the_work_of_each_role(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
    await sign_in(client, Role.COORDINATOR, trust="RAA")
    answer = await client.get("/")
    assert "You are a coordinator" in answer.text
    assert 'href="/trusts/RAA/roll"' in answer.text
    assert 'href="/trusts/RAA/codes"' not in answer.text


async def test_somebody_without_a_role_is_told_so(client):
    await sign_in(client)
    assert "You have no role at the moment" in (await client.get("/")).text


async def test_a_voter_sees_votes_and_no_work(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
        person = await a_person(session)
    await sign_in_voter(client, person)
    answer = await client.get("/")
    assert "See what you can vote on" in answer.text
    assert "Your work" not in answer.text


async def test_the_page_to_sign_in_offers_both_ways(client):
    answer = await client.get("/sign-in")
    assert re.search(r"voting code.*link that works once", answer.text, re.DOTALL)


async def test_the_address_to_vote_at_is_a_picture(client):
    answer = await client.get("/vote-address.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert b"<svg" in answer.content
