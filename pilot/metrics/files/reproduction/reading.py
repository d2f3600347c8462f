"""What is read of a download: plan, panel, trusts, waves and outcomes."""

# ruff: noqa: B905 -- it runs on Python 3.9
# mypy: ignore-errors

import csv
import json
import math
from datetime import date, timedelta

import numpy as np

FEWEST_PILOTS = 5

NOTHING = 1e-9


class RefusedError(Exception):
    """An estimate that cannot be had: there is no row of it."""


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

    def unit(self, outcome):
        """What 1 of an outcome of the plan is; empty if that is not known."""
        return self.told[outcome["instrument"], outcome["name"]]["unit"]

    def rows_of(self, outcome):
        """The outcome's waves in order, and its rows of panel.csv: those in the spans of the plan, before and after.

        There may be others, since leavers stand beside every leaver rate that is counted.
        """
        of_it = {line["wave"] for line in self.waves if line["instrument"] == outcome["instrument"]}
        waves = {wave for side in ("before", "after") for wave in within(outcome[side], of_it)}
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


def within(span, waves):
    """The waves that lie wholly between the first and the last wave of a span."""
    first, last = days(span["first"])[0], days(span["last"])[1]
    return [wave for wave in waves if first <= days(wave)[0] and days(wave)[1] <= last]


def bare(cell):
    """A text as it was before it was made safe for spreadsheets."""
    return cell[1:] if cell and cell[0] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t", "\r") else cell or ""


def is_number(cell):
    """Whether a number stands in a cell, and not nothing or “suppressed”."""
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False
