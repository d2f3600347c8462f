"""What was found, for reading: the same words and tables on the page of a run and in the report of its download."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from jinja2 import Environment
from markupsafe import Markup

from pilot.metrics import naming, readings, statement
from pilot.metrics.inlay import inlaid
from pilot.metrics.kernel.designs import DrawnFrom
from pilot.metrics.kernel.studies import OutcomeFound
from pilot.metrics.queries import Study, Version
from pilot.metrics.queries.runs import Estimated


class Results(msgspec.Struct, frozen=True):
    """What a run found. `outcomes` are those of the plan, `found` those that could be estimated, in the same order."""

    study: Study
    version: Version
    outcomes: tuple[Estimated, ...]
    found: tuple[OutcomeFound, ...]
    draw: DrawnFrom | None = None


def in_words(results: Results) -> dict[str, Any]:
    """What the template of results is given; `picture` and `link` it takes from the page around it."""
    found = {outcome.outcome: outcome for outcome in results.found}
    return {
        "study": results.study,
        "version": results.version,
        "outcomes": results.outcomes,
        "found": found,
        "estimators": {name: [part.estimates[0] for part in (one.main, *one.others)] for name, one in found.items()},
        "draw": results.draw,
        "contents": _contents(results),
        "statement": statement,
        "readings": readings,
        "naming": naming,
    }


def _contents(results: Results) -> list[tuple[str, str]]:
    """The headings of the results, each with its name on the page."""
    found = {one.outcome for one in results.found}
    names = [naming.shown_name(one.outcome) for one in results.outcomes if one.outcome in found]
    return [
        ("planned", "What was planned"),
        ("took-part", "Who took part"),
        *([("chosen", "How the pilots were chosen")] if results.draw else []),
        ("all-outcomes", "All outcomes"),
        *((f"about-{place}", f"{name[:1].upper()}{name[1:]}") for place, name in enumerate(names, 1)),
        ("limits", "Limits"),
    ]


def report(templates: Environment, results: Results, pictures: Mapping[str, str], *, made_up: bool) -> str:
    """report.html: everything on one page that needs nothing else, with these pictures (SVG by name) in it."""
    template = templates.get_template("metrics/report.html")
    drawn = partial(_drawn, {name: (f"p{place}", pictures[name]) for place, name in enumerate(sorted(pictures), 1)})
    return template.render(**in_words(results), pictures=frozenset(pictures), drawn=drawn, made_up=made_up)


def _drawn(pictures: Mapping[str, tuple[str, str]], name: str, label: str) -> Markup:
    mark, svg = pictures[name]
    return Markup(inlaid(svg, mark, label))  # noqa: S704 -- made by the worker, which escapes every text in it
