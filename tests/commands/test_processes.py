"""The commands as an operator runs them: processes of their own, over a fresh SQLite file."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from alembic import command

from pilot.commands.migrate import configuration
from pilot.settings import ROOT

PATIENCE = 120.0
"""Seconds after which a process is given up; a test machine may be busy."""


@pytest.fixture
def environment(tmp_path):
    """What the commands read, and nothing of the tester's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PILOT_") and name != "PORT"}
    return {**kept, "PILOT_DATA": str(tmp_path / "data"), "PYTHONWARNINGS": "error"}


def pilot(environment, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pilot", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def a_free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def database(environment):
    return contextlib.closing(sqlite3.connect(f"{environment['PILOT_DATA']}/pilot.sqlite"))


def a_database_with_an_old_session(environment):
    """A browser was signed in once: something that is due to be deleted."""
    done = pilot(environment, "migrate")
    assert done.returncode == 0, done.stderr
    with database(environment) as db:
        db.execute("INSERT INTO web_session VALUES ('old', 'person', 1, '2020-01-01 00:00:00.000000')")
        db.commit()


def sessions(environment):
    with database(environment) as db:
        return [digest for (digest,) in db.execute("SELECT digest FROM web_session")]


def test_migrate_makes_the_database_and_does_nothing_the_second_time(environment):
    for _ in range(2):
        done = pilot(environment, "migrate")
        assert (done.returncode, done.stdout, done.stderr) == (0, "The database is up to date.\n", "")
    with database(environment) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"ballot", "proposal", "person", "event", "web_session"} <= tables


def a_database_with_a_vote_of_the_form_before(environment):
    """As the version before left it: its boxes cannot be read by this one."""
    file = f"{environment['PILOT_DATA']}/pilot.sqlite"
    os.makedirs(environment["PILOT_DATA"])
    command.upgrade(configuration(f"sqlite+aiosqlite:///{file}"), "0003")
    with database(environment) as db:
        db.execute(
            "INSERT INTO secrecy_box (id, digest, state, manifest, signatures) VALUES (8, 'd', 'peeled', x'7b', x'7b')"
        )
        db.commit()
    return file


@pytest.mark.parametrize("words", [["migrate"], ["demo"], ["demo", "--serve"]])
def test_a_database_that_this_version_cannot_read_is_told_in_a_sentence_with_the_way_on(environment, words):
    file = a_database_with_a_vote_of_the_form_before(environment)
    done = pilot({**environment, "PORT": str(a_free_port())}, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "This database holds secret votes in a form that was never released and that this version does not read. Save "
        f"the records from the result pages with the version that made them, then delete {file}.\n"
    )


def test_tick_does_what_is_due_once_and_says_so(environment):
    a_database_with_an_old_session(environment)
    first = pilot(environment, "tick")
    assert (first.returncode, first.stdout) == (0, "Sessions that had run out were deleted: 1.\n"), first.stderr
    assert sessions(environment) == []
    second = pilot(environment, "tick")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_a_setting_that_is_not_safe_is_told_in_a_sentence(environment):
    done = pilot({**environment, "PILOT_MODE": "production"}, "serve")
    assert done.returncode == 1
    assert done.stderr == "PILOT_PUBLIC_URL must begin with https:// in production, or sign-in cookies could be read.\n"


def test_serve_answers_does_what_is_due_and_ends_quietly_on_ctrl_c(environment):
    a_database_with_an_old_session(environment)
    port = a_free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "pilot", "serve"],
        cwd=ROOT,
        env={**environment, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert health(server, port) == {"status": "ok"}
        until(lambda: sessions(environment) == [])  # the first minute's work is done at once
        server.send_signal(signal.SIGINT)
        said, faults = server.communicate(timeout=PATIENCE)
    finally:
        server.kill()
        server.communicate()
    assert (server.returncode, said, faults) == (0, "", "")


def health(server, port):
    """What the server answers as soon as it listens."""
    answers = []

    def answered():
        assert server.poll() is None, server.stderr.read()
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer,
        ):
            answers.append(json.load(answer))
        return bool(answers)

    until(answered)
    return answers[0]


def until(happened):
    """Wait for something that a process of its own does."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
