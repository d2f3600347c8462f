"""The returning officer makes, prints and replaces voting codes."""

import re

import pytest

from pilot.people import queries, service
from pilot.people.roles import Role
from tests.builders.people import TODAY, a_roll, a_trust
from tests.signing_in import sign_in

AT = "/trusts/RAA/codes"
CODE = re.compile(r"pilot-code--large\">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2})<")


@pytest.fixture
async def officer(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
        await a_trust(session, "RBB")
        await a_roll(session, number=12)
        await a_roll(session, "RBB", 2)
    return await sign_in(client, Role.RETURNING_OFFICER, trust="RAA")


async def owner(client, settings, code):
    async with client.app.state.store.reading() as session:
        return await service.person_with_code(session, settings, code)


async def person(client, trust="RAA"):
    async with client.app.state.store.reading() as session:
        return (await queries.roll_on(session, trust, TODAY))[0].person_id


async def test_slips_are_shown_once_sorted_by_place(client, settings, officer):
    assert "0 of 12 people" in (await client.get(AT)).text
    answer = await client.post(AT)
    codes = CODE.findall(answer.text)
    assert answer.status_code == 200
    assert len(codes) == len(set(codes)) == 12
    assert "12 slips to print" in answer.text
    assert answer.text.index("Main site") < answer.text.index("North site")
    assert (await owner(client, settings, codes[0])).name.startswith("Sam Worker")
    again = await client.get(AT)
    assert "12 of 12 people" in again.text
    assert not [code for code in codes if code in again.text]


async def test_slips_are_never_kept_by_the_browser(client, officer):
    assert (await client.post(AT)).headers["cache-control"] == "no-store"


async def test_a_second_click_says_what_to_do(client, officer):
    await client.post(AT)
    answer = await client.post(AT)
    assert answer.status_code == 409
    assert "If you did not get the slips of the last batch, replace that batch." in answer.text


async def test_one_code_is_replaced_with_a_reason(client, settings, officer):
    old = CODE.findall((await client.post(AT)).text)
    someone = await owner(client, settings, old[0])
    answer = await client.get(AT, params={"find": someone.name})
    assert f'href="{AT}/people/{someone.person_id}"' in answer.text
    address = f"{AT}/people/{someone.person_id}"
    said = (await client.get(address)).text
    assert someone.name in said
    assert "When three votes were cast already, only a vote on paper can replace them" in said
    answer = await client.post(address, data={"reason": " "})
    assert answer.status_code == 422
    assert "Enter the reason, for the log" in answer.text
    answer = await client.post(address, data={"reason": "Slip lost"})
    (new,) = CODE.findall(answer.text)
    assert (await owner(client, settings, new)).person_id == someone.person_id


async def test_people_are_found_by_number_with_or_without_zeros_and_by_parts_of_a_name(client, officer):
    for words, number in [("00000003", 1), ("3", 1), ("worker3 SAM", 1), ("worker", 12), ("nobody", 0)]:
        text = (await client.get(AT, params={"find": words})).text
        assert len(set(re.findall(rf"{AT}/people/\d+", text))) == number, words
    assert "Nobody on the staff roll fits “nobody”" in text


async def test_a_batch_is_replaced_with_a_reason(client, settings, officer):
    old = CODE.findall((await client.post(AT)).text)
    address = f"{AT}/batches/1"
    assert "12 codes made on 1 March 2027" in (await client.get(address)).text
    assert (await client.post(address, data={})).status_code == 422
    answer = await client.post(address, data={"reason": "The box was stolen"})
    new = CODE.findall(answer.text)
    assert len(new) == 12
    assert not set(new) & set(old)
    assert (await client.get(address)).status_code == 404
    assert (await client.post(address, data={"reason": "again"})).status_code == 409


async def test_somebody_of_another_trust_is_not_found(client, officer):
    other = await person(client, "RBB")
    assert (await client.get(f"{AT}/people/{other}")).status_code == 404
    assert (await client.post(f"{AT}/people/{other}", data={"reason": "x"})).status_code == 404


async def test_without_a_roll_there_is_nothing_to_make(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
    await sign_in(client, Role.RETURNING_OFFICER, trust="RAA")
    assert "There is no staff roll yet" in (await client.get(AT)).text
    assert (await client.post(AT)).status_code == 409


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.RETURNING_OFFICER])
async def test_nobody_else_makes_codes(client, role, officer):
    await sign_in(client, role, trust="RAA")
    for answer in (await client.get(AT), await client.post(AT)):
        assert answer.status_code == 403
        assert "You need the role of returning officer in this trust" in answer.text


async def test_codes_of_another_trust_are_closed(client, officer):
    assert (await client.post("/trusts/RBB/codes")).status_code == 403
