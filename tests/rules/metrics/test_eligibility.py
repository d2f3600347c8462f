"""The list of trusts that can be drawn: what is read, who is left out, and its one text."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics.eligibility import (
    MOST_TRUSTS,
    RATINGS,
    TEMPLATE,
    Candidate,
    Criteria,
    figures,
    from_value,
    read_candidates,
    select,
    to_bytes,
    to_value,
)
from pilot.metrics.sheet import Unusable

GOOD = "code,name,type,level\nRAX,A Trust,acute,6.5\nRBX,B Trust,community,NA\nRAA,C Trust,,7\n"
CANDIDATES = read_candidates(GOOD.encode()).candidates


def problems(text):
    with pytest.raises(Unusable) as refusal:
        read_candidates(text.encode())
    return [str(problem) for problem in refusal.value.problems]


def test_a_list_is_read_in_the_order_of_codes_with_what_is_missing_left_empty():
    assert [one.code for one in CANDIDATES] == ["RAA", "RAX", "RBX"]
    assert CANDIDATES[2] == Candidate("RBX", "B Trust", "community")
    assert CANDIDATES[1].level == 6.5


def test_the_template_can_be_read_with_every_column():
    reading = read_candidates(TEMPLATE)
    assert reading.unused == ()
    assert set(reading.columns) == set(Candidate.__struct_fields__)
    assert figures(reading.candidates[0]) == {
        "cqc_overall": 3, "cqc_well_led": 2, "fte": 6512.3, "level": 6.71, "slope": -0.04, "response_rate": 48.2,
        "turnover": 11.5,
    }  # fmt: skip


@pytest.mark.parametrize("words", ["Not rated", "", "NA", "Insufficient evidence to rate"])
def test_no_rating_is_written_in_many_ways(words):
    text = f"code,name,type,cqc overall\nRAX,A,acute,{words}\n"
    assert read_candidates(text.encode()).candidates[0].cqc_overall == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("code,", "trust_number,"), "Line 1: there is no column for the trust's code."),
        (("6.5", "six"), "Line 2: the baseline level is not a number: “six”."),
        (("6.5", "inf"), "Line 2: the baseline level is not a number: “inf”."),
        (("RBX", "rax"), "Line 3: RAX is there twice."),
        (("RBX", "R/X"), "Line 3: “R/X” is not a trust code, like RAX."),
        (("RBX", "=1+1"), "Line 3: “=1+1” is not a trust code, like RAX."),
        (("B Trust", "B\x07Trust"), "Line 3: a name has a character that cannot be printed."),
        (("C Trust", "C" * 121), f"Line 4: “{'C' * 40}…” is longer than 120 letters."),
        ((",acute,6.5", ",acute"), "Line 2: has 3 cells, but the header has 4."),
    ],
)
def test_each_problem_has_its_line(change, said):
    assert said in problems(GOOD.replace(*change))


def test_every_problem_is_named_at_once():
    assert len(problems(GOOD.replace("6.5", "x").replace("RBX", "!").replace("C Trust", ""))) == 3


def test_a_list_has_an_end():
    lines = [f"{number:04X},T,acute" for number in range(MOST_TRUSTS + 1)]
    assert problems("\n".join(["code,name,type", *lines])) == ["The file has 1,001 trusts; there can be 1,000."]


def test_everybody_is_on_the_list_or_left_out_for_a_reason():
    eligible = select(CANDIDATES, Criteria(), "engagement")
    assert [one.code for one in eligible.trusts] == ["RAX"]
    assert {one.code: one.reason for one in eligible.left_out} == {
        "RAA": "It has no type, so it cannot be matched.",
        "RBX": "It has no baseline level, so no change of it could be seen.",
    }


def test_who_is_not_of_a_chosen_kind_is_left_out():
    rated = [
        Candidate("RAA", "A", "acute", cqc_overall="Good", level=6.0),
        Candidate("RBB", "B", "acute", cqc_overall="Inadequate", level=6.0),
        Candidate("RCC", "C", "acute", level=6.0),
        Candidate("RDD", "D", "community", cqc_overall="Inadequate", level=6.0),
    ]
    eligible = select(rated, Criteria(types=("acute",), ratings=("Inadequate",)), "engagement")
    assert [one.code for one in eligible.trusts] == ["RBB"]
    assert [one.reason for one in eligible.left_out] == [
        "Its overall CQC rating, Good, is not one of those chosen.",
        "It has no overall CQC rating.",
        "Its type, community, is not one of those chosen.",
    ]


def test_the_text_of_a_list_is_written_out_by_hand():
    text = to_bytes(select(CANDIDATES, Criteria(types=("acute",)), "engagement")).decode()
    assert text == (
        '{"baseline":"engagement","criteria":{"ratings":[],"types":["acute"]},"left_out":['
        '{"code":"RAA","reason":"It has no type, so it cannot be matched."},'
        '{"code":"RBX","reason":"Its type, community, is not one of those chosen."}],'
        '"trusts":[{"code":"RAX","level":"6.5","name":"A Trust","type":"acute"}]}'
    )


CELLS = st.one_of(st.none(), st.floats(0.001, 1e6))
TRUSTS = st.builds(
    Candidate,
    st.from_regex(r"[A-Z0-9]{3,8}", fullmatch=True),
    st.text("abc é", min_size=1),
    st.sampled_from(["acute", "community", ""]),
    st.sampled_from(["", "North", "South"]),
    st.sampled_from(["", *RATINGS]),
    st.sampled_from(["", *RATINGS]),
    CELLS, CELLS, CELLS, CELLS, CELLS,
)  # fmt: skip
LISTS = st.lists(TRUSTS, max_size=8, unique_by=lambda one: one.code)


@given(LISTS)
def test_a_list_comes_back_from_its_text_with_every_digit(candidates):
    eligible = select(candidates, Criteria(), "engagement")
    assert from_value(json.loads(to_bytes(eligible))) == from_value(to_value(eligible)) == eligible
    assert eligible.sha256 == hashlib.sha256(to_bytes(eligible)).hexdigest()


@given(LISTS, st.randoms())
def test_the_order_of_the_file_never_matters(candidates, chance):
    mixed = chance.sample(candidates, len(candidates))
    assert select(mixed, Criteria(), "x").sha256 == select(candidates, Criteria(), "x").sha256


@given(LISTS.filter(bool), st.sampled_from(["fte", "level", "slope", "turnover"]))
def test_any_figure_that_changes_changes_the_fingerprint(candidates, field):
    import msgspec

    candidates = [msgspec.structs.replace(candidates[0], type="acute", level=1.0), *candidates[1:]]
    other = msgspec.structs.replace(candidates[0], **{field: (getattr(candidates[0], field) or 1.0) * 1.0000001})
    assert select([other, *candidates[1:]], Criteria(), "x").sha256 != select(candidates, Criteria(), "x").sha256


def test_the_real_trusts_are_read_as_they_are(reference_data):
    reading = read_candidates((reference_data / "nhs" / "trust_covariates_2026-03.csv").read_bytes())
    assert len(reading.candidates) == 150
    assert reading.columns["level"] == "theme_engagement"
    assert reading.columns["cqc_well_led"] == "rating_well-led"
    assert sum(one.cqc_overall != "" for one in reading.candidates) == 137  # 11 empty and 2 “Not rated” of 150
    eligible = select(reading.candidates, Criteria(), "engagement")
    assert (len(eligible.trusts), [one.code for one in eligible.left_out]) == (149, ["R1F"])
