"""Two counts of one election: the first stage at which they part, in a sentence with both figures. Pure."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from pilot.voting.count.contest import Cannot

_FIGURE = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?")
_NUMBER = re.compile(r"[0-9]{1,3}")


class Someone(msgspec.Struct, frozen=True):
    """A candidate who was elected or left, as a count lists them."""

    candidate: int
    name: str = ""
    stage: int | None = None


class Step(msgspec.Struct, frozen=True):
    """One stage of a sheet."""

    votes: dict[str, str]
    non_transferable: str | None = None


class Settled(msgspec.Struct, frozen=True):
    """A tie, and how it was settled."""

    stage: int
    candidates: tuple[int, ...]
    settled: str
    chosen: int | None = None


class Sheet(msgspec.Struct, frozen=True):
    """As much of a count as can be compared: what `--format json` prints, or another counter that writes the same.

    Fields that only Pilot writes may be missing.
    """

    rule: str
    seats: int
    valid: int
    stages: tuple[Step, ...]
    elected: tuple[Someone, ...]
    version: str = ""
    quota: str | None = None
    excluded: tuple[Someone, ...] = ()
    candidates: tuple[str, ...] = ()
    withdrawn: tuple[int, ...] = ()
    ties: tuple[Settled, ...] = ()

    def name(self, number: int) -> str:
        """A candidate's name; their number where the sheet does not tell it."""
        if 1 <= number <= len(self.candidates):
            return self.candidates[number - 1]
        told = (one.name for one in (*self.elected, *self.excluded) if one.candidate == number and one.name)
        return next(told, f"candidate {number}")


def read(data: bytes) -> Sheet:
    """A count from its JSON. Raises Cannot when it is none."""
    try:
        sheet = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=Sheet)
        for stage in sheet.stages:
            if not all(map(_NUMBER.fullmatch, stage.votes)):
                raise Cannot("This is not a count: its stages must give votes by candidates' numbers.")
            for figure in (*stage.votes.values(), stage.non_transferable or "0"):
                _figure(figure)
        _figure(sheet.quota or "0")
    except msgspec.DecodeError as fault:
        raise Cannot(f"This is not a count in JSON: {fault}") from None
    return sheet


def differences(one: Sheet, other: Sheet) -> list[str]:
    """A sentence for each way in which two counts differ; none when they are the same.

    First what was counted, then the first stage at which they part, then who is elected, who left and which ties were
    settled otherwise. Figures are compared as numbers: "134" is "134.00000".
    """
    return [
        *_asked(one, other),
        *list(_stages(one, other))[:1],
        *_people("elected", one, other, one.elected, other.elected),
        *_people("excluded", one, other, one.excluded, other.excluded),
        *list(_ties(one, other))[:1],
    ]


def _asked(one: Sheet, other: Sheet) -> Iterator[str]:
    """Rule, seats, candidates and papers."""
    rules = [f"{sheet.rule}{' version ' + sheet.version if sheet.version else ''}" for sheet in (one, other)]
    if one.rule != other.rule or (one.version and other.version and one.version != other.version):
        yield f"The rules differ: {rules[0]} in the first, {rules[1]} in the second."
    if one.seats != other.seats:
        yield f"The seats differ: {one.seats} in the first, {other.seats} in the second."
    if one.candidates and other.candidates and one.candidates != other.candidates:
        yield _other_candidates(one.candidates, other.candidates)
    if one.withdrawn != other.withdrawn:
        said = [", ".join(map(sheet.name, sheet.withdrawn)) or "nobody" for sheet in (one, other)]
        yield f"Those who withdrew differ: {said[0]} in the first, {said[1]} in the second."
    if one.valid != other.valid:
        yield f"The papers counted differ: {one.valid:,} in the first, {other.valid:,} in the second."
    if one.quota is not None and other.quota is not None and _figure(one.quota) != _figure(other.quota):
        yield f"The quotas differ: {one.quota} in the first, {other.quota} in the second."


def _other_candidates(one: Sequence[str], other: Sequence[str]) -> str:
    if len(one) != len(other):
        return f"The candidates differ: {len(one)} in the first, {len(other)} in the second."
    number = next(number for number, (a, b) in enumerate(zip(one, other, strict=True), 1) if a != b)
    return (
        f"The candidates differ: number {number} is {one[number - 1]} in the first, {other[number - 1]} in the second."
    )


def _stages(one: Sheet, other: Sheet) -> Iterator[str]:
    """A sentence for each stage at which figures differ, then one when the number of stages does."""
    for number, (a, b) in enumerate(zip(one.stages, other.stages, strict=False), 1):
        apart = [who for who in sorted({*a.votes, *b.votes}, key=int) if _held(a, who) != _held(b, who)]
        if apart:
            who = apart[0]
            more = len(apart) - 1
            others = f" {more} more {'candidate differs' if more == 1 else 'candidates differ'} there." if more else ""
            yield (
                f"They part at stage {number}: {one.name(int(who))} has {a.votes.get(who, 'no')} votes in the first, "
                f"{b.votes.get(who, 'no')} votes in the second.{others}"
            )
        elif None not in (a.non_transferable, b.non_transferable) and _rest(a) != _rest(b):
            yield (
                f"They part at stage {number}: {a.non_transferable} votes are not transferable in the first, "
                f"{b.non_transferable} in the second."
            )
    if len(one.stages) != len(other.stages):
        first, second = len(one.stages), len(other.stages)
        yield (
            f"They are the same up to stage {min(first, second)}; the first has {first} "
            f"{'stage' if first == 1 else 'stages'}, the second {second}."
        )


def _people(what: str, one: Sheet, other: Sheet, a: Sequence[Someone], b: Sequence[Someone]) -> Iterator[str]:
    """Who is elected or excluded in only one of them, or else otherwise in order or stage."""
    first, second = ([someone.candidate for someone in listed] for listed in (a, b))
    for mine, theirs, sheet, place in ((first, second, one, "first"), (second, first, other, "second")):
        only = [sheet.name(number) for number in mine if number not in theirs]
        if only:
            yield f"{what.capitalize()} only in the {place}: {', '.join(only)}."
    if sorted(first) != sorted(second):
        return
    for here, there in zip(a, b, strict=True):
        name = one.name(here.candidate)
        if here.candidate != there.candidate:
            late = other.name(there.candidate)
            yield f"The order of those {what} differs: {name} in the first where the second has {late}."
            return
        if None not in (here.stage, there.stage) and here.stage != there.stage:
            yield f"{name} is {what} at stage {here.stage} in the first, at stage {there.stage} in the second."
            return


def _ties(one: Sheet, other: Sheet) -> Iterator[str]:
    for a, b in zip(one.ties, other.ties, strict=False):
        if (a.stage, a.candidates, a.settled) != (b.stage, b.candidates, b.settled) or (
            None not in (a.chosen, b.chosen) and a.chosen != b.chosen
        ):
            yield f"A tie was settled otherwise: {_tie(one, a)} in the first, {_tie(other, b)} in the second."
    if len(one.ties) != len(other.ties):
        yield f"The ties differ: {len(one.ties)} in the first, {len(other.ties)} in the second."


def _tie(sheet: Sheet, tie: Settled) -> str:
    how = "by lot" if tie.settled == "lot" else f"by {tie.settled}"
    chosen = f", {sheet.name(tie.chosen)} chosen" if tie.chosen is not None else ""
    return f"{', '.join(map(sheet.name, tie.candidates))} at stage {tie.stage} {how}{chosen}"


def _held(step: Step, who: str) -> Decimal:
    return _figure(step.votes.get(who, "0"))


def _rest(step: Step) -> Decimal:
    return _figure(step.non_transferable or "0")


def _figure(text: str) -> Decimal:
    if not _FIGURE.fullmatch(text):
        raise Cannot(f"This is not a count: {text[:20]!r} is not a number of votes.")
    return Decimal(text)
