"""What may be shown: no figure about fewer than 11 people, nor one from which such a figure can be worked out. Pure.

Two rules. `release` hides a small figure, and as many more of its group as protect it from a total that somebody else
publishes. `derived` hides whatever was worked out from a hidden figure: a mean, a difference, its error, its interval,
its p. So everything that is shown follows from figures that are shown, and no equation about a hidden one gets out,
neither within one comparison nor from several with other periods, arms or measures.

Source: docs/adr/0003-evaluation.md. `release` is the only maker of a `Released` table.
"""

from collections.abc import Sequence

import msgspec

SMALLEST = 11
"""The fewest people about whom a figure is shown."""

REASON = "fewer than 11 people, or hidden to protect such a figure"
"""One reason for both kinds, since telling them apart would tell which number is small."""

HIDDEN = "suppressed"


class Figure(msgspec.Struct, frozen=True):
    """A figure about people. `people` is how many are behind it: answers behind a mean, the count itself of a count.

    None means that its publisher gave no number: it is a published figure and is shown. Figures of one `group`
    add up to a total or a mean that may be known elsewhere; "" stands alone.
    """

    value: float | int | None
    people: int | None = None
    group: str = ""


Cell = str | int | float | None


class Released(msgspec.Struct, frozen=True):
    """A table that may leave the house: made by `release` only. `hidden` counts its suppressed figures."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hidden: int


def release(name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell | Figure]]) -> Released:
    """Hide what must be hidden. Columns called suppressed and suppression_reason are filled in here, row by row."""
    figures = [(place, cell) for place, row in enumerate(rows) for cell in row if isinstance(cell, Figure)]
    hide = {id(cell) for (_, cell), hidden in zip(figures, _hidden([f for _, f in figures]), strict=True) if hidden}
    shown = []
    for row in rows:
        hidden = any(id(cell) in hide for cell in row)
        cells = {column: _show(cell, hide) for column, cell in zip(columns, row, strict=True)}
        if "suppressed" in cells:
            cells["suppressed"] = "yes" if hidden else "no"
        if "suppression_reason" in cells:
            cells["suppression_reason"] = REASON if hidden else ""
        shown.append(tuple(cells[column] for column in columns))
    return Released(name, tuple(columns), tuple(shown), len(hide))


def gives_away(behind: Sequence[Figure]) -> bool:
    """Whether what is worked out from these figures tells anything about a hidden one, since one of them is hidden.

    Two hidden figures do not protect each other here: means with other weights, errors and p-values are further
    equations, and whole numbers of people can be tried out until one of them fits every digit.
    """
    return any(_hidden(behind))


def derived(value: float | int | None, behind: Sequence[Figure]) -> Figure:
    """A figure that was worked out from others: hidden when one of those is, even where there is none to be hidden,
    since that there is none can tell something too."""
    return Figure(value or 0, 0) if gives_away(behind) else Figure(value)


def _hidden(figures: Sequence[Figure]) -> list[bool]:
    """Which figures are hidden, in their order: small ones, then as many more of a group as protect them."""
    hide = [figure.people is not None and figure.people < SMALLEST and figure.value is not None for figure in figures]
    for group in sorted({figure.group for figure in figures} - {""}):
        members = [place for place, f in enumerate(figures) if f.group == group and f.value is not None]
        shown = sorted((p for p in members if not hide[p]), key=lambda place: (figures[place].people or 0, place))
        while any(hide[p] for p in members) and not _safe([figures[p] for p in members if hide[p]]) and shown:
            hide[shown.pop(0)] = True
    return hide


def _safe(hidden: Sequence[Figure]) -> bool:
    """Whether their known sum leaves each hidden figure a range of at least 11 people."""
    return len(hidden) > 1 and sum(figure.people or 0 for figure in hidden) >= SMALLEST


def _show(cell: Cell | Figure, hide: set[int]) -> Cell:
    if not isinstance(cell, Figure):
        return cell
    return HIDDEN if id(cell) in hide else cell.value
