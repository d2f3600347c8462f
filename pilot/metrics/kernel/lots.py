"""What the lottery drew, and every other way it could have fallen: starts are shuffled inside matched sets. Pure."""

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pilot.errors import BadInput
from pilot.metrics.kernel.grid import Wholes

Codes = NDArray[np.int8]
"""Clusters × allocations: which of the different starts each cluster has."""


class Lots:
    """For each cluster its start among the different starts (`kinds`, ascending), and the sets that were drawn in.

    Everything starts from one entry for each unit: its cluster's name and number, its set, and the place of its first
    treated period. Raises BadInput when a cluster was not drawn as a whole.
    """

    def __init__(self, names: Sequence[str], set_id: Sequence[str], place: Wholes, cluster: Wholes) -> None:
        homes: dict[int, tuple[str, int]] = {}
        for name, home, number in zip(names, zip(set_id, place.tolist(), strict=True), cluster.tolist(), strict=True):
            known = homes.setdefault(number, home)
            if known[0] != home[0]:
                raise BadInput(f"Cluster “{name}” is in two matched sets, but is drawn as a whole.")
            if known[1] != home[1]:
                raise BadInput(f"Cluster “{name}” has units with different starts, but is drawn as a whole.")
        self.kinds, codes = np.unique([homes[number][1] for number in range(len(homes))], return_inverse=True)
        self.real: Codes = codes.astype(np.int8)
        sets: dict[str, list[int]] = {}
        for number in range(len(homes)):
            sets.setdefault(homes[number][0], []).append(number)
        self.sets = [np.array(members) for _, members in sorted(sets.items())]

    @property
    def allocations(self) -> int:
        """The number of allocations that the lottery could have made."""
        return math.prod(_orders(self.real[members]) for members in self.sets)

    @property
    def tables(self) -> list[Codes]:
        """For each set every order of its starts, clusters × orders, the real one first."""
        return [_arrangements(self.real[members]) for members in self.sets]

    def all(self, size: int) -> Iterator[Codes]:
        """Every allocation, so many at a time, the real one first."""
        tables = self.tables
        shape = tuple(table.shape[1] for table in tables)
        total = math.prod(shape)
        for begin in range(0, total, size):
            digits = np.unravel_index(np.arange(begin, min(begin + size, total)), shape)
            codes = np.empty((len(self.real), len(digits[0])), dtype=np.int8)
            for members, table, digit in zip(self.sets, tables, digits, strict=True):
                codes[members] = table[:, digit]
            yield codes

    def some(self, draws: int, seed: int, size: int) -> Iterator[Codes]:
        """The real allocation, then others drawn with a seed, so many at a time: the same seed, the same draws."""
        chance = np.random.default_rng(seed)
        yield self.real[:, None]
        for begin in range(0, draws, size):
            count = min(size, draws - begin)
            codes = np.empty((len(self.real), count), dtype=np.int8)
            for members in self.sets:
                orders = np.argsort(chance.random((count, len(members))), axis=1)
                codes[members] = self.real[members][orders].T
            yield codes


def _orders(codes: Codes) -> int:
    """The number of different orders of these starts."""
    _, counts = np.unique(codes, return_counts=True)
    return math.factorial(len(codes)) // math.prod(math.factorial(int(count)) for count in counts)


def _arrangements(codes: Codes) -> Codes:
    """Every different order of these starts, one a column, the given one first."""
    kinds, counts = np.unique(codes, return_counts=True)
    rows = np.full((1, len(codes)), kinds[-1], dtype=np.int8)
    free = np.arange(len(codes))[None, :]
    for kind, count in zip(kinds[:-1].tolist(), counts[:-1].tolist(), strict=True):
        picks = np.concatenate(list(_picks(free.shape[1], count)))
        chosen = np.tile(picks, (len(rows), 1))
        rows, free = np.repeat(rows, len(picks), axis=0), np.repeat(free, len(picks), axis=0)
        np.put_along_axis(rows, free[chosen].reshape(len(rows), count), kind, axis=1)
        free = free[~chosen].reshape(len(rows), -1)
    there = int(np.flatnonzero((rows == codes).all(axis=1))[0])
    rows[[0, there]] = rows[[there, 0]]
    return np.ascontiguousarray(rows.T)


def _picks(n: int, k: int) -> Iterator[NDArray[np.bool_]]:
    """All ways to choose k of n places, as rows of true and false."""
    every = itertools.combinations(range(n), k)
    while batch := list(itertools.islice(every, 20_000)):
        members = np.fromiter(itertools.chain.from_iterable(batch), dtype=np.intp, count=len(batch) * k)
        chosen = np.zeros((len(batch), n), dtype=bool)
        np.put_along_axis(chosen, members.reshape(len(batch), k), True, axis=1)
        yield chosen
