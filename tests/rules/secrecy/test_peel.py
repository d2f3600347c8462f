"""One peel: what an honest trustee does, what it refuses, and how a dishonest one is found out."""

import json
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.errors import BadInput, NotAllowed
from pilot.secrecy import peel

some = settings(max_examples=15, deadline=None)


@pytest.fixture(scope="module")
def envelopes(world):
    return tuple(world.sealed() for _ in range(6))


@pytest.fixture(scope="module")
def honest(world, envelopes):
    """The three honest peels of six envelopes."""
    return world.all_peels(envelopes)


def lists(envelopes, done):
    return [envelopes, *(one.items for one in done)]


def entries(done):
    return [(one.statement, one.signature) for one in done]


def test_three_honest_peels_leave_the_papers_and_a_chain_that_checks(world, envelopes, honest):
    world.check(entries(honest), lists(envelopes, honest))
    assert [one.statement.i for one in honest] == [1, 2, 3]
    assert len(honest[-1].items) == 6
    assert all(len(item) == world.manifest.padded for item in honest[-1].items)


def test_what_comes_out_is_sorted_so_that_the_order_says_nothing(world, envelopes, honest):
    for one in honest:
        assert list(one.items) == sorted(one.items)


@some
@given(st.randoms())
def test_the_order_of_the_list_never_matters(world, envelopes, honest, chance):
    mixed = list(envelopes)
    chance.shuffle(mixed)
    assert peel.stage(mixed) == peel.stage(envelopes)
    assert world.peeled(mixed, 1) == honest[0]


def test_a_list_reordered_between_peels_is_the_same_list(world, envelopes, honest):
    again = world.peeled(tuple(reversed(honest[0].items)), 2)
    assert again == honest[1]


def test_a_copied_envelope_is_set_aside_as_a_duplicate(world, envelopes):
    found = world.peeled((*envelopes, envelopes[0]), 1)
    assert (found.statement.in_, found.statement.out, found.statement.duplicates) == (7, 6, 1)


def test_a_copy_in_new_wrapping_is_set_aside_where_it_shows(world, envelopes):
    """Somebody with the first trustee's help seals another's opened layer again."""
    inside = world.peeled(envelopes, 1).items[0]
    copy = peel.seal.SUITE.encrypt(inside, world.sealers[0].public_key(), peel.seal.info(world.digest, 1))
    found = world.peeled((*envelopes, copy), 1)
    assert (found.statement.out, found.statement.duplicates) == (6, 1)


def test_garbage_and_wrong_lengths_are_rejected_by_hash_and_stop_nothing(world, envelopes):
    length = len(envelopes[0])
    bad = (secrets.token_bytes(length), envelopes[0][:-1], envelopes[0] + b"\x00", b"")
    found = world.peeled((*envelopes, *bad), 1)
    assert sorted(found.statement.rejects) == sorted(peel.sha256(item).hexdigest() for item in bad)
    assert (found.statement.in_, found.statement.out) == (10, 6)
    world_lists = [(*envelopes, *bad), *(one.items for one in world.all_peels((*envelopes, *bad)))]
    world.check(entries(world.all_peels((*envelopes, *bad))), world_lists)


def test_an_envelope_of_another_ballot_is_rejected(world, other, envelopes):
    found = world.peeled((*envelopes, other.sealed()), 1)
    assert len(found.statement.rejects) == 1
    assert found.statement.out == 6


def test_an_envelope_sealed_for_another_ballot_with_these_trustees_is_rejected(world, other, envelopes):
    item = world.inner()
    for layer in (3, 2, 1):
        key = world.sealers[layer - 1].public_key()
        item = peel.seal.SUITE.encrypt(item, key, peel.seal.info(other.digest, layer))
    assert len(world.peeled((*envelopes, item), 1).statement.rejects) == 1


@some
@given(layer=st.integers(1, 3), place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_bit_flip_in_any_layer_is_rejected_and_counted(world, layer, place, bit):
    items = [world.sealed(layers=layer - 1) for _ in range(2)]
    broken = bytearray(items[0])
    broken[place % len(broken)] ^= 1 << bit
    found = world.peeled([bytes(broken), items[1]], layer)
    assert found.statement.rejects == (peel.sha256(bytes(broken)).hexdigest(),)
    assert (found.statement.in_, found.statement.out, found.statement.duplicates) == (2, 1, 0)


def test_an_honest_trustee_opens_no_list_but_the_signed_one(world, envelopes, honest):
    task = world.task(2, honest[0].items)
    for wrong in (honest[0].items[1:], (*honest[0].items, secrets.token_bytes(9)), envelopes, ()):
        with pytest.raises(NotAllowed, match="not the list"):
            peel.peel(wrong, task, world.sealers[1], world.signers[1])


def test_a_second_list_for_the_same_ballot_is_refused_by_an_honest_trustee(world, envelopes):
    first = world.peeled(envelopes, 1)
    less = envelopes[1:]
    with pytest.raises(NotAllowed, match="opens no second one"):
        peel.peel(less, world.task(1, less, first.statement.sha256_in), world.sealers[0], world.signers[0])
    same = world.task(1, envelopes, first.statement.sha256_in)
    assert peel.peel(envelopes, same, world.sealers[0], world.signers[0]) == first


def test_a_trustee_who_adds_an_item_is_named(world, envelopes, honest):
    one = honest[1]
    items = (*one.items, world.sealed(layers=2))
    lie = replace(one.statement, out=7, sha256_out=peel.list_hash(items))
    done = [entries(honest)[0], world.signed(lie), entries(honest)[2]]
    with pytest.raises(BadInput, match=r"Opening 2 by Trustee 2: items were added or dropped"):
        world.check(done, [envelopes, honest[0].items, items, honest[2].items])


def test_a_trustee_who_drops_an_item_is_named(world, envelopes, honest):
    items = honest[0].items[1:]
    lie = replace(honest[0].statement, out=5, sha256_out=peel.list_hash(items))
    rest = [world.peeled(items, 2)]
    rest.append(world.peeled(rest[0].items, 3))
    with pytest.raises(BadInput, match=r"Opening 1 by Trustee 1: items were added or dropped"):
        world.check([world.signed(lie), *entries(rest)], [envelopes, items, *(one.items for one in rest)])


def test_a_trustee_who_drops_an_item_and_calls_it_rejected_must_name_an_envelope_that_came_in(world, envelopes, honest):
    items = honest[0].items[1:]
    lie = replace(honest[0].statement, out=5, sha256_out=peel.list_hash(items), rejects=("0" * 64,))
    rest = [world.peeled(items, 2)]
    rest.append(world.peeled(rest[0].items, 3))
    with pytest.raises(BadInput, match="rejects what did not come in"):
        world.check([world.signed(lie), *entries(rest)], [envelopes, items, *(one.items for one in rest)])


def test_a_trustee_cannot_hide_a_drop_behind_negative_duplicates(world, envelopes, honest):
    items = tuple(sorted((*honest[0].items, world.sealed(layers=1))))
    lie = replace(honest[0].statement, out=7, duplicates=-1, sha256_out=peel.list_hash(items))
    rest = [world.peeled(items, 2)]
    rest.append(world.peeled(rest[0].items, 3))
    with pytest.raises(BadInput, match="added or dropped"):
        world.check([world.signed(lie), *entries(rest)], [envelopes, items, *(one.items for one in rest)])


def test_a_trustee_who_swaps_in_an_unstamped_paper_changes_the_papers_that_count(world, envelopes, honest):
    """Counts alone do not show a swap: the paper without a stamp is set aside, and the victim's code is missing."""
    forged = world.inner(stamped=b"\x01" * 384)
    items = (*honest[2].items[1:], forged)
    swapped = replace(honest[2].statement, sha256_out=peel.list_hash(items))
    world.check([*entries(honest)[:2], world.signed(swapped)], [*lists(envelopes, honest)[:3], items])
    verdicts = [one.verdict for one in world.judged(items)]
    assert (verdicts.count("valid"), verdicts.count("set aside")) == (5, 1)


def test_a_trustee_who_swaps_in_a_paper_with_a_spare_stamp_is_seen_by_the_victims_check_only(world, envelopes, honest):
    items = (*honest[2].items[1:], world.inner(world.paper(["no"])))
    before, after = ({one.paper for one in world.judged(found)} for found in (honest[2].items, items))
    stamps = len(envelopes) + 1
    assert peel.seal.check_code(next(iter(before - after))) not in map(peel.seal.check_code, after)
    assert stamps - len(after) == 1  # the spare that is printed beside the margin


def test_a_trustee_who_signs_another_hash_is_named(world, envelopes, honest):
    lie = replace(honest[0].statement, sha256_out="0" * 64)
    with pytest.raises(BadInput, match=r"Opening 1 by Trustee 1: the list that went out"):
        world.check([world.signed(lie), *entries(honest)[1:]], lists(envelopes, honest))
    lie = replace(honest[1].statement, sha256_in="0" * 64)
    with pytest.raises(BadInput, match=r"Opening 2 by Trustee 2: the list that came in"):
        world.check([entries(honest)[0], world.signed(lie), entries(honest)[2]], lists(envelopes, honest))


def test_a_statement_that_its_trustee_did_not_sign_is_no_statement(world, envelopes, honest):
    one, two, three = entries(honest)
    for wrong in ([one, (two[0], one[1]), three], [one, (two[0], b""), three]):
        with pytest.raises(BadInput, match=r"Opening 2 by Trustee 2: its signature is wrong"):
            world.check(wrong, lists(envelopes, honest))


def test_a_statement_of_another_ballot_or_layer_is_named(world, other, envelopes, honest):
    lie = replace(honest[0].statement, m=other.digest)
    with pytest.raises(BadInput, match="another vote, or of another opening"):
        world.check([world.signed(lie), *entries(honest)[1:]], lists(envelopes, honest))


def test_a_missing_peel_is_noticed(world, envelopes, honest):
    with pytest.raises(BadInput, match="Not every trustee"):
        world.check(entries(honest)[:2], lists(envelopes, honest)[:3])


def test_a_stage_file_with_an_item_twice_is_named(world, envelopes, honest):
    items = (*honest[0].items, honest[0].items[0])
    lie = replace(honest[0].statement, out=7, sha256_out=peel.list_hash(items))
    with pytest.raises(BadInput, match="twice"):
        world.check([world.signed(lie), *entries(honest)[1:]], [envelopes, items, *(o.items for o in honest[1:])])


def test_a_statement_is_read_back_and_nothing_unknown_with_it(honest):
    one = honest[0]
    entry = peel.entry(one.statement, one.signature)
    assert peel.read_entry(json.loads(json.dumps({**entry, "type": "peel"}))) == (one.statement, one.signature)
    assert entry["in"] == 6
    for wrong in ({**entry, "more": 1}, {k: v for k, v in entry.items() if k != "signature"}, {**entry, "in": "6"}):
        with pytest.raises(BadInput):
            peel.read_entry(wrong)
