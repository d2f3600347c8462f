"""How far a hidden number can move in tables of one or two dimensions, as flows in a network. Pure.

Where every number stands in at most two sums, once as a part that one sum gains and once as one that another loses,
numbers are arcs and sums are nodes where as much arrives as leaves. Another table with the same sums is the true one
plus flows round cycles of hidden arcs: an arc can carry any amount more, and as much less as it has. So the largest
flow round a hidden arc is just how far its number can move, in whole numbers too (Cox 1995, Ford and Fulkerson 1962).
"""

import heapq
from collections.abc import Iterable

import msgspec

from pilot.metrics.crosstab.sums import Block

OUTSIDE = 0
"""The node where arcs end whose number stands in one sum only: no sum holds there."""


class Network(msgspec.Struct, frozen=True):
    """A block as arcs: `ends` has (from, to) for each number, `around` the numbers at each node, and `costs` what it
    costs to hide each: first that it is one more, then that it is a total, then how large it is."""

    block: Block
    ends: tuple[tuple[int, int], ...]
    around: tuple[tuple[int, ...], ...]
    costs: tuple[int, ...]


def network(block: Block) -> Network | None:
    """The block as a network; None when it is none, as a table of three dimensions."""
    sides: list[list[tuple[int, int]]] = [[] for _ in block.names]
    for number, equation in enumerate(block.equations):
        for cell, sign in equation:
            if cell not in block.known:
                sides[cell].append((number, sign))
    turned = _turned(sides, len(block.equations))
    if turned is None:
        return None
    ends = []
    for places in sides:
        end = [OUTSIDE, OUTSIDE]
        for number, sign in places:
            end[sign * turned[number] < 0] = number + 1
        ends.append((end[0], end[1]))
    around: list[list[int]] = [[] for _ in range(len(block.equations) + 1)]
    for cell, (start, end_) in enumerate(ends):
        around[start].append(cell)
        around[end_].append(cell)
    large = sum(block.values) + 1
    many = large * (len(block.names) + 1)
    costs = (many + large * (cell in block.totals) + value for cell, value in enumerate(block.values))
    return Network(block, tuple(ends), tuple(map(tuple, around)), tuple(costs))


def _turned(sides: list[list[tuple[int, int]]], number: int) -> list[int] | None:
    """1 or −1 for each sum, so that each arc leaves one node and enters another; None when there is no such choice."""
    links: list[list[tuple[int, int]]] = [[] for _ in range(number)]
    for places in sides:
        if len(places) > 2:
            return None
        if len(places) == 2:
            (one, sign), (other, opposite) = places
            links[one].append((other, -sign * opposite))
            links[other].append((one, -sign * opposite))
    turned = [0] * number
    for first in range(number):
        waiting = [] if turned[first] else [first]
        turned[first] = turned[first] or 1
        while waiting:
            here = waiting.pop()
            for there, factor in links[here]:
                if not turned[there]:
                    turned[there] = turned[here] * factor
                    waiting.append(there)
                elif turned[there] != turned[here] * factor:
                    return None
    return turned


class Flows:
    """A network while it is worked on: what is hidden, and a table `now` that agrees with all that is shown. It starts
    as the true one and wanders; `seen` has the least and the most of each number on the way. As more is hidden, a table
    that agreed still does, so what was seen stays true.

    `whole`: a companion cycle must have room for all that is missing, not just for anything.
    """

    def __init__(self, net: Network, *, whole: bool = True) -> None:
        self.net, self.whole = net, whole
        self.now = list(net.block.values)
        self.seen = [(value, value) for value in net.block.values]
        self.hidden: set[int] = set()
        self._around: list[list[int]] = [[] for _ in net.around]

    def hide(self, cells: Iterable[int]) -> None:
        """Hide these too."""
        for cell in sorted(set(cells) - self.hidden):
            self.hidden.add(cell)
            for node in set(self.net.ends[cell]):
                self._around[node].append(cell)

    def width(self, cell: int, need: int) -> int:
        """How many apart the least and the most are that a hidden number can be; `need` when they are that or more."""
        least, most = self.seen[cell]
        if most - least >= need or self._move(cell, need, rises=True) >= need:
            return need
        return self._move(cell, need, rises=False)

    def companions(self, cell: int, need: int) -> frozenset[int]:
        """The fewest numbers to hide so that this one, which is not open to `need`, moves in one more cycle; empty
        when nothing helps. Ties: fewer totals, then smaller numbers, then the names."""
        self._move(cell, need, rises=False)
        missing = need - self._move(cell, need, rises=True)
        return (self._closing(cell, need, missing) if self.whole else frozenset()) or self._closing(cell, need, 1)

    def _closing(self, cell: int, need: int, amount: int) -> frozenset[int]:
        """The cheapest of both ways, from where the number can rise no more and from where it can fall no more."""
        found = []
        for rises in (True, False):
            self._move(cell, need, rises=rises)
            if rises or self.now[cell] >= amount:
                found.append(self._cheapest(cell, amount, rises=rises))
        return min((one for one in found if one), key=lambda one: one[0], default=(0, frozenset()))[1]

    def _move(self, cell: int, want: int, *, rises: bool) -> int:
        """Move a number as far as it goes, `want` at most; by how much it did."""
        sent = 0
        while sent < want:
            path = self._path(cell, want - sent, rises=rises) or self._path(cell, 1, rises=rises)
            if path is None:
                break
            amount = min([want - sent, *(self.now[one] for one, forward in path if not forward)])
            for one, forward in path:
                self.now[one] += amount if forward else -amount
                least, most = self.seen[one]
                self.seen[one] = (min(least, self.now[one]), max(most, self.now[one]))
            sent += amount
        return sent

    def _path(self, cell: int, amount: int, *, rises: bool) -> list[tuple[int, bool]] | None:
        """The fewest arcs with room for this amount that close a cycle with this number's own, which comes along."""
        if not rises and self.now[cell] < amount:
            return None
        start, goal = _way(self.net, cell, rises=rises)
        ends = self.net.ends
        came: dict[int, Step | None] = {start: None}
        waiting = [start]
        for here in waiting:
            for one in self._around[here]:
                source, target = ends[one]
                there = target if source == here else source
                if there not in came and one != cell and (source == here or self.now[one] >= amount):
                    came[there] = (here, one, source == here)
                    if there == goal:
                        return [(cell, rises), *_back(came, goal)]
                    waiting.append(there)
        return None

    def _cheapest(self, cell: int, amount: int, *, rises: bool) -> tuple[int, frozenset[int]] | None:
        """The arcs to hide for the cheapest path with room for this amount that closes a cycle (Dijkstra 1959)."""
        start, goal = _way(self.net, cell, rises=rises)
        closed = self.net.block.known | {cell}
        best: dict[int, int] = {start: 0}
        came: dict[int, Step | None] = {start: None}
        waiting = [(best[start], start)]
        while waiting:
            cost, here = heapq.heappop(waiting)
            if here == goal:
                return cost, frozenset(one for one, _ in _back(came, goal) if one not in self.hidden)
            for one in self.net.around[here] if cost == best[here] else ():
                source, target = self.net.ends[one]
                there = target if source == here else source
                if (there in best and best[there] <= cost) or one in closed:
                    continue
                if source == here or self.now[one] >= amount:
                    total = cost if one in self.hidden else cost + self.net.costs[one]
                    if there not in best or total < best[there]:
                        best[there], came[there] = total, (here, one, source == here)
                        heapq.heappush(waiting, (total, there))
        return None


def _way(net: Network, cell: int, *, rises: bool) -> tuple[int, int]:
    """From where to where the rest of the cycle goes when the arc of this number carries more, or less."""
    start, end = net.ends[cell]
    return (end, start) if rises else (start, end)


Step = tuple[int, int, bool]
"""From which node, along which arc, and whether with it."""


def _back(came: dict[int, Step | None], goal: int) -> list[tuple[int, bool]]:
    path = []
    step = came[goal]
    while step is not None:
        path.append(step[1:])
        step = came[step[0]]
    return path
