"""The record's files."""

import json
from base64 import b64decode
from hashlib import sha256

from msgspec.structs import replace

from pilot.secrecy import record, tree
from pilot.secrecy.papers import Verdict


def made(world, public=True):
    items = [world.inner(world.paper([answer])) for answer in ("yes", "no")] + [
        world.inner(world.paper(["what"])),
        world.inner(stamped=b"\x01" * 384),
    ]
    judged = world.judged(items)
    signatures = record.signatures(world.manifest, world.digest, world.signatures)
    found = record.files(
        (world.text, signatures),
        ([b'{"n":0}', b'{"n":1}'], [b"one\n", b"two\n"]),
        {0: b"a\n", 1: b"b\n"},
        [b'{"i":1}'],
        judged=judged,
        public=public,
    )
    return judged, found


def test_the_papers_are_a_file_where_they_are_public_and_the_codes_always(world):
    _, large = made(world, public=True)
    _, small = made(world, public=False)
    names = [
        "checkpoints.txt",
        "log.jsonl",
        "manifest.json",
        "peels.json",
        "signatures.json",
        "stage-0.txt",
        "stage-1.txt",
        "trackers.txt",
    ]
    assert sorted(small) == names
    assert sorted(large) == sorted([*names, "papers.jsonl"])


def test_the_same_box_gives_the_same_bytes(world):
    judged, found = made(world)
    assert record.trackers(judged[::-1]) == found["trackers.txt"]
    assert record.lines(record.paper_lines(judged[::-1])) == found["papers.jsonl"]
    assert found["log.jsonl"] == b'{"n":0}\n{"n":1}\n'
    assert found["checkpoints.txt"] == b"one\ntwo\n"


def test_signatures_are_read_back(world):
    _, found = made(world)
    assert record.read_signatures(found["signatures.json"]) == world.signatures


def test_each_paper_has_a_line_and_only_valid_ones_a_public_code(world):
    judged, found = made(world)
    lines = [json.loads(line) for line in found["papers.jsonl"].splitlines()]
    assert [line["inner"] for line in lines] == sorted(line["inner"] for line in lines)
    valid = sorted(line["code"] for line in lines if line["verdict"] == Verdict.VALID)
    assert found["trackers.txt"].decode().split() == valid
    assert len(valid) == 2
    aside = next(line for line in lines if line["verdict"] == Verdict.SET_ASIDE)
    assert set(aside) == {"inner", "verdict", "reason", "item"}
    assert sha256(b64decode(aside["item"])).hexdigest() == aside["inner"]
    assert len(tree.root(record.paper_lines(judged))) == 32


def test_papers_are_public_of_votes_from_fifty_people_on_and_never_of_a_survey(world):
    for kind, size, public in (
        ("vote", 50, True),
        ("rehearsal", 50, True),
        ("vote", 49, False),
        ("survey", 50, False),
        ("survey", 9000, False),
    ):
        made_ = replace(world.manifest, kind=kind, roll=replace(world.manifest.roll, size=size))
        assert record.public(made_) is public
