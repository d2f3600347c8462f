"""Two counts side by side: what differs, and the first stage at which they part."""

import json

import pytest
from msgspec.structs import replace

from pilot.voting.count import blt, compare, rules, sheet
from pilot.voting.count.contest import Cannot, Contest

PAPERS = {b"\1\2": 12, b"\2\3": 5, b"\3\2": 4, b"\4\3": 3}
CONTEST = Contest(2, ("Amy Osei", "Ben Roy", "Cat Hill", "Dee Ash"), title="Staff council")


def count(contest=CONTEST, papers=PAPERS, rule="scottish-stv", order=None):
    return rules.count(rule, contest, papers, order)


def read(counted, **changed):
    """What another program would read of a count, with fields changed or (None) left out."""
    values = json.loads(sheet.as_json(counted)) | changed
    return compare.read(json.dumps({name: value for name, value in values.items() if value is not None}).encode())


def told(other, **changed):
    return compare.differences(read(count()), read(other, **changed))


def with_figure(stage, number, figure):
    """The stages of the count with one figure changed."""
    stages = json.loads(sheet.as_json(count()))["stages"]
    stages[stage - 1]["votes"][number] = figure
    return stages


def test_a_count_is_the_same_as_itself():
    assert told(count()) == []


def test_one_wrong_figure_is_named_with_its_stage_its_candidate_and_both_figures():
    right = count().stages[1].votes["2"]
    assert told(count(), stages=with_figure(2, "2", "6.66665")) == [
        f"They part at stage 2: Ben Roy has {right} votes in the first, 6.66665 votes in the second."
    ]


def test_only_the_first_stage_at_which_they_part_is_told_and_how_many_differ_there():
    other = count(papers=PAPERS | {b"\2\3": 6, b"\4\3": 2})
    found = told(other)
    assert found[0] == (
        "They part at stage 1: Ben Roy has 5.00000 votes in the first, 6.00000 votes in the second. "
        "1 more candidate differs there."
    )
    assert sum("part at stage" in line for line in found) == 1


def test_figures_are_compared_as_numbers():
    stages = json.loads(sheet.as_json(count()))["stages"]
    for stage in stages:
        stage["votes"] = {number: figure.removesuffix(".00000") for number, figure in stage["votes"].items()}
    assert told(count(), stages=stages) == []


def test_votes_that_are_not_transferable_are_compared_where_both_have_them():
    stages = json.loads(sheet.as_json(count()))["stages"]
    right = stages[1]["non_transferable"]
    stages[1]["non_transferable"] = "9.00000"
    assert told(count(), stages=stages) == [
        f"They part at stage 2: {right} votes are not transferable in the first, 9.00000 in the second."
    ]
    del stages[1]["non_transferable"]
    assert told(count(), stages=stages) == []


def test_a_stage_more_is_told():
    assert told(count(), stages=with_figure(1, "1", "12")[:1])[0] == (
        f"They are the same up to stage 1; the first has {len(count().stages)} stages, the second 1."
    )


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {"rule": "meek-stv"},
            "The rules differ: scottish-stv version 1 in the first, meek-stv version 1 in the second.",
        ),
        (
            {"version": "2"},
            "The rules differ: scottish-stv version 1 in the first, scottish-stv version 2 in the second.",
        ),
        ({"seats": 3}, "The seats differ: 2 in the first, 3 in the second."),
        ({"valid": 2400}, "The papers counted differ: 24 in the first, 2,400 in the second."),
        ({"quota": "8"}, "The quotas differ: 9 in the first, 8 in the second."),
        ({"withdrawn": [4]}, "Those who withdrew differ: nobody in the first, Dee Ash in the second."),
        (
            {"candidates": ["Amy Osei", "Ben Ray", "Cat Hill", "Dee Ash"]},
            "The candidates differ: number 2 is Ben Roy in the first, Ben Ray in the second.",
        ),
        ({"candidates": ["Amy Osei"]}, "The candidates differ: 4 in the first, 1 in the second."),
    ],
)
def test_what_was_asked_is_compared_first(changed, line):
    assert told(count(), **changed) == [line]


def test_other_winners_are_named():
    people = json.loads(sheet.as_json(count()))["elected"]
    people[1] = {"candidate": 4, "name": "Dee Ash", "stage": people[1]["stage"]}
    gone = count().winners[1]
    assert told(count(), elected=people) == [
        f"Elected only in the first: {CONTEST.name(gone)}.",
        "Elected only in the second: Dee Ash.",
    ]


def test_another_order_or_stage_of_election_is_told():
    people = json.loads(sheet.as_json(count()))["elected"]
    first, second = (one["name"] for one in people)
    assert told(count(), elected=people[::-1]) == [
        f"The order of those elected differs: {first} in the first where the second has {second}."
    ]
    people[0]["stage"] += 1
    assert told(count(), elected=people) == [f"{first} is elected at stage 1 in the first, at stage 2 in the second."]


def test_a_tie_that_was_settled_otherwise_is_told():
    level = {b"\1": 2, b"\2": 2, b"\3": 1}
    contest = replace(CONTEST, seats=1, candidates=CONTEST.candidates[:3])
    one, other = (read(count(contest, level, order=order)) for order in ((1, 2, 3), (2, 1, 3)))
    assert compare.differences(one, other)[-1] == (
        "A tie was settled otherwise: Amy Osei, Ben Roy at stage 3 by lot, Ben Roy chosen in the first, "
        "Amy Osei, Ben Roy at stage 3 by lot, Amy Osei chosen in the second."
    )


def test_a_sheet_of_another_counter_needs_only_a_few_fields():
    ours = read(count())
    theirs = compare.read(
        json.dumps(
            {
                "rule": "scottish-stv",
                "seats": 2,
                "valid": 24,
                "elected": [{"candidate": place.candidate} for place in count().elected],
                "excluded": [{"candidate": place.candidate} for place in count().excluded],
                "stages": [{"votes": stage.votes} for stage in count().stages],
            }
        ).encode()
    )
    assert compare.differences(ours, theirs) == compare.differences(theirs, ours) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"4 2\n",
        b"[]",
        b"{}",
        b'{"rule": "x", "seats": 1, "valid": 1, "elected": [], "stages": [{"votes": {"Amy": "1"}}]}',
        b'{"rule": "x", "seats": 1, "valid": 1, "elected": [], "stages": [{"votes": {"1": "many"}}]}',
        b'{"rule": "x", "seats": 1, "valid": 1, "elected": [], "stages": [{"votes": {"1": "1e999999999"}}]}',
        b'{"rule": "x", "seats": 1, "valid": 1, "elected": [], "stages": [{"votes": {"1": "NaN"}}]}',
        b'{"rule": "x", "seats": 1, "valid": 1, "quota": "-", "elected": [], "stages": []}',
        b'{"rule": "x", "seats": "one", "valid": 1, "elected": [], "stages": []}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_count_is_refused(data):
    with pytest.raises(Cannot, match="This is not a count"):
        compare.read(data)


def test_withdrawing_the_loser_who_left_first_is_found_at_the_first_stage(reference_data):
    file = blt.read((reference_data / "counting" / "scottish2017" / "argyll_bute_2017_ward7.blt").read_bytes())
    whole = read(count(file.contest, file.papers))
    without = read(count(replace(file.contest, withdrawn=(5,)), file.papers))
    found = compare.differences(whole, without)
    assert found[0] == "Those who withdrew differ: nobody in the first, Brian Logan (Ind) in the second."
    assert any(
        line.startswith("They part at stage 1: John Allison (Ind) has 216.00000 votes in the first, ") for line in found
    )
