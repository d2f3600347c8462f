"""Judging a comparison by the plans that were locked on its dataset, before it is computed."""

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries, registration
from pilot.metrics.kernel.estimates import Question
from pilot.metrics.queries import Judged
from pilot.metrics.registration import Asked
from pilot.metrics.service import origins
from pilot.metrics.service.sides import Ask, Sides
from pilot.metrics.tables import NOT_RANDOMISED


async def judge(
    session: AsyncSession, sides: Sides, ask: Ask, question: Question, allocation: str
) -> tuple[str, int | None, Judged]:
    """The status of a comparison, the number of the version that it was judged by (None: no plan), and the reasons.

    Of several studies that one counts whose plan fits best. Arms that no draw gave are “not randomised” besides.
    """
    drawn = await origins.draw_of(session, sides.dataset, await queries.arms_of(session, sides.dataset)) is not None
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
        allocation=allocation,
        drawn=drawn,
    )
    studies = [study for study in await queries.studies(session, sides.dataset.id) if study.versions]
    judgements = [registration.status_of(asked, study.documents) for study in studies]
    more = "" if drawn else NOT_RANDOMISED
    if not judgements:
        judgement = registration.status_of(asked, ())
        return judgement.status + more, None, Judged(judgement.sentences)
    place = registration.best(judgements)
    judgement, study = judgements[place], studies[place]
    version = study.versions[judgement.version - 1]
    judged = Judged(judgement.sentences, study.id, study.name, version.document.version, version.sha256, judgement.role)
    return judgement.status + more, version.id, judged
