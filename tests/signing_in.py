"""Signing in for the tests of pages: `await sign_in(client, Role.EVALUATOR)`, `await sign_in_voter(client, 7)`."""

from datetime import timedelta

from pilot.people import service
from pilot.people.queries import account_by_email
from pilot.people.roles import Grant, Role
from pilot.web import sessions


async def sign_in(client, *roles, trust=None):
    """Sign the client in with an account that holds these roles; in `trust`, for the roles that belong to trusts."""
    state = client.app.state
    email = f"{'-'.join(roles)}-{trust or 'programme'}@example.org".replace(" ", "-").lower()
    async with state.store.writing() as session:
        account = await account_by_email(session, email)
        if account is None:
            account = await service.add_account(session, "Sam Example", email, by="tests", now=state.clock())
            for role in roles:
                grant = Grant(Role(role), trust if Role(role) in _TRUST_ROLES else None)
                await service.grant_role(session, account, grant, by="tests", now=state.clock())
        await _give(client, session, "account", account)
    return account


async def sign_in_voter(client, person_id):
    """Sign the client in as a person of the staff roll, as a voting code would."""
    async with client.app.state.store.writing() as session:
        await _give(client, session, "person", person_id)


def sign_out(client):
    """Become a visitor again."""
    client.cookies.delete(sessions.COOKIE)


_TRUST_ROLES = (Role.COORDINATOR, Role.RETURNING_OFFICER, Role.BOARD_SECRETARY, Role.TRUSTEE, Role.TELLER)


async def _give(client, session, kind, subject_id):
    state = client.app.state
    expires_at = state.clock() + timedelta(days=400)
    cookie = await sessions.begin(session, state.settings, kind, subject_id, expires_at=expires_at)
    client.cookies.set(sessions.COOKIE, cookie.value)
