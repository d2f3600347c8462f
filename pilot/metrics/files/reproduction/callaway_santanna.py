"""callaway-santanna: effects by group and time."""

# ruff: noqa: B905 -- it runs on Python 3.9
# mypy: ignore-errors

import math

import numpy as np
from scipy import stats

from .draws import ALL_UP_TO, FEW, MANY, Draws, Found, in_sd, pieces, row, t_p
from .reading import FEWEST_PILOTS, RefusedError
from .regression import arrangements, orders


class Cells:
    """Every ATT(g,t): `cells` are (label, period, base), label counting starts; `psi` is units × cells."""

    def __init__(self, panel, control):
        self.panel, self.starts = panel, panel.starts
        never = len(self.starts)
        self.label = np.array([self.starts.index(s) if s < panel.periods else never for s in panel.start])
        if min(self.starts) == 0 or (control == "never" and panel.treated.all()):
            raise RefusedError("nobody to compare with, or no period before a start")
        self.cells, self.members, self.compared, att, psi = [], [], [], [], []
        for label, start in enumerate(self.starts):
            for period in range(panel.periods):
                against = panel.start >= panel.periods
                if control == "not_yet":
                    against = (panel.start > max(period, start - 1)) & (self.label != label)
                if against.any():
                    self.cells.append((label, period, start - 1))
                    self._take(self.label == label, against, att, psi)
        self.att, self.psi = np.array(att), np.array(psi).T
        self.place = np.array(self.cells)
        self.after = self.place[:, 1] > self.place[:, 2]
        self.zero = self.place[:, 1] == self.place[:, 2]
        self.event = self.place[:, 1] - self.place[:, 2] - 1
        if not self.after.any():
            raise RefusedError("nobody is untreated once the first have started")
        self.effective = sorted({label for (label, _, _), after in zip(self.cells, self.after) if after})
        self.count = np.bincount(self.label, minlength=never + 1)

    def _take(self, group, against, att, psi):
        _, period, base = self.cells[-1]
        change = self.panel.y[:, period] - self.panel.y[:, base]
        ours, theirs = change[group].mean(), change[against].mean()
        att.append(ours - theirs)
        psi.append(group * (change - ours) / group.sum() - against * (change - theirs) / against.sum())
        self.members.append(group)
        self.compared.append(against)

    def mean(self, slices, factor):
        """The plain mean over slices of cells: att, each cell's share, each unit's influence."""
        att, share, psi = 0.0, np.zeros(len(self.att)), np.zeros(len(self.label))
        size = self.count[self.place[:, 0]]
        for inside in slices:
            whole = float((size * factor)[inside].sum())
            part = inside * size * factor / whole
            mean = float(part @ self.att)
            tilt = np.zeros(len(self.count))
            for k in np.flatnonzero(inside):
                tilt[self.place[k, 0]] += factor[k] * (self.att[k] - mean) / whole
            att, share = att + mean / len(slices), share + part / len(slices)
            psi = psi + (self.psi @ part + tilt[self.label]) / len(slices)
        return att, share, psi

    def aggregate(self, name):
        """An aggregate of the plan."""
        factor = np.ones(len(self.att))
        if name == "group":
            factor = 1.0 / np.array([max(1, int((self.after & (self.place[:, 0] == c[0])).sum())) for c in self.cells])
        by = {"dynamic": self.event, "calendar": self.place[:, 1]}.get(name)
        slices = [self.after] if by is None else [self.after & (by == one) for one in np.unique(by[self.after])]
        return self.mean(slices, factor)


class Scores:
    """Errors of figures with influence psi (units × figures); `known` says which have one."""

    def __init__(self, psi, known, label):
        count = np.bincount(label)
        size = count[label]
        self.scores = psi * np.sqrt(size / np.maximum(size - 1, 1))[:, None]
        squares = self.scores**2
        total = squares.sum(axis=0)
        below = sum(squares[label == one].sum(axis=0) ** 2 / max(count[one] - 1, 1) for one in np.unique(label))
        self.known = np.array(known) & (total > 0)
        self.se, self.wide = np.sqrt((psi**2).sum(axis=0)), np.sqrt(total)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.df = total**2 / below

    def ends(self, att, alpha, seed):
        """se, lo, hi, band_lo, band_hi of each figure; None where it has no error."""
        if not self.known.any():
            return [(None,) * 5] * len(att)
        tail = min(float(stats.norm.sf(self._critical(alpha, seed))), alpha / 2)
        found = []
        for k, one in enumerate(att):
            if self.known[k]:
                own, band = (float(stats.t.isf(p, self.df[k])) * self.wide[k] for p in (alpha / 2, tail))
                found.append((float(self.se[k]), one - own, one + own, one - band, one + band))
            else:
                found.append((None,) * 5)
        return found

    def _critical(self, alpha, seed):
        chance = np.random.default_rng(seed)
        ratio = self.scores[:, self.known] / self.wide[self.known]
        largest = []
        for size in pieces(FEW, 2_000):
            signs = chance.integers(0, 2, (size, len(ratio)), dtype=np.int8)
            largest += np.abs((2.0 * signs - 1.0) @ ratio).max(axis=1).tolist()
        return sorted(largest)[math.ceil((1 - alpha) * (FEW + 1)) - 1]


def callaway_santanna(panel, plan, quick=False):  # noqa: ARG001 -- all estimators are called alike
    """The estimator “callaway-santanna”."""
    if plan.test == "wild" or plan.missing != "complete":
        raise RefusedError("not for callaway-santanna")
    left = panel.kept("complete")
    one = Cells(left, plan.control)
    alone = any(one.count[label] < 2 for label in one.effective)
    ours = np.isin(one.label, one.effective)
    sure = int(ours.sum()) >= FEWEST_PILOTS
    others = int((np.any(one.compared, axis=0) & ~ours).sum())
    level = left.y[:, : min(left.starts)].mean(axis=1)
    estimates = {}
    for name in plan.aggregates:
        att, share, psi = one.aggregate(name)
        found = row(att=att, n_trusts_t=int(ours.sum()), n_trusts_c=others, seed=plan.seed)
        found["att_sd_units"] = in_sd(att, level)
        if sure:
            cs_inference(one, found, (att, share, psi), alone, plan)
        estimates[name] = found
    known = [
        sure and not zero and one.count[cell[0]] > 1 and int(against.sum()) > 1
        for cell, zero, against in zip(one.cells, one.zero, one.compared)
    ]
    ends = Scores(one.psi, known, one.label).ends(one.att, plan.alpha, plan.seed)
    cells = [
        (one.starts[label] + 1, period + 1, float(one.att[k]), *ends[k], int(one.members[k].sum()), int(against.sum()))
        for k, ((label, period, _), against) in enumerate(zip(one.cells, one.compared))
    ]
    return Found(estimates, left.names, cells, cs_events(one, np.array(known), plan))


def cs_inference(one, found, aggregate, alone, plan):
    """Fill in the error of an aggregate and its test."""
    att, share, psi = aggregate
    scores = Scores(psi[:, None], [not alone], one.label)
    step = None
    if scores.known[0]:
        step, df = float(scores.wide[0]), float(scores.df[0])
        found.update(se=float(scores.se[0]), df=df, p_cluster=t_p(att, step, df))
        if plan.test == "cluster":
            reach = float(stats.t.isf(plan.alpha / 2, df)) * step
            found.update(lo=att - reach, hi=att + reach)
    if plan.test == "permutation":
        draws, count = cs_permutation(one, share, plan.seed)
        lo, hi = draws.interval(plan.alpha, step or draws.scale or 1.0)
        found.update(lo=lo, hi=hi, p_perm=draws.p(), n_perm=count)


def cs_events(one, known, plan):
    """The rows of event_study.csv."""
    times = np.unique(one.event)
    means = [one.mean([one.event == e], np.ones(len(one.att))) for e in times]
    seen = [bool(np.all((known | one.zero)[share > 0])) for _, share, _ in means]
    att = [float(mean[0]) for mean in means]
    ends = Scores(np.column_stack([psi for _, _, psi in means]), seen, one.label).ends(att, plan.alpha, plan.seed)
    found = []
    for k, e in enumerate(times):
        used = [one.members[c] | one.compared[c] for c in np.flatnonzero(means[k][1] > 0)]
        found.append((int(e), att[k], *ends[k], int(np.any(used, axis=0).sum())))
    return found


def cs_permutation(one, share, seed):
    """Starts dealt in another order within the sets."""
    panel, labels = one.panel, len(one.count)
    treated = (np.arange(panel.periods) >= panel.start[:, None]).astype(float)
    level = panel.y.mean()
    s, r = np.zeros((len(panel.names), labels)), np.zeros((len(panel.names), labels))
    for k, (label, period, base) in enumerate(one.cells):
        theirs = np.unique(one.label[one.compared[k]])
        for table, y in ((s, panel.y - level), (r, treated)):
            change = share[k] * (y[:, period] - y[:, base])
            table[:, label] += change / one.count[label]
            table[:, theirs] -= (change / one.compared[k].sum())[:, None]
    units = np.arange(len(panel.names))
    scale = math.sqrt(float((s[units, one.label] ** 2).sum()))

    def run(dealt):
        own, shift = s[units, dealt], r[units, dealt]
        v = np.zeros((3, len(dealt)))
        for label in np.flatnonzero(one.count > 1):
            n, here = int(one.count[label]), dealt == label
            u = np.where(here, own - ((own * here).sum(axis=1) / n)[:, None], 0.0)
            w = np.where(here, shift - ((shift * here).sum(axis=1) / n)[:, None], 0.0)
            v += n / (n - 1) * np.array([(u * u).sum(axis=1), (u * w).sum(axis=1), (w * w).sum(axis=1)])
        if not (one.count > 1).any():
            v[0] = 1.0
        return np.vstack([own.sum(axis=1), shift.sum(axis=1), v])

    real = run(one.label[None, :])[:, 0]
    blocks = {}
    for place, name in enumerate(panel.sets):
        blocks.setdefault(name, []).append(place)
    rows, everything, many = deal(list(blocks.values()), one.label, seed, ALL_UP_TO, (MANY, 20_000))
    return Draws(real, np.hstack([run(piece) for piece in rows]), scale, everything), many


def deal(blocks, labels, seed, most, drawn):
    """Pieces of rows of labels in another order within blocks; whether they are all; their number."""
    blocks = sorted(blocks, key=lambda block: orders(labels[block]))
    total = math.prod(orders(labels[block]) for block in blocks)
    if total <= most:
        tables = [arrangements(labels[block]) for block in blocks]
        return every_deal(blocks, tables, total, len(labels)), True, total
    return drawn_deals(blocks, labels, seed, drawn), False, drawn[0]


def every_deal(blocks, tables, total, n):
    """Every combination of the blocks' orders, in pieces."""
    for begin in range(0, total, 20_000):
        digits = np.unravel_index(np.arange(begin, min(begin + 20_000, total)), [len(table) for table in tables])
        dealt = np.empty((len(digits[0]), n), dtype=int)
        for block, table, digit in zip(blocks, tables, digits):
            dealt[:, block] = table[digit]
        yield dealt


def drawn_deals(blocks, labels, seed, drawn):
    """Orders drawn by numpy's `permuted`, block after block in each piece."""
    chance = np.random.default_rng(seed)
    for size in pieces(*drawn):
        dealt = np.empty((size, len(labels)), dtype=int)
        for block in blocks:
            same = np.tile(labels[block], (size, 1))
            dealt[:, block] = same if len(set(labels[block].tolist())) == 1 else chance.permuted(same, axis=1)
        yield dealt
