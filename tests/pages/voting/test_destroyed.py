"""After the votes were opened, no copy of the database's files opens them again."""

from pathlib import Path

from sqlalchemy import select

from pilot.secrecy.tables import BoxRow, KeyRow
from tests.builders.voting import CLOSES, OPENS, votes


async def test_the_keys_are_in_no_file_of_the_database_once_the_votes_are_opened(hall, client, clock, settings):
    await hall.ready(25)
    clock.at(OPENS)
    await hall.tick()
    async with hall.store.writing() as session:
        await votes(session, hall.ballot, ["yes", "no", "yes"])
    async with hall.store.reading() as session:
        secrets = list((await session.execute(select(KeyRow.seal_secret))).scalars())
        secrets += list((await session.execute(select(KeyRow.sign_secret))).scalars())
        secrets.append((await session.execute(select(BoxRow.stamp_secret))).scalar_one()[100:164])
    assert len(secrets) == 7
    assert all(found_in(settings, secret) for secret in secrets)  # the search finds what is there
    clock.at(CLOSES)
    await hall.tick()
    assert await hall.state() == "tallied"
    assert [secret for secret in secrets if found_in(settings, secret)] == []


def found_in(settings, secret):
    path = Path(settings.database_url.split("///", 1)[1])
    return any(secret in file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
