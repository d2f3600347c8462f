"""Accounts, roles and sign-in links in a real database."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from pilot.audit.log import verify_chain
from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.people import queries, service
from pilot.people.roles import Grant, Role
from pilot.people.tables import RoleGrantRow, SignInLinkRow
from pilot.web import sessions
from tests.builders.people import BY, NOW, a_trust, an_account


async def verbs(session):
    return (await session.scalars(select(EventRow.verb).order_by(EventRow.number))).all()


async def test_an_account_is_found_by_its_address_in_any_case(session):
    account = await an_account(session, email="Ada@Example.ORG")
    assert await queries.account_by_email(session, " ada@EXAMPLE.org ") == account


async def test_an_address_has_one_account(session):
    await an_account(session)
    with pytest.raises(BadInput) as caught:
        await an_account(session, email="ADA@example.org")
    assert "already" in caught.value.fields["email"]


async def test_a_role_holds_from_grant_to_end_and_both_are_written_down(session):
    await a_trust(session)
    account = await an_account(session, Role.COORDINATOR, "RAA")
    assert (await queries.officer(session, account)).holds(Role.COORDINATOR, trust="RAA")
    (one,) = await queries.accounts(session)
    await service.end_role(session, one.grants[0].id, by=BY, now=NOW)
    assert not (await queries.officer(session, account)).holds(Role.COORDINATOR)
    assert (await verbs(session))[-2:] == ["coordinator named", "coordinator ended"]
    assert await verify_chain(session) is None


async def test_a_role_that_ended_can_be_given_again(session):
    await a_trust(session)
    account = await an_account(session, Role.COORDINATOR, "RAA")
    (one,) = await queries.accounts(session)
    await service.end_role(session, one.grants[0].id, by=BY, now=NOW)
    await service.grant_role(session, account, Grant(Role.COORDINATOR, "RAA"), by=BY, now=NOW)
    assert (await queries.officer(session, account)).holds(Role.COORDINATOR, trust="RAA")


async def test_a_role_ends_once(session):
    await a_trust(session)
    await an_account(session, Role.COORDINATOR, "RAA")
    (one,) = await queries.accounts(session)
    await service.end_role(session, one.grants[0].id, by=BY, now=NOW)
    with pytest.raises(NotFound, match="ended already"):
        await service.end_role(session, one.grants[0].id, by=BY, now=NOW)


async def test_roles_that_do_not_go_together_are_refused(session):
    await a_trust(session)
    account = await an_account(session, Role.COORDINATOR, "RAA")
    with pytest.raises(BadInput) as caught:
        await service.grant_role(session, account, Grant(Role.RETURNING_OFFICER, "RAA"), by=BY, now=NOW)
    assert "cannot also be its coordinator" in caught.value.fields["role"]


async def test_a_role_of_a_trust_needs_a_trust_that_is_there(session):
    account = await an_account(session)
    with pytest.raises(BadInput):
        await service.grant_role(session, account, Grant(Role.COORDINATOR), by=BY, now=NOW)
    with pytest.raises(NotFound):
        await service.grant_role(session, account, Grant(Role.COORDINATOR, "RZZ"), by=BY, now=NOW)


@pytest.mark.parametrize(("role", "trust"), [("coordinator", None), ("auditor", "RAA"), ("king", None)])
async def test_the_database_itself_refuses_a_role_that_does_not_fit_its_trust(session, role, trust):
    await a_trust(session)
    account = await an_account(session)
    with pytest.raises(IntegrityError):
        await session.execute(
            insert(RoleGrantRow).values(account_id=account, role=role, trust=trust, granted_at=NOW, granted_by=BY)
        )


@pytest.mark.parametrize(("role", "trust"), [(Role.COORDINATOR, "RAA"), (Role.AUDITOR, None)])
async def test_the_database_itself_refuses_the_same_role_twice(session, role, trust):
    await a_trust(session)
    account = await an_account(session, role, trust)
    with pytest.raises(IntegrityError):
        await session.execute(
            insert(RoleGrantRow).values(account_id=account, role=role, trust=trust, granted_at=NOW, granted_by=BY)
        )


async def test_the_last_programme_admin_stays(session):
    await an_account(session, Role.PROGRAMME_ADMIN)
    (one,) = await queries.accounts(session)
    with pytest.raises(WrongState, match="last programme admin"):
        await service.end_role(session, one.grants[0].id, by=BY, now=NOW)
    await an_account(session, Role.PROGRAMME_ADMIN, email="bo@example.org")
    await service.end_role(session, one.grants[0].id, by=BY, now=NOW)


async def test_the_first_programme_admin_is_made_once(session):
    secret = await service.first_programme_admin(session, "Ada", "ada@example.org", now=NOW)
    assert (await service.link_owner(session, secret, NOW)).name == "Ada"
    with pytest.raises(WrongState, match="already"):
        await service.first_programme_admin(session, "Bo", "bo@example.org", now=NOW)


# Links


async def test_a_link_signs_in_once(session, settings):
    account = await an_account(session)
    secret = await service.make_link(session, account, by=BY, now=NOW)
    assert (await service.link_owner(session, secret, NOW)).id == account
    assert (await service.link_owner(session, secret, NOW)).id == account, "looking does not use it up"
    cookie = await service.use_link(session, settings, secret, now=NOW)
    browser = SimpleNamespace(cookies={sessions.COOKIE: cookie.value})
    assert (await sessions.find(session, browser, NOW)).subject_id == account
    for refused in (service.link_owner(session, secret, NOW), service.use_link(session, settings, secret, now=NOW)):
        with pytest.raises(WrongState, match="has been used"):
            await refused


async def test_a_link_is_good_for_a_day(session):
    secret = await service.make_link(session, await an_account(session), by=BY, now=NOW)
    await service.link_owner(session, secret, NOW + timedelta(hours=23, minutes=59))
    with pytest.raises(WrongState, match="more than 24 hours old"):
        await service.link_owner(session, secret, NOW + timedelta(hours=24))


async def test_a_link_that_was_never_made_is_not_right(session):
    with pytest.raises(NotFound, match="not right"):
        await service.link_owner(session, "made-up", NOW)


async def test_a_new_link_puts_an_end_to_the_one_before(session):
    account = await an_account(session)
    first = await service.make_link(session, account, by=BY, now=NOW)
    await service.make_link(session, account, by=BY, now=NOW)
    with pytest.raises(NotFound):
        await service.link_owner(session, first, NOW)


async def test_the_secret_of_a_link_is_stored_nowhere(session):
    secret = await service.make_link(session, await an_account(session), by=BY, now=NOW)
    (link,) = (await session.scalars(select(SignInLinkRow))).all()
    assert secret not in link.digest
    events = (await session.scalars(select(EventRow))).all()
    assert all(secret not in repr(vars(event)) for event in events)
