"""Comparing pilots with controls: gather the values, have the worker compute, keep what came out."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.errors import BadInput
from pilot.metrics import queries
from pilot.metrics.arms import Arm
from pilot.metrics.disclosure import SMALLEST
from pilot.metrics.download import PanelCell, hidden_points
from pilot.metrics.kernel.estimates import Answer, Case, Order, Picture, Question
from pilot.metrics.periods import in_order, read_period
from pilot.metrics.plan import Missing, Test
from pilot.metrics.service.asking import Words, ask
from pilot.metrics.statement import shown_name
from pilot.metrics.tables import ComparisonRow
from pilot.people import queries as people
from pilot.settings import Settings

SEED = 20270401
"""The seed of drawn allocations: fixed, so that nobody can look for a lucky one."""

STATUS = {"programme": "exploratory", "other": "exploratory, not randomised"}


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


class Prepared(msgspec.Struct, frozen=True):
    """Everything that the worker needs and that is kept with its answer."""

    sides: Sides
    order: Order
    spec: queries.Spec
    panel: tuple[PanelCell, ...]
    status: str


async def side_by_side(session: AsyncSession, measure_id: int) -> Sides:
    """The periods of a measure with values in both arms, and on which side of the start each lies by itself."""
    measure = await queries.measure(session, measure_id)
    dataset = await queries.dataset(session, measure.dataset_id)
    arms = {arm.trust: arm for arm in await _arms(session, dataset)}
    values = [value for value in await queries.values(session, measure) if value.trust in arms]
    periods = in_order({value.period for value in values})
    starts = tuple(sorted({arm.starts_on for arm in arms.values() if arm.starts_on}))
    there = {value.trust for value in values}
    return Sides(
        dataset=dataset,
        measure=measure,
        periods=periods,
        before=tuple(p for p in periods if starts and _side(p, starts[0]) == "before"),
        after=tuple(p for p in periods if starts and _side(p, starts[-1]) == "after"),
        starts=starts,
        pilots=sum(arm.pilot for trust, arm in arms.items() if trust in there),
        controls=sum(not arm.pilot for trust, arm in arms.items() if trust in there),
    )


async def prepare(session: AsyncSession, ask: Ask) -> Prepared:
    """Gather what is compared. Raises BadInput, by field, for periods that cannot be."""
    sides = await side_by_side(session, ask.measure_id)
    _check(sides, ask)
    arms = {arm.trust: arm for arm in await _arms(session, sides.dataset)}
    values = [value for value in await queries.values(session, sides.measure) if value.trust in arms]
    periods = tuple(p for p in sides.periods if p in (*ask.before, *ask.after))
    cells = tuple(
        PanelCell(
            v.trust, v.period, v.value, v.people, v.n, arms[v.trust].pilot, arms[v.trust].matched_set, _used(sides, v)
        )
        for v in values
        if v.period in periods
    )
    question = _question(sides, ask, periods, cells)
    tiny = sum(not cell.used for cell in cells)
    notes = (f"{tiny:,} values with fewer than {SMALLEST} answers are left out.",) if tiny else ()
    spec = queries.Spec(
        ask.before, ask.after, ask.missing, ask.test, question.alpha, question.seed, notes,
        ", ".join(start.isoformat() for start in sides.starts),
    )  # fmt: skip
    hidden = hidden_points(cells)
    gaps = " Suppressed figures are left out." if hidden else ""
    picture = Picture(
        f"{shown_name(sides.measure.outcome)}: pilots and controls",
        shown_name(sides.measure.outcome),
        f"Plain means of the trusts that are compared. {STATUS[sides.dataset.kind].capitalize()}.{gaps}",
        percent=sides.measure.kind == "rate",
        hidden=hidden,
    )
    return Prepared(sides, Order(question, picture), spec, cells, STATUS[sides.dataset.kind])


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
    """Store a comparison with everything it was made from; its number."""
    row = ComparisonRow(
        dataset_id=made.sides.dataset.id,
        instrument=made.sides.measure.instrument,
        outcome=made.sides.measure.outcome,
        status=made.status,
        spec={"kind": made.sides.measure.kind, "asked": msgspec.to_builtins(made.spec)},
        panel=msgspec.to_builtins(made.panel),
        result=msgspec.to_builtins(msgspec.structs.replace(answer, figure="")),
        figure=answer.figure,
        made_at=now,
        made_by=by,
    )
    session.add(row)
    await session.flush()
    await log.record(
        session, at=now, actor=by, verb="comparison made", subject=f"comparison {row.id}",
        detail={"dataset": made.sides.dataset.name, "outcome": row.outcome, "status": made.status},
    )  # fmt: skip
    return row.id


async def note_download(session: AsyncSession, comparison_id: int, file: str, *, by: str, now: datetime) -> None:
    """Write down who took which file of a comparison."""
    await log.record(
        session, at=now, actor=by, verb="comparison downloaded", subject=f"comparison {comparison_id}",
        detail={"file": file},
    )  # fmt: skip


async def _arms(session: AsyncSession, dataset: queries.Dataset) -> tuple[Arm, ...]:
    if dataset.kind == "other":
        return await queries.arms(session, dataset.id)
    return tuple(
        Arm(trust.ods_code, trust.arm == "pilot", trust.matched_set, trust.starts_on if trust.arm == "pilot" else None)
        for trust in await people.trusts_of_programme(session)
    )


def _side(label: str, start: date) -> str:
    period = read_period(label)
    return period.side(start) if period else "during"


def _used(sides: Sides, value: queries.Value) -> bool:
    """Means over few answers are left out; few leavers are not, since that would choose trusts by their outcome."""
    return sides.measure.kind != "score" or value.n is None or value.n >= SMALLEST


def _check(sides: Sides, ask: Ask) -> None:
    wrong: dict[str, str] = {}
    if not sides.pilots or not sides.controls:
        wrong["before_from"] = "Upload the arms of these trusts first: there is no pilot or no control with values"
    elif not set(ask.before) <= set(sides.periods) or not ask.before:
        wrong["before_from"] = "Choose at least one period before the start"
    elif not set(ask.after) <= set(sides.periods) or not ask.after:
        wrong["after_from"] = "Choose at least one period after the start"
    elif sides.periods.index(ask.before[-1]) >= sides.periods.index(ask.after[0]):
        wrong["after_from"] = "The periods after the start must come later than those before it"
    elif sides.starts and any(_side(p, sides.starts[-1]) == "before" for p in ask.after):
        wrong["after_from"] = f"The last pilot started on {sides.starts[-1].isoformat()}; choose periods from then on"
    elif sides.starts and any(_side(p, sides.starts[0]) == "after" for p in ask.before):
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
        seed=SEED,
    )
