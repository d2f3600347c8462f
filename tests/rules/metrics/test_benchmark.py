"""The staff survey's workbook as it is published, with every trap that is known, and files that mean harm."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics import workbook
from pilot.metrics.benchmark import read_benchmark
from pilot.metrics.published import Figure, as_reading, keep
from pilot.metrics.sheet import Unusable
from pilot.metrics.workbook import read_workbook
from tests.builders.publishers import ABOUT, ACUTE, AMBULANCE, a_benchmark, a_small_benchmark, a_workbook


def problems(content):
    with pytest.raises(Unusable) as refusal:
        read_benchmark(content)
    return [str(problem) for problem in refusal.value.problems]


def test_every_trust_of_every_sheet_is_read_with_its_answers():
    found = read_benchmark(a_small_benchmark())
    assert (found.rows, found.cells, len(found.figures)) == (3, 12, 12)
    assert found.figures["X00", "2023", "theme_engagement"] == Figure(6.9, 800)
    assert found.figures["X02", "2024", "q25c"] == Figure(0.44, 1240)
    assert found.notes == ()


def test_a_suppressed_value_is_missing_however_it_is_written():
    found = read_benchmark(a_small_benchmark())
    assert found.figures["X01", "2024", "theme_engagement"] == Figure(None)
    assert found.figures["X01", "2024", "q25c"] == Figure(None)
    for written in ("*", "-", "<10", "<11", "", "n/a"):
        one = read_benchmark(a_benchmark({ACUTE: {"X00": [written, written], "0DE": [7, 90]}}))
        assert one.figures["X00", "2024", "PP1"] == Figure(None), written
    reading = as_reading(found)
    assert (reading.numbers, reading.missing) == (10, 2)
    assert reading.periods == ("2023", "2024")


def test_every_known_measure_is_taken_and_the_unknown_are_named():
    columns = [
        *("PP1_2025", "PP1_n_2025", "PP3_2_2025", "PP4_1_2025", "M_1_2025", "theme_morale_2025"),
        *("q9_2025", "q13a_2024", "q4b_2021", "response_rate_2025", "response_rate_n_2025", "colour", "q1_25"),
    ]
    found = read_benchmark(a_benchmark({ACUTE: {"X00": [7, 9, 6, 6, 6, 6, 0.5, 0.1, 0.2, 0.4, 9, 1, 1]}}, columns))
    assert {outcome for _, _, outcome in found.figures} == {
        *("PP1", "PP3_2", "PP4_1", "M_1", "theme_morale", "q9", "q13a", "q4b", "response_rate")
    }
    assert found.figures["X00", "2025", "PP1"].n == 9
    assert found.figures["X00", "2025", "PP3_2"].n is None
    assert found.notes == ("Columns that are not known are left out: colour and q1_25.",)


def test_the_items_on_violence_of_2023_are_left_out_and_said_so():
    columns = ["q13a_2022", "q13a_2023", "q14b_2023", "q15_2023"]
    found = read_benchmark(a_benchmark({ACUTE: {"X00": [0.1, 0.2, 0.3, 0.4], "X01": [0.1, 0.2, "x", 0.4]}}, columns))
    assert {(period, outcome) for _, period, outcome in found.figures} == {("2022", "q13a"), ("2023", "q15")}
    assert found.notes == ("Left out, since the answers were collected wrongly: q13a of 2023 and q14b of 2023.",)
    assert as_reading(found).left_out == (("collected wrongly in 2023", 4),)


def test_the_two_parts_of_the_isle_of_wight_are_one_trust():
    """(7.0 × 300 + 6.0 × 100) / 400 = 6.75. Where a part is suppressed there is no value of the whole."""
    columns = ["PP1_2023", "PP1_n_2023", "PP1_2024", "PP1_n_2024", "response_rate_2024", "response_rate_n_2024"]
    found = read_benchmark(
        a_benchmark(
            {ACUTE: {"R1F1": [7.0, 300, 7, 300, 0.5, 300]}, AMBULANCE: {"R1F2": [6, 100, "*", 8, 0.4, 100]}}, columns
        )
    )
    assert found.figures == {
        ("R1F", "2023", "PP1"): Figure(6.75, 400),
        ("R1F", "2024", "PP1"): Figure(None),
        ("R1F", "2024", "response_rate"): Figure(None),
    }
    assert found.notes == (
        "R1F1 and R1F2 are one trust in law, R1F. 1 value of it came from both, weighted by their answers; "
        "a response rate is not made.",
    )
    assert as_reading(found).left_out == (("put together with others", 3),)


def test_one_part_alone_is_not_the_whole_trust():
    found = read_benchmark(a_benchmark({ACUTE: {"R1F1": [7.0, 300]}}))
    assert found.figures == {("R1F", "2024", "PP1"): Figure(None)}
    assert "The file has no R1F2, so R1F has no values from its parts." in found.notes[0]


def test_a_row_of_the_whole_trust_keeps_its_own_value():
    found = read_benchmark(a_benchmark({ACUTE: {"R1F": [7.5, 400], "R1F1": [7, 300], "R1F2": [6, 100]}}))
    assert found.figures == {("R1F", "2024", "PP1"): Figure(7.5, 400)}


def test_rows_of_averages_are_left_out_and_named():
    found = read_benchmark(a_benchmark({ACUTE: {"Benchmark average": [7, 9], "X00": [7, 9], "National": [7, 9]}}))
    assert found.rows == 1
    assert found.notes == ("Rows that are not one organisation are left out: Benchmark average and National.",)


def test_response_rates_in_percent_become_shares():
    columns = ["response_rate_2024", "response_rate_n_2024"]
    found = read_benchmark(a_benchmark({ACUTE: {"X00": [47.5, 900], "X01": [50, 800]}}, columns))
    assert found.figures["X00", "2024", "response_rate"] == Figure(0.475, 900)
    assert "written in percent" in found.notes[0]
    share = read_benchmark(a_benchmark({ACUTE: {"X00": [0.475, 900]}}, columns))
    assert share.figures["X00", "2024", "response_rate"] == Figure(0.475, 900)
    assert share.notes == ()


def test_headings_may_stand_below_a_title():
    rows = [["Benchmark data"], [], [*ABOUT, "PP1_2024"], ["X00", "A trust", "Acute", 7.1]]
    assert read_benchmark(a_workbook({"Acute": rows})).figures == {("X00", "2024", "PP1"): Figure(7.1)}


def test_every_problem_is_named_by_its_sheet_and_line():
    content = a_benchmark(
        {
            ACUTE: {"X00": [70, 800], "X01": ["seven", 10], "!": [7, 7], "X03": [7, -1]},
            AMBULANCE: {"X00": [7, 8], "X04": [7, 0], "": [7, 7]},
        }
    )
    assert problems(content) == [
        f"Sheet “{ACUTE}”, line 2: “PP1_2024” of X00 must be from 0 to 10, but is “70”.",
        f"Sheet “{ACUTE}”, line 3: “PP1_2024” of X01 is not a number: “seven”.",
        f"Sheet “{ACUTE}”, line 4: “!” is not a trust code, like RAX.",
        f"Sheet “{ACUTE}”, line 5: “PP1_n_2024” must be a whole number of answers, 0 or more, but is “-1”.",
        f"Sheet “{AMBULANCE}”, line 2: X00 is there twice; it is also on line 2 of sheet “{ACUTE}”.",
        f"Sheet “{AMBULANCE}”, line 3: “PP1_2024” of X04 has a value but 0 answers.",
        f"Sheet “{AMBULANCE}”, line 4: “” is not a trust code, like RAX.",
    ]


def test_a_share_of_an_item_is_at_most_one():
    assert "must be from 0 to 1, but is “61”" in problems(a_benchmark({ACUTE: {"X00": [61]}}, ["q25c_2024"]))[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (a_workbook({"Sheet1": [["code", "PP1_2024"], ["X00", 7]]}), "No sheet has a column “org_id”."),
        (a_workbook({"Acute": [[*ABOUT], ["X00", "A", "B"]]}), "no column is a measure of a year"),
        (a_benchmark({ACUTE: {"X00": [7, 7]}}, ["PP1_2024", "PP1_2024"]), "two columns are called “PP1_2024”"),
        (a_workbook({"Empty": []}), "No sheet has a column “org_id”."),
    ],
)
def test_another_workbook_is_refused(content, said):
    assert said in problems(content)[0]


def test_trusts_outside_the_programme_are_left_out_and_counted():
    found = keep(read_benchmark(a_small_benchmark()), frozenset({"X00", "X09"}))
    assert found.notes == (
        "The file also tells of 2 trusts outside the programme. They are left out.",
        "The file says nothing about X09.",
    )
    reading = as_reading(found)
    assert (reading.trusts, reading.numbers, reading.left_out) == (
        ("X00",), 4, (("of trusts outside the programme", 8),)
    )  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["X00", "X01", "X02", "R1F1", "R1F2", "R1F"]),
        st.lists(st.one_of(st.none(), st.just("*"), st.floats(0, 10)), min_size=2, max_size=2),
        min_size=1,
    ),
    st.frozensets(st.sampled_from(["X00", "X01", "R1F", "X09"])),
)
def test_the_totals_add_up_whatever_is_put_together_or_left_out(trusts, known):
    cells = {code: [values[0], 10, values[1]] for code, values in trusts.items()}
    found = read_benchmark(a_benchmark({ACUTE: cells}, ["PP1_2024", "PP1_n_2024", "PP2_2023"]))
    assert found.cells == 2 * len(trusts)
    for kept in (found, keep(found, known)):
        reading = as_reading(kept)
        assert reading.numbers + reading.missing + sum(number for _, number in reading.left_out) == found.cells


# workbooks that mean harm, or are none


def refused(content):
    with pytest.raises(Unusable) as refusal:
        read_workbook(content)
    return refusal.value.reason


def altered(content, **parts):
    """The workbook with parts replaced or added; a key is the name with / as __ and . as _DOT_."""
    out = io.BytesIO()
    new = {name.replace("__", "/").replace("_DOT_", "."): part for name, part in parts.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in old.namelist():
            archive.writestr(name, new.pop(name, old.read(name)))
        for name, part in new.items():
            archive.writestr(name, part)
    return out.getvalue()


PLAIN = a_workbook({"Sheet1": [["a", 1]]})


def sheet_with(cells):
    head = (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    )
    return f"{head}{cells}</sheetData></worksheet>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"code,year\nRAA,2024\n", "This is not an Excel workbook (.xlsx)."),
        (b"PK\x03\x04" + b"x" * 100, "This is not an Excel workbook (.xlsx)."),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "This is an old or a locked Excel workbook."),
        (PLAIN[: len(PLAIN) // 2], "This is not an Excel workbook (.xlsx)."),
        (b"x" * (workbook.LARGEST + 1), "larger than 10 MB"),
    ],
)
def test_what_is_no_workbook_is_refused_in_a_sentence(content, said):
    assert said in refused(content)


def test_a_zip_file_that_is_no_workbook_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert "not an Excel workbook" in refused(out.getvalue())


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 3 * 1024**2)  # the real limit takes seconds to reach
    bomb = altered(PLAIN, xl__worksheets__sheet2_DOT_xml=b" " * (3 * 1024**2 + 1))
    assert len(bomb) < 30_000
    assert "holds more than 3 MB once it is unpacked" in refused(bomb)
    assert len(read_workbook(altered(PLAIN, xl__other_DOT_xml=b" " * 1024**2))) == 1


def test_a_part_that_lies_about_its_size_is_refused():
    """The size that the zip file tells of a part is made small; its real bytes are many."""
    lying = bytearray(altered(PLAIN, xl__worksheets__sheet1_DOT_xml=b"<a>" * 100_000))
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = lying.index(signature)
        while b"sheet1.xml" not in lying[at : at + 90]:
            at = lying.index(signature, at + 4)
        lying[at + place : at + place + 4] = (10).to_bytes(4, "little")
    assert "damaged" in refused(bytes(lying))


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
        f'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">{"<c><v>1</v></c>" * 3}</row>',
    ],
)
def test_a_stray_cell_in_the_far_corner_is_refused_before_it_fills_the_memory(cells):
    assert "stray cell" in refused(altered(PLAIN, xl__worksheets__sheet1_DOT_xml=sheet_with(cells)))


def test_a_sheet_in_an_unusual_place_is_looked_at_as_well():
    links = zipfile.ZipFile(io.BytesIO(PLAIN)).read("xl/_rels/workbook.xml.rels").decode()
    far = sheet_with('<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    content = altered(
        PLAIN,
        xl___rels__workbook_DOT_xml_DOT_rels=links.replace("worksheets/sheet1.xml", "media/picture.bin"),
        xl__media__picture_DOT_bin=far,
    )
    assert "stray cell" in refused(content)


def test_a_damaged_sheet_is_refused():
    assert "damaged" in refused(altered(PLAIN, xl__worksheets__sheet1_DOT_xml=b"<worksheet><sheetData><row"))
    assert "damaged" in refused(altered(PLAIN, xl__worksheets__sheet1_DOT_xml="<x/>".encode("utf-16")))


def test_cells_keep_every_digit_and_lines_their_numbers():
    rows = [[], [], ["a", 0.1234567890123, 7.0, True, None, " b "]]
    (tab,) = read_workbook(a_workbook({"S": rows}))
    assert tab.lines[0].number == 3
    assert tab.lines[0].cells == ("a", "0.1234567890123", "7", "TRUE", "", "b")
