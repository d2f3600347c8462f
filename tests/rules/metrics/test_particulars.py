"""What a download tells of its trusts and files: of the right day, of one publication, and never made up."""

import csv
import io
from datetime import date

from pilot.metrics.arms import Arm
from pilot.metrics.eligibility import Candidate, Criteria, EligibleList
from pilot.metrics.export import to_csv
from pilot.metrics.particulars import Known, Source, divisions, predecessors, rating_before, trusts, waves
from pilot.metrics.register import Listed, Rating, Succession
from pilot.people.trusts import Trust

START = date(2027, 4, 1)
ARMS = {"RAA": Arm("RAA", True, "1", START), "RBB": Arm("RBB", False, "1")}
LISTED = {"RAA": Listed("RAA", "ALPHA", "Y56", "QMJ", date(2000, 4, 1), None)}
ELIGIBLE = EligibleList(
    "engagement", Criteria(), (Candidate("RAA", "Alpha", "acute", "London", "Good", "", 5012.5),)
)  # fmt: skip


def read(released):
    return list(csv.DictReader(io.StringIO(to_csv(released))))


def test_a_rating_counts_only_when_it_was_published_before_the_first_start():
    early, late = Rating("RAA", date(2026, 1, 1), "Good", None), Rating("RAA", date(2027, 3, 31), None, "Good")
    on_the_day = Rating("RAA", START, "Inadequate", "Inadequate")
    empty = Rating("RAA", date(2027, 3, 31), None, None)
    other = Rating("RBB", date(2027, 3, 1), "Outstanding", "Outstanding")
    assert rating_before([early, on_the_day, other], "RAA", START) == early
    assert rating_before([late, early], "RAA", START) == late
    assert rating_before([empty, early], "RAA", START) == early
    assert rating_before([early], "RAA", None) is None


def test_both_ratings_are_of_one_publication_with_its_day():
    known = Known(ratings=(Rating("RAA", date(2026, 1, 1), None, "Good"),), eligible=ELIGIBLE)
    programme = {"RAA": Trust("RAA", "Alpha", "pilot", cqc_overall="Outstanding", cqc_well_led="Inadequate")}
    one, other = read(trusts(ARMS, programme, [("2026", "2028")], known))
    assert (one["cqc_overall"], one["cqc_well_led"], one["cqc_date"]) == ("", "Good", "2026-01-01")
    assert (other["cqc_overall"], other["cqc_date"]) == ("", "")


def test_ratings_that_were_given_with_the_trusts_have_no_day():
    programme = {"RAA": Trust("RAA", "Alpha", "pilot", cqc_overall="Outstanding", cqc_well_led="Inadequate")}
    (one, _) = read(trusts(ARMS, programme, [()], Known()))
    assert (one["cqc_overall"], one["cqc_well_led"], one["cqc_date"]) == ("Outstanding", "Inadequate", "")
    (drawn, _) = read(trusts(ARMS, programme, [()], Known(eligible=ELIGIBLE)))
    assert (drawn["cqc_overall"], drawn["cqc_well_led"]) == ("Good", "Inadequate"), "as it was before the draw"


def test_what_is_known_of_a_trust_comes_from_its_register_and_its_draw():
    known = Known(listed=LISTED, eligible=ELIGIBLE)
    one, other = read(trusts(ARMS, {}, [("2026", "2027", "2028")], known))
    told = [one[name] for name in ("name", "type", "region", "icb", "fte", "eligible", "start_wave")]
    assert told == ["Alpha", "acute", "London", "QMJ", "5012.5", "yes", "2027"]
    assert [other[name] for name in ("name", "icb", "fte", "eligible", "start_wave")] == ["RBB", "", "", "no", ""]
    assert {row["eligible"] for row in read(trusts(ARMS, {}, [()], Known(listed=LISTED)))} == {""}


def test_groups_are_those_that_the_download_tells():
    known = Known(
        listed=LISTED | {"RBB": Listed("RBB", "BETA", "Y60", "QMJ", date(2000, 4, 1), None)}, eligible=ELIGIBLE
    )
    found = divisions(("type", "region"), ARMS, {"RAA": Trust("RAA", "Alpha", "pilot", type="community")}, known)
    assert [(one.name, one.groups) for one in found] == [
        ("type", {"RAA": "community"}),
        ("region", {"RAA": "London", "RBB": known.listed["RBB"].region}),
    ]


def test_predecessors_are_found_by_way_of_others():
    became = [
        Succession(old, new, date(2020, 1, 1))
        for old, new in (("R01", "R02"), ("R02", "RAA"), ("R03", "RAA"), ("RAA", "R09"))
    ]
    assert predecessors(became, "RAA") == ("R01", "R02", "R03")
    assert predecessors(became, "R01") == ()
    (one, _) = read(trusts(ARMS, {}, [()], Known(successions=tuple(became))))
    assert one["predecessors"] == "R01 R02 R03"


def test_a_wave_has_a_row_for_each_file_in_the_order_of_time():
    sources = [
        Source("Survey", "2028", "b.csv", "2" * 64, "March 2029"),
        Source("Survey", "2028", "a.csv", "1" * 64, "March 2029"),
        Source("Survey", "2027", "a.csv", "1" * 64, "March 2029"),
        Source("Survey", "2027", "a.csv", "1" * 64, "March 2029"),
        Source("Other", "2027", "x.csv", "3" * 64, "2028"),
    ]
    used = {("Survey", "2028"), ("Survey", "2027"), ("Survey", "2026")}
    rows = read(waves(used, sources))
    assert [(row["wave"], row["source_file"]) for row in rows] == [
        ("2026", ""), ("2027", "a.csv"), ("2028", "a.csv"), ("2028", "b.csv"),
    ]  # fmt: skip
    assert rows[2]["source_sha256"] == "1" * 64
    assert (rows[1]["opens"], rows[1]["closes"], rows[1]["vintage"]) == ("2027-01-01", "2027-12-31", "March 2029")
    assert waves(used, reversed(sources)) == waves(used, sources)


def test_a_survey_that_was_held_here_says_so_and_has_its_own_days():
    held = Source(
        "Programme survey", "2027-Q2", "survey-3.csv", "4" * 64, "Survey 3", (date(2027, 5, 3), date(2027, 5, 24))
    )
    (row,) = read(waves({("Programme survey", "2027-Q2")}, [held]))
    assert row["source_file"] == "a survey of this system, kept as survey-3.csv"
    assert (row["opens"], row["closes"]) == ("2027-05-03", "2027-05-24")
