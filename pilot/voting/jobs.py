"""What the clock asks of ballots: call off, open, tell the turnout, close, open the box, count, and make final."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.store import Store
from pilot.voting import queries, service

Find = Callable[[AsyncSession, datetime], Awaitable[Sequence[int]]]
Do = Callable[..., Awaitable[str | None]]


async def due(store: Store, now: datetime, on_missed: service.OnMissed) -> list[str]:
    """Do all that is due, each ballot and step in its own transaction; a sentence for each thing done.

    Nothing is done twice, and a step that somebody else has just done is passed over. A declaration is never made by
    the clock: the returning officer makes it on a page. `on_missed` is told of each ballot that was not held.
    Raises an ExceptionGroup after all had their turn: a fault in one ballot must not keep another from closing.
    """
    done: list[str] = []
    faults: list[Exception] = []
    call_off: list[tuple[Find, Do]] = [
        (queries.to_miss, partial(service.miss_ballot, on_missed=on_missed)),
        (queries.to_open, partial(service.miss_unsigned, on_missed=on_missed)),
    ]
    for find, do in [*call_off, *STEPS]:
        async with store.reading() as session:
            waiting = await find(session, now)
        for ballot_id in waiting:
            try:
                async with store.writing() as session:
                    sentence = await do(session, ballot_id, now=now)
            except WrongState:
                continue
            except Exception as fault:  # noqa: BLE001 -- raised again below, with the others
                fault.add_note(f"This happened to the ballot with the id {ballot_id}.")
                faults.append(fault)
                continue
            if sentence:
                done.append(sentence)
    if faults:
        raise ExceptionGroup("Some of what is due for ballots could not be done.", faults)
    return done


STEPS: list[tuple[Find, Do]] = [
    (queries.to_open, service.open_ballot),
    (queries.to_close, service.close_ballot),
    (queries.to_tally, service.tally),
    (queries.being_open, service.tell_turnout),
    (queries.to_finish, service.finish),
]
"""Which ballots wait for which step, in the order of a ballot's life."""
