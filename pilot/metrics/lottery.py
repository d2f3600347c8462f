"""The public draw of the pilots: from a list and a number that nobody could know before, redone by anybody. Pure.

With `sha256sum` alone: the seed is the SHA-256 of the list's own SHA-256, a space and the beacon. A trust's number is
the SHA-256 of the seed, a space, the name of its set, a space and its code. In each set the trusts stand in the order
of their numbers, and the first are the pilots.

    printf '%s' "$list $beacon" | sha256sum
    printf '%s' "$seed 3 RAX" | sha256sum
"""

import hashlib
import re
from datetime import date
from typing import Any, Literal

import msgspec

from pilot.errors import BadInput
from pilot.metrics.eligibility import EligibleList, from_value, to_value
from pilot.secrecy import canonical

FORMAT = "pilot-lottery-1"
LONGEST_BEACON = 200
LARGEST = 8 * 1024 * 1024
"""Bytes, many times those of the longest list."""


Shared = Literal["type", "region"]
"""What all trusts of a set can be asked to share."""


_BEACON = re.compile(r"[A-Za-z0-9 .,:;/+-]+")
_PART = re.compile(r"[0-9]+|[a-z]+")


class MatchedSet(msgspec.Struct, frozen=True):
    """Trusts that are alike, by code. `name` has no spaces."""

    name: str
    trusts: tuple[str, ...]


class Leftover(msgspec.Struct, frozen=True):
    """An eligible trust that is in no set, and why, in a sentence. It cannot be drawn."""

    code: str
    reason: str


class Sets(msgspec.Struct, frozen=True):
    """How the list falls into sets. `exact` names what all trusts of a set share: type, or type and region."""

    sets: tuple[MatchedSet, ...]
    leftovers: tuple[Leftover, ...]
    exact: tuple[Shared, ...]
    pilots_per_set: int


class Announcement(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which number will be the beacon, and the day on which it becomes known: after the day on which this was said.

    `starts_on` is the day on which the pilots will begin. `parts` is of how many numbers and words the beacon will be,
    so that “3 14” cannot be typed as “31 4” or “314”; 0 in lotteries of earlier versions, which did not say it.
    """

    source: str
    known_on: date
    announced_on: date
    starts_on: date
    parts: int = 0


class Ticket(msgspec.Struct, frozen=True):
    """A trust and the number that it has in the draw: 64 digits from 0 to f."""

    code: str
    number: str


class SetDraw(msgspec.Struct, frozen=True):
    """One set in the order of the draw; the first are its pilots."""

    name: str
    order: tuple[Ticket, ...]
    pilots: tuple[str, ...]

    @property
    def controls(self) -> tuple[str, ...]:
        """The trusts that were not drawn, in the order of the draw."""
        return tuple(ticket.code for ticket in self.order[len(self.pilots) :])


class Draw(msgspec.Struct, frozen=True):
    """What came out: the beacon as it was entered, the seed made from it, and each set."""

    beacon: str
    drawn_on: date
    seed: str
    sets: tuple[SetDraw, ...]

    @property
    def pilots(self) -> tuple[str, ...]:
        """Every pilot, by code."""
        return tuple(sorted(code for one in self.sets for code in one.pilots))


class Document(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything that is published of a lottery: before the draw without `draw`, afterwards with it."""

    format: str
    title: str
    list: dict[str, Any]
    list_sha256: str
    exact: tuple[Shared, ...]
    pilots_per_set: int
    sets: tuple[MatchedSet, ...]
    leftovers: tuple[Leftover, ...]
    announcement: Announcement
    draw: Draw | None = None


def tidy_beacon(typed: str, parts: int = 0) -> str:
    """The one spelling of a beacon, as it goes into the seed: its numbers without leading zeros from the smallest to
    the largest, then its words in small letters by the alphabet, with one space between them. So “14, 03” and “3 14”
    are one, and who types a number that is known cannot try spellings.

    `parts` is how many numbers and words it must have (0: any). Raises BadInput for another number of them, when
    nothing is left, or for signs that not every keyboard has, or that a command line takes for something else: a
    reader must be able to type it there.
    """
    if len(typed) > LONGEST_BEACON or not typed.strip():
        raise BadInput(f"The beacon must have between 1 and {LONGEST_BEACON} characters.")
    if not _BEACON.fullmatch(" ".join(typed.split())):
        raise BadInput("The beacon may have letters from A to Z, numbers, spaces and . , : ; / + - only.")
    found = _PART.findall(typed.lower())
    if not found:
        raise BadInput("The beacon must have a number or a word.")
    if parts and len(found) != parts:
        raise BadInput(
            f"The beacon was announced to be of {parts:,} numbers and words; this is of {len(found):,}. Signs stand "
            f"between them, as spaces do."
        )
    numbers = sorted(int(part) for part in found if part.isdecimal())
    return " ".join([*map(str, numbers), *sorted(part for part in found if not part.isdecimal())])


def seed_of(list_sha256: str, beacon: str) -> str:
    """The seed of the draw: 64 digits that nobody can choose, since nobody knows the beacon when the list is fixed."""
    return _sha256(f"{list_sha256} {beacon}")


def number_of(seed: str, set_name: str, code: str) -> str:
    """The number of a trust in the draw of its set."""
    return _sha256(f"{seed} {set_name} {code}")


def draw_set(seed: str, one: MatchedSet, pilots: int) -> SetDraw:
    """The set in the order of its numbers, the first `pilots` of them drawn; the order of the file never matters."""
    order = tuple(
        Ticket(code, number) for number, code in sorted((number_of(seed, one.name, code), code) for code in one.trusts)
    )
    return SetDraw(one.name, order, tuple(ticket.code for ticket in order[:pilots]))


def draw(announced: Document, beacon: str, drawn_on: date) -> Document:
    """The document with its draw. `beacon` must be tidy."""
    seed = seed_of(announced.list_sha256, beacon)
    sets = tuple(draw_set(seed, one, announced.pilots_per_set) for one in announced.sets)
    return msgspec.structs.replace(announced, draw=Draw(beacon, drawn_on, seed, sets))


def to_bytes(document: Document) -> bytes:
    """The published text of a lottery."""
    return canonical.to_bytes(msgspec.to_builtins(document))


def list_bytes(document: Document) -> bytes:
    """The text of the list alone, of which `sha256sum` gives the list's SHA-256."""
    return canonical.to_bytes(document.list)


def read(data: bytes) -> Document:
    """A published lottery. Raises BadInput, with a sentence, for what is not one."""
    if len(data) > LARGEST:
        raise BadInput("This file is far too large for a lottery.")
    try:
        document = msgspec.convert(canonical.read(data), Document)
        from_value(document.list)
    except msgspec.ValidationError as trouble:
        raise BadInput(f"This is not a lottery: {trouble}.") from trouble
    except BadInput as trouble:
        raise BadInput(
            "This is not a lottery as it was published: it is no JSON in the form that we write. "
            "Use the file just as you downloaded it."
        ) from trouble
    if document.format != FORMAT:
        raise BadInput(f"This is not a lottery that this program knows: its format is “{document.format[:40]}”.")
    return document


def announce(title: str, eligible: EligibleList, sets: Sets, announcement: Announcement) -> Document:
    """What is published before the draw."""
    return Document(
        format=FORMAT, title=title, list=to_value(eligible), list_sha256=eligible.sha256, exact=sets.exact,
        pilots_per_set=sets.pilots_per_set, sets=sets.sets, leftovers=sets.leftovers, announcement=announcement,
    )  # fmt: skip


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
