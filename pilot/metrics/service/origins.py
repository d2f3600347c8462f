"""Where a study comes from: the draw that gave its arms, the lists about its trusts, the files of its values."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries
from pilot.metrics.arms import Arm
from pilot.metrics.particulars import Known
from pilot.metrics.queries import designs, origins, registers
from pilot.metrics.queries.designs import Design
from pilot.metrics.registration import AnalysisPlan


async def draw_of(session: AsyncSession, dataset: queries.Dataset, arms: Sequence[Arm]) -> Design | None:
    """The design whose draw gave the arms of the programme's trusts; None for others, and for arms from elsewhere."""
    return await designs.behind(session, arms) if dataset.kind == "programme" else None


async def known(session: AsyncSession, dataset: queries.Dataset, plan: AnalysisPlan, draw: Design | None) -> Known:
    """What is known of the trusts of a study besides its figures, as far as it may be read."""
    return Known(
        listed=await registers.listed_trusts(session),
        ratings=await registers.ratings(session),
        successions=await registers.successions(session),
        sources=await origins.sources(session, dataset.id, {(one.instrument, one.name) for one in plan.outcomes}),
        movements=await registers.movements(session, dataset.id),
        eligible=draw.eligible if draw else None,
    )
