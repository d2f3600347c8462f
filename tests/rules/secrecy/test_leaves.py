"""The log and the box must agree, or everything stops."""

import json
from base64 import b64decode

import pytest

from pilot.secrecy import leaves
from pilot.secrecy.leaves import Broken, Counts, Used
from tests.builders.secrecy import CLOSES

A, B, C = (bytes([n]) * 16 for n in (1, 2, 3))
ONE, TWO = "1" * 64, "2" * 64


def log(*bodies):
    return leaves.read_all(bodies)


def stamps(a=0, b=0, c=0, on_paper=()):
    return {v.hex(): Used(used, v in on_paper) for v, used in ((A, a), (B, b), (C, c))}


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


SIGNED = {0: b"s" * 64, 2: b"t" * 64}
PAPER = leaves.read_all([leaves.cancel_leaf(A, SIGNED)])


def test_a_vote_on_paper_takes_the_envelope_out_of_the_count_and_leaves_the_stamps_in():
    used = stamps(a=2, b=1, on_paper=[A])
    assert leaves.agreed([*LOG, *PAPER], used, {}) == Counts(stamped=2, stamps=3, envelopes=0, cancelled=1)
    assert leaves.agreed(PAPER, stamps(on_paper=[A]), {}) == Counts(0, 0, 0, cancelled=1)


@pytest.mark.parametrize(
    ("entries", "used", "lying"),
    [
        ([*LOG, *PAPER], stamps(a=2, b=1), {}),
        ([*LOG, *PAPER], stamps(a=2, b=1, on_paper=[B]), {}),
        ([*LOG, *PAPER], stamps(a=2, b=1, on_paper=[A]), {A.hex(): TWO}),
        (LOG, stamps(a=2, b=1, on_paper=[A]), {}),
        ([*PAPER, *PAPER], stamps(on_paper=[A]), {}),
        ([*PAPER, *LOG], stamps(a=2, b=1, on_paper=[A]), {}),
        ([*LOG[:3], *PAPER, LOG[3]], stamps(a=2, b=1, on_paper=[A]), {}),
    ],
)
def test_a_vote_on_paper_that_the_log_and_the_box_tell_differently_stops_the_count(entries, used, lying):
    with pytest.raises(Broken):
        leaves.agreed(entries, used, lying)


@pytest.mark.parametrize(
    ("entries", "used", "lying"),
    [
        (LOG, stamps(a=2, b=1), {A.hex(): ONE}),
        (LOG, stamps(a=2, b=1), {}),
        (LOG, stamps(a=2, b=1), {A.hex(): TWO, B.hex(): ONE}),
        (LOG, stamps(a=1, b=1), {A.hex(): TWO}),
        (LOG, stamps(a=2), {A.hex(): TWO}),
        (LOG, {A.hex(): Used(2)}, {A.hex(): TWO}),
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
        leaves.cancel_leaf(A, SIGNED),
        leaves.suspend_leaf("The website was down."),
        leaves.notices_leaf(20),
        leaves.erase_leaf(),
    ]
    assert [set(json.loads(body)) for body in bodies] == [
        {"type", "v", "seq"},
        {"type", "v", "sha256"},
        {"type", "m", "roll", "stamped", "stamps", "envelopes", "cancelled", "sha256"},
        {"type", "m", "root", "valid", "spoilt", "set_aside"},
        {"type", "v", "signatures"},
        {"type", "reason"},
        {"type", "count"},
        {"type", "what"},
    ]


def test_the_only_time_in_a_leaf_is_the_published_one_at_which_voting_closes():
    for leaf, kind in ((leaves.extend_leaf, "extend"), (leaves.resume_leaf, "resume")):
        closes = {"closes": "2027-03-17T17:00:00Z", "reason": "The website was down.", "type": kind}
        assert json.loads(leaf(CLOSES, "The website was down.")) == closes


def test_two_tellers_stand_in_the_leaf_of_a_vote_on_paper_by_their_places():
    (leaf,) = PAPER
    assert [one["teller"] for one in leaf["signatures"]] == [0, 2]
    assert [b64decode(one["signature"]) for one in leaf["signatures"]] == list(SIGNED.values())
