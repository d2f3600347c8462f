"""Scottish STV, version 1: the single transferable vote of Scottish council elections; with one seat, alternative vote.

The rules are those of the Scottish Local Government Elections Order 2007 (SSI 2007/42), Schedule 1, Part III, rules 45
to 52; the Order of 2011 (SSI 2011/399), Schedule 1, has them as rules 46 to 53. Docstrings here give the numbers of
2007. Votes are whole numbers of hundred-thousandths: nothing is ever rounded but cut off, as rule 48(3) says.

What Pilot adds to the Order, each only where a contest asks for it: "Re-open nominations", reserved seats and sitting
members in a countback. "Re-open nominations" holds one seat for each full quota of votes that it has and keeps the
votes beyond that; once it holds a seat it is never excluded. Pure.
"""

from collections.abc import Sequence

from pilot.voting.count import reserved, stv_words
from pilot.voting.count.amounts import fixed
from pilot.voting.count.contest import Cannot, Contest, Papers
from pilot.voting.count.piles import NOBODY, Piles, Worth
from pilot.voting.count.result import CountResult, Kind, Place, Stage
from pilot.voting.count.ties import Ties

NAME = "scottish-stv"
ALTERNATIVE_VOTE = "alternative-vote"
VERSION = "1"

VOTE = 10**5
"""Parts in one vote: rule 48(3) calculates to five decimal places."""


def count(contest: Contest, papers: Papers, order: Sequence[int] | None = None) -> CountResult:
    """Count the papers. `order`: the lot's order of all candidates, the luckiest first.

    Raises Cannot for a contest or papers that cannot be counted, NeedsLot where only a lot can settle a tie and none
    was drawn. With no valid paper nobody is elected. With no more candidates than seats all of them are elected at
    the first stage.
    """
    return Count(NAME, contest, papers, order).result()


def alternative_vote(contest: Contest, papers: Papers, order: Sequence[int] | None = None) -> CountResult:
    """Count the papers for one seat: whoever has more than half of the valid papers wins, after the last candidates
    have left one by one. It is Scottish STV for one seat. Raises as `count` does, and Cannot for more seats.
    """
    if contest.seats != 1:
        raise Cannot("The alternative vote fills one seat. For more seats, use Scottish STV.")
    return Count(ALTERNATIVE_VOTE, contest, papers, order).result()


def count_again(contest: Contest, papers: Papers, order: Sequence[int] | None, *, vacant: int) -> CountResult:
    """The count of a countback: `vacant` seats stay empty, and the quota is still that of all seats.

    The seats that "Re-open nominations" wins are first of all those that are empty anyway.
    """
    return Count(NAME if contest.seats > 1 else ALTERNATIVE_VOTE, contest, papers, order, vacant).result()


class Count:
    """One count on its way: the votes now, who is still in, and the stages behind. `result` makes it."""

    def __init__(
        self, rule: str, contest: Contest, papers: Papers, order: Sequence[int] | None, vacant: int | None = None
    ) -> None:
        if found := reserved.problems(contest, again=vacant is not None):
            raise Cannot(" ".join(found))
        self.rule, self.contest, self.vacant = rule, contest, vacant or 0
        self.piles = Piles(contest, papers, VOTE)
        self.quota = self.piles.valid // (contest.seats + 1) + 1
        self.votes = dict.fromkeys(contest.standing, 0)
        self.hopeful = list(contest.standing)
        self.surpluses: list[int] = []
        self.elected: list[Place] = []
        self.excluded: list[Place] = []
        self.stages: list[Stage] = []
        self.history: list[dict[int, int]] = []
        self.reopened = 0
        self.finished = False
        self.ties = Ties(contest, order)

    def result(self) -> CountResult:
        """Stage after stage until the seats are filled."""
        contest, piles = self.contest, self.piles
        self._first_stage()
        while not self.finished:
            self._next_stage()
        return CountResult(
            rule=self.rule,
            version=VERSION,
            title=contest.title,
            seats=contest.seats,
            candidates=contest.candidates,
            withdrawn=contest.withdrawn,
            valid=piles.valid,
            blank=piles.blank,
            quota=str(self.quota),
            elected=tuple(self.elected),
            excluded=tuple(self.excluded),
            empty=contest.seats - len(self.elected),
            stages=tuple(self.stages),
            ties=tuple(self.ties.found),
            sentence=stv_words.outcome(contest, [place.candidate for place in self.elected], self.ties.found),
        )

    @property
    def left(self) -> int:
        """Seats that are not filled yet (rule 48(1): "vacancies remain to be filled")."""
        return self.contest.seats - len(self.elected) - self.empty

    @property
    def empty(self) -> int:
        """Seats that stay empty already."""
        return max(self.vacant, self.reopened)

    @property
    def stage(self) -> int:
        """The number of the stage that is being counted."""
        return len(self.history) + 1

    def _first_stage(self) -> None:
        """Rules 45 and 46: first choices are credited with one vote each, and the quota is found."""
        for number in self.hopeful:
            self.votes[number] = self.piles.first(number) * VOTE
        told = stv_words.first(self.contest, self.piles.valid, self.quota)
        self._close("first", told)

    def _next_stage(self) -> None:
        """One step: who is doomed leaves, else the largest surplus moves, else whoever has the fewest votes leaves."""
        doomed = reserved.doomed(self.contest, self._winners(), self.hopeful, self.empty)
        if doomed:
            self._exclude([n for n in self.hopeful if n in doomed], stv_words.doomed(self.contest, doomed))
        elif self.surpluses:
            self._move_surplus()
        else:
            self._exclude_last()

    def _move_surplus(self) -> None:
        """Rules 48 and 49: the largest surplus moves to the next choices for those still in the count.

        Each paper is worth its value so far times the surplus, divided by all votes of the candidate, cut off after
        five decimals (48(3)). Of equal surpluses the one of the candidate who was ahead before moves first (49(2)),
        else the lot decides (49(3)).
        """
        most = max(self.votes[number] for number in self.surpluses)
        level = [number for number in self.surpluses if self.votes[number] == most]
        source = self.ties.settle("surplus", level, self.history, self.stage)
        self.surpluses.remove(source)
        surplus = most - self.quota * VOTE
        whole = self.piles.all_worth(source, VOTE)
        before = self._unused()
        stopped = self.credit([source], lambda value: surplus * value // most)
        self.votes[source] = self.quota * VOTE
        value = surplus * VOTE // most
        told = self._tie_told(level)
        told += stv_words.surplus(self.contest.name(source), most, self.quota * VOTE, value, whole=whole)
        told += stv_words.stopped(stopped)
        told += stv_words.cut_off(self._unused() - before - stopped)
        self._close("surplus", told, acts_on=(source,), value=fixed(value))

    def _exclude_last(self) -> None:
        """Rules 50 and 51: the candidate with the fewest votes leaves, but for those whom a reserve guards.

        Of level candidates the one who had fewer votes before leaves (51(2)(a)), else the lot decides (51(2)(b)).
        """
        guarded = reserved.guarded(self.contest, self._winners(), self.hopeful, self.empty)
        free = [number for number in self.hopeful if number not in guarded]
        fewest = min(self.votes[number] for number in free)
        level = [number for number in free if self.votes[number] == fewest]
        last = self.ties.settle("exclusion", level, self.history, self.stage)
        passed = {n: why for n, why in guarded.items() if self.votes[n] <= fewest}
        told = stv_words.passed_over(self.contest, passed, self.votes)
        told += self._tie_told(level) or [stv_words.last(self.contest.name(last), fewest, others=bool(passed))]
        self._exclude([last], told)

    def _exclude(self, numbers: list[int], told: list[str]) -> None:
        """Rule 50(2) to (4): their papers move to the next choices, worth what they were worth."""
        numbers.sort(key=lambda number: self.votes[number])
        self.hopeful = [number for number in self.hopeful if number not in numbers]
        held = sum(self.votes[number] for number in numbers)
        stopped = self.credit(numbers, lambda value: value)
        for number in numbers:
            self.votes[number] = 0
            self.excluded.append(Place(number, self.contest.name(number), self.stage))
        told = [*told, *stv_words.moved(held - stopped), *stv_words.stopped(stopped)]
        self._close("exclusion", told, acts_on=tuple(numbers), excluded=tuple(numbers))

    def credit(self, sources: list[int], worth: Worth) -> int:
        """Move papers to those who still take votes, the continuing candidates (article 2); what finds no choice."""
        takes = {*self.hopeful, self.contest.reopen} if self.reopened else set(self.hopeful)
        gone = bytes(number for number in range(1, len(self.contest.candidates) + 1) if number not in takes)
        gains = self.piles.move(sources, gone, worth)
        stopped = gains.pop(NOBODY)
        for number, gained in gains.items():
            self.votes[number] += gained
        return stopped

    def _tie_told(self, level: list[int]) -> list[str]:
        """The sentence of the tie that was settled just now, if there was one."""
        return [self.ties.found[-1].sentence] if len(level) > 1 else []

    def _winners(self) -> list[int]:
        return [place.candidate for place in self.elected]

    def _unused(self) -> int:
        """Parts of votes that no candidate has: papers without a next choice, and what was cut off."""
        return self.piles.valid * VOTE - sum(self.votes.values())

    def _close(
        self,
        kind: Kind,
        told: list[str],
        *,
        acts_on: tuple[int, ...] = (),
        excluded: tuple[int, ...] = (),
        value: str | None = None,
    ) -> None:
        """The end of a stage: who is elected now, and the stage as it stands in the sheet."""
        self.history.append(dict(self.votes))
        already = len(self.elected)
        told = [*told, *self._elect(), *self._fill_last_seats()]
        self.finished = self.finished or not self.left
        self.stages.append(
            Stage(
                number=len(self.history),
                kind=kind,
                action=" ".join(told),
                votes={str(number): fixed(parts) for number, parts in self.votes.items()},
                non_transferable=fixed(self._unused()),
                elected=tuple(place.candidate for place in self.elected[already:]),
                excluded=excluded,
                acts_on=acts_on,
                value=value,
            )
        )

    def _elect(self) -> list[str]:
        """Rule 47(1): whoever has the quota is elected, those with the most votes first.

        The order matters only where a seat is reserved: then whoever would be too many, or would take a seat that is
        needed for others, is not elected.
        """
        told: list[str] = []
        seated: list[int] = []
        while self.left and (reached := self._reached()):
            most = max(reached.values())
            level = [number for number, held in reached.items() if held == most]
            number = level[0]
            if not self._room_for_all(level):
                number = self.ties.settle("seat", level, self.history, len(self.history))
                told += self._tie_told(level)
            seated.append(number)
            self._seat(number)
        return told + stv_words.reached(self.contest, seated, self.votes, self.quota, self.reopened)

    def _reached(self) -> dict[int, int]:
        """Who has a quota and can be elected, with their votes; each seat of "Re-open nominations" uses up a quota."""
        reopen, quota = self.contest.reopen, self.quota * VOTE
        pool = [*self.hopeful, reopen] if self.reopened and reopen else self.hopeful
        worth = {number: self.votes[number] - (self.reopened * quota if number == reopen else 0) for number in pool}
        reached = {number: held for number, held in worth.items() if held >= quota}
        if not reached:
            return {}
        doomed = reserved.doomed(self.contest, self._winners(), pool, self.empty)
        return {number: held for number, held in reached.items() if number not in doomed}

    def _room_for_all(self, level: list[int]) -> bool:
        """Whether all of these can be elected, so that it does not matter in which order."""
        seated = self._winners()
        for number in level:
            if number in reserved.doomed(self.contest, seated, level, self.empty):
                return False
            seated.append(number)
        return len(level) <= self.left

    def _seat(self, number: int) -> None:
        """Give a seat to a candidate, or let it stay empty for "Re-open nominations"."""
        if number in self.hopeful:
            self.hopeful.remove(number)
        if number == self.contest.reopen:
            self.reopened += 1
            return
        self.elected.append(Place(number, self.contest.name(number), len(self.history)))
        if self.votes[number] > self.quota * VOTE:
            self.surpluses.append(number)

    def _fill_last_seats(self) -> list[str]:
        """Rule 52: when no more candidates are left than seats, they are elected and nothing moves any more.

        In a countback more of a class may be left than may sit. Then the count goes on.
        """
        if not self.piles.valid:
            self.finished = True
            return [stv_words.NOBODY]
        doomed = reserved.doomed(self.contest, self._winners(), self.hopeful, self.empty)
        able = [number for number in self.hopeful if number not in doomed]
        if not self.left or not self._room_for_all(able):
            return []
        left, self.finished = self.left, True
        able.sort(key=lambda number: -self.votes[number])
        for number in able:
            self._seat(number)
        return [*stv_words.closed(self.contest, doomed), *stv_words.last_seats(self.contest, able, left)]
