"""What a refusal looks like from outside: the one place that turns it into a status and a page."""

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from pilot.errors import BadInput, NotAllowed, NotFound, Refused, WrongState
from pilot.web.pages import page

STATUS: dict[type[Refused], int] = {NotFound: 404, NotAllowed: 403, WrongState: 409, BadInput: 422, Refused: 409}
"""The four kinds, and last what is simply refused."""

WORDS = {
    400: "We could not read what your browser sent.",
    403: "This form was open for too long, or came from another page. Go back, load the page again and try once more.",
    404: "This page does not exist. Check the address.",
    405: "This page cannot be used in that way. Go back and try again.",
    413: "That file is too large.",
    429: "Too many tries. Wait a few minutes and try again.",
}

log = logging.getLogger("pilot")


def refused(request: Request[Any, Any, Any], refusal: Refused) -> Response[Any]:
    """A refusal, as the sentence it carries."""
    status = next(status for kind, status in STATUS.items() if isinstance(refusal, kind))
    return _say(request, status, refusal.reason, refusal)


def http_fault(request: Request[Any, Any, Any], fault: HTTPException) -> Response[Any]:
    """What the framework refuses before any of our own code is reached: no such page, a wrong method, a bad address."""
    status = 404 if fault.status_code == 400 and "path" in str(fault.detail).lower() else fault.status_code
    if status >= 500:
        return broken(request, fault)
    return _say(request, status, WORDS.get(status, WORDS[400]))


def broken(request: Request[Any, Any, Any], fault: Exception) -> Response[Any]:
    """A broken invariant or a fault of ours: nothing was stored, and the log has the trace. No address, no body."""
    log.error("fault on %s", request.scope.get("path_template", "an unknown page"), exc_info=fault)
    sentence = "Sorry, something went wrong. Nothing was saved. Try again in a few minutes."
    if _wants_json(request):
        return Response({"reason": sentence}, status_code=500)
    return page(request, "errors/fault.html", status=500)


def _say(request: Request[Any, Any, Any], status: int, sentence: str, refusal: Refused | None = None) -> Response[Any]:
    fields = refusal.fields if isinstance(refusal, BadInput) else {}
    request.scope.pop("refusal", None)  # type: ignore[typeddict-item]  # the error page has its own status
    if _wants_json(request):
        return Response({"reason": sentence, "fields": fields} if fields else {"reason": sentence}, status_code=status)
    return page(request, "errors/refused.html", status=status, reason=sentence, status_code=status, problems=fields)


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    return "application/json" in request.headers.get("accept", "")
