"""A database from before there were elections is brought up, and nothing that was asked or declared is lost."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from alembic import command
from sqlalchemy import CheckConstraint, Connection, MetaData, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from pilot.commands.migrate import configuration
from pilot.councils.tables import SeatRow
from pilot.store import Store
from pilot.voting import queries
from pilot.voting.ballots import Majority
from pilot.voting.count.yes_no import Outcome as CountOutcome
from pilot.voting.count.yes_no import Result
from pilot.voting.declaration import Lot, Outcome
from tests.conftest import remembered

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

EMPTY = {
    "id": 1, "council_id": 1, "body": "Staff side", "selection_method": "nomination_by_body", "holder_person_id": None,
    "holder_name": None, "held_from": None, "held_to": None,
}  # fmt: skip
HELD = EMPTY | {"id": 2, "holder_person_id": 1, "holder_name": "Amy Osei", "held_from": date(2026, 1, 5)}
LEFT = HELD | {"id": 3, "holder_person_id": None, "held_to": date(2026, 2, 5)}
SEATS = (EMPTY, HELD, LEFT)


def moved(url: str, down: str | None = None, up: str | None = None) -> None:
    """Take the database to another form; alembic has a loop of its own."""
    if down:
        command.downgrade(configuration(url), down)
    if up:
        command.upgrade(configuration(url), up)


WORDS = dict.fromkeys(("matched_set", "region", "type", "cqc_overall", "cqc_well_led"), "")


def filled(connection: Connection) -> None:
    """Rows as the first form of the tables has them."""
    known = MetaData()
    names = ("trust", "person", "council", "seat", "ballot", "declaration")
    tables = {name: Table(name, known, autoload_with=connection) for name in names}
    connection.execute(insert(tables["trust"]).values(ods_code="RAA", name="Trust RAA", arm="control", **WORDS))
    amy = {"trust": "RAA", "employee_number": "10000001", "last_name": "Osei", "first_name": "Amy"}
    connection.execute(insert(tables["person"]).values(id=1, **amy))
    connection.execute(insert(tables["council"]).values(id=1, trust="RAA", name="Council", level="trust"))
    for seat in SEATS:
        connection.execute(insert(tables["seat"]).values(seat))
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


async def of_the_first_form(store):
    """With a question that is arranged and one that is declared."""
    await asyncio.to_thread(moved, store.url, "0001")
    async with store.engine.begin() as connection:
        await connection.run_sync(filled)


@pytest.fixture
async def old(database_url):
    """A store over a database of the first form; its statements are of no other test, so it is one of its own."""
    await remembered(database_url, of_the_first_form)
    store = Store(database_url)
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


ASKED_TO_ERASE = {"erase_asked_by": "account 1", "erase_asked_at": APRIL}
COUNTED = {"state": "final", "counted": True, "box_id": 9, **FIXED}
WRONG_BALLOTS = {
    "ck_ballot_kind_of_vote": {"kind_of_vote": "survey"},
    "ck_ballot_void_for_a_reason": COUNTED | {"state": "void"},
    "ck_ballot_over_because_it_is_over": {"over_because": "Nobody signed."},
    "ck_ballot_noticed_at_a_time": COUNTED | {"state": "noticed"},
    "ck_ballot_extended_for_a_reason": {"first_closes_at": MARCH},
    "ck_ballot_extended_forward": {"first_closes_at": APRIL, "extended_because": "Snow."},
    "ck_ballot_erased": COUNTED | ASKED_TO_ERASE | {"erased_by": "account 2", "erased_on": date(2027, 6, 1)},
    "ck_ballot_erased_by_two_people": COUNTED
    | ASKED_TO_ERASE
    | {"state": "erased", "erased_by": "account 1", "erased_on": date(2027, 6, 1)},
    "ck_ballot_erased_when_decided": ASKED_TO_ERASE,
}


@pytest.mark.parametrize("name", WRONG_BALLOTS)
async def test_each_new_check_of_a_ballot_stands(store, name):
    await rows_of(store, "trust", into={"ods_code": "RAA", "name": "Trust RAA", "arm": "control"} | WORDS)
    right = {**BALLOT, "id": 3, "number": 3, "state": "arranged", "kind": "majority", "rule": {}}
    await rows_of(store, "ballot", into=right)
    with pytest.raises(IntegrityError, match=name):
        await rows_of(store, "ballot", into=right | {"id": 4, "number": 4} | WRONG_BALLOTS[name])


async def test_the_way_back_gives_the_majority_its_columns_again(old):
    await asyncio.to_thread(moved, old.url, "0001", "head")
    await asyncio.to_thread(moved, old.url, "0001")
    async with old.engine.connect() as connection:
        table = await connection.run_sync(lambda plain: Table("ballot", MetaData(), autoload_with=plain))
        rows = (await connection.execute(select(table).order_by(table.c.id))).all()
    assert [{name: getattr(row, name) for name in RULE} for row in rows] == [RULE, RULE]


async def rows_of(store, name, *, into=None):
    """The rows of a table as it stands in the database; with `into` this is first put there."""
    async with store.engine.begin() as connection:
        table = await connection.run_sync(lambda plain: Table(name, MetaData(), autoload_with=plain))
        if into is not None:
            await connection.execute(insert(table).values(into))
        found = await connection.execute(select(table).order_by(*table.primary_key.columns))
        return [dict(row) for row in found.mappings()]


FIRST = "0001"
"""Where the way back is refused, SQLite has gone back as far as it could, a whole form; PostgreSQL not at all."""


async def version_of(store):
    async with store.engine.connect() as connection:
        table = await connection.run_sync(lambda plain: Table("alembic_version", MetaData(), autoload_with=plain))
        return await connection.scalar(select(table.c.version_num))


async def test_seats_that_are_held_and_empty_come_through_both_ways(old):
    await asyncio.to_thread(moved, old.url, up="head")
    no_election = {"contest_id": None, "candidate_id": None, "term_ends_on": None}
    assert await rows_of(old, "seat") == [seat | no_election for seat in SEATS]
    await asyncio.to_thread(moved, old.url, "0001")
    assert await rows_of(old, "seat") == list(SEATS)


CONTEST = {
    "id": 1, "trust": "RAA", "council_id": 1, "state": "draft", "title": "Council", "seats": 1, "kept": [],
    "revision": 0, "missed": False,
}  # fmt: skip
CANDIDATE = {"id": 1, "contest_id": 1, "name": "Amy Osei", "class": "", "statement": ""}
NOMINATED = EMPTY | {"id": 9}
ELECTED = HELD | {
    "id": 9, "selection_method": "election", "contest_id": 1, "candidate_id": 1, "held_to": date(2028, 1, 4),
    "term_ends_on": date(2028, 1, 4),
}  # fmt: skip
WRONG_SEATS = {
    "ck_seat_selection_method": NOMINATED | {"selection_method": "lottery"},
    "ck_seat_holder_has_a_day": NOMINATED | {"holder_name": "Amy Osei"},
    "ck_seat_holder_has_a_name": NOMINATED | {"holder_person_id": 1},
    "ck_seat_held_forward": LEFT | {"id": 9, "held_to": date(2026, 1, 4)},
    "ck_seat_elected_in_a_contest": ELECTED | {"selection_method": "nomination_by_body"},
    "ck_seat_elected_for_a_term": ELECTED | {"term_ends_on": None},
    "ck_seat_candidate_of_a_contest": NOMINATED | {"candidate_id": 1},
    "ck_seat_holder_stood": ELECTED | {"candidate_id": None},
    "ck_seat_elected_until": ELECTED | {"held_to": None},
    "ck_seat_within_the_term": ELECTED | {"held_to": date(2028, 1, 5)},
}


async def test_each_check_of_a_seat_stands_after_the_table_was_made_anew(old):
    checks = [one.name for one in SeatRow.__table__.constraints if isinstance(one, CheckConstraint)]
    assert sorted(checks) == sorted(WRONG_SEATS)
    await asyncio.to_thread(moved, old.url, up="head")
    await rows_of(old, "contest", into=CONTEST)
    await rows_of(old, "candidate", into=CANDIDATE)
    async with old.engine.connect() as connection:
        table = await connection.run_sync(lambda plain: Table("seat", MetaData(), autoload_with=plain))
        for right in (NOMINATED, ELECTED):
            await connection.execute(insert(table).values(right))
            await connection.rollback()
        for name, values in WRONG_SEATS.items():
            with pytest.raises(IntegrityError, match=name):
                await connection.execute(insert(table).values(values))
            await connection.rollback()


ASKED = {"kind": "majority", "rule": {"kind": "majority"} | RULE}
PEOPLE = {
    "kind": "election", "rule": {"kind": "election"}, "lot_mark": "c" * 64, "id": 3, "number": 3, "state": "arranged",
}  # fmt: skip
NEW_DECLARATION = {
    "ballot_id": 1, "declared_at": APRIL, "declared_by": "account 1", "content": SAID | {"version": 2}, "listed": [],
    "count": {}, "record": b"zip", "record_digest": "b" * 64,
}  # fmt: skip
TRUSTEE = {
    "id": 1, "trust": "RAA", "name": "Ada Fell", "email": "ada@example.org", "role": "independent scrutineer",
    "side": "scrutineer", "state": "invited", "deputy": "Dot Reed",
}  # fmt: skip
REHEARSAL = BALLOT | ASKED | {"id": 3, "number": 3, "state": "arranged", "kind_of_vote": "rehearsal"}
GRANT = {
    "id": 1, "account_id": 1, "role": "trustee", "trust": "RAA", "granted_at": MARCH, "granted_by": "account 1",
}  # fmt: skip
TELLER = {
    "id": 1, "ballot_id": 1, "account_id": 1, "name": "Tom Till", "side": "employer", "seal_key": bytes(65),
    "sign_key": bytes(32), "confirmed_by": "account 1",
}  # fmt: skip
NO_WAY_BACK = {
    "holds votes on paper": ("teller", TELLER),
    "holds the role of teller": ("role_grant", GRANT | {"role": "teller"}),
    "holds trustees with their own keys": ("trustee", TRUSTEE),
    "holds the role of trustee": ("role_grant", GRANT),
    "holds ballots in a form that the code before cannot read": ("ballot", REHEARSAL),
    "holds elections of council members": ("contest", CONTEST),
    "holds elections, which": ("ballot", BALLOT | PEOPLE),
    "holds declarations in a form that the code before cannot read": ("declaration", NEW_DECLARATION),
}


@pytest.mark.parametrize("why", NO_WAY_BACK)
async def test_the_way_back_is_refused_where_the_older_code_cannot_read_what_is_there(old, why):
    await asyncio.to_thread(moved, old.url, up="head")
    table, values = NO_WAY_BACK[why]
    if table in ("role_grant", "teller"):
        await rows_of(old, "account", into={"id": 1, "name": "Ada", "email": "ada@example.org", "made_at": MARCH})
    before = await rows_of(old, table, into=values)
    with pytest.raises(RuntimeError, match=why):
        await asyncio.to_thread(moved, old.url, "0001")
    after = await rows_of(old, table)
    assert len(after) == len(before)
    assert all(row.items() <= was.items() for row, was in zip(after, before, strict=True))
    assert await version_of(old) != FIRST


async def a_counted_box(store, *verdicts, **ballot):
    """A vote that is counted and not declared, as the form has it in which the database stands, with its papers."""
    box = {"id": 8, "digest": "d" * 64, "state": "peeled", "manifest": b"{}", "signatures": b"{}"}
    await rows_of(store, "secrecy_box", into=box)
    counted = {"id": 3, "number": 3, "state": "tallied", "box_id": 8, "tally": TALLY, "counted": True}
    await rows_of(store, "ballot", into=BALLOT | FIXED | counted | ballot)
    for number, verdict in enumerate(verdicts):
        paper = {"box_id": 8, "inner_sha256": f"{number:064}", "paper": b"", "stamp": b"", "reason": ""}
        await rows_of(store, "secrecy_paper", into=paper | {"verdict": verdict})


async def declare_it(store):
    async with store.engine.begin() as connection:
        table = await connection.run_sync(lambda plain: Table("ballot", MetaData(), autoload_with=plain))
        await connection.execute(update(table).where(table.c.id == 3).values(state="declared"))


@pytest.mark.parametrize("verdict", ["spoilt", "set aside"])
async def test_a_vote_is_declared_in_the_form_in_which_its_papers_were_kept(old, verdict):
    await a_counted_box(old, "valid", verdict, **RULE)
    with pytest.raises(RuntimeError, match=r"RAA-B3\. Declare the result with the version that counted it"):
        await asyncio.to_thread(moved, old.url, up="0003")
    assert await version_of(old) == "0001"
    assert "threshold" in (await rows_of(old, "ballot"))[0]
    await declare_it(old)
    await asyncio.to_thread(moved, old.url, up="0003")
    assert await version_of(old) == "0003"


async def test_a_vote_with_valid_papers_alone_may_be_declared_in_either_form(old):
    await a_counted_box(old, "valid", "valid", **RULE)
    await asyncio.to_thread(moved, old.url, up="0003")
    await asyncio.to_thread(moved, old.url, "0001")
    assert await version_of(old) == "0001"


async def test_the_way_back_waits_for_the_declaration_too(old):
    await asyncio.to_thread(moved, old.url, up="0003")
    await a_counted_box(old, "spoilt", **ASKED)
    with pytest.raises(RuntimeError, match="Counted and not declared, with papers that do not count: RAA-B3"):
        await asyncio.to_thread(moved, old.url, "0001")
    assert await version_of(old) != FIRST
    await declare_it(old)
    await asyncio.to_thread(moved, old.url, "0001")
    assert await version_of(old) == "0001"
