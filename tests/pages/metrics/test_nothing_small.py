"""No page and no download of any role depends on a number that is hidden.

Two worlds differ in nothing but numbers below eleven, and in one that is hidden for the sake of such a number. Whoever
asks for whatever page or file of measures, surveys and studies must get the very same answer in both.
"""

import io
import re
import zipfile

import msgspec

from pilot.app import handlers
from pilot.metrics import queries
from pilot.metrics.registration import Outcome, Sensitivity, Span
from pilot.metrics.service import waves
from pilot.people.roles import Role
from tests.builders import waves as build
from tests.builders.metrics import a_locked_study, a_plan, arms_file, code
from tests.builders.people import a_person
from tests.builders.publishers import a_movement_line, a_workforce_file
from tests.builders.waves import BY, CLOSES, CONTROL, PILOT
from tests.conftest import Client, _copy, application
from tests.pages.metrics.test_layouts import confirmed
from tests.pages.metrics.test_measures import chosen, measure_called, take
from tests.signing_in import sign_in, sign_in_voter, sign_out

MONTHS = ("2014-11", "2014-12", "2015-01", "2015-02")
SETS = 5
ROLES = (
    (Role.EVALUATOR, None), (Role.PROGRAMME_ADMIN, None), (Role.AUDITOR, None), (Role.COORDINATOR, CONTROL),
    (Role.RETURNING_OFFICER, CONTROL), (Role.BOARD_SECRETARY, CONTROL),
)  # fmt: skip


class World(msgspec.Struct, frozen=True):
    """The small numbers: who answered at the control and how, reasons and joiners of one month, answers of one year."""

    answers: tuple[str, ...]
    reasons: tuple[int, int, int, int]
    joiners: int
    responses: int
    morale: str


ONE = World(("5" * 16 + "1",) * 7, (2, 3, 1, 1), 30, 7, "6.4321")
OTHER = World(("1" * 16 + "2",) * 9, (0, 1, 1, 0), 25, 10, "9.8765")


def movements(world):
    lines = []
    for number in range(3 * SETS):
        start = 400
        for month in MONTHS:
            here = (number, month) == (4, MONTHS[2])
            reasons, joiners = (world.reasons, world.joiners) if here else ((15, 14, 13, 12), 50)
            end = start + joiners - sum(reasons)
            names = ("leavers_to_nhs", "retired", "end_of_contract", "other_reasons")
            lines.append(
                a_movement_line(
                    ods_code=code(number), month=month, staff_group="All staff", headcount_start=start, joiners=joiners,
                    headcount_end=end, leavers=sum(reasons), **dict(zip(names, reasons, strict=True)),
                )
            )  # fmt: skip
            start = end
    return a_workforce_file(*lines)


def scores(world):
    lines = ["code,year,responses,morale"]
    for number in range(3 * SETS):
        for year in (2013, 2014, 2015):
            n, value = (world.responses, world.morale) if (number, year) == (4, 2015) else (60 + number, 6 + number / 9)
            lines.append(f"{code(number)},{year},{n},{value}")
    return "\n".join(lines).encode()


async def make(client, clock, world):
    """A survey that is released, a comparison of leavers, and a study of morale and the leaver rate."""
    async with client.app.state.store.writing() as session:
        wave = await build.an_open_wave(session)
        await build.counted_as(session, wave, {PILOT: ["4" * 16] * 12, CONTROL: world.answers})
        await waves.check(session, wave, by=BY, now=CLOSES)
        await waves.release_wave(session, wave, by=BY, now=CLOSES)
    clock.at(CLOSES)
    await sign_in(client, Role.EVALUATOR)
    about = {"trusts": "other", "dataset": "Others"}
    await take(client, scores(world), **about)
    await confirmed(client, "workforce", movements(world), **about)
    leavers = await measure_called(client, "leavers")
    await client.post(f"/measures/{leavers.dataset_id}/arms", files={"file": ("arms.csv", arms_file(SETS))})
    form = await client.get(f"/comparisons/new/{leavers.id}")
    made = await client.post(f"/comparisons/new/{leavers.id}", data=chosen(form))
    assert made.url.path == "/comparisons/1"
    plan = a_plan(
        Outcome("Other measures", "morale", Span("2013", "2014"), Span("2015", "2015")),
        Outcome("Workforce figures", "leaver_rate", Span(MONTHS[0], MONTHS[1]), Span(MONTHS[2], MONTHS[3])),
        sensitivity=Sensitivity((), ()),
    )
    async with client.app.state.store.writing() as session:
        await a_locked_study(session, plan, dataset_id=leavers.dataset_id)
    begun = await client.post("/studies/1/runs")
    assert begun.url.path == "/studies/1/runs/1"
    assert "bundle.zip" in (await client.get("/studies/1/runs/1")).text


async def walk(client):
    """Every page and file of metrics in every role that may enter, by role and address. That no other may, and that
    every page says who may, is shown in tests/pages/test_access.py."""
    found = {}
    async with client.app.state.store.writing() as session:
        voter = await a_person(session, CONTROL)
        measures = [one.id for one in await queries.measures(session) if one.outcome in ("leavers", "morale")]
    for role, trust in (*ROLES, ("voter", None), ("nobody", None)):
        if role == "voter":
            await sign_in_voter(client, voter)
        elif role == "nobody":
            sign_out(client)
        else:
            await sign_in(client, role, trust=trust)
        for address in addresses(client, measures, role):
            answer = await client.get(address)
            assert answer.status_code < 500, address
            found[f"{role} {trust or ''} {address}"] = told(answer)
    return found


def addresses(client, measures, role):
    several = {
        "trust": (PILOT, CONTROL), "measure": measures, "dataset": (1, 2), "taken": (1, 3), "name": PICTURES,
        "file": ("estimates.csv", "panel.csv", "trends.csv", "event_study.csv", "sap.json"),
    }  # fmt: skip
    for handler in handlers(client.app):
        access = handler.opt["access"]
        enters = access.public or role in access.roles or (role == "voter" and access.voters)
        if enters and handler.name.startswith("metrics.") and "GET" in handler.http_methods:
            for path in handler.paths:
                made = [path]
                for name in re.findall(r"\{(\w+):", path):
                    made = [
                        re.sub(rf"\{{{name}:\w+\}}", str(value), one, count=1)
                        for one in made
                        for value in several.get(name, (1,))
                    ]
                yield from made


PICTURES = (
    "event-study-morale.svg",
    "forest.svg",
    "flow.svg",
    "leave-one-out-morale.svg",
    "parallel-trends-morale.svg",
)


def told(answer):
    """What an answer says, file by file, without fingerprints: those are of the files that were sent."""
    if answer.content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            texts = {name: archive.read(name) for name in sorted(archive.namelist()) if not name.endswith(".xlsx")}
        return {name: re.sub(rb"[0-9a-f]{32,}", b"", content) for name, content in texts.items()}
    return re.sub(r"[0-9a-f]{16,}|([0-9a-f]{4} ){3,}([0-9a-f]{4}\b)?|[0-9a-f]{8}\.zip", "", answer.text)


async def test_two_worlds_that_differ_in_small_numbers_only_look_the_same_to_everybody(
    settings, clock, sqlite_template
):
    found = []
    for number, world in enumerate((ONE, OTHER)):
        here = msgspec.structs.replace(settings, database_url=_copy(sqlite_template, f"world-{number}"))
        async with Client(app=application(here, clock)) as client:
            await make(client, clock, world)
            found.append(await walk(client))
    one, other = found
    seen = {name: str(text) for name, text in one.items()}
    assert len(seen) > 150
    assert {name for name in seen if one[name] != other[name]} == set()
    assert {name for name, text in seen.items() if ONE.morale in text or "4.3210" in text} == set()
    hides = {name.split("/", 1)[1] for name, text in seen.items() if "suppressed" in text or "not shown" in text}
    assert {  # so that the walk comes by where such numbers would stand
        "comparisons/1", "comparisons/1/panel.csv", "comparisons/1/trends.csv", "comparisons/1/estimates.csv",
        "comparisons/1/event_study.csv", "studies/1/runs/1/bundle.zip", "waves/1", "waves/1/check",
    } <= hides  # fmt: skip
