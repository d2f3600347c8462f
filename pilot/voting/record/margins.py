"""How many papers would have had to be different for another result, and whether those left out could be enough. Pure.

For a question, for first past the post, block plurality and approval that number is exact. For rules that transfer
votes, and where seats are kept for a class, nobody knows a way to work it out, so nothing is claimed: any vote that was
not counted could matter.
"""

from pilot.voting.count import yes_no
from pilot.voting.count.result import CountResult
from pilot.voting.count.yes_no import Result, Rule
from pilot.voting.record.asked import Asked, Election

LEFT_OUT = (
    "{:,} sealed votes or papers were not counted (copies, not opened, spoilt or set aside): "
    "enough to have given another outcome"
)
LEFT_OUT_UNKNOWN = (
    "{:,} sealed votes or papers were not counted (copies, not opened, spoilt or set aside): "
    "nobody can say whether they would have given another outcome"
)
NOBODY_KNOWS = "nobody can say how many papers would have had to be different for another outcome"


def is_known(asked: Asked) -> bool:
    """Whether the number of papers that would give another outcome can be worked out."""
    if isinstance(asked, Rule):
        return True
    return asked.rule in ("first-past-the-post", "block-plurality", "approval") and not asked.contest.reserves


def beside_spare(asked: Asked, count: Result | CountResult) -> str:
    """How many exchanged papers would give another outcome, in words."""
    if not is_known(asked):
        return NOBODY_KNOWS
    needed = exchanged(asked, count)
    if needed is None:
        return "no exchange of papers could give another outcome"
    return f"{needed:,} exchanged papers would give another outcome"


def exchanged(asked: Asked, count: Result | CountResult) -> int | None:
    """The fewest papers that would have had to say something else; None when no number would do.

    A draw, which a lot settles, counts as another outcome. Only where `is_known`.
    """
    if isinstance(asked, Rule) and isinstance(count, Result):
        return yes_no.margin(asked, count)
    gap = _gap(asked, count)  # type: ignore[arg-type]
    return None if gap is None else max(1, (gap + 1) // 2)


def left_out(asked: Asked, count: Result | CountResult, left: int) -> str:
    """A sentence when `left` votes that were not counted could have given another outcome, else nothing.

    `left` includes the spoilt papers of a question. Raises ValueError when there are more of them than people.
    """
    if not left:
        return ""
    if isinstance(asked, Rule) and isinstance(count, Result):
        return LEFT_OUT.format(left) if _matters(asked, count, left) else ""
    if not is_known(asked):
        return LEFT_OUT_UNKNOWN.format(left)
    needed = exchanged(asked, count)
    return LEFT_OUT.format(left) if needed is not None and left >= needed else ""


def _matters(rule: Rule, result: Result, left: int) -> bool:
    """Whether they are as many as the margin, or enough new votes for one answer."""
    margin = yes_no.margin(rule, result)
    if margin is not None and left >= margin:
        return True
    votes = {"yes": result.yes, "no": result.no, "abstain": result.abstain}
    added = ({**votes, answer: votes[answer] + left} for answer in votes)
    return any(yes_no.count(rule, more, entitled=result.entitled).outcome is not result.outcome for more in added)


def _gap(election: Election, count: CountResult) -> int | None:
    """Votes between the last who is elected and the first who is not; 0 when they are level, or when nobody has a vote.

    "Re-open nominations" elects nobody: who is elected has more votes than it, and while seats stay empty, all others
    have not.
    """
    if not count.valid:
        return 0
    votes = {int(number): int(had) for number, had in count.stages[0].votes.items()}
    bar = votes.pop(election.contest.reopen or 0, None)
    elected = [had for number, had in votes.items() if number in count.winners]
    others = [had for number, had in votes.items() if number not in count.winners]
    gaps = []
    if elected and bar is not None:
        gaps.append(min(elected) - bar)
    if elected and others and not count.empty:
        gaps.append(min(elected) - max(others))
    if others and count.empty and bar is not None:
        gaps.append(bar - max(others) + 1)
    return min(gaps, default=None)
