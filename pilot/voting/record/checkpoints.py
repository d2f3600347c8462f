"""The checkpoints of a record: what the website signed of its log, held against the log itself. Pure.

A checkpoint is a signed note (C2SP tlog-checkpoint): the log's name, its size, and the root of its tree. Voters'
receipts and the scrutineer's watch have earlier ones; whoever holds one can hold it against the log in the record.
"""

from collections.abc import Collection, Mapping, Sequence

from pilot.errors import BadInput
from pilot.secrecy import checkpoint, tree
from pilot.secrecy.manifest import Manifest
from pilot.voting.record.journal import LOG, Log
from pilot.voting.record.parts import Fault, lines

CHECKPOINTS = "checkpoints.txt"
LINES = 5
"""Lines of one checkpoint: name, size, root, nothing, signature."""


def check_checkpoints(files: Mapping[str, bytes], manifest: Manifest, mark: str, log: Log) -> str:
    """That each one is signed, that they grow, that each has the root of so many lines of this log, and none lacks."""
    rows = lines(files, CHECKPOINTS)
    found = [_read(rows[at : at + LINES], manifest, mark, at + 1) for at in range(0, len(rows), LINES)]
    bodies = lines(files, LOG)
    own = roots(bodies, {one.size for one in found})
    for number, one in enumerate(found):
        line, before = LINES * number + 2, found[number - 1].size if number else 0
        if one.size <= before:
            raise Fault(CHECKPOINTS, "this checkpoint is of no longer log than the one before it", line)
        if one.size > len(bodies):
            raise Fault(CHECKPOINTS, f"this checkpoint is of {one.size:,} lines, and the log has {len(bodies):,}", line)
        if one.root != own[one.size]:
            raise Fault(CHECKPOINTS, f"the first {one.size:,} lines of the log are not those that it signed", line + 1)
    if missing := sorted(set(log.sizes) - own.keys()):
        raise Fault(CHECKPOINTS, f"there is none of the first {missing[0]:,} lines of the log")
    return f"{len(found)} checkpoints, each signed, with the root of the log's own lines"


def roots(bodies: Sequence[bytes], sizes: Collection[int]) -> dict[int, bytes]:
    """The root over the first so many leaves, for each of these sizes from 1 that there is; each leaf is read once."""
    found: dict[int, bytes] = {}
    perfect: list[bytes] = []
    for size, body in enumerate(bodies, start=1):
        node, rest = tree.leaf_hash(body), size
        while not rest & 1:
            node, rest = tree.node_hash(perfect.pop(), node), rest >> 1
        perfect.append(node)
        if size in sizes:
            found[size] = _over(perfect)
    return found


def _over(perfect: Sequence[bytes]) -> bytes:
    root = perfect[-1]
    for node in reversed(perfect[:-1]):
        root = tree.node_hash(node, root)
    return root


def _read(rows: Sequence[bytes], manifest: Manifest, mark: str, line: int) -> checkpoint.Checkpoint:
    try:
        data = b"".join(row + b"\n" for row in rows)
        return checkpoint.verify(data, checkpoint.origin(mark), manifest.log_key)
    except BadInput as refusal:
        raise Fault(CHECKPOINTS, refusal.reason, line) from refusal
