"""Lists about trusts that are no measures: what was read of one, whichever it is. Pure."""

from collections.abc import Sequence
from datetime import date

import msgspec

from pilot.metrics.sheet import Problem, Unusable


class Listed(msgspec.Struct, frozen=True, order=True):
    """One trust on the ODS list. `region` and `board` are codes of NHS England's region and integrated care board.

    `closed_on` is None while the trust is open.
    """

    trust: str
    name: str
    region: str
    board: str
    opened_on: date
    closed_on: date | None


class Rating(msgspec.Struct, frozen=True, order=True):
    """What the Care Quality Commission published about one trust on one day; None where that was not rated."""

    trust: str
    published_on: date
    overall: str | None
    well_led: str | None


class Succession(msgspec.Struct, frozen=True, order=True):
    """One trust that became another, or part of it: from `on`, figures come under the new code."""

    old: str
    new: str
    on: date


Entry = Listed | Rating | Succession


class Register(msgspec.Struct, frozen=True):
    """A list that can be taken: `rows` are its `entries` and those `left_out`, by the reason why.

    `counts` say what is in it, such as how many trusts have which rating.
    """

    rows: int
    entries: tuple[Entry, ...]
    counts: tuple[tuple[str, int], ...]
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def trusts(self) -> tuple[str, ...]:
        """Every code that it names, in order."""
        codes = {code for one in self.entries for code in _codes(one)}
        return tuple(sorted(codes))


def _codes(entry: Entry) -> tuple[str, ...]:
    return (entry.old, entry.new) if isinstance(entry, Succession) else (entry.trust,)


ALREADY = "there already"


def replacing(register: Register, before: Sequence[Entry]) -> Register:
    """A register that takes the place of the one before; a note says what is new, gone and changed.

    Raises Unusable when nothing is.
    """
    if not before:
        return register
    old, new = _by_key(before), _by_key(register.entries)
    changed = sum(new[key] != old[key] for key in new.keys() & old.keys())
    added, gone = len(new.keys() - old.keys()), len(old.keys() - new.keys())
    if not added + gone + changed:
        raise Unusable([Problem(0, "This list is loaded already: nothing in it is new.")])
    note = f"It takes the place of the list that is there: {added:,} new, {gone:,} gone, {changed:,} changed."
    return msgspec.structs.replace(register, notes=(*register.notes, note))


def adding(register: Register, before: Sequence[Entry]) -> Register:
    """A register that is added to what is there: only its new entries.

    Raises Unusable for an entry that is there with other words, and when nothing is new.
    """
    old = _by_key(before)
    others = [one for one in register.entries if old.get(_key(one), one) != one]
    if others:
        raise Unusable([Problem(0, f"{_words(one)} is there already with other words.") for one in others])
    new = tuple(one for one in register.entries if _key(one) not in old)
    if not new:
        raise Unusable([Problem(0, "Everything in this file is there already.")])
    there = len(register.entries) - len(new)
    left_out = (*register.left_out, (ALREADY, there)) if there else register.left_out
    return msgspec.structs.replace(register, entries=new, left_out=left_out)


def _by_key(entries: Sequence[Entry]) -> dict[tuple[object, ...], Entry]:
    return {_key(one): one for one in entries}


def _key(entry: Entry) -> tuple[object, ...]:
    if isinstance(entry, Succession):
        return entry.old, entry.new
    return (entry.trust, entry.published_on) if isinstance(entry, Rating) else (entry.trust,)


def _words(entry: Entry) -> str:
    return " ".join(str(part) for part in _key(entry))
