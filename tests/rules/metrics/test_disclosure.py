"""Small numbers: none is shown, and none can be worked out from what is."""

import ast
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics import disclosure
from pilot.metrics.disclosure import HIDDEN, REASON, SMALLEST, Figure, derived, gives_away, release
from pilot.metrics.export import to_csv


def test_a_figure_about_ten_people_is_hidden_and_about_eleven_is_shown():
    table = release("t", ("a", "b", "c"), [[Figure(6.5, 10), Figure(6.5, 11), Figure(6.5, None)]])
    assert table.rows == ((HIDDEN, 6.5, 6.5),)
    assert table.hidden == 1


def test_a_lone_hidden_part_of_a_total_takes_the_next_smallest_with_it():
    parts = [Figure(4, 4, "jan"), Figure(30, 30, "jan"), Figure(20, 20, "jan")]
    table = release("t", ("leavers",), [[part] for part in parts])
    assert [row[0] for row in table.rows] == [HIDDEN, 30, HIDDEN]


def test_what_is_worked_out_from_a_hidden_figure_is_hidden_and_so_is_that_there_is_none():
    small, large, published = Figure(4, 4, "g"), Figure(40, 40, "g"), Figure(6.1, None, "g")
    worked_out = [
        derived(value, behind, 11)
        for value, behind in ((9, [small, large]), (None, [small]), (4.5, []), (23, [large, published]))
    ]
    assert release("t", ("a", "b", "c", "d"), [worked_out]).rows == ((HIDDEN, HIDDEN, 4.5, 23),)


def test_two_hidden_figures_do_not_make_what_is_worked_out_from_them_safe():
    assert gives_away([Figure(4, 4, "g"), Figure(9, 9, "g"), Figure(90, 90, "g")], 11)
    assert not gives_away([Figure(11, 11, "g"), Figure(90, 90, "g")], 11)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_no_small_count_can_be_worked_out_from_the_total(counts):
    parts = [Figure(count, count, "g") for count in counts]
    shown = [row[0] for row in release("t", ("n",), [[part] for part in parts]).rows]
    whole = release("t", ("n",), [[derived(sum(counts), parts, 11)]]).rows[0][0]
    assert all(cell == HIDDEN for cell, count in zip(shown, counts, strict=True) if count < SMALLEST)
    assert (whole == HIDDEN) == (HIDDEN in shown)
    hidden = [count for cell, count in zip(shown, counts, strict=True) if cell == HIDDEN]
    if hidden and len(hidden) < len(counts):
        # should the total be published elsewhere, each hidden cell can still be anything from 0 to the rest of it
        assert len(hidden) > 1
        assert sum(hidden) >= SMALLEST


def test_rows_say_that_and_why_they_are_suppressed():
    table = release("t", ("n", "suppressed", "suppression_reason"), [[Figure(3, 3), "", ""], [Figure(30, 30), "", ""]])
    assert table.rows == ((HIDDEN, "yes", REASON.format(11)), (30, "no", ""))


def test_only_disclosure_makes_a_released_table():
    package = Path(disclosure.__file__).parent.parent
    makers = [path.name for path in package.rglob("*.py") if re.search(r"\bReleased\(", path.read_text())]
    assert makers == ["disclosure.py"]


METRICS = Path(disclosure.__file__).parent
RAW = {
    *("ObservationRow", "MovementRow", "CellRow", "PublicationRow", "Publication", "Kept", "Figure", "Lines"),
    *("queries.values", "queries.cells", "registers.movements", "queries.kept", "publications"),
}
"""Names by which a figure could be reached that no release has looked at."""


def named_in(path):
    """Every name of a module, also as `where.what`, and what it imports from where."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (str(node.module).rsplit(".", 1)[-1], *(one.name for one in node.names))
        elif isinstance(node, ast.Attribute):
            yield f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else node.attr
        elif isinstance(node, ast.Name):
            yield node.id


def test_no_page_reaches_a_figure_that_no_release_has_looked_at():
    """Routes get figures as `Released`, or as an estimate that `finding` and `early` let through; values of panels go
    from them to the tables of download.py only, which release them."""
    found = {path.name: RAW & set(named_in(path)) for path in (METRICS / "routes").rglob("*.py")}
    assert {name: names for name, names in found.items() if names} == {}
    panels = "\n".join(path.read_text() for path in (METRICS / "routes").rglob("*.py"))
    takers = re.findall(r"(\w+(?:\.\w+)?)\([^()]*\bone\.panel\b", panels)
    assert set(takers) <= {
        f"download.{name}" for name in ("panel", "trends", "contrasts", "estimate", "arms", "finding", "early")
    }
    assert len(takers) == panels.count("one.panel")


def test_each_threat_to_surveys_and_figures_has_its_line_on_the_page_for_staff():
    root = METRICS.parent.parent
    table = (
        (root / "docs" / "security.md").read_text().split("### Threats to surveys and to figures")[1].split("\n## ")[0]
    )
    rows = [row for row in table.splitlines() if row.startswith("| ")][1:]
    marks = [found[1] for row in rows if (found := re.match(r'\| <a id="([a-z-]+)"></a>', row))]
    page = (root / "templates" / "metrics" / "who_can_see_a_survey.html").read_text()
    assert len(marks) == len(rows) >= 10
    assert sorted(re.findall(r'<li id="([a-z-]+)">', page)) == sorted(marks)


def test_no_template_knows_values_papers_or_cells():
    folder = METRICS.parent.parent / "templates" / "metrics"
    told = {
        path.name: re.findall(r"\.(?:panel|cells|papers|spoilt|contrasts|sum_\w+)\b", path.read_text())
        for path in folder.iterdir()
    }
    assert {name: found for name, found in told.items() if found} == {}


def test_what_was_released_is_read_and_written_in_one_place():
    """It holds hidden numbers."""
    readers = {
        str(path.relative_to(METRICS))
        for path in METRICS.rglob("*.py")
        if {"PublicationRow", "Kept"} & set(named_in(path))
    }
    assert readers == {
        "queries/publications.py", "service/publishing.py", "tables/__init__.py",
    }  # fmt: skip


def test_no_cell_of_a_download_runs_as_a_formula():
    table = release("t", ("=name", "x"), [["=CMD()", 1], ["+1", None], ["@a", -2.5], ["-x", 0.1 + 0.2]])
    assert to_csv(table) == "'=name,x\n'=CMD(),1\n'+1,\n'@a,-2.5\n'-x,0.30000000000000004\n"
