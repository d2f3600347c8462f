"""The chain over events: each digest covers the line before, so that none is changed or dropped unseen. Pure."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

START = "0" * 64
"""What stands before the first line."""


def digest(before: str, event: dict[str, Any]) -> str:
    """The digest of one event after the line whose digest is `before`; both as 64 hexadecimal characters."""
    body = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{before}\n{body}".encode()).hexdigest()


def first_break(lines: Iterable[tuple[dict[str, Any], str]]) -> int | None:
    """The place, counted from 1, of the first line whose digest does not follow; None when the chain is whole."""
    before = START
    for place, (event, found) in enumerate(lines, 1):
        if digest(before, event) != found:
            return place
        before = found
    return None
