"""What the clock does to proposals: windows end, texts are locked."""

from datetime import datetime

from pilot.councils import queries, service
from pilot.errors import WrongState
from pilot.store import Store


async def due(store: Store, now: datetime) -> list[str]:
    """Lapse and lock what is due; a sentence for each thing done. Each is its own transaction."""
    done = []
    for ends, act in ((queries.support_over, service.lapse), (queries.deliberation_over, service.lock)):
        async with store.reading() as session:
            waiting = await ends(session, now)
        for trust, proposal_id in waiting:
            try:
                async with store.writing() as session:
                    done.append(await act(session, trust, proposal_id, now=now))
            except WrongState:  # somebody withdrew it, or another process was quicker: nothing is left to do
                continue
    return done
