"""The log and the box must agree, or everything stops."""

import json

import pytest

from pilot.secrecy import leaves
from pilot.secrecy.leaves import Broken, Counts

A, B, C = (bytes([n]) * 16 for n in (1, 2, 3))
ONE, TWO = "1" * 64, "2" * 64


def log(*bodies):
    return leaves.read_all(bodies)


def stamps(a=0, b=0, c=0):
    return {A.hex(): a, B.hex(): b, C.hex(): c}


LOG = log(
    leaves.stamp_leaf(A, 1),
    leaves.stamp_leaf(B, 1),
    leaves.envelope_leaf(A, ONE),
    leaves.stamp_leaf(A, 2),
    leaves.envelope_leaf(A, TWO),
)


def test_a_log_that_agrees_gives_the_counts():
    assert leaves.agreed(LOG, stamps(a=2, b=1), {A.hex(): TWO}) == Counts(stamped=2, stamps=3, envelopes=1)
    assert leaves.agreed([], stamps(), {}) == Counts(0, 0, 0)


@pytest.mark.parametrize(
    ("entries", "used", "lying"),
    [
        (LOG, stamps(a=2, b=1), {A.hex(): ONE}),
        (LOG, stamps(a=2, b=1), {}),
        (LOG, stamps(a=2, b=1), {A.hex(): TWO, B.hex(): ONE}),
        (LOG, stamps(a=1, b=1), {A.hex(): TWO}),
        (LOG, stamps(a=2), {A.hex(): TWO}),
        (LOG, {A.hex(): 2}, {A.hex(): TWO}),
        (LOG[1:], stamps(a=2, b=1), {A.hex(): TWO}),
        (LOG[2:3], stamps(), {A.hex(): ONE}),
        ([LOG[0], LOG[0]], stamps(a=1), {}),
    ],
)
def test_any_disagreement_stops_the_count(entries, used, lying):
    with pytest.raises(Broken):
        leaves.agreed(entries, used, lying)


def test_no_leaf_holds_a_time_or_an_answer():
    bodies = [
        leaves.stamp_leaf(A, 1),
        leaves.envelope_leaf(A, ONE),
        leaves.close_leaf(ONE, 20, Counts(3, 4, 2), TWO),
        leaves.final_leaf(ONE, TWO, 2, 0, 0),
    ]
    assert [set(json.loads(body)) for body in bodies] == [
        {"type", "v", "seq"},
        {"type", "v", "sha256"},
        {"type", "m", "roll", "stamped", "stamps", "envelopes", "sha256"},
        {"type", "m", "root", "valid", "spoilt", "set_aside"},
    ]
