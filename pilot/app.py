"""The composition root: the only module that knows every domain."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.config.compression import CompressionConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import Clock
from pilot.councils import jobs as councils_jobs
from pilot.councils import routes as councils_routes
from pilot.councils import service as councils
from pilot.errors import Refused
from pilot.metrics import jobs as metrics_jobs
from pilot.metrics import routes as metrics_routes
from pilot.metrics.service import arms_locked, surveys_open
from pilot.people import jobs as people_jobs
from pilot.people import routes as people_routes
from pilot.people.guards import PUBLIC, check_access
from pilot.people.navigation import navigation
from pilot.people.throttle import Throttle
from pilot.settings import Settings
from pilot.store import Store
from pilot.voting import jobs as voting_jobs
from pilot.voting import routes as voting_routes
from pilot.voting.queries import votes_between
from pilot.web import error_pages
from pilot.web.forms import LARGEST_FORM
from pilot.web.headers import add_headers
from pilot.web.pages import environment

MINUTE = 60.0

log = logging.getLogger("pilot")


def create_app(settings: Settings, clock: Clock, *, ticking: bool = True) -> Litestar:
    """The whole application over one database. With `ticking`, it does what is due by itself, each minute."""
    return Litestar(
        route_handlers=[
            *people_routes.HANDLERS,
            *voting_routes.HANDLERS,
            *councils_routes.HANDLERS,
            *metrics_routes.HANDLERS,
            healthy,
            create_static_files_router(
                path="/static",
                directories=[settings.static],
                include_in_schema=False,
                **PUBLIC,
            ),
        ],
        dependencies={
            "session": Provide(_session),
            "now": Provide(_now, sync_to_thread=False),
            "settings": Provide(_settings, sync_to_thread=False),
            "store": Provide(_store, sync_to_thread=False),
            "principal": Provide(_principal, sync_to_thread=False),
            "on_declared": Provide(lambda: councils.on_declared, sync_to_thread=False),
            "on_missed": Provide(lambda: councils.on_missed, sync_to_thread=False),
            "also_open": Provide(lambda: surveys_open, sync_to_thread=False),
            "arms_locked": Provide(lambda: arms_locked, sync_to_thread=False),
            "votes_between": Provide(lambda: votes_between, sync_to_thread=False),
            "on_set_aside": Provide(lambda: councils.on_set_aside, sync_to_thread=False),
        },
        guards=[check_access],
        state=state_of(settings, clock),
        exception_handlers={
            Refused: error_pages.refused,
            HTTPException: error_pages.http_fault,
            Exception: error_pages.broken,
        },
        template_config=TemplateConfig(instance=JinjaTemplateEngine(engine_instance=environment(settings))),
        csrf_config=CSRFConfig(
            secret=settings.secret_key.hex(),
            cookie_name="pilot_form",
            cookie_httponly=True,
            cookie_samesite="strict",
            cookie_secure=settings.secure_cookies,
            exclude=["^/static/", "^/health$"],
        ),
        # Pages hold the form's secret beside words that a visitor may choose, so only fixed files are compressed
        # (and the start page, which shows nothing that a visitor chose: the framework warns of a pattern with it).
        compression_config=CompressionConfig(backend="gzip", exclude=["^/(?!static/)."]),
        before_send=[add_headers],
        request_max_body_size=LARGEST_FORM,
        lifespan=[partial(_life, ticking)],
        openapi_config=None,
        logging_config=None,
    )


def state_of(settings: Settings, clock: Clock) -> State:
    """What an application works with, as all its pages find it."""
    return State(
        {
            "settings": settings,
            "store": Store.of(settings),
            "clock": clock,
            "navigation": navigation,
            "throttle": Throttle(),
        }
    )


async def do_what_is_due(store: Store, now: datetime) -> list[str]:
    """Do everything that the clock asks for; a sentence for each thing done. Each thing is its own transaction.

    Raises an ExceptionGroup after all domains had their turn: a fault in one must not keep a ballot from closing.
    """
    done: list[str] = []
    faults: list[Exception] = []
    voting_due = partial(voting_jobs.due, on_missed=councils.on_missed)
    for due in (people_jobs.due, voting_due, councils_jobs.due, metrics_jobs.due):
        try:
            done += await due(store, now)
        except Exception as fault:  # noqa: BLE001 -- raised again below, with the others
            faults.append(fault)
    await store.overwrite_deleted()  # the keys of a vote that was opened just now, sessions that ended
    if faults:
        raise ExceptionGroup("Some of what is due could not be done.", faults)
    return done


@get("/health", name="health", **PUBLIC)
async def healthy(session: NamedDependency[AsyncSession]) -> Response[dict[str, str]]:
    """Whether the server and its database answer."""
    await session.connection()
    return Response({"status": "ok"})


async def _session(request: Request[Any, Any, Any], state: State) -> AsyncIterator[AsyncSession]:
    """One transaction per request, committed before the answer leaves; anything raised takes it back."""
    looking = request.method in ("GET", "HEAD")
    async with state.store.reading() if looking else state.store.writing() as session:
        yield session


def _now(state: State) -> datetime:
    moment: datetime = state.clock()
    return moment


def _settings(state: State) -> Settings:
    found: Settings = state.settings
    return found


def _store(state: State) -> Store:
    found: Store = state.store
    return found


def _principal(request: Request[Any, Any, Any]) -> Any:
    return request.scope.get("principal")


@contextlib.asynccontextmanager
async def _life(ticking: bool, app: Litestar) -> AsyncIterator[None]:
    """From the start of the server to its end: the clockwork beside it, and every connection closed at last."""
    store: Store = app.state.store
    ticker = asyncio.create_task(_tick_each_minute(store, app.state.clock)) if ticking else None
    try:
        yield
    finally:
        if ticker is not None:
            ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticker
        await store.dispose()


async def _tick_each_minute(store: Store, clock: Clock) -> None:
    """Do what is due until cancelled. A fault is logged and tried again at the next minute; nothing is half done."""
    while True:
        try:
            for sentence in await do_what_is_due(store, clock()):
                log.info(sentence)
        except Exception as fault:
            log.error("the minute's work failed and is tried again in a minute", exc_info=fault)
        await asyncio.sleep(MINUTE)


def handlers(app: Litestar) -> Sequence[Any]:
    """Every HTTP handler of the application, for the tests that walk them all; the framework's own OPTIONS apart."""
    found = [handler for route in app.routes for handler in getattr(route, "route_handlers", [])]
    return [handler for handler in found if handler.http_methods != {"OPTIONS"}]
