"""The plan: each key is checked, and what is not built yet is refused by name."""

import json

import pytest

from pilot.errors import BadInput
from pilot.metrics.plan import read_plan


def plan(**keys):
    return read_plan(json.dumps({"outcome": "morale", **keys}).encode())


def test_a_plan_needs_no_more_than_an_outcome():
    found = plan()
    assert (found.outcomes, found.estimator, found.test, found.missing, found.alpha) == (
        ("morale",), "did", "permutation", "complete", 0.05,
    )  # fmt: skip


def test_the_same_plan_has_the_same_digest_whatever_its_order():
    assert plan(seed=1, alpha=0.1).digest == plan(alpha=0.1, seed=1).digest != plan(seed=2, alpha=0.1).digest


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"test": "bootstrap"}, "“test” must be permutation, cluster or wild"),
        ({"estimator": "magic"}, '“estimator” must be did, ancova, callaway-santanna, twfe or sdid, but is "magic".'),
        ({"control": "all"}, "“control” must be never or not_yet"),
        ({"missing": None}, "“missing” must be complete or available, but is null."),
        ({"alpha": 5}, "“alpha” must be a number between 0 and 0.5"),
        ({"alpha": True}, "“alpha” must be a number"),
        ({"seed": -1}, "“seed” must be a whole number"),
        ({"aggregates": ["mean"]}, "“aggregates” must be a list of simple, dynamic, group or calendar."),
        ({"outcome": []}, "must name an “outcome”"),
        ({"outcome": ["a", "a"]}, "names one outcome twice"),
        ({"alfa": 0.1}, "a key that is not known: “alfa”"),
    ],
)
def test_a_wrong_key_is_named_with_what_it_may_be(keys, said):
    with pytest.raises(BadInput) as refusal:
        plan(**keys)
    assert said in refusal.value.reason


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_a_plan_that_is_no_json_object_is_refused(content):
    with pytest.raises(BadInput, match="The plan"):
        read_plan(content)
