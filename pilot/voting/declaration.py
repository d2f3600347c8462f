"""The declared result of a ballot: made only by `declare`, from a count and from what the sealed box says. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import msgspec

from pilot.voting.count.yes_no import Outcome, Result

VERSION = 1

SHARES_THAT_CHECK = (Fraction(1, 20), Fraction(1, 10))
CHANGED_PAPERS = (20, 50)


class Noticing(msgspec.Struct, frozen=True):
    """How likely it is that `changed` wrong papers are noticed when this share of voters check; both in percent."""

    check_percent: int
    changed: int
    chance_percent: int


class Declaration(msgspec.Struct, frozen=True):
    """A declared result. Numbers are papers or people; `at` is the moment of declaration, "2027-03-05T09:12:00Z".

    `voted` counts everybody whose paper came out of the box, spoilt ones included. `set_aside` papers are in no figure.
    `spare` is stamps given out less valid papers: the number of papers that a peeler together with voters could
    have swapped (docs/security.md).
    """

    ballot: int
    trust: str
    subject: str
    title: str
    question: str
    at: str
    manifest: str
    rule: Mapping[str, Any]
    outcome: Outcome
    sentence: str
    entitled: int
    voted: int
    yes: int
    no: int
    abstain: int
    spoilt: int
    set_aside: int
    stamps: int
    envelopes: int
    spare: int
    noticing: tuple[Noticing, ...]
    version: int = VERSION

    @property
    def turnout(self) -> Fraction:
        """Share of the electorate that voted, 0 to 1; abstentions count as voting."""
        return Fraction(self.voted, self.entitled)

    @property
    def declared_at(self) -> datetime:
        """The moment of declaration, aware, to the second."""
        return datetime.fromisoformat(self.at)

    def result(self) -> Result:
        """The count that was declared."""
        figures = (self.outcome, self.entitled, self.yes, self.no, self.abstain, self.spoilt)
        return Result(*figures, self.sentence)

    @property
    def carried(self) -> bool:
        """Whether the proposal was carried."""
        return self.outcome is Outcome.CARRIED


class Matter(msgspec.Struct, frozen=True):
    """What was voted on, by whom the vote was held, and under which manifest (its fingerprint in hexadecimal)."""

    ballot: int
    trust: str
    subject: str
    title: str
    question: str
    manifest: str
    rule: Mapping[str, Any]


class Box(msgspec.Struct, frozen=True):
    """What came out of the sealed box, in numbers."""

    stamps: int
    envelopes: int
    valid: int
    spoilt: int
    set_aside: int


class Mismatch(Exception):  # noqa: N818 -- a broken invariant, nobody catches it
    """Two numbers that must agree do not; the result must not be declared."""


def declare(matter: Matter, result: Result, box: Box, *, at: datetime) -> Declaration:
    """Put count and box together.

    Raises Mismatch when the papers counted are not the papers that came out, or when more came out than went in.
    """
    counted = result.yes + result.no + result.abstain
    if (counted, result.spoilt) != (box.valid, box.spoilt):
        raise Mismatch(f"{counted} papers were counted and {box.valid} came out of the box.")
    if not box.valid + box.spoilt + box.set_aside <= box.envelopes <= box.stamps:
        raise Mismatch("More papers came out of the box than went in.")
    if box.envelopes > result.entitled:
        raise Mismatch("There are more sealed votes than people who could vote.")
    return Declaration(
        ballot=matter.ballot,
        trust=matter.trust,
        subject=matter.subject,
        title=matter.title,
        question=matter.question,
        at=moment(at),
        manifest=matter.manifest,
        rule=matter.rule,
        outcome=result.outcome,
        sentence=result.sentence,
        entitled=result.entitled,
        voted=result.voted,
        yes=result.yes,
        no=result.no,
        abstain=result.abstain,
        spoilt=result.spoilt,
        set_aside=box.set_aside,
        stamps=box.stamps,
        envelopes=box.envelopes,
        spare=box.stamps - box.valid,
        noticing=tuple(
            Noticing(int(share * 100), changed, chance_percent(share, changed))
            for share in SHARES_THAT_CHECK
            for changed in CHANGED_PAPERS
        ),
    )


def moment(at: datetime) -> str:
    """A moment in the record: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def chance_percent(share: Fraction, changed: int) -> int:
    """Chance that at least one of `changed` wrong papers is noticed when this share of voters check, in whole percent.

    1 − (1 − p)^k, at most 99 while it is not certain. Source: docs/security.md.
    """
    chance = 1 - (1 - share) ** changed
    return min(round(chance * 100), 100 if chance == 1 else 99)


def written(declaration: Declaration) -> dict[str, Any]:
    """The declaration as plain values for canonical JSON: no fractions, no floats."""
    values: dict[str, Any] = msgspec.to_builtins(declaration)
    return values


def read(values: Mapping[str, Any]) -> Declaration:
    """A declaration as it was stored by `written`; for reading back only."""
    return msgspec.convert(values, Declaration)
