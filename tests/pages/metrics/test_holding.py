"""Nobody reads a figure of the programme's trusts from the start on before a plan is locked: every page is tried.

Each figure from the start on is a number that stands nowhere else, so that it is found wherever it comes out.
"""

import re

import pytest
from sqlalchemy import update

from pilot.app import handlers
from pilot.metrics import queries
from pilot.metrics.registration import HELD, Outcome, Span
from pilot.metrics.tables import StudyRow
from pilot.people import service as people
from pilot.people.roles import Role
from pilot.people.trusts import Trust
from tests.builders.metrics import NOW, a_locked_study, a_plan, code, programme_trusts
from tests.builders.publishers import ACUTE, RATINGS, a_benchmark, a_movement_line, a_workforce_file
from tests.pages.metrics.test_layouts import confirmed
from tests.pages.metrics.test_layouts import send as send_known
from tests.pages.metrics.test_measures import chosen, errors, measure_called, send, take
from tests.signing_in import sign_in

SETS = 5
STRANGER = "Y99"
"""A trust of the programme of which there are no figures."""
YEARS = (2024, 2025, 2026, 2027)
ABOUT = {"trusts": "programme", "dataset": ""}
PLAN = a_plan(Outcome("Other measures", "morale", Span("2024", "2025"), Span("2026", "2027")))

SHOWS_FIGURES = {
    "metrics.bundle",
    "metrics.check_measures",
    "metrics.compare",
    "metrics.comparison",
    "metrics.dataset",
    "metrics.download",
    "metrics.imported",
    "metrics.management",
    "metrics.measures",
    "metrics.name_columns",
    "metrics.new_comparison",
    "metrics.picture",
    "metrics.run",
    "metrics.run_picture",
    "metrics.start_run",
    "metrics.take_columns",
}
"""The pages and files that show figures of trusts, or numbers of them, once they may."""

SHOWS_NONE = {
    "metrics.accesses",
    "metrics.add_secondary",
    "metrics.amend_plan",
    "metrics.arms",
    "metrics.arms_template",
    "metrics.beacon",
    "metrics.begin_design",
    "metrics.begin_study",
    "metrics.cancel_wave",
    "metrics.cancelling_wave",
    "metrics.check_plan",
    "metrics.check_wave",
    "metrics.check_wordings",
    "metrics.checked_wave",
    "metrics.comparisons",
    "metrics.confirm_measures",
    "metrics.design",
    "metrics.design_picture",
    "metrics.design_template",
    "metrics.designs",
    "metrics.discard_plan",
    "metrics.draft_plan",
    "metrics.draw",
    "metrics.draw_file",
    "metrics.draw_up_sets",
    "metrics.drawing",
    "metrics.draws",
    "metrics.eligible",
    "metrics.end_wordings",
    "metrics.ending_wordings",
    "metrics.fix_list",
    "metrics.forget_measures",
    "metrics.freeze_wave",
    "metrics.give_up",
    "metrics.giving_up",
    "metrics.import_kinds",
    "metrics.import_measures",
    "metrics.lock_arms",
    "metrics.lock_plan",
    "metrics.make_wave",
    "metrics.name_beacon",
    "metrics.new_design",
    "metrics.new_secondary",
    "metrics.new_study",
    "metrics.new_wave",
    "metrics.new_wordings",
    "metrics.pack_template",
    "metrics.plan_file",
    "metrics.plan_part",
    "metrics.plan_version",
    "metrics.public_draw",
    "metrics.register_loaded",
    "metrics.registers",
    "metrics.release_wave",
    "metrics.remove_secondary",
    "metrics.send",
    "metrics.send_measures",
    "metrics.sets",
    "metrics.stamp",
    "metrics.studies",
    "metrics.study",
    "metrics.survey",
    "metrics.survey_poster",
    "metrics.take_wordings",
    "metrics.throw_away_design",
    "metrics.trust_surveys",
    "metrics.upload_arms",
    "metrics.wave",
    "metrics.waves",
    "metrics.who_can_see_a_survey",
    "metrics.wordings",
    "metrics.wordings_template",
    "metrics.write_plan_part",
}
"""Those that never do. A new page must be put into one of the two lists."""


def a_figure(number, year):
    """Morale of a trust; from 2026 on a number that gives itself away, such as 7.31207."""
    return f"7.31{number:02}{year - 2020}" if year >= 2026 else f"6.{number:02}{year - 2020}"


def a_file_of_figures(years=YEARS):
    lines = ["code,year,responses,morale"]
    for number in range(3 * SETS):
        lines += [f"{code(number)},{year},{9000 + number},{a_figure(number, year)}" for year in years]
    return "\n".join(lines).encode()


def given_away(text):
    """Every figure from the start on that stands in a text, also rounded or as a mean."""
    return re.findall(r"7\.31\d*|9,?0(?:0\d|1[0-4])\b", text)


def of_known_layouts(year):
    """The workbook, pulse results and movements of a year from the start on, by layout, and the same with a fault."""
    codes = [code(number) for number in range(3 * SETS)]
    columns = [f"theme_engagement_{year - 1}", f"theme_engagement_{year}", f"theme_engagement_n_{year}", f"q25c_{year}"]
    quarter = "ods_code,quarter,measure,value,n\n" + "\n".join(
        f"{one},{year}-04,engagement,{a_figure(number, year)},{9000 + number}" for number, one in enumerate(codes)
    )
    staff = [  # the headcount at the end of a month is not that at the start of the next
        a_movement_line(
            ods_code=one, month=f"{year}-{month:02}", headcount_start=9010 - month, headcount_end=9011 - month
        )
        for one in codes
        for month in (3, 5, 6)
    ]
    wrong = a_movement_line(ods_code=codes[0], month=f"{year}-07", headcount_start=9001, headcount_end=9009)
    return {
        layout: (content, faulty)
        for layout, content, faulty in (
            (
                "benchmark",
                *(
                    a_benchmark(
                        {
                            ACUTE: {
                                one: ["6.5", a_figure(place, year), 9000 + place, q] for place, one in enumerate(codes)
                            }
                        },
                        columns,
                    )
                    for q in ("0.5", "7.3101")
                ),
            ),
            ("pulse", quarter.encode(), f"{quarter}\n{codes[0]},{year}-07,q2a,7.3101,".encode()),
            ("workforce", a_workforce_file(*staff), a_workforce_file(*staff, wrong)),
        )
    }


async def walk(client, waiting, *, but=(), measure="morale"):
    """What every page and file of measures answers, by name and address; `waiting` is the page of a file that waits."""
    of = await measure_called(client, measure)
    parts = {
        "dataset": of.dataset_id,
        "measure": of.id,
        "staged": waiting.url.path.removesuffix("/check").split("/")[-1],
        "taken": 1,
        "part": "primary",
    }
    found = {}
    for handler in handlers(client.app):
        if not handler.name.startswith("metrics."):
            continue
        for path in handler.paths:
            files = FILES if "{file:" in path else [""]
            for file in files:
                address = re.sub(r"\{(\w+):\w+\}", lambda m: str(file if m[1] == "file" else parts.get(m[1], 1)), path)  # noqa: B023
                for method in sorted(handler.http_methods - {"HEAD", "OPTIONS"}):
                    if handler.name in (*ENDING, *but):
                        continue
                    answer = await client.request(method, address, data=FORMS.get(handler.name))
                    found[f"{handler.name} {method} {address}"] = answer
    return found


ENDING = ("metrics.confirm_measures", "metrics.forget_measures", "metrics.lock_plan")
"""They would end what is being looked at; their pages are among the others."""

FILES = ["estimates.csv", "panel.csv", "trends.csv", "event_study.csv", "sap.json", "sap.sha256"]
FORMS = {
    "metrics.take_columns": {"role": ["trust", "period", "count", "count"]},
    "metrics.compare": {
        "before_from": "2024", "before_to": "2025", "after_from": "2026", "after_to": "2027", "missing": "complete",
        "test": "permutation",
    },
}  # fmt: skip


async def programme(client):
    await sign_in(client, Role.EVALUATOR)
    async with client.app.state.store.writing() as session:
        await programme_trusts(session, SETS)
        await people.add_trust(session, Trust(STRANGER, "A trust without figures", "control"), by="tests", now=NOW)


def test_every_page_of_measures_is_in_one_of_the_two_lists():
    from pilot.metrics.routes import HANDLERS

    assert set() == SHOWS_FIGURES & SHOWS_NONE
    assert {handler.name for handler in HANDLERS} == SHOWS_FIGURES | SHOWS_NONE


async def test_before_the_lock_no_page_or_file_gives_a_figure_from_the_start_on_away(client):
    await programme(client)
    check, done = await take(client, a_file_of_figures(), **ABOUT)
    assert given_away(check.text + done.text) == []
    assert "60 rows" in check.text
    assert "60 numbers" not in check.text + done.text
    waiting = await send(client, a_file_of_figures((2028,)), **ABOUT)
    await client.post("/studies/new", data={"name": "Study", "trusts": "programme"})
    found = await walk(client, waiting)
    assert len(found) > 30
    assert {name: given_away(answer.text) for name, answer in found.items() if given_away(answer.text)} == {}
    assert [name for name, answer in found.items() if answer.status_code >= 500] == []


async def test_the_comparison_of_the_plan_says_so_on_its_page_and_in_every_file(client):
    await programme(client)
    async with client.app.state.store.writing() as session:
        await a_locked_study(session, PLAN)
    check, _ = await take(client, a_file_of_figures(), **ABOUT)
    assert "60 = 60 numbers + 0 missing" in check.text
    measure = await measure_called(client, "morale")
    form = await client.get(f"/comparisons/new/{measure.id}")
    assert "those of the locked plan" in form.text
    made = await client.post(f"/comparisons/new/{measure.id}", data=chosen(form))
    assert "Prespecified" in made.text, errors(made)
    assert "as its primary outcome" in made.text
    assert "/studies/1/versions/1" in made.text
    for name in FILES[:4]:
        text = (await client.get(f"/comparisons/1/{name}")).text
        assert text.count("prespecified") == text.count("\n") - 1, name
    assert "Prespecified, not randomised." in (await client.get("/comparisons/1/trends.svg")).text
    await the_trust_sees_who_used_its_figures(client)
    waiting = await send(client, a_file_of_figures((2028,)), **ABOUT)
    found = await walk(client, waiting, but=["metrics.compare"])  # so that the walk before the lock proves something
    shown = {name.split()[0] for name, answer in found.items() if given_away(answer.text)}
    assert {"metrics.name_columns", "metrics.take_columns", "metrics.comparison", "metrics.download"} <= shown
    assert shown <= SHOWS_FIGURES
    async with client.app.state.store.writing() as session:  # as if it had been made before there were plans
        await session.execute(update(StudyRow).values(state="draft"))
    for path in ("", "/trends.svg", *(f"/{name}" for name in FILES[:4])):
        refused = await client.get(f"/comparisons/1{path}")
        assert refused.status_code == 403
        assert given_away(refused.text) == []
    assert "held back until a plan" in refused.text


async def test_a_file_of_a_known_layout_is_taken_in_blind_like_any_other(client):
    await programme(client)
    await confirmed(client, "ratings", RATINGS)
    pages = {}
    for layout, (content, faulty) in of_known_layouts(2026).items():
        refused = await send_known(client, layout, faulty)
        assert 'id="problem-1"' in refused.text
        check = await send_known(client, layout, content)
        assert "Held back." in check.text, errors(check)
        assert "The totals add up." in check.text
        assert not re.search(r"\d numbers", check.text)
        done = await client.post(check.url.path.replace("/check", "/confirm"))
        assert "Measures imported" in done.text
        pages |= {f"{layout} refused": refused, f"{layout} checked": check, f"{layout} stored": done}
    assert "(… and …)" in pages["workforce checked"].text
    assert "(… and …)" in pages["workforce stored"].text
    assert {name: given_away(page.text) for name, page in pages.items() if given_away(page.text)} == {}
    waiting = await send_known(client, "workforce", of_known_layouts(2027)["workforce"][0])
    found = await walk(client, waiting, measure="theme_engagement")
    assert {name: given_away(answer.text) for name, answer in found.items() if given_away(answer.text)} == {}
    assert [name for name, answer in found.items() if answer.status_code >= 500] == []
    lists = [answer for name, answer in found.items() if name.startswith("metrics.register")]
    assert [answer.status_code for answer in lists] == [200, 200]
    async with client.app.state.store.writing() as session:  # so that the pages above prove something
        await a_locked_study(session, PLAN, "Another")
    assert given_away((await client.get(waiting.url.path)).text)
    assert "(9,006 and 9,004)" in (await send_known(client, "workforce", of_known_layouts(2029)["workforce"][0])).text
    for layout, (_, faulty) in of_known_layouts(2028).items():
        assert given_away((await send_known(client, layout, faulty)).text), layout


async def test_a_workbook_of_other_trusts_is_blind_as_soon_as_it_tells_of_the_programmes_own(client):
    await programme(client)
    for own in (True, False):
        lines = [
            a_movement_line(
                ods_code=code(1) if own else "RZZ", month=month, headcount_start=start, headcount_end=start + 1
            )
            for month, start in (("2026-03", 9001), ("2026-04", 9007))
        ]
        check = await send_known(client, "workforce", a_workforce_file(*lines), trusts="other", dataset=f"Others {own}")
        done = await client.post(check.url.path.replace("/check", "/confirm"))
        assert "Measures imported" in done.text
        assert bool(given_away(check.text)) != own
        assert given_away(done.text) == []  # whoever else looks at what was stored has not seen the file


async def test_problems_and_first_cells_of_a_file_of_others_are_blind_where_it_tells_of_the_programmes_own(client):
    await programme(client)
    await confirmed(client, "successors", f"old_code,new_code,date\nX90,{code(1)},2025-04-01\n".encode())
    told = {}
    for trust in (code(1), code(1).lower(), "X90", "RZZ"):
        for year in (2026, 2025):
            about = {"trusts": "other", "dataset": f"Others {trust} {year}"}
            lines = f"code,year,responses,morale\n{trust},{year},9001,7.31011\nRYY,{year},9002,7.31021\n".encode()
            named = await send(client, lines, **about)
            wrong = await client.post(
                named.url.path, data={"role": ["trust", "period", "count", "count"]}
            )  # 7.31011 is no number of people
            faulty = [await send_known(client, layout, content, **about) for layout, content in wrong_ones(trust, year)]
            for page in (wrong, *faulty):
                assert 'id="problem-1"' in page.text
            told[trust, year] = [bool(given_away(page.text)) for page in (named, wrong, *faulty)]
    open_to_all = [True] * 5
    assert told.pop(("RZZ", 2026)) == told.pop(("RZZ", 2025)) == open_to_all
    assert {key: value for key, value in told.items() if value != [key[1] == 2025] * 5} == {}


def wrong_ones(trust, year):
    """Files with a fault in a line of one trust, which the sentence tells with the cell."""
    sheet = {ACUTE: {trust: ["6.5", "17.3101", 9001, "0.5"]}}
    headings = [
        f"theme_engagement_{year - 1}",
        f"theme_engagement_{year}",
        f"theme_engagement_n_{year}",
        f"q25c_{year}",
    ]
    pulse = f"ods_code,quarter,measure,value,n\n{trust},{year}-04,engagement,17.3101,9001\n"
    moved = a_movement_line(ods_code=trust, month=f"{year}-03", headcount_start=9001, headcount_end=9009)
    yield "benchmark", a_benchmark(sheet, headings)
    yield "pulse", pulse.encode()
    yield "workforce", a_workforce_file(moved)


async def the_trust_sees_who_used_its_figures(client):
    for role in (Role.COORDINATOR, Role.BOARD_SECRETARY):
        await sign_in(client, role, trust=code(1))
        seen = (await client.get(f"/trusts/{code(1)}/accesses")).text
        assert "Made comparison 1: morale, Programme trusts" in seen
        assert [seen.count(f"Took {name} of comparison 1") for name in FILES[:4]] == [1, 1, 1, 1]
        assert seen.count("Sam Example</td>") == 5
        assert given_away(seen) == []
        assert (await client.get(f"/trusts/{code(2)}/accesses")).status_code == 403
    await sign_in(client, Role.COORDINATOR, trust=STRANGER)
    assert (
        "Nobody has compared or looked at figures of your trust yet."
        in (await client.get(f"/trusts/{STRANGER}/accesses")).text
    )
    await sign_in(client, Role.EVALUATOR)


async def test_a_comparison_before_the_lock_is_refused_in_a_sentence(client):
    await programme(client)
    await take(client, a_file_of_figures(), **ABOUT)
    measure = await measure_called(client, "morale")
    form = await client.get(f"/comparisons/new/{measure.id}")
    assert "Held back." in form.text
    assert "2026" not in re.sub(r"(?s)<p>.*?</p>", "", form.text)
    refused = await client.post(f"/comparisons/new/{measure.id}", data=FORMS["metrics.compare"])
    assert refused.status_code == 422
    assert errors(refused) == [HELD]


@pytest.mark.parametrize("role", [Role.PROGRAMME_ADMIN, Role.EVALUATOR])
async def test_no_role_is_let_past_the_door(client, role):
    await programme(client)
    await sign_in(client, role)
    await take(client, a_file_of_figures(), **ABOUT)
    async with client.app.state.store.reading() as session:
        for one in await queries.measures(session):
            assert {value.period for value in await queries.values(session, one)} <= {"2024", "2025"}
            assert one.values == 3 * SETS * 2
