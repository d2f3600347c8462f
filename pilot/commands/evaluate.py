"""`pilot evaluate PANEL.csv --plan plan.json --out DIR`: the kernel on any tidy panel, without a database."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pilot.errors import BadInput, Refused
from pilot.metrics import download
from pilot.metrics.disclosure import Released, release
from pilot.metrics.export import to_csv
from pilot.metrics.kernel.estimates import Estimate, Found
from pilot.metrics.panel import Panel, read_panel
from pilot.metrics.plan import Plan, read_plan

if TYPE_CHECKING:
    from argparse import _SubParsersAction

BAD_INPUT = 2


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("evaluate", help="compare pilots with controls in a tidy panel (CSV)")
    parser.add_argument("panel", type=Path, metavar="PANEL.csv", help="columns unit, period, first_treated, outcomes")
    parser.add_argument("--plan", type=Path, required=True, metavar="plan.json", help="what is estimated and how")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the tables are written")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the tables and print what they say; 0 when done, 2 with one line when panel or plan cannot be used."""
    try:
        plan = read_plan(_read(args.plan))
        panel = read_panel(_read(args.panel), plan.outcomes)
        found = _evaluate(panel, plan)
        _write(args.out, plan, found)
    except Refused as refusal:
        print(f"pilot evaluate: {refusal.reason}", file=sys.stderr)
        return BAD_INPUT
    for line in _said(plan, found):
        print(line)
    print(f"Written to {args.out}: estimates.csv, att_gt.csv, event_study.csv, README.txt")
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def _evaluate(panel: Panel, plan: Plan) -> dict[str, Found]:
    """What is found of each outcome, in the order of the plan."""
    try:
        from pilot.metrics.kernel import family
    except ImportError as error:
        raise BadInput("The evaluation needs numpy and scipy: install pilot[evaluate].") from error
    return family.estimate(panel, plan)


def _write(out: Path, plan: Plan, found: Mapping[str, Found]) -> None:
    estimates = [one for of_outcome in found.values() for one in of_outcome.estimates]
    tables: list[Released] = [
        download.estimates(estimates, plan.digest, "exploratory"),
        release("att_gt", download.ATT_GT, download.att_gt(found)),
        release("event_study", download.EVENT_STUDY, download.event_study(found)),
    ]
    try:
        out.mkdir(parents=True, exist_ok=True)
        for table in tables:
            (out / f"{table.name}.csv").write_text(to_csv(table), encoding="utf-8")
        (out / "README.txt").write_text(
            "\n".join([*_said(plan, found), "", *EXPLAINED[plan.estimator], "", *FOR_ALL, ""]), encoding="utf-8"
        )
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror}.") from error


EXPLAINED = {
    "did": (
        "did: the estimand “simple” is the mean change from all periods before the start to all periods from the start",
        "on, pilots minus controls, averaged over matched sets with the number of pilots in each. “dynamic”, “group”",
        "and “calendar” compare with the last period before the start only; as there is one start, the three are the",
        "same number. se and df are Welch's over units (between matched sets where a set has a lone pilot or control).",
        "In att_gt.csv and event_study.csv lo and hi are Welch's for one period; bands hold for all (Bonferroni).",
    ),
    "ancova": (
        "ancova: the mean from the start on, on the arm, with the mean before and the matched sets held fixed. se and",
        "df are Bell and McCaffrey's (CR2). It gives one number and no path over periods.",
    ),
    "callaway-santanna": (
        "callaway-santanna: each start against units that never start, or have not started yet, from the last period",
        "before it; “simple” weighs all treated group-periods alike by their units, “dynamic” averages event times,",
        "“group” starts and “calendar” periods. se is that of influence functions, df Satterthwaite's over the starts.",
        "Bands come from the multiplier bootstrap with the plan's seed and hold for all rows of an outcome at once.",
    ),
    "twfe": (
        "twfe: the coefficient of “treated now” beside effects of units and periods, for comparison only: where starts",
        "differ it can count effects with a negative weight. se is CR1 by cluster, df its number less one.",
    ),
    "sdid": (
        "sdid: synthetic difference in differences: controls and periods before weighted so that they move as the",
        "pilots did. se is that of placebos among controls, p_perm the share of placebos that are as large.",
    ),
}
"""What the numbers of each estimator are, for README.txt."""

FOR_ALL = (
    "lo and hi come from turning round the test of the plan; with the test “cluster” from CR1 and its df. p_bm is with",
    "the degrees of freedom of Bell and McCaffrey, p_wcr that of the wild cluster bootstrap with the null imposed.",
    "p_holm and p_rw adjust every outcome after the first for their number; the first is the primary and stands alone.",
    "att_sd_units divides by the standard deviation over units of the mean before the start.",
    "status is “exploratory” because nothing shows that the plan was locked before the data were seen.",
)


def _said(plan: Plan, found: Mapping[str, Found]) -> list[str]:
    """What the tables say, in sentences."""
    lines = []
    for one in (one for of_outcome in found.values() for one in of_outcome.estimates):
        lines.append(
            f"{one.outcome} ({one.estimand}): {one.att:.6g}, {one.n_pilots} pilots and {one.n_controls} controls."
        )
        if not one.confirmatory:
            lines.append("  Fewer than five pilot units: no confirmatory inference, so no interval and no p-value.")
        lines.extend(f"  {line}" for line in _tests(plan, one))
        lines.extend(f"  {note}" for note in one.notes)
        if one.dropped:
            lines.append(f"  Left out: {', '.join(one.dropped)}.")
    return lines


def _tests(plan: Plan, one: Estimate) -> list[str]:
    lines = []
    if one.lo is not None and one.hi is not None:
        lines.append(f"{100 * (1 - plan.alpha):g}% interval {one.lo:.6g} to {one.hi:.6g} by the {plan.test} test.")
    if one.p_permutation is not None:
        which = "all" if one.enumerated else "draws from the"
        lines.append(f"p = {one.p_permutation:.6g}, studentised permutation, {one.permutations:,} {which} allocations.")
    if one.se is not None and one.df is not None:
        lines.append(f"Standard error {one.se:.6g} with {one.df:g} degrees of freedom.")
    lines.extend(
        f"p = {p:.6g}, {name}."
        for p, name in (
            (one.p_cluster, "error clustered (CR1)"),
            (one.p_welch, "Welch"),
            (one.p_bell_mccaffrey, "degrees of freedom of Bell and McCaffrey"),
            (one.p_wild, "wild cluster bootstrap"),
            (one.p_holm, "adjusted by Holm"),
            (one.p_romano_wolf, "adjusted by Romano and Wolf"),
        )
        if p is not None
    )
    return lines
