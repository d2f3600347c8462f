"""What synthetic difference in differences finds where nothing happened: its error and its test. Pure.

Sources: Arkhangelsky and others (2021), algorithm 4, for the error; Abadie, Diamond and Hainmueller (2010) for the
idea of the test. Placebo effects come from the minimum itself (`simplex.exact`), and so does the real one in the test.
"""

import itertools
import math

import numpy as np

from pilot.metrics.kernel.counterfactual import mean_effect
from pilot.metrics.kernel.grid import Floats, Wholes
from pilot.metrics.kernel.group_permutation import deals, shuffled, ways
from pilot.metrics.kernel.inversion import TIE

PLACEBOS = 499
"""Placebo allocations drawn with the seed where there are more than that; else every one is used."""


def placebo_effects(y: Floats, place: Wholes, seed: int) -> Floats:
    """The effects found when comparison units are given the starts of the treated ones, which are left out.

    Needs more comparison units than treated ones.
    """
    never = place == y.shape[1]
    dealt = np.full(int(never.sum()), y.shape[1])
    dealt[: int(np.sum(~never))] = place[~never]
    rows, _ = _allocations([dealt], seed)
    return np.array([mean_effect(y[never], row, published=False) for row in rows])


def placebo_error(y: Floats, place: Wholes, seed: int) -> float | None:
    """The standard error: the standard deviation of the placebo effects. None without more comparison units than
    treated ones, since a placebo of the same size is then not to be had."""
    if np.sum(place == y.shape[1]) <= np.sum(place < y.shape[1]):
        return None
    return float(np.std(placebo_effects(y, place, seed)))


def permutation(y: Floats, place: Wholes, set_id: tuple[str, ...], seed: int) -> tuple[float, int, bool]:
    """The share of allocations of the starts within their sets whose effect is at least as far from 0 as the real one.

    With it their number and whether they are all there are; of drawn ones the real one is one more.
    """
    names = sorted(set(set_id))
    blocks = [np.array([i for i, name in enumerate(set_id) if name == one]) for one in names]
    rows, enumerated = _allocations([place[block] for block in blocks], seed)
    order = np.concatenate(blocks)
    real = abs(mean_effect(y, place, published=False)) * (1 - TIE)
    far = sum(abs(mean_effect(y[order], row, published=False)) >= real for row in rows)
    p = far / len(rows) if enumerated else (1 + far) / (1 + len(rows))
    return p, len(rows), enumerated


def _allocations(blocks: list[Wholes], seed: int) -> tuple[Wholes, bool]:
    """Every order of the blocks' starts, or as many as PLACEBOS drawn; and whether it is every one."""
    if math.prod(ways(block) for block in blocks) <= PLACEBOS:
        every = itertools.product(*(deals(block) for block in blocks))
        return np.array([np.concatenate(rows) for rows in every]), True
    chance = np.random.default_rng(seed)
    return np.hstack([shuffled(block, PLACEBOS, chance) for block in blocks]), False
