"""The stage sheet and the bars as people read them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.voting.count import rules
from pilot.voting.count.contest import REOPEN, Contest
from pilot.voting.count.result import STUCK, fate, has_rounds
from pilot.voting.stages import bars, figure, ranking, stages_of

FOUR = ("Amy Osei", "Ben Roy", "Cat Hill", "Dan Webb")
PAPERS = {b"\x01\x03": 8, b"\x02": 3, b"\x03": 1, b"\x04\x02": 1}
"""Amy has 8 of 13, the quota is 5, and 3 votes move on to Cat, who then has 4; Dan leaves, and Ben has 4, too."""


def a_count(rule="scottish-stv", papers=PAPERS, *, order=(3, 2, 1, 4), **changes):
    contest = Contest(**({"seats": 2, "candidates": FOUR} | changes))
    return rules.count(rule, contest, papers, order)


def test_a_sheet_shows_votes_changes_and_what_was_decided():
    sheet = stages_of(a_count())
    amy = next(line for line in sheet.lines if line.name == "Amy Osei")
    assert amy.fate == "Elected at stage 1"
    assert [(cell.votes, cell.change, cell.word) for cell in amy.cells[:3]] == [
        ("8", "", "Elected"),
        ("5", "−3", ""),
        ("5", "", ""),
    ]
    dan = next(line for line in sheet.lines if line.name == "Dan Webb")
    assert dan.fate == "Out at stage 3"
    assert [(cell.votes, cell.change, cell.word) for cell in dan.cells[1:3]] == [("1", "", ""), ("0", "−1", "Out")]
    assert dan.cells[3] is None


def test_columns_say_in_words_what_happened():
    assert [column.title for column in stages_of(a_count()).columns][:3] == [
        "First choices",
        "Extra votes of Amy Osei",
        "Dan Webb leaves",
    ]


def test_several_whose_votes_move_at_once_are_listed():
    papers = {b"\x01\x04": 60, b"\x02\x04": 50, b"\x03\x05": 40, b"\x04": 8, b"\x05": 5}
    five = (*FOUR, "Eve Lane")
    count = a_count("meek-stv", papers, seats=4, candidates=five, order=(1, 2, 3, 4, 5))
    assert "Extra votes of Amy Osei, Ben Roy and Cat Hill" in [column.title for column in stages_of(count).columns]


def test_the_elected_come_first_and_then_who_stayed_in_longest():
    names = [line.name for line in stages_of(a_count()).lines]
    assert names == ["Amy Osei", "Cat Hill", "Ben Roy", "Dan Webb"]


def test_figures_have_commas_and_a_column_has_decimals_only_where_a_vote_was_divided():
    assert figure("1204") == "1,204"
    assert figure("1204.50000") == "1,204.5"
    assert figure("1204.50000", 5) == "1,204.50000"
    assert figure("0.00000") == "0"
    count = a_count(papers={b"\x01\x02": 5, b"\x01\x03": 3, b"\x02": 2, b"\x03": 2, b"\x04": 3})
    sheet = stages_of(count)
    assert all("." not in line.cells[0].votes for line in sheet.lines)
    assert any("." in line.cells[1].votes for line in sheet.lines)


def test_a_long_sheet_is_cut_into_parts_for_paper_and_loses_nothing():
    sheet = stages_of(a_count())
    parts = sheet.parts(2)
    assert [len(part.columns) for part in parts] == [2, 2]
    assert sum((part.columns for part in parts), ()) == sheet.columns
    assert sum((part.stuck for part in parts), ()) == sheet.stuck
    assert all(sum((part.lines[at].cells for part in parts), ()) == line.cells for at, line in enumerate(sheet.lines))


def test_bars_are_all_of_one_scale_and_say_who_is_in_and_who_is_out():
    count = a_count()
    first, third, last = bars(count, 1), bars(count, 3), bars(count, len(count.stages))
    assert first.rows[0] == ("Amy Osei", 1.0, "8, elected")
    assert first.quota == (5 / 8, "the quota of 5")
    assert third.rows[0] == ("Amy Osei", 5 / 8, "5, already elected")
    assert ("Dan Webb", 0.0, "0, out") in third.rows
    assert third.out == ()
    assert last.out == ("Dan Webb",)
    assert first.rows[-1].label == STUCK
    with pytest.raises(LookupError):
        bars(count, len(count.stages) + 1)


def test_a_rule_without_transfers_has_one_column_and_no_votes_that_move():
    count = a_count("approval", {b"\x01\x02": 3, b"\x02": 2})
    assert not has_rounds(count)
    sheet = stages_of(count)
    assert [column.title for column in sheet.columns] == ["Votes"]
    assert [line.fate for line in sheet.lines] == ["Elected", "Elected", "Not elected", "Not elected"]
    assert all(bar.label != STUCK for bar in bars(count, 1).rows)
    assert bars(count, 1).quota is None


def test_who_withdrew_has_no_votes_and_stands_last():
    count = a_count(withdrawn=(4,))
    sheet = stages_of(count)
    assert sheet.lines[-1].name == "Dan Webb" or sheet.lines[-1].fate.startswith("Out")
    assert fate(count, 4) == "Withdrew"
    dan = next(line for line in sheet.lines if line.number == 4)
    assert set(dan.cells) == {None}


def test_reopened_nominations_are_no_person_who_was_elected():
    count = a_count(
        papers={b"\x05": 9, b"\x01": 8, b"\x02": 1}, candidates=(*FOUR, REOPEN), reopen=5, order=(1, 2, 3, 4, 5)
    )
    assert fate(count, 5) == "Seats left empty: 1"
    assert 5 not in count.winners


def test_meek_has_a_quota_at_each_stage():
    sheet = stages_of(a_count("meek-stv"))
    assert sheet.quotas
    assert all(column.quota for column in sheet.columns)


@given(
    st.dictionaries(
        st.lists(st.integers(1, 4), unique=True, max_size=4).map(bytes), st.integers(1, 40), min_size=1, max_size=12
    ),
    st.sampled_from(["scottish-stv", "meek-stv"]),
)
def test_every_column_adds_up_to_all_papers_and_changes_follow_from_votes(papers, rule):
    count = a_count(rule, papers, order=(1, 2, 3, 4))
    sheet = stages_of(count)
    assert sorted(line.number for line in sheet.lines) == [1, 2, 3, 4] == sorted(ranking(count))
    for at, stuck in enumerate(sheet.stuck):
        cells = [line.cells[at] for line in sheet.lines if line.cells[at] is not None] + [stuck]
        assert sum(number(cell.votes) for cell in cells) == number(sheet.papers)
        if at:
            for line in sheet.lines:
                now, before = line.cells[at], line.cells[at - 1]
                if now is not None:
                    change = number(now.change.replace("−", "-") or "0")
                    assert number(before.votes) + change == number(now.votes)
    for stage in count.stages:
        assert all(0 <= bar.share <= 1 for bar in bars(count, stage.number).rows)


def number(text):
    return Decimal(text.replace(",", ""))
