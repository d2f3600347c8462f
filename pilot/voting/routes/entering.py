"""Putting the pile of papers in: typed twice and sealed in one teller's browser, confirmed by another teller in theirs.

No plain paper comes here. Bodies are read before the first SQL: on SQLite that would keep everybody else waiting.
"""

from datetime import datetime
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import BadInput
from pilot.people import queries as people
from pilot.people.guards import allow
from pilot.people.roles import Officer, Role
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from pilot.voting.forms import BlindedPapers, ConfirmPapersForm, SealedPapers
from pilot.voting.routes.paper import HERE, mine
from pilot.voting.tellers import Pile
from pilot.web import sealed
from pilot.web.forms import answers, read_form
from pilot.web.pages import page, see_other

TELLER = allow(Role.TELLER)
Form = TypeVar("Form", bound=msgspec.Struct)
NOT_WHOLE = "The papers did not arrive whole. Try again."
AT_ONCE = 50
"""Papers in one request for stamps: each costs the server as much as a vote on a screen."""
LARGEST_REQUEST = 64 * 1024
"""Bytes of a request for stamps: AT_ONCE papers need about 30,000."""
LARGEST_PILE = 8 * 2**20
"""Bytes of all sealed papers: those of about 5,000 people, or of 1,000 where the longest paper has 5,000 signs."""


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
    """Where two tellers type the papers, one after the other, in the browser of the first."""
    row, teller = await mine(session, trust, ballot, principal)
    papers = await service.papers(session, row)
    promise = await secrecy.promise(session, queries.box(row))
    return page(
        request,
        "voting/entering.html",
        trust=await people.trust(session, trust),
        ballot=row,
        teller=teller,
        papers=papers,
        standing=service.standing(row, now),
        questions=promise.manifest.questions,
        rule=promise.manifest.rule,
        manifest=promise.text.decode(),
        signatures=promise.signatures.decode(),
        digest=promise.digest,
        server_custody=promise.server_custody,
    )


@post(HERE + "/stamps", name="voting.stamp_papers", status_code=200, request_max_body_size=LARGEST_REQUEST, **TELLER)
async def stamp_papers(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Response[Any]:
    """Stamp blinded papers: 384 bytes in and out for each."""
    blinded = _by_voter(_body(await request.body(), BlindedPapers).papers)
    now = request.app.state.clock()
    if len(blinded) > AT_ONCE:
        raise BadInput(f"No more than {AT_ONCE} papers can be stamped at once.")
    if any(len(one) != sealed.STAMP_BYTES for one in blinded.values()):
        raise BadInput(NOT_WHOLE)
    row, _ = await mine(session, trust, ballot, principal)
    stamps = await service.stamp_papers(session, row, blinded, by=principal.actor, now=now)
    return Response({"stamps": msgspec.to_builtins({v.hex(): stamp for v, stamp in stamps.items()})})


@put(HERE + "/envelopes", name="voting.put_in", request_max_body_size=LARGEST_PILE, **TELLER)
async def put_in(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Response[Any]:
    """Keep every sealed paper until a second teller confirms; then answer with the receipts."""
    said = _body(await request.body(), SealedPapers)
    now = request.app.state.clock()
    pile = Pile(_by_voter(said.papers), said.why_fewer, said.again)
    row, teller = await mine(session, trust, ballot, principal)
    done = await service.put_in(session, row, teller, pile, by=principal.actor, now=now)
    if done.receipts is None:
        return Response({"number": done.number})
    told = {v.hex(): {"cast": True, **msgspec.to_builtins(one)} for v, one in done.receipts.items()}
    return Response({"number": done.number, "receipts": told})


@get(HERE + "/confirm", name="voting.confirming_papers", **TELLER)
async def confirming_papers(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Template:
    """Where a second teller confirms the sealed papers that wait. Their number stands on the first one's page alone."""
    row, teller = await mine(session, trust, ballot, principal)
    await service.to_confirm(session, row, teller, now=request.app.state.clock())
    return page(
        request,
        "voting/confirming_papers.html",
        trust=await people.trust(session, trust),
        ballot=row,
        papers=await service.papers(session, row),
        server_custody=await service.server_custody(session, [row]),
    )


@post(HERE + "/confirm", name="voting.confirm_papers", **TELLER)
@answers(confirming_papers)
async def confirm_papers(
    *,
    request: Request[Any, Any, Any],
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
) -> Redirect:
    """Put the sealed papers into the box, on the word of a second teller."""
    form = await read_form(request, ConfirmPapersForm)
    now = request.app.state.clock()
    row, teller = await mine(session, trust, ballot, principal)
    await service.confirm_papers(session, row, teller, form.number, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/paper")


@post(HERE + "/throw-away", name="voting.throw_away", **TELLER)
async def throw_away(
    *,
    trust: FromPath[str],
    ballot: FromPath[int],
    session: NamedDependency[AsyncSession],
    principal: NamedDependency[Officer],
    now: NamedDependency[datetime],
) -> Redirect:
    """Throw the sealed papers away that wait; they can be typed again."""
    row, _ = await mine(session, trust, ballot, principal)
    await service.throw_away(session, row, by=principal.actor, now=now)
    return see_other(f"/trusts/{trust}/ballots/{ballot}/paper")


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


HANDLERS = [entering, stamp_papers, put_in, confirming_papers, confirm_papers, throw_away]
