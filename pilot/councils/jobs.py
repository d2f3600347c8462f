"""What the clock does to proposals: windows end, texts are locked."""

from datetime import datetime

from pilot.councils import queries, service
from pilot.errors import WrongState
from pilot.store import Store


async def due(store: Store, now: datetime) -> list[str]:
    """Lapse and lock what is due; a sentence for each thing done. Each is its own transaction.

    Raises an ExceptionGroup after all had their turn: a fault in one proposal must not hold up another.
    """
    done: list[str] = []
    faults: list[Exception] = []
    for ends, act in ((queries.support_over, service.lapse), (queries.deliberation_over, service.lock)):
        async with store.reading() as session:
            waiting = await ends(session, now)
        for trust, proposal_id in waiting:
            try:
                async with store.writing() as session:
                    done.append(await act(session, trust, proposal_id, now=now))
            except WrongState:  # somebody withdrew it, or another process was quicker: nothing is left to do
                continue
            except Exception as fault:  # noqa: BLE001 -- raised again below, with the others
                fault.add_note(f"This happened to proposal {proposal_id} of {trust}.")
                faults.append(fault)
    if faults:
        raise ExceptionGroup("Some of what is due for proposals could not be done.", faults)
    return done
