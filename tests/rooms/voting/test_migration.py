"""A database from before there were elections is brought up, and nothing that was asked or declared is lost."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, Table, insert, select
from sqlalchemy.exc import IntegrityError

from pilot.commands.migrate import configuration
from pilot.store import Store
from pilot.voting import queries
from pilot.voting.ballots import Majority
from pilot.voting.count.yes_no import Outcome as CountOutcome
from pilot.voting.count.yes_no import Result
from pilot.voting.declaration import Lot, Outcome

MARCH = datetime(2027, 3, 1, 8, tzinfo=UTC)
APRIL = datetime(2027, 4, 1, 8, tzinfo=UTC)
RULE = {"threshold": "2/3", "strict": False, "base": "entitled", "turnout_quorum": "1/4", "approval_quorum": "0"}
BALLOT = {
    "trust": "RAA", "subject": "proposal 1", "title": "Night canteen", "question": "Shall we?", "text": "At night.",
    "opens_at": MARCH, "closes_at": APRIL, "arranged_by": "account 1", "groups": [], "turnout_shown": 0, "tally": {},
    "counted": False,
}  # fmt: skip
FIXED = {"voter_count": 40, "frozen_on": date(2027, 2, 1), "roll_as_at_on": date(2027, 2, 1), "list_digest": "a" * 64}
TALLY = {"outcome": "carried", "yes": 30, "no": 2, "abstain": 1, "spoilt": 0, "set_aside": 0, "stamps": 33}
SAID = {
    "ballot": 2, "trust": "RAA", "subject": "proposal 1", "title": "Night canteen", "question": "Shall we?",
    "at": "2027-04-02T09:00:00Z", "manifest": "5c" * 32, "rule": {"name": "yes-no"}, "outcome": "carried",
    "sentence": "The proposal was carried.", "entitled": 40, "voted": 33, "yes": 30, "no": 2, "abstain": 1, "spoilt": 0,
    "set_aside": 0, "stamps": 33, "envelopes": 33, "spare": 0, "noticing": [], "version": 1,
}  # fmt: skip


def moved(url: str, down: str | None = None, up: str | None = None) -> None:
    """Take the database to another form; alembic has a loop of its own."""
    if down:
        command.downgrade(configuration(url), down)
    if up:
        command.upgrade(configuration(url), up)


def filled(connection: Connection) -> None:
    """Rows as the first form of the tables has them."""
    known = MetaData()
    tables = {name: Table(name, known, autoload_with=connection) for name in ("trust", "ballot", "declaration")}
    words = dict.fromkeys(("matched_set", "region", "type", "cqc_overall", "cqc_well_led"), "")
    connection.execute(insert(tables["trust"]).values(ods_code="RAA", name="Trust RAA", arm="control", **words))
    for values in (
        BALLOT | RULE | {"id": 1, "number": 1, "state": "arranged"},
        BALLOT
        | RULE
        | FIXED
        | {"id": 2, "number": 2, "state": "declared", "box_id": 7, "tally": TALLY, "counted": True},
    ):
        connection.execute(insert(tables["ballot"]).values(values))
    connection.execute(
        insert(tables["declaration"]).values(
            ballot_id=2,
            declared_at=APRIL,
            declared_by="account 1",
            content=SAID,
            listed=[],
            record=b"zip",
            record_digest="b" * 64,
        )
    )


@pytest.fixture
async def old(database_url):
    """A store over a database of the first form with a question that is arranged and one that is declared."""
    await asyncio.to_thread(moved, database_url, "0001")
    store = Store(database_url)
    async with store.engine.begin() as connection:
        await connection.run_sync(filled)
    yield store
    await store.dispose()


async def test_a_question_keeps_its_majority_and_its_declared_count(old):
    await asyncio.to_thread(moved, old.url, up="head")
    async with old.reading() as session:
        arranged, declared = [await queries.ballot(session, ballot) for ballot in (1, 2)]
        for row in (arranged, declared):
            assert (row.kind, row.lot_mark, row.lot_number, row.lot_lost) == ("majority", None, None, None)
            assert queries.ask_of(row) == Majority(**RULE)
        assert (declared.tally, declared.voter_count, declared.opens_at) == (TALLY, 40, MARCH)
        said = await queries.declared(session, 2)
        assert (said.votes, said.blank, said.version) == ({"yes": 30, "no": 2, "abstain": 1}, 0, 2)
        assert (said.outcome, said.lot, said.by_lot) == (Outcome.CARRIED, Lot(), False)
        assert await queries.count_of(session, 2) == Result(
            CountOutcome.CARRIED, 40, 30, 2, 1, 0, "The proposal was carried."
        )
        assert await queries.record(session, 2) == b"zip"


async def test_the_checks_stand_after_the_tables_were_made_anew(old):
    await asyncio.to_thread(moved, old.url, up="head")
    right = {**BALLOT, "id": 3, "number": 3, "state": "arranged", "kind": "majority", "rule": {}}
    wrong = {
        "ck_ballot_kind": {"kind": "other"},
        "ck_ballot_state": {"state": "nowhere", "box_id": 9, **FIXED},
        "ck_ballot_lots_in_elections_only": {"lot_mark": "c" * 64},
        "ck_ballot_opens_before_closing": {"opens_at": APRIL},
        "ck_ballot_frozen_with_its_list": {"state": "frozen"},
    }
    async with old.engine.connect() as connection:
        table = await connection.run_sync(lambda plain: Table("ballot", MetaData(), autoload_with=plain))
        await connection.execute(insert(table).values(right))
        await connection.rollback()
        for name, values in wrong.items():
            with pytest.raises(IntegrityError, match=name):
                await connection.execute(insert(table).values(right | values))
            await connection.rollback()


async def test_the_way_back_gives_the_majority_its_columns_again(old):
    await asyncio.to_thread(moved, old.url, "0001", "head")
    await asyncio.to_thread(moved, old.url, "0001")
    async with old.engine.connect() as connection:
        table = await connection.run_sync(lambda plain: Table("ballot", MetaData(), autoload_with=plain))
        rows = (await connection.execute(select(table).order_by(table.c.id))).all()
    assert [{name: getattr(row, name) for name in RULE} for row in rows] == [RULE, RULE]
