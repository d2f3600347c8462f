"""The evaluator's pages of surveys: make one, fix it, watch how many answer, check what is hidden, release."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput
from pilot.metrics import naming, wave_figures
from pilot.metrics.disclosure import Released
from pilot.metrics.forms.waves import CancelForm, FreezeForm, WaveForm
from pilot.metrics.queries import waves as queries
from pilot.metrics.questionnaire import PACK
from pilot.metrics.routes.measures import EVALUATOR
from pilot.metrics.service import waves as service
from pilot.metrics.service import wordings
from pilot.metrics.sheet import Unusable
from pilot.metrics.tables.waves import WaveRow
from pilot.metrics.waves import WORDS, State, Window, locks_arms, overlapping, steps
from pilot.people import queries as people
from pilot.people.roles import Officer
from pilot.people.sheet import written
from pilot.secrecy.files import client_digest
from pilot.settings import Settings
from pilot.web.forms import TAKES_A_FILE, answers, read_form
from pilot.web.pages import download, page, see_other, when

VotesBetween = Callable[[AsyncSession, datetime, datetime], Awaitable[Sequence[tuple[str, str, datetime, datetime]]]]
"""Votes with trust, title and times; the application gives it, since evaluation cannot reach ballots."""

PACK_TEMPLATE = written(PACK, [("q1", "A statement to agree with", "agree", "no", "an outcome")]).encode()


@get("/waves", name="metrics.waves", **EVALUATOR)
async def waves(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """Every survey, and whether the arms are locked."""
    found = await queries.waves(session)
    locked = locks_arms(await queries.kinds_and_states(session))
    return page(request, "metrics/waves.html", waves=found, words=WORDS, locked=locked)


@get("/waves/new", name="metrics.new_wave", **EVALUATOR)
async def new_wave(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Template:
    """The form for a new survey."""
    return page(request, "metrics/new_wave.html", offered=await wordings.offered(session))


@get("/waves/pack-template.csv", name="metrics.pack_template", **EVALUATOR)
async def pack_template() -> Response[bytes]:
    """A pack of questions to fill in."""
    return download(PACK_TEMPLATE, "questions.csv")


@post("/waves/new", name="metrics.make_wave", **TAKES_A_FILE, **EVALUATOR)
@answers(new_wave)
async def make_wave(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Make the survey as a draft."""
    form = await read_form(request, WaveForm)
    try:
        spec = form.spec(await wordings.offered(session))
    except Unusable as refusal:
        raise refusal.listed() from refusal
    made = await service.make_wave(session, spec, by=principal.actor, now=now)
    await wordings.belongs(session, made, form.asks)
    return see_other(f"/waves/{made}")


@get("/waves/{wave:int}", name="metrics.wave", **EVALUATOR)
async def wave_page(
    request: Request[Any, Any, Any],
    wave: FromPath[int],
    session: NamedDependency[AsyncSession],
    now: NamedDependency[datetime],
    votes_between: NamedDependency[VotesBetween],
) -> Template:
    """One survey: what to do, how many answer by trust, and votes that are open at the same time."""
    row = await queries.wave(session, wave)
    progress = await queries.progress(session, wave)
    state = State(row.state)
    asked = service.questionnaire_of(row)
    papers = (await service.shown_of(session, row))[0] if state is State.RELEASED else None
    return page(
        request,
        "metrics/wave.html",
        wave=row,
        words=WORDS[state],
        naming=naming,
        asked=asked,
        instrument=wave_figures.instrument_of(asked),
        steps=steps(state, progress, when(row.opens_at), when(row.closes_at)),
        ready=await service.readiness(session, now=now) if state is State.DRAFT else (),
        places=await _places(session, row, papers),
        smallest=await service.fewest_shown(session, row),
        overlaps=await _overlaps(session, row, votes_between),
        may_cancel=state in (State.DRAFT, State.FROZEN, State.OPEN),
    )


async def _overlaps(session: AsyncSession, row: WaveRow, votes_between: VotesBetween) -> tuple[Window, ...]:
    found = [Window(*one) for one in await votes_between(session, row.opens_at, row.closes_at)]
    return overlapping(row.opens_at, row.closes_at, found)


async def _places(session: AsyncSession, row: WaveRow, papers: Released | None) -> list[tuple[Any, ...]]:
    """Each row with its trust, and what is released of its papers; while the survey is open, that is in steps."""
    known = {trust.ods_code: trust for trust in await people.trusts_of_programme(session)}
    told = {str(cells[0]): (cells[3], cells[4]) for cells in papers.rows} if papers else {}
    return [(one, known[one.trust], told.get(one.trust)) for one in await queries.trusts_of(session, row.id)]


@post("/waves/{wave:int}/freeze", name="metrics.freeze_wave", **EVALUATOR)
@answers(wave_page)
async def freeze(
    *,
    request: Request[Any, Any, Any],
    wave: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    votes_between: NamedDependency[VotesBetween],
) -> Redirect:
    """Fix the questions and the trusts; the clock makes their lists and boxes."""
    del votes_between  # the page needs it when the form is refused
    form = await read_form(request, FreezeForm)
    late = [one for one in await service.readiness(session, now=now) if one.why_not is not None]
    if late and not form.leave_out:
        raise BadInput("There is a problem", {"leave_out": "Tick this to leave out the trusts that are not ready"})
    script = client_digest(settings.static)
    await service.freeze(session, wave, script=script, leave_out=form.leave_out, by=principal.actor, now=now)
    return see_other(f"/waves/{wave}")


@get("/waves/{wave:int}/cancel", name="metrics.cancelling_wave", **EVALUATOR)
async def cancelling(
    request: Request[Any, Any, Any], wave: FromPath[int], session: NamedDependency[AsyncSession]
) -> Template:
    """Ask why before a survey is cancelled."""
    return page(request, "metrics/cancelling_wave.html", wave=await queries.wave(session, wave))


@post("/waves/{wave:int}/cancel", name="metrics.cancel_wave", **EVALUATOR)
@answers(cancelling)
async def cancel(
    request: Request[Any, Any, Any],
    wave: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Cancel a survey that has not closed; what was sent is destroyed unopened."""
    form = await read_form(request, CancelForm)
    await service.cancel(session, wave, form.because, by=principal.actor, now=now)
    return see_other(f"/waves/{wave}")


@get("/waves/{wave:int}/check", name="metrics.check_wave", **EVALUATOR)
async def check_page(
    request: Request[Any, Any, Any], wave: FromPath[int], session: NamedDependency[AsyncSession]
) -> Template:
    """What the release will show and hide, before anybody decides."""
    row = await service.to_check(session, wave)
    papers, table = await service.shown_of(session, row)
    return page(
        request,
        "metrics/check_wave.html",
        wave=row,
        table=table,
        shown=len(wave_figures.as_reading(table).observations),
        hidden=wave_figures.hidden_trusts(table),
        groups=await service.small_groups(session, row),
        smallest=await service.fewest_shown(session, row),
        places=await _places(session, row, papers),
    )


@post("/waves/{wave:int}/check", name="metrics.checked_wave", **EVALUATOR)
async def check(
    wave: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Write down that somebody has seen what will be hidden."""
    await service.check(session, wave, by=principal.actor, now=now)
    return see_other(f"/waves/{wave}/check")


@post("/waves/{wave:int}/release", name="metrics.release_wave", **EVALUATOR)
async def release(
    wave: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Put what may be shown among the measures."""
    await service.release_wave(session, wave, by=principal.actor, now=now)
    return see_other(f"/waves/{wave}")


HANDLERS = [
    waves,
    new_wave,
    pack_template,
    make_wave,
    wave_page,
    freeze,
    cancelling,
    cancel,
    check_page,
    check,
    release,
]
