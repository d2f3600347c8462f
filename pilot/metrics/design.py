"""The life of a design: from a list of trusts to pilots that were drawn, and when arms can no longer change. Pure."""

from datetime import date
from enum import StrEnum

import msgspec

from pilot.errors import BadInput, WrongState


class State(StrEnum):
    """Where a design stands."""

    DRAFT = "draft"
    FIXED = "fixed"
    MATCHED = "matched"
    ANNOUNCED = "announced"
    DRAWN = "drawn"
    LOCKED = "locked"
    GIVEN_UP = "given up"


MOVES = {
    (State.DRAFT, "fix"): State.FIXED,
    (State.FIXED, "match"): State.MATCHED,
    (State.MATCHED, "match"): State.MATCHED,
    (State.MATCHED, "announce"): State.ANNOUNCED,
    (State.ANNOUNCED, "draw"): State.DRAWN,
    (State.DRAWN, "lock"): State.LOCKED,
    (State.FIXED, "give up"): State.GIVEN_UP,
    (State.MATCHED, "give up"): State.GIVEN_UP,
    (State.ANNOUNCED, "give up"): State.GIVEN_UP,
}
"""A draw cannot be taken back, and one that was announced and given up stays public, so that nobody draws until they
like what comes out."""

PUBLIC = (State.ANNOUNCED, State.DRAWN, State.LOCKED)
"""Designs in these states have a public page; so has one that was given up after it was announced."""

WORDS = {
    State.DRAFT: "is a draft",
    State.FIXED: "has its list fixed",
    State.MATCHED: "has its sets drawn up",
    State.ANNOUNCED: "waits for its beacon",
    State.DRAWN: "is drawn",
    State.LOCKED: "is drawn, and its arms are locked",
    State.GIVEN_UP: "was given up",
}
"""How a state is told, after the words “This design”."""

_DOING = {
    "fix": "have its list fixed",
    "match": "have its sets drawn up",
    "announce": "have its beacon named",
    "draw": "be drawn",
    "lock": "have its arms locked",
    "give up": "be given up",
}


class Options(msgspec.Struct, frozen=True):
    """How sets are drawn up: `pilots` and `controls` in each, at most `most` sets (None: as many as there can be),
    and whether trusts of a set are of one region as well as of one type."""

    pilots: int = 1
    controls: int = 3
    most: int | None = None
    same_region: bool = False

    @property
    def size(self) -> int:
        """The number of trusts in each set."""
        return self.pilots + self.controls


def move(state: State, verb: str) -> State:
    """The state after `verb`. Raises WrongState, in a sentence, where the verb does not begin."""
    try:
        return MOVES[state, verb]
    except KeyError:
        raise WrongState(f"This design {WORDS[state]}, so it cannot {_DOING[verb]} now.") from None


def refuse_known_beacon(known_on: date, today: date) -> None:
    """A beacon must be named before it is known, on a day before that of its drawing. Raises BadInput by field."""
    if known_on <= today:
        raise BadInput("There is a problem", {"known_on": "Enter a day after today: nobody may know the number yet"})


def refuse_early_draw(known_on: date, today: date) -> None:
    """No number can be the beacon before its day. Raises WrongState."""
    if today < known_on:
        raise WrongState(f"The beacon is not known before {known_on.isoformat()}. Come back on that day.")
