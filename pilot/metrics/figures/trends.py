"""The picture of both arms over time."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from msgspec.structs import replace

from pilot.metrics.figures.ground import CONTROL, LINE, PILOT, Drawing, Words, drawn, in_points
from pilot.metrics.kernel.estimates import Picture, Question, TrendPoint
from pilot.metrics.naming import short_period


def arms_over_time(question: Question, points: Sequence[TrendPoint], picture: Picture) -> Drawing:
    """Both arms' plain means over time, the start marked."""
    words = Words(picture.title, picture.footnote, up=picture.outcome, percent=picture.percent)

    def draw(axes: Axes) -> None:
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
        in_points(axes.yaxis, words)
        label_periods(axes, question.periods)
        axes.legend(frameon=False, loc="best")

    return drawn(words, draw)


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


def label_periods(axes: Axes, periods: Sequence[str]) -> None:
    """All labels of the periods when they fit, else every second, third …"""
    every = max(1, -(-len(periods) // 12))
    axes.set_xticks(range(0, len(periods), every))
    names = [short_period(period) for period in periods]
    long = max(len(name) for name in names) > 5 and len(periods) > 6
    axes.set_xticklabels(
        [names[place] for place in range(0, len(periods), every)],
        rotation=45 if long else 0,
        ha="right" if long else "center",
    )
