"""Every route is walked by everybody: a visitor, each role in its own trust and in another, and voters of both."""

import re

import pytest

from pilot.app import handlers
from pilot.people.guards import Access
from pilot.people.roles import Role, Voter
from tests.builders.people import a_trust
from tests.signing_in import sign_in, sign_in_voter, sign_out

OWN, OTHER = "RZA", "RZB"
VISITORS = [None, *((role, trust) for role in Role for trust in (OWN, OTHER)), ("voter", OWN), ("voter", OTHER)]


def the_routes(app):
    """Every handler with its method, and its address with made-up parts: the trust is always OWN."""
    found = []
    for handler in handlers(app):
        if handler.opt.get("access") is None or handler.name is None:
            continue
        for path in handler.paths:
            filled = re.sub(
                r"\{(\w+):(\w+)\}", lambda m: OWN if m[1] == "trust" else "1" if m[2] == "int" else "x", path
            )
            found += [
                (method, filled, handler)
                for method in handler.http_methods
                if method in ("GET", "POST", "PUT", "DELETE")
            ]
    return found


@pytest.mark.parametrize("visitor", VISITORS, ids=str)
async def test_nobody_passes_a_door_that_is_not_theirs(client, visitor):
    async with client.app.state.store.writing() as session:
        for code in (OWN, OTHER):
            await a_trust(session, code)
    principal = await the_principal(client, visitor)
    routes = the_routes(client.app)
    assert len(routes) > 50
    for method, path, handler in routes:
        access = handler.opt["access"]
        assert isinstance(access, Access), handler
        trust = OWN if "{trust" in "".join(handler.paths) else None
        problem = access.problem(principal, trust)
        answer = await client.request(method, path, follow_redirects=False)
        await the_principal(client, visitor)  # signing out is one of the doors
        if problem:
            assert answer.status_code == 403, f"{method} {path} let {visitor} in"
            assert problem.split(".")[0] in answer.text.replace("&#39;", "'"), f"{method} {path}: {problem}"
        else:
            assert answer.status_code < 500, f"{method} {path} broke for {visitor}"
            assert answer.status_code != 403 or "You need the role" not in answer.text


async def the_principal(client, visitor):
    if visitor is None:
        sign_out(client)
        return None
    kind, trust = visitor
    if kind == "voter":
        person = await a_person_of(client, trust)
        await sign_in_voter(client, person)
        return Voter(person, trust, "Sam Example")
    account = await sign_in(client, kind, trust=trust)
    from pilot.people import queries

    async with client.app.state.store.reading() as session:
        return await queries.officer(session, account)


async def a_person_of(client, trust):
    from tests.builders.people import a_person

    async with client.app.state.store.writing() as session:
        return await a_person(session, trust)
