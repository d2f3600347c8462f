"""Work out every estimate of a study's download again, from the files of the download alone, and compare.

    python reproduce.py [FOLDER]        the folder of the unpacked download; the one in which this file lies, if none

It needs Python 3.9, numpy 1.24 and scipy 1.10 or newer, and nothing of the website that made the download. It reads
panel.csv, trusts.csv, waves.csv, outcomes.csv and sap.json, works out estimates.csv, att_gt.csv, event_study.csv,
placebo.csv and sensitivity.csv, and compares each number with the one in the file. Before that it looks whether every
file is the one that SHA256SUMS names, whether the plan and the versions that it amended (sap-1.json, …) hang together,
and whether each status in estimates.csv follows from them. It ends with 0 when all is as it should be, with 1 when
something is not (each is named), and with 2 when the download cannot be read.

It was written from docs/how-each-number-is-worked-out.md of the website's source and shares no line with its kernel;
the names of sections below are those of that text. It is written to be checked, so it takes the plain way: dense
matrices, and one estimator after the other.

Two numbers are the same if they differ by at most 1e-8 of the larger one, or by 1e-12 of the largest value of the
outcome in the panel, of 1 for shares and logarithms (rounding). Those written with six digits may differ by one in
the sixth.
"""

# ruff: noqa: T201, B905 -- it speaks to a person, and runs on Python 3.9
# mypy: ignore-errors

import csv
import hashlib
import itertools
import json
import math
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from scipy import optimize, stats

CLOSE, ROUNDING, SIX_DIGITS = 1e-8, 1e-12, 2e-6
TIE = 1e-9
NOTHING = 1e-9
ALL_UP_TO = 2_000_000
MANY, FEW = 99_999, 9_999
FEWEST_PILOTS = 5


class RefusedError(Exception):
    """An estimate that cannot be had: there is no row of it."""


# --------------------------------------------------------------------------------------------------- What is read


class Plan:
    """What the plan asks of one outcome; `test`, `estimator`, … as in sap.json."""

    def __init__(self, told, primary):
        self.estimator, self.control, self.test = told["estimator"], told["control"], told["test"]
        self.aggregates, self.missing = list(dict.fromkeys(told["aggregates"])), told["missing"]
        self.alpha, self.seed = float(told["alpha"]), int(told["seed"])
        self.effect = float(told["size"]["effect"]) if primary else 0.0
        self.bends = [float(bend) for bend in told["sensitivity"]["smoothness"]]  # in the primary outcome's unit

    def but(self, **changes):
        """The same plan with something else in it."""
        other = object.__new__(Plan)
        other.__dict__ = {**self.__dict__, **changes}
        return other


class Panel:
    """Units × periods of one outcome. `start` is the place of the first treated period, T if there is none here."""

    def __init__(self, names, start, sets, y):
        self.names, self.sets, self.y = list(names), list(sets), np.array(y, dtype=float)
        self.start = np.array(start, dtype=int)
        self.periods = self.y.shape[1]

    @property
    def treated(self):
        """Which units are treated within the panel."""
        return self.start < self.periods

    @property
    def starts(self):
        """The different starts, ascending."""
        return sorted(set(self.start[self.treated].tolist()))

    def only(self, places, periods=None, start=None):
        """Some units, maybe fewer periods, maybe other starts (one for each of these units)."""
        until = self.periods if periods is None else periods
        begin = self.start[places] if start is None else np.array(start)
        begin = np.where(begin < until, begin, until)
        return Panel([self.names[i] for i in places], begin, [self.sets[i] for i in places], self.y[places, :until])

    def kept(self, missing):
        """Those that the rule for missing values keeps. Refused when an arm is left without a unit."""
        there = np.isfinite(self.y)
        left = self.only(np.flatnonzero(there.all(axis=1) if missing == "complete" else there.any(axis=1)))
        if not left.treated.any() or (left.treated.all() and len(left.starts) < 2):
            raise RefusedError("an arm has no unit")
        return left

    def in_sets_with_both_arms(self):
        """Without the units of sets that lack an arm."""
        both = {s for s, t in zip(self.sets, self.treated) if t} & {s for s, t in zip(self.sets, self.treated) if not t}
        left = [i for i, one in enumerate(self.sets) if one in both]
        if not left:
            raise RefusedError("no set has both arms")
        return self.only(left)

    def by_set(self):
        """The places of the units of each set, sets by name."""
        return [[i for i, s in enumerate(self.sets) if s == name] for name in sorted(set(self.sets))]


class Bundle:
    """The files of the download."""

    def __init__(self, folder):
        self.folder = folder
        self.document = json.loads((folder / "sap.json").read_text(encoding="utf-8"))
        self.plan = self.document["plan"]
        self.trusts = {row["ods_code"]: row for row in self.table("trusts")}
        self.waves, self.panel = self.table("waves"), self.table("panel")
        self.told = {(row["instrument"], row["outcome"]): row for row in self.table("outcomes")}

    def table(self, name):
        """The rows of a file, without the apostrophes that keep spreadsheets from running a text."""
        with (self.folder / (name + ".csv")).open(encoding="utf-8", newline="") as file:
            return [{key: bare(cell) for key, cell in row.items()} for row in csv.DictReader(file)]

    def kind(self, outcome):
        """Whether an outcome of the plan is a score, a rate or a count."""
        return self.told[outcome["instrument"], outcome["name"]]["kind"]

    def rows_of(self, outcome):
        """The outcome's waves in order, and its rows of panel.csv."""
        waves = {line["wave"] for line in self.waves if line["instrument"] == outcome["instrument"]}
        rows = [line for line in self.panel if line["outcome"] == outcome["name"] and line["wave"] in waves]
        if len({(line["ods_code"], line["wave"]) for line in rows}) < len(rows):
            raise ValueError("panel.csv has a trust, wave and outcome twice: " + outcome["name"])
        return sorted({line["wave"] for line in rows}, key=days), rows

    def panel_of(self, outcome):
        """The panel of an outcome of the plan, and the number of answers behind each unit (None where not told)."""
        waves, rows = self.rows_of(outcome)
        values, answers = {}, {}
        for line in rows:
            value = line["mean_w"] or line["mean_unw"]
            if is_number(value):
                values.setdefault(line["ods_code"], {})[line["wave"]] = float(value)
                told = line["n_valid"] or line["n_resp"]
                answers.setdefault(line["ods_code"], []).append(int(told) if is_number(told) else None)
        names = sorted(values)
        start = [self._start(self.trusts[name], waves) for name in names]
        sets = [self.trusts[name]["set_id"] if self.plan["sets"] == "matched" else "" for name in names]
        y = [[values[name].get(wave, math.nan) for wave in waves] for name in names]
        counts = {name: None if None in told else sum(told) for name, told in answers.items()}
        return Panel(names, start, sets, np.array(y, dtype=float).reshape(len(names), len(waves))), counts

    def beside(self, outcome, panel, name, column):
        """What panel.csv tells beside each value that is used: a column of its row (or, by another `name`, of the row
        of that name), as units × periods. Where there is no value, or nothing is told, it is no number.

        Refused where one is hidden, or none is there.
        """
        waves, _ = self.rows_of(outcome)
        cells = {(line["ods_code"], line["wave"]): line[column] for line in self.panel if line["outcome"] == name}
        found = np.full(panel.y.shape, math.nan)
        for place in np.argwhere(np.isfinite(panel.y)):
            cell = cells.get((panel.names[place[0]], waves[place[1]]), "")
            if cell == "suppressed":
                raise RefusedError(f"{column} is hidden somewhere")
            found[tuple(place)] = float(cell) if is_number(cell) else math.nan
        if not np.isfinite(found).any():
            raise RefusedError(f"there is no {column} of {name}")
        return found

    def overlapping(self, outcome):
        """Whether a period begins before another one has ended."""
        spans = [days(wave) for wave in self.rows_of(outcome)[0]]
        return any(spans[place + 1][0] <= spans[place][1] for place in range(len(spans) - 1))

    def groups(self, panel, division):
        """The places of the units of each group that trusts.csv tells, groups by name."""
        found = {}
        for place, name in enumerate(panel.names):
            if self.trusts[name][division]:
                found.setdefault(self.trusts[name][division], []).append(place)
        return sorted(found.items())

    @staticmethod
    def _start(trust, waves):
        named = set(trust["start_wave"].split()) if trust["arm"] == "pilot" else set()
        return next((place for place, wave in enumerate(waves) if wave in named), len(waves))


def days(wave):
    """The first and the last day of a wave by its name: 2027, 2026/27, 2027-Q1, 2027-03 or 2027-03-31."""
    year, rest = int(wave[:4]), wave[4:]
    if rest[:1] == "/":
        first, months = date(year, 4, 1), 12
    elif rest[:2] == "-Q":
        first, months = date(year, 3 * int(rest[2]) - 2, 1), 3
    elif len(rest) > 3:
        return date.fromisoformat(wave), date.fromisoformat(wave), wave
    else:
        first, months = date(year, int(rest[1:] or 1), 1), 1 if rest else 12
    beyond = first.month - 1 + months
    return first, date(year + beyond // 12, beyond % 12 + 1, 1) - timedelta(days=1), wave


def bare(cell):
    """A text as it was before it was made safe for spreadsheets."""
    return cell[1:] if cell and cell[0] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t", "\r") else cell or ""


def is_number(cell):
    """Whether a number stands in a cell, and not nothing or “suppressed”."""
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


# -------------------------------------------------------------------------------- The tests and their statistics


class Draws:
    """Effects and variances of many allocations, a − δb and v0 − 2δv1 + δ²v2, beside those of the real one.

    `rows` are five columns. With `all_of_them` the real one is among the rows, else it comes on top of them.
    """

    def __init__(self, real, rows, scale, all_of_them):
        self.real, self.rows, self.scale, self.all = np.array(real).reshape(5, 1), rows, scale, all_of_them

    def parts(self, five, delta):
        """Numerator and denominator of the squared statistic."""
        a, b, v0, v1, v2 = five
        top = (a - delta * b) ** 2
        top = np.where(top <= (TIE * self.scale) ** 2, 0.0 * top, top)
        return top, np.maximum(v0 - 2 * delta * v1 + delta**2 * v2, (1e-8 * self.scale) ** 2 + 1e-300)

    def p(self, delta=0.0):
        """The share of allocations that are far."""
        top, below = self.parts(self.real, delta)
        tops, belows = self.parts(self.rows, delta)
        far = int(np.sum(~(tops < (1 - TIE) * (top[0] / below[0]) * belows)))
        return far / len(tops) if self.all else (1 + far) / (1 + len(tops))

    def interval(self, alpha, step):
        """The ends of what is not rejected; None where nothing is rejected on that side."""
        return self._end(alpha, -step), self._end(alpha, step)

    def _end(self, alpha, step):
        att = inside = float(self.real[0, 0])
        for k in range(40):
            outside = att + step * 2.0**k
            if self.p(outside) <= alpha:
                break
            inside = outside
        else:
            return None
        for _ in range(52):
            middle = (inside + outside) / 2
            if middle in (inside, outside):
                break
            if self.p(middle) > alpha:
                inside = middle
            else:
                outside = middle
        return inside

    def sizes(self):
        """The size of each statistic at 0, the real one first where it is not among the others."""
        five = self.rows if self.all else np.hstack([self.real, self.rows])
        top, below = self.parts(five, 0.0)
        found = np.sqrt(top / below)
        return np.where(np.isnan(found), np.inf, found)

    def real_size(self):
        """The size of the real statistic."""
        top, below = self.parts(self.real, 0.0)
        return math.sqrt(top[0] / below[0])


def t_p(estimate, error, df):
    """Two-sided p-value; None without an error or degrees of freedom."""
    return float(2 * stats.t.sf(abs(estimate) / error, df)) if error and df else None


def t_reach(alpha, df, error):
    """Half the width of an interval."""
    return float(stats.t.ppf(1 - alpha / 2, df)) * error


def pieces(many, size):
    """How many there are in each piece."""
    return [min(size, many - begin) for begin in range(0, many, size)]


def row(**known):
    """A row of estimates.csv: what is not known is None."""
    columns = (
        "att att_sd_units se df lo hi p_perm p_bm p_wcr p_holm p_rw n_trusts_t n_trusts_c n_resp seed n_perm p_cluster"
    )
    return {**dict.fromkeys(columns.split()), **known}


def in_sd(att, levels):
    """The effect in standard deviations of the level before."""
    spread = float(np.std(levels, ddof=1)) if len(levels) > 1 else 0.0
    return att / spread if spread > 0 else None


class Found:
    """The rows of one estimator, and who was left."""

    def __init__(self, estimates, units, cells=(), events=(), p_of=None):
        self.estimates, self.units, self.cells, self.events = estimates, units, list(cells), list(events)
        self.first, self.p_of = next(iter(estimates.values())), p_of

    def p(self, plan, estimate=None):
        """The p-value of the plan's test."""
        column = {"permutation": "p_perm", "cluster": "p_cluster", "wild": "p_wcr"}[plan.test]
        return (estimate or self.first)[column]


# ------------------------------------------------------------ did: difference in differences within matched sets


class Blocks:
    """Sets of units whose pilots could have been others: five columns for each unit, and which are pilots."""

    def __init__(self, sets, scale):
        pilots = sum(int(arm.sum()) for _, arm in sets)
        self.blocks = [(columns, arm, int(arm.sum()) / pilots) for columns, arm in sets]
        self.replicated = all(min(arm.sum(), (~arm).sum()) >= 2 for _, arm in sets)
        self.scale = scale
        self.real = self.together([set_terms(columns, arm[None, :].astype(float))[0] for columns, arm in sets])[:, 0]

    def together(self, by_set):
        """a, b, v0, v1, v2 of whole allocations from those of each set (each allocations × 5, or one row)."""
        terms = np.array([np.atleast_2d(one) for one in by_set])  # sets × allocations × 5
        share = np.array([block[2] for block in self.blocks])[:, None]
        a, b = (share * terms[:, :, 0]).sum(axis=0), (share * terms[:, :, 1]).sum(axis=0)
        if self.replicated:
            return np.array([a, b, *[(share**2 * terms[:, :, k]).sum(axis=0) for k in (2, 3, 4)]])
        k = len(self.blocks)
        if k == 1:
            return np.array([a, b, np.ones_like(a), np.zeros_like(a), np.zeros_like(a)])
        off, tilt = share * (terms[:, :, 0] - a), share * (terms[:, :, 1] - b)
        moments = [(one * other).sum(axis=0) * k / (k - 1) for one, other in ((off, off), (off, tilt), (tilt, tilt))]
        return np.array([a, b, *moments])

    def draws(self, seed):
        """Every allocation, or the drawn ones; and their number."""
        ways = [math.comb(len(arm), int(arm.sum())) for _, arm, _ in self.blocks]
        total = math.prod(ways)
        if total <= ALL_UP_TO:
            tables = [set_terms(columns, choices(len(arm), int(arm.sum()))) for columns, arm, _ in self.blocks]
            found = []
            for begin in range(0, total, 100_000):
                digits = np.unravel_index(np.arange(begin, min(begin + 100_000, total)), ways)
                found.append(self.together([table[digit] for table, digit in zip(tables, digits)]))
            return Draws(self.real, np.hstack(found), self.scale, True), total
        chance, found = np.random.default_rng(seed), []
        for size in pieces(MANY, 20_000):
            by_set = []
            for columns, arm, _ in self.blocks:
                keys = chance.random((size, len(arm)))
                smallest = np.argsort(keys, axis=1)[:, : int(arm.sum())]
                chosen = np.zeros((size, len(arm)))
                chosen[np.arange(size)[:, None], smallest] = 1.0
                by_set.append(set_terms(columns, chosen))
            found.append(self.together(by_set))
        return Draws(self.real, np.hstack(found), self.scale, False), MANY


class Did(Blocks):
    """One question: which periods are before and after. Its units are those with the values that are needed."""

    def __init__(self, panel, before, after, missing):
        here = panel.y[:, [*before, *after]]
        there = np.isfinite(here).all(axis=1) if missing == "complete" else np.isfinite(here).any(axis=1)
        self.panel = panel.only(np.flatnonzero(there)).in_sets_with_both_arms()
        self.before, self.after, self.missing = list(before), list(after), missing
        y, pilot = self.panel.y, self.panel.treated
        late, early = y[:, self.after], y[:, self.before]
        if missing == "complete":
            x1, n1 = late.mean(axis=1) - early.mean(axis=1), np.ones(len(y))
            x0, n0 = np.zeros(len(y)), np.ones(len(y))
        else:
            middle = np.nanmean(np.hstack([late, early]))  # taken away only to keep the sums small
            x1, n1 = np.nansum(late - middle, axis=1), np.isfinite(late).sum(axis=1).astype(float)
            x0, n0 = np.nansum(early - middle, axis=1), np.isfinite(early).sum(axis=1).astype(float)
        self.pilots, self.controls = int(pilot.sum()), int((~pilot).sum())
        five = (x1, n1, x0, n0, n1 * pilot)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = x1 / n1 - x0 / n0
        change = change[np.isfinite(change)]
        sets = [([column[places] for column in five], pilot[places]) for places in self.panel.by_set()]
        super().__init__(sets, float(np.std(change)) if len(change) else 0.0)
        if not np.isfinite(self.real[0]):
            raise RefusedError("an arm has no value before or after")
        self.att = float(self.real[0])

    def arms(self):
        """For each arm of each set its part of the variance, its squared share, and its number of units."""
        parts = []
        for columns, arm, share in self.blocks:
            for side in (arm, ~arm):
                value = arm_terms(columns, side[None, :].astype(float))[2][0]
                parts.append((share**2 * value, share**2, int(side.sum())))
        return parts

    def error(self):
        """The standard error and its degrees of freedom; None where no spread can be seen."""
        if not self.replicated and len(self.blocks) == 1:
            return None, None
        se = math.sqrt(max(0.0, self.real[2]))
        if not self.replicated:
            return se, float(len(self.blocks) - 1)
        parts = self.arms()
        below = sum(value**2 / (n - 1) for value, _, n in parts)
        return se, sum(value for value, _, _ in parts) ** 2 / below if below > 0 else None

    def p_bm(self, se):
        """With the degrees of freedom of Bell and McCaffrey."""
        if self.missing != "complete" or not self.replicated:
            return None
        c = [(share / n, n) for _, share, n in self.arms()]
        return t_p(self.att, se, sum(one for one, _ in c) ** 2 / sum(one**2 / (n - 1) for one, n in c))

    def cr1(self):
        """CR1 of the regression behind one replicated set."""
        columns, arm, _ = self.blocks[0]
        raw = 0.0
        for side in (arm, ~arm):
            k = int(side.sum())
            raw += arm_terms(columns, side[None, :].astype(float))[2][0] * (k - 1) / k
        used = [*self.before, *self.after]
        n, g = int(np.isfinite(self.panel.y[:, used]).sum()), len(arm)
        k = len(used) + 1 if self.missing == "complete" else 4
        return math.sqrt(raw * g / (g - 1) * (n - 1) / (n - k))

    def levels(self):
        """The mean before of each unit that has one."""
        early = self.panel.y[:, self.before]
        return np.nanmean(early[np.isfinite(early).any(axis=1)], axis=1)

    def estimate(self, plan):
        """The row, without the wild bootstrap."""
        found = row(att=self.att, n_trusts_t=self.pilots, n_trusts_c=self.controls, seed=plan.seed)
        found["att_sd_units"] = in_sd(self.att, self.levels())
        if self.pilots < FEWEST_PILOTS:
            return found
        se, df = self.error()
        found.update(se=se, df=df, p_bm=self.p_bm(se))
        if plan.test == "permutation":
            draws, count = self.draws(plan.seed)
            lo, hi = draws.interval(plan.alpha, se or self.scale or 1.0)
            found.update(lo=lo, hi=hi, p_perm=draws.p(), n_perm=count)
            return found
        if len(self.blocks) == 1 and self.replicated:
            se, df = self.cr1(), float(self.pilots + self.controls - 1)
        if se is not None and df is not None:
            reach = t_reach(plan.alpha, df, se)
            found.update(se=se, df=df, lo=self.att - reach, hi=self.att + reach, p_cluster=t_p(self.att, se, df))
        return found

    def wild(self, found, plan):
        """The same with the wild cluster bootstrap, where it is to be had."""
        asked = plan.test == "wild"
        if self.pilots < FEWEST_PILOTS:
            return
        n = self.pilots + self.controls
        if self.missing != "complete" or min(self.pilots, self.controls) < 2 or n > (2000 if asked else 200):
            if asked:
                raise RefusedError("the wild bootstrap cannot be had")
            return
        change, x, weight = (np.concatenate(parts) for parts in zip(*[self._regressed(one) for one in self.blocks]))
        sizes = [len(arm) for _, arm, _ in self.blocks]
        sets = np.repeat(np.eye(len(sizes)), sizes, axis=0)
        draws = wild_bootstrap(change, x, sets, np.arange(n), plan.seed, weight=weight)
        found["p_wcr"] = draws.p()
        if asked:
            found["lo"], found["hi"] = draws.interval(plan.alpha, found["se"] or draws.scale or 1.0)

    @staticmethod
    def _regressed(block):
        columns, arm, share = block
        pilots, controls = int(arm.sum()), int((~arm).sum())
        weight = np.full(len(arm), share * (pilots + controls) / (pilots * controls))
        return columns[0], arm.astype(float), weight


def choices(n, k):
    """Every way to choose k of n, as rows of 0 and 1."""
    rows = np.array(list(itertools.combinations(range(n), k)))
    chosen = np.zeros((len(rows), n))
    chosen[np.arange(len(rows))[:, None], rows] = 1.0
    return chosen


def arm_terms(columns, chosen):
    """Effect, its slope, and the three parts of the variance of an arm, for each row of `chosen` (1: in the arm)."""
    x1, n1, x0, n0, d = columns
    k = chosen.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        late, early = chosen @ n1, chosen @ n0
        mean1, mean0, slope = (chosen @ x1) / late, (chosen @ x0) / early, (chosen @ d) / late
        u = (x1 - mean1[:, None] * n1) / late[:, None] - (x0 - mean0[:, None] * n0) / early[:, None]
        v = (d - slope[:, None] * n1) / late[:, None]
        few = k / (k - 1)
        u, v = chosen * u, chosen * v
        return mean1 - mean0, slope, few * (u * u).sum(1), few * (u * v).sum(1), few * (v * v).sum(1)


def set_terms(columns, chosen):
    """a, b, v0, v1, v2 of one set for each row of `chosen` (1: pilot)."""
    pilots, controls = arm_terms(columns, chosen), arm_terms(columns, 1.0 - chosen)
    less = [one - other for one, other in zip(pilots[:2], controls[:2])]
    return np.column_stack([*less, *[one + other for one, other in zip(pilots[2:], controls[2:])]])


def spans(panel, aggregate="simple"):
    """The periods before and after; but for “simple” only the last one before."""
    (start,) = panel.starts
    before = range(start) if aggregate == "simple" else [start - 1]
    return list(before), list(range(start, panel.periods))


def did(panel, plan, quick=False):
    """The estimator “did”; `quick` without the path over periods and the bootstrap."""
    left = one_start(panel.kept(plan.missing))
    estimates = {}
    for aggregate in plan.aggregates[:1] if quick else plan.aggregates:
        one = Did(left, *spans(left, aggregate), plan.missing)
        estimates[aggregate] = one.estimate(plan)
        if not quick:
            one.wild(estimates[aggregate], plan)
    whole = Did(left, *spans(left), plan.missing)
    if quick:
        return Found(estimates, whole.panel.names)
    (start,) = left.starts
    cells, events = [], []
    for period, figures, pilots, controls in did_path(whole, start, plan):
        cells.append((start + 1, period + 1, *figures, pilots, controls))
        events.append((period - start, *figures, pilots + controls))
    return Found(estimates, whole.panel.names, cells, events)


def did_path(whole, start, plan):
    """Each period against the last before the start: att, se, lo, hi, band_lo, band_hi and the numbers of units."""
    used, base = whole.panel, start - 1
    for period in range(used.periods):
        if period == base:
            yield period, (0.0, None, None, None, None, None), whole.pilots, whole.controls
            continue
        try:
            one = Did(used, [base], [period], "complete")
        except RefusedError:
            continue
        se, df = one.error()
        ends = (None,) * 5
        if one.pilots >= FEWEST_PILOTS and df:
            own, band = t_reach(plan.alpha, df, se), t_reach(plan.alpha / (used.periods - 1), df, se)
            ends = (se, one.att - own, one.att + own, one.att - band, one.att + band)
        yield period, (one.att, *ends), one.pilots, one.controls


def one_start(panel):
    """Refused unless all treated units start together."""
    if len(panel.starts) > 1:
        raise RefusedError("this estimator needs one start")
    return panel


# --------------------------------------------------------------------------------------------------------- ancova


def ancova(panel, plan, quick=False):  # noqa: ARG001 -- all estimators are called alike
    """The estimator “ancova”."""
    if plan.missing != "complete":
        raise RefusedError("ancova needs complete units")
    if "simple" not in plan.aggregates:
        raise RefusedError("ancova gives one number")
    left = one_start(panel.kept("complete")).in_sets_with_both_arms()
    order = sorted(range(len(left.names)), key=lambda i: (left.sets[i], left.names[i]))
    left = left.only(order)
    (start,) = left.starts
    before, after = left.y[:, :start].mean(axis=1), left.y[:, start:].mean(axis=1)
    blocks = left.by_set()
    sets = np.zeros((len(order), len(blocks)))
    for number, places in enumerate(blocks):
        sets[places, number] = 1.0
    level = before - before.mean()
    if np.linalg.norm(remains(level, sets)) <= NOTHING * np.linalg.norm(before):
        raise RefusedError("units do not differ before the start")
    if len(order) < len(blocks) + 3:
        raise RefusedError("too few units")
    x = left.treated.astype(float)
    one = Regression(after - after.mean(), x, np.column_stack([sets, level]), np.arange(len(order)), len(blocks) + 1)
    pilots, controls = int(x.sum()), int((1 - x).sum())
    found = row(att=one.att, n_trusts_t=pilots, n_trusts_c=controls, seed=plan.seed)
    found["att_sd_units"] = in_sd(one.att, before)
    if pilots >= FEWEST_PILOTS:
        lots = Lots(one, blocks, np.where(left.treated, 0, 1), np.zeros(len(order), dtype=int), None)
        one.infer(found, plan, min(pilots, controls), lots, "CR2")
    return Found({"simple": found}, left.names)


# ----------------------------------------------------------------------------------- twfe: two-way fixed effects


def twfe(panel, plan, quick=False):  # noqa: ARG001 -- all estimators are called alike
    """The estimator “twfe”."""
    if "simple" not in plan.aggregates:
        raise RefusedError("twfe gives one number")
    left = panel.kept(plan.missing)
    there = np.isfinite(left.y)
    while True:
        fewer = there & (there.sum(axis=1, keepdims=True) > 1) & (there.sum(axis=0) > 1)
        if fewer.sum() == there.sum():
            break
        there = fewer
    left = left.only(np.flatnonzero(there.any(axis=1)))
    there = there[there.any(axis=1)]
    if not left.treated.any():
        raise RefusedError("no treated unit has two values")
    unit, period = np.nonzero(there)
    y = left.y[unit, period]
    units, periods = np.eye(len(left.names))[unit], np.eye(left.periods)[period][:, there.any(axis=0)]
    since = period - left.start[unit]
    counted = int(there.any(axis=0).sum())
    x = (since >= 0).astype(float)
    one = Regression(y - y.mean(), x, np.column_stack([units, periods]), unit, counted, units=units)
    treated, others = int(left.treated.sum()), int((~left.treated).sum())
    fewest = treated if len(left.starts) > 1 else min(treated, others)
    early = np.where(there, left.y, math.nan)[:, : min(left.starts)]
    early = early[np.isfinite(early).any(axis=1)]
    found = row(att=one.att, n_trusts_t=treated, n_trusts_c=others, seed=plan.seed)
    found["att_sd_units"] = in_sd(one.att, np.nanmean(early, axis=1) if len(early) else [])
    events = twfe_path(one, left, (unit, since), (fewest, counted), plan)
    if treated >= FEWEST_PILOTS:
        one.infer(found, plan, fewest, Lots(one, left.by_set(), left.start, period, units), "CR1")
    return Found({"simple": found}, left.names, (), events)


def twfe_path(one, left, cells, numbers, plan):
    """The rows of event_study.csv."""
    (unit, since), (fewest, counted) = cells, numbers
    treated, never = left.treated[unit], int((~left.treated).sum())
    seen = sorted(set(since[treated].tolist()) - {-1})
    asked = [e for e in seen if e >= 0] + [e for e in reversed(seen) if e < 0]
    taken, kept, columns = one.others, [], []
    for e in asked:
        column = (treated & (since == e)).astype(float)
        rest = remains(column, taken)
        if np.linalg.norm(rest) > NOTHING * np.linalg.norm(column):
            taken = np.column_stack([taken, rest / np.linalg.norm(rest)])
            kept.append(e)
            columns.append(column)
    events = {}
    if (treated & (since == -1)).any():
        events[-1] = (-1, 0.0, None, None, None, None, None, int((treated & (since == -1)).sum()) + never)
    design = np.column_stack([one.others, *columns])
    slopes, errors = path_errors(one, design, len(kept), counted)
    g, n = int(unit.max()) + 1, len(unit)
    for place, e in enumerate(kept):
        count, att, se = int((treated & (since == e)).sum()), float(slopes[place]), errors[place]
        sure = left.treated.sum() >= FEWEST_PILOTS and fewest >= 2 and n > len(kept) + counted
        ends = (None,) * 5
        if sure and count >= FEWEST_PILOTS:
            own, band = t_reach(plan.alpha, g - 1, se), t_reach(plan.alpha / len(kept), g - 1, se)
            ends = (se, att - own, att + own, att - band, att + band)
        events[e] = (e, att, *ends, count + never)
    return [events[e] for e in sorted(events)]


def path_errors(one, design, many, counted):
    """The last `many` coefficients of a regression of the outcome on a design, and their CR1."""
    inverse = np.linalg.pinv(design.T @ design, hermitian=True)
    slopes = inverse @ (design.T @ one.y)
    residual = one.y - design @ slopes
    g, n, k = one.clusters, len(one.y), many + counted
    scores = np.array([(design[one.cluster == c] * residual[one.cluster == c, None]).sum(axis=0) for c in range(g)])
    middle = inverse @ scores.T
    variance = (middle * middle).sum(axis=1) * g / (g - 1) * (n - 1) / max(n - k, 1)
    return slopes[-many:], np.sqrt(variance[-many:])


# -------------------------------------------------------------------------- Errors and tests of a regression


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


# ---------------------------------------------------------------------------------------------- callaway-santanna


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


# ----------------------------------------------------------------------- sdid: synthetic difference in differences


def sdid(panel, plan, quick=False):  # noqa: ARG001 -- all estimators are called alike
    """The estimator “sdid”."""
    if plan.test != "permutation" or plan.control != "never" or plan.aggregates != ["simple"]:
        raise RefusedError("not for sdid")
    if plan.missing != "complete":
        raise RefusedError("sdid needs complete units")
    left = panel.kept("complete")
    treated, never = int(left.treated.sum()), int((~left.treated).sum())
    if never < 2 or min(left.starts) < 2:
        raise RefusedError("too few units or periods")
    gaps = {start: synthetic_gap(left.y, left.start, start, frank_wolfe) for start in left.starts}
    size = {start: int((left.start == start).sum()) for start in left.starts}
    att = sum(size[s] * float(gaps[s][s:].mean()) for s in left.starts) / treated
    found = row(att=att, n_trusts_t=treated, n_trusts_c=never, seed=plan.seed)
    found["att_sd_units"] = in_sd(att, left.y[:, : min(left.starts)].mean(axis=1))
    if treated >= FEWEST_PILOTS:
        sdid_inference(left, found, plan)
    none = (None,) * 5
    cells = [(s + 1, t + 1, float(gaps[s][t]), *none, size[s], never) for s in left.starts for t in range(left.periods)]
    events = []
    for e in sorted({t - s for s in left.starts for t in range(left.periods)}):
        here = [(size[s], float(gaps[s][s + e])) for s in left.starts if 0 <= s + e < left.periods]
        n = sum(one for one, _ in here)
        events.append((e, sum(one * gap for one, gap in here) / n, *none, n + never))
    return Found({"simple": found}, left.names, cells, events)


def sdid_inference(left, found, plan):
    """Fill in the placebo error and the permutation test."""
    rows, everything, many = sdid_deals(left.by_set(), left.start, plan.seed)
    real = abs(synthetic_effect(left.y, left.start))
    far = sum(abs(synthetic_effect(left.y, row)) >= real * (1 - TIE) for row in rows)
    found.update(p_perm=far / many if everything else (1 + far) / (1 + many), n_perm=many)
    never = left.start == left.periods
    if never.sum() <= (~never).sum():
        return
    labels = np.full(int(never.sum()), left.periods)
    labels[: int((~never).sum())] = left.start[~never]
    rows, _, _ = sdid_deals([list(range(len(labels)))], labels, plan.seed)
    se = float(np.std([synthetic_effect(left.y[never], row) for row in rows]))
    if se:
        reach = float(stats.norm.ppf(1 - plan.alpha / 2)) * se
        found.update(se=se, lo=found["att"] - reach, hi=found["att"] + reach)


def sdid_deals(blocks, labels, seed):
    """Up to 499 allocations: all, or drawn with the blocks in their own order."""
    total = math.prod(orders(labels[block]) for block in blocks)
    if total <= 499:
        return (
            np.vstack(list(every_deal(blocks, [arrangements(labels[b]) for b in blocks], total, len(labels)))),
            True,
            total,
        )
    return np.vstack(list(drawn_deals(blocks, labels, seed, (499, 499)))), False, 499


def synthetic_effect(y, start):
    """The effect with weights at the minimum, each treated unit counting alike."""
    starts, size = np.unique(start[start < y.shape[1]], return_counts=True)
    effects = [float(synthetic_gap(y, start, one, at_minimum)[one:].mean()) for one in starts]
    return float(np.dot(size, effects)) / float(size.sum())


def synthetic_gap(y, start, one, solve):
    """The gap in each period between the units with a start and their synthetic comparison."""
    never, treated = y[start == y.shape[1]], y[start == one]
    noise = float(np.std(np.diff(never[:, :one], axis=1), ddof=1))
    early, late, ours = never[:, :one], never[:, one:].mean(axis=1), treated.mean(axis=0)
    zeta = (len(treated) * (y.shape[1] - one)) ** 0.25 * noise
    periods = solve(early - early.mean(axis=0), late - late.mean(), 1e-6 * noise, 1e-5 * noise)
    wide = early.T
    units = solve(wide - wide.mean(axis=0), ours[:one] - ours[:one].mean(), zeta, 1e-5 * noise)
    gap = ours - units @ never
    return gap - periods @ gap[:one]


def frank_wolfe(a, b, zeta, least):
    """Weights as the published package finds them."""

    def steps(x, most):
        value = None
        for _ in range(most):
            slope = a.T @ (a @ x - b) + eta * x
            corner = int(np.argmin(slope))
            way = -x
            way[corner] += 1.0
            bend = float((a @ way) @ (a @ way)) + eta * float(way @ way)
            if bend > 0:
                x = x + min(1.0, max(0.0, -float(slope @ way) / bend)) * way
            now = (float(((a @ x - b) ** 2).sum()) + eta * float(x @ x)) / len(a)
            if value is not None and value - now <= least**2:
                break
            value = now
        return x

    eta = len(a) * zeta**2
    x = steps(np.full(a.shape[1], 1.0 / a.shape[1]), 100)
    x = np.where(x <= x.max() / 4, 0.0, x)
    return steps(x / x.sum(), 10_000)


def at_minimum(a, b, zeta, _):
    """Weights at the minimum itself: |Ax − b|² + rows·ζ²|x|² with x ≥ 0 and Σx = 1, as one least squares problem.

    With Σx = 1 it is |Hx|², H = (A − b, √rows·ζ·I); the x ≥ 0 with the smallest |Hx|² + (Σx − 1)² only has another sum.
    """
    h = np.vstack([a - b[:, None], math.sqrt(len(a)) * zeta * np.eye(a.shape[1])])
    h = np.vstack([h / (np.abs(h).max() or 1.0), np.ones(a.shape[1])])
    target = np.zeros(len(h))
    target[-1] = 1.0
    x = optimize.nnls(h, target, maxiter=100 * a.shape[1])[0]
    return x / x.sum()


ESTIMATORS = {"did": did, "ancova": ancova, "twfe": twfe, "callaway-santanna": callaway_santanna, "sdid": sdid}


# ---------------------------------------------------------------------------------------------- Several outcomes


def adjust(found, plan):
    """Fill in p_holm and p_rw. `found` are (panel, Found) of the outcomes, the primary first."""
    if len(found) < 2:
        return
    for aggregate in found[0][1].estimates:
        rows = [one.estimates[aggregate] for _, one in found]
        p = [one.p(plan, estimate) for (_, one), estimate in zip(found, rows)]
        if None in p:
            continue
        for estimate, value in zip(rows[1:], holm(p[1:])):
            estimate["p_holm"] = value
        if (plan.estimator, plan.test) == ("did", "permutation"):
            for estimate, value in zip(rows[1:], romano_wolf([panel for panel, _ in found[1:]], aggregate, plan)):
                estimate["p_rw"] = value


def holm(p):
    """Holm's adjusted p-values."""
    adjusted, before = [0.0] * len(p), 0.0
    for j, place in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        before = max(before, min(1.0, (len(p) - j) * p[place]))
        adjusted[place] = before
    return adjusted


def romano_wolf(panels, aggregate, plan):
    """Romano and Wolf's adjusted p-values; None where the outcomes have other units."""
    left = [panel.kept(plan.missing) for panel in panels]
    first = left[0]
    if any((p.names, p.sets, p.treated.tolist()) != (first.names, first.sets, first.treated.tolist()) for p in left):
        return [None] * len(panels)
    try:
        used = [set(Did(panel, *spans(panel, aggregate), plan.missing).panel.names) for panel in left]
        shared = set.intersection(*used)
        both = [panel.only([i for i, name in enumerate(panel.names) if name in shared]) for panel in left]
        draws = [Did(panel, *spans(panel, aggregate), plan.missing).draws(plan.seed)[0] for panel in both]
    except RefusedError:
        return [None] * len(panels)
    real = [one.real_size() for one in draws]
    largest, shares = np.zeros(len(draws[0].sizes())), [0.0] * len(draws)
    upward = sorted(range(len(draws)), key=lambda i: real[i])
    for place in upward:
        largest = np.maximum(largest, draws[place].sizes())
        shares[place] = float(np.mean(largest >= real[place] * (1 - TIE)))
    before = 0.0
    for place in reversed(upward):
        before = shares[place] = max(before, shares[place])
    return shares


# --------------------------------------------------------------------------------------------------- placebo.csv


def placebos(panel, plan):
    """The rows of the check “placebo”."""
    estimate = ESTIMATORS[plan.estimator]
    tries = [*in_time(panel), *in_space(panel, plan.seed)] if panel.starts else []
    return [line for kind, label, other in tries for line in attempt(estimate, other, plan, kind, label)]


def attempt(estimate, panel, plan, kind, label):
    """One row, or none where the estimator refuses the panel."""
    try:
        found = estimate(panel, plan, quick=True)
    except RefusedError:
        return []
    return [(kind, label, found.first["att"], found.first["se"], found.p(plan))]


def in_time(panel):
    """False starts."""
    early = min(panel.starts)
    for k in range(1, early):
        start = np.where(panel.treated, early - k, early)
        label = "1 period earlier" if k == 1 else f"{k} periods earlier"
        yield "in time", label, panel.only(np.arange(len(panel.names)), early, start)


def in_space(panel, seed):
    """False pilots."""
    chance, sets = np.random.default_rng(seed), {}
    for name in sorted({s for s, t in zip(panel.sets, panel.treated) if t}):
        others = [i for i, s in enumerate(panel.sets) if s == name and not panel.treated[i]]
        starts = [int(panel.start[i]) for i, s in enumerate(panel.sets) if s == name and panel.treated[i]]
        if len(others) > 1:
            sets[name] = (others, starts)
    for number in range(1, 21 if sets else 1):
        start = {}
        for others, starts in sets.values():
            order = chance.permutation(len(others))
            for rank, place in enumerate(order):
                treated = rank < min(len(starts), len(others) - 1)
                start[others[place]] = starts[rank] if treated else panel.periods
        places = sorted(start)
        yield "in space", f"draw {number}", panel.only(places, None, [start[i] for i in places])


def leave_one_out(panel, plan):
    """The rows of the check “leave-one-out”."""
    rows, clustered = [], plan.but(test="cluster")
    for place, name in enumerate(panel.names):
        others, label = [i for i in range(len(panel.names)) if i != place], name
        home = panel.sets[place]
        if home and len({bool(panel.treated[i]) for i in others if panel.sets[i] == home}) < 2:
            others, label = [i for i in others if panel.sets[i] != home], f"{name}, with set {home}"
        if others:
            rows += attempt(ESTIMATORS[plan.estimator], panel.only(others), clustered, "leave one out", label)
    return rows


# ----------------------------------------------------------------------------------------------- sensitivity.csv


class EffectPath:
    """The path of the effects with its covariance; `until` periods of the panel are looked at."""

    def __init__(self, panel, until):
        self.base = min(panel.starts) - 1
        if self.base < 1:
            raise RefusedError("two periods are needed before the start")
        self.places = [t for t in range(until) if t != self.base]
        self.times = np.array([t - self.base for t in self.places])
        whole = np.isfinite(panel.y[:, [self.base, *self.places]]).all(axis=1)
        left = panel.only(np.flatnonzero(whole)).in_sets_with_both_arms()
        pilots = int(left.treated.sum())
        change = left.y[:, self.places] - left.y[:, [self.base]]
        blocks = [(np.array(block), left.treated[block]) for block in left.by_set()]
        shares = [int(arm.sum()) / pilots for _, arm in blocks]
        apart = [change[block][arm].mean(axis=0) - change[block][~arm].mean(axis=0) for block, arm in blocks]
        self.effects = sum(w * one for w, one in zip(shares, apart))
        self.covariance = self.df = None
        if pilots < FEWEST_PILOTS:
            return
        if all(min(int(arm.sum()), int((~arm).sum())) >= 2 for _, arm in blocks):
            parts = []
            for (block, arm), w in zip(blocks, shares):
                for side in (arm, ~arm):
                    n = int(side.sum())
                    parts.append((w**2 * np.atleast_2d(np.cov(change[block][side].T)) / n, n))
            self.covariance = sum(part for part, _ in parts)
            below = sum(np.diag(part) ** 2 / (n - 1) for part, n in parts)
            if (below > 0).all():
                self.df = float((np.diag(self.covariance) ** 2 / below).min())
        elif len(blocks) > 1:
            k = len(blocks)
            off = np.array([w * (one - self.effects) for w, one in zip(shares, apart)])
            self.covariance, self.df = k / (k - 1) * off.T @ off, float(k - 1)


def trends_before(panel, plan):
    """The rows of the check “pre-trends”."""
    if plan.effect <= 0:
        raise RefusedError("there is no smallest effect for this outcome")
    left = panel.kept(plan.missing)
    path, bound, rows = EffectPath(left, min(left.starts)), f"{plan.effect / 2:.6g}", []
    for k, place in enumerate(path.places):
        lo = hi = None
        if path.covariance is not None and path.df is not None:
            reach = float(stats.t.ppf(1 - plan.alpha, path.df)) * math.sqrt(path.covariance[k, k])
            lo, hi = float(path.effects[k]) - reach, float(path.effects[k]) + reach
        rows.append((f"before the start, period {place + 1}", bound, lo, hi, said(lo, hi), ""))
    return rows


def smoothness(panel, plan):
    """The rows of the check “smoothness”."""
    left = one_start(panel.kept(plan.missing))
    path = EffectPath(left, left.periods)
    if path.covariance is None or not np.diag(path.covariance).max() > 0:
        raise RefusedError("no spread can be seen")
    one = Smooth(path, plan.alpha)
    bends = plan.bends or [quarter / 4 * one.first for quarter in range(9)]
    breakdown = f"{one.breakdown():.6g}"
    rows = []
    for m in sorted(bends):
        lo, hi = one.interval(m)
        rows.append(("smoothness, average effect", f"{m:.6g}", lo, hi, said(lo, hi), breakdown))
    return rows


def said(lo, hi):
    """Whether 0 lies in an interval."""
    return "" if lo is None else "yes" if lo <= 0 <= hi else "no"


class Smooth:
    """The shortest fixed-length interval under a bound on bends, in units of the largest error of the path."""

    def __init__(self, path, alpha):
        times, self.alpha, self.effects = path.times, alpha, path.effects
        few = float(stats.t.ppf(1 - alpha / 2, path.df) / stats.norm.ppf(1 - alpha / 2)) if path.df else 1.0
        self.unit = math.sqrt(float(np.diag(path.covariance).max()))
        self.covariance = path.covariance * (few / self.unit) ** 2
        self.first = self.unit * math.sqrt(float(self.covariance[times == 1, times == 1][0]))
        n = len(times)
        alike = (np.eye(n) + 1.0) * np.trace(self.covariance) / (2 * n)
        self.working = alike if path.df else self.covariance
        middle = range(int(times.min()) + 1, int(times.max()))
        self.bends = np.array(
            [[max(0, t - j) if j > 0 else max(0, j - t) * (t < 0) for j in middle] for t in times], dtype=float
        )
        early = times < 0
        fixed = np.where(times > 0, 1.0 / (times > 0).sum(), 0.0)
        slope = times[early].astype(float)
        self.begin = fixed.copy()
        self.begin[early] = -float(fixed @ times) * slope / float(slope @ slope)
        self.free = np.zeros((n, len(slope) - 1))
        if len(slope) > 1:
            # directions at right angles to a straight line
            self.free[early] = np.linalg.qr(np.column_stack([slope, np.eye(len(slope))]))[0][:, 1 : len(slope)]

    def interval(self, m):
        """The interval at the bend m."""
        a = self.weights(m / self.unit)
        error = math.sqrt(float(a @ self.covariance @ a))
        half = self.unit * error * far(m / self.unit * self._bias(a) / error, self.alpha)
        return float(a @ self.effects) - half, float(a @ self.effects) + half

    def breakdown(self):
        """The smallest bend at which 0 lies in the interval."""

        def short(m):
            lo, hi = self.interval(m)
            return max(lo, -hi)

        if short(0.0) <= 0:
            return 0.0
        outside = self.unit
        while short(outside) > 0:
            outside *= 2
        return float(optimize.brentq(short, 0.0, outside, xtol=1e-12 * self.unit, rtol=1e-12))

    def weights(self, m):
        """The weights with the shortest interval. On the way from the least error to the least bias they minimise
        error²/2 + price·B for some price; the right price is where a little more of one costs what it saves."""
        if m == 0 or not self.free.shape[1]:
            return self._priced(0.0)

        def too_dear(price):
            a = self._priced(price)
            error = math.sqrt(float(a @ self.working @ a))
            ratio = m * self._bias(a) / error
            quantile = far(ratio, self.alpha)
            near, other = stats.norm.pdf(quantile - ratio), stats.norm.pdf(quantile + ratio)
            slope = float((near - other) / (near + other))
            return price * (quantile - ratio * slope) - m * slope * error

        high = 1.0
        while too_dear(high) < 0:
            high *= 2
        return self._priced(float(optimize.brentq(too_dear, 0.0, high, xtol=1e-15, rtol=1e-14)))

    def _bias(self, a):
        return float(np.abs(a @ self.bends).sum())

    def _priced(self, price):
        """min a'Wa/2 + price·Σ|a'D| over the free directions z. Its dual is least squares with |signs| ≤ price."""
        inner = self.free.T @ self.working @ self.free
        if not len(inner):
            return self.begin
        pull = self.free.T @ self.working @ self.begin
        if price == 0.0:
            return self.begin - self.free @ np.linalg.solve(inner, pull)
        turned, fixed = self.bends.T @ self.free, self.bends.T @ self.begin
        moving = np.abs(turned).sum(axis=1) > 1e-12
        z = active_set(inner, pull, turned[moving], fixed[moving], price)
        return self.begin + self.free @ z


def active_set(inner, pull, c, d, price):
    """The z that minimises z'Gz/2 + pull'z + price·Σ|cz + d|, tried for every choice of which sums are exactly 0.

    There are few of them (periods before the start), and the solution is unique, so the first that is stationary is it.
    """
    best = None
    for signs in sign_patterns(inner, pull, c, d, price):
        zero = np.flatnonzero(signs == 0)
        size = len(inner) + len(zero)
        system = np.zeros((size, size))
        system[: len(inner), : len(inner)] = inner
        system[: len(inner), len(inner) :] = c[zero].T
        system[len(inner) :, : len(inner)] = c[zero]
        right = np.concatenate([-pull - price * c.T @ signs, -d[zero]])
        try:
            solved = np.linalg.solve(system, right)
        except np.linalg.LinAlgError:
            continue
        z, force = solved[: len(inner)], solved[len(inner) :]
        value = float(z @ inner @ z) / 2 + float(pull @ z) + price * float(np.abs(c @ z + d).sum())
        if best is None or value < best[0]:
            best = (value, z)
        rest = c @ z + d
        right_side = np.all(rest[signs > 0] >= 0) and np.all(rest[signs < 0] <= 0)
        if right_side and np.all(np.abs(force) <= price * (1 + 1e-9)):
            return z
    return best[1]


def sign_patterns(inner, pull, c, d, price):
    """First the pattern that bounded least squares suggests, then every other one."""
    root = np.linalg.cholesky(np.linalg.inv(inner))
    # the dual: signs y in [−1, 1] that minimise |root'(pull + price·c'y)|²/2 − price·d'y
    shift = np.linalg.lstsq(c @ root, d, rcond=None)[0]
    found = optimize.lsq_linear(price * (c @ root).T, shift - root.T @ pull, (-1.0, 1.0), method="bvls")
    guess = np.where(found.x > 1 - 1e-9, 1.0, np.where(found.x < -1 + 1e-9, -1.0, 0.0))
    yield guess
    for signs in itertools.product((1.0, -1.0, 0.0), repeat=len(c)):
        yield np.array(signs)


def far(bias, alpha):
    """The 1 − alpha quantile of |N(bias, 1)|."""
    low, high = stats.norm.ppf(1 - alpha) + bias, stats.norm.ppf(1 - alpha / 2) + bias
    if bias > 10:
        return float(low)

    def short(c):
        return stats.norm.cdf(c - bias) - stats.norm.cdf(-c - bias) - (1 - alpha)

    return float(optimize.brentq(short, low - 1e-9, high + 1e-9, xtol=1e-15, rtol=1e-15))


# ----------------------------------------------------------------------------------------- Those who did not answer


def tipping(panel, rates, found):
    """The rows of the check “response”: how different silent staff of the pilots would have to be."""
    means, used = [], set(found.units)
    for place in np.flatnonzero(panel.treated):
        later = np.isfinite(panel.y[place]) & (np.arange(panel.periods) >= panel.start[place])
        if panel.names[place] in used and later.any():
            means.append(float(rates[place][later].mean()))
    rate = float(np.mean(means))
    if not 0 < rate <= 1:  # so is a rate that is not known
        raise RefusedError("the response rate of a pilot is not known")
    lo, hi = found.first["lo"], found.first["hi"]
    if rate == 1 or lo is None or hi is None:
        return []
    silent = 1 - rate
    near = 0.0 if lo <= 0 <= hi else min(lo, hi, key=abs)
    edge, rows = f"{0.0 - near / silent:.6g}", []
    for d in sorted({0.0, 0.0 - found.first["att"] / silent}, key=abs):
        ends = lo + silent * d, hi + silent * d
        rows.append(("tipping point", f"{d:.6g}", *ends, said(*ends), edge))
    return rows


# -------------------------------------------------------------------------------------------- Leavers as counts


class Leaving:
    """Counts of leavers and the headcount beside them, in the cells that the model uses."""

    def __init__(self, panel, y, head, missing):
        there = np.isfinite(y) & np.isfinite(head)
        if (y[there] < 0).any() or (head[there] <= 0).any():
            raise RefusedError("these cannot be counts")
        total = np.where(there, y, 0.0).sum(axis=1)
        kept = (there.all(axis=1) if missing == "complete" else there.any(axis=1)) & (total > 0)
        self.panel = panel.only(np.flatnonzero(kept))
        if len(self.panel.starts) != 1:
            raise RefusedError("the pilots have several starts, or none")
        there, y, head = there[kept], y[kept], head[kept]
        there = there & (np.where(there, y, 0.0).sum(axis=0) > 0)
        self.unit, period = np.nonzero(there)
        self.y, self.head = y[there], head[there]
        self.pilot = self.panel.treated
        self.after, ours = period >= self.panel.starts[0], self.pilot[self.unit]
        for arm in (ours, ~ours):
            for side in (self.after, ~self.after):
                if not self.y[arm & side].sum() > 0:
                    raise RefusedError("nobody left an arm before or after the start")
        self.x = (ours & self.after).astype(float)
        _, which = np.unique(period, return_inverse=True)
        self.periods = int(which.max()) + 1
        self.others = np.column_stack([np.eye(len(self.pilot))[self.unit], np.eye(self.periods)[which][:, 1:]])

    def expected(self, effect):
        """The expected counts and the last coefficient, with the effect or without, by weighted least squares.

        Each step regresses log mean + (count − mean)/mean on the columns, cells weighing their mean, until nothing
        moves (McCullagh and Nelder 1989, section 2.5).
        """
        columns = np.column_stack([self.others, self.x]) if effect else self.others
        if len(orthonormal(columns).T) < columns.shape[1]:
            raise RefusedError("the effect cannot be told from trusts and periods")
        mean, before = self.y + 0.5, math.inf
        for _ in range(100):
            root, worked = np.sqrt(mean), np.log(mean / self.head) + (self.y - mean) / mean
            slopes = np.linalg.lstsq(columns * root[:, None], worked * root, rcond=None)[0]
            with np.errstate(over="ignore"):
                mean = self.head * np.exp(columns @ slopes)
            moved = float(np.abs(slopes - before).max())
            if moved < 1e-12 or not np.isfinite(mean).all() or not (mean > 0).all():
                break
            before = slopes
        if not moved < 1e-9:
            raise RefusedError("the model of counts has no answer")
        return mean, float(slopes[-1])

    def error(self, mean):
        """CR1 of the effect, trusts being clusters."""
        root = np.sqrt(mean)
        left = remains(self.x * root, self.others * root[:, None])
        g, n, k = len(self.pilot), len(self.y), self.periods + 1
        scores = np.bincount(self.unit, left / root * (self.y - mean), g)
        raw = float((scores**2).sum()) / float(left @ left) ** 2
        return math.sqrt(raw * g / (g - 1) * (n - 1) / (n - k))

    def test(self, seed):
        """p of the permutation test of the score and the number of allocations; None where no set has both arms."""
        mean, _ = self.expected(False)
        g = len(self.pilot)
        more = np.bincount(self.unit, (self.y - mean) * self.after, g)
        due = np.bincount(self.unit, mean * self.after, g)
        columns, sets = (more, due, np.zeros(g), due, due * self.pilot), []
        for places in self.panel.by_set():
            arm = self.pilot[places]
            if arm.any() and not arm.all():
                sets.append(([column[places] for column in columns], arm))
        if not sets:
            return None, None
        share = np.concatenate([one[0][one[1] > 0] / one[1][one[1] > 0] for one, _ in sets])
        draws, count = Blocks(sets, float(np.std(share))).draws(seed)
        return draws.p(), count


def leavers_as_counts(panel, y, head, plan):
    """The two rows of the check “counts”, by name."""
    one = Leaving(panel, y, head, plan.missing)
    mean, effect = one.expected(True)
    treated = one.x > 0
    rate = float(one.y[treated].sum() / one.head[treated].sum())
    pilots = int(one.pilot.sum())
    ratio = row(att=effect, n_trusts_t=pilots, n_trusts_c=len(one.pilot) - pilots, seed=plan.seed)
    if pilots >= FEWEST_PILOTS:
        se, df = one.error(mean), len(one.pilot) - 1
        reach = t_reach(plan.alpha, df, se)
        p, count = one.test(plan.seed)
        ratio.update(se=se, df=df, lo=effect - reach, hi=effect + reach, p_perm=p, n_perm=count)
    people = {**ratio, "se": None, "df": None}
    for column in ("att", "lo", "hi"):
        people[column] = None if ratio[column] is None else rate * -math.expm1(-ratio[column])
    return {"log rate ratio": ratio, "rate difference": people}


# ------------------------------------------------------------------------------------- files, versions and status


def sha256(path):
    """The SHA-256 of a file in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def altered_files(folder):
    """A sentence for each file that is not the one that SHA256SUMS or sap.sha256 names."""
    wrong, named = [], {}
    for name in ("SHA256SUMS", "sap.sha256"):
        lines = (folder / name).read_text(encoding="utf-8").splitlines() if (folder / name).is_file() else []
        sums = {file: digest for digest, _, file in (line.partition("  ") for line in lines)}
        for file, digest in sums.items():
            if not (folder / file).is_file():
                wrong.append(f"{file} is not there, but {name} names it")
            elif sha256(folder / file) != digest:
                wrong.append(f"{file} is not the file that {name} names")
        named[name] = sums
    for path in sorted([*folder.glob("*.csv"), *folder.glob("sap*.json"), folder / "reproduce.py"]):
        for name in ("SHA256SUMS", "sap.sha256") if path.suffix == ".json" else ("SHA256SUMS",):
            if path.name not in named[name]:
                wrong.append(f"{path.name} is not named by {name}")
    return wrong


def plans_of(bundle):
    """Every version of the plan up to the one that was followed, and a sentence for each that does not fit."""
    paths = [bundle.folder / f"sap-{number}.json" for number in range(1, bundle.document["version"])]
    plans, wrong, before = [], [], ""
    for number, path in enumerate([*paths, bundle.folder / "sap.json"], 1):
        if not path.is_file():
            wrong.append(f"{path.name} is not there, but the plan amends it")
            continue
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] != number:
            wrong.append(f"{path.name} is not version {number} of the plan")
        if document["amends"] != before:
            wrong.append(f"{path.name} does not amend the version before it")
        plans.append(document)
        before = sha256(path)
    return plans, wrong


class Status:
    """What each estimate may be used for, by every version of the plan."""

    def __init__(self, bundle, plans):
        self.bundle, self.plans, trusts = bundle, plans, bundle.trusts.values()
        arms = sorted([one["ods_code"], one["arm"], one["set_id"], one["starts_on"]] for one in trusts)
        text = json.dumps(arms, separators=(",", ":"), ensure_ascii=False)
        self.allocation = hashlib.sha256(text.encode("utf-8")).hexdigest()
        self.drawn = all(one["eligible"] == "yes" for one in trusts)

    def of(self, outcome):
        """What an outcome's estimates are, by themselves."""
        fits = [not self.departs(outcome, document) for document in self.plans]
        since = len(fits) - 1
        while since and fits[since - 1]:
            since -= 1
        seen = [document["seen"] for document in self.plans]
        if not fits[-1] or seen[0] or (since and any(seen[since:])):
            said = "exploratory"
        else:
            said = "amended" if since else "prespecified"
        return said + ("" if self.drawn else ", not randomised")

    def departs(self, outcome, document):
        """Whether what was done departs from one version of the plan."""
        plan, here = document["plan"], self.bundle.plan
        wanted = outcome["instrument"], outcome["name"]
        named = [one for one in [plan["primary"], *plan["secondaries"]] if (one["instrument"], one["name"]) == wanted]
        if not named or not all(self.covers(outcome, named[0], side) for side in ("before", "after")):
            return True
        fields = ("estimator", "control", "test", "seed", "missing")
        if any(plan[field] != here[field] for field in fields) or float(plan["alpha"]) != float(here["alpha"]):
            return True
        units = self.bundle.panel_of(outcome)[0].sets
        if plan["sets"] != ("matched" if any(units) else "none") or plan["covariates"]:
            return True
        return document["allocation"] != self.allocation if document["allocation"] else not self.drawn

    def covers(self, outcome, named, side):
        """Whether the periods on one side are all that this version asks for, from its first to its last."""
        waves = sorted(self.bundle.told[outcome["instrument"], outcome["name"]]["waves"].split(), key=days)
        asked, planned = within(outcome[side], waves), within(named[side], waves)
        if not asked or asked != planned:
            return False
        first, last = days(named[side]["first"]), days(named[side]["last"])
        return days(asked[0])[0] <= first[1] and days(asked[-1])[1] >= last[0]


def within(span, waves):
    """The waves that lie wholly between the first and the last wave of a span."""
    first, last = days(span["first"])[0], days(span["last"])[1]
    return [wave for wave in waves if first <= days(wave)[0] and days(wave)[1] <= last]


def wrong_status(bundle, plans):
    """A sentence for each row of estimates.csv whose status or plan is not what follows from the plan."""
    wrong, status = [], Status(bundle, plans)
    spec = f"plan {bundle.document['version']}, {sha256(bundle.folder / 'sap.json')[:12]}"
    outcomes = {one["name"]: one for one in [bundle.plan["primary"], *bundle.plan["secondaries"]]}
    known = {name: status.of(one) for name, one in outcomes.items() if bundle.panel_of(one)[0].names}
    for line in bundle.table("estimates"):
        said = known.get(line["outcome"], "nothing")
        if is_number(line["n_trusts_t"]) and int(line["n_trusts_t"]) < FEWEST_PILOTS:
            said += "; no confirmatory inference: fewer than five pilot trusts"
        where = f"estimates.csv, {line['outcome']}, {line['estimand']}, {line['estimator']}"
        if line["status"] != said:
            wrong.append(f"{where}, status: the file says {line['status'] or 'nothing'}, but it is {said}")
        if not line["spec_id"].endswith(spec):
            wrong.append(f"{where}, spec_id: the file says {line['spec_id'] or 'nothing'}, but it is … {spec}")
    return wrong


def look_first(bundle):
    """What is wrong with the files, the versions of the plan and each status, in sentences."""
    plans, wrong = plans_of(bundle)
    wrong = altered_files(bundle.folder) + wrong
    return wrong + (wrong_status(bundle, plans) if len(plans) == bundle.document["version"] else [])


# ---------------------------------------------------------------------------------------- everything, and comparing


def work_out(bundle):
    """Every table, the largest value of each outcome, and sentences on outcomes that need no estimate or have none."""
    told, tables = bundle.plan, {name: [] for name in TABLES}
    outcomes = [told["primary"], *told["secondaries"]]
    estimated = {line["outcome"] for line in bundle.table("estimates")}
    found, largest, missing, refused = [], {}, [], []
    for outcome in outcomes:
        panel, answers = bundle.panel_of(outcome)
        why = why_not(panel) or hidden(bundle, outcome)
        if outcome["name"] not in estimated and why:
            missing.append(f"{outcome['name']} is not estimated, and need not be: {why}.")
            continue
        plan = Plan(told, outcome is told["primary"])
        if bundle.kind(outcome) != bundle.kind(told["primary"]):
            plan = plan.but(bends=[])
        largest[outcome["name"]] = float(np.nanmax(np.abs(panel.y)))
        try:
            found.append((outcome, panel, answers, plan, ESTIMATORS[plan.estimator](panel, plan)))
        except RefusedError as why:
            refused.append(f"{outcome['name']} cannot be estimated from these files: {why}.")
    adjust([(panel, main) for _, panel, _, _, main in found], Plan(told, False))
    for outcome, panel, answers, plan, main in found:
        name = outcome["name"]
        take(tables, name, plan.estimator, main, answers)
        tables["att_gt"] += [(name, *cell) for cell in main.cells]
        tables["event_study"] += [(name, *event) for event in main.events]
        for check in told["sensitivity"]["checks"]:
            do_check(tables, (name, panel, answers, plan), check)
            try:
                if check == "response":
                    do_response(tables, bundle, (outcome, panel, plan, main))
                elif check == "counts" and name in ("leaver_rate", "leavers"):
                    do_counts(tables, bundle, (outcome, panel, plan))
            except RefusedError:
                pass
        for division in told["subgroups"] if outcome is told["primary"] else []:
            do_groups(tables, bundle.groups(panel, division), division, (name, panel, plan))
    return tables, largest, missing, refused


def why_not(panel):
    """Why an outcome cannot be estimated by its panel; empty if it can."""
    return "" if len(panel.names) and panel.treated.any() else "it has no values of pilots before and after the start"


def hidden(bundle, outcome):
    """Whether values of an outcome are hidden, so that it is not estimated if it is a rate or a count."""
    _, rows = bundle.rows_of(outcome)
    gone = sum("suppressed" in (line["mean_w"], line["mean_unw"]) for line in rows)
    return f"{gone} of its values are hidden" if gone else ""


def do_check(tables, outcome, check):
    """The rows of one check of the plan; none if it is refused."""
    name, panel, answers, plan = outcome
    plain = plan.but(aggregates=["simple"], missing="complete")
    try:
        if check in ("ancova", "synthetic"):
            other = {"ancova": "ancova", "synthetic": "sdid"}[check]
            take(tables, name, other, ESTIMATORS[other](panel, plain), answers)
        elif check == "placebo":
            tables["placebo"] += [(name, *line) for line in placebos(panel, plan)]
        elif check == "leave-one-out":
            tables["placebo"] += [(name, *line) for line in leave_one_out(panel, plan)]
        elif check == "pre-trends":
            tables["sensitivity"] += [(name, *line) for line in trends_before(panel, plan)]
        elif check == "smoothness":
            tables["sensitivity"] += [(name, *line) for line in smoothness(panel, plan)]
    except RefusedError:
        pass


def do_response(tables, bundle, asked):
    """The rows of the check “response”: the tipping point, and the rate as an outcome itself."""
    outcome, panel, plan, main = asked
    if outcome["name"] == "response_rate":
        raise RefusedError("the rate has no rate of its own")
    rates = bundle.beside(outcome, panel, outcome["name"], "response_rate")
    tables["sensitivity"] += [(outcome["name"], *line) for line in tipping(panel, rates, main)]
    found = ESTIMATORS[plan.estimator](Panel(panel.names, panel.start, panel.sets, rates), plan)
    put(tables, (outcome["name"], "response rate", plan.estimator), found.first)


def do_counts(tables, bundle, asked):
    """The rows of the check “counts”."""
    outcome, panel, plan = asked
    if bundle.overlapping(outcome):
        raise RefusedError("somebody would be counted twice")
    y, head = (bundle.beside(outcome, panel, name, "mean_unw") for name in ("leavers", "mean_headcount"))
    for estimand, numbers in leavers_as_counts(panel, y, head, plan).items():
        put(tables, (outcome["name"], estimand, "leavers-as-counts"), numbers)


def do_groups(tables, groups, division, asked):
    """The rows of the groups of one division."""
    name, panel, plan = asked
    for group, places in groups if len(groups) > 1 else []:
        try:
            numbers = ESTIMATORS[plan.estimator](panel.only(places), plan).first
        except RefusedError:
            continue
        put(tables, (name, f"{division}: {group}", plan.estimator), numbers)


def take(tables, name, estimator, found, answers):
    """The rows of estimates.csv of one estimator."""
    for aggregate, one in found.estimates.items():
        told = [answers[unit] for unit in found.units]
        put(tables, (name, aggregate, estimator), one, None if None in answers.values() else sum(told))


def put(tables, named, numbers, n_resp=None):
    """One row of estimates.csv."""
    numbers = {**numbers, "n_resp": n_resp}
    tables["estimates"].append((*named, *[numbers[column] for column in NUMBERS]))


OWN_UNIT = ("response rate", "log rate ratio")
"""Estimands that are not in the unit of their outcome."""


NUMBERS = [
    "att",
    "att_sd_units",
    "se",
    "df",
    "lo",
    "hi",
    "p_perm",
    "p_bm",
    "p_wcr",
    "p_holm",
    "p_rw",
    "n_trusts_t",
    "n_trusts_c",
    "n_resp",
    "seed",
    "n_perm",
]
BANDS = ["att", "se", "lo", "hi", "band_lo", "band_hi"]
TABLES = {
    "estimates": (["outcome", "estimand", "estimator"], NUMBERS),
    "att_gt": (["outcome", "group", "wave"], [*BANDS, "n_treated", "n_control"]),
    "event_study": (["outcome", "event_time"], [*BANDS, "n_trusts"]),
    "placebo": (["outcome", "kind", "shift_or_unit"], ["att", "se", "p"]),
    "sensitivity": (["outcome", "method", "parameter"], ["lo", "hi", "includes_zero", "breakdown"]),
}
"""The columns that name a row of each file, and those that are worked out."""


def keyed(rows, names):
    """Rows by what names them; the second of the same name gets a 2."""
    found = {}
    for line in rows:
        key = tuple(str(line[name]) for name in names)
        number = sum(other[:-1] == key for other in found)
        found[(*key, number)] = line
    return found


def same(worked_out, cell, column, largest):
    """Whether a cell holds what was worked out."""
    if worked_out is None or isinstance(worked_out, str):
        if column == "breakdown" and worked_out and is_number(cell):
            mine, theirs = float(worked_out), float(cell)
            return abs(mine - theirs) <= SIX_DIGITS * max(abs(mine), abs(theirs)) + ROUNDING * largest
        return (worked_out or "") == cell
    if not is_number(cell):
        return False
    number, theirs = float(worked_out), float(cell)
    return abs(number - theirs) <= max(CLOSE * max(abs(number), abs(theirs)), ROUNDING * largest)


def compare(bundle, tables, largest):
    """For each file the number of cells that are the same, and a sentence for each that is not."""
    result = {}
    for name, (keys, columns) in TABLES.items():
        mine = keyed([dict(zip([*keys, *columns], line)) for line in tables[name]], keys)
        theirs = keyed(bundle.table(name), keys)
        alike, wrong = 0, []
        for key in [*mine, *[key for key in theirs if key not in mine]]:
            where = f"{name}.csv, {', '.join(key[:-1])}"
            if key not in theirs:
                wrong.append(where + ": this row is not in the file")
            elif key not in mine:
                wrong.append(where + ": nothing gives this row")
            else:
                size = 1.0 if key[1] in OWN_UNIT else largest.get(key[0], 0.0)
                for column in columns:
                    number, cell = mine[key][column], theirs[key][column]
                    if same(number, cell, column, size):
                        alike += 1
                    else:
                        wrong.append(f"{where}, {column}: the file says {cell or 'nothing'}, but it is {shown(number)}")
        result[name] = (alike, wrong)
    return result


def shown(number):
    """A number with every digit."""
    return "nothing" if number is None or number == "" else number if isinstance(number, str) else repr(float(number))


def main(arguments):
    """Work everything out, print what is not the same and the table at the end; 0, 1 or 2."""
    folder = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    try:
        bundle = Bundle(folder)
        wrong = look_first(bundle)
        for sentence in wrong or ["Every file is the one that was put in, and every status follows from the plan."]:
            print(sentence, flush=True)
        tables, largest, missing, refused = work_out(bundle)
    except (OSError, KeyError, ValueError) as trouble:
        print(f"This cannot be worked out from the download: {trouble!r}", file=sys.stderr)
        return 2
    result = compare(bundle, tables, largest)
    for sentence in [*itertools.chain(*[other for _, other in result.values()]), *missing, *refused]:
        print(sentence)
    print(f"{'file':<18}{'same':>10}{'not same':>10}")
    for name, (alike, other) in result.items():
        print(f"{name + '.csv':<18}{alike:>10,}{len(other):>10,}")
    bad = bool(refused) or any(other for _, other in result.values())
    if bad:
        print("Some numbers are not the same.")
    else:
        print("Every number is the same" + (", but see the sentences above." if wrong else "."))
    return 1 if bad or wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
