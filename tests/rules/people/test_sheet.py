"""Files as spreadsheets really write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.people.roll import is_known
from pilot.people.sheet import harmless, open_sheet, written

TEXT = "Employee Number,Last Name,First Name,Department\n0012,Núñez,José,Café\n0013,Lee,Ann,A&E\n"


def opened(content):
    return open_sheet(content if isinstance(content, bytes) else content.encode(), is_known)


def refusal(content):
    with pytest.raises(BadInput) as caught:
        opened(content)
    return caught.value.fields["file"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_names_survive_every_encoding(encoding):
    sheet = opened(TEXT.encode(encoding))
    assert sheet.headings == ("Employee Number", "Last Name", "First Name", "Department")
    assert sheet.lines[0].cells == ("0012", "Núñez", "José", "Café")


def test_the_page_can_say_that_windows_letters_were_guessed():
    assert opened(TEXT.encode("cp1252")).encoding == "Windows"
    assert opened(TEXT).encoding == "UTF-8"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_separator_is_found(separator):
    sheet = opened(TEXT.replace(",", separator))
    assert sheet.separator == separator
    assert [line.cells[0] for line in sheet.lines] == ["0012", "0013"]


def test_commas_inside_cells_do_not_hide_semicolons():
    sheet = opened("Employee Number;Last Name;Department\n1;Lee, Ann, Dr;Ward 1, 2, 3\n2;Roy, Bo, Dr;Ward 4, 5, 6\n")
    assert sheet.lines[0].cells == ("1", "Lee, Ann, Dr", "Ward 1, 2, 3")


def test_the_separator_that_excel_announces_is_believed():
    sheet = opened("sep=;\r\n" + TEXT.replace(",", ";"))
    assert sheet.headings[0] == "Employee Number"
    assert sheet.lines[0].number == 3


def test_lines_above_the_headings_are_titles():
    sheet = opened("Staff in post,,,\n,,,\nPerson,,,Place\n" + TEXT)
    assert sheet.headings[0] == "Employee Number"
    assert len(sheet.titles) == 3
    assert sheet.lines[0].number == 5


def test_a_heading_may_be_broken_over_two_lines():
    sheet = opened('"Employee\nNumber","Last\nName",Department\n1,Lee,ICU\n')
    assert sheet.headings == ("Employee Number", "Last Name", "Department")
    assert sheet.lines[0].number == 4


def test_empty_columns_and_lines_at_the_end_go():
    sheet = opened("Employee Number,Last Name,,\n1,Lee,,\n,,,\n\n")
    assert sheet.headings == ("Employee Number", "Last Name")
    assert len(sheet.lines) == 1


def test_a_sheet_can_be_narrowed_to_some_columns():
    narrow = opened(TEXT).narrowed(["Department", "Employee Number"])
    assert narrow.headings == ("Department", "Employee Number")
    assert narrow.lines[1].cells == ("A&E", "0013")
    assert narrow.lines[1].number == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"  \n \n", "The file is empty"),
        (b"PK\x03\x04rest", "This is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        (b"%PDF-1.7", "This is a PDF"),
        (b"Employee Number,Last\x00 Name\n1,\x01\x02", "We cannot read this file"),
        (b"Employee Number,Last Name\n1,\x81\x8d", "We cannot read this file"),
        ("1,Lee,Ann\n2,Roy,Bo\n", "We found no line of headings that we know"),
        ("Employee Number,Last Name\n", "headings but no lines below"),
        ('Employee Number,Last Name\n1,"Lee\n2,Roy\n', "Line 2 has a quotation mark"),
        ('Employee Number,Last Name\n1,"' + "Lee\n" * 800 + '"\n', "Line 2 has a very long cell"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(content, words):
    assert words in refusal(content)


@given(st.text())
def test_no_cell_that_is_written_is_a_formula(cell):
    assert not harmless(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert harmless(cell).removeprefix("'") == cell.removeprefix("'")


def test_numbers_are_written_with_every_digit_and_nothing_as_nothing():
    table = written(("=a", "b", "c"), [("-1", -1, 0.1 + 0.2), ("\tx", None, -2.5)])
    assert table == "'=a,b,c\r\n'-1,-1,0.30000000000000004\r\n'\tx,,-2.5\r\n"
