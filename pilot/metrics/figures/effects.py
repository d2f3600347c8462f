"""Pictures of effects: over event time, over outcomes, and with each unit left out."""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from pilot.metrics.figures.ground import CONTROL, LINE, PILOT, Drawing, Words, drawn, in_points
from pilot.metrics.kernel.estimates import EventTime

ROW = 0.42
"""Inches for each row of a picture that lists things."""


class Row(msgspec.Struct, frozen=True):
    """One line of a forest: what it is, the effect and its interval. `lo` and `hi` are None where there is none."""

    label: str
    att: float
    lo: float | None = None
    hi: float | None = None
    main: bool = False


def event_study(events: Sequence[EventTime], words: Words) -> Drawing:
    """The effect by periods since the start, with the interval of each and the band that holds for all at once."""

    def draw(axes: Axes) -> None:
        times = [event.event_time for event in events]
        for early in (True, False):  # before and after the start stand apart: nothing was measured between them
            side = [e for e in events if (e.event_time < 0) == early]
            axes.fill_between(
                [e.event_time for e in side], _floats(e.band_lo for e in side), _floats(e.band_hi for e in side),
                color=PILOT, alpha=0.15, linewidth=0, label="_" if early else "band for all periods at once",
            )  # fmt: skip
            axes.plot(
                [e.event_time for e in side], [e.att for e in side], color=PILOT, marker="o", linewidth=1.5,
                label="_" if early else "effect",
            )  # fmt: skip
        for e in events:
            if e.lo is not None and e.hi is not None:
                axes.plot([e.event_time, e.event_time], [e.lo, e.hi], color=PILOT, linewidth=2)
        axes.axhline(0, color=CONTROL, linewidth=1)
        axes.axvline(-0.5, color=LINE, linestyle=":", linewidth=1.5)
        axes.annotate(
            "start", (-0.5, 0), xycoords=("data", "axes fraction"), xytext=(5, 6), textcoords="offset points",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
        in_points(axes.yaxis, words)
        axes.set_xticks(times[:: max(1, -(-len(times) // 12))])
        axes.margins(y=0.15)
        axes.legend(frameon=False, loc="best")

    return drawn(words, draw)


def forest(rows: Sequence[Row], words: Words) -> Drawing:
    """One line for each effect with its interval, from the top down; the main one is filled, the others are hollow."""

    def draw(axes: Axes) -> None:
        for place, row in enumerate(rows):
            colour = PILOT if row.main else CONTROL
            if row.lo is not None and row.hi is not None:
                axes.plot([row.lo, row.hi], [place, place], color=colour, linewidth=2.5)
            axes.plot(
                [row.att], [place], marker="s", markersize=8, color=colour,
                markerfacecolor=colour if row.main else "white", linestyle="none",
            )  # fmt: skip
        axes.axvline(0, color=CONTROL, linewidth=1)
        in_points(axes.xaxis, words)
        axes.set_yticks(range(len(rows)))
        axes.set_yticklabels([row.label for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)

    return drawn(words, draw, (8, 1.6 + ROW * len(rows)))


def left_out(rows: Sequence[Row], whole: Row, words: Words) -> Drawing:
    """The effect with each unit left out, and as a grey strip the interval with all of them."""

    def draw(axes: Axes) -> None:
        if whole.lo is not None and whole.hi is not None:
            axes.axvspan(whole.lo, whole.hi, color=LINE, alpha=0.2, linewidth=0, label="interval with all trusts")
        axes.axvline(whole.att, color=PILOT, linewidth=1.5, label="effect with all trusts")
        axes.axvline(0, color=CONTROL, linewidth=1)
        axes.plot([row.att for row in rows], range(len(rows)), "o", color=PILOT, label="effect without this trust")
        in_points(axes.xaxis, words)
        axes.set_yticks(range(len(rows)))
        axes.set_yticklabels([row.label for row in rows], fontsize=9 if len(rows) > 20 else 11)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3, fontsize=10)

    return drawn(words, draw, (8, 2.4 + 0.28 * len(rows)))


def _floats(values: Iterable[float | None]) -> NDArray[np.float64]:
    """Numbers to draw; None is a gap."""
    return np.array([np.nan if value is None else value for value in values])
