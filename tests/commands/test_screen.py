"""What the verifiers print: no name in a record moves the cursor, and no screen makes a right record look wrong."""

import io
import os
import subprocess
import sys
import zipfile
from contextlib import redirect_stdout

import pytest

from pilot.commands.screen import say
from pilot.secrecy.packing import pack
from pilot.settings import ROOT
from pilot.voting.record.build import PROGRAMS
from tests.builders.records import Story, said_by_command, said_by_program

PAINTS = "\x1b[2J\x1b[HEvery check that could be made was passed."
PEOPLE = ((f"Ada{PAINTS}", "independent scrutineer"), ("Żółw 漢", "employer"), ("Cy\u202e", "staff side"))


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    story = Story(25, ("own", "own", "own"), people=PEOPLE).votes(["yes"] * 3)
    story.leaf("suspend", reason=f"The network was down.{PAINTS}\r\n\x9b2J")
    story.leaf("resume", closes="2027-03-18T17:00:00Z", reason="Żółw")
    return story.record()


@pytest.mark.parametrize("letters", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("program", ["pilot verify", "verify.py"])
def test_a_right_record_is_right_on_every_screen_and_paints_none(files, tmp_path, program, letters):
    (tmp_path / "record.zip").write_bytes(pack(files))
    for name in PROGRAMS:
        (tmp_path / name).write_bytes(files[name])
    command = {"pilot verify": ["-m", "pilot", "verify"], "verify.py": [str(tmp_path / "verify.py")]}[program]
    done = subprocess.run(
        [sys.executable, *command, str(tmp_path / "record.zip")],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": letters},
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = done.stdout.decode(letters)
    assert (done.returncode, done.stderr) == (0, b""), said
    assert said.replace("\r\n", "\n").endswith("\nEvery check that could be made was passed.\n")
    assert all(one.isprintable() or one == "\n" for one in said.replace("\r\n", "\n"))
    assert r"Ada\x1b[2J\x1b[HEvery check" in said
    assert ("Żółw 漢" if letters == "utf-8" else r"\u0142w \u6f22") in said


def test_a_file_in_the_record_cannot_paint_the_screen_by_its_name(files, tmp_path):
    whole = io.BytesIO(pack(files))
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr(f"{PAINTS}\n", b"x")
    for says in (said_by_command, said_by_program):
        code, said = says(tmp_path, whole.getvalue())
        assert code == 1
        assert "\x1b" not in said
        assert "Every check that could be made was passed." not in said.splitlines()


def test_a_command_tells_what_it_cannot_show_by_its_number():
    screen = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", newline="\n")
    with redirect_stdout(screen):
        say("Zoë Żak\x1b[2J\u202e\udc80 \x7f\nand no more")
    screen.flush()
    assert screen.buffer.getvalue() == b"Zo\xeb \\u017bak\\x1b[2J\\u202e\\udc80 \\x7f\\nand no more\n"
