"""What is arranged before a ballot: what is asked, when, and how it is decided. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from pilot.secrecy.box import PlannedTrustee
from pilot.secrecy.manifest import Option, Question
from pilot.voting.count import rules, yes_no
from pilot.voting.count.contest import REOPEN, Contest, Reserve
from pilot.voting.count.yes_no import OPTIONS, Base, Rule, share

LONDON = ZoneInfo("Europe/London")
SHORTEST = timedelta(hours=1)
"""A floor against mistakes only: how long a vote must be open is the constitution's business."""

FEWEST_CANDIDATES, MOST_CANDIDATES = 2, 60
MOST_SEATS = 25
LONGEST_NAME = 120
LONGEST_TITLE, LONGEST_QUESTION = 200, 500


class Majority(msgspec.Struct, frozen=True, tag="majority", tag_field="kind"):
    """A question that is answered with yes or no, and the majority that it needs.

    Shares are written like "1/2", "2/3" or "40%"; what each means stands at `yes_no.Rule`.
    """

    threshold: str = "1/2"
    strict: bool = True
    base: Base = "valid"
    turnout_quorum: str = "0"
    approval_quorum: str = "0"

    def rule(self) -> Rule:
        """The majority rule. Raises ValueError when a share cannot be read."""
        return Rule(
            share(self.threshold), self.strict, self.base, share(self.turnout_quorum), share(self.approval_quorum)
        )

    def problems(self) -> dict[str, str]:
        """A sentence for each figure that no majority can have, by its name."""
        found = {}
        for name in ("threshold", "turnout_quorum", "approval_quorum"):
            try:
                share(getattr(self, name))
            except ValueError as trouble:
                found[name] = str(trouble)
        return found or self.rule().problems()

    def settled(self) -> "Majority":
        """The same with every share as an exact fraction, as it is kept."""
        rule = self.rule()
        quorums = str(rule.turnout_quorum), str(rule.approval_quorum)
        return Majority(str(rule.threshold), self.strict, self.base, *quorums)

    def on_paper(self, question: str) -> Question:
        """The question as the sealed paper has it: exactly one of yes, no and "I do not want to choose"."""
        return Question(question, tuple(Option(name, words) for name, words in OPTIONS))

    def in_manifest(self) -> dict[str, Any]:
        """The rule as the manifest promises it."""
        return yes_no.write(self.rule())


class Election(msgspec.Struct, frozen=True, tag="election", tag_field="kind"):
    """People to be elected, and how their votes are counted.

    `rule` is the name of a way of counting. `candidates` without "re-open nominations", which `reopen` adds as the
    last one. `reserves` are seats kept for a class, its candidates by number from 1.
    """

    rule: str
    seats: int
    candidates: tuple[str, ...]
    reopen: bool = False
    reserves: tuple[Reserve, ...] = ()

    def contest(self, title: str = "") -> Contest:
        """What is counted."""
        named = (*self.candidates, REOPEN) if self.reopen else self.candidates
        return Contest(
            seats=self.seats,
            candidates=named,
            reserves=self.reserves,
            reopen=len(named) if self.reopen else None,
            title=title,
        )

    def problems(self) -> dict[str, str]:
        """A sentence for each part with which no election can be held, by its name."""
        found = {}
        if not 1 <= self.seats <= MOST_SEATS:
            found["seats"] = f"The number of seats must be between 1 and {MOST_SEATS}"
        if wrong := _wrong_with_names(self.settled().candidates, least=1 if self.reopen else FEWEST_CANDIDATES):
            found["candidates"] = wrong
        numbers = range(1, len(self.candidates) + 1)
        for kept in self.reserves:
            if not kept.name.strip() or len(kept.name) > LONGEST_NAME:
                found["reserves"] = f"Enter a name of up to {LONGEST_NAME} characters for each class with kept seats"
            elif not all(number in numbers for number in kept.candidates):
                found["reserves"] = f"{kept.name} has a candidate who does not stand"
        if self.rule not in rules.RULES:
            found["rule"] = "Select how the votes are counted"
        if not found and (wrong_together := self.cannot()):
            found["seats"] = wrong_together
        return found

    def cannot(self) -> str:
        """Why this cannot be counted, in sentences; "" when it can. Asked again before the list of voters is fixed."""
        return " ".join(rules.check(self.rule, self.contest()))

    def settled(self) -> "Election":
        """The same with every name's spaces in order, as it is kept."""
        named = tuple(" ".join(name.split()) for name in self.candidates)
        return msgspec.structs.replace(self, candidates=named)

    def on_paper(self, question: str) -> Question:
        """The question as the sealed paper has it: the candidates with the numbers under which they are counted."""
        named = self.contest().candidates
        options = tuple(Option(str(number), name) for number, name in enumerate(named, start=1))
        fewest, most, ranked = rules.limits(self.rule, self.contest())
        return Question(question, options, fewest, most, ranked)

    def in_manifest(self, mark: str) -> dict[str, Any]:
        """The rule as the manifest promises it; `mark` is that of the number for lots."""
        contest = self.contest()
        return {
            "name": self.rule,
            "version": rules.RULES[self.rule].version,
            "seats": self.seats,
            "reopen": contest.reopen or 0,
            "reserves": [_written_reserve(kept) for kept in self.reserves],
            "lot": mark,
        }


def rankings(answers: Iterable[Sequence[Sequence[str]]]) -> dict[bytes, int]:
    """The papers of an election as they are counted, from the answers of each paper to the only question."""
    return dict(Counter(bytes(int(option) for option in chosen) for (chosen,) in answers))


def _written_reserve(kept: Reserve) -> dict[str, Any]:
    written = {"name": kept.name, "candidates": list(kept.candidates), "least": kept.least}
    return written if kept.most is None else written | {"most": kept.most}


def _wrong_with_names(named: tuple[str, ...], *, least: int) -> str | None:
    if not least <= len(named) <= MOST_CANDIDATES:
        return f"This election needs between {least} and {MOST_CANDIDATES} candidates"
    seen: set[str] = set()
    for name in named:
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            return f"Each candidate needs a name of up to {LONGEST_NAME} characters"
        if name.casefold() == REOPEN.casefold():
            return f"“{REOPEN}” cannot be the name of a candidate. Add it with its own switch"
        if name.casefold() in seen:
            return f"Two candidates are called {name}. Add something to tell them apart, such as their ward or job"
        seen.add(name.casefold())
    return None


Ask = Majority | Election


def read_ask(values: dict[str, Any]) -> Ask:
    """What is asked, as `write_ask` wrote it."""
    ask: Ask = msgspec.convert(values, Ask)
    return ask


def write_ask(ask: Ask) -> dict[str, Any]:
    """What is asked as plain values."""
    values: dict[str, Any] = msgspec.to_builtins(ask)
    return values


class BallotSpec(msgspec.Struct, frozen=True):
    """What is asked of a trust's staff. `subject` names the matter, like "proposal 12"; `text` is the full text.

    `ask` says how it is decided: by a majority, or as an election. Times are aware.
    """

    trust: str
    title: str
    question: str
    text: str
    subject: str
    opens_at: datetime
    closes_at: datetime
    ask: Ask = Majority()

    def problems(self, now: datetime) -> dict[str, str]:
        """A sentence for each part with which no ballot can be held, by its name; empty when all is well."""
        found = {
            name: sentence
            for name, sentence in (
                ("title", "Enter a title"),
                ("question", "Enter the question"),
                ("text", "Enter the full text"),
            )
            if not getattr(self, name).strip()
        }
        for name, longest in (("title", LONGEST_TITLE), ("question", LONGEST_QUESTION)):
            if len(getattr(self, name).strip()) > longest:
                found[name] = f"The {name} must be {longest} characters or fewer"
        if self.opens_at <= now:
            found["opens_at"] = "The vote must open in the future"
        if self.closes_at - self.opens_at < SHORTEST:
            found["closes_at"] = "The vote must close at least one hour after it opens"
        return found | self.ask.problems()


class Missed(msgspec.Struct, frozen=True):
    """A ballot that was never held, or does not count, for whoever asked for it; `subject` is its BallotSpec's."""

    ballot: int
    trust: str
    subject: str
    at: datetime


def share_of(part: int, whole: int) -> Fraction:
    """A part of a whole as an exact share; 0 of nothing."""
    return Fraction(part, whole) if whole else Fraction(0)


def reference(trust: str, number: int) -> str:
    """What people call a ballot: "RAA-B3"."""
    return f"{trust}-B{number}"


TRUSTEES = (
    PlannedTrustee("Independent scrutineer", "independent scrutineer"),
    PlannedTrustee("Employer", "employer"),
    PlannedTrustee("Staff side", "staff-side representative"),
)
"""Who opens the sealed votes, in this order (docs/adr/0002-sealed-box.md). The server holds all three keys for now."""
