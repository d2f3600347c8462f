"""A plan is one text with one hash, goes one way, and says of every comparison whether it was planned."""

import itertools
import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy import stats

from pilot.errors import BadInput, WrongState
from pilot.metrics.arms import Arm
from pilot.metrics.kernel.power import mde
from pilot.metrics.plan import is_too_easy
from pilot.metrics.registration import (
    MOVES,
    PARTS,
    AnalysisPlan,
    Asked,
    Document,
    Door,
    Elsewhere,
    Outcome,
    Sensitivity,
    Size,
    Span,
    State,
    allocation_digest,
    as_exploratory,
    as_kernel_plan,
    best,
    blind,
    changed_parts,
    digest,
    mark,
    move,
    problems,
    propose,
    read_document,
    readable,
    seen_at_lock,
    seen_elsewhere,
    settle,
    smallest_effect,
    status_of,
    to_bytes,
)
from pilot.metrics.registration.size import t_quantile, t_share
from pilot.metrics.sheet import Unusable
from pilot.metrics.workforce import read_workforce
from tests.builders.publishers import WORKFORCE_HEADINGS

MORALE = Outcome("Other measures", "morale", Span("2024", "2025"), Span("2026", "2028"))
LEAVERS = Outcome("Workforce figures", "leaver_rate", Span("2025-01", "2025-12"), Span("2026-01", "2026-12"))
PLAN = settle(
    AnalysisPlan(
        estimand="How much more pilots changed.",
        population="All.",
        theory="They are heard.",
        primary=MORALE,
        secondaries=(LEAVERS,),
        stopping="Once.",
        size=Size(6, 18, Decimal("0.1"), "made up"),
    )
)
YEARS = ("2023", "2024", "2025", "2026", "2027", "2028")


def a_document(plan=PLAN, version=1, *, seen=False, reason="", allocation=""):
    return Document("Study", version, plan, "pilot 0.1.0", plan.seed, allocation, "", reason, seen)


def asked(**changes):
    found = Asked(
        instrument="Other measures",
        outcome="morale",
        before=("2024", "2025"),
        after=("2026", "2027", "2028"),
        available=YEARS,
        sets="matched",
        test="permutation",
        alpha=0.05,
        seed=20270401,
        missing="complete",
    )
    return replace(found, **changes)


# the plan and its text


def test_a_plan_is_one_text_and_comes_back_from_it():
    document = a_document()
    text = to_bytes(document)
    assert read_document(text) == document
    assert read_document(text, f"{digest(text)}  sap.json\n") == document
    assert text.startswith(b'{"allocation":"","amends":"","application":"pilot 0.1.0","form":')
    assert b'"alpha":"0.05"' in text, "a decimal is a text, so that every language reads the same number"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b'"0.05"', b'"0.01"'),
        lambda text: text.replace(b"made up", b"made  up"),
        lambda text: text + b"\n",
    ],
)
def test_a_plan_with_one_letter_changed_is_not_the_one_that_was_locked(change):
    text = to_bytes(a_document())
    assert change(text) != text
    with pytest.raises(BadInput, match="its SHA-256 differs"):
        read_document(change(text), digest(text))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"study":1}',
        to_bytes(a_document()).replace(b'"form"', b'"from"'),
        to_bytes(a_document()).replace(b'{"allocation"', b'{ "allocation"'),
        to_bytes(a_document()).replace(b'"seed":20270401,"seen"', b'"seed":1,"seen"'),
        to_bytes(a_document()).replace(b'"0.05"', b'"0.050x"'),
        to_bytes(a_document()).replace(b"analysis plan 1", b"analysis plan 2"),
    ],
)
def test_what_is_no_plan_is_refused_in_a_sentence(content):
    with pytest.raises(BadInput, match="not a plan as it was locked"):
        read_document(content)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)
DECIMALS = st.decimals(min_value=0, max_value=1000, places=4, allow_nan=False).map(abs)


@given(
    st.builds(
        AnalysisPlan,
        estimand=TEXTS,
        secondaries=st.lists(st.builds(Outcome, TEXTS, TEXTS), max_size=3).map(tuple),
        alpha=DECIMALS,
        sensitivity=st.builds(Sensitivity, st.just(()), st.lists(DECIMALS, max_size=3).map(tuple)),
        subgroups=st.lists(TEXTS, max_size=2).map(tuple),
        size=st.builds(Size, st.integers(0, 99), st.integers(0, 99), DECIMALS, TEXTS),
    )
)
def test_every_plan_comes_back_from_its_text_letter_by_letter(plan):
    text = to_bytes(a_document(plan))
    assert read_document(text, digest(text)) == a_document(plan)


def test_every_field_of_a_plan_belongs_to_one_part():
    named = [field for fields in PARTS.values() for field in fields]
    assert sorted(named) == sorted(AnalysisPlan.__struct_fields__)


def test_a_part_has_another_mark_when_it_changes_and_the_others_keep_theirs():
    other = replace(PLAN, alpha=Decimal("0.1"))
    assert changed_parts(PLAN, other) == ("test",)
    assert changed_parts(PLAN, PLAN) == ()
    assert mark(PLAN) != mark(other)
    assert mark(PLAN, "question") == mark(other, "question")


def test_the_arms_have_one_hash_in_whatever_order_and_none_before_a_pilot_is_named():
    arms = [Arm("RAA", True, "1", date(2026, 1, 1)), Arm("RBB", False, "1")]
    assert allocation_digest(arms) == allocation_digest(reversed(arms)) != ""
    assert allocation_digest(arms) != allocation_digest([replace(arms[0], starts_on=date(2026, 2, 1)), arms[1]])
    assert allocation_digest(arms[1:]) == allocation_digest([]) == ""


# the way from draft to locked to amended


def test_a_plan_goes_one_way_and_every_other_way_is_refused_in_a_sentence():
    assert move(State.DRAFT, "lock") is State.LOCKED
    assert move(State.LOCKED, "amend") is move(State.AMENDED, "amend") is State.AMENDED
    for state, verb in itertools.product(State, ("lock", "amend")):
        if (state, verb) not in MOVES:
            with pytest.raises(WrongState, match=r"^This plan is .*\.$"):
                move(state, verb)


# what is complete


@pytest.mark.parametrize(
    ("pilots", "controls", "alpha", "said"),
    [(5, 5, "0.05", "0.062"), (6, 6, "0.05", ""), (6, 6, "0.01", "0.031"), (5, 10, "0.05", "")],
)
def test_a_test_in_pairs_that_can_never_find_anything_is_not_planned(pilots, controls, alpha, said):
    """Of the 32 ways to draw the pilots of five pairs a real one and its opposite are the farthest: p is 2/32."""
    size = replace(PLAN.size, pilots=pilots, controls=controls)
    found = problems(replace(PLAN, sets="matched", test="permutation", alpha=Decimal(alpha), size=size))
    assert (said in found["test"]) if said else "test" not in found


def test_a_whole_plan_has_no_problem_and_a_proposal_lacks_what_only_people_know():
    assert problems(PLAN) == {}
    assert set(problems(propose(6, 18, 6))) == {"question", "primary", "size"}


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("question", {"theory": ""}),
        ("primary", {"primary": replace(MORALE, name="")}),
        ("primary", {"primary": replace(MORALE, before=Span("2025", "2024"))}),
        ("primary", {"primary": replace(MORALE, after=Span("2025", "2028"))}),
        ("primary", {"primary": replace(MORALE, after=Span("soon", "later"))}),
        ("secondaries", {"secondaries": (LEAVERS, LEAVERS)}),
        ("secondaries", {"secondaries": (MORALE,)}),
        ("secondaries", {"secondaries": (replace(LEAVERS, before=Span()),)}),
        ("comparing", {"covariates": ("baseline",)}),
        ("comparing", {"covariates": ("baseline", "region"), "estimator": "ancova"}),
        ("comparing", {"aggregates": ()}),
        ("test", {"alpha": Decimal("0.5")}),
        ("test", {"alpha": Decimal("0")}),
        ("missing", {"subgroups": ("type", "Acute trusts")}),
        ("sensitivity", {"secondaries": (), "sensitivity": Sensitivity(("counts",), ())}),
        ("sensitivity", {"sensitivity": Sensitivity(("placebo",))}),
        ("sensitivity", {"sensitivity": Sensitivity(("smoothness",), ())}),
        ("size", {"size": Size(6, 18, Decimal("0.1"), "")}),
        ("size", {"size": Size()}),
        ("stopping", {"stopping": ""}),
    ],
)
def test_a_plan_that_lacks_something_says_in_which_part(part, change):
    assert set(problems(replace(PLAN, **change))) == {part}


def test_periods_on_the_wrong_side_of_the_start_are_named():
    assert problems(PLAN, [date(2026, 1, 1)]) == {}
    assert "2024-01-01" in problems(PLAN, [date(2024, 1, 1)])["primary"]
    assert "2027-06-01" in problems(PLAN, [date(2027, 6, 1)])["primary"]


@pytest.mark.parametrize("named", [(), ("baseline",), (" Baseline",)])
def test_ancova_adjusts_for_the_baseline_whether_the_plan_names_it_or_not(named):
    plan = replace(PLAN, estimator="ancova", covariates=named)
    assert problems(plan) == {}
    assert status_of(asked(estimator="ancova"), [a_document(plan)]).status == "prespecified"
    amended = a_document(replace(plan, covariates=("baseline",)), version=2, reason="It names it now.")
    assert status_of(asked(estimator="ancova"), [a_document(plan), amended]).status == "prespecified"


def test_a_plan_that_names_more_than_the_baseline_is_told_what_to_do():
    said = problems(replace(PLAN, estimator="ancova", covariates=("baseline", "region", "size")))["comparing"]
    assert said.startswith("No estimate is adjusted for “region, size”: ANCOVA takes the baseline")
    assert said.endswith("Save this part again to leave it out")


def test_a_locked_plan_that_names_more_than_the_baseline_is_read_and_departed_from():
    locked = read_document(to_bytes(a_document(replace(PLAN, estimator="ancova", covariates=("region",)))))
    found = status_of(asked(estimator="ancova"), [locked])
    assert found.status == "exploratory"
    assert found.sentences == ("Adjusted for besides the baseline: the plan says “region”, here it is “nothing”.",)


# the smallest effect


@pytest.mark.parametrize(("pilots", "effect"), [(10, 0.154), (5, 0.241)])
def test_matched_sets_of_one_pilot_each_need_a_larger_effect(pilots, effect):
    assert smallest_effect(pilots, 30, 0.134, sets=pilots) == pytest.approx(effect, abs=0.0005)
    assert smallest_effect(pilots, 30, 0.134, sets=pilots) == pytest.approx(mde(0.134, pilots, 30, pilots), rel=1e-9)


@pytest.mark.parametrize(
    ("pilots", "controls", "spread", "effect"),
    [
        (10, 30, 0.134, 0.141),
        (10, 30, 0.102, 0.107),
        (5, 30, 0.134, 0.187),
        (10, 100, 0.134, 0.126),
        (20, 60, 0.134, 0.098),
    ],
)
def test_the_smallest_effect_is_that_of_the_formula(pilots, controls, spread, effect):
    assert smallest_effect(pilots, controls, spread) == pytest.approx(effect, abs=0.0005)


@given(st.floats(0.5, 0.9999), st.integers(1, 400))
def test_the_quantile_of_t_is_that_of_scipy(share, df):
    assert t_quantile(share, df) == pytest.approx(stats.t.ppf(share, df), rel=1e-9, abs=1e-9)
    assert t_share(1.7, df) == pytest.approx(stats.t.cdf(1.7, df), abs=1e-12)


@pytest.mark.parametrize(("share", "df"), [(0.4, 5), (1.0, 5), (0.9, 0)])
def test_a_quantile_that_is_none_is_refused(share, df):
    with pytest.raises(ValueError):  # noqa: PT011 -- the values themselves are the message
        t_quantile(share, df)


def test_the_smallest_effect_follows_from_the_answers():
    assert (PLAN.sets, PLAN.size.effect, PLAN.effect_without_sets) == ("matched", Decimal("0.1645"), Decimal("0.1382"))
    whole = settle(replace(PLAN, sets="none"))
    assert whole.size.effect == whole.effect_without_sets == Decimal("0.1382")
    assert settle(replace(PLAN, alpha=Decimal("0.01"))).size.effect > PLAN.size.effect
    assert settle(replace(PLAN, size=Size())).size.effect == 0


@pytest.mark.parametrize(
    ("estimator", "sets", "test", "error", "too_easy"),
    [
        ("did", "matched", "permutation", "Welch’s, or between the matched sets", False),
        ("did", "matched", "cluster", "Welch’s, or between the matched sets", False),
        ("did", "none", "cluster", "clustered by trust (CR1)", True),
        ("did", "none", "wild", "clustered by trust (CR1)", False),
        ("ancova", "matched", "permutation", "clustered by trust (CR2)", False),
        ("ancova", "matched", "cluster", "clustered by trust (CR1)", True),
        ("twfe", "matched", "cluster", "clustered by trust (CR1)", True),
        ("twfe", "matched", "permutation", "clustered by trust (CR1)", False),
        ("callaway-santanna", "none", "cluster", "from what each trust adds", False),
        ("sdid", "none", "permutation", "from controls that take the place", False),
    ],
)
def test_a_plan_names_the_standard_error_of_its_estimator_and_test(estimator, sets, test, error, too_easy):
    found = settle(replace(PLAN, estimator=estimator, sets=sets, test=test))
    assert found.standard_error.startswith(error)
    assert is_too_easy(estimator, test, in_sets=sets == "matched") == too_easy


# what the kernel is told


def test_the_kernel_is_told_the_plan_with_the_outcomes_of_one_instrument():
    told = as_kernel_plan(replace(PLAN, estimator="ancova", test="wild", aggregates=("simple", "dynamic")), "ab" * 32)
    assert (told.outcomes, told.estimator, told.test, told.alpha) == (("morale",), "ancova", "wild", 0.05)
    assert (told.aggregates, told.missing, told.seed, told.digest) == (
        ("simple", "dynamic"),
        "complete",
        20270401,
        "ab" * 6,
    )
    assert as_kernel_plan(PLAN, "", "Workforce figures").outcomes == ("leaver_rate",)


# what a comparison is


def test_without_a_plan_everything_is_exploratory():
    found = status_of(asked(), ())
    assert (found.status, found.version) == ("exploratory", 0)
    assert found.sentences == ("No plan for this comparison was locked before the figures were seen.",)


def test_what_follows_the_plan_in_every_field_is_prespecified():
    found = status_of(asked(), [a_document()])
    assert (found.status, found.version, found.role) == ("prespecified", 1, "primary")
    leavers = asked(
        instrument="Workforce figures",
        outcome="leaver_rate",
        available=tuple(f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 13)),
        before=tuple(f"2025-{month:02}" for month in range(1, 13)),
        after=tuple(f"2026-{month:02}" for month in range(1, 13)),
    )
    assert status_of(leavers, [a_document()]).role == "secondary"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outcome": "engagement"}, "The outcome departs from the plan: it names no “engagement” from"),
        ({"instrument": "National Quarterly Pulse Survey"}, "The outcome departs"),
        ({"before": ("2023", "2024", "2025")}, "The periods before depart from the plan: it says every period of"),
        ({"before": ("2025",)}, "The periods before depart"),
        ({"after": ("2026", "2027")}, "The periods after depart from the plan: it says every period of 2026 to 2028"),
        ({"after": ("2026", "2027"), "available": YEARS[:-1]}, "The periods after depart"),
        ({"after": ("2026", "2028")}, "The periods after depart"),
        ({"sets": "none"}, "Sets: the plan says “matched”, here it is “none”."),
        ({"estimator": "ancova"}, "Way of estimating: "),
        ({"control": "not_yet"}, "Compared with: "),
        ({"test": "cluster"}, "Test: the plan says “permutation”, here it is “cluster”."),
        ({"alpha": 0.1}, "Share of false alarms: the plan says “0.05”, here it is “0.1”."),
        ({"seed": 7}, "Seed: "),
        ({"missing": "available"}, "Missing values: "),
        ({"allocation": "b" * 64}, "The arms depart from the plan"),
    ],
)  # fmt: skip
def test_one_field_that_departs_makes_it_exploratory_and_is_named(change, said):
    found = status_of(asked(**change), [a_document(allocation="a" * 64)])
    assert found.status == "exploratory"
    assert len(found.sentences) == 1
    assert found.sentences[0].startswith(said)


def test_a_share_of_false_alarms_is_the_same_however_it_is_written():
    plan = replace(PLAN, alpha=Decimal("0.050"))
    assert status_of(asked(), [a_document(plan)]).status == "prespecified"


def test_a_plan_that_was_locked_after_the_figures_prespecifies_nothing():
    found = status_of(asked(), [a_document(seen=True)])
    assert found.status == "exploratory"
    assert "could be seen already" in found.sentences[0]


CLUSTER = replace(PLAN, test="cluster")
BLINDLY = a_document(CLUSTER, 2, reason="A better test.")
KNOWING = a_document(CLUSTER, 2, reason="It looked better.", seen=True)


def test_what_follows_an_amendment_made_before_outcomes_were_seen_is_amended():
    found = status_of(asked(test="cluster"), [a_document(), BLINDLY])
    assert (found.status, found.version) == ("amended", 2)
    assert "A better test." in found.sentences[0]
    assert "Test: the plan says" in found.sentences[1]


def test_what_follows_an_amendment_made_after_outcomes_were_seen_is_exploratory():
    found = status_of(asked(test="cluster"), [a_document(), KNOWING])
    assert found.status == "exploratory"
    assert "after figures from the start on had been seen" in found.sentences[0]
    assert "It looked better." in found.sentences[1]


def test_what_follows_a_version_that_was_amended_is_exploratory():
    assert status_of(asked(), [a_document(), BLINDLY]).status == "exploratory"


def test_an_amendment_of_something_else_takes_nothing_from_what_was_planned():
    other = a_document(replace(PLAN, theory="Another."), 2, reason="Clearer.", seen=True)
    assert status_of(asked(), [a_document(), other]).status == "prespecified"


def test_a_plan_that_was_changed_and_changed_back_is_not_prespecified_again():
    back = a_document(PLAN, 3, reason="Back again.")
    assert status_of(asked(), [a_document(), BLINDLY, back]).status == "amended"
    knowing = replace(back, seen=True)
    assert status_of(asked(), [a_document(), BLINDLY, knowing]).status == "exploratory"


def test_of_several_studies_that_one_counts_whose_plan_fits_best():
    found = [status_of(asked(), versions) for versions in ([], [a_document()], [a_document(seen=True)])]
    assert best(found) == 1
    assert best(found[::2]) == 0


# what may be read before the lock

MONTHS = ("2025-11", "2025-12", "2026-01", "2026-02")


def test_before_the_lock_only_periods_that_ended_before_the_first_start_may_be_read():
    starts = [date(2026, 6, 1), date(2026, 1, 15)]
    assert readable((*MONTHS, "2025", "2026", "2025/26"), starts, False) == ("2025", "2025-11", "2025-12")
    assert readable(MONTHS[::-1], starts, True) == MONTHS
    assert readable(MONTHS, [], False) == ()
    assert readable(["nonsense"], starts, False) == ()


def test_the_door_holds_back_figures_of_the_own_trusts_wherever_they_lie():
    door = Door(False, (date(2026, 1, 1),), frozenset({"RAA"}))
    assert door.holds_back(["RXX"], MONTHS, programme=True)
    assert door.holds_back(["RXX", "RAA"], MONTHS, programme=False)
    assert not door.holds_back(["RXX"], MONTHS, programme=False)
    assert not door.holds_back(["RAA"], MONTHS[:2], programme=True)
    assert not replace(door, locked=True).holds_back(["RAA"], MONTHS, programme=True)


def test_a_sentence_about_a_blind_file_has_no_figure_in_it():
    said = "Line 3: “morale” must be a whole number of people, 0 or more, but is “6.31”."
    assert blind(said) == "Line 3: “morale” must be a whole number of people, 0 or more, but is “…”."
    assert (
        blind("“2026-13” and “ten” and “2026” and “-5” and “1,204”") == "“2026-13” and “ten” and “2026” and “…” and “…”"
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("more people left than the 1,200 who were there.", "more people left than the … who were there."),
        ("“q2a” of X00 must be from 0 to 1, but is “7.31x”.", "“q2a” of X00 must be from 0 to 1, but is “…”."),
        ("12 at the start − 7 leavers = 5, but is -7.5.", "… at the start − … leavers = …, but is …."),
        ("X00 Nurses after 2027-03 (102 and 1,105), and 3 more.", "X00 Nurses after 2027-03 (… and …), and 3 more."),
        ("R1F is given 12 values from 1 April 2024 on.", "R1F is given … values from 1 April 2024 on."),
        ("PP1_2025 of X00 in 2026/27 and 2026-Q1: 31.", "PP1_2025 of X00 in 2026/27 and 2026-Q1: …."),
        ("also on line 1,204. It tells of 7 trusts.", "also on line 1,204. It tells of 7 trusts."),
        ("has 7 cells, but the header has 6.", "has 7 cells, but the header has 6."),
        ("larger than 10 MB, more than 2,000,000 cells", "larger than 10 MB, more than 2,000,000 cells"),
    ],
)  # fmt: skip
def test_a_number_in_a_sentence_stays_only_where_it_is_known_what_it_is(said, told):
    assert blind(said) == told


PEOPLE = st.integers(1_000, 3_999)
"""So few that four reasons for leaving never add up to the leavers."""


@given(st.lists(st.lists(PEOPLE, min_size=10, max_size=10), min_size=1, max_size=3))
def test_no_problem_of_a_file_of_staff_movements_gives_a_number_of_people_away(rows):
    lines = [f"X00,2027-0{month},Nursing,{','.join(map(str, row))}" for month, row in enumerate(rows, 1)]
    with pytest.raises(Unusable) as refusal:
        read_workforce("\n".join([WORKFORCE_HEADINGS, *lines]).encode())
    told = " ".join(blind(problem.text) for problem in refusal.value.problems)
    assert re.findall(r"\d[\d,]*", re.sub(r"X00|2027-0\d", "", told)) == []


OPEN, SHUT = (Door(locked, (date(2026, 1, 1),), frozenset()) for locked in (True, False))


def test_outcomes_count_as_seen_when_anybody_could_have_read_them():
    after = date(2026, 1, 1)
    assert not seen_at_lock(0, MONTHS, SHUT, after, programme=True)
    assert seen_at_lock(0, MONTHS, OPEN, after, programme=True)
    assert seen_at_lock(0, MONTHS, SHUT, after, programme=False)
    assert not seen_at_lock(0, MONTHS[:2], OPEN, after, programme=False)
    assert seen_at_lock(1, (), SHUT, after, programme=True)
    moved = Door(False, (date(2099, 1, 1),), frozenset())
    assert seen_at_lock(0, MONTHS, moved, after, programme=True), "a start that was said to be later had opened them"


def test_figures_in_another_dataset_count_unless_they_were_held_back():
    after = date(2026, 1, 1)
    shown, held = ([Elsewhere(label, hidden) for label in MONTHS] for hidden in (False, True))
    assert seen_elsewhere(shown, SHUT, after)
    assert not seen_elsewhere(held, SHUT, after)
    assert seen_elsewhere(held, OPEN, after)
    assert seen_elsewhere(held, Door(False, (date(2099, 1, 1),), frozenset()), after)
    assert not seen_elsewhere(shown[:2], OPEN, after), "they are over before the start"
    assert not seen_elsewhere([], OPEN, after)


def test_an_exploratory_estimate_keeps_what_is_added_to_its_status():
    assert as_exploratory("prespecified, not randomised") == "exploratory, not randomised"
    assert [as_exploratory(status) for status in ("amended", "exploratory")] == ["exploratory"] * 2
