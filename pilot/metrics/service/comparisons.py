"""Comparing pilots with controls: gather the values, have the worker compute, keep what came out."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.errors import BadInput
from pilot.metrics import queries
from pilot.metrics.download import PanelCell, hidden_points
from pilot.metrics.kernel.estimates import Answer, Case, Order, Picture, Question
from pilot.metrics.naming import shown_name
from pilot.metrics.registration import HELD
from pilot.metrics.registration.planned import SEED
from pilot.metrics.service import publishing
from pilot.metrics.service.asking import Words, ask
from pilot.metrics.service.judging import judge
from pilot.metrics.service.sides import Ask, Sides, side_by_side, side_of
from pilot.metrics.tables import ComparedTrustRow, ComparisonRow
from pilot.settings import Settings

ALPHA = 0.05
"""The share of false alarms that is accepted where no plan says another."""


class Prepared(msgspec.Struct, frozen=True):
    """Everything that the worker needs and that is kept with its answer."""

    sides: Sides
    order: Order
    spec: queries.Spec
    reckoned: publishing.Reckoned
    status: str
    plan_id: int | None = None


async def prepare(session: AsyncSession, ask: Ask) -> Prepared:
    """Gather what is compared, and judge it by the plans that are locked. Raises BadInput, by field, for periods that
    cannot be compared or whose figures are held back."""
    sides = await side_by_side(session, ask.measure_id)
    _check(sides, ask)
    arms = {arm.trust: arm for arm in await queries.arms_of(session, sides.dataset)}
    periods = tuple(p for p in sides.periods if p in (*ask.before, *ask.after))
    reckoned = await publishing.reckon(session, [sides.measure], arms, periods)
    (cells,) = reckoned.panels
    question = _question(sides, ask, periods, cells)
    tiny = sum(not cell.used for cell in cells)
    notes = (f"{tiny:,} values with fewer than {reckoned.smallest} answers are left out.",) if tiny else ()
    status, plan_id, judged = await judge(session, sides, ask, question, tuple(arms.values()))
    spec = queries.Spec(
        ask.before, ask.after, ask.missing, ask.test, question.alpha, question.seed, notes,
        ", ".join(start.isoformat() for start in sides.starts), judged,
        reckoned.smallest,
    )  # fmt: skip
    hidden = hidden_points(cells, reckoned.smallest)
    gaps = " Suppressed figures are left out." if hidden else ""
    picture = Picture(
        f"{shown_name(sides.measure.outcome)}: pilots and controls",
        shown_name(sides.measure.outcome),
        f"Plain means of the trusts that are compared. {status.capitalize()}.{gaps}",
        percent=sides.measure.kind == "rate",
        hidden=hidden,
    )
    return Prepared(sides, Order(question, picture), spec, reckoned, status, plan_id)


COMPARING = Words(
    "comparison",
    "before_from",
    slow="Choose fewer periods, or the test “clustered standard error”",
    large="Choose fewer trusts or periods",
)


async def compare(order: Order, settings: Settings) -> Answer:
    """Have the worker answer a question. Raises what `ask` raises."""
    return await ask(order, Answer, COMPARING, settings)


async def keep(session: AsyncSession, made: Prepared, answer: Answer, *, by: str, now: datetime) -> int:
    """Store a comparison with everything it was made from, and that its figures are released; its number.

    Raises BadInput when somebody else released figures meanwhile.
    """
    (panel,) = made.reckoned.panels
    await publishing.release(session, made.reckoned)
    row = ComparisonRow(
        dataset_id=made.sides.dataset.id,
        plan_id=made.plan_id,
        instrument=made.sides.measure.instrument,
        outcome=made.sides.measure.outcome,
        status=made.status,
        spec={"kind": made.sides.measure.kind, "asked": msgspec.to_builtins(made.spec)},
        panel=msgspec.to_builtins(panel),
        result=msgspec.to_builtins(msgspec.structs.replace(answer, figure="")),
        figure=answer.figure,
        made_at=now,
        made_by=by,
    )
    session.add(row)
    await session.flush()
    trusts = sorted({cell.trust for cell in panel})
    session.add_all([ComparedTrustRow(comparison_id=row.id, trust=trust) for trust in trusts])
    judged = made.spec.judged
    await log.record(
        session, at=now, actor=by, verb="comparison made", subject=f"comparison {row.id}",
        detail={
            "dataset": made.sides.dataset.name, "outcome": row.outcome, "status": made.status,
            "plan": judged.sha256 if judged else "",
        },
    )  # fmt: skip
    return row.id


async def note_download(session: AsyncSession, comparison_id: int, file: str, *, by: str, now: datetime) -> None:
    """Write down who took which file of a comparison."""
    await log.record(
        session, at=now, actor=by, verb="comparison downloaded", subject=f"comparison {comparison_id}",
        detail={"file": file},
    )  # fmt: skip


def _check(sides: Sides, ask: Ask) -> None:
    wrong: dict[str, str] = {}
    if not sides.pilots or not sides.controls:
        wrong["before_from"] = "Upload the arms of these trusts first: there is no pilot or no control with values"
    elif sides.held:
        wrong["after_from"] = HELD
    elif not set(ask.before) <= set(sides.periods) or not ask.before:
        wrong["before_from"] = "Choose at least one period before the start, and the last no earlier than the first"
    elif not set(ask.after) <= set(sides.periods) or not ask.after:
        wrong["after_from"] = "Choose at least one period after the start, and the last no earlier than the first"
    elif sides.periods.index(ask.before[-1]) >= sides.periods.index(ask.after[0]):
        wrong["after_from"] = "The periods after the start must come later than those before it"
    elif sides.starts and any(side_of(p, sides.starts[-1]) == "before" for p in ask.after):
        wrong["after_from"] = f"The last pilot started on {sides.starts[-1].isoformat()}; choose periods from then on"
    elif sides.starts and any(side_of(p, sides.starts[0]) == "after" for p in ask.before):
        wrong["before_from"] = f"The first pilot started on {sides.starts[0].isoformat()}; choose periods before that"
    if wrong:
        raise BadInput("There is a problem", wrong)


def _question(sides: Sides, ask: Ask, periods: Sequence[str], cells: Sequence[PanelCell]) -> Question:
    by_trust: dict[str, dict[str, PanelCell]] = {}
    for cell in cells:
        by_trust.setdefault(cell.trust, {})[cell.period] = cell
    sets = Counter(bool(cell.set_id) for cell in cells)
    cases = tuple(
        Case(
            trust,
            next(iter(own.values())).pilot,
            tuple(own[p].value if p in own and own[p].used else None for p in periods),
            next(iter(own.values())).set_id if sets[True] else "",
        )
        for trust, own in sorted(by_trust.items())
    )
    return Question(
        outcome=sides.measure.outcome,
        cases=cases,
        periods=tuple(periods),
        before=tuple(place for place, p in enumerate(periods) if p in ask.before),
        after=tuple(place for place, p in enumerate(periods) if p in ask.after),
        missing=ask.missing,
        test=ask.test,
        alpha=float(sides.plan.alpha) if sides.plan else ALPHA,
        seed=sides.plan.seed if sides.plan else SEED,
    )
