"""What may be shown: no figure about fewer than 11 people, nor one from which such a figure can be worked out. Pure.

Source: evaluation.md section 4. `release` is the only maker of a `Released` table.
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
    add up to a total or a mean that is shown as well; "" stands alone.
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


def total(figures: Sequence[Figure], value: float | int | None) -> Figure:
    """The total or mean over a group, itself a figure: it cannot be shown where it would give a hidden part away."""
    hidden = [f for f, hide in zip(figures, _hidden(figures), strict=True) if hide]
    if hidden and not _safe(hidden):
        return Figure(value, 0)
    people = [figure.people for figure in figures]
    return Figure(value, None if any(n is None for n in people) else sum(n for n in people if n is not None))


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
