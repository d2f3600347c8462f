"""Journey: a study of trusts that were drawn here is worked out, read on the page and in the report, and printed."""

import re
import zipfile

import pytest

from pilot.people import service as people
from pilot.people.roles import Grant, Role
from tests.builders.evaluations import a_drawn_study
from tests.conftest import START


@pytest.fixture
def reader(server, visitor):
    async def made(store):
        async with store.writing() as session:
            await a_drawn_study(session)
            account = await people.add_account(session, "Eve Lewin", "eve@example.org", by="tests", now=START)
            await people.grant_role(session, account, Grant(Role.EVALUATOR), by="tests", now=START)
            return await people.make_link(session, account, by="tests", now=START)

    at = visitor("reader")
    at.signs_in(server.do(made))
    return at


def words(page):
    """What a reader reads between the first heading and the last limit, whatever stands around it."""
    text = page.locator(".pilot-results").evaluate("""(results) => {
      const bare = results.cloneNode(true);
      bare.querySelectorAll('svg, .pilot-scroll-hint').forEach((one) => one.remove());
      return bare.textContent;
    }""")
    links = r"Read version 1 of the plan( \(sap.json\))?|Look the draw up, and redo it|Its public page is .*?”"
    whole = re.sub(rf"\s+|{links}", " ", text[text.index("What was planned") :].partition("Download everything")[0])
    return re.sub(r" +", " ", whole).strip()


def test_a_study_reads_the_same_on_its_page_and_in_its_report(reader, tmp_path):
    at = reader
    at.goes_to("/studies")
    at.follows("Study")
    at.clicks("Work the study out")
    at.page.get_by_role("button", name="Download everything (ZIP)").wait_for(timeout=120_000)
    # The page tells who could be drawn, how alike the arms were and what so many could show
    at.looks()
    at.reads("Pilots were drawn by lot among")
    at.reads("How alike the arms were")
    at.reads("Before the draw it was worked out that")
    for name in ("flow", "balance", "power"):
        at.page.locator(f"img[src$='/{name}.svg']").evaluate("image => image.decode()")
    on_the_page = words(at.page)
    # On paper there is nothing to click, no table is cut and every picture is whole
    at.page.emulate_media(media="print")
    at.page.set_viewport_size({"width": 673, "height": 1000})  # A4 between its margins
    assert not at.page.locator("header, footer, .nhsuk-back-link, .nhsuk-button").locator("visible=true").count()
    prints_whole(at.page)
    at.takes_a_picture()
    # And so is the list of trusts, which has the most columns
    with at.page.context.new_page() as sheet:
        sheet.emulate_media(media="print")
        sheet.set_viewport_size({"width": 673, "height": 1000})
        sheet.goto(at.page.url.partition("/studies")[0] + "/trusts")
        prints_whole(sheet)
    at.page.emulate_media(media="screen")
    at.page.set_viewport_size({"width": 1280, "height": 900})
    # The report in the download is one file with the same words and no script
    with at.page.expect_download() as waiting:
        at.page.get_by_role("button", name="Download everything (ZIP)").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        (tmp_path / "report.html").write_bytes(archive.read("report.html"))
        (tmp_path / "sap.json").write_bytes(archive.read("sap.json"))
    asked = []
    at.page.on("request", lambda request: asked.append(request.url))
    at.goes_to((tmp_path / "report.html").as_uri())
    assert asked == [at.page.url]
    assert at.page.locator("script").count() == 0
    assert at.page.locator("svg[role=img]").count() >= 6
    assert words(at.page) == on_the_page.removesuffix(" Download")
    at.page.emulate_media(media="print")
    at.page.set_viewport_size({"width": 673, "height": 1000})
    prints_whole(at.page)


def prints_whole(page):
    """No table and no picture is wider than the sheet."""
    wide = page.evaluate("""() => [...document.querySelectorAll('table, img, svg')].filter((one) =>
      one.checkVisibility() && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    ).map((one) => one.outerHTML.slice(0, 200))""")
    assert wide == []
