"""The pages of councils, their elections and empty seats, proposals and boards' answers."""

from typing import Any

from pilot.councils.routes import (
    board,
    candidates,
    coordinating,
    council,
    drafting,
    electing,
    elections,
    reading,
    vacancies,
)

HANDLERS: list[Any] = [
    *reading.HANDLERS,
    *drafting.HANDLERS,
    *coordinating.HANDLERS,
    *council.HANDLERS,
    *board.HANDLERS,
    *electing.HANDLERS,
    *elections.HANDLERS,
    *candidates.HANDLERS,
    *vacancies.HANDLERS,
]
