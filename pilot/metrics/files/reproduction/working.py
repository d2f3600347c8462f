"""Every table, worked out."""


# mypy: ignore-errors

import numpy as np

from .comparing import NUMBERS, TABLES
from .estimators import ESTIMATORS
from .families import adjust
from .leavers import leavers_as_counts
from .placebos import leave_one_out, placebos
from .reading import Panel, Plan, RefusedError
from .response import tipping
from .sensitivity import smoothness, trends_before


def work_out(bundle):
    """Every table, the largest value of each outcome, and sentences on outcomes that need no estimate or have none."""
    told, tables = bundle.plan, {name: [] for name in TABLES}
    outcomes = [told["primary"], *told["secondaries"]]
    estimated = {line["outcome"] for line in bundle.table("estimates")}
    found, largest, missing, refused = [], {}, [], []
    for outcome in outcomes:
        panel, answers = bundle.panel_of(outcome)
        why = why_not(panel) or hidden(bundle, outcome)
        if outcome["name"] not in estimated and why:
            missing.append(f"{outcome['name']} is not estimated, and need not be: {why}.")
            continue
        plan = Plan(told, outcome is told["primary"])
        unit = bundle.unit(outcome)
        if outcome is not told["primary"] and (not unit or unit != bundle.unit(told["primary"])):
            plan = plan.but(bends=[])
        largest[outcome["name"]] = float(np.nanmax(np.abs(panel.y)))
        try:
            found.append((outcome, panel, answers, plan, ESTIMATORS[plan.estimator](panel, plan)))
        except RefusedError as why:
            refused.append(f"{outcome['name']} cannot be estimated from these files: {why}.")
    adjust([(panel, main) for _, panel, _, _, main in found], Plan(told, False))
    for outcome, panel, answers, plan, main in found:
        name = outcome["name"]
        take(tables, name, plan.estimator, main, answers)
        tables["att_gt"] += [(name, *cell) for cell in main.cells]
        tables["event_study"] += [(name, *event) for event in main.events]
        for check in told["sensitivity"]["checks"]:
            do_check(tables, (name, panel, answers, plan), check)
            try:
                if check == "response":
                    do_response(tables, bundle, (outcome, panel, plan, main))
                elif check == "counts" and name in ("leaver_rate", "leavers"):
                    do_counts(tables, bundle, (outcome, panel, plan))
            except RefusedError:
                pass
        for division in told["subgroups"] if outcome is told["primary"] else []:
            do_groups(tables, bundle.groups(panel, division), division, (name, panel, plan))
    return tables, largest, missing, refused


def why_not(panel):
    """Why an outcome cannot be estimated by its panel; empty if it can."""
    return "" if len(panel.names) and panel.treated.any() else "it has no values of pilots before and after the start"


def hidden(bundle, outcome):
    """Whether values of an outcome are hidden, so that it is not estimated if it is a rate or a count."""
    _, rows = bundle.rows_of(outcome)
    gone = sum("suppressed" in (line["mean_w"], line["mean_unw"]) for line in rows)
    return f"{gone} of its values are hidden" if gone else ""


def do_check(tables, outcome, check):
    """The rows of one check of the plan; none if it is refused."""
    name, panel, answers, plan = outcome
    plain = plan.but(aggregates=["simple"], missing="complete")
    try:
        if check in ("ancova", "synthetic"):
            other = {"ancova": "ancova", "synthetic": "sdid"}[check]
            take(tables, name, other, ESTIMATORS[other](panel, plain), answers)
        elif check == "placebo":
            tables["placebo"] += [(name, *line) for line in placebos(panel, plan)]
        elif check == "leave-one-out":
            tables["placebo"] += [(name, *line) for line in leave_one_out(panel, plan)]
        elif check == "pre-trends":
            tables["sensitivity"] += [(name, *line) for line in trends_before(panel, plan)]
        elif check == "smoothness":
            tables["sensitivity"] += [(name, *line) for line in smoothness(panel, plan)]
    except RefusedError:
        pass


def do_response(tables, bundle, asked):
    """The rows of the check “response”: the tipping point, and the rate as an outcome itself."""
    outcome, panel, plan, main = asked
    if outcome["name"] == "response_rate":
        raise RefusedError("the rate has no rate of its own")
    rates = bundle.beside(outcome, panel, outcome["name"], "response_rate")
    tables["sensitivity"] += [(outcome["name"], *line) for line in tipping(panel, rates, main)]
    found = ESTIMATORS[plan.estimator](Panel(panel.names, panel.start, panel.sets, rates), plan)
    put(tables, (outcome["name"], "response rate", plan.estimator), found.first)


def do_counts(tables, bundle, asked):
    """The rows of the check “counts”."""
    outcome, panel, plan = asked
    if bundle.overlapping(outcome):
        raise RefusedError("somebody would be counted twice")
    y, head = (bundle.beside(outcome, panel, name, "mean_unw") for name in ("leavers", "mean_headcount"))
    for estimand, numbers in leavers_as_counts(panel, y, head, plan).items():
        put(tables, (outcome["name"], estimand, "leavers-as-counts"), numbers)


def do_groups(tables, groups, division, asked):
    """The rows of the groups of one division."""
    name, panel, plan = asked
    for group, places in groups if len(groups) > 1 else []:
        try:
            numbers = ESTIMATORS[plan.estimator](panel.only(places), plan).first
        except RefusedError:
            continue
        put(tables, (name, f"{division}: {group}", plan.estimator), numbers)


def take(tables, name, estimator, found, answers):
    """The rows of estimates.csv of one estimator."""
    for aggregate, one in found.estimates.items():
        told = [answers[unit] for unit in found.units]
        put(tables, (name, aggregate, estimator), one, None if None in answers.values() else sum(told))


def put(tables, named, numbers, n_resp=None):
    """One row of estimates.csv."""
    numbers = {**numbers, "n_resp": n_resp}
    tables["estimates"].append((*named, *[numbers[column] for column in NUMBERS]))
