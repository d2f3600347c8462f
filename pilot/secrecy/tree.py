"""The Merkle tree of RFC 6962 and RFC 9162: root, inclusion and consistency proofs, and their checks. Pure."""

from collections.abc import Sequence
from hashlib import sha256

HASH = 32
"""Bytes in a SHA-256 hash."""


def leaf_hash(body: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf (RFC 9162 section 2.1.1)."""
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and two children (RFC 9162 section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root(bodies: Sequence[bytes]) -> bytes:
    """The root over the leaves in this order; of no leaves, SHA-256 of nothing (RFC 9162 section 2.1.1)."""
    return root_of_hashes([leaf_hash(body) for body in bodies])


def root_of_hashes(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes: neighbours are joined level by level, an odd last one moves up as it is."""
    if not hashes:
        return sha256().digest()
    level = list(hashes)
    while len(level) > 1:
        joined = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = [*joined, level[-1]] if len(level) % 2 else joined
    return level[0]


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The path from leaf `index` (from 0) to the root over `hashes` (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < len(hashes):
        raise ValueError(f"There is no leaf {index} among {len(hashes)}.")
    if len(hashes) == 1:
        return []
    k = _split(len(hashes))
    if index < k:
        return [*inclusion_proof(hashes[:k], index), root_of_hashes(hashes[k:])]
    return [*inclusion_proof(hashes[k:], index - k), root_of_hashes(hashes[:k])]


def consistency_proof(hashes: Sequence[bytes], earlier: int) -> list[bytes]:
    """Proof that the tree of the first `earlier` leaves is the beginning of this one (RFC 9162 section 2.1.4.1)."""
    if not 0 < earlier <= len(hashes):
        raise ValueError(f"A tree of {len(hashes)} never had the size {earlier}.")
    return _subproof(hashes, earlier, whole=True)


def _subproof(hashes: Sequence[bytes], earlier: int, *, whole: bool) -> list[bytes]:
    if earlier == len(hashes):
        return [] if whole else [root_of_hashes(hashes)]
    k = _split(len(hashes))
    if earlier <= k:
        return [*_subproof(hashes[:k], earlier, whole=whole), root_of_hashes(hashes[k:])]
    return [*_subproof(hashes[k:], earlier - k, whole=False), root_of_hashes(hashes[:k])]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether `proof` shows leaf hash `leaf` at `index` in the tree of `size` with root `expected`.

    RFC 9162 section 2.1.3.2. False, too, for size 0 and for any hash that is not 32 bytes.
    """
    if not 0 <= index < size or not _are_hashes((leaf, expected, *proof)):
        return False
    fn, sn, found = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = node_hash(sibling, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == expected


def consistent(sizes: tuple[int, int], roots: tuple[bytes, bytes], proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree (earlier size, root) is the beginning of the tree (later size, root).

    RFC 9162 section 2.1.4.2. False, too, for size 0 and for any hash that is not 32 bytes.
    """
    (first, second), (root1, root2) = sizes, roots
    if not 0 < first <= second:
        return False
    if first == second:  # nothing to prove, so any name of a root will do, but none is not enough
        return not proof and root1 == root2 != b""
    if not _are_hashes((root1, root2, *proof)):
        return False
    path = [root1, *proof] if first & (first - 1) == 0 else list(proof)
    if len(path) < 1 or not proof:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(sibling, fr), node_hash(sibling, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == root1 and sr == root2


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH for value in values)
