"""What every picture shares: letters, colours, axes, and how it becomes SVG that our pages may show, and PNG."""

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import msgspec
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

PILOT, CONTROL, LINE, FLAG = "#005eb8", "#425563", "#768692", "#d5281b"

DOTS = 150
"""Dots to an inch in a PNG, so that it is sharp on paper at half a page."""

SETTINGS: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "pilot",  # the same picture, the same bytes
    "text.parse_math": False,  # a measure may have a dollar in its name
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "DejaVu Sans"],
    "font.size": 12,
}


class Words(msgspec.Struct, frozen=True):
    """What stands around a picture. `percent` tells that the outcome is a share and is drawn in percentage points."""

    title: str
    footnote: str = ""
    across: str = ""
    up: str = ""
    percent: bool = False


class Drawing(msgspec.Struct, frozen=True):
    """One picture: SVG text that needs no style of its own, and the bytes of a PNG."""

    svg: str
    png: bytes


def drawn(words: Words, draw: Callable[[Axes], None], size: tuple[float, float] = (8, 4.5)) -> Drawing:
    """The picture that `draw` puts into its axes, with the words around it. `size` in inches."""
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=size, dpi=DOTS)
        on_paper = FigureCanvasSVG(figure)
        axes = figure.subplots()
        draw(axes)
        axes.set_title(words.title, loc="left", fontsize=13)
        axes.set_xlabel(words.across)
        axes.set_ylabel(words.up)
        axes.spines[["top", "right"]].set_visible(False)
        figure.text(0.01, 0.01, words.footnote, fontsize=10, color=CONTROL)
        figure.tight_layout(rect=(0, 0.05 if words.footnote else 0, 1, 1))
        text, picture = io.StringIO(), io.BytesIO()
        # straight to the file: savefig would lay everything out once more for each
        of_svg = {"Date": None, "Creator": None, "Title": words.title}
        on_paper.print_svg(text, metadata=of_svg)  # type: ignore[no-untyped-call]
        FigureCanvasAgg(figure).print_png(picture, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return Drawing(without_style(text.getvalue()), picture.getvalue())


def in_points(axis: Any, words: Words) -> None:
    """Percentage points on an axis of shares."""
    if words.percent:
        axis.set_major_formatter(PercentFormatter(1, decimals=2))


def without_style(svg: str) -> str:
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
