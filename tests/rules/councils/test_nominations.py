"""Candidates from a spreadsheet: files and pasted lines, every problem with its line."""

import time

import pytest

from pilot.councils import nominations
from pilot.councils.constitution import Constitution
from pilot.councils.contests import Candidate
from pilot.councils.nominations import Problem
from pilot.errors import BadInput


def read(text, *others):
    return nominations.read(text.encode(), others, Constitution())


def test_lines_pasted_from_a_spreadsheet_are_read():
    found = read("Name\tClass\tStatement\nAmy Osei\tBands 2 to 4\tNights matter.\n\t\t\nBen  Roy\t\t")
    assert found.candidates == (Candidate("Amy Osei", "Bands 2 to 4", "Nights matter."), Candidate("Ben Roy"))
    assert found.problems == ()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_file_with_first_and_last_names_is_read(separator):
    rows = [["First name", "Last name", "Band", "Statement"], ["Amy", "Osei", "Band 3", "Hello"]]
    found = read("\ufeff" + "\r\n".join(separator.join(row) for row in rows))
    assert found.candidates == (Candidate("Amy Osei", "Band 3", "Hello"),)


def test_a_statement_may_have_several_lines():
    found = read('Name,Statement\nAmy Osei,"One.\nTwo."\n')
    assert found.candidates == (Candidate("Amy Osei", "", "One.\nTwo."),)


def test_every_problem_is_told_with_its_line():
    long = "word " * 151
    found = read(f"Name,Statement\nAmy Osei,\n,Hello\namy osei,\nBen Roy,{long}\nCat Hill,\n", "Cat Hill")
    assert [(one.line, one.sentence.split(".")[0]) for one in found.problems] == [
        (3, "Enter the name of the candidate"),
        (4, "There is already a candidate called amy osei"),
        (5, "The statement must be 150 words or fewer"),
        (6, "There is already a candidate called Cat Hill"),
    ]


def test_a_table_without_names_is_told_so():
    assert read("Class,Statement\nPorters,Hello\n").problems == (
        Problem(1, "There is no column with the heading “Name”"),
    )


def test_names_and_classes_that_are_too_long_are_told():
    found = read(f"Name,Class\n{'a' * 121},x\nAmy Osei,{'b' * 81}\n")
    assert [one.sentence for one in found.problems] == [
        "The name must be 120 characters or fewer",
        "The class must be 80 characters or fewer",
    ]


@pytest.mark.parametrize("text", ["", "Amy Osei\nBen Roy\n", "Name\n"])
def test_what_is_no_table_of_candidates_is_refused(text):
    with pytest.raises(BadInput) as refused:
        read(text)
    assert set(refused.value.fields) == {"file"}


@pytest.mark.parametrize("many", [61, 4_000, 100_000])
def test_more_candidates_than_an_election_can_have_are_refused_at_once(many):
    began = time.process_time()
    with pytest.raises(BadInput) as refused:
        read("Name\n" + "\n".join(f"P{number}" for number in range(many)))
    assert refused.value.fields["file"].endswith("An election can have 60 candidates at most")
    assert time.process_time() - began < 1


def test_those_who_stand_already_count_too():
    assert len(read("Name\nAmy Osei\n\n", *(f"P{number}" for number in range(59))).candidates) == 1
    with pytest.raises(BadInput) as refused:
        read("Name\nAmy Osei\n", *(f"P{number}" for number in range(60)))
    assert refused.value.fields == {"file": "An election can have 60 candidates at most"}


def test_a_file_that_is_much_too_large_is_not_even_read():
    began = time.process_time()
    with pytest.raises(BadInput, match="There is a problem") as refused:
        read("Name\n" + "a" * 12_000_000)
    assert "too long for a list of candidates" in refused.value.fields["file"]
    assert time.process_time() - began < 1


@pytest.mark.parametrize("sign", ["\x01", "\x08", "\x1b", "\x7f"])
def test_signs_that_cannot_be_printed_are_told_with_their_line(sign):
    found = read(f"Name,Class,Statement\nAmy{sign}Osei,Bands{sign}2,Nights{sign} matter\nBen Roy,,\n")
    assert [(one.line, one.sentence) for one in found.problems] == [
        (2, "The name has a sign that cannot be printed"),
        (2, "The class has a character that cannot be printed"),
        (2, "The statement has a character that cannot be printed"),
    ]
    with pytest.raises(BadInput):
        read("Name\nAmy\x00Osei\n")
