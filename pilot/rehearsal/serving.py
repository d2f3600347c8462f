"""A real server on this machine, over a database of its own and with a clock that is moved by hand."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Thread

import uvicorn

from pilot.app import create_app
from pilot.settings import Settings

PATIENCE = 60.0
"""Seconds after which a server that does not start is given up."""

IDLE = 3600
"""Seconds that a connection stays open while nobody uses it: an officer waits until everybody has voted."""


class Hands:
    """A clock that stands still until somebody moves it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def at(self, moment: datetime) -> None:
        """Set the clock."""
        self.moment = moment

    def forward(self, by: timedelta) -> None:
        """Move the clock on."""
        self.moment += by


@contextmanager
def serving(settings: Settings, clock: Hands) -> Iterator[int]:
    """The application at a free port of 127.0.0.1, which is given; nothing is done by the clock on its own."""
    app = create_app(settings, clock, ticking=False)
    config = uvicorn.Config(app, access_log=False, log_config=None, server_header=False, timeout_keep_alive=IDLE)
    server = uvicorn.Server(config)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        thread = Thread(target=server.run, args=([door],), name="rehearsal server")
        thread.start()
        try:
            _wait(server, thread)
            yield door.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def _wait(server: uvicorn.Server, thread: Thread) -> None:
    end = time.monotonic() + PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise RuntimeError("The server did not start.")
        time.sleep(0.02)
