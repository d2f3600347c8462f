"""How often the evaluation errs, and how often it finds what is there. Prints JSON.

`size`: the share of studies without any effect in which the primary test (difference in differences, studentised
permutation within matched sets) says p ≤ 0.05; that share should be 5%. `power`: the share of studies with an effect
of the minimum detectable size in which it says so; that share should be 80%. `real`: 122 real acute trusts over eight
years in which nothing was done: what the ten worst seem to gain, by each method, and what a lottery among the worst
forty makes of it. `retention`: the same as `size`, for counts of leavers. `methods` and `tests`: the same for every
estimator as the primary of a plan, by permutation and by the other tests.

`whole` and `page`: what a whole study costs, and the page of a comparison. `placebo`: a study of nothing on the real
survey, with its tables.

`python bench/evaluation.py [part …]`; each part takes one to three minutes. `real` and `placebo` need the reference
data.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import evaluation_placebo, evaluation_size, evaluation_speed  # noqa: E402 -- the file is run by its name
from pilot.metrics.kernel import permutation, retention  # noqa: E402
from pilot.metrics.kernel.permutation import MatchedSet  # noqa: E402
from pilot.metrics.kernel.power import mde, spreads  # noqa: E402
from pilot.metrics.plan import Plan  # noqa: E402
from tests.builders.kernel import a_panel, matched, real_engagement  # noqa: E402

DRAWS = 999
"""Allocations drawn for each study where there are more than 20,000: the test is exact with any number, so that many
studies with few allocations say more about it than few studies with a million."""

Floats = permutation.Floats


def sets_of(changes: Floats, pilots_in_each: int = 1) -> list[MatchedSet]:
    """Sets × units of changes, the first units of each set being its pilots."""
    sets = []
    for change in changes:
        pilot = np.arange(len(change)) < pilots_in_each
        one, none = np.ones_like(change), np.zeros_like(change)
        sets.append(MatchedSet(np.column_stack([change, one, none, one, pilot]), pilot, 1 / len(changes)))
    return sets


def p_value(changes: Floats, seed: int, pilots_in_each: int = 1) -> float:
    sets = sets_of(changes, pilots_in_each)
    return permutation.statistics(sets, seed, float(np.std(changes)))[0].p(0.0)


@contextmanager
def few_allocations() -> Iterator[None]:
    """With DRAWS allocations where there are more than 20,000."""
    kept = permutation.ENUMERATE_UP_TO, permutation.DRAWS
    permutation.ENUMERATE_UP_TO, permutation.DRAWS = 20_000, DRAWS
    try:
        yield
    finally:
        permutation.ENUMERATE_UP_TO, permutation.DRAWS = kept


def rejected(studies: int, make: Callable[[np.random.Generator], Floats], pilots_in_each: int = 1) -> dict[str, Any]:
    chance, began = np.random.default_rng(20270401), time.perf_counter()
    p = np.array([p_value(make(chance), seed, pilots_in_each) for seed in range(studies)])
    share = float(np.mean(p <= 0.05))
    error = (share * (1 - share) / studies) ** 0.5
    seconds = time.perf_counter() - began
    return {"share": round(share, 4), "error": round(error, 4), "studies": studies, "seconds": round(seconds, 1)}


def noise(pilots: int, controls: int, pilot_sd: float = 1.0) -> Callable[[np.random.Generator], Floats]:
    """Changes without an effect, in sets of one pilot; `pilot_sd` scales the pilots' noise."""

    def make(chance: np.random.Generator) -> Floats:
        changes: Floats = chance.normal(size=(pilots, 1 + controls // pilots))
        changes[:, 0] *= pilot_sd
        return changes

    return make


@few_allocations()
def size() -> dict[str, Any]:
    found = {f"{n}:30": rejected(studies, noise(n, 30)) for n, studies in ((10, 2500), (5, 4000), (3, 6000))}
    for n in (10, 5):
        found[f"{n}:30, pilots with twice the noise"] = rejected(1500, noise(n, 30, 2.0))
    return found


@few_allocations()
def power() -> dict[str, Any]:
    """Ten sets of one pilot and three controls, and ten pilots beside thirty controls without sets."""
    found = {}
    for pilots, controls, studies in ((10, 30, 1500), (5, 30, 2000), (20, 60, 800)):
        for kind, n_sets in (("degrees of freedom of the sets", pilots), ("degrees of freedom of all units", None)):
            effect = mde(1.0, pilots, controls, n_sets)
            shown = rejected(studies, plus(noise(pilots, controls), effect))
            found[f"{pilots}:{controls} in sets, {kind}"] = {"mde in sd": round(effect, 3), **shown}
    effect = mde(1.0, 10, 30)

    def one_set(chance: np.random.Generator) -> Floats:
        changes: Floats = chance.normal(size=(1, 40))
        changes[:, :10] += effect
        return changes

    found["10:30, no sets"] = {"mde in sd": round(effect, 3), **rejected(1000, one_set, 10)}
    return found


def plus(make: Callable[[np.random.Generator], Floats], effect: float) -> Callable[[np.random.Generator], Floats]:
    def changed(chance: np.random.Generator) -> Floats:
        changes = make(chance)
        changes[:, 0] += effect
        return changes

    return changed


@few_allocations()
def real() -> dict[str, Any]:
    """Four waves before and four after, by the engagement of the last wave before; on the scale from 0 to 10."""
    _, y = real_engagement(Path(os.environ.get("PILOT_REFERENCE_DATA", ROOT.parent / "shared" / "data")))
    before, after, rank = y[:, :4].mean(1), y[:, 4:].mean(1), np.argsort(y[:, 3])
    change, worst = after - before, np.isin(np.arange(len(y)), rank[:10])
    found = {
        "trusts": len(y),
        "did of the ten worst": round(float(change[worst].mean() - change[~worst].mean()), 4),
        "p of it": p_value(np.r_[change[worst], change[~worst]][None, :], 1, 10),
        "matched 1:3 on the last level": round(nearest(change, y[:, 3], rank), 4),
        "matched 1:3 on the mean before": round(nearest(change, before, rank), 4),
        "ancova on the mean before": round(ancova(after, before, worst), 4),
        "ancova on the last wave": round(ancova(after, y[:, 3], worst), 4),
        "spreads": {
            str(waves): {
                str(2011 + one.first): [round(one.sd, 4), round(one.sd_adjusted, 4)]
                for one in spreads(a_panel(y, 0, 0), "y", waves, waves)
            }
            for waves in (1, 2, 4)
        },
    }
    chance, eligible = np.random.default_rng(1), change[rank[:40]].reshape(10, 4)
    lotteries = [chance.permuted(eligible, axis=1) for _ in range(5000)]
    bias = [float((drawn[:, 0] - drawn[:, 1:].mean(1)).mean()) for drawn in lotteries]
    p = [p_value(drawn, seed) for seed, drawn in enumerate(lotteries[:1000])]
    lottery = {
        "mean bias": round(float(np.mean(bias)), 5),
        "sd": round(float(np.std(bias)), 4),
        "size": float(np.mean(np.array(p) <= 0.05)),
    }
    return found | {"lottery among the worst forty, 5,000 times": lottery}


def ancova(after: Floats, baseline: Floats, pilot: Any) -> float:
    columns = np.column_stack([np.ones_like(after), baseline, pilot])
    return float(np.linalg.lstsq(columns, after, rcond=None)[0][2])


def nearest(change: Floats, level: Floats, rank: Any) -> float:
    """Each of the ten worst with the three others nearest in level that are still free."""
    free, parts = list(rank[10:]), []
    for pilot in rank[:10]:
        chosen = sorted(free, key=lambda other: abs(level[other] - level[pilot]))[:3]
        free = [other for other in free if other not in chosen]
        parts.append(change[pilot] - change[chosen].mean())
    return float(np.mean(parts))


@few_allocations()
def leavers() -> dict[str, Any]:
    """Counts with more scatter than chance, in six sets of one pilot and three controls; both tests."""
    chance, studies, ours, cluster = np.random.default_rng(1), 1000, [], []
    began = time.perf_counter()
    for _ in range(studies):
        head = chance.integers(500, 5000, size=(24, 1)) * np.ones((24, 13))
        rate = np.exp(-4.6 + 0.3 * chance.normal(size=(24, 1)) + 0.2 * chance.normal(size=(24, 12)))
        y = chance.poisson(head[:, 1:] * rate)
        panel = a_panel(y, 6, 7, matched(6, 3), leavers=y, headcount_start=head[:, :-1], headcount_end=head[:, 1:])
        found = retention.compare(panel, Plan(("leavers",)))
        ours.append(found.p_permutation)
        cluster.append(found.p_cluster)
    shares = {
        name: float(np.mean(np.array(p) <= 0.05)) for name, p in (("permutation", ours), ("CR1 with t(G − 1)", cluster))
    }
    return {**shares, "studies": studies, "seconds": round(time.perf_counter() - began, 1)}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "size": size,
    "power": power,
    "real": real,
    "retention": leavers,
    "methods": evaluation_size.methods,
    "tests": evaluation_size.other_tests,
    "whole": evaluation_speed.whole,
    "page": evaluation_speed.page,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join([*PARTS, "placebo"]))
    parser.add_argument("--out", type=Path, help="a folder for the tables of the part placebo")
    given = parser.parse_args(arguments)
    parts, asked = PARTS | {"placebo": lambda: evaluation_placebo.placebo(given.out)}, given.parts
    if unknown := sorted(set(asked) - set(parts)):
        print(f"There is no part “{unknown[0]}”. The parts are {', '.join(parts)}.", file=sys.stderr)
        return 2
    print(json.dumps({name: parts[name]() for name in asked or parts}, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
