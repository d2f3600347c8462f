"""A picture inside a page keeps what it shows, and shares no name with another picture there."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from pilot.metrics.figures.ground import Words
from pilot.metrics.figures.plans import Bound, bounds
from pilot.metrics.inlay import inlaid

SVG = bounds([Bound(0, 0.1, 0.4), Bound(1, -0.1, 0.6)], 0.5, Words("Bends & <more>", "note", "across", "up")).svg


def test_what_only_a_file_needs_is_left_out_and_every_word_stays():
    made = inlaid(SVG, "p1", "Bends")
    assert made.startswith('<svg class="pilot-figure" role="img" aria-label="Bends"')
    assert not re.search(r"<\?xml|<!DOCTYPE|<metadata|<title", made)
    assert "viewBox" in made.partition(">")[0]
    assert "width" not in made.partition(">")[0]
    assert re.findall(r">([^<>\s][^<>]*)</text>", made) == re.findall(r">([^<>\s][^<>]*)</text>", SVG)


def test_two_pictures_share_no_name_and_each_finds_its_own():
    names = [set(re.findall(r'\bid="([^"]+)"', inlaid(SVG, mark, "x"))) for mark in ("p1", "p2")]
    assert names[0].isdisjoint(names[1])
    used = re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', inlaid(SVG, "p1", "x"))
    assert used
    assert set(used) <= names[0]


@given(st.text('"<>&a =', max_size=9))
def test_no_label_leaves_its_attribute(label):
    made = inlaid(SVG, "p1", label)
    (said,) = re.findall(r'^<svg class="pilot-figure" role="img" aria-label="([^"<>]*)" [^<>]*>', made)
    assert unescape(said) == label
