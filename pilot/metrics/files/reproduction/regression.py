"""Errors and tests of a regression, the wild cluster bootstrap among them."""

# ruff: noqa: B905 -- it runs on Python 3.9
# mypy: ignore-errors

import itertools
import math

import numpy as np

from .draws import ALL_UP_TO, FEW, MANY, Draws, pieces, t_p, t_reach
from .reading import NOTHING, RefusedError


def orthonormal(columns):
    """An orthonormal basis of what the columns span."""
    left, size, _ = np.linalg.svd(columns, full_matrices=False)
    return left[:, size > NOTHING * size.max(initial=0.0)]


def remains(rows, columns):
    """What the columns leave of a vector, or of the columns of a matrix."""
    basis = orthonormal(columns)
    rest = rows - basis @ (basis.T @ rows)
    return rest - basis @ (basis.T @ rest)


class Regression:
    """y on x beside other columns; cells of a cluster are numbered alike. `counted` is as in the text."""

    def __init__(self, y, x, others, cluster, counted, *, units=None):
        self.y, self.x, self.others, self.cluster, self.counted = y, x, others, cluster, counted
        self.units, self.clusters = units, int(cluster.max()) + 1
        self.basis = orthonormal(others)
        self.ys, self.xs = self.clear(y), self.clear(x)
        self.q = float(self.xs @ self.xs)
        if self.q <= NOTHING**2 * float(x @ x):
            raise RefusedError("the effect cannot be told from the other columns")
        self.att = float(self.xs @ self.ys) / self.q
        self.residual = self.ys - self.att * self.xs

    def clear(self, columns):
        """What the other columns leave."""
        return columns - self.basis @ (self.basis.T @ columns)

    def sums(self, cells):
        """Sums over clusters of a vector."""
        return np.bincount(self.cluster, cells, self.clusters)

    def cr1(self):
        """The standard error CR1."""
        g, n, k = self.clusters, len(self.y), 1 + self.counted
        if n <= k:
            raise RefusedError("too few units for an error")
        raw = float((self.sums(self.xs * self.residual) ** 2).sum()) / self.q**2
        return math.sqrt(raw * g / (g - 1) * (n - 1) / (n - k))

    def cr2(self):
        """The standard error CR2 and its degrees of freedom."""
        whole = np.column_stack([self.basis, self.xs / math.sqrt(self.q)])
        rest = np.eye(len(self.y)) - whole @ whole.T
        v = np.zeros((len(self.y), self.clusters))
        for c in range(self.clusters):
            here = np.flatnonzero(self.cluster == c)
            values, vectors = np.linalg.eigh(rest[np.ix_(here, here)])
            kept = values > 1e-10
            root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
            v[here, c] = root @ self.xs[here] / self.q
        products = v.T @ rest @ v
        below = float((products**2).sum())
        se = math.sqrt(float(((v.T @ self.residual) ** 2).sum()))
        return se, float(np.trace(products)) ** 2 / below if below > 0 else None

    def infer(self, found, plan, fewest, lots, main):
        """Fill in errors, tests and interval."""
        att = self.att
        if fewest >= 2:
            cr1, cr2 = (self.cr1(), float(self.clusters - 1)), self.cr2()
            se, df = cr2 if main == "CR2" and plan.test != "cluster" else cr1
            draws = wild_bootstrap(self.y, self.x, self.others, self.cluster, plan.seed)
            found.update(se=se, df=df, p_bm=t_p(att, *cr2), p_cluster=t_p(att, *cr1), p_wcr=draws.p())
            if plan.test == "cluster":
                reach = t_reach(plan.alpha, self.clusters - 1, se)
                found.update(lo=att - reach, hi=att + reach)
            elif plan.test == "wild":
                found["lo"], found["hi"] = draws.interval(plan.alpha, se or draws.scale or 1.0)
        elif plan.test != "permutation":
            raise RefusedError("an arm has a single unit")
        if plan.test == "permutation" or lots.total * len(self.y) <= ALL_UP_TO:
            draws, count = lots.draws(plan.seed)
            found.update(p_perm=draws.p(), n_perm=count)
            if plan.test == "permutation":
                found["lo"], found["hi"] = draws.interval(plan.alpha, found["se"] or draws.scale or 1.0)


class Lots:
    """Every way in which the starts could have been dealt within the sets, and the regression then.

    `start` is the place of each unit's first treated period, `period` that of each cell; `units` the columns of unit
    effects, None where there are none.
    """

    def __init__(self, regression, blocks, start, period, units):
        self.regression, self.blocks, self.start, self.period, self.units = regression, blocks, start, period, units
        self.total = math.prod(orders(start[block]) for block in blocks)
        self.scale = math.sqrt(float(np.mean(regression.ys**2)))

    def draws(self, seed):
        """All allocations or the drawn ones; and their number."""
        n, g = len(self.regression.y), len(self.start)
        alike = self._moving() <= 1
        most = ALL_UP_TO if alike else 10_000_000 // n
        real = self._run(self.start[None, :])[:, 0]
        if self.total <= min(most, ALL_UP_TO):
            return Draws(real, self._all(), self.scale, True), self.total
        many = MANY if alike or most >= MANY else FEW
        chance, found = np.random.default_rng(seed), []
        for size in pieces(many, max(1, 1_000_000 // (g if alike else n))):
            dealt = np.empty((size, g), dtype=int)
            for block in self.blocks:
                order = np.argsort(chance.random((size, len(block))), axis=1)
                dealt[:, block] = self.start[block][order]
            found.append(self._run(dealt))
        return Draws(real, np.hstack(found), self.scale, False), many

    def _all(self):
        tables = [arrangements(self.start[block]) for block in self.blocks]
        found = []
        for begin in range(0, self.total, 50_000):
            digits = np.unravel_index(
                np.arange(begin, min(begin + 50_000, self.total)), [len(table) for table in tables]
            )
            dealt = np.empty((len(digits[0]), len(self.start)), dtype=int)
            for block, table, digit in zip(self.blocks, tables, digits):
                dealt[:, block] = table[digit]
            found.append(self._run(dealt))
        return np.hstack(found)

    def _run(self, dealt):
        """a, b, v0, v1, v2 of the regression for each row of starts."""
        one = self.regression
        size = max(1, 4_000_000 // len(one.y))
        if len(dealt) > size:
            return np.hstack([self._run(dealt[begin : begin + size]) for begin in range(0, len(dealt), size)])
        x = one.clear((self.period[:, None] >= dealt[:, one.cluster].T).astype(float))
        q = (x * x).sum(axis=0)
        q = np.where(q > NOTHING * one.q, q, math.nan)
        a, b = (x.T @ one.ys) / q, (x.T @ one.xs) / q
        member = np.equal.outer(np.arange(one.clusters), one.cluster).astype(float)
        s = member @ (x * (one.ys[:, None] - a * x)) / q
        r = member @ (x * (one.xs[:, None] - b * x)) / q
        return np.array([a, b, (s * s).sum(axis=0), (s * r).sum(axis=0), (r * r).sum(axis=0)])

    def _moving(self):
        """In how many directions what the other columns take away changes from one allocation to another."""
        one, kinds = self.regression, np.unique(self.start)
        if self.units is None:
            basis, treated = one.basis, np.array([(self.period >= kind).astype(float) for kind in kinds])
        else:
            basis = orthonormal(remains(one.others[:, self.units.shape[1] :], self.units))
            treated = np.array([(self.period >= kind).astype(float) for kind in kinds])
            treated = remains(treated.T, self.units).T
        pulls = np.array([[basis.T @ (row * (one.cluster == c)) for c in range(one.clusters)] for row in treated])
        vectors = [np.zeros((1, basis.shape[1]))]
        for block in self.blocks:
            table = pulls[np.isin(kinds, self.start[block])][:, block]
            table = table - table.mean(axis=0) - table.mean(axis=1)[:, None] + table.mean(axis=(0, 1))
            vectors.append(table.reshape(-1, basis.shape[1]))
        size = np.linalg.svd(np.vstack(vectors), compute_uv=False)
        return int(np.sum(size > NOTHING * max(1.0, float(np.abs(pulls).max()))))


def orders(labels):
    """The number of different orders of labels."""
    _, counts = np.unique(labels, return_counts=True)
    return math.factorial(len(labels)) // math.prod(math.factorial(int(count)) for count in counts)


def arrangements(labels):
    """Every different order of labels, as rows."""
    labels = [int(label) for label in labels]
    if len(set(labels)) == 1:
        return np.array([labels])
    first = labels[0]
    others = [label for label in labels if label != first]
    found = []
    for places in itertools.combinations(range(len(labels)), len(labels) - len(others)):
        free = [place for place in range(len(labels)) if place not in places]
        for rest in arrangements(others):
            line = [first] * len(labels)
            for place, label in zip(free, rest):
                line[place] = int(label)
            found.append(line)
    return np.array(found)


def wild_bootstrap(y, x, others, cluster, seed, *, weight=None):
    """The wild cluster bootstrap of the effect of x on y beside other columns, with the effect under test imposed."""
    root = np.sqrt(weight / weight.mean()) if weight is not None else np.ones(len(y))
    other = others * root[:, None]
    g = int(cluster.max()) + 1
    ys, xs = remains((y - y.mean()) * root, other), remains(x * root, other)
    q = float(xs @ xs)
    rest = np.eye(len(y))
    basis = np.column_stack([orthonormal(other), xs / math.sqrt(q)])
    rest -= basis @ basis.T
    member = np.equal.outer(np.arange(g), cluster).astype(float)
    # row c, column d: what a weight of 1 on cluster d adds to the score of cluster c
    turned = (member * xs) @ rest
    score_y, score_x = ((turned * one) @ member.T / q for one in (ys, xs))
    effect_y, effect_x = member @ (xs * ys) / q, member @ (xs * xs) / q
    scale = math.sqrt(float(ys @ ys) / q)

    def run(weights):
        s, r = weights @ score_y.T, weights @ score_x.T
        moments = [(s * s).sum(axis=1), (s * r).sum(axis=1), (r * r).sum(axis=1)]
        return np.array([weights @ effect_y, weights @ effect_x, *moments])

    real = run(np.ones((1, g)))[:, 0]
    if g >= 12 and 2**g <= MANY:
        signs = np.array(list(itertools.product((1.0, -1.0), repeat=g)))
        return Draws(real, run(signs), scale, True)
    points = np.array([-1.0, 1.0])
    if g < 12:
        points = np.array([-math.sqrt(1.5), -1.0, -math.sqrt(0.5), math.sqrt(0.5), 1.0, math.sqrt(1.5)])
    chance, many = np.random.default_rng(seed), MANY if MANY * g <= 10_000_000 else FEW
    rows = [run(points[chance.integers(0, len(points), (size, g))]) for size in pieces(many, 10_000)]
    return Draws(real, np.hstack(rows), scale, False)
