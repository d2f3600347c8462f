"""Small numbers: none is shown, and none can be worked out from what is."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics import disclosure
from pilot.metrics.disclosure import HIDDEN, REASON, SMALLEST, Figure, release, total
from pilot.metrics.export import to_csv


def test_a_figure_about_ten_people_is_hidden_and_about_eleven_is_shown():
    table = release("t", ("a", "b", "c"), [[Figure(6.5, 10), Figure(6.5, 11), Figure(6.5, None)]])
    assert table.rows == ((HIDDEN, 6.5, 6.5),)
    assert table.hidden == 1


def test_a_lone_hidden_part_of_a_total_takes_the_next_smallest_with_it():
    parts = [Figure(4, 4, "jan"), Figure(30, 30, "jan"), Figure(20, 20, "jan")]
    table = release("t", ("leavers",), [[part] for part in parts])
    assert [row[0] for row in table.rows] == [HIDDEN, 30, HIDDEN]


def test_a_total_is_hidden_when_its_parts_cannot_be_protected_otherwise():
    assert total([Figure(4, 4, "g"), Figure(20, 20, "g"), Figure(30, 30, "g")], 54).people == 54
    assert total([Figure(4, 4, "g"), Figure(5, 5, "g")], 9).people == 0
    assert total([Figure(4, 4, "g")], 4).people == 0
    assert total([Figure(6.1, None, "g")], 6.1).people is None


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_no_small_count_can_be_worked_out_from_the_total(counts):
    parts = [Figure(count, count, "g") for count in counts]
    shown = [row[0] for row in release("t", ("n",), [[part] for part in parts]).rows]
    whole = release("t", ("n",), [[total(parts, sum(counts))]]).rows[0][0]
    assert all(cell == HIDDEN for cell, count in zip(shown, counts, strict=True) if count < SMALLEST)
    hidden = [count for cell, count in zip(shown, counts, strict=True) if cell == HIDDEN]
    if hidden and whole != HIDDEN:
        # each hidden cell can be anything from 0 to the rest of the total
        assert len(hidden) > 1
        assert sum(hidden) >= SMALLEST


def test_rows_say_that_and_why_they_are_suppressed():
    table = release("t", ("n", "suppressed", "suppression_reason"), [[Figure(3, 3), "", ""], [Figure(30, 30), "", ""]])
    assert table.rows == ((HIDDEN, "yes", REASON), (30, "no", ""))


def test_only_disclosure_makes_a_released_table():
    package = Path(disclosure.__file__).parent.parent
    makers = [path.name for path in package.rglob("*.py") if re.search(r"\bReleased\(", path.read_text())]
    assert makers == ["disclosure.py"]


def test_no_cell_of_a_download_runs_as_a_formula():
    table = release("t", ("=name", "x"), [["=CMD()", 1], ["+1", None], ["@a", -2.5], ["-x", 0.1 + 0.2]])
    assert to_csv(table) == "'=name,x\n'=CMD(),1\n'+1,\n'@a,-2.5\n'-x,0.30000000000000004\n"
