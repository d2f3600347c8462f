"""`pilot lottery verify`: what it prints, and how it ends."""

import json

import pytest

from pilot.__main__ import main
from pilot.metrics import lottery
from tests.rules.metrics.test_lottery import ANNOUNCED, DRAWN


def verify(tmp_path, capsys, data):
    file = tmp_path / "lottery.json"
    file.write_bytes(data)
    code = main(["lottery", "verify", str(file)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_draw_that_is_right_is_told_with_every_check(tmp_path, capsys):
    code, out, _ = verify(tmp_path, capsys, lottery.to_bytes(DRAWN))
    assert code == 0
    assert out.splitlines()[0] == "Pilots of 2027"
    assert [line.split()[1] for line in out.splitlines() if line.startswith("passed")] == [
        "list:", "sets:", "size", "type:", "days:", "seed:", "draw:",
    ]  # fmt: skip
    assert "that “3 14 15” is what was published on 2027-05-05 by this source: The Lotto draw of 5 May 2027" in out


def test_what_is_not_drawn_yet_is_checked_as_far_as_it_goes(tmp_path, capsys):
    code, out, _ = verify(tmp_path, capsys, lottery.to_bytes(ANNOUNCED))
    assert code == 0
    assert "Nothing is drawn yet." in out
    assert "seed" not in out


def test_a_pilot_that_was_swapped_ends_with_1_and_is_named(tmp_path, capsys):
    raw = json.loads(lottery.to_bytes(DRAWN))
    one = raw["draw"]["sets"][0]
    (was,), other = one["pilots"], one["order"][1]["code"]
    one["pilots"] = [other]
    data = json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    code, out, _ = verify(tmp_path, capsys, data)
    assert code == 1
    assert f"FAILED  draw: In set 1 the draw gives {was} as pilot, but the document says {other}." in out
    assert "1 of 7 checks failed" in out


@pytest.mark.parametrize("data", [b"", b"{}", b"\x00\x01"])
def test_a_file_that_cannot_be_read_ends_with_2(tmp_path, capsys, data):
    code, out, err = verify(tmp_path, capsys, data)
    assert (code, out) == (2, "")
    assert err.startswith("pilot lottery: This is not a lottery")


def test_a_file_that_is_not_there_ends_with_2(tmp_path, capsys):
    assert main(["lottery", "verify", str(tmp_path / "none.json")]) == 2
    assert "cannot be read: No such file or directory." in capsys.readouterr().err


def test_a_title_paints_nothing_on_the_screen(tmp_path, capsys):
    import msgspec

    _, out, _ = verify(tmp_path, capsys, lottery.to_bytes(msgspec.structs.replace(DRAWN, title="\x1b[31mred")))
    assert "\x1b" not in out
