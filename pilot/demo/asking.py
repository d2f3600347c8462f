"""The way of one made-up survey through the real services: sealed answers of staff of two pilots and a control."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from pilot.demo.chance import Chance
from pilot.demo.dates import Dates, Path, at
from pilot.demo.figures import SEED
from pilot.demo.trusts import ANSWERED, ASKED, VOTING
from pilot.demo.ways import Act, Scene, Step
from pilot.demo.words import PRACTICE_TITLE, PULSE_TITLE
from pilot.metrics.questionnaire import ANSWERS, PRACTICE, PULSE, Item, Questionnaire
from pilot.metrics.service import answering, counting, waves
from pilot.metrics.waves import Kind, WaveSpec
from pilot.people import queries as people
from pilot.people.roles import Role, Voter
from pilot.secrecy import filling, stamp
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy

OVER, OPEN = 18, 2
"""How many people of each trust answer the survey that is over, and the one that is open."""

TRUSTS = (ANSWERED, VOTING, ASKED)
"""Where people are asked: the trusts that have a staff roll."""


class Survey(Struct, frozen=True):
    """What is asked, when, and how many people of each trust answer."""

    title: str
    asked: Questionnaire
    path: Path
    answers: int


def surveys(dates: Dates, scene: Scene, staff: Mapping[str, Sequence[int]], script: str) -> tuple["Asking", "Asking"]:
    """One that is over and released, and one that is open, in the weeks of the votes at the second trust."""
    practice = Survey(PRACTICE_TITLE, PRACTICE, dates.overdue, OVER)
    pulse = Survey(PULSE_TITLE, PULSE, dates.voting, OPEN)
    return Asking(scene, practice, staff, script), Asking(scene, pulse, staff, script)


def rolls_asked(dates: Dates) -> tuple[tuple[date, date], ...]:
    """When the control loads a staff roll, and of which day: before each survey, with the second trust."""
    return tuple((path.roll_imported, path.roll_as_at) for path in (dates.overdue, dates.voting))


class Asking:
    """One survey. `staff` are the ids of those who may answer, by trust; `script` is that of the box."""

    def __init__(self, scene: Scene, survey: Survey, staff: Mapping[str, Sequence[int]], script: str) -> None:
        self.session = scene.session
        self.officers = scene.officers
        self.survey = survey
        self.staff = staff
        self.script = script
        self.wave = 0

    @property
    def papers(self) -> int:
        """How many sealed papers come in from all trusts."""
        return self.survey.answers * len(TRUSTS)

    def opened(self) -> list[Step]:
        """Made and fixed when the vote beside it is; opened with it, and answered at noon."""
        path = self.survey.path
        return [
            (at(path.frozen, 15, 10), self._make),
            (at(path.opens, 8), self._open),
            *((at(path.opens, 12, 10 + place), self._answer(trust)) for place, trust in enumerate(TRUSTS)),
        ]

    def released(self) -> list[Step]:
        """Closed, counted, checked and released."""
        path = self.survey.path
        after = path.closes + timedelta(days=1)
        return [
            *self.opened(),
            *((at(path.opens + timedelta(days=1), 8, 5), self._tell(trust)) for trust in TRUSTS),
            (at(path.closes, 17), self._close),
            (at(after, 10), self._release),
        ]

    async def _make(self, now: datetime) -> None:
        survey, by = self.survey, self.officers[Role.EVALUATOR]
        spec = WaveSpec(
            survey.title, Kind.FOLLOW_UP, at(survey.path.opens, 8), at(survey.path.closes, 17), survey.asked
        )
        self.wave = await waves.make_wave(self.session, spec, by=by, now=now)
        await waves.freeze(self.session, self.wave, script=self.script, leave_out=True, by=by, now=now)
        for trust in TRUSTS:
            await counting.box_trust(self.session, self.wave, trust, now=now)

    async def _open(self, now: datetime) -> None:
        await counting.open_wave(self.session, self.wave, "", now=now)

    def _answer(self, trust: str) -> Act:
        async def answer(now: datetime) -> None:
            chance = Chance(SEED, "survey", self.survey.asked.code, trust)
            text = b""
            for person in chance.shuffled(self.staff[trust])[: self.survey.answers]:
                voter = await people.voter(self.session, person)
                if not isinstance(voter, Voter):
                    raise AssertionError(f"person {person} is not on the roll")
                place = await answering.place(self.session, self.wave, voter, now=now)
                text = text or await secrecy.manifest_of(self.session, place.box_id)
                await self._send(voter, text, chance, now)

        return answer

    async def _send(self, voter: Voter, text: bytes, chance: Chance, now: datetime) -> None:
        """One person fills, stamps, seals and sends a paper as a browser does."""
        manifest, digest = manifests.read(text), manifests.digest(text)
        order = stamp.read_public(manifest.stamp_key).n
        own = filling.Chance(secrets.token_bytes(32), secrets.token_bytes(48), 2 + secrets.randbelow(order - 3))
        filled = filling.fill(manifest, digest, given(self.survey.asked, len(manifest.questions), chance), own)
        signature = await answering.stamp(self.session, self.wave, voter, filled.blinded, now=now)
        envelope = filling.seal_up(manifest, digest, filled, signature)
        await answering.send(self.session, self.wave, voter, envelope, now=now)

    def _tell(self, trust: str) -> Act:
        async def tell(now: datetime) -> None:
            await counting.tell_turnout(self.session, self.wave, trust, now=now)

        return tell

    async def _close(self, now: datetime) -> None:
        await counting.close_wave(self.session, self.wave, "", now=now)
        for trust in TRUSTS:
            await counting.count_trust(self.session, self.wave, trust, now=now)

    async def _release(self, now: datetime) -> None:
        by = self.officers[Role.EVALUATOR]
        await waves.check(self.session, self.wave, by=by, now=now)
        await waves.release_wave(self.session, self.wave, by=by, now=now)


def given(asked: Questionnaire, questions: int, chance: Chance) -> list[list[str]]:
    """The answers of one paper: to every item, and nothing to where and in which group somebody works."""
    answers = [_answer(item, chance) for item in asked.items]
    return [*answers, *([] for _ in range(questions - len(answers)))]


def _answer(item: Item, chance: Chance) -> list[str]:
    """One answer, the middle ones more often than the ends; two obstacles now and then."""
    count = len(ANSWERS[item.words])
    if item.words == "yes-no":
        return ["1" if chance.share() < LIKELY_YES else "2"]
    if item.words == "obstacles":
        chosen = {1 + chance.below(count - 1), 1 + chance.below(count - 1)}
        return [str(number) for number in sorted(chosen)]
    return [str(chance.one_of(AGREE_MOSTLY))]


LIKELY_YES = 0.75
AGREE_MOSTLY: Sequence[int] = (1, 2, 2, 3, 3, 4, 4, 4, 4, 5)
"""Answers from 1 to 5, each as often as it stands here."""
