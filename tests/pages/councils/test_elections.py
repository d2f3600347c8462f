"""The pages of an election and of an empty seat: the coordinator's, the returning officer's, and everybody's."""

import re

import pytest

from pilot.councils import queries, service
from pilot.people.roles import Role
from pilot.voting import queries as ballots
from pilot.voting import service as voting
from tests.builders import councils
from tests.builders.councils import CANDIDATES, COUNTED_AT
from tests.builders.voting import SCRIPT
from tests.signing_in import sign_in

ELECTIONS = "/trusts/RAA/elections"
DATES = {
    "opens_on-day": "9", "opens_on-month": "3", "opens_on-year": "2027",
    "closes_on-day": "23", "closes_on-month": "3", "closes_on-year": "2027",
}  # fmt: skip


async def a_draft(house, seats="2", *candidates):
    """A draft made through the pages; where its task list is."""
    await house.as_coordinator()
    answer = await house.client.post(f"{ELECTIONS}/new", data={"title": "Staff council 2027", "seats": seats})
    draft = str(answer.url.path)
    for name, group in candidates:
        await house.post(f"{draft}/candidates/new", {"name": name, "group": group})
    return draft


FIVE = tuple((one.name, one.group) for one in CANDIDATES)


async def test_a_coordinator_drafts_an_election_with_a_task_list(house):
    await house.as_coordinator()
    assert "There are no elections yet." in await house.get(ELECTIONS)
    page = await house.post(f"{ELECTIONS}/new", {"title": "", "seats": "26"}, status=422)
    assert "Enter what the election is called" in page
    assert "The number of seats must be a whole number from 1 to 25" in page
    draft = await a_draft(house)
    page = await house.get(draft)
    assert "Candidates (0)" in page
    assert "We propose dates. Check and save them" in page
    assert "Not saved yet" in page
    assert "Incomplete" in page
    page = await house.get(f"{draft}/check")
    assert "Nobody stands yet. Add the candidates." in page
    assert "Arrange the vote</button>" not in page


async def test_candidates_are_added_changed_and_withdrawn(house):
    draft = await a_draft(house)
    page = await house.post(f"{draft}/candidates/new", {"group": "Porters"}, status=422)
    assert "Enter the name of the candidate" in page
    assert 'value="Porters"' in page
    await house.post(f"{draft}/candidates/new", {"name": "Amy Osei", "group": "Porters", "statement": "Nights matter."})
    page = await house.post(f"{draft}/candidates/new", {"name": "AMY OSEI", "statement": "a " * 151}, status=422)
    assert "add what tells them apart" in page
    assert "The statement must be 150 words or fewer. It has 151" in page
    page = await house.post(f"{draft}/candidates/new", {"name": "Ben Roy"})
    assert "2 candidates for 2 seats" in page
    amy = re.search(rf"{draft}/candidates/[0-9]+(?=\">Change<span[^>]*> Amy)", page)[0]
    assert "Nights matter." in await house.get(amy)
    assert "Amy Osei-Bell" in await house.post(amy, {"name": "Amy Osei-Bell"})
    assert "Does Amy Osei-Bell withdraw?" in await house.get(f"{amy}/remove")
    page = await house.post(f"{amy}/remove")
    assert "Amy Osei" not in page
    await house.get(amy, status=404)


async def test_pasted_lines_name_every_wrong_one_and_add_nobody(house):
    draft = await a_draft(house)
    sheet = f"{draft}/candidates/spreadsheet"
    assert "Paste the lines of your spreadsheet" in await house.post(sheet, {}, status=422)
    pasted = "Name\tClass\nAmy Osei\tPorters\n\tDoctors\namy osei\t\n"
    page = await house.post(sheet, {"pasted": pasted}, status=422)
    assert "Nobody was added" in page
    assert "The line of headings is line 1." in page
    lines = re.findall(r'<td class="nhsuk-table__cell">([^<]+)</td>', page)
    assert lines[:3] == ["3", "Enter the name of the candidate", "4"]
    assert "Amy Osei Porters" in page  # what was pasted is still there
    assert "Candidates (0)" in await house.get(draft)
    page = await house.post(sheet, {"pasted": "Name\tClass\nAmy Osei\tPorters\nBen Roy\t\n"})
    assert "2 candidates for 2 seats" in page


async def test_a_file_is_read_and_a_wrong_one_refused_at_its_field(house):
    draft = await a_draft(house)
    sheet = f"{draft}/candidates/spreadsheet"
    answer = await house.client.post(
        sheet, files={"file": ("stand.csv", b"Name,Class\nAmy Osei,Porters\n", "text/csv")}
    )
    assert "1 candidate for 2 seats" in " ".join(answer.text.split())
    answer = await house.client.post(sheet, files={"file": ("stand.xlsx", b"PK\x03\x04...", "text/csv")})
    assert answer.status_code == 422
    assert '<a href="#file">This is an Excel workbook.' in answer.text


async def test_reserved_places_that_cannot_be_filled_are_told_at_set_up(house):
    draft = await a_draft(house, "2", *FIVE)
    assert "Bands 2 to 4 (2 candidates)" in await house.get(f"{draft}/kept")
    page = await house.post(f"{draft}/kept", {"group": "Bands 2 to 4", "least": "2", "most": "1"}, status=422)
    assert "“At most” cannot be less than “at least”" in page
    page = await house.post(f"{draft}/kept", {"group": "Bands 2 to 4", "least": "1"})
    assert "At least 1 from Bands 2 to 4" in page
    assert "cannot be filled" not in page
    await house.post(f"{draft}/kept", {"group": "Bands 5 and above", "least": "2"})
    page = await house.get(f"{draft}/kept")
    assert "These places cannot be filled" in page
    assert "Cannot be filled" in await house.get(draft)
    await house.post(f"{draft}/kept", {"group": "Bands 5 and above"})
    assert "cannot be filled" not in await house.get(f"{draft}/kept")


async def test_reserved_places_without_enough_candidates_are_told_where_nobody_needs_to_vote(house):
    draft = await a_draft(house, "3", *FIVE[:1])
    page = await house.post(f"{draft}/kept", {"group": "Bands 2 to 4", "least": "2"})
    assert "These places cannot be filled" in page
    assert "At least 2 of “Bands 2 to 4” should be elected, and 1 stands." in page


async def test_the_way_of_counting_stands_in_the_rules_and_is_said(house):
    draft = await a_draft(house)
    page = await house.get(f"{draft}/seats")
    assert "(single transferable vote, as for Scottish councils)." in page
    assert "(alternative vote)." in page
    page = await house.post(f"{draft}/seats", {"title": "Staff council 2027", "seats": "x"}, status=422)
    assert "must be a whole number" in page
    assert "1 seat" in await house.post(f"{draft}/seats", {"title": "One seat", "seats": "1"})


async def test_an_election_is_arranged_and_handed_to_the_returning_officer(house):
    draft = await a_draft(house, "2", *FIVE)
    page = await house.get(f"{draft}/dates")
    assert "The first working day after 5 whole working days" in page
    page = await house.post(f"{draft}/dates", DATES | {"closes_on-month": "2"}, status=422)
    assert "Voting must close after it opens" in page
    assert "Ready" in await house.post(f"{draft}/dates", DATES)
    page = await house.get(f"{draft}/check")
    assert "Who should sit on the Staff council?" in page
    page = await house.post(f"{draft}/check")
    assert "Voting is from 8am on Tuesday 9 March 2027 to 5pm on Tuesday 23 March 2027." in page
    public = draft.removesuffix("/draft")
    await house.get(draft, status=409)
    await house.post(f"{draft}/candidates/new", {"name": "Late Comer"}, status=409)
    house.as_visitor()
    page = await house.get(public)
    assert page.index("Cat Hill") < page.index("Amy Osei") < page.index("Dev Patel")
    assert "Arranged" in await house.get(ELECTIONS)
    await sign_in(house.client, Role.RETURNING_OFFICER, trust="RAA")
    ballot = re.search(r"/trusts/RAA/ballots/[0-9]+", page)[0]
    assert "Staff council 2027" in await house.get(ballot)


async def test_dates_that_have_become_too_early_lead_back_to_check_answers(house):
    draft = await a_draft(house, "2", *FIVE)
    await house.post(f"{draft}/dates", DATES)
    house.clock.forward(days=4)
    page = await house.post(f"{draft}/check", status=422)
    assert 'href="#opens_on">Voting can open on' in page


async def test_with_too_few_candidates_nobody_votes(house):
    draft = await a_draft(house, "3", *FIVE[:2])
    assert "There are no more candidates than seats" in await house.get(draft)
    page = await house.get(f"{draft}/check")
    assert "2 candidates stand for 3 seats. With no more candidates than seats, all of them are elected" in page
    page = await house.post(f"{draft}/check", status=422)
    assert "Select that nobody else stands" in page
    assert "Declare all candidates elected" in page
    page = await house.post(f"{draft}/check", SURE)
    assert "There were no more candidates than seats, so there was no vote." in page
    assert "1 seat stays empty." in page
    empty = re.search(r'/trusts/RAA/council/vacancies/[0-9]+(?=">Empty seat 1: By-election needed</a>)', page)[0]
    assert "Nobody was elected to this seat." in await house.get(empty)
    page = await house.get("/trusts/RAA/council")
    assert "Amy Osei" in page
    assert "until 28 February 2030" in page
    assert "By-election needed" in page


async def test_a_draft_is_seen_by_the_coordinator_only(house):
    draft = await a_draft(house, "2", *FIVE)
    public = draft.removesuffix("/draft")
    assert "Candidates (5)" in await house.get(public)
    house.as_visitor()
    await house.get(public, status=404)
    await house.get(draft, status=403)
    assert "There are no elections yet." in await house.get(ELECTIONS)
    await sign_in(house.client, Role.RETURNING_OFFICER, trust="RAA")
    await house.get(public, status=404)
    await house.post(f"{draft}/check", status=403)


async def test_a_draft_can_be_called_off(house):
    draft = await a_draft(house, "2", *FIVE)
    assert "Call off this election?" in await house.get(f"{draft}/call-off")
    assert "There are no elections yet." in await house.post(f"{draft}/call-off")
    await house.get(draft.removesuffix("/draft"), status=404)


@pytest.fixture
async def members(house):
    """A declared election: Amy Osei and Cat Hill hold the two seats. The clock stands a month later."""
    async with house.client.app.state.store.writing() as session:
        contest = await councils.a_contest(session, now=house.clock())
        await councils.held(session, contest, {"2>1>3": 4, "1>2": 2, "2>4": 1, "4>3": 1, "3>4": 1}, now=house.clock())
    house.clock.at(COUNTED_AT)
    house.clock.forward(days=30)
    return contest


async def leaving(house, name="Amy Osei"):
    """Where the coordinator records that a member leaves."""
    await house.as_coordinator()
    page = await house.get("/trusts/RAA/council")
    return re.search(rf"/trusts/RAA/council/seats/[0-9]+/vacancy(?=\">Leaves early<span[^>]*>: {name})", page)[0]


SURE = {"sure": "on"}
TODAY = {"last_day-day": "23", "last_day-month": "4", "last_day-year": "2027"} | SURE


async def test_a_seat_left_early_is_filled_by_countback_on_pages(house, members):
    assert "Elected" in await house.get(f"{ELECTIONS}/{members}")
    address = await leaving(house)
    page = await house.post(address, {"last_day-day": "1", "last_day-month": "1", "last_day-year": "2027"}, status=422)
    assert "Select why the seat is empty" in page
    assert "Select that this member leaves the council" in page
    page = await house.post(address, {"cause": "resigned"} | TODAY | {"last_day-year": "2031"}, status=422)
    assert "The last day must be between 24 March 2027 and 22 March 2030" in page
    page = await house.post(address, {"cause": "died"} | TODAY | {"last_day-day": "24"}, status=422)
    assert "The day of death cannot be in the future" in page
    page = await house.post(address, {"cause": "resigned"} | TODAY)
    assert "The seat that Amy Osei left" in page
    assert "Candidates who were not elected have 10 days to answer, until 3 May 2027." in page
    vacancy = re.search(r"/trusts/RAA/council/vacancies/[0-9]+(?=/answers)", page)[0]
    boxes = dict(re.findall(r'name="agreed" type="checkbox" value="(\d+)"[^>]*> <label[^>]*>([^<]+)<', page))
    assert sorted(boxes.values()) == ["Ben Roy", "Dev Patel", "Eve Ward"]
    agree = [number for number, name in boxes.items() if name != "Eve Ward"]
    page = await house.post(f"{vacancy}/answers", {"agreed": agree, "all_answered": "yes"})
    assert "The returning officer now has the papers counted." in page
    await house.post(f"{vacancy}/count", status=403)
    await sign_in(house.client, Role.RETURNING_OFFICER, trust="RAA")
    page = await house.post(f"{vacancy}/count")
    assert "Dev Patel takes the seat" in page
    assert "without Amy Osei, who left" in page
    house.as_visitor()
    page = await house.get(vacancy)
    assert "The returning officer has not declared the result yet." in page
    assert "Dev Patel takes" not in page
    await house.get(f"{vacancy}/stages.csv", status=404)
    await sign_in(house.client, Role.RETURNING_OFFICER, trust="RAA")
    assert "Select that you have checked the count" in await house.post(f"{vacancy}/declare", status=422)
    page = await house.post(f"{vacancy}/declare", SURE)
    assert "Dev Patel holds this seat from 24 April 2027 until 23 March 2030." in page
    house.as_visitor()
    assert "Votes of each candidate after each stage" in await house.get(vacancy)
    assert "Dev Patel" in (await house.client.get(f"{vacancy}/stages.csv")).text
    count = (await house.client.get(f"{vacancy}/count.json")).json()
    assert [place["name"] for place in count["elected"]] == ["Cat Hill", "Dev Patel"]
    assert "Dev Patel" in await house.get("/trusts/RAA/council")


async def test_the_council_and_the_election_say_that_a_result_does_not_count(house, members):
    said = "The result of this election does not count"
    assert said not in await house.get("/trusts/RAA/council")
    async with house.client.app.state.store.writing() as session:
        ballot = (await queries.contest(session, "RAA", members)).ballot
        await councils.set_aside(session, ballot, now=COUNTED_AT)
    house.as_visitor()
    page = await house.get("/trusts/RAA/council")
    assert page.count(said) == 2
    assert f'href="{ELECTIONS}/{members}"' in page
    page = await house.get(f"{ELECTIONS}/{members}")
    assert "This result does not count." in page
    assert "The poster was wrong." in page


async def test_a_seat_that_becomes_empty_in_years_is_not_said_to_be_empty_now(house, members):
    await house.post(await leaving(house), {"cause": "resigned"} | TODAY | {"last_day-year": "2029"})
    page = await house.get("/trusts/RAA/council")
    assert "Empty from 24 April 2029" in page
    assert "Empty seat" not in page.replace("empty seat", "")
    assert page.count(f'href="{ELECTIONS}"') == 1
    assert 'class="nhsuk-back-link" href="/trusts/RAA"' in page


async def test_an_election_is_open_while_staff_can_vote(house):
    async with house.client.app.state.store.writing() as session:
        contest = await councils.a_contest(session, now=house.clock())
        ballot = await service.arrange_contest(session, "RAA", contest, by="account 3", now=house.clock())
        await voting.take_lot(session, ballot, councils.LOT, by="account 9", now=house.clock())
        await voting.freeze_electorate(session, ballot, by="account 9", now=house.clock(), script=SCRIPT)
    assert ">Arranged<" in await house.get(f"{ELECTIONS}/{contest}")
    async with house.client.app.state.store.writing() as session:
        row = await ballots.ballot(session, ballot)
        await voting.open_ballot(session, ballot, now=row.opens_at)
    house.clock.at(row.opens_at)
    assert ">Open<" in await house.get(f"{ELECTIONS}/{contest}")
    assert ">Open<" in await house.get(ELECTIONS)


async def test_a_leaving_is_taken_back_on_its_page(house, members):
    page = await house.post(await leaving(house), {"cause": "recalled", **TODAY})
    vacancy = re.search(r"/trusts/RAA/council/vacancies/[0-9]+(?=/answers)", page)[0]
    assert "Take it back: Amy Osei keeps the seat" in page
    house.as_visitor()
    assert "Take it back" not in await house.get(vacancy)
    await house.as_secretary()
    await house.post(f"{vacancy}/withdraw", status=403)
    await sign_in(house.client, Role.RETURNING_OFFICER, trust="RAA")
    page = await house.post(f"{vacancy}/withdraw")
    assert "That was taken back. Amy Osei keeps the seat until 23 March 2030." in page
    assert "Take it back" not in page
    await house.post(f"{vacancy}/withdraw", status=409)
    assert "Empty seat" not in await house.get("/trusts/RAA/council")


async def test_nobody_agrees_and_the_coordinator_drafts_a_by_election(house, members):
    page = await house.post(await leaving(house), {"cause": "died"} | TODAY)
    vacancy = re.search(r"/trusts/RAA/council/vacancies/[0-9]+(?=/answers)", page)[0]
    await sign_in(house.client, Role.RETURNING_OFFICER, trust="RAA")
    await house.post(f"{vacancy}/no-candidate", status=409)
    page = await house.post(f"{vacancy}/answers", {"all_answered": "yes"})
    assert "No candidate agreed to take the seat." in page
    page = await house.post(f"{vacancy}/no-candidate")
    assert "The coordinator now drafts the by-election." in page
    await house.as_coordinator()
    assert "By-election needed" in await house.get("/trusts/RAA/council")
    page = await house.post(f"{vacancy}/by-election")
    assert "By-election: Staff council 2027" in page
    assert "A by-election is for one seat" in await house.get(re.search(rf"{ELECTIONS}/[0-9]+/draft/seats", page)[0])
