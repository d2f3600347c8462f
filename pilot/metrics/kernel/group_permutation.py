"""Every way that starts could have been dealt to clusters within their matched sets, and the statistic then. Pure.

The effect is τ = Σ S[c, label of c], with a table S of what each cluster would add under each label, as long as all
clusters weigh the same. It is studentised by the spread of those scores within each label (Chung and Romano 2013). A
constant effect δ taken away from every treated cell turns S into S − δR, so that τ is linear and its variance
quadratic in δ: one pass over the allocations serves the p-value and the whole interval, as in `permutation`.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from pilot.errors import BadInput
from pilot.metrics.kernel.clusters import Clusters
from pilot.metrics.kernel.estimates import DRAWS, ENUMERATE_UP_TO
from pilot.metrics.kernel.grid import Floats, Grid, Wholes
from pilot.metrics.kernel.inversion import Statistics
from pilot.metrics.kernel.permutation import sums_of

DRAWN_AT_ONCE = 20_000
"""Allocations drawn at once. Another number would draw others from the same seed."""


class Deal:
    """The labels that the clusters of each set share among them, with their tables S and R.

    `coefficients` (periods × labels) is what a unit's weighted value counts under each label. Raises BadInput when
    clusters differ in weight, since the coefficients would then change with every allocation.
    """

    def __init__(self, grid: Grid, clusters: Clusters, coefficients: Floats) -> None:
        mass = clusters.sums(grid.weight)
        if np.ptp(mass) > 1e-9 * mass.max():
            raise BadInput(
                "The permutation test of “callaway-santanna” needs units that weigh the same: leave out the weights, "
                "or set “test” to “cluster”."
            )
        weighted = grid.weight[:, None] * grid.y
        level = weighted.sum() / grid.weight.sum() / len(grid.periods)  # any constant leaves the estimate alone
        treated = np.arange(len(grid.periods))[None, :] >= grid.place[:, None]
        self.s = clusters.sums((weighted - level * grid.weight[:, None]) @ coefficients)
        self.r = clusters.sums((grid.weight[:, None] * treated) @ coefficients)
        self.label, self.size = clusters.label, np.bincount(clusters.label, minlength=coefficients.shape[1])
        blocks: dict[str, list[int]] = {}
        for place, name in enumerate(clusters.set_id):
            blocks.setdefault(name, []).append(place)
        # the largest set comes last: many allocations then differ in one column of a table only
        self.blocks = sorted(blocks.values(), key=lambda block: ways(self.label[block]))

    @property
    def allocations(self) -> int:
        """The number of allocations that the draw could have made."""
        return math.prod(ways(self.label[block]) for block in self.blocks)

    def statistics(self, seed: int) -> tuple[Statistics, int, bool]:
        """The statistics of all allocations, or of the real one and 99,999 drawn; their number; whether all."""
        if self.allocations <= ENUMERATE_UP_TO:
            return Statistics(self._all().T, self.scale), self.allocations, True
        return Statistics(np.hstack([self.observed, *self._drawn(seed)]).T, self.scale), DRAWS, False

    @property
    def observed(self) -> Floats:
        """(τ, ∂τ, V, V1, V2) of what was really dealt, as one column: τ − δ∂τ with variance V − 2δV1 + δ²V2."""
        return self._finish(np.sum([self._sums(block, self.label[None, block]) for block in self.blocks], axis=0))

    @property
    def scale(self) -> float:
        """The size of the scores, by which rounding is told from a real difference."""
        return float(np.sqrt(np.sum(self.s[np.arange(len(self.label)), self.label] ** 2)))

    def _sums(self, block: Sequence[int], dealt: Wholes) -> Floats:
        """What a set adds, a column for each row of labels: Σs and Σr within each label, then Σs², Σsr, Σr² over those
        with a spread, each label's blown up to the unbiased variance."""
        s, r, n = self.s[block], self.r[block], len(self.size)
        found = np.zeros((2 * n + 3, len(dealt)))
        for label in np.unique(self.label[block]):
            few = self.size[label] / (self.size[label] - 1) if self.size[label] > 1 else 0.0
            own, shift = s[:, label], r[:, label]
            each = np.stack([own, shift, few * own**2, few * own * shift, few * shift**2])
            part = each @ (dealt == label).T.astype(float)
            found[label], found[n + label] = part[0], part[1]
            found[2 * n :] += part[2:]
        return found

    def _finish(self, sums: Floats) -> Floats:
        n = len(self.size)
        f, h, squares = sums[:n], sums[n : 2 * n], sums[2 * n :]
        spread = self.size > 1
        if not spread.any():  # nobody shares a start, so no spread can be seen: the statistic is the effect itself
            squares = np.repeat([[1.0], [0.0], [0.0]], sums.shape[1], axis=1)
        less = np.where(spread, 1 / np.maximum(self.size - 1, 1), 0.0)
        moments = np.stack([less @ f**2, less @ (f * h), less @ h**2])
        return np.vstack([f.sum(axis=0), h.sum(axis=0), squares - moments])

    def _all(self) -> Floats:
        """Every allocation; the real one is among them and goes first, and the one that stood first takes its place."""
        dealt = [deals(self.label[block]) for block in self.blocks]
        place = 0
        for block, rows in zip(self.blocks, dealt, strict=True):
            place = place * len(rows) + _row(rows, self.label[block])
        tables = [self._sums(block, rows) for block, rows in zip(self.blocks, dealt, strict=True)]
        columns = np.hstack([self._finish(sums) for sums in sums_of(tables)])
        columns[:, [0, place]] = columns[:, [place, 0]]
        columns[:, 0] = self.observed[:, 0]
        return columns

    def _drawn(self, seed: int) -> Iterator[Floats]:
        chance = np.random.default_rng(seed)
        for begin in range(0, DRAWS, DRAWN_AT_ONCE):
            size = min(DRAWN_AT_ONCE, DRAWS - begin)
            sums = np.zeros((2 * len(self.size) + 3, size))
            for block in self.blocks:
                sums += self._sums(block, shuffled(self.label[block], size, chance))
            yield self._finish(sums)


def ways(label: Wholes) -> int:
    """The number of different orders of these labels."""
    counts = np.unique(label, return_counts=True)[1]
    return math.factorial(len(label)) // math.prod(math.factorial(int(count)) for count in counts)


def deals(label: Wholes) -> Wholes:
    """Every different order of these labels, one in a row."""
    rows = np.full((1, len(label)), -1, dtype=np.int64)
    for value, count in zip(*np.unique(label, return_counts=True), strict=True):
        free = np.argsort(rows != -1, axis=1, kind="stable")[:, : int(np.sum(rows[0] == -1))]
        chosen = np.array(list(itertools.combinations(range(free.shape[1]), int(count))))
        places = free[:, chosen].reshape(-1, int(count))
        rows = np.repeat(rows, len(chosen), axis=0)
        np.put_along_axis(rows, places, value, axis=1)
    return rows


def shuffled(label: Wholes, size: int, chance: np.random.Generator) -> Wholes:
    """These labels in `size` random orders, one in a row."""
    if len(np.unique(label)) == 1:
        return np.tile(label, (size, 1))
    return chance.permuted(np.tile(label, (size, 1)), axis=1)


def _row(dealt: Wholes, label: Wholes) -> int:
    return int(np.argmax((dealt == label).all(axis=1)))
