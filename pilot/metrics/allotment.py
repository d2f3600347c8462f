"""The tables of a draw: who is a pilot and who a control, and how alike they are. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from pilot.metrics.arms import Arm
from pilot.metrics.codebook import columns
from pilot.metrics.disclosure import Cell, Released, release
from pilot.metrics.eligibility import from_value
from pilot.metrics.gathered import staff_of
from pilot.metrics.kernel.designs import BalanceRow, DrawnFrom, DrawnUp, Spread, Weighed
from pilot.metrics.kernel.studies import Step
from pilot.metrics.lottery import Document

ALLOCATION = (
    "ods_code", "name", "arm", "matched_set", "region", "type", "cqc_overall", "cqc_well_led", "start_date",
)  # fmt: skip
"""As the list of the programme's trusts is uploaded."""

BALANCE = ("covariate", "mean_pilot", "mean_control", "smd", "variance_ratio", "before_after")


class Announced(msgspec.Struct, frozen=True):
    """A draw that was announced for trusts of a study. `trusts` is how many of them stood on its list.

    `used`: it gave the study its arms. `drawn_on` is None where nothing was drawn, `because` why it was given up.
    """

    design_id: int
    title: str
    list_sha256: str
    trusts: int
    source: str
    announced_on: date
    known_on: date
    used: bool
    drawn_on: date | None = None
    beacon: str = ""
    seed: str = ""
    because: str = ""


def announced(
    design_id: int, document: Document, because: str, trusts: Iterable[str], *, used: bool
) -> Announced | None:
    """What a study of these trusts tells of a draw; None where none of them stood on its list."""
    here = {one.code for one in from_value(document.list).trusts}.intersection(trusts)
    if not here:
        return None
    said, drawn = document.announcement, document.draw
    return Announced(
        design_id, document.title, document.list_sha256, len(here), said.source, said.announced_on, said.known_on, used,
        drawn.drawn_on if drawn else None, drawn.beacon if drawn else "", drawn.seed if drawn else "", because,
    )  # fmt: skip


def draws(found: Iterable[Announced]) -> Released:
    """draws.csv: every draw that was announced for trusts of the study, used or not."""
    rows: list[list[Cell]] = [
        [
            one.design_id, one.title, one.list_sha256, one.trusts, one.source, one.announced_on.isoformat(),
            one.known_on.isoformat(), one.drawn_on.isoformat() if one.drawn_on else None, one.beacon or None,
            one.seed or None, "yes" if one.used else "no", one.because or None,
        ]
        for one in found
    ]  # fmt: skip
    return release("draws", columns("draws"), rows)


def allocation(document: Document) -> Released:
    """allocation.csv: every trust of the sets with its arm, ready to be uploaded as the programme's trusts.

    Trusts that were left over are not in it: they were not drawn, so they are no controls.
    """
    known = {one.code: one for one in from_value(document.list).trusts}
    starts = _day(document.announcement.starts_on)
    rows: list[list[Cell]] = []
    for one in document.draw.sets if document.draw else ():
        for code in (*one.pilots, *one.controls):
            trust, pilot = known[code], code in one.pilots
            rows.append(
                [
                    code, trust.name, "pilot" if pilot else "control", one.name, trust.region, trust.type,
                    trust.cqc_overall, trust.cqc_well_led, starts if pilot else "",
                ]
            )  # fmt: skip
    return release("allocation", ALLOCATION, rows)


def balance(rows: Sequence[BalanceRow]) -> Released:
    """balance.csv: each covariate in both arms, before (against all other trusts) and after (within sets)."""
    cells: list[list[Cell]] = [
        [row.covariate, row.mean_pilot, row.mean_control, row.smd, row.variance_ratio, row.before_after] for row in rows
    ]
    return release("balance", BALANCE, cells)


def _told(reasons: Counter[str]) -> str:
    """How many were lost in all, and for each reason."""
    each = "; ".join(f"{number:,}: {reason.rstrip('.')}" for reason, number in sorted(reasons.items()))
    return f"{reasons.total():,} left out ({each})" if reasons else ""


def _day(day: date) -> str:
    """As the list of trusts is read: the day first."""
    return day.strftime("%d/%m/%Y")


def before_the_draw(document: Document) -> tuple[Step, ...]:
    """The first lines of the flow: who could be drawn, and who stood in a set, with why others did not."""
    eligible = from_value(document.list)
    fte = {one.code: one.fte for one in eligible.trusts}
    inside = [code for one in document.sets for code in one.trusts]
    outside = Counter(one.reason for one in eligible.left_out), Counter(one.reason for one in document.leftovers)
    return (
        Step("eligible", "", len(fte), staff_of(fte, fte), _told(outside[0])),
        Step("in a matched set", "", len(inside), staff_of(inside, fte), _told(outside[1])),
    )


def drawn_from(design_id: int, document: Document, asked: Spread, shown: DrawnUp, weighed: Weighed) -> DrawnFrom:
    """What a study keeps of the draw that gave it its arms."""
    eligible, sets = from_value(document.list), document.sets
    pilots = len(document.draw.pilots) if document.draw else 0
    controls = sum(len(one.trusts) for one in sets) - pilots
    return DrawnFrom(
        design_id, document.title, eligible.baseline, len(eligible.trusts), len(sets), pilots, controls, asked,
        shown.power, weighed.balance,
    )  # fmt: skip


def gave(document: Document, arms: Iterable[Arm]) -> bool:
    """Whether these arms are just those that the draw gave: the same trusts, pilots and sets. Starts may have moved."""
    drawn = {
        (code, code in one.pilots, one.name)
        for one in (document.draw.sets if document.draw else ())
        for code in (*one.pilots, *one.controls)
    }
    return bool(drawn) and {(arm.trust, arm.pilot, arm.matched_set) for arm in arms} == drawn
