"""`pilot trustee` as people run it: files on a disk, a process of its own, no server."""

import json
import os
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from pilot.__main__ import main
from pilot.clock import utc_now
from pilot.secrecy import keyfile, lists, peel, proofs, tellers
from pilot.secrecy import manifest as manifests
from pilot.secrecy.box import cancel_text
from pilot.settings import ROOT
from tests.builders.keyfiles import PASSPHRASE, OwnKeys

GROUP_AND_OTHERS = stat.S_IRWXG | stat.S_IRWXO
OVER = {"opens": datetime(2025, 3, 3, 8, tzinfo=UTC), "closes": datetime(2025, 3, 17, 17, tzinfo=UTC)}
"""Dates of a ballot that has closed by the clock of whoever runs these tests."""


@pytest.fixture(scope="module")
def ballot():
    return OwnKeys(votes=9, **OVER)


def number_of(ballot):
    """The number of the list, as the scrutineer has it from the public log."""
    return lists.number(ballot.close()["sha256"])


@pytest.fixture
def folder(tmp_path, ballot):
    """Each trustee's key file, the manifest, the first list, and the passphrase in a file."""
    for number, data in enumerate(ballot.files, start=1):
        (tmp_path / f"key{number}").write_bytes(data)
    (tmp_path / "manifest.json").write_bytes(ballot.text)
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    (tmp_path / "wrong").write_text("not the passphrase at all\n")
    (tmp_path / "list").write_bytes(lists.write(ballot.head(1, ballot.envelopes, before=()), ballot.envelopes))
    (tmp_path / "number").write_text(number_of(ballot))
    return tmp_path


def trustee(folder, *arguments):
    """Run the command in the folder, in this process; passphrase and number are right unless they are named."""
    given = [*map(str, arguments)]
    if "peel" in given and "--number-of-list" not in given:
        given += ["--number-of-list", (folder / "number").read_text()]
    if "show" not in given and "--passphrase-file" not in given:
        given += ["--passphrase-file", "passphrase"]
    before = os.getcwd()
    os.chdir(folder)
    try:
        return main(["trustee", *given])
    finally:
        os.chdir(before)


def opened(path, passphrase=PASSPHRASE):
    return keyfile.open_up(keyfile.read(path.read_bytes()), passphrase)


def test_keys_are_made_registered_and_shown(folder, capsys):
    made = ("keygen", "mine", "--name", "Dee Jones", "--role", "employer", "--out", "registration.json")
    assert trustee(folder, *made) == 0
    file = keyfile.read((folder / "mine").read_bytes())
    said = capsys.readouterr().out
    assert f"Dee Jones, employer\nFingerprint: {keyfile.fingerprint(file.seal_key, file.sign_key)}" in said
    assert proofs.read_registration((folder / "registration.json").read_bytes()).seal_key == file.seal_key
    assert trustee(folder, "register", "mine", "--out", "again.json") == 0
    assert (folder / "again.json").read_bytes() == (folder / "registration.json").read_bytes()
    capsys.readouterr()
    assert trustee(folder, "show", "mine") == 0
    assert capsys.readouterr().out in said


def test_a_key_file_is_for_its_owner_only_and_never_overwritten(folder, capsys):
    made = ("keygen", "mine", "--name", "Dee", "--role", "employer")
    assert trustee(folder, *made) == 0
    before = (folder / "mine").read_bytes()
    assert not (folder / "mine").stat().st_mode & GROUP_AND_OTHERS
    assert trustee(folder, *made) == 2
    assert "is there already" in capsys.readouterr().err
    assert (folder / "mine").read_bytes() == before


def test_a_weak_passphrase_makes_no_file(folder, capsys):
    (folder / "weak").write_text("otters")
    assert trustee(folder, "keygen", "mine", "--name", "D", "--role", "r", "--passphrase-file", "weak") == 2
    assert "at least 16 characters, for example 5 words" in capsys.readouterr().err
    assert not (folder / "mine").exists()


def test_the_passphrase_is_asked_for_twice_when_it_is_new(folder, capsys, monkeypatch):
    answers = iter([PASSPHRASE, PASSPHRASE, PASSPHRASE, PASSPHRASE + "s"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    monkeypatch.chdir(folder)
    assert main(["trustee", "keygen", "mine", "--name", "Dee", "--role", "employer"]) == 0
    assert opened(folder / "mine").opened == {}
    assert main(["trustee", "keygen", "other", "--name", "Dee", "--role", "employer"]) == 2
    assert "The two passphrases are different" in capsys.readouterr().err
    assert not (folder / "other").exists()


def test_a_ballot_is_signed_after_its_promise_was_shown(folder, ballot, capsys, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert trustee(folder, "sign", "key2", "manifest.json", "--out", "signature.json") == 0
    said = capsys.readouterr().out
    assert "Question 1: Shall we? Answers: Yes; No; I do not want to choose. Choose 1." in said
    assert f"Number of this ballot: {ballot.digest}" in said
    found = proofs.read_signature((folder / "signature.json").read_bytes())
    assert found.m == ballot.digest
    key = ballot.key_files[1].sign_key
    assert manifests.signed(key, manifests.signing_text(ballot.digest), found.signature)


def test_nothing_is_signed_without_a_yes_or_with_another_number(folder, ballot, capsys, monkeypatch):
    asked = ("sign", "key1", "manifest.json", "--out", "signature.json")
    monkeypatch.setattr("builtins.input", lambda _: "no")
    assert trustee(folder, *asked) == 2
    assert trustee(folder, *asked, "--yes", "--number", "ab" * 32) == 2
    assert "not the one that you gave. Nothing was signed." in capsys.readouterr().err
    assert not (folder / "signature.json").exists()
    assert trustee(folder, *asked, "--yes", "--number", ballot.digest.upper()) == 0


def test_another_file_than_a_promise_is_refused_without_the_names_of_fields(folder, ballot, capsys):
    (folder / "half").write_bytes(ballot.text[:500])
    (folder / "registration.json").write_bytes(proofs.registration(ballot.key_files[0], opened(folder / "key1")))
    (folder / "practice").write_bytes(
        proofs.drill_list(proofs.drill_challenge("RAA", 1, bytes(16)), ballot.key_files[0].seal_key)
    )
    for name in ("half", "registration.json", "practice", "key2"):
        assert trustee(folder, "sign", "key2", name, "--out", "signature.json", "--yes") == 2
        said = capsys.readouterr().err
        assert said == "pilot trustee: This is not what a ballot promises, or it is not whole.\n", name
    assert not (folder / "signature.json").exists()


def test_where_nobody_can_be_asked_the_passphrase_comes_from_a_file(folder, capsys, monkeypatch):
    def nobody(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", nobody)
    monkeypatch.chdir(folder)
    assert main(["trustee", "register", "key1", "--out", "registration.json"]) == 2
    assert "name it with --passphrase-file" in capsys.readouterr().err
    assert not (folder / "registration.json").exists()


def test_a_practice_list_is_answered(folder, ballot):
    challenge = proofs.drill_challenge("RAA", 4, bytes(16))
    (folder / "practice").write_bytes(proofs.drill_list(challenge, ballot.key_files[0].seal_key))
    assert trustee(folder, "drill", "key1", "practice", "--out", "answer") == 0
    proofs.check_drill((folder / "answer").read_bytes(), challenge, ballot.key_files[0].sign_key)
    assert trustee(folder, "drill", "key2", "practice", "--out", "other") == 1
    assert not (folder / "other").exists()


def test_a_teller_signs_for_people_who_vote_on_paper(folder, ballot, capsys, monkeypatch):
    v = bytes(range(16))
    (folder / "people").write_bytes(tellers.cancel_list("5c" * 32, [v]))
    monkeypatch.setattr("builtins.input", lambda _: "no")
    assert trustee(folder, "cancel", "key1", "people", "--out", "signed") == 2
    assert not (folder / "signed").exists()
    assert "People who were given a vote on paper: 1" in capsys.readouterr().out
    assert trustee(folder, "cancel", "key1", "people", "--yes", "--out", "signed") == 0
    found = tellers.read_cancel((folder / "signed").read_bytes())
    assert manifests.signed(ballot.key_files[0].sign_key, cancel_text("5c" * 32, v), found.signatures[v.hex()])
    (folder / "twice").write_bytes((folder / "people").read_bytes().replace(b'"]', b'","' + v.hex().encode() + b'"]'))
    for wrong in ("twice", "manifest.json", "signed"):
        assert trustee(folder, "cancel", "key1", wrong, "--yes", "--out", "other") == 2
    assert not (folder / "other").exists()


def test_the_sealed_votes_are_opened_and_the_key_file_remembers_the_list(folder, ballot, capsys):
    assert trustee(folder, "peel", "key1", "list", "--out", "opened") == 0
    done = lists.read_opened((folder / "opened").read_bytes())
    task = peel.Task(ballot.digest, 1, 3, ballot.manifest.padded, peel.list_hash(ballot.envelopes))
    lists.check_opened(done, ballot.manifest, task, peel.stage(ballot.envelopes))
    assert opened(folder / "key1").opened == {ballot.digest: task.expected}
    assert not any((folder / name).stat().st_mode & GROUP_AND_OTHERS for name in ("key1", "opened"))
    said = capsys.readouterr().out
    assert "9 sealed votes came in: 9 are opened and mixed, 0 were copies, 0 did not open." in said
    assert "now remembers this list" in said


def test_the_same_list_may_be_opened_again_and_the_key_file_stays_as_it_is(folder, capsys):
    assert trustee(folder, "peel", "key1", "list", "--out", "opened") == 0
    key, first = (folder / "key1").read_bytes(), (folder / "opened").read_bytes()
    assert trustee(folder, "peel", "key1", "list", "--out", "again") == 0
    assert (folder / "again").read_bytes() == first
    assert (folder / "key1").read_bytes() == key


def less_one(ballot):
    """A list that the server made up later: the true one less one vote, with a close that it signed."""
    items = ballot.envelopes[1:]
    close = ballot.close(items)
    return lists.write(ballot.head(1, items, before=(), close=close, closed=ballot.closed(close)), items)


def test_a_list_that_the_server_made_up_is_refused_and_the_key_file_stays_as_it_is(folder, ballot, capsys):
    (folder / "list").write_bytes(less_one(ballot))
    assert trustee(folder, "peel", "key1", "list", "--out", "opened") == 1
    said = capsys.readouterr()
    assert "Sealed votes in the box when voting closed: 8. This must be the number in the public log." in said.out
    assert "This list has another number than the one that you entered. Nothing was opened." in said.err
    assert (folder / "key1").read_bytes() == ballot.files[0]
    assert not (folder / "opened").exists()


def test_the_first_is_asked_for_the_number_of_the_list_and_nobody_after_them(folder, ballot, capsys, monkeypatch):
    peel_it = ["--passphrase-file", "passphrase", "--out"]
    monkeypatch.chdir(folder)
    answers = iter(["", number_of(ballot).lower()])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    assert main(["trustee", "peel", "key1", "list", *peel_it, "opened"]) == 2
    assert "Enter the number of the list." in capsys.readouterr().err
    assert main(["trustee", "peel", "key1", "list", *peel_it, "opened"]) == 0
    assert number_of(ballot) not in capsys.readouterr().out
    opened_one = lists.read_opened((folder / "opened").read_bytes())
    before = (peel.entry(opened_one.statement, opened_one.signature),)
    (folder / "next").write_bytes(lists.write(ballot.head(2, opened_one.items, before=before), opened_one.items))
    assert main(["trustee", "peel", "key2", "next", *peel_it, "opened2"]) == 0


def test_nothing_is_opened_while_people_vote(folder, ballot, capsys):
    now = utc_now().replace(microsecond=0)
    early = OwnKeys(votes=2, files=ballot.files, opens=now - timedelta(days=1), closes=now + timedelta(hours=1))
    (folder / "list").write_bytes(early.list())
    assert trustee(folder, "peel", "key1", "list", "--out", "opened", "--number-of-list", number_of(early)) == 1
    assert "voting is not over. Nothing is opened before." in capsys.readouterr().err
    assert (folder / "key1").read_bytes() == ballot.files[0]


def test_every_word_of_where_to_send_a_file_is_true(folder, ballot, capsys):
    """Trustees send everything on their own page; the returning officer takes a teller's registration only."""
    challenge = proofs.drill_challenge("RAA", 4, bytes(16))
    (folder / "practice").write_bytes(proofs.drill_list(challenge, ballot.key_files[0].seal_key))
    page = "on your page “Your part as a trustee” of the voting website"
    for asked in (
        ("register", "key1"),
        ("sign", "key1", "manifest.json", "--yes"),
        ("drill", "key1", "practice"),
        ("peel", "key1", "list"),
    ):
        assert trustee(folder, *asked, "--out", "answer") == 0
        said = capsys.readouterr().out
        assert f"end answer {page}" in said
        assert said.count("to the returning officer") == (asked[0] == "register")


def test_a_second_list_for_the_same_ballot_is_refused(folder, ballot, capsys):
    assert trustee(folder, "peel", "key1", "list", "--out", "opened") == 0
    (folder / "list").write_bytes(less_one(ballot))
    (folder / "number").write_text(lists.number(ballot.close(ballot.envelopes[1:])["sha256"]))
    assert trustee(folder, "peel", "key1", "list", "--out", "second") == 1
    assert "already opened another list of this ballot. It opens no second one." in capsys.readouterr().err
    assert not (folder / "second").exists()


def test_the_key_file_remembers_even_when_the_opened_file_cannot_be_written(folder, ballot, capsys):
    (folder / "in the way").mkdir()
    assert trustee(folder, "peel", "key1", "list", "--out", "in the way") == 2
    assert list(opened(folder / "key1").opened) == [ballot.digest]
    (folder / "list").write_bytes(less_one(ballot))
    (folder / "number").write_text(lists.number(ballot.close(ballot.envelopes[1:])["sha256"]))
    assert trustee(folder, "peel", "key1", "list", "--out", "second") == 1
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_wrong_passphrase_opens_nothing_and_changes_nothing(folder, ballot, capsys):
    wrong = ("--out", "opened", "--passphrase-file", "wrong")
    assert trustee(folder, "peel", "key1", "list", *wrong) == 2
    assert "This passphrase does not open this key file." in capsys.readouterr().err
    assert not (folder / "opened").exists()
    assert (folder / "key1").read_bytes() == ballot.files[0]


@pytest.mark.parametrize(
    ("key", "name", "words"),
    [
        ("key2", "list", "This list is for trustee number 1; you are number 2"),
        ("list", "list", "not a key file, or it is not whole"),
        ("key1", "key1", "not a list of sealed votes, or it is not whole"),
        ("key1", "manifest.json", "not a list of sealed votes"),
        ("key1", "nowhere", "nowhere: No such file"),
        ("key1", "half", "not whole"),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence(folder, key, name, words, capsys):
    data = (folder / "list").read_bytes()
    (folder / "half").write_bytes(data[: len(data) // 2])
    assert trustee(folder, "peel", key, name, "--out", "opened") == 2
    assert words in capsys.readouterr().err
    assert not (folder / "opened").exists()


def test_somebody_elses_list_is_refused(folder, capsys):
    theirs = OwnKeys(votes=2, **OVER)
    (folder / "list").write_bytes(theirs.list())
    assert trustee(folder, "peel", "key1", "list", "--out", "opened") == 1
    assert "not one of the keys of this ballot" in capsys.readouterr().err


def test_a_title_cannot_move_the_cursor(folder, ballot, capsys):
    title = manifests.to_bytes(manifests.read(ballot.text)).replace(b"Breaks on nights", b"Breaks\\u001b[2J")
    (folder / "manifest.json").write_bytes(title)
    assert trustee(folder, "sign", "key1", "manifest.json", "--out", "signature.json", "--yes") == 0
    assert "\x1b" not in capsys.readouterr().out


def test_many_sealed_votes_are_opened_by_several_processes_that_tell_how_far_they_are(tmp_path):
    many = OwnKeys(votes=1201, **OVER)
    (tmp_path / "key").write_bytes(many.files[0])
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    (tmp_path / "list").write_bytes(many.list())
    command = [sys.executable, "-m", "pilot", "trustee", "peel", *(str(tmp_path / name) for name in ("key", "list"))]
    command += ["--out", str(tmp_path / "opened"), "--passphrase-file", str(tmp_path / "passphrase")]
    command += ["--number-of-list", number_of(many)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "1,201 of 1,201" in done.stderr
    assert lists.read_opened((tmp_path / "opened").read_bytes()) == many.peel()


def test_the_offline_page_is_shown_with_the_number_that_the_release_gives(folder, capsys):
    assert trustee(folder, "show", "--page") == 0
    path, number = capsys.readouterr().out.split()
    page = ROOT / "static" / "trustee.html"
    assert path == str(page)
    assert number == sha256(page.read_bytes()).hexdigest()
    assert f"sha256 {number} trustee.html" in (ROOT / "static" / "VENDOR.txt").read_text()
    assert trustee(folder, "show") == 2
    assert "Name a key file, or give --page." in capsys.readouterr().err


def test_every_verb_is_in_the_guide():
    from pilot.__main__ import parser

    commands = parser(["trustee"])._subparsers._group_actions[0].choices
    verbs = commands["trustee"]._subparsers._group_actions[0].choices
    guide = (ROOT / "docs" / "how-to" / "be-a-trustee.md").read_text()
    assert [verb for verb in verbs if not re.search(rf"pilot trustee {verb}\b", guide)] == []


def test_the_opened_file_is_json_and_lines(folder):
    assert trustee(folder, "peel", "key1", "list", "--out", "opened") == 0
    head, *items = (folder / "opened").read_text().splitlines()
    assert set(json.loads(head)) == {"type", "version", "entry"}
    assert len(items) == 9
