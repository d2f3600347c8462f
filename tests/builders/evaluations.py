"""A programme whose pilots were drawn here: its trusts, the lists about them, its figures, movements and a study."""

import random
from datetime import date

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.metrics import allotment, service
from pilot.metrics.design import Options
from pilot.metrics.layouts import MeasureFile
from pilot.metrics.measures import PROGRAMME
from pilot.metrics.queries import designs
from pilot.metrics.registration import Outcome, Sensitivity, Span
from pilot.people import service as people
from pilot.people.trusts import Trust
from tests.builders.designs import SAID, a_matched, a_trusts_file, draw
from tests.builders.metrics import BY, NOW, a_file, a_locked_study, a_plan
from tests.builders.publishers import a_movement_line, a_trust_list, a_workforce_file
from tests.builders.remembering import made_once

START = date(2027, 9, 1)
YEARLY = Outcome("Other measures", "morale", Span("2025", "2026"), Span("2028", "2029"))
MONTHS = ("2027-07", "2027-08", "2027-10")
GROUPS = {"Nursing": 1200, "Estates": 400, "Chaplains": 6, "Porters": 30}


async def drawn_trusts(session: AsyncSession, trusts: int = 22) -> int:
    """Sets drawn up from a list, pilots drawn, and just those trusts uploaded as the programme's; the design."""
    from pilot.metrics.service import designs as drawing

    number = await a_matched(session, a_trusts_file(trusts), Options(1, 2))
    await drawing.announce(session, number, replace(SAID, starts_on=START), by=BY, now=NOW)
    await draw(session, number)
    document = (await designs.design(session, number)).document
    assert document is not None
    for code, name, arm, matched_set, region, kind, overall, well_led, _ in allotment.allocation(document).rows:
        words = [str(cell or "") for cell in (code, name, arm, matched_set, region, kind, overall, well_led)]
        await people.add_trust(session, Trust(*words, START if arm == "pilot" else None), by=BY, now=NOW)
    return number


async def lists_about(session: AsyncSession, codes: list[str]) -> None:
    """The list of all trusts, two ratings of the first of them (one too late), and a merger in two steps."""
    first = codes[0]
    ratings = f"ods_code,overall,well_led,date\n{first},Good,Outstanding,2026-03-19\n{first},Inadequate,,2028-01-02\n"
    successors = f"old_code,new_code,date\nY03,Y04,2020-04-01\nY04,{first},2024-10-01\n"
    listed = a_trust_list(*[(code, "20100401", "") for code in [*codes, "Y03", "Y04"]])
    for layout, content in (("trusts", listed), ("ratings", ratings.encode()), ("successors", successors.encode())):
        await load(session, layout, content)


async def load(session: AsyncSession, layout: str, content: bytes, **words: str) -> None:
    """A file of a known layout about the programme's trusts."""
    given = {"vintage": "2027", "source": "made up", "dataset": PROGRAMME, "filename": f"{layout}.csv"} | words
    file = MeasureFile(content=content, layout=layout, instrument="", **given)
    await service.load_measures(session, file, by=BY, now=NOW)


def yearly_file(pilots: list[str], controls: list[str], years: tuple[int, ...], seed: int = 1) -> bytes:
    """Morale of every trust; pilots rise by half a point after 2027."""
    lines = ["Code,Year,Responses,morale"]
    for code in sorted([*pilots, *controls]):
        level = random.Random(f"{seed} {code}").gauss(6, 0.5)
        for year in years:
            noise = random.Random(f"{seed} {code} {year}").gauss(0, 0.05)
            effect = 0.5 if code in pilots and year > 2027 else 0.0
            lines.append(f"{code},{year},300,{round(level + effect + noise, 3)}")
    return "\n".join(lines).encode()


def movements_file(codes: list[str]) -> bytes:
    """Monthly movements of four staff groups, one of them small."""
    lines = []
    for code in codes:
        for month in MONTHS:
            chance = random.Random(f"{code} {month}")
            for group, people_there in GROUPS.items():
                out = [int(people_there * share * chance.random()) for share in (0.02, 0.01, 0.002, 0.03)]
                joined = int(people_there * 0.05 * chance.random()) + (people_there > 1000) * 15
                lines.append(
                    a_movement_line(
                        ods_code=code, month=month, staff_group=group, headcount_start=people_there,
                        headcount_end=people_there + joined - sum(out), joiners=joined, leavers=sum(out),
                        leavers_to_nhs=out[0], retired=out[1], end_of_contract=out[2], other_reasons=out[3],
                    )
                )  # fmt: skip
    return a_workforce_file(*lines)


@made_once
async def a_drawn_study(session: AsyncSession) -> tuple[int, int]:
    """A locked study of drawn trusts with everything that is known of them; the study and the design."""
    number = await drawn_trusts(session)
    rows = allotment.allocation((await designs.design(session, number)).document).rows  # type: ignore[arg-type]
    pilots = [str(row[0]) for row in rows if row[2] == "pilot"]
    controls = [str(row[0]) for row in rows if row[2] == "control"]
    codes = sorted([*pilots, *controls])
    await lists_about(session, codes)
    for name, years in (("early.csv", (2025, 2026)), ("late.csv", (2028, 2029))):
        file = replace(a_file(yearly_file(pilots, controls, years), dataset=PROGRAMME), filename=name)
        await service.load_measures(session, file, by=BY, now=NOW)
    await load(session, "workforce", movements_file(codes))
    checks = Sensitivity(("ancova", "leave-one-out", "pre-trends"), ())
    return await a_locked_study(session, a_plan(YEARLY, sensitivity=checks)), number
