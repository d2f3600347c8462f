"""Merged trusts: with the history of those whose place they took only if asked, else flagged as without."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics.published import Figure, Published, as_reading, pool
from pilot.metrics.register import Succession
from pilot.metrics.sheet import Unusable
from pilot.metrics.successors import follow, is_over, read_successions
from tests.builders.publishers import SUCCESSORS

MERGED = (Succession("X03", "X00", date(2024, 10, 1)), Succession("X04", "X00", date(2024, 10, 1)))


def published(**figures):
    """Figures of one measure, by trust_year: a value with 100 answers, a pair of both, or None."""
    found = {}
    for name, given_ in figures.items():
        trust, year = name.split("_")
        value, n = given_ if isinstance(given_, tuple) else (given_, 100)
        found[trust, year, "PP1"] = Figure(value, None if value is None else n)
    return Published(found, len(found), len(found))


def values(found):
    return {f"{trust}_{period}": figure.value for (trust, period, _), figure in found.figures.items()}


def test_without_being_asked_a_successor_has_no_history_and_that_is_said():
    found = follow(published(X00_2024=7.0, X00_2023=None, X03_2023=6.0, X04_2023=5.0), MERGED, None, joined=False)
    assert values(found) == {"X00_2024": 7.0, "X00_2023": None, "X03_2023": 6.0, "X04_2023": 5.0}
    assert found.notes == ("X00 took the place of X03 and X04 on 1 October 2024 and has no history before it.",)


def test_when_asked_it_is_given_the_mean_of_all_weighted_by_their_answers():
    """(6 × 300 + 5 × 100) / 400 = 5.75."""
    file = published(X00_2024=7.0, X00_2023=None, X03_2023=(6.0, 300), X04_2023=(5.0, 100))
    found = follow(file, MERGED, None, joined=True)
    assert values(found) == {"X00_2024": 7.0, "X00_2023": 5.75}
    assert found.figures["X00", "2023", "PP1"].n == 400
    assert found.notes == (
        "X00 took the place of X03 and X04 on 1 October 2024. It is given 1 value of their history, "
        "weighted by their answers.",
    )
    assert as_reading(found).left_out == (("put together with others", 2),)


def test_part_of_a_history_is_no_history():
    found = follow(published(X00_2024=7.0, X03_2023=6.0, X04_2023=None), MERGED, None, joined=True)
    assert values(found) == {"X00_2024": 7.0, "X00_2023": None}
    found = follow(published(X00_2024=7.0, X03_2023=6.0), MERGED, None, joined=True)
    assert values(found) == {"X00_2024": 7.0, "X00_2023": None}


def test_a_history_that_the_publisher_made_stays_and_is_not_flagged():
    file = published(X00_2024=7.0, X00_2023=6.5, X03_2023=6.0, X04_2023=5.0)
    assert values(follow(file, MERGED, None, joined=True)) == {"X00_2024": 7.0, "X00_2023": 6.5}
    assert follow(file, MERGED, None, joined=False).notes == ()


def test_a_survey_that_was_not_over_is_not_history():
    assert is_over("2023", date(2024, 10, 1))
    assert not is_over("2024", date(2024, 10, 1))
    assert is_over("2024", date(2024, 12, 1))
    assert is_over("2024-07", date(2024, 8, 1))
    assert not is_over("2024-07", date(2024, 7, 31))
    file = published(X00_2024=7.0, X03_2024=6.0, X04_2024=5.0)
    assert values(follow(file, MERGED, None, joined=True)) == values(file)


def test_histories_go_on_from_one_successor_to_the_next():
    chain = (Succession("X01", "X02", date(2022, 4, 1)), Succession("X02", "X03", date(2024, 4, 1)))
    file = published(X01_2021=5.0, X02_2022=6.0, X02_2023=6.5, X03_2024=7.0)
    found = follow(file, chain, None, joined=True)
    assert values(found) == {"X03_2021": 5.0, "X03_2022": 6.0, "X03_2023": 6.5, "X03_2024": 7.0}


def test_a_trust_that_was_divided_gives_its_history_to_nobody():
    divided = (Succession("X03", "X00", date(2024, 4, 1)), Succession("X03", "X01", date(2024, 4, 1)))
    file = published(X03_2023=6.0, X00_2024=7.0, X01_2024=5.0)
    found = follow(file, divided, None, joined=True)
    assert values(found) == values(file)
    assert len(found.notes) == 2
    assert "X03 was divided, so its history is nobody’s." in found.notes[0]


def test_trusts_outside_the_programme_are_not_spoken_of():
    file = published(X00_2024=7.0, X03_2023=6.0, X04_2023=5.0)
    assert follow(file, MERGED, frozenset({"X09"}), joined=False).notes == ()
    assert follow(file, MERGED, frozenset({"X00"}), joined=False).notes != ()


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 10_000)), min_size=1, max_size=6))
def test_a_pooled_mean_lies_between_its_parts_and_keeps_the_sum_of_all_answers(parts):
    one = pool([Figure(value, n) for value, n in parts])
    assert min(value for value, _ in parts) - 1e-9 <= one.value <= max(value for value, _ in parts) + 1e-9
    assert one.value * one.n == pytest.approx(sum(value * n for value, n in parts))


def test_the_list_of_successors_is_read():
    register = read_successions(SUCCESSORS)
    assert register.entries == MERGED
    assert register.trusts == ("X00", "X03", "X04")
    assert register.counts == (("trusts that ended", 2), ("trusts that took their place", 1))


def test_every_problem_of_a_list_of_successors_is_named_by_its_line():
    content = b"old_code,new_code,date\nX01,X01,2024-04-01\nX02,X03,soon\nX04,X05,2024-04-01\nX04,X05,2025-04-01\n"
    content += b"X05,X06,2024-05-01\nX06,X04,2024-06-01\n?,X01,2024-06-01\n"
    with pytest.raises(Unusable) as refusal:
        read_successions(content)
    assert [str(problem) for problem in refusal.value.problems] == [
        "Line 2: X01 cannot become itself.",
        "Line 3: “soon” is not a date. Write it like 31/03/2027.",
        "Line 5: X04 becomes X05 twice; it is also on line 4.",
        "Line 7: X06 becomes X04, but X04 becomes X06 on the lines above.",
        "Line 8: “?” is not a trust code, like RAX.",
    ]


def test_a_list_without_its_columns_is_refused():
    with pytest.raises(Unusable) as refusal:
        read_successions(b"old,name\nX01,A\n")
    assert [problem.text for problem in refusal.value.problems] == [
        "the column “new_code” is missing.",
        "the column “date” is missing.",
    ]
