"""Redoing a published lottery from its document alone, so that nobody has to be believed. Pure."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from pilot.metrics.eligibility import Candidate, EligibleList, from_value
from pilot.metrics.lottery import Announcement, Document, Draw, SetDraw, Shared, draw, list_bytes, seed_of


class Check(msgspec.Struct, frozen=True):
    """One thing that was checked: its name, whether it holds, and what was found, in a sentence."""

    name: str
    ok: bool
    says: str


def verify(document: Document) -> tuple[Check, ...]:
    """Redo everything from the document alone but the matching: it may be by any rule, if it came before the beacon."""
    eligible = from_value(document.list)
    found = [_the_list(document), _everybody_once(document, eligible), *_alike(document, eligible)]
    if document.draw is None:
        return tuple(found)
    return (*found, _in_time(document.announcement, document.draw), *_the_draw(document, document.draw))


def passed(checks: Iterable[Check]) -> bool:
    """Whether nothing failed."""
    return all(check.ok for check in checks)


def _the_list(document: Document) -> Check:
    real = hashlib.sha256(list_bytes(document)).hexdigest()
    if real != document.list_sha256:
        return Check("list", False, f"The list's SHA-256 is {real}, but the document says {document.list_sha256}.")
    trusts = len(document.list["trusts"])
    return Check("list", True, f"{trusts:,} eligible trusts; the SHA-256 of the list is {real}.")


def _everybody_once(document: Document, eligible: EligibleList) -> Check:
    """Every eligible trust is in one set or named as left over, and nobody else is."""
    placed = Counter([code for one in document.sets for code in one.trusts] + [one.code for one in document.leftovers])
    listed = Counter(one.code for one in eligible.trusts)
    names = Counter(one.name for one in document.sets)
    wrong = _first(
        (f"{code} stands twice in the list." for code, times in listed.items() if times > 1),
        (f"{code} is in no set, and is not named as left over." for code in listed if code not in placed),
        (f"{code} is in a set or left over, but not in the list." for code in placed if code not in listed),
        (f"{code} is in more than one place." for code, times in placed.items() if times > 1),
        (f"Two sets are called {name}." for name, times in names.items() if times > 1),
        (
            f"The name of set “{name}” has a space or none at all."
            for name in names
            if len(name.split(" ")) != 1 or not name
        ),
    )
    over = len(document.leftovers)
    said = f"Each eligible trust is in one of {len(document.sets):,} sets, or is one of {over:,} left over."
    return Check("sets", not wrong, wrong or said)


def _alike(document: Document, eligible: EligibleList) -> Iterator[Check]:
    """The sets are of one size and alike in what they were to be alike in exactly."""
    known = {one.code: one for one in eligible.trusts}
    sizes = sorted({len(one.trusts) for one in document.sets})
    enough = 1 <= document.pilots_per_set < min(sizes, default=0)
    if len(sizes) > 1 or not enough:
        said = f"Sets have {_list(sizes)} trusts with {document.pilots_per_set} pilots each; they must be of one size."
        yield Check("size of the sets", False, said)
    else:
        pilots = "1 pilot" if document.pilots_per_set == 1 else f"{document.pilots_per_set} pilots"
        yield Check("size of the sets", True, f"Each set has {sizes[0]} trusts, with {pilots} among them.")
    for field in document.exact:
        wrong = next(
            (one.name for one in document.sets if len({_shared(known, code, field) for code in one.trusts}) > 1), None
        )
        said = f"Set {wrong} has more than one {field}." if wrong else f"Trusts of one set have the same {field}."
        yield Check(field, wrong is None, said)


def _in_time(said: Announcement, drawn: Draw) -> Check:
    """The beacon was named before anybody could know it."""
    days = f"named on {said.announced_on}, known on {said.known_on}, drawn on {drawn.drawn_on}"
    if not said.announced_on < said.known_on <= drawn.drawn_on:
        return Check("days", False, f"The beacon must be named before the day on which it becomes known: {days}.")
    return Check("days", True, f"The beacon was {days}.")


def _the_draw(document: Document, drawn: Draw) -> Iterator[Check]:
    seed = seed_of(document.list_sha256, drawn.beacon)
    if seed != drawn.seed:
        yield Check("seed", False, f"List and beacon give the seed {seed}, but the document says {drawn.seed}.")
        return
    yield Check("seed", True, f"List and beacon “{drawn.beacon}” give the seed {seed}.")
    again = draw(document, drawn.beacon, drawn.drawn_on).draw
    if again is None or len(again.sets) != len(drawn.sets):
        yield Check("draw", False, f"There are {len(document.sets):,} sets, but {len(drawn.sets):,} were drawn.")
        return
    for real, told in zip(again.sets, drawn.sets, strict=True):
        if real != told:
            yield Check("draw", False, _difference(real, told))
            return
    yield Check("draw", True, f"Each set has the pilots that the seed gives: {', '.join(drawn.pilots)}.")


def _difference(real: SetDraw, told: SetDraw) -> str:
    if real.name != told.name:
        return f"Set {real.name} should come where set {told.name} stands."
    if real.pilots != told.pilots:
        drawn, said = _list(real.pilots), _list(told.pilots)
        return f"In set {real.name} the draw gives {drawn} as pilot, but the document says {said}."
    return f"In set {real.name} the numbers or their order are not those that the seed gives."


def _shared(known: Mapping[str, Candidate], code: str, field: Shared) -> str:
    if (one := known.get(code)) is None:  # a trust that is not in the list is told by another check
        return ""
    return one.type if field == "type" else one.region


def _first(*problems: Iterable[str]) -> str:
    return next((problem for each in problems for problem in each), "")


def _list(items: Sequence[object]) -> str:
    return " and ".join(str(item) for item in items) or "no"
