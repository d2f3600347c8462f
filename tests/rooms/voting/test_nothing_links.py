"""A whole vote through a real server; then every byte that it left is searched for what ties a person to a paper.

Its trustees hold their own keys, some people vote on paper, and somebody tells that something is wrong.
"""

import re
from datetime import UTC, datetime
from hashlib import sha256

import pytest

import pilot.app  # noqa: F401 -- every table of every domain is known then
from pilot.secrecy import lists, seal
from pilot.store import Row
from tests.builders.traces import AGENT, VOTERS, Story, ToldVote

ADDRESS = "127.0.0.1"
MOMENT = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d")

BY_VOTING = {
    "elector": {"ballot_id", "person_id", "v"},
    "secrecy_slot": {"box_id", "v", "stamps_used", "envelopes_cast", "cancelled"},
    "secrecy_stamp": {"box_id", "v", "blinded_sha256", "signature"},
    "secrecy_envelope": {"box_id", "v", "sha256", "sealed"},
    "secrecy_leaf": {"box_id", "number", "body", "sha256", "node"},
    "web_session": {"digest", "kind", "subject_id", "expires_at"},
    "dispute": {
        *("id", "ballot_id", "kind", "name", "contact", "text", "made_on"),
        *("answered_on", "answered_by", "answer"),
    },
}
"""Every column of the tables into which a vote on a screen goes; `elector` says whose v it is."""

BY_TELLERS = {
    "secrecy_on_paper": {"box_id", "v", "stamps_used", "envelopes_cast"},
    "paper_given": {"ballot_id", "v", "teller_id"},
    "teller_signature": {"ballot_id", "v", "teller_id", "signature"},
    "paper_pile": {
        *("ballot_id", "given_count", "cast_count", "why_fewer", "number"),
        *("first_id", "second_id", "sealed", "put_in_on"),
    },
}
"""Those into which votes on paper go besides."""

OF_PAPERS = {
    "secrecy_item": {"box_id", "sha256", "body"},
    "secrecy_paper": {"box_id", "inner_sha256", "paper", "stamp", "verdict", "reason"},
    "secrecy_stage": {"box_id", "layer", "hashes", "statement"},
    "secrecy_checkpoint": {"box_id", "size", "text"},
}
"""Those of what is opened. Another column must be looked at before it is written down here."""

GROWS = {"secrecy_box": {"size", "frontier"}}
"""What voting changes in a row that was there before: how long the log is."""

FAR = {
    *("account", "role_grant", "sign_in_link", "trust", "person", "voting_code"),
    *("roll_import", "roll_entry", "roll_upload", "roll_mapping", "trust_upload"),
    *("ballot", "left_out", "declaration", "ballot_pause", "objection", "challenge"),
    *("trustee", "ballot_trustee", "teller", "event"),
    *("secrecy_signature", "secrecy_key", "secrecy_log_key"),
    *("council", "constitution", "seat", "contest", "candidate", "vacancy"),
    *("proposal", "proposal_step", "proposal_sponsor", "proposal_supporter", "response", "commitment"),
    *("register_file", "listed_trust", "cqc_rating", "succession", "movement"),
    *("dataset", "measure_import", "staged_measures", "measure", "observation", "allocation", "comparison", "design"),
    *("study", "study_plan", "compared_trust", "study_run", "study_picture", "study_trust", "publication"),
    *("wording_pack", "wave_wording"),
    *("wave", "wave_trust", "wave_elector", "cell_stat"),  # see tests/rooms/metrics/test_surveys_link_nothing.py
}
"""Tables that a vote on a screen leaves as they were, whatever their columns are."""

WORDS = {"box_id", "verdict", "reason"}
"""Columns of papers whose values are no names of a paper."""


@pytest.fixture(scope="module")
def story(sqlite_template, tmp_path_factory):
    return Story(ToldVote(tmp_path_factory.mktemp("links") / "data", VOTERS, sqlite_template))


def test_every_table_is_known_and_so_is_every_column_on_the_way_of_a_vote(story):
    looked_at = BY_VOTING | BY_TELLERS | OF_PAPERS
    tables = Row.metadata.tables
    assert set(tables) == looked_at.keys() | GROWS.keys() | FAR
    for name, columns in looked_at.items():
        assert {column.name for column in tables[name].columns} == columns, name
    for name, columns in story.counted.columns.items():
        assert name == "alembic_version" or columns == {column.name for column in tables[name].columns}, name


def test_a_vote_on_a_screen_goes_into_these_tables_and_no_others(story):
    changed = {name for name, rows in story.before.tables.items() if story.voted.tables[name] != rows}
    assert changed - {"alembic_version"} <= BY_VOTING.keys() | GROWS.keys()
    assert changed >= BY_VOTING.keys() - {"elector"}
    for name, columns in GROWS.items():
        for row, was in zip(story.voted.tables[name], story.before.tables[name], strict=True):
            assert {column for column in row if row[column] != was[column]} == columns


def test_a_vote_on_paper_goes_into_these_tables_and_no_others(story):
    changed = {name for name, rows in story.voted.tables.items() if story.on_paper.tables[name] != rows}
    assert changed == BY_TELLERS.keys() | GROWS.keys() | {
        *("secrecy_slot", "secrecy_stamp", "secrecy_envelope", "secrecy_leaf", "event")
    }


def test_what_is_told_of_votes_on_paper_names_nobody(story):
    known = {row["number"] for row in story.voted.tables["event"]}
    told = [row for row in story.on_paper.tables["event"] if row["number"] not in known]
    assert {row["verb"] for row in told} >= {"papers signed", "papers put in"}
    people = [row for row in story.counted.tables["person"] if row["id"] in story.given]
    assert len(people) == len(story.given)
    numbers = {row["v"].hex() for row in story.counted.tables["elector"]}
    for row in told:
        words = repr(row)
        assert not [one for one in people if one["last_name"] in words or one["employee_number"] in words]
        assert not [v for v in numbers if v in words]


def test_a_told_problem_names_nobody_who_did_not_write_their_name(story):
    (row,) = story.voted.tables["dispute"]
    assert row["name"] == "no name given"
    who = {value for one in story.counted.tables["elector"] for value in (one["v"], one["v"].hex())}
    who |= {one["digest"] for left in (story.before, story.voted) for one in left.tables["web_session"]}
    assert who.isdisjoint(row.values())
    assert not MOMENT.search(repr(row))


def test_nobody_can_read_a_paper_before_the_close(story):
    for left in (story.on_paper, story.closed):
        for paper in story.papers:
            for part in (paper[:16], sha256(paper).digest(), sha256(paper).hexdigest()):
                assert left.holds(part) == []


def test_no_moment_of_the_voting_is_kept(story):
    """What the clock does for the whole vote has times; what a voter does has none."""
    for left in (story.voted, story.on_paper, story.closed, story.opening, story.counted):
        for table, rows in left.tables.items():
            for row in rows:
                if row.get("actor") != "clock":
                    assert not [value for value in row.values() if within(value, story)], table


def within(value, story):
    """Whether a value tells a moment between the first and the last vote."""
    begun, ended = story.begun.replace(microsecond=0), story.ended
    if isinstance(value, int | float):
        return any(begun.timestamp() <= value / unit <= ended.timestamp() for unit in (1, 1e3, 1e6, 1e9))
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    moments = [datetime.fromisoformat(found).replace(tzinfo=UTC) for found in MOMENT.findall(text)]
    return any(begun <= moment <= ended for moment in moments)


def test_voting_writes_no_event(story):
    def told(left):
        return [row for row in left.tables["event"] if row["actor"] != "clock"]

    assert told(story.voted) == told(story.before)


def test_neither_database_nor_backup_nor_log_has_an_address_or_the_name_of_a_browser(story):
    for left in (story.voted, story.on_paper, story.counted):
        assert left.holds(ADDRESS) == left.holds(AGENT) == []
    assert story.log == ""


def test_a_session_that_was_ended_is_gone_and_its_bytes_are_overwritten(story):
    ended = [sha256(cookie.encode()).hexdigest() for place, cookie in enumerate(story.cookies) if place % 5 != 0]
    assert {row["digest"] for row in story.voted.tables["web_session"]}.isdisjoint(ended)
    assert all("pilot.sqlite-wal" in story.voted.holds(digest) for digest in ended)  # until the minute's work
    assert all(story.counted.holds(digest) == [] for digest in ended)
    assert story.counted.tables["web_session"] == []  # the others have run out
    for cookie in story.cookies:
        assert story.voted.holds(cookie) == story.counted.holds(cookie) == []


def test_stamps_that_were_given_and_keys_that_opened_are_gone_after_the_count(story):
    for row in story.on_paper.tables["secrecy_stamp"]:
        assert story.on_paper.holds(row["signature"]) != []
        assert story.counted.holds(row["signature"]) == []
    assert story.counted.tables["secrecy_stamp"] == story.counted.tables["secrecy_key"] == []
    (key,) = story.on_paper.tables["secrecy_key"]  # the server's own
    assert story.on_paper.holds(key["seal_secret"]) != []
    assert story.counted.holds(key["seal_secret"]) == []


def test_no_value_stands_both_beside_a_person_and_beside_a_paper(story):
    papers = {
        value for row in story.counted.tables["secrecy_paper"] for column, value in row.items() if column not in WORDS
    }
    assert len(papers) == 3 * len(story.papers)
    for left in (story.voted, story.on_paper, story.closed, story.opening, story.counted):
        for table in left.tables.keys() - OF_PAPERS.keys():
            for row in left.tables[table]:
                assert papers.isdisjoint(map(frozen, row.values())), table
        for row in left.tables["secrecy_leaf"]:
            names = (row["sha256"], row["node"], row["node"].hex())
            assert papers.isdisjoint(names)
            assert b'"v"' not in row["body"] or not any(text(value) in row["body"] for value in papers)


def test_what_a_trustee_opened_is_in_no_envelope_and_beside_no_person(story):
    """Between two trustees the list lies in the database: it must not say from which envelope an item came."""
    items = {value for row in story.opening.tables["secrecy_item"] for value in (row["sha256"], row["body"])}
    assert len(items) == 2 * len(story.papers)
    for table in story.opening.tables.keys() - OF_PAPERS.keys():
        for row in story.opening.tables[table]:
            assert items.isdisjoint(map(frozen, row.values())), table


def frozen(value):
    return value if isinstance(value, bytes | str | int | float | None) else repr(value)


def text(value):
    return value if isinstance(value, bytes) else value.encode()


def test_papers_lie_in_the_order_of_their_hashes_and_in_no_order_of_voting(story):
    rows = story.counted.tables["secrecy_paper"]
    assert [row["inner_sha256"] for row in rows] == sorted(row["inner_sha256"] for row in rows)
    cast = {seal.check_code(paper): place for place, paper in enumerate(story.papers)}
    order = [cast[seal.check_code(row["paper"])] for row in rows]
    assert sorted(order) == list(range(len(story.papers)))
    assert abs(correlation(order)) < LIMIT
    envelopes = {row["sealed"]: place for place, row in enumerate(story.on_paper.tables["secrecy_envelope"])}
    place_of = {cast_at: envelopes[envelope] for cast_at, envelope in enumerate(story.envelopes)}
    assert abs(correlation(ranks([place_of[one] for one in order]))) < LIMIT


def test_lists_between_two_trustees_lie_in_the_order_of_their_hashes_and_in_no_order_of_voting(story):
    rows = story.opening.tables["secrecy_item"]
    assert [row["sha256"] for row in rows] == sorted(row["sha256"] for row in rows)
    assert abs(correlation(story.order_of([row["body"] for row in rows]))) < LIMIT
    for file in ("pilot.sqlite", "backup"):
        lying = sorted(rows, key=lambda row: story.opening.files[file].find(row["body"][:64]))
        assert abs(correlation(story.order_of([row["body"] for row in lying]))) < LIMIT, file


def test_what_goes_to_trustees_and_comes_back_is_in_no_order_of_voting(story):
    first, second = (list(lists.read(data).items) for data in story.sent)
    assert first == sorted(first)
    assert second == sorted(second)
    assert abs(correlation([story.envelopes.index(item) for item in first])) < LIMIT
    assert abs(correlation(story.order_of(list(lists.read_opened(story.came[0]).items)))) < LIMIT


@pytest.mark.parametrize("file", ["pilot.sqlite", "backup"])
def test_the_bytes_of_the_papers_lie_in_no_order_of_voting_either(story, file):
    data = story.counted.files[file]
    places = [data.find(paper[:32]) for paper in story.papers]
    assert min(places) >= 0
    assert abs(correlation(ranks(places))) < LIMIT


LIMIT = 0.8
"""Of 26 papers in an order of chance, about once in a million times is the correlation of ranks beyond this."""


def ranks(values):
    return [sorted(values).index(value) for value in values]


def correlation(order):
    """Spearman's: 1 when the ranks 0, 1, … stand in their order, -1 when they stand backwards."""
    n = len(order)
    apart = sum((rank - place) ** 2 for place, rank in enumerate(order))
    return 1 - 6 * apart / (n * (n * n - 1))
