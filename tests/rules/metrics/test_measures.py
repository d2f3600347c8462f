"""Periods in every usual way of writing, columns guessed, and leavers out of headcount."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.metrics.measures import check_roles, guess_roles, lack, read_measures
from pilot.metrics.periods import in_order, read_period
from pilot.metrics.retention import has_leaver_rate, leaver_rates
from pilot.metrics.sheet import Unusable, read_sheet


@pytest.mark.parametrize(
    ("text", "label", "first", "last"),
    [
        ("2027", "2027", date(2027, 1, 1), date(2027, 12, 31)),
        ("2026/27", "2026/27", date(2026, 4, 1), date(2027, 3, 31)),
        ("2026/2027", "2026/27", date(2026, 4, 1), date(2027, 3, 31)),
        ("2027 Q1", "2027-Q1", date(2027, 1, 1), date(2027, 3, 31)),
        ("2027-02", "2027-02", date(2027, 2, 1), date(2027, 2, 28)),
        ("Feb 2028", "2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("March 2027", "2027-03", date(2027, 3, 1), date(2027, 3, 31)),
        ("03/2027", "2027-03", date(2027, 3, 1), date(2027, 3, 31)),
        ("2027-03-31", "2027-03-31", date(2027, 3, 31), date(2027, 3, 31)),
        ("31/03/2027", "2027-03-31", date(2027, 3, 31), date(2027, 3, 31)),
        ("1/4/2027", "2027-04-01", date(2027, 4, 1), date(2027, 4, 1)),
        ("01.04.2027", "2027-04-01", date(2027, 4, 1), date(2027, 4, 1)),
        ("01-APR-2027", "2027-04-01", date(2027, 4, 1), date(2027, 4, 1)),
        ("01/04/2027 00:00", "2027-04-01", date(2027, 4, 1), date(2027, 4, 1)),
    ],
)
def test_a_period_is_understood_however_it_is_written(text, label, first, last):
    period = read_period(text)
    assert (period.label, period.first, period.last) == (label, first, last)


@pytest.mark.parametrize(
    "text",
    ["", "20", "2027-13", "2026/28", "2027 Q5", "Smarch 2027", "31/02/2027", "1.5", "2027-3", "46112", "01/04/0027"],
)
def test_what_is_no_period_is_none(text):
    assert read_period(text) is None


@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)))
def test_a_label_is_read_as_itself(day):
    for text in (f"{day:%Y}", f"{day:%Y-%m}", day.isoformat(), f"{day.year}-Q{(day.month + 2) // 3}"):
        assert read_period(text).label == text
        assert read_period(text).first <= day <= read_period(text).last


def test_a_period_is_before_a_start_only_when_it_is_over_by_then():
    sides = [read_period(text).side(date(2027, 3, 1)) for text in ("2027-02", "2027-03", "2027", "2027-Q1", "2026")]
    assert sides == ["before", "after", "during", "during", "before"]
    assert in_order({"2027-10", "2027-09", "2027", "2026/27"}) == ("2026/27", "2027", "2027-09", "2027-10")


def test_the_design_of_a_tidy_panel_is_not_taken_for_measures():
    panel = read_sheet(b"unit,period,morale,first_treated,set_id,weight,cluster\nX00,2024,6.1,2025,1,30,7\n")
    assert guess_roles(panel) == ("trust", "period", "score", *["leave-out"] * 4)


def sheet(text):
    return read_sheet(text.encode())


def test_columns_are_guessed_from_their_headings_and_what_is_in_them():
    wide = sheet("Org Code,Org name,Year,n,theme_morale,leavers,note\nRAA,A,2027,20,6.1,40,x\nRBB,B,2027,*,NA,*,\n")
    assert guess_roles(wide) == ("trust", "leave-out", "period", "answers", "score", "count", "leave-out")
    tidy = sheet("trust,period,measure,value,n\nRAA,2027,morale,6.1,20\n")
    assert guess_roles(tidy) == ("trust", "period", "name", "value", "answers")


def test_a_slip_in_a_column_does_not_hide_it_from_the_list_of_problems():
    found = sheet("code,year,morale\nRAA,2026,6\nRAA,2027,6.x\nRBB,2027,7\n")
    assert guess_roles(found)[2] == "score"
    with pytest.raises(Unusable, match=r"Line 3: “morale” is not a number"):
        read_measures(found, guess_roles(found))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code,year\nRAA,2026\n", "The file has 2 columns."),
        ("code,year,morale\n?,2.6,6\n", "No cell of the file is a trust code"),
        ("code,year,morale\n?,2026,6\n", "No three columns of the file could be"),
        ("code,year,morale\nRAA,last year,6.1\n", "No cell of the file is a period"),
        ("code,year,morale\nRAA,March 2026,good\n", "No cell of the file is a number"),
        ("code,year,morale\nRAA,2026,6.1\n", ""),
        ("code,year,morale\n?,?,?\nRAA,2026,6.1\n", ""),
    ],
)
def test_a_file_that_no_choice_of_columns_could_save_is_told_so(text, said):
    found = lack(sheet(text))
    assert (said in found) if said else not found


@given(st.lists(st.sampled_from(["trust", "period", "answers", "score", "count", "name", "value", "leave-out", "?"])))
def test_no_choice_of_columns_breaks_the_reader(roles):
    found = sheet("a,b,c,d\nRAA,2027,morale,6\n")
    try:
        check_roles(found, roles)
    except BadInput as refusal:
        fields = set(refusal.fields)
    else:
        fields = {"role"} if len(roles) == 4 else set()
    assert fields == {"role"}


def test_the_totals_of_a_reading_add_up():
    reading = read_measures(
        sheet("code,year,a,b\nRAA,2026,1,NA\nRAA,2027,*,3\n"), ("trust", "period", "score", "count")
    )
    assert (reading.rows, reading.numbers, reading.missing) == (2, 2, 2)
    assert reading.rows * len(reading.tallies) == reading.numbers + reading.missing
    assert [(o.outcome, o.period, o.value, o.counted) for o in reading.observations] == [
        ("a", "2026", 1, False), ("b", "2027", 3, True),
    ]  # fmt: skip


def test_the_leaver_rate_is_leavers_out_of_the_mean_headcount():
    """The worked example of NHS workforce statistics: 4,272 leavers of about 65,700 doctors are 6.5%."""
    rate = leaver_rates({
        "leavers": {("RAA", "2019/20"): 4272.0},
        "headcount_start": {("RAA", "2019/20"): 64_900.0},
        "headcount_end": {("RAA", "2019/20"): 66_500.0},
    })[0]  # fmt: skip
    assert round(rate.rate, 3) == 0.065
    assert (rate.leavers, rate.headcount) == (4272, 65_700)


def test_a_headcount_of_each_month_is_that_of_its_first_day():
    headcount = {("RAA", "2027-01"): 100.0, ("RAA", "2027-02"): 80.0}
    rates = leaver_rates({"leavers": {("RAA", "2027-01"): 20.0, ("RAA", "2027-02"): 5.0}, "headcount": headcount})
    assert [(rate.period, rate.rate) for rate in rates] == [("2027-01", 20 / 90)]
    assert has_leaver_rate(["leavers", "headcount"])
    assert not has_leaver_rate(["leavers", "headcount_start"])


def test_a_name_that_is_too_long_and_too_many_answers_are_refused():
    with pytest.raises(BadInput) as refusal:
        check_roles(sheet(f"code,year,{'x' * 81}\nRAA,2027,1\n"), ("trust", "period", "score"))
    assert refusal.value.fields["role"].endswith("is longer than 80 letters")
    with pytest.raises(Unusable, match="number of answers"):
        read_measures(sheet("code,year,n,a\nRAA,2027,99999999999,1\n"), ("trust", "period", "answers", "score"))


@pytest.mark.parametrize("cell", ["62", "62.5", "1.01", "-0.1"])
def test_a_response_rate_that_is_no_share_is_refused_by_line(cell):
    text = f"code,year,n,response_rate\nRAA,2026,30,0.62\nRAA,2027,30,{cell}\nRBB,2027,30,1\nRBB,2026,30,0\n"
    with pytest.raises(Unusable) as wide:
        read_measures(sheet(text), ("trust", "period", "answers", "score"))
    tidy = sheet(f"code,year,measure,value\nRAA,2027,response_rate,{cell}\nRAA,2027,morale,6\n")
    with pytest.raises(Unusable) as long:
        read_measures(tidy, ("trust", "period", "name", "value"))
    said = f"response_rate is {cell}. Write it as a share between 0 and 1, such as 0.62."
    assert [str(one) for one in wide.value.problems] == [f"Line 3: {said}"]
    assert [str(one) for one in long.value.problems] == [f"Line 2: {said}"]
    with pytest.raises(Unusable):  # nobody's choice of the kind makes a number of people of it
        read_measures(sheet(text), ("trust", "period", "answers", "count"))
