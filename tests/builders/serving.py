"""The real server as a process of its own, over a real vote that is open now; for tests and benches."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import utc_now
from pilot.commands.migrate import upgrade
from pilot.rehearsal.plan import Plan
from pilot.rehearsal.serving import Hands
from pilot.rehearsal.stage import STAYS_OPEN, Stage
from pilot.settings import ROOT, from_environment
from pilot.store import Store
from pilot.voting import queries, service
from tests.builders.voting import OFFICER, SCRIPT

PATIENCE = 60.0
"""Seconds after which a server is given up; a test machine may be busy."""

ZYGOTE = """
import os, sys
from pilot.__main__ import main
from pilot.clock import utc_now
from pilot.commands import serve
from pilot.settings import from_environment
WHOSE = ("base", "components/", "voting/_", "voting/start", "voting/paper.")
made = serve.create_app(from_environment(os.environ), utc_now)
pages = made.template_engine.engine
for name in pages.list_templates(filter_func=lambda name: name.startswith(WHOSE)):
    pages.get_template(name)
serve.create_app = lambda *_: made
for port in sys.stdin:
    child = os.fork()
    if not child:
        os.environ["PORT"] = port.strip()
        os._exit(main(["serve"]))
    print(child, flush=True)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""
"""`pilot serve` in a new process each time, without loading the program anew: that takes longer than all the rest.

Each process gets its own copy of an application that has never served, so nothing but the database comes through.
"""


class OpenVote:
    """A folder of data with a vote that is open by today's clock, and a voting code for everybody.

    `template` is a database with every migration applied; without one it is made. A test whose vote has more than
    that in it does so in `arranged` and `frozen`.
    """

    def __init__(self, data: Path, voters: int, template: Path | None = None) -> None:
        self.data = data
        data.mkdir(parents=True, exist_ok=True)
        self.settings = from_environment({"PILOT_DATA": str(data)})
        if template is None:
            upgrade(self.settings.database_url)
        else:
            shutil.copy(template, self.database)
        self.stage = Stage(self.settings, Hands(utc_now() - timedelta(days=2)))
        self.stage.set_up(Plan(voters, "yes-no", 2, 1, "serving"))
        self.box = self.write(self._freeze)

    async def arranged(self, session: AsyncSession) -> None:
        """What is arranged before the list of voters is fixed."""

    async def frozen(self, session: AsyncSession) -> None:
        """What is done before voting opens."""

    @property
    def ballot(self) -> int:
        return self.stage.ballot

    @property
    def codes(self) -> tuple[str, ...]:
        return self.stage.codes

    @property
    def database(self) -> Path:
        return self.data / "pilot.sqlite"

    @property
    def environment(self) -> dict[str, str]:
        """What the server reads, and nothing of the tester's own settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PILOT_") and name != "PORT"}
        return {**kept, "PILOT_DATA": str(self.data), "PYTHONWARNINGS": "error", "PYTHONPATH": str(ROOT)}

    def close(self) -> list[str]:
        """Let the clock come to the close, and do what is due; no server may run."""
        self.stage.clock.at(utc_now() + STAYS_OPEN)
        return self.stage.tick()

    def ask(self, act):
        """Something that is asked of the database with a session."""
        return self._with(Store.reading, act)

    def write(self, act):
        """Something that is done to the database in one transaction."""
        return self._with(Store.writing, act)

    def _with(self, begun, act):
        async def acted():
            store = Store(self.settings.database_url)
            try:
                async with begun(store) as session:
                    return await act(session)
            finally:
                await store.dispose()

        return asyncio.run(acted())

    async def _freeze(self, session: AsyncSession) -> int:
        await self.arranged(session)
        await service.freeze_electorate(session, self.ballot, by=OFFICER, now=self.stage.clock(), script=SCRIPT)
        await self.frozen(session)
        return (await queries.ballot(session, self.ballot)).box_id or 0


class Serving:
    """A server of a vote, started as often as wanted; leaving the block ends all its processes."""

    def __init__(self, vote: OpenVote, port: int) -> None:
        self.port = port
        self.pid = 0
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", ZYGOTE],
            cwd=vote.data,
            env=vote.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Serving":
        return self

    def __exit__(self, *_fault: object) -> None:
        self.log = self.end()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._nursery.stdin.write(f"{self.port}\n")
        self._nursery.stdin.flush()
        self.pid = int(self._nursery.stdout.readline())
        until(self.answers)

    def answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def kill(self, how: int = signal.SIGKILL) -> None:
        """End the server at this very moment, or ask it to end, and wait until it is gone."""
        os.kill(self.pid, how)
        self.pid = 0
        assert self._nursery.stdout.readline() == "gone\n"

    def end(self) -> str:
        """Everything ended; what was written to the log."""
        if self.pid:
            self.kill(signal.SIGTERM)
        _, said = self._nursery.communicate()
        return said

    @property
    def seconds(self) -> float:
        """Seconds of a processor that the running server has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until(happened) -> None:
    """Wait for something that a process of its own does."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def a_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
