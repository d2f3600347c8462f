"""Who may reach a page: each handler declares it, and one that declares nothing is refused for everybody."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from pilot.errors import NotAllowed, NotFound
from pilot.people import queries
from pilot.people.roles import PROGRAMME_ROLES, Officer, Principal, Role, Voter
from pilot.web import sessions

SIGN_IN = "Sign in to see this page."

LARGEST = 2**31 - 1
"""The largest number of anything in an address: what the databases hold."""


class Access(Struct, frozen=True):
    """What a handler declares: open to everybody, or to officers with one of `roles`, or to voters, or to both."""

    public: bool = False
    roles: frozenset[Role] = frozenset()
    voters: bool = False

    def problem(self, principal: Principal, trust: str | None) -> str | None:
        """Why `principal` may not see a page of `trust` (None: a page of no trust), or None if that is allowed."""
        if self.public:
            return None
        if isinstance(principal, Voter):
            return self._voter_problem(principal, trust)
        if isinstance(principal, Officer):
            return self._officer_problem(principal, trust)
        return SIGN_IN

    def _voter_problem(self, voter: Voter, trust: str | None) -> str | None:
        if not self.voters:
            return "You are signed in to vote. This page is for people who run the pilot."
        return None if trust in (None, voter.trust) else "This page belongs to another trust."

    def _officer_problem(self, officer: Officer, trust: str | None) -> str | None:
        if officer.holds(*self.roles, trust=trust):
            return None
        if not self.roles:
            return "This page is for staff who signed in with a voting code."
        return f"You need the role of {_either(self.roles)} {_where(self.roles, trust)} to see this page."


PUBLIC: dict[str, Any] = {"opt": {"access": Access(public=True)}}
"""Open to everybody."""

VOTER: dict[str, Any] = {"opt": {"access": Access(voters=True)}}
"""For staff who signed in with a voting code, and nobody else."""

SIGNED_IN: dict[str, Any] = {"opt": {"access": Access(roles=frozenset(Role), voters=True)}}
"""For everybody who is signed in; on a page of a trust, with a role there or across the programme."""


def allow(*roles: Role, voters: bool = False) -> dict[str, Any]:
    """For officers with one of `roles` (in the trust that the address names, if the role belongs to trusts)."""
    return {"opt": {"access": Access(roles=frozenset(roles), voters=voters)}}


async def check_access(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Find out who is signed in and raise NotAllowed unless the handler declares that they may pass."""
    if any(isinstance(part, int) and part > LARGEST for part in connection.path_params.values()):
        raise NotFound("This page does not exist. Check the address.")
    access = handler.opt.get("access")
    if not isinstance(access, Access):
        raise NotAllowed("Nobody has been given access to this page.")
    principal = await _who(connection)
    connection.scope["principal"] = principal  # type: ignore[typeddict-unknown-key]  # our own key
    if refusal := access.problem(principal, connection.path_params.get("trust")):
        raise NotAllowed(refusal)


async def _who(connection: ASGIConnection[Any, Any, Any, Any]) -> Principal:
    if sessions.COOKIE not in connection.cookies:
        return None
    state = connection.app.state
    async with state.store.reading() as session:
        signed_in = await sessions.find(session, connection, state.clock())
        if signed_in is None:
            return None
        if signed_in.kind == "person":
            return await queries.voter(session, signed_in.subject_id)
        return await queries.officer(session, signed_in.subject_id)


def _either(roles: frozenset[Role]) -> str:
    names = [str(role) for role in Role if role in roles]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _where(roles: frozenset[Role], trust: str | None) -> str:
    return "in this trust" if trust and not roles <= PROGRAMME_ROLES else "in the programme"
