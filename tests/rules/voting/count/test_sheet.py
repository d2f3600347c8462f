"""The sheet of a count in each of its forms."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.voting.count import blt, result, rules, sheet
from pilot.voting.count.contest import Contest

NASTY = (
    "=cmd|'/c calc'!A0",
    "+1",
    "-1",
    "@SUM(1)",
    "<script>alert(1)</script>",
    '"><img src=x>',
    "\tTab",
    "Amy\x1b[2J",
)


def counted(candidates=("Amy Osei", "Ben Roy", "Cat Hill"), title="Night staff", order=(2, 1, 3), **more):
    """Two of three candidates level at the end, so that the lot decides."""
    return rules.count(
        "scottish-stv", Contest(1, candidates, title=title, **more), {b"\1": 2, b"\2": 2, b"\3": 1, b"": 4}, order
    )


def table(text):
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("name", sheet.FORMATS)
def test_decided_by_lot_stands_in_every_form(name):
    text = sheet.FORMATS[name](counted())
    assert ('"settled": "lot"' if name == "json" else "Decided by lot") in text
    assert "decided by lot at stage 3" in text


@pytest.mark.parametrize("name", ["text", "csv", "html"])
def test_nothing_is_said_to_be_decided_by_lot_where_it_was_not(name):
    found = rules.count("scottish-stv", Contest(1, ("Amy", "Ben")), {b"\1": 2, b"\2": 1})
    assert "Decided by lot" not in sheet.FORMATS[name](found)


def test_the_json_is_the_count_as_it_is_kept():
    found = counted()
    assert json.loads(sheet.as_json(found)) == result.written(found)
    assert result.read(json.loads(sheet.as_json(found))) == found


def test_the_csv_has_a_line_for_each_candidate_and_a_column_for_each_stage():
    found = counted()
    rows = table(sheet.as_csv(found))
    assert rows[0] == ["Number", "Candidate", "Result", "Stage 1", "Stage 2", "Stage 3"]
    assert rows[1] == ["1", "Amy Osei", "Out at stage 3", "2.00000", "2.00000", "0.00000"]
    assert rows[2] == ["2", "Ben Roy", "Elected at stage 3", "2.00000", "2.00000", "2.00000"]
    assert [row[1] for row in rows[4:]] == [
        "Cannot move on",
        "Total",
        "Quota",
        "What happened",
        "Ties",
        "Rule",
        "Seats",
        "Papers counted",
        "Blank papers",
        "Decided by lot",
    ]
    assert all(len(row) == 6 for row in rows)
    assert rows[5][3:] == ["5.00000"] * 3


def test_figures_in_the_csv_have_no_commas():
    found = rules.count("approval", Contest(1, ("Amy", "Ben")), {b"\1": 2000, b"\2": 1000})
    assert [row[2] for row in table(sheet.as_csv(found)) if row[1] == "Papers counted"] == ["3000"]


def test_no_cell_of_the_csv_is_a_formula():
    found = counted(candidates=(*NASTY, "Amy", "Ben"), title="=1+1", order=tuple(range(10, 0, -1)))
    for row in table(sheet.as_csv(found)):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


class Page(HTMLParser):
    """The tags of a page with their attributes, and its words."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def count(self, tag, **attributes):
        return sum(name == tag and attributes.items() <= attrs.items() for name, attrs in self.tags)


def test_the_page_stands_alone_and_has_no_script_and_nothing_from_elsewhere():
    page = Page(sheet.as_html(counted(candidates=(*NASTY, "Amy", "Ben"), title="<b>&", order=tuple(range(10, 0, -1)))))
    assert not {"script", "img", "link", "iframe", "b"} & {tag for tag, _ in page.tags}
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") or name == "src" for name in attrs)]
    assert all(attrs["href"].startswith("#stage-") for tag, attrs in page.tags if tag == "a")
    assert "<script>alert(1)</script>" in " ".join(page.words)
    assert page.words.count("<b>&") == 2  # the title and the heading


def test_the_page_begins_with_a_table_whose_headings_say_what_they_head():
    text = sheet.as_html(counted())
    page = Page(text)
    assert page.count("th", scope="col") == 2 + 3
    assert page.count("th", scope="row") == 3 + 2
    assert page.count("caption") == page.count("h1") == page.count("main") == 1
    assert page.count("html", lang="en") == 1
    assert text.index("<table>") < text.index("<h2>")
    assert {attrs["href"][1:] for tag, attrs in page.tags if tag == "a"} == {
        attrs["id"] for tag, attrs in page.tags if tag == "li" and "id" in attrs
    }
    assert "@media print" in text
    assert "width=device-width" in text


def test_the_text_has_lines_of_a_hundred_letters_and_every_figure(reference_data):
    path = reference_data / "counting" / "scottish2017" / "glasgow_2017_ward1.blt"
    file = blt.read(path.read_bytes())
    found = rules.count("scottish-stv", file.contest, file.papers)
    text = sheet.as_text(found)
    assert max(map(len, text.split("\n"))) <= 100
    for number, name in enumerate(file.contest.candidates, 1):
        lines = [line for line in text.split("\n") if line.startswith(f"{number} {name[:20]}")]
        figures = [figure for line in lines for figure in re.findall(r"\d+\.\d{5}", line)]
        assert figures == [stage.votes[str(number)] for stage in found.stages]


def test_the_text_moves_no_cursor_and_cuts_only_names():
    text = sheet.as_text(counted(candidates=("Amy\x1b[2J\u202e", "李" * 30, "Cát Hill" * 9), title="\x07T"))
    assert not [letter for letter in text if not letter.isprintable() and letter != "\n"]
    assert "\ufffdT\n" in text
    ends = {
        sheet._wide(line[: line.index(" at stage")])
        for line in text.split("\n")
        if line[:2] in ("1 ", "2 ", "3 ") and "at stage" in line
    }
    assert len(ends) == 2  # below "Elected" and below "Left", however wide the letters are


@given(st.sampled_from(sorted(rules.RULES)), st.dictionaries(st.sampled_from([b"", b"\1", b"\2"]), st.integers(1, 9)))
def test_every_rule_has_a_sheet_in_every_form(rule, papers):
    found = rules.count(rule, Contest(1, ("Amy", "Ben", "Cat"), withdrawn=(3,)), papers, (1, 2, 3))
    for form in sheet.FORMATS.values():
        assert found.sentence in " ".join(form(found).split())
    assert [row[2] for row in table(sheet.as_csv(found))[3:4]] == ["Withdrew"]


@given(st.integers(0, 10**12), st.integers(0, 9), st.integers(0, 10**12))
def test_the_total_of_a_stage_is_exact(parts, places, rest):
    from pilot.voting.count.amounts import fixed

    stage = result.Stage(1, "first", "", {"1": fixed(parts, places)}, fixed(rest, places))
    assert sheet.total(stage) == fixed(parts + rest, places)
