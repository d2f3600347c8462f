"""From the close to the papers and the record."""

import json
from collections import Counter
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import delete, func, select, update

from pilot.errors import WrongState
from pilot.secrecy import canonical, filling, leaves, manifest, papers, peel, queries, record, service, tree
from pilot.secrecy.leaves import Broken
from pilot.secrecy.manifest import Option, Question
from pilot.secrecy.tables import BoxRow, EnvelopeRow, KeyRow, SlotRow, StampRow
from tests.builders.secrecy import CLOSES, OPEN, YES_NO, a_box, a_paper, a_plan, a_vote, an_envelope, voters


@pytest.fixture
def people():
    return voters(20)


@pytest.fixture
async def box(session, people):
    return await a_box(session, people)


async def how_many(session, row):
    return (await session.execute(select(func.count()).select_from(row))).scalar_one()


async def test_a_box_gives_back_what_was_put_in(session, box, people):
    for place, v in enumerate(people[:15]):
        await a_vote(session, box.id, v, "yes" if place < 9 else "no")
    await service.close(session, box.id, now=CLOSES)
    final = await service.peel(session, box.id)
    assert Counter(final.valid) == {(("yes",),): 9, (("no",),): 6}
    assert (final.roll, final.stamped, final.stamps, final.envelopes) == (20, 15, 15, 15)
    assert (final.spare, final.spoilt, final.all_set_aside) == (0, (), 0)
    assert await service.final(session, box.id) == final


async def test_only_the_last_vote_of_each_person_counts(session, box, people):
    await a_vote(session, box.id, people[0], "yes")
    await a_vote(session, box.id, people[0], "no")
    await a_vote(session, box.id, people[1], "abstain")
    await service.close(session, box.id, now=CLOSES)
    final = await service.peel(session, box.id)
    assert Counter(final.valid) == {(("no",),): 1, (("abstain",),): 1}
    assert (final.stamped, final.stamps, final.envelopes, final.spare) == (2, 3, 2, 1)


async def test_a_box_with_no_vote_in_it_closes_and_peels(session, box):
    await service.close(session, box.id, now=CLOSES)
    final = await service.peel(session, box.id)
    assert (final.valid, final.envelopes) == ((), 0)
    assert (await service.record_parts(session, box.id))["trackers.txt"] == b""


async def test_a_box_takes_any_kind_of_question(session, people):
    choices = tuple(Option(f"c{n}", f"Candidate {n}") for n in range(5))
    questions = (YES_NO, Question("Rank", choices, min=0, max=5, ranked=True))
    box = await a_box(session, people, a_plan(questions))
    text = await service.manifest_of(session, box.id)
    filled = a_paper(text, [["no"], ["c4", "c0", "c2"]])
    signature = await service.stamp(session, box.id, people[0], filled.blinded, now=OPEN)
    envelope = filling.seal_up(manifest.read(text), box.digest, filled, signature)
    await service.cast(session, box.id, people[0], envelope, now=OPEN)
    await service.close(session, box.id, now=CLOSES)
    assert (await service.peel(session, box.id)).valid == ((("no",), ("c4", "c0", "c2")),)


async def test_hostile_envelopes_are_counted_and_stop_nothing(session, box, people):
    text = await service.manifest_of(session, box.id)
    made = manifest.read(text)
    for v in people[:5]:
        await a_vote(session, box.id, v, "yes")
    _, unused = await an_envelope(session, box.id, people[5], "yes")
    await service.cast(session, box.id, people[5], bytes(len(unused)), now=OPEN)  # garbage of the right length
    keys = [filling.seal.read_seal_key(trustee.seal_key) for trustee in made.trustees]
    paper = filling.seal.paper(b"r" * 32, [["no"]], box.digest)
    unstamped = filling.seal.pack(paper, b"\x01" * 384, made.padded)
    await an_envelope(session, box.id, people[6], "yes")
    await service.cast(session, box.id, people[6], filling.seal.seal(unstamped, keys, box.digest), now=OPEN)
    await an_envelope(session, box.id, people[7], "yes")
    await service.cast(session, box.id, people[7], filling.seal.seal(unstamped, keys, box.digest), now=OPEN)
    spoilt = a_paper(text, [["?"]])
    signature = await service.stamp(session, box.id, people[8], spoilt.blinded, now=OPEN)
    envelope = filling.seal_up(made, box.digest, spoilt, signature)
    await service.cast(session, box.id, people[8], envelope, now=OPEN)
    await service.close(session, box.id, now=CLOSES)
    final = await service.peel(session, box.id)
    assert (len(final.valid), len(final.spoilt), len(final.set_aside)) == (5, 1, 1)
    assert (len(final.rejected), final.duplicates) == (1, 1)
    assert final.envelopes == 9 == len(final.valid) + len(final.spoilt) + final.all_set_aside
    assert final.rejected[0].sha256 == sha256(bytes(len(unused))).hexdigest()


async def test_voting_closes_at_its_time_and_only_once(session, box):
    with pytest.raises(WrongState, match="still open"):
        await service.close(session, box.id, now=CLOSES - timedelta(seconds=1))
    with pytest.raises(WrongState, match="not closed yet"):
        await service.peel(session, box.id)
    await service.close(session, box.id, now=CLOSES)
    with pytest.raises(WrongState, match="already"):
        await service.close(session, box.id, now=CLOSES)
    for verb in (service.final, service.record_parts, service.papers_of):
        with pytest.raises(WrongState, match="not been opened"):
            await verb(session, box.id)
    await service.peel(session, box.id)
    with pytest.raises(WrongState, match="already"):
        await service.peel(session, box.id)


async def test_the_close_destroys_the_stamp_key_and_the_answers_to_stamp_requests(session, box, people):
    await a_vote(session, box.id, people[0], "yes")
    await service.close(session, box.id, now=CLOSES)
    assert (await session.execute(select(BoxRow.stamp_secret))).scalar_one() is None
    assert await how_many(session, StampRow) == 0


async def test_the_peel_destroys_the_trustees_keys(session, box, people):
    await a_vote(session, box.id, people[0], "yes")
    await service.close(session, box.id, now=CLOSES)
    assert await how_many(session, KeyRow) == 3
    await service.peel(session, box.id)
    assert await how_many(session, KeyRow) == 0


@pytest.mark.parametrize(
    "tampering",
    [
        lambda v: delete(EnvelopeRow).where(EnvelopeRow.v == v),
        lambda v: update(EnvelopeRow).where(EnvelopeRow.v == v).values(sealed=b"other"),
        lambda v: update(SlotRow).where(SlotRow.v == v).values(stamps_used=3),
    ],
    ids=["an envelope dropped", "an envelope changed", "stamps that the log does not know"],
)
async def test_a_box_that_disagrees_with_its_log_is_never_counted(session, box, people, tampering):
    await a_vote(session, box.id, people[0], "yes")
    await session.execute(tampering(people[0]))
    with pytest.raises(Broken):
        await service.close(session, box.id, now=CLOSES)


async def test_envelopes_changed_after_the_close_are_not_opened(session, box, people):
    for v in people[:2]:
        await a_vote(session, box.id, v, "yes")
    await service.close(session, box.id, now=CLOSES)
    await session.execute(delete(EnvelopeRow).where(EnvelopeRow.v == people[0]))
    with pytest.raises(peel.NotAllowed, match="not the list"):
        await service.peel(session, box.id)


async def test_the_record_can_be_checked_from_its_files_alone(session):
    people = voters(50)
    box = await a_box(session, people)
    made = []
    for place, v in enumerate(people[:6]):
        paper, envelope = await an_envelope(session, box.id, v, "yes" if place < 4 else "no")
        made.append(paper)
        await service.cast(session, box.id, v, envelope, now=OPEN)
    await service.close(session, box.id, now=CLOSES)
    await service.peel(session, box.id)
    files = await service.record_parts(session, box.id)
    assert files == await service.record_parts(session, box.id)
    read = manifest.read(files["manifest.json"])
    manifest.check_signatures(read, box.digest, record.read_signatures(files["signatures.json"]))
    stages = [files[record.stage_name(layer)] for layer in range(4)]
    peels = canonical.read(files["peels.json"])
    peel.check_chain(read, box.digest, [peel.read_entry(one) for one in peels], stages)
    log = [canonical.read(line) for line in files["log.jsonl"].splitlines()]
    assert log[-5]["type"] == "close"
    assert log[-5]["sha256"] == sha256(stages[0]).hexdigest()
    assert [leaf for leaf in log if leaf["type"] == "peel"] == [{**one, "type": "peel"} for one in peels]
    lines = files["papers.jsonl"].splitlines()
    assert log[-1]["root"] == tree.root(lines).hex()
    assert [json.loads(line)["inner"] for line in lines] == stages[3].decode().split()
    codes = sorted(filling.seal.check_code(paper) for paper in made)
    assert files["trackers.txt"].decode().split() == codes
    inners = [
        filling.seal.pack(one.paper, one.stamp, read.padded)
        for one in await queries.judged(session, box.id, read.questions)
    ]
    assert peel.stage(inners) == stages[3]
    assert Counter(one.answers for one in papers.judge_all(inners, read, box.digest)) == {
        (("yes",),): 4,
        (("no",),): 2,
    }


async def test_below_fifty_people_only_the_scrutineers_get_the_papers(session, box, people):
    await a_vote(session, box.id, people[0], "yes")
    await service.close(session, box.id, now=CLOSES)
    await service.peel(session, box.id)
    files = await service.record_parts(session, box.id)
    assert "papers.jsonl" not in files
    held = await service.papers_of(session, box.id)
    log = leaves.read_all(files["log.jsonl"].splitlines())
    assert log[-1]["root"] == tree.root(held.splitlines()).hex()
