"""The pages of management practice and of packs of wordings."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from pilot.audit.tables import EventRow
from pilot.metrics.catalogue import OTHER
from pilot.metrics.disclosure import Figure, Lines
from pilot.metrics.measures import PROGRAMME
from pilot.metrics.queries.publications import Series
from pilot.metrics.questionnaire import PRACTICE
from pilot.metrics.service import publishing, waves, wordings
from pilot.metrics.service.imports import load_measures
from pilot.people.roles import Role
from pilot.store import Store
from tests.builders import waves as build
from tests.builders.metrics import a_file, a_locked_study, a_plan
from tests.builders.remembering import made_once
from tests.builders.waves import BY, CLOSES, CONTROL, MADE, NIGHT, PILOT
from tests.builders.wordings import a_pack, as_file, stand_ins
from tests.pages.metrics.test_waves import FORM as WAVE
from tests.pages.metrics.test_waves import do
from tests.rooms.metrics.test_practice import AROUND_THE_START
from tests.signing_in import sign_in, sign_in_voter

TRAINED = b"trust,period,measure,value,n\nRAA,2026,managers_trained,0.42,150\nRAA,2026,managers_trained_senior,0.81,9\n"
RATINGS = b"ods_code,overall,well_led,date\nRAA,Good,Requires improvement,2026-03-19\nRAA,Inadequate,,2024-05-01\n"
HELD = "Some figures are held back."


@made_once
async def figures(session):
    """A released wave of management practice, training and ratings; no plan is locked."""
    wave = await build.an_open_wave(session, questionnaire=PRACTICE)
    await build.all_answer(session, wave, PILOT, ["5 2 1 1 13 1 4"] * 11 + ["2 4 4 2 5 2 6"])
    await build.counted(session, wave)
    await waves.check(session, wave, by=BY, now=CLOSES)
    await waves.release_wave(session, wave, by=BY, now=CLOSES)
    other = {"instrument": "Other measures", "dataset": "Programme trusts"}
    await load_measures(session, a_file(TRAINED, **other), by=BY, now=CLOSES)
    ratings = a_file(RATINGS, instrument="", dataset="", layout="ratings")
    await load_measures(session, ratings, by=BY, now=CLOSES)


def text_of(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"(?s)<[^>]+>", " ", answer.text)))


@pytest.fixture
async def told(client, clock):
    clock.at(MADE)
    await do(client, figures)
    clock.at(CLOSES)
    return client


async def test_a_trust_without_figures_is_told_how_they_come(client):
    await do(client, build.two_trusts)
    await sign_in(client, Role.COORDINATOR, trust=PILOT)
    page = text_of(await client.get(f"/trusts/{PILOT}/management"))
    assert page.count("There are no figures yet.") == 5
    assert "There are no ratings yet." in page
    assert HELD not in page
    assert "The newest figures beside the report" not in page
    assert f"/trusts/{PILOT}/management" in (await client.get(f"/trusts/{PILOT}")).text


async def test_before_the_lock_the_page_shows_no_figure_from_the_start_on(told):
    for role, trust in ((Role.BOARD_SECRETARY, PILOT), (Role.EVALUATOR, None)):
        await sign_in(told, role, trust=trust)
        page = text_of(await told.get(f"/trusts/{PILOT}/management"))
        assert HELD in page
        assert "92%" not in page
        assert "12 people" not in page


async def test_a_trust_sees_who_of_the_programme_looked_at_its_page(told):
    for role, trust in ((Role.EVALUATOR, None), (Role.PROGRAMME_ADMIN, None), (Role.COORDINATOR, PILOT)):
        await sign_in(told, role, trust=trust)
        assert (await told.get(f"/trusts/{PILOT}/management")).status_code == 200
    seen = text_of(await told.get(f"/trusts/{PILOT}/accesses"))
    assert seen.count("Looked at the page of management practice") == 2, "not the coordinator’s own look"
    await sign_in(told, Role.COORDINATOR, trust=CONTROL)
    assert "Looked at" not in text_of(await told.get(f"/trusts/{CONTROL}/accesses"))


async def test_nobody_is_written_down_who_was_not_let_in(told):
    await sign_in(told, Role.EVALUATOR)
    assert (await told.get("/trusts/QQQ/management")).status_code == 404
    await sign_in(told, Role.COORDINATOR, trust=CONTROL)
    assert (await told.get(f"/trusts/{PILOT}/management")).status_code == 403
    await sign_in(told, Role.COORDINATOR, trust=PILOT)
    assert "Nobody has compared or looked at" in text_of(await told.get(f"/trusts/{PILOT}/accesses"))


async def test_the_board_of_a_trust_sees_its_figures_beside_the_report(told):
    await do(told, a_locked_study, a_plan(AROUND_THE_START))
    await sign_in(told, Role.BOARD_SECRETARY, trust=PILOT)
    answer = await told.get(f"/trusts/{PILOT}/management")
    page = text_of(answer)
    assert HELD not in page
    assert (
        "March 2027: 92%, 12 people. That is 27 percentage points above the report’s figure: "
        "65% of NHS leaders and managers called senior leadership effective."
    ) in page
    assert (
        "100%, 11 people. That is 54 percentage points above the report’s figure: 46% of those with obstacles" in page
    )
    assert "2026: 42%, 150 people." in page
    assert "The figure of 2026 is about fewer than 11 people, so it is not shown." in page
    assert "81%" not in page
    assert "19 March 2026 Good Requires improvement 1 May 2024 Inadequate Not rated" in page
    assert "a quarter of acute trusts inspected in 2022" in page
    assert answer.text.count('<rect class="pilot-bars__fill"') == 13
    assert answer.text.count('class="pilot-bars__mark"') == 10
    assert 'width="91.67%"' in answer.text


async def test_the_page_is_held_to_the_highest_number_that_its_figures_were_ever_released_by(told):
    """150 managers were hidden by 200. That does not end when the installation asks for 11 again."""
    await do(told, a_locked_study, a_plan(AROUND_THE_START))
    stricter = Store(told.app.state.store.url, fewest_people=200)
    async with stricter.writing() as session:
        lines = Lines(("n",), [[Figure(150, 150, cell=("managers",))]])
        await publishing.publish(session, Series(PROGRAMME, OTHER), "t", lines)
    await stricter.dispose()
    await sign_in(told, Role.BOARD_SECRETARY, trust=PILOT)
    page = text_of(await told.get(f"/trusts/{PILOT}/management"))
    assert "42%" not in page
    assert "The figure of 2026 is about fewer than 200 people, so it is not shown." in page
    assert "No share is shown where fewer than 200 people answered." in page


async def test_a_trust_sees_nothing_of_another(told):
    await do(told, a_locked_study, a_plan(AROUND_THE_START))
    await sign_in(told, Role.COORDINATOR, trust=CONTROL)
    assert (await told.get(f"/trusts/{PILOT}/management")).status_code == 403
    page = text_of(await told.get(f"/trusts/{CONTROL}/management"))
    assert page.count("There are no figures yet.") == 5


async def test_whoever_is_asked_can_name_several_obstacles(client, clock):
    wave = await do(client, build.an_open_wave, questionnaire=PRACTICE)
    clock.at(NIGHT)
    (first, *_) = await do(client, build.the_people)
    await sign_in_voter(client, first.person_id)
    page = (await client.get(f"/surveys/{wave}")).text
    assert page.count('type="checkbox"') == 6
    assert "Does not apply: nothing regularly does" in page
    assert "Choose as many as you like." in page
    assert "with permission" not in page


def a_form(**changes):
    return {"year": "2023", "permission": "Letter 12/2026"} | changes


def a_sheet(content):
    return {"file": ("words.csv", content, "text/csv")}


async def sent(client, content, **changes):
    return await client.post("/wordings/new", data=a_form(**changes), files=a_sheet(content))


def hidden(answer):
    """The fields that the page of check answers sends on."""
    found = re.findall(r'(?s)<input type="hidden" name="(year|permission|wordings)" value="(.*?)">', answer.text)
    return {name: unescape(value) for name, value in found}


async def test_a_pack_is_sent_checked_and_taken_into_use_once(client):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    assert "There are no packs of wordings yet." in (await client.get("/wordings")).text
    awkward = stand_ins() | {"q2a": "-I say, “so & so”,\nand <b>so</b>"}
    check = await sent(client, as_file(awkward))
    assert check.status_code == 200
    assert "Nothing is stored yet." in check.text
    assert "No: it is not scored, or words of its subscore are missing" in check.text
    assert "There are no packs of wordings yet." in (await client.get("/wordings")).text
    taken = await client.post("/wordings", data=hidden(check))
    assert taken.url.path == "/wordings"
    assert "Letter 12/2026" in taken.text
    assert "27 items, for motivation" in taken.text
    async with client.app.state.store.reading() as session:
        (event,) = await session.scalars(select(EventRow).where(EventRow.verb == "wordings taken into use"))
        assert event.detail["permission"] == "Letter 12/2026"
        (pack,) = [one for name, one in (await wordings.offered(session)).items() if name.startswith("wordings")]
        assert pack.items[0].text == "-I say, “so & so”, and <b>so</b>"
    assert (await client.post("/wordings", data=hidden(check))).status_code == 409
    assert "in use already" in (await sent(client, as_file(awkward))).text


async def test_a_pack_with_mistakes_names_them_all_and_keeps_what_was_typed(client):
    await sign_in(client, Role.EVALUATOR)
    empty = await client.post("/wordings/new", data={"year": "", "permission": ""})
    assert empty.status_code == 422
    for words in ("Select the year", "Select a CSV file with the wordings", "Enter the reference of NHS England’s"):
        assert words in empty.text, words
    bad = await sent(client, b"code,wording\nq99,x\nq2a,\n", permission="Letter 7")
    assert bad.status_code == 422
    assert "Line 2: “q99” is not an item of 2023." in bad.text
    assert "Line 3: the wording of q2a must have 1 to 300 letters." in bad.text
    assert 'value="Letter 7"' in bad.text
    assert (await sent(client, as_file(stand_ins()), permission="abc")).status_code == 422
    assert (await sent(client, as_file(stand_ins()), year="2019")).status_code == 422
    assert (await client.get("/wordings/template/2023")).text.startswith("code,wording\r\nq20a,")


async def test_a_survey_in_these_words_prints_the_permission_beside_them(client, clock):
    clock.at(MADE)
    await do(client, build.two_trusts)
    await do(client, wordings.take_into_use, a_pack(), by=BY, now=MADE)
    await sign_in(client, Role.EVALUATOR)
    form = await client.get("/waves/new")
    assert "26 questions. Used with permission: Letter 12/2026" in form.text
    made = await client.post("/waves/new", data=WAVE | {"asks": "wordings-1"})
    assert "These wordings are used with permission: Letter 12/2026" in made.text
    assert "Stand-in for the words of q2a" in made.text
    assert "Surveys made with it 1" in text_of(await client.get("/wordings"))
    await client.post("/waves/1/freeze", data={})
    await do(client, build.boxed_and_opened, 1)
    clock.at(NIGHT)
    (first, *_) = await do(client, build.the_people)
    await sign_in_voter(client, first.person_id)
    page = (await client.get("/surveys/1")).text
    assert "These wordings are used with permission: Letter 12/2026" in page
    assert "Stand-in for the words of q26c" in page


@pytest.mark.parametrize("asks", ["wordings-9", "wordings-1x", "pulse2", ""])
async def test_a_survey_cannot_ask_what_is_not_offered(client, clock, asks):
    clock.at(MADE)
    await do(client, build.two_trusts)
    await sign_in(client, Role.EVALUATOR)
    refused = await client.post("/waves/new", data=WAVE | {"asks": asks})
    assert refused.status_code == 422
    assert "Select what is asked" in refused.text


async def test_a_pack_is_taken_out_of_use_by_its_sender_an_evaluator_or_the_programme_admin(client):
    await do(client, build.two_trusts)
    await sign_in(client, Role.COORDINATOR, trust=PILOT)
    assert 'href="/wordings"' in (await client.get(f"/trusts/{PILOT}/surveys")).text
    await client.post("/wordings", data=hidden(await sent(client, as_file(stand_ins()))))
    assert 'href="/wordings/1/end"' in (await client.get("/wordings")).text
    await sign_in(client, Role.COORDINATOR, trust=CONTROL)
    assert 'href="/wordings/1/end"' not in (await client.get("/wordings")).text
    assert (await client.post("/wordings/1/end")).status_code == 403
    await sign_in(client, Role.EVALUATOR)
    assert "Surveys that are fixed already keep them." in (await client.get("/wordings/1/end")).text
    assert "Out of use" in (await client.post("/wordings/1/end")).text
    assert (await client.post("/wordings/1/end")).status_code == 409
    assert "They are out of use since" in (await client.get("/wordings/1/end")).text
    assert (await client.get("/wordings/2/end")).status_code == 404


async def test_no_page_shows_words_of_the_survey_before_somebody_sent_them(client):
    await sign_in(client, Role.EVALUATOR)
    assert "Used with permission" not in (await client.get("/waves/new")).text


async def test_a_released_survey_leads_its_trust_to_the_page_of_management_practice(told):
    await sign_in(told, Role.COORDINATOR, trust=PILOT)
    assert f'href="/trusts/{PILOT}/management"' in (await told.get(f"/trusts/{PILOT}/surveys")).text


async def test_designs_have_their_place_in_the_header_of_those_who_work_with_measures(client):
    for role in (Role.EVALUATOR, Role.PROGRAMME_ADMIN):
        await sign_in(client, role)
        header = (await client.get("/designs")).text.split("</header>")[0]
        links = re.findall(r'header__navigation-link" href="(/\w+)"', header)
        assert links[:6] == ["/trusts", "/designs", "/measures", "/waves", "/studies", "/comparisons"]
        assert 'href="/designs" aria-current="page"' in header
