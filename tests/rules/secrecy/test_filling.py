"""The voter's own device, in Python."""

import pytest

from pilot.errors import BadInput
from pilot.secrecy import filling, seal, stamp
from tests.builders.secrecy import chance


def filled(world, *answers):
    return filling.fill(world.manifest, world.digest, answers, chance(world.stamp_key.n))


def test_a_paper_filled_stamped_and_sealed_here_counts(world):
    mine = filled(world, ["no"])
    envelope = filling.seal_up(world.manifest, world.digest, mine, stamp.blind_sign(world.stamp_key, mine.blinded, 7))
    last = world.all_peels([envelope])[-1].items
    assert world.judged(last)[0].answers == (("no",),)
    assert world.judged(last)[0].paper == mine.paper


def test_what_is_sent_has_the_same_length_whatever_the_answer(world):
    lengths = set()
    for answer in ("yes", "no", "abstain"):
        mine = filled(world, [answer])
        envelope = filling.seal_up(
            world.manifest, world.digest, mine, stamp.blind_sign(world.stamp_key, mine.blinded, 7)
        )
        lengths.add((len(mine.blinded), len(envelope)))
    assert lengths == {(384, seal.envelope_length(world.manifest.padded, 3))}


def test_nothing_is_sealed_with_a_wrong_stamp(world, other):
    mine = filled(world, ["no"])
    for wrong in (bytes(384), b"", stamp.blind_sign(world.stamp_key, filled(world, ["no"]).blinded, 7)):
        with pytest.raises(BadInput):
            filling.seal_up(world.manifest, world.digest, mine, wrong)
