"""A whole study: the planned estimate, everything that tries to break it, its tables and its pictures."""

import math

import pytest
from msgspec import json
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics import findings
from pilot.metrics.kernel import study
from pilot.metrics.kernel.designs import BalanceRow, DrawnFrom, PowerPoint, Spread
from pilot.metrics.kernel.studies import Division, Step, Studied, StudyOrder
from tests.builders.studies import EFFECT, a_measured, an_order, counted

TABLES = ("engagement", "morale", "leaving")


@pytest.fixture(scope="module")
def order():
    return an_order(*TABLES)


@pytest.fixture(scope="module")
def steps():
    return []


@pytest.fixture(scope="module")
def found(order, steps):
    return study.work_out(order, steps.append)


def test_every_outcome_is_estimated_and_checked_in_every_way(found):
    for one in found.outcomes:
        assert one.main.estimates[0].lo < EFFECT < one.main.estimates[0].hi
        assert {part.estimates[0].estimator for part in one.others} == {"ancova", "sdid"}
        assert {row.kind for row in one.placebos} == {"in time", "in space", "leave one out"}
        assert one.pre_trend is not None
        assert len(one.robustness.rows) > 2
        assert one.silence.rate == pytest.approx(0.4, abs=0.02)
        assert one.on_rate.estimand == "response rate"
        assert one.refused == ()


def test_whoever_waits_hears_what_is_being_done(found, steps):
    assert len(found.outcomes) == 3
    assert steps[0] == "Estimating the effect on engagement"
    assert "Checking the effect on morale: leaving out each trust in turn" in steps
    assert steps[-1] == "Adjusting for the number of outcomes"


def test_the_primary_outcome_stands_alone(found):
    primary, *others = (one.main.estimates[0] for one in found.outcomes)
    assert primary.p_holm is None
    assert all(one.p_permutation <= one.p_romano_wolf <= one.p_holm for one in others)


def test_it_travels_to_the_worker_and_back_without_loss(order, found):
    assert json.decode(json.encode(order), type=StudyOrder) == order
    assert json.decode(json.encode(found), type=Studied) == found


def test_below_five_pilots_there_are_effects_but_no_inference_anywhere():
    found = study.work_out(an_order("engagement", pilots=4), lambda _: None).outcomes[0]
    for part in (found.main, *found.others):
        assert {(e.se, e.lo, e.p_permutation, e.p_cluster, e.p_wild) for e in part.estimates} == {(None,) * 5}
    assert {(row.se, row.p) for row in found.placebos} == {(None, None)}
    assert found.pre_trend.small is None
    assert ("smoothness" in dict(found.refused)) or not found.robustness.rows


def test_a_check_that_cannot_be_had_says_why_and_keeps_nothing_else_back():
    short = replace(an_order("engagement", periods=2))
    found = study.work_out(short, lambda _: None).outcomes[0]
    assert found.main.estimates[0].att
    refused = dict(found.refused)
    assert "two periods or more" in refused["pre-trends"]
    assert "two periods or more" in refused["placebo"]
    assert found.others
    beside = replace(short.measured[0], mde=0.0)  # the plan gives the smallest effect of its primary outcome alone
    refused = dict(study.work_out(StudyOrder((beside,), ("pre-trends",)), lambda _: None).outcomes[0].refused)
    assert "smallest effect for its primary outcome only" in refused["pre-trends"]
    unknown = study.work_out(replace(short, checks=("magic",)), lambda _: None).outcomes[0]
    assert unknown.refused == (("magic", "The check “magic” is not one of this version."),)


def test_a_planned_estimate_that_cannot_be_had_is_no_study():
    one = a_measured("engagement", 1)
    nobody = replace(one, panel=replace(one.panel, units=tuple(replace(u, start=0) for u in one.panel.units)))
    with pytest.raises(BadInput, match="no treated unit"):
        study.work_out(StudyOrder((nobody,)), lambda _: None)


def test_the_tables_hold_what_was_found(found):
    status = dict.fromkeys(TABLES, "prespecified")
    table = findings.estimates(found.outcomes, "plan 1", status, {"engagement": {"000": 5000, "elsewhere": 7}})
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(row["outcome"], row["estimator"]) for row in rows[:3]] == [
        ("engagement", name) for name in ("did", "ancova", "sdid")
    ]
    assert (rows[3]["outcome"], rows[3]["estimand"]) == ("engagement", "response rate")
    assert (rows[0]["n_resp"], rows[4]["n_resp"]) == (5007, None)
    gone = replace(found.outcomes[0].main, estimates=(replace(found.outcomes[0].main.estimates[0], dropped=("000",)),))
    left = findings.estimates(
        [replace(found.outcomes[0], main=gone)], "", status, {"engagement": {"000": 5000, "001": 7}}
    )
    assert left.rows[0][left.columns.index("n_resp")] == 7
    assert [row["n_resp"] for row in rows[:5]] == [5007, 5007, 5007, None, None], "not those behind the response rate"
    assert rows[4]["p_holm"] >= rows[4]["p_rw"] >= rows[4]["p_perm"]
    gt, events = findings.effects(found.outcomes)
    assert (len(gt.rows), len(events.rows)) == (18, 18)
    tries = findings.placebo(found.outcomes)
    assert len(tries.rows) == sum(len(one.placebos) for one in found.outcomes)
    bends = findings.sensitivity(found.outcomes)
    assert {row[5] for row in bends.rows} <= {"yes", "no"}
    assert any(str(row[1]).startswith("before the start, period") for row in bends.rows)
    tipping = [row for row in bends.rows if row[0] == "engagement" and row[1] == "tipping point"]
    silence = found.outcomes[0].silence
    assert [row[2] for row in tipping] == ["0", f"{silence.tips:.6g}"]
    assert [row[5] for row in tipping] == ["no", "yes"]
    assert {row[6] for row in tipping} == {f"{silence.edge:.6g}"}


DRAW = DrawnFrom(
    1, "Draw", "engagement", 30, 6, 6, 18, Spread(0.1, "made up"),
    (PowerPoint(2, 6, 0.4, 0.9), PowerPoint(6, 18, 0.2, 0.3)),
    (BalanceRow("level", 6.5, 6.9, -1.0, 1.2, "before"), BalanceRow("level", 6.5, 6.6, -0.3, 1.1, "after")),
)  # fmt: skip


def test_the_tables_of_a_design_hold_their_columns():
    table = findings.power(DRAW)
    shown = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(row["n_t"], row["mde"], row["source"]) for row in shown] == [
        (2, 0.4, "made up"),
        (2, 0.9, "made up; sets compared, with sets − 1 degrees of freedom"),
        (6, 0.2, "made up"),
        (6, 0.3, "made up; sets compared, with sets − 1 degrees of freedom"),
    ]
    assert {row["sd_change"] for row in shown} == {0.1}
    table = findings.balance(DRAW)
    assert table.rows[1] == ("level", 6.5, 6.6, -0.3, 1.1, "after")
    table = findings.flow([Step("assigned", "pilot", 6, 30_000, "")])
    assert dict(zip(table.columns, table.rows[0], strict=True))["n_staff"] == 30_000


def test_every_picture_of_a_study_is_drawn(order, found):
    from pilot.metrics.figures.whole import pictures

    one = replace(found.outcomes[0], subgroups=(replace(found.outcomes[0].main.estimates[0], estimand="type: Acute"),))
    small = (replace(order, measured=order.measured[:1]), Studied((one,)))
    drawn = pictures(*small)
    steps = (
        Step("eligible", "", 30, 150_000, "2 left out (2: No rating)"),
        Step("assigned", "pilot", 1),
        Step("assigned", "control", 18),
    )
    more = pictures(replace(small[0], flow=steps, draw=DRAW), small[1])
    assert set(more) - set(drawn) == {"flow", "balance", "power"}
    for words in ("30 trusts, 150,000 full-time equivalents", "2 left out", "1 pilot", "18 controls", "Assigned"):
        assert f">{words}<" in more["flow"].svg
    assert "No rating" not in more["flow"].svg
    kinds = ("trends", "event-study", "left-out", "bends", "estimators", "subgroups")
    assert set(drawn) == {f"{kind}-engagement" for kind in kinds} | {"forest"}
    assert "Engagement: both arms" in drawn["trends-engagement"].svg
    assert "type: Acute" in drawn["subgroups-engagement"].svg
    assert all(order.footnote in drawing.svg for drawing in drawn.values())


def test_leavers_are_counted_beside_their_rate():
    one = counted()
    found = study.work_out(StudyOrder((one,), ("counts",)), lambda _: None).outcomes[0]
    assert found.leavers.ratio == pytest.approx(2 / 3, abs=0.05)
    assert found.leavers.p_permutation < 0.01
    main = found.main.estimates[0]
    assert main.estimator == "did"
    assert main.att == pytest.approx(-0.01, abs=0.002)
    table = findings.estimates([found], "plan 1", {"leaver_rate": "prespecified"}, {})
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(row["estimator"], row["estimand"]) for row in rows] == [
        ("did", "simple"), ("leavers-as-counts", "log rate ratio"), ("leavers-as-counts", "rate difference")
    ]  # fmt: skip
    _, ratio, difference = rows
    assert math.exp(ratio["att"]) == pytest.approx(found.leavers.ratio)
    assert math.exp(ratio["lo"]) == pytest.approx(found.leavers.ratio_lo)
    assert (ratio["se"], ratio["df"]) == (found.leavers.se, 23)
    assert (difference["att"], difference["se"]) == (found.leavers.difference, None)
    assert ratio["p_perm"] == difference["p_perm"] == found.leavers.p_permutation
    assert json.decode(json.encode(found), type=type(found)) == found


def test_why_leavers_are_not_counted_is_said_and_other_outcomes_are_passed_over():
    refused = study.work_out(
        StudyOrder((replace(counted(), counts=None, no_counts="The periods overlap."),), ("counts",)), lambda _: None
    ).outcomes[0]
    assert (refused.refused, refused.leavers) == ((("counts", "The periods overlap."),), None)
    other = study.work_out(StudyOrder((a_measured("morale", 1),), ("counts",)), lambda _: None).outcomes[0]
    assert (other.refused, other.leavers) == ((), None)
    none_left = counted(headcount=2000.0)
    empty = replace(none_left.counts, outcomes=none_left.counts.outcomes | {"leavers": ((0.0,) * 6,) * 24})
    found = study.work_out(StudyOrder((replace(none_left, counts=empty),), ("counts",)), lambda _: None).outcomes[0]
    assert "leav" in dict(found.refused)["counts"]


def by_type(one, *, pilots_of_a=6):
    """Acute trusts are the first pilots with their controls; one trust has no type."""
    groups = {unit.name: "Acute" if int(unit.set_id[1:]) < pilots_of_a else "Community" for unit in one.panel.units}
    return Division("type", groups)


def test_within_groups_the_estimate_is_that_of_a_study_of_this_group_alone():
    one = a_measured("engagement", 1, pilots=12)
    divided = replace(one, divisions=(by_type(one),))
    found = study.work_out(StudyOrder((divided,)), lambda _: None).outcomes[0]
    assert [group.estimand for group in found.subgroups] == ["type: Acute", "type: Community"]
    names = {unit.name for unit in one.panel.units if int(unit.set_id[1:]) < 6}
    places = [place for place, unit in enumerate(one.panel.units) if unit.name in names]
    alone = replace(
        one.panel,
        units=tuple(one.panel.units[place] for place in places),
        outcomes={"engagement": tuple(one.panel.outcomes["engagement"][place] for place in places)},
    )
    acute = study.work_out(StudyOrder((replace(one, panel=alone),)), lambda _: None).outcomes[0].main.estimates[0]
    group = found.subgroups[0]
    assert (group.att, group.lo, group.p_permutation) == (acute.att, acute.lo, acute.p_permutation)
    assert (group.n_pilots, group.n_controls) == (6, 18)
    sizes = [group.n_pilots * group.att for group in found.subgroups]
    assert sum(sizes) / 12 == pytest.approx(found.main.estimates[0].att), "sets lie within one group here"
    table = findings.estimates([found], "plan 1", {"engagement": "prespecified"}, {"engagement": {"000": 5000}})
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(row["estimand"], row["status"], row["n_resp"]) for row in rows] == [
        ("simple", "prespecified", 5000),
        ("type: Acute", "prespecified", None),
        ("type: Community", "prespecified", None),
    ]


def test_a_group_with_fewer_than_five_pilots_is_estimated_without_inference():
    one = a_measured("engagement", 1, pilots=10)
    divided = replace(one, divisions=(by_type(one),))
    found = study.work_out(StudyOrder((divided,)), lambda _: None).outcomes[0]
    few = found.subgroups[1]
    assert (few.n_pilots, few.confirmatory, few.lo, few.se, few.p_permutation) == (4, False, None, None, None)
    assert few.att == pytest.approx(EFFECT, abs=0.3)


def test_groups_that_cannot_be_compared_say_why():
    one = a_measured("engagement", 1)
    name = one.panel.units[0].name
    controls = {unit.name: "Ambulance" if unit.start == 0 else "Acute" for unit in one.panel.units}
    odd = (
        Division("type", controls),
        Division("region", {}),
        Division("size", dict.fromkeys(controls, "large")),
        Division("board", {unit: "A" if unit < "003" else "B" for unit in controls if unit != name}),
    )
    found = study.work_out(StudyOrder((replace(one, divisions=odd),)), lambda _: None).outcomes[0]
    refused = dict(found.refused)
    assert "no comparison unit" in refused["type: Acute"]
    assert "no treated unit" in refused["type: Ambulance"]
    assert refused["by region"] == "The region of these trusts is not known."
    assert refused["by size"] == "All trusts are of one size."
    assert "1 trusts are in no group, since their board is not known." in found.notes
