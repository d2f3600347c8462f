"""What a draw suggests for the parts of a plan that are not written yet. Pure."""

from decimal import Decimal

from msgspec.structs import replace

from pilot.metrics.kernel.designs import DrawnFrom
from pilot.metrics.registration.planned import AnalysisPlan, Size

FROM_DRAW = frozenset({"question", "comparing", "size"})
"""The parts of a plan for which a draw has something to suggest."""

LONGEST_SOURCE = 200


def suggest(plan: AnalysisPlan, draw: DrawnFrom) -> AnalysisPlan:
    """The plan with the draw's trusts, sets and spread in it: to begin a form with, never to be stored unseen."""
    trusts = f"{draw.pilots:,} pilot trusts and {draw.controls:,} control trusts in {draw.sets:,} matched sets"
    size = Size(
        pilots=draw.pilots,
        controls=draw.controls,
        sd_change=Decimal(f"{Decimal(f'{draw.spread.sd:.8f}').normalize():f}"),
        source=f"{draw.spread.source}, as entered for the draw “{draw.title}”"[:LONGEST_SOURCE],
    )
    return replace(
        plan,
        population=f"{trusts}, drawn by lot among {draw.eligible:,} eligible trusts (“{draw.title}”).",
        sets="matched",
        size=size,
    )
