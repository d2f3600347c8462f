"""A table of counts over one, two or three sides, with every total of it. Pure."""

from collections.abc import Iterator, Mapping
from itertools import pairwise, product

import msgspec

from pilot.errors import BadInput
from pilot.metrics.crosstab.sums import Name, Sum, filled

ALL = "All"
"""How the total of a side is called."""


class Side(msgspec.Struct, frozen=True):
    """One side of a table. `above` says to which larger item an item belongs, such as a site to its trust; an item
    that is not in it belongs to the whole. Larger items are not among `items`: they are sums of these."""

    name: str
    items: tuple[str, ...]
    above: Mapping[str, str] = {}


class Crosstab(msgspec.Struct, frozen=True):
    """Counts of people by an item of each side, such as {("RAA", "nurses"): 40}. A combination without a count is one
    that cannot be: everybody knows that nobody is in it, and it has no row.

    `within` is whom the whole table is about, such as ("wave=2026",): numbers of another wave have other names then.
    """

    sides: tuple[Side, ...]
    counts: Mapping[Name, int]
    within: Name = ()


def rows(table: Crosstab) -> dict[Name, Name]:
    """Every row of the table by its labels, each total after its items, with the name of its number.

    That name is the same in every table that holds the number: a trust's total is ("trust=RAA",) by whatever else its
    staff are told apart. Raises BadInput for a table that is none: no side or more than three, an item twice, a count
    of an item that is not there, a circle of larger items.
    """
    _check(table)
    trees = [_tree(side) for side in table.sides]
    there = {
        labels
        for leaf in table.counts
        for labels in product(*(_upwards(side, item) for side, item in zip(table.sides, leaf, strict=True)))
    }
    return {labels: _called(table, labels) for labels in product(*trees) if labels in there}


def sums(table: Crosstab) -> tuple[Sum, ...]:
    """Every sum that holds in the table, none of which follows from the others. The side with most levels comes first,
    so that a table of two sides is a network when one of them has no levels."""
    names = rows(table)
    trees = [_tree(side) for side in table.sides]
    order = sorted(range(len(trees)), key=lambda place: (-sum(map(bool, trees[place].values())), place))
    found = (one for depth in range(len(order)) for one in _along(trees, order, depth, set(names)))
    return tuple(Sum(names[one.total], tuple(names[part] for part in one.parts)) for one in found)


def numbers(table: Crosstab) -> dict[Name, int]:
    """Every count and total by its name. Raises BadInput as `rows` does, and for a count below 0."""
    names = rows(table)
    return filled({names[labels]: count for labels, count in table.counts.items()}, sums(table))


def _called(table: Crosstab, labels: Name) -> Name:
    own = (f"{side.name}={item}" for side, item in zip(table.sides, labels, strict=True) if item != ALL)
    return tuple(sorted((*table.within, *own))) or ("everybody",)


def _along(trees: list[dict[str, tuple[str, ...]]], order: list[int], depth: int, there: set[Name]) -> Iterator[Sum]:
    """The sums along one side, for single items of the sides before it in the order and everything of those after."""
    side = order[depth]
    fixed = [list(tree) for tree in trees]
    for earlier in order[:depth]:
        fixed[earlier] = [item for item, below in trees[earlier].items() if not below]
    fixed[side] = [item for item, below in trees[side].items() if below]
    for name in product(*fixed):
        if name in there:
            parts = ((*name[:side], item, *name[side + 1 :]) for item in trees[side][name[side]])
            yield Sum(name, tuple(part for part in parts if part in there))


def _upwards(side: Side, item: str) -> list[str]:
    """An item, the larger ones to which it belongs, and the whole."""
    way = [item]
    while way[-1] != ALL:
        way.append(side.above.get(way[-1], ALL))
        if way[-1] in way[:-1]:
            raise BadInput(f"“{way[-1]}” belongs to itself.")
    return way


def _tree(side: Side) -> dict[str, tuple[str, ...]]:
    """Every item and total of a side with what is right below it, each total after its items."""
    below: dict[str, dict[str, None]] = {ALL: {}}
    for item in side.items:
        way = _upwards(side, item)
        for child, parent in pairwise(way):
            below.setdefault(child, {})
            below.setdefault(parent, {})[child] = None
    found: dict[str, tuple[str, ...]] = {}

    def walk(item: str) -> None:
        for child in below[item]:
            walk(child)
        found[item] = tuple(below[item])

    walk(ALL)
    return found


def _check(table: Crosstab) -> None:
    if not 1 <= len(table.sides) <= 3:
        raise BadInput("A table has one, two or three sides.")
    for side in table.sides:
        larger = {item for leaf in side.items for item in _upwards(side, leaf)[1:]}
        twice = next((item for item in side.items if side.items.count(item) > 1 or item in larger), None)
        if twice is not None:
            raise BadInput(f"“{twice}” stands twice among the items of “{side.name}”.")
    for name in table.counts:
        if len(name) != len(table.sides) or any(
            item not in side.items for side, item in zip(table.sides, name, strict=True)
        ):
            raise BadInput(f"“{' '.join(name)}” is not a combination of this table's items.")
