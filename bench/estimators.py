"""How long the estimators for staggered starts take. Prints JSON with seconds of one processor: the middle of three.

`callaway_santanna_*`: every group-time, the four means, event times, errors and bands. `permutation_4_to_10`: the same
for one mean with all 1,048,576 allocations of ten sets of one pilot and three controls, p and interval; `_drawn` with
99,999 drawn allocations and two starts. `synthetic_39x31`: the estimate alone, on as many states and years as the study
of Proposition 99; `synthetic_40x8`: with placebo error and test.

`python bench/estimators.py`; about half a minute.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 -- after the number of threads

from pilot.metrics.kernel import callaway_santanna, synthetic  # noqa: E402
from pilot.metrics.kernel.counterfactual import synthetic_did  # noqa: E402
from pilot.metrics.kernel.grid import Grid  # noqa: E402
from pilot.metrics.panel import Panel, Unit  # noqa: E402
from pilot.metrics.plan import AGGREGATES, Plan  # noqa: E402

RUNS = 3


def made(units: int, periods: int, starts: tuple[int, ...]) -> Grid:
    """Made-up units, always the same; the starts go round, and each round of them is a matched set."""
    chance = np.random.default_rng(7)
    y = chance.normal(size=(units, 1)) + 0.3 * chance.normal(size=(units, periods)).cumsum(axis=1)
    rows = tuple(tuple(float(v) for v in row) for row in y)
    named = tuple(
        Unit(f"T{i:03d}", starts[i % len(starts)], str(i // len(starts)), f"T{i:03d}", 1.0, 0) for i in range(units)
    )
    return Grid(Panel(named, tuple(range(1, periods + 1)), {"morale": rows}), "morale", "complete")


def seconds(work: Callable[[], object]) -> float:
    """The middle of three runs, after one that is not counted."""
    work()
    taken = []
    for _ in range(RUNS):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return round(statistics.median(taken), 4)


def main() -> None:
    """Measure and print."""
    everything = Plan(("morale",), test="cluster", aggregates=AGGREGATES)
    tested = Plan(("morale",))
    small, large = made(40, 8, (4, 6, 0, 0)), made(215, 12, (4, 6, 8, 0, 0))
    sets = made(40, 8, (4, 0, 0, 0))
    states = np.random.default_rng(7).normal(size=(39, 31)).cumsum(axis=1)
    measured = {
        "callaway_santanna_40x8": seconds(lambda: callaway_santanna.estimate(small, everything)),
        "callaway_santanna_215x12": seconds(lambda: callaway_santanna.estimate(large, everything)),
        "permutation_4_to_10": seconds(lambda: callaway_santanna.estimate(sets, tested)),
        "permutation_40x8_drawn": seconds(lambda: callaway_santanna.estimate(small, tested)),
        "synthetic_39x31": seconds(lambda: synthetic_did(states, 38, 19)),
        "synthetic_40x8": seconds(lambda: synthetic.estimate(sets, tested)),
    }
    print(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
