"""Canonical JSON: exactly one text for each value, so that its hash means the value. Pure.

Sorted keys, no spaces, UTF-8, and only objects, lists, strings, booleans and whole numbers that every
browser can hold. Keys are ASCII, since only there do all languages sort alike.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any, NoReturn

import msgspec

from pilot.errors import BadInput

SAFE_INTEGER = 2**53 - 1
"""The largest whole number that JavaScript holds exactly."""

DEEPEST = 64
"""Lists and objects inside one another, at most: no reader may run out of room where another does not."""

LONG_NUMBER = re.compile(rb"[0-9]{16}")
"""What may be beyond SAFE_INTEGER, or stand in a text."""

SORTED = msgspec.json.Encoder(order="sorted")
"""Writes texts and whole numbers as `to_bytes` does."""

NOT_CANONICAL = "This is not written in the one form that the record uses."


def to_bytes(value: object) -> bytes:
    """The one text of a value; refuses numbers with a point, null, keys beyond ASCII and lone surrogates."""
    _check(value)
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()
    except UnicodeEncodeError as trouble:
        raise BadInput(NOT_CANONICAL) from trouble


def read(data: bytes) -> Any:
    """The value of a canonical text; refuses every other spelling of it: duplicate keys, other order, spaces."""
    quick = _read_plain(data)
    return _read_any(data) if quick is None else quick


def _read_plain(data: bytes) -> Any | None:
    """The value of a canonical text as nearly all are, in a fifth of the time; None where the long way must say."""
    if not data.isascii() or b"null" in data or LONG_NUMBER.search(data):
        return None
    if data.count(b"[") + data.count(b"{") > DEEPEST:  # perhaps inside one another
        return None
    try:
        value = PLAIN.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return value if SORTED.encode(value) == data else None


def _read_any(data: bytes) -> Any:
    try:
        value = json.loads(
            data.decode(), object_pairs_hook=_distinct, parse_float=_refuse("a number"), parse_constant=_refuse("NaN")
        )
        again = to_bytes(value)
    except (UnicodeDecodeError, ValueError, RecursionError) as trouble:
        raise BadInput(NOT_CANONICAL) from trouble
    if again != data:
        raise BadInput(NOT_CANONICAL)
    return value


def _no_float(text: str) -> NoReturn:
    raise ValueError(text)


PLAIN: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=_no_float)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(what: str) -> Callable[[str], NoReturn]:
    def refuse(text: str) -> NoReturn:
        raise ValueError(f"{what} that the record does not use: {text[:20]}")

    return refuse


def _check(value: object) -> None:
    if not _fits(value):
        raise BadInput(NOT_CANONICAL)


def _fits(value: object, room: int = DEEPEST) -> bool:
    if isinstance(value, bool | str):
        return True
    if isinstance(value, int):
        return -SAFE_INTEGER <= value <= SAFE_INTEGER
    if not room:
        return False
    if isinstance(value, list | tuple):
        return all(_fits(item, room - 1) for item in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and key.isascii() and _fits(item, room - 1) for key, item in value.items())
    return False


def from_base64(text: bytes) -> bytes:
    """The bytes of a base64 text; refuses every other spelling of them with a ValueError."""
    found = b64decode(text, validate=True)
    if b64encode(found) != text:
        raise ValueError(NOT_CANONICAL)
    return found
