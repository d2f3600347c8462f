"""Tables of counts for tests, and an attacker with a linear programme who has nothing but what is shown."""

from collections.abc import Mapping, Sequence
from itertools import product
from random import Random

import numpy as np
from scipy.optimize import linprog

from pilot.metrics.crosstab.hiding import Hiding, System, protect
from pilot.metrics.crosstab.sums import Name, Sum
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
    shown: Mapping[Name, float], hidden: Sequence[Name], adds_up: Sequence[Sum], most: float | None = None
) -> dict[Name, tuple[float, float]]:
    """The least and the most that each hidden number can be, by linear programming: all that an attacker can find out
    from the shown numbers and the sums. Infinite where there is no end."""
    place = {name: number for number, name in enumerate(hidden)}
    left, right = [], []
    for one in adds_up:
        row, rest = np.zeros(len(place)), 0.0
        for name, sign in (*((part, 1) for part in one.parts), (one.total, -1)):
            if name in place:
                row[place[name]] += sign
            else:
                rest -= sign * shown[name]
        if row.any():
            left.append(row)
            right.append(rest)
    found = {}
    for name, number in place.items():
        ends = []
        for sign in (1, -1):
            aim = np.zeros(len(place))
            aim[number] = sign
            told = {"A_eq": np.array(left), "b_eq": right} if left else {}
            answer = linprog(aim, **told, bounds=(0, most), method="highs")
            assert answer.status in (0, 3), answer.message
            ends.append(sign * answer.fun if answer.status == 0 else -sign * np.inf)
        found[name] = (ends[0], ends[1])
    return found


def narrowest(table: Crosstab, hidden: frozenset[Name]) -> float:
    """How wide the narrowest hidden number of a table is to the attacker; infinite where none is hidden."""
    people = numbers(table)
    shown = {name: number for name, number in people.items() if name not in hidden}
    found = intervals(shown, sorted(hidden), sums(table))
    return min((most - least for least, most in found.values()), default=np.inf)
