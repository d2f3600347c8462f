"""Who is chosen where candidates are level: who was ahead before, and only if nobody ever was, the lot. Pure.

Scottish Local Government Elections Order 2007 (SSI 2007/42), Schedule 1, rule 49(2) and (3) for surpluses and rule
51(2) for exclusions; SSI 2011/399, Schedule 1, has the same words one rule further on. Where three or more are level,
a stage at which only some of them were ahead narrows the choice, and the stages before it settle the rest.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pilot.voting.count.amounts import spoken
from pilot.voting.count.contest import Contest, names
from pilot.voting.count.lot import luckiest, unluckiest
from pilot.voting.count.result import Tie

Choice = Literal["surplus", "exclusion", "seat"]
"""What is decided: whose votes move on first, who leaves the count, or who takes the seat."""

LEVEL: dict[Choice, str] = {
    "surplus": "{} have the most votes, {} each",
    "exclusion": "{} have the fewest votes, {} each",
    "seat": "{} have {} votes each",
}

OUTCOMES: dict[Choice, str] = {
    "surplus": "the votes of {} move on first",
    "exclusion": "{} leaves the count",
    "seat": "{} takes the seat",
}


class Ties:
    """The ties of one count, each settled when it is met; `found` lists them in that order."""

    def __init__(self, contest: Contest, order: Sequence[int] | None, places: int = 5) -> None:
        """`order`: the lot, luckiest first. `places`: decimals of a vote."""
        self.contest, self.order, self.places = contest, order, places
        self.found: list[Tie] = []

    def settle(self, choice: Choice, level: Sequence[int], history: Sequence[Mapping[int, int]], stage: int) -> int:
        """The one of several level candidates who is chosen: who was ahead, but for an exclusion who was behind.

        `history`: votes by candidate at the end of each stage until now, in parts. `stage`: the stage for which it is
        decided. Raises NeedsLot when only the lot can tell and none was drawn.
        """
        if len(level) == 1:
            return level[0]
        level = sorted(level)
        chosen, looked = look_back(level, history, worst=choice == "exclusion")
        settled = f"lookback {looked}" if looked else "lot"
        if not looked:
            drawn = unluckiest if choice == "exclusion" else luckiest
            chosen = [drawn(self.order, chosen)]
        told = self._told(choice, tuple(level), chosen[0], looked, history)
        self.found.append(Tie(stage, tuple(level), settled, chosen[0], told))
        return chosen[0]

    def _told(
        self, choice: Choice, level: Sequence[int], chosen: int, looked: int, history: Sequence[Mapping[int, int]]
    ) -> str:
        """The sentence of a tie: how many votes they have, what settled it, and who is chosen."""
        amount = spoken(history[-1][level[0]], self.places)
        said = LEVEL[choice].format(names(self.contest, level), amount)
        outcome = OUTCOMES[choice].format(self.contest.name(chosen))
        if looked:
            most = "fewest" if choice == "exclusion" else "most"
            of_them = most if len(level) > 2 else {"fewest": "fewer", "most": "more"}[most]
            why = f"{self.contest.name(chosen)} had {of_them} at the end of stage {looked}"
        elif len(history) > 1:
            why = "No stage before tells them apart, so the lot decides"
        else:
            why = "The lot decides"
        return f"{said}. {why}: {outcome}."


def look_back(
    level: Sequence[int], history: Sequence[Mapping[int, int]], *, worst: bool
) -> tuple[list[int], int | None]:
    """Who was ahead (`worst`: behind) at the latest stage at which they differed, and the number of that stage.

    When that does not leave one: those who are still level, and None.
    """
    among = list(level)
    for stage in range(len(history), 0, -1):
        votes = history[stage - 1]
        edge = (min if worst else max)(votes[number] for number in among)
        among = [number for number in among if votes[number] == edge]
        if len(among) == 1:
            return among, stage
    return among, None
