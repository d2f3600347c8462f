"""Elections with a result that no test could have voted for: real wards, and the largest that are allowed."""

import json
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.voting import declaration as declarations
from pilot.voting.ballots import Election
from pilot.voting.count import blt, rules
from pilot.voting.count.contest import Papers
from pilot.voting.count.result import CountResult, written
from pilot.voting.declaration import Declaration
from pilot.voting.tables import DeclarationRow
from tests.builders.voting import a_declared_election

ALMOND = "edinburgh_2017_ward1"
"""Ten candidates for four seats on 14,207 papers: City of Edinburgh, ward 1, 4 May 2017."""


async def a_declared_ward(session: AsyncSession, reference_data: Path, ward: str = ALMOND) -> tuple[int, CountResult]:
    """The real papers of a Scottish ward, counted here, as the declared result of an election; its id and the count."""
    folder = reference_data / "counting" / "scottish2017"
    read = blt.read((folder / f"{ward}.blt").read_bytes())
    facts = next(one for one in json.loads((folder / "official_results.json").read_text()) if one["id"] == ward)
    ask = Election("scottish-stv", read.contest.seats, tuple(facts["candidates"]))
    people = {"entitled": int(facts["electorate"]), "spoilt": facts["spoiled"]}
    return await a_result_of(session, ask, read.papers, people=people, title=facts["title"])


async def a_result_of(
    session: AsyncSession,
    ask: Election,
    papers: Papers,
    *,
    people: dict[str, int] | None = None,
    order: Sequence[int] | None = None,
    title: str = "Staff council",
) -> tuple[int, CountResult]:
    """An election that a few people voted in, and that then has the result of these papers; its id and the count.

    Papers by the thousand cannot be stamped and sealed in a test: the figures of the declaration are put in its row.
    `people`: "entitled" and "spoilt".
    """
    ballot, small = await a_declared_election(session, {"1": 1}, ask, title=title)
    count = rules.count(ask.rule, ask.contest(title), papers, order)
    declared = _declared(small, count, people or {"entitled": 2 * (count.valid + count.blank), "spoilt": 0})
    values = {"content": declarations.written(declared), "count": written(count)}
    await session.execute(update(DeclarationRow).where(DeclarationRow.ballot_id == ballot).values(**values))
    return ballot, count


def _declared(small: Declaration, count: CountResult, people: dict[str, int]) -> Declaration:
    voted = count.valid + count.blank + people["spoilt"]
    matter = declarations.Matter(
        small.ballot, small.trust, small.subject, small.title, small.question, small.manifest, small.rule
    )
    box = declarations.Box(people["entitled"], voted, voted, count.valid + count.blank, people["spoilt"], 0)
    return declarations.declare(matter, count, box, at=small.declared_at, lot=small.lot)
