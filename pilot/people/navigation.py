"""What the header offers to whoever is signed in. Pure."""

from typing import Any

from pilot.people.roles import Officer, Principal, Role, Voter


def navigation(principal: Principal, path: str) -> list[dict[str, Any]]:
    """The header's links as the NHS macro wants them: href, text, and whether the page is the current one."""
    return [
        {"href": href, "text": text, "current": path == href, "active": path.startswith(f"{href}/")}
        for href, text in _links(principal)
    ]


def _links(principal: Principal) -> list[tuple[str, str]]:
    if isinstance(principal, Voter):
        return [("/votes", "Votes"), (f"/trusts/{principal.trust}/proposals", "Proposals"), ("/check", "Check a vote")]
    links = [("/vote", "Vote"), ("/check", "Check a vote")]
    if not isinstance(principal, Officer):
        return [*links, ("/sign-in", "Sign in")]
    links = [("/trusts", "Trusts")]
    if principal.holds(Role.PROGRAMME_ADMIN, Role.EVALUATOR, Role.AUDITOR):
        links += [("/measures", "Measures"), ("/comparisons", "Comparisons")]
    if principal.holds(Role.PROGRAMME_ADMIN):
        links.append(("/accounts", "People and roles"))
    return links
