"""`pilot demo` on the command line."""

import argparse
import socket
from datetime import UTC, datetime

import pytest

from pilot.commands import demo
from pilot.demo.doors import Code, Door
from pilot.errors import WrongState
from pilot.people.roles import Role
from pilot.settings import Settings

SETTINGS = Settings(database_url="sqlite+aiosqlite:///nowhere", secret_key=b"k" * 40)
SERVE = argparse.Namespace(serve=True)
LINK = Door(Role.EVALUATOR, "Ewa Lindqvist", "http://127.0.0.1:8000/sign-in/abc")
CODE = Code(
    "7KQ4-M2XD-9P", "Efua Greene", "porter", ("A quiet room", "Two seats"), datetime(2027, 3, 12, 17, tzinfo=UTC)
)


def test_a_port_that_is_taken_is_told_in_a_sentence_before_anything_is_made(tmp_path, monkeypatch, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        monkeypatch.setenv("PILOT_DATA", str(tmp_path))
        assert demo.run(SERVE) == 1
    said = capsys.readouterr().err
    assert f"Port {port} is in use by another program." in said
    assert f"PORT={port + 1} make run" in said
    assert not list(tmp_path.glob("*.sqlite"))


@pytest.mark.parametrize("serve", [True, False])
def test_production_refuses_the_demonstration_before_anything_is_made(tmp_path, monkeypatch, serve):
    for name, value in {
        "PILOT_MODE": "production",
        "PILOT_PUBLIC_URL": "https://vote.example.org",
        "PILOT_HELP_PHONE": "01632 960 456",
        "PILOT_DATA": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongState, match="set to production"):
        demo.run(argparse.Namespace(serve=serve))
    assert not list(tmp_path.glob("*.sqlite"))


def test_the_welcome_names_the_address_each_link_and_the_code():
    said = demo.welcome(SETTINGS, (LINK,), CODE)
    assert "Pilot is at http://127.0.0.1:8000" in said
    assert "Evaluator  http://127.0.0.1:8000/sign-in/abc   Ewa Lindqvist" in said
    assert "http://127.0.0.1:8000/vote with the code  7KQ4-M2XD-9P" in said
    assert "with the number for lots 3141 5926 5358 9793 2384." in said
    assert "Open until 5pm on Friday 12 March 2027:\n  “A quiet room”\n  “Two seats”\n" in said


def test_the_welcome_says_when_no_vote_is_open_any_more():
    assert "No vote of the demonstration is open any more." in demo.welcome(SETTINGS, (LINK,), None)


def test_a_database_without_the_demonstration_is_served_without_its_doors():
    said = demo.welcome(SETTINGS, (), None)
    assert "Pilot is at" in said
    assert "demonstration" not in said
