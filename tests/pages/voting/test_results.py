"""From the returning officer's list of voters to a public result that anyone can check."""

import json

from pilot.people.roles import Role
from pilot.voting.record.archive import unpack
from pilot.voting.record.checks import passed, verify
from tests.builders.voting import CLOSES, DECLARED, NIGHT, OPENS, a_roll, votes


async def with_a_result(hall, clock, answers, voters=60, **changes):
    """A ballot that is counted and waits to be declared by the officer who is signed in."""
    await hall.ready(voters, **changes)
    async with hall.store.writing() as session:
        await votes(session, hall.ballot, answers)
    clock.at(OPENS)
    await hall.tick()
    clock.at(CLOSES)
    await hall.tick()
    clock.at(DECLARED)
    await hall.officer()


async def declare(hall, client):
    return await client.post(f"{hall.here}/declare", data={"agreed": "on"})


async def test_the_returning_officer_fixes_the_list_of_voters(hall, client, clock):
    await hall.ready(25, frozen=False)
    assert "Fix the list of voters" not in (await client.get(hall.here)).text
    assert (await client.post(f"{hall.here}/freeze")).status_code == 403
    await hall.officer()
    assert "Fix the list of voters" in (await client.get(hall.here)).text
    electorate = await client.post(f"{hall.here}/freeze")
    assert electorate.url.path == f"{hall.here}/electorate"
    assert "25 can vote and 1 cannot" in electorate.text
    assert "Agency workers are not employed by the trust" in electorate.text
    assert "Sam Name25" in electorate.text
    again = await client.post(f"{hall.here}/freeze")
    assert again.status_code == 409
    assert "has its list of voters" in again.text
    assert "People on the list of voters, by staff group" in (await client.get(hall.here)).text


async def test_names_of_those_left_out_are_for_the_returning_officer_alone(hall, client):
    await hall.ready(25)
    assert (await client.get(f"{hall.here}/electorate")).status_code == 403
    await hall.officer(Role.AUDITOR, None)
    text = (await client.get(f"{hall.here}/electorate")).text
    assert "Agency workers" in text
    assert "Name25" not in text


async def test_the_reasons_still_add_up_after_another_staff_list_of_the_same_day(hall, client):
    await hall.ready(25)
    async with hall.store.writing() as session:
        await a_roll(session, 24)  # the agency worker of the first list is not on this one
    await hall.officer()
    text = (await client.get(f"{hall.here}/electorate")).text
    assert "25 can vote and 1 cannot" in text
    assert "<p>1 person</p>" in text
    assert "Name25" not in text
    assert "1 person of the first one cannot be named any more" in text


async def test_the_poster_has_the_address_as_a_square_picture_inside_the_page(hall, client):
    await hall.ready(20)
    text = (await client.get(f"{hall.here}/poster")).text
    assert "<svg xmlns=" in text
    assert "<?xml" not in text


async def test_small_staff_groups_are_not_shown(hall, client):
    await hall.ready(20)
    text = (await client.get(hall.here)).text
    assert text.count("not shown (small group)") == 2


async def test_the_clock_opens_closes_and_counts_and_the_officer_declares(hall, client, clock):
    await hall.ready(60)
    async with hall.store.writing() as session:
        await votes(session, hall.ballot, ["yes"] * 8 + ["no"] * 5)
    states = []
    for moment in (OPENS, NIGHT, CLOSES, CLOSES, DECLARED):
        clock.at(moment)
        await hall.tick()
        states.append(await hall.state())
    assert states == ["open", "open", "tallied", "tallied", "tallied"]
    assert (await client.get(f"{hall.here}/result")).status_code == 404
    assert (await client.get(f"{hall.here}/record.zip")).status_code == 404
    assert (await client.get(f"/check/{hall.ballot}")).status_code == 404
    await hall.officer()
    assert "Sealed votes" in (await client.get(f"{hall.here}/declare")).text
    unsure = await client.post(f"{hall.here}/declare", data={})
    assert unsure.status_code == 422
    assert "Select that you have checked the figures" in unsure.text
    done = await declare(hall, client)
    assert done.url.path == f"{hall.here}/result"
    assert "Result: carried" in done.text
    assert await hall.state() == "declared"
    assert (await declare(hall, client)).status_code == 409
    clock.forward(days=22)
    await hall.tick()
    assert await hall.state() == "final"


async def test_the_result_says_the_outcome_in_words_first_and_every_figure_as_text(hall, client, clock):
    await with_a_result(hall, clock, ["yes"] * 8 + ["no"] * 5 + ["abstain"] * 2)
    text = (await declare(hall, client)).text
    assert "The proposal was carried: 8 of 13 votes for Yes or No were for Yes, and more than half were needed." in text
    assert "The proposal is carried if more than half of the people who vote Yes or No vote Yes." in text
    assert "8 (61.5%)" in text
    assert "5 (38.5%)" in text
    assert "15 of 60 people voted. That is a turnout of 25%." in text
    assert "The black line marks the majority that Yes needed." in text
    assert "2 papers would have to be exchanged for another outcome" in text
    assert "64%" in text
    assert "92%" in text


async def test_the_record_that_everybody_downloads_verifies(hall, client, clock):
    await with_a_result(hall, clock, ["yes"] * 8 + ["no"] * 5)
    await declare(hall, client)
    answer = await client.get(f"{hall.here}/record.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="record-RAA-B1.zip"'
    files = unpack(answer.content).files
    assert passed(verify(files, manifest_hash=json.loads(files["declaration.json"])["manifest"]))
    figures = (await client.get(f"{hall.here}/figures.csv")).text
    assert "outcome,carried\r\n" in figures
    assert "yes,8\r\n" in figures


async def test_anybody_can_check_a_code_in_the_published_list(hall, client, clock):
    await with_a_result(hall, clock, ["yes"] * 2 + ["no"])
    assert "No result is declared yet" in (await client.get("/check")).text
    await declare(hall, client)
    assert "Night canteen" in (await client.get("/check")).text
    published = (await client.get(f"/check/{hall.ballot}/list")).json()
    assert published["count"] == 3
    assert sorted(paper["answer"] for paper in published["papers"]) == ["no", "yes", "yes"]
    assert all(len(paper["code"]) == 16 for paper in published["papers"])
    text = (await client.get(f"/check/{hall.ballot}")).text
    code = published["papers"][0]["code"]
    assert f"{code[:4]}-{code[4:8]}-{code[8:12]}-{code[12:]}" in text


async def test_below_fifty_people_the_list_shows_codes_only_and_auditors_get_the_papers(hall, client, clock):
    await with_a_result(hall, clock, ["yes"] * 2 + ["no"], voters=30)
    await declare(hall, client)
    published = (await client.get(f"/check/{hall.ballot}/list")).json()
    assert published["count"] == 3
    assert all(set(paper) == {"code"} for paper in published["papers"])
    assert "papers.jsonl" not in unpack((await client.get(f"{hall.here}/record.zip")).content).files
    assert (await client.get(f"{hall.here}/papers.jsonl")).status_code == 403
    await hall.officer(Role.AUDITOR, None)
    papers = await client.get(f"{hall.here}/papers.jsonl")
    assert papers.text.count("\n") == 3
    assert papers.headers["content-type"] == "application/jsonl"
    assert papers.headers["content-disposition"] == 'attachment; filename="papers-RAA-B1.jsonl"'


async def test_another_trusts_officer_can_do_nothing_here(hall, client, clock):
    await with_a_result(hall, clock, ["yes"])
    assert (await client.get(f"/trusts/RBB/ballots/{hall.ballot}")).status_code == 404
    await hall.officer(Role.COORDINATOR)
    assert (await declare(hall, client)).status_code == 403


async def test_the_list_of_votes_says_where_each_stands(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    text = (await client.get("/trusts/RAA/ballots")).text
    assert "RAA-B1" in text
    assert "Open" in text
    assert (await client.get("/trusts/RXX/ballots")).status_code == 404
