"""Pictures: the same bytes each time, words that stay words, nothing that our pages would refuse."""

import re

import pytest

from pilot.metrics.figures.effects import Row, event_study, forest, left_out
from pilot.metrics.figures.ground import Words
from pilot.metrics.figures.plans import Bound, Stage, bounds, flow
from pilot.metrics.kernel.estimates import EventTime

WORDS = Words("Effect of $x^ <script>", "24 trusts & “more”", across="waves", up="effect")
EVENTS = tuple(
    EventTime(k, 0.0, 24) if k == -1 else EventTime(k, 0.1 * k, 24, 0.1, 0.1 * k - 0.2, 0.1 * k + 0.2, -0.5, 0.5)
    for k in range(-3, 3)
)
MAIN = Row("motivation", 0.31, 0.22, 0.40, main=True)

PICTURES = {
    "event study": lambda: event_study(EVENTS, WORDS),
    "event study without inference": lambda: event_study([EventTime(0, 0.2, 4), EventTime(-1, 0.0, 4)], WORDS),
    "forest": lambda: forest([MAIN, Row("a very long name of an outcome, turned round", -0.2)], WORDS),
    "left out": lambda: left_out([Row(f"R{n:02}", 0.3) for n in range(30)], MAIN, WORDS),
    "flow": lambda: flow([Stage("Eligible", ("24 trusts",)), Stage("Assigned", ("6 pilots", "18 controls"))], WORDS),
    "bounds": lambda: bounds([Bound(0, 0.1, 0.4), Bound(1, None, None)], 0.5, WORDS),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_same_each_time_and_safe_to_show(name):
    first, second = PICTURES[name](), PICTURES[name]()
    assert first == second
    assert "Effect of $x^ &lt;script&gt;" in first.svg
    assert not re.search(r"style=|<style|<script|<image|href=\"http", first.svg)
    assert first.png.startswith(b"\x89PNG")
    assert b"matplotlib" not in first.png


def test_rows_stand_from_the_top_down_and_every_one_is_named():
    svg = PICTURES["forest"]().svg
    labels = ("motivation", "a very long name of an outcome, turned round")
    heights = [float(re.findall(rf'<text [^>]*y="([\d.]+)"[^>]*>{label}', svg)[0]) for label in labels]
    assert heights[0] < heights[1]
