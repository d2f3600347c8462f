"""A rehearsal from the first step to the checked record, each step told in a sentence."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta

from msgspec import Struct

from pilot.errors import WrongState
from pilot.rehearsal.booth import Booth
from pilot.rehearsal.browser import Browser
from pilot.rehearsal.officers import ReturningOfficer, Trustee
from pilot.rehearsal.plan import Behaviour, Plan
from pilot.rehearsal.serving import Hands, serving
from pilot.rehearsal.stage import OFFICER, OPENS_AFTER, STAYS_OPEN, Stage
from pilot.secrecy import manifest as manifests
from pilot.secrecy import seal
from pilot.settings import Settings
from pilot.voting.record.archive import unpack
from pilot.voting.trustees import SIDES

Say = Callable[[str], None]

REHEARSAL = "This is a rehearsal."
"""What every page of it says."""

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Kept(Struct, frozen=True):
    """What a rehearsal leaves: the record, and the number of the vote with which it is checked."""

    record: bytes
    number: str


def rehearse(plan: Plan, settings: Settings, now: datetime, say: Say) -> Kept:
    """Hold the whole vote over an empty database, as if it began at `now`; `say` is told each step.

    Raises WrongState as soon as anything is not as it must be.
    """
    stage = Stage(settings, Hands(now))
    stage.set_up(plan)
    with ExitStack() as stack:
        port = stack.enter_context(serving(settings, stage.clock))
        say(f"A server of its own answers at 127.0.0.1:{port}. {plan.voters:,} made-up people have voting codes.")
        return _Rehearsal(plan, stage, port, stack, say).hold()


class _Rehearsal:
    def __init__(self, plan: Plan, stage: Stage, port: int, stack: ExitStack, say: Say) -> None:
        self._plan, self._stage, self._port, self._stack, self._say = plan, stage, port, stack, say
        self._clock = stage.clock
        self._officer = ReturningOfficer(self._browser(), stage.ballot)
        self._trustees = [Trustee(self._browser(), side) for side in SIDES]
        self._codes: dict[int, str] = {}

    def hold(self) -> Kept:
        """Every step in its order."""
        opens = self._clock().replace(minute=0, second=0, microsecond=0) + OPENS_AFTER
        self._invite()
        lot = self._prepare()
        self._clock.at(opens + HOUR)
        self._tick()
        self._vote()
        self._clock.at(opens + STAYS_OPEN + HOUR)
        self._tick()
        self._open()
        return self._count(lot)

    def _browser(self) -> Browser:
        return self._stack.enter_context(Browser(self._port))

    def _tick(self) -> None:
        for sentence in self._stage.tick():
            self._say(f"By the clock: {sentence}")

    def _invite(self) -> None:
        self._sign_in(self._officer.browser, OFFICER)
        for place, trustee in enumerate(self._trustees):
            trustee.browser.post(f"/sign-in/{self._officer.invite(trustee)}")
            trustee.register()
            trustee.id = self._stage.trustees()[place]
            self._officer.confirm(trustee)
            self._say(f"{trustee.name} has sent the public keys, and their number was compared: {trustee.fingerprint}.")

    def _prepare(self) -> str:
        """Choose the trustees, take a number for lots, fix the list, have everybody sign; the number, "" for none."""
        first, second, third = self._trustees
        self._officer.choose(first, second, third)
        lot = "" if self._plan.question == "yes-no" else self._officer.take_lot()
        if lot:
            self._say("The number for lots is taken.")
        self._officer.freeze()
        manifest = self._stage.manifest()
        for trustee in self._trustees:  # who was signed out when the number of the keys was confirmed
            self._sign_in(trustee.browser, trustee.email)
            trustee.sign(self._officer.here, manifest)
        self._say("The list of voters is fixed, and all three trustees have signed the vote.")
        return lot

    def _vote(self) -> None:
        behaviour = Behaviour(self._plan)
        voted = behaviour.turnout()
        for person in voted:
            self._cast(person, behaviour.answer())
        self._say(f"{len(voted):,} people voted. Each receipt was checked against the log.")
        again = behaviour.again(voted)
        for person in again:
            self._cast(person, behaviour.answer())
        self._say(f"{len(again):,} of them changed their vote, as everybody may until the vote closes.")

    def _cast(self, person: int, answer: list[str]) -> None:
        with Browser(self._port) as browser:
            booth = Booth(browser)
            vote = booth.enter(self._stage.codes[person])
            if vote.manifest.kind != "rehearsal":
                raise WrongState("The vote does not say that it is a rehearsal.")
            paper, envelope = booth.seal(vote, [answer])
            booth.cast(vote, envelope)
            booth.finish()
        self._codes[person] = seal.check_code(paper)

    def _sign_in(self, browser: Browser, email: str) -> None:
        browser.post(f"/sign-in/{self._stage.link(email)}")

    def _open(self) -> None:
        first, here = self._trustees[0], self._officer.here
        self._sign_in(first.browser, first.email)
        first.browser.post(f"{here}/notices", {"count": str(self._plan.voters), "sure": "on"})
        self._say(f"The scrutineer says that {self._plan.voters:,} people were told what is recorded for them.")
        self._clock.forward(DAY + HOUR)
        for trustee in self._trustees:
            self._sign_in(trustee.browser, trustee.email)
            said = trustee.open(here)
            self._say(
                f"A day later {trustee.name} opened the list: {said.in_:,} in, {said.out:,} out, "
                f"{said.duplicates:,} copies, {len(said.rejects):,} that did not open."
            )
        self._tick()

    def _count(self, lot: str) -> Kept:
        self._sign_in(self._officer.browser, OFFICER)
        if lot:
            self._officer.open_lot(lot)
            self._say("The number for lots is opened, and the votes are counted.")
        self._officer.declare()
        self._say("The result is declared.")
        record = self._officer.browser.get(f"{self._officer.here}/record.zip").body
        self._look_up(record)
        for page in ("", "/result"):
            if REHEARSAL not in self._officer.browser.get(self._officer.here + page).text:
                raise WrongState(f"The page {self._officer.here}{page} does not say that this is a rehearsal.")
        return Kept(record, self._number())

    def _look_up(self, record: bytes) -> None:
        published = sorted(unpack(record).files["trackers.txt"].decode().split())
        if published != sorted(self._codes.values()):
            raise WrongState("The published check codes are not those of the papers that were cast last.")
        self._say("Everybody who voted found the check code of their last paper in the record, and no other is in it.")

    def _number(self) -> str:
        return manifests.digest(self._stage.manifest())
