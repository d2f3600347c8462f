"""Three trustees with key files of their own run a whole election, and everything that people do is done in browsers.

Each trustee has trustee.html, downloaded from the website and opened from a disk, in a browser that is connected to
nothing. Files go to and fro by hand.
"""

import re
import shlex
import subprocess
import sys
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from pilot.people import queries as people_queries
from pilot.people import service as people
from pilot.secrecy import keyfile
from pilot.settings import ROOT
from pilot.voting import service
from pilot.voting.trustees import ROLES, SIDES
from tests.builders import trustees as own
from tests.builders import voting as build
from tests.builders.keyfiles import PASSPHRASE, fresh
from tests.journeys import test_trustee_page as at_home
from tests.journeys.test_ranking import Nurse
from tests.journeys.test_secret_election import Held, Officer

trustee = at_home.trustee
TITLE = "Staff council"


@pytest.fixture
def settings(settings):
    """The rules of a real vote hold."""
    return replace(settings, mode="production", public_url="https://vote.example.nhs.uk")


def sends(at, label, content, button):
    """Choose a file of these bytes at the website, and send it."""
    file = {"name": "file.json", "mimeType": "application/json", "buffer": content}
    at.page.get_by_label(label, exact=True).set_input_files([file])
    at.clicks(button)


def downloads(at, name, role="link"):
    """What the website gives under this link or button."""
    with at.page.expect_download() as found:
        at.page.get_by_role(role, name=name, exact=True).click()
    return Path(found.value.path()).read_bytes()


def signs_in(server, at, email):
    """Sign in with a new link, as officers do each time."""

    async def work(store):
        async with store.writing() as session:
            account = await people_queries.account_by_email(session, email)
            return await people.make_link(session, account, by="tests", now=server.clock())

    at.signs_in(server.do(work))


class Trustee:
    """A trustee at the website, the same person at home with the key file, and the deputy with a copy of it."""

    def __init__(self, server, visitor, trustee, name, side):
        self.server, self.name, self.side = server, name, side
        self.email = f"{name.split()[0].lower()}@example.org"
        self.deputy_name = f"Deputy of {name}"
        self.site = visitor(name)
        self.home, self.deputy = trustee(f"{name} at home"), trustee(f"deputy of {name}")
        self.key = b""

    def has_the_page(self, folder):
        """Download trustee.html, compare its number, and keep it on the disks of both."""
        self.site.goes_to("/trustee")
        content = downloads(self.site, "download trustee.html")
        assert self.site.page.locator("main .pilot-code").inner_text().replace(" ", "") == sha256(content).hexdigest()
        file = folder / f"{self.email}.html"
        file.write_bytes(content)
        self.home.where = self.deputy.where = file.as_uri()

    def registers(self):
        home = self.home
        home.opens()
        home.follows("Make your keys")
        home.says("Your full name", self.name)
        home.says("What you are", ROLES[self.side])
        home.says("New passphrase", PASSPHRASE)
        home.says("The same passphrase again", PASSPHRASE)
        home.presses("Make my keys")
        self.key = home.saves("Save your key file")[1]
        self.site.follows("Make a key file and register")
        registration = home.saves("Save your registration file")[1]
        sends(self.site, "Your registration file", registration, "Send the registration file")
        file = keyfile.read(self.key)
        number = keyfile.fingerprint(file.seal_key, file.sign_key)
        home.reads(number)
        self.site.reads(f"Your number is {number}")
        return number

    def practises(self):
        self.site.goes_to("/trustee")
        self.site.follows("Practise with the backup")
        practice = downloads(self.site, "Download the practice list")
        self.deputy.opens("practise")
        self.deputy.gives("Practice list", practice)
        self.deputy.gives("Key file", self.key)
        self.deputy.says("Passphrase", PASSPHRASE)
        self.deputy.presses("Practise")
        sends(self.site, "The answer", self.deputy.saves("Save the answer")[1], "Send the answer")
        self.site.reads("Backup tried")

    def signs(self, number):
        """Sign what is promised, which has this number."""
        self.site.goes_to("/trustee")
        self.site.follows(TITLE)
        manifest = downloads(self.site, "Download manifest.json")
        home = self.home
        home.opens("sign")
        home.gives("The ballot’s file, manifest.json", manifest)
        home.gives("Your key file", self.key)
        home.presses("Show what is promised")
        home.reads(number)
        home.chooses("I have read this, it is what was agreed, and I sign it")
        home.says("Passphrase", PASSPHRASE)
        home.presses("Sign")
        sends(self.site, "Your signature", home.saves("Save the signature")[1], "Send the signature")
        self.site.reads("You have signed it")

    def opens(self, number=None):
        """Open the sealed votes, when everybody before has done it; the first one has the number of the list."""
        signs_in(self.server, self.site, self.email)
        self.key = opens_the_votes(self.site, self.home, self.key, number)


def opens_the_votes(site, home, key, number=None):
    """What a trustee or their deputy does when it is their turn; the key file that remembers it."""
    site.goes_to("/trustee")
    site.reads("It is your turn: open the sealed votes")
    site.follows(TITLE)
    at_home.checks(home, downloads(site, "Download the list"), key, number=number)
    key = home.saves("Save the new key file")[1]
    home.chooses("I have saved the new key file")
    sends(site, "The opened file", at_home.opens_all(home), "Send the opened file")
    site.reads("You have opened the sealed votes")
    return key


def invites(officer, one):
    """The returning officer invites; the link that is shown once signs the trustee in."""
    officer.goes_to("/trusts/RAA/trustees")
    officer.clicks("Invite a trustee")
    officer.types("Full name", one.name)
    officer.types("E-mail address", one.email)
    officer.chooses(ROLES[one.side].capitalize())
    officer.types("Full name of their deputy", one.deputy_name)
    officer.clicks("Invite this trustee")
    one.site.goes_to(officer.page.locator(".nhsuk-inset-text .pilot-code").inner_text())
    one.site.clicks("Sign in")


def confirms(officer, one, number):
    """They speak to each other; a practice begins, and the trustee signs in again by a programme admin's link."""
    officer.goes_to("/trusts/RAA/trustees")
    officer.follows(one.name)
    officer.follows("Compare the number")
    officer.types("The number as they read it to you", number)
    officer.chooses(f"I know that I spoke to {one.name}")
    officer.clicks("Confirm these keys")
    officer.reads("Confirmed")
    officer.clicks("Start a practice")
    signs_in(one.server, one.site, one.email)


def prepares(officer, here):
    """The number for lots, who opens the sealed votes, and the list of voters; the numbers for lots and of the vote."""
    officer.goes_to(here)
    officer.follows("Take the number for lots")
    lot = officer.page.locator("#shown").inner_text()
    officer.types("Type the number from your paper", lot)
    officer.clicks("Take this number")
    officer.goes_to(f"{here}/trustees")
    officer.clicks("Choose them")
    officer.clicks("Fix the list of voters")
    officer.goes_to(here)
    return lot, officer.page.locator("#number").inner_text().replace(" ", "")


def tells_the_voters(scrutineer, here, voters, folder):
    """The scrutineer makes the notices at home, sends them, and says so; the number of the list that is opened then."""
    scrutineer.goes_to("/trustee")
    scrutineer.follows(TITLE)
    (folder / "voters.csv").write_bytes(voters)
    for name, link in (
        ("log.jsonl", "the log of the vote"),
        ("checkpoints.txt", "what was signed of it"),
        ("manifest.json", "what was promised"),
    ):
        (folder / name).write_bytes(downloads(scrutineer, link))
    command = shlex.split(scrutineer.page.locator("code", has_text="pilot notices").inner_text())
    number = sha256((folder / "manifest.json").read_bytes()).hexdigest()
    command = [number if word == "NUMBER" else word for word in command if word not in ("--watched", "watched.json")]
    done = run(*command, folder=folder)
    assert "60" in done
    scrutineer.types("To how many people were notices sent?", "60")
    scrutineer.chooses("The notices were sent to that many people")
    scrutineer.clicks("Say that the notices were sent")
    scrutineer.reads("The notices were sent to 60 people of 60.")
    return re.search(r"The number of the list of sealed votes: (\S+)", done)[1]


def run(*command, folder):
    """Run a program in this folder; what it prints."""
    program = [sys.executable, "-m", "pilot"] if command[0] == "pilot" else [sys.executable, command[0]]
    done = subprocess.run(
        [*program, *command[1:]], check=False, cwd=folder, capture_output=True, text=True, timeout=120,
        env={"PYTHONPATH": str(ROOT)} if command[0] == "pilot" else {},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def declares(officer, here, lot):
    officer.goes_to(here)
    officer.follows("Open the number for lots")
    officer.types("The number for lots", lot)
    officer.clicks("Open the number and count the votes")
    officer.goes_to(f"{here}/declare")
    officer.chooses("I have checked the figures with an observer")
    officer.clicks("Declare the result")


def test_three_trustees_with_their_own_keys_run_a_whole_election(server, visitor, trustee, tmp_path):
    # Given an election, three people who make keys at home, and their deputies who have tried the copies
    server.clock.at(build.ARRANGED)
    officer = Officer(server, visitor)
    ballot, slips = officer.arranges(), officer.codes()
    here = f"/trusts/RAA/ballots/{ballot}"
    desk = officer.signs_in("officer before")
    everybody = [Trustee(server, visitor, trustee, *who) for who in zip(own.NAMES, SIDES, strict=True)]
    for one in everybody:
        invites(desk, one)
        one.has_the_page(tmp_path)
        confirms(desk, one, one.registers())
        one.practises()
    # When the list of voters is fixed, each of them signs what was promised, or the vote could not open
    lot, number = prepares(desk, here)
    for one in everybody:
        desk.goes_to(f"{here}/trustees")
        desk.reads("Has not signed yet")
        one.signs(number)
    scrutineer = everybody[0].site
    scrutineer.goes_to(f"{here}/notices")
    voters = downloads(scrutineer, "Download the list (CSV)", role="button")
    # And 48 people vote, one of them in a browser
    server.clock.at(build.NIGHT)
    server.tick()
    nurse = Nurse(visitor, Held(ballot, sorted(slips, key=lambda slip: slip.person_id)[-2::-1]), 0, "nurse")
    nurse.opens_the_paper()
    nurse.numbers("Cat Hill", 1)
    nurse.numbers("Amy Osei", 2)
    nurse.checks("Cat Hill\nAmy Osei", "You gave no number to 2 others.")
    code = nurse.casts()
    cast = {"1>2": 20, "2": 10, "3>2": 9, "4>3": 8}
    server.do(lambda store: in_a_transaction(store, build.rankings_cast, ballot, cast))
    # Then the clock closes the vote, and nothing is opened before the voters were told and had a day to object
    server.clock.at(build.CLOSES)
    server.tick()
    signs_in(server, scrutineer, everybody[0].email)
    number_of_list = tells_the_voters(scrutineer, here, voters, tmp_path)
    scrutineer.goes_to("/trustee")
    scrutineer.reads("People can object to what is recorded for them until")
    # When the day is over they open the lists one after the other, each at home
    server.clock.at(build.CLOSES + timedelta(hours=24))
    server.tick()
    for one in everybody:
        one.opens(number_of_list if one is everybody[0] else None)
    server.tick()
    # Then the officer opens the number for lots and declares what a pencil finds, and a check code finds its paper
    declares(officer.signs_in("officer after"), here, lot)
    anybody = visitor("anybody")
    anybody.goes_to(f"{here}/result")
    anybody.reads_heading("Result: Amy Osei and Cat Hill were elected")
    anybody.goes_to(f"/check/{ballot}")
    anybody.types("Enter your check code", code)
    anybody.page.get_by_role("button", name="Check", exact=True).click()
    anybody.page.get_by_text("It reads: 1 Cat Hill, 2 Amy Osei.").wait_for()
    # And the record is right by both programs, with no server
    record = tmp_path / "record.zip"
    record.write_bytes(anybody.context.request.get(f"{server.address}{here}/record.zip").body())
    with zipfile.ZipFile(record) as packed:
        packed.extractall(tmp_path / "record")
    for command in (
        ("pilot", "verify", str(record), "--number", number),
        (str(tmp_path / "record" / "verify.py"), str(record), "--number", number),
    ):
        said = run(*command, folder=tmp_path)
        assert ("FAILED" in said, "passed" in said) == (False, True), said


@pytest.mark.parametrize("width", ["phone"])
def test_a_trustee_does_their_part_on_a_phone(server, visitor, trustee, tmp_path):
    # Given an election, and two other trustees whose keys are confirmed
    server.clock.at(build.ARRANGED)
    officer = Officer(server, visitor)
    here = f"/trusts/RAA/ballots/{officer.arranges()}"

    async def others(session):
        for one in own.three_trustees()[1:]:
            await own.confirmed(session, one, by=build.OFFICER, now=build.ARRANGED)

    server.do(lambda store: in_a_transaction(store, others))
    # When the scrutineer is invited, makes keys, is confirmed, and the deputy practises
    desk = officer.signs_in("officer")
    ada = Trustee(server, visitor, trustee, own.NAMES[0], SIDES[0])
    invites(desk, ada)
    ada.has_the_page(tmp_path)
    confirms(desk, ada, ada.registers())
    ada.practises()
    # Then the vote can be prepared, and the scrutineer signs it
    _, number = prepares(desk, here)
    ada.signs(number)
    desk.goes_to(f"{here}/trustees")
    desk.reads("Ada Fell, independent scrutineer. Has signed.")


async def in_a_transaction(store, work, *args):
    async with store.writing() as session:
        return await work(session, *args)


async def an_election_to_open(session):
    """An election whose voters were told, and its trustees; the first one's key file is what the deputy keeps."""
    ballot, mine = await build.an_own_key_ballot(session, voters=60, ask=build.an_election())
    await build.rankings_cast(session, ballot, {"1>2": 20, "2": 10, "3>2": 9, "4>3": 8})
    await build.noticed(session, ballot)
    return ballot, mine, keyfile.sealed_again(mine[0].file, mine[0].keys, PASSPHRASE, fresh())


def test_the_deputy_opens_in_the_place_of_a_trustee_who_is_away(server, visitor, trustee):
    # Given a vote to be opened, whose first trustee cannot be reached
    server.clock.at(build.OPENED)
    ballot, (ada, *others), backup = server.do(lambda store: in_a_transaction(store, an_election_to_open))
    here = f"/trusts/RAA/ballots/{ballot}"
    officer = Officer(server, visitor, roll=False)
    desk = officer.signs_in("officer")
    desk.goes_to(f"{here}/trustees")
    desk.reads(f"Call {ada.name} ({ada.email}); the deputy is Deputy of {ada.name}")
    # When the returning officer lets the deputy stand in and says why
    desk.goes_to(f"/trusts/RAA/trustees/{ada.id}")
    desk.follows("The deputy takes the place of this trustee")
    desk.clicks("Let the deputy stand in")
    desk.reads("Say why they are replaced")
    desk.types(f"E-mail address of Deputy of {ada.name}", "dot@example.org")
    desk.types(f"Why does {ada.name} not do it?", "Away until after Easter.")
    desk.chooses(f"Deputy of {ada.name} has the backup of the key file and its passphrase")
    desk.clicks("Let the deputy stand in")
    desk.reads(f"A programme admin makes the link for Deputy of {ada.name}")
    desk.goes_to(f"/trusts/RAA/trustees/{ada.id}")
    desk.reads("has stood in since 18 March 2027, with the backup of the same keys: Away until after Easter.")
    # Then the deputy opens the list with the copy of the key file
    dot = visitor("deputy")
    signs_in(server, dot, "dot@example.org")
    opens_the_votes(dot, trustee("deputy at home"), backup)

    async def the_rest(session):
        for one in others:
            await own.opens(session, ballot, one, now=build.OPENED)
        await service.tally(session, ballot, now=build.OPENED)

    server.do(lambda store: in_a_transaction(store, the_rest))
    # And everybody reads with the result who stood in, and why
    declares(desk, here, build.LOT)
    anybody = visitor("anybody")
    told = f"Deputy of {ada.name} opened the sealed votes in the place of {ada.name}, with the backup of the same keys."
    for page in (f"{here}/result", f"{here}/declaration", here):
        anybody.goes_to(page)
        anybody.reads(f"{told} The reason: Away until after Easter.")
