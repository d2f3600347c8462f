"""The log through the pages: for its watcher while the vote is open, for everybody after the close."""

import base64
import json

import pytest
from sqlalchemy import select

from pilot.audit.tables import EventRow
from pilot.secrecy import checkpoint, leaves, tree, watching
from pilot.voting.tables import BallotRow
from tests.builders.voting import CLOSES, NIGHT
from tests.pages.voting.test_voting import sign_in, vote


async def a_key(hall, client, *, signed_in=False):
    """The watch key, made by the returning officer, who stays signed in."""
    if not signed_in:
        await hall.officer()
    answer = await client.post(f"{hall.here}/watching")
    assert "--key watch-key.txt --state watched.json --number NUMBER" in answer.text
    return answer.text.split('id="key">')[1].split("<")[0]


async def look(client, hall, key, earlier=0):
    return await client.get(f"{hall.here}/watch?from={earlier}", headers={"authorization": f"Bearer {key}"})


async def test_the_watcher_follows_the_log_and_its_lines_are_public_after_the_close(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    key = await a_key(hall, client)
    watched = watching.begin((await client.get(f"{hall.here}/manifest.json")).content)
    watched = watching.follow(watched, (await look(client, hall, key)).json())
    for code in hall.codes[:3]:
        await sign_in(client, code)
        receipt = (await vote(client, hall.ballot, "yes")).json()
        answer = (await look(client, hall, key, watched.size)).json()
        watched = watching.follow(watched, answer)
        assert receipt["checkpoint"] == answer["checkpoint"]  # voter and watcher see one log
    assert watched.size == 6
    for name in ("log.jsonl", "checkpoints.txt"):
        early = await client.get(f"{hall.here}/{name}")
        assert (early.status_code, "published when voting has closed" in early.text) == (409, True)
    clock.at(CLOSES)
    await hall.tick()
    bodies = (await client.get(f"{hall.here}/log.jsonl")).content.splitlines()
    assert tree.root(bodies[:6]) == watched.last.root
    texts = checkpoint.split((await client.get(f"{hall.here}/checkpoints.txt")).content)
    last = checkpoint.verify(texts[-1], checkpoint.origin(watched.m), watched.log_key)
    assert (last.size, last.root) == (len(bodies), tree.root(bodies))
    assert leaves.read_all(bodies)[6]["type"] == "close"
    watching.follow(watched, (await look(client, hall, key, 6)).json())


async def test_a_receipt_is_right_and_stays_the_same(hall, client, clock):
    await hall.ready(25)
    clock.at(NIGHT)
    document = (await sign_in(client, hall.codes[0])).text
    ballot = json.loads(document.split('id="ballot">')[1].split("</script>")[0])
    receipt = (await vote(client, hall.ballot, "yes")).json()
    manifest = json.loads(ballot["manifest"])
    public = base64.b64decode(manifest["log_key"])
    found = checkpoint.check_receipt(receipt, bytes.fromhex(ballot["v"]), ballot["digest"], public)
    assert found.size == receipt["leaf"] + 1


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer "}, {"authorization": "Basic abc"}])
async def test_nobody_looks_without_the_key(hall, client, clock, header):
    await hall.ready(25)
    clock.at(NIGHT)
    await a_key(hall, client)
    assert (await client.get(f"{hall.here}/watch", headers=header)).status_code == 403


async def test_a_key_is_for_one_vote_and_the_newest_one_works(hall, client, clock):
    await hall.ready(25)
    other = await hall.ballot_like(subject="another question", title="Quiet rooms")
    clock.at(NIGHT)
    first = await a_key(hall, client)
    elsewhere = await client.get(f"/trusts/RAA/ballots/{other}/watch", headers={"authorization": f"Bearer {first}"})
    assert elsewhere.status_code == 403
    second = await a_key(hall, client, signed_in=True)
    assert (await look(client, hall, first)).status_code == 403
    assert (await look(client, hall, second)).status_code == 200
    async with hall.store.reading() as session:
        verbs = [row.verb for row in (await session.execute(select(EventRow))).scalars()]
        row = (await session.execute(select(BallotRow).where(BallotRow.id == hall.ballot))).scalar_one()
    assert verbs.count("watch key made") == verbs.count("watch key made again") == 1
    assert second not in (row.watch_mark, *map(str, verbs))  # only its mark is kept


async def test_the_key_is_shown_once(hall, client, clock):
    await hall.ready(25)
    key = await a_key(hall, client)
    text = (await client.get(f"{hall.here}/watching")).text
    assert key not in text
    assert "A watch key has been made. It cannot be shown again." in text


async def test_before_the_list_is_fixed_there_is_nothing_to_watch(hall, client):
    await hall.ready(25, frozen=False)
    await hall.officer()
    assert (await client.get(f"{hall.here}/watching")).status_code == 409
    assert (await client.get(f"{hall.here}/manifest.json")).status_code == 404


async def test_a_watcher_who_has_seen_more_gets_the_shorter_log_as_it_is(hall, client, clock):
    """So that the alarm is raised by a signature, and not by a word of the server."""
    await hall.ready(25)
    clock.at(NIGHT)
    key = await a_key(hall, client)
    answer = (await look(client, hall, key, 99)).json()
    assert checkpoint.read(answer["checkpoint"].encode()).size < 99
    assert answer["proof"] == []


@pytest.mark.parametrize("earlier", ["-1", "x", "1.5", "9" * 13, "\u0663"])
async def test_what_is_no_number_of_lines_is_refused(hall, client, clock, earlier):
    await hall.ready(25)
    key = await a_key(hall, client)
    assert (await look(client, hall, key, earlier)).status_code == 422
