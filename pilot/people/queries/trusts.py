"""Reading the trusts of the programme."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.errors import NotFound
from pilot.people.tables import TrustRow, TrustUploadRow
from pilot.people.trusts import Trust


async def trusts_of_programme(session: AsyncSession) -> tuple[Trust, ...]:
    """Every trust of the programme, by ODS code; withdrawn ones too, since they stay in the comparison."""
    return tuple(_trust(row) for row in await session.scalars(select(TrustRow).order_by(TrustRow.ods_code)))


async def trust(session: AsyncSession, ods_code: str) -> Trust:
    """One trust. Raises NotFound."""
    row = await session.get(TrustRow, ods_code)
    if row is None:
        raise NotFound(f"There is no trust with the code {ods_code[:20]} in this programme.")
    return _trust(row)


async def trust_upload(session: AsyncSession, upload_id: int, by: str, now: datetime) -> TrustUploadRow:
    """A list of trusts that the same person uploaded within a day. Raises NotFound."""
    row = await session.get(TrustUploadRow, upload_id)
    if row is None or row.uploaded_by != by or row.expires_at <= now:
        raise NotFound("This upload is no longer here. Upload the file again.")
    return row


def _trust(row: TrustRow) -> Trust:
    return Trust(
        row.ods_code,
        row.name,
        row.arm,
        row.matched_set,
        row.region,
        row.type,
        row.cqc_overall,
        row.cqc_well_led,
        row.starts_on,
        row.withdrawn_on,
    )
