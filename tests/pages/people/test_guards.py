"""A door that nobody described stays shut."""

import pytest
from litestar import Response, get
from litestar.testing import create_test_client

from pilot.errors import NotAllowed
from pilot.people.guards import PUBLIC, SIGNED_IN, VOTER, allow, check_access
from pilot.people.roles import Grant, Officer, Role, Voter

COORDINATOR = Officer(1, "Ada", (Grant(Role.COORDINATOR, "RAA"),))
ADMIN = Officer(2, "Bo", (Grant(Role.PROGRAMME_ADMIN),))
NOBODY = Officer(3, "Cy")
VOTERS = Voter(7, "RAA", "Di")


def problem(declared, principal, trust=None):
    return declared["opt"]["access"].problem(principal, trust)


def test_a_handler_that_declares_nothing_is_refused_for_everybody():
    @get("/forgotten")
    async def forgotten() -> str:
        return "secret"

    def say(_request, refusal):
        return Response(refusal.reason, status_code=403)

    with create_test_client([forgotten], guards=[check_access], exception_handlers={NotAllowed: say}) as client:
        answer = client.get("/forgotten")
    assert answer.status_code == 403
    assert answer.text == "Nobody has been given access to this page."


@pytest.mark.parametrize("who", [None, COORDINATOR, ADMIN, NOBODY, VOTERS])
def test_a_public_page_is_open_to_all(who):
    assert problem(PUBLIC, who, "RAA") is None


def test_a_page_of_voters_is_for_voters_only():
    assert problem(VOTER, VOTERS) is None
    assert "voting code" in problem(VOTER, COORDINATOR)
    assert problem(VOTER, None) == "Sign in to see this page."


def test_a_trust_role_opens_its_own_trust_only():
    page = allow(Role.COORDINATOR)
    assert problem(page, COORDINATOR, "RAA") is None
    assert problem(page, COORDINATOR, "RBB") == "You need the role of coordinator in this trust to see this page."


def test_a_programme_admin_does_not_act_for_a_trust():
    assert problem(allow(Role.COORDINATOR, Role.RETURNING_OFFICER), ADMIN, "RAA") == (
        "You need the role of coordinator or returning officer in this trust to see this page."
    )


def test_voters_pass_only_where_they_are_let_in_and_only_in_their_trust():
    assert problem(allow(Role.COORDINATOR, voters=True), VOTERS, "RAA") is None
    assert problem(allow(Role.COORDINATOR, voters=True), VOTERS, "RBB") == "This page belongs to another trust."
    assert "signed in to vote" in problem(allow(Role.COORDINATOR), VOTERS, "RAA")


def test_an_account_without_roles_is_not_enough_to_be_signed_in():
    assert problem(SIGNED_IN, NOBODY) is not None
    assert problem(SIGNED_IN, COORDINATOR) is None
    assert problem(SIGNED_IN, COORDINATOR, "RBB") is not None
    assert problem(SIGNED_IN, ADMIN, "RBB") is None
