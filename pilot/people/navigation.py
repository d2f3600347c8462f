"""What the header, the start page and the page of a trust offer to whoever is signed in. Pure."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from pilot.people.roles import TRUST_ROLES, Officer, Principal, Role, Voter
from pilot.people.trusts import Trust

WATCHERS = (Role.PROGRAMME_ADMIN, Role.EVALUATOR, Role.AUDITOR)
MEASURERS = (Role.PROGRAMME_ADMIN, Role.EVALUATOR)
"""Who works with measures: an auditor looks at votes and rolls, not at them."""


class Task(Struct, frozen=True):
    """One piece of work: where it is, its name, what it is for, how it stands in words, and whether it is done."""

    href: str
    title: str
    hint: str
    status: str = ""
    done: bool = False


class Work(Struct, frozen=True):
    """What one officer does in one trust, or across the programme (`trust` is None)."""

    trust: Trust | None
    roles: tuple[str, ...]
    tasks: tuple[Task, ...]


def navigation(principal: Principal, path: str) -> list[dict[str, Any]]:
    """The header's links as the NHS macro wants them: href, text, and whether the page is the current one."""
    return [
        {"href": href, "text": text, "current": path == href, "active": path.startswith(f"{href}/")}
        for href, text in _links(principal)
    ]


def _links(principal: Principal) -> list[tuple[str, str]]:
    if isinstance(principal, Voter) and principal.arm == "control":
        return [("/votes", "Surveys")]
    if isinstance(principal, Voter):
        return [("/votes", "Votes"), (f"/trusts/{principal.trust}/proposals", "Proposals"), ("/check", "Check a vote")]
    if not isinstance(principal, Officer):
        return [("/vote", "Vote"), ("/check", "Check a vote"), ("/sign-in", "Sign in")]
    links = [("/trusts", "Trusts")]
    if principal.holds(*MEASURERS):
        links += [("/designs", "Designs"), ("/measures", "Measures"), ("/waves", "Surveys")]
        links += [("/studies", "Studies"), ("/comparisons", "Comparisons")]
    if principal.holds(Role.TRUSTEE):
        links.append(("/trustee", "Trustee"))
    if principal.holds(Role.TELLER):
        links.append(("/teller", "Teller"))
    if principal.holds(Role.PROGRAMME_ADMIN):
        links.append(("/accounts", "People and roles"))
    return links


def trusts_open_to(officer: Officer, trusts: Iterable[Trust]) -> frozenset[str]:
    """Codes of the trusts whose page the officer may see."""
    if officer.holds(*WATCHERS):
        return frozenset(trust.ods_code for trust in trusts)
    return frozenset(officer.trusts())


def work_of(officer: Officer, trusts: Iterable[Trust]) -> tuple[Work, ...]:
    """Everything that an officer works on: the programme first, then trust by trust."""
    work = []
    across = tuple(str(grant.role) for grant in officer.grants if grant.role not in TRUST_ROLES)
    if across:
        work.append(Work(None, across, _programme_tasks(officer)))
    for trust in trusts:
        if roles := tuple(str(grant.role) for grant in officer.grants if grant.trust == trust.ods_code):
            work.append(Work(trust, roles, tasks_of(officer, trust)))
    return tuple(work)


def _programme_tasks(officer: Officer) -> tuple[Task, ...]:
    tasks = [Task("/trusts", "Trusts", "Pilots and controls in matched sets")]
    if officer.holds(Role.PROGRAMME_ADMIN):
        tasks.append(Task("/accounts", "People and roles", "Who may do what, and links to sign in"))
    if officer.holds(*MEASURERS):
        tasks.append(Task("/designs", "Designs", "Who can be a pilot, and the public draw"))
        tasks.append(Task("/measures", "Measures", "Morale, motivation, staff who leave, by trust and period"))
        tasks.append(Task("/studies", "Studies", "What is to be found out and how, locked before the figures are seen"))
        tasks.append(Task("/comparisons", "Comparisons", "How the pilots changed against the controls"))
        tasks.append(Task("/waves", "Surveys", "What staff of pilots and controls are asked, and how many answer"))
        tasks.append(Task("/wordings", "Wordings", "Words of the NHS Staff Survey, and the permission to use them"))
    return tuple(tasks)


def tasks_of(principal: Principal, trust: Trust, *, people: int = 0, codes: int = 0) -> tuple[Task, ...]:
    """What the person signed in may do in one trust, in the order in which a vote comes about.

    `people` are on the roll and `codes` in use; both 0 where that is not known.
    """
    at = f"/trusts/{trust.ods_code}"
    council = [
        Task(f"{at}/council", "Staff council", "Its seats, its members and the rules that it works by"),
        Task(f"{at}/elections", "Elections", "Who stands for the council, and who was elected"),
        Task(f"{at}/proposals", "Proposals", "What staff ask for, and how each proposal stands"),
    ]
    ballots = Task(f"{at}/ballots", "Ballots", "Questions put to the staff, and their results")
    responses = Task(f"{at}/responses", "Board responses", "What the board answers, and by when")
    control = trust.arm == "control"
    if isinstance(principal, Voter):
        surveys = Task("/votes", "Surveys", "What you can answer now")
        return (surveys,) if control else (Task("/votes", "Votes", "What you can vote on now"), *council, responses)
    if not isinstance(principal, Officer):
        return ()
    practice = Task(
        f"{at}/management", "Management practice", "Leaders, obstacles, targets and training, beside a report"
    )
    used = Task(f"{at}/accesses", "Who used your figures", "Comparisons made and files taken by evaluators")
    its_own = principal.holds(Role.COORDINATOR, Role.BOARD_SECRETARY, trust=trust.ods_code)
    figures = [practice] if its_own or principal.holds(*MEASURERS) else []
    figures += [used] if its_own else []
    tasks = []
    if principal.holds(Role.COORDINATOR, Role.RETURNING_OFFICER, Role.AUDITOR, trust=trust.ods_code):
        status = f"{people:,} people" if people else ""
        tasks.append(Task(f"{at}/roll", "Staff roll", "Everybody who works here", status, people > 0))
    if principal.holds(Role.COORDINATOR, trust=trust.ods_code):
        tasks.append(Task(f"{at}/surveys", "Surveys", "When they are open, how many answer, and posters"))
    if not control:
        tasks += council
    if principal.holds(Role.RETURNING_OFFICER, trust=trust.ods_code):
        status = f"{codes:,} in use" if codes else ""
        tasks.append(
            Task(f"{at}/codes", "Voting codes", "Make them, print slips, replace lost ones", status, codes > 0)
        )
    if control:
        return (*tasks, *figures)
    if principal.holds(Role.RETURNING_OFFICER, trust=trust.ods_code):
        tasks.append(Task(f"{at}/trustees", "Trustees", "Who opens the sealed votes with keys of their own"))
    if principal.holds(Role.TRUSTEE, trust=trust.ods_code):
        tasks.append(Task("/trustee", "Your part as a trustee", "Sign votes, and open them after the close"))
    if principal.holds(Role.TELLER, trust=trust.ods_code):
        tasks.append(Task("/teller", "Your part as a teller", "Give out votes on paper, and put them into the box"))
    return (*tasks, ballots, responses, *figures)
