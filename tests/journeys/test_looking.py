"""Looking at pages finds what is wrong on a page though all that it is built of has passed on another one."""

from urllib.parse import quote

import pytest

FRAME = """<!DOCTYPE html><html lang="en"><head><title>A page</title><meta name="viewport" content="width=device-width">
<style>a {{ display: inline-block; min-height: 24px; min-width: 44px; }} {style}</style>
</head><body><main><h1>A page</h1>{body}</main></body></html>"""
LISTED = "<ul><li>One</li></ul>"
NAMED = '<p><label for="a">Name</label> <input id="a" type="text"> <label for="b">Age</label> <input id="b"></p>'
LINKED = '<p><a href="/a">One</a><a href="/b">Two</a></p>'
GOOD = LISTED + NAMED + LINKED + "<p>Words</p>"
FOLDS = "@media (max-width: 600px) { a { display: inline-block; font-size: 8px; min-height: 0; min-width: 0; } }"


def shows(at, body, style=""):
    at.goes_to("data:text/html," + quote(FRAME.format(body=body, style=style)))


@pytest.mark.parametrize(
    ("body", "style", "rule"),
    [
        (GOOD.replace('for="b"', 'for="a"'), "", "label"),
        (GOOD.replace("<ul>", "<div>").replace("</ul>", "</div>"), "", "listitem"),
        (GOOD, FOLDS, "target-size"),
        (GOOD, "p { color: #ccc; }", "color-contrast"),
    ],
    ids=["a field without its label", "an item without its list", "small on a phone", "words too pale"],
)
def test_what_passed_elsewhere_is_found_wrong_in_other_surroundings(visitor, body, style, rule):
    at = visitor("tester")
    # Given a good page with the same pieces and a line
    shows(at, GOOD + "<hr>")
    # When they stand in other surroundings, then the rule that is broken is named
    with pytest.raises(AssertionError, match=f'"{rule}"'):
        shows(at, body, style)
