"""The pages of trusts."""

from datetime import date

import pytest
from msgspec.structs import replace

from pilot.people import queries
from pilot.people.roles import Role
from tests.builders import waves
from tests.builders.people import a_person, a_trust
from tests.signing_in import sign_in, sign_in_voter

LIST = b"""ods_code,name,arm,matched_set,start_date
RAA,Loamshire NHS Trust,pilot,1,01/04/2012
RBB,Borset NHS Trust,control,1,
RCC,Nowhere,treated,1,
"""


async def upload(client, content=LIST, name="trusts.csv"):
    return await client.post("/trusts/import", files={"file": (name, content, "text/csv")})


async def trusts(client):
    async with client.app.state.store.reading() as session:
        return await queries.trusts_of_programme(session)


async def test_a_list_is_shown_line_by_line_before_anything_is_stored(client):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    answer = await upload(client)
    assert "2 to add, 0 to change, 0 unchanged, 1 refused" in answer.text
    assert "Arm “treated” must be pilot or control" in answer.text
    assert await trusts(client) == ()
    answer = await client.post(answer.url.path)
    assert "2 added, 0 changed" in answer.text
    assert [trust.ods_code for trust in await trusts(client)] == ["RAA", "RBB"]


async def test_a_second_click_on_import_changes_nothing_and_says_the_same(client):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    address = (await upload(client)).url.path
    first, second = await client.post(address), await client.post(address)
    assert first.text.split("<main")[1] == second.text.split("<main")[1]
    assert len(await trusts(client)) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "Select a CSV file"), (b"PK\x03\x04", "Excel workbook"), (b"region\nNorth\n", "The file has no columns")],
)
async def test_a_file_that_is_no_list_is_refused_in_a_sentence(client, content, words):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    answer = await upload(client, content, name="" if not content else "x.csv")
    assert answer.status_code == 422
    assert words in answer.text
    assert 'href="#file"' in answer.text


async def test_once_a_baseline_has_opened_nobody_moves_a_trust_and_a_withdrawal_is_still_written_down(client, clock):
    async with client.app.state.store.writing() as session:
        await waves.an_open_wave(session)
    clock.at(waves.NIGHT)
    await sign_in(client, Role.PROGRAMME_ADMIN)
    pilot, control = await trusts(client)
    lines = (
        b"ods_code,name,arm,matched_set,start_date,withdrawn_on\n"
        b"RAA,New name,pilot,1,01/06/2027,\n"
        b"RBB,New name,control,1,,04/03/2027\n"
        b"RCC,New trust,control,,,\n"
    )
    shown = await upload(client, lines)
    assert "The arms are locked, since a baseline survey has opened." in shown.text
    assert "0 to add, 1 to change, 0 unchanged, 2 refused" in shown.text
    assert "Its start date can no longer change, since a baseline survey has opened" in shown.text
    assert "It cannot be added to an arm any more, since a baseline survey has opened" in shown.text
    await client.post(shown.url.path)
    assert await trusts(client) == (pilot, replace(control, name="New name", withdrawn_on=date(2027, 3, 4)))


async def test_a_list_with_nothing_but_refusals_offers_no_button(client):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    answer = await upload(client, b"ods_code,name,arm\nR,x,y\n")
    assert "There is nothing to import" in answer.text
    assert "<form action" not in answer.text.split("<main")[1]


async def test_the_template_can_be_uploaded_as_it_is(client):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    template = await client.get("/trusts/template.csv")
    assert template.headers["content-disposition"] == 'attachment; filename="trusts.csv"'
    assert "2 to add" in (await upload(client, template.content)).text


async def test_without_trusts_the_page_says_so(client):
    await sign_in(client, Role.EVALUATOR)
    answer = await client.get("/trusts")
    assert "There are no trusts yet." in answer.text
    assert "/trusts/import" not in answer.text


async def test_the_list_links_only_to_trusts_that_are_open_to_the_person(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
        await a_trust(session, "RBB")
    await sign_in(client, Role.BOARD_SECRETARY, trust="RAA")
    answer = await client.get("/trusts")
    assert 'href="/trusts/RAA"' in answer.text
    assert 'href="/trusts/RBB"' not in answer.text
    assert "RBB Example NHS Trust" in answer.text


@pytest.mark.parametrize(
    ("role", "sees", "never"),
    [
        (Role.COORDINATOR, "/trusts/RAA/roll", "/trusts/RAA/codes"),
        (Role.RETURNING_OFFICER, "/trusts/RAA/codes", "/nowhere"),
        (Role.BOARD_SECRETARY, "/trusts/RAA/responses", "/trusts/RAA/roll"),
        (Role.PROGRAMME_ADMIN, "/trusts/RAA/proposals", "/trusts/RAA/codes"),
        (Role.EVALUATOR, "/trusts/RAA/proposals", "/trusts/RAA/roll"),
        (Role.AUDITOR, "/trusts/RAA/roll", "/trusts/RAA/codes"),
    ],
)
async def test_the_page_of_a_trust_offers_what_the_role_allows(client, role, sees, never):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
    await sign_in(client, role, trust="RAA")
    answer = await client.get("/trusts/RAA")
    assert f'href="{sees}"' in answer.text
    assert f'href="{never}"' not in answer.text


async def test_every_task_that_a_role_is_offered_opens(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
        person = await a_person(session)
    for role in (*Role, None):
        if role is None:
            await sign_in_voter(client, person)
        else:
            await sign_in(client, role, trust="RAA")
        text = (await client.get("/trusts/RAA")).text
        for address in [part.split('"')[0] for part in text.split('nhsuk-task-list__link" href="')[1:]]:
            assert (await client.get(address)).status_code == 200, f"{role}: {address}"


async def test_a_control_has_no_council_and_the_page_says_why(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session, "RBB", "control", starts_on=None)
    await sign_in(client, Role.PROGRAMME_ADMIN)
    answer = await client.get("/trusts/RBB")
    assert "This trust is a control" in answer.text
    assert "/trusts/RBB/council" not in answer.text


async def test_another_trust_is_not_open(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
        await a_trust(session, "RBB")
        person = await a_person(session)
    await sign_in(client, Role.COORDINATOR, trust="RAA")
    assert (await client.get("/trusts/RBB")).status_code == 403
    await sign_in_voter(client, person)
    assert (await client.get("/trusts/RAA")).status_code == 200
    answer = await client.get("/trusts/RBB")
    assert answer.status_code == 403
    assert "This page belongs to another trust." in answer.text


async def test_an_unknown_trust_is_not_found(client):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    assert (await client.get("/trusts/RZZ")).status_code == 404


async def test_another_admin_does_not_see_my_upload(client):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    address = (await upload(client)).url.path
    await sign_in(client, Role.PROGRAMME_ADMIN, Role.EVALUATOR)
    assert (await client.get(address)).status_code == 404
