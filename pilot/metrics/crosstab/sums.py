"""Numbers that add up to others, in any pattern: a row, a cross table, two tables that share a group. Pure."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from pilot.errors import BadInput

Name = tuple[str, ...]
"""What a number counts, such as ("RAA", "nurses"). The same name is the same number wherever it stands."""


class Sum(msgspec.Struct, frozen=True, order=True):
    """The number called `total` is the sum of those called `parts`; both are numbers of 0 or more."""

    total: Name
    parts: tuple[Name, ...]


class Block(msgspec.Struct, frozen=True):
    """Numbers that hang together by their sums, in the order of their names, so that no order of rows matters.

    Each equation has (place of a number, 1 or −1) and adds up to 0. `totals` are those that are a sum of others.
    `known` are those that everybody knows, so that hiding them is of no use.
    """

    names: tuple[Name, ...]
    values: tuple[int, ...]
    equations: tuple[tuple[tuple[int, int], ...], ...]
    totals: frozenset[int]
    known: frozenset[int]


def filled(values: Mapping[Name, int], sums: Iterable[Sum]) -> dict[Name, int]:
    """The values with those that have none worked out from sums of which they are the only unknown one. Raises BadInput
    for a total that is not its sum, for a sum with more unknown numbers and for a number below 0."""
    found = dict(values)
    waiting = list(sums)
    while waiting:
        ready = [one for one in waiting if sum(name not in found for name in (one.total, *one.parts)) <= 1]
        if not ready:
            raise BadInput(f"“{' '.join(waiting[0].total)}” cannot be added up: two of its numbers are not there.")
        for one in ready:
            _add_up(found, one)
        waiting = [one for one in waiting if sum(name not in found for name in (one.total, *one.parts))]
    below = next((name for name, value in found.items() if value < 0), None)
    if below is not None:
        raise BadInput(f"“{' '.join(below)}” is below 0, which no number of people is.")
    return found


def _add_up(found: dict[Name, int], one: Sum) -> None:
    parts = sum(found.get(part, 0) for part in one.parts)
    unknown = next((part for part in one.parts if part not in found), None)
    if unknown is not None:
        found[unknown] = found[one.total] - parts
    elif found.setdefault(one.total, parts) != parts:
        raise BadInput(f"“{' '.join(one.total)}” is not what its parts add up to.")


def blocks(values: Mapping[Name, int], sums: Iterable[Sum], known: frozenset[Name]) -> Iterator[Block]:
    """The numbers of all sums, each block by itself; a number in no sum is in none. `values` must hold every one."""
    plain = sorted({Sum(one.total, tuple(sorted(one.parts))) for one in sums})
    for group in _together(plain):
        names = tuple(sorted({name for one in group for name in (one.total, *one.parts)}))
        place = {name: number for number, name in enumerate(names)}
        yield Block(
            names,
            tuple(values[name] for name in names),
            tuple((*((place[part], 1) for part in one.parts), (place[one.total], -1)) for one in group),
            frozenset(place[one.total] for one in group),
            frozenset(place[name] for name in names if name in known),
        )


def _together(sums: list[Sum]) -> list[list[Sum]]:
    """The sums by blocks: two belong together when they share a number, or a third joins them."""
    leader: dict[Name, Name] = {}

    def first(name: Name) -> Name:
        while leader.setdefault(name, name) != name:
            leader[name] = name = leader[leader[name]]
        return name

    for one in sums:
        for part in one.parts:
            leader[first(part)] = first(one.total)
    found: dict[Name, list[Sum]] = {}
    for one in sums:
        found.setdefault(first(one.total), []).append(one)
    return list(found.values())
