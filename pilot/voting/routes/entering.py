"""Putting the pile of papers in: typed twice and sealed in the tellers' browser, so that no plain paper comes here."""

from datetime import datetime
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput, WrongState
from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from pilot.voting.forms import BlindedPapers, SealedPapers
from pilot.voting.routes.paper import HERE, mine
from pilot.voting.routes.voter import STAMP_BYTES
from pilot.voting.tellers import Pile
from pilot.web.pages import page

TELLER = allow(Role.TELLER)
Form = TypeVar("Form", bound=msgspec.Struct)
NOT_WHOLE = "The papers did not arrive whole. Try again."


@get(HERE + "/enter", name="voting.entering", **TELLER)
async def entering(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Template:
    """Where two tellers type the papers, one after the other."""
    row, teller = await mine(session, trust, ballot, principal)
    papers = await service.papers(session, row)
    promise = await secrecy.promise(session, row.box_id or 0)
    return page(
        request,
        "voting/entering.html",
        trust=await people.trust(session, trust),
        ballot=row,
        teller=teller,
        tellers=await queries.tellers(session, row.id),
        papers=papers,
        standing=service.standing(row, now),
        questions=promise.manifest.questions,
        rule=promise.manifest.rule,
        manifest=promise.text.decode(),
        signatures=promise.signatures.decode(),
        digest=promise.digest,
        server_custody=promise.server_custody,
    )


@post(HERE + "/stamps", name="voting.stamp_papers", status_code=200, request_max_body_size=4 * 2**20, **TELLER)
async def stamp_papers(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Response[Any]:
    """Stamp blinded papers: 384 bytes in and out for each."""
    row, _ = await mine(session, trust, ballot, principal)
    blinded = _by_voter(_body(await request.body(), BlindedPapers).papers)
    if any(len(one) != STAMP_BYTES for one in blinded.values()):
        raise BadInput(NOT_WHOLE)
    stamps = await service.stamp_papers(session, row, blinded, now=request.app.state.clock())
    return Response({"stamps": msgspec.to_builtins({v.hex(): stamp for v, stamp in stamps.items()})})


@put(HERE + "/envelopes", name="voting.put_in", request_max_body_size=64 * 2**20, **TELLER)
async def put_in(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Response[Any]:
    """Put every sealed paper into the box, or none. The answer leaves only after all are stored for good."""
    row, _ = await mine(session, trust, ballot, principal)
    said = _body(await request.body(), SealedPapers)
    if not said.both_here:
        raise WrongState("Two tellers must say that both of them are here.")
    pile = Pile(_by_voter(said.papers), said.present, said.why_fewer)
    receipts = await service.put_in(session, row, pile, by=principal.actor, now=request.app.state.clock())
    told = {v.hex(): {"cast": True, **msgspec.to_builtins(one)} for v, one in receipts.items()}
    return Response({"receipts": told})


def _body(content: bytes, form: type[Form]) -> Form:
    try:
        return msgspec.json.decode(content, type=form)
    except msgspec.MsgspecError as trouble:
        raise BadInput(NOT_WHOLE) from trouble


def _by_voter(found: dict[str, bytes]) -> dict[bytes, bytes]:
    try:
        return {bytes.fromhex(v): one for v, one in found.items()}
    except ValueError as trouble:
        raise BadInput(NOT_WHOLE) from trouble


HANDLERS = [entering, stamp_papers, put_in]
