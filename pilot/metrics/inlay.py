"""A picture inside a page: SVG without what only a file needs, and with names that no other picture there has. Pure."""

import re
from html import escape

_HEAD = re.compile(r"^.*?(?=<svg\b)|<metadata>.*?</metadata>|<title>.*?</title>", re.DOTALL)
_SIZE = re.compile(r'(<svg\b[^>]*?) width="[^"]*" height="[^"]*"')
_NAME = re.compile(r'(\bid="|xlink:href="#|url\(#)')


def inlaid(svg: str, name: str, label: str) -> str:
    """The picture as a part of an HTML page. `name` is of letters, digits and hyphens; `label` says what it shows.

    The page gives it its width, and a reader who hears the page hears the label in its place.
    """
    bare = _SIZE.sub(r"\1", _HEAD.sub("", svg), count=1)
    named = _NAME.sub(rf"\1{name}-", bare)
    return named.replace("<svg", f'<svg class="pilot-figure" role="img" aria-label="{escape(label)}"', 1).strip()
