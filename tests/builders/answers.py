"""The worker is asked once for the same order in a run of the tests: the same order has the same answer."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from pilot.metrics.service import asking
from pilot.metrics.service.asking import Heard
from pilot.settings import Settings

Answered = tuple[int | None, bytes, bytes]

START_A_WORKER = asking._run


def keep(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """From now on the worker is asked only what no test has asked with these limits before; its answer is kept here.

    The folder is shared by all processes of the tests. Refusals and faults are not kept, and whoever waits hears each
    step again.
    """
    patch.setattr(asking, "_run", _kept_in(folder))


def forget(patch: pytest.MonkeyPatch) -> None:
    """A worker is started for each order."""
    patch.setattr(asking, "_run", START_A_WORKER)


def _kept_in(folder: Path) -> Callable[[bytes, Settings, Heard], Awaitable[Answered]]:
    async def asked(order: bytes, settings: Settings, heard: Heard) -> Answered:
        limits = f"{settings.evaluate_seconds} {settings.evaluate_memory_mb} ".encode()
        known = folder / hashlib.sha256(limits + order).hexdigest()
        if known.exists():
            out, steps = msgspec.msgpack.decode(known.read_bytes(), type=tuple[bytes, list[str]])
            for step in steps:
                await heard(step)
            return 0, out, b""
        told: list[str] = []

        async def listen(step: str) -> None:
            told.append(step)
            await heard(step)

        code, out, trace = await START_A_WORKER(order, settings, listen)
        if code == 0:
            new = folder / f"{known.name}.{os.getpid()}"
            await asyncio.to_thread(new.write_bytes, msgspec.msgpack.encode((out, told)))
            new.replace(known)
        return code, out, trace

    return asked
