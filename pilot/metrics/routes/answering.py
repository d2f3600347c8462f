"""The page on which somebody answers a survey. Nothing here is logged, and nothing is kept by the browser."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics.service import answering as service
from pilot.metrics.service.answering import Standing
from pilot.metrics.service.waves import questionnaire_of
from pilot.people.guards import PUBLIC, VOTER
from pilot.people.roles import Voter
from pilot.secrecy import service as secrecy
from pilot.web import sealed
from pilot.web.pages import page

WORDS = {
    "lost": "We could not reach the service. Your answers are not lost. Try again.",
    "out": "You have been signed out, so your answers were not sent. Enter your voting code again.",
    "unfit": "This browser cannot seal your answers. Use another computer or your phone.",
    "wrong": "Something about this survey is not right, so your answers were not sent. Tell the coordinator",
    "casting": "Sending your answers …",
    "cast": "Send answers",
    "noReceipt": "The receipt for your answers is not right, so we cannot say that they are in the box. Keep this page "
    "open and tell the coordinator.",
}
"""What the sealing script says, in place of its words for votes."""


@get("/surveys/{wave:int}", name="metrics.survey", **VOTER)
async def survey(
    request: Request[Any, Any, Any],
    wave: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
    now: NamedDependency[datetime],
) -> Template:
    """Questions, check and sending in one document; or why there is nothing to answer."""
    place = await service.place(session, wave, principal, now=now)
    spent = place.sent and not place.left
    if place.standing is not Standing.OPEN or spent:
        return page(request, "metrics/survey_shut.html", place=place)
    promise = await secrecy.promise(session, place.box_id)
    also = await service.surveys_open(session, principal, now)
    asked = questionnaire_of(place.wave)
    return page(
        request,
        "metrics/survey.html",
        place=place,
        questions=promise.manifest.questions,
        items=len(asked.items),
        permission=asked.permission,
        manifest=promise.text.decode(),
        signatures=promise.signatures.decode(),
        digest=promise.digest,
        v=place.v.hex(),
        words=WORDS,
        others=principal.arm != "control" or len(also) > 1,
    )


@post("/surveys/{wave:int}/stamp", name="metrics.stamp", status_code=200, request_max_body_size=4096, **VOTER)
async def stamp(
    request: Request[Any, Any, Any],
    wave: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
) -> Response[bytes]:
    """Stamp a blinded paper: 384 bytes in, 384 bytes out."""
    blinded, now = await sealed.read_blinded(request)
    return sealed.stamped(await service.stamp(session, wave, principal, blinded, now=now))


@put("/surveys/{wave:int}/envelope", name="metrics.send", request_max_body_size=262_144, **VOTER)
async def send(
    request: Request[Any, Any, Any],
    wave: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Voter],
) -> Response[dict[str, Any]]:
    """Take sealed answers. The receipt leaves only after they are stored for good."""
    envelope = await request.body()
    left = await service.left(session, wave, principal)
    receipt = await service.send(session, wave, principal, envelope, now=request.app.state.clock())
    return sealed.received(receipt, left)


@get("/surveys/who-can-see-what", name="metrics.who_can_see_a_survey", **PUBLIC)
async def who_can_see_a_survey(request: Request[Any, Any, Any]) -> Template:
    """Who can see what of a survey, in plain words; nothing of votes stands there."""
    return page(request, "metrics/who_can_see_a_survey.html")


HANDLERS = [survey, stamp, send, who_can_see_a_survey]
