"""Nobody is offered a page that they may not open."""

import re

import pytest

from pilot.people.roles import TRUST_ROLES, Role
from tests.builders.people import a_roll, a_trust
from tests.signing_in import sign_in, sign_in_voter


async def offered(client, path):
    """The addresses that a page links to, styles and scripts apart."""
    text = (await client.get(path)).text
    return sorted({link for link in re.findall(r'href="(/[^"#]*)"', text) if not link.startswith("/static/")})


@pytest.mark.parametrize("role", [None, "voter", *Role], ids=str)
async def test_every_link_of_the_menu_and_of_the_start_page_opens(client, role):
    async with client.app.state.store.writing() as session:
        await a_trust(session, "RZA")
        await a_roll(session, "RZA", 30)
    if role == "voter":
        await sign_in_voter(client, 1)
    elif role is not None:
        await sign_in(client, role, trust="RZA" if role in TRUST_ROLES else None)
    pages = ["/", "/trusts/RZA/ballots", "/trusts/RZA/proposals"]
    links = {link for page in pages for link in await offered(client, page)}
    assert len(links) > 4
    for link in sorted(links):
        assert (await client.get(link)).status_code == 200, f"{role} is offered {link}"


@pytest.mark.parametrize("role", ["voter", Role.COORDINATOR, Role.RETURNING_OFFICER], ids=str)
async def test_nobody_in_a_control_is_offered_anything_of_councils(client, role):
    async with client.app.state.store.writing() as session:
        await a_trust(session, "RZA", "control", starts_on=None)
        await a_roll(session, "RZA", 30)
    if role == "voter":
        await sign_in_voter(client, 1)
    else:
        await sign_in(client, role, trust="RZA")
    links = {link for page in ("/", "/trusts/RZA") for link in await offered(client, page)}
    about_councils = ("council", "elections", "proposals", "ballots", "responses", "trustees")
    assert [link for link in links if link.endswith(about_councils)] == []
    wanted = {"voter": "/votes", Role.COORDINATOR: "/trusts/RZA/surveys", Role.RETURNING_OFFICER: "/trusts/RZA/codes"}
    assert wanted[role] in links
    for link in sorted(links):
        assert (await client.get(link)).status_code == 200, f"{role} is offered {link}"
