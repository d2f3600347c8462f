"""Trustees with keys of their own: how they stand, what they must have done, and the order of opening. Pure."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from pilot.errors import WrongState
from pilot.secrecy.box import PlannedTrustee

SCRUTINEER = "scrutineer"
"""The side that opens first and gets the list of voters: nobody of the trust may hold it."""

SIDES = (SCRUTINEER, "employer", "staff side")
"""For whom a trustee stands, in the order in which sealed votes are opened."""

ROLES = {
    "scrutineer": "independent scrutineer",
    "employer": "employer",
    "staff side": "staff-side representative",
}
"""How the manifest names the part of each side (docs/adr/0002-sealed-box.md)."""


class Standing(StrEnum):
    """Where a trustee stands.

    `registered`: their keys are here; `confirmed`: the returning officer has compared the fingerprint with them.
    """

    INVITED = "invited"
    REGISTERED = "registered"
    CONFIRMED = "confirmed"
    RETIRED = "retired"


MOVES: dict[tuple[Standing, str], Standing] = {
    (Standing.INVITED, "register"): Standing.REGISTERED,
    (Standing.REGISTERED, "register"): Standing.REGISTERED,
    (Standing.REGISTERED, "confirm"): Standing.CONFIRMED,
    (Standing.INVITED, "retire"): Standing.RETIRED,
    (Standing.REGISTERED, "retire"): Standing.RETIRED,
    (Standing.CONFIRMED, "retire"): Standing.RETIRED,
}
"""Every move that exists. Keys that are confirmed are never changed: another trustee is invited instead."""

WORDS = {
    Standing.INVITED: "has been invited and has not registered yet",
    Standing.REGISTERED: "has registered, and the number of their keys is not confirmed yet",
    Standing.CONFIRMED: "is confirmed",
    Standing.RETIRED: "is a trustee no more",
}
"""How a trustee's standing is told, after the words "This trustee"."""

WRONG_NUMBER = "This is not the number of the keys that came here. Do not confirm them"

_DOING = {"register": "register", "confirm": "be confirmed", "retire": "be retired"}


def move(standing: Standing, verb: str) -> Standing:
    """The standing after `verb`. Raises WrongState in a sentence."""
    try:
        return MOVES[standing, verb]
    except KeyError:
        raise WrongState(f"This trustee {WORDS[standing]}, and so cannot {_DOING[verb]} now.") from None


LONGEST_NAME = 120
"""Characters of a name in a registration file that are kept."""


def readable(name: str) -> str:
    """A name from a file as a page can show it: only signs that can be printed, and not too many."""
    return "".join(sign for sign in " ".join(name.split()) if sign.isprintable())[:LONGEST_NAME]


def same_name(one: str, other: str) -> bool:
    """Whether two names are written alike; capitals and spaces do not matter."""
    plain = [" ".join(unicodedata.normalize("NFKC", name).casefold().split()) for name in (one, other)]
    return plain[0] == plain[1]


class Wanted(Struct, frozen=True):
    """Somebody whom the returning officer asks to be a trustee; `deputy` names who keeps the backup of their key."""

    name: str
    email: str
    side: str
    deputy: str


class Compared(Struct, frozen=True):
    """How the number of a trustee's keys was compared: `typed` as they read it, or `aloud` by two people.

    `shown` is the number on the page at that moment.
    """

    typed: str
    aloud: bool
    shown: str


class StandIn(Struct, frozen=True):
    """A deputy who opened sealed votes with the backup of a trustee's keys, and why; everybody may read it."""

    deputy: str
    trustee: str
    because: str


class Turn(Struct, frozen=True):
    """One place in the order of opening, as the returning officer's page tells it.

    `trustee` is None where the server holds the key. `since`: from when on they could open, None before that.
    `opened_at`: when what they opened was taken. `call`: whom to call, "" for the server.
    """

    layer: int
    name: str
    side: str
    trustee: int | None
    signed: bool
    opened_at: datetime | None
    since: datetime | None
    call: str

    @property
    def is_next(self) -> bool:
        """Whether everybody waits for this one."""
        return self.since is not None and self.opened_at is None


def default_order(by_side: Mapping[str, Sequence[int]]) -> tuple[int | None, ...]:
    """The trustees to propose, by id: the scrutineer first, then the employer, then the staff side.

    A side with no trustee, or with several, is left open (None).
    """
    return tuple(found[0] if len(found := by_side.get(side, ())) == 1 else None for side in SIDES)


def server_side(taken: Collection[str]) -> str:
    """For which side the server stands where it holds a key: the first that has no trustee, else the employer."""
    return next((side for side in ("employer", "staff side", "scrutineer") if side not in taken), "employer")


def missing_words(names: Sequence[str]) -> str:
    """Why a vote could not open, for everybody to read."""
    if len(names) == 1:
        return f"{names[0]}, who helps to open the sealed votes, had not signed it before it was to open."
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{listed}, who help to open the sealed votes, had not signed it before it was to open."


def planned(name: str, side: str, seal_key: bytes | None = None, sign_key: bytes | None = None) -> PlannedTrustee:
    """A trustee as the sealed box wants them: with their own keys, or without any where the server holds the key."""
    if seal_key is None or sign_key is None:
        return PlannedTrustee(name, ROLES[side])
    return PlannedTrustee(name, ROLES[side], "own", seal_key, sign_key)
