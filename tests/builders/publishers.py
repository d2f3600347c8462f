"""Files of exactly the publishers' layouts, with made-up figures."""

import io
from collections.abc import Mapping, Sequence

import xlsxwriter

Rows = Sequence[Sequence[object]]

ABOUT = ("org_id", "org_name", "org_type_reporting_name")
ACUTE, AMBULANCE = "Acute&Acute Community Trusts", "Ambulance Trusts"

WORKFORCE_HEADINGS = (
    "ods_code,month,staff_group,headcount_start,headcount_end,joiners,leavers,"
    "leavers_to_nhs,retired,end_of_contract,other_reasons,moved_in,moved_out"
)


def a_workbook(sheets: Mapping[str, Rows]) -> bytes:
    """A workbook with these sheets; None is an empty cell."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(number, place, cell)
    return out.getvalue()


def a_benchmark(
    sheets: Mapping[str, Mapping[str, Sequence[object]]], columns: Sequence[str] = ("PP1_2024", "PP1_n_2024")
) -> bytes:
    """The staff survey's workbook: notes first, then for each sheet the cells of each trust under the columns."""
    pages: dict[str, Rows] = {
        "Contents": [["NHS Staff Survey benchmark reports"], [], ["Notes", "Suppressed values are blank or *."]],
        "Notes": [["Question", "Text"], ["q1", "…"]],
    }
    for name, trusts in sheets.items():
        rows = [[code, f"Trust {code}", name, *cells] for code, cells in trusts.items()]
        pages[name] = [[*ABOUT, *columns], *rows]
    return a_workbook(pages)


def a_small_benchmark() -> bytes:
    """Two sheets, three trusts, two years, engagement and one item, with suppressed values."""
    columns = [
        f"{name}_{n}{year}" for year in (2023, 2024) for name in ("theme_engagement", "q25c") for n in ("", "n_")
    ]
    return a_benchmark(
        {
            ACUTE: {
                "X00": [6.9, 800, 0.61, 790, 7.0, 820, 0.62, 815],
                "X01": [6.5, 400, 0.55, 398, "*", "*", None, None],
            },
            AMBULANCE: {"X02": [5.9, 1200, 0.41, 1190, 6.0, 1250, 0.44, 1240]},
        },
        columns,
    )


def a_movement_line(**changes: object) -> str:
    """One line of a workforce file that adds up: 100 at the start, 4 join, 3 leave, 101 at the end."""
    cells = {
        "ods_code": "X00", "month": "2027-03", "staff_group": "Nursing", "headcount_start": 100, "headcount_end": 101,
        "joiners": 4, "leavers": 3, "leavers_to_nhs": 1, "retired": 1, "end_of_contract": 0, "other_reasons": 1,
        "moved_in": 0, "moved_out": 0,
    } | changes  # fmt: skip
    return ",".join(str(cell) for cell in cells.values())


def a_workforce_file(*lines: str) -> bytes:
    """Monthly movements of staff."""
    return "\n".join([WORKFORCE_HEADINGS, *(lines or [a_movement_line()])]).encode()


PULSE = b"""\
ods_code,quarter,measure,value,n
X00,2027-01,engagement,6.8,210
X00,April 2027,q2a,0.55,190
X01,2027-01,engagement,*,9
"""
RATINGS = b"""\
ods_code,overall,well_led,date
X00,Good,Outstanding,19/03/2026
X01,Requires improvement,Not rated,2025-02-01
X02,,,
"""
SUCCESSORS = b"""\
old_code,new_code,date
X03,X00,01/10/2024
X04,X00,01/10/2024
"""


def a_trust_list(*lines: tuple[str, str, str]) -> bytes:
    """etr.csv: no headings, 27 columns; each line is (code, day of opening, day of closing)."""
    given = lines or (("X00", "20100401", ""), ("X01", "19910401", "20241231"))
    rows = [
        [code, f"TRUST {code}", "Y56", "QMJ", *[""] * 6, opened, closed, *[""] * 15] for code, opened, closed in given
    ]
    return "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows).encode()
