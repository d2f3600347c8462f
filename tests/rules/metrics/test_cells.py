"""From papers to cells: the scores worked out by hand, the weights, and that the order of papers says nothing."""

import math
from fractions import Fraction
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics.cells import CAP, Cell, cells_of, summary, weights_of
from pilot.metrics.questionnaire import (
    GROUP,
    MOST_ITEMS,
    PRACTICE,
    PULSE,
    SITE,
    Item,
    Mean,
    Offer,
    Questionnaire,
    Scale,
)

TWO = Offer((("Estates", 20), ("Nursing", 30)), (("Main", 25), ("North", 25)))
NONE = Offer((("Nursing", 50),), ())


def a_paper(*answers, group="", site=""):
    """Sixteen answers as digits, "-" for none; then group and site by their numbers."""
    marks = "".join(answers).ljust(16, "-")
    return tuple(() if mark == "-" else (mark,) for mark in (*marks, group or "-", site or "-"))


def whole(papers, outcome, offer=TWO, asked=PULSE):
    """n and the weighted mean of a trust on one outcome."""
    found = [c for c in cells_of(asked, offer, papers) if c.part == GROUP and c.outcome == outcome]
    return sum(c.n for c in found), sum(c.sum_wx for c in found) / sum(c.sum_w for c in found)


def test_answers_one_to_five_are_scored_from_nought_to_ten():
    for mark, score in zip("12345", (0, 2.5, 5, 7.5, 10), strict=True):
        assert whole([a_paper("-" * 9 + mark)], "leaders_effective") == (1, score)
        assert whole([a_paper("-" * 12 + mark)], "obstacle_staffing") == (1, 10 - score)


def test_engagement_by_hand():
    """Motivation 5 4 3 → (10 + 7.5 + 5) / 3 = 7.5; involvement 4 4 - → 7.5; advocacy 1 2 3 → 2.5; mean 5.8333."""
    paper = a_paper("543", "44-", "123")
    assert whole([paper], "motivation") == (1, 7.5)
    assert whole([paper], "involvement") == (1, 7.5)
    assert whole([paper], "advocacy") == (1, 2.5)
    n, mean = whole([paper], "engagement")
    assert (n, mean) == (1, pytest.approx(17.5 / 3))


def test_management_practice_by_hand():
    """5 4 -, obstacles 1 (best) and 3, - 2 → 10, 7.5, 10, 5, 2.5 of five answered: 7."""
    n, mean = whole([a_paper("-" * 9, "54-", "13", "-2")], "management_practice")
    assert (n, mean) == (1, pytest.approx(7))


@pytest.mark.parametrize(("answers", "scored"), [("5--", False), ("55-", True), ("555", True), ("---", False)])
def test_two_of_three_items_must_be_answered(answers, scored):
    codes = {cell.outcome for cell in cells_of(PULSE, TWO, [a_paper(answers)])}
    assert ("motivation" in codes) is scored


def test_engagement_needs_all_three_parts():
    assert "engagement" not in {cell.outcome for cell in cells_of(PULSE, TWO, [a_paper("555", "555", "5--")])}


def test_a_paper_without_any_answer_has_no_cell_and_no_papers_have_none():
    assert cells_of(PULSE, TWO, [a_paper()]) == ()
    assert cells_of(PULSE, TWO, []) == ()


def test_weights_by_hand():
    """30 of 50 people are nurses and 1 of 3 papers: 0.6 / (1/3) = 1.8; others 0.4 / (2/3) = 0.6; not said 1."""
    weights = weights_of({"Nursing": 30, "Estates": 20}, {"Nursing": 1, "Estates": 2, "": 4})
    assert weights == {"Nursing": pytest.approx(1.8), "Estates": pytest.approx(0.6), "": 1.0}


def test_no_paper_weighs_more_than_the_cap():
    weights = weights_of({"Nursing": 90, "Estates": 10}, {"Nursing": 1, "Estates": 99})
    assert weights["Nursing"] == CAP


def test_sums_by_hand():
    papers = [a_paper("-" * 9 + "5", group="2"), a_paper("-" * 9 + "3", group="1"), a_paper("-" * 9 + "1", group="1")]
    cells = {c.name: c for c in cells_of(PULSE, TWO, papers) if c.part == GROUP and c.outcome == "leaders_effective"}
    nurses, others = cells["Nursing"], cells["Estates"]
    assert (nurses.n, nurses.sum_w, nurses.sum_wx, nurses.sum_wx2, nurses.sum_w2) == pytest.approx(
        (1, 1.8, 18, 180, 3.24)
    )
    assert (others.n, others.sum_w, others.sum_wx, others.sum_wx2, others.sum_w2) == pytest.approx(
        (2, 1.2, 3, 15, 0.72)
    )
    assert nurses.mean == 10


def test_sites_are_another_part_of_the_same_people():
    papers = [a_paper("-" * 9 + "5", group="2", site="1"), a_paper("-" * 9 + "3", group="1", site="2")]
    by_part = {part: [c for c in cells_of(PULSE, TWO, papers) if c.part == part] for part in (GROUP, SITE)}
    assert sum(c.sum_wx for c in by_part[GROUP]) == pytest.approx(sum(c.sum_wx for c in by_part[SITE]))
    assert {c.name for c in by_part[SITE]} == {"Main", "North"}


def test_what_was_not_asked_was_not_said():
    marks = "-" * 9 + "5" + "-" * 6
    paper = tuple(() if mark == "-" else (mark,) for mark in marks)  # no staff group, no site
    cells = cells_of(PULSE, NONE, [paper])
    assert {(c.part, c.name) for c in cells} == {(GROUP, ""), (SITE, "")}
    assert all(c.sum_w == 1 for c in cells)


def test_a_pack_is_scored_like_the_pulse():
    items = tuple(Item(code, code, reverse=code == "c") for code in "abc")
    pack = Questionnaire(
        "pack", "x", items, (Scale("one", ("a", "b"), 1), Scale("two", ("c",), 1)), (Mean("m", ("one", "two")),)
    )
    paper = (("5",), (), ("5",))
    assert whole([paper], "m", NONE, pack) == (1, 5.0)


marks = st.sampled_from("-12345")
paper = st.builds(
    lambda answers, group, site: a_paper("".join(answers), group=group, site=site),
    st.lists(marks, min_size=16, max_size=16),
    st.sampled_from(["", "1", "2"]),
    st.sampled_from(["", "1", "2"]),
)


@given(st.lists(paper, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_papers_never_matters(papers, chance):
    other = papers.copy()
    chance.shuffle(other)
    assert cells_of(PULSE, TWO, other) == cells_of(PULSE, TWO, papers)


@given(st.lists(paper, min_size=1, max_size=12))
def test_cells_are_what_a_slow_reading_of_each_paper_gives(papers):
    """Every person's score by the definition, one after the other, and the sums over them."""
    names = {"": "", "1": "Estates", "2": "Nursing"}
    group = [names[p[16][0] if p[16] else ""] for p in papers]
    weight = weights_of(dict(TWO.groups), {name: group.count(name) for name in group})
    place = {item.code: (n, item.reverse) for n, item in enumerate(PULSE.items)}

    def score(p, scale):
        points = [
            (5 - int(p[n][0]) if reverse else int(p[n][0]) - 1) * 2.5
            for n, reverse in (place[code] for code in scale.items)
            if p[n]
        ]
        return fmean(points) if len(points) >= scale.least else None

    found = {(c.name, c.outcome): c for c in cells_of(PULSE, TWO, papers) if c.part == GROUP}
    for scale in PULSE.scales:
        for name in set(group):
            mine = [x for p, g in zip(papers, group, strict=True) if g == name and (x := score(p, scale)) is not None]
            cell = found.get((name, scale.code))
            assert (cell is None) is (not mine)
            if cell:
                w = weight[name]
                sums = (len(mine), w * len(mine), w * sum(mine), w * sum(x * x for x in mine), w * w * len(mine))
                assert (cell.n, cell.sum_w, cell.sum_wx, cell.sum_wx2, cell.sum_w2) == pytest.approx(sums)


def test_sums_are_exact_and_rounded_once():
    """Two of three answered, three times over: 2.5 · (7/3 − 1) each, which no sum of rounded scores gives exactly."""
    score = Fraction(5, 2) * (Fraction(7, 3) - 1)
    for number in (1, 3, 7, 49):
        found = cells_of(PULSE, NONE, [a_paper("223")[:16]] * number)
        cell = next(c for c in found if c.part == SITE and c.outcome == "motivation")
        assert (cell.sum_wx, cell.sum_wx2) == (float(number * score), float(number * score**2))


def test_as_many_items_as_a_pack_may_have_are_told_apart():
    items = tuple(Item(f"i{n}", f"i{n}", reverse=n % 7 == 0) for n in range(MOST_ITEMS))
    scales = (Scale("all", tuple(item.code for item in items), 27), Scale("last", (items[-1].code,), 1))
    pack = Questionnaire("pack", "x", items, scales, (Mean("m", ("all", "last")),))
    answers = [str(1 + n % 5) if n % 3 else "" for n in range(MOST_ITEMS - 1)]
    paper = (*((mark,) if mark else () for mark in answers), ("4",))
    points = [6 - int(mark) if item.reverse else int(mark) for item, mark in zip(items, answers, strict=False) if mark]
    points.append(4)
    assert whole([paper] * 20, "last", NONE, pack) == (20, 7.5)
    assert whole([paper] * 20, "all", NONE, pack) == (20, pytest.approx(2.5 * (fmean(points) - 1)))
    assert whole([paper] * 20, "m", NONE, pack) == (20, pytest.approx((7.5 + 2.5 * (fmean(points) - 1)) / 2))


def test_a_survey_of_one_item_for_one_person_has_a_cell():
    pack = Questionnaire("pack", "x", (Item("a", "a"),), (Scale("one", ("a",), 1),))
    assert whole([(("2",),)], "one", NONE, pack) == (1, 2.5)


@given(st.lists(paper, min_size=1, max_size=12))
def test_scores_stay_between_nought_and_ten(papers):
    for cell in cells_of(PULSE, TWO, papers):
        assert -1e-9 <= cell.mean <= 10 + 1e-9
        assert cell.sum_wx2 * cell.sum_w >= cell.sum_wx**2 * (1 - 1e-9)
        assert math.isfinite(cell.sum_w2)


def a_group(scores, weight):
    total, squares = weight * math.fsum(scores), weight * math.fsum(x * x for x in scores)
    return Cell(GROUP, "", "y", len(scores), weight * len(scores), total, squares, weight * weight * len(scores))


SCORES = st.lists(st.sampled_from([0, 2.5, 5, 7.5, 10]), min_size=1, max_size=30)


@given(st.lists(st.tuples(SCORES, st.floats(0.1, 5)), min_size=1, max_size=5))
def test_the_mean_of_a_trust_from_sums_is_the_one_from_single_answers(groups):
    """Sums of each group are enough: no row about a person is needed."""
    found = summary([a_group(scores, weight) for scores, weight in groups])
    each = [(x, weight) for scores, weight in groups for x in scores]
    sum_w = math.fsum(w for _, w in each)
    mean = math.fsum(w * x for x, w in each) / sum_w
    assert found.mean == pytest.approx(mean)
    assert found.mean_unw == pytest.approx(fmean(x for x, _ in each))
    assert found.n_eff == pytest.approx(sum_w**2 / math.fsum(w * w for _, w in each))
    assert found.n_eff <= found.n * (1 + 1e-9), "unequal weights never make an estimate surer"
    assert (found.n, found.smallest) == (len(each), min(len(scores) for scores, _ in groups))
    if found.n == 1:
        assert found.se is None
    else:
        apart = math.fsum(w * w * (x - mean) ** 2 for x, w in each)
        assert found.se == pytest.approx(math.sqrt(apart * found.n / (found.n - 1)) / sum_w, abs=1e-6)


def test_equal_weights_give_the_plain_mean_and_its_error():
    found = summary([a_group([2.5, 5.0], 3.0), a_group([7.5, 10.0], 3.0)])
    assert (found.mean, found.mean_unw, found.n_eff) == (6.25, 6.25, pytest.approx(4))
    assert found.se == pytest.approx(stdev([2.5, 5.0, 7.5, 10.0]) / 2)


def practice(*papers):
    """Shares of papers with answers such as "5 4 - 1 12 1 5"; "-" for none. n and the plain mean by outcome."""
    made = [tuple(() if one == "-" else tuple(one) for one in paper.split()) for paper in papers]
    cells = [cell for cell in cells_of(PRACTICE, NONE, made) if cell.part == GROUP]
    return {cell.outcome: (cell.n, cell.mean) for cell in cells}


def test_shares_of_agreement_by_hand():
    """Four who answered: 5 and 4 agree, 3 neither, 2 disagrees; who passes over the question is not counted."""
    found = practice("5 - - - - - -", "4 - - - - - -", "3 1 - - - - -", "2 5 4 - - - -", "- - 1 - - - -")
    assert found["leadership_effective"] == (4, 0.5)
    assert found["leadership_not_effective"] == (4, 0.25)
    assert found["leadership_not_motivating"] == (2, 0.5)
    assert found["leadership_not_available"] == (2, 0.5)
    assert "obstacles" not in found


def test_kinds_of_obstacles_are_of_those_who_have_some():
    """Three have obstacles: of the two who say which, both name staffing and one procedures too."""
    found = practice(
        "- - - 1 1 - -", "- - - 1 13 - -", "- - - 1 - - -", "- - - 2 5 - -", "- - - 2 2 - -", "- - - - 2 - -"
    )
    assert found["obstacles"] == (5, 0.6)
    assert found["obstacles_staffing"] == (2, 1.0)
    assert found["obstacles_organisation"] == (2, 0.0)
    assert found["obstacles_procedures"] == (2, 0.5)
    assert found["obstacles_other"] == (2, 0.0)


def test_somebody_with_obstacles_to_whom_no_kind_applies_is_not_counted_among_the_kinds():
    found = practice("- - - 1 5 - -", "- - - 1 4 - -")
    assert (found["obstacles"], found["obstacles_staffing"]) == ((2, 1.0), (1, 0.0))
    assert found["obstacles_other"] == (1, 1.0)


def test_targets_that_fit_are_of_those_who_have_targets():
    found = practice("- - - - - 1 5", "- - - - - 1 6", "- - - - - 2 5", "- - - - - - 5", "- - - - - 1 2")
    assert found["no_targets"] == (4, 0.25)
    assert found["targets_aligned"] == (2, 0.5)


def test_a_share_weighs_its_papers_like_a_score():
    """30 of 50 are nurses and 1 of 3 papers: 1.8 for the nurse, 0.6 for each of the others; 1.8 / 3.0 agree."""
    papers = [(("5",), *[()] * 6, ("2",), ()), *[(("1",), *[()] * 6, ("1",), ())] * 2]
    n, mean = whole(papers, "leadership_effective", asked=PRACTICE)
    assert (n, mean) == (3, pytest.approx(0.6))


@given(st.lists(st.tuples(*[st.sampled_from(["", "1", "2"])] * 4), min_size=1, max_size=12))
def test_a_share_is_between_nought_and_one_and_never_counts_more_than_answered(answers):
    papers = [tuple((one,) if one else () for one in (*paper, *[""] * 3)) for paper in answers]
    for cell in cells_of(PRACTICE, NONE, papers):
        assert 0 <= cell.sum_wx <= cell.sum_w
        assert cell.n <= len(papers)
