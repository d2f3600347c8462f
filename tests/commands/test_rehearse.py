"""`pilot rehearse`: whole votes of made-up people through a real server, each with trustees who keep their own keys."""

import json
import zipfile

import pytest

from pilot.__main__ import main
from pilot.secrecy import canonical


def rehearse(folder, *asked):
    return main(["rehearse", "--out", str(folder), "--seed", "otter", *asked])


def record(folder):
    with zipfile.ZipFile(folder / "record.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    "asked",
    [
        ("--voters", "20", "--question", "yes-no"),
        ("--voters", "20", "--question", "approval", "--candidates", "3", "--seats", "1"),
        ("--voters", "50", "--question", "stv", "--candidates", "6", "--seats", "3"),
    ],
)
def test_a_whole_vote_leaves_a_record_that_passes_every_check(tmp_path, capsys, asked):
    assert rehearse(tmp_path, *asked) == 0
    said = capsys.readouterr()
    assert "Everybody who voted found the check code of their last paper in the record" in said.out
    assert "Every check that could be made was passed." in (tmp_path / "verify.txt").read_text()
    files = record(tmp_path)
    manifest = canonical.read(files["manifest.json"])
    assert manifest["kind"] == "rehearsal"
    assert [trustee["custody"] for trustee in manifest["trustees"]] == ["own", "own", "own"]
    assert manifest["roll"]["size"] == int(asked[1])
    assert json.loads(files["declaration.json"])["entitled"] == int(asked[1])
    assert said.err == ""


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (("--voters", "19"), "A secret vote needs at least 20 voters, and you asked for 19."),
        (("--voters", "99999"), "A rehearsal can have up to 5,000 voters."),
        (("--question", "stv", "--candidates", "1"), "An election needs between 2 and 60 candidates."),
        (
            ("--question", "approval", "--candidates", "3", "--seats", "3"),
            "With 3 candidates there can be between 1 and 2 seats.",
        ),
    ],
)
def test_numbers_with_which_no_vote_can_be_held_are_refused(tmp_path, capsys, asked, sentence):
    assert rehearse(tmp_path / "out", *asked) == 1
    assert capsys.readouterr().err == f"{sentence}\n"
    assert not (tmp_path / "out").exists()


def test_a_record_is_never_overwritten(tmp_path, capsys):
    (tmp_path / "record.zip").write_bytes(b"of a former rehearsal")
    assert rehearse(tmp_path) == 1
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "record.zip").read_bytes() == b"of a former rehearsal"
