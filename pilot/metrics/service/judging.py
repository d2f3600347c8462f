"""Judging a comparison, or an outcome of a plan, by the plans that were locked, before it is computed."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import queries, registration
from pilot.metrics.arms import Arm
from pilot.metrics.gathered import Gathered
from pilot.metrics.kernel.estimates import Question
from pilot.metrics.queries import Judged
from pilot.metrics.queries.runs import Estimated
from pilot.metrics.registration import Asked, Document
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
    more = origins.besides(drawn=draw is not None)
    if not judgements:
        judgement = registration.status_of(asked, ())
        return judgement.status + more, None, Judged(judgement.sentences)
    place = registration.best(judgements)
    judgement, study = judgements[place], studies[place]
    version = study.versions[judgement.version - 1]
    judged = Judged(judgement.sentences, study.id, study.name, version.document.version, version.sha256, judgement.role)
    return judgement.status + more, version.id, judged


def of_the_plan(
    versions: Sequence[Document], document: Document, one: Gathered, arms: Mapping[str, Arm], *, drawn: bool
) -> Estimated:
    """What an estimate of an outcome may be used for, as a version of the plan is followed to the letter.

    `versions` are all of the study, `document` the one that is followed. `drawn`: the arms are those of a draw that was
    made here; others are “not randomised”.
    """
    plan = document.plan
    outcome = next(o for o in plan.outcomes if (o.instrument, o.name) == (one.instrument, one.outcome))
    asked = Asked(
        instrument=one.instrument,
        outcome=one.outcome,
        before=outcome.before.of(one.periods),
        after=outcome.after.of(one.periods),
        available=one.available,
        sets="matched" if one.measured and any(u.set_id for u in one.measured.panel.units) else "none",
        test=plan.test,
        alpha=float(plan.alpha),
        seed=plan.seed,
        missing=plan.missing,
        estimator=plan.estimator,
        control=plan.control,
        allocation=registration.allocation_digest(arms.values()),
        drawn=drawn,
    )
    judged = registration.status_of(asked, versions[: versions.index(document) + 1])
    return Estimated(
        one.outcome, one.instrument, one.kind, asked.before, asked.after,
        judged.status + origins.besides(drawn=drawn), judged.sentences, one.problem, response=one.response,
    )  # fmt: skip
