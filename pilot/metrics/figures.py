"""The picture of trends as SVG, drawn in the worker only."""

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from msgspec.structs import replace

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
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Title": picture.title})
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
