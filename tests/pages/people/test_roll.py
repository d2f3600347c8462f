"""The coordinator loads a staff roll."""

import re

import pytest

from pilot.people import queries
from pilot.people.roles import Role
from tests.builders.people import HEADINGS, TODAY, a_roll, a_trust, roll_lines
from tests.signing_in import sign_in

DAY = {"as_at_on-day": "1", "as_at_on-month": "3", "as_at_on-year": "2027"}
AT = "/trusts/RAA/roll"


@pytest.fixture(autouse=True)
async def coordinator(client):
    async with client.app.state.store.writing() as session:
        await a_trust(session)
        await a_trust(session, "RBB")
    return await sign_in(client, Role.COORDINATOR, trust="RAA")


def text(*lines, headings=HEADINGS):
    return "\n".join([headings, *lines, ""]).encode()


async def upload(client, content, day=DAY):
    return await client.post(f"{AT}/import", data=day, files={"file": ("roll.csv", content, "text/csv")})


async def upload_and_map(client, content):
    """From the file to the page that shows what would happen, with the columns as they were guessed."""
    answer = await upload(client, content)
    assert answer.status_code == 200, answer.text
    assert "Which column holds what?" in answer.text
    chosen = {}
    for name, options in re.findall(r'<select[^>]* name="(\w+)".*?>(.*?)</select>', answer.text, re.DOTALL):
        chosen[name] = (re.findall(r'<option value="([^"]*)" selected', options) or [""])[0]
    return await client.post(answer.url.path, data=chosen, files={"file": ("", b"", "text/csv")})


async def people(client):
    async with client.app.state.store.reading() as session:
        return await queries.roll_on(session, "RAA", TODAY)


async def test_from_file_to_loaded_roll(client):
    answer = await upload_and_map(client, text(*roll_lines(30), ",Bad,,,,,,,,,", "Total,,,,31,,,,,,"))
    assert answer.status_code == 200
    assert "32 lines = 30 assignments + 1 rejected + 1 skipped. The totals add up." in answer.text
    assert "Employee number is missing" in answer.text
    assert await people(client) == ()
    answer = await client.post(answer.url.path)
    assert "Staff roll loaded" in answer.text
    assert "32 lines = 30 assignments + 1 rejected + 1 skipped." in answer.text
    assert len(await people(client)) == 30
    answer = await client.get(AT)
    assert "30 people with 30 assignments, as at 1 March 2027" in answer.text


async def test_a_second_click_on_load_shows_the_same_page(client):
    preview = (await upload_and_map(client, text(*roll_lines(30)))).url.path
    first, second = await client.post(preview), await client.post(preview)
    assert first.url == second.url
    assert second.status_code == 200


async def test_every_missing_field_of_the_upload_is_named(client):
    answer = await client.post(f"{AT}/import", data={}, files={"file": ("", b"", "text/csv")})
    assert answer.status_code == 422
    assert "Enter the day on which the extract was made" in answer.text
    assert "Select a CSV file with the staff roll" in answer.text


@pytest.mark.parametrize(("day", "month"), [("31", "2"), ("x", "3")])
async def test_a_day_that_does_not_exist_is_refused_and_kept_as_typed(client, day, month):
    answer = await upload(client, text(*roll_lines(1)), {**DAY, "as_at_on-day": day, "as_at_on-month": month})
    assert answer.status_code == 422
    assert "must be a real date" in answer.text
    assert f'value="{day}"' in answer.text


async def test_a_day_to_come_is_refused(client):
    answer = await upload(client, text(*roll_lines(1)), {**DAY, "as_at_on-day": "2"})
    assert answer.status_code == 422
    assert "The day of the extract must be today or in the past" in answer.text


async def test_a_forbidden_column_is_named_and_nothing_is_stored(client):
    content = text(roll_lines(1)[0] + ",01/02/1970,AB123456C", headings=HEADINGS + ",Date of Birth,Ref")
    answer = await upload(client, content)
    assert answer.status_code == 422
    assert "“Date of Birth” (date of birth, seen by its heading)" in answer.text
    assert "“Ref” (National Insurance number, seen by line 2)" in answer.text
    assert "AB123456C" not in answer.text


async def test_a_column_that_was_not_known_needs_the_file_again(client):
    content = text(*roll_lines(30), headings=HEADINGS.replace("Department", "Org L9"))
    answer = await upload(client, content)
    assert "Org L9 (file needed again)" in answer.text
    chosen = {
        "employee_number": "Employee Number",
        "last_name": "Last Name",
        "first_name": "First Name",
        "staff_group": "Staff Group",
        "unit": "Org L9",
    }
    address = answer.url.path
    answer = await client.post(address, data=chosen, files={"file": ("", b"", "text/csv")})
    assert answer.status_code == 422
    assert "Choose the file again so that we can read “Org L9”" in answer.text
    assert '<option value="Org L9" selected' in answer.text
    answer = await client.post(address, data=chosen, files={"file": ("roll.csv", content, "text/csv")})
    assert "30 of 30 people" in answer.text


async def test_columns_that_are_needed_are_all_named(client):
    address = (await upload(client, text(*roll_lines(3)))).url.path
    answer = await client.post(address, data={}, files={"file": ("", b"", "text/csv")})
    assert answer.status_code == 422
    for title in ("employee number", "last name", "first name", "staff group", "department or ward"):
        assert f"Select the column that holds the {title}" in answer.text


async def test_short_numbers_are_asked_about_before_loading(client):
    answer = await upload_and_map(client, text(*roll_lines(30), roll_lines(1, 99)[0].lstrip("0")))
    assert "but 1 line has fewer: 32" in answer.text
    assert "Answer the" in answer.text
    address = answer.url.path
    assert (await client.post(address)).status_code == 409
    answer = await client.post(f"{address}/zeros", data={})
    assert answer.status_code == 422
    assert "Select whether the short numbers are right" in answer.text
    await client.post(f"{address}/zeros", data={"zeros": "fill"})
    await client.post(address)
    assert "00000099" in {person.employee_number for person in await people(client)}


async def test_a_large_change_is_asked_about_once_more(client):
    async with client.app.state.store.writing() as session:
        await a_roll(session)
    answer = await upload_and_map(client, text(*roll_lines(20, 15)))
    assert "4 joined" in answer.text
    assert "14 left" in answer.text
    address = answer.url.path
    assert f'href="{address}/sure"' in answer.text
    assert (await client.post(address)).status_code == 409
    assert "60% of the staff" in (await client.get(f"{address}/sure")).text
    assert (await client.post(address, data={"sure": "yes"})).status_code == 200
    assert len(await people(client)) == 20


async def test_the_problems_can_be_downloaded_and_no_cell_is_a_formula(client):
    answer = await upload_and_map(client, text(*roll_lines(3), "=1+1,Bad,Sam,Nursing,ICU,,,,,,"))
    table = await client.get(f"{answer.url.path}/problems.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert "5,Employee Number,'=1+1," in table.text


async def test_the_template_can_be_loaded_as_it_is(client):
    template = await client.get(f"{AT}/template.csv")
    answer = await upload_and_map(client, template.content.replace(b"RXX", b"RAA"))
    assert "2 of 2 people" in answer.text
    assert "problem" not in answer.text.split("<main")[1]


async def test_without_a_roll_the_page_says_so(client):
    assert "There is no staff roll yet" in (await client.get(AT)).text


async def test_an_old_roll_warns(client, clock):
    async with client.app.state.store.writing() as session:
        await a_roll(session)
    clock.forward(days=31)
    await sign_in(client, Role.COORDINATOR, trust="RAA")
    assert "days old" not in (await client.get(AT)).text
    clock.forward(days=1)
    assert "This roll is 32 days old" in (await client.get(AT)).text


async def test_an_upload_is_gone_after_a_day(client, clock):
    address = (await upload(client, text(*roll_lines(3)))).url.path
    clock.forward(days=1)
    await sign_in(client, Role.COORDINATOR, trust="RAA")
    answer = await client.get(address)
    assert answer.status_code == 404
    assert "Upload the file again" in answer.text


@pytest.mark.parametrize("role", [Role.RETURNING_OFFICER, Role.AUDITOR])
async def test_others_may_look_but_not_load(client, role):
    await sign_in(client, role, trust="RAA")
    assert (await client.get(AT)).status_code == 200
    assert (await client.get(f"{AT}/import")).status_code == 403
    assert (await upload(client, text(*roll_lines(1)))).status_code == 403


async def test_the_roll_of_another_trust_is_closed(client):
    answer = await client.get("/trusts/RBB/roll")
    assert answer.status_code == 403
    assert "in this trust" in answer.text
