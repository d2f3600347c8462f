"""Having the worker process do what the web process must not: one order at a time, with a cap on time and memory."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any, TypeVar

import msgspec

from pilot.errors import BadInput
from pilot.metrics.kernel.estimates import REFUSED, STEP
from pilot.settings import ROOT, Settings

R = TypeVar("R")
T = TypeVar("T", bound=msgspec.Struct)

SHORT_OF_MEMORY = (
    b"MemoryError",
    b"failed to map segment",
    b"Cannot allocate memory",
    b"Memory allocation still failed",
)
"""What Python, the loader and OpenBLAS write on stderr when a worker reaches its limit of memory."""


LONGEST_LINE = 2**20
"""Bytes of one line on stderr, far more than a trace has."""


class Words(msgspec.Struct, frozen=True):
    """How a kind of order is told: its name, the field of the form that a refusal stands at, and what to do when it
    takes too long or too much memory."""

    name: str
    field: str
    slow: str
    large: str


class WorkerError(Exception):
    """The worker crashed, which is a fault of ours and no answer to anybody: status 500, with its trace in the log."""


class _Busy:
    """Whether a worker is at work, and on what: each may take much memory, so there is one at a time."""

    name = ""


Heard = Callable[[str], Awaitable[None]]
"""Who is told, in a sentence, what the worker begins to do."""


async def nobody(_: str) -> None:
    """Nobody waits for news."""


_UNDER_WAY: dict[Hashable, asyncio.Task[Any]] = {}


async def once(key: Hashable, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
    """What the work gives. Whoever asks for the same, by its key, while it is done waits for it and gets the same.

    So a button that was pressed twice does one thing, which goes on to its end also when the one who pressed it is
    gone. Raises, for each who waits, what the work raises.
    """
    if key not in _UNDER_WAY:
        _UNDER_WAY[key] = asyncio.create_task(work())
        _UNDER_WAY[key].add_done_callback(lambda _: _UNDER_WAY.pop(key))
    done: R = await asyncio.shield(_UNDER_WAY[key])
    return done


async def ask(order: msgspec.Struct, kind: type[T], words: Words, settings: Settings, heard: Heard = nobody) -> T:
    """Have the worker process answer; whatever happens, no process is left.

    Raises BadInput, with a sentence, for what the worker refuses, and when it takes longer or needs more memory than
    it may. Raises WorkerError when it crashes. No transaction may be open meanwhile: on SQLite it would keep
    everybody else from writing.
    """
    if _Busy.name:
        raise BadInput(
            "There is a problem", {words.field: f"Another {_Busy.name} is being made. Try again in a minute"}
        )
    _Busy.name = words.name
    try:
        code, out, trace = await _run(msgspec.json.encode(order), settings, heard)
    finally:
        _Busy.name = ""
    if code is None:
        raise BadInput(
            f"The {words.name} took longer than {settings.evaluate_seconds} seconds and was stopped. "
            "Nothing was stored.",
            {words.field: words.slow},
        )
    if code == -signal.SIGKILL or any(said in trace for said in SHORT_OF_MEMORY):
        raise BadInput(
            f"The {words.name} needs more than the {settings.evaluate_memory_mb:,} MB of memory that it may have. "
            "Nothing was stored.",
            {words.field: words.large},
        )
    if code == REFUSED:
        raise BadInput("There is a problem", {words.field: out.decode()})
    if code != 0:
        raise WorkerError(f"exit code {code}:\n{trace.decode(errors='backslashreplace')}")
    return msgspec.json.decode(out, type=kind)


async def _run(order: bytes, settings: Settings, heard: Heard) -> tuple[int | None, bytes, bytes]:
    """Exit code, output and what stands on stderr; None for the code when the time was up."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pilot.metrics.worker", str(settings.evaluate_memory_mb),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        cwd=ROOT, env=_surroundings(), limit=LONGEST_LINE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(settings.evaluate_seconds) as limit:
            out, trace, _ = await asyncio.gather(_all(process), _trace(process, heard), _send(process, order))
            return await process.wait(), out, trace
    except TimeoutError:
        if not limit.expired():  # somebody who was told waited for something else, such as the database
            raise
        return None, b"", b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _send(process: asyncio.subprocess.Process, order: bytes) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a worker that died says so by its exit code
        process.stdin.write(order)
        await process.stdin.drain()
    process.stdin.close()


async def _all(process: asyncio.subprocess.Process) -> bytes:
    return b"" if process.stdout is None else await process.stdout.read()


async def _trace(process: asyncio.subprocess.Process, heard: Heard) -> bytes:
    """What stands on stderr, but for the lines that say how far the worker is: those are passed on."""
    kept = []
    while process.stderr is not None and (line := await process.stderr.readline()):
        if line.startswith(STEP):
            await heard(line.removeprefix(STEP).decode().strip())
        else:
            kept.append(line)
    return b"".join(kept)


def _surroundings() -> dict[str, str]:
    """What the worker is told of its surroundings: no secret, no database, and one thread for numbers."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "MPLCONFIGDIR") if name in os.environ}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
