"""A council member who knows no rule of counting reads how an election went, at a desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from pilot.voting.count.contest import Reserve
from pilot.web.pages import fours
from tests.builders.voting import DECLARED, LOT, a_declared_election, an_election
from tests.builders.wards import a_declared_ward, a_result_of
from tests.journeys.conftest import EACH_WIDTH, NO_WIDTH

SMALLEST = {"width": 320, "height": 640}
"""The narrowest screen that a page must fit (WCAG 2.2, 1.4.10)."""

WITHOUT_STYLE = """
  for (const sheet of [...document.styleSheets]) sheet.disabled = true;
  for (const one of document.querySelectorAll("*")) { one.removeAttribute("class"); one.removeAttribute("style"); }
  for (const picture of document.querySelectorAll("svg, img")) picture.remove();
"""
"""Takes away colour, place, size and every bar, and leaves what a page says."""


class Member:
    """A member of a council who wants to know who was elected, and why."""

    def __init__(self, visitor, name="member"):
        self.at = visitor(name)
        self.page = self.at.page

    def opens(self, ballot, query=""):
        self.at.goes_to(f"/trusts/RAA/ballots/{ballot}/result{query}")

    def sheet(self):
        return self.page.get_by_role("region", name="Stage sheet: votes of each candidate after each stage")

    def reads_bars(self):
        """The words beside the bars, by candidate."""
        rows = self.page.locator(".pilot-bars").get_by_role("row").all()
        return {row.get_by_role("rowheader").inner_text(): row.get_by_role("cell").first.inner_text() for row in rows}

    def goes_to_stage(self, number):
        self.page.get_by_role("navigation", name="Stages").get_by_role(
            "link", name=f"Stage {number}", exact=True
        ).click()
        self.page.wait_for_load_state()
        self.at.looks()


@pytest.fixture
def ward(server, reference_data):
    """A real ward with ten candidates: its ballot, and its count."""
    server.clock.at(DECLARED)

    async def made(store):
        async with store.writing() as session:
            return await a_declared_ward(session, reference_data)

    return server.do(made)


def declared(server, ask, papers, **changes):
    server.clock.at(DECLARED)

    async def made(store):
        async with store.writing() as session:
            return await a_result_of(session, ask, papers, **changes)

    return server.do(made)


def test_the_result_page_of_a_real_ward_with_ten_candidates_is_understandable(ward, visitor):
    ballot, count = ward
    # Given a member who never heard of quotas and transfers, when they open the result
    member = Member(visitor)
    member.opens(ballot)
    # Then the first words say who was elected, and the next ones how many took part
    names = [place.name for place in count.elected]
    member.at.reads_heading(f"Result: {', '.join(names[:-1])} and {names[-1]} were elected")
    member.at.reads("Papers that were counted 14,207")
    # And the quota is a sentence that can be checked with a pencil
    member.at.reads("The quota is 2,842: the smallest number of votes that only 4 candidates can all reach.")
    member.at.reads("5 times 2,842 would be 14,210, and there are 14,207 papers.")
    # And how seats are filled is told before how it went, one sentence or two for each stage
    headings = [one.inner_text() for one in member.page.get_by_role("heading", level=2).all()]
    assert headings.index("How the seats were filled") < headings.index("How it went") < headings.index("Stage sheet")
    for stage in count.stages:
        assert stage.action in member.page.locator(f"#stage-{stage.number}").inner_text()
    # And the table comes before the bars
    assert headings.index("Stage sheet") < headings.index(f"Votes at stage 1 of {len(count.stages)}")


def test_bars_show_one_stage_at_a_time_and_say_in_words_what_they_show(ward, visitor):
    ballot, count = ward
    member = Member(visitor)
    member.opens(ballot)
    # When the member walks through the stages
    first = member.reads_bars()
    assert first["Kevin Lang (LD)"] == "6,079, elected"
    member.page.get_by_role("link", name="Next stage").click()
    member.page.wait_for_url("**stage=2#bars")
    member.at.looks()
    second = member.reads_bars()
    assert second["Kevin Lang (LD)"] == "2,842.00000, already elected"
    member.goes_to_stage(len(count.stages))
    assert member.page.get_by_role("link", name="Next stage").count() == 0
    # Then the bars are on screen after each step, with the sentence of the stage above them
    expect(member.page.locator("#bars")).to_be_in_viewport()
    section = member.page.get_by_role("region", name=f"Votes at stage {len(count.stages)} of")
    assert count.stages[-1].action in section.inner_text()
    # And nobody vanishes from the story: whoever is out by then is named
    out = [place.name for place in count.excluded if place.stage < len(count.stages)]
    assert f"Out of the count by then: {', '.join(out)}." in section.inner_text()
    # And every bar's words are those of the table
    sheet = member.sheet().inner_text()
    assert all(words.split(", ")[0] in sheet for words in member.reads_bars().values())


def test_the_table_scrolls_by_keyboard_inside_its_own_frame_and_says_so(ward, visitor):
    ballot, _ = ward
    member = Member(visitor)
    member.page.set_viewport_size(SMALLEST)
    member.opens(ballot)
    # Given a screen of 320 pixels, then a sentence says that there is more to the side
    hint = member.page.get_by_text("The table is wider than the screen: scroll it sideways to see all 10 stages.")
    assert hint.is_visible()
    # When the member tabs to the table and presses an arrow
    table = member.sheet()
    assert table.get_attribute("tabindex") == "0"  # this browser gives focus to whatever scrolls, others do not
    table.focus()
    table.scroll_into_view_if_needed()
    before = table.evaluate("one => one.scrollLeft")
    for _ in range(5):
        member.page.keyboard.press("ArrowRight")
    member.page.wait_for_function("one => one.scrollLeft > 60", arg=table.element_handle())
    assert before == 0
    # Then the stages move, the names stay where they are, and the page itself does not move sideways
    name = table.get_by_role("rowheader", name="Kevin Lang (LD)")
    assert abs(name.bounding_box()["x"] - table.bounding_box()["x"]) < 4
    assert member.page.evaluate("scrollX") == 0
    outline = table.evaluate("one => getComputedStyle(one).outlineStyle")
    assert outline == "solid"
    member.at.looks()


@EACH_WIDTH
def test_a_stage_in_the_table_leads_to_its_sentence(ward, visitor):
    ballot, count = ward
    member = Member(visitor)
    member.opens(ballot)
    member.sheet().get_by_role("link", name="Stage 3").click()
    assert member.page.url.endswith("#stage-3")
    expect(member.page.locator("#stage-3")).to_be_in_viewport()
    assert count.stages[2].action in member.page.locator("#stage-3").inner_text()


@NO_WIDTH
def test_no_fact_is_borne_by_colour_or_bars_alone(ward, visitor):
    ballot, count = ward
    member = Member(visitor)
    member.opens(ballot)
    # When every style, class and picture is taken away
    member.page.evaluate(WITHOUT_STYLE)
    text = re.sub(r"\s+", " ", member.page.locator("body").inner_text())
    assert member.page.locator("main svg, main img, main [class], main [style]").count() == 0
    # Then who was elected, who is out and when, and each figure of each stage can still be read
    assert "The quota is 2,842" in text
    for place in count.elected:
        assert f"{place.name}, at stage {place.stage}" in text
        assert f"{place.name} Elected at stage {place.stage}" in text
    for place in count.excluded:
        assert f"{place.name} Out at stage {place.stage}" in text
    table = member.page.get_by_role("table", name="Votes of each candidate after each stage")
    for number, name in enumerate(count.candidates, start=1):
        row = table.get_by_role("row").filter(has=member.page.get_by_role("rowheader", name=name, exact=True))
        cells = row.get_by_role("cell").all_inner_texts()
        decided = {place.candidate: place.stage for place in (*count.elected, *count.excluded)}
        for stage, cell in zip(count.stages, cells[1:], strict=True):
            if number in {place.candidate for place in count.excluded} and stage.number > decided[number]:
                assert "out" in cell
                continue
            whole, _, part = stage.votes[str(number)].partition(".")
            assert f"{int(whole):,}" in cell
            assert not int(part) or part in cell
            words = {"Elected"} if number in stage.elected else {"Out"} if number in stage.excluded else set()
            assert {word for word in ("Elected", "Out") if word in cell} == words
    # And the bars' table says the same without its bars
    assert "Kevin Lang (LD) 6,079, elected" in text


@NO_WIDTH
def test_a_screen_reader_hears_which_candidate_and_which_stage_a_figure_belongs_to(ward, visitor):
    ballot, count = ward
    member = Member(visitor)
    member.opens(ballot)
    table = member.sheet().get_by_role("table")
    assert table.get_by_role("columnheader").count() == 2 + len(count.stages)
    assert table.get_by_role("rowheader").count() == len(count.candidates) + 2
    snapshot = table.aria_snapshot()
    assert "Votes of each candidate after each stage" in snapshot
    assert "6,079 Elected" in snapshot


@NO_WIDTH
def test_the_largest_election_fits_a_phone_and_every_stage_has_an_address(server, visitor):
    # Given 60 candidates with long names, 25 seats and more than 40 stages
    long = "Dr Wilhelmina Featherstonehaugh-Cholmondeley {0} (Estates, Facilities and Sterile Services, Ward {0})"
    welsh = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch Jones"
    names = (*(long.format(number) for number in range(1, 60)), welsh)
    papers = {bytes((n, *range(1, n))): 100 + n * n for n in range(1, 61)}
    ballot, count = declared(server, an_election(seats=25, candidates=names), papers)
    assert len(count.stages) > 40
    member = Member(visitor)
    member.page.set_viewport_size(SMALLEST)
    member.opens(ballot, "?stage=40")
    # Then the heading is short, the elected are a list, and a stage is one step away
    member.at.reads_heading("Result: 25 people were elected")
    assert member.page.locator("main ol").first.get_by_role("listitem").count() == 25
    member.page.get_by_role("navigation", name="Parts of the count").get_by_role("link", name="Stage 37").click()
    expect(member.page.locator("#stage-37")).to_be_in_viewport()
    member.page.get_by_role("link", name="Stage sheet", exact=True).click()
    expect(member.page.locator("#stage-sheet")).to_be_in_viewport()


def test_a_lot_a_kept_seat_and_an_empty_seat_are_told_in_sentences(server, visitor):
    server.clock.at(DECLARED)

    async def made(store):
        ask = an_election(
            seats=3,
            candidates=("Amy Osei", "Ben Roy", "Cat Hill", "Dan Webb"),
            reopen=True,
            reserves=(Reserve("Night staff", (3, 4), least=1),),
        )
        async with store.writing() as session:
            papers = {"1": 9, "5": 8, "2": 2, "3": 2, "4": 2}
            return (await a_declared_election(session, papers, ask))[0]

    ballot = server.do(made)
    member = Member(visitor)
    member.opens(ballot)
    member.at.reads("1 seat stays empty: “Re-open nominations” won it")
    member.at.reads("Night staff: at least 1 of the 3 seats had to go to this group.")
    member.at.reads("A lot decided between candidates who were level.")
    member.at.follows("How it was drawn")
    expect(member.page.get_by_role("heading", name="How the lot was drawn")).to_be_in_viewport()
    member.at.reads(fours(LOT))


def test_a_count_without_transfers_is_one_table_and_bars(server, visitor):
    ask = an_election(rule="approval", seats=2)
    ballot, _ = declared(server, ask, {b"\x01\x03": 300, b"\x02\x03": 204, b"\x04": 12, b"": 5})
    member = Member(visitor)
    member.opens(ballot)
    member.at.reads_heading("Result: Cat Hill and Amy Osei were elected")
    assert member.reads_bars() == {
        "Cat Hill": "504, elected",
        "Amy Osei": "300, elected",
        "Ben Roy": "204",
        "Dan Webb": "12",
    }


def test_the_result_and_the_declaration_print_on_paper(ward, visitor):
    ballot, count = ward
    member = Member(visitor)
    member.opens(ballot)
    # When the result is printed, then no column is cut off: the table is laid out in parts that fit the sheet
    member.page.emulate_media(media="print")
    member.page.set_viewport_size({"width": 718, "height": 1000})  # A4 with a margin of 1 cm, at 96 pixels an inch
    parts = member.page.locator(".pilot-print-only table")
    assert parts.count() == 2
    for part in parts.all():
        assert part.is_visible()
        assert part.evaluate("one => one.getBoundingClientRect().right <= innerWidth")
    assert not member.sheet().is_visible()
    assert not member.page.get_by_role("link", name="Download the record (ZIP)").is_visible()
    member.at.takes_a_picture()
    member.page.emulate_media(media="screen")
    # When the declaration is printed, then it has the signature lines and fits the sheet, too
    member.at.goes_to(f"/trusts/RAA/ballots/{ballot}/declaration")
    member.at.reads_heading("Declaration of result of election")
    member.page.emulate_media(media="print")
    for words in ("Signed", "Returning officer", "Witness"):
        assert member.page.get_by_text(words, exact=True).first.is_visible()
    assert member.page.evaluate("document.documentElement.scrollWidth") <= 718
    assert not member.page.get_by_text("To print this page").is_visible()
    for place in count.elected:
        assert place.name in member.page.locator(".pilot-declaration__end").inner_text()
    member.at.takes_a_picture()
