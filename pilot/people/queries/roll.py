"""Reading the staff rolls of a trust, and uploads that wait to be confirmed."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.clock import LONDON
from pilot.errors import NotFound
from pilot.people.roll import Assignment, Category, RollPerson, RollSummary, Status
from pilot.people.tables import PersonRow, RollEntryRow, RollImportRow, RollMappingRow, RollUploadRow

GONE = "This upload is no longer here. It was imported, replaced or is a day old. Upload the file again."


async def roll_summary_on(session: AsyncSession, trust: str, day: date) -> RollSummary | None:
    """The latest roll that tells of `day` or a day before it; None if there is none."""
    row = await session.scalar(
        select(RollImportRow)
        .where(RollImportRow.trust == trust, RollImportRow.as_at_on <= day)
        .order_by(RollImportRow.as_at_on.desc(), RollImportRow.id.desc())
        .limit(1)
    )
    return None if row is None else _summary(row)


async def roll_imports(session: AsyncSession, trust: str) -> tuple[RollSummary, ...]:
    """Every roll imported for a trust, the newest first."""
    rows = await session.scalars(
        select(RollImportRow)
        .where(RollImportRow.trust == trust)
        .order_by(RollImportRow.as_at_on.desc(), RollImportRow.id.desc())
    )
    return tuple(_summary(row) for row in rows)


async def roll_on(session: AsyncSession, trust: str, day: date) -> tuple[RollPerson, ...]:
    """Everybody on the latest roll that tells of `day` or a day before it, by person id; empty if there is none."""
    summary = await roll_summary_on(session, trust, day)
    return () if summary is None else await roll_people(session, trust, summary.import_id)


async def roll_people(session: AsyncSession, trust: str, import_id: int) -> tuple[RollPerson, ...]:
    """Everybody on one roll of a trust, by person id."""
    return _people(await session.execute(_lines(trust, import_id)))


async def person_on_roll(session: AsyncSession, trust: str, person_id: int, day: date) -> RollPerson | None:
    """One person of the latest roll that tells of `day` or a day before it; None if they are not on it, or none is."""
    summary = await roll_summary_on(session, trust, day)
    if summary is None:
        return None
    lines = _lines(trust, summary.import_id).where(PersonRow.id == person_id)
    return next(iter(_people(await session.execute(lines))), None)


async def people_by(
    session: AsyncSession, import_id: int, field: Literal["staff_group", "site"]
) -> tuple[tuple[str, int], ...]:
    """How many people of one roll are in each staff group or at each site, by their primary assignment."""
    column = RollEntryRow.staff_group if field == "staff_group" else RollEntryRow.site
    rows = await session.execute(
        select(column, func.count())
        .where(RollEntryRow.roll_import_id == import_id, RollEntryRow.is_primary)
        .group_by(column)
        .order_by(column)
    )
    return tuple((name, number) for name, number in rows)


async def persons(
    session: AsyncSession, trust: str, only: Iterable[int] | None = None
) -> dict[str, tuple[int, str, str]]:
    """Id, last name and first name by employee number: everybody, or those of `only`, ever on a roll of the trust."""
    found = select(PersonRow.employee_number, PersonRow.id, PersonRow.last_name, PersonRow.first_name).where(
        PersonRow.trust == trust
    )
    rows = await session.execute(found if only is None else found.where(PersonRow.id.in_(list(only))))
    return {number: (person_id, last_name, first_name) for number, person_id, last_name, first_name in rows}


async def roll_import(session: AsyncSession, trust: str, import_id: int) -> RollSummary:
    """One roll of a trust. Raises NotFound."""
    row = await session.get(RollImportRow, import_id)
    if row is None or row.trust != trust:
        raise NotFound("There is no such roll of this trust.")
    return _summary(row)


async def roll_import_of(session: AsyncSession, trust: str, upload_id: int) -> RollSummary | None:
    """The roll that an upload became; None if it was not imported."""
    row = await session.scalar(
        select(RollImportRow).where(RollImportRow.trust == trust, RollImportRow.upload_id == upload_id)
    )
    return None if row is None else _summary(row)


async def roll_mapping(session: AsyncSession, trust: str) -> dict[str, str]:
    """The headings that were mapped in the trust's last roll, by field; empty before the first."""
    row = await session.get(RollMappingRow, trust)
    return {} if row is None else dict(row.mapping)


async def roll_upload(session: AsyncSession, trust: str, upload_id: int, now: datetime) -> RollUploadRow:
    """A roll of this trust that waits to be confirmed. Raises NotFound when it is gone, confirmed or a day old."""
    row = await session.get(RollUploadRow, upload_id)
    if row is None or row.trust != trust or row.expires_at <= now:
        raise NotFound(GONE)
    return row


def _summary(row: RollImportRow) -> RollSummary:
    return RollSummary(
        row.id,
        row.as_at_on,
        row.imported_at.astimezone(LONDON).date(),
        row.filename,
        row.lines,
        row.people,
        row.assignments,
        row.rejected,
        row.skipped,
    )


# Columns instead of rows: a roll of 20,000 people is read within a request.
_PERSON = (PersonRow.id, PersonRow.employee_number, PersonRow.last_name, PersonRow.first_name)
_ASSIGNMENT = (
    RollEntryRow.staff_group,
    RollEntryRow.unit,
    RollEntryRow.site,
    RollEntryRow.assignment_number,
    RollEntryRow.job_role,
    RollEntryRow.band,
    RollEntryRow.category,
    RollEntryRow.status,
    RollEntryRow.started_on,
    RollEntryRow.fixed_term_end_on,
    RollEntryRow.is_primary,
)
"""In the order of the fields of an Assignment."""


def _lines(trust: str, import_id: int) -> Select[*tuple[Any, ...]]:
    """The lines of one roll of a trust, those of one person together and the primary assignment first."""
    return (
        select(*_PERSON, *_ASSIGNMENT)
        .join(PersonRow, PersonRow.id == RollEntryRow.person_id)
        .where(RollEntryRow.roll_import_id == import_id, PersonRow.trust == trust)
        .order_by(PersonRow.id, RollEntryRow.is_primary.desc(), RollEntryRow.id)
    )


def _people(rows: Iterable[Any]) -> tuple[RollPerson, ...]:
    grouped: Iterator[tuple[Any, Iterator[Any]]] = groupby(rows, key=lambda row: row[: len(_PERSON)])
    return tuple(
        RollPerson(person_id, number, last, first, tuple(_assignment(*row[len(_PERSON) :]) for row in group))
        for (person_id, number, last, first), group in grouped
    )


def _assignment(*columns: Any) -> Assignment:
    values = list(columns)
    values[6:8] = Category(values[6]), Status(values[7])
    return Assignment(*values)
