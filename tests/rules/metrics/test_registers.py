"""Ratings, the list of all trusts and pulse results as their publishers write them."""

from datetime import date

import pytest

from pilot.errors import NotFound
from pilot.metrics.layouts import LAYOUTS, Surroundings, layout_called, read_figures, read_register
from pilot.metrics.published import Figure
from pilot.metrics.pulse import read_pulse
from pilot.metrics.ratings import read_ratings
from pilot.metrics.register import Listed, Rating, adding, replacing
from pilot.metrics.sheet import Unusable
from pilot.metrics.trustlist import held_to, read_trust_list
from tests.builders.publishers import PULSE, RATINGS, a_trust_list


def problems(read, content):
    with pytest.raises(Unusable) as refusal:
        read(content)
    return [str(problem) for problem in refusal.value.problems]


def test_ratings_are_read_and_lines_without_any_counted():
    register = read_ratings(RATINGS)
    assert register.entries == (
        Rating("X00", date(2026, 3, 19), "Good", "Outstanding"),
        Rating("X01", date(2025, 2, 1), "Requires improvement", None),
    )
    assert register.left_out == (("lines without any rating", 1),)
    assert register.counts == (("overall: Good", 1), ("overall: Requires improvement", 1))


def test_every_problem_of_a_file_of_ratings_is_named_by_its_line():
    content = b"code,overall,well-led,date\nX00,Splendid,Good,2026-03-19\nX01,Good,,\nX02,Good,Good,19/03/2026\n"
    content += b"X02,Inadequate,Good,19/03/2026\n"
    assert problems(read_ratings, content) == [
        "Line 2: “Splendid” is not a rating. Write Outstanding, Good, Requires improvement or Inadequate.",
        "Line 3: “” is not a date. Write it like 31/03/2027.",
        "Line 5: X02 has ratings of 2026-03-19 twice; they are also on line 4.",
    ]


def test_a_file_without_any_rating_is_refused():
    assert problems(read_ratings, b"code,overall,well_led,date\nX00,,,\n") == ["No line has a rating."]
    assert "the column “well_led” is missing." in problems(read_ratings, b"code,overall,date\nX00,Good,2026-01-01\n")[0]


def test_two_columns_of_one_meaning_are_refused():
    content = b"ods_code,code,overall,well_led,date\nX00,X00,Good,Good,2026-01-01\n"
    assert problems(read_ratings, content) == ["Line 1: “ods_code” and “code” mean the same column."]


def test_the_real_ratings_of_the_trusts_go_in(reference_data):
    register = read_ratings((reference_data / "nhs" / "trust_covariates_2026-03.csv").read_bytes())
    assert (register.rows, len(register.entries)) == (150, 139)
    assert dict(register.counts) == {
        "overall: Outstanding": 7, "overall: Good": 71, "overall: Requires improvement": 57, "overall: Inadequate": 2,
        "overall: Not rated": 2,
    }  # fmt: skip
    assert register.entries[0] == Rating("R0A", date(2019, 3, 19), "Requires improvement", "Requires improvement")
    assert register.left_out == (("lines without any rating", 11),)


def test_the_real_list_of_all_trusts_goes_in(reference_data):
    register = read_trust_list((reference_data / "nhs" / "ods_etr.csv").read_bytes())
    assert (register.rows, len(register.entries)) == (210, 210)
    first = Listed("G6V2S", "NORTH LONDON NHS FOUNDATION TRUST", "Y56", "QMJ", date(2024, 11, 1), None)
    assert register.entries[0] == first
    closed = {one.trust: one.closed_on for one in register.entries if one.closed_on}
    assert closed["R1C"] == date(2024, 9, 30)
    assert dict(register.counts)["trusts with a day of closing"] == len(closed) == 5


def test_the_real_ratings_are_of_trusts_on_the_real_list(reference_data):
    listed = {one.trust: one for one in read_trust_list((reference_data / "nhs" / "ods_etr.csv").read_bytes()).entries}
    content = (reference_data / "nhs" / "trust_covariates_2026-03.csv").read_bytes()
    assert read_register(LAYOUTS["ratings"], content, (), listed).notes == ()


def test_the_first_line_of_the_list_of_trusts_is_a_trust():
    register = read_trust_list(a_trust_list())
    assert [one.trust for one in register.entries] == ["X00", "X01"]
    assert register.entries[1].closed_on == date(2024, 12, 31)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (a_trust_list(("X!", "20100401", ""), ("X01", "20100401", "")), "Line 1: “X!” is not a trust code, like RAX."),
        (
            a_trust_list(("X01", "20101301", ""), ("X02", "20100401", "")),
            "Line 1: “20101301” is not a day as the list writes it, like 20270331.",
        ),
        (
            a_trust_list(("X01", "20100401", "20090401"), ("X02", "20100401", "")),
            "Line 1: X01 closes on 2009-04-01 before it opens on 2010-04-01.",
        ),
        (
            a_trust_list(("X01", "20100401", ""), ("X01", "20100401", "")),
            "Line 2: X01 is there twice; it is also on line 1.",
        ),
        (b"code,name\nX01,A trust\n", "Line 1: has 2 columns, but the list of trusts has 12 or more."),
        (b"", "The file is empty."),
        (
            b"PK\x03\x04",
            "This is an Excel workbook. In Excel, choose Save as and then CSV UTF-8, and upload that file.",
        ),
    ],
)
def test_another_list_of_trusts_is_refused(content, said):
    assert said in problems(read_trust_list, content)


def test_codes_are_held_to_the_list_where_there_is_one():
    listed = {one.trust: one for one in read_trust_list(a_trust_list()).entries}
    assert held_to(["X00", "X01", "X07"], listed) == (
        "X07 is not on the list of trusts. Check the codes.",
        "Closed according to the list of trusts: X01 (31 December 2024).",
    )
    assert held_to(["X00"], listed) == ()
    assert held_to(["X07"], {}) == ()
    reading = read_figures(LAYOUTS["pulse"], PULSE.replace(b"X01", b"X07"), (), Surroundings(listed=listed))
    assert reading.notes == ("X07 is not on the list of trusts. Check the codes.",)
    named = read_figures(
        LAYOUTS["columns"], b"c,y,m\nX07,2024,5\n", ("trust", "period", "score"), Surroundings(listed=listed)
    )
    assert named.notes == ("X07 is not on the list of trusts. Check the codes.",)


def test_a_list_that_takes_the_place_of_another_says_what_changes():
    before = read_trust_list(a_trust_list()).entries
    after = read_trust_list(a_trust_list(("X00", "20100401", "20250331"), ("X02", "20240101", "")))
    (note,) = replacing(after, before).notes
    assert note == "It takes the place of the list that is there: 1 new, 1 gone, 1 changed."
    assert replacing(after, ()).notes == ()
    with pytest.raises(Unusable, match="nothing in it is new"):
        replacing(after, after.entries)


def test_ratings_are_added_to_those_that_are_there():
    register = read_ratings(RATINGS)
    more = adding(register, register.entries[:1])
    assert more.entries == register.entries[1:]
    assert more.left_out == (("lines without any rating", 1), ("there already", 1))
    assert more.rows == len(more.entries) + sum(number for _, number in more.left_out)
    with pytest.raises(Unusable, match="Everything in this file is there already"):
        adding(register, register.entries)
    other = Rating("X00", date(2026, 3, 19), "Inadequate", "Outstanding")
    with pytest.raises(Unusable, match="X00 2026-03-19 is there already with other words"):
        adding(register, (other,))


def test_pulse_results_are_read_by_the_month_of_their_quarter():
    found = read_pulse(PULSE)
    assert found.figures == {
        ("X00", "2027-01", "engagement"): Figure(6.8, 210),
        ("X00", "2027-04", "q2a"): Figure(0.55, 190),
        ("X01", "2027-01", "engagement"): Figure(None, 9),
    }
    assert (found.rows, found.cells) == (3, 3)


def test_pulse_results_tell_how_many_answered():
    found = read_pulse(PULSE + b"X00,01/2027,response_rate,0.31,210\n")
    assert found.figures["X00", "2027-01", "response_rate"] == Figure(0.31, 210)
    assert problems(read_pulse, PULSE + b"X00,01/2027,response_rate,31,210\n")[0].endswith("but is “31”.")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "X00,2027-10,engagement,6,9",
            "the Pulse Survey is asked in January, April and July, but this is October 2027.",
        ),
        ("X00,2027-Q1,engagement,6,9", "“2027-Q1” is not a month. Write it like 2027-03 or March 2027."),
        ("X00,2027-01,engagement,11,9", "“engagement” must be from 0 to 10, but is “11”."),
        ("X00,2027-01,q2a,55,9", "“q2a” must be from 0 to 1, but is “55”."),
        (
            "X00,2027-01,q21a,0.5,9",
            "“q21a” is not a score (engagement, motivation, involvement, advocacy) or an item (q2a,",
        ),
        ("X00,2027-01,q2a,half,9", "“q2a” is not a number: “half”."),
        ("X00,2027-01,q2a,0.5,some", "the number of answers must be a whole number, 0 or more, but is “some”."),
        ("X00,2027-01,q2a,0.5,0", "there is a value but 0 answers."),
        ("X,2027-01,q2a,0.5,9", "“X” is not a trust code, like RAX."),
    ],
)
def test_a_wrong_line_of_pulse_results_is_named(line, said):
    (problem,) = problems(read_pulse, f"ods_code,quarter,measure,value,n\n{line}\n".encode())
    assert problem.startswith("Line 2: ")
    assert said in problem


def test_a_pulse_result_stands_there_once():
    assert problems(read_pulse, PULSE + b"X00,01/2027,Engagement,6.9,8\n") == [
        "Line 5: X00 in 2027-01 has “engagement” twice; it is also on line 2."
    ]


def test_a_kind_of_file_that_is_not_known_is_not_found():
    with pytest.raises(NotFound):
        layout_called("pictures")


def test_a_file_without_any_trust_of_the_programme_is_refused():
    with pytest.raises(Unusable, match="no figure of any trust of the programme"):
        read_figures(LAYOUTS["pulse"], PULSE, (), Surroundings(known=frozenset({"X09"})))
