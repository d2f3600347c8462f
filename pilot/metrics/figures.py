"""The pictures of the evaluation as SVG, drawn in the worker only."""

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from msgspec.structs import replace

from pilot.metrics.eligibility import WORDS
from pilot.metrics.kernel.designs import FINE, FLAGGED, BalanceRow, PowerPoint, Typical
from pilot.metrics.kernel.estimates import Picture, Question, TrendPoint

PILOT, CONTROL, LINE = "#005eb8", "#425563", "#768692"

SETTINGS: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "pilot",  # the same picture, the same bytes
    "text.parse_math": False,  # a measure may have a dollar in its name
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "DejaVu Sans"],
    "font.size": 12,
}


def trends_svg(question: Question, points: Sequence[TrendPoint], picture: Picture) -> str:
    """Both arms' plain means over time, the start marked, as SVG text that needs no style of its own."""
    with mpl.rc_context(SETTINGS):
        figure, axes = plt.subplots(figsize=(8, 4.5))
        for pilot, colour, dash, marker, label in (
            (True, PILOT, "-", "o", "Pilots"),
            (False, CONTROL, (0, (5, 2)), "s", "Controls"),
        ):
            arm = [_seen(p, picture) for p in points if p.pilot == pilot and p.mean is not None]
            _draw(axes, question, arm, (colour, dash, marker, label))
        start = (question.before[-1] + question.after[0]) / 2
        axes.axvline(start, color=LINE, linestyle=":", linewidth=1.5)
        axes.annotate(
            "start", (start, 0), xycoords=("data", "axes fraction"), xytext=(5, 6), textcoords="offset points",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
        axes.set_title(picture.title, loc="left", fontsize=13)
        axes.set_ylabel(picture.outcome)
        if picture.percent:
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=2))
        _label_periods(axes, question.periods)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="best")
        figure.text(0.01, 0.01, picture.footnote, fontsize=10, color=CONTROL)
        figure.tight_layout(rect=(0, 0.05, 1, 1))
        return _svg(figure, picture.title)


def typical_svg(rows: Sequence[Typical]) -> str:
    """How far apart the arms will typically be, drawn with and without sets: one line for each covariate."""
    title = "Typical difference between the arms, over all draws"
    marks = [
        ("Drawn within sets", PILOT, "o", [row.with_sets for row in rows]),
        ("Drawn without sets", CONTROL, "x", [row.without_sets for row in rows]),
    ]
    return _dots(title, [row.covariate for row in rows], marks)


def love_svg(rows: Sequence[BalanceRow]) -> str:
    """The Love plot: how far apart the arms are in each covariate, as drawn, and against all other trusts."""
    title = "Difference between the arms, as drawn"
    names = list(dict.fromkeys(row.covariate for row in rows))
    sizes = {(row.covariate, row.before_after): None if row.smd is None else abs(row.smd) for row in rows}
    marks = [
        ("Against the controls of their sets", PILOT, "o", [sizes[name, "after"] for name in names]),
        ("Against all other trusts", CONTROL, "x", [sizes[name, "before"] for name in names]),
    ]
    return _dots(title, names, marks)


def power_svg(points: Sequence[PowerPoint], outcome: str) -> str:
    """The smallest effect that can be shown, by the number of pilots."""
    title = "The smallest effect that can be shown"
    with mpl.rc_context(SETTINGS):
        figure, axes = plt.subplots(figsize=(8, 4.5))
        pilots = [point.pilots for point in points]
        axes.plot(pilots, [p.mde for p in points], color=PILOT, marker="o", linewidth=2.5, label="Trusts compared")
        if points and points[0].mde_in_sets is not None:
            lone = [math.nan if p.mde_in_sets is None else p.mde_in_sets for p in points]
            label = "Sets compared (lone pilots)"
            axes.plot(pilots, lone, color=CONTROL, marker="s", linestyle=(0, (5, 2)), linewidth=2.5, label=label)
            axes.legend(frameon=False)
            axes.set_ylim(0, 2 * max(lone[min(2, len(lone) - 1)], points[0].mde))
        axes.set_title(title, loc="left", fontsize=13)
        axes.set_xlabel("Pilots")
        axes.set_ylabel(f"Change of {outcome}")
        axes.spines[["top", "right"]].set_visible(False)
        figure.tight_layout()
        return _svg(figure, title)


Marks = Sequence[tuple[str, str, str, Sequence[float | None]]]


def _dots(title: str, names: Sequence[str], marks: Marks) -> str:
    """One line for each name, a mark on it for each kind of figure, and the two lines that say what is too much."""
    with mpl.rc_context(SETTINGS):
        figure, axes = plt.subplots(figsize=(8, 1.6 + 0.36 * max(1, len(names))))
        for label, colour, marker, sizes in marks:
            there = [(size, place) for place, size in enumerate(sizes) if size is not None]
            axes.scatter(
                [size for size, _ in there], [place for _, place in there],
                color=colour, marker=marker, s=64, label=label, zorder=3,
            )  # fmt: skip
        for limit in (FINE, FLAGGED):
            axes.axvline(limit, color=LINE, linestyle=":", linewidth=1.5)
        axes.set_yticks(
            range(len(names)), [f"{word[:1].upper()}{word[1:]}" for word in (WORDS.get(name, name) for name in names)]
        )
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(left=-0.01)
        axes.grid(axis="y", color="#d8dde0", linewidth=0.8)
        axes.set_title(title, loc="left", fontsize=13)
        axes.set_xlabel("Standardised difference, without its sign")
        axes.spines[["top", "right"]].set_visible(False)
        figure.tight_layout(rect=(0, 0.3 / figure.get_figheight(), 1, 1))
        figure.legend(frameon=False, loc="lower center", ncols=2)
        return _svg(figure, title)


def _svg(figure: Figure, title: str) -> str:
    """The picture as text with no date in it; the same picture, the same bytes."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    plt.close(figure)
    return _without_style(text.getvalue())


def _seen(point: TrendPoint, picture: Picture) -> TrendPoint:
    """A hidden point is a gap in its line."""
    return replace(point, mean=math.nan) if (point.period, point.pilot) in picture.hidden else point


def _draw(axes: Axes, question: Question, points: Sequence[TrendPoint], look: tuple[str, object, str, str]) -> None:
    colour, dash, marker, label = look
    place = {period: where for where, period in enumerate(question.periods)}
    there = [(place[p.period], p.mean) for p in points if p.mean is not None]
    axes.plot(
        [x for x, _ in there],
        [y for _, y in there],
        color=colour,
        linestyle=dash,
        marker=marker,
        linewidth=2.5,
        label=label,
    )


def _label_periods(axes: Axes, periods: Sequence[str]) -> None:
    """All labels when they fit, else every second, third …"""
    every = max(1, -(-len(periods) // 12))
    axes.set_xticks(range(0, len(periods), every))
    long = max(len(period) for period in periods) > 5 and len(periods) > 6
    axes.set_xticklabels(
        [periods[place] for place in range(0, len(periods), every)],
        rotation=45 if long else 0,
        ha="right" if long else "center",
    )


def _without_style(svg: str) -> str:
    """Style rules turned into attributes, since our pages allow no inline style."""
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, count=1, flags=re.DOTALL)
    return re.sub(r'style="([^"]*)"', lambda found: _attributes(found[1]), svg)


def _attributes(style: str) -> str:
    pairs = [rule.split(":", 1) for rule in style.split(";") if ":" in rule]
    attributes: list[str] = []
    for name, value in ((name.strip(), value.strip()) for name, value in pairs):
        if name == "font":
            size, _, family = value.partition(" ")
            attributes += [f'font-size="{size}"', f"font-family={_quoted(family)}"]
        else:
            attributes.append(f"{name}={_quoted(value)}")
    return " ".join(attributes)


def _quoted(value: str) -> str:
    return '"{}"'.format(value.replace('"', "'"))
