"""Monthly movements add up, or their line is a problem; and the arithmetic of leaving and staying."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics.published import as_reading
from pilot.metrics.retention import Movement
from pilot.metrics.sheet import Unusable
from pilot.metrics.workforce import COUNTS, read_workforce
from tests.builders.publishers import a_movement_line as line
from tests.builders.publishers import a_workforce_file as file


def problems(*lines):
    with pytest.raises(Unusable) as refusal:
        read_workforce(file(*lines))
    return [str(problem) for problem in refusal.value.problems]


def test_the_figures_of_a_trust_are_the_sums_over_its_staff_groups():
    found = read_workforce(file(line(), line(staff_group="Porters", headcount_start=20, headcount_end=21)))
    reading = as_reading(found)
    values = {one.outcome: one.value for one in reading.observations}
    assert values == {
        "headcount_start": 120, "headcount_end": 122, "joiners": 8, "leavers": 6, "leavers_to_nhs": 2, "retired": 2,
        "end_of_contract": 0, "other_reasons": 2,
    }  # fmt: skip
    assert all(one.counted and one.n is None for one in reading.observations)
    assert [one.staff_group for one in reading.movements] == ["Nursing", "Porters"]
    assert reading.left_out == (("added up over staff groups", len(COUNTS)),)
    assert (reading.rows, reading.numbers) == (2, len(COUNTS))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"retired": 2}, "Line 2: the reasons for leaving add up to 4, but there are 3 leavers."),
        (
            {"headcount_end": 102},
            "Line 2: 100 at the start + 4 joiners − 3 leavers = 101, but the headcount at the end is 102.",
        ),
        (
            {"moved_in": 2},
            "Line 2: 100 at the start + 4 joiners − 3 leavers + 2 moved in − 0 moved out = 103, "
            "but the headcount at the end is 101.",
        ),
        ({"headcount_start": -1}, "Line 2: “headcount_start” must be a whole number, 0 or more, but is “-1”."),
        ({"joiners": "four"}, "Line 2: “joiners” must be a whole number, 0 or more, but is “four”."),
        ({"joiners": 4.5}, "Line 2: “joiners” must be a whole number, 0 or more, but is “4.5”."),
        ({"leavers": ""}, "Line 2: “leavers” must be a whole number, 0 or more, but is “”."),
        ({"month": "2027"}, "Line 2: “2027” is not a month. Write it like 2027-03 or March 2027."),
        ({"ods_code": "Total"}, "Line 2: “Total” looks like a row of totals. Remove this line."),
        (
            {"staff_group": ""},
            "Line 2: the staff group must have 1 to 60 letters. Write All staff where there is one row.",
        ),
    ],
)
def test_a_line_that_does_not_add_up_is_a_problem(changes, said):
    assert [problem for problem in problems(line(**changes)) if problem.startswith("Line")] == [said]


def test_nobody_leaves_who_was_not_there():
    said = problems(line(headcount_start=2, headcount_end=3))
    assert said == ["Line 2: more people left than the 2 who were there at the start."]


def test_moves_within_a_trust_are_neither_joiners_nor_leavers_and_balance():
    out = line(headcount_end=99, moved_out=2)
    into = line(staff_group="Porters", headcount_end=103, moved_in=2)
    assert read_workforce(file(out, into)).notes == ()
    assert problems(out) == ["X00 in 2027-03: 0 people moved into staff groups, but 2 out of them."]


def test_everybody_is_not_counted_beside_the_groups():
    assert problems(line(), line(staff_group="All staff")) == [
        "X00 in 2027-03 has “All staff” beside other staff groups. Keep one or the other."
    ]
    assert read_workforce(file(line(staff_group="All staff"))).rows == 1


def test_a_group_stands_there_once_a_month():
    assert problems(line(), line(staff_group="nursing"))[0] == (
        "Line 3: X00 in 2027-03 has “nursing” twice; it is also on line 2."
    )


def test_a_gap_between_two_months_is_told():
    following = line(month="2027-04", headcount_start=90, headcount_end=91)
    (note,) = read_workforce(file(line(), following)).notes
    assert note.endswith("start of the next: X00 Nursing after 2027-03 (101 and 90).")
    right = line(month="2027-04", headcount_start=101, headcount_end=102)
    assert read_workforce(file(line(), right)).notes == ()
    assert read_workforce(file(line(month="2027-12"), line(month="2028-01"))).notes != (), "December before January"


def test_columns_may_be_called_otherwise_and_moves_left_out():
    content = b"Org code;Month;Occupation;Start;End;Joiners;Leavers;To NHS;Retirement;End of fixed term;Other\n"
    content += b"X00;March 2027;Nursing;100;101;4;3;1;1;0;1\n"
    assert read_workforce(content).movements == (Movement("X00", "2027-03", "Nursing", 100, 101, 4, 3, 1, 1, 0, 1),)


def test_missing_columns_are_all_named():
    with pytest.raises(Unusable) as refusal:
        read_workforce(b"ods_code,month,headcount_start\nX00,2027-03,1\n")
    assert len(refusal.value.problems) == 8


def moved(start, leavers, joiners=0):
    return Movement("X00", "2020-03", "Doctors", start, start - leavers + joiners, joiners, leavers, 0, 0, 0, leavers)


def test_the_published_example_of_hospital_doctors():
    """NHS England, HCHS doctors 2019–20: 4,272 leavers are 6.5% of the mean headcount, stability 93.4%."""
    one = moved(64_727, 4_272, 6_264)
    assert one.leaver_rate == pytest.approx(0.065, abs=0.0005)
    assert one.stability == pytest.approx(0.934, abs=0.0005)


def test_an_empty_group_has_no_rates():
    assert moved(0, 0).leaver_rate is None
    assert moved(0, 0).stability is None
    assert moved(0, 0, 5).leaver_rate == 0
    assert moved(10, 10).leaver_rate == 2
    assert moved(10, 10).stability == 0


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 3), st.integers(1, 3))
def test_only_the_one_true_headcount_at_the_end_is_taken(start, joiners, left, reason, wrong):
    left = min(left, start)
    reasons = [0, 0, 0, 0]
    reasons[reason] = left
    end = start + joiners - left
    cells = dict(zip(("leavers_to_nhs", "retired", "end_of_contract", "other_reasons"), reasons, strict=True))
    cells |= {"headcount_start": start, "joiners": joiners, "leavers": left}
    assert read_workforce(file(line(**cells, headcount_end=end))).rows == 1
    with pytest.raises(Unusable):
        read_workforce(file(line(**cells, headcount_end=end + wrong)))
