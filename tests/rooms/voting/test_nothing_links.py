"""A whole vote through a real server; then every byte that it left is searched for what ties a person to a paper."""

import random
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from pilot.clock import utc_now
from pilot.rehearsal.booth import Booth
from pilot.rehearsal.browser import Browser
from pilot.secrecy import seal
from pilot.web.sessions import COOKIE
from tests.builders.serving import OpenVote, Serving, a_free_port, until

VOTERS = 30
AGENT = "an onlooker would know this browser"
ADDRESS = "127.0.0.1"
MOMENT = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d")

NEAR_A_PAPER = {
    "secrecy_slot": {"box_id", "v", "stamps_used", "envelopes_cast", "cancelled"},
    "secrecy_stamp": {"box_id", "v", "blinded_sha256", "signature"},
    "secrecy_envelope": {"box_id", "v", "sha256", "sealed"},
    "secrecy_leaf": {"box_id", "number", "body", "sha256", "node"},
    "secrecy_item": {"box_id", "sha256", "body"},
    "secrecy_paper": {"box_id", "inner_sha256", "paper", "stamp", "verdict", "reason"},
}
"""Every column of the tables on the way of a vote. Another one must be looked at before it is written down here."""

OF_PEOPLE = (
    *("person", "elector", "voting_code", "web_session", "roll_line"),
    *("secrecy_slot", "secrecy_stamp", "secrecy_envelope"),
)
WORDS = {"box_id", "verdict", "reason"}
"""Columns of papers whose values are no names of a paper."""


class Left:
    """What one moment of a vote left: the files of the database as they lie there, and a backup of it."""

    def __init__(self, vote, backup):
        name = vote.database.name
        files = [vote.database.with_name(one) for one in (name, f"{name}-wal", f"{name}-journal")]
        with closing(sqlite3.connect(vote.database)) as db:
            self.files = {path.name: path.read_bytes() for path in files if path.exists()}
            with closing(sqlite3.connect(backup)) as copy:
                db.backup(copy)
            names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            self.tables = {name: self._table(db, name) for name in names}
        self.files["backup"] = backup.read_bytes()

    @staticmethod
    def _table(db, name):
        """The rows in the order in which they lie there, by column."""
        found = db.execute(f"SELECT * FROM {name} NOT INDEXED")
        columns = [column for column, *_ in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found]

    def holds(self, what):
        """The names of the files in which these bytes stand."""
        raw = what if isinstance(what, bytes) else what.encode()
        return [name for name, data in self.files.items() if raw in data]


class Story:
    """What the test knows, and nobody else: who cast what, when, in which order."""

    def __init__(self, folder):
        self.vote = OpenVote(folder / "data", VOTERS)
        self.papers, self.cookies, self.envelopes = [], [], []
        with Serving(self.vote, a_free_port()) as serving:
            serving.start()
            until(self._open)
            self.before = self._left(folder / "before.sqlite")
            self.begun = utc_now()
            for place, code in enumerate(random.Random(3).sample(self.vote.codes, VOTERS)):
                self._votes(serving.port, code, finishing=place % 5 != 0)
            self.ended = utc_now()
            self.voted = self._left(folder / "voted.sqlite")
        self.log = serving.log
        self.vote.close()
        self.counted = self._left(folder / "counted.sqlite")

    def _left(self, backup):
        return Left(self.vote, backup)

    def _open(self):
        with closing(sqlite3.connect(self.vote.database)) as db:
            return db.execute("SELECT state FROM ballot").fetchone() == ("open",)

    def _votes(self, port, code, *, finishing):
        with Browser(port, AGENT) as browser:
            booth = Booth(browser)
            asked = booth.enter(code)
            self.cookies.append(browser.cookies[COOKIE])
            paper, envelope = booth.seal(asked, [["yes" if len(self.papers) % 2 else "no"]])
            booth.cast(asked, envelope)
            if finishing:
                booth.finish()
        self.papers.append(paper)
        self.envelopes.append(envelope)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    return Story(tmp_path_factory.mktemp("links"))


def test_nobody_can_read_a_paper_before_the_close(story):
    for paper in story.papers:
        for part in (paper[:32], paper[:16], sha256(paper).digest(), sha256(paper).hexdigest()):
            assert story.voted.holds(part) == []


def test_no_column_on_the_way_of_a_vote_is_unknown(story):
    for table, columns in NEAR_A_PAPER.items():
        rows = (story.counted if table == "secrecy_paper" else story.voted).tables[table]
        assert all(set(row) == columns for row in rows), table


def test_no_moment_of_the_voting_is_kept(story):
    """What the clock does for the whole vote has times; what a voter does has none."""
    for left in (story.voted, story.counted):
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
    for left in (story.voted, story.counted):
        assert left.holds(ADDRESS) == left.holds(AGENT) == []
    assert ADDRESS not in story.log
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
    for row in story.voted.tables["secrecy_stamp"]:
        assert story.voted.holds(row["signature"]) != []
        assert story.counted.holds(row["signature"]) == []
    assert story.counted.tables["secrecy_stamp"] == story.counted.tables["secrecy_key"] == []
    for row in story.voted.tables["secrecy_key"]:
        assert story.voted.holds(row["seal_secret"]) != []
        assert story.counted.holds(row["seal_secret"]) == []


def test_no_value_stands_both_beside_a_person_and_beside_a_paper(story):
    papers = {
        value for row in story.counted.tables["secrecy_paper"] for column, value in row.items() if column not in WORDS
    }
    assert len(papers) == 3 * VOTERS
    for left in (story.voted, story.counted):
        for table in OF_PEOPLE:
            for row in left.tables.get(table, []):
                assert papers.isdisjoint(row.values()), table
        for row in left.tables["secrecy_leaf"]:
            names = (row["sha256"], row["node"], row["node"].hex())
            assert papers.isdisjoint(names)
            assert b'"v"' not in row["body"] or not any(text(value) in row["body"] for value in papers)


def text(value):
    return value if isinstance(value, bytes) else value.encode()


def test_papers_lie_in_the_order_of_their_hashes_and_in_no_order_of_voting(story):
    rows = story.counted.tables["secrecy_paper"]
    assert [row["inner_sha256"] for row in rows] == sorted(row["inner_sha256"] for row in rows)
    cast = {seal.check_code(paper): place for place, paper in enumerate(story.papers)}
    order = [cast[seal.check_code(row["paper"])] for row in rows]
    assert sorted(order) == list(range(VOTERS))
    assert abs(correlation(order)) < LIMIT
    envelopes = {row["sealed"]: place for place, row in enumerate(story.voted.tables["secrecy_envelope"])}
    place_of = {cast_at: envelopes[envelope] for cast_at, envelope in enumerate(story.envelopes)}
    assert abs(correlation([place_of[one] for one in order])) < LIMIT


@pytest.mark.parametrize("file", ["pilot.sqlite", "backup"])
def test_the_bytes_of_the_papers_lie_in_no_order_of_voting_either(story, file):
    data = story.counted.files[file]
    places = [data.find(paper[:32]) for paper in story.papers]
    assert min(places) >= 0
    assert abs(correlation(ranks(places))) < LIMIT


LIMIT = 0.8
"""Of 30 papers in an order of chance, fewer than one in a million times is the correlation of ranks beyond this."""


def ranks(values):
    return [sorted(values).index(value) for value in values]


def correlation(order):
    """Spearman's: 1 when the ranks 0, 1, … stand in their order, -1 when they stand backwards."""
    n = len(order)
    apart = sum((rank - place) ** 2 for place, rank in enumerate(order))
    return 1 - 6 * apart / (n * (n * n - 1))
