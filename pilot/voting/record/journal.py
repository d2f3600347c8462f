"""The log of a record, followed line by line: what each line allows, and what the close must say. Pure.

First the voting: stamps, sealed votes, votes on paper and what tellers seal for these, pauses and a later close. Then
the close, the notices, an opening by each trustee, the judged papers, and, where that is over, what was erased.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from pilot.secrecy.manifest import Manifest, signed
from pilot.voting.record.parts import (
    CancelLeaf,
    CloseLeaf,
    EnvelopeLeaf,
    EraseLeaf,
    ExtendLeaf,
    Fault,
    FinalLeaf,
    Leaf,
    NoticesLeaf,
    PeelLeaf,
    ResumeLeaf,
    StampLeaf,
    SuspendLeaf,
    TellersEnvelopeLeaf,
    TellersStampLeaf,
    Told,
    each,
)

LOG = "log.jsonl"
VOTER = re.compile("[0-9a-f]{32}")
"""How a voter's number v is written: in one way only, so that nobody has two."""

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
SIGNERS = 2
"""Tellers who sign that somebody voted on paper; one of them at least is not the employer's."""


class Log(msgspec.Struct, frozen=True):
    """A log that is in order. Line numbers from 1.

    `envelopes` is the sealed vote, by its hash, that counts for each v: the last, or the tellers' for somebody who
    voted on paper; there are `on_paper` of these. `notices` is how many people
    were told what is recorded for them, None when nobody was. `sizes` are those of the log after the close and after
    every later line. `told` has a sentence for each change of the voting time.
    """

    close: CloseLeaf
    final: FinalLeaf
    envelopes: tuple[str, ...]
    on_paper: int
    peel_lines: tuple[int, ...]
    sizes: Sequence[int]
    notices: int | None
    told: tuple[str, ...]
    says: str

    @property
    def by_channel(self) -> str:
        """How many sealed votes came from voters and how many from tellers, and how many votes on paper were given."""
        own = self.close.envelopes - self.on_paper
        return (
            f"{self.close.envelopes:,} sealed votes: {own:,} by voters, {self.on_paper:,} by tellers for "
            f"{self.close.cancelled:,} people who were given a vote on paper"
        )


def read_log(files: Mapping[str, bytes], manifest: Manifest, mark: str) -> Log:
    """The log, when its leaves follow each other as they must and its counts add up. Raises Fault with the line."""
    leaves: list[Leaf] = each(files, LOG, Leaf)
    at = next((number for number, leaf in enumerate(leaves) if isinstance(leaf, CloseLeaf)), len(leaves))
    voting = _Voting(manifest, mark)
    for number, leaf in enumerate(leaves[:at], start=1):
        voting.follow(leaf, number)
    if at == len(leaves):
        raise Fault(LOG, "it is cut off: voting never closes")
    close, final, notices, peels = _end(leaves, at, len(manifest.trustees))
    if (close.m, close.roll) != (mark, manifest.roll.size) or final.m != mark:
        raise Fault(LOG, "it is the log of another vote", at + 1)
    voting.agrees_with(close, at + 1)
    if notices is not None and not 0 <= notices <= manifest.roll.size:
        raise Fault(LOG, "more people were told what is recorded for them than could vote", at + 2)
    says = f"{len(leaves):,} lines in order: {close.stamps:,} stamps, {close.envelopes:,} people with a sealed vote"
    if close.cancelled:
        says += f"; {close.cancelled:,} given a vote on paper, {len(voting.papers):,} papers put in for them"
    told = tuple(voting.told)
    sizes = range(at + 1, len(leaves) + 1)
    return Log(
        close, final, voting.counted(), len(voting.papers), peels, sizes, notices, told, "; ".join([says, *told])
    )


def _end(leaves: Sequence[Leaf], at: int, n: int) -> tuple[CloseLeaf, FinalLeaf, int | None, tuple[int, ...]]:
    """Close, final, notices and the lines of the openings, from the close in place `at` on. Raises Fault."""
    close, rest = leaves[at], list(leaves[at + 1 :])
    notices = rest.pop(0) if rest and isinstance(rest[0], NoticesLeaf) else None
    first = len(leaves) - len(rest) + 1
    if len(rest) < n + 1:
        raise Fault(LOG, "it is cut off", len(leaves))
    for i, leaf in enumerate(rest[:n], start=1):
        if not isinstance(leaf, PeelLeaf) or leaf.i != i:
            raise Fault(LOG, f"opening {i} does not stand where it should", first + i - 1)
    final, after = rest[n], rest[n + 1 :]
    if not isinstance(final, FinalLeaf) or not isinstance(close, CloseLeaf):
        raise Fault(LOG, "the line after the openings does not tell of the papers", first + n)
    if after and (len(after) > 1 or not isinstance(after[0], EraseLeaf)):
        raise Fault(LOG, "this line stands after the end", first + n + 1)
    return close, final, notices.count if isinstance(notices, NoticesLeaf) else None, tuple(range(first, first + n))


class _Voting:
    """What the lines before the close add up to."""

    def __init__(self, manifest: Manifest, mark: str) -> None:
        self.manifest, self.mark = manifest, mark
        self.stamps: dict[str, int] = {}
        self.last: dict[str, str] = {}
        self.papers: dict[str, str] = {}
        self.told: list[str] = []
        self._handed_in: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._cancelled: set[str] = set()
        self._tellers: dict[str, int] = {}
        self._closes, self._paused, self._extended = manifest.closes, False, False

    def counted(self) -> tuple[str, ...]:
        """The sealed votes that lie in the box at the close, by hash, sorted."""
        return tuple(sorted([*self.last.values(), *self.papers.values()]))

    def follow(self, leaf: Leaf, number: int) -> None:
        """The next line. Raises Fault when it cannot stand here."""
        if self._paused and isinstance(leaf, StampLeaf | EnvelopeLeaf | TellersStampLeaf | TellersEnvelopeLeaf):
            raise Fault(LOG, "a stamp or a sealed vote was taken while voting was paused", number)
        if isinstance(leaf, StampLeaf | EnvelopeLeaf):
            if leaf.v in self._cancelled:
                raise Fault(LOG, "a stamp or a sealed vote was taken of somebody who had voted on paper", number)
            self._stamp(leaf, self.stamps, number) if isinstance(leaf, StampLeaf) else self._envelope(leaf, number)
        elif isinstance(leaf, TellersStampLeaf | TellersEnvelopeLeaf):
            self._of_tellers(leaf, number)
        elif isinstance(leaf, CancelLeaf):
            self._cancel(leaf, number)
        elif isinstance(leaf, ExtendLeaf | ResumeLeaf | SuspendLeaf):
            self._retime(leaf, number)
        else:
            raise Fault(LOG, "this line stands before the votes end", number)

    def agrees_with(self, close: CloseLeaf, line: int) -> None:
        """That the close gives the numbers of the lines before it. Raises Fault."""
        given = (close.stamped, close.stamps, close.envelopes, close.cancelled)
        stamped = self.stamps.keys() | self._tellers.keys()
        stamps = sum(self.stamps.values()) + sum(self._tellers.values())
        if given != (len(stamped), stamps, len(self.counted()), len(self._cancelled)):
            raise Fault(LOG, "the close gives other numbers than the lines before it", line)
        if len(self.stamps.keys() | self._cancelled) > self.manifest.roll.size:
            raise Fault(LOG, "more people got stamps, or voted on paper, than could vote", line)
        if self._paused:
            raise Fault(LOG, "voting closed while it was paused", line)

    def _stamp(self, leaf: StampLeaf | TellersStampLeaf, given: dict[str, int], number: int) -> None:
        if not VOTER.fullmatch(leaf.v):
            raise Fault(LOG, "a voter's number is not written as it must be", number)
        if leaf.seq != given.get(leaf.v, 0) + 1 or leaf.seq > self.manifest.max_stamps:
            raise Fault(LOG, "a stamp does not follow the one before it", number)
        given[leaf.v] = leaf.seq

    def _of_tellers(self, leaf: TellersStampLeaf | TellersEnvelopeLeaf, number: int) -> None:
        """A paper that tellers seal: for somebody who voted on paper, and only one."""
        if leaf.v not in self._cancelled:
            raise Fault(LOG, "tellers sealed a paper for somebody who was not given a vote on paper", number)
        if leaf.v in self.papers:
            raise Fault(LOG, "tellers sealed more than one paper for the same person", number)
        if isinstance(leaf, TellersStampLeaf):
            self._stamp(leaf, self._tellers, number)
            return
        self._new(leaf, self._tellers, number)
        self.papers[leaf.v] = leaf.sha256

    def _new(self, leaf: EnvelopeLeaf | TellersEnvelopeLeaf, given: dict[str, int], number: int) -> None:
        if leaf.v not in given:
            raise Fault(LOG, "a sealed vote has no stamp before it", number)
        if leaf.sha256 in self._seen:
            raise Fault(LOG, "a sealed vote stands here twice", number)
        self._seen.add(leaf.sha256)

    def _envelope(self, leaf: EnvelopeLeaf, number: int) -> None:
        self._new(leaf, self.stamps, number)
        if self._handed_in[leaf.v] >= self.stamps[leaf.v]:
            raise Fault(LOG, "this person has more sealed votes than stamps", number)
        self._handed_in[leaf.v] += 1
        self.last[leaf.v] = leaf.sha256

    def _cancel(self, leaf: CancelLeaf, number: int) -> None:
        if not VOTER.fullmatch(leaf.v) or leaf.v in self._cancelled:
            raise Fault(LOG, "this person voted on paper before, or has no right number", number)
        if not _two_tellers(self.manifest, f"pilot cancel {self.mark} {leaf.v}".encode("ascii"), leaf.signatures):
            raise Fault(LOG, "two tellers, one of them not the employer's, did not sign this vote on paper", number)
        self._cancelled.add(leaf.v)
        self.last.pop(leaf.v, None)

    def _retime(self, leaf: ExtendLeaf | ResumeLeaf | SuspendLeaf, number: int) -> None:
        """A pause, its end, or a later close: each only where it can be, and each with its reason."""
        if not leaf.reason.strip():
            raise Fault(LOG, "the voting time was changed without a reason", number)
        if self._paused == (not isinstance(leaf, ResumeLeaf)):
            raise Fault(LOG, "voting cannot be paused, go on or close later here", number)
        if isinstance(leaf, SuspendLeaf):
            self._paused = True
            self.told.append(f"voting was paused ({leaf.reason})")
            return
        closes = _moment(leaf.closes, number)
        if isinstance(leaf, ExtendLeaf):
            longest = (self.manifest.closes - self.manifest.opens) / 2
            if self._extended or not self._closes < closes <= self._closes + longest:
                raise Fault(LOG, "voting can be made longer once only, and by no more than half its time", number)
            self._extended = True
        elif closes < self._closes:
            raise Fault(LOG, "voting closes earlier than it was said before", number)
        self._closes, self._paused = closes, False
        verb = "was made longer" if isinstance(leaf, ExtendLeaf) else "went on"
        self.told.append(f"voting {verb}, to close at {leaf.closes} ({leaf.reason})")


def _two_tellers(manifest: Manifest, text: bytes, signatures: Sequence[Told]) -> bool:
    """Whether two different tellers signed, not both of them the employer's."""
    places = [one.teller for one in signatures]
    if len(places) != SIGNERS or len(set(places)) != SIGNERS or not all(0 <= p < len(manifest.tellers) for p in places):
        return False
    tellers = [manifest.tellers[place] for place in places]
    if all(teller.side == "employer" for teller in tellers):
        return False
    return all(signed(t.sign_key, text, one.signature) for t, one in zip(tellers, signatures, strict=True))


def _moment(text: str, number: int) -> datetime:
    if not MOMENT.fullmatch(text):
        raise Fault(LOG, "a time is not written as it must be", number)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as trouble:
        raise Fault(LOG, "a time is not written as it must be", number) from trouble
