"""Records whose files somebody with keys made fit each other, the website alone or with a trustee: found or named."""

import json
import secrets
from base64 import b64decode, b64encode
from collections import Counter
from hashlib import sha256

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilot.secrecy import canonical, filling, peel, seal, stamp, tree
from pilot.secrecy import manifest as manifests
from pilot.secrecy import queries as secrecy_queries
from pilot.secrecy import service as secrecy
from pilot.secrecy.packing import pack
from pilot.voting import declaration, files, queries, service
from pilot.voting.count import yes_no
from pilot.voting.declaration import Box, Matter, declare
from pilot.voting.record import build, custody
from pilot.voting.record.archive import unpack
from pilot.voting.record.checks import verify
from tests.builders.made import Holding, Made, made_of
from tests.builders.records import said_by_command, said_by_program
from tests.builders.secrecy import chance
from tests.builders.voting import NIGHT, a_frozen_ballot, declared, the_voters, votes
from tests.rooms.voting.test_record import ONCE, Files, failed, in_json, in_line, without_line

Rows = list[dict]


def a_lost_vote(voters: int) -> Holding:
    """Five for, nine against."""

    async def hold(session) -> Made:
        ballot = await a_frozen_ballot(session, voters)
        keys = await secrecy_queries.keys(session, (await queries.ballot(session, ballot)).box_id)
        await votes(session, ballot, ["yes"] * 5 + ["no"] * 9)
        await declared(session, ballot)
        return await made_of(session, ballot, keys[3][1])

    return hold


@pytest.fixture
def lost(made_once) -> Made:
    return made_once("a lost vote of 60", a_lost_vote(60))


@pytest.fixture
def small(made_once) -> Made:
    return made_once("a lost vote of 25", a_lost_vote(25))


def in_lines(rows: Rows) -> bytes:
    return b"".join(canonical.to_bytes(row) + b"\n" for row in rows)


def lines_of(found: Files, name: str) -> Rows:
    return [canonical.read(line) for line in found[name].splitlines()]


def answer(row: dict) -> str:
    return json.loads(b64decode(row["paper"])[32:])["a"][0][0]


def those_against(rows: Rows) -> Rows:
    return [row for row in rows if "paper" in row and answer(row) == "no"][:8]


def told_by(found: Files, rows: Rows) -> Files:
    """The record that tells of these papers, every figure made to fit."""
    rows = sorted(rows, key=lambda row: row["inner"])
    log, peels = lines_of(found, "log.jsonl"), canonical.read(found["peels.json"])
    verdicts = Counter(row["verdict"] for row in rows)
    valid = [row for row in rows if row["verdict"] == "valid"]
    root = tree.root([canonical.to_bytes(row) for row in rows]).hex()
    numbers = {"valid": len(valid), "spoilt": verdicts["spoilt"], "set_aside": verdicts["set aside"]}
    log[-4:-1] = [{**one, "type": "peel"} for one in peels]
    log[-1] |= {**numbers, "root": root}
    manifest = manifests.read(found["manifest.json"])
    counted = Counter(answer(row) for row in valid)
    rule, entitled = yes_no.parse(manifest.rule), manifest.roll.size
    result = yes_no.count(rule, counted, entitled=entitled, spoilt=numbers["spoilt"])
    left = max(0, numbers["set_aside"] + sum(one["duplicates"] + len(one["rejects"]) for one in peels))
    close = log[-5]
    box = Box(close["roll"], close["stamps"], close["envelopes"], numbers["valid"], numbers["spoilt"], left)
    said = declaration.read(json.loads(found["declaration.json"]))
    matter = Matter(said.ballot, said.trust, said.subject, said.title, said.question, said.manifest, said.rule)
    again = declare(matter, result, box, at=said.declared_at)
    return found | {
        "log.jsonl": in_lines(log),
        "papers.jsonl": in_lines(rows),
        "trackers.txt": "".join(sorted(f"{row['code']}\n" for row in valid)).encode(),
        "count.json": build.count_file(result),
        "declaration.json": build.declaration_file(again),
        "README.txt": build.readme(again, rule, result, files=set(found), keys=custody.in_words(manifest)).encode(),
    }


def opened_again(lost: Made, found: Files, stage: list[str], **changes) -> Files:
    """The same with another last opening, signed by the last trustee."""
    text = "".join(sorted(f"{line}\n" for line in stage)).encode()
    peels = canonical.read(found["peels.json"])
    statement, _ = peel.read_entry(peels[2])
    left = statement.in_ - len(stage) - len(statement.rejects)
    new = {"sha256_out": sha256(text).hexdigest(), "out": len(stage), "duplicates": left, **changes}
    statement = msgspec.structs.replace(statement, **new)
    signature = Ed25519PrivateKey.from_private_bytes(lost.last_key).sign(peel.signing_text(statement))
    peels[2] = peel.entry(statement, signature)
    return found | {"stage-3.txt": text, "peels.json": canonical.to_bytes(peels)}


def refused_by_both(made: Made, tmp_path, forged: Files, file: str) -> None:
    forged = made.signed(forged)
    assert file in [where for _, where, _ in failed(verify(forged))]
    code, said = said_by_program(tmp_path, pack(forged))
    assert (code, "FAILED" in said) == (1, True), said


def open_points(found: Files, **given) -> str:
    checks = verify(found, **given)
    assert failed(checks) == []
    return "\n".join(f"{check.name}: {check.says}" for check in checks if check.ok is None)


def test_valid_papers_that_the_website_calls_set_aside_are_found(lost, tmp_path):
    found = lost.files
    rows = lines_of(found, "papers.jsonl")
    for row in those_against(rows):
        row |= {"verdict": "set aside", "reason": "a second copy of a paper"}
    forged = told_by(found, rows)
    assert json.loads(forged["declaration.json"])["outcome"] == "carried"
    refused_by_both(lost, tmp_path, forged, "papers.jsonl")


def test_valid_papers_whose_places_in_the_list_are_exchanged_are_not_spoilt(lost, tmp_path):
    found = lost.files
    rows = lines_of(found, "papers.jsonl")
    against = those_against(rows)
    places = [row["inner"] for row in against]
    for row, place in zip(against, places[1:] + places[:1], strict=True):
        row |= {"verdict": "spoilt", "reason": "the padding is not empty", "inner": place}
    refused_by_both(lost, tmp_path, told_by(found, rows), "papers.jsonl")


def test_no_paper_can_be_called_spoilt_or_set_aside_by_its_hash_alone(lost, tmp_path):
    found = lost.files
    rows = lines_of(found, "papers.jsonl")
    manifest = manifests.read(found["manifest.json"])
    hidden = lines_of(found, "papers.jsonl")
    for row in those_against(hidden):
        inner = row["inner"]
        row.clear()
        row |= {"inner": inner, "verdict": "set aside", "reason": "no right stamp"}
    refused_by_both(lost, tmp_path, told_by(found, hidden), "papers.jsonl")
    for row in those_against(rows):
        soiled = seal.pack(b64decode(row["paper"]), b64decode(row["stamp"]), manifest.padded)[:-1] + b"\x01"
        row |= {"verdict": "spoilt", "reason": "the padding is not empty", "inner": sha256(soiled).hexdigest()}
        row["item"] = b64encode(soiled).decode()
        for part in ("paper", "stamp", "code"):
            del row[part]
    shown = told_by(opened_again(lost, found, [row["inner"] for row in rows]), rows)
    forged = lost.signed(shown)
    assert "8 sealed votes or papers were not counted" in open_points(forged)
    assert "enough to have given another outcome" in " ".join(forged["README.txt"].decode().split())
    code, said = said_by_program(tmp_path, pack(forged))
    assert code == 0, said
    assert "8 sealed votes or papers were not counted: enough to have given another outcome" in said
    named = [{key: value for key, value in row.items() if key != "item"} for row in rows]
    refused_by_both(lost, tmp_path, told_by(forged, named), "papers.jsonl")


def test_papers_that_a_trustee_drops_as_copies_are_named_beside_the_margin(lost, tmp_path):
    found = lost.files
    rows = lines_of(found, "papers.jsonl")
    assert "not counted" not in open_points(found)
    assert "not counted" not in found["README.txt"].decode()
    against = those_against(rows)
    kept = [row for row in rows if row not in against]
    dropped = opened_again(lost, found, [row["inner"] for row in kept])
    forged = lost.signed(told_by(dropped, kept))
    assert "8 sealed votes or papers were not counted" in open_points(forged)
    code, said = said_by_program(tmp_path, pack(forged))
    assert (code, "8 sealed votes or papers were not counted" in said) == (0, True), said


def test_an_opening_that_rejects_one_item_many_times_is_found(lost, tmp_path):
    found = lost.files
    rows = lines_of(found, "papers.jsonl")
    against = those_against(rows)
    kept = [row for row in rows if row not in against]
    rejects = (found["stage-2.txt"].decode().split()[0],) * 8
    stage = [row["inner"] for row in kept]
    forged = told_by(opened_again(lost, found, stage, rejects=rejects, duplicates=0), kept)
    refused_by_both(lost, tmp_path, forged, "peels.json")


def test_an_opening_that_adds_papers_as_fewer_than_no_copies_is_found(lost, tmp_path):
    found = lost.files
    rows = lines_of(found, "papers.jsonl")
    stage = [*(row["inner"] for row in rows), "0" * 64]
    added = opened_again(lost, found, stage)
    assert json.loads(added["peels.json"])[2]["duplicates"] == -1
    added = told_by(added, rows)
    refused_by_both(lost, tmp_path, added, "peels.json")


def test_a_list_that_has_an_item_twice_or_out_of_order_is_found(lost, tmp_path):
    found = lost.files
    rows = lines_of(found, "papers.jsonl")
    stage = [row["inner"] for row in rows]
    twice = told_by(opened_again(lost, found, [*stage[1:], stage[1]]), rows)
    refused_by_both(lost, tmp_path, twice, "stage-3.txt")


def test_a_log_whose_lines_cannot_follow_each_other_is_found_by_the_small_program_too(lost, tmp_path):
    found = lost.files
    body, end = found["log.jsonl"].splitlines(keepends=True)[:-5], found["log.jsonl"].splitlines(keepends=True)[-5:]
    v = canonical.read(body[0].strip())["v"]
    close = canonical.read(end[0].strip())

    def with_log(lines: list[bytes], **changed) -> Files:
        return found | {"log.jsonl": b"".join([*lines, canonical.to_bytes(close | changed) + b"\n", *end[1:]])}

    stamps = [canonical.to_bytes({"seq": seq, "type": "stamp", "v": v}) + b"\n" for seq in (2, 3, 4)]
    envelope = canonical.to_bytes({"sha256": "0" * 64, "type": "envelope", "v": v}) + b"\n"
    forged = {
        "a fourth stamp": with_log([*body, *stamps], stamps=close["stamps"] + 3),
        "a second sealed vote with one stamp": with_log([envelope, *body]),
        "more sealed votes than stamps": with_log([body[0], envelope, *body[1:]]),
        "another size of the roll": with_log(body, roll=61),
        "another number of people with stamps": with_log(body, stamped=13),
        "another opening": in_line("log.jsonl", -3, lambda d: d.update(duplicates=1))(found),
        "other final numbers": in_line("log.jsonl", -1, lambda d: d.update(valid=13))(found),
        "another final root": in_line("log.jsonl", -1, lambda d: d.update(root="0" * 64))(found),
        "a stamp dropped": without_line("log.jsonl", 0)(found),
        "cut off": without_line("log.jsonl", -1)(found),
    }
    for name, files_ in forged.items():
        again = lost.signed(files_)
        assert failed(verify(again)), name
        assert said_by_program(tmp_path, pack(again))[0] == 1, name


def test_a_person_with_more_sealed_votes_than_stamps_is_found_and_with_as_many_is_not(lost):
    found = lost.files
    lines = found["log.jsonl"].splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if b'"type":"envelope"' in line)
    v = canonical.read(lines[at].strip())["v"]
    other = canonical.to_bytes({"sha256": "0" * 64, "type": "envelope", "v": v}) + b"\n"
    forged = found | {"log.jsonl": b"".join([*lines[: at + 1], other, *lines[at + 1 :]])}
    wrong = [check for check in verify(lost.signed(forged)) if check.name == "The log"]
    assert [(check.line, check.says) for check in wrong] == [(at + 2, "this person has more sealed votes than stamps")]


@pytest.mark.parametrize(
    "listed",
    [
        b"AAAAAAAAAAAAAAAA\n" * 40,
        b"AAAAAAAAAAAAAAAA\n" * 14,
        b"".join(b"AAAAAAAAAAAAAA%02d\n" % n for n in range(13)),
        b"".join(b"AAAAAAAAAAAAAA%02d\n" % n for n in reversed(range(14))),
        b"".join(b"IAAAAAAAAAAAAA%02d\n" % n for n in range(14)),
        b"".join(b"AAAA-AAAA-AAAA-AA%02d\n" % n for n in range(14)),
    ],
    ids=["40 times one", "14 times one", "one too few", "not sorted", "no such letter", "with hyphens"],
)
def test_below_fifty_people_the_list_of_check_codes_must_be_one(small, tmp_path, listed):
    found = small.files
    assert "Check codes: not compared with papers" in open_points(found)
    code, said = said_by_program(tmp_path, pack(found))
    assert (code, "Check codes: not compared with papers" in said) == (0, True), said
    refused_by_both(small, tmp_path, found | {"trackers.txt": listed}, "trackers.txt")


def test_below_fifty_people_the_final_numbers_must_be_those_of_the_last_list(small, tmp_path):
    found = small.files
    forged = in_line("log.jsonl", -1, lambda d: d.update(valid=6, set_aside=0))(found)
    count = yes_no.count(yes_no.parse(manifests.read(found["manifest.json"]).rule), {"yes": 5, "no": 1}, entitled=25)
    forged |= {
        "count.json": build.count_file(count),
        "trackers.txt": b"".join(found["trackers.txt"].splitlines(True)[:6]),
    }
    refused_by_both(small, tmp_path, forged, "log.jsonl")


def test_files_that_no_record_has_and_another_program_are_named(lost, tmp_path):
    found = lost.files
    own = files.programs()
    assert "The programs in the record" in [check.name for check in verify(found, programs=own) if check.ok]
    refused_by_both(lost, tmp_path, found | {"stage-9.txt": b"x\n"}, "stage-9.txt")
    refused_by_both(lost, tmp_path, found | {"install.txt": b"x\n"}, "install.txt")
    rest = {name: data for name, data in found.items() if name != "README.txt"}
    refused_by_both(lost, tmp_path, rest, "README.txt")
    other = lost.signed(found | {"verify.py": b'print("Every check was passed.")\n'})
    assert "another version of verify.py: do not run it" in open_points(other, programs=own)
    said = said_by_command(tmp_path, pack(other))[1]
    assert "The programs in the record: another version of verify.py: do not run it" in said


def test_papers_in_a_record_of_fewer_than_fifty_people_are_named(small, tmp_path):
    found = small.files
    refused_by_both(small, tmp_path, found | {"papers.jsonl": small.papers}, "papers.jsonl")


def test_what_no_record_can_show_is_said_each_time(lost, tmp_path):
    found = lost.files
    said = open_points(found)
    code, printed = said_by_program(tmp_path, pack(found))
    readme = " ".join(found["README.txt"].decode().split())
    for text in (
        "Papers dropped or replaced by a trustee, or by the website together with one: only voters' check codes",
        "Votes cast with somebody else's code, or by the website in somebody's name",
        "The server held all the keys, so it could have made this result",
    ):
        assert text in said
        assert text in printed
        assert text in readme
    spare = [check.says for check in verify(found) if check.name == "Spare stamps beside the margin"]
    assert "only while no trustee works with the website" in spare[0]
    assert "only while no trustee works with the website" in readme
    assert code == 0


async def cast_inside(
    session, ballot: int, voter, paper: bytes, *, ending: bytes = b"", unstamped: bool = False
) -> None:
    """A hostile voter casts any bytes as a paper, with any bytes at the end of the sealed vote."""
    text = await secrecy.manifest_of(session, (await queries.ballot(session, ballot)).box_id)
    manifest = manifests.read(text)
    key = stamp.read_public(manifest.stamp_key)
    numbers = chance(key.n)
    blinded, inverse = stamp.blind(key, paper, numbers.salt, numbers.factor)
    given = await service.stamp(session, ballot, voter, blinded, now=NIGHT)
    stamped = bytes(384) if unstamped else stamp.finalize(key, paper, given, inverse)
    inner = seal.pack(paper, stamped, manifest.padded)
    keys = [seal.read_seal_key(trustee.seal_key) for trustee in manifest.trustees]
    sealed = seal.seal(inner[: len(inner) - len(ending)] + ending, keys, manifests.digest(text))
    await service.cast(session, ballot, voter, sealed, now=NIGHT)


@ONCE
async def test_nothing_that_a_hostile_voter_casts_makes_an_honest_record_fail(session, tmp_path):
    ballot = await a_frozen_ballot(session, 60)
    await votes(session, ballot, ["yes"] * 9 + ["no"] * 3)
    voters = iter((await the_voters(session, ballot))[20:])
    text = await secrecy.manifest_of(session, (await queries.ballot(session, ballot)).box_id)
    mark = manifests.digest(text)
    start = secrets.token_bytes(32)
    good = filling.fill(
        manifests.read(text), mark, [["no"]], chance(stamp.read_public(manifests.read(text).stamp_key).n)
    )
    contents = [
        b'{"a":[["yes"]],"m":"%s"}' % (b"0" * 64),
        b'{"a":null,"m":"1"}',
        b'{"a":1.5,"m":"1"}',
        b'{"a":9007199254740992,"m":"1"}',
        '{"m":"1","é":1}'.encode(),
        b'{"a":[[]],"m":"1","m":"1"}',
        b'{"a":[["red"]],"m":"%s"}' % mark.encode(),
        b'{"a":[[{}]],"m":"1"}',
        b"[1]",
        b"[" * 60,
        b"\xff\xfe[\x001\x00]\x00",
        b"",
    ]
    for content in contents:
        await cast_inside(session, ballot, next(voters), start + content)
    await cast_inside(session, ballot, next(voters), b"")
    await cast_inside(session, ballot, next(voters), good.paper, ending=b"\x01")
    await cast_inside(session, ballot, next(voters), good.paper, ending=b"\x02")
    await cast_inside(session, ballot, next(voters), good.paper, unstamped=True)
    voter = next(voters)
    await service.stamp(session, ballot, voter, secrets.token_bytes(384)[1:].rjust(384, b"\0"), now=NIGHT)
    manifest = manifests.read(text)
    garbage = secrets.token_bytes(seal.envelope_length(manifest.padded, len(manifest.trustees)))
    await service.cast(session, ballot, voter, garbage, now=NIGHT)
    await declared(session, ballot)
    found = unpack(await queries.record(session, ballot)).files
    said = open_points(found, programs=files.programs())
    assert "not shown" not in said
    shown = [row for row in lines_of(found, "papers.jsonl") if "item" in row]
    assert Counter(row["reason"] for row in shown) == {
        "no right stamp": 1,
        "the padding is not empty": 1,
        "a second copy of a paper": 1,
    }
    code, printed = said_by_program(tmp_path, pack(found))
    assert code == 0, printed
    assert "counted again: 9 yes, 3 no, 0 neither: carried" in printed
    flat = in_json("count.json", lambda d: d.update(spoilt=0))(found)
    refused_by_both(await made_of(session, ballot), tmp_path, flat, "count.json")
