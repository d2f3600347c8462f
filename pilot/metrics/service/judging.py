"""Judging a comparison by the plans that were locked on its dataset, before it is computed."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries, registration
from pilot.metrics.arms import Arm
from pilot.metrics.kernel.estimates import Question
from pilot.metrics.queries import Judged
from pilot.metrics.registration import Asked
from pilot.metrics.service import origins
from pilot.metrics.service.sides import Ask, Sides


async def judge(
    session: AsyncSession, sides: Sides, ask: Ask, question: Question, arms: Sequence[Arm]
) -> tuple[str, int | None, Judged]:
    """The status of a comparison, the number of the version that it was judged by (None: no plan), and the reasons.

    Of several studies that one counts whose plan fits best. Arms that no draw of this programme gave are
    “not randomised” besides.
    """
    draw = await origins.draw_of(session, sides.dataset, arms)
    asked = Asked(
        instrument=sides.measure.instrument,
        outcome=sides.measure.outcome,
        before=ask.before,
        after=ask.after,
        available=sides.periods,
        sets="matched" if any(case.set_id for case in question.cases) else "none",
        test=ask.test,
        alpha=question.alpha,
        seed=question.seed,
        missing=ask.missing,
        allocation=registration.allocation_digest(arms),
        drawn=draw is not None,
    )
    studies = [study for study in await queries.studies(session, sides.dataset.id) if study.versions]
    judgements = [registration.status_of(asked, study.documents) for study in studies]
    more = origins.besides(draw)
    if not judgements:
        judgement = registration.status_of(asked, ())
        return judgement.status + more, None, Judged(judgement.sentences)
    place = registration.best(judgements)
    judgement, study = judgements[place], studies[place]
    version = study.versions[judgement.version - 1]
    judged = Judged(judgement.sentences, study.id, study.name, version.document.version, version.sha256, judgement.role)
    return judgement.status + more, version.id, judged
