"""`pilot dispute` as somebody runs it at home, with a checking file and a record."""

import json

import pytest

from pilot.__main__ import main
from pilot.secrecy.packing import pack
from pilot.voting.record.archive import unpack
from tests.builders.secrecy import World
from tests.rules.secrecy.test_dispute import Held


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def run(tmp_path, world, capsys):
    """Runs the command over a vote whose trustee number `drop_at` drops it; exit, what is said, what is complained."""

    def run(*more: str, drop_at: int = -1, **changed: object) -> tuple[int, str, str]:
        held = Held(world)
        held.casts(world.voters[1], world.sealed())
        file = held.votes(world.voters[5])
        (tmp_path / "record.zip").write_bytes(pack(held.record(drop_at=drop_at, file=file)))
        (tmp_path / "file.json").write_text(json.dumps(file | changed))
        found = main(["dispute", str(tmp_path / "file.json"), str(tmp_path / "record.zip"), *more])
        printed = capsys.readouterr()
        return found, printed.out, printed.err

    return run


def test_a_counted_vote_is_found(run, world):
    found, said, _ = run("--number", world.digest)
    assert found == 0
    assert said.startswith("This vote was counted: its check code ")
    assert f"The number of the vote (compared): {world.digest}" in said


def test_who_took_a_vote_out_is_named(run):
    found, said, _ = run(drop_at=2)
    assert found == 1
    assert said.startswith("Trustee 2 was given a list with this vote, and signed a list without it.")
    assert "not compared: give --number" in said


def test_a_liar_names_nobody(run):
    found, said, _ = run(stamp="AA" * 256)
    assert found == 2
    assert said.startswith("This checking file is not true, so it shows nothing.")


def test_a_genuine_file_beside_the_record_of_another_vote_is_not_called_false(run):
    found, said, _ = run(m="00" * 32)
    assert found == 2
    assert said.startswith("This checking file belongs to another vote. Choose the record of that vote.\n")


def test_a_record_of_another_vote_is_said_to_be_one(run):
    found, said, complained = run("--number", "00" * 32)
    assert (found, said) == (2, "")
    assert "of another vote" in complained


def test_an_altered_copy_of_a_record_blames_nobody_and_is_told_so(run, tmp_path, capsys):
    assert run()[0] == 0
    whole = unpack((tmp_path / "record.zip").read_bytes()).files
    (tmp_path / "record.zip").write_bytes(pack(whole | {"trackers.txt": b""}))
    assert main(["dispute", str(tmp_path / "file.json"), str(tmp_path / "record.zip")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "trackers.txt is not the file that the server signed, so this copy of the record was altered" in printed.err


def test_files_that_cannot_be_used_are_named(tmp_path, capsys):
    (tmp_path / "x").write_bytes(b"{}")
    for first, words in ((tmp_path / "none", "cannot be read"), (tmp_path / "x", "not a checking file")):
        assert main(["dispute", str(first), str(tmp_path / "x")]) == 2
        assert words in capsys.readouterr().err
