"""`pilot init` and `pilot invite` on a database of their own."""

import re

import pytest

from pilot.__main__ import main


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Runs a command where there is no database yet; gives its exit code and everything that it printed."""
    path = tmp_path / "new" / "pilot.sqlite"
    monkeypatch.setenv("PILOT_DATABASE", f"sqlite+aiosqlite:///{path}")
    monkeypatch.setenv("PILOT_SECRET_KEY", "k" * 40)

    def run(*words):
        code = main(list(words))
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def test_init_makes_the_first_admin_and_prints_a_link(command):
    code, printed = command("init", "--name", "Ada", "--email", "ada@example.org")
    assert code == 0
    assert re.search(r"http://127\.0\.0\.1:8000/sign-in/[\w-]{32}", printed)


def test_init_works_once(command):
    command("init", "--name", "Ada", "--email", "ada@example.org")
    code, printed = command("init", "--name", "Bo", "--email", "bo@example.org")
    assert code == 1
    assert "There is a programme admin already" in printed


def test_what_cannot_be_an_address_is_refused(command):
    code, printed = command("init", "--name", " ", "--email", "ada")
    assert code == 2
    assert "Enter a full name" in printed
    assert "Enter an e-mail address in the correct format" in printed


def test_invite_makes_a_new_link_for_an_account(command):
    command("init", "--name", "Ada", "--email", "ada@example.org")
    code, printed = command("invite", "ADA@example.org")
    assert code == 0
    assert "/sign-in/" in printed


def test_invite_of_an_unknown_address_asks_for_a_name(command):
    command("init", "--name", "Ada", "--email", "ada@example.org")
    code, printed = command("invite", "bo@example.org")
    assert code == 1
    assert "Give a name to make one" in printed
    assert command("invite", "bo@example.org", "--name", "Bo", "--role", "auditor")[0] == 0
    assert command("invite", "bo@example.org", "--role", "auditor")[0] == 0, "a role that is held is no problem"


def test_invite_refuses_a_role_without_its_trust(command):
    command("init", "--name", "Ada", "--email", "ada@example.org")
    code, printed = command("invite", "bo@example.org", "--name", "Bo", "--role", "coordinator")
    assert code == 2
    assert "Choose the trust for the role of coordinator" in printed
    assert command("invite", "bo@example.org")[0] == 1, "nothing of it was stored"
