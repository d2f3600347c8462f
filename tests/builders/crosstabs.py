"""Tables of counts for tests, and an attacker with a linear programme who has nothing but what is shown."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from random import Random

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import eye, kron

from pilot.metrics.crosstab.hiding import Hiding, System, protect
from pilot.metrics.crosstab.network import Flows, network
from pilot.metrics.crosstab.simplex import Corners
from pilot.metrics.crosstab.sums import Name, Sum, blocks
from pilot.metrics.crosstab.table import Crosstab, Side, numbers, sums

SMALLEST = 11


def a_table(rng: Random, size: Sequence[int], levels: Sequence[int] = ()) -> Crosstab:
    """A random table: many zeros or none, many small counts or few. The sides in `levels` have larger items."""
    zeros, small = rng.choice((0, 0.1, 0.3)), rng.choice((0.05, 0.2, 0.4))
    largest = rng.choice((15, 30, 60))
    sides = []
    for number, length in enumerate(size):
        items = tuple(f"{number}.{item}" for item in range(length))
        above = {item: f"{number}+{place // 2}" for place, item in enumerate(items)} if number in levels else {}
        sides.append(Side(f"side{number}", items, above))
    counts = {}
    for labels in product(*(side.items for side in sides)):
        chance = rng.random()
        counts[labels] = (
            0 if chance < zeros else rng.randint(1, 10) if chance < zeros + small else rng.randint(11, largest)
        )
    return Crosstab(tuple(sides), counts)


def small_ones(people: Mapping[Name, int], smallest: int = SMALLEST) -> frozenset[Name]:
    """Naive suppression: what is small, and nothing else."""
    return frozenset(name for name, number in people.items() if number < smallest)


def protected(table: Crosstab, smallest: int = SMALLEST) -> Hiding:
    people = numbers(table)
    return protect([System(people, sums(table))], smallest, small_ones(people, smallest), frozenset())


def intervals(
    shown: Mapping[Name, float], hidden: Sequence[Name], adds_up: Iterable[Sum], most: float | None = None
) -> dict[Name, tuple[float, float]]:
    """The least and the most that each hidden number can be, by linear programming: all that an attacker can find out
    from the shown numbers and the sums. Infinite where there is no end."""
    left, right = equations(shown, hidden, adds_up)
    return ranges(left, right, hidden, most)


def equations(
    shown: Mapping[Name, float], hidden: Sequence[Name], adds_up: Iterable[Sum]
) -> tuple[np.ndarray, np.ndarray]:
    """What the sums say of the hidden numbers: a row for each that has one."""
    place = {name: number for number, name in enumerate(hidden)}
    left, right = [np.zeros((0, len(place)))], [np.zeros(0)]
    for one in adds_up:
        row, rest = np.zeros((1, len(place))), 0.0
        for name, sign in (*((part, 1) for part in one.parts), (one.total, -1)):
            if name in place:
                row[0, place[name]] += sign
            else:
                rest -= sign * shown[name]
        if row.any():
            left.append(row)
            right.append(np.array([rest]))
    return np.concatenate(left), np.concatenate(right)


def ranges(
    left: np.ndarray, right: np.ndarray, hidden: Sequence[Name], most: float | None = None
) -> dict[Name, tuple[float, float]]:
    """The ends of each hidden number. All programmes are solved as one: copies of the equations that share nothing,
    each with the aim of its own. What reaches the end that is set for them all has none."""
    if not hidden:
        return {}
    size = len(hidden)
    far = most if most is not None else 100 * (np.abs(right).sum() + 1000)
    aims = np.concatenate([np.eye(size), -np.eye(size)])
    told = {"A_eq": kron(eye(2 * size), left, format="csr"), "b_eq": np.tile(right, 2 * size)} if len(right) else {}
    answer = linprog(aims.ravel(), **told, bounds=(0, far), method="highs")
    assert answer.status == 0, answer.message
    least, greatest = (answer.x.reshape(2 * size, size) * np.abs(aims)).sum(axis=1).reshape(2, size)
    endless = most is None and greatest > far / 2
    return {
        name: (low, np.inf if no_end else high)
        for name, low, high, no_end in zip(hidden, least, greatest, np.broadcast_to(endless, size), strict=True)
    }


def narrowest(table: Crosstab, hidden: frozenset[Name]) -> float:
    """How wide the narrowest hidden number of a table is to the attacker; infinite where none is hidden."""
    people = numbers(table)
    shown = {name: number for name, number in people.items() if name not in hidden}
    found = intervals(shown, sorted(hidden), sums(table))
    return min((most - least for least, most in found.values()), default=np.inf)


def open_enough(table: Crosstab, chosen: frozenset[Name], need: int = SMALLEST) -> bool:
    """Whether all that is hidden is open to so many, by our own exact reckoning."""
    people = numbers(table)
    for block in blocks(people, sums(table), frozenset()):
        places = [place for place, name in enumerate(block.names) if name in chosen]
        net = network(block)
        board = Flows(net) if net else Corners(block)
        board.hide(places)
        if any(board.width(place, need) < need for place in places):
            return False
    return True


def fewest(table: Crosstab, small: frozenset[Name], enough: int) -> int:
    """How many more must be hidden; `enough` when fewer are not."""
    rest = sorted(set(numbers(table)) - small)
    lines = [{one.total, *one.parts} for one in sums(table)]
    for number in range(enough):
        for more in combinations(rest, number):
            chosen = small.union(more)
            if all(len(line & chosen) != 1 for line in lines) and open_enough(table, chosen):
                return number
    return enough
