"""How far a hidden number can move in any pattern of sums, by exact linear programming in whole numbers. Pure.

The simplex method (Dantzig 1951) with the smallest-index rule, which never runs in circles (Bland 1977). All entries
keep one common denominator, so that they stay whole and exact (Edmonds 1967). Only corners with whole numbers count as
tables, so a hidden number is at least as open to somebody who knows that people come whole.
"""

from collections.abc import Iterable

from pilot.metrics.crosstab.sums import Block


class Tableau:
    """The hidden numbers as `basic` ones worked out from `free` ones: scale·basic = first column + row·free.

    It begins at the true table and walks to a corner, where every free number is 0.
    """

    def __init__(self, block: Block, hidden: Iterable[int]) -> None:
        self.free = sorted(hidden)
        place = {cell: column for column, cell in enumerate(self.free, 1)}
        self.scale = 1
        self.basic: list[int] = []
        self.rows: list[list[int]] = []
        for number, equation in enumerate(block.equations):
            row = [0] * (len(self.free) + 1)
            for cell, sign in equation:
                if cell in place:
                    row[place[cell]] = sign
                else:
                    row[0] += sign * block.values[cell]
            if any(row[1:]):
                self.basic.append(-1 - number)  # not a number of the table: what the sum is off by
                self.rows.append(row)
        self._keep_sums()
        self._go_to_a_corner(block)

    def pivot(self, row: int, column: int) -> None:
        """Exchange a basic number with a free one."""
        old, pivot = self.rows[row], self.rows[row][column]
        sign = 1 if pivot > 0 else -1
        for number, other in enumerate(self.rows):
            factor = other[column]
            if number != row and (factor or abs(pivot) != self.scale):
                self.rows[number] = [
                    sign * (pivot * entry - factor * above) // self.scale
                    for entry, above in zip(other, old, strict=True)
                ]
                self.rows[number][column] = sign * factor
        self.rows[row] = [-sign * entry for entry in old]
        self.rows[row][column] = sign * self.scale
        self.basic[row], self.free[column - 1] = self.free[column - 1], self.basic[row]
        self.scale = abs(pivot)

    def towards(self, cell: int, *, rises: bool) -> tuple[int, int | None] | None:
        """The next exchange that moves a number this way: (column, row), the row None when nothing stops it and it can
        rise without end; None when it is as far as it goes."""
        in_row = None if cell in self.free else self.rows[self.basic.index(cell)]
        slopes = in_row[1:] if in_row else [int(one == cell) for one in self.free]
        better = [c for c, slope in enumerate(slopes, 1) if (slope > 0 if rises else slope < 0)]
        if not better:
            return None
        column = min(better, key=lambda c: self.free[c - 1])
        return column, self._first_to_end(column, [row[0] for row in self.rows])

    def _first_to_end(self, column: int, values: list[int], way: int = 1) -> int | None:
        """The basic number that reaches 0 first when a free one moves; of several the smallest."""
        best: int | None = None
        for row, entries in enumerate(self.rows):
            if way * entries[column] < 0:
                ahead = -1 if best is None else self._compare(values, row, best, column)
                if best is None or ahead < 0 or (ahead == 0 and self.basic[row] < self.basic[best]):
                    best = row
        return best

    def _compare(self, values: list[int], one: int, other: int, column: int) -> int:
        """Below 0 when the first comes to its end earlier than the second."""
        return values[one] * abs(self.rows[other][column]) - values[other] * abs(self.rows[one][column])

    def _keep_sums(self) -> None:
        """Exchange what the sums are off by, which is 0 for good, and drop it."""
        while any(cell < 0 for cell in self.basic):
            row = next(row for row, cell in enumerate(self.basic) if cell < 0)
            column = next((c for c, entry in enumerate(self.rows[row]) if c and entry), None)
            if column is None:  # follows from the other sums
                del self.rows[row], self.basic[row]
                continue
            self.pivot(row, column)
            for entries in self.rows:
                del entries[column]
            del self.free[column - 1]

    def _go_to_a_corner(self, block: Block) -> None:
        """Lower each free number from its true value to 0, or until a basic one is 0 and changes places with it."""
        at = [1, *(block.values[cell] for cell in self.free)]
        for column in range(1, len(at)):
            values = [sum(entry * value for entry, value in zip(row, at, strict=True)) for row in self.rows]
            row = self._first_to_end(column, values, way=-1)
            if row is not None and values[row] < at[column] * abs(self.rows[row][column]):
                self.pivot(row, column)
            at[column] = 0


class Corners:
    """A block while it is worked on, as Flows is for a network: what is hidden and what was seen of each number."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.seen = [(value, value) for value in block.values]
        self.hidden: set[int] = set()
        self._tableau: Tableau | None = None

    def hide(self, cells: Iterable[int]) -> None:
        """Hide these too."""
        self.hidden |= set(cells)
        self._tableau = None

    def width(self, cell: int, need: int) -> int:
        """How many apart the least and the most are that a hidden number was seen to be; `need` for that or more."""
        if self._tableau is None:
            self._tableau = Tableau(self.block, self.hidden)
            self._look(self._tableau)
        for rises in (True, False):
            while self._seen(cell) < need:
                step = self._tableau.towards(cell, rises=rises)
                if step is None:
                    break
                column, row = step
                if row is None:
                    self._open(self._tableau, column, need)
                    break
                self._tableau.pivot(row, column)
                self._look(self._tableau)
        return min(need, self._seen(cell))

    def companions(self, cell: int, need: int) -> frozenset[int]:
        """Numbers to hide so that this one is open to `need`, none of them in vain; empty when nothing helps. The
        nearest by sums are tried before others, single numbers before totals, small before large."""
        more = self._nearest(cell)
        least, most = 0, len(more)
        if not self._opens(cell, more, need):
            return frozenset()
        while least + 1 < most:
            middle = (least + most) // 2
            least, most = (least, middle) if self._opens(cell, more[:middle], need) else (middle, most)
        kept = more[:most]
        for one in reversed(more[: most - 1]):
            fewer = [other for other in kept if other != one]
            kept = fewer if self._opens(cell, fewer, need) else kept
        return frozenset(kept)

    def _opens(self, cell: int, more: list[int], need: int) -> bool:
        other = Corners(self.block)
        other.hide(self.hidden.union(more))
        return other.width(cell, need) >= need

    def _nearest(self, cell: int) -> list[int]:
        """Every number that could be hidden too."""
        steps, near, ring = {cell: 0}, {cell}, 0
        while near:
            ring += 1
            near = {c for e in self.block.equations if not near.isdisjoint(c for c, _ in e) for c, _ in e} - set(steps)
            steps.update(dict.fromkeys(near, ring))
        found = [one for one in steps if one not in self.hidden and one not in self.block.known]
        return sorted(found, key=lambda c: (steps[c], c in self.block.totals, self.block.values[c], c))

    def _seen(self, cell: int) -> int:
        least, most = self.seen[cell]
        return most - least

    def _look(self, tableau: Tableau) -> None:
        """Note the corner when it is a table of whole numbers."""
        values = [divmod(row[0], tableau.scale) for row in tableau.rows]
        if not any(rest for _, rest in values):
            found = dict(zip(tableau.basic, (value for value, _ in values), strict=True)) | dict.fromkeys(
                tableau.free, 0
            )
            for cell, value in found.items():
                least, most = self.seen[cell]
                self.seen[cell] = (min(least, value), max(most, value))

    def _open(self, tableau: Tableau, column: int, need: int) -> None:
        """Note that from any table everything that moves with a free number that nothing stops can rise without end."""
        moving = [cell for cell, row in zip(tableau.basic, tableau.rows, strict=True) if row[column]]
        for cell in (tableau.free[column - 1], *moving):
            least, most = self.seen[cell]
            self.seen[cell] = (least, max(most, least + need))
