"""The pages of a survey: for those who hold it, those who hang up its poster, and those who answer."""

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from pilot.metrics.queries import waves as queries
from pilot.metrics.service import counting, waves
from pilot.metrics.waves import State
from pilot.people.roles import Role
from pilot.secrecy.files import client_digest
from pilot.settings import ROOT
from tests.builders import voting as ballots
from tests.builders import waves as build
from tests.builders.people import a_trust, the_codes
from tests.builders.waves import CLOSES, CONTROL, MADE, NIGHT, OPENS, PILOT
from tests.conftest import Client, application
from tests.signing_in import sign_in, sign_in_voter

FORM = {
    "title": "Spring pulse",
    "kind": "baseline",
    "opens_on-day": "3",
    "opens_on-month": "3",
    "opens_on-year": "2027",
    "closes_on-day": "17",
    "closes_on-month": "3",
    "closes_on-year": "2027",
    "asks": "pulse",
    "permission": "",
}
PACK = b"code,text,answers,reverse,outcome\nq1,The tea is hot,agree,no,tea\n"


async def do(client, work, *args, **kwargs):
    async with client.app.state.store.writing() as session:
        return await work(session, *args, **kwargs)


@pytest.fixture
async def at_making(client, clock):
    clock.at(MADE)
    await do(client, build.two_trusts)
    await sign_in(client, Role.EVALUATOR)
    return client


@pytest.fixture
async def opened(client, clock):
    """A survey that is open at night; its id."""
    wave = await do(client, build.an_open_wave)
    clock.at(NIGHT)
    return wave


async def state_of(client, wave):
    async with client.app.state.store.reading() as session:
        return await build.state_of(session, wave)


async def test_an_evaluator_makes_and_fixes_a_survey(at_making):
    client = at_making
    made = await client.post("/waves/new", data=FORM)
    assert made.url.path == "/waves/1"
    assert "From 8am on Wednesday 3 March 2027 to 5pm on Wednesday 17 March 2027" in made.text
    assert "2 of 2 trusts can take part today" in made.text
    fixed = await client.post("/waves/1/freeze", data={})
    assert "is fixed and has not opened yet" in fixed.text
    async with client.app.state.store.reading() as session:
        assert (await queries.wave(session, 1)).script == client_digest(client.app.state.settings.static)
    assert "Spring pulse" in (await client.get("/waves")).text


async def test_a_form_with_mistakes_names_them_all(at_making):
    answer = await at_making.post("/waves/new", data={"title": "", "asks": "pack", "opens_on-day": "3"})
    assert answer.status_code == 422
    for words in (
        "Enter a name for this survey",
        "Select whether this is a baseline",
        "First day must be a real date",
        "Enter the day on which the survey closes",
        "Select the file with the questions",
        "Enter the reference of the permission",
    ):
        assert words in answer.text, words


async def test_a_pack_comes_with_its_permission_and_every_problem_by_line(at_making):
    client = at_making
    form = FORM | {"asks": "pack", "permission": "NHSE 2027/12"}
    bad = await client.post(
        "/waves/new", data=form, files={"pack": ("q.csv", PACK + b"q1,,maybe,no,tea\n", "text/csv")}
    )
    assert bad.status_code == 422
    assert "Line 3: “q1” is there twice." in bad.text
    assert "Line 3: the cell under “text” is empty." in bad.text
    good = await client.post("/waves/new", data=form, files={"pack": ("q.csv", PACK, "text/csv")})
    assert "These wordings are used with permission: NHSE 2027/12" in good.text
    assert "The tea is hot" in good.text
    assert (await client.get("/waves/pack-template.csv")).text.startswith("code,text,answers,reverse,outcome")


async def test_trusts_that_are_not_ready_are_left_out_only_when_that_is_ticked(at_making):
    client = at_making
    await do(client, a_trust, "RCC")
    await client.post("/waves/new", data=FORM)
    refused = await client.post("/waves/1/freeze", data={})
    assert refused.status_code == 422
    assert "Tick this to leave out the trusts that are not ready" in refused.text
    fixed = await client.post("/waves/1/freeze", data={"leave_out": "yes"})
    assert "1 trust was left out" in fixed.text
    assert "Example NHS Trust (RCC), pilot: There is no staff roll of this trust yet." in fixed.text


async def test_a_vote_that_is_open_at_the_same_time_is_a_warning(client, clock):
    clock.at(MADE)
    await do(client, ballots.a_frozen_ballot)
    await sign_in(client, Role.EVALUATOR)
    await client.post("/waves/new", data=FORM)
    page = (await client.get("/waves/1")).text
    assert "Votes are open at the same time" in page
    assert "RAA: Night canteen, until 5pm on Wednesday 17 March 2027" in page


async def test_how_many_answer_is_shown_in_steps_while_open_and_small_numbers_never(client, clock, opened):
    await do(client, build.all_answer, opened, PILOT, ["4" * 16] * 9)
    await sign_in(client, Role.EVALUATOR)
    assert "Not told yet" in (await client.get(f"/waves/{opened}")).text
    await do(client, build.counted, opened)
    assert (await client.get(f"/waves/{opened}")).text.count("Counted. Told with the release") == 2
    assert (await client.get(f"/waves/{opened}/check")).text.count("Fewer than 11: not shown") == 2
    await client.post(f"/waves/{opened}/check")
    released = (await client.post(f"/waves/{opened}/release")).text
    assert released.count("Fewer than 11: not shown") == 2
    assert "20.5%" not in released  # 9 of 44


async def test_what_is_hidden_is_checked_before_the_release(client, clock, opened):
    await do(client, build.all_answer, opened, PILOT, ["4" * 16 + "1"] * 10 + ["4" * 16])
    await do(client, build.counted, opened)
    clock.at(CLOSES)
    await sign_in(client, Role.EVALUATOR)
    page = (await client.get(f"/waves/{opened}/check")).text
    assert "puts 13 figures among the measures and hides 1" in page
    assert "Administration" in page
    assert "Not said" in page
    assert "Shown with the release" in page
    assert "25%" not in page  # 11 of 44: no figure before the release
    assert "Release the figures" not in page
    assert (await client.post(f"/waves/{opened}/release")).status_code == 409
    checked = await client.post(f"/waves/{opened}/check")
    assert "Release the figures" in checked.text
    released = await client.post(f"/waves/{opened}/release")
    assert "Its figures are among the" in released.text
    assert "25" in released.text
    assert await state_of(client, opened) is State.RELEASED
    assert "Programme survey" in (await client.get("/measures")).text


async def test_a_survey_is_cancelled_for_a_reason_only(client, clock, opened):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    refused = await client.post(f"/waves/{opened}/cancel", data={"because": ""})
    assert (refused.status_code, "Say why this survey is cancelled" in refused.text) == (422, True)
    done = await client.post(f"/waves/{opened}/cancel", data={"because": "The wrong questions"})
    assert "was cancelled: The wrong questions" in done.text


async def test_a_coordinator_sees_the_surveys_of_their_own_trust_and_a_poster(client, clock, opened):
    await do(client, build.all_answer, opened, CONTROL, ["4" * 16] * 11)
    morning = NIGHT + timedelta(hours=6)
    await do(client, counting.tell_turnout, opened, CONTROL, now=morning)
    clock.at(morning)
    await sign_in(client, Role.COORDINATOR, trust=CONTROL)
    page = (await client.get(f"/trusts/{CONTROL}/surveys")).text
    assert "11 or more of 44 people had answered by the morning of 5 March 2027" in page
    assert (await client.get(f"/trusts/{PILOT}/surveys")).status_code == 403
    poster = (await client.get(f"/trusts/{CONTROL}/surveys/{opened}/poster")).text
    assert "/survey</strong>" in poster
    assert "We do not work out who has not answered" in poster
    assert "Everybody gets this message, also if you have answered" in poster
    assert (await client.get(f"/trusts/{CONTROL}/surveys/99/poster")).status_code == 404


async def test_a_code_leads_to_the_only_thing_that_is_open(client, clock, opened):
    settings = client.app.state.settings
    slips = await do(client, the_codes, settings, PILOT, now=MADE)
    answer = await client.post("/survey", data={"code": slips[0].code})
    assert answer.url.path == f"/surveys/{opened}"
    wrong = await client.post("/survey", data={"code": "0000-0000-00"})
    assert wrong.status_code == 422
    assert "<h1>Answer a survey</h1>" in wrong.text
    assert 'action="/survey"' in wrong.text


async def test_votes_and_surveys_stand_in_one_list(client, clock):
    await do(client, ballots.a_frozen_ballot, trust=PILOT)
    slips = await do(client, the_codes, client.app.state.settings, PILOT, now=MADE)
    clock.at(MADE)
    await do(client, a_trust, CONTROL, "control", starts_on=None)
    await do(client, build.a_roll, CONTROL, 44)
    wave = await do(client, waves.make_wave, build.a_spec(), by=build.BY, now=MADE)
    await do(client, waves.freeze, wave, script=build.SCRIPT, leave_out=False, by=build.BY, now=MADE)
    await do(client, counting.box_trust, wave, PILOT, now=MADE)
    clock.at(OPENS)
    listed = await client.post("/vote", data={"code": slips[0].code})
    assert listed.url.path == "/votes"
    assert "1 vote open to you" in listed.text
    assert "Survey: Spring pulse" in listed.text
    assert "About 2 minutes. Closes 5pm on Wednesday 17 March 2027" in listed.text
    assert "Not sent yet" in listed.text


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (MADE, "This survey opens 8am on Wednesday 3 March 2027"),
        (CLOSES, "No answers of yours are in the box"),
    ],
)
async def test_a_survey_that_is_not_open_says_so(client, clock, now, words):
    wave = await do(client, build.a_frozen_wave)
    clock.at(now)
    who = (await do(client, build.the_people))[0]
    await sign_in_voter(client, who.person_id)
    page = await client.get(f"/surveys/{wave}")
    assert words in page.text
    assert "data-question" not in page.text


async def test_every_page_of_a_survey_says_who_holds_its_key(client, clock, opened):
    who = (await do(client, build.the_people))[0]
    await sign_in_voter(client, who.person_id)
    assert (await client.get(f"/surveys/{opened}")).text.count("This server holds the key.") == 3
    await sign_in(client, Role.EVALUATOR)
    assert "This server holds the key." in (await client.get(f"/waves/{opened}")).text


async def test_short_bytes_are_no_paper_and_no_answers(client, clock, opened):
    who = (await do(client, build.the_people))[0]
    await sign_in_voter(client, who.person_id)
    assert (await client.post(f"/surveys/{opened}/stamp", content=b"x" * 383)).status_code == 422
    sent = await client.put(f"/surveys/{opened}/envelope", content=b"x" * 100)
    assert sent.status_code == 409
    assert "Your answers were not sent" in sent.text


async def test_every_sentence_follows_the_number_that_the_installation_asks_for(settings, clock):
    async with Client(app=application(replace(settings, fewest_people=20), clock)) as client:
        wave = await do(client, build.an_open_wave)
        clock.at(NIGHT)
        public = (await client.get("/surveys/who-can-see-what")).text
        assert "in steps of ten or more, from 20 on" in public
        assert "Nothing about fewer than 20 people" in public
        voter = (await do(client, build.the_people))[0]
        await sign_in_voter(client, voter.person_id)
        assert "Figures are shown only for groups of 20 or more people" in (await client.get(f"/surveys/{wave}")).text
        await do(client, build.counted_as, wave, {PILOT: ["4" * 16] * 22, CONTROL: ["2" * 16] * 15})
        clock.at(CLOSES)
        await sign_in(client, Role.EVALUATOR)
        page = (await client.get(f"/waves/{wave}/check")).text
        assert "A figure about fewer than 20 people is never shown" in page
        assert page.count("Fewer than 20: not shown") == 1
        assert "Groups of fewer than 20 people" in (await client.get(f"/waves/{wave}")).text
        assert "where fewer than 20 people answered" in (await client.get(f"/trusts/{PILOT}/management")).text


def test_no_template_of_figures_has_a_number_of_its_own():
    found = {
        path.name
        for path in (ROOT / "templates" / "metrics").iterdir()
        if re.search(r"\b(11|eleven) (or more )?(people|answers|on)\b|ewer than 11", path.read_text())
    }
    assert found == set()
