"""Where a study comes from: the draw that gave its arms, the lists about its trusts, the files of its values."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import allotment, queries
from pilot.metrics.allotment import Announced
from pilot.metrics.arms import Arm
from pilot.metrics.gathered import Gathered, steps
from pilot.metrics.kernel.designs import DrawnFrom
from pilot.metrics.kernel.studies import Step
from pilot.metrics.particulars import Known
from pilot.metrics.queries import designs, origins, registers
from pilot.metrics.queries.designs import Design
from pilot.metrics.registration import AnalysisPlan
from pilot.metrics.tables import NOT_RANDOMISED


async def draw_of(session: AsyncSession, dataset: queries.Dataset, arms: Sequence[Arm]) -> Design | None:
    """The design whose draw gave the arms of the programme's trusts; None for others, and for arms from elsewhere."""
    return await designs.behind(session, arms) if dataset.kind == "programme" else None


def besides(*, drawn: bool) -> str:
    """What is added to the status of an estimate: that the arms were not drawn by lot, where no draw gave them."""
    return "" if drawn else NOT_RANDOMISED


async def announced(
    session: AsyncSession, dataset: queries.Dataset, trusts: Iterable[str], draw: Design | None
) -> tuple[Announced, ...] | None:
    """Every draw that was announced for some of these trusts, the oldest first: `draw`, which gave the arms, and those
    that did not. None for other trusts than the programme's, who are not drawn here."""
    if dataset.kind != "programme":
        return None
    found = [
        allotment.announced(
            one.id, one.document, one.over_because or "", trusts, used=draw is not None and one.id == draw.id
        )
        for line in reversed(await designs.draws(session))
        if (one := await designs.design(session, line.id)).document
    ]
    return tuple(one for one in found if one is not None)


async def suggested(session: AsyncSession, study: queries.Study) -> DrawnFrom | None:
    """The draw from which the plan of a study of the programme's trusts can begin: the one that gave their arms.

    While no trust is in the programme, the newest one; None where the arms are from elsewhere.
    """
    dataset = await queries.dataset(session, study.dataset_id)
    if dataset.kind != "programme":
        return None
    if arms := await queries.arms_of(session, dataset):
        return kept(await designs.behind(session, arms))
    return kept(next(iter(await designs.drawn(session)), None))


def kept(draw: Design | None) -> DrawnFrom | None:
    """What a study keeps of its draw."""
    if not (draw and draw.document and draw.asked and draw.drawn_up and draw.weighed):
        return None
    return allotment.drawn_from(draw.id, draw.document, draw.asked.spread, draw.drawn_up, draw.weighed)


def flow(arms: Mapping[str, Arm], gathered: Gathered, draw: Design | None) -> tuple[Step, ...]:
    """How trusts went through a study, from the eligible list of its draw on where there is one."""
    if draw is None or draw.document is None or draw.eligible is None:
        return steps(arms, gathered)
    fte = {one.code: one.fte for one in draw.eligible.trusts}
    return (*allotment.before_the_draw(draw.document), *steps(arms, gathered, fte))


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
