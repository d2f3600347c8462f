"""Yes / no / abstain, version 1: exact fractions, a written base, and two quorums that are never mixed up. Pure."""

import re
from bisect import bisect_left
from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Any, Literal

import msgspec

NAME = "yes-no"
VERSION = "1"

Base = Literal["valid", "cast", "entitled"]
"""`valid`: yes and no. `cast`: yes, no and abstain. `entitled`: everybody on the list of voters."""

OPTIONS: tuple[tuple[str, str], ...] = (("yes", "Yes"), ("no", "No"), ("abstain", "I do not want to choose"))
"""The answers on the paper: what is sealed, and what the voter reads."""


class Outcome(StrEnum):
    """How the question was decided."""

    CARRIED = "carried"
    NOT_CARRIED = "not carried"
    INQUORATE = "inquorate"


class Rule(msgspec.Struct, frozen=True):
    """The majority that the question needs, written on the paper before the ballot opens.

    `threshold`: share of the base that must answer yes; `strict` when more than it is needed.
    `turnout_quorum`: share of the entitled that must vote, abstentions included; 0 for none.
    `approval_quorum`: share of the entitled that must answer yes; 0 for none.
    """

    threshold: Fraction
    strict: bool
    base: Base
    turnout_quorum: Fraction = Fraction(0)
    approval_quorum: Fraction = Fraction(0)

    def problems(self) -> dict[str, str]:
        """A sentence for every figure that no majority rule can have, by its name."""
        found = {}
        if not 0 < self.threshold <= 1 or (self.strict and self.threshold == 1):
            found["threshold"] = "The majority must be above nothing, and it must be possible to reach it"
        if not 0 <= self.turnout_quorum <= 1:
            found["turnout_quorum"] = "The turnout needed must be between 0 and everybody"
        if not 0 <= self.approval_quorum <= 1:
            found["approval_quorum"] = "The approval needed must be between 0 and everybody"
        return found


class Result(msgspec.Struct, frozen=True):
    """A count. All figures are numbers of papers or people.

    `voted` is yes + no + abstain + spoilt: whoever voted, abstained or spoilt the paper took part.
    Spoilt papers are in no base.
    """

    outcome: Outcome
    entitled: int
    yes: int
    no: int
    abstain: int
    spoilt: int
    sentence: str
    rule: str = NAME
    version: str = VERSION

    @property
    def voted(self) -> int:
        """How many took part."""
        return self.yes + self.no + self.abstain + self.spoilt


def parse(written: Mapping[str, Any]) -> Rule:
    """The rule as a manifest writes it: fractions as "1/2". Raises ValueError for another rule or a wrong figure."""
    if (written.get("name"), written.get("version")) != (NAME, VERSION):
        raise ValueError(f"This is not the rule {NAME}, version {VERSION}.")
    base = written["base"]
    if base not in ("valid", "cast", "entitled") or not isinstance(written["strict"], bool):
        raise ValueError("The rule does not say what the majority is taken of.")
    rule = Rule(
        threshold=exact(written["threshold"]),
        strict=written["strict"],
        base=base,
        turnout_quorum=exact(written["turnout_quorum"]),
        approval_quorum=exact(written["approval_quorum"]),
    )
    if found := rule.problems():
        raise ValueError(next(iter(found.values())))
    return rule


def write(rule: Rule) -> dict[str, Any]:
    """The rule as it stands in the manifest; `parse` gives it back."""
    return {
        "name": NAME,
        "version": VERSION,
        "threshold": str(rule.threshold),
        "strict": rule.strict,
        "base": rule.base,
        "turnout_quorum": str(rule.turnout_quorum),
        "approval_quorum": str(rule.approval_quorum),
    }


TYPED = re.compile(r"[0-9]{1,6}(/[0-9]{1,6}|[.][0-9]{1,6})?")
WRITTEN = re.compile(r"[0-9]{1,9}(/[0-9]{1,9})?")
"""Few digits and no power of ten: "1e-9999999999" is a number, too, and takes years to work out."""

NO_SHARE = "A share must be written like 1/2, 2/3 or 40%."


def share(text: str) -> Fraction:
    """An exact share as people type it: "2/3", "0.4" or "40%". Raises ValueError for anything else."""
    text = text.strip()
    number = text.removesuffix("%").rstrip()
    return _fraction(number, TYPED) / (100 if text.endswith("%") else 1)


def exact(text: str) -> Fraction:
    """An exact share as a manifest has it: "2/3", "1" or "0". Raises ValueError for anything else."""
    return _fraction(text, WRITTEN)


def _fraction(text: str, form: re.Pattern[str]) -> Fraction:
    try:
        if form.fullmatch(text):
            return Fraction(text)
    except ZeroDivisionError:
        pass
    raise ValueError(NO_SHARE)


def count(rule: Rule, votes: Mapping[str, int], *, entitled: int, spoilt: int = 0) -> Result:
    """Count the papers. `votes` gives papers by answer ("yes", "no", "abstain"); an answer that is absent had none.

    An approval quorum that is missed means not carried; only a missed turnout quorum means inquorate.
    With no paper in the base nothing is carried.
    Raises ValueError for an unknown answer, a negative figure, or more papers than people.
    """
    if set(votes) - {option for option, _ in OPTIONS} or any(n < 0 for n in (*votes.values(), spoilt)):
        raise ValueError("These are not the votes of a question with yes, no and abstain.")
    yes, no, abstain = (votes.get(option, 0) for option, _ in OPTIONS)
    voted = yes + no + abstain + spoilt
    if voted > entitled:
        raise ValueError(f"{voted} papers are more than the {entitled} people who could vote.")
    base = base_size(rule, yes=yes, no=no, abstain=abstain, entitled=entitled)
    reached = yes > rule.threshold * base if rule.strict else base > 0 and yes >= rule.threshold * base
    if voted < rule.turnout_quorum * entitled:
        outcome = Outcome.INQUORATE
    elif reached and yes >= rule.approval_quorum * entitled:
        outcome = Outcome.CARRIED
    else:
        outcome = Outcome.NOT_CARRIED
    sentence = _sentence(rule, outcome, yes=yes, base=base, voted=voted, entitled=entitled)
    return Result(outcome, entitled, yes, no, abstain, spoilt, sentence)


def base_size(rule: Rule, *, yes: int, no: int, abstain: int, entitled: int) -> int:
    """The number that the majority is taken of."""
    return {"valid": yes + no, "cast": yes + no + abstain, "entitled": entitled}[rule.base]


def in_words(rule: Rule) -> str:
    """The majority rule as one plain sentence, for the paper and the result page."""
    enough = (
        f"more than {share_in_words(rule.threshold)}" if rule.strict else f"at least {share_in_words(rule.threshold)}"
    )
    if rule.threshold == 1:
        enough = "all"
    whom = {
        "valid": "of the people who vote Yes or No",
        "cast": "of the people who vote, also counting those who choose neither,",
        "entitled": "of everybody who can vote",
    }[rule.base]
    text = f"The proposal is carried if {enough} {whom} vote Yes"
    if rule.turnout_quorum:
        text += f", and at least {share_in_words(rule.turnout_quorum)} of everybody who can vote take part"
    if rule.approval_quorum:
        text += f", and at least {share_in_words(rule.approval_quorum)} of everybody who can vote choose Yes"
    return text.replace(",,", ",") + "."


def margin(rule: Rule, result: Result) -> int | None:
    """How many papers between yes and no would have to be exchanged for another outcome; None when no number would do.

    Turnout does not change by an exchange, so a vote that is inquorate has no margin.
    """
    carried = result.outcome is Outcome.CARRIED
    most = result.yes if carried else result.no

    def turned(changed: int) -> bool:
        step = -changed if carried else changed
        votes = {"yes": result.yes + step, "no": result.no - step, "abstain": result.abstain}
        return count(rule, votes, entitled=result.entitled, spoilt=result.spoilt).outcome is not result.outcome

    found = bisect_left(range(most + 1), True, key=turned)
    return found if found <= most else None


NAMED: dict[Fraction, str] = {
    Fraction(1, 2): "half",
    Fraction(1, 3): "one third",
    Fraction(2, 3): "two thirds",
    Fraction(1, 4): "one quarter",
    Fraction(3, 4): "three quarters",
    Fraction(1): "all",
}


def share_in_words(part: Fraction) -> str:
    """A share as people say it: "half", "two thirds", "40%", else "3 in every 7"."""
    if part in NAMED:
        return NAMED[part]
    if (part * 100).denominator == 1:
        return f"{part * 100}%"
    return f"{part.numerator} in every {part.denominator}"


def _sentence(rule: Rule, outcome: Outcome, *, yes: int, base: int, voted: int, entitled: int) -> str:
    if outcome is Outcome.INQUORATE:
        return (
            f"The vote does not count as a decision: {voted:,} of {entitled:,} people voted, "
            f"and at least {share_in_words(rule.turnout_quorum)} of them had to."
        )
    things = {
        "valid": "votes for Yes or No",
        "cast": "votes, counting those who chose neither,",
        "entitled": "people who could vote",
    }[rule.base]
    needed = (
        "all"
        if rule.threshold == 1
        else ("more than " if rule.strict else "at least ") + share_in_words(rule.threshold)
    )
    verdict = "The proposal was carried" if outcome is Outcome.CARRIED else "The proposal was not carried"
    said = "were for Yes" if rule.base != "entitled" else "chose Yes"
    text = f"{verdict}: {yes:,} of {base:,} {things} {said}, and {needed} were needed"
    if rule.approval_quorum:
        text += (
            f"; Yes had to be chosen by at least {share_in_words(rule.approval_quorum)} of the {entitled:,} people "
            f"who could vote, and {yes:,} chose it"
        )
    return text + "."
