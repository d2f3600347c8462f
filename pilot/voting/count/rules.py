"""Every rule by which an election can be counted, what its paper asks for, and whether a contest fits it. Pure."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from pilot.voting.count import approval, meek, plurality, reserved, scottish_stv
from pilot.voting.count.amounts import plural
from pilot.voting.count.contest import REOPEN, Cannot, Contest, Papers
from pilot.voting.count.result import CountResult

Paper = Literal["ranked", "one", "several", "any"]
"""What a paper asks for: an order of preference, one choice, up to as many as there are seats, or any number."""


class Method(msgspec.Struct, frozen=True):
    """A rule. `title` in plain words; `transfers`: a vote can move on to another candidate."""

    name: str
    version: str
    title: str
    paper: Paper
    transfers: bool
    count: Callable[[Contest, Papers, Sequence[int] | None], CountResult]
    one_seat: bool = False


RULES: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "scottish-stv",
            scottish_stv.VERSION,
            "Single transferable vote, as in Scottish council elections",
            "ranked",
            transfers=True,
            count=scottish_stv.count,
        ),
        Method(
            "alternative-vote",
            scottish_stv.VERSION,
            "Alternative vote",
            "ranked",
            transfers=True,
            count=scottish_stv.alternative_vote,
            one_seat=True,
        ),
        Method(
            "first-past-the-post",
            plurality.VERSION,
            "First past the post",
            "one",
            transfers=False,
            count=plurality.first_past_the_post,
            one_seat=True,
        ),
        Method(
            "block-plurality",
            plurality.VERSION,
            "Block vote: as many choices as seats",
            "several",
            transfers=False,
            count=plurality.block,
        ),
        Method(
            "approval",
            plurality.VERSION,
            "Approval: any number of choices",
            "any",
            transfers=False,
            count=approval.count,
        ),
        Method(
            "meek-stv",
            meek.VERSION,
            "Single transferable vote by Meek's method",
            "ranked",
            transfers=True,
            count=meek.count,
        ),
    )
}
"""The rules by the names that a manifest, a constitution and the command line use."""


def method(name: str) -> Method:
    """The rule of this name. Raises Cannot when there is none."""
    if name not in RULES:
        raise Cannot(f"There is no rule called “{name}”. The rules are {', '.join(RULES)}.")
    return RULES[name]


def count(name: str, contest: Contest, papers: Papers, order: Sequence[int] | None = None) -> CountResult:
    """Count the papers by a rule. `order`: the lot's order of all candidates' numbers, luckiest first.

    Raises Cannot for a contest or papers that the rule cannot count, NeedsLot where only a lot can settle a tie and
    `order` is None.
    """
    rule = method(name)
    if order is not None and sorted(order) != list(range(1, len(contest.candidates) + 1)):
        raise Cannot("The lot must name every candidate once.")
    return rule.count(contest, papers, order)


def check(name: str, contest: Contest) -> list[str]:
    """Why a ballot by this rule cannot be held: a sentence for each reason, none when it can.

    Asked when an election is set up and again before it opens. A contest in which there is nothing to decide can be
    counted, but is no reason to ask anybody to vote.
    """
    if name not in RULES:
        return [f"There is no rule called “{name}”. The rules are {', '.join(RULES)}."]
    rule = RULES[name]
    found = reserved.problems(contest)
    if rule.one_seat and contest.seats != 1:
        found.append(f"{rule.title} fills one seat, and there are {contest.seats}.")
    same = sorted({each for each in contest.candidates if contest.candidates.count(each) > 1})
    found += [f"Two candidates are called {each}: add something by which voters can tell them apart." for each in same]
    people = [number for number in contest.standing if number != contest.reopen]
    if not found and contest.reopen not in contest.standing and len(people) <= contest.seats:
        found.append(
            f"{plural(len(people), 'candidate', 'candidates')} for {plural(contest.seats, 'seat', 'seats')}: "
            "there is nothing to decide. "
            f"Wait for more candidates, lower the number of seats, or put “{REOPEN}” on the paper."
        )
    return found


def limits(name: str, contest: Contest) -> tuple[int, int, bool]:
    """The fewest and the most choices on a paper, and whether their order counts.

    The fewest is none: a blank paper is a way to take part. Raises Cannot for an unknown rule.
    """
    paper = method(name).paper
    on_it = len(contest.standing)
    most = {"ranked": on_it, "one": 1, "several": min(contest.seats, on_it), "any": on_it}[paper]
    return 0, most, paper == "ranked"
