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
        self.at.page.get_by_label("CSV file").set_input_files(file)
        self.at.chooses(about)
        if about == "Other trusts":
            self.at.types("Name of the set of other trusts", "Acute trusts 2012 to 2019")
        self.at.page.get_by_label(instrument, exact=True).check()
        self.at.types("When were they published?", "March 2026")
        self.at.types("Who published them?", source)
        self.at.clicks("Continue")

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
    at.goes_to("/measures/import")
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
    # When motivation is compared
    at.goes_to("/comparisons")
    at.follows("Compare motivation")
    at.clicks("Compare")
    # Then the page says what was found, and the built-in effect lies in the interval
    at.reads("Prespecified")
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
    assert {row["status"] for row in rows} == {"prespecified"}
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
