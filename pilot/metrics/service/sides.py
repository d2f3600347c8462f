"""What a comparison of a measure would have to go on: its periods, its arms, and what a locked plan says of it."""

from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries
from pilot.metrics.periods import in_order, read_period
from pilot.metrics.plan import Missing, Test
from pilot.metrics.queries import Study
from pilot.metrics.registration import AnalysisPlan, Outcome


class Ask(msgspec.Struct, frozen=True):
    """What is to be compared: a measure, and its periods before and after the start by their labels."""

    measure_id: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    missing: Missing = "complete"
    test: Test = "permutation"


class Sides(msgspec.Struct, frozen=True):
    """What a comparison of a measure would have to go on. Periods in the order of time."""

    dataset: queries.Dataset
    measure: queries.Measure
    periods: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    starts: tuple[date, ...]
    pilots: int
    controls: int
    held: bool = False
    """Whether figures are held back, which a comparison would need."""
    plan: AnalysisPlan | None = None
    """The plan in force that names the measure, with its periods as `before` and `after`; None when there is none."""


async def side_by_side(session: AsyncSession, measure_id: int) -> Sides:
    """The periods of a measure with values in both arms, and on which side of the start each lies by itself.

    Where a locked plan names the measure, the sides are those of the plan.
    """
    measure = await queries.measure(session, measure_id)
    dataset = await queries.dataset(session, measure.dataset_id)
    arms = {arm.trust: arm for arm in await queries.arms_of(session, dataset)}
    values = [value for value in await queries.values(session, measure) if value.trust in arms]
    periods = in_order({value.period for value in values})
    starts = tuple(sorted({arm.starts_on for arm in arms.values() if arm.starts_on}))
    there = {value.trust for value in values}
    before = tuple(p for p in periods if starts and side_of(p, starts[0]) == "before")
    after = tuple(p for p in periods if starts and side_of(p, starts[-1]) == "after")
    plan, planned = _planned(await queries.studies(session, dataset.id), measure)
    if planned is not None:
        before, after = planned.before.of(periods), planned.after.of(periods)
    return Sides(
        dataset=dataset,
        measure=measure,
        periods=periods,
        before=before,
        after=after,
        starts=starts,
        pilots=sum(arm.pilot for trust, arm in arms.items() if trust in there),
        controls=sum(not arm.pilot for trust, arm in arms.items() if trust in there),
        held=await queries.holds_back(session, measure),
        plan=plan,
    )


def _planned(studies: Sequence[Study], measure: queries.Measure) -> tuple[AnalysisPlan | None, Outcome | None]:
    """The first plan in force that names the measure, and what it says of it."""
    for study in studies:
        for plan in [version.plan for version in study.documents[-1:]]:
            for outcome in plan.outcomes:
                if (outcome.instrument, outcome.name) == (measure.instrument, measure.outcome):
                    return plan, outcome
    return None, None


def side_of(label: str, start: date) -> str:
    period = read_period(label)
    return period.side(start) if period else "during"
