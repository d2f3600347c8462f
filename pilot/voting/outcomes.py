"""What a count comes to, in plain sentences for people who know no rule of counting. Pure."""

import shlex
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from pilot.secrecy.manifest import Question
from pilot.voting.ballots import Ask, Election, Majority
from pilot.voting.count import yes_no
from pilot.voting.count.amounts import listed, plural
from pilot.voting.count.contest import Reserve
from pilot.voting.count.result import CountResult, fate
from pilot.voting.declaration import Outcome
from pilot.voting.stages import figure

NAMED_IN_A_HEADING = 4
"""With more people elected than this, a heading gives their number; the list stands below it."""

ANSWERED = {
    Outcome.CARRIED: "carried",
    Outcome.NOT_CARRIED: "not carried",
    Outcome.INQUORATE: "too few people voted",
}
"""How a question was decided, for a heading."""

WAYS = {
    "scottish-stv": "Voters put the candidates in order, and votes that are not needed move on to the next choice "
    "(single transferable vote, as for Scottish councils).",
    "alternative-vote": "Voters put the candidates in order. Whoever has more than half of the papers wins; until "
    "then the last candidate leaves, and those papers move on to their next choice (alternative vote).",
    "meek-stv": "Voters put the candidates in order, and votes that are not needed move on to the next choice "
    "(single transferable vote by Meek's method).",
    "first-past-the-post": "Voters choose one candidate, and whoever has the most votes wins (first past the post).",
    "block-plurality": "Voters choose as many candidates as there are seats, or fewer, and those with the most votes "
    "win (block vote).",
    "approval": "Voters choose as many candidates as they like, and those with the most votes win (approval vote).",
}
"""How each rule fills seats, in a sentence."""

NOBODY = "nobody"
"""What a blank paper says."""

RANKED = (
    "Each paper is one vote. It first counts for the candidate whom it ranks first.",
    "Whoever has as many votes as the quota is elected.",
    "Votes above the quota are not lost. They move on: each paper of that candidate passes the same part of its vote "
    "to its next choice.",
    "When nobody else has reached the quota, the candidate with the fewest votes is out. Their votes move on to the "
    "next choice on each paper.",
    "This goes on, stage by stage, until all seats are filled.",
)

HOW = {
    "scottish-stv": RANKED,
    "alternative-vote": (
        "Each paper is one vote. It first counts for the candidate whom it ranks first.",
        "Whoever has more than half of the papers is elected.",
        "When nobody has, the candidate with the fewest votes is out. Their votes move on to the next choice on each "
        "paper.",
        "This goes on, stage by stage, until somebody is elected.",
    ),
    "meek-stv": (
        *RANKED[:3],
        "When votes can move on no further, the quota becomes smaller, and those who were elected pass on a little "
        "more.",
        *RANKED[3:],
    ),
    "first-past-the-post": (
        "Each paper names one candidate.",
        "The candidate on most papers is elected.",
    ),
    "block-plurality": (
        "Each paper names as many candidates as there are seats, or fewer.",
        "The candidates on most papers are elected.",
    ),
    "approval": (
        "Each paper names everybody whom the voter could agree to, as many as they like.",
        "The candidates on most papers are elected.",
    ),
}
"""How the seats are filled, step by step, by the name of the rule."""


class Candidate(msgspec.Struct, frozen=True):
    """One candidate in a declaration: votes of the first stage, and what became of them."""

    name: str
    votes: str
    fate: str


class Answers(msgspec.Struct, frozen=True):
    """What the ids on a paper mean. `ranked`: their order is an order of choice."""

    options: dict[str, str]
    ranked: bool

    def words(self, chosen: str) -> str:
        """The ids of a paper, with spaces between them, in words: "Yes", "1 Amy Osei, 2 Ben Roy", "nobody"."""
        named = [self.options[one] for one in chosen.split()]
        if self.ranked:
            named = [f"{place} {name}" for place, name in enumerate(named, start=1)]
        return ", ".join(named) or NOBODY


def answers(question: Question) -> Answers:
    """How the papers of this question are read."""
    return Answers({option.id: option.text for option in question.options}, question.ranked)


def decided(ask: Ask) -> str:
    """How the vote is decided, in a sentence or two, for its page and its declaration."""
    if isinstance(ask, Majority):
        return yes_no.in_words(ask.rule())
    return f"{plural(ask.seats, 'seat is', 'seats are')} filled. {WAYS[ask.rule]}"


def candidates(result: CountResult) -> list[Candidate]:
    """Everybody who stood, in the order of the paper, for the declaration."""
    first = result.stages[0].votes
    return [
        Candidate(name, figure(first.get(str(number), "0")), fate(result, number))
        for number, name in enumerate(result.candidates, start=1)
    ]


def again(ask: Election, seed: str = "") -> str:
    """The command that counts the published papers again. `seed`: that of the lot, in hex, where one decided."""
    parts = ["pilot", "count", "ballots.blt", "--rule", ask.rule, "--seats", str(ask.seats)]
    for kept in ask.reserves:
        told = _reserve(kept)
        parts += [f"--reserve={told}"] if told.startswith("-") else ["--reserve", told]
    if reopen := ask.contest().reopen:
        parts += ["--reopen", str(reopen)]
    if seed:
        parts += ["--lot-seed", seed]
    return shlex.join(parts)


def _reserve(kept: Reserve) -> str:
    """A kept group as `pilot count` reads it.

    A name with colons has both limits behind it, so that no part of the name is taken for one; the number of all the
    group's candidates is as good as no upper limit.
    """
    most = len(kept.candidates) if kept.most is None and ":" in kept.name else kept.most
    limits = str(kept.least) if most is None else f"{kept.least}:{most}"
    return f"{kept.name}:{limits}:{','.join(map(str, kept.candidates))}"


def headline(result: CountResult) -> str:
    """Who was elected, for a heading."""
    elected = [place.name for place in result.elected]
    if not elected:
        return "Nobody was elected"
    if len(elected) > NAMED_IN_A_HEADING:
        return f"{len(elected)} people were elected"
    return f"{listed(elected)} {'was' if len(elected) == 1 else 'were'} elected"


def quota(result: CountResult) -> str:
    """What the quota is and why it is that number; "" for a rule that has none."""
    if result.quota is None:
        return ""
    votes, seats = Decimal(result.quota), result.seats
    if any(stage.quota for stage in result.stages):
        return (
            f"The quota is {figure(votes)} votes at the end: all votes that can still move, divided by "
            f"{seats + 1}. It becomes smaller when votes can move on no further."
        )
    if seats == 1:
        return f"The quota is {figure(votes)}: more than half of the {result.valid:,} papers."
    return (
        f"The quota is {figure(votes)}: the smallest number of votes that only {seats} candidates can all reach. "
        f"{seats + 1} times {figure(votes)} would be {figure(votes * (seats + 1))}, "
        f"and there are {result.valid:,} papers."
    )


def empty(result: CountResult, reopen: int | None) -> str:
    """Which seats stay empty and why; "" when all are filled."""
    if not result.empty:
        return ""
    seats, won = plural(result.empty, "seat stays", "seats stay"), "it" if result.empty == 1 else "them"
    if not result.valid:
        return f"{seats} empty: no paper chose anybody."
    if reopen is None:
        return f"{seats} empty: nobody was left to fill {won}."
    return f"{seats} empty: “{result.candidates[reopen - 1]}” won {won}, so nobody holds {won} for now."


def reserved(result: CountResult, reserves: Sequence[Reserve]) -> list[str]:
    """For each class with places of its own: what was kept, and who of the class was elected."""
    return [_kept(result, reserve) for reserve in reserves]


def _kept(result: CountResult, reserve: Reserve) -> str:
    elected = [place.name for place in result.elected if place.candidate in reserve.candidates]
    standing = [result.candidates[number - 1] for number in reserve.candidates]
    stood = f"candidate{' was' if len(standing) == 1 else 's were'} {listed(standing)}."
    won = "None of them was elected."
    if elected:
        won = f"{plural(len(elected), 'of them was', 'of them were')} elected: {listed(elected)}."
    limits = _limits(result.seats, reserve)
    return f"{reserve.name}: {limits} Its {stood} {won}" if limits else f"{reserve.name}: its {stood} {won}"


def _limits(seats: int, reserve: Reserve) -> str:
    """How many of the class there had to be or could be, after a colon; "" where there was no limit."""
    of = f"of the {plural(seats, 'seat', 'seats')}"
    if not reserve.least:
        return "" if reserve.most is None else f"no more than {reserve.most} {of} could go to this group."
    least = f"at least {reserve.least} {of} had to go to this group"
    return f"{least}." if reserve.most is None else f"{least}, and no more than {reserve.most} could."
