"""Journey (a), vote on a ward computer, and journey (b), check that it was counted."""

import itertools
import re
from datetime import UTC, datetime

import pytest

from pilot.people import queries as people_queries
from pilot.people import service as people
from pilot.secrecy.files import client_digest
from pilot.voting import service
from tests.builders import voting as build
from tests.journeys.conftest import EACH_WIDTH, NO_WIDTH, Visitor

NIGHT = build.NIGHT
CASTING = re.compile(r"/votes/\d+/(stamp|envelope)$")


TELL_EACH_SCREEN = """
  let last = "";
  const look = () => {
    for (const heading of document.querySelectorAll("h1"))
      if (heading.checkVisibility() && heading.innerText !== last) window.shows(last = heading.innerText);
  };
  new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true});
  addEventListener("load", look);
"""
"""Tells the test each visible first heading, also of a screen that is gone again at once."""


class Ward:
    """A trust with an open ballot and slips with codes."""

    def __init__(self, server):
        self.server = server
        server.clock.at(build.ARRANGED)
        self.ballot, self.slips = server.do(self._made)
        server.clock.at(NIGHT)
        server.tick()

    async def _made(self, store):
        async with store.writing() as session:
            await build.a_roll(session, 25)
            ballot = await build.an_arranged_ballot(session)
            await service.freeze_electorate(
                session, ballot, by=build.OFFICER, now=build.ARRANGED,
                script=client_digest(self.server.settings.static),
            )  # fmt: skip
            slips = await people.issue_codes(session, self.server.settings, "RAA", by=build.OFFICER, now=build.ARRANGED)
            left_out = [one.person_id for one in await people_queries.roll_on(session, "RAA", build.ARRANGED.date())][
                -1:
            ]
        return ballot, [slip for slip in slips if slip.person_id not in left_out]

    def cast(self, *answers):
        """Others vote meanwhile."""

        async def work(store):
            async with store.writing() as session:
                voters = await build.the_voters(session, self.ballot)
                for voter, answer in zip(reversed(voters), answers, strict=False):
                    await build.a_vote(session, self.ballot, voter, answer)

        self.server.do(work)

    def closes_and_is_declared(self):
        self.server.clock.at(build.CLOSES)
        self.server.tick()

        async def work(store):
            async with store.writing() as session:
                return await service.declare_result(
                    session, self.ballot, by=build.OFFICER, now=build.DECLARED, on_declared=build.nobody_is_told
                )

        self.server.clock.at(build.DECLARED)
        return self.server.do(work)

    def sealed(self):
        async def work(store):
            from pilot.secrecy import service as secrecy
            from pilot.voting import queries

            async with store.reading() as session:
                return await secrecy.sealed_count(session, (await queries.ballot(session, self.ballot)).box_id)

        return self.server.do(work)


@pytest.fixture
def ward(server):
    return Ward(server)


class Porter:
    """A porter on nights, at a shared ward computer."""

    def __init__(self, visitor, name="porter"):
        self.at = visitor(name)

    def opens_a_second_window(self):
        """The same browser and the same session, in a window beside the first."""
        return Porter(lambda name: Visitor(self.at.context, self.at.server, f"{self.at.name}-{name}"), "second")

    def enters(self, code):
        self.at.goes_to("/vote")
        self.at.types("Enter your voting code", code)
        self.at.clicks("Continue")

    def chooses(self, answer):
        self.at.reads_heading("Should the canteen open at night?")
        self.at.looks()
        self.at.chooses(answer)
        self.at.clicks("Continue")

    def casts(self):
        self.at.reads_heading("Check your vote")
        self.at.page.get_by_role("button", name="Cast vote").click()
        self.at.reads_heading("Your vote has been cast")
        self.at.looks()
        return self.at.page.locator("#code").inner_text()

    def votes(self, code, answer):
        self.enters(code)
        self.chooses(answer)
        return self.casts()

    def finishes(self):
        self.at.page.locator("main").get_by_role("button", name="Finish and clear this computer").click()
        self.at.page.wait_for_url("**/vote")
        self.at.looks()


@EACH_WIDTH
def test_a_porter_votes_on_a_ward_computer_and_later_finds_the_vote_counted(ward, visitor):
    porter = Porter(visitor)
    # Given a slip with a voting code, when the porter votes at night
    check_code = porter.votes(ward.slips[0].code.lower(), "Yes")
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", check_code)
    porter.at.reads("You can change your vote two more times, until 5pm on Wednesday 17 March 2027")
    # Then the computer is cleared: nothing stays in the browser, and going back shows nothing
    porter.finishes()
    assert porter.at.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert [c["name"] for c in porter.at.context.cookies() if c["name"] == "pilot_session"] == []
    porter.at.page.go_back()
    assert "Yes" not in porter.at.page.locator("body").inner_text().split()
    # And before the result, the same code shows that the sealed vote is in the box
    porter.enters(ward.slips[0].code)
    porter.at.reads("Your sealed vote is in the box.")
    porter.finishes()
    # When the vote has closed and the result is declared
    ward.cast("yes", "no", "abstain", "yes")
    ward.closes_and_is_declared()
    # Then the check code finds the paper, typed with a letter in place of a nought
    porter.at.goes_to("/check")
    porter.at.follows("Night canteen", exact=False)
    sent = []
    porter.at.page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))
    porter.at.types("Enter your check code", check_code.replace("0", "o").lower())
    porter.at.page.get_by_role("button", name="Check", exact=True).click()
    porter.at.page.get_by_text("Your vote is one of the 5 counted").wait_for()
    porter.at.looks()
    plain = check_code.replace("-", "")
    assert not [line for line in sent if plain[4:12] in line.upper()]
    # And a code that nobody has is answered with what to do
    porter.at.types("Enter your check code", "0000-0000-0000-0000")
    porter.at.page.get_by_role("button", name="Check", exact=True).click()
    porter.at.page.get_by_text("No counted vote has this code").wait_for()
    porter.at.looks()
    porter.at.goes_to(f"/trusts/RAA/ballots/{ward.ballot}/result")


def test_every_mistake_is_answered_and_nothing_is_lost(ward, visitor):
    porter = Porter(visitor)
    porter.enters("")
    porter.at.reads("Enter your voting code")
    porter.enters("short")
    porter.at.reads("Voting code must be 10 letters and numbers, like 7KQ4-M2XD-9P")
    wrong = ward.slips[1].code[:-1] + ("A" if ward.slips[1].code[-1] != "A" else "B")
    porter.enters(wrong)
    porter.at.reads("That code is not right. Check each letter. We never use I, L, O or U")
    porter.enters(ward.slips[1].code)
    porter.at.page.get_by_role("button", name="Continue").click()
    porter.at.page.get_by_role("link", name="Select how you want to vote").wait_for()
    porter.at.looks()
    porter.at.page.get_by_role("link", name="Select how you want to vote").click()
    assert porter.at.page.evaluate("document.activeElement.id") == "answer"
    porter.chooses("No")
    porter.at.page.get_by_role("button", name="Change").click()
    porter.at.reads_heading("Should the canteen open at night?")
    porter.chooses("I do not want to choose")
    porter.at.reads("I do not want to choose")
    porter.casts()
    assert ward.sealed() == 1


def test_a_lost_connection_a_double_click_and_a_second_window_count_once(ward, visitor):
    porter = Porter(visitor)
    porter.enters(ward.slips[2].code)
    porter.chooses("Yes")
    lost = []

    def lose_the_first_answer(route):
        if not lost:
            lost.append(route.fetch())  # the server has stored it, but the answer never arrives
            return route.abort()
        return route.continue_()

    porter.at.page.route(re.compile(r"/envelope$"), lose_the_first_answer)
    porter.at.page.get_by_role("button", name="Cast vote").dblclick()
    porter.at.page.get_by_text("Your vote is not lost. Try again.").wait_for()
    porter.at.complaints.clear()  # the browser's own word about the connection that was cut
    porter.at.looks()
    assert ward.sealed() == 1
    porter.at.page.get_by_role("button", name="Try again").click()
    porter.at.reads_heading("Your vote has been cast")
    assert ward.sealed() == 1
    # In a second window the vote is changed; the newest counts
    second = porter.opens_a_second_window()
    second.at.goes_to(f"/votes/{ward.ballot}")
    second.at.reads_heading("Should the canteen open at night?")
    second.at.reads("Your sealed vote is in the box.")
    second.chooses("No")
    second.casts()
    assert ward.sealed() == 1


def test_a_vote_that_comes_too_late_is_refused_in_a_sentence(ward, visitor):
    porter = Porter(visitor)
    porter.enters(ward.slips[3].code)
    porter.chooses("Yes")
    ward.server.clock.at(build.CLOSES)
    # The session of 30 minutes is over by then as well, so the porter is told to enter the code again
    porter.at.page.get_by_role("button", name="Cast vote").click()
    porter.at.page.get_by_text("Your vote was not cast", exact=False).or_(
        porter.at.page.get_by_text("your vote was not cast", exact=False)
    ).first.wait_for()
    porter.at.complaints.clear()
    porter.at.looks()
    porter.enters(ward.slips[3].code)
    porter.at.follows("Night canteen", exact=False)
    porter.at.reads("Voting closed at 5pm on 17 March 2027. Your vote was not cast")
    assert ward.sealed() == 0


@NO_WIDTH
def test_two_voters_with_different_answers_send_the_same_requests_but_for_sealed_bytes(ward, visitor):
    def requests_of(name, slip, answer):
        porter = Porter(visitor, name)
        seen = []
        porter.at.page.on("request", lambda r: seen.append((r.method, r.url, len(r.post_data_buffer or b""))))
        porter.votes(slip.code, answer)
        return seen

    one = requests_of("one", ward.slips[4], "Yes")
    two = requests_of("two", ward.slips[5], "I do not want to choose")
    sent = [(method, url, size) for method, url, size in one if method != "GET"]
    assert [bool(CASTING.search(url)) for _, url, _ in sent] == [False, True, True]  # the code, stamp and envelope
    assert all(size > 0 for _, _, size in sent)
    assert sent == [(method, url, size) for method, url, size in two if method != "GET"]
    assert sorted(one) == sorted(two)  # a browser loads the files of a page in any order


@NO_WIDTH
def test_voting_takes_few_screens_and_little_to_load(ward, visitor):
    porter = Porter(visitor)
    screens = []

    def shows(heading):
        screens.append(heading)

    porter.at.page.expose_function("shows", shows)
    porter.at.page.add_init_script(TELL_EACH_SCREEN)
    session = porter.at.context.new_cdp_session(porter.at.page)
    session.send("Network.enable")
    loads, kinds = [], {}
    session.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["response"]["url"]}))
    session.on(
        "Network.loadingFinished", lambda e: loads.append((kinds.get(e["requestId"], ""), e["encodedDataLength"]))
    )
    porter.at.goes_to("/vote")
    start = sum(size for _, size in loads)
    assert start < 60_000, loads
    porter.enters(ward.slips[6].code)
    porter.at.reads_heading("Should the canteen open at night?")
    voting = {url: size for url, size in loads if "seal.js" not in url}
    assert sum(voting.values()) < 60_000, voting
    assert not [url for url in kinds.values() if "htmx" in url]
    porter.chooses("Yes")
    porter.casts()
    porter.finishes()
    from_code_to_cleared = [heading for heading, _ in itertools.groupby(screens)]
    assert "Check your vote" in from_code_to_cleared
    assert len(from_code_to_cleared) <= 5, from_code_to_cleared


@NO_WIDTH
def test_a_vote_is_cast_by_the_keyboard_alone(ward, visitor):
    porter = Porter(visitor)
    porter.at.goes_to("/vote")
    keys = porter.at.page.keyboard

    def tab_to(name):
        for _ in range(40):
            keys.press("Tab")
            if porter.at.page.evaluate(
                "n => { const e = document.activeElement;"
                " const label = e.labels?.[0]?.innerText ?? e.innerText ?? ''; return label.trim() === n; }", name
            ):  # fmt: skip
                return
        raise AssertionError(f"the Tab key does not reach “{name}”")

    tab_to("Enter your voting code")
    keys.type(ward.slips[7].code)
    keys.press("Enter")
    porter.at.reads_heading("Should the canteen open at night?")
    tab_to("Yes")
    keys.press("Space")
    keys.press("ArrowDown")
    tab_to("Continue")
    keys.press("Enter")
    porter.at.reads_heading("Check your vote")
    porter.at.looks()
    assert porter.at.page.locator("#chosen").inner_text() == "No"
    tab_to("Cast vote")
    keys.press("Enter")
    porter.at.reads_heading("Your vote has been cast")
    assert porter.at.page.evaluate("document.activeElement.innerText") == "Your vote has been cast"
    porter.at.looks()
    # Somebody comes: three times Esc hides everything
    for _ in range(3):
        keys.press("Escape")
    assert "check code" not in porter.at.page.locator("body").inner_text()
    keys.press("Enter")
    tab_to("Finish and clear this computer")
    keys.press("Enter")
    porter.at.page.wait_for_url("**/vote")


@NO_WIDTH
def test_a_computer_that_nobody_touches_clears_itself(ward, visitor):
    porter = Porter(visitor)
    porter.at.page.clock.install(time=datetime(2027, 3, 5, 3, 0, tzinfo=UTC))
    porter.enters(ward.slips[8].code)
    porter.at.reads_heading("Should the canteen open at night?")
    porter.at.page.clock.run_for(151_000)
    porter.at.page.get_by_role("heading", name="Are you still there?").wait_for()
    porter.at.page.get_by_role("button", name="Stay on this page").click()
    porter.at.page.clock.run_for(151_000)
    porter.at.page.clock.run_for(31_000)
    porter.at.page.wait_for_url("**/vote")
    porter.at.goes_to(f"/votes/{ward.ballot}")
    porter.at.reads("Sign in to see this page")


def test_a_browser_without_scripts_is_told_of_other_ways(ward, browser, visitor):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(ward.server.address + "/vote")
    page.get_by_label("Enter your voting code").fill(ward.slips[9].code)
    page.get_by_role("button", name="Continue").click()
    assert "This browser cannot seal a vote" in page.locator("body").inner_text()
    context.close()

    # The accessibility check is a script itself, so it looks at the same page with only the page's own scripts gone
    def without_scripts(route):
        answer = route.fetch()
        text = re.sub(r"<script.*?</script>|</?noscript>", "", answer.text(), flags=re.DOTALL)
        route.fulfill(response=answer, body=text)

    porter = Porter(visitor)
    porter.enters(ward.slips[9].code)
    porter.at.page.route(re.compile(r"/votes/\d+$"), without_scripts)  # the browser hides a redirect from the route
    porter.at.goes_to(f"/votes/{ward.ballot}")
    porter.at.reads("This browser cannot seal a vote")
    porter.at.looks()


@pytest.mark.parametrize("change", ["manifest", "signatures", "fragment"])
@NO_WIDTH
def test_nothing_is_sealed_for_a_ballot_that_was_tampered_with(ward, visitor, change):
    porter = Porter(visitor)
    sent = []
    porter.at.page.on("request", lambda r: sent.append(r.url) if CASTING.search(r.url) else None)

    def tamper(route):
        answer = route.fetch()
        text = answer.text()
        if change == "manifest":
            text = text.replace('title\\":\\"Night canteen', 'title\\":\\"Night kantine', 1)
            assert text != answer.text()
        elif change == "signatures":
            first = re.search(r'signature\\":\\"(.)', text)
            other = "A" if first[1] != "A" else "B"
            text = text[: first.start(1)] + other + text[first.end(1) :]
        route.fulfill(response=answer, body=text)

    porter.at.page.route(re.compile(r"/votes/\d+$"), tamper)
    porter.enters(ward.slips[10].code)
    fragment = f"#{'0' * 64}" if change == "fragment" else ""
    porter.at.page.goto(f"{ward.server.address}/check")
    porter.at.page.goto(f"{ward.server.address}/votes/{ward.ballot}{fragment}")
    porter.at.reads_heading("You cannot vote here now")
    porter.at.looks()
    assert sent == []


@NO_WIDTH
def test_the_ballot_is_declared_with_the_votes_of_a_browser_among_the_others(ward, visitor):
    Porter(visitor).votes(ward.slips[11].code, "No")
    ward.cast("yes", "yes")
    declaration = ward.closes_and_is_declared()
    assert (declaration.votes, declaration.voted) == ({"yes": 2, "no": 1, "abstain": 0}, 3)
    assert declaration.outcome == "carried"
