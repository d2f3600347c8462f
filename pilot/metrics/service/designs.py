"""Making a design: a list is fixed, sets are drawn up, a beacon is named, and then the pilots are drawn."""

import asyncio
import hashlib
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.clock import LONDON
from pilot.errors import BadInput, NotFound, WrongState
from pilot.metrics import eligibility, lottery
from pilot.metrics.design import Options, State, move, refuse_early_draw, refuse_known_beacon
from pilot.metrics.eligibility import Criteria, Reading, read_candidates
from pilot.metrics.kernel.designs import DrawnUp, DrawUp, Spread, Weighed, WeighUp
from pilot.metrics.lottery import Announcement, Document, Sets, Shared
from pilot.metrics.queries import designs as queries
from pilot.metrics.queries.designs import Asked, Design
from pilot.metrics.service.asking import Words, ask
from pilot.metrics.sheet import Unusable
from pilot.metrics.tables.designs import DesignRow
from pilot.settings import Settings

DRAWING_UP = Words("set of matched trusts", "pilots", slow="Choose fewer trusts", large="Choose fewer trusts")
WEIGHING = Words("draw", "beacon", slow="Try again in a minute", large="Ask whoever runs this service for more memory")


class NewDesign(msgspec.Struct, frozen=True):
    """A file of trusts, and what its sender says about it. `baseline` is what the level in the file measures."""

    title: str
    baseline: str
    filename: str
    content: bytes


class Drawn(msgspec.Struct, frozen=True):
    """A draw that is worked out and not stored yet, and the order to weigh it up."""

    design_id: int
    state: State
    document: Document
    order: WeighUp


async def begin(session: AsyncSession, new: NewDesign, *, by: str, now: datetime) -> int:
    """Take a file of trusts; the number of the design. Raises BadInput with every problem of the file by line."""
    try:
        await asyncio.to_thread(read_candidates, new.content)  # others vote meanwhile
    except Unusable as refusal:
        raise refusal.listed() from refusal
    row = DesignRow(
        title=new.title, baseline=new.baseline, state=State.DRAFT, filename=new.filename[:200],
        sha256=hashlib.sha256(new.content).hexdigest(), content=new.content, made_at=now, made_by=by,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await _write_down(session, row.id, "design begun", {"file sha256": row.sha256}, by=by, now=now)
    return row.id


async def look(session: AsyncSession, design_id: int) -> tuple[Design, Reading]:
    """A draft and the trusts in its file. Raises NotFound once the list is fixed."""
    content = await queries.draft(session, design_id)
    return await queries.design(session, design_id), await asyncio.to_thread(read_candidates, content)


async def throw_away(session: AsyncSession, design_id: int, *, by: str, now: datetime) -> None:
    """Delete a draft with its file. Raises NotFound, also for a design whose list is fixed: that can be given up."""
    gone = await session.execute(
        delete(DesignRow).where(DesignRow.id == design_id, DesignRow.state == State.DRAFT).returning(DesignRow.id)
    )
    if not gone.all():
        raise NotFound("There is no such draft.")
    await _write_down(session, design_id, "design thrown away", {}, by=by, now=now)


async def fix_list(session: AsyncSession, design_id: int, criteria: Criteria, *, by: str, now: datetime) -> str:
    """Fix who can be drawn; the SHA-256 of the list. Nothing can be added or left out from then on."""
    one = await queries.design(session, design_id)
    state = move(one.state, "fix")
    _, reading = await look(session, design_id)
    _refuse_unknown(criteria, reading)
    eligible = eligibility.select(reading.candidates, criteria, one.baseline)
    if not eligible.trusts:
        raise BadInput("There is a problem", {"types": "No trust of the file can be drawn. Choose more of them"})
    text = eligibility.to_bytes(eligible)
    await _change(session, one, state=state, content=None, eligible=text, list_sha256=eligible.sha256)
    detail = {"sha256": eligible.sha256, "trusts": len(eligible.trusts), "left out": len(eligible.left_out)}
    await _write_down(session, design_id, "eligible list fixed", detail, by=by, now=now)
    return eligible.sha256


async def order_sets(session: AsyncSession, design_id: int, options: Options, spread: Spread) -> DrawUp:
    """What the worker is asked so that sets are drawn up. Raises WrongState where they can no longer be."""
    one = await queries.design(session, design_id)
    move(one.state, "match")
    if one.eligible is None:
        raise WrongState("The list of this design is not fixed yet.")
    return DrawUp(one.eligible.trusts, options, one.baseline, spread)


async def draw_up(order: DrawUp, settings: Settings) -> DrawnUp:
    """Have the worker form the sets. Raises what `ask` raises."""
    return await ask(order, DrawnUp, DRAWING_UP, settings)


async def keep_sets(
    session: AsyncSession, design_id: int, order: DrawUp, answer: DrawnUp, *, by: str, now: datetime
) -> None:
    """Store the sets in the place of those that were there. They can be drawn up anew until a beacon is named."""
    one = await queries.design(session, design_id)
    await _change(
        session, one, state=move(one.state, "match"), drawn_up=msgspec.to_builtins(answer),
        asked=msgspec.to_builtins(Asked(order.options, order.spread)),
    )  # fmt: skip
    detail = {"sets": len(answer.sets), "pilots": order.options.pilots, "controls": order.options.controls}
    await _write_down(session, design_id, "sets drawn up", detail, by=by, now=now)


async def announce(
    session: AsyncSession, design_id: int, announcement: Announcement, *, by: str, now: datetime
) -> None:
    """Name the number that will be the beacon, in public. Raises BadInput for a day that is not later than today."""
    one = await queries.design(session, design_id)
    state = move(one.state, "announce")
    refuse_known_beacon(announcement.known_on, announcement.announced_on)
    if one.eligible is None or one.asked is None or one.drawn_up is None:
        raise WrongState("The sets of this design are not drawn up yet.")
    exact: tuple[Shared, ...] = ("type", "region") if one.asked.options.same_region else ("type",)
    sets = Sets(one.drawn_up.sets, one.drawn_up.leftovers, exact, one.asked.options.pilots)
    text = lottery.to_bytes(lottery.announce(one.title, one.eligible, sets, announcement))
    await _change(session, one, state=state, document=text)
    detail = {
        "source": announcement.source, "known on": announcement.known_on.isoformat(),
        "document sha256": hashlib.sha256(text).hexdigest(),
    }  # fmt: skip
    await _write_down(session, design_id, "beacon named", detail, by=by, now=now)


async def prepare_draw(session: AsyncSession, design_id: int, beacon: str, *, now: datetime) -> Drawn:
    """Work out the draw. Raises WrongState before the beacon's day, and BadInput, by field, for what is no beacon."""
    one = await queries.design(session, design_id)
    state = move(one.state, "draw")
    if one.document is None or one.eligible is None:
        raise WrongState("The beacon of this design is not named yet.")
    today = now.astimezone(LONDON).date()
    refuse_early_draw(one.document.announcement.known_on, today)
    try:
        tidy = lottery.tidy_beacon(beacon, one.document.announcement.parts)
    except BadInput as refusal:
        raise BadInput("There is a problem", {"beacon": refusal.reason}) from refusal
    document = lottery.draw(one.document, tidy, today)
    pilots = document.draw.pilots if document.draw else ()
    return Drawn(design_id, state, document, WeighUp(one.eligible.trusts, document.sets, pilots))


async def weigh_up(order: WeighUp, settings: Settings) -> Weighed:
    """Have the worker say how alike the arms are. Raises what `ask` raises."""
    return await ask(order, Weighed, WEIGHING, settings)


async def keep_draw(session: AsyncSession, drawn: Drawn, weighed: Weighed, *, by: str, now: datetime) -> None:
    """Store the draw, for good. A second one is refused."""
    one = await queries.design(session, drawn.design_id)
    state = move(one.state, "draw")
    text = lottery.to_bytes(drawn.document)
    await _change(session, one, state=state, document=text, balance=msgspec.to_builtins(weighed))
    result = drawn.document.draw
    detail = {
        "beacon": result.beacon if result else "", "seed": result.seed if result else "",
        "document sha256": hashlib.sha256(text).hexdigest(),
    }  # fmt: skip
    await _write_down(session, drawn.design_id, "pilots drawn", detail, by=by, now=now)


async def give_up(session: AsyncSession, design_id: int, because: str, *, by: str, now: datetime) -> None:
    """End a design that is not drawn. If its beacon was named, it stays public with the reason."""
    one = await queries.design(session, design_id)
    await _change(session, one, state=move(one.state, "give up"), over_because=because)
    await _write_down(session, design_id, "design given up", {"because": because}, by=by, now=now)


async def lock_arms(session: AsyncSession, design_id: int, *, by: str, now: datetime) -> None:
    """The baseline opens: arms can no longer change, and a trust that withdraws counts where it was drawn."""
    one = await queries.design(session, design_id)
    await _change(session, one, state=move(one.state, "lock"))
    await _write_down(session, design_id, "arms locked", {}, by=by, now=now)


def _refuse_unknown(criteria: Criteria, reading: Reading) -> None:
    """What is ticked must be in the file."""
    wrong = {}
    if set(criteria.types) - {one.type for one in reading.candidates}:
        wrong["types"] = "Select types that are in the file"
    if set(criteria.ratings) - {one.cqc_overall for one in reading.candidates}:
        wrong["ratings"] = "Select ratings that are in the file"
    if wrong:
        raise BadInput("There is a problem", wrong)


async def _change(session: AsyncSession, one: Design, **values: Any) -> None:
    """Change a design that still stands where it was read. Raises WrongState when somebody else was quicker."""
    changed = await session.execute(
        update(DesignRow).where(DesignRow.id == one.id, DesignRow.state == one.state).values(**values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise WrongState("Somebody else changed this design at the same moment. Look at it again.")


async def _write_down(
    session: AsyncSession, design_id: int, verb: str, detail: dict[str, Any], *, by: str, now: datetime
) -> None:
    await log.record(session, at=now, actor=by, verb=verb, subject=f"design {design_id}", detail=detail)
