"""The paper of an election: what voters are asked, in which order, and whether it can be counted at all. Pure."""

from collections.abc import Sequence

from pilot.councils.constitution import Constitution
from pilot.councils.contests import (
    Candidate,
    Kept,
    Plan,
    is_uncontested,
    on_the_paper,
    statement_problem,
)
from pilot.voting.ballots import MOST_CANDIDATES, Election
from pilot.voting.count import rules
from pilot.voting.count.contest import Reserve


def question(council: str, seats: int) -> str:
    """The question on the paper."""
    return f"Who should hold the seat on the {council}?" if seats == 1 else f"Who should sit on the {council}?"


def in_full(candidates: Sequence[Candidate]) -> str:
    """What voters can read before they choose: every candidate with their statement, in the order on the paper."""
    return "\n\n".join(
        f"{one.name}{f' ({one.group})' if one.group else ''}\n{one.statement or 'This candidate gave no statement.'}"
        for one in on_the_paper(candidates)
    )


def rule_for(constitution: Constitution, seats: int) -> str:
    """The name of the way of counting, in pilot/voting/count/rules.py."""
    return constitution.one_seat_rule if seats == 1 else constitution.counting_rule


def election(plan: Plan, constitution: Constitution) -> Election:
    """What the voters are asked; candidates are numbered in the order on the paper."""
    listed = on_the_paper(plan.candidates)
    return Election(
        rule=rule_for(constitution, plan.seats),
        seats=plan.seats,
        candidates=tuple(one.name for one in listed),
        reopen=constitution.reopen_nominations,
        reserves=tuple(_reserve(kept, listed) for kept in plan.kept),
    )


def kept_problems(plan: Plan, constitution: Constitution) -> list[str]:
    """Why the reserved places cannot be filled as asked, in sentences; empty when they can."""
    if not plan.candidates or not plan.kept:
        return []
    if not is_uncontested(plan):
        return _cannot_count(plan, constitution)
    return _uncontested_problems(plan) or _too_few_stand(plan)


def problems(plan: Plan, constitution: Constitution) -> list[str]:
    """Everything that keeps an election from being arranged, but for its dates; empty when all is well."""
    found = []
    if len(plan.candidates) > MOST_CANDIDATES:
        found.append(f"An election can have {MOST_CANDIDATES} candidates at most. This one has {len(plan.candidates)}.")
    for one in plan.candidates:
        if sentence := statement_problem(one.statement, constitution):
            found.append(f"{one.name}: {sentence}.")
    if not plan.candidates:
        return ["Nobody stands yet. Add the candidates.", *found]
    return found + (_uncontested_problems(plan) if is_uncontested(plan) else _cannot_count(plan, constitution))


def _cannot_count(plan: Plan, constitution: Constitution) -> list[str]:
    asked = election(plan, constitution)
    return rules.check(asked.rule, asked.contest(plan.title))


def _uncontested_problems(plan: Plan) -> list[str]:
    found = []
    for kept in plan.kept:
        standing = sum(one.group == kept.group for one in plan.candidates)
        if kept.most is not None and standing > kept.most:
            stand = f"{standing} {'stands' if standing == 1 else 'stand'}"
            found.append(f"At most {kept.most} of “{kept.group}” can be elected, and {stand}. {_why_no_vote(plan)}")
    missing = sum(max(0, kept.least - sum(one.group == kept.group for one in plan.candidates)) for kept in plan.kept)
    if missing > (empty := plan.seats - len(plan.candidates)):
        found.append(
            f"Reserved places lack {missing} of their candidates, and only {empty} of the {plan.seats} seats would "
            "stay empty for them. Find more candidates of that class, or reserve fewer places."
        )
    return found


def _why_no_vote(plan: Plan) -> str:
    shut_out = {kept.group for kept in plan.kept if kept.most == 0}
    if all(one.group in shut_out for one in plan.candidates):
        return "Nobody is left who could be elected."
    return "There are no more candidates than seats, so a vote could not choose between them."


def _too_few_stand(plan: Plan) -> list[str]:
    """Reserved places without a candidate, where enough seats stay empty for them."""
    found = []
    for kept in plan.kept:
        standing = sum(one.group == kept.group for one in plan.candidates)
        if standing < kept.least:
            stand = f"{standing or 'none'} {'stands' if standing == 1 else 'stand'}"
            found.append(
                f"At least {kept.least} of “{kept.group}” should be elected, and {stand}. Find more candidates of that "
                "class. Without a vote the other seats stay empty."
            )
    return found


def _reserve(kept: Kept, listed: Sequence[Candidate]) -> Reserve:
    numbers = tuple(number for number, one in enumerate(listed, 1) if one.group == kept.group)
    return Reserve(kept.group, numbers, kept.least, kept.most)
