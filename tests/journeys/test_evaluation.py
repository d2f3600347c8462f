"""Journey (f): an evaluator brings in measures, compares pilots with controls and downloads the figures."""

import csv
import io
import zipfile
from collections import Counter

import pytest

from pilot.demo import figures
from pilot.demo.figures import MOTIVATION_EFFECT
from pilot.demo.planned import study_plan
from pilot.demo.trusts import trusts
from pilot.metrics import service
from pilot.people import service as people
from pilot.people.roles import Grant, Role
from tests.builders.publishers import ACUTE, a_benchmark, a_trust_list
from tests.conftest import START


class Evaluator:
    """An evaluator with a sign-in link; the programme has six pilots, eighteen controls and a plan that is locked."""

    def __init__(self, server, visitor):
        self.server = server
        self.trusts = trusts(figures.starts_on(START.date()))
        self.at = visitor("evaluator")
        self.at.goes_to(f"/sign-in/{server.do(self._made)}")
        self.at.clicks("Sign in")

    async def _made(self, store):
        async with store.writing() as session:
            for trust in self.trusts:
                await people.add_trust(session, trust, by="tests", now=START)
            plan = study_plan(START.date())
            await service.load_plan(session, "Staff councils", plan, by="tests", now=START)
            account = await people.add_account(session, "Eve Lewin", "eve@example.org", by="tests", now=START)
            await people.grant_role(session, account, Grant(Role.EVALUATOR), by="tests", now=START)
            return await people.make_link(session, account, by="tests", now=START)

    def sends(self, file, *, about, instrument, source):
        self.at.goes_to("/measures")
        self.at.page.get_by_role("button", name="Import measures").click()
        self.at.follows("A CSV file with columns that you name")
        self.at.page.get_by_label("CSV file").set_input_files(file)
        self.at.chooses(about)
        if about == "Other trusts":
            self.at.types("Name of the set of other trusts", "Acute trusts 2012 to 2019")
        self.at.page.get_by_label(instrument, exact=True).check()
        self.at.types("When were they published?", "March 2026")
        self.at.types("Who published them?", source)
        self.at.clicks("Continue")

    def tabs_to(self, words):
        """Press Tab until what has these words has the focus; the names of the fields that had it before."""
        passed = []
        for _ in range(60):
            self.at.page.keyboard.press("Tab")
            name, text = self.at.page.evaluate(
                "(({ activeElement: one }) => [one.name ?? '', one.innerText?.trim() ?? ''])(document)"
            )
            if text == words:
                return passed
            passed.append(name)
        raise AssertionError(f"Tab never comes to “{words}”, only to {passed}")

    def compares_by_keyboard(self, outcome):
        """From the list of measures to the comparison, with no mouse."""
        keys = self.at.page.keyboard
        self.at.goes_to("/comparisons")
        self.tabs_to(f"Compare {outcome}")
        keys.press("Enter")
        self.at.reads_heading(f"Compare {outcome}")
        self.at.looks()
        fields = ["before_from", "before_to", "after_from", "after_to", "missing", "test"]
        assert [name for name in self.tabs_to("Compare") if name in fields] == fields
        keys.press("Enter")
        self.at.page.get_by_text("Read this with care").wait_for()
        self.at.looks()

    def downloads(self, name):
        with self.at.page.expect_download() as waiting:
            self.at.page.get_by_role("link", name=name).click()
        with open(waiting.value.path(), newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def evaluator(server, visitor):
    return Evaluator(server, visitor)


def test_an_evaluator_finds_the_effect_that_the_demonstration_has_built_in(evaluator, tmp_path):
    file = tmp_path / "waves.csv"
    file.write_bytes(figures.waves_file(evaluator.trusts, START.date()))
    at = evaluator.at
    # An empty form names everything that is missing, at once
    at.goes_to("/measures/import/file")
    at.clicks("Continue")
    assert at.page.locator(".nhsuk-error-summary__list li").count() >= 4
    # Given six waves of morale and motivation of the programme's trusts
    evaluator.sends(file, about="The trusts of this programme", instrument="Other measures", source="The demonstration")
    at.reads("What each column is")
    at.clicks("Continue")
    at.reads("The totals add up")
    at.page.get_by_role("button", name="Store").click()
    at.looks()
    at.reads("Measures imported")
    # When motivation is compared, with the keyboard alone
    evaluator.compares_by_keyboard("motivation")
    # Then the page says what was found, and the built-in effect lies in the interval
    at.reads("Prespecified, not randomised")
    at.reads("6 pilots, 18 controls")
    at.reads("Read this with care")
    assert at.page.locator("img.pilot-figure").evaluate("image => image.complete && image.naturalWidth > 100")
    (estimate,) = evaluator.downloads("estimates.csv")
    assert float(estimate["lo"]) < MOTIVATION_EFFECT < float(estimate["hi"])
    assert float(estimate["p_perm"]) < 0.05
    panel = evaluator.downloads("panel.csv")
    assert len({row["ods_code"] for row in panel}) == 24
    at.takes_a_picture()
    # And when the whole study is worked out by its plan
    at.goes_to("/studies")
    at.follows("Staff councils")
    at.clicks("Work the study out")
    at.reads_heading("Staff councils")
    at.page.get_by_role("button", name="Download everything (ZIP)").wait_for(timeout=120_000)
    # Then the page reads like the results of a paper, and everything is in one file
    at.looks()
    at.reads("Of the trusts assigned, 6 of 6 pilots and 18 of 18 controls are in the main estimate.")
    at.reads("there are no values of it in the periods of the plan")
    assert at.page.locator("img.pilot-figure").count() >= 6
    with at.page.expect_download() as waiting:
        at.page.get_by_role("button", name="Download everything (ZIP)").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("estimates.csv").decode())))
    assert {row["status"] for row in rows} == {"prespecified, not randomised"}
    assert rows[0]["att"] == estimate["att"]
    at.takes_a_picture()


def test_a_panel_of_real_trusts_is_compared_as_exploratory(evaluator, tmp_path, reference_data):
    panel = reference_data / "nhs" / "nss_trust_panel_2012_2019.csv"
    at = evaluator.at
    evaluator.sends(panel, about="Other trusts", instrument="Other measures", source="NHS England")
    at.clicks("Continue")
    at.reads("1,084")
    at.page.get_by_role("button", name="Store").click()
    at.looks()
    # The ten trusts with the lowest engagement in 2014 stand in for pilots
    with panel.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    years = Counter(row["Code"] for row in rows)
    in_2014 = {
        row["Code"]: float(row["Engagement.Index"])
        for row in rows
        if row["Year.Index"] == "2014" and row["Engagement.Index"] != "NA" and years[row["Code"]] == 8
    }
    worst = sorted(in_2014, key=in_2014.get)[:10]
    arms = tmp_path / "arms.csv"
    lines = [
        f"{code},{'pilot' if code in worst else 'control'},,{'2015' if code in worst else ''}" for code in sorted(years)
    ]
    arms.write_text("\n".join(["ods_code,arm,set,start", *lines]))
    at.follows("Upload which trusts were pilots")
    at.page.get_by_label("CSV file").set_input_files(arms)
    at.clicks("Upload the arms")
    at.page.get_by_role("link", name="Compare Engagement.Index").first.click()
    at.looks()
    at.clicks("Compare")
    at.reads("Exploratory, not randomised")
    at.reads("10 pilots")
    (estimate,) = evaluator.downloads("estimates.csv")
    assert estimate["status"] == "exploratory, not randomised"


def test_a_workbook_goes_in_beside_the_lists_that_are_known_of_trusts(evaluator, tmp_path):
    at = evaluator.at
    first, second = (trust.ods_code for trust in evaluator.trusts[:2])
    # Given the list of all trusts, on which one of the programme's trusts does not stand
    at.goes_to("/measures")
    at.page.get_by_role("button", name="Import measures").click()
    at.reads_heading("What kind of file is it?")
    at.follows("The list of all NHS trusts (etr.csv of the Organisation Data Service)")
    sends_known(at, tmp_path / "etr.csv", a_trust_list((first, "20100401", ""), ("R1F", "19910401", "20250331")))
    at.reads("2 to store")
    at.clicks("Store 2 entries")
    at.reads("List loaded")
    at.follows("See all lists about trusts")
    # When a workbook with a mistake is sent, every problem is named by its sheet and line
    at.goes_to("/measures/import/file?kind=benchmark")
    at.chooses("The trusts of this programme")
    wrong = a_benchmark({ACUTE: {first: [70, 90], second: ["six", 80]}})
    sends_known(at, tmp_path / "wrong.xlsx", wrong)
    at.reads(f"Sheet “{ACUTE}”, line 2: “PP1_2024” of {first} must be from 0 to 10, but is “70”.")
    # Then the corrected one shows what is to be known about it before it is stored
    at.chooses("The trusts of this programme")
    sends_known(at, tmp_path / "right.xlsx", a_benchmark({ACUTE: {first: [7, 90], second: [6, 80], "R1F": ["*", "*"]}}))
    at.reads("The file also tells of 1 trust outside the programme.")
    at.reads(f"{second} is not on the list of trusts. Check the codes.")
    at.reads("3 = 2 numbers + 0 missing + 1 of trusts outside the programme")
    at.clicks("Store 2 values")
    at.reads("Measures imported")
    at.follows("Programme trusts")
    at.reads("First element of the NHS People Promise.")


def sends_known(at, path, content):
    """A file whose columns need no names."""
    path.write_bytes(content)
    at.page.locator("input[type=file]").set_input_files(path)
    at.types("When was it published?" if path.suffix == ".csv" else "When were they published?", "March 2026")
    at.types("Who published it?" if path.suffix == ".csv" else "Who published them?", "NHS England")
    at.clicks("Continue")
