"""What happens at each stage of a transferable vote, in plain sentences. Pure."""

from collections.abc import Mapping, Sequence

from pilot.voting.count.amounts import listed, plural, spoken, votes
from pilot.voting.count.contest import Contest, names
from pilot.voting.count.result import Tie

NO_PAPERS = "There are no papers that choose anybody."

NOBODY = "So nobody is elected."


def first_choices(papers: int) -> str:
    """That the first choices are counted, on how many papers."""
    if not papers:
        return NO_PAPERS
    if papers == 1:
        return "The first choice on 1 paper is counted."
    return f"The first choices on {papers:,} papers are counted."


def first(contest: Contest, papers: int, quota: int) -> list[str]:
    """First choices, and what the quota is."""
    counted = first_choices(papers)
    if contest.seats == 1:
        return [counted, f"The quota is {votes(quota, 0)}: more than half."]
    return [counted, f"The quota is {votes(quota, 0)}: no more than {contest.seats} candidates can have so many."]


def surplus(name: str, held: int, quota: int, value: int, *, whole: bool) -> list[str]:
    """How many votes are too many, and what each is worth when it moves on. `whole`: each was worth one vote."""
    over = held - quota
    told = f"{name} has {votes(held)}, {spoken(over)} more than the quota of {spoken(quota)}."
    move = "1 vote moves on" if over == 10**5 else f"{votes(over)} move on"
    each = f"at {spoken(value)} each" if whole else f"at {spoken(value)} of what each was worth"
    return [told, f"{move} {each}."]


def last(name: str, fewest: int, *, others: bool) -> str:
    """Who has the fewest votes and leaves. `others`: of those who are not guarded."""
    return f"{'Of the others, ' if others else ''}{name} has the fewest votes, {spoken(fewest)}, and leaves the count."


def doomed(contest: Contest, reasons: Mapping[int, str]) -> list[str]:
    """Who leaves because of reserved seats, and why; those with one reason in one sentence."""
    return [
        f"{names(contest, who)} cannot be elected any more, {reason}, and {'leaves' if len(who) == 1 else 'leave'} "
        "the count."
        for reason, who in _by_reason(reasons)
    ]


def closed(contest: Contest, reasons: Mapping[int, str]) -> list[str]:
    """Who is still in the count at its end and cannot take one of the last seats, and why."""
    return [f"{names(contest, who)} cannot be elected, {reason}." for reason, who in _by_reason(reasons)]


def _by_reason(reasons: Mapping[int, str]) -> list[tuple[str, list[int]]]:
    """Each reason with everybody whom it meets."""
    return [
        (reason, [number for number, why in reasons.items() if why == reason])
        for reason in dict.fromkeys(reasons.values())
    ]


def passed_over(contest: Contest, reasons: Mapping[int, str], held: Mapping[int, int]) -> list[str]:
    """Who has too few votes to stay and stays all the same, and why."""
    told = []
    for number, reason in reasons.items():
        comma = "," if reason.startswith("because") else ""
        told.append(f"{contest.name(number)} has only {votes(held[number])} and stays{comma} {reason}.")
    return told


def moved(held: int) -> list[str]:
    """How many votes of somebody who left go on."""
    if not held:
        return []
    return [f"{votes(held)} {'moves' if held == 10**5 else 'move'} to the next choice on the paper."]


def stopped(held: int) -> list[str]:
    """How many votes go no further."""
    if not held:
        return []
    return [f"{votes(held)} {'stops' if held == 10**5 else 'stop'} here: the papers have no next choice."]


def cut_off(lost: int) -> list[str]:
    """What is lost of a surplus, because fractions of a vote are cut off and never rounded up."""
    if not lost:
        return []
    return [f"{votes(lost)} {'is' if lost == 10**5 else 'are'} lost: fractions are cut off after five decimals."]


def reached(contest: Contest, seated: Sequence[int], held: Mapping[int, int], quota: int, empty: int) -> list[str]:
    """Who has the quota and is elected now, and the seats that stay empty: `empty` of them in all."""
    people = [number for number in seated if number != contest.reopen]
    told = []
    if len(people) == 1:
        name = contest.name(people[0])
        told.append(f"{name} has {votes(held[people[0]])}, reaches the quota of {quota:,} and is elected.")
    elif people:
        each = [f"{contest.name(number)} ({votes(held[number])})" for number in people]
        told.append(f"{listed(each)} reach the quota of {quota:,} and are elected.")
    if contest.reopen and contest.reopen in seated:
        quotas = f"the quota of {quota:,}" if empty == 1 else f"{empty} times the quota of {quota:,}"
        has = f"{contest.name(contest.reopen)} has {votes(held[contest.reopen])}"
        told.append(f"{has} and reaches {quotas}: {stay_empty(empty)}.")
    return told


def last_seats(contest: Contest, able: Sequence[int], left: int) -> list[str]:
    """Who is elected because no more candidates are left than seats."""
    people = [number for number in able if number != contest.reopen]
    told = [f"{plural(left, 'seat is', 'seats are')} left, and {_candidates(len(able), left)}."]
    if people:
        told.append(f"{names(contest, people)} {'is' if len(people) == 1 else 'are'} elected without the quota.")
    if len(able) > len(people) and contest.reopen:
        told.append(f"{contest.name(contest.reopen)} wins a seat: it stays empty.")
    if len(able) < left:
        told.append(f"{stay_empty(left - len(able))}.")
    return told


def outcome(contest: Contest, elected: Sequence[int], ties: Sequence[Tie]) -> str:
    """The result in one or two sentences: who is elected, how many seats stay empty, and where the lot decided."""
    told = ["Nobody is elected."]
    if elected:
        told = [f"{names(contest, elected)} {'is' if len(elected) == 1 else 'are'} elected."]
    if empty := contest.seats - len(elected):
        told.append(f"{stay_empty(empty)}.")
    stages = sorted({tie.stage for tie in ties if tie.settled == "lot"})
    if stages:
        at = listed([str(stage) for stage in stages])
        told.append(
            f"A tie was decided by lot at stage {at}."
            if len(stages) == 1
            else f"Ties were decided by lot at stages {at}."
        )
    return " ".join(told)


def _candidates(number: int, left: int) -> str:
    who = plural(number, "candidate", "candidates") if number else "nobody"
    return f"{who} can take {'it' if left == 1 else 'them'}"


def stay_empty(seats: int) -> str:
    """ "1 seat stays empty", "2 seats stay empty"."""
    return f"{plural(seats, 'seat stays', 'seats stay')} empty"
