"""Pictures of a whole study: how trusts went through it, and how much a finding can bear."""

from collections.abc import Sequence

import msgspec
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from pilot.metrics.figures.ground import CONTROL, LINE, PILOT, Drawing, Words, drawn, in_points


class Stage(msgspec.Struct, frozen=True):
    """One step of the flow diagram: its name, and the lines of words of each arm, or of one box before the draw."""

    name: str
    boxes: tuple[str, ...]


class Bound(msgspec.Struct, frozen=True):
    """The interval under one assumption about the controls, `m` being how far it bends."""

    m: float
    lo: float | None
    hi: float | None


def flow(stages: Sequence[Stage], words: Words) -> Drawing:
    """Boxes from the top down, one before the draw and one for each arm after it, joined by arrows."""

    def draw(axes: Axes) -> None:
        axes.set_axis_off()
        deep = len(stages)
        axes.set_xlim(0, 2)
        axes.set_ylim(-deep, 0)
        for place, stage in enumerate(stages):
            middles = [1.0] if len(stage.boxes) == 1 else [0.5, 1.5]
            for middle, text in zip(middles, stage.boxes, strict=True):
                _box(axes, middle, -place - 0.5, f"{stage.name}\n{text}")
                if place:
                    above = middle if len(stages[place - 1].boxes) == len(stage.boxes) else 1.0
                    axes.annotate("", (middle, -place - 0.16), (above, -place + 0.16),
                                  arrowprops={"arrowstyle": "->", "color": CONTROL, "linewidth": 1.5})  # fmt: skip

    return drawn(words, draw, (8, 0.9 + 1.35 * len(stages)))


def bounds(found: Sequence[Bound], breakdown: float | None, words: Words) -> Drawing:
    """The interval by how much the trend of the controls may bend; a line where it begins to include 0."""

    def draw(axes: Axes) -> None:
        for one in found:
            if one.lo is not None and one.hi is not None:
                axes.plot([one.m, one.m], [one.lo, one.hi], color=PILOT, linewidth=3, solid_capstyle="butt")
        axes.axhline(0, color=CONTROL, linewidth=1)
        axes.margins(y=0.15)
        if breakdown is not None:
            axes.axvline(breakdown, color=LINE, linestyle=":", linewidth=1.5)
            axes.annotate("includes 0 from here", (breakdown, 1), xycoords=("data", "axes fraction"),
                          xytext=(5, -12), textcoords="offset points")  # fmt: skip
        in_points(axes.yaxis, words)

    return drawn(words, draw)


def _box(axes: Axes, x: float, y: float, text: str) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x - 0.45, y - 0.3),
            0.9,
            0.6,
            boxstyle="round,pad=0,rounding_size=0.04",
            facecolor="#f0f4f5",
            edgecolor=CONTROL,
            linewidth=1.2,
        )
    )
    head, _, rest = text.partition("\n")
    axes.text(x, y + 0.14, head, ha="center", va="center", fontsize=11.5, fontweight="bold")
    axes.text(x, y - 0.1, rest, ha="center", va="center", fontsize=10.5)
