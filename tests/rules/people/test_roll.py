"""Every trap that an HR extract sets, one by one."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.people.roll import (
    Category,
    Status,
    compare,
    forbidden,
    guess,
    is_known,
    mapping_problems,
    read_roll,
)
from pilot.people.roll.values import Assignment, RollPerson
from pilot.people.sheet import open_sheet

HEADINGS = "Employee Number,Last Name,First Name,Staff Group,Department"
TODAY = date(2027, 3, 1)


def file(*lines, headings=HEADINGS):
    return "\n".join([headings, *lines, ""]).encode()


def read(*lines, headings=HEADINGS, **options):
    content = file(*lines, headings=headings)
    return read_roll(content, guess(open_sheet(content, is_known).headings), **options)


def refused(headings, *lines):
    sheet = open_sheet(file(*lines, headings=headings), is_known)
    return [(one.heading, one.holds) for one in forbidden(sheet, guess(sheet.headings), TODAY)]


# What is taken


def test_a_clean_roll_is_read_whole():
    roll = read("00012345,Lee,Ann,Nursing,ICU", "00012346,Roy,Bo,Estates,Portering")
    assert [(p.employee_number, p.last_name, p.first_name) for p in roll.people] == [
        ("00012345", "Lee", "Ann"),
        ("00012346", "Roy", "Bo"),
    ]
    assert roll.people[0].assignments[0].staff_group == "Nursing"
    assert roll.people[0].assignments[0].unit == "ICU"
    assert not roll.problems
    assert roll.adds_up


def test_several_assignments_of_one_person_are_one_person():
    roll = read(
        "12,Lee,Ann,Nursing,ICU,12-1,N",
        "12,LEE,ann,Nursing,Bank,12-2,Y",
        headings=HEADINGS + ",Assignment Number,Primary Assignment",
    )
    (person,) = roll.people
    assert [job.unit for job in person.assignments] == ["Bank", "ICU"]
    assert [job.is_primary for job in person.assignments] == [True, False]
    assert person.lines == (2, 3)
    assert roll.assignments == 2
    assert roll.adds_up


def test_several_assignments_without_a_primary_one_are_noted_and_taken():
    roll = read("12,Lee,Ann,Nursing,ICU", "12,Lee,Ann,Nursing,Bank")
    assert roll.people[0].assignments[0].unit == "ICU"
    assert "Line 2 counts as primary" in roll.notes[0].sentence


def test_contradictory_names_under_one_number_reject_all_their_lines():
    roll = read("12,Lee,Ann,Nursing,ICU", "13,Roy,Bo,Nursing,ICU", "12,Ray,Bob,Nursing,ICU")
    assert [p.employee_number for p in roll.people] == ["13"]
    assert roll.rejected == (2, 4)
    assert roll.problems[0].sentence == "Employee 12 is Ann Lee on line 2 but Bob Ray on line 4"
    assert roll.adds_up


def test_a_line_that_comes_twice_counts_once():
    roll = read("12,Lee,Ann,Nursing,ICU", "12,Lee,Ann,Nursing,ICU")
    assert roll.rejected == (3,)
    assert roll.problems[0].sentence == "This line tells of the same assignment as line 2"
    assert roll.people[0].lines == (2,)


@pytest.mark.parametrize("text", ["05/11/2019", "05-NOV-2019", "43774", "2019-11-05"])
def test_a_start_date_in_every_style(text):
    roll = read(f"12,Lee,Ann,Nursing,ICU,{text}", headings=HEADINGS + ",Latest Start Date")
    assert roll.people[0].assignments[0].started_on == date(2019, 11, 5)


def test_a_date_with_the_month_first_is_a_problem():
    roll = read("12,Lee,Ann,Nursing,ICU,11/25/2019", headings=HEADINGS + ",Latest Start Date")
    assert "“11/25/2019” is not a date. Write it like 31/03/2027" in roll.problems[0].sentence


def test_categories_and_statuses_are_understood_in_the_words_of_hr_systems():
    roll = read(
        "1,Lee,Ann,Nursing,ICU,Fixed Term Temp,Active Assignment",
        "2,Roy,Bo,Nursing,ICU,Bank,Maternity & Adoption",
        "3,Fox,Cy,Board,Board,Non-Exec Director/Chair,",
        headings=HEADINGS + ",Assignment Category,Assignment Status",
    )
    jobs = [p.assignments[0] for p in roll.people]
    assert [job.category for job in jobs] == [Category.FIXED_TERM, Category.BANK, Category.NON_EXECUTIVE]
    assert [job.status for job in jobs] == [Status.ACTIVE, Status.PARENTAL_LEAVE, Status.NOT_STATED]


def test_an_unknown_category_is_a_problem_and_no_guess():
    roll = read("1,Lee,Ann,Nursing,ICU,Zzz", headings=HEADINGS + ",Assignment Category")
    assert "Assignment category “Zzz” is not a category that we know" in roll.problems[0].sentence


def test_columns_that_nobody_mapped_are_not_read():
    roll = read("1,Lee,Ann,Nursing,ICU,30000", headings=HEADINGS + ",Salary")
    assert "30000" not in repr(roll)


# What is not taken, with its line


def test_every_problem_of_every_line_is_named_at_once():
    roll = read(",Lee,,Nursing,ICU", "2,Roy,Bo,,", "3,Fox,Cy,Nursing,ICU")
    assert [(p.line, p.sentence) for p in roll.problems] == [
        (2, "Employee number is missing"),
        (2, "First name is missing"),
        (3, "Staff group is missing"),
        (3, "Department or ward is missing"),
    ]
    assert roll.rejected == (2, 3)
    assert roll.adds_up


@pytest.mark.parametrize("cell", ["=CMD()", "+1", "@SUM(A1)", '"-2+3"', "\t=1"])
def test_a_formula_is_rejected(cell):
    roll = read(f"1,{cell},Ann,Nursing,ICU")
    assert "takes for a formula" in roll.problems[0].sentence
    assert not roll.people


def test_a_number_that_excel_was_told_to_keep_as_text_is_taken():
    roll = read('"=""00123""",Lee,Ann,Nursing,ICU')
    assert roll.people[0].employee_number == "00123"


@pytest.mark.parametrize(
    ("number", "words"),
    [("1.23E+07", "was shortened"), ("123.0", "decimal number"), ("12 34", "not an employee number")],
)
def test_a_number_that_a_spreadsheet_spoilt_is_rejected(number, words):
    assert words in read(f"{number},Lee,Ann,Nursing,ICU").problems[0].sentence


def test_a_dash_is_an_empty_cell():
    assert read("1,Lee,Ann,Nursing,-").problems[0].sentence == "Department or ward is missing"


def test_a_line_with_more_cells_than_headings_is_rejected():
    assert "more cells than there are headings" in read("1,Lee,Ann,Nursing,ICU,extra").problems[0].sentence


def test_a_name_that_is_too_long_is_rejected():
    assert "longer than 100 characters" in read(f"1,{'L' * 101},Ann,Nursing,ICU").problems[0].sentence


def test_lines_of_another_organisation_are_rejected():
    roll = read(
        "1,Lee,Ann,Nursing,ICU,RBB",
        "2,Roy,Bo,Nursing,ICU,raa",
        "3,Fox,Cy,Nursing,ICU,Loamshire NHS Trust",
        headings=HEADINGS + ",ODS Code",
        organisation=("RAA", "Loamshire NHS Trust"),
    )
    assert roll.rejected == (2,)
    assert "“RBB” is another organisation" in roll.problems[0].sentence


# Lines that hold nobody


@pytest.mark.parametrize("total", ["Total,,,,2", "Grand Total: 2,,,,", ",,,,Total", "Count,2,,,"])
def test_a_trailing_total_is_skipped_unless_it_has_a_name(total):
    roll = read("1,Lee,Ann,Nursing,ICU", total)
    if total.startswith("Count"):
        assert roll.rejected == (3,)
    else:
        assert [(s.line, s.why) for s in roll.skipped] == [(3, "total")]
    assert len(roll.people) == 1
    assert roll.adds_up


def test_headings_that_come_again_are_skipped():
    roll = read("1,Lee,Ann,Nursing,ICU", HEADINGS.upper(), "2,Roy,Bo,Nursing,ICU")
    assert [(s.line, s.why) for s in roll.skipped] == [(3, "headings again")]
    assert len(roll.people) == 2


def test_empty_lines_and_remarks_below_are_skipped():
    roll = read("1,Lee,Ann,Nursing,ICU", ",,,,", "Made by HR on 1 March,,,,")
    assert [(s.line, s.why) for s in roll.skipped] == [(3, "empty line"), (4, "remark below the table")]
    assert roll.adds_up


@pytest.mark.parametrize("line", [",Lee,,,", "00012345,,,,"])
def test_somebody_half_told_at_the_end_is_no_remark(line):
    roll = read("1,Lee,Ann,Nursing,ICU", line)
    assert roll.rejected == (3,)


# Leading zeros


def test_lost_zeros_are_asked_about_with_their_lines():
    roll = read("00012345,Lee,Ann,Nursing,ICU", "12346,Roy,Bo,Nursing,ICU", "00012347,Fox,Cy,Nursing,ICU")
    assert roll.short_numbers.width == 8
    assert roll.short_numbers.lines == (3,)


def test_zeros_are_filled_only_when_that_was_the_answer():
    lines = ["00012345,Lee,Ann,Nursing,ICU", "12346,Roy,Bo,Nursing,ICU", "00012347,Fox,Cy,Nursing,ICU"]
    assert [p.employee_number for p in read(*lines, zeros="fill").people][1] == "00012346"
    assert [p.employee_number for p in read(*lines, zeros="keep").people][1] == "12346"


def test_numbers_of_equal_width_raise_no_question():
    assert read("1,Lee,Ann,Nursing,ICU", "2,Roy,Bo,Nursing,ICU").short_numbers is None


def test_one_long_number_does_not_make_the_others_short():
    assert read("11,Lee,Ann,N,I", "12,Roy,Bo,N,I", "130,Fox,Cy,N,I").short_numbers is None


# Columns


def test_the_usual_headings_are_guessed():
    headings = ["Assignment Number", "Employee No.", "Surname", "Forename", "Org L8", "Department", "STAFF  GROUP"]
    assert guess(headings) == {
        "assignment_number": "Assignment Number",
        "employee_number": "Employee No.",
        "last_name": "Surname",
        "first_name": "Forename",
        "unit": "Department",
        "staff_group": "STAFF  GROUP",
    }


def test_the_last_mapping_is_remembered_as_far_as_its_columns_are_there():
    remembered = {"unit": "Org L8", "site": "Gone"}
    mapping = guess(["Department", "Org L8", "Location"], remembered)
    assert mapping == {"unit": "Org L8", "site": "Location"}


def test_missing_doubled_and_twice_used_columns_are_all_named():
    headings = ["Employee Number", "Last Name", "Staff Group", "Staff Group", "Ward"]
    mapping = {
        "employee_number": "Employee Number",
        "last_name": "Last Name",
        "first_name": "Last Name",
        "staff_group": "Staff Group",
        "site": "Location",
    }
    problems = mapping_problems(mapping, headings)
    assert problems["unit"] == "Select the column that holds the department or ward"
    assert problems["staff_group"] == "Columns 3 and 4 are both called “Staff Group”. Rename or remove all but one"
    assert "twice" in problems["first_name"]
    assert problems["site"] == "This file has no column “Location”"


@pytest.mark.parametrize(
    ("heading", "holds"),
    [
        ("NI Number", "National Insurance number"),
        ("NINO", "National Insurance number"),
        ("Date Of Birth", "date of birth"),
        ("D.O.B.", "date of birth"),
        ("Home Address", "home address"),
        ("Address Line 1", "home address"),
        ("Postcode", "home address"),
        ("Sex", "sex or gender"),
        ("Gender", "sex or gender"),
        ("Ethnic Origin", "ethnic origin"),
        ("Ethnicity", "ethnic origin"),
        ("Disability", "disability"),
        ("Disabled Y/N", "disability"),
        ("Religious Belief", "religion or belief"),
        ("Religion", "religion or belief"),
        ("Sexual Orientation", "sexual orientation"),
        ("Union Subs", "trade union"),
        ("UNISON", "trade union"),
        ("Trade Union", "trade union"),
    ],
)
def test_a_column_is_refused_by_its_heading(heading, holds):
    assert refused(f"{HEADINGS},{heading}", "1,Lee,Ann,Nursing,ICU,x") == [(heading, holds)]


@pytest.mark.parametrize(
    "heading",
    ["E-mail Address", "Trust", "Staff Group Sub", "Communion Ward", "Unit", "Unite Ward"],
)
def test_an_innocent_heading_is_not_refused(heading):
    assert refused(f"{HEADINGS},{heading}", "1,Lee,Ann,Nursing,ICU,x") == []


@pytest.mark.parametrize("number", ["AB123456C", "ab 12 34 56 c"])
def test_a_national_insurance_number_is_seen_under_any_heading(number):
    assert refused(f"{HEADINGS},Reference", "1,Lee,Ann,Nursing,ICU,", f"2,Roy,Bo,Nursing,ICU,{number}") == [
        ("Reference", "National Insurance number")
    ]
    assert refused(HEADINGS, f"{number},Lee,Ann,Nursing,ICU") == [("Employee Number", "National Insurance number")]


def test_a_column_without_a_heading_is_named_by_its_place():
    assert refused(HEADINGS, "1,Lee,Ann,Nursing,ICU,AB123456C") == [("column 6", "National Insurance number")]


def test_days_that_all_lie_long_ago_look_like_births():
    lines = [f"{n},Lee,Ann,Nursing,ICU,0{n}/05/19{60 + n}" for n in range(1, 6)]
    assert refused(f"{HEADINGS},Ref date", *lines) == [("Ref date", "date of birth")]


def test_start_dates_are_not_taken_for_births():
    lines = [f"{n},Lee,Ann,Nursing,ICU,0{n}/05/19{90 + n}" for n in range(1, 6)]
    assert refused(f"{HEADINGS},Start Date", *lines) == []
    assert refused(f"{HEADINGS},Review date", *lines, "6,Roy,Bo,Nursing,ICU,01/02/2025") == []


def test_births_mapped_to_the_start_date_are_seen_in_a_long_list():
    lines = [f"{n},Lee,Ann,Nursing,ICU,{1 + n % 28}/05/{1955 + n}" for n in range(1, 41)]
    assert refused(f"{HEADINGS},Start Date", *lines) == [("Start Date", "date of birth")]


# Laws


CELL = st.text(st.characters(codec="utf-8", exclude_characters='\x00\r\n",'), max_size=12)


@given(st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL), min_size=1, max_size=12))
def test_the_totals_always_add_up(rows):
    lines = [",".join(row) for row in rows]
    if not any("".join(row).strip() for row in rows):
        return
    roll = read("1,Lee,Ann,Nursing,ICU", *lines)
    assert roll.adds_up
    numbers = [person.employee_number for person in roll.people]
    assert len(numbers) == len(set(numbers))


def test_twenty_thousand_lines_take_less_than_two_seconds():
    headings = HEADINGS + ",Location,Job Role,Pay Band,Assignment Category,Assignment Status,Latest Start Date,Salary"
    lines = [
        f"{n:08},Lee{n},Ann,Nursing,Ward {n % 90},Site {n % 5},Nurse,Band {n % 8},Permanent,Active,"
        f"{1 + n % 28:02}/05/{1990 + n % 35},30000"
        for n in range(20_000)
    ]
    content = file(*lines, headings=headings)
    start = time.process_time()
    sheet = open_sheet(content, is_known)
    mapping = guess(sheet.headings)
    assert not forbidden(sheet, mapping, TODAY)
    roll = read_roll(content, mapping)
    assert len(roll.people) == 20_000
    assert time.process_time() - start < 4, "twice the promise, since the machine that tests may be slow"


# Against the roll before


def person(number, unit):
    return RollPerson(int(number), number, "Lee", "Ann", (Assignment("Nursing", unit),))


def test_who_joined_left_and_moved_since_the_roll_before():
    before = [person("1", "ICU"), person("2", "ICU"), person("3", "ICU")]
    roll = read("1,Lee,Ann,Nursing,ICU", "2,Lee,Ann,Nursing,Ward 4", "4,Fox,Cy,Nursing,ICU")
    changes = compare(before, roll.people)
    assert changes.joined == (("4", "Cy Fox"),)
    assert changes.left == (("3", "Ann Lee"),)
    assert [(m.employee_number, m.before, m.after) for m in changes.moved] == [
        ("2", "Nursing · ICU", "Nursing · Ward 4")
    ]
    assert changes.is_large


def test_a_tenth_is_not_yet_much():
    before = [person(str(n), "ICU") for n in range(10, 20)]
    lines = [f"{n},Lee,Ann,Nursing,ICU" for n in range(10, 19)]
    assert not compare(before, read(*lines).people).is_large
    assert compare(before, read(*lines[:-1]).people).is_large


def test_the_first_roll_has_nothing_to_be_compared_with():
    changes = compare([], read("1,Lee,Ann,Nursing,ICU").people)
    assert changes.share == 0
    assert not changes.is_large
