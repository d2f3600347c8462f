"""Reading what has been released. What comes out holds hidden numbers: it goes to the next release and nowhere else."""

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics.crosstab.sums import Name, Sum
from pilot.metrics.disclosure import SMALLEST, Publication
from pilot.metrics.tables.publications import PublicationRow


class Series(msgspec.Struct, frozen=True):
    """Figures that may add up with each other: a set of trusts, by its name, and an instrument."""

    dataset: str
    instrument: str


class Kept(msgspec.Struct, frozen=True):
    """What has been released of a series, after so many releases. `publication` has the rule for the next one, `stored`
    is the one that is written down with it, 0 before the first."""

    series: Series
    version: int
    publication: Publication
    stored: int = 0


class Document(msgspec.Struct, frozen=True):
    """A publication as it is stored: (name, people, points, hidden) for each cell, in order, and the highest rule of
    its releases; those that were stored without one were made by the rule of 11."""

    cells: tuple[tuple[Name, int, int | None, bool], ...]
    sums: tuple[Sum, ...]
    smallest: int = SMALLEST


def asked(session: AsyncSession) -> int:
    """The fewest people about whom a figure is shown in this installation."""
    return int(session.info["fewest_people"])


async def kept(session: AsyncSession, series: Series) -> Kept:
    """What has been released of a series; version 0 when that is nothing.

    Its rule is the one for the next release: what the installation asks for, and no less than what was asked before.
    """
    query = select(PublicationRow.version, PublicationRow.document).where(
        PublicationRow.dataset == series.dataset, PublicationRow.instrument == series.instrument
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return Kept(series, 0, Publication(asked(session)))
    document = msgspec.json.decode(found.document, type=Document)
    return Kept(series, found.version, _read(document, asked(session)), document.smallest)


def _read(found: Document, smallest: int) -> Publication:
    return Publication(
        smallest=max(found.smallest, smallest),
        people={name: people for name, people, _, _ in found.cells},
        points={name: points for name, _, points, _ in found.cells if points is not None},
        hidden=frozenset(name for name, _, _, hidden in found.cells if hidden),
        sums=found.sums,
    )


def written(publication: Publication) -> bytes:
    """A publication as it is stored."""
    cells = tuple(
        (name, people, publication.points.get(name), name in publication.hidden)
        for name, people in sorted(publication.people.items())
    )
    return msgspec.json.encode(Document(cells, publication.sums, publication.smallest))
