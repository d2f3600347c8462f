"""The evaluator's pages of comparisons: choose, compute, read, download."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics import download, naming, queries, service, statement
from pilot.metrics.disclosure import Cell, Released
from pilot.metrics.export import to_csv
from pilot.metrics.forms import ComparisonForm, span
from pilot.metrics.queries import Compared
from pilot.metrics.registration import HELD
from pilot.metrics.routes.measures import EVALUATOR
from pilot.metrics.service import Ask
from pilot.people.roles import Officer
from pilot.settings import Settings
from pilot.store import Store
from pilot.web import pages
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other


@get("/comparisons", name="metrics.comparisons", **EVALUATOR)
async def comparisons(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """Every comparison that was made, and the measures that can be compared."""
    return page(
        request,
        "metrics/comparisons.html",
        comparisons=await queries.comparisons(session),
        datasets={one.id: one.name for one in await queries.datasets(session)},
        measures=await queries.measures(session),
    )


@get("/comparisons/new/{measure:int}", name="metrics.new_comparison", **EVALUATOR)
async def comparison_form(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], measure: FromPath[int]
) -> Template:
    """The form: periods before and after, as the start suggests them."""
    sides = await service.side_by_side(session, measure)
    return page(request, "metrics/new_comparison.html", sides=sides, naming=naming, held_words=HELD)


@post("/comparisons/new/{measure:int}", name="metrics.compare", **EVALUATOR)
@answers(comparison_form)
async def compare(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],  # noqa: ARG001 -- the form asks for it when it is shown again
    store: NamedDependency[Store],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    measure: FromPath[int],
) -> Redirect:
    """Compute in a process of its own, while nobody else is kept from writing, and keep what came out.

    It takes seconds, so somebody may send the form again meanwhile: both answers lead to the one comparison.
    """
    form = await read_form(request, ComparisonForm)

    async def made() -> int:
        async with store.reading() as looking:
            periods = (await service.side_by_side(looking, measure)).periods
            before = span(periods, form.before_from, form.before_to)
            after = span(periods, form.after_from, form.after_to)
            prepared = await service.prepare(looking, Ask(measure, before, after, form.missing, form.test))
        answer = await service.compare(prepared.order, settings)
        async with store.writing() as writing:  # committed before anybody is led there
            return await service.keep(writing, prepared, answer, by=principal.actor, now=now)

    number = await service.once((store, principal.actor, measure, form), made)
    return see_other(f"/comparisons/{number}")


@get("/comparisons/{comparison:int}", name="metrics.comparison", **EVALUATOR)
async def comparison_page(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], comparison: FromPath[int]
) -> Template:
    """What came out, first in a sentence, then in figures."""
    one = await queries.comparison(session, comparison)
    if one.answer.estimate is None:
        raise NotFound("There is no such comparison.")
    imports = [i for i in await queries.imports(session, one.dataset_id) if i.instrument == one.instrument]
    return page(
        request,
        "metrics/comparison.html",
        made=one,
        design=one.answer.estimate,
        estimate=download.finding(one.answer.estimate, one.panel, one.spec.smallest),
        early=download.early(one.answer.contrasts, one.spec.before, one.panel, one.spec.smallest),
        statement=statement,
        naming=naming,
        arms=_arms(one),
        trends=_trends(one),
        imports=imports,
    )


@get("/comparisons/{comparison:int}/trends.svg", name="metrics.picture", **EVALUATOR)
async def picture(session: NamedDependency[AsyncSession], comparison: FromPath[int]) -> Response[str]:
    """The picture of both arms over time."""
    return Response((await queries.comparison(session, comparison)).figure, media_type="image/svg+xml")


@get("/comparisons/{comparison:int}/{file:str}", name="metrics.download", **EVALUATOR)
async def download_file(
    store: NamedDependency[Store],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    comparison: FromPath[int],
    file: FromPath[str],
) -> Response[str]:
    """One table as CSV; who took it is written down."""
    if file not in FILES:
        raise NotFound("There is no such file.")
    async with store.writing() as session:
        one = await queries.comparison(session, comparison)
        table = FILES[file](one)
        await service.note_download(session, comparison, file, by=principal.actor, now=now)
    return pages.download(to_csv(table), f"comparison-{comparison}-{file}")


def _estimates(one: Compared) -> Released:
    if one.answer.estimate is None:
        raise NotFound("There is no such file.")
    return download.estimate(one.answer.estimate, f"comparison-{one.id}", one.status, one.panel, one.spec.smallest)


FILES: dict[str, Callable[[Compared], Released]] = {
    "estimates.csv": _estimates,
    "panel.csv": lambda one: download.panel(one.outcome, one.panel, one.status, one.spec.smallest),
    "trends.csv": lambda one: download.trends(one.outcome, one.answer.trends, one.panel, one.status, one.spec.smallest),
    "event_study.csv": lambda one: download.contrasts(
        one.outcome, one.answer.contrasts, one.spec.before[-1], one.status, one.panel, smallest=one.spec.smallest
    ),
}
"""Every file of a comparison, made from what was kept with it."""


def _arms(one: Compared) -> list[tuple[str, ...]]:
    if one.answer.estimate is None:
        return []
    table = download.arms(one.answer.estimate, one.panel, (one.spec.before, one.spec.after), one.spec.smallest)
    return [
        (f"{arm}s".capitalize(), _level(before, one), _level(after, one), _change(change, one), f"{n:,}")
        for arm, before, after, change, n in table.rows
    ]


def _trends(one: Compared) -> list[tuple[str, str, str, str, str]]:
    """One row for each period: both means, each with its number of trusts."""
    rows = download.trends(one.outcome, one.answer.trends, one.panel, one.status, one.spec.smallest).rows
    by_period: dict[str, list[str]] = {}
    for _, period, _, mean, n, *_ in rows:
        by_period.setdefault(str(period), []).extend((_level(mean, one), f"{n:,}"))
    return [(period, *cells) for period, cells in by_period.items()]  # type: ignore[misc]  # two arms, four cells


def _level(cell: Cell, one: Compared) -> str:
    return "–" if cell is None else cell if isinstance(cell, str) else statement.level(cell, one.kind)


def _change(cell: Cell, one: Compared) -> str:
    return "–" if cell is None else cell if isinstance(cell, str) else statement.change(cell, one.kind)


HANDLERS = [comparisons, comparison_form, compare, comparison_page, picture, download_file]
