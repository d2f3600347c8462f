"""What may be shown: no figure about fewer than 11 people, nor one from which such a figure can be worked out. Pure.

`release` hides a small figure, and as many more as it takes so that no hidden one can be worked out to within 11 people
from all that is shown: from the totals of its table, from other tables and waves that were released before, and from a
total that somebody else publishes. `derived` hides whatever was worked out from a hidden figure: a mean, a difference,
its error, its interval, its p. So no equation about a hidden one gets out.

Source: docs/adr/0007-disclosure.md. `release` is the only maker of a `Released` table.
"""

from collections.abc import Iterator, Mapping, Sequence, Set

import msgspec

from pilot.errors import BadInput
from pilot.metrics.crosstab.hiding import Hiding, System, protect
from pilot.metrics.crosstab.sums import Name, Sum, filled

SMALLEST = 11
"""The fewest people about whom a figure is shown; a publication may ask for more, never for fewer."""

SPREAD = 30
"""The fewest people about whom a standard deviation, a minimum or a maximum is shown."""

STEP, DIGITS = 5, 2
"""Public counts are rounded to the nearest 5, public means to two digits."""

REASON = "fewer than {} people, or hidden to protect such a figure"
"""One reason for both kinds, since telling them apart would tell which number is small."""

HIDDEN = "suppressed"

FINE = 1000
"""Points of means are reckoned in thousandths of the tenth part of their scale."""


class Figure(msgspec.Struct, frozen=True):
    """A figure about people. `people` is how many are behind it: answers behind a mean, the count itself of a count.

    None means that its publisher gave no number: it is a published figure and is shown. Figures of one `group`
    add up to a total or a mean that may be known elsewhere; "" stands alone.

    `cell` names the people in sums and in other tables: all figures of one cell are hidden together. `top` is for a
    mean on a scale from 0 to `top`: from the mean of the whole and those of the others it could be worked out.
    `least` is SPREAD for a standard deviation, a minimum or a maximum. `hidden`: an earlier release hid it already.
    """

    value: float | int | None
    people: int | None = None
    group: str = ""
    cell: Name = ()
    top: float | None = None
    least: int = 0
    hidden: bool = False


Cell = str | int | float | None


class Released(msgspec.Struct, frozen=True):
    """A table that may leave the house: made by `release` only. `hidden` counts its suppressed figures."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hidden: int


class Publication(msgspec.Struct, frozen=True):
    """What was released before, and by which rule. It holds hidden numbers too, so it stays in the house.

    `people` and `points` are by cell; `hidden` are the cells that were not shown. `smallest` can be raised above 11,
    then the next release is held to that as well; `public` tables are rounded.
    """

    smallest: int = SMALLEST
    public: bool = False
    people: Mapping[Name, int] = {}
    points: Mapping[Name, int] = {}
    hidden: frozenset[Name] = frozenset()
    sums: tuple[Sum, ...] = ()

    def __post_init__(self) -> None:
        if self.smallest < SMALLEST:
            raise BadInput(
                f"The fewest people about whom a figure is shown can be raised, not lowered below {SMALLEST}."
            )


FIRST = Publication()
"""Nothing was released before."""

Row = Sequence[Cell | Figure]


class Lines(msgspec.Struct, frozen=True):
    """A table before anything is hidden, with the sums that hold between its cells."""

    columns: tuple[str, ...]
    rows: Sequence[Row]
    sums: tuple[Sum, ...] = ()


def release(
    name: str, columns: Sequence[str], rows: Sequence[Row], sums: Sequence[Sum] = (), earlier: Publication = FIRST
) -> Released:
    """Hide what must be hidden. Columns called suppressed and suppression_reason are filled in here, row by row.

    `sums` are those that hold between cells. Raises BadInput when a figure could be worked out from what was published
    `earlier` whatever is hidden now, when a sum does not add up, and when a cell has two numbers of people.
    """
    figures = dict(_figures(rows))
    hidden_cells = _Known(figures, sums, earlier).decide().hidden
    return _released(name, Lines(tuple(columns), rows), hidden_cells, earlier)


def remember(earlier: Publication, rows: Sequence[Row], sums: Sequence[Sum] = ()) -> Publication:
    """What has been published when these rows were released too: to be given to the next release."""
    known = _Known(dict(_figures(rows)), sums, earlier)
    return known.remembered(known.decide().hidden)


def publish(name: str, lines: Lines, earlier: Publication) -> tuple[Released, Publication]:
    """Release and remember, in one reckoning. Raises what `release` raises."""
    known = _Known(dict(_figures(lines.rows)), lines.sums, earlier)
    hidden = known.decide().hidden
    return _released(name, lines, hidden, earlier), known.remembered(hidden)


def _released(name: str, lines: Lines, hidden_cells: Set[Name], earlier: Publication) -> Released:
    figures = dict(_figures(lines.rows))
    hide = {p for p, f in figures.items() if f.hidden or _called(p, f) in hidden_cells or _small(f, earlier.smallest)}
    shown = []
    for line, row in enumerate(lines.rows):
        hidden = any((line, place) in hide for place in range(len(row)))
        cells = {
            column: HIDDEN if (line, place) in hide else _show(row[place], earlier)
            for place, column in zip(range(len(row)), lines.columns, strict=True)
        }
        if "suppressed" in cells:
            cells["suppressed"] = "yes" if hidden else "no"
        if "suppression_reason" in cells:
            cells["suppression_reason"] = REASON.format(earlier.smallest) if hidden else ""
        shown.append(tuple(cells[column] for column in lines.columns))
    return Released(name, lines.columns, tuple(shown), len(hide))


def gives_away(behind: Sequence[Figure], smallest: int) -> bool:
    """Whether what is worked out from these figures tells anything about a hidden one, since one of them is hidden.

    Two hidden figures do not protect each other here: means with other weights, errors and p-values are further
    equations, and whole numbers of people can be tried out until one of them fits every digit.
    """
    return any(figure.hidden or _small(figure, smallest) for figure in behind)


def derived(value: float | int | None, behind: Sequence[Figure], smallest: int) -> Figure:
    """A figure that was worked out from others: hidden when one of those is, even where there is none to be hidden,
    since that there is none can tell something too."""
    return Figure(value or 0, 0) if gives_away(behind, smallest) else Figure(value)


Place = tuple[int, int]
"""The row and the column of a figure."""


def _figures(rows: Sequence[Row]) -> Iterator[tuple[Place, Figure]]:
    for line, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, Figure):
                yield (line, place), cell


def _small(figure: Figure, smallest: int) -> bool:
    return figure.value is not None and figure.people is not None and figure.people < max(smallest, figure.least)


def _called(place: Place, figure: Figure) -> Name:
    """The cell of a figure, or one of its own."""
    return figure.cell or ("", *(f"{number:08}" for number in place))


class _Known:
    """Everything that hangs together with the figures of one release, hidden or not."""

    def __init__(self, figures: Mapping[Place, Figure], sums: Sequence[Sum], earlier: Publication) -> None:
        self.earlier = earlier
        people, self.points = dict(earlier.people), dict(earlier.points)
        self.named = {figure.cell for figure in figures.values() if figure.cell and figure.value is not None}
        self.asked = {_called(place, figure) for place, figure in figures.items() if figure.hidden}
        self.published = set(earlier.people) - earlier.hidden
        groups: dict[str, dict[Name, None]] = {}
        for place, figure in figures.items():
            if figure.value is not None and figure.people is not None:
                name = _called(place, figure)
                if people.setdefault(name, figure.people) != figure.people:
                    raise BadInput(
                        f"“{' '.join(name)}” has another number of people elsewhere, and the difference would tell "
                        "about few of them. The table is not released."
                    )
                if figure.top is not None:
                    self.points[name] = _points(figure, figure.top)
                if figure.group:
                    groups.setdefault(figure.group, {})[name] = None
        self.outside = {("total of", group) for group in groups}
        of_groups = (Sum(("total of", group), tuple(members)) for group, members in groups.items())
        self.new_sums = tuple(sums)
        self.sums = tuple(dict.fromkeys((*earlier.sums, *sums, *of_groups)))
        self.people = filled(people, self.sums)

    def decide(self) -> Hiding:
        """What is hidden. Raises BadInput when that is of no use, since what was published earlier gives it away."""
        found = self._protected(self.outside | self.published)
        excused = self._protected(self.outside).narrow if found.narrow and self.published else found.narrow
        for name in sorted(found.narrow - excused):
            raise BadInput(
                f"“{' '.join(name)}” could be worked out from this table together with what was published before. "
                "The table is not released."
            )
        return found

    def remembered(self, hidden: Set[Name]) -> Publication:
        """What has been published from now on. What was shown once stays shown, whatever is hidden now."""
        kept = {*self.named, *self.earlier.people}
        return msgspec.structs.replace(
            self.earlier,
            people={cell: self.people[cell] for cell in kept if cell in self.people},
            points={cell: points for cell, points in self.points.items() if cell in kept},
            hidden=self.earlier.hidden | ((hidden | self.asked) & self.named - self.published),
            sums=tuple(dict.fromkeys((*self.earlier.sums, *self.new_sums))),
        )

    def _protected(self, known: Set[Name]) -> Hiding:
        """From the lowest rule up to the one asked for, so that a higher one never shows what a lower one hides."""
        found = Hiding(self.earlier.hidden | self.asked - known, frozenset())
        for level in range(SMALLEST, self.earlier.smallest + 1):
            small = {name for name, number in self.people.items() if number < level} - known
            if small | found.hidden:
                found = protect(self._systems(), level, small | found.hidden, known)
        return found

    def _systems(self) -> list[System]:
        """The people; the points that they reached, and those that they missed, as two more tables of the same shape:
        the mean of a hidden cell is as open as both are."""
        whole = [one for one in self.sums if all(name in self.points for name in (one.total, *one.parts))]
        totals = {one.total for one in whole}
        reached = filled({name: points for name, points in self.points.items() if name not in totals}, whole)
        missed = {name: 10 * FINE * self.people[name] - points for name, points in reached.items()}
        return [
            System(self.people, self.sums),
            System(reached, tuple(whole), FINE),
            System(missed, tuple(whole), FINE),
        ]


def _points(figure: Figure, top: float) -> int:
    """The sum behind a mean, as if its scale went from 0 to 10 · FINE."""
    if figure.value is None or figure.people is None or not 0 <= figure.value <= top:
        raise BadInput(f"A mean of {figure.value} is not on its scale from 0 to {top:g}.")
    return round(figure.value / top * 10 * FINE * figure.people)


def _show(cell: Cell | Figure, earlier: Publication) -> Cell:
    if not isinstance(cell, Figure):
        return cell
    if earlier.public and cell.value is not None and cell.people is not None:
        if isinstance(cell.value, int):
            return STEP * round(cell.value / STEP)
        return round(cell.value, DIGITS)
    return cell.value
