"""Reading a tidy panel: everything that is wrong is named with its line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics.panel import read_panel
from pilot.metrics.sheet import Unusable, is_missing, number, read_sheet, whole_number

GOOD = "unit,period,first_treated,morale\nA,1,2,5.5\nA,2,2,6\nB,1,0,5\nB,2,0,NA\n"


def problems(text, outcomes=("morale",)):
    with pytest.raises(Unusable) as refusal:
        read_panel(text.encode() if isinstance(text, str) else text, outcomes)
    return [str(problem) for problem in refusal.value.problems]


def test_a_panel_is_read_in_the_order_of_units_and_periods():
    panel = read_panel(b"unit;period;first_treated;morale\nB;2;0;1\nA;2;2;6\nB;1;0;*\nA;1;2;5,000\n", ["morale"])
    assert [unit.name for unit in panel.units] == ["A", "B"]
    assert panel.periods == (1, 2)
    assert panel.outcomes["morale"] == ((5000.0, 6.0), (None, 1.0))
    assert panel.starts == (2,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("B,1,0,5", "A,2,2,5"), "Line 4: “A” has period 2 twice; it is also on line 3."),
        (("B,1,0,5", "B,1,0,five"), "Line 4: morale is not a number: “five”."),
        (("B,1,0,5", "B,1,0,inf"), "Line 4: morale is not a number: “inf”."),
        (("B,1,0,5", "B,1,0,1_0"), "Line 4: morale is not a number: “1_0”."),
        (("B,1,0,5", "B,one,0,5"), "Line 4: period must be a whole number, but is “one”."),
        (("B,1,0,5", "B,1,,5"), "Line 4: first_treated must be a whole number, but is “”."),
        (("A,2,2,6", "A,2,1,6"), "Line 3: “A” has another first_treated here than on line 2."),
        (("B,1,0,5", ",1,0,5"), "Line 4: the unit has no name."),
        (("B,1,0,5", "B,1,0"), "Line 4: has 3 cells, but the header has 4."),
        (("A,1,2,5.5\nA,2,2,6", "A,1,1,5.5\nA,2,1,6"), "Line 2: “A” has no period before its start in 1."),
        (("A,1,2,5.5\nA,2,2,6", "A,1,3,5.5\nA,2,3,6"), "Line 2: “A” has no period from its start in 3 on."),
        (("B,1,0,5\nB,2,0,NA\n", ""), "The panel has no comparison unit: no unit has first_treated 0."),
        (("A,1,2,5.5\nA,2,2,6\n", ""), "The panel has no treated unit: every unit has first_treated 0."),
        (("first_treated", "started"), "Line 1: the column “first_treated” is missing."),
        (("morale", "unit"), "Line 1: two columns are called “unit”."),
        (("B,1,0,5", "unit,period,first_treated,morale"), "Line 4: repeats the header. Remove this line."),
    ],
)
def test_each_problem_has_its_line(change, said):
    assert problems(GOOD.replace(*change))[0] == said


def test_every_problem_is_named_at_once():
    text = GOOD.replace("5.5", "x").replace("B,1,0,5", "B,1,0,y").replace("NA", "z")
    assert len(problems(text)) == 3
    with pytest.raises(Unusable, match=r"^Line 2: morale is not a number: “x”\. \(and 2 more\)$"):
        read_panel(text.encode(), ["morale"])


def test_an_outcome_that_the_plan_names_must_be_a_column():
    assert problems(GOOD, ["leaving"]) == ["Line 1: the column “leaving” is missing."]


def test_weights_sets_and_clusters_are_optional_and_belong_to_the_unit():
    text = "unit,period,first_treated,morale,set_id,weight,cluster\n"
    text += "A,1,2,5,s,2,k\nA,2,2,6,s,2,k\nB,1,0,5,s,1,b\nB,2,0,4,s,1,b\n"
    first = read_panel(text.encode(), ["morale"]).units[0]
    assert (first.set_id, first.weight, first.cluster) == ("s", 2.0, "k")
    assert problems(text.replace("6,s,2", "6,t,2")) == ["Line 3: “A” has another set_id here than on line 2."]
    assert problems(text.replace("5,s,1", "5,s,0"))[0] == "Line 4: weight must be a number above 0, but is “0”."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"unit,period\n", "This file has headings but no lines below them."),
        (
            b"PK\x03\x04zip",
            "This is an Excel workbook. In Excel, choose Save as and then CSV UTF-8, and upload that file.",
        ),
        (
            b"unit,period\na\0,1\n",
            "We cannot read this file. In Excel, choose Save as and then CSV UTF-8, and upload that file.",
        ),
    ],
)
def test_a_file_that_is_no_csv_is_refused_in_a_sentence(content, said):
    assert problems(content) == [said]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_usual_encoding_and_separator_is_understood(encoding, separator):
    text = 'trust,name\r\nRAA,“Zoë”\r\n\r\nRBB,"two\r\nlines"\r\nRCC,x\r\n'.replace(",", separator)
    sheet = read_sheet(text.encode(encoding))
    assert sheet.headings == ("trust", "name")
    assert [(line.number, line.cells[1].replace("\r", "")) for line in sheet.lines] == [
        (2, "“Zoë”"), (4, "two\nlines"), (6, "x"),
    ]  # fmt: skip


def test_what_excel_and_other_publishers_add_to_a_file_is_understood():
    said = read_sheet(b"\xef\xbb\xbfsep=|\r\ntrust|name||\r\nRAA|x, y; z||\r\n|||\r\n")
    assert (said.headings, [line.cells for line in said.lines]) == (("trust", "name"), [("RAA", "x, y; z")])
    assert problems(b"%PDF-1.7")[0] == "This is a PDF. Upload a CSV file."
    assert problems(b"sep=,\n,,\n,\n")[0] == "Every cell of this file is empty."


def test_letters_of_no_known_encoding_are_refused_and_never_replaced():
    assert problems(b"unit,period\nA\x81,1\n")[0].startswith("We cannot read this file.")


def test_a_quote_that_never_ends_is_a_problem_and_no_crash():
    assert problems('unit,period\n"a,1\n')[0].startswith("Line 2 has a quotation mark")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_is_written_is_read_again(value):
    assert number(repr(value)) == value


@given(st.binary(max_size=200))
def test_no_bytes_at_all_make_the_reader_fail(content):
    with contextlib.suppress(Unusable):
        read_panel(content, ["morale"])


def test_what_counts_as_missing_and_as_whole():
    assert all(is_missing(cell) for cell in ("", "NA", "n/a", "*", "NaN", "."))
    assert not is_missing("0")
    assert [whole_number(cell) for cell in ("2012", "2012.0", "2012.5", "1,204", "x", "")] == [
        2012,
        2012,
        None,
        1204,
        None,
        None,
    ]
