"""A success is told only after it is stored for good: here the database itself refuses the commit."""

import sqlite3

from pilot.people.roles import Role
from tests.signing_in import sign_in


def let_every_commit_fail(settings, table):
    """From now on each row in `table` owes the database a row that is never paid: the debt falls due at COMMIT."""
    path = settings.database_url.split("///", 1)[1]
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE payer (id INTEGER PRIMARY KEY)")
        db.execute("CREATE TABLE debt (id INTEGER REFERENCES payer (id) DEFERRABLE INITIALLY DEFERRED)")
        db.execute(f"CREATE TRIGGER owes AFTER INSERT ON {table} BEGIN INSERT INTO debt VALUES (1); END")


async def test_a_commit_that_fails_never_shows_success(client, settings):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    good = await client.post("/accounts", data={"name": "Ana Stored", "email": "ana@example.org"})
    assert good.status_code == 200, good.text
    let_every_commit_fail(settings, "account")
    bad = await client.post("/accounts", data={"name": "Ben Lost", "email": "ben@example.org"})
    assert bad.status_code == 500
    assert "Nothing was saved" in bad.text
    page = await client.get("/accounts")
    assert "Ana Stored" in page.text
    assert "Ben Lost" not in page.text
