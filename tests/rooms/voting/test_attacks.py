"""Every attack that the design names, one after the other: each is refused, or visible in the counts."""

import random
import secrets
from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace
from sqlalchemy import delete, update

from pilot.errors import BadInput, NotAllowed, WrongState
from pilot.secrecy import (
    canonical,
    checkpoint,
    keyfile,
    leaves,
    lists,
    peel,
    seal,
    service,
    stamp,
    tree,
    watching,
)
from pilot.secrecy import manifest as manifests
from pilot.secrecy.box import Final, cancel_text
from pilot.secrecy.packing import pack
from pilot.secrecy.papers import Verdict
from pilot.secrecy.tables import BoxRow, EnvelopeRow
from pilot.voting import letters, notices
from pilot.voting.record.archive import LARGEST_FILE, unpack
from tests.builders.keyfiles import PASSPHRASE, OwnKeys
from tests.builders.records import Files, Story, log_signed_by, said_by_command, said_by_program, signed_by
from tests.builders.secrecy import (
    CLOSES,
    OPEN,
    World,
    a_box,
    a_paper,
    a_plan_with,
    a_teller,
    a_vote,
    all_open,
    an_envelope,
    an_own_box,
    own_keys,
    voters,
)
from tests.rooms.secrecy.test_own_keys import inside, made
from tests.rules.secrecy.test_dispute import Held, Outcome, liars, settled
from tests.rules.voting.test_archive import hostile

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is refused here is refused by rules that know no database; tests/rooms/secrecy asks both."""

TELLERS = [a_teller("Ada", "scrutineer"), a_teller("Ben", "employer"), a_teller("Cy", "staff side")]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def story() -> Story:
    story = Story(60).votes(["yes"] * 6 + ["no"] * 5)
    story.files = story.record(after_close=lambda s: s.leaf("notices", count=60))
    return story


@pytest.fixture
def people():
    return voters(20)


@pytest.fixture
def keys():
    return own_keys()


@pytest.fixture
async def box(session, people, keys):
    """Open, with two votes in it."""
    box = await an_own_box(session, people, keys, tellers=tuple(teller for _, teller in TELLERS))
    for v in people[:2]:
        await a_vote(session, box.id, v, "yes")
    return box


async def opened(session, box, keys) -> Final:
    """Closed, opened by every trustee, and judged."""
    await service.close(session, box.id, now=CLOSES)
    return await all_open(session, box, keys)


def numbers(final: Final) -> dict[str, int]:
    """What became of the envelopes; whatever is not there is 0."""
    found = {
        "valid": len(final.valid),
        "spoilt": len(final.spoilt),
        "set aside": len(final.set_aside),
        "not opened": len(final.rejected),
        "copies": final.duplicates,
    }
    assert sum(found.values()) == final.envelopes
    return {name: number for name, number in found.items() if number}


async def manifest_in(session, box) -> manifests.Manifest:
    return manifests.read(await service.manifest_of(session, box.id))


async def stamped(session, box, v) -> None:
    """A stamp of this person whose paper is never cast."""
    await an_envelope(session, box.id, v, "no")


async def cast(session, box, v, envelope, now=OPEN):
    return await service.cast(session, box.id, v, envelope, now=now)


async def sealed(session, box, inner: bytes) -> bytes:
    """Any bytes in the seals of this ballot."""
    made_ = await manifest_in(session, box)
    return seal.seal(inner, [seal.read_seal_key(one.seal_key) for one in made_.trustees], box.digest)


def refused(tmp_path, files: Files, file: str) -> None:
    """Both verifiers name this file, also when the website signs all that it altered."""
    for code, said in (said_by_command(tmp_path, pack(files)), said_by_program(tmp_path, pack(files))):
        assert (code, "FAILED" in said, file in said) == (1, True, True), said


def told_by_trustees(story: Story, files: Files, changes: dict[int, dict[str, str]]) -> Files:
    """Trustees, by their places from 0, sign other statements, and the website signs the log and the files to fit."""
    peels = canonical.read(files["peels.json"])
    log = [canonical.read(line) for line in files["log.jsonl"].splitlines()]
    for place, changed in changes.items():
        said = replace(peel.read_entry(peels[place])[0], **changed)
        peels[place] = peel.entry(said, story.signers[place].sign(peel.signing_text(said)))
        log[place - 4] = {**peels[place], "type": "peel"}
    lines = b"".join(canonical.to_bytes(leaf) + b"\n" for leaf in log)
    files = files | {"peels.json": canonical.to_bytes(peels), "log.jsonl": lines}
    return signed_by(story.log_key, log_signed_by(story.log_key, files))


def dropped(files: Files, name: str, at: int) -> Files:
    lines = files[name].splitlines(keepends=True)
    return files | {name: b"".join(lines[:at] + lines[at + 1 :])}


def told_anew(found: lists.SealedList) -> lists.SealedList:
    """The list as the server tells of it when it changed a vote: its number made to fit."""
    return replace(found, head=replace(found.head, sha256=peel.list_hash(found.items)))


# In the order of the design. -----------------------------------------------------------------------------------------


@ONCE
async def test_a_byte_copy_of_an_envelope_is_refused_and_where_the_server_lets_it_in_it_is_left_aside(
    session, box, people, keys, world
):
    _, envelope = await an_envelope(session, box.id, people[2], "no")
    await cast(session, box, people[2], envelope)
    await stamped(session, box, people[3])
    with pytest.raises(WrongState, match="already been handed in"):
        await cast(session, box, people[3], envelope)
    assert numbers(await opened(session, box, keys)) == {"valid": 3}
    one = world.sealed()
    said = world.peeled([one, one, world.sealed()], 1).statement
    assert (said.in_, said.out, said.duplicates) == (3, 2, 1)


@ONCE
async def test_a_dropped_envelope_stops_the_count_and_is_missed_in_the_record(session, box, people, tmp_path, story):
    await session.execute(delete(EnvelopeRow).where(EnvelopeRow.v == people[0]))
    with pytest.raises(leaves.Broken):
        await service.close(session, box.id, now=CLOSES)
    refused(tmp_path, signed_by(story.log_key, dropped(story.files, "stage-0.txt", 3)), "stage-0.txt")


@ONCE
async def test_an_envelope_dropped_or_changed_after_the_close_is_missed_by_the_first_trustee(
    session, box, people, keys
):
    await service.close(session, box.id, now=CLOSES)
    await session.execute(update(EnvelopeRow).where(EnvelopeRow.v == people[0]).values(sealed=b"another"))
    with pytest.raises(NotAllowed, match="altered on its way"):
        lists.check(lists.read(await service.list_for(session, box.id)))
    with pytest.raises(NotAllowed, match="not the list"):
        lists.check(told_anew(lists.read(await service.list_for(session, box.id))))
    await session.execute(delete(EnvelopeRow).where(EnvelopeRow.v == people[0]))
    with pytest.raises(NotAllowed):
        lists.check(lists.read(await service.list_for(session, box.id)))


@ONCE
async def test_garbage_is_counted_as_not_opened(session, box, people, keys):
    await stamped(session, box, people[2])
    length = seal.envelope_length((await manifest_in(session, box)).padded, 3)
    await cast(session, box, people[2], secrets.token_bytes(length))
    assert numbers(await opened(session, box, keys)) == {"valid": 2, "not opened": 1}


@ONCE
async def test_an_envelope_of_a_wrong_length_is_refused(session, box, people):
    _, envelope = await an_envelope(session, box.id, people[2], "no")
    for wrong in (envelope[:-1], envelope + b"\0", b""):
        with pytest.raises(BadInput, match="did not arrive whole"):
            await cast(session, box, people[2], wrong)


@ONCE
async def test_a_well_formed_paper_without_a_stamp_is_set_aside(session, box, people, keys):
    await stamped(session, box, people[2])
    paper = seal.paper(secrets.token_bytes(32), [["no"]], box.digest)
    inner = seal.pack(paper, secrets.token_bytes(384), (await manifest_in(session, box)).padded)
    await cast(session, box, people[2], await sealed(session, box, inner))
    final = await opened(session, box, keys)
    assert numbers(final) == {"valid": 2, "set aside": 1}
    assert final.set_aside[0].reason == "no right stamp"


@ONCE
async def test_a_stamp_of_another_ballot_is_set_aside(session, box, people, keys):
    other = await an_own_box(session, people, own_keys(), ballot="RAA-2")
    foreign = a_paper(await service.manifest_of(session, other.id), [["no"]])
    key = stamp.read_public((await manifest_in(session, other)).stamp_key)
    paper = seal.paper(secrets.token_bytes(32), [["no"]], box.digest)
    blinded, inverse = stamp.blind(key, paper, secrets.token_bytes(48), 3)
    given = stamp.finalize(key, paper, await service.stamp(session, other.id, people[2], blinded, now=OPEN), inverse)
    await stamped(session, box, people[2])
    inner = seal.pack(paper, given, (await manifest_in(session, box)).padded)
    await cast(session, box, people[2], await sealed(session, box, inner))
    assert numbers(await opened(session, box, keys)) == {"valid": 2, "set aside": 1}
    assert foreign.paper != paper


@ONCE
async def test_an_envelope_of_another_ballot_does_not_open(session, people):
    keys = own_keys(("own",) * 3)
    box, other = [await an_own_box(session, people, keys, ballot=one) for one in ("RAA-1", "RAA-2")]
    for v in people[:2]:
        await a_vote(session, box.id, v, "yes")
    _, envelope = await an_envelope(session, other.id, people[2], "no")
    await stamped(session, box, people[2])
    await cast(session, box, people[2], envelope)
    assert numbers(await opened(session, box, keys)) == {"valid": 2, "not opened": 1}


@pytest.mark.parametrize("layer", [1, 2, 3])
@pytest.mark.parametrize("place", [0, 40, 64, 65, 200, -1])
def test_a_bit_flip_in_each_layer_is_left_by_its_trustee_and_by_no_other(world, layer, place):
    item = bytearray(world.sealed(layers=layer - 1))
    item[place] ^= 1
    wrapped = bytes(item)
    for outer in range(layer - 1, 0, -1):
        wrapped = seal.SUITE.encrypt(wrapped, world.sealers[outer - 1].public_key(), seal.info(world.digest, outer))
    done = world.all_peels([wrapped, world.sealed(), world.sealed()])
    assert [len(one.statement.rejects) for one in done] == [int(layer == number) for number in (1, 2, 3)]
    assert [one.verdict for one in world.judged(done[-1].items)] == [Verdict.VALID] * 2


@ONCE
async def test_the_same_stamp_on_two_papers_counts_once(session, box, people, keys):
    text = await service.manifest_of(session, box.id)
    one = manifests.read(text)
    filled = a_paper(text, [["no"]])
    given = await service.stamp(session, box.id, people[2], filled.blinded, now=OPEN)
    right = stamp.finalize(stamp.read_public(one.stamp_key), filled.paper, given, filled.inverse)
    other = a_paper(text, [["no"]]).paper
    again = seal.pack(filled.paper, right, one.padded)
    soiled = again[:-1] + b"\x01" if len(again) > 2 + 384 + len(filled.paper) else again
    for v, inner in zip(people[2:], (again, again, soiled, seal.pack(other, right, one.padded)), strict=False):
        if v != people[2]:
            await stamped(session, box, v)
        await cast(session, box, v, await sealed(session, box, inner))
    final = await opened(session, box, keys)
    assert len(final.valid) == 3
    assert sorted(answers == (("no",),) for answers in final.valid) == [False, False, True]
    assert len(final.set_aside) + final.duplicates == 3


@ONCE
async def test_a_fourth_stamp_is_refused(session, box, people):
    for _ in range(3):
        await stamped(session, box, people[2])
    with pytest.raises(WrongState, match="three times"):
        await stamped(session, box, people[2])


@ONCE
async def test_a_replay_by_another_voter_is_refused_and_by_the_same_one_gives_the_same_receipt(session, box, people):
    _, envelope = await an_envelope(session, box.id, people[2], "no")
    receipt = await cast(session, box, people[2], envelope)
    await a_vote(session, box.id, people[3], "no")
    assert await cast(session, box, people[2], envelope) == receipt
    with pytest.raises(WrongState, match="already been handed in"):
        await cast(session, box, people[3], envelope)


@ONCE
async def test_a_cast_after_the_close_is_refused(session, box, people):
    _, envelope = await an_envelope(session, box.id, people[2], "no")
    with pytest.raises(WrongState, match="Voting has closed"):
        await cast(session, box, people[2], envelope, now=CLOSES)
    await service.close(session, box.id, now=CLOSES)
    with pytest.raises(WrongState, match="Voting has closed"):
        await cast(session, box, people[2], envelope)


@ONCE
async def test_a_cast_after_a_vote_on_paper_is_refused_and_the_sealed_vote_does_not_count(session, box, people, keys):
    _, envelope = await an_envelope(session, box.id, people[0], "no")
    text = cancel_text(box.digest, people[0])
    await service.cancel(
        session, box.id, people[0], {place: TELLERS[place][0].sign(text) for place in (1, 2)}, now=OPEN
    )
    with pytest.raises(WrongState, match="voted on paper"):
        await cast(session, box, people[0], envelope)
    with pytest.raises(WrongState, match="voted on paper"):
        await stamped(session, box, people[0])
    assert numbers(await opened(session, box, keys)) == {"valid": 1}


def test_a_list_re_ordered_between_peels_gives_the_same_or_is_refused(world, tmp_path, story):
    first = world.peeled([world.sealed() for _ in range(5)], 1)
    shuffled = list(first.items)
    random.Random(4).shuffle(shuffled)
    assert world.peeled(shuffled, 2).items == world.peeled(first.items, 2).items
    lines = b"".join(sorted(story.files["stage-1.txt"].splitlines(keepends=True), reverse=True))
    mark = sha256(lines).hexdigest()
    files = story.files | {"stage-1.txt": lines}
    refused(tmp_path, signed_by(story.log_key, files), "stage-1.txt")
    files = told_by_trustees(story, files, {0: {"sha256_out": mark}, 1: {"sha256_in": mark}})
    refused(tmp_path, files, "stage-1.txt")
    ballot = OwnKeys()
    head, *items = ballot.list().splitlines(keepends=True)
    with pytest.raises(BadInput):
        lists.read(b"".join([head, *reversed(items)]))


@pytest.fixture
async def at_the_first(session, box, keys):
    """Closed: the first trustee's list."""
    await service.close(session, box.id, now=CLOSES)
    return lists.read(await service.list_for(session, box.id))


async def is_refused(session, box, forged: bytes) -> None:
    with pytest.raises(BadInput):
        await service.take_peel(session, box.id, forged)
    assert (await service.next_layer(session, box.id)).number == 1


@ONCE
async def test_a_peeler_who_adds_a_vote_is_refused(session, box, keys, at_the_first):
    items = inside(keys[0], at_the_first)
    added = [*items, secrets.token_bytes(len(items[0]))]
    await is_refused(session, box, made(keys[0], at_the_first, items=added))
    await is_refused(session, box, made(keys[0], at_the_first, items=added, duplicates=-1))


@ONCE
async def test_a_peeler_who_drops_a_vote_is_refused_or_seen_in_the_counts(session, box, keys, at_the_first):
    items = inside(keys[0], at_the_first)
    await is_refused(session, box, made(keys[0], at_the_first, items=items[1:]))
    await service.take_peel(session, box.id, made(keys[0], at_the_first, items=items[1:], duplicates=1))
    assert numbers(await all_open(session, box, keys)) == {"valid": 1, "copies": 1}


@ONCE
async def test_a_peeler_who_swaps_a_vote_is_seen_in_the_counts(session, box, keys, at_the_first):
    items = inside(keys[0], at_the_first)
    swapped = [secrets.token_bytes(len(items[0])), *items[1:]]
    await service.take_peel(session, box.id, made(keys[0], at_the_first, items=swapped))
    assert numbers(await all_open(session, box, keys)) == {"valid": 1, "not opened": 1}


@ONCE
async def test_a_peeler_who_signs_another_hash_is_refused(session, box, keys, at_the_first, tmp_path, story):
    for changes in ({"sha256_in": "0" * 64}, {"sha256_out": "0" * 64}, {"m": "0" * 64}):
        await is_refused(session, box, made(keys[0], at_the_first, **changes))
    other = sha256(b"other").hexdigest()
    refused(tmp_path, told_by_trustees(story, story.files, {1: {"sha256_out": other}}), "stage-2.txt")


def test_a_second_list_for_the_same_ballot_is_opened_by_no_honest_key(world):
    ballot = OwnKeys()
    found = lists.read(ballot.list())
    keys = keyfile.open_up(ballot.key_files[0], PASSPHRASE).remembering(found.digest, found.head.sha256)
    kept = keyfile.read(keyfile.sealed_again(ballot.key_files[0], keys, PASSPHRASE, _fresh()))
    again = keyfile.open_up(kept, PASSPHRASE)
    assert again.remembering(found.digest, found.head.sha256) == again
    with pytest.raises(NotAllowed, match="opens no second one"):
        again.remembering(found.digest, peel.list_hash(found.items[1:]))
    items = [world.sealed() for _ in range(3)]
    remembered = peel.list_hash(items)
    with pytest.raises(NotAllowed, match="opens no second one"):
        peel.peel(items[1:], world.task(1, items[1:], remembered), world.sealers[0], world.signers[0])


def _fresh() -> keyfile.Fresh:
    return keyfile.Fresh(secrets.token_bytes(16), secrets.token_bytes(12))


@ONCE
async def test_an_unsigned_manifest_takes_no_votes_and_makes_no_record(session, people, keys, tmp_path, story):
    box = await a_box(session, people, a_plan_with(keys))
    with pytest.raises(BadInput):
        await service.sign_manifest(session, box.id, 1, keys[0].signer.sign(b"pilot manifest " + b"0" * 64))
    await service.sign_manifest(session, box.id, 1, manifests.sign(keys[0].signer, box.digest))
    assert await service.unsigned(session, box.id) == ("Cy Staff-Side",)
    with pytest.raises(WrongState, match="not opened yet"):
        await service.stamp(session, box.id, people[0], b"\x01" * 384, now=OPEN)
    nothing = b64encode(bytes(64)).decode()
    for change in (lambda d: d["trustees"].pop(), lambda d: d["trustees"][2].update(signature=nothing)):
        promised = canonical.read(story.files["signatures.json"])
        change(promised)
        altered = story.files | {"signatures.json": canonical.to_bytes(promised)}
        refused(tmp_path, signed_by(story.log_key, altered), "signatures.json")


@ONCE
async def test_a_manifest_changed_after_opening_is_not_the_one_that_was_signed(session, box, keys, tmp_path, story):
    promised = await service.promise(session, box.id)
    signatures = [one["signature"] for one in canonical.read(promised.signatures)["trustees"]]
    changed = replace(promised.manifest, title="Breaks by day")
    raw = [manifests.msgspec.convert(one, bytes) for one in signatures]
    manifests.check_signatures(promised.manifest, box.digest, raw)
    with pytest.raises(BadInput):
        manifests.check_signatures(changed, manifests.digest(manifests.to_bytes(changed)), raw)
    await session.execute(update(BoxRow).where(BoxRow.id == box.id).values(manifest=manifests.to_bytes(changed)))
    session.expire_all()
    await service.close(session, box.id, now=CLOSES)
    with pytest.raises((BadInput, NotAllowed)):
        lists.check(lists.read(await service.list_for(session, box.id)))
    other = canonical.to_bytes(canonical.read(story.files["manifest.json"]) | {"title": "Breaks by day"})
    altered = log_signed_by(story.log_key, story.files | {"manifest.json": other})
    refused(tmp_path, signed_by(story.log_key, altered), "signatures.json")


def test_a_forged_checkpoint_is_refused_by_voters_watchers_and_verifiers(world, tmp_path, story):
    thief, name = Ed25519PrivateKey.generate(), checkpoint.origin(story.digest)
    forged = checkpoint.signed(checkpoint.text(name, 3, tree.root(story.log[:3])), name, thief)
    named = b64decode(forged.splitlines()[-1].split()[-1])
    as_ours = checkpoint.key_id(name, story.manifest.log_key) + named[4:]
    for one in (forged, forged.replace(b64encode(named), b64encode(as_ours))):
        with pytest.raises(BadInput):
            checkpoint.verify(one, name, story.manifest.log_key)
    with pytest.raises(watching.Alarm):
        watching.follow(watching.begin(story.text), {"checkpoint": forged.decode(), "proof": []})
    held = Held(world)
    file = held.votes(world.voters[5])
    receipt = file["receipt"] | {"checkpoint": held.checkpoint(key=thief).decode()}
    with pytest.raises(BadInput):
        checkpoint.check_receipt(receipt, world.voters[5], world.digest, world.manifest.log_key)
    altered = story.files | {"checkpoints.txt": forged + story.files["checkpoints.txt"]}
    refused(tmp_path, signed_by(story.log_key, altered), "checkpoints.txt")


def seen(story: Story, size: int) -> watching.Watched:
    """What the scrutineer's watch remembers of a log that had this size."""
    first = story.checkpoints([size]).decode()
    return watching.follow(watching.begin(story.text), {"checkpoint": first, "proof": []})


def test_a_truncated_log_raises_the_alarm_and_is_refused_by_both_verifiers(tmp_path, story):
    with pytest.raises(watching.Alarm, match="cut"):
        watching.follow(seen(story, 12), {"checkpoint": story.checkpoints([9]).decode(), "proof": []})
    for at in (0, len(story.log) - 1):
        cut = dropped(story.files, "log.jsonl", at)
        refused(tmp_path, cut, "log.jsonl")
        refused(tmp_path, signed_by(story.log_key, log_signed_by(story.log_key, cut)), "log.jsonl")


def test_a_forked_log_raises_the_alarm_and_fits_no_earlier_checkpoint(tmp_path, story):
    fork = Story.__new__(Story)
    fork.__dict__ |= story.__dict__ | {"log": [*story.log[:4], *story.log[6:]]}
    proof = tree.consistency_proof([tree.leaf_hash(body) for body in fork.log], 8)
    answer = {"checkpoint": fork.checkpoints([len(fork.log)]).decode(), "proof": [one.hex() for one in proof]}
    with pytest.raises(watching.Alarm, match="fork"):
        watching.follow(seen(story, 8), answer)
    earlier = story.files | {"checkpoints.txt": fork.checkpoints([8]) + story.files["checkpoints.txt"]}
    refused(tmp_path, signed_by(story.log_key, earlier), "checkpoints.txt")


@ONCE
async def test_a_false_revote_by_the_server_shows_in_the_notice_to_its_voter(session, box, people):
    await a_vote(session, box.id, people[3], "yes")
    await a_vote(session, box.id, people[4], "yes")
    await a_vote(session, box.id, people[4], "no")  # the server in the voter's name
    await a_vote(session, box.id, people[4], "no")  # and again
    stuffed = await a_vote(session, box.id, people[9], "no")  # and in that of somebody who did not vote
    await service.close(session, box.id, now=CLOSES)
    log = notices.read_log(
        await service.log_lines(session, box.id),
        await service.checkpoints_of(session, box.id),
        await manifest_in(session, box),
        box.digest,
    )
    listed = notices.VoterList((), tuple(notices.Entry(v, f"Person {n}", ()) for n, v in enumerate(people)))
    told = {notice.person.v: notice for notice in notices.notices(listed, log)}
    sender = letters.Sender("Breaks by night", box.digest, "Ada", "Ada")
    read = {v: " ".join(letters.sentences(notice, sender)) for v, notice in told.items()}
    assert "1 sealed vote was handed in for you." in read[people[3]]
    assert "3 sealed votes were handed in for you. Only the newest counts." in read[people[4]]  # who voted once
    assert "1 sealed vote was handed in for you." in read[people[9]]  # who did not vote at all
    assert told[people[9]].envelope == stuffed.envelope
    assert read[people[10]].startswith("No vote is recorded for you. If you voted")
    marks = {v: (await service.mark(session, box.id, v)).times for v in people}
    assert marks == {v: notice.times for v, notice in told.items()}  # the voting page says the same number


@pytest.mark.parametrize(("bits", "exponent"), [(2048, 65537), (4096, 65537), (3072, 3)])
def test_a_stamp_key_of_a_wrong_size_or_exponent_is_refused(tmp_path, story, bits, exponent):
    public = rsa.generate_private_key(exponent, bits).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(BadInput):
        stamp.read_public(der)
    weak = replace(story.manifest, stamp_key=der)
    with pytest.raises(BadInput):
        manifests.read(manifests.to_bytes(weak))
    altered = log_signed_by(story.log_key, story.files | {"manifest.json": manifests.to_bytes(weak)})
    refused(tmp_path, signed_by(story.log_key, altered), "manifest.json")


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":[["yes"]],"m":"0","m":"%s"}',
        b'{"a":[["no"]],"a":[["yes"]],"m":"%s"}',
        b'{"m":"%s","a":[["yes"]]}',
        b'{"a": [["yes"]],"m":"%s"}',
    ],
    ids=["a key twice", "two answers", "another order", "a space"],
)
def test_duplicate_keys_and_another_order_of_keys_spoil_a_paper(world, content):
    mark = world.digest.encode()
    paper = secrets.token_bytes(32) + content % ((mark,) * content.count(b"%s"))
    (judged,) = world.judged([world.inner(paper)])
    assert (judged.verdict, judged.reason) == (Verdict.SPOILT, "not written in the one form")


def test_padding_that_is_not_zero_spoils_a_paper(world):
    (judged,) = world.judged([world.inner()[:-1] + b"\x01"])
    assert (judged.verdict, judged.reason) == (Verdict.SPOILT, "the padding is not empty")


@ONCE
async def test_oversize_and_undersize_bodies_are_refused(session, box, people):
    for size in (0, 1, 383, 385, 10_000):
        with pytest.raises(BadInput):
            await service.stamp(session, box.id, people[2], b"\x01" * size, now=OPEN)
    await stamped(session, box, people[2])
    for size in (0, 1, 384, 1_000_000):
        with pytest.raises(BadInput, match="did not arrive whole"):
            await cast(session, box, people[2], bytes(size))


def test_a_record_with_a_missing_an_extra_or_an_altered_file_is_refused(tmp_path, story):
    for name, content in story.files.items():
        refused(tmp_path, {other: data for other, data in story.files.items() if other != name}, name)
        refused(tmp_path, story.files | {name: content + b"\n"}, name)
    for name in ("more.txt", "stage-4.txt"):
        refused(tmp_path, story.files | {name: b"x\n"}, name)
        refused(tmp_path, signed_by(story.log_key, story.files | {name: b"x\n"}), name)


def test_an_altered_count_is_refused(tmp_path, story):
    count = canonical.read(story.files["count.json"])
    for change in ({"yes": 5, "no": 6}, {"outcome": "not carried"}, {"sentence": "It was lost."}, {"entitled": 61}):
        altered = story.files | {"count.json": canonical.to_bytes(count | change)}
        refused(tmp_path, altered, "count.json")
        refused(tmp_path, signed_by(story.log_key, altered), "count.json")


def test_papers_in_another_order_pass_since_order_never_matters(tmp_path, story):
    lines = story.files["papers.jsonl"].splitlines(keepends=True)
    random.Random(7).shuffle(lines)
    shuffled = b"".join(lines)
    assert shuffled != story.files["papers.jsonl"]
    data = pack(signed_by(story.log_key, story.files | {"papers.jsonl": shuffled}))
    for code, said in (said_by_command(tmp_path, data), said_by_program(tmp_path, data)):
        assert code == 0, said


def test_a_zip_bomb_and_a_path_out_of_the_record_are_refused(tmp_path, story):
    bomb = hostile(*story.files.items(), ("bomb.txt", bytes(LARGEST_FILE + 1)))
    assert len(bomb) < LARGEST_FILE // 100
    out = hostile(*story.files.items(), ("../outside.txt", b"x"))
    for data, name in ((bomb, "bomb.txt"), (out, "../outside.txt")):
        for code, said in (said_by_command(tmp_path, data), said_by_program(tmp_path, data)):
            assert (code, name in said) == (1, True), said
        assert name not in unpack(data).files
    assert not (tmp_path.parent / "outside.txt").exists()


def test_a_liars_checking_file_fails_against_an_honest_peeler(world):
    held = Held(world)
    file = held.votes(world.voters[5])
    lies = liars(world, file)
    files = held.record()
    for lie, made_up in lies.items():
        found = settled(made_up, files)
        assert (found.outcome, found.name) == (Outcome.FALSE, ""), lie


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_a_true_checking_file_names_the_dishonest_peeler(world, layer):
    held = Held(world)
    for v in world.voters[:3]:
        held.votes(v)
    file = held.votes(world.voters[5])
    found = settled(file, held.record(drop_at=layer, file=file))
    assert (found.outcome, found.name) == (Outcome.TRUSTEE, f"Trustee {layer}")
