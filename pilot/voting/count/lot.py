"""The lot that settles a tie: one order of all candidates, from the papers and a number kept in secret. Pure.

Before the ballot opens the returning officer takes a secret number and its mark is published. After the close the
number is opened. Nobody could choose the order: the papers were not known when the number was fixed, and the number
was not known to whoever handled the papers.
"""

from collections.abc import Sequence
from hashlib import sha256

from pilot.voting.count.contest import Cannot

DIGITS = 20
"""Digits of a number for lots: too many to try out all numbers."""


class NeedsLot(Cannot):
    """Candidates are level and no lot has been drawn."""


def mark(number: str) -> str:
    """What is published of the secret number before the ballot opens: 64 letters and digits (SHA-256 in hex)."""
    return sha256(b"pilot lot " + number.encode("ascii")).hexdigest()


def read(text: str) -> str:
    """The number as it was typed, without spaces. Raises ValueError, with a sentence, for anything but 20 digits."""
    number = "".join(text.split())
    if not (len(number) == DIGITS and number.isascii() and number.isdigit()):
        raise ValueError(f"The number for lots has {DIGITS} digits")
    return number


def seed(final_list: bytes, number: str) -> bytes:
    """32 bytes from the record's last list of papers and the opened number; "" for a number that was lost."""
    return sha256(final_list + number.encode("ascii")).digest()


def draw(seed: bytes, candidates: int) -> tuple[int, ...]:
    """All candidates' numbers in the order of the lot, the luckiest first.

    Each number is ordered by the SHA-256 of the seed and its two bytes, so that anybody can draw it again.
    """
    return tuple(sorted(range(1, candidates + 1), key=lambda n: sha256(seed + n.to_bytes(2, "big")).digest()))


def luckiest(order: Sequence[int] | None, among: Sequence[int]) -> int:
    """Who comes first in the lot. Raises NeedsLot when none was drawn."""
    if order is None:
        raise NeedsLot("Candidates are level, and the lot has not been drawn yet.")
    return min(among, key=order.index)


def unluckiest(order: Sequence[int] | None, among: Sequence[int]) -> int:
    """Who comes last in the lot. Raises NeedsLot when none was drawn."""
    if order is None:
        raise NeedsLot("Candidates are level, and the lot has not been drawn yet.")
    return max(among, key=order.index)
