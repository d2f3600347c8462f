"""The Merkle tree against published cases, and its laws."""

from base64 import b64decode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.secrecy import tree

SIZES = range(1, 34)


def hashes(size: int) -> list[bytes]:
    return [tree.leaf_hash(bytes([number])) for number in range(size)]


def decoded(proof: list[str] | None) -> list[bytes]:
    return [b64decode(one) for one in proof or []]


def test_the_98_published_inclusion_cases(vectors):
    cases = vectors("merkle_rfc6962_vectors.json")["inclusion"]
    assert len(cases) == 98
    for case in cases:
        found = tree.included(
            b64decode(case["leafHash"] or ""),
            case["leafIdx"],
            case["treeSize"],
            decoded(case["proof"]),
            b64decode(case["root"] or ""),
        )
        assert found is not case["wantErr"], case["file"]


def test_the_98_published_consistency_cases(vectors):
    cases = vectors("merkle_rfc6962_vectors.json")["consistency"]
    assert len(cases) == 98
    for case in cases:
        roots = b64decode(case["root1"] or ""), b64decode(case["root2"] or "")
        found = tree.consistent((case["size1"], case["size2"]), roots, decoded(case["proof"]))
        assert found is not case["wantErr"], case["file"]


def test_the_root_of_nothing_and_of_one():
    assert tree.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tree.root([b""]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_of_every_tree_is_shown_to_be_in_it(size):
    leaves = hashes(size)
    for index in range(size):
        proof = tree.inclusion_proof(leaves, index)
        assert tree.included(leaves[index], index, size, proof, tree.root_of_hashes(leaves))
        assert not tree.included(tree.leaf_hash(b"other"), index, size, proof, tree.root_of_hashes(leaves))


@pytest.mark.parametrize("size", SIZES)
def test_every_earlier_tree_is_shown_to_be_the_beginning(size):
    leaves = hashes(size)
    for earlier in range(1, size + 1):
        roots = tree.root_of_hashes(leaves[:earlier]), tree.root_of_hashes(leaves)
        proof = tree.consistency_proof(leaves, earlier)
        assert tree.consistent((earlier, size), roots, proof)
        assert not tree.consistent((earlier, size), (tree.leaf_hash(b"other"), roots[1]), proof)


@given(st.integers(2, 40), st.data())
def test_a_forked_log_is_never_shown_to_be_the_beginning(size, data):
    leaves = hashes(size)
    earlier = data.draw(st.integers(1, size - 1))
    forked = [*leaves[: earlier - 1], tree.leaf_hash(b"forged")]
    roots = tree.root_of_hashes(forked), tree.root_of_hashes(leaves)
    assert not tree.consistent((earlier, size), roots, tree.consistency_proof(leaves, earlier))
    assert not tree.consistent((earlier, size), roots, tree.consistency_proof([*forked, *leaves[earlier:]], earlier))


@given(st.integers(2, 40), st.data())
def test_a_changed_proof_shows_nothing(size, data):
    leaves = hashes(size)
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(leaves, index)
    place = data.draw(st.integers(0, len(proof) - 1))
    changed = [*proof[:place], tree.leaf_hash(proof[place]), *proof[place + 1 :]]
    for wrong in (changed, proof[:-1], [*proof, proof[0]], [*proof[:-1], b""]):
        assert not tree.included(leaves[index], index, size, wrong, tree.root_of_hashes(leaves))


def test_a_proof_of_what_never_was_cannot_be_made():
    with pytest.raises(ValueError, match="no leaf 3"):
        tree.inclusion_proof(hashes(3), 3)
    with pytest.raises(ValueError, match="never had the size 0"):
        tree.consistency_proof(hashes(3), 0)


def stored(size: int) -> dict[int, tuple[bytes, bytes]]:
    """Each leaf's own hash, with the node that it completed when the tree grew by it."""
    found, frontier = {}, ()
    for number, leaf in enumerate(hashes(size)):
        frontier = tree.grown(frontier, number, leaf)
        found[number] = (leaf, frontier[-1])
    return found


@given(st.integers(0, 200))
def test_a_tree_that_grows_leaf_by_leaf_is_the_tree_over_all_leaves(size):
    leaves, frontier = [sha256(bytes([number])).digest() for number in range(size)], ()
    for number, leaf in enumerate(leaves):
        proof = frontier[::-1]
        frontier = tree.grown(frontier, number, leaf)
        assert list(proof) == tree.inclusion_proof(leaves[: number + 1], number)
        assert tree.included(leaf, number, number + 1, proof, tree.root_of_frontier(frontier))
    assert tree.root_of_frontier(frontier) == tree.root_of_hashes(leaves)
    assert len(frontier) == size.bit_count()
    assert tree.hashes(b"".join(frontier)) == frontier
    assert [tree.root_of_hashes(leaves[a:b]) for a, b in tree.frontier_spans(size)] == list(frontier)


@given(st.integers(1, 255), st.data())
def test_every_proof_comes_out_of_a_few_stored_leaves(size, data):
    leaves, rows = hashes(size), stored(size)
    index = data.draw(st.integers(0, size - 1))
    earlier = data.draw(st.integers(1, size))
    peaks = [tree.root_of_hashes(leaves[start:end]) for start, end in tree.frontier_spans(earlier)]
    wanted = {
        "inclusion": (tree.inclusion_spans(index, size), tree.inclusion_proof(leaves, index)),
        "consistency": (tree.consistency_spans(earlier, size), tree.consistency_proof(leaves, earlier)),
        "frontier": (tree.frontier_spans(earlier), peaks),
    }
    for spans, roots in wanted.values():
        few = tree.needed(spans)
        assert tree.Nodes({number: rows[number] for number in few}).roots(spans) == roots
        assert len(few) <= 8 * 9 // 2 + 8


def test_a_proof_in_a_log_of_a_million_leaves_needs_few_of_them():
    for earlier in (1, 12_345, 999_999, 524_288):
        assert len(tree.needed(tree.consistency_spans(earlier, 1_000_000))) < 250
