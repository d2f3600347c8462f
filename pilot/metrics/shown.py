"""What retention.csv has shown of each month, so that a month comes again as it was or not at all. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from pilot.metrics.codebook import columns
from pilot.metrics.crosstab.sums import Name
from pilot.metrics.disclosure import HIDDEN, Cell, Figure, Publication, Released

RETENTION = "retention.csv"
"""Under which name it is remembered, in the place of an instrument."""

ALL = "all"
"""What the whole trust is called in the place of a staff group."""

COUNTS = {
    name: columns("retention").index(name)
    for name in ("headcount_start", "headcount_end", "leavers", "leavers_to_nhs", "retired", "joiners")
}
"""The place of every count in a row; the rates follow from these."""

Rows = Sequence[Sequence[Cell | Figure]]


class Shown:
    """Each count that was shown, by (trust, month, group, column), and whether it was hidden."""

    def __init__(self, before: Publication) -> None:
        self._before = before
        self._months: dict[tuple[str, str], dict[Name, int | None]] = defaultdict(dict)
        for name, number in before.people.items():
            self._months[name[0], name[1]][name] = None if name in before.hidden else number

    def groups(self, trust: str) -> dict[str, set[str]]:
        """The staff groups of each month of a trust that was shown; none where only the whole trust was."""
        mine = {month: counts for (code, month), counts in self._months.items() if code == trust}
        return {month: {name[2] for name in counts} - {ALL} for month, counts in mine.items()}

    def agrees(self, rows: Rows, released: Released) -> bool:
        """Whether months that are released now were not shown yet, or stand here as they did: the same groups, numbers
        and gaps. A number behind a gap may be another one by now, since both tables say the same."""
        months: dict[tuple[str, str], dict[Name, int | None]] = defaultdict(dict)
        for name, number, hidden in _counts(rows, released):
            months[name[0], name[1]][name] = None if hidden else number
        return all(self._months[month] == counts for month, counts in months.items() if month in self._months)

    def with_these(self, rows: Rows, released: Released) -> Publication:
        """What has been shown from now on."""
        found = tuple(_counts(rows, released))
        return replace(
            self._before,
            people={**self._before.people, **{name: number for name, number, _ in found}},
            hidden=self._before.hidden | {name for name, _, hidden in found if hidden},
        )


def _counts(rows: Rows, released: Released) -> Iterator[tuple[Name, int, bool]]:
    """Each count of a table by name, with whether the table hides it."""
    for row, out in zip(rows, released.rows, strict=True):
        for column, place in COUNTS.items():
            cell = row[place]
            value = cell.value if isinstance(cell, Figure) else cell
            yield (str(row[0]), str(row[1]), str(row[2]), column), int(value or 0), out[place] == HIDDEN
