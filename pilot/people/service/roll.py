"""Loading a staff roll: keep the upload, map its columns, show what would happen, import."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec
from msgspec import Struct
from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.audit import log
from pilot.clock import LONDON
from pilot.errors import BadInput, NotFound, WrongState
from pilot.people import queries, roll
from pilot.people.queries.roll import GONE
from pilot.people.roll import Comparison, ReadPerson, RollRead, Zeros
from pilot.people.service.uploads import KEPT_FOR
from pilot.people.sheet import Sheet, open_sheet
from pilot.people.tables import PersonRow, RollEntryRow, RollImportRow, RollMappingRow, RollUploadRow

PROBLEM = "There is a problem"


class RollFile(Struct, frozen=True):
    """A file as it was uploaded, and the day of which it tells."""

    filename: str
    content: bytes
    as_at_on: date


class Columns(Struct, frozen=True):
    """The columns of an upload: all headings, the heading of each field, and examples of those that were kept."""

    filename: str
    as_at_on: date
    headings: tuple[str, ...]
    mapping: dict[str, str]
    samples: dict[str, tuple[str, ...]]


class Preview(Struct, frozen=True):
    """What importing an upload would do. `newer` is a day of a later roll that is here already, else None."""

    read: RollRead
    comparison: Comparison
    as_at_on: date
    filename: str
    encoding: str
    zeros: Zeros
    newer: date | None

    @property
    def must_answer_zeros(self) -> bool:
        """Whether the question about short employee numbers is still open."""
        return self.read.short_numbers is not None and self.zeros == "unasked"


async def stage_roll(
    session: AsyncSession,
    trust: str,
    file: RollFile,
    *,
    by: str,
    now: datetime,
    mapping: Mapping[str, str] | None = None,
) -> int:
    """Keep the columns of a file that are mapped (guessed without `mapping`) until it is confirmed; the upload's id.

    Raises BadInput for a file that cannot be read, and for one with columns that must never be stored.
    """
    _refuse_future(file.as_at_on, now)
    sheet = await asyncio.to_thread(open_sheet, file.content, roll.is_known)  # others vote while this is read
    mapping = dict(mapping or roll.guess(sheet.headings, await queries.roll_mapping(session, trust)))
    await asyncio.to_thread(_refuse_forbidden, sheet, mapping, file.as_at_on)
    kept = [heading for heading in dict.fromkeys(mapping.values()) if heading in sheet.headings]
    await session.execute(delete(RollUploadRow).where(RollUploadRow.trust == trust))
    narrowed = await asyncio.to_thread(lambda: msgspec.json.encode(sheet.narrowed(kept)))
    row = RollUploadRow(
        id=1 + secrets.randbelow(2**31 - 1),  # never used again, as a row number of a deleted upload would be
        trust=trust,
        uploaded_by=by,
        uploaded_at=now,
        expires_at=now + KEPT_FOR,
        as_at_on=file.as_at_on,
        filename=file.filename[:200],
        digest=hashlib.sha256(file.content).hexdigest(),
        headings=list(sheet.headings),
        mapping=mapping,
        sheet=narrowed,
        zeros="unasked",
    )
    session.add(row)
    await session.flush()
    return row.id


async def columns_of(session: AsyncSession, trust: str, upload_id: int, now: datetime) -> Columns:
    """The columns of an upload, with three examples of each that was kept."""
    row = await queries.roll_upload(session, trust, upload_id, now)
    sheet = await _sheet(row)
    samples = {
        heading: tuple(dict.fromkeys(line.cells[place] for line in sheet.lines[:50] if line.cells[place].strip()))[:3]
        for place, heading in enumerate(sheet.headings)
    }
    return Columns(row.filename, row.as_at_on, tuple(row.headings), dict(row.mapping), samples)


async def map_columns(
    session: AsyncSession,
    trust: str,
    upload_id: int,
    mapping: Mapping[str, str],
    *,
    again: RollFile | None,
    by: str,
    now: datetime,
) -> int:
    """Say which column holds what; the id of the upload, which is a new one if the file was chosen `again`.

    Raises BadInput if a column is missing or chosen twice, and if it was not kept and the file is not at hand.
    """
    row = await queries.roll_upload(session, trust, upload_id, now)
    opened = await asyncio.to_thread(open_sheet, again.content, roll.is_known) if again else None
    headings = opened.headings if opened else row.headings
    if problems := roll.mapping_problems(mapping, headings):
        raise BadInput(PROBLEM, problems)
    if again is not None:
        return await stage_roll(session, trust, again, by=by, now=now, mapping=mapping)
    kept = (await _sheet(row)).headings
    if absent := [f"“{heading}”" for heading in mapping.values() if heading not in kept]:
        raise BadInput(
            PROBLEM,
            {"file": f"Choose the file again so that we can read {' and '.join(absent)}. We kept only what we knew"},
        )
    row.mapping = dict(mapping)
    await session.flush()
    return upload_id


async def preview_roll(session: AsyncSession, trust: str, upload_id: int, now: datetime) -> Preview:
    """What importing an upload would do: problems by line, totals, and changes since the roll before."""
    row = await queries.roll_upload(session, trust, upload_id, now)
    sheet = await _sheet(row)
    read = await _read(session, row, sheet)
    before = await queries.roll_on(session, trust, row.as_at_on)
    latest = await queries.roll_summary_on(session, trust, now.astimezone(LONDON).date())
    return Preview(
        read=read,
        comparison=await asyncio.to_thread(roll.compare, before, read.people),
        as_at_on=row.as_at_on,
        filename=row.filename,
        encoding=sheet.encoding,
        zeros=_zeros(row),
        newer=latest.as_at_on if latest and latest.as_at_on > row.as_at_on else None,
    )


async def answer_zeros(session: AsyncSession, trust: str, upload_id: int, zeros: Zeros, now: datetime) -> None:
    """Say whether short employee numbers are right, or have lost the zeros in front."""
    row = await queries.roll_upload(session, trust, upload_id, now)
    row.zeros = zeros
    await session.flush()


async def import_roll(
    session: AsyncSession, trust: str, upload_id: int, *, sure: bool, by: str, now: datetime
) -> roll.RollSummary:
    """Import an upload; a second time gives the same import again. `sure`: the person has seen that much changes.

    Raises WrongState while a question is open, if nobody is left to import, and if more than a tenth would change
    and the person is not `sure`.
    """
    if (done := await queries.roll_import_of(session, trust, upload_id)) is not None:
        return done
    preview = await preview_roll(session, trust, upload_id, now)
    if preview.must_answer_zeros:
        raise WrongState("Say first whether the short employee numbers are right.")
    if not preview.read.people:
        raise WrongState("No line of this file can be imported. Correct the file and upload it again.")
    if preview.comparison.is_large and not sure:
        raise WrongState("More than a tenth of the staff would change. Check that this is the right file.")
    row = await queries.roll_upload(session, trust, upload_id, now)
    import_id = await _store(session, row, preview.read, by, now)
    await _remember_mapping(session, trust, row.mapping)
    # Whoever deletes the upload imports it; of two at once the second waits and then finds nothing to delete.
    gone = await session.execute(delete(RollUploadRow).where(RollUploadRow.id == upload_id).returning(RollUploadRow.id))
    if gone.scalar_one_or_none() is None:
        raise NotFound(GONE)
    summary = await queries.roll_import(session, trust, import_id)
    await log.record(
        session,
        at=now,
        actor=by,
        verb="staff roll imported",
        subject=f"roll import {import_id}",
        trust=trust,
        detail={"as at": summary.as_at_on.isoformat(), "people": summary.people, "lines": summary.lines}
        | {"rejected": summary.rejected, "skipped": summary.skipped, "file": row.digest},
    )
    return summary


async def load_roll(session: AsyncSession, trust: str, file: RollFile, *, by: str, now: datetime) -> roll.RollSummary:
    """Stage and import a file in one go, with guessed columns and short numbers as they are: for files we made."""
    upload_id = await stage_roll(session, trust, file, by=by, now=now)
    row = await queries.roll_upload(session, trust, upload_id, now)
    if problems := roll.mapping_problems(row.mapping, row.headings):
        raise BadInput(PROBLEM, problems)
    await answer_zeros(session, trust, upload_id, "keep", now)
    return await import_roll(session, trust, upload_id, sure=True, by=by, now=now)


def _refuse_future(as_at_on: date, now: datetime) -> None:
    if as_at_on > now.astimezone(LONDON).date():
        raise BadInput(PROBLEM, {"as_at_on": "The day of the extract must be today or in the past"})


def _refuse_forbidden(sheet: Sheet, mapping: Mapping[str, str], as_at: date) -> None:
    if found := roll.forbidden(sheet, mapping, as_at):
        columns = ", ".join(f"“{one.heading}” ({one.holds}, seen by {one.seen_in})" for one in found)
        raise BadInput(
            PROBLEM,
            {
                "file": f"Nothing was stored. This file holds what a roll must not hold: {columns}. "
                f"Remove {'this column' if len(found) == 1 else 'these columns'} and upload the file again"
            },
        )


async def _sheet(row: RollUploadRow) -> Sheet:
    return await asyncio.to_thread(msgspec.json.decode, row.sheet, type=Sheet)


def _zeros(row: RollUploadRow) -> Zeros:
    zeros: Zeros = msgspec.convert(row.zeros, Zeros)
    return zeros


async def _read(session: AsyncSession, row: RollUploadRow, sheet: Sheet) -> RollRead:
    if problems := roll.mapping_problems(row.mapping, row.headings):
        raise WrongState(f"Say first which column holds what. {next(iter(problems.values()))}.")
    trust = await queries.trust(session, row.trust)
    ours = (trust.ods_code, trust.name)
    return await asyncio.to_thread(roll.read_sheet, sheet, row.mapping, organisation=ours, zeros=_zeros(row))


async def _store(session: AsyncSession, row: RollUploadRow, read: RollRead, by: str, now: datetime) -> int:
    imported = RollImportRow(
        trust=row.trust,
        upload_id=row.id,
        as_at_on=row.as_at_on,
        imported_at=now,
        imported_by=by,
        filename=row.filename,
        digest=row.digest,
        lines=read.lines,
        people=len(read.people),
        assignments=read.assignments,
        rejected=len(read.rejected),
        skipped=len(read.skipped),
    )
    session.add(imported)
    await session.flush()
    ids = await _store_people(session, row.trust, read.people)
    await session.execute(
        insert(RollEntryRow),
        [
            _entry(job) | {"roll_import_id": imported.id, "person_id": ids[person.employee_number]}
            for person in read.people
            for job in person.assignments
        ],
    )
    return imported.id


def _entry(job: roll.Assignment) -> dict[str, object]:
    values = msgspec.structs.asdict(job)
    return {**values, "assignment_number": values.pop("number")}


async def _store_people(session: AsyncSession, trust: str, people: Sequence[ReadPerson]) -> dict[str, int]:
    """Add who is new and take over changed names; ids by employee number."""
    known = await queries.persons(session, trust)
    new = [person for person in people if person.employee_number not in known]
    if new:
        await session.execute(
            insert(PersonRow),
            [
                {"trust": trust, "employee_number": p.employee_number, "last_name": p.last_name}
                | {"first_name": p.first_name}
                for p in new
            ],
        )
    renamed = [
        {"id": known[p.employee_number][0], "last_name": p.last_name, "first_name": p.first_name}
        for p in people
        if p.employee_number in known and known[p.employee_number][1:] != (p.last_name, p.first_name)
    ]
    if renamed:
        await session.execute(update(PersonRow), renamed)
    return {number: person_id for number, (person_id, *_) in (await queries.persons(session, trust)).items()}


async def _remember_mapping(session: AsyncSession, trust: str, mapping: dict[str, str]) -> None:
    row = await session.get(RollMappingRow, trust)
    if row is None:
        session.add(RollMappingRow(trust=trust, mapping=mapping))
    else:
        row.mapping = mapping
    await session.flush()
