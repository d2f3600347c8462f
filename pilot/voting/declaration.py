"""The declared result of a ballot: made only by `declare`, from a count and from what the sealed box says. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

import msgspec

from pilot.voting.count import result as counts
from pilot.voting.count import yes_no
from pilot.voting.count.result import CountResult

VERSION = 2
"""Version 1 had the figures "yes", "no" and "abstain" instead of `votes`, and knew no elections."""

Count = yes_no.Result | CountResult
"""A count of either kind: of a question, or of an election."""

SHARES_THAT_CHECK = (Fraction(1, 20), Fraction(1, 10))
CHANGED_PAPERS = (20, 50)


class Outcome(StrEnum):
    """How it was decided. `elected` is the outcome of every election, however many seats were won."""

    CARRIED = "carried"
    NOT_CARRIED = "not carried"
    INQUORATE = "inquorate"
    ELECTED = "elected"


class Noticing(msgspec.Struct, frozen=True):
    """How likely it is that `changed` wrong papers are noticed when this share of voters check; both in percent."""

    check_percent: int
    changed: int
    chance_percent: int


class Lot(msgspec.Struct, frozen=True):
    """How lots were drawn in an election: with the opened `number`, or without it, and why (`lost`).

    Both are empty for a question.
    """

    number: str = ""
    lost: str = ""


class OnPaper(msgspec.Struct, frozen=True):
    """Votes on paper: people who were `given` one, and papers that tellers `cast`, which are among the envelopes."""

    given: int = 0
    cast: int = 0


class Declaration(msgspec.Struct, frozen=True):
    """A declared result. Numbers are papers or people; `at` is the moment of declaration, "2027-03-05T09:12:00Z".

    `voted` counts everybody whose paper came out of the box, blank and spoilt ones included. `set_aside` papers are in
    no figure. `votes` is by option id: yes, no and abstain, or each candidate's number with the votes of the only stage
    or the first preferences. `elected` are names in the order of election; `empty` seats that nobody won.
    `by_lot`: a lot decided something.
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
    votes: dict[str, int]
    blank: int
    spoilt: int
    set_aside: int
    stamps: int
    envelopes: int
    spare: int
    noticing: tuple[Noticing, ...]
    elected: tuple[str, ...] = ()
    empty: int = 0
    by_lot: bool = False
    lot: Lot = Lot()
    on_paper: OnPaper = OnPaper()
    version: int = VERSION

    @property
    def turnout(self) -> Fraction:
        """Share of the electorate that voted, 0 to 1; abstentions count as voting."""
        return Fraction(self.voted, self.entitled)

    @property
    def declared_at(self) -> datetime:
        """The moment of declaration, aware, to the second."""
        return datetime.fromisoformat(self.at)

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
    """The sealed box in numbers: who could vote, what went in, and what came out; blank papers are valid.

    `on_paper` tells how much of what went in came from tellers.
    """

    entitled: int
    stamps: int
    envelopes: int
    valid: int
    spoilt: int
    set_aside: int
    on_paper: OnPaper = OnPaper()


class Mismatch(Exception):  # noqa: N818 -- a broken invariant, nobody catches it
    """Two numbers that must agree do not; the result must not be declared."""


def declare(matter: Matter, count: Count, box: Box, *, at: datetime, lot: Lot | None = None) -> Declaration:
    """Put count and box together. `lot` for an election, whose count may have needed it.

    Raises Mismatch when the papers counted are not the papers that came out, or when more came out than went in.
    """
    said = _of_a_question(count) if isinstance(count, yes_no.Result) else _of_an_election(count)
    _check(said.papers, count, box)
    return Declaration(
        ballot=matter.ballot,
        trust=matter.trust,
        subject=matter.subject,
        title=matter.title,
        question=matter.question,
        at=moment(at),
        manifest=matter.manifest,
        rule=matter.rule,
        outcome=said.outcome,
        sentence=count.sentence,
        entitled=box.entitled,
        voted=box.valid + box.spoilt,
        votes=said.votes,
        blank=said.blank,
        spoilt=box.spoilt,
        set_aside=box.set_aside,
        stamps=box.stamps,
        envelopes=box.envelopes,
        spare=box.stamps - box.valid,
        noticing=NOTICING,
        elected=said.elected,
        empty=said.empty,
        by_lot=said.by_lot,
        lot=lot or Lot(),
        on_paper=box.on_paper,
    )


class _Said(msgspec.Struct, frozen=True):
    """What a count of either kind says; `papers` are those that it counted, blank ones included."""

    outcome: Outcome
    papers: int
    votes: dict[str, int]
    blank: int = 0
    elected: tuple[str, ...] = ()
    empty: int = 0
    by_lot: bool = False


def _of_a_question(count: yes_no.Result) -> _Said:
    votes = {"yes": count.yes, "no": count.no, "abstain": count.abstain}
    return _Said(Outcome(count.outcome), sum(votes.values()), votes)


def _of_an_election(count: CountResult) -> _Said:
    return _Said(
        Outcome.ELECTED,
        count.valid + count.blank,
        first_votes(count),
        count.blank,
        tuple(place.name for place in count.elected),
        count.empty,
        count.by_lot,
    )


def first_votes(count: CountResult) -> dict[str, int]:
    """The votes of the first stage by candidate number; there they are whole, since nothing has moved yet."""
    return {number: int(votes.split(".")[0]) for number, votes in count.stages[0].votes.items()}


def _check(papers: int, count: Count, box: Box) -> None:
    if papers != box.valid:
        raise Mismatch(f"{papers} papers were counted and {box.valid} came out of the box.")
    if isinstance(count, yes_no.Result) and (count.spoilt, count.entitled) != (box.spoilt, box.entitled):
        raise Mismatch("The count knows other spoilt papers or other voters than the box.")
    if not box.valid + box.spoilt + box.set_aside <= box.envelopes <= box.stamps:
        raise Mismatch("More papers came out of the box than went in.")
    if not 0 <= box.on_paper.cast <= min(box.on_paper.given, box.envelopes):
        raise Mismatch("More papers came from tellers than people were given a vote on paper.")
    if box.envelopes > box.entitled:
        raise Mismatch("There are more sealed votes than people who could vote.")


def moment(at: datetime) -> str:
    """A moment in the record: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def chance_percent(share: Fraction, changed: int) -> int:
    """Chance that at least one of `changed` wrong papers is noticed when this share of voters check, in whole percent.

    1 − (1 − p)^k, at most 99 while it is not certain. Source: docs/security.md.
    """
    chance = 1 - (1 - share) ** changed
    return min(round(chance * 100), 100 if chance == 1 else 99)


NOTICING = tuple(
    Noticing(int(share * 100), changed, chance_percent(share, changed))
    for share in SHARES_THAT_CHECK
    for changed in CHANGED_PAPERS
)
"""The same for every result: it depends on who checks alone."""


def written(declaration: Declaration) -> dict[str, Any]:
    """The declaration as plain values for canonical JSON: no fractions, no floats."""
    values: dict[str, Any] = msgspec.to_builtins(declaration)
    return values


def read(values: Mapping[str, Any]) -> Declaration:
    """A declaration as it was stored by `written`; for reading back only. One of version 1 is brought to this one."""
    if values.get("version") == 1:
        votes = {name: values[name] for name in ("yes", "no", "abstain")}
        values = {**values, "votes": votes, "blank": 0, "version": VERSION}
    return msgspec.convert(values, Declaration)


def written_count(count: Count) -> dict[str, Any]:
    """A count of either kind as plain values, as count.json in the record has them."""
    if isinstance(count, CountResult):
        return counts.written(count)
    values: dict[str, Any] = msgspec.to_builtins(count)
    return values


def read_count(values: Mapping[str, Any]) -> Count:
    """A count as `written_count` gave it."""
    if values["rule"] == yes_no.NAME:
        return msgspec.convert(values, yes_no.Result)
    return counts.read(values)
