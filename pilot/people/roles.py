"""Who may do what: roles, their scope, and the roles that one account may never hold together. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """A duty given to an account. Some hold for one trust, the others for the whole programme."""

    PROGRAMME_ADMIN = "programme admin"
    COORDINATOR = "coordinator"
    RETURNING_OFFICER = "returning officer"
    BOARD_SECRETARY = "board secretary"
    TRUSTEE = "trustee"
    TELLER = "teller"
    EVALUATOR = "evaluator"
    AUDITOR = "auditor"


TRUST_ROLES = frozenset({Role.COORDINATOR, Role.RETURNING_OFFICER, Role.BOARD_SECRETARY, Role.TRUSTEE, Role.TELLER})
PROGRAMME_ROLES = frozenset(Role) - TRUST_ROLES
APART = frozenset({Role.RETURNING_OFFICER, Role.TRUSTEE, Role.TELLER})
"""Roles beside which one account holds no other in the same trust."""

WHAT_A_ROLE_DOES = {
    Role.PROGRAMME_ADMIN: "Adds trusts and gives people their roles. Runs no ballot.",
    Role.COORDINATOR: "Loads the staff roll of one trust and looks after its council and proposals.",
    Role.RETURNING_OFFICER: "Makes the voting codes of one trust and runs its ballots.",
    Role.BOARD_SECRETARY: "Answers for the board of one trust.",
    Role.TRUSTEE: "Opens the sealed votes of one trust with keys of their own. Runs no ballot.",
    Role.TELLER: "Gives out votes on paper and puts them into the box with a second teller. Runs no ballot.",
    Role.EVALUATOR: "Loads measures and compares pilots with controls. Never sees votes.",
    Role.AUDITOR: "Reads records and checks counts. Changes nothing.",
}


class Grant(Struct, frozen=True):
    """One role that an account holds; `trust` is an ODS code, or None for a role of the whole programme."""

    role: Role
    trust: str | None = None


class Officer(Struct, frozen=True):
    """Somebody signed in with an account, and the roles held at this moment."""

    account_id: int
    name: str
    grants: tuple[Grant, ...] = ()

    @property
    def actor(self) -> str:
        """The name under which the audit log writes down what this person did."""
        return f"account {self.account_id}"

    def holds(self, *roles: Role, trust: str | None = None) -> bool:
        """Whether one of `roles` is held; a role of trusts must be held in `trust`, or in any if `trust` is None."""
        return any(
            grant.role in roles and (grant.role in PROGRAMME_ROLES or trust in (None, grant.trust))
            for grant in self.grants
        )

    def trusts(self, *roles: Role) -> tuple[str, ...]:
        """ODS codes, sorted, of the trusts where one of `roles` is held; where any role is held if none is named."""
        return tuple(sorted({g.trust for g in self.grants if g.trust and (not roles or g.role in roles)}))


class Voter(Struct, frozen=True):
    """Somebody signed in with a voting code. The audit log never names a voter, so a voter has no actor.

    `arm` is that of the trust: staff of a control answer surveys, and nothing of councils is put before them.
    """

    person_id: int
    trust: str
    name: str
    arm: str = "pilot"


Principal = Officer | Voter | None


def scope_problem(grant: Grant) -> str | None:
    """Why this role cannot be given with this trust (or without one), or None if it can."""
    if grant.role in TRUST_ROLES and not grant.trust:
        return f"Choose the trust for the role of {grant.role}"
    if grant.role in PROGRAMME_ROLES and grant.trust:
        return f"The role of {grant.role} is for the whole programme. Do not choose a trust for it"
    return None


def separation_problem(held: Iterable[Grant], wanted: Grant) -> str | None:
    """Why `wanted` cannot be added to the roles `held`, or None if it can.

    Programme roles watch over trusts, so they never meet a trust role in one account. A returning officer makes codes
    and runs ballots, and so is neither coordinator (who loads the roll) nor board secretary (who answers) there. A
    trustee keeps a key so that none of these can open votes alone, and so is none of them. A teller sees papers and
    knows who was given one, and so is none of all these.
    """
    held = tuple(held)
    if wanted in held:
        return f"This person is already {describe(wanted)}"
    for grant in held:
        if (grant.role in PROGRAMME_ROLES) != (wanted.role in PROGRAMME_ROLES):
            return (
                f"This person is {describe(grant)}. Somebody with a role for the whole programme "
                "cannot hold a role in a trust, and the other way round"
            )
        both = {grant.role, wanted.role}
        if grant.trust == wanted.trust and both & APART:
            first = next(role for role in (Role.RETURNING_OFFICER, Role.TRUSTEE, Role.TELLER) if role in both)
            return (
                f"This person is {describe(grant)}. The {first} of a trust "
                f"cannot also be its {next(r for r in both if r is not first)}"
            )
    return None


def describe(grant: Grant) -> str:
    """The grant in words: "returning officer of RAA" or "evaluator"."""
    return f"{grant.role} of {grant.trust}" if grant.trust else str(grant.role)
