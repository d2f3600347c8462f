"""What of a survey may be shown: nothing about fewer than eleven people."""

import pytest

from pilot.errors import BadInput
from pilot.metrics.catalogue import MANAGEMENT
from pilot.metrics.cells import Cell, cells_of
from pilot.metrics.disclosure import FIRST, HIDDEN, publish
from pilot.metrics.questionnaire import GROUP, PRACTICE, PULSE, SITE, Offer, read_pack
from pilot.metrics.wave_figures import (
    SURVEY,
    Hidden,
    Response,
    as_reading,
    by_trust,
    hidden_groups,
    hidden_trusts,
    instrument_of,
    means,
    responses,
)


def a_cell(name, n, mean, part=GROUP, outcome="engagement"):
    return Cell(part, name, outcome, n, float(n), n * mean, n * mean * mean, float(n))


CELLS = [
    ("RAA", a_cell("Nursing", 20, 6.0)),
    ("RAA", a_cell("Estates", 10, 3.0)),
    ("RAA", a_cell("Main", 30, 5.0, SITE)),
    ("RBB", a_cell("Nursing", 6, 4.0)),
    ("RBB", a_cell("Estates", 4, 9.0)),
]


def out(lines, earlier=FIRST):
    return publish("t", lines, earlier)[0]


def test_a_later_correction_of_a_wave_is_refused_since_the_difference_would_tell_about_few():
    """20 of 30 nurses and later 19 of 29: two means whose difference is the answer of one of them."""
    _, before = publish("t", means(CELLS, [], "2027-04", PULSE, 11), FIRST)
    assert out(means(CELLS, [], "2027-04", PULSE, 11), before) == out(means(CELLS, [], "2027-04", PULSE, 11))
    corrected = [("RAA", a_cell("Nursing", 19, 6.1)), *CELLS[1:]]
    with pytest.raises(BadInput, match="“RAA 2027-04 engagement” has another number of people elsewhere") as refusal:
        out(means(corrected, [], "2027-04", PULSE, 11), before)
    assert not {"19", "20", "29", "30"} & set(refusal.value.reason.split())
    assert out(means(corrected, [], "2027-07", PULSE, 11), before).rows[0][3:5] == (pytest.approx(5.03, abs=0.01), 29)


def test_a_trust_is_its_staff_groups_together_and_sites_are_not_counted_again():
    found = by_trust(CELLS)
    assert found["RAA", "engagement"].n == 30
    assert found["RAA", "engagement"].mean == 5.0
    assert found["RBB", "engagement"].n == 10


ANSWERED = [Response("RBB", "control", 50, 10), Response("RAA", "pilot", 100, 32)]


def test_a_mean_of_fewer_than_eleven_people_never_leaves():
    table = out(means(CELLS, ANSWERED, "2027-04", PULSE, 11))
    assert table.rows == (
        ("RAA", "2027-04", "engagement", 5.0, 30, None, HIDDEN, HIDDEN, 0.262613),
        ("RBB", "2027-04", "engagement", HIDDEN, HIDDEN, None, HIDDEN, HIDDEN, HIDDEN),
        ("RAA", "2027-04", "response_rate", 0.32, 32, 100, None, None, None),
        ("RBB", "2027-04", "response_rate", HIDDEN, HIDDEN, 50, None, None, None),
    )
    assert hidden_trusts(table) == {"RBB": 2}
    reading = as_reading(table)
    assert [(one.trust, one.outcome, one.value, one.n) for one in reading.observations] == [
        ("RAA", "engagement", 5.0, 30),
        ("RAA", "response_rate", 0.32, 32),
    ]
    assert [(tally.outcome, tally.numbers, tally.missing) for tally in reading.tallies] == [
        ("engagement", 1, 1),
        ("response_rate", 1, 1),
    ]


def test_the_plain_mean_beside_the_weighted_one_would_tell_that_of_a_small_staff_group():
    """Two groups of known size: the effective number tells how many answered in each, and both means their scores."""
    large = [("RAA", a_cell("Nursing", 20, 6.0)), ("RAA", Cell(GROUP, "Estates", "engagement", 11, 22.0, 66, 220, 44))]
    (row,) = out(means(large, [], "2027-04", PULSE, 11)).rows
    assert row[6:8] == (27.6, 4.935484)
    (sample,) = [one.sample for one in as_reading(out(means(large, [], "2027-04", PULSE, 11))).observations]
    assert (sample.weighted, sample.n_eff, sample.mean_unw, sample.entitled) == (True, 27.6, 4.935484, None)
    small = [large[0], ("RAA", Cell(GROUP, "Estates", "engagement", 10, 20.0, 60, 200, 40))]
    (row,) = out(means(small, [], "2027-04", PULSE, 11)).rows
    assert row[6:8] == (HIDDEN, HIDDEN)
    (sample,) = [one.sample for one in as_reading(out(means(small, [], "2027-04", PULSE, 11))).observations]
    assert (sample.n_eff, sample.mean_unw) == (None, None)


def test_no_standard_error_of_fewer_than_thirty_people_leaves():
    for n, shown in ((29, False), (30, True)):
        (row,) = out(means([("RAA", a_cell("Nursing", n, 6.0))], [], "2027-04", PULSE, 11)).rows
        assert (row[8] != HIDDEN) is shown


def test_small_staff_groups_are_told_before_the_release():
    offered = {"RAA": ("Nursing", "Estates"), "RBB": ("Nursing", "Estates", "Medical")}
    small = [("RAA", ""), ("RAA", "Estates"), ("RBB", ""), ("RBB", "Estates"), ("RBB", "Medical"), ("RBB", "Nursing")]
    assert hidden_groups(CELLS, offered, 11) == tuple(Hidden(*one) for one in small)


def test_a_response_rate_is_hidden_with_its_papers():
    table = out(responses([Response("RAA", "pilot", 100, 40), Response("RBB", "control", 50, 10)], "2027-04"))
    assert table.rows == (("RAA", "pilot", 100, 40, 0.4), ("RBB", "control", 50, HIDDEN, HIDDEN))


def a_pack(text, title="Tea", permission="NHSE 1"):
    content = f"code,text,answers,reverse,outcome\nq1,{text},agree,no,engagement\n".encode()
    return read_pack(content, title=title, permission=permission)


def test_the_management_questions_arrive_as_measures_of_the_catalogue():
    assert instrument_of(PRACTICE) == MANAGEMENT


def test_figures_of_other_questions_are_never_one_series_with_the_pulse():
    assert instrument_of(PULSE) == SURVEY
    tea = instrument_of(a_pack("The tea is hot"))
    assert tea not in (SURVEY, instrument_of(a_pack("The tea is cold")))
    assert tea == instrument_of(a_pack("The tea is hot", "Autumn", "NHSE 2"))
    assert len(tea) <= 80


def shown_of(asked, papers):
    """Mean (weighted) and people by outcome, of a survey of one trust with one staff group; None where hidden."""
    cells = [("RAA", one) for one in cells_of(asked, Offer((("All", 300),), ()), papers)]
    rows = out(means(cells, [], "2027-04", asked, 11)).rows
    return {row[2]: (None if row[3] == HIDDEN else row[3], row[4], row[6:]) for row in rows}


def some_papers(left_out):
    """40 papers of the pulse; the first of them, one for each number, lack the item of that number."""
    papers = [[((str(1 + (7 * k + 3 * item) % 5)),) for item in range(len(PULSE.items))] for k in range(40)]
    for paper, item in zip(papers, left_out, strict=False):
        paper[item] = ()
    return [tuple(paper) for paper in papers]


STATEMENTS = next(scale.items for scale in PULSE.scales if scale.code == "management_practice")


def test_who_leaves_out_one_statement_is_not_told_by_the_mean_of_all_beside_those_of_each():
    """S = (T - x)/7 + x/6, T the points of all statements and x of that person: solved for x to the digit."""
    whole = shown_of(PULSE, some_papers([]))
    assert None not in {whole[code][0] for code in (*STATEMENTS, "management_practice", "engagement")}
    one = shown_of(PULSE, some_papers([9]))
    assert [code for code in STATEMENTS if one[code][0] is None] == ["leaders_effective"]
    assert set(one["leaders_effective"][2]) == {HIDDEN}
    assert one["management_practice"][0] is not None
    many = shown_of(PULSE, some_papers([9] * 11))
    assert None not in {many[code][0] for code in STATEMENTS}


def test_who_has_no_score_on_one_part_of_engagement_is_not_told_by_the_others():
    papers = [list(paper) for paper in some_papers([])]
    papers[0][6:8] = (), ()
    found = shown_of(PULSE, [tuple(paper) for paper in papers])
    assert [code for code, (mean, _, _) in found.items() if mean is None] == ["advocacy"]
    assert (found["engagement"][1], found["motivation"][1]) == (39, 40)


@pytest.mark.parametrize("few", [7, 10, 11, 20])
def test_a_share_does_not_tell_how_many_are_asked_further_where_that_is_hidden(few):
    papers = [
        (*[("3",)] * 3, ("1" if k < few else "2",), ("1" if k < few else "5",), ("1" if k < few else "2",), ("4",))
        for k in range(60)
    ]
    found = shown_of(PRACTICE, papers)
    hidden = {code for code, (mean, _, _) in found.items() if mean is None}
    assert ({"obstacles", "no_targets", "obstacles_staffing", "targets_aligned"} <= hidden) is (few < 11)
    assert "leadership_effective" not in hidden
