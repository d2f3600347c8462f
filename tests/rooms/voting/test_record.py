"""The record of a real ballot: it verifies, and every way of tampering with it is found and named."""

import argparse
import json
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from pilot.commands import verify as command
from pilot.secrecy import canonical
from pilot.secrecy.packing import pack
from pilot.settings import ROOT
from pilot.voting.files import programs
from pilot.voting.record import build
from pilot.voting.record.archive import unpack
from pilot.voting.record.checks import Check, passed, verify
from tests.builders.made import Holding, Made, made_of
from tests.builders.records import Files, said_by_program
from tests.builders.voting import a_frozen_ballot, a_sealed_vote, declared, the_voters, votes

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""A record's bytes do not depend on the database; test_life.py runs on both."""


def a_vote(voters: int) -> Holding:
    """A declared ballot with every kind of answer, and with a stamp whose vote was never cast."""

    async def hold(session) -> Made:
        ballot = await a_frozen_ballot(session, voters)
        await votes(session, ballot, ["yes"] * 8 + ["no"] * 5 + ["abstain"] * 2)
        late = (await the_voters(session, ballot))[20]
        await a_sealed_vote(session, ballot, late, "no")
        await declared(session, ballot)
        return await made_of(session, ballot)

    return hold


@pytest.fixture
def made(made_once) -> Made:
    return made_once("a vote of 60", a_vote(60))


@pytest.fixture
def small(made_once) -> Made:
    return made_once("a vote of 25", a_vote(25))


def failed(checks: list[Check]) -> list[tuple[str, str, int | None]]:
    return [(check.name, check.file, check.line) for check in checks if check.ok is False]


def in_json(name: str, change: Callable[[dict], None]) -> Callable[[Files], Files]:
    def alter(files: Files) -> Files:
        value = canonical.read(files[name])
        change(value)
        return files | {name: canonical.to_bytes(value)}

    return alter


def in_line(name: str, number: int, change: Callable[[dict], None]) -> Callable[[Files], Files]:
    def alter(files: Files) -> Files:
        lines = files[name].splitlines()
        value = canonical.read(lines[number])
        change(value)
        lines[number] = canonical.to_bytes(value)
        return files | {name: b"".join(line + b"\n" for line in lines)}

    return alter


def without_line(name: str, number: int) -> Callable[[Files], Files]:
    def alter(files: Files) -> Files:
        lines = files[name].splitlines(keepends=True)
        del lines[number]
        return files | {name: b"".join(lines)}

    return alter


def shuffled_stamps(files: Files) -> Files:
    """Each paper with the stamp of the next one."""
    rows = [canonical.read(line) for line in files["papers.jsonl"].splitlines()]
    stamps = [row["stamp"] for row in rows]
    for row, stamp in zip(rows, stamps[1:] + stamps[:1], strict=True):
        row["stamp"] = stamp
    return files | {"papers.jsonl": b"".join(canonical.to_bytes(row) + b"\n" for row in rows)}


def called_spoilt(files: Files) -> Files:
    """A Yes that is said to be spoilt, with every figure made to fit."""
    rows = [canonical.read(line) for line in files["papers.jsonl"].splitlines()]
    yes = next(row for row in rows if b'"yes"' in b64decode(row["paper"]))
    yes |= {"verdict": "spoilt", "reason": "the answers do not fit the questions"}
    return files | {"papers.jsonl": b"".join(canonical.to_bytes(row) + b"\n" for row in rows)}


ATTACKS: dict[str, tuple[Callable[[Files], Files], str]] = {
    "another outcome": (in_json("declaration.json", lambda d: d.update(outcome="not carried")), "declaration.json"),
    "another spare": (in_json("declaration.json", lambda d: d.update(spare=0)), "declaration.json"),
    "another turnout": (in_json("declaration.json", lambda d: d.update(voted=40)), "declaration.json"),
    "another ballot": (in_json("declaration.json", lambda d: d.update(ballot=99)), "declaration.json"),
    "another count": (in_json("count.json", lambda d: d.update(yes=9, no=4)), "count.json"),
    "another rule": (in_json("manifest.json", lambda d: d["rule"].update(threshold="1/10")), "signatures.json"),
    "another question": (in_json("manifest.json", lambda d: d.update(title="Other")), "signatures.json"),
    "one signature missing": (in_json("signatures.json", lambda d: d["trustees"].pop()), "signatures.json"),
    "a stamp dropped from the log": (without_line("log.jsonl", 0), "log.jsonl"),
    "a sealed vote dropped from the log": (without_line("log.jsonl", 1), "log.jsonl"),
    "the log cut off": (without_line("log.jsonl", -1), "log.jsonl"),
    "a stamp in the log out of turn": (in_line("log.jsonl", 0, lambda d: d.update(seq=2)), "log.jsonl"),
    "another close": (in_line("log.jsonl", -5, lambda d: d.update(envelopes=14)), "log.jsonl"),
    "a peel that the log does not know": (in_line("log.jsonl", -4, lambda d: d.update(duplicates=1)), "log.jsonl"),
    "a sealed vote dropped at the close": (without_line("stage-0.txt", 3), "stage-0.txt"),
    "a sealed vote dropped on the way": (without_line("stage-2.txt", 3), "stage-2.txt"),
    "a paper dropped": (without_line("papers.jsonl", 3), "papers.jsonl"),
    "a paper twice": (
        lambda files: files | {"papers.jsonl": files["papers.jsonl"] + files["papers.jsonl"].splitlines(True)[0]},
        "papers.jsonl",
    ),
    "stamps exchanged": (shuffled_stamps, "papers.jsonl"),
    "a good paper called spoilt": (called_spoilt, "papers.jsonl"),
    "a wrong check code": (in_line("papers.jsonl", 2, lambda d: d.update(code="0" * 16)), "papers.jsonl"),
    "a check code missing": (without_line("trackers.txt", 0), "trackers.txt"),
    "another opening": (
        lambda files: files | {"peels.json": files["peels.json"].replace(b'"duplicates":0', b'"duplicates":1', 1)},
        "peels.json",
    ),
    "no papers": (
        lambda files: {name: data for name, data in files.items() if name != "papers.jsonl"},
        "papers.jsonl",
    ),
}


def test_a_record_verifies_and_no_tampering_goes_unseen(made):
    data = made.data
    files = unpack(data).files
    number = json.loads(files["declaration.json"])["manifest"]
    checks = verify(files, manifest_hash=number, programs=programs())
    assert failed(checks) == []
    assert passed(checks)
    assert [check.name for check in checks if check.ok is None] == [
        "The people behind the stamps",
        "Papers dropped or replaced by a trustee, or by the website together with one",
        "Votes cast with somebody else's code, or by the website in somebody's name",
        "Who held the keys",
    ]
    assert any("1 spare stamps; 2 exchanged papers" in check.says for check in checks)
    for name, (alter, file) in ATTACKS.items():
        altered = made.signed(alter(dict(files)))
        found = failed(verify(altered))
        assert any(file in where for _, where, _ in found), (name, found)
    # A flipped byte anywhere: the file is named.
    for name, content in files.items():
        for place in {0, len(content) // 2, len(content) - 1}:
            flipped = bytearray(content)
            flipped[place] ^= 1
            found = failed(verify(files | {name: bytes(flipped)}))
            assert any(name in where for _, where, _ in found), (name, place, found)


def test_the_order_of_the_papers_never_matters(made):
    data = made.data
    files = unpack(data).files
    reordered = b"".join(reversed(files["papers.jsonl"].splitlines(keepends=True)))
    assert failed(verify(made.signed(files | {"papers.jsonl": reordered}))) == []


def test_missing_added_and_damaged_files_are_named(small):
    data = small.data
    files = unpack(data).files
    assert "papers.jsonl" not in files
    for name in files:
        rest = {other: content for other, content in files.items() if other != name}
        assert any(name in where for _, where, _ in failed(verify(rest))), name
    assert ("Files as listed", "extra.txt", None) in failed(verify(files | {"extra.txt": b"x"}))
    assert ("Files as listed", "README.txt", None) in failed(verify(files, refused={"README.txt": "it is damaged"}))
    wrong = failed(verify(files, manifest_hash="0" * 64))
    assert wrong == [("The number on the poster or slip", "manifest.json", None)]


def test_below_fifty_people_the_papers_come_from_a_scrutineer(small, tmp_path):
    data = small.data
    files = unpack(data).files
    without = verify(files)
    assert passed(without)
    assert "Papers" in [check.name for check in without if check.ok is None]
    papers = small.papers
    given = verify(files, papers=papers)
    assert ("Papers", True) in [(check.name, check.ok) for check in given]
    assert not passed(verify(files, papers=b"".join(papers.splitlines(keepends=True)[1:])))
    (tmp_path / "record.zip").write_bytes(data)
    (tmp_path / "papers.jsonl").write_bytes(papers)
    assert run_script(tmp_path, data, "--papers", "papers.jsonl")[0] == 0


def test_the_record_is_made_of_the_same_bytes_each_time(small):
    data = small.data
    assert pack(unpack(data).files) == data


def run_script(folder, data: bytes, *args: str) -> tuple[int, str]:
    """Unzip the programs that are inside the record and run verify.py, as a stranger would."""
    (folder / "record.zip").write_bytes(data)
    for name in build.PROGRAMS:
        (folder / name).write_bytes(unpack(data).files[name])
    command = [sys.executable, "-E", "-s", "-W", "error", "verify.py", "record.zip", *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_program_inside_the_record_counts_again_by_itself(made, tmp_path):
    data = made.data
    files = unpack(data).files
    number = json.loads(files["declaration.json"])["manifest"]
    code, said = run_script(tmp_path, data, "--number", number)
    assert code == 0, said
    assert run_script(tmp_path, data, "--manifest-hash", number)[0] == 0
    assert "counted again: 8 yes, 5 no, 2 neither: carried" in said
    assert "spare stamps: 1" in said
    assert run_script(tmp_path, data, "--number", "0" * 64)[0] == 1
    assert run_script(tmp_path, data, "--manifest-hash", "0" * 64)[0] == 1
    for name, (alter, file) in ATTACKS.items():
        altered = made.signed(alter(dict(files)))
        code, said = said_by_program(tmp_path, pack(altered))
        assert (code, "FAILED" in said) == (1, True), (name, file)
    flipped = files | {"README.txt": b"x" + files["README.txt"]}
    code, said = run_script(tmp_path, pack(flipped))
    assert (code, "README.txt" in said) == (1, True)


def as_told(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of README.txt in the folder; its `python3` is the one that runs the tests."""
    program, *arguments = line.split()
    assert program == "python3"
    command = [sys.executable, "-E", "-s", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_whoever_follows_the_readme_word_by_word_checks_the_result(small, tmp_path):
    data = small.data
    readme = unpack(data).files["README.txt"].decode()
    assert "Put the record into an empty folder and unzip it there" in " ".join(readme.split())
    (tmp_path / "record.zip").write_bytes(data)
    assert as_told("python3 -m zipfile -e record.zip .", tmp_path).returncode == 0
    told = [line.strip() for line in readme.splitlines() if line.strip().startswith("python3 verify.py")]
    assert told == ["python3 verify.py record.zip", "python3 verify.py record.zip --number NUMBER"]
    number = json.loads((tmp_path / "declaration.json").read_text())["manifest"]
    for line in told:
        done = as_told(line.replace("NUMBER", number), tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Every check that could be made was passed." in done.stdout
    assert "it is the number that you gave" in done.stdout


def test_without_the_package_that_it_needs_the_small_program_says_what_to_install(small, tmp_path):
    (tmp_path / "record.zip").write_bytes(small.data)
    assert as_told("python3 -m zipfile -e record.zip .", tmp_path).returncode == 0
    done = as_told("python3 -S verify.py record.zip", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Install the package cryptography: python3 -m pip install cryptography\n"


def test_the_readme_tells_of_every_file_and_where_each_program_comes_from(made):
    data = made.data
    files = unpack(data).files
    readme = files["README.txt"].decode()
    listed = re.findall(r"^  ([a-zA-Z0-9._-]+\.\w+) ", readme, re.MULTILINE)
    stages = {name for name in files if name.startswith("stage-")} - {"stage-0.txt", "stage-1.txt"}
    assert set(listed) | {"SHA256SUMS"} == set(files) - stages - {"README.txt"}
    for name, own in build.PROGRAMS.items():
        assert listed.count(name) == 1
        assert f"pilot/voting/files/{own}" in readme


def test_pages_and_texts_say_how_to_run_the_programs_and_call_the_number_by_one_name():
    page = (ROOT / "templates" / "voting" / "_check_it.html").read_text()
    assert "unzip it there" in page
    for name in build.PROGRAMS:
        assert name in page
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "templates").rglob("*.html")]
    assert [path.name for path in texts if "--manifest-hash" in path.read_text()] == []


@pytest.fixture
def said(capsys):
    """What a command printed: standard output and error."""

    def read(*args: str) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        command.register(parser.add_subparsers())
        parsed = parser.parse_args(["verify", *args])
        code = parsed.run(parsed)
        out = capsys.readouterr()
        return code, out.out, out.err

    return read


def test_the_command_prints_a_line_for_each_check_and_says_which_failed(made, tmp_path, said):
    data = made.data
    path = tmp_path / "record.zip"
    path.write_bytes(data)
    code, out, _ = said(str(path))
    assert code == 0
    assert "passed  The count: The proposal was carried: 8 of 13 votes for Yes or No were for Yes" in out
    assert "Could not be checked:\n  The number on the poster or slip: not compared: give it with --number\n" in out
    assert "verify.py, log.py, majority.py, election.py and recount.py are this program's own" in out
    assert out.endswith("Every check that could be made was passed.\n")
    damaged = bytearray(data)
    damaged[data.index(b'"verdict"')] ^= 1
    path.write_bytes(damaged)
    code, out, _ = said(str(path))
    assert code == 1
    assert "FAILED  Files as listed [papers.jsonl]: it is damaged" in out
    files = unpack(data).files
    path.write_bytes(pack(without_line("trackers.txt", 4)(files)))
    code, out, _ = said(str(path))
    assert code == 1
    assert "FAILED  Check codes [trackers.txt, line 5]" in out


def test_the_number_on_the_poster_is_compared_under_its_name_and_its_former_one(small, tmp_path, said):
    data = small.data
    path = tmp_path / "record.zip"
    path.write_bytes(data)
    number = json.loads(unpack(data).files["declaration.json"])["manifest"]
    for option in ("--number", "--manifest-hash"):
        assert "The number on the poster or slip: it is this record's number" in said(str(path), option, number)[1]
        assert said(str(path), option, "0" * 64)[0] == 1
    assert "verify.py, log.py, majority.py, election.py and recount.py were not" in str(verify(unpack(data).files))


def test_the_help_tells_one_name_for_the_number(capsys):
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    with pytest.raises(SystemExit):
        parser.parse_args(["verify", "--help"])
    out = capsys.readouterr().out
    assert ("--number" in out, "--manifest-hash" in out) == (True, False)


def test_what_is_no_record_ends_with_two(tmp_path, said):
    (tmp_path / "x.zip").write_bytes(b"hello")
    assert said(str(tmp_path / "x.zip"))[0] == 2
    code, _, err = said(str(tmp_path / "none.zip"))
    assert (code, "cannot be read" in err) == (2, True)
    (tmp_path / "empty.zip").write_bytes(pack({}))
    assert said(str(tmp_path / "empty.zip"))[0] == 1
