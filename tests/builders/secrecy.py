"""Boxes and voters for tests."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from pilot.secrecy import filling, service, stamp
from pilot.secrecy import manifest as manifests
from pilot.secrecy.box import Box, BoxPlan, PlannedTrustee, Receipt
from pilot.secrecy.manifest import Option, Question

OPENS = datetime(2027, 3, 3, 8, tzinfo=UTC)
OPEN = datetime(2027, 3, 5, 3, 12, tzinfo=UTC)
CLOSES = datetime(2027, 3, 17, 17, tzinfo=UTC)
SCRIPT = "5c" * 32
YES_NO = Question("Shall we?", (Option("yes", "Yes"), Option("no", "No"), Option("abstain", "I do not want to choose")))
TRUSTEES = (
    PlannedTrustee("Ada Scrutineer", "independent scrutineer"),
    PlannedTrustee("Ben Employer", "employer"),
    PlannedTrustee("Cy Staff-Side", "staff-side representative"),
)
RULE: dict[str, str | int | bool] = {"name": "yes-no", "version": "1", "strict": True}


def a_plan(questions: Sequence[Question] = (YES_NO,), ballot: str = "RAA-1") -> BoxPlan:
    return BoxPlan(ballot, "vote", "Breaks on nights", tuple(questions), OPENS, CLOSES, RULE, TRUSTEES)


def voters(size: int) -> list[bytes]:
    return [secrets.token_bytes(16) for _ in range(size)]


async def a_box(session: AsyncSession, people: Sequence[bytes], plan: BoxPlan | None = None) -> Box:
    return await service.make_box(session, plan or a_plan(), people, script=SCRIPT)


def chance(n: int) -> filling.Chance:
    return filling.Chance(secrets.token_bytes(32), secrets.token_bytes(48), 2 + secrets.randbelow(n - 3))


def a_paper(text: bytes, answers: Sequence[Sequence[str]]) -> filling.Filled:
    """A paper for the manifest with this text."""
    manifest = manifests.read(text)
    key = stamp.read_public(manifest.stamp_key)
    return filling.fill(manifest, manifests.digest(text), answers, chance(key.n))


async def an_envelope(
    session: AsyncSession, box_id: int, v: bytes, *answers: str, now: datetime = OPEN
) -> tuple[bytes, bytes]:
    """A stamped paper of this voter and its envelope, not yet cast."""
    text = await service.manifest_of(session, box_id)
    filled = a_paper(text, [list(answers)])
    signature = await service.stamp(session, box_id, v, filled.blinded, now=now)
    return filled.paper, filling.seal_up(manifests.read(text), manifests.digest(text), filled, signature)


async def a_vote(session: AsyncSession, box_id: int, v: bytes, *answers: str, now: datetime = OPEN) -> Receipt:
    """Stamp and cast."""
    _, envelope = await an_envelope(session, box_id, v, *answers, now=now)
    return await service.cast(session, box_id, v, envelope, now=now)
