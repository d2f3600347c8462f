"""What it takes to protect tables of counts: time, how much is hidden, and whether an attacker finds anything. As JSON.

Full sweeps of what tests/rules/metrics/test_crosstab.py does in small: `python bench/disclosure.py [--tables 1000]`.
The attacker is scipy's linear programming, who knows all that is shown, every sum, and that nobody is below 0.
"""

import argparse
import json
import sys
import time
from collections import Counter
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pilot.metrics.crosstab.table import Crosstab, Side, numbers  # noqa: E402 -- the file is run by its name
from pilot.metrics.disclosure import release  # noqa: E402
from pilot.metrics.download import counts  # noqa: E402
from tests.builders.crosstabs import a_table, fewest, narrowest, protected, small_ones  # noqa: E402

SIZES = (((6,), ()), ((3, 4), ()), ((6, 4), ()), ((6, 4), (0,)), ((4, 4), (0, 1)), ((2, 3, 2), ()), ((3, 4, 2), ()))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tables", type=int, default=1000)
    wanted = asked.parse_args().tables
    shares = ((0.0, 0.01), (0.0, 0.05), (0.1, 0.1), (0.3, 0.3), (0.5, 0.3))
    found = {
        "attacked": attacked(wanted),
        "beyond the fewest": beyond(wanted // 2),
        "trusts by staff groups, 215 × 13": [large(*share) for share in shares],
    }
    print(json.dumps(found, indent=1))


def attacked(wanted: int) -> list[dict[str, Any]]:
    """Random tables of each size, protected and not, and what the attacker makes of them."""
    rng = Random(7)
    lines = []
    for number, (size, levels) in enumerate(SIZES):
        tables = [a_table(rng, size, levels) for _ in range(number, wanted, len(SIZES))]
        began = time.process_time()
        found = [protected(table) for table in tables]
        spent = time.process_time() - began
        small = [small_ones(numbers(table)) for table in tables]
        naive = [narrowest(t, s) for t, s in zip(tables, small, strict=True) if s]
        widths = [narrowest(t, f.hidden) for t, f in zip(tables, found, strict=True)]
        lines.append(
            {
                "size": " × ".join(map(str, size)) + (f", levels on side {levels}" if levels else ""),
                "tables": len(tables),
                "with small counts": len(naive),
                "naive: solved to the digit": sum(bool(width < 1e-6) for width in naive),
                "naive: to within fewer than 11": sum(bool(width < 11 - 1e-6) for width in naive),
                "protected: to within fewer than 11": sum(bool(width < 11 - 1e-6) for width in widths),
                "small": sum(map(len, small)),
                "hidden": sum(len(f.hidden) for f in found),
                "processor ms each": round(1000 * spent / len(tables), 2),
            }
        )
    return lines


def beyond(wanted: int) -> dict[str, int]:
    """How many more than the fewest possible are hidden in small tables, by trying every set of numbers."""
    rng = Random(11)
    extra: Counter[int] = Counter()
    for _ in range(wanted):
        table = a_table(rng, rng.choice(((4,), (2, 3), (3, 3), (3, 4))))
        small = small_ones(numbers(table))
        more = len(protected(table).hidden - small)
        extra[more - fewest(table, small, more)] += 1
    return {str(number): extra[number] for number in sorted(extra)}


def large(zeros: float, small: float) -> dict[str, Any]:
    """A table of 215 trusts by 13 groups, from counts to what may leave the house."""
    rng = Random(1)
    sides = (Side("trust", tuple(f"R{n:03}" for n in range(215))), Side("group", tuple(f"g{n:02}" for n in range(13))))
    people = {}
    for labels in product(sides[0].items, sides[1].items):
        chance = rng.random()
        people[labels] = 0 if chance < zeros else rng.randint(1, 10) if chance < zeros + small else rng.randint(11, 200)
    table = Crosstab(sides, people)
    began = time.process_time()
    lines = counts(table)
    done = release("large", lines.columns, lines.rows, lines.sums)
    spent = time.process_time() - began
    return {
        "small counts": len(small_ones(numbers(table))),
        "hidden": done.hidden,
        "rows": len(done.rows),
        "processor s": round(spent, 2),
    }


if __name__ == "__main__":
    main()
