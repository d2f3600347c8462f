"""Meek's single transferable vote, version 1: nine decimals, and every stage counts all papers afresh. Pure.

The rule is the Reference Meek Rule of the Proportional Representation Foundation. Every elected candidate keeps a share
of each vote, just enough to hold the quota; the rest passes to the paper's next choice. Candidates whose votes are
closer than the surplus that is still to move are level, and the lot decides at once: a stage does not depend on those
before it, so there is nothing to look back to.
"""

from collections.abc import Sequence

from pilot.voting.count import reserved, stv_words
from pilot.voting.count.amounts import fixed, listed, spoken
from pilot.voting.count.amounts import votes as votes_in_words
from pilot.voting.count.checking import readable, without
from pilot.voting.count.contest import Cannot, Contest, Papers
from pilot.voting.count.result import CountResult, Kind, Place, Stage, Tie
from pilot.voting.count.shares import PLACES, UNIT, Round, rounds

RULE = "meek-stv"
VERSION = "1"


def count(contest: Contest, papers: Papers, order: Sequence[int] | None = None) -> CountResult:
    """Elect by order of preference: a stage for each count of all papers.

    `order`: the lot, luckiest first. With no valid paper nobody is elected. The result's quota is that of the first
    stage; each stage has its own. Raises Cannot for a countback and for reserves that cannot be met, NeedsLot where a
    lot is needed and was not drawn.
    """
    if contest.kept:
        raise Cannot("Meek STV cannot be used for a countback.")
    if found := reserved.problems(contest):
        raise Cannot(" ".join(found))
    readable(contest, papers)
    standing = without(papers, bytes(contest.withdrawn))
    blank = standing.pop(b"", 0)
    counts, ties = rounds(contest, standing, order)
    return written(contest, counts, ties, valid=sum(standing.values()), blank=blank)


def written(contest: Contest, counts: Sequence[Round], ties: Sequence[Tie], *, valid: int, blank: int) -> CountResult:
    """The result of these counts of all papers."""
    sheet = Sheet(contest, valid, ties)
    for settled in counts:
        sheet.add(settled, final=settled is counts[-1])
    elected = [place.candidate for place in sheet.elected]
    return CountResult(
        rule=RULE,
        version=VERSION,
        title=contest.title,
        seats=contest.seats,
        candidates=contest.candidates,
        withdrawn=contest.withdrawn,
        valid=sheet.valid,
        blank=blank,
        quota=fixed(counts[0].quota, PLACES),
        elected=tuple(sheet.elected),
        excluded=tuple(sheet.excluded),
        empty=contest.seats - len(elected),
        stages=tuple(sheet.stages),
        ties=tuple(ties),
        sentence=stv_words.outcome(contest, elected, ties),
    )


class Sheet:
    """The stages as they are shown. Whoever a count excludes leaves at the stage after it, which is without them."""

    def __init__(self, contest: Contest, valid: int, ties: Sequence[Tie]) -> None:
        self.contest, self.valid, self.ties = contest, valid, ties
        self.stages: list[Stage] = []
        self.elected: list[Place] = []
        self.excluded: list[Place] = []
        self.before: Round | None = None

    def add(self, settled: Round, *, final: bool) -> None:
        """A stage for one count. After the final one, those who are left get the last seats; when that count had to
        exclude somebody first, in a stage of its own for which nothing is counted again."""
        kind, told = self._opening(settled)
        told += self._of_ties(settled.winners)
        told += [_reaches(self.contest, settled, number) for number in settled.winners]
        told += self._stays_empty(settled)
        acts_on = self._moving()
        winners = settled.winners
        if final and settled.loser is None:
            rest, said = self._rest(settled)
            winners, told = (*winners, *rest), told + said
        self._write(kind, told, settled, winners, acts_on)
        self.before = settled
        if final and settled.loser is not None:
            told = self._leaves(settled)
            rest, said = self._rest(settled)
            self._write("remaining", told + said, settled, rest, ())

    @property
    def _number(self) -> int:
        """The stage that is being written."""
        return len(self.stages) + 1

    def _opening(self, settled: Round) -> tuple[Kind, list[str]]:
        """What moved since the count before, and what the quota and the shares are now."""
        quota = spoken(settled.quota, PLACES)
        if self.before is None:
            least = f"the smallest figure above the votes divided by {self.contest.seats + 1}"
            return "first", [stv_words.first_choices(self.valid), f"The quota is {quota}: {least}."]
        kept = [f"{place.name} keeps {spoken(settled.keep[place.candidate], PLACES)}" for place in self.elected]
        told = [*self._leaves(self.before), f"All papers are counted again. The quota is now {quota}."]
        if kept:
            told.append(f"Of each vote that comes, {listed(kept)}, and the rest goes to the next choice.")
        return ("surplus" if self.before.loser is None else "exclusion"), told

    def _moving(self) -> tuple[int, ...]:
        """Whose votes move at this stage."""
        if self.before is None:
            return ()
        return tuple(place.candidate for place in self.elected) if self.before.loser is None else (self.before.loser,)

    def _leaves(self, settled: Round) -> list[str]:
        """Who is excluded by a count, and why."""
        loser = settled.loser
        if loser is None:
            return []
        who, has = self.contest.name(loser), spoken(settled.votes[loser], PLACES)
        if loser in settled.reasons:
            return stv_words.doomed(self.contest, {loser: settled.reasons[loser]})
        stays = [
            f"{self.contest.name(number)} has only {votes_in_words(settled.votes[number], PLACES)} and stays, {why}."
            for number, why in settled.reasons.items()
        ]
        others = "Of the others, " if stays else ""
        fewest = [f"{others}{who} has the fewest votes, {has}, and leaves the count."]
        return stays + (self._of_ties([loser]) or fewest)

    def _of_ties(self, chosen: Sequence[int]) -> list[str]:
        """The sentences of the ties of this stage by which these were chosen."""
        return [tie.sentence for tie in self.ties if tie.stage == self._number and tie.chosen in chosen]

    def _stays_empty(self, settled: Round) -> list[str]:
        """Seats that "Re-open nominations" won by this count."""
        won = settled.empty - (self.before.empty if self.before else 0)
        if not won:
            return []
        who, has = (
            self.contest.name(self.contest.reopen or 0),
            votes_in_words(settled.votes[self.contest.reopen or 0], PLACES),
        )
        return [
            f"{who} has {has} and wins {'1 more seat: it stays' if won == 1 else f'{won} more seats: they stay'} empty."
        ]

    def _rest(self, settled: Round) -> tuple[tuple[int, ...], list[str]]:
        """Who gets the last seats without the quota, most votes first, and that in words."""
        decided = {*(place.candidate for place in (*self.elected, *self.excluded)), *settled.winners, settled.loser}
        left = self.contest.seats - len(self.elected) - settled.empty
        left -= len(settled.winners) if self.before is not settled else 0
        able = [n for n in settled.votes if n not in decided and not (settled.empty and n == self.contest.reopen)]
        if not left or not self.valid:
            return (), [] if self.valid else [stv_words.NOBODY]
        able.sort(key=lambda number: -settled.votes[number])
        people = tuple(number for number in able if number != self.contest.reopen)
        return people, stv_words.last_seats(self.contest, able, left)

    def _write(
        self, kind: Kind, told: list[str], settled: Round, winners: tuple[int, ...], acts_on: tuple[int, ...]
    ) -> None:
        """Add a stage. Whom the count before excluded has nothing any more."""
        loser = self.before.loser if self.before else None
        if loser is not None:
            self.excluded.append(Place(loser, self.contest.name(loser), self._number))
        self.elected += [Place(number, self.contest.name(number), self._number) for number in winners]
        votes = settled.votes if loser is None else settled.votes | {loser: 0}
        self.stages.append(
            Stage(
                number=self._number,
                kind=kind,
                action=" ".join(told),
                votes={str(number): fixed(parts, PLACES) for number, parts in votes.items()},
                non_transferable=fixed(self.valid * UNIT - sum(votes.values()), PLACES),
                elected=winners,
                excluded=() if loser is None else (loser,),
                acts_on=acts_on,
                quota=fixed(settled.quota, PLACES),
            )
        )


def _reaches(contest: Contest, settled: Round, number: int) -> str:
    """Somebody is elected."""
    beyond = settled.votes[number] - settled.quota
    more = f"{spoken(beyond, PLACES)} more than the quota" if beyond else "exactly the quota"
    return f"{contest.name(number)} has {votes_in_words(settled.votes[number], PLACES)}, {more}, and is elected."
