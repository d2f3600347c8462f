"""The public pages of draws: the list, the sets, the beacon and what came out, for anybody to redo."""

from collections.abc import Callable
from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.metrics import allotment, lottery
from pilot.metrics.eligibility import WORDS
from pilot.metrics.export import to_csv
from pilot.metrics.lottery import Document
from pilot.metrics.queries import designs as queries
from pilot.metrics.queries.designs import Design
from pilot.people.guards import PUBLIC
from pilot.web.pages import download, page


@get("/draws", name="metrics.draws", **PUBLIC)
async def draws(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """Every draw whose beacon was named, those that were given up too."""
    return page(request, "metrics/draws.html", draws=await queries.draws(session))


@get("/draws/{draw:int}", name="metrics.public_draw", **PUBLIC)
async def public_draw(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], draw: FromPath[int]
) -> Template:
    """One draw, with everything that is needed to redo it."""
    one = await queries.public_draw(session, draw)
    others = [other for other in await queries.draws(session) if other.id != draw]
    return page(request, "metrics/public_draw.html", design=one, names=one.names, words=WORDS, others=others)


@get("/draws/{draw:int}/{file:str}", name="metrics.draw_file", **PUBLIC)
async def draw_file(session: NamedDependency[AsyncSession], draw: FromPath[int], file: FromPath[str]) -> Response[Any]:
    """One file of a draw. The list and the lottery come byte by byte as they were published."""
    one = await queries.public_draw(session, draw)
    if file == "balance.svg" and one.weighed is not None:
        return Response(one.weighed.love, media_type="image/svg+xml")
    if one.document is None or file not in FILES or (file in AFTER_THE_DRAW and one.document.draw is None):
        raise NotFound("There is no such file.")
    kind, make = FILES[file]
    return download(make(one, one.document), f"draw-{draw}-{file}", kind)


CSV, JSON = "text/csv; charset=utf-8", "application/json"

FILES: dict[str, tuple[str, Callable[[Design, Document], bytes | str]]] = {
    "lottery.json": (JSON, lambda _, document: lottery.to_bytes(document)),
    "eligible.json": (JSON, lambda _, document: lottery.list_bytes(document)),
    "allocation.csv": (CSV, lambda _, document: to_csv(allotment.allocation(document))),
    "balance.csv": (CSV, lambda one, _: to_csv(allotment.balance(one.weighed.balance if one.weighed else ()))),
}
"""Every file of a draw, its kind, and how it is made."""

AFTER_THE_DRAW = ("allocation.csv", "balance.csv")


HANDLERS = [draws, public_draw, draw_file]
