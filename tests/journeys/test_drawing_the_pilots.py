"""Journey (g): an admin fixes a list, forms sets, names a beacon, draws the pilots, and a stranger redoes it."""

from datetime import UTC, datetime

from pilot.__main__ import main
from pilot.people import service as people
from pilot.people.roles import Grant, Role
from tests.builders.designs import a_trusts_file
from tests.conftest import START


class Admin:
    """A programme admin with a sign-in link."""

    def __init__(self, server, visitor):
        self.server = server
        self.at = visitor("admin")
        self.account = server.do(self._made)
        self.signs_in()

    async def _made(self, store):
        async with store.writing() as session:
            account = await people.add_account(session, "Ada Admin", "ada@example.org", by="tests", now=START)
            await people.grant_role(session, account, Grant(Role.PROGRAMME_ADMIN), by="tests", now=START)
            return account

    async def _link(self, store):
        async with store.writing() as session:
            return await people.make_link(session, self.account, by="tests", now=self.server.clock())

    def signs_in(self):
        self.at.goes_to(f"/sign-in/{self.server.do(self._link)}")
        self.at.clicks("Sign in")

    def begins(self, file):
        self.at.types("Name of the design", "Pilots of 2027")
        self.at.types("What is the baseline level?", "engagement in 2025")
        self.at.page.get_by_label("CSV file").set_input_files(file)
        self.at.clicks("Continue")

    def dates(self, legend, day, month, year):
        group = self.at.page.get_by_role("group", name=legend)
        for part, value in (("Day", day), ("Month", month), ("Year", year)):
            group.get_by_label(part).fill(value)


def test_pilots_are_drawn_in_public_and_a_stranger_redoes_the_draw(server, visitor, clock, tmp_path):
    admin = Admin(server, visitor)
    at = admin.at
    # A file with a fault is refused with its line, and nothing is stored
    bad, good = tmp_path / "bad.csv", tmp_path / "trusts.csv"
    good.write_bytes(a_trusts_file(34))
    bad.write_bytes(good.read_bytes().replace(b"X05,", b"X04,"))
    at.follows("Designs")
    at.clicks("Begin a design")
    admin.begins(bad)
    at.reads("Line 7: X04 is there twice.")
    # Given a list that can be read, when it is fixed
    admin.begins(good)
    at.reads("trusts.csv has 34 trusts")
    at.clicks("Fix the list")
    at.reads("33 trusts can be drawn")
    # and sets of one pilot and three controls are formed
    at.clicks("Form the sets")
    at.clicks("Form the sets")
    at.reads("8 sets of 4 trusts of one type")
    at.reads("A smaller effect will probably not be seen")
    pictures = at.page.locator("img.pilot-figure")
    assert pictures.evaluate_all("all => all.every((one) => one.complete && one.naturalWidth > 100)")
    # and a beacon is named, not for today
    at.clicks("Name the beacon")
    at.types("Which number will be the beacon?", "The Lotto draw of 5 March 2027")
    at.types("Of how many numbers and words is it?", "6")
    admin.dates("On which day does it become known?", "1", "3", "2027")
    admin.dates("When will the pilots begin?", "1", "9", "2027")
    at.clicks("Publish")
    at.reads("nobody may know the number yet")
    admin.dates("On which day does it become known?", "5", "3", "2027")
    at.clicks("Publish")
    at.reads("Nobody can draw before")
    # When the beacon is known, then the pilots are drawn
    clock.at(datetime(2027, 3, 5, 20, tzinfo=UTC))
    admin.signs_in()
    at.follows("Designs")
    at.follows("Pilots of 2027")
    at.clicks("Enter the beacon and draw")
    at.types("Beacon", "3 14 15 27 41 58")
    at.types("Beacon, once more", "3 14 15 27 41 58")
    at.clicks("Draw the pilots")
    at.reads("The pilots are drawn")
    # and a stranger reads it, and redoes it from one file
    stranger = visitor("stranger")
    stranger.goes_to("/draws")
    stranger.follows("Pilots of 2027")
    stranger.reads("8 pilots were drawn from 8 sets of 4 trusts that are alike")
    with stranger.page.expect_download() as waiting:
        stranger.page.get_by_role("link", name="download the whole draw").click()
    assert main(["lottery", "verify", str(waiting.value.path())]) == 0
    # and when the baseline opens the arms are locked
    at.clicks("Lock the arms")
    at.reads("the arms are locked since the baseline opened")
