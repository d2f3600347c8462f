"""Loading a staff roll into a real database."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from pilot.audit.tables import EventRow
from pilot.errors import BadInput, NotFound, WrongState
from pilot.people import queries, service
from pilot.people.service import RollFile
from pilot.people.tables import PersonRow, RollImportRow, RollUploadRow
from tests.builders.people import BY, HEADINGS, NOW, a_roll, a_trust, roll_file, roll_lines

TODAY = NOW.date()


@pytest.fixture(autouse=True)
async def trust(session):
    return await a_trust(session)


async def staged(session, file, now=NOW, **more):
    return await service.stage_roll(session, "RAA", file, by=BY, now=now, **more)


async def imported(session, upload, now=NOW, sure=False):
    return await service.import_roll(session, "RAA", upload, sure=sure, by=BY, now=now)


async def refusal(session, file, **more):
    with pytest.raises(BadInput) as caught:
        await staged(session, file, **more)
    return caught.value.fields


async def test_a_roll_is_imported_as_previewed_and_can_be_read_back(session):
    upload = await staged(session, roll_file(30, extra=("Total,,,,30,,,,,,",)))
    preview = await service.preview_roll(session, "RAA", upload, NOW)
    summary = await imported(session, upload)
    assert (summary.lines, summary.people, summary.assignments, summary.rejected, summary.skipped) == (31, 30, 30, 0, 1)
    assert preview.read.adds_up
    people = await queries.roll_on(session, "RAA", TODAY)
    assert len(people) == 30
    assert people[0].employee_number == "00000001"
    assert people[0].primary == preview.read.people[0].assignments[0]


async def test_one_person_is_read_as_the_whole_roll_tells_of_them(session):
    second_job = roll_lines(1, start=3)[0].replace("Ward 4", "Night team")
    await imported(session, await staged(session, roll_file(5, extra=(second_job,))))
    people = await queries.roll_on(session, "RAA", TODAY)
    assert [len(person.assignments) for person in people] == [1, 1, 2, 1, 1]
    for person in people:
        assert await queries.person_on_roll(session, "RAA", person.person_id, TODAY) == person


async def test_nobody_is_found_on_a_roll_they_are_not_on(session):
    await a_trust(session, "RBB")
    assert await queries.person_on_roll(session, "RAA", 1, TODAY) is None
    await a_roll(session, number=3)
    await a_roll(session, "RBB", number=3)
    person = (await queries.roll_on(session, "RAA", TODAY))[2].person_id
    assert await queries.person_on_roll(session, "RBB", person, TODAY) is None
    assert await queries.person_on_roll(session, "RAA", person, TODAY - timedelta(days=1)) is None
    later = NOW + timedelta(days=1)
    await imported(session, await staged(session, roll_file(2, as_at_on=later.date()), later), later, sure=True)
    assert await queries.person_on_roll(session, "RAA", person, later.date()) is None
    assert await queries.person_on_roll(session, "RAA", person, TODAY) is not None


async def test_importing_the_same_upload_twice_gives_the_same_import(session):
    upload = await staged(session, roll_file())
    first = await imported(session, upload)
    assert await imported(session, upload) == first
    assert await session.scalar(select(func.count()).select_from(RollImportRow)) == 1


async def test_an_import_is_written_down_without_names(session):
    await a_roll(session)
    event = await session.scalar(select(EventRow).order_by(EventRow.number.desc()).limit(1))
    assert event.verb == "staff roll imported"
    assert event.detail["people"] == 30
    assert "Worker" not in repr(event.detail)


async def test_only_mapped_columns_are_kept_while_an_upload_waits(session):
    text = f"{HEADINGS},Salary,Manager\n{roll_lines(1)[0]},31337,Boss\n"
    upload = await staged(session, RollFile("roll.csv", text.encode(), TODAY))
    row = await session.get(RollUploadRow, upload)
    assert b"Worker1" in row.sheet
    assert b"31337" not in row.sheet
    assert b"Boss" not in row.sheet
    assert "Salary" in row.headings


@pytest.mark.parametrize(
    ("heading", "value"),
    [("Date of Birth", "01/02/1970"), ("NI Number", "AB123456C"), ("Ethnic Origin", "A"), ("Notes", "AB 12 34 56 C")],
)
async def test_a_file_with_a_forbidden_column_is_refused_and_nothing_of_it_stored(session, heading, value):
    text = f"{HEADINGS},{heading}\n{roll_lines(1)[0]},{value}\n"
    fields = await refusal(session, RollFile("roll.csv", text.encode(), TODAY))
    assert heading in fields["file"]
    assert "Nothing was stored" in fields["file"]
    assert value not in fields["file"]
    assert await session.scalar(select(func.count()).select_from(RollUploadRow)) == 0


async def test_a_roll_of_tomorrow_is_refused(session):
    fields = await refusal(session, roll_file(as_at_on=TODAY + timedelta(days=1)))
    assert fields == {"as_at_on": "The day of the extract must be today or in the past"}


async def test_the_mapping_is_remembered_for_the_next_roll(session):
    text = "\n".join([HEADINGS.replace("Department", "Org L9"), *roll_lines(30), ""])
    file = RollFile("roll.csv", text.encode(), TODAY)
    upload = await staged(session, file)
    with pytest.raises(WrongState, match="Select the column that holds the department or ward"):
        await service.preview_roll(session, "RAA", upload, NOW)
    mapping = {
        "employee_number": "Employee Number",
        "last_name": "Last Name",
        "first_name": "First Name",
        "staff_group": "Staff Group",
        "unit": "Org L9",
    }
    with pytest.raises(BadInput) as caught:
        await service.map_columns(session, "RAA", upload, mapping, again=None, by=BY, now=NOW)
    assert "Choose the file again so that we can read “Org L9”" in caught.value.fields["file"]
    upload = await service.map_columns(session, "RAA", upload, mapping, again=file, by=BY, now=NOW)
    await imported(session, upload)
    again = await staged(session, file)
    assert len((await service.preview_roll(session, "RAA", again, NOW)).read.people) == 30


async def test_a_wrong_mapping_is_refused_with_every_reason(session):
    upload = await staged(session, roll_file())
    with pytest.raises(BadInput) as caught:
        await service.map_columns(session, "RAA", upload, {"last_name": "Nope"}, again=None, by=BY, now=NOW)
    assert set(caught.value.fields) == {"employee_number", "last_name", "first_name", "staff_group", "unit"}


async def test_short_numbers_must_be_answered_first(session):
    text = "\n".join([HEADINGS, *roll_lines(30), roll_lines(1, 99)[0].lstrip("0"), ""])
    upload = await staged(session, RollFile("roll.csv", text.encode(), TODAY))
    with pytest.raises(WrongState, match="short employee numbers"):
        await imported(session, upload)
    await service.answer_zeros(session, "RAA", upload, "fill", NOW)
    await imported(session, upload)
    assert "00000099" in {p.employee_number for p in await queries.roll_on(session, "RAA", TODAY)}


async def test_a_large_change_asks_to_be_sure(session):
    await a_roll(session, number=30)
    upload = await staged(session, roll_file(20, start=15))
    changes = (await service.preview_roll(session, "RAA", upload, NOW)).comparison
    assert (len(changes.joined), len(changes.left), changes.is_large) == (4, 14, True)
    with pytest.raises(WrongState, match="More than a tenth"):
        await imported(session, upload)
    assert (await imported(session, upload, sure=True)).people == 20


async def test_a_person_keeps_the_same_id_and_takes_a_new_name(session):
    await a_roll(session, number=10)
    before = {p.employee_number: p.person_id for p in await queries.roll_on(session, "RAA", TODAY)}
    text = "\n".join([HEADINGS, *roll_lines(10), ""]).replace("Worker3,", "Married,")
    upload = await staged(session, RollFile("roll.csv", text.encode(), TODAY))
    await imported(session, upload)
    people = await queries.roll_on(session, "RAA", TODAY)
    assert {p.employee_number: p.person_id for p in people} == before
    assert people[2].last_name == "Married"


async def test_the_same_number_in_two_trusts_is_two_people(session):
    await a_trust(session, "RBB")
    await a_roll(session, "RAA", 5)
    await a_roll(session, "RBB", 5)
    ids = [{p.person_id for p in await queries.roll_on(session, t, TODAY)} for t in ("RAA", "RBB")]
    assert not ids[0] & ids[1]


async def test_the_roll_of_a_day_is_the_latest_one_that_tells_of_it(session):
    await a_roll(session, number=10, as_at_on=date(2027, 1, 31))
    await a_roll(session, number=12, as_at_on=date(2027, 2, 28))
    assert await queries.roll_on(session, "RAA", date(2027, 1, 30)) == ()
    assert len(await queries.roll_on(session, "RAA", date(2027, 2, 27))) == 10
    assert len(await queries.roll_on(session, "RAA", date(2027, 2, 28))) == 12
    assert (await queries.roll_summary_on(session, "RAA", TODAY)).as_at_on == date(2027, 2, 28)


async def test_an_older_roll_says_that_a_newer_one_is_here(session):
    await a_roll(session, as_at_on=date(2027, 2, 28))
    upload = await staged(session, roll_file(as_at_on=date(2027, 1, 31)))
    assert (await service.preview_roll(session, "RAA", upload, NOW)).newer == date(2027, 2, 28)


async def test_a_file_with_nobody_in_it_cannot_be_imported(session):
    upload = await staged(session, RollFile("roll.csv", f"{HEADINGS}\n,,,,,,,,,,x\n".encode(), TODAY))
    with pytest.raises(WrongState, match="No line of this file can be imported"):
        await imported(session, upload)


async def test_an_upload_is_forgotten_after_a_day_and_replaced_by_the_next(session):
    first = await staged(session, roll_file())
    second = await staged(session, roll_file())
    with pytest.raises(NotFound):
        await service.preview_roll(session, "RAA", first, NOW)
    tomorrow = NOW + timedelta(hours=24)
    with pytest.raises(NotFound, match="a day old"):
        await service.preview_roll(session, "RAA", second, tomorrow)
    assert await service.forget_uploads(session, tomorrow) == 1


async def test_an_upload_of_another_trust_is_not_found(session):
    await a_trust(session, "RBB")
    upload = await staged(session, roll_file())
    with pytest.raises(NotFound):
        await service.preview_roll(session, "RBB", upload, NOW)


async def test_the_database_itself_refuses_totals_that_do_not_add_up(session):
    summary = await a_roll(session)
    row = await session.get(RollImportRow, summary.import_id)
    row.lines += 1
    with pytest.raises(IntegrityError):
        await session.flush()


async def test_the_database_itself_refuses_an_employee_number_twice(session):
    await a_roll(session, number=1)
    session.add(PersonRow(trust="RAA", employee_number="00000001", last_name="X", first_name="Y"))
    with pytest.raises(IntegrityError):
        await session.flush()
