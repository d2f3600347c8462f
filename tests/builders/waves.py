"""Survey waves for tests: a pilot and a control with their rolls, asked and answering through the services."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import asdict
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics.cells import cells_of
from pilot.metrics.queries import waves as queries
from pilot.metrics.questionnaire import PULSE
from pilot.metrics.service import answering, counting, waves
from pilot.metrics.tables.waves import CellRow
from pilot.metrics.waves import Kind, State, WaveSpec
from pilot.people import queries as people
from pilot.people.roles import Voter
from pilot.secrecy import filling
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from tests.builders.people import a_roll, a_trust
from tests.builders.remembering import made_once
from tests.builders.secrecy import a_paper

MADE = datetime(2027, 3, 1, 9, tzinfo=UTC)
OPENS = datetime(2027, 3, 3, 8, tzinfo=UTC)
NIGHT = datetime(2027, 3, 5, 3, 12, 44, tzinfo=UTC)
CLOSES = datetime(2027, 3, 17, 17, tzinfo=UTC)
SCRIPT = "5c" * 32
BY = "account 1"
PILOT, CONTROL = "RAA", "RBB"


def a_spec(**changes: object) -> WaveSpec:
    """The pulse as a baseline, open for a fortnight; a test changes what it cares for."""
    given = {"title": "Spring pulse", "kind": Kind.BASELINE, "opens_at": OPENS, "closes_at": CLOSES}
    return WaveSpec(**({"questionnaire": PULSE} | given | changes))


async def two_trusts(session: AsyncSession, people: int = 44) -> None:
    """A pilot and a control, each with a staff roll."""
    await a_trust(session, PILOT)
    await a_trust(session, CONTROL, "control", starts_on=None)
    for trust in (PILOT, CONTROL):
        await a_roll(session, trust, people)


@made_once
async def a_frozen_wave(session: AsyncSession, people: int = 44, **changes: object) -> int:
    """A wave of two trusts whose lists and boxes are made; its id."""
    await two_trusts(session, people)
    wave = await waves.make_wave(session, a_spec(**changes), by=BY, now=MADE)
    await waves.freeze(session, wave, script=SCRIPT, leave_out=False, by=BY, now=MADE)
    for trust in (PILOT, CONTROL):
        await counting.box_trust(session, wave, trust, now=MADE)
    return wave


async def an_open_wave(session: AsyncSession, people: int = 44, **changes: object) -> int:
    wave = await a_frozen_wave(session, people, **changes)
    await counting.open_wave(session, wave, "", now=OPENS)
    return wave


async def boxed_and_opened(session: AsyncSession, wave: int) -> None:
    """Make the boxes of a fixed wave and open it, as the clock does."""
    for trust in (PILOT, CONTROL):
        await counting.box_trust(session, wave, trust, now=MADE)
    await counting.open_wave(session, wave, "", now=OPENS)


async def the_people(session: AsyncSession, trust: str = PILOT) -> list[Voter]:
    """Everybody on the roll of a trust, as they sign in."""
    arm = "pilot" if trust == PILOT else "control"
    roll = await people.roll_on(session, trust, MADE.date())
    return [Voter(one.person_id, trust, one.name, arm) for one in roll]


async def sealed(
    session: AsyncSession, wave: int, who: Voter, marks: str, *, now: datetime = NIGHT
) -> tuple[bytes, bytes]:
    """A stamped paper with these answers and its envelope, not yet sent.

    A digit for each question, "-" for none; with spaces between the questions there may be several digits for one.
    """
    place = await answering.place(session, wave, who, now=now)
    text = await secrecy.manifest_of(session, place.box_id)
    asked = len(manifests.read(text).questions)
    given = marks.split() if " " in marks else list(marks)
    given += ["-"] * (asked - len(given))
    filled = a_paper(text, [[] if mark == "-" else list(mark) for mark in given])
    signature = await answering.stamp(session, wave, who, filled.blinded, now=now)
    return filled.paper, filling.seal_up(manifests.read(text), manifests.digest(text), filled, signature)


async def answers(session: AsyncSession, wave: int, who: Voter, marks: str, *, now: datetime = NIGHT) -> bytes:
    """Somebody answers; their paper."""
    paper, envelope = await sealed(session, wave, who, marks, now=now)
    await answering.send(session, wave, who, envelope, now=now)
    return paper


async def all_answer(session: AsyncSession, wave: int, trust: str, marks: Sequence[str]) -> list[bytes]:
    """The first people of a trust answer like this."""
    there = await the_people(session, trust)
    return [await answers(session, wave, who, one) for who, one in zip(there, marks, strict=False)]


async def counted(session: AsyncSession, wave: int) -> None:
    """Close the wave and count every trust, as the clock does."""
    await counting.close_wave(session, wave, "", now=CLOSES)
    for place in await queries.trusts_of(session, wave):
        if place.box_id is not None:
            await counting.count_trust(session, wave, place.trust, now=CLOSES + timedelta(minutes=1))


async def counted_as(session: AsyncSession, wave: int, marks: Mapping[str, Sequence[str]]) -> None:
    """Close the wave as if these answers had come out of each trust's box; a digit for each question, "-" for none."""
    await counting.close_wave(session, wave, "", now=CLOSES)
    asked = waves.questionnaire_of(await queries.wave(session, wave))
    for place in await queries.trusts_of(session, wave):
        papers = [
            tuple(() if mark == "-" else (mark,) for mark in one.ljust(len(asked.items) + 2, "-"))
            for one in marks[place.trust]
        ]
        cells = cells_of(asked, waves.offer_of(place), papers)
        session.add_all([CellRow(wave_id=wave, trust=place.trust, **asdict(cell)) for cell in cells])
        place.papers, place.spoilt = len(papers), 0
    await session.flush()


async def state_of(session: AsyncSession, wave: int) -> State:
    return State((await queries.wave(session, wave)).state)
