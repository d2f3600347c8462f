"""Somebody on a phone answers the pulse in about two minutes, in a pilot and in a control."""

import re

import pytest

from pilot.metrics.queries import waves as queries
from pilot.metrics.questionnaire import PRACTICE
from pilot.metrics.service import waves
from pilot.metrics.wave_figures import by_trust
from pilot.people import service as people
from pilot.secrecy.files import client_digest
from tests.builders import waves as build
from tests.builders.waves import CONTROL, PILOT
from tests.journeys.conftest import PHONE

SENDING = re.compile(r"/surveys/\d+/(stamp|envelope)$")
COUNCIL = ("proposal", "council", "ballot", "vote on")


@pytest.fixture
def width():
    return "phone"


class Survey:
    """A survey that is open in a pilot and a control, and somebody's slips."""

    def __init__(self, server, **changes):
        self.server = server
        self.changes = changes
        server.clock.at(build.MADE)
        self.wave, self.slips = server.do(self._made)
        server.tick()
        server.clock.at(build.NIGHT)
        server.tick()

    async def _made(self, store):
        async with store.writing() as session:
            await build.two_trusts(session)
            wave = await waves.make_wave(session, build.a_spec(**self.changes), by=build.BY, now=build.MADE)
            script = client_digest(self.server.settings.static)
            await waves.freeze(session, wave, script=script, leave_out=False, by=build.BY, now=build.MADE)
            slips = {
                trust: await people.issue_codes(session, self.server.settings, trust, by=build.BY, now=build.MADE)
                for trust in (PILOT, CONTROL)
            }
        return wave, slips

    def code(self, trust, place=0):
        return self.slips[trust][place].code

    def closes(self):
        self.server.clock.at(build.CLOSES)
        self.server.tick()

        async def cells(store):
            async with store.reading() as session:
                return await queries.cells(session, self.wave)

        return by_trust(self.server.do(cells))


@pytest.fixture
def survey(server):
    return Survey(server)


class Porter:
    """Somebody with a phone and a slip."""

    def __init__(self, visitor, name="porter"):
        self.at = visitor(name)
        self.sent = []
        self.at.page.on("request", lambda one: self.sent.append(one) if SENDING.search(one.url) else None)

    def enters(self, code):
        self.at.goes_to("/survey")
        self.at.types("Enter your voting code", code)
        self.at.clicks("Continue")

    def marks(self, question, answer):
        group = self.at.page.get_by_role("group", name=question)
        group.get_by_label(answer, exact=True).check()

    def goes_on(self):
        self.at.page.get_by_role("button", name="Continue").click()
        self.at.reads_heading("Check your answers")
        self.at.looks()

    def sends(self):
        self.at.page.get_by_role("button", name="Send answers").click()
        self.at.reads_heading("Your answers have been sent")
        self.at.looks()

    def finishes(self):
        self.at.page.locator("main").get_by_role("button", name="Finish and clear this computer").click()
        self.at.page.wait_for_load_state()


def test_a_porter_answers_on_a_phone_and_changes_their_mind(visitor, survey):
    porter = Porter(visitor)
    assert porter.at.page.viewport_size == PHONE
    porter.enters(survey.code(PILOT))
    porter.at.reads_heading("Spring pulse")  # there is nothing else open, so they come here at once
    porter.at.looks()
    porter.at.reads("Survey, about 2 minutes")
    porter.at.reads("You do not have to answer every question")
    porter.marks("The senior leaders of this trust lead it well", "Disagree")
    porter.marks("Which staff group are you in?", "Estates")
    porter.marks("Where do you mostly work?", "Prefer not to say")
    porter.goes_on()
    chosen = porter.at.page.locator("[data-chosen]").all_inner_texts()
    assert chosen.count("No answer") == 16
    assert (chosen[9], chosen[16]) == ("Disagree", "Estates")
    porter.at.page.get_by_role("button", name="Change answers").click()
    porter.marks("The senior leaders of this trust lead it well", "Agree")
    porter.goes_on()
    porter.sends()
    porter.at.reads("Figures are shown only for groups of 11 or more people")
    porter.at.reads("You can change your answers two more times")
    porter.finishes()
    porter.at.page.wait_for_url("**/vote")

    porter.enters(survey.code(PILOT))
    porter.at.reads("Your sealed answers are in the box")
    assert porter.at.page.locator("input:checked").count() == 0  # nobody can read what was sent
    porter.marks("The senior leaders of this trust lead it well", "Strongly agree")
    porter.goes_on()
    porter.sends()
    cells = survey.closes()
    assert (cells[PILOT, "leaders_effective"].n, cells[PILOT, "leaders_effective"].mean) == (1, 10)


def test_somebody_says_what_gets_in_the_way_of_their_work(visitor, server):
    survey = Survey(server, title="How is this trust led?", questionnaire=PRACTICE)
    porter = Porter(visitor)
    porter.enters(survey.code(PILOT))
    porter.at.reads_heading("How is this trust led?")
    porter.at.looks()
    porter.marks("Does anything here regularly get in the way", "Yes")
    for obstacle in ("Too few staff, or staff who leave", "Procedures, forms or systems", "Prefer not to say"):
        porter.marks("What gets in the way of your work?", obstacle)
    porter.at.page.get_by_role("button", name="Continue").click()
    porter.at.reads("Untick “Prefer not to say”, or take your choices away")
    porter.at.page.get_by_role("group", name="What gets in the way").get_by_label("Prefer not to say").uncheck()
    porter.marks("My targets go well with", "Does not apply: I have no such targets")
    porter.goes_on()
    chosen = porter.at.page.locator("[data-chosen]").all_inner_texts()
    assert chosen[3] == "Yes"
    assert chosen[4].split("\n") == ["Too few staff, or staff who leave", "Procedures, forms or systems"]
    assert chosen[6] == "Does not apply: I have no such targets"
    porter.sends()
    cells = survey.closes()
    found = {outcome: (cell.n, cell.mean) for (trust, outcome), cell in cells.items() if trust == PILOT}
    assert found == {
        "obstacles": (1, 1.0),
        "obstacles_staffing": (1, 1.0),
        "obstacles_organisation": (1, 0.0),
        "obstacles_procedures": (1, 1.0),
        "obstacles_other": (1, 0.0),
    }


def test_what_is_sent_shows_nothing_of_the_answers(visitor, survey):
    """Everything and nothing answered: the same requests of the same lengths, and only sealed bytes in them."""
    sent = []
    for place, answer in enumerate(("Strongly agree", None)):
        porter = Porter(visitor, f"porter{place}")
        porter.enters(survey.code(PILOT, place))
        porter.at.reads_heading("Spring pulse")
        if answer:
            for radio in porter.at.page.get_by_label(answer, exact=True).all():
                radio.check()
        porter.goes_on()
        assert porter.at.page.get_by_text("You have not answered anything.").is_visible() == (answer is None)
        porter.sends()
        sent.append([(one.method, one.url, len(one.post_data_buffer)) for one in porter.sent])
        bodies = b"".join(one.post_data_buffer for one in porter.sent)
        assert b'"a"' not in bodies
        assert b"agree" not in bodies.lower()
    assert sent[0] == sent[1]
    assert [method for method, _, _ in sent[0]] == ["POST", "PUT"]


def test_the_survey_is_answered_with_the_keyboard_alone(visitor, survey):
    porter = Porter(visitor)
    porter.enters(survey.code(PILOT))
    porter.at.reads_heading("Spring pulse")
    keys = porter.at.page.keyboard
    porter.at.page.get_by_role("group", name="I begin my working day with energy").get_by_label("Never").focus()
    keys.press("ArrowDown")  # Rarely
    keys.press("Tab")
    keys.press("Space")  # the first answer of the next question
    for _ in range(40):
        keys.press("Tab")
        if porter.at.page.evaluate("document.activeElement.textContent") == "Continue":
            break
    keys.press("Enter")
    porter.at.reads_heading("Check your answers")
    assert porter.at.page.locator("[data-chosen]").all_inner_texts()[:3] == ["Rarely", "Never", "No answer"]
    assert porter.at.page.evaluate("document.activeElement.tagName") == "H1"
    keys.press("Tab")
    assert porter.at.page.evaluate("document.activeElement.textContent") == "Who can see what"
    keys.press("Tab")
    assert porter.at.page.evaluate("document.activeElement.textContent") == "Send answers"
    keys.press("Enter")
    porter.at.reads_heading("Your answers have been sent")


def test_staff_of_a_control_see_nothing_of_councils(visitor, survey):
    porter = Porter(visitor)
    porter.enters(survey.code(CONTROL))
    porter.at.reads_heading("Spring pulse")
    seen = [porter.at.page.locator("main").inner_text(), porter.at.page.locator("header").inner_text()]
    porter.goes_on()
    porter.sends()
    seen.append(porter.at.page.locator("main").inner_text())
    for path in ("/votes", "/"):
        porter.at.goes_to(path)
        seen += [porter.at.page.locator(part).inner_text() for part in ("main", "header")]
    for words in COUNCIL:
        assert not [text for text in seen if words in text.lower()], words
    porter.at.goes_to("/votes")
    porter.at.reads("1 survey open to you")
    porter.at.reads("Sent. You can change your answers")
    porter.finishes()
    porter.at.page.wait_for_url("**/survey")
    assert "council" not in porter.at.page.locator("main").inner_text().lower()


def test_without_javascript_the_page_says_what_to_do(browser, survey):
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{survey.server.address}/survey")
    page.get_by_label("Enter your voting code").fill(survey.code(PILOT))
    page.get_by_role("button", name="Continue").click()
    text = page.locator("main").inner_text()
    assert "This browser cannot seal your answers, because JavaScript is off" in text
    assert "Nothing is sent unsealed" in text
    assert not page.locator("input[type=radio]").first.is_visible()
    context.close()
