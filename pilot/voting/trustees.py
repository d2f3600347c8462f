"""Trustees with keys of their own: how they stand, what they must have done, and the order of opening. Pure."""

from enum import StrEnum

from pilot.errors import WrongState

SIDES = ("scrutineer", "employer", "staff side")
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

_DOING = {"register": "register", "confirm": "be confirmed", "retire": "be retired"}


def move(standing: Standing, verb: str) -> Standing:
    """The standing after `verb`. Raises WrongState in a sentence."""
    try:
        return MOVES[standing, verb]
    except KeyError:
        raise WrongState(f"This trustee {WORDS[standing]}, and so cannot {_DOING[verb]} now.") from None
