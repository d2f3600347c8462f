"""What a comparison is: prespecified, amended or exploratory, field by field against the plan that was locked. Pure."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from pilot.metrics.periods import read_period
from pilot.metrics.registration.document import Document
from pilot.metrics.registration.planned import AnalysisPlan, Outcome, Span
from pilot.metrics.statement import EXPLORATORY as NO_PLAN

PRESPECIFIED, AMENDED, EXPLORATORY = "prespecified", "amended", "exploratory"
ORDER = (PRESPECIFIED, AMENDED, EXPLORATORY)

SEEN_FIRST = (
    "The plan was locked when figures from the start on could be seen already, so nothing is prespecified by it."
)


class Asked(msgspec.Struct, frozen=True):
    """What a comparison asks. `available` are all periods that the measure has; `control` is "" where it means nothing.

    `allocation` is the hash of the arms at this moment, "" where they are not to be judged; `drawn`: a draw gave them.
    """

    instrument: str
    outcome: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    available: tuple[str, ...]
    sets: str
    test: str
    alpha: float
    seed: int
    missing: str
    estimator: str = "did"
    control: str = ""
    allocation: str = ""
    drawn: bool = False


class Judgement(msgspec.Struct, frozen=True):
    """What a comparison may be used for, and why in sentences. `version` is the plan's that it was judged by, 0: none.

    `role` is "primary" or "secondary" where the plan names the outcome, else "".
    """

    status: str
    sentences: tuple[str, ...]
    version: int = 0
    role: str = ""


def status_of(asked: Asked, versions: Sequence[Document]) -> Judgement:
    """Judge a comparison, or an estimate, by every version of the plan of one study, the oldest first.

    Prespecified: it follows the plan in force, and has done so since the first lock, before outcomes were seen.
    Amended: it follows the plan in force, by an amendment made before outcomes were seen. All else is exploratory,
    and the sentences say which field departs, or which amendment came too late.
    """
    if not versions:
        return Judgement(EXPLORATORY, (NO_PLAN,))
    current = versions[-1]
    role = _role(asked, current.plan)
    if departures := _departures(asked, current):
        return Judgement(EXPLORATORY, departures, current.version, role)
    since = current
    for earlier in reversed(versions[:-1]):
        if _departures(asked, earlier):
            break
        since = earlier
    if versions[0].seen:
        return Judgement(EXPLORATORY, (SEEN_FIRST,), current.version, role)
    if since is versions[0]:
        said = f"It follows the plan that was locked before the figures were seen, as its {role} outcome."
        return Judgement(PRESPECIFIED, (said,), current.version, role)
    before = versions[versions.index(since) - 1]
    changed = " ".join(_departures(asked, before))
    why = f"The plan was amended (version {since.version}): {since.reason}"
    if any(version.seen for version in versions[versions.index(since) :]):
        late = f"Version {since.version} or a later one was made after figures from the start on had been seen."
        return Judgement(EXPLORATORY, (late, why), current.version, role)
    return Judgement(AMENDED, (why, f"By the version before: {changed}"), current.version, role)


def as_exploratory(status: str) -> str:
    """A status as an exploratory one; what is added to it after a comma stays."""
    _, comma, added = status.partition(",")
    return EXPLORATORY + comma + added


def best(judgements: Sequence[Judgement]) -> int:
    """The place of the judgement by the plan that fits best; of equals the first. Raises ValueError for none."""
    return min(range(len(judgements)), key=lambda place: (ORDER.index(judgements[place].status), place))


def _named(asked: Asked, plan: AnalysisPlan) -> Outcome | None:
    wanted = (asked.instrument, asked.outcome)
    return next((one for one in plan.outcomes if (one.instrument, one.name) == wanted), None)


def _role(asked: Asked, plan: AnalysisPlan) -> str:
    named = _named(asked, plan)
    return "" if named is None else "primary" if named is plan.primary else "secondary"


def _departures(asked: Asked, document: Document) -> tuple[str, ...]:
    """A sentence for each field of a comparison that is not as the plan says."""
    plan = document.plan
    named = _named(asked, plan)
    if named is None:
        return (f"The outcome departs from the plan: it names no “{asked.outcome}” from “{asked.instrument}”.",)
    said = []
    for what, span, periods in (("before", named.before, asked.before), ("after", named.after, asked.after)):
        if not _fits(span, periods, asked.available):
            here = str(Span(periods[0], periods[-1])) if periods else "none"
            said.append(f"The periods {what} depart from the plan: it says every period of {span}, here {here}.")
    pairs = (
        ("Sets", plan.sets, asked.sets),
        ("Way of estimating", plan.estimator, asked.estimator),
        ("Compared with", plan.control, asked.control or plan.control),
        ("Adjusted for besides the baseline", ", ".join(plan.unfollowed) or "nothing", "nothing"),
        ("Test", plan.test, asked.test),
        ("Share of false alarms", str(plan.alpha), str(Decimal(str(asked.alpha)))),
        ("Seed", str(plan.seed), str(asked.seed)),
        ("Missing values", plan.missing, asked.missing),
    )
    for what, planned, done in pairs:
        if planned != done and not (what == "Share of false alarms" and Decimal(planned) == Decimal(done)):
            said.append(f"{what}: the plan says “{planned}”, here it is “{done}”.")
    if document.allocation and asked.allocation and document.allocation != asked.allocation:
        said.append("The arms depart from the plan: other trusts, sets or starts than when it was locked.")
    if asked.allocation and not document.allocation and not asked.drawn:
        said.append("The arms were not known when the plan was locked, and no draw gave them.")
    return tuple(said)


def _fits(span: Span, periods: Sequence[str], available: Sequence[str]) -> bool:
    """Whether these are all periods of the span that there are, and both its ends are among them."""
    if span.ends is None or not periods or tuple(periods) != span.of(available):
        return False
    first, last = read_period(periods[0]), read_period(periods[-1])
    return bool(first and last and first.first <= span.ends[0].last and last.last >= span.ends[1].first)
