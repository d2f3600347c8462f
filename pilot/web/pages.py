"""Answering with a page: one template, what every page knows, and the words for times and numbers."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader
from litestar import Request
from litestar.response import Redirect, Response, Template
from markupsafe import Markup

from pilot.clock import LONDON
from pilot.errors import BadInput
from pilot.settings import Settings

Navigation = Callable[[Any, str], list[dict[str, Any]]]


def environment(settings: Settings) -> Environment:
    """The templates of the project, over those of the NHS."""
    loader = ChoiceLoader([FileSystemLoader(settings.templates), PackageLoader("nhsuk_frontend_jinja")])
    # The NHS macros ask for parameters that a page has not given, several steps deep.
    templates = Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=ChainableUndefined
    )
    templates.filters.update(when=when, day=day, count=count, percent=percent, plural=plural, fours=fours)
    templates.globals["asset"] = lambda name: asset(settings.static, name)
    return templates


def page(request: Request[Any, Any, Any], template: str, *, status: int = 200, **context: Any) -> Template:
    """Answer with a template. A form that was refused is shown again with what was typed, as status 422."""
    refusal: BadInput | None = request.scope.get("refusal")  # type: ignore[assignment]  # our own key
    settings: Settings = request.app.state.settings
    principal = request.scope.get("principal")
    navigation: Navigation = request.app.state.navigation
    return _Page(
        template,
        status_code=422 if refusal else status,
        context={
            "principal": principal,
            "navigation": navigation(principal, request.url.path),
            "errors": refusal.fields if refusal else {},
            "refusal": refusal.reason if refusal else None,
            "typed": refusal.typed if refusal else {},
            "service_name": settings.service_name,
            "demonstration": settings.demonstration,
            "help_phone": settings.help_phone,
            "public_url": settings.public_url,
            "fewest_people": settings.fewest_people,
            "now": request.app.state.clock(),
            **context,
        },
    )


class _Page(Template):
    """A template whose hidden form field may be written as it is."""

    def create_template_context(self, request: Request[Any, Any, Any]) -> dict[str, Any]:
        context = super().create_template_context(request)
        return {**context, "csrf_input": Markup(context["csrf_input"])}  # noqa: S704 -- made and escaped by the framework


def see_other(path: str) -> Redirect:
    """Send the browser to another page after a form was taken, so that going back never sends it twice."""
    return Redirect(path, status_code=303)


def download(content: bytes | str, filename: str, media_type: str = "text/csv; charset=utf-8") -> Response[Any]:
    """Send a file to be kept under a name, and not to be opened as a page. The name must be one of ours."""
    headers = {"content-disposition": f'attachment; filename="{filename}"'}
    return Response(content, media_type=media_type, headers=headers)


def when(moment: datetime) -> str:
    """A moment in London, in words: “5pm on Friday 3 March 2027”."""
    local = moment.astimezone(LONDON)
    hour = f"{(local.hour % 12) or 12}{f':{local.minute:02}' if local.minute else ''}"
    return f"{hour}{'am' if local.hour < 12 else 'pm'} on {local.strftime('%A')} {day(local)}"


def day(value: date | datetime) -> str:
    """A day in words, in London: “3 March 2027”."""
    local = value.astimezone(LONDON) if isinstance(value, datetime) else value
    return f"{local.day} {local.strftime('%B')} {local.year}"


def count(number: int) -> str:
    """A whole number with commas: “1,204”."""
    return f"{number:,}"


def percent(share: float | Decimal, places: int = 1) -> str:
    """A share from 0 to 1 as a percentage: 0.4217 gives “42.2%”."""
    text = f"{100 * share:.{places}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}%"


def plural(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: “1 vote”, “2 votes”."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def fours(text: str, between: str = " ") -> str:
    """A long number or code as people read it, in fours: “0123 4567 89”."""
    return between.join(text[start : start + 4] for start in range(0, len(text), 4))


def asset(static: Path, name: str) -> str:
    """The address of a file in static/, with a mark that changes when the file does."""
    return f"/static/{name}?v={_mark(static / name)}"


@cache
def _mark(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]
