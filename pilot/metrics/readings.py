"""What each picture of a study shows, in one sentence that promises no more than its numbers. Pure."""

from collections.abc import Sequence
from datetime import date

from pilot.metrics.allotment import Announced
from pilot.metrics.eligibility import WORDS
from pilot.metrics.kernel.checks import Placebo, Retention, Robustness, Silence
from pilot.metrics.kernel.designs import BalanceRow, DrawnFrom
from pilot.metrics.kernel.estimates import ArmMeans, Estimate, EventTime, Found, TrendPoint
from pilot.metrics.kernel.studies import Step
from pilot.metrics.naming import period, shown_name
from pilot.metrics.statement import FEW, figure, gap, p_value


def over_time(events: Sequence[EventTime], outcome: str, kind: str) -> str:
    """The event study: the effect in the first and last wave after the start, and whether the band leaves 0 out."""
    after = sorted((e for e in events if e.event_time >= 0), key=lambda e: e.event_time)
    if not after:
        return "There is no wave after the start."
    first, last = after[0], after[-1]
    said = f"In the first wave after the start the effect on {shown_name(outcome)} was {gap(first.att, kind)}"
    if last is not first:
        said += f", in the last one {gap(last.att, kind)}"
    if any(e.band_lo is None or e.band_hi is None for e in after):
        return f"{said}. There are too few trusts to say how far chance alone could move it."
    clear = [e for e in after if not _holds_zero(e.band_lo, e.band_hi)]
    which = (
        "in no wave"
        if not clear
        else "in every wave"
        if len(clear) == len(after)
        else f"in {len(clear)} of {len(after)} waves"
    )
    return f"{said}. The band that holds for all waves at once lies clear of 0 {which} after the start."


def over_outcomes(estimates: Sequence[Estimate]) -> str:
    """The forest: how many outcomes moved in which direction beyond what chance alone would do."""
    sure = [one for one in estimates if one.lo is not None and one.hi is not None]
    if not sure:
        return "There are too few trusts to say of any outcome how far chance alone could move it."
    up, down = (sum(one.lo > 0 for one in sure), sum(one.hi < 0 for one in sure))  # type: ignore[operator]
    rest = len(sure) - up - down
    return (
        f"Of {_number(len(sure), 'outcome')}, {up} rose and {down} fell in the pilots against the controls by more "
        f"than chance alone would do{f'; for {rest} the interval includes 0' if rest else ''}."
    )


def side_by_side(points: Sequence[TrendPoint]) -> list[tuple[str, TrendPoint | None, TrendPoint | None]]:
    """The means of both arms in one line for each period: its label, the pilots, the controls; None where one lacks."""
    there = {(point.period, point.pilot): point for point in points}
    labels = dict.fromkeys(point.period for point in points)
    return [(label, there.get((label, True)), there.get((label, False))) for label in labels]


def wave(event: EventTime, found: Found, labels: Sequence[str], instrument: str) -> str:
    """A wave by its distance from the start, with its period where all pilots started together: “+2, March 2024”.

    `labels` are those of the panel's periods, which count from 1.
    """
    far = f"{event.event_time:+d}".replace("-", "−") if event.event_time else "0"
    starts = {one.group for one in found.group_times if one.n_treated}
    if not found.group_times and len(found.event_times) == len(labels):  # one start, and its path over every period
        starts = {1 - min(one.event_time for one in found.event_times)}
    place = min(starts) + event.event_time if len(starts) == 1 else 0
    return f"{far}, {period(labels[place - 1], instrument)}" if 0 < place <= len(labels) else far


_TRIALS = {"in time": "A false start, ", "in space": "False pilots, ", "leave one out": "Without "}


def trial(row: Placebo) -> str:
    """What was tried: a false start, false pilots, or the trust that was left out."""
    return f"{_TRIALS[row.kind]}{unit(row) if row.kind == 'leave one out' else row.shift_or_unit}"


def unit(row: Placebo) -> str:
    """The trust that was left out, with its matched set where that went with it."""
    trust, _, whole = row.shift_or_unit.partition(", with set ")
    return f"{trust} and its whole set ({whole})" if whole else trust


def stage(step: Step) -> str:
    """A stage of the flow diagram as a line begins."""
    return f"{step.stage[:1].upper()}{step.stage[1:]}"


def left_out(rows: Sequence[Placebo], main: Estimate, kind: str) -> str:
    """The effect with each unit left out: between which figures it lies, and what moves it most."""
    here = [row for row in rows if row.kind == "leave one out"]
    if not here:
        return "No trust could be left out and the effect still be worked out."
    low, high = min(here, key=lambda r: r.att), max(here, key=lambda r: r.att)
    far = max(here, key=lambda r: abs(r.att - main.att))
    turned = [row for row in here if (row.att > 0) != (main.att > 0)]
    said = (
        f"Whichever trust is left out, the effect lies between {gap(low.att, kind)} and {gap(high.att, kind)}; "
        f"it moves most without {unit(far)}."
    )
    return f"{said} Without {unit(turned[0])} it changes its direction." if turned else said


def placebos(rows: Sequence[Placebo], main: Estimate, kind: str) -> str:
    """False starts and false pilots: how large the effects are where there can be none, against the real one."""
    here = [row for row in rows if row.kind != "leave one out"]
    if not here:
        return "No false start and no false pilot could be tried."
    largest = max(here, key=lambda r: abs(r.att))
    as_large = sum(abs(row.att) >= abs(main.att) for row in here)
    others = str(as_large) if as_large else "none"
    return (
        f"Where there can be no effect, {_number(len(here), 'trial')} found at most {gap(abs(largest.att), kind)} in "
        f"size ({trial(largest)[:1].lower()}{trial(largest)[1:]}); {others} found one as large as the real "
        f"{gap(abs(main.att), kind)}."
    )


OWN_BENDS = (
    " The plan names bends in the unit of its primary outcome, and this outcome is not known to have that unit. So the "
    "bends in the table are 0 to 2 times the standard error of the first effect, by quarters."
)


def bends(found: Robustness, kind: str) -> str:
    """The sensitivity analysis: how much the trend may bend before the interval includes 0, and whose bends
    were tried."""
    return _breakdown(found, kind) + (OWN_BENDS if found.own and found.rows else "")


def _breakdown(found: Robustness, kind: str) -> str:
    if found.breakdown is None:
        return "How much the trends of the arms may bend cannot be said with so few trusts."
    if found.breakdown == 0:
        return (
            "As soon as the early difference in trends is allowed to go on as a straight line, the interval includes "
            "0. A finding stands only if the arms would have moved side by side."
        )
    bend = gap(found.breakdown, kind)
    said = f"The trends of the arms may bend by up to {bend} from wave to wave before the interval includes 0"
    if not found.bend_before:
        return f"{said}."
    times = found.breakdown / found.bend_before
    return f"{said}; that is {times:.1f} times the largest bend seen before the start."


def subgroups(found: Sequence[Estimate], kind: str) -> str:
    """The estimates within groups of trusts: between which figures they lie, and that none is a finding of its own."""
    low, high = min(found, key=lambda one: one.att), max(found, key=lambda one: one.att)
    few = sum(not one.confirmatory for one in found)
    said = (
        f"Within {_number(len(found), 'group')} of trusts the effect lies between {gap(low.att, kind)} "
        f"({low.estimand}) and {gap(high.att, kind)} ({high.estimand}). {GROUPS}"
    )
    if not few:
        return said
    return f"{said} {_number(few, 'group')} with fewer than five pilots {'has' if few == 1 else 'have'} no interval."


GROUPS = (
    "No group is an effect of its own: each has few trusts, and of several groups some differ by chance alone. "
    "They only show whether the finding hangs on one kind of trust."
)


def answering(pilots: ArmMeans, controls: ArmMeans) -> str:
    """How the response rate moved in each arm; the trusts are those with a rate both before and after."""
    shares = [f"{100 * share:.1f}%" for share in (pilots.before, pilots.after, controls.before, controls.after)]
    return (
        f"{shares[0]} of the pilots’ staff answered before the start and {shares[1]} after it (the mean of "
        f"{_number(pilots.n_after, 'pilot')}), of the controls’ {shares[2]} and {shares[3]} (the mean of "
        f"{_number(controls.n_after, 'control')})."
    )


def silence(found: Silence, kind: str) -> str:
    """The tipping point: how different those who did not answer would have to be."""
    if found.tips is None:
        return "Everybody answered, so nobody’s silence can hide anything."
    if found.tips == 0:
        return "There is no effect for silent staff to outweigh."
    said = (
        f"No effect would be left if, in the pilot trusts, the {100 * (1 - found.rate):.0f}% of staff who did not "
        f"answer had changed by {_apart(found.tips, kind)} on average than those who did."
    )
    if found.edge is None:
        return said
    if found.edge == 0:
        return f"{said} The interval includes 0 as it is."
    return f"{said} From {_apart(found.edge, kind)} on, the interval would include 0."


ON_RATE = (
    "This is exploratory, since how many answer can be followed while a survey is open. To count for more, the "
    "response rate has to be an outcome of the plan."
)


def _apart(difference: float, kind: str) -> str:
    return f"{gap(abs(difference), kind)} {'less' if difference < 0 else 'more'}"


def leavers(found: Retention) -> str:
    """Leavers as counts: the rate ratio, the same as people, and how sure it is, the permutation first."""
    way = "fewer" if found.difference < 0 else "more"
    said = (
        f"Counted period by period out of the headcount, staff left the pilots {figure(found.ratio)} times as often as "
        f"they would have without it: {figure(abs(1000 * found.difference))} {way} leavers for every 1,000 staff in a "
        f"period."
    )
    if not found.confirmatory:
        return f"{said} {FEW}"
    sure = f" The permutation test gives p {_is(found.p_permutation)}" if found.p_permutation is not None else ""
    if found.ratio_lo is None or found.ratio_hi is None or found.p_cluster is None:
        return f"{said}{sure}." if sure else said
    beside = f"the error clustered by trust (CR1), which finds differences too easily, p {_is(found.p_cluster)}"
    interval = f"the ratio from {figure(found.ratio_lo)} to {figure(found.ratio_hi)}"
    return f"{said}{f'{sure}; ' if sure else ' Only '}{beside} and {interval}."


def _is(p: float | None) -> str:
    said = "" if p is None else p_value(p)
    return said if said.startswith("less") else f"= {said}"


def power(draw: DrawnFrom) -> str:
    """The power curve: the smallest effect that as many pilots as were drawn would find, as was shown before."""
    here = next((p for p in draw.power if p.pilots == draw.pilots), None)
    if here is None:
        return "With one set alone no smallest effect could be given before the draw."
    said = (
        f"Before the draw it was worked out that {_number(here.pilots, 'pilot')} and "
        f"{_number(here.controls, 'control')} would find an effect on {shown_name(draw.baseline)} of {here.mde:.3f} "
        "or more four times out of five"
    )
    if here.mde_in_sets is None:
        return f"{said}."
    lone = "where sets are compared, since each has a lone pilot or control"
    return f"{said}, and of {here.mde_in_sets:.3f} or more {lone}."


def balance(rows: Sequence[BalanceRow]) -> str:
    """The Love plot: in how many figures the arms were too far apart as drawn, and which."""
    judged = [row for row in rows if row.before_after == "after" and row.smd is not None]
    if not judged:
        return "There is no figure in which the trusts differed before the draw."
    flagged = [shown_covariate(row.covariate) for row in judged if row.mark == "flagged"]
    fine = sum(row.mark == "fine" for row in judged)
    said = (
        f"Of {_number(len(judged), 'figure')} known before the draw, {fine} differed by less than 0.1 between the arms"
    )
    return f"{said}, and {len(flagged)} by more than 0.25{': ' + ', '.join(flagged) if flagged else ''}."


def shown_covariate(name: str) -> str:
    """What a figure on which trusts are matched is called for reading."""
    return WORDS.get(name, name)


def flow(steps: Sequence[Step]) -> str:
    """The flow diagram: how many could be drawn, and how many of the trusts assigned are in the main estimate."""
    stages = list(dict.fromkeys(step.stage for step in steps if step.arm))
    if not stages:
        return "No trust has been assigned yet."
    counted = {(step.stage, step.arm): step.trusts for step in steps}
    parts = [
        f"{counted[stages[-1], arm]} of {_number(counted[stages[0], arm], arm)}"
        for arm in ("pilot", "control")
        if (stages[0], arm) in counted and (stages[-1], arm) in counted
    ]
    said = f"Of the trusts assigned, {' and '.join(parts)} are in the main estimate."
    early = [step.trusts for step in steps if not step.arm]
    if len(early) < 2:
        return said
    return f"Pilots were drawn by lot among {early[-1]} of {_number(early[0], 'eligible trust')}. {said}"


def _holds_zero(lo: float | None, hi: float | None) -> bool:
    return lo is None or hi is None or lo <= 0 <= hi


def _number(count: int, name: str) -> str:
    return f"{count:,} {name}" if count == 1 else f"{count:,} {name}s"


def draws(found: Sequence[Announced]) -> str:
    """How many draws were announced for the trusts of a study, and whether one of them gave the arms."""
    number = len(found)
    if not number:
        return "No draw was announced for these trusts."
    if not any(one.used for one in found):
        were = "1 draw was" if number == 1 else f"{number:,} draws were"
        return f"{were} announced for these trusts and did not give the arms:"
    if number == 1:
        return "This draw is the only one that was announced for these trusts."
    return (
        f"This draw is 1 of {number:,} that were announced for these trusts. Whoever announces several can choose "
        f"among what comes out. The {'other' if number == 2 else 'others'}:"
    )


def other_draw(one: Announced) -> str:
    """A draw that did not give the arms of a study, in a line."""
    trusts = "1 trust" if one.trusts == 1 else f"{one.trusts:,} trusts"
    came = f"drawn on {_day(one.drawn_on)} and not used" if one.drawn_on else "not drawn"
    if one.because:
        came = f"given up: {one.because.rstrip('.')}"
    said = f"“{one.title}” (draw {one.design_id}), announced on {_day(one.announced_on)}"
    return f"{said}, with {trusts} of this study; {came}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
