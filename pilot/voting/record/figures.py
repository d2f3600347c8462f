"""What the published figures of an election say by themselves, where its papers are not at hand. Pure.

Without the papers nobody can see how many votes moved from whom to whom. All the rest follows from the votes of each
stage, the reserves and the lot: who has the quota, who is elected, whose votes move, who leaves, and which ties were
settled how. So the count is made again, and only where votes move the published ones are taken.
"""

from collections.abc import Collection, Sequence

import msgspec

from pilot.voting.count import meek, rules, scottish_stv, shares
from pilot.voting.count.amounts import parts
from pilot.voting.count.contest import Cannot, Contest
from pilot.voting.count.piles import Worth
from pilot.voting.count.result import CountResult, Stage
from pilot.voting.record.asked import Election

Votes = list[dict[int, int]]
"""The published votes at the end of each stage, by candidate, in parts of a vote."""


def count_again(election: Election, said: CountResult, order: Sequence[int]) -> CountResult:
    """The count that follows from the votes of a published one. `order`: the lot, luckiest first.

    What was done at a stage of a rule with transfers is left in the words of the published count. Raises Cannot,
    LookupError or ValueError for votes that no papers can give.
    """
    if not rules.RULES[election.rule].transfers:
        return _most_votes(election, said, order)
    places = shares.PLACES if election.rule == meek.RULE else 5
    votes = [{int(number): parts(had, places) for number, had in stage.votes.items()} for stage in said.stages]
    first = {bytes([number]): had // 10**places for number, had in votes[0].items() if had}
    if election.rule == meek.RULE:
        again = _by_meek(election.contest, first, votes, order)
    else:
        again = _Moved(election.rule, election.contest, first, order).by(votes)
    lost = [parts(stage.non_transferable, places) for stage in again.stages]
    if lost[0] or min(lost) < 0 or (election.rule != meek.RULE and lost != sorted(lost)):
        raise Cannot("more votes arrive somewhere than there are")
    return msgspec.structs.replace(again, blank=said.blank, stages=_in_words_of(said.stages, again.stages))


def _most_votes(election: Election, said: CountResult, order: Sequence[int]) -> CountResult:
    """Every vote is counted as a paper of its own; then there are as many papers as were said."""
    votes = {int(number): int(had) for number, had in said.stages[0].votes.items()}
    _, choices, _ = rules.limits(election.rule, election.contest)
    if not max(votes.values()) <= said.valid <= sum(votes.values()) <= said.valid * choices:
        raise Cannot("so many papers cannot give so many votes")
    papers = {bytes([number]): had for number, had in votes.items() if had}
    again = rules.count(election.rule, election.contest, papers, order)
    return msgspec.structs.replace(again, valid=said.valid, blank=said.blank)


class _Moved(scottish_stv.Count):
    """Scottish STV in which the published votes say who gains how much."""

    def by(self, votes: Votes) -> CountResult:
        self.told = votes
        return self.result()

    def credit(self, sources: Collection[int], worth: Worth) -> int:  # noqa: ARG002 -- what papers are worth is not known
        for number in self.votes:
            if number in self.hopeful or (self.reopened and number == self.contest.reopen):
                self.votes[number] = max(self.votes[number], self.told[len(self.history)][number])
        return 0


def _by_meek(contest: Contest, first: dict[bytes, int], told: Votes, order: Sequence[int]) -> CountResult:
    def settled(state: shares.State, stage: int) -> shares.Round:
        votes = {number: told[stage - 1][number] if keep else 0 for number, keep in state.keep.items()}
        return shares.weigh(state, votes, stage)

    counts, ties = shares.decide(contest, settled, order, any_=bool(first))
    return meek.written(contest, counts, ties, valid=sum(first.values()), blank=0)


def _in_words_of(said: Sequence[Stage], found: Sequence[Stage]) -> tuple[Stage, ...]:
    if len(said) != len(found):
        raise Cannot(f"by its own votes it has {len(found)} stages, and not {len(said)}")
    return tuple(msgspec.structs.replace(new, action=old.action) for old, new in zip(said, found, strict=True))
