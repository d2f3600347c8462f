"""What a voter may know and say: what is recorded for them, who can see what, and what is wrong."""

from datetime import timedelta

import pytest
from markupsafe import escape
from sqlalchemy import select, update

from pilot.audit.tables import EventRow
from pilot.voting import collusion, queries, service
from pilot.voting.tables import BallotRow, DisputeRow
from tests.builders.voting import ARRANGED, CLOSES, NIGHT, an_own_key_ballot
from tests.pages.voting.test_voting import ask_for_stamp, fill, manifest_in, sign_in, vote


async def the_page(client, hall, code=None):
    if code:
        await sign_in(client, code)
    return (await client.get(f"/votes/{hall.ballot}")).text


async def events(hall):
    async with hall.store.reading() as session:
        return [row.verb for row in (await session.execute(select(EventRow))).scalars()]


async def told(hall):
    async with hall.store.reading() as session:
        return list((await session.execute(select(DisputeRow))).scalars())


async def test_after_the_close_each_voter_reads_what_is_recorded_for_them(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[0])
    await vote(client, hall.ballot, "yes")
    await sign_in(client, hall.codes[1])
    text = manifest_in(await the_page(client, hall))
    await ask_for_stamp(client, hall.ballot, fill(text, "yes"))
    clock.at(CLOSES)
    await hall.tick()
    cast = await the_page(client, hall, hall.codes[0])
    begun = await the_page(client, hall, hall.codes[1])
    none = await the_page(client, hall, hall.codes[2])
    assert "Your sealed vote is in the box." in cast
    assert "No vote was recorded for you." not in cast
    for page in (begun, none):
        assert "No vote was recorded for you." in page
        assert "Voting closed at 5pm on 17 March 2027. Your vote was not cast." in page
        assert "Check that your vote was counted" not in page
    assert "it did not arrive in time" in begun
    assert "it did not arrive in time" not in none


async def test_each_voter_reads_how_many_sealed_votes_were_handed_in_for_them(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    assert "handed in for you" not in await the_page(client, hall, hall.codes[0])
    await vote(client, hall.ballot, "yes")
    assert "1 sealed vote was handed in for you. If you cast" in await the_page(client, hall)
    await vote(client, hall.ballot, "no")
    assert "2 sealed votes were handed in for you. Only the newest counts." in await the_page(client, hall)
    clock.at(CLOSES)
    await hall.tick()
    after = await the_page(client, hall, hall.codes[0])
    assert "2 sealed votes were handed in for you. Only the newest counts." in after
    assert "handed in for you" not in await the_page(client, hall, hall.codes[1])


async def test_after_a_void_vote_nobody_reads_that_it_closed(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    async with hall.store.writing() as session:
        values = {"state": "void", "over_because": "The power failed at all sites."}
        await session.execute(update(BallotRow).where(BallotRow.id == hall.ballot).values(**values))
    text = await the_page(client, hall, hall.codes[0])
    assert "This vote does not count" in text
    assert "The power failed at all sites." in text
    assert "Voting has closed" not in text


async def test_while_voting_is_paused_the_page_says_so(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    async with hall.store.writing() as session:
        await session.execute(update(BallotRow).where(BallotRow.id == hall.ballot).values(state="suspended"))
    text = await the_page(client, hall, hall.codes[0])
    assert "Voting is paused" in text
    assert "No vote is recorded for you so far." in text
    assert "is paused" in (await client.get("/votes")).text


async def test_everybody_reads_who_would_have_to_work_together_for_this_very_vote(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    sentence = "Whoever runs this server could see how people voted, alone: this server holds all the keys."
    for address in (f"{hall.here}/who-can-see-what", hall.here):
        assert sentence in (await client.get(address)).text
    assert sentence in await the_page(client, hall, hall.codes[0])
    mine = (await client.get(f"/votes/{hall.ballot}/who-can-see-what")).text
    assert sentence in mine
    assert f'href="/votes/{hall.ballot}"' in mine
    assert "Everybody sees the check codes. The auditors, who check counts, see the papers without names." in mine
    assert "They could also see what is in it, because this server holds all the keys." in mine
    for gone in (
        "independent scrutineer gets",
        "scrutineer tells",
        "your notice",
        "on paper",
        "Not what is in it",
        "Employer, employer",
    ):
        assert gone not in mine


async def test_where_the_server_holds_all_keys_no_page_of_the_vote_says_that_several_people_open_it(
    hall, client, clock
):
    await hall.ready(25)
    clock.at(NIGHT)
    public = (await client.get(hall.here)).text
    assert "The server signed this file with the keys that it holds." in public
    assert "It opens the votes by itself after the close" in public
    assert "Nobody can read a vote before all of them have opened it" not in public
    assert "Those who open the votes have signed this file" not in public
    paper = await the_page(client, hall, hall.codes[0])
    assert "This server holds the keys of all of them." in paper
    assert "nobody can tell whose a paper is" not in paper
    assert "scrutineer" not in (await client.get(f"/votes/{hall.ballot}/problem")).text
    told = (await client.post(f"/votes/{hall.ballot}/problem", data=SAID)).text
    assert "The returning officer has been told" in told
    assert "scrutineer" not in told


async def test_the_number_of_the_list_of_voters_is_the_one_that_was_promised(hall, client, clock):
    await hall.ready(25)
    root = (await promise_of(client, hall.ballot)).manifest.roll.root
    async with hall.store.reading() as session:
        staff = (await queries.ballot(session, hall.ballot)).list_digest
    public = (await client.get(hall.here)).text
    assert f'id="list-of-voters">{root}<' in public
    assert staff not in public
    await hall.officer()
    fixed = (await client.get(f"{hall.here}/electorate")).text
    assert f'id="list-of-voters">{root}<' in fixed
    assert f'id="staff-list">{staff}<' in fixed


@pytest.mark.parametrize(
    ("signed", "custody", "says"),
    [
        (True, ("own", "own", "own"), "Those who open the votes have signed this file."),
        (
            True,
            ("own", "server", "own"),
            "Those who open the votes have signed this file, and the server has signed it with the keys that it holds.",
        ),
        (False, ("own", "own", "own"), "Not everybody who opens the votes has signed this file yet."),
    ],
)
async def test_the_page_says_who_has_signed_the_promise(client, clock, signed, custody, says):
    clock.at(ARRANGED)
    async with client.app.state.store.writing() as session:
        ballot, _ = await an_own_key_ballot(session, custody, signed=signed)
    assert says in (await client.get(f"/trusts/RAA/ballots/{ballot}")).text


async def test_where_trustees_hold_keys_the_page_has_their_numbers_to_ask_them_for(client, clock):
    clock.at(ARRANGED)
    async with client.app.state.store.writing() as session:
        ballot, mine = await an_own_key_ballot(session)
    answer = (await client.get(f"/trusts/RAA/ballots/{ballot}/who-can-see-what")).text
    assert all(one.number in answer for one in mine)
    assert "Ask these people for their numbers" in answer
    found = collusion.of((await promise_of(client, ballot)).manifest)
    for threat in (*found.threats, *found.everywhere):
        assert str(escape(threat.line)) in answer
        assert str(escape(threat.then)) in answer
    for says in found.seen:
        assert str(escape(says)) in answer


async def promise_of(client, ballot):
    async with client.app.state.store.reading() as session:
        return await service.promise(session, await queries.ballot(session, ballot))


async def test_before_the_list_is_fixed_nobody_holds_a_key(hall, client):
    await hall.ready(25, frozen=False)
    answer = await client.get(f"{hall.here}/who-can-see-what")
    assert answer.status_code == 404
    assert "is known when its list of voters is fixed" in answer.text


SAID = {"kind": "vote not mine", "text": "I was on leave and voted nowhere.", "name": "", "contact": ""}


async def test_what_is_wrong_is_told_without_name_and_time_and_is_answered(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[3])
    before = await events(hall)
    form = (await client.get(f"/votes/{hall.ballot}/problem")).text
    assert "We keep what you write and the day, and not who is signed in." in form
    answer = await client.post(f"/votes/{hall.ballot}/problem", data=SAID)
    assert answer.url.path == f"/votes/{hall.ballot}/problem/told"
    assert "The returning officer has been told" in answer.text
    (row,) = await told(hall)
    assert (row.kind, row.text, row.name, row.contact) == (SAID["kind"], SAID["text"], "no name given", "")
    assert row.made_on == NIGHT.date()
    assert await events(hall) == before  # nothing is written of who said it, or when
    await hall.officer()
    listed = (await client.get(f"{hall.here}/problems")).text
    assert "It says that I voted, but I did not" in listed
    assert "I was on leave and voted nowhere." in listed
    one = f"{hall.here}/problems/{row.id}"
    assert "Make a new voting code for the person" in (await client.get(one)).text
    empty = await client.post(one, data={"answer": ""})
    assert (empty.status_code, "Say what you found" in empty.text) == (422, True)
    await client.post(one, data={"answer": "A new code was made."})
    assert "A new code was made." in (await client.get(f"{hall.here}/problems")).text
    assert (await client.post(one, data={"answer": "Again"})).status_code == 409
    assert (await events(hall))[-1] == "problem answered"


@pytest.mark.parametrize("field", ["text", "contact", "name"])
@pytest.mark.parametrize("code", ["7213-KT9F-3QXD-5M8W", "7213 kt9f 3qxd 5m8w", "7KQ4-M2XD-9P"])
async def test_a_code_is_never_kept(hall, client, clock, field, code):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[3])
    answer = await client.post(f"/votes/{hall.ballot}/problem", data=SAID | {field: f"It is {code}"})
    assert answer.status_code == 422
    assert "Take out the code" in answer.text
    assert await told(hall) == []


async def test_nothing_is_told_without_what_and_how(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[3])
    answer = await client.post(f"/votes/{hall.ballot}/problem", data={})
    assert answer.status_code == 422
    assert "Select what is wrong" in answer.text
    assert "Say what happened" in answer.text


async def test_whoever_is_not_on_the_list_can_say_that_they_were_refused(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[25])
    assert (await client.get(f"/votes/{hall.ballot}")).status_code == 403
    said = {"kind": "refused", "text": "I have worked here since May.", "name": "Sam", "contact": "ext 4411"}
    await client.post(f"/votes/{hall.ballot}/problem", data=said)
    (row,) = await told(hall)
    assert (row.kind, row.name, row.contact) == ("refused", "Sam", "ext 4411")


async def test_problems_of_one_day_have_an_end(hall, client, clock, monkeypatch):
    monkeypatch.setattr("pilot.voting.service.disputes.MOST_A_DAY", 2)
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[3])
    answers = [await client.post(f"/votes/{hall.ballot}/problem", data=SAID) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 409]
    clock.at(NIGHT + timedelta(days=1))
    await sign_in(client, hall.codes[3])
    assert (await client.post(f"/votes/{hall.ballot}/problem", data=SAID)).status_code == 200


async def test_problems_are_for_the_returning_officer_of_the_trust_alone(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    await sign_in(client, hall.codes[3])
    await client.post(f"/votes/{hall.ballot}/problem", data=SAID)
    (row,) = await told(hall)
    other = await hall.ballot_like(subject="another question", title="Quiet rooms")
    await hall.officer()
    assert (await client.get(f"/trusts/RAA/ballots/{other}/problems/{row.id}")).status_code == 404
