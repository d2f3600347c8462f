"""Journey (a) for elections: candidates in an order of choice, several, any number, one, or nobody."""

import re

import pytest
from playwright.sync_api import expect

from pilot.people import queries as people_queries
from pilot.people import service as people
from pilot.secrecy import service as secrecy
from pilot.secrecy.files import client_digest
from pilot.voting import queries, service
from pilot.voting.ballots import rankings
from pilot.voting.count.contest import Reserve
from tests.builders import voting as build
from tests.builders.voting import an_election
from tests.journeys.conftest import EACH_WIDTH, NO_WIDTH
from tests.journeys.test_voting import CASTING

LONG = "Dr Oluwaseun Adebayo-Featherstonehaugh of the Intensive Care and High Dependency Units, St Elsewhere"
SIX = ("Amy Osei", "Ben Roy", "Cat Hill", LONG, "Eve Park", "Faisal Khan")
ASKED = "Who should speak for nurses?"
NOBODY = "I do not want to choose anybody"
STATEMENTS = "Amy Osei: I have worked nights for ten years.\n\nBen Roy: Rest rooms that are open."

AT_THE_TOP_OF_ALL = """() => {
  const active = document.activeElement, place = active.getBoundingClientRect();
  const seen = document.elementFromPoint(place.x + place.width / 2, place.y + place.height - 3);
  return active === document.body || active === seen || active.contains(seen) || seen?.contains(active);
}"""
"""Whether the lower edge of the control with the focus can be seen."""

TOO_SMALL = """() => [...document.querySelectorAll('#question :is(select, button, input, summary), #before a')]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 24 || height < 24)
  .map(([name]) => name)"""

WHAT_IS_KEPT = """() => [
  document.querySelectorAll('#question :checked:not([value="0"])').length,
  [...document.querySelectorAll('[data-chosen], .pilot-order, [data-question] [role=status]')]
    .map((one) => one.textContent).join(''),
]"""
"""Ticks and numbers of the hidden paper (“No preference” is the option 0), and every word about a choice."""

CUT_OFF = """() => [...document.querySelectorAll('.pilot-rank select')]
  .filter((one) => one.clientWidth < 150).length"""
"""Selects too narrow to show "No preference"."""


class Election:
    """A trust with an open election and slips with codes."""

    def __init__(self, server, ask, voters=25, text=STATEMENTS):
        self.server, self.voters, self.text = server, voters, text
        server.clock.at(build.ARRANGED)
        self.ballot, self.slips = server.do(lambda store: self._made(store, ask))
        server.clock.at(build.NIGHT)
        server.tick()

    async def _made(self, store, ask):
        async with store.writing() as session:
            await build.a_roll(session, self.voters)
            ballot = await build.an_arranged_election(
                session, ask, title="Staff council: nurses", question=ASKED, text=self.text
            )
            await service.take_lot(session, ballot, build.LOT, by=build.OFFICER, now=build.ARRANGED)
            await service.freeze_electorate(
                session, ballot, by=build.OFFICER, now=build.ARRANGED,
                script=client_digest(self.server.settings.static),
            )  # fmt: skip
            slips = await people.issue_codes(session, self.server.settings, "RAA", by=build.OFFICER, now=build.ARRANGED)
            listed = await people_queries.roll_on(session, "RAA", build.ARRANGED.date())
            left_out = listed[-1].person_id  # the agency worker at the end of the roll
        return ballot, [slip for slip in slips if slip.person_id != left_out]

    def answers(self):
        """Close and open the votes; what the papers say, without anything that says whose they are."""
        self.server.clock.at(build.CLOSES)
        self.server.tick()

        async def work(store):
            async with store.reading() as session:
                final = await secrecy.final(session, (await queries.ballot(session, self.ballot)).box_id)
                return {tuple(ranking): many for ranking, many in rankings(final.valid).items()}

        return self.server.do(work)


class Nurse:
    """A nurse with a voting code."""

    def __init__(self, visitor, election, slip=0, name="nurse"):
        self.at, self.election, self.code = visitor(name), election, election.slips[slip].code
        self.page = self.at.page

    def opens_the_paper(self):
        self.at.goes_to("/vote")
        self.at.types("Enter your voting code", self.code)
        self.at.clicks("Continue")
        self.at.reads_heading(ASKED)
        self.at.looks()

    def numbers(self, name, number):
        self.page.get_by_label(name, exact=True).select_option(str(number))

    def ticks(self, *names):
        for name in names:
            self.page.get_by_label(name, exact=True).click()

    def hears(self, words):
        """What the page says about the last step, to eyes and ears."""
        expect(self.page.locator("#question").get_by_role("status")).to_have_text(words)

    def order(self):
        """The candidates with a number, in the order of their numbers, as the controls show it."""
        shown = self.page.locator("[data-option]").evaluate_all(
            "all => all.map((one) => [Number(one.value), one.labels[0].textContent])"
        )
        numbered = sorted(one for one in shown if one[0])
        assert [number for number, _ in numbered] == list(range(1, len(numbered) + 1))
        listed = self.page.locator(".pilot-order li").all_inner_texts()
        assert listed == [name for _, name in numbered]
        return listed

    def goes_on(self):
        self.page.locator("#question").get_by_role("button", name="Continue").click()
        self.at.looks()

    def is_told(self, sentence, focus):
        """The error summary has the focus, and its link leads to the control in question."""
        self.goes_on()
        expect(self.page.locator("#question-problem")).to_be_focused()
        assert self.page.title().startswith("Error: ")
        link = self.page.locator("#question-problem").get_by_role("link", name=sentence, exact=True)
        link.click()
        assert self.page.evaluate("document.activeElement.labels[0].textContent") == focus
        group = self.page.locator("[data-question] > fieldset")
        expect(group).to_have_accessible_description(re.compile(re.escape(sentence)))

    def checks(self, *words):
        self.goes_on()
        self.at.reads_heading("Check your vote")
        assert self.page.locator("#chosen").inner_text().split("\n\n") == list(words)

    def casts(self):
        self.page.get_by_role("button", name="Cast vote").click()
        self.at.reads_heading("Your vote has been cast")
        self.at.looks()
        return self.page.locator("#code").inner_text()

    def keeps_nothing(self):
        """No choice is left in any part of the page, shown or hidden."""
        kept = self.page.evaluate(WHAT_IS_KEPT)
        assert kept == [0, ""]
        assert self.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]

    def finishes(self):
        self.page.locator("main").get_by_role("button", name="Finish and clear this computer").click()
        self.page.wait_for_url("**/vote")


@pytest.fixture
def ranked(server):
    return Election(server, an_election(candidates=SIX, seats=3, reopen=True, reserves=(NIGHTS,)))


NIGHTS = Reserve("Night staff", (1, 4), least=1)


@EACH_WIDTH
def test_a_nurse_puts_the_candidates_in_order_with_numbers(ranked, visitor):
    nurse = Nurse(visitor, ranked)
    # Given the open election, the paper says how to fill it in and what is being filled
    nurse.opens_the_paper()
    nurse.at.reads("Put a 1 beside your first choice. Then, if you like, put a 2 beside your second choice")
    nurse.at.reads("You can stop whenever you like.")
    nurse.at.reads("3 people will be elected. At least 1 of them must be from this group: Night staff.")
    nurse.at.reads("The candidates stand in the same order for every voter.")
    nurse.at.reads("“Re-open nominations”, is not a person. A seat that it wins stays empty")
    nurse.page.get_by_text("What the candidates say").click()
    nurse.at.reads("Ben Roy: Rest rooms that are open.")
    # When numbers are given, the page says what became of them, and never leaves a gap
    nurse.numbers("Ben Roy", 1)
    nurse.hears("Ben Roy is now your choice number 1.")
    nurse.numbers("Amy Osei", 2)
    nurse.numbers("Re-open nominations", 3)
    nurse.numbers(LONG, 1)
    nurse.hears(f"{LONG} is now your choice number 1. 3 others moved down by one.")
    nurse.at.looks()
    assert nurse.order() == [LONG, "Ben Roy", "Amy Osei", "Re-open nominations"]
    nurse.numbers("Amy Osei", 2)
    nurse.hears("Amy Osei is now your choice number 2. Ben Roy is now number 3.")
    nurse.numbers("Re-open nominations", "No preference")
    nurse.hears("Re-open nominations has no number now.")
    nurse.numbers(LONG, 3)
    nurse.hears(f"{LONG} is now your choice number 3. Amy Osei is now number 1 and Ben Roy is now number 2.")
    offered = nurse.page.get_by_label("Cat Hill", exact=True).locator("option").all_inner_texts()
    assert offered == ["No preference", "1", "2", "3", "4"]
    # Then the check page shows the order, Change keeps it, and the paper says it
    nurse.checks(f"Amy Osei\nBen Roy\n{LONG}", "You gave no number to 4 others.")
    assert nurse.page.locator("#chosen ol > li").count() == 3
    nurse.page.get_by_role("button", name="Change").click()
    nurse.at.reads_heading(ASKED)
    assert nurse.order() == ["Amy Osei", "Ben Roy", LONG]
    nurse.numbers("Amy Osei", "No preference")
    nurse.hears(f"Amy Osei has no number now. Ben Roy is now number 1 and {LONG} is now number 2.")
    nurse.checks(f"Ben Roy\n{LONG}", "You gave no number to 5 others.")
    code = nurse.casts()
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    nurse.keeps_nothing()
    nurse.finishes()
    # And when the code is entered again the vote can be changed; nothing shows what it was
    nurse.opens_the_paper()
    nurse.at.reads("Your sealed vote is in the box. You can change it")
    assert nurse.order() == []
    nurse.numbers("Eve Park", 1)
    nurse.checks("Eve Park", "You gave no number to 6 others.")
    nurse.casts()
    nurse.finishes()
    assert ranked.answers() == {(5,): 1}


@NO_WIDTH
def test_the_order_is_made_with_up_and_down_by_the_keyboard_alone(ranked, visitor):
    nurse = Nurse(visitor, ranked)
    nurse.opens_the_paper()
    keys = nurse.page.keyboard

    def tab_to(name):
        for _ in range(60):
            keys.press("Tab")
            assert nurse.page.evaluate(AT_THE_TOP_OF_ALL), f"something covers the control before “{name}”"
            if nurse.page.evaluate(
                "n => { const e = document.activeElement;"
                " return (e.labels?.[0] ?? e).textContent.trim() === n; }", name
            ):  # fmt: skip
                return
        raise AssertionError(f"the Tab key does not reach “{name}”")

    # Given nobody has a number, Up makes somebody the next choice
    tab_to("Up Cat Hill")
    keys.press("Enter")
    nurse.hears("Cat Hill is now your choice number 1.")
    tab_to("Up Eve Park")
    keys.press("Space")
    nurse.hears("Eve Park is now your choice number 2.")
    # When it is pressed again they change places, and the focus stays where it was
    keys.press("Space")
    nurse.hears("Eve Park is now your choice number 1. Cat Hill is now number 2.")
    assert nurse.page.evaluate("document.activeElement.textContent") == "Up Eve Park"
    # Then a button that can do nothing says why, and is not lost to the keyboard
    keys.press("Space")
    nurse.hears("Eve Park is already your choice number 1.")
    tab_to("Down Eve Park")
    keys.press("Enter")
    keys.press("Enter")
    nurse.hears("Eve Park is already your last choice. Choose “No preference” to take the number away.")
    tab_to("Down Faisal Khan")
    keys.press("Enter")
    nurse.hears("Faisal Khan has no number yet. Up makes this your next choice.")
    assert nurse.order() == ["Cat Hill", "Eve Park"]
    # And a number is chosen by its key, also with the arrow keys on a closed list
    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    assert nurse.page.evaluate("document.activeElement.labels[0].textContent") == "Faisal Khan"
    keys.type("3")
    nurse.hears("Faisal Khan is now your choice number 3.")
    keys.press("ArrowUp")
    nurse.hears("Faisal Khan is now your choice number 2. Eve Park is now number 3.")
    nurse.at.looks()
    tab_to("Continue")
    keys.press("Enter")
    nurse.at.reads_heading("Check your vote")
    assert nurse.page.locator("#chosen li").all_inner_texts() == ["Cat Hill", "Faisal Khan", "Eve Park"]
    tab_to("Cast vote")
    keys.press("Enter")
    nurse.at.reads_heading("Your vote has been cast")
    assert ranked.answers() == {(3, 6, 5): 1}


@NO_WIDTH
def test_a_screen_reader_is_told_everything_that_eyes_see(ranked, visitor):
    nurse = Nurse(visitor, ranked)
    nurse.opens_the_paper()
    group = nurse.page.get_by_role("group", name="Your vote")
    expect(group).to_have_accessible_description(re.compile(r"^Put a 1 beside your first choice\."))
    for name in (*SIX, "Re-open nominations"):
        expect(group.get_by_role("combobox", name=name, exact=True)).to_have_value("0")
        expect(group.get_by_role("button", name=f"Up {name}", exact=True)).to_be_visible()
        expect(group.get_by_role("button", name=f"Down {name}", exact=True)).to_be_visible()
    expect(group.get_by_role("checkbox", name=NOBODY)).to_be_visible()
    nurse.numbers("Cat Hill", 1)
    group.get_by_role("button", name="Up Amy Osei", exact=True).click()
    heard = {}
    session = nurse.at.context.new_cdp_session(nurse.page)
    for node in session.send("Accessibility.getFullAXTree")["nodes"]:
        if node.get("role", {}).get("value") == "status" and not node.get("ignored"):
            heard = {each["name"]: each["value"].get("value") for each in node["properties"]}
    assert (heard["live"], heard["atomic"]) == ("polite", True)
    tree = group.aria_snapshot()
    assert "status: Amy Osei is now your choice number 2." in tree
    assert tree.index("list:") < tree.index("listitem: Cat Hill") < tree.index("listitem: Amy Osei")
    assert 'heading "Your order so far"' in tree
    # Candidates stand in the order of the ballot's description, for every voter
    assert group.get_by_role("combobox").evaluate_all("all => all.map(o => o.labels[0].textContent)") == [
        *SIX,
        "Re-open nominations",
    ]


PAPERS = [
    pytest.param(an_election(rule="approval", seats=2, candidates=SIX), "Choose as many as you like.", id="approval"),
    pytest.param(an_election(rule="block-plurality", seats=3, candidates=SIX), "Choose up to 3.", id="several"),
]


@pytest.mark.parametrize(("ask", "hint"), PAPERS)
def test_several_candidates_are_ticked(server, visitor, ask, hint):
    election = Election(server, ask)
    nurse = Nurse(visitor, election)
    nurse.opens_the_paper()
    nurse.at.reads(hint)
    # Nothing ticked, or nobody and somebody: the page asks, with the focus on the problem
    nurse.is_told(f"Choose at least one candidate, or tick “{NOBODY}”", focus="Amy Osei")
    nurse.ticks("Eve Park", NOBODY)
    nurse.is_told(f"Untick “{NOBODY}”, or take your choices away", focus=NOBODY)
    nurse.ticks(NOBODY, "Ben Roy", LONG)
    if hint == "Choose up to 3.":
        nurse.hears("You have chosen 3 of up to 3.")
        nurse.ticks("Amy Osei")
        nurse.hears("You have chosen 4. That is 1 too many.")
        nurse.is_told("You have chosen 4. Choose no more than 3", focus="Amy Osei")
        nurse.ticks("Amy Osei")
    else:
        nurse.hears("You have chosen 3.")
    # The order in which they were ticked means nothing
    nurse.checks(f"Ben Roy\n{LONG}\nEve Park")
    assert nurse.page.locator("#chosen ul > li").count() == 3
    nurse.casts()
    nurse.keeps_nothing()
    assert election.answers() == {(2, 4, 5): 1}


def test_one_candidate_is_selected(server, visitor):
    election = Election(server, an_election(rule="first-past-the-post", seats=1, candidates=SIX))
    nurse = Nurse(visitor, election)
    nurse.opens_the_paper()
    nurse.at.reads("1 person will be elected.")
    nurse.at.reads("Choose one candidate.")
    nurse.is_told(f"Select a candidate, or select “{NOBODY}”", focus="Amy Osei")
    nurse.ticks(NOBODY, "Cat Hill")
    nurse.checks("Cat Hill")
    nurse.casts()
    nurse.keeps_nothing()
    assert election.answers() == {(3,): 1}


@pytest.mark.parametrize("rule", ["scottish-stv", "block-plurality", "approval", "first-past-the-post"])
@NO_WIDTH
def test_a_blank_paper_is_a_way_to_take_part(server, visitor, rule):
    seats = 1 if rule == "first-past-the-post" else 2
    election = Election(server, an_election(rule=rule, seats=seats))
    nurse = Nurse(visitor, election)
    nurse.opens_the_paper()
    nurse.ticks(NOBODY)
    nurse.checks("You choose nobody")
    nurse.page.get_by_role("button", name="Change").click()
    expect(nurse.page.get_by_label(NOBODY)).to_be_checked()
    nurse.checks("You choose nobody")
    nurse.casts()
    nurse.keeps_nothing()
    assert election.answers() == {(): 1}


def test_every_mistake_on_a_paper_with_an_order_is_answered(ranked, visitor):
    nurse = Nurse(visitor, ranked)
    nurse.opens_the_paper()
    nurse.is_told(f"Give a number to at least one candidate, or tick “{NOBODY}”", focus="Amy Osei")
    nurse.numbers("Cat Hill", 1)
    nurse.ticks(NOBODY)
    nurse.is_told(f"Untick “{NOBODY}”, or take your choices away", focus=NOBODY)
    assert nurse.order() == ["Cat Hill"]  # nothing that was chosen is lost to a tick
    nurse.numbers("Ben Roy", 1)
    nurse.page.get_by_role("button", name="Take all my choices away").click()
    nurse.hears("Nobody has a number now.")
    assert nurse.order() == []
    expect(nurse.page.get_by_label("Amy Osei", exact=True)).to_be_focused()
    nurse.ticks(NOBODY)
    nurse.numbers("Cat Hill", 1)
    nurse.checks("Cat Hill", "You gave no number to 6 others.")


@NO_WIDTH
def test_two_voters_with_different_orders_send_the_same_requests_but_for_sealed_bytes(ranked, visitor):
    def requests_of(name, slip, *names):
        nurse = Nurse(visitor, ranked, slip, name)
        seen = []
        nurse.page.on("request", lambda r: seen.append((r.method, r.url, len(r.post_data_buffer or b""))))
        nurse.opens_the_paper()
        for number, each in enumerate(names, 1):
            nurse.numbers(each, number)
        if not names:
            nurse.ticks(NOBODY)
        nurse.goes_on()
        nurse.casts()
        return sorted(seen)

    everybody = requests_of("one", 1, *SIX, "Re-open nominations")
    assert everybody == requests_of("two", 2)
    assert len([url for method, url, _ in everybody if method != "GET" and CASTING.search(url)]) == 2


def test_sixty_candidates_fit_the_narrowest_phone_and_load_quickly(server, visitor):
    names = [f"Candidate {number} Nwachukwu-Featherstonehaugh-Montgomery, Ward {number}" for number in range(1, 60)]
    election = Election(server, an_election(candidates=(*names, LONG), seats=5))
    nurse = Nurse(visitor, election)
    nurse.page.set_viewport_size({"width": 320, "height": 640})
    session = nurse.at.context.new_cdp_session(nurse.page)
    session.send("Network.enable")
    loads, addresses = [], {}
    session.on("Network.responseReceived", lambda e: addresses.update({e["requestId"]: e["response"]["url"]}))
    session.on(
        "Network.loadingFinished", lambda e: loads.append((addresses.get(e["requestId"], ""), e["encodedDataLength"]))
    )
    nurse.opens_the_paper()
    weight = sum(size for url, size in loads if "seal.js" not in url)
    assert weight < 100_000, loads  # with the start page; 60 long names stand in it twice
    assert nurse.page.evaluate(TOO_SMALL) == []
    assert nurse.page.evaluate(CUT_OFF) == 0
    nurse.numbers(LONG, 1)
    for number in range(3):
        nurse.page.get_by_role("button", name=f"Up {names[number]}", exact=True).click()
    nurse.hears(f"{names[2]} is now your choice number 4.")
    nurse.at.looks()
    nurse.checks("\n".join([LONG, *names[:3]]), "You gave no number to 56 others.")
    nurse.casts()
    assert election.answers() == {(60, 1, 2, 3): 1}
