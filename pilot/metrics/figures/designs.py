"""Pictures of a design: how alike the arms will be and are, and the smallest effect that it can show."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from pilot.metrics.eligibility import WORDS
from pilot.metrics.figures.ground import CONTROL, LINE, PILOT, Drawing, Words, drawn
from pilot.metrics.kernel.designs import FINE, FLAGGED, BalanceRow, PowerPoint, Typical

Marks = Sequence[tuple[str, str, str, Sequence[float | None]]]
"""For each kind of mark its name, colour and shape, and one size for each line."""

FEWEST = 3
"""Lines for which there is room at least, so that the legend has its place below."""

FITTING = 12
"""Numbers that fit below an axis."""


def typical(rows: Sequence[Typical]) -> Drawing:
    """How far apart the arms will typically be, drawn with and without sets: one line for each covariate."""
    marks = [
        ("Drawn within sets", PILOT, "o", [row.with_sets for row in rows]),
        ("Drawn without sets", CONTROL, "x", [row.without_sets for row in rows]),
    ]
    return _dots("Typical difference between the arms, over all draws", [row.covariate for row in rows], marks)


def love(rows: Sequence[BalanceRow]) -> Drawing:
    """The Love plot: how far apart the arms are in each covariate, as drawn, and against all other trusts."""
    names = list(dict.fromkeys(row.covariate for row in rows))
    sizes = {(row.covariate, row.before_after): None if row.smd is None else abs(row.smd) for row in rows}
    marks = [
        ("Against the controls of their sets", PILOT, "o", [sizes[name, "after"] for name in names]),
        ("Against all other trusts", CONTROL, "x", [sizes[name, "before"] for name in names]),
    ]
    return _dots("Difference between the arms, as drawn", names, marks)


def power(points: Sequence[PowerPoint], outcome: str) -> Drawing:
    """The smallest effect that can be shown, by the number of pilots."""

    def draw(axes: Axes) -> None:
        pilots = [point.pilots for point in points]
        axes.plot(pilots, [p.mde for p in points], color=PILOT, marker="o", linewidth=2.5, label="Trusts compared")
        if points and points[0].mde_in_sets is not None:
            lone = [math.nan if p.mde_in_sets is None else p.mde_in_sets for p in points]
            label = "Sets compared (lone pilots)"
            axes.plot(pilots, lone, color=CONTROL, marker="s", linestyle=(0, (5, 2)), linewidth=2.5, label=label)
            axes.legend(frameon=False)
            axes.set_ylim(0, 2 * max(lone[min(2, len(lone) - 1)], points[0].mde))

        if len(pilots) <= FITTING:
            axes.set_xticks(pilots)

    return drawn(Words("The smallest effect that can be shown", across="Pilots", up=f"Change of {outcome}"), draw)


def _dots(title: str, names: Sequence[str], marks: Marks) -> Drawing:
    """One line for each name, a mark on it for each kind of figure, and the two lines that say what is too much."""

    def draw(axes: Axes) -> None:
        for label, colour, marker, sizes in marks:
            there = [(size, place) for place, size in enumerate(sizes) if size is not None]
            axes.scatter(
                [size for size, _ in there], [place for _, place in there],
                color=colour, marker=marker, s=64, label=label, zorder=3,
            )  # fmt: skip
        for limit in (FINE, FLAGGED):
            axes.axvline(limit, color=LINE, linestyle=":", linewidth=1.5)
        words = [WORDS.get(name, name) for name in names]
        axes.set_yticks(range(len(names)), [f"{word[:1].upper()}{word[1:]}" for word in words])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(left=-0.01)
        axes.grid(axis="y", color="#d8dde0", linewidth=0.8)
        under = -0.6 / (0.36 * max(FEWEST, len(names)))  # as far below whatever the number of lines
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.4, under), ncols=2)

    words = Words(title, across="Standardised difference, without its sign")
    return drawn(words, draw, (8, 1.8 + 0.36 * max(FEWEST, len(names))))
