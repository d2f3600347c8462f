"""Which numbers to hide so that none of the hidden ones can be worked out, not even roughly. Pure.

A hidden number is safe when two tables of whole numbers, 0 or more, that agree with everything that is shown and with
every sum, differ in it by `need` or more.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Set
from itertools import combinations

import msgspec

from pilot.metrics.crosstab.network import Flows, network
from pilot.metrics.crosstab.simplex import Corners
from pilot.metrics.crosstab.sums import Block, Name, Sum, blocks

SMALL = 20
"""Up to this many numbers that hang together it is tried to do with fewer hidden ones."""


class System(msgspec.Struct, frozen=True):
    """One kind of number (people, points) with its sums. `unit` is how much of it one person's worth is."""

    values: Mapping[Name, int]
    sums: tuple[Sum, ...]
    unit: int = 1


class Hiding(msgspec.Struct, frozen=True):
    """What is hidden, and which of it stays open to less than asked, since what everybody knows gives it away."""

    hidden: frozenset[Name]
    narrow: frozenset[Name]


def protect(systems: Iterable[System], need: int, hidden: Set[Name], known: Set[Name]) -> Hiding:
    """These numbers and as many more as it takes; more hidden to begin with is more hidden in the end.

    `known` are numbers that everybody knows. The same names in other systems are hidden together.
    """
    boards = [
        (block, need * system.unit)
        for system in systems
        for block in blocks(system.values, system.sums, frozenset(known))
    ]
    done, narrow, before = set(hidden), set[Name](), -1
    while before < len(done):
        before, narrow = len(done), set()
        for block, room in boards:
            start = frozenset(place for place, name in enumerate(block.names) if name in done)
            grown = _fewest(block, room, start) if start else Grown(start, start)
            done.update(block.names[place] for place in grown.hidden)
            narrow.update(block.names[place] for place in grown.narrow)
    return Hiding(frozenset(done), frozenset(narrow))


class Grown(msgspec.Struct, frozen=True):
    """What is hidden of one block, and which of it stays narrow."""

    hidden: frozenset[int]
    narrow: frozenset[int]


def _fewest(block: Block, need: int, start: frozenset[int]) -> Grown:
    """What to hide in one block. A small network is tried again without each number that was taken in addition."""
    if len(block.names) > SMALL or network(block) is None:
        return _grown(block, need, start)
    best = _searched(block, need, start)
    for one in sorted(best.hidden - start):
        other = _searched(msgspec.structs.replace(block, known=block.known | {one}), need, start)
        best = min(best, other, key=_cost)
    return best


def _searched(block: Block, need: int, start: frozenset[int]) -> Grown:
    """In large steps and in small ones, then without what turned out not to be needed, then with one number in the
    place of two."""
    ways = (_grown(block, need, start, whole=whole) for whole in (True, False))
    return min((_exchanged(block, need, start, _thinned(block, need, start, way)) for way in ways), key=_cost)


def _cost(grown: Grown) -> tuple[int, int]:
    return len(grown.narrow), len(grown.hidden)


def _thinned(block: Block, need: int, start: frozenset[int], grown: Grown) -> Grown:
    """Without what turned out not to be needed, the largest numbers first."""
    hidden = grown.hidden
    for one in sorted(hidden - start, key=lambda place: (-block.values[place], place)):
        if _is_safe(block, need, hidden - {one}, grown.narrow):
            hidden -= {one}
    return Grown(hidden, grown.narrow)


def _exchanged(block: Block, need: int, start: frozenset[int], grown: Grown) -> Grown:
    """With one number in the place of two, as long as that is enough; the smallest is tried first."""
    others = set(range(len(block.names))) - grown.hidden - block.known
    order = sorted(others, key=lambda place: (place in block.totals, block.values[place], place))
    for pair in combinations(sorted(grown.hidden - start), 2):
        for one in order:
            hidden = grown.hidden - set(pair) | {one}
            if _is_safe(block, need, hidden, grown.narrow):
                return _exchanged(block, need, start, Grown(hidden, grown.narrow))
    return grown


def _is_safe(block: Block, need: int, hidden: frozenset[int], narrow: frozenset[int]) -> bool:
    """Whether every one of these is open to `need`, but for those that are narrow whatever is hidden."""
    if not narrow and any(sum(place in hidden for place, _ in equation) == 1 for equation in block.equations):
        return False
    board = _board(block)
    board.hide(hidden)
    return all(board.width(place, need) >= need for place in sorted(hidden - narrow))


def _grown(block: Block, need: int, start: frozenset[int], *, whole: bool = True) -> Grown:
    """For each hidden number that is too narrow its cheapest companions, which then are looked at themselves."""
    board = _board(block, whole=whole)
    board.hide(start)
    waiting, stuck = deque(sorted(start)), set[int]()
    while waiting:
        place = waiting.popleft()
        if board.width(place, need) < need:
            more = board.companions(place, need)
            board.hide(more)
            waiting.extend(sorted(more))
            (waiting.append if more else stuck.add)(place)
    return Grown(frozenset(board.hidden), frozenset(place for place in stuck if board.width(place, need) < need))


def _board(block: Block, *, whole: bool = True) -> Flows | Corners:
    net = network(block)
    return Flows(net, whole=whole) if net else Corners(block)
