"""Turning a test round: what can no longer change sides is left alone, and nothing else is."""

import numpy as np
import pytest

from pilot.metrics.kernel.inversion import Statistics


class Patient(Statistics):
    """Looks at every allocation each time."""

    def _undecided(self, rows, low, high):
        return rows, 0


def extreme(every, delta):
    """Which allocations are at least as far out as the real one if the effect is δ everywhere."""
    return np.concatenate(list(every._far(every.rows, delta)))


def some(seed, count=20_000, effect=0.3):
    """Statistics of allocations as a lottery within sets gives them: signs dealt to the changes of twelve sets."""
    chance = np.random.default_rng(seed)
    signs = chance.choice([-1.0, 1.0], (count, 12))
    signs[0] = 1.0
    changes = effect + chance.normal(size=12)
    a, b = (signs * changes).mean(axis=1), signs.mean(axis=1)
    v0, v1, v2 = (
        ((one * signs) * (other * signs)).mean(axis=1) - (one * signs).mean(axis=1) * (other * signs).mean(axis=1)
        for one, other in ((changes, changes), (changes, np.ones(12)), (np.ones(12), np.ones(12)))
    )
    return np.column_stack([a, b, v0 / 11, v1 / 11, v2 / 11])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_leaving_settled_allocations_alone_changes_no_interval(seed, alpha):
    rows = some(seed, effect=(0.0, 0.3, 5.0)[seed % 3])
    assert Statistics(rows, 1.0).interval(alpha, 0.2) == Patient(rows, 1.0).interval(alpha, 0.2)


@pytest.mark.parametrize("seed", range(3))
def test_an_allocation_is_settled_only_when_it_stays_on_its_side_throughout(seed):
    every = Statistics(some(seed), 1.0)
    for low, high in ((0.1, 0.4), (0.9, 1.0), (-3.0, -2.0)):
        kept, far = every._undecided(every.rows, low, high)
        sides = np.array([extreme(every, delta) for delta in np.linspace(low, high, 41)])
        assert far <= int(sides.all(axis=0).sum())
        assert kept.shape[1] >= int((sides.any(axis=0) & ~sides.all(axis=0)).sum())
        assert far + kept.shape[1] >= int(sides.any(axis=0).sum())
        moving = {tuple(row) for row in every.rows[:, sides.any(axis=0) & ~sides.all(axis=0)].T}
        assert moving <= {tuple(row) for row in kept.T}
    assert every._undecided(every.rows, 0.99, 1.0)[0].shape[1] < every.rows.shape[1] / 4


def test_the_ends_are_where_the_test_begins_to_reject():
    every = Statistics(some(1), 1.0)
    lo, hi = every.interval(0.05, 0.2)
    assert every.p(lo) > 0.05 >= every.p(lo - 1e-9)
    assert every.p(hi) > 0.05 >= every.p(hi + 1e-9)


def test_counting_no_further_than_needed_keeps_the_same_effects():
    """Whether an effect is kept does not hang on where the far allocations stand."""
    rows = some(3)
    sorted_out = extreme(Statistics(rows, 1.0), 0.5)[1:]
    for order in (np.argsort(sorted_out), np.argsort(~sorted_out)):
        every = Statistics(np.vstack([rows[:1], rows[1:][order]]), 1.0)
        for delta in np.linspace(-0.5, 1.5, 21):
            for alpha in (0.01, 0.05, 0.3, every.p(delta)):
                assert every._kept(every.rows, 0, delta, alpha) is (every.p(delta) > alpha)


def test_what_cannot_be_computed_counts_as_far_out_and_stays_so():
    rows = some(2)
    rows[5:3000] = np.nan
    assert extreme(Statistics(rows, 1.0), 0.3)[5:3000].all()
    assert Statistics(rows, 1.0).interval(0.2, 0.2) == Patient(rows, 1.0).interval(0.2, 0.2)


def test_bounds_hold_for_every_effect_between_two_even_where_the_variance_dips():
    chance = np.random.default_rng(4)
    curve, lowest, rest = chance.uniform(0.1, 9, 500), chance.uniform(-1, 1, 500), chance.uniform(1e-6, 0.1, 500)
    rows = np.stack([*chance.normal(size=(2, 500)), curve * lowest**2 + rest, curve * lowest, curve])
    every = Statistics(rows.T, 1.0)
    (least, most), (narrow, wide) = every._squares(rows, -0.8, 0.7), every._spreads(rows, -0.8, 0.7)
    for delta in np.linspace(-0.8, 0.7, 61):
        squared, variance = every._parts(rows, delta)
        assert (least <= squared + 1e-12).all()
        assert (squared <= most + 1e-12).all()
        assert (narrow <= variance + 1e-12).all()
        assert (variance <= wide + 1e-12).all()
