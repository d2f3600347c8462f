"""A vote under load whose server is killed at random moments; and what must be true of its database after each."""

import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from hashlib import sha256
from http.client import HTTPException

from pilot.rehearsal.booth import Asked, Booth, fill
from pilot.rehearsal.browser import Browser
from pilot.secrecy import canonical, checkpoint, leaves, tree
from pilot.secrecy import service as secrecy
from tests.builders.serving import OpenVote, Serving, until

LOST = (OSError, HTTPException)
"""What a browser sees when the server dies."""


class Cast:
    """A sealed vote whose receipt came."""

    def __init__(self, vote: Asked, envelope: bytes, receipt: dict) -> None:
        self.vote, self.name, self.receipt = vote, sha256(envelope).hexdigest(), receipt


class Siege:
    """Voters who vote, each with two votes, and try again when the server dies, with the very same bytes."""

    def __init__(self, vote: OpenVote, serving: Serving, people: int = 4) -> None:
        self.vote, self.serving = vote, serving
        self.casts: list[Cast] = []
        self.stamps: list[tuple[bytes, bytes]] = []
        self.again = 0
        self.faults: list[Exception] = []
        self._waiting = list(vote.codes)
        self._lock = threading.Lock()
        self._up = threading.Event()
        self._threads = [threading.Thread(target=self._people, daemon=True) for _ in range(people)]

    def run(self, kills: int, chance: random.Random, after=lambda: None) -> None:
        """Kill the server so many times while people vote; then let everybody finish. `after` is called after each.

        Each kill comes after as many answers as chance says, and then within the next twentieth of a second.
        """
        self.serving.start()
        self._up.set()
        for thread in self._threads:
            thread.start()
        for answers in sorted(chance.sample(range(4 * len(self.vote.codes) - 2 * len(self._threads)), kills)):
            until(lambda answers=answers: self.faults or len(self.stamps) + len(self.casts) >= answers)
            time.sleep(chance.uniform(0, 0.05))
            self._up.clear()
            self.serving.kill(signal.SIGKILL)
            check(self.vote, self.casts, self.stamps)
            after()
            self.serving.start()
            self._up.set()
        for thread in self._threads:
            thread.join(60)
        self._up.clear()
        assert not self.faults, self.faults
        assert not any(thread.is_alive() for thread in self._threads)
        self.serving.kill(signal.SIGTERM)
        check(self.vote, self.casts, self.stamps)

    def _people(self) -> None:
        try:
            while True:
                with self._lock:
                    if not self._waiting:
                        return
                    code = self._waiting.pop()
                self._person(code)
        except Exception as fault:  # noqa: BLE001 -- told by the thread that waits for this one
            self.faults.append(fault)

    def _person(self, code: str) -> None:
        with Browser(self.serving.port) as browser:
            self._votes(Booth(browser), code)

    def _votes(self, booth: Booth, code: str) -> None:
        vote = self._until(booth, lambda: booth.enter(code))
        for answer in ("yes", "no"):
            filled = fill(vote, [[answer]])
            envelope = self._until(booth, lambda filled=filled: booth.stamped(vote, filled))
            with self._lock:
                self.stamps.append((vote.v, filled.blinded))
            receipt = self._until(booth, lambda envelope=envelope: booth.cast(vote, envelope))
            with self._lock:
                self.casts.append(Cast(vote, envelope, receipt))
            same = self._until(booth, lambda envelope=envelope: booth.cast(vote, envelope))
            assert same == receipt

    def _until(self, booth: Booth, act):
        while True:
            self._up.wait()
            try:
                return act()
            except LOST:
                booth.browser.close()
                with self._lock:
                    self.again += 1
                time.sleep(0.02)


def check(vote: OpenVote, casts: list[Cast], stamps: list[tuple[bytes, bytes]]) -> None:
    """The database holds every vote whose receipt came, and nothing by halves."""
    with closing(sqlite3.connect(vote.database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        bodies = [body for (body,) in db.execute("SELECT body FROM secrecy_leaf ORDER BY number")]
        numbers = [number for (number,) in db.execute("SELECT number FROM secrecy_leaf ORDER BY number")]
        size, frontier = db.execute("SELECT size, frontier FROM secrecy_box").fetchone()
        slots = db.execute("SELECT v, stamps_used, envelopes_cast FROM secrecy_slot").fetchall()
        given = set(db.execute("SELECT v, blinded_sha256 FROM secrecy_stamp"))
        sealed = dict(db.execute("SELECT v, sha256 FROM secrecy_envelope"))
        bytes_of = dict(db.execute("SELECT sha256, sealed FROM secrecy_envelope"))
    entries = leaves.read_all(bodies)
    check_log(bodies, numbers, (size, frontier), casts)
    for kind, column in (("stamp", 1), ("envelope", 2)):
        counted = Counter(entry["v"] for entry in entries if entry["type"] == kind)
        assert counted == {slot[0].hex(): slot[column] for slot in slots if slot[column]}
    assert Counter(v for v, _ in given) == {v: used for v, used, _ in slots if used}
    assert {v.hex(): name for v, name in sealed.items()} == leaves.last_envelopes(entries)
    assert all(sha256(body).hexdigest() == name for name, body in bytes_of.items())
    assert {(v, sha256(blinded).hexdigest()) for v, blinded in list(stamps)} <= given


def check_log(bodies: list[bytes], numbers: list[int], box: tuple[int, bytes], casts: list[Cast]) -> None:
    """The log has no gap, its tree stands, and every receipt that came is of this log."""
    size, frontier = box
    assert numbers == list(range(size))
    assert tree.root(bodies) == tree.root_of_frontier(tree.hashes(frontier))
    for cast in list(casts):
        leaf = cast.receipt["leaf"]
        assert bodies[leaf : leaf + 1] == [leaves.envelope_leaf(cast.vote.v, cast.name)], "an acknowledged vote is lost"
        assert checkpoint.read(cast.receipt["checkpoint"].encode()).root == tree.root(bodies[: leaf + 1])


def counted(vote: OpenVote) -> Counter:
    """The vote is closed, opened and counted: how many papers say what."""
    vote.close()
    final = vote.ask(lambda session: secrecy.final(session, vote.box))
    assert final.all_set_aside == 0
    return Counter(chosen for ((chosen,),) in final.valid)


def last_line(vote: OpenVote) -> dict:
    """What the last line of the log says."""
    with closing(sqlite3.connect(vote.database)) as db:
        return canonical.read(db.execute("SELECT body FROM secrecy_leaf ORDER BY number DESC").fetchone()[0])
