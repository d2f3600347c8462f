"""Who is chosen where candidates are level: who was ahead before, and only if nobody ever was, the lot. Pure.

Scottish Local Government Elections Order 2007 (SSI 2007/42), Schedule 1, rule 49(2) and (3) for surpluses and rule
51(2) for exclusions; SSI 2011/399, Schedule 1, has the same words one rule further on. Where three or more are level,
a stage at which only some of them were ahead narrows the choice, and the stages before it settle the rest.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pilot.voting.count.amounts import spoken
from pilot.voting.count.amounts import votes as votes_in_words
from pilot.voting.count.contest import Contest, names
from pilot.voting.count.lot import luckiest, unluckiest
from pilot.voting.count.result import Tie

Choice = Literal["surplus", "exclusion", "seat"]
"""What is decided: whose votes move on first, who leaves the count, or who takes the seat."""

Step = tuple[int, list[int]]
"""A stage at which candidates differed, and those who are therefore not chosen."""

LEVEL: dict[Choice, str] = {
    "surplus": "{} have the most votes, {} each",
    "exclusion": "{} have the fewest votes, {} each",
    "seat": "{} have {} each",
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
        worst = choice == "exclusion"
        steps = look_back(level, history, worst=worst)
        dropped = {number for _, others in steps for number in others}
        among = [number for number in level if number not in dropped]
        by_lot = len(among) > 1
        chosen = (unluckiest if worst else luckiest)(self.order, among) if by_lot else among[0]
        held = history[-1][level[0]]
        amount = votes_in_words(held, self.places) if choice == "seat" else spoken(held, self.places)
        told = [LEVEL[choice].format(names(self.contest, level), amount) + "."]
        less, more = ("fewer", "more") if worst else ("more", "fewer")
        for then, others in steps if by_lot else steps[:-1]:
            told.append(f"{names(self.contest, others)} had {more} at the end of stage {then}.")
        if by_lot:
            apart = f"No stage tells {names(self.contest, among)} apart, so the lot decides"
            why = apart if len(history) > 1 else "The lot decides"
        else:
            then, others = steps[-1]
            why = (
                f"{self.contest.name(chosen)} had {less} than {names(self.contest, others)} at the end of stage {then}"
            )
        told.append(f"{why}: {OUTCOMES[choice].format(self.contest.name(chosen))}.")
        settled = "lot" if by_lot else f"lookback {steps[-1][0]}"
        self.found.append(Tie(stage, tuple(level), settled, chosen, " ".join(told)))
        return chosen


def look_back(level: Sequence[int], history: Sequence[Mapping[int, int]], *, worst: bool) -> list[Step]:
    """The stages, from the latest back, at which some were ahead (`worst`: were not last) and so are not chosen.

    It ends when one is left, or with the first stage.
    """
    among, steps = list(level), []
    for stage in range(len(history), 0, -1):
        votes = history[stage - 1]
        edge = (min if worst else max)(votes[number] for number in among)
        if others := [number for number in among if votes[number] != edge]:
            among = [number for number in among if votes[number] == edge]
            steps.append((stage, others))
        if len(among) == 1:
            break
    return steps
