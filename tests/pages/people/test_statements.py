"""However much there is to show, a page asks the database the same number of times."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from pilot.people import service
from pilot.people.roles import Grant, Role
from tests.builders.people import BY, NOW, a_roll, a_trust, an_account, the_codes
from tests.signing_in import sign_in


@contextmanager
def statements(client):
    """Collects what is sent to the database, but for the beginning and end of transactions."""
    sent = []

    def note(_connection, _cursor, statement, *_more):
        sent.append(statement)

    engine = client.app.state.store._readers.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


async def asked(client, address):
    with statements(client) as sent:
        assert (await client.get(address)).status_code == 200
    return len([statement for statement in sent if statement.lstrip().startswith("SELECT")])


async def little(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
        await a_roll(session, number=5)


async def much(client):
    state = client.app.state
    async with state.store.writing() as session:
        await a_roll(session, number=60)
        await the_codes(session, state.settings)
        for n in range(12):
            trust = f"RX{n:02}"
            await a_trust(session, trust)
            account = await an_account(session, Role.COORDINATOR, trust, email=f"x{n}@example.org")
            await service.grant_role(session, account, Grant(Role.BOARD_SECRETARY, trust), by=BY, now=NOW)


@pytest.mark.parametrize(
    ("role", "address", "most"),
    [
        (Role.PROGRAMME_ADMIN, "/accounts", 5),
        (Role.PROGRAMME_ADMIN, "/trusts", 4),
        (Role.PROGRAMME_ADMIN, "/trusts/RAA", 6),
        (Role.COORDINATOR, "/trusts/RAA/roll", 8),
        (Role.RETURNING_OFFICER, "/trusts/RAA/codes?find=worker", 9),
        (Role.RETURNING_OFFICER, "/", 4),
    ],
)
async def test_a_page_asks_a_fixed_number_of_times(client, role, address, most):
    await little(client)
    await sign_in(client, role, trust="RAA")
    few = await asked(client, address)
    await much(client)
    assert await asked(client, address) == few <= most
