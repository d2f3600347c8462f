"""The tables of a draw: who is a pilot and who a control, and how alike they are. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date

from pilot.metrics.arms import Arm
from pilot.metrics.disclosure import Cell, Released, release
from pilot.metrics.eligibility import from_value
from pilot.metrics.kernel.designs import BalanceRow
from pilot.metrics.lottery import Document

ALLOCATION = (
    "ods_code", "name", "arm", "matched_set", "region", "type", "cqc_overall", "cqc_well_led", "start_date",
)  # fmt: skip
"""As the list of the programme's trusts is uploaded."""

BALANCE = ("covariate", "mean_pilot", "mean_control", "smd", "variance_ratio", "before_after")


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


def _day(day: date) -> str:
    """As the list of trusts is read: the day first."""
    return day.strftime("%d/%m/%Y")


def gave(document: Document, arms: Iterable[Arm]) -> bool:
    """Whether these arms are just those that the draw gave: the same trusts, pilots and sets. Starts may have moved."""
    drawn = {
        (code, code in one.pilots, one.name)
        for one in (document.draw.sets if document.draw else ())
        for code in (*one.pilots, *one.controls)
    }
    return bool(drawn) and {(arm.trust, arm.pilot, arm.matched_set) for arm in arms} == drawn
