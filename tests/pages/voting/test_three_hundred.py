"""A whole ballot of 300 people through the real HTTP interface: cast, peeled, counted, declared and verified."""

import argparse
import json
from collections import Counter

from pilot.commands import verify as command
from pilot.secrecy.packing import pack
from pilot.voting.record.archive import unpack
from tests.builders.voting import CLOSES, DECLARED, NIGHT
from tests.pages.voting.test_voting import sign_in, vote

PEOPLE = 300
ANSWERS = ["yes"] * 160 + ["no"] * 110 + ["abstain"] * 30


def run(path) -> int:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["verify", str(path)])
    return args.run(args)


async def test_three_hundred_people_vote_and_anybody_can_verify_it(hall, client, clock, tmp_path, capsys):
    await hall.ready(PEOPLE)
    clock.at(NIGHT)
    document = (await sign_in(client, hall.codes[0])).text
    for code, answer in zip(hall.codes, ANSWERS, strict=False):
        await client.post("/vote", data={"code": code}, follow_redirects=False)
        receipt = await vote(client, hall.ballot, answer, document)
        assert receipt.json()["cast"] is True
    await sign_in(client, hall.codes[0])
    await vote(client, hall.ballot, "no")  # changes the vote: 159 to 111
    await client.post("/finish")
    clock.at(CLOSES)
    await hall.tick()
    clock.at(DECLARED)
    await hall.officer()
    assert (await client.post(f"{hall.here}/declare", data={"agreed": "on"})).status_code == 200
    data = (await client.get(f"{hall.here}/record.zip")).content
    files = unpack(data).files
    declared = json.loads(files["declaration.json"])
    assert (declared["votes"], declared["spare"]) == ({"yes": 159, "no": 111, "abstain": 30}, 1)
    listed = (await client.get(f"/check/{hall.ballot}/list")).json()["papers"]
    assert Counter(paper["answer"] for paper in listed) == {"yes": 159, "no": 111, "abstain": 30}
    path = tmp_path / "record.zip"
    path.write_bytes(data)
    assert run(path) == 0
    said = capsys.readouterr().out
    assert "passed  Papers: 300 papers, each of them out of the box\n" in said
    assert "passed  Every stamp: 300 papers with a right stamp\n" in said
    assert "passed  Distinct papers: 300 valid papers, no paper and no stamp twice\n" in said
    assert "passed  The count: The proposal was carried: 159 of 270 votes for Yes or No were for Yes" in said
    flipped = bytearray(files["papers.jsonl"])
    flipped[1000] ^= 1
    path.write_bytes(pack(files | {"papers.jsonl": bytes(flipped)}))
    assert run(path) == 1
    assert "[papers.jsonl" in capsys.readouterr().out
