"""A box whose trustees open it with keys of their own, and every opened file that is refused."""

from base64 import b64encode
from collections import Counter
from functools import partial

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, func, select, update

from pilot.errors import BadInput, NotAllowed, NotFound, WrongState
from pilot.secrecy import canonical, checkpoint, leaves, lists, manifest, peel, record, seal, service, tree
from pilot.secrecy.tables import BoxRow, EnvelopeRow, ItemRow, KeyRow, PaperRow
from tests.builders.secrecy import (
    CLOSES,
    a_box,
    a_vote,
    all_open,
    an_own_box,
    opened_by,
    own_keys,
    voters,
)


@pytest.fixture
def people():
    return voters(20)


@pytest.fixture
def keys():
    return own_keys()


@pytest.fixture
async def box(session, people, keys):
    """Closed, with four votes in it."""
    box = await an_own_box(session, people, keys)
    for place, v in enumerate(people[:4]):
        await a_vote(session, box.id, v, "yes" if place < 3 else "no")
    await service.close(session, box.id, now=CLOSES)
    return box


async def how_many(session, row):
    return (await session.execute(select(func.count()).select_from(row))).scalar_one()


async def turn(session, box):
    layer = await service.next_layer(session, box.id)
    return layer and (layer.number, layer.name, layer.custody)


async def test_each_trustee_opens_in_turn_and_the_papers_come_out(session, box, keys):
    assert await turn(session, box) == (1, "Ada Scrutineer", "own")
    assert await service.peel(session, box.id) is None
    taken = await service.take_peel(session, box.id, opened_by(keys[0], await service.list_for(session, box.id)))
    assert (taken.number, taken.name) == (1, "Ada Scrutineer")
    assert await turn(session, box) == (2, "Ben Employer", "server")
    with pytest.raises(WrongState, match="own is next"):
        await service.list_for(session, box.id)
    assert await service.peel(session, box.id) is None
    assert await turn(session, box) == (3, "Cy Staff-Side", "own")
    await service.take_peel(session, box.id, opened_by(keys[2], await service.list_for(session, box.id)))
    assert await turn(session, box) is None
    with pytest.raises(WrongState, match="own is next"):
        await service.list_for(session, box.id)
    with pytest.raises(WrongState, match="not been opened yet"):
        await service.final(session, box.id)
    final = await service.peel(session, box.id)
    assert Counter(final.valid) == {(("yes",),): 3, (("no",),): 1}
    assert await service.final(session, box.id) == final
    assert await turn(session, box) is None
    with pytest.raises(WrongState, match="opened already"):
        await service.peel(session, box.id)


@pytest.mark.parametrize("custody", [("own", "own", "own"), ("own", "own"), ("own",), ("own", "server", "own")])
async def test_any_order_of_custody_that_is_allowed_gives_back_what_was_put_in(session, people, custody):
    keys = own_keys(custody)
    box = await an_own_box(session, people, keys)
    for v in people[:2]:
        await a_vote(session, box.id, v, "abstain")
    await service.close(session, box.id, now=CLOSES)
    assert Counter((await all_open(session, box, keys)).valid) == {(("abstain",),): 2}


async def test_a_box_with_no_vote_in_it_is_opened_all_the_same(session, people, keys):
    box = await an_own_box(session, people, keys)
    await service.close(session, box.id, now=CLOSES)
    assert (await all_open(session, box, keys)).valid == ()


async def test_nothing_is_opened_before_the_close(session, people, keys):
    box = await an_own_box(session, people, keys)
    assert await service.next_layer(session, box.id) is None
    for verb in (service.peel, service.list_for, partial(service.take_peel, upload=b"")):
        with pytest.raises(WrongState, match="not closed yet"):
            await verb(session, box.id)
    with pytest.raises(NotFound):
        await service.list_for(session, box.id + 1)


async def test_the_server_alone_gets_no_further_than_its_own_list(session, box, keys):
    before = await how_many(session, ItemRow)
    assert await service.peel(session, box.id) is None
    assert (await how_many(session, ItemRow), await how_many(session, PaperRow)) == (before, 0)
    await service.take_peel(session, box.id, opened_by(keys[0], await service.list_for(session, box.id)))
    assert await service.peel(session, box.id) is None
    assert await service.peel(session, box.id) is None
    assert await how_many(session, PaperRow) == 0


async def test_a_list_is_kept_until_the_next_one_is_there_and_the_keys_go_with_their_use(session, box, keys):
    assert (await how_many(session, KeyRow), await how_many(session, ItemRow)) == (1, 0)
    await service.take_peel(session, box.id, opened_by(keys[0], await service.list_for(session, box.id)))
    first = set((await session.execute(select(ItemRow.sha256))).scalars())
    await service.peel(session, box.id)
    second = set((await session.execute(select(ItemRow.sha256))).scalars())
    assert len(first) == len(second) == 4
    assert not first & second
    assert await how_many(session, KeyRow) == 0
    await service.take_peel(session, box.id, opened_by(keys[2], await service.list_for(session, box.id)))
    await service.peel(session, box.id)
    assert (await how_many(session, ItemRow), await how_many(session, EnvelopeRow)) == (0, 4)


async def test_the_list_file_is_the_same_each_time_and_shows_all_that_a_trustee_checks(session, box, keys):
    await service.take_peel(session, box.id, opened_by(keys[0], await service.list_for(session, box.id)))
    await service.peel(session, box.id)
    data = await service.list_for(session, box.id)
    assert data == await service.list_for(session, box.id)
    found = lists.read(data)
    assert (found.digest, found.head.layer, found.head.count) == (box.digest, 3, 4)
    assert [one["i"] for one in found.head.before] == [1, 2]
    log = (await service.log_lines(session, box.id)).splitlines()
    assert canonical.to_bytes(found.head.close) == log[found.head.closed.leaf]
    assert checkpoint.read(found.head.closed.checkpoint.encode()).size == found.head.closed.leaf + 1
    assert lists.check(found).expected == peel.list_hash(found.items)


async def test_the_same_opened_file_may_come_again_at_any_time_and_counts_once(session, box, keys):
    first = opened_by(keys[0], await service.list_for(session, box.id))
    assert (await service.take_peel(session, box.id, first)).number == 1
    assert (await service.take_peel(session, box.id, first)).number == 1
    await service.peel(session, box.id)
    third = opened_by(keys[2], await service.list_for(session, box.id))
    assert (await service.take_peel(session, box.id, third)).number == 3
    for number, file in ((1, first), (3, third)):
        assert (await service.take_peel(session, box.id, file)).number == number
    entries = leaves.read_all((await service.log_lines(session, box.id)).splitlines())
    assert [entry["i"] for entry in entries if entry["type"] == "peel"] == [1, 2, 3]
    await service.peel(session, box.id)
    with pytest.raises(WrongState, match="opened already"):
        await service.take_peel(session, box.id, third)


def made(key, found, **changes):
    """An opened file with these items, whose statement says what it likes, rightly signed."""
    task = lists.check(found)
    honest = peel.peel(found.items, task, key.sealer, key.signer)
    items = changes.pop("items", honest.items)
    counted = {"sha256_out": peel.list_hash(items), "out": len(items)} | changes
    statement = replace(honest.statement, **counted)
    return lists.write_opened(
        peel.Peeled(tuple(sorted(items)), statement, key.signer.sign(peel.signing_text(statement)))
    )


def inside(key, found):
    return list(peel.peel(found.items, lists.check(found), key.sealer, key.signer).items)


def forgeries(key, found):
    """Opened files that do not follow from the list, each rightly signed, by what is wrong with them."""
    items = inside(key, found)
    other = items[0][:-1] + b"!"
    name = peel.stage(found.items).split()[0].decode()
    wrong = {
        "a vote is added": {"items": [*items, other]},
        "a vote is dropped": {"items": items[1:]},
        "a vote is dropped and one that never came in is called rejected": {"items": items[1:], "rejects": ("0" * 64,)},
        "one vote stands there twice": {"items": [*items[1:], items[1]]},
        "a vote is cut short": {"items": [*items[1:], items[0][:-1]]},
        "fewer than no duplicates make up for an added vote": {"items": [*items, other], "duplicates": -1},
        "it says another place": {"i": 2},
        "it says a place that there is not": {"i": 0},
        "it says another ballot": {"m": "0" * 64},
        "it says another list came in": {"sha256_in": "0" * 64},
        "it says another list went out": {"sha256_out": "0" * 64},
        "it counts more coming in": {"in_": len(items) + 1},
        "it rejects one vote twice": {"items": items[2:], "rejects": (name, name)},
        "nothing was opened": {"items": list(found.items)},
    }
    return {why: made(key, found, **changes) for why, changes in wrong.items()} | {
        "it is no file of ours": b"{}",
        "it is empty": b"",
        "it is the list itself": lists.write(found.head, found.items),
    }


async def test_an_opened_file_that_does_not_follow_is_refused_with_a_sentence_and_changes_nothing(session, box, keys):
    before = (await service.log_lines(session, box.id), await how_many(session, ItemRow))
    found = lists.read(await service.list_for(session, box.id))
    for why, forged in forgeries(keys[0], found).items():
        with pytest.raises(BadInput) as refusal:
            await service.take_peel(session, box.id, forged)
        assert refusal.value.reason.endswith("."), why
        assert (await service.log_lines(session, box.id), await how_many(session, ItemRow)) == before, why
    assert await turn(session, box) == (1, "Ada Scrutineer", "own")
    assert (await service.take_peel(session, box.id, made(keys[0], found))).number == 1


async def test_votes_swapped_for_others_that_do_not_open_are_seen_and_never_counted(session, box, keys):
    """A trustee can put in what it likes in place of a vote: it has no stamp, so it is set aside, and seen."""
    found = lists.read(await service.list_for(session, box.id))
    others = [seal.open_layer(item, keys[0].sealer, box.digest, 1) for item in found.items]
    swapped = [bytes(len(others[0])), *others[1:]]
    await service.take_peel(session, box.id, made(keys[0], found, items=swapped))
    final = await all_open(session, box, keys)
    assert (len(final.valid), len(final.rejected), final.envelopes) == (3, 1, 4)


async def test_an_opened_file_that_somebody_else_signed_is_refused(session, box, keys, people):
    found = lists.read(await service.list_for(session, box.id))
    opened = lists.read_opened(opened_by(keys[0], await service.list_for(session, box.id)))
    for signer in (keys[2].signer, own_keys(("own",))[0].signer):
        forged = replace(opened, signature=signer.sign(peel.signing_text(opened.statement)))
        with pytest.raises(BadInput, match="Ada Scrutineer: its signature is wrong"):
            await service.take_peel(session, box.id, lists.write_opened(forged))
    assert found.head.layer == 1


async def test_an_opened_file_of_another_ballot_is_refused(session, box, keys, people):
    other = await an_own_box(session, people, keys, ballot="RAA-2")
    await a_vote(session, other.id, people[0], "no")
    await service.close(session, other.id, now=CLOSES)
    file = opened_by(keys[0], await service.list_for(session, other.id))
    with pytest.raises(BadInput, match="another ballot"):
        await service.take_peel(session, box.id, file)


async def test_a_second_list_of_the_same_trustee_is_refused(session, box, keys):
    data = await service.list_for(session, box.id)
    await service.take_peel(session, box.id, opened_by(keys[0], data))
    second = made(keys[0], lists.read(data), items=inside(keys[0], lists.read(data))[1:], duplicates=1)
    with pytest.raises(WrongState, match="What Ada Scrutineer opened is here already"):
        await service.take_peel(session, box.id, second)


async def test_the_server_does_not_take_a_file_for_its_own_turn(session, box, keys):
    await service.take_peel(session, box.id, opened_by(keys[0], await service.list_for(session, box.id)))
    forged = lists.read_opened(opened_by_anybody(keys[0], box))
    with pytest.raises(WrongState, match="own is next"):
        await service.take_peel(session, box.id, lists.write_opened(forged))


def opened_by_anybody(key, box):
    statement = peel.Statement(box.digest, 2, "0" * 64, peel.list_hash([]), 0, 0, 0, ())
    return lists.write_opened(peel.Peeled((), statement, key.signer.sign(peel.signing_text(statement))))


async def test_a_list_changed_inside_the_server_is_opened_by_nobody(session, box, keys):
    """The list hash stands in the log: a list that lacks a vote is not opened, also where it gives its own hash."""
    name = (await session.execute(select(EnvelopeRow.sha256).limit(1))).scalar_one()
    await session.execute(delete(EnvelopeRow).where(EnvelopeRow.sha256 == name))
    altered = await service.list_for(session, box.id)
    with pytest.raises(NotAllowed, match="altered on its way"):
        opened_by(keys[0], altered)
    found = lists.read(altered)
    its_own = replace(found.head, sha256=peel.list_hash(found.items))
    with pytest.raises(NotAllowed, match="not the list that the log"):
        lists.check(lists.read(lists.write(its_own, found.items)))


async def test_a_waiting_list_changed_inside_the_server_is_not_opened(session, box, keys):
    await service.take_peel(session, box.id, opened_by(keys[0], await service.list_for(session, box.id)))
    name = (await session.execute(select(ItemRow.sha256).limit(1))).scalar_one()
    await session.execute(update(ItemRow).where(ItemRow.sha256 == name).values(body=b"other"))
    with pytest.raises(NotAllowed, match="not the list"):
        await service.peel(session, box.id)


async def test_the_papers_changed_before_they_are_judged_stop_everything(session, box, keys):
    for key, layer in ((keys[0], 1), (keys[2], 3)):
        await service.peel(session, box.id)
        assert (await service.next_layer(session, box.id)).number == layer
        await service.take_peel(session, box.id, opened_by(key, await service.list_for(session, box.id)))
    name = (await session.execute(select(ItemRow.sha256).limit(1))).scalar_one()
    await session.execute(delete(ItemRow).where(ItemRow.sha256 == name))
    with pytest.raises(leaves.Broken):
        await service.peel(session, box.id)


async def test_the_record_of_own_keys_can_be_checked_from_its_files_alone(session):
    people, keys = voters(50), own_keys()
    box = await an_own_box(session, people, keys)
    for v in people[:5]:
        await a_vote(session, box.id, v, "yes")
    await service.close(session, box.id, now=CLOSES)
    await service.notice(session, box.id, 50)
    await all_open(session, box, keys)
    files = await service.record_parts(session, box.id)
    read = manifest.read(files["manifest.json"])
    manifest.check_signatures(read, box.digest, record.read_signatures(files["signatures.json"]))
    stages = [files[record.stage_name(layer)] for layer in range(4)]
    entries = [peel.read_entry(one) for one in canonical.read(files["peels.json"])]
    peel.check_chain(read, box.digest, entries, stages)
    bodies = files["log.jsonl"].splitlines()
    types = [entry["type"] for entry in leaves.read_all(bodies)][10:]
    assert types == ["close", "notices", "peel", "peel", "peel", "final"]
    for one in checkpoint.split(files["checkpoints.txt"]):
        found = checkpoint.verify(one, checkpoint.origin(box.digest), read.log_key)
        assert found.root == tree.root(bodies[: found.size])
    assert files["papers.jsonl"] == await service.papers_of(session, box.id)
    assert len(files["papers.jsonl"].splitlines()) == 5
    assert b64encode(keys[0].sign_key).decode() in files["manifest.json"].decode()


async def test_a_box_of_the_server_alone_waits_for_nobody(session, people):
    box = await a_box(session, people)
    assert await service.unsigned(session, box.id) == ()
    await a_vote(session, box.id, people[0], "yes")
    await service.close(session, box.id, now=CLOSES)
    assert await turn(session, box) == (1, "Ada Scrutineer", "server")
    assert (await service.peel(session, box.id)).valid == ((("yes",),),)
    assert (await session.execute(select(BoxRow.state))).scalar_one() == "peeled"
