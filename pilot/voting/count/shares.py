"""How Meek's count comes to rest: the share of each vote that every elected candidate keeps, in exact figures. Pure.

The Reference Meek Rule of the Proportional Representation Foundation; its steps A to C and T are cited.
"""

from collections.abc import Callable, Sequence

import msgspec

from pilot.voting.count import reserved
from pilot.voting.count.amounts import votes as votes_in_words
from pilot.voting.count.contest import Contest, Papers, names
from pilot.voting.count.lot import unluckiest
from pilot.voting.count.plurality import take_seats
from pilot.voting.count.result import Tie
from pilot.voting.count.ties import Ties

PLACES = 9
"""Decimals of a vote."""

UNIT = 10**PLACES
"""One vote, and the whole of a paper."""

OMEGA = 1_000
"""The shares are settled when the surplus of all the elected together is below this, in units: 0.000001 votes."""


class Round(msgspec.Struct, frozen=True):
    """One count of all papers, in units of 0.000000001.

    `keep`: the share of each vote that a candidate keeps; UNIT for those who keep all of it. `surplus`: what the
    elected have beyond the quota, together. `winners`: whom these votes elect, most votes first. `empty`: seats that
    "Re-open nominations" holds by now. `level`: who is too close to tell who has the fewest votes; `loser`: who is
    excluded; `reasons`: why a reserve made somebody leave, or stay who would have had to leave ("because ...").
    """

    votes: dict[int, int]
    keep: dict[int, int]
    quota: int
    surplus: int
    winners: tuple[int, ...] = ()
    empty: int = 0
    level: tuple[int, ...] = ()
    loser: int | None = None
    reasons: dict[int, str] = {}


Branch = tuple[int, int, int]
"""Papers that agree up to a choice: the position of their branch one choice before (-1 for none), whom they choose, and
how many they are."""


class State:
    """Where a count stands: who is elected, in order, who can still be, and the share of a vote that each keeps (A)."""

    def __init__(self, contest: Contest, order: Sequence[int] | None) -> None:
        self.contest, self.order = contest, order
        self.elected: list[int] = []
        self.hopeful = list(contest.standing)
        self.keep = dict.fromkeys(contest.standing, UNIT)
        self.empty = 0
        self.ties = Ties(contest, order, PLACES)

    @property
    def waiting(self) -> list[int]:
        """Who is neither elected nor excluded; "Re-open nominations" only while it holds no seat."""
        return [number for number in self.hopeful if not (self.empty and number == self.contest.reopen)]

    @property
    def vacancies(self) -> int:
        """Seats that nobody has yet."""
        return self.contest.seats - len(self.elected) - self.empty

    @property
    def doomed(self) -> dict[int, str]:
        """Who of those who wait cannot be elected any more, and because of which reserve."""
        return reserved.doomed(self.contest, self.elected, self.waiting, self.empty)

    @property
    def over(self) -> bool:
        """Whether all seats are filled, or those who wait are no more than the vacancies (B.1)."""
        return not self.vacancies or (len(self.waiting) <= self.vacancies and not self.doomed)


def rounds(contest: Contest, papers: Papers, order: Sequence[int] | None = None) -> tuple[list[Round], list[Tie]]:
    """Every count of the papers until the seats are filled, and the ties. The first is made even where nobody competes.

    `papers`: without candidates who withdrew, without blank ones; where there are none, nobody is elected. `order`:
    the lot, luckiest first. Raises NeedsLot where candidates are level and no lot was drawn.
    """
    return decide(contest, lambda state, stage: settle(state, branches(papers, state), stage), order, any_=bool(papers))


def decide(
    contest: Contest, settled_at: Callable[[State, int], Round], order: Sequence[int] | None, *, any_: bool
) -> tuple[list[Round], list[Tie]]:
    """The same by what `settled_at` gives for the state before each stage. `any_`: there are papers."""
    state = State(contest, order)
    found: list[Round] = []
    while not found or (any_ and not state.over):
        settled = settled_at(state, len(found) + 1)
        state.elected += settled.winners
        state.hopeful = [number for number in state.hopeful if number not in settled.winners]
        while _reopens(state, settled):
            state.empty += 1
        settled = msgspec.structs.replace(settled, empty=state.empty)
        if any_ and not settled.winners and not state.over:
            settled = exclude(state, settled, len(found) + 2)
        found.append(settled)
    return found, state.ties.found


def _reopens(state: State, settled: Round) -> bool:
    """Whether "Re-open nominations" has a full quota for one more seat, which must not be one kept for a class."""
    nobody = state.contest.reopen
    if nobody not in state.hopeful or not state.vacancies:
        return False
    kept = reserved.doomed(state.contest, state.elected, state.hopeful, state.empty)
    return nobody not in kept and settled.votes[nobody] >= settled.quota * (state.empty + 1)


def branches(papers: Papers, state: State) -> list[Branch]:
    """The papers as a tree of choices. It ends where a hopeful candidate keeps the whole of what is left."""
    passing, gone = bytes(state.elected), bytes(n for n, keep in state.keep.items() if not keep)
    counted: dict[bytes, int] = {}
    for ranking, alike in papers.items():
        left = ranking.translate(None, gone)
        used = left[: len(left) - len(left.lstrip(passing)) + 1]
        counted[used] = counted.get(used, 0) + alike
    through: dict[bytes, int] = {}
    for used, alike in counted.items():
        for length in range(1, len(used) + 1):
            through[used[:length]] = through.get(used[:length], 0) + alike
    position = {used: place for place, used in enumerate(sorted(through, key=len))}
    return [(position.get(used[:-1], -1), used[-1], through[used]) for used in position]


def distribute(tree: Sequence[Branch], keep: dict[int, int]) -> dict[int, int]:
    """Votes by candidate: each keeps their share of what reaches them, rounded up (B.2.a)."""
    votes = dict.fromkeys(keep, 0)
    passed = [0] * len(tree) + [UNIT]  # at position -1 the whole of a paper
    for place, (before, candidate, alike) in enumerate(tree):
        weight = passed[before]
        kept = -(-weight * keep[candidate] // UNIT)
        votes[candidate] += kept * alike
        passed[place] = weight - kept
    return votes


def settle(state: State, tree: Sequence[Branch], stage: int) -> Round:
    """Adjust the shares until somebody is elected, or until the elected have no surplus to speak of (B.2)."""
    before = None
    while True:
        found = weigh(state, distribute(tree, state.keep), stage)
        if found.winners or found.surplus < OMEGA or (before is not None and found.surplus >= before):  # B.2.e
            return found
        for n in state.elected:  # B.2.f
            state.keep[n] = _up(_up(state.keep[n] * found.quota, UNIT) * UNIT, found.votes[n])
        before = found.surplus


def weigh(state: State, votes: dict[int, int], stage: int) -> Round:
    """The quota of these votes, whom they elect, and the surplus (B.2.b to B.2.d)."""
    quota = sum(votes.values()) // (state.contest.seats + 1) + 1
    reached = [n for n in state.waiting if votes[n] >= quota and n != state.contest.reopen]
    winners = take_seats(
        state.contest, votes, reached, state.ties, elected=state.elected, empty=state.empty, stage=stage
    )
    surplus = max(0, sum(votes[n] - quota for n in (*state.elected, *winners)))
    return Round(votes, dict(state.keep), quota, surplus, tuple(winners))


def _up(parts: int, by: int) -> int:
    """Divided and rounded up."""
    return -(-parts // by)


def exclude(state: State, settled: Round, stage: int) -> Round:
    """Exclude who has the fewest votes (B.3); where candidates are level, the lot says who (T)."""
    votes, doomed = settled.votes, state.doomed
    guarded = reserved.guarded(state.contest, state.elected, state.waiting, state.empty)
    among = [n for n in state.waiting if (n in doomed if doomed else n not in guarded)]
    fewest = min(votes[n] for n in among)
    level = tuple(n for n in among if votes[n] <= fewest + settled.surplus)
    loser = level[0]
    if len(level) > 1:
        loser = unluckiest(state.order, level)
        state.ties.found.append(Tie(stage, level, "lot", loser, _level(state.contest, fewest, level, loser)))
    stay = {} if doomed else {n: why for n, why in guarded.items() if votes[n] <= fewest}
    state.hopeful.remove(loser)
    state.keep[loser] = 0
    reasons = {loser: doomed[loser]} if doomed else stay
    return msgspec.structs.replace(settled, level=level, loser=loser, reasons=reasons)


def _level(contest: Contest, fewest: int, level: Sequence[int], loser: int) -> str:
    """The sentence of a tie for the fewest votes."""
    many = f"{names(contest, level)} have the fewest votes, {votes_in_words(fewest, PLACES)} each"
    return f"{many} or too close to it to tell. The lot decides: {contest.name(loser)} leaves the count."
