"""`pilot count` as people run it: a process of its own, over files."""

import hashlib
import json
import os
import subprocess
import sys

import pytest

from pilot.settings import ROOT

PAPERS = b"""4 2
12 1 4 2 0
5 2 3 0
3 3 0
2 4 0
1 0
0
"Amy Osei"
"Ben Roy"
"=Cat Hill"
"Dee <b>Ash</b>"
"Staff council"
"""

LEVEL = b"""3 1
2 1 0
2 2 0
1 3 0
0
"Amy Osei"
"Ben Roy"
"Cat Hill"
"Level"
"""


@pytest.fixture
def papers(tmp_path):
    path = tmp_path / "papers.blt"
    path.write_bytes(PAPERS)
    return path


@pytest.fixture
def level(tmp_path):
    path = tmp_path / "level.blt"
    path.write_bytes(LEVEL)
    return path


def count(*arguments, **environment):
    """Run the command; its output is UTF-8 whatever the terminal is set to."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PILOT_")}
    return subprocess.run(
        [sys.executable, "-m", "pilot", "count", *map(str, arguments)],
        cwd=ROOT,
        env={**kept, "PYTHONWARNINGS": "error", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def counted(*arguments):
    done = count(*arguments, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def refused(*arguments):
    done = count(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("pilot count: ").removesuffix("\n")


def test_the_sheet_is_printed_as_text(papers):
    done = count(papers)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Staff council\n")
    assert "1 Amy Osei        Elected at stage 1   12.00000    8.00000" in done.stdout
    assert "Amy Osei has 12 votes, 4 more than the quota of 8." in done.stdout


def test_the_json_has_what_the_specification_names(papers):
    found = counted(papers)
    assert {key: found[key] for key in ("rule", "version", "seats", "valid", "quota")} == {
        "rule": "scottish-stv",
        "version": "1",
        "seats": 2,
        "valid": 22,
        "quota": "8",
    }
    assert found["elected"][0] == {"candidate": 1, "name": "Amy Osei", "stage": 1}
    assert found["stages"][0]["votes"] == {"1": "12.00000", "2": "5.00000", "3": "3.00000", "4": "2.00000"}
    assert found["stages"][0]["non_transferable"] == "0.00000"
    assert found["ties"] == []


def test_seats_rule_and_withdrawn_candidates_can_be_given(papers):
    found = counted(papers, "--seats", 1, "--rule", "alternative-vote", "--withdraw", 1, "3,2")
    assert (found["rule"], found["seats"], found["withdrawn"]) == ("alternative-vote", 1, [1, 2, 3])
    assert [one["name"] for one in found["elected"]] == ["Dee <b>Ash</b>"]


def test_seats_can_be_reserved_and_nominations_reopened(papers):
    assert [one["candidate"] for one in counted(papers)["elected"]] == [1, 4]
    kept = counted(papers, "--reserve", "Night staff: bank:1:3", "--reserve", "Day:0:1:1,2")
    assert sorted(one["candidate"] for one in kept["elected"]) == [1, 3]
    reopened = counted(papers, "--reopen", 1)
    assert (reopened["empty"], [one["candidate"] for one in reopened["elected"]]) == (1, [2])


def test_the_sheet_is_written_to_a_file_in_each_format(papers, tmp_path):
    for name, says in (("csv", "'=Cat Hill"), ("html", "Dee &lt;b&gt;Ash&lt;/b&gt;"), ("json", '"valid": 22')):
        out = tmp_path / f"sheet.{name}"
        done = count(papers, "--format", name, "--out", out)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert says in out.read_text(encoding="utf-8")


def test_letters_are_printed_as_utf8_on_any_terminal(tmp_path):
    path = tmp_path / "accents.blt"
    path.write_bytes(PAPERS.replace(b"Ben Roy", "Renée Łoś".encode()))
    done = count(path, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0
    assert "Renée Łoś" in done.stdout


def test_a_note_about_the_file_goes_to_the_error_output(tmp_path):
    path = tmp_path / "untitled.blt"
    path.write_bytes(PAPERS.replace(b'"Staff council"\n', b""))
    done = count(path)
    assert done.returncode == 0
    assert done.stderr == (
        f"pilot count: {path}: There is no title. If there was one, a name is missing and others have its place.\n"
    )


def test_a_tie_without_a_lot_is_refused_and_names_who_is_level(level):
    assert refused(level) == (
        "Stage 3: Amy Osei and Ben Roy are level, and nothing before tells them apart. "
        "Draw a lot: give --lot-seed with a number or text that nobody could choose."
    )


@pytest.mark.parametrize("name", ["text", "json", "csv", "html"])
def test_every_sheet_says_what_the_lot_decided(level, name):
    done = count(level, "--lot-seed", "7351", "--format", name)
    assert done.returncode == 0
    assert ('"settled": "lot"' if name == "json" else "Decided by lot") in done.stdout
    assert "by lot at stage 3" in done.stdout


def test_the_same_seed_draws_the_same_lot_and_other_seeds_draw_others(level):
    winners = {seed: counted(level, "--lot-seed", seed)["elected"][0]["candidate"] for seed in "abcdef"}
    assert set(winners.values()) == {1, 2}
    for seed, winner in winners.items():
        assert (
            counted(level, "--lot-seed", hashlib.sha256(seed.encode()).hexdigest())["elected"][0]["candidate"] == winner
        )


def test_the_order_in_the_file_is_the_lot_until_a_seed_is_given(tmp_path):
    for first, other in ((1, 2), (2, 1)):
        path = tmp_path / f"{first}.blt"
        path.write_bytes(LEVEL.replace(b"3 1\n", b"3 1\n[tie %d %d 3]\n" % (first, other), 1))
        assert [one["candidate"] for one in counted(path)["elected"]] == [first]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Line 1: a BLT file begins with the number of candidates and the number of seats."),
        (bytes(range(256)) * 20, "Line 1: this is not a text file."),
        (b"surname,votes\nOsei,12\n", "Line 1: a BLT file begins with the number of candidates"),
        (PAPERS.replace(b"5 2 3 0", b"5 2 2 0"), "Line 3: candidate 2 is ranked twice on one paper."),
        (PAPERS.replace(b"5 2 3 0", b"5 2 7 0"), "Line 3: there is no candidate 7; there are 4."),
        (PAPERS.replace(b"4 2\n", b"4 5\n", 1), "Line 1: there are 5 seats, more than the 4 candidates."),
        (PAPERS.replace(b"4 2\n", b"0 0\n", 1), "Line 1: there are no candidates."),
        (PAPERS[:60], "Line 9: a name must end with a quotation mark"),
        (PAPERS.replace(b"5 2 3 0", b"5 2=3 0"), "Line 3: “2=3” ranks candidates as equal, which no rule here counts."),
    ],
)
def test_a_file_that_is_no_blt_is_refused_in_one_line(tmp_path, data, told):
    path = tmp_path / "bad.blt"
    path.write_bytes(data)
    assert refused(path).startswith(f"{path}: {told}")


def test_what_cannot_be_counted_is_refused_in_one_line(papers, tmp_path):
    assert refused() == "Name the BLT file to count, or two counts after --compare."
    assert (
        refused(tmp_path / "none.blt")
        == f"{tmp_path / 'none.blt'} cannot be read or written: No such file or directory."
    )
    assert refused(tmp_path).startswith(f"{tmp_path} cannot be read or written: ")
    assert refused(papers, "--seats", 5) == "--seats 5: there are 4 candidates, so 1 to 4 seats can be filled."
    assert refused(papers, "--seats", 0) == "--seats 0: there are 4 candidates, so 1 to 4 seats can be filled."
    assert refused(papers, "--withdraw", 9) == "--withdraw: there is no candidate 9; there are 4."
    assert refused(papers, "--reopen", 9) == "--reopen: there is no candidate 9; there are 4."
    assert refused(papers, "--reserve", "Night:1:9") == "--reserve: there is no candidate 9; there are 4."
    assert refused(papers, "--rule", "first-past-the-post").startswith("First past the post fills one seat.")
    assert "only 1 of them stands for election" in refused(papers, "--reserve", "Night:2:3")
    assert refused(papers, "--out", tmp_path / "no" / "such").endswith(
        "cannot be read or written: No such file or directory."
    )


@pytest.mark.parametrize(
    "said", [("--withdraw", "three"), ("--reserve", "Night"), ("--rule", "guess"), ("--seats", "x")]
)
def test_an_option_that_is_not_understood_is_named(papers, said):
    done = count(papers, *said)
    assert done.returncode == 2
    assert said[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_two_counts_are_compared(papers, tmp_path):
    one, same, other = (tmp_path / f"{name}.json" for name in ("one", "same", "other"))
    for path, extra in ((one, ()), (same, ()), (other, ("--withdraw", 3))):
        assert count(papers, "--format", "json", "--out", path, *extra).returncode == 0
    done = count("--compare", one, same)
    assert (done.returncode, done.stdout, done.stderr) == (0, "The counts are the same.\n", "")
    done = count("--compare", one, other)
    assert (done.returncode, done.stderr) == (1, "")
    assert "They part at stage 1: =Cat Hill has 3.00000 votes in the first, no votes in the second.\n" in done.stdout


def test_a_comparison_with_what_is_no_count_is_refused_in_one_line(papers, tmp_path):
    one = tmp_path / "one.json"
    assert count(papers, "--format", "json", "--out", one).returncode == 0
    assert refused("--compare", one, papers).startswith(f"{papers}: This is not a count in JSON: ")
    assert refused("--compare", tmp_path / "none.json", one).endswith("No such file or directory.")


def test_the_largest_ward_of_the_reference_data_is_counted(reference_data):
    found = counted(reference_data / "counting" / "scottish2017" / "edinburgh_2017_ward1.blt")
    assert (found["valid"], found["quota"], found["seats"]) == (14207, "2842", 4)
    assert len(found["elected"]) == 4
