"""The pages of councils, proposals and boards' answers."""

from typing import Any

from pilot.councils.routes import board, coordinating, council, drafting, reading

HANDLERS: list[Any] = [
    *reading.HANDLERS,
    *drafting.HANDLERS,
    *coordinating.HANDLERS,
    *council.HANDLERS,
    *board.HANDLERS,
]
