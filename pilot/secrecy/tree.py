"""The Merkle tree of RFC 6962 and RFC 9162: root, inclusion and consistency proofs, and their checks. Pure."""

from collections.abc import Mapping, Sequence
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


def grown(frontier: Sequence[bytes], size: int, leaf: bytes) -> tuple[bytes, ...]:
    """The frontier after one more leaf hash: the roots of the perfect subtrees of a tree of `size`, largest first.

    The last of the new ones is the root of the largest perfect subtree that ends with this leaf. The former ones,
    backwards, are the inclusion proof of this leaf in the tree that it makes.
    """
    peaks = [*frontier, leaf]
    while size & 1:
        right, left = peaks.pop(), peaks.pop()
        peaks.append(node_hash(left, right))
        size >>= 1
    return tuple(peaks)


def root_of_frontier(frontier: Sequence[bytes]) -> bytes:
    """The root of the tree that has these perfect subtrees, largest first."""
    if not frontier:
        return sha256().digest()
    found = frontier[-1]
    for peak in reversed(frontier[:-1]):
        found = node_hash(peak, found)
    return found


def hashes(joined: bytes) -> tuple[bytes, ...]:
    """The hashes that stand one behind the other in these bytes."""
    return tuple(joined[at : at + HASH] for at in range(0, len(joined), HASH))


Span = tuple[int, int]
"""The leaves of a subtree: from the first number, before the second."""


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The path from leaf `index` (from 0) to the root over `hashes` (RFC 9162 section 2.1.3.1)."""
    return [root_of_hashes(hashes[start:end]) for start, end in inclusion_spans(index, len(hashes))]


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The subtrees whose roots are the inclusion proof of leaf `index` in a tree of `size`, in its order."""
    if not 0 <= index < size:
        raise ValueError(f"There is no leaf {index} among {size}.")
    found: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def consistency_proof(hashes: Sequence[bytes], earlier: int) -> list[bytes]:
    """Proof that the tree of the first `earlier` leaves is the beginning of this one (RFC 9162 section 2.1.4.1)."""
    return [root_of_hashes(hashes[start:end]) for start, end in consistency_spans(earlier, len(hashes))]


def consistency_spans(earlier: int, size: int) -> list[Span]:
    """The subtrees whose roots prove that a tree of `size` begins with that of `earlier` leaves, in their order."""
    if not 0 < earlier <= size:
        raise ValueError(f"A tree of {size} never had the size {earlier}.")
    found: list[Span] = []
    start, end = 0, size
    while end != earlier:
        middle = start + _split(end - start)
        if earlier <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return [*([] if start == 0 else [(start, end)]), *found[::-1]]


class Nodes:
    """The roots of subtrees out of a few leaves: of each its own hash and the node that `grown` gave it.

    `leaves` is by number. A leaf's node covers as many leaves as the largest power of two that divides its number
    plus one; so every root of a subtree needs only a few of them, which `needed` names.
    """

    def __init__(self, leaves: Mapping[int, tuple[bytes, bytes]]) -> None:
        self._leaves = leaves

    def roots(self, spans: Sequence[Span]) -> list[bytes]:
        """The roots over these spans; each must begin at a multiple of the power of two that is not below it."""
        return [root_of_frontier([self._peak(*peak) for peak in _peaks(span)]) for span in spans]

    def _peak(self, start: int, size: int) -> bytes:
        hash_, node = self._leaves[start + size - 1]
        if _covered(start + size) == size:
            return node
        if size == 1:
            return hash_
        return node_hash(self._peak(start, size // 2), self._peak(start + size // 2, size // 2))


def needed(spans: Sequence[Span]) -> set[int]:
    """The numbers of the leaves from which `Nodes` can tell the roots over these spans."""
    found: set[int] = set()
    waiting = [peak for span in spans for peak in _peaks(span)]
    while waiting:
        start, size = waiting.pop()
        found.add(start + size - 1)
        if _covered(start + size) != size > 1:
            waiting += [(start, size // 2), (start + size // 2, size // 2)]
    return found


def frontier_spans(size: int) -> list[Span]:
    """The perfect subtrees of a tree of `size`, largest first."""
    return [(start, start + width) for start, width in _peaks((0, size))]


def _peaks(span: Span) -> list[tuple[int, int]]:
    """Start and size of the perfect subtrees of a span, largest first."""
    start, end = span
    found = []
    while start < end:
        width = 1 << ((end - start).bit_length() - 1)
        found.append((start, width))
        start += width
    return found


def _covered(end: int) -> int:
    """How many leaves the largest perfect subtree has that ends before leaf `end`."""
    return end & -end


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
