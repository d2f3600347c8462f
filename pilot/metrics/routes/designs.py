"""The pages of a design, from a list of trusts to the pilots: for programme admins and evaluators."""

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.errors import NotFound
from pilot.metrics.design import Options
from pilot.metrics.eligibility import RATINGS, TEMPLATE, WORDS, Criteria
from pilot.metrics.forms.designs import BeaconForm, DrawForm, GiveUpForm, ListForm, NewDesignForm, SetsForm
from pilot.metrics.kernel.designs import Spread
from pilot.metrics.lottery import Announcement
from pilot.metrics.queries import designs as queries
from pilot.metrics.routes.measures import EVALUATOR
from pilot.metrics.service import designs as service
from pilot.metrics.service.designs import NewDesign
from pilot.people.roles import Officer
from pilot.settings import Settings
from pilot.store import Store
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import download, page, see_other


@get("/designs", name="metrics.designs", **EVALUATOR)
async def designs(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """Every design, and how each stands."""
    return page(request, "metrics/designs.html", designs=await queries.designs(session))


@get("/designs/new", name="metrics.new_design", **EVALUATOR)
async def new_design(request: Request[Any, Any, Any]) -> Template:
    """The form to begin a design with a list of trusts."""
    return page(request, "metrics/new_design.html")


@get("/designs/template.csv", name="metrics.design_template", **EVALUATOR)
async def design_template() -> Response[bytes]:
    """A list of trusts to fill in."""
    return download(TEMPLATE, "trusts.csv")


@post("/designs/new", name="metrics.begin_design", **TAKES_A_FILE, **EVALUATOR)
@answers(new_design)
async def begin_design(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Take the list and go on to who of it can be drawn."""
    form = await read_form(request, NewDesignForm)
    new = NewDesign(form.title, form.baseline, form.file.filename, form.file.content)
    begun = await service.begin(session, new, by=principal.actor, now=now)
    return see_other(f"/designs/{begun}/list")


@get("/designs/{design:int}/list", name="metrics.eligible", **EVALUATOR)
async def eligible(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], design: FromPath[int]
) -> Template:
    """What was read of the file, and who can be drawn."""
    one, reading = await service.look(session, design)
    return page(
        request,
        "metrics/eligible.html",
        design=one,
        reading=reading,
        words=WORDS,
        types=sorted({trust.type for trust in reading.candidates} - {""}),
        ratings=[rating for rating in RATINGS if any(trust.cqc_overall == rating for trust in reading.candidates)],
    )


@post("/designs/{design:int}/list", name="metrics.fix_list", **EVALUATOR)
@answers(eligible)
async def fix_list(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    design: FromPath[int],
) -> Redirect:
    """Fix the list."""
    form = await read_form(request, ListForm)
    criteria = Criteria(tuple(form.types or ()), tuple(form.ratings or ()))
    await service.fix_list(session, design, criteria, by=principal.actor, now=now)
    return see_other(f"/designs/{design}")


@post("/designs/{design:int}/throw-away", name="metrics.throw_away_design", **EVALUATOR)
async def throw_away(
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    design: FromPath[int],
) -> Redirect:
    """Delete a draft."""
    await service.throw_away(session, design, by=principal.actor, now=now)
    return see_other("/designs")


@get("/designs/{design:int}", name="metrics.design", **EVALUATOR)
async def design_page(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    design: FromPath[int],
) -> Template:
    """How a design stands, and what comes next."""
    one = await queries.design(session, design)
    known = one.document is not None and one.document.announcement.known_on <= now.astimezone(LONDON).date()
    return page(request, "metrics/design.html", design=one, words=WORDS, names=one.names, known=known)


@get("/designs/{design:int}/sets", name="metrics.sets", **EVALUATOR)
async def sets_form(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], design: FromPath[int]
) -> Template:
    """The form that says how sets are drawn up."""
    one = await queries.design(session, design)
    return page(request, "metrics/sets.html", design=one)


@post("/designs/{design:int}/sets", name="metrics.draw_up_sets", **EVALUATOR)
@answers(sets_form)
async def draw_up_sets(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    store: NamedDependency[Store],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    design: FromPath[int],
) -> Redirect:
    """Have the sets formed in a process of its own, while nobody else is kept from writing."""
    form = await read_form(request, SetsForm)
    options = Options(form.pilots, form.controls, form.most, form.same_region)
    async with store.reading() as looking:
        order = await service.order_sets(looking, design, options, Spread(form.sd, form.source))
    answer = await service.draw_up(order, settings)
    await service.keep_sets(session, design, order, answer, by=principal.actor, now=now)
    return see_other(f"/designs/{design}")


@get("/designs/{design:int}/{picture:str}", name="metrics.design_picture", **EVALUATOR)
async def design_picture(
    session: NamedDependency[AsyncSession], design: FromPath[int], picture: FromPath[str]
) -> Response[str]:
    """How alike the arms will be, and what the sets could show."""
    drawn_up = (await queries.design(session, design)).drawn_up
    if drawn_up is None or picture not in ("typical.svg", "power.svg"):
        raise NotFound("There is no such picture.")
    return Response(drawn_up.love if picture == "typical.svg" else drawn_up.curve, media_type="image/svg+xml")


@get("/designs/{design:int}/beacon", name="metrics.beacon", **EVALUATOR)
async def beacon_form(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], design: FromPath[int]
) -> Template:
    """The form that names the beacon."""
    return page(request, "metrics/beacon.html", design=await queries.design(session, design))


@post("/designs/{design:int}/beacon", name="metrics.name_beacon", **EVALUATOR)
@answers(beacon_form)
async def name_beacon(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    design: FromPath[int],
) -> Redirect:
    """Say in public which number will be the beacon."""
    form = await read_form(request, BeaconForm)
    today = now.astimezone(LONDON).date()
    said = Announcement(form.beacon_source, form.known_on, today, form.starts_on, form.parts)
    await service.announce(session, design, said, by=principal.actor, now=now)
    return see_other(f"/designs/{design}")


@get("/designs/{design:int}/draw", name="metrics.drawing", **EVALUATOR)
async def draw_form(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], design: FromPath[int]
) -> Template:
    """The form for the beacon."""
    return page(request, "metrics/drawing.html", design=await queries.design(session, design))


@post("/designs/{design:int}/draw", name="metrics.draw", **EVALUATOR)
@answers(draw_form)
async def draw(
    *,
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    store: NamedDependency[Store],
    settings: NamedDependency[Settings],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    design: FromPath[int],
) -> Redirect:
    """Draw the pilots, for good."""
    form = await read_form(request, DrawForm)
    async with store.reading() as looking:
        drawn = await service.prepare_draw(looking, design, form.beacon, now=now)
    weighed = await service.weigh_up(drawn.order, settings)
    await service.keep_draw(session, drawn, weighed, by=principal.actor, now=now)
    return see_other(f"/designs/{design}")


@get("/designs/{design:int}/give-up", name="metrics.giving_up", **EVALUATOR)
async def give_up_form(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], design: FromPath[int]
) -> Template:
    """The form to give a design up."""
    return page(request, "metrics/giving_up.html", design=await queries.design(session, design))


@post("/designs/{design:int}/give-up", name="metrics.give_up", **EVALUATOR)
@answers(give_up_form)
async def give_up(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    design: FromPath[int],
) -> Redirect:
    """End a design that is not drawn."""
    form = await read_form(request, GiveUpForm)
    await service.give_up(session, design, form.because, by=principal.actor, now=now)
    return see_other(f"/designs/{design}")


@post("/designs/{design:int}/lock", name="metrics.lock_arms", **EVALUATOR)
async def lock_arms(
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
    design: FromPath[int],
) -> Redirect:
    """The baseline opens: the arms can no longer change."""
    await service.lock_arms(session, design, by=principal.actor, now=now)
    return see_other(f"/designs/{design}")


HANDLERS = [
    designs,
    new_design,
    design_template,
    begin_design,
    eligible,
    fix_list,
    throw_away,
    design_page,
    sets_form,
    draw_up_sets,
    design_picture,
    beacon_form,
    name_beacon,
    draw_form,
    draw,
    give_up_form,
    give_up,
    lock_arms,
]
