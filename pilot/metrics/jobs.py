"""What the clock asks of metrics: unconfirmed files are thrown away; surveys open, close and are counted."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import WrongState
from pilot.metrics import service
from pilot.metrics.queries import waves as queries
from pilot.metrics.service import counting
from pilot.store import Store

Find = Callable[[AsyncSession, datetime], Awaitable[Sequence[tuple[int, str]]]]
Do = Callable[..., Awaitable[str | None]]


async def due(store: Store, now: datetime) -> list[str]:
    """Do what is due; a sentence for each thing done. Each trust of a survey is a transaction of its own.

    Raises an ExceptionGroup after all had their turn: a fault in one trust must not keep another from being counted.
    """
    async with store.writing() as session:
        gone = await service.forget_old(session, now)
    done = [f"{gone:,} files of measures that nobody confirmed were deleted."] if gone else []
    faults: list[Exception] = []
    for find, do in STEPS:
        async with store.reading() as session:
            waiting = await find(session, now)
        for wave_id, trust in waiting:
            try:
                async with store.writing() as session:
                    sentence = await do(session, wave_id, trust, now=now)
            except WrongState:  # somebody else has just done it
                continue
            except Exception as fault:  # noqa: BLE001 -- raised again below, with the others
                fault.add_note(f"This happened to survey {wave_id} in {trust or 'all trusts'}.")
                faults.append(fault)
                continue
            if sentence:
                done.append(sentence)
    if faults:
        raise ExceptionGroup("Some of what is due for surveys could not be done.", faults)
    return done


STEPS: list[tuple[Find, Do]] = [
    (queries.to_discard, counting.discard_trust),
    (queries.to_box, counting.box_trust),
    (queries.to_open, counting.open_wave),
    (queries.to_close, counting.close_wave),
    (queries.to_count, counting.count_trust),
    (queries.being_open, counting.tell_turnout),
]
"""Which waves and trusts wait for which step, in the order of a survey's life."""
