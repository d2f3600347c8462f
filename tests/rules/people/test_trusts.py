"""A list of trusts, line by line."""

from datetime import date

import pytest

from pilot.errors import BadInput
from pilot.people.trusts import TEMPLATE, Trust, read_trusts

HEADINGS = "ods_code,name,arm,matched_set,region,type,cqc_overall,cqc_well_led,start_date"
KNOWN = Trust("RAA", "Loamshire NHS Trust", "pilot", "1", "North", "acute", "Good", "Good", date(2019, 4, 1))


def read(*lines, headings=HEADINGS):
    return read_trusts("\n".join([headings, *lines, ""]).encode(), {"RAA": KNOWN})


def test_a_new_trust_is_added_with_all_that_is_told_of_it():
    (outcome,) = read("rbb, Borset  NHS Trust,Control,2,South,mental health,REQUIRES IMPROVEMENT,,")
    assert outcome.does == "added"
    assert outcome.trust == Trust(
        "RBB", "Borset NHS Trust", "control", "2", "South", "mental health", "Requires improvement"
    )


def test_a_start_in_the_past_is_taken():
    (outcome,) = read("RBB,Borset,pilot,1,,,,,01/04/2012")
    assert outcome.trust.starts_on == date(2012, 4, 1)


def test_an_unchanged_trust_is_left_alone():
    (outcome,) = read("RAA,Loamshire NHS Trust,pilot,1,North,acute,Good,Good,2019-04-01")
    assert outcome.does == "unchanged"


def test_a_changed_trust_says_what_changes():
    (outcome,) = read("RAA,Loamshire NHS Trust,control,1,North,acute,Good,Inadequate,01/04/2019")
    assert outcome.does == "changed"
    assert outcome.details == ("arm: pilot becomes control", "cqc well led: Good becomes Inadequate")


def test_what_has_no_column_stays_as_it_was():
    (outcome,) = read("RAA,Loamshire NHS Trust,pilot", headings="ods_code,name,arm")
    assert outcome.does == "unchanged"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("R,Borset,pilot,,,,,,01/04/2027", "is not an ODS code"),
        (",Borset,pilot,,,,,,01/04/2027", "The ODS code is missing"),
        ("RBB,,pilot,,,,,,01/04/2027", "The name is missing"),
        ("RBB,Borset,,,,,,,01/04/2027", "The arm is missing"),
        ("RBB,Borset,treated,,,,,,01/04/2027", "must be pilot or control"),
        ("RBB,Borset,pilot,,,,,,", "A pilot trust needs a start date"),
        ("RBB,Borset,control,,,,Great,,", "Rating “Great” must be"),
        ("RBB,Borset,control,,,,,,31/02/2027", "is not a date"),
        ("RBB,=CMD(),control,,,,,,", "takes for a formula"),
        ("RBB,Borset,control,,,,,,01/04/2027".replace("Borset", "B" * 201), "longer than 200"),
    ],
)
def test_a_line_is_refused_with_the_reason(line, words):
    (outcome,) = read(line)
    assert outcome.does == "refused"
    assert any(words in detail for detail in outcome.details)


def test_all_reasons_of_a_line_are_told_at_once():
    (outcome,) = read("R,,treated,,,,Great,,")
    assert len(outcome.details) == 4


def test_a_code_that_comes_twice_is_refused_the_second_time():
    first, second = read("RBB,Borset,control,,,,,,", "rbb,Borset,control,,,,,,")
    assert first.does == "added"
    assert second.details == ("RBB is on line 2 already",)


def test_a_withdrawal_before_the_start_is_refused():
    (outcome,) = read("RBB,Borset,pilot,01/04/2027,01/04/2026", headings="ods_code,name,arm,start_date,withdrawn_on")
    assert outcome.details == ("The day of withdrawal is before the start date",)


def test_a_list_without_a_needed_column_is_refused():
    with pytest.raises(BadInput) as caught:
        read("RBB,Borset", headings="ods_code,region")
    assert caught.value.fields == {"file": "The file has no columns name and arm"}
    with pytest.raises(BadInput) as caught:
        read("Borset,pilot", headings="name,arm")
    assert caught.value.fields == {"file": "The file has no column ods_code"}


def test_the_template_can_be_read_back():
    assert [outcome.does for outcome in read_trusts(TEMPLATE.encode(), {})] == ["added", "added"]
