"""`pilot watch` against a real server that behaves in every way a server can."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilot.__main__ import main
from pilot.secrecy import checkpoint, leaves, tree, watching
from tests.builders.secrecy import World

KEY = "5e" * 20
PATH = "/trusts/RAA/ballots/12"


@pytest.fixture(scope="module")
def world() -> World:
    return World(trustees=1)


class Log:
    """A server with one log, on 127.0.0.1; `before` does something before each answer."""

    def __init__(self, world: World) -> None:
        self.world, self.signer = world, world.log_signer
        self.bodies = [leaves.stamp_leaf(v, 1) for v in world.voters[:5]]
        self.looks, self.status, self.body = 0, 200, b""
        self.before = lambda: None
        self.keys: set[str] = set()
        self.port = 0
        self.comes()

    def comes(self) -> None:
        log = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = log.answer(self.path, self.headers.get("authorization", ""))
                self.send_response(status)
                if status == 302:
                    self.send_header("location", f"http://127.0.0.1:{log.port}/elsewhere")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        ThreadingHTTPServer.allow_reuse_address = True
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def goes(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        parts = urlsplit(path)
        self.keys.add(authorization)
        if parts.path == f"{PATH}/manifest.json":
            return 200, self.world.text
        if parts.path != f"{PATH}/watch":
            return 404, b"elsewhere"
        self.looks += 1
        self.before()
        if self.status != 200 or self.body:
            return self.status, self.body
        earlier = int(parse_qs(parts.query)["from"][0])
        hashes = [tree.leaf_hash(body) for body in self.bodies]
        proof = tree.consistency_proof(hashes, earlier) if 0 < earlier <= len(hashes) else []
        name = checkpoint.origin(self.world.digest)
        text = checkpoint.signed(checkpoint.text(name, len(hashes), tree.root_of_hashes(hashes)), name, self.signer)
        return 200, json.dumps({"checkpoint": text.decode(), "proof": [one.hex() for one in proof]}).encode()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"


@pytest.fixture
def log(world: World) -> Iterator[Log]:
    log = Log(world)
    yield log
    log.goes()


@pytest.fixture
def watch(log, tmp_path, monkeypatch, capsys):
    """Runs the command; its exit, what it says and what it shouts."""
    monkeypatch.setattr("pilot.commands.watch.SHORTEST", 0)
    (tmp_path / "key.txt").write_text(f"{KEY}\n")

    def run(*more: str, times: int = 1, url: str = "") -> tuple[int, str, str]:
        given = [
            "watch",
            url or log.url,
            "--state",
            str(tmp_path / "watched.json"),
            "--times",
            str(times),
            "--every",
            "0",
        ]
        if "--key-env" not in more:
            given += ["--key", str(tmp_path / "key.txt")]
        found = main([*given, *more])
        printed = capsys.readouterr()
        return found, printed.out, printed.err

    return run


def remembered(tmp_path) -> watching.Watched:
    return watching.read((tmp_path / "watched.json").read_bytes())


def test_a_log_that_grows_is_followed_from_one_run_to_the_next(watch, log, tmp_path, world):
    assert watch()[0] == 0
    assert remembered(tmp_path).size == 5
    log.before = lambda: log.bodies.append(leaves.stamp_leaf(world.voters[6], 1))
    found, said, shouted = watch(times=4)
    assert (found, shouted) == (0, "")
    assert "4 of 4 looks were answered. The log only grew." in said
    assert remembered(tmp_path).size == 9
    assert log.keys == {f"Bearer {KEY}"}


def test_what_is_printed_does_not_tell_when_people_voted(watch, log, world):
    log.before = lambda: log.bodies.append(leaves.stamp_leaf(world.voters[6], 1))
    _, few, _ = watch(times=2)
    _, many, _ = watch(times=7)
    assert len(few.splitlines()) == len(many.splitlines()) == 3


def test_a_fork_is_shouted_and_kept(watch, log, tmp_path, world):
    watch()
    log.bodies[0] = leaves.stamp_leaf(world.voters[9], 1)
    log.bodies.append(leaves.stamp_leaf(world.voters[8], 1))
    found, _, shouted = watch()
    assert found == 1
    assert shouted.startswith("ALARM: The log was changed: its 6 lines do not begin with the 5 lines")
    assert remembered(tmp_path).size == 5  # the last right one is still there,
    evidence = json.loads((tmp_path / "watched.json.alarm").read_text())["checkpoint"]  # and the wrong one beside it
    assert checkpoint.verify(evidence.encode(), checkpoint.origin(world.digest), world.manifest.log_key).size == 6


def test_a_fork_of_the_same_length_is_shouted(watch, log, world):
    watch()
    log.bodies[2] = leaves.stamp_leaf(world.voters[9], 1)
    found, _, shouted = watch()
    assert (found, shouted.startswith("ALARM: The log was changed")) == (1, True)


def test_a_shrunken_log_is_shouted(watch, log):
    watch()
    del log.bodies[3:]
    found, _, shouted = watch(times=3)
    assert found == 1
    assert "ALARM: The log was cut: it had 5 lines and now has 3." in shouted


def test_another_key_is_shouted(watch, log):
    watch()
    log.signer = Ed25519PrivateKey.generate()
    found, _, shouted = watch()
    assert found == 1
    assert "ALARM: This checkpoint is not signed by the key of this log." in shouted
    assert "Keep both files, " in shouted
    assert "watched.json.alarm. Tell the returning officer" in shouted


def test_a_refused_watch_key_is_shouted(watch, log):
    log.status = 403
    found, _, shouted = watch()
    assert found == 1
    assert "refuses the watch key. Check that you saved the key whole" in shouted
    assert "both files" not in shouted


def test_a_server_that_goes_away_and_comes_back_is_watched_on(watch, log, tmp_path, world):
    def comes_back(_: float) -> None:
        looks.append(1)
        if len(looks) == 1:
            log.goes()
        if len(looks) == 4:
            log.comes()
            log.bodies.append(leaves.stamp_leaf(world.voters[7], 1))

    looks: list[int] = []
    from pilot.commands.watch import Monitor

    monitor = Monitor(log.url, KEY, tmp_path / "watched.json", sleep=comes_back)
    assert monitor.watch(None, every=0, times=6) == 0
    assert monitor.answered == 3
    assert remembered(tmp_path).size == 6


@pytest.mark.parametrize(("status", "body"), [(500, b""), (200, b"<html>"), (200, b"[]"), (302, b""), (200, b"\xff{}")])
def test_an_answer_of_somebody_else_is_no_alarm_and_no_success(watch, log, status, body):
    log.status, log.body = status, body
    found, said, shouted = watch(times=2)
    assert found == 2
    assert "The server does not answer" in said
    assert "never reached" in shouted


def test_a_server_that_was_never_there_is_no_success(watch, log):
    log.goes()
    found, _, shouted = watch(times=2)
    log.comes()
    assert (found, "never reached" in shouted) == (2, True)


def test_the_number_of_the_vote_is_compared(watch, log, world):
    assert "It is the number that you gave." in watch("--number", world.digest)[1]
    found, _, shouted = watch("--number", "00" * 32)
    assert found == 2
    assert world.digest in shouted


def test_the_key_may_come_from_the_environment(watch, log, monkeypatch):
    monkeypatch.setenv("WATCH", KEY)
    assert watch("--key-env", "WATCH")[0] == 0
    assert log.keys == {f"Bearer {KEY}"}
    monkeypatch.setenv("WATCH", "")
    assert watch("--key-env", "WATCH")[0] == 2


def test_the_key_is_sent_over_no_open_line_and_nowhere_else(watch, log):
    found, _, shouted = watch(url="http://pilot.example.org/trusts/RAA/ballots/12")
    assert (found, "must begin with https://" in shouted) == (2, True)
    log.status = 302
    watch()
    assert log.looks == 1


def test_a_file_of_something_else_is_refused(watch, tmp_path):
    (tmp_path / "watched.json").write_text("{}")
    found, _, shouted = watch()
    assert found == 2
    assert "not a file in which the watching of a vote is kept" in shouted


def test_the_file_is_whole_after_every_look_even_when_writing_fails(watch, tmp_path, monkeypatch, log, world):
    watch()
    before = (tmp_path / "watched.json").read_bytes()
    log.bodies.append(leaves.stamp_leaf(world.voters[6], 1))

    def fails(_: int) -> None:
        raise OSError(28, "No space left on device", "watched.json")

    monkeypatch.setattr(os, "fsync", fails)
    assert watch()[0] == 2
    assert (tmp_path / "watched.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key.txt", "watched.json"]
