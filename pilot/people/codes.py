"""Voting codes: ten characters that a tired person can copy from a slip; the last checks the others. Pure."""

from collections.abc import Sequence

from msgspec import Struct

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""

LENGTH = 10
EXAMPLE = "7KQ4-M2XD-9P"

EMPTY = "Enter your voting code"
MALFORMED = f"Voting code must be 10 letters and numbers, like {EXAMPLE}"
MISTYPED = "That code is not right. Check each letter. We never use I, L, O or U"

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_IGNORED = str.maketrans(dict.fromkeys(" \t\u00a0\u2009\u202f-\u2010\u2011\u2012\u2013\u2014\u2212.", ""))


class Slip(Struct, frozen=True):
    """What is printed for one person: who it is for, and the code in groups. Exists only until it was shown."""

    person_id: int
    name: str
    employee_number: str
    site: str
    unit: str
    staff_group: str
    code: str


def check_character(body: str) -> str:
    """The character that completes `body` (nine characters of the alphabet), by Luhn's rule modulo 32.

    It catches every single wrong character, and every swap of two neighbours except 0 with Z.
    """
    return ALPHABET[-_luhn(body, doubled_first=True) % len(ALPHABET)]


def compose(numbers: Sequence[int]) -> str:
    """A whole code from nine random numbers, each 0 to 31. Raises ValueError for any other numbers."""
    if len(numbers) != LENGTH - 1 or any(not 0 <= number < len(ALPHABET) for number in numbers):
        raise ValueError("a code is made from nine numbers between 0 and 31")
    body = "".join(ALPHABET[number] for number in numbers)
    return body + check_character(body)


def is_sound(code: str) -> bool:
    """Whether `code` is ten characters of the alphabet whose last one fits the others."""
    return (
        len(code) == LENGTH
        and all(character in _VALUE for character in code)
        and _luhn(code, doubled_first=False) % len(ALPHABET) == 0
    )


def show(code: str) -> str:
    """The code as it is printed: in groups of 4, 4 and 2."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def normalise(typed: str) -> str:
    """What was typed as bare capitals: spaces and dashes away, small letters made big, O read as 0 and I or L as 1."""
    return typed.upper().translate(_IGNORED).translate(_LOOK_ALIKES)


def problem(typed: str) -> str | None:
    """The sentence for a code that cannot exist (empty, malformed or mistyped), or None for one that may exist."""
    code = normalise(typed)
    if not code:
        return EMPTY
    if len(code) != LENGTH or not (code.isascii() and code.isalnum()):
        return MALFORMED
    return None if is_sound(code) else MISTYPED


def unknown(help_phone: str) -> str:
    """The sentence for a sound code that belongs to nobody; `help_phone` may be empty."""
    call = f"Call {help_phone} or ask for a new one" if help_phone else "Ask for a new one"
    return f"We do not recognise this code. It may have been replaced. {call}"


def _luhn(characters: str, *, doubled_first: bool) -> int:
    """Luhn's sum from the right; every second character is doubled and its two digits in base 32 are added."""
    total, doubled = 0, doubled_first
    for character in reversed(characters):
        value = _VALUE[character] * (2 if doubled else 1)
        total += value // len(ALPHABET) + value % len(ALPHABET)
        doubled = not doubled
    return total
