"""Which roles an account may hold, and where they count."""

import pytest

from pilot.people.roles import Grant, Officer, Role, Voter, scope_problem, separation_problem

RO = Grant(Role.RETURNING_OFFICER, "RAA")
COORDINATOR = Grant(Role.COORDINATOR, "RAA")
SECRETARY = Grant(Role.BOARD_SECRETARY, "RAA")
TRUSTEE = Grant(Role.TRUSTEE, "RAA")
ADMIN = Grant(Role.PROGRAMME_ADMIN)


@pytest.mark.parametrize(("held", "wanted"), [(RO, COORDINATOR), (COORDINATOR, RO), (RO, SECRETARY), (SECRETARY, RO)])
def test_a_returning_officer_holds_no_other_role_in_the_same_trust(held, wanted):
    assert "cannot also be" in separation_problem([held], wanted)


@pytest.mark.parametrize("other", [RO, COORDINATOR, SECRETARY])
def test_a_trustee_holds_no_other_role_in_the_same_trust(other):
    assert "cannot also be" in separation_problem([other], TRUSTEE)
    assert "cannot also be" in separation_problem([TRUSTEE], other)
    assert separation_problem([Grant(other.role, "RBB")], TRUSTEE) is None


def test_a_returning_officer_of_one_trust_may_be_coordinator_of_another():
    assert separation_problem([RO], Grant(Role.COORDINATOR, "RBB")) is None


def test_a_coordinator_may_also_be_board_secretary():
    assert separation_problem([COORDINATOR], SECRETARY) is None


@pytest.mark.parametrize("programme", [Role.PROGRAMME_ADMIN, Role.EVALUATOR, Role.AUDITOR])
@pytest.mark.parametrize("trust", [RO, COORDINATOR, SECRETARY, TRUSTEE])
def test_programme_roles_and_trust_roles_never_meet(programme, trust):
    assert "whole programme" in separation_problem([trust], Grant(programme))
    assert "whole programme" in separation_problem([Grant(programme)], trust)


def test_programme_roles_may_be_held_together():
    assert separation_problem([ADMIN], Grant(Role.EVALUATOR)) is None


def test_a_role_is_given_once():
    assert separation_problem([RO], RO) == "This person is already returning officer of RAA"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_goes_either_with_a_trust_or_without_one(role):
    with_trust, without = scope_problem(Grant(role, "RAA")), scope_problem(Grant(role))
    assert (with_trust is None) != (without is None)


def test_a_trust_role_counts_in_its_trust_only():
    officer = Officer(1, "Ada", (RO,))
    assert officer.holds(Role.RETURNING_OFFICER, trust="RAA")
    assert not officer.holds(Role.RETURNING_OFFICER, trust="RBB")
    assert officer.holds(Role.RETURNING_OFFICER)
    assert not officer.holds(Role.COORDINATOR, trust="RAA")


def test_a_programme_role_counts_in_every_trust():
    assert Officer(1, "Ada", (Grant(Role.AUDITOR),)).holds(Role.AUDITOR, trust="RAA")


def test_nobody_holds_a_role_that_was_not_asked_for():
    assert not Officer(1, "Ada", (ADMIN,)).holds()


def test_an_officer_knows_the_trusts_of_each_role():
    officer = Officer(1, "Ada", (Grant(Role.COORDINATOR, "RBB"), Grant(Role.RETURNING_OFFICER, "RAA")))
    assert officer.trusts() == ("RAA", "RBB")
    assert officer.trusts(Role.COORDINATOR) == ("RBB",)


def test_an_officer_has_a_name_in_the_log_and_a_voter_has_none():
    assert Officer(3, "Ada").actor == "account 3"
    assert not hasattr(Voter(7, "RAA", "Bo"), "actor")
