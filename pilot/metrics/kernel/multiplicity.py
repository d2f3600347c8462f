"""P-values for several secondary outcomes, so that asking often does not find something by chance. Pure.

The plan's first outcome is the primary and stands alone; the others are one family. Holm (1979) needs only their
p-values. Romano and Wolf (2005, 2016) step down through the largest statistic of those that remain, over allocations
that all outcomes share, and so lose less where outcomes move together.
"""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.metrics.kernel.checks import Adjusted
from pilot.metrics.kernel.estimates import Question
from pilot.metrics.kernel.grid import Floats
from pilot.metrics.kernel.inversion import TIE
from pilot.metrics.kernel.permutation import studentised
from pilot.metrics.kernel.sample import Sample, usable


def adjust(p_values: Sequence[tuple[str, float]], table: Floats | None = None) -> tuple[Adjusted, ...]:
    """Adjust all but the first of the outcomes' p-values, in the order given.

    `table` holds the secondary outcomes' studentised statistics in their order, allocations × outcomes, row 0 as
    really drawn; None where there are no shared allocations. Raises BadInput when they do not fit together.
    """
    if not p_values:
        raise BadInput("There is no p-value to adjust.")
    family = [p for _, p in p_values[1:]]
    if table is not None and table.shape[1] != len(family):
        raise BadInput("Romano and Wolf's adjustment needs one column for each secondary outcome.")
    by_holm = holm(family)
    by_shared = romano_wolf(table) if table is not None and family else (None,) * len(family)
    secondary = [
        Adjusted(name, p, False, adjusted, shared)
        for (name, p), adjusted, shared in zip(p_values[1:], by_holm, by_shared, strict=True)
    ]
    return (Adjusted(*p_values[0], primary=True, p_holm=None, p_romano_wolf=None), *secondary)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's adjusted p-values in the order given: the smallest times their number, the next times one less, …."""
    p = np.array(p_values, dtype=float)
    if not ((p >= 0) & (p <= 1)).all():
        raise BadInput("A p-value must lie between 0 and 1.")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return tuple(adjusted.tolist())


def romano_wolf(table: Floats) -> tuple[float, ...]:
    """Adjusted p-values of the columns of `table`: allocations × outcomes, row 0 the one that was really drawn.

    Statistics count by their size whatever their sign; one that cannot be computed counts as largest. The share is
    of all rows, so that drawn rows give (1 + #)/(1 + B) and all allocations the exact share.
    """
    if table.ndim != 2 or not table.size:
        raise BadInput("Romano and Wolf's adjustment needs statistics: allocations as rows, outcomes as columns.")
    size = np.abs(table)
    size[np.isnan(size)] = np.inf
    # from the weakest outcome up, each is compared with the largest of itself and all weaker ones
    order = np.argsort(size[0], kind="stable")
    largest = np.zeros(len(size))
    shares = np.empty(len(order))
    for place in order:
        np.maximum(largest, size[:, place], out=largest)
        shares[place] = np.mean(largest >= size[0, place] * (1 - TIE))
    downward = order[::-1]
    adjusted = np.empty(len(order))
    adjusted[downward] = np.maximum.accumulate(shares[downward])
    return tuple(adjusted.tolist())


def shared_statistics(questions: Sequence[Question]) -> Floats:
    """The studentised differences in differences of several outcomes over the same allocations, for `romano_wolf`.

    Only units that count for every outcome are used, so that one allocation means the same for all; the seed is the
    first question's. Raises BadInput, in a sentence, when no unit is left or the outcomes have other units.
    """
    if not questions:
        raise BadInput("There is no outcome to compare.")
    units = {tuple((c.name, c.pilot, c.set_id, c.cluster) for c in question.cases) for question in questions}
    if len(units) > 1:
        raise BadInput("Outcomes share allocations only when they have the same units in the same arms.")
    kept = set.intersection(*({case.name for case in usable(question)[0]} for question in questions))
    columns = []
    for question in questions:
        narrowed = replace(question, cases=tuple(case for case in question.cases if case.name in kept))
        sample = Sample(narrowed, usable(narrowed)[0])
        columns.append(studentised(sample.sets, questions[0].seed, sample.scale))
    return np.column_stack(columns)
