"""The tables of an evaluation, column by column as codebook.py describes them. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from pilot.metrics.codebook import columns
from pilot.metrics.crosstab import table as crosstab
from pilot.metrics.crosstab.sums import Name
from pilot.metrics.disclosure import (
    Cell,
    Figure,
    Lines,
    Publication,
    Released,
    derived,
    gives_away,
    release,
)
from pilot.metrics.kernel.estimates import Contrast, Estimate, Found, TrendPoint
from pilot.metrics.respondents import UNKNOWN, Answering, Sample
from pilot.metrics.retention import Rate

ESTIMATES = columns("estimates")
WORKED_OUT = (
    "att",
    "att_sd_units",
    "se",
    "df",
    "lo",
    "hi",
    "p_perm",
    "p_bm",
    "p_wcr",
    "p_holm",
    "p_rw",
    "band_lo",
    "band_hi",
)
"""The columns whose figures are worked out from the values of the panel."""
ATT_GT = columns("att_gt")
EVENT_STUDY = columns("event_study")

NO_INFERENCE = "no confirmatory inference: fewer than five pilot trusts"


def estimates(found: Sequence[Estimate], spec_id: str, status: str) -> Released:
    """estimates.csv of a panel that its reader holds already, so that nothing in it is to be hidden.

    Columns of methods that were not used are empty; `status` says what they may be used for.
    """
    return release("estimates", ESTIMATES, [estimate_row(one, spec_id, status, None) for one in found])


def estimate(one: Estimate, spec_id: str, status: str, cells: Sequence["PanelCell"], smallest: int) -> Released:
    """estimates.csv of a page's comparison: what is worked out from a hidden value is hidden.

    Here and below `smallest` is the fewest people about whom the comparison showed a figure when it was made.
    """
    answers = [Figure(cell.n, cell.n, hidden=cell.hidden) for cell in cells if cell.used]
    responses = None if any(one.people is None for one in answers) else sum(one.people or 0 for one in answers)
    row: list[Cell | Figure] = [
        *_hide(ESTIMATES, estimate_row(one, spec_id, status, responses), _behind(cells), smallest),
        "",
        "",
    ]
    row[ESTIMATES.index("n_resp")] = derived(responses, answers, smallest)
    return release("estimates", (*ESTIMATES, *SUPPRESSED), [row], earlier=Publication(smallest))


def _hide(columns: Sequence[str], row: Sequence[Cell], behind: Sequence[Figure], smallest: int) -> list[Cell | Figure]:
    """The row with what is worked out from the figures `behind` it marked as such."""
    return [
        derived(cell, behind, smallest) if column in WORKED_OUT and not isinstance(cell, str) else cell
        for column, cell in zip(columns, row, strict=True)
    ]


def estimate_row(one: Estimate, spec_id: str, status: str, responses: int | None) -> list[Cell]:
    said = status if one.confirmatory else f"{status}; {NO_INFERENCE}" if status else NO_INFERENCE
    return [
        one.outcome, one.estimand, one.estimator, spec_id, said, one.att, one.sd_units, one.se, one.df, one.lo, one.hi,
        one.p_permutation, one.p_bell_mccaffrey, one.p_wild, one.p_holm, one.p_romano_wolf, one.n_pilots,
        one.n_controls, responses,
        one.seed, one.permutations,
    ]  # fmt: skip


def att_gt(found: Mapping[str, Found]) -> list[list[Cell]]:
    """The rows of att_gt.csv, outcome by outcome: each group in each period."""
    return [
        [outcome, c.group, c.period, c.att, c.se, c.lo, c.hi, c.band_lo, c.band_hi, c.n_treated, c.n_control]
        for outcome, one in found.items()
        for c in one.group_times
    ]


def event_study(found: Mapping[str, Found]) -> list[list[Cell]]:
    """The rows of event_study.csv, outcome by outcome: event time is periods since the start, 0 at the start."""
    return [
        [outcome, c.event_time, c.att, c.se, c.lo, c.hi, c.band_lo, c.band_hi, c.n_units]
        for outcome, one in found.items()
        for c in one.event_times
    ]


def contrasts(
    outcome: str, found: Sequence[Contrast], base: str, status: str, cells: Sequence["PanelCell"], *, smallest: int
) -> Released:
    """event_study.csv of a page's comparison: event time counts the periods from the last one before the start, −1.

    A contrast is worked out from its own period and that last one, so it is hidden when a value of either is.
    """
    place = next((place for place, c in enumerate(found) if c.period == base), 0)
    rows: list[list[Cell | Figure]] = []
    for number, c in enumerate(found):
        row: list[Cell] = [
            outcome, number - place - 1, c.att, c.se, c.lo, c.hi, c.band_lo, c.band_hi, c.n_pilots + c.n_controls,
        ]  # fmt: skip
        rows.append([*_hide(EVENT_STUDY, row, _behind(cells, (c.period, base)), smallest), c.period, status, "", ""])
    columns = (*EVENT_STUDY, "period", "status", *SUPPRESSED)
    return release("event_study", columns, rows, earlier=Publication(smallest))


SUPPRESSED = ("suppressed", "suppression_reason")
PANEL = (*columns("panel"), "arm", "set_id", "status")
TRENDS = ("outcome", "period", "arm", "mean", "n_trusts", "status", *SUPPRESSED)


class PanelCell(msgspec.Struct, frozen=True):
    """One value that a comparison was made from. `people` are those behind it, None when no number was given;
    `n` is the number of answers; `used` is False when the value did not enter the estimate; `hidden` when its release
    hid it, whatever its own size. `sample` and `answering` tell more of the people, where it is known; `left` has
    leavers with the headcount beside them, where leavers are to be counted."""

    trust: str
    period: str
    value: float
    people: int | None
    n: int | None
    pilot: bool
    set_id: str
    used: bool
    hidden: bool = False
    sample: Sample = UNKNOWN
    answering: Answering | None = None
    left: Rate | None = None


def panel(outcome: str, cells: Sequence[PanelCell], status: str, smallest: int) -> Released:
    """panel.csv: every value as it was imported, small numbers suppressed."""
    rows: list[list[Cell | Figure]] = [
        [
            cell.trust, cell.period, outcome, None, None, None, None,
            None if cell.n is None else Figure(cell.n, cell.n, hidden=cell.hidden), None,
            None, figure(cell), None, "", "", _arm(cell.pilot), cell.set_id, status,
        ]
        for cell in cells
    ]  # fmt: skip
    return release("panel", PANEL, rows, earlier=Publication(smallest))


def trends(
    outcome: str, points: Sequence[TrendPoint], cells: Sequence[PanelCell], status: str, smallest: int
) -> Released:
    """trends.csv: the plain mean of each arm in each period, hidden where one of its values is."""
    rows: list[list[Cell | Figure]] = [
        [
            outcome, p.period, _arm(p.pilot),
            derived(p.mean, _behind(cells, (p.period,), pilot=p.pilot), smallest), p.n, status, "", "",
        ]
        for p in points
    ]  # fmt: skip
    return release("trends", TRENDS, rows, earlier=Publication(smallest))


def arms(
    one: Estimate, cells: Sequence[PanelCell], spec: tuple[Sequence[str], Sequence[str]], smallest: int
) -> Released:
    """The table of the page: both arms before and after, with their change."""
    before, after = spec
    rows: list[list[Cell | Figure]] = [
        [
            _arm(pilot),
            derived(means.before, _behind(cells, before, pilot=pilot), smallest),
            derived(means.after, _behind(cells, after, pilot=pilot), smallest),
            derived(means.change, _behind(cells, (*before, *after), pilot=pilot), smallest),
            one.n_pilots if pilot else one.n_controls,
        ]
        for pilot, means in ((True, one.pilots), (False, one.controls))
        if means is not None
    ]
    return release("arms", ("arm", "before", "after", "change", "n_trusts"), rows, earlier=Publication(smallest))


def counts(table: crosstab.Crosstab, means: Mapping[Name, float] | None = None) -> Lines:
    """A table of counts, a line for each count and total; with the mean score, 0 to 10, of those that have one.

    `means` are by the labels of the line, “All” for a total.
    """
    people = crosstab.numbers(table)
    found: list[list[Cell | Figure]] = []
    for labels, cell in crosstab.rows(table).items():
        line: list[Cell | Figure] = [*labels, Figure(people[cell], people[cell], cell=cell)]
        if means is not None:
            mean = means.get(labels)
            line.append(None if mean is None else Figure(mean, people[cell], cell=cell, top=10))
        found.append([*line, "", ""])
    columns = (*(side.name for side in table.sides), "n", *(() if means is None else ("mean",)), *SUPPRESSED)
    return Lines(columns, found, crosstab.sums(table))


def finding(one: Estimate, cells: Sequence[PanelCell], smallest: int) -> Estimate | None:
    """The estimate for a page; None when it would give a hidden value away."""
    return None if gives_one_away(cells, smallest) else one


def is_used(kind: str, answers: int | None, smallest: int) -> bool:
    """Whether a value is compared: a mean over fewer than `smallest` answers is not. Counts of few people are, since
    leaving them out would choose trusts by their outcome."""
    return kind != "score" or answers is None or answers >= smallest


def gives_one_away(cells: Sequence[PanelCell], smallest: int) -> bool:
    """Whether what is worked out from these values would give a hidden one of them away."""
    return gives_away(_behind(cells), smallest)


def early(
    found: Sequence[Contrast], before: Sequence[str], cells: Sequence[PanelCell], smallest: int
) -> tuple[Contrast, ...] | None:
    """The contrasts for the sentence about the time before the start; None when one would give a hidden value away."""
    return None if len(before) > 1 and gives_away(_behind(cells, before), smallest) else tuple(found)


def hidden_points(cells: Sequence[PanelCell], smallest: int) -> tuple[tuple[str, bool], ...]:
    """The points of the picture, (period, pilot), that are left out of it: their means are hidden in trends.csv too."""
    points = sorted({(cell.period, cell.pilot) for cell in cells if cell.used})
    return tuple(point for point in points if gives_away(_behind(cells, point[:1], pilot=point[1]), smallest))


def _behind(
    cells: Sequence[PanelCell], periods: Sequence[str] | None = None, *, pilot: bool | None = None
) -> list[Figure]:
    """The values of an arm (None: both) in these periods (None: all). Trusts that the kernel left out are among them,
    so that the same groups are hidden whatever was asked."""
    return [
        figure(cell)
        for cell in cells
        if cell.used and (periods is None or cell.period in periods) and pilot in (None, cell.pilot)
    ]


def figure(cell: PanelCell) -> Figure:
    """A value of a panel. A total of its arm in its period may be known elsewhere."""
    group = _group(cell.period, cell.pilot) if cell.used else ""
    return Figure(cell.value, cell.people, group, hidden=cell.hidden)


def _group(period: str, pilot: bool) -> str:
    return f"{period} {_arm(pilot)}"


def _arm(pilot: bool) -> str:
    return "pilot" if pilot else "control"
