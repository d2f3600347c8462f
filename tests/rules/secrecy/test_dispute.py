"""A checking file held against the record: who did wrong is named, and nobody else can be."""

import base64
import json
from hashlib import sha256

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilot.errors import BadInput
from pilot.secrecy import canonical, checkpoint, dispute, leaves, peel, record, seal, tree
from pilot.secrecy.dispute import Outcome
from tests.builders.records import signed_by
from tests.builders.secrecy import World


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Held:
    """A ballot that was held: a log, lists and papers, with one voter who kept everything."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bodies: list[bytes] = []
        self.envelopes: dict[bytes, bytes] = {}
        self.signed: list[bytes] = []

    def appends(self, body: bytes) -> int:
        self.bodies.append(body)
        return len(self.bodies) - 1

    def checkpoint(self, bodies: list[bytes] | None = None, key: Ed25519PrivateKey | None = None) -> bytes:
        found = self.bodies if bodies is None else bodies
        origin = checkpoint.origin(self.world.digest)
        text = checkpoint.text(origin, len(found), tree.root(found))
        return checkpoint.signed(text, origin, key or self.world.log_signer)

    def casts(self, v: bytes, envelope: bytes) -> dict[str, object]:
        name = sha256(envelope).hexdigest()
        leaf = self.appends(leaves.envelope_leaf(v, name))
        self.envelopes[v] = envelope
        hashes = [tree.leaf_hash(body) for body in self.bodies]
        proof = [one.hex() for one in tree.inclusion_proof(hashes, leaf)]
        return {
            "cast": True, "envelope": name, "leaf": leaf, "proof": proof, "checkpoint": self.checkpoint().decode()
        }  # fmt: skip

    def votes(
        self, v: bytes, *, keys=None, paper: bytes | None = None, stamped: bytes | None = None
    ) -> dict[str, object]:
        """A vote with its checking file."""
        world = self.world
        keys = keys or [ec.generate_private_key(ec.SECP256R1()) for _ in world.sealers]
        paper = paper or world.paper(["yes"])
        stamped = stamped or world.stamp_for(paper)
        inner = seal.pack(paper, stamped, world.manifest.padded)
        envelope = seal.seal_with(inner, [key.public_key() for key in world.sealers], world.digest, keys)[0]
        self.appends(leaves.stamp_leaf(v, 1))
        return {
            "type": "pilot checking file",
            "version": 1,
            "m": world.digest,
            "paper": b64(paper),
            "stamp": b64(stamped),
            "keys": [b64(key.private_numbers().private_value.to_bytes(32)) for key in keys],
            "receipt": self.casts(v, envelope),
        }

    def record(self, *, drop_at: int = -1, file: dict | None = None, left_out: bool = False) -> dict[str, bytes]:
        """The record; the trustee at place `drop_at` drops the vote of the file, 0 is the server at the close."""
        world = self.world
        names = self.names(file) if file else []
        items = [one for one in self.envelopes.values() if drop_at != 0 or sha256(one).hexdigest() != names[0]]
        stages, entries = [peel.stage(items)], []
        counts = leaves.Counts(len(items), len(items), len(items))
        self.appends(leaves.close_leaf(world.digest, 20, counts, peel.list_hash(items)))
        for layer in range(1, len(world.sealers) + 1):
            one = world.peeled(items, layer)
            if drop_at == layer:
                kept = tuple(item for item in one.items if sha256(item).hexdigest() != names[layer])
                less = {"sha256_out": peel.list_hash(kept), "out": len(kept), "duplicates": 1}
                fewer = msgspec.structs.replace(one.statement, **less)
                one = peel.Peeled(kept, *world.signed(fewer))
            items = list(one.items)
            stages.append(peel.stage(items))
            entries.append(peel.entry(one.statement, one.signature))
            self.appends(leaves.peel_leaf(entries[-1]))
            self.signed.append(self.checkpoint())
        judged = world.judged(items)
        files = {
            "manifest.json": world.text,
            "signatures.json": record.signatures(world.manifest, world.digest, world.signatures),
            "log.jsonl": record.lines(self.bodies),
            "checkpoints.txt": b"".join(self.signed),
            "peels.json": canonical.to_bytes(entries),
            "trackers.txt": b"" if left_out else record.trackers(judged),
            **{record.stage_name(layer): stage for layer, stage in enumerate(stages)},
        }
        return signed_by(world.log_signer, files)

    def names(self, file: dict) -> list[str]:
        """The hashes of the file's sealed vote and of what is left of it after each opening."""
        item, found = (
            next(e for e in self.envelopes.values() if sha256(e).hexdigest() == file["receipt"]["envelope"]),
            [],
        )
        for layer, sealer in enumerate([*self.world.sealers, None], start=1):
            found.append(sha256(item).hexdigest())
            if sealer is not None:
                item = seal.open_layer(item, sealer, self.world.digest, layer)
        return found


def settled(file: dict, files: dict[str, bytes]) -> dispute.Finding:
    return dispute.settle(dispute.read(json.dumps(file).encode()), dispute.read_record(files))


@pytest.fixture
def held(world: World) -> Held:
    held = Held(world)
    for v in world.voters[:3]:
        held.appends(leaves.stamp_leaf(v, 1))
        held.casts(v, world.sealed())
    return held


def test_a_vote_that_was_counted_is_found(held, world):
    file = held.votes(world.voters[5])
    found = settled(file, held.record())
    assert found.outcome is Outcome.COUNTED
    assert seal.spaced(seal.check_code(base64.b64decode(file["paper"]))) in found.sentence
    assert not found.outcome.accuses


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_a_true_checking_file_against_a_dishonest_trustee_names_it(held, world, layer):
    file = held.votes(world.voters[5])
    found = settled(file, held.record(drop_at=layer, file=file))
    assert (found.outcome, found.name) == (Outcome.TRUSTEE, f"Trustee {layer}")
    assert found.sentence == (
        f"Trustee {layer} was given a list with this vote, and signed a list without it. Trustee {layer} is to blame."
    )


def test_a_vote_that_was_dropped_at_the_close_names_the_server(held, world):
    file = held.votes(world.voters[5])
    found = settled(file, held.record(drop_at=0, file=file))
    assert (found.outcome, found.name) == (Outcome.LIST, "")
    assert "Whoever runs the server" in found.sentence


def test_a_log_that_was_forked_after_the_receipt_names_the_server(held, world):
    file = held.votes(world.voters[5])
    del held.bodies[-1]
    del held.envelopes[world.voters[5]]
    found = settled(file, held.record())
    assert found.outcome is Outcome.LOG


def test_a_check_code_that_was_left_out_names_the_server(held, world):
    file = held.votes(world.voters[5])
    assert settled(file, held.record(left_out=True)).outcome is Outcome.LIST


def liars(world: World, file: dict) -> dict[str, dict]:
    """What somebody could make up who wants to accuse an honest trustee."""
    other = world.paper(["no"])
    key = b64(ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32))
    receipt = file["receipt"]
    return {
        "another paper": file | {"paper": b64(other), "stamp": b64(world.stamp_for(other))},
        "another stamp": file | {"stamp": b64(bytes(384))},
        "another key": file | {"keys": [key, *file["keys"][1:]]},
        "another last key": file | {"keys": [*file["keys"][:-1], key]},
        "too few keys": file | {"keys": file["keys"][1:]},
        "no key": file | {"keys": [b64(bytes(32)), *file["keys"][1:]]},
        "another envelope": file | {"receipt": receipt | {"envelope": "00" * 32}},
        "another place": file | {"receipt": receipt | {"leaf": 0}},
        "no place": file | {"receipt": receipt | {"leaf": 10**9}},
        "a checkpoint of nobody": file | {"receipt": receipt | {"checkpoint": "?"}},
        "no receipt": file | {"receipt": {}},
        "a paper too long": file | {"paper": b64(bytes(70_000))},
    }


LIES = list(liars(World(), {"receipt": {}, "keys": []}))


@pytest.mark.parametrize("lie", LIES)
def test_a_liars_checking_file_against_an_honest_trustee_fails(held, world, lie):
    file = liars(world, held.votes(world.voters[5]))[lie]
    found = settled(file, held.record())
    assert (found.outcome, found.name) == (Outcome.FALSE, "")
    assert found.sentence.startswith("This checking file is not true, so it shows nothing.")


def test_a_file_of_another_vote_is_not_called_false(held, world):
    file = held.votes(world.voters[5])
    found = settled(file | {"m": "00" * 32}, held.record())
    assert found.outcome == Outcome.OTHER_VOTE
    assert found.sentence == "This checking file belongs to another vote. Choose the record of that vote."


def test_a_liar_who_forges_a_receipt_accuses_nobody(held, world):
    """A sealed vote that was never cast, with a checkpoint that somebody else's key signed."""
    file = held.votes(world.voters[5])
    forged = held.checkpoint(key=Ed25519PrivateKey.generate()).decode()
    del held.bodies[-1]
    del held.envelopes[world.voters[5]]
    found = settled(file | {"receipt": file["receipt"] | {"checkpoint": forged}}, held.record())
    assert (found.outcome, found.name) == (Outcome.FALSE, "")


def test_two_voters_who_share_a_sealed_vote_inside_accuse_nobody(held, world):
    """Two accomplices: different outer seals around the same inner ones, so that a trustee rightly drops a copy."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in world.sealers]
    paper = world.paper(["yes"])
    same = {"paper": paper, "stamped": world.stamp_for(paper)}
    other = [ec.generate_private_key(ec.SECP256R1()), *keys[1:]]
    files = [held.votes(world.voters[5], keys=keys, **same), held.votes(world.voters[6], keys=other, **same)]
    kept = held.record()
    assert [settled(file, kept).outcome for file in files] == [Outcome.COUNTED, Outcome.COUNTED]


def test_a_vote_that_was_changed_later_rightly_does_not_count(held, world):
    file = held.votes(world.voters[5])
    held.votes(world.voters[5])
    found = settled(file, held.record())
    assert found.outcome is Outcome.NOT_COUNTED
    assert "A later vote of the same person" in found.sentence


def test_a_vote_of_somebody_who_voted_on_paper_rightly_does_not_count(held, world):
    file = held.votes(world.voters[5])
    held.appends(canonical.to_bytes({"signatures": [], "type": "cancel", "v": world.voters[5].hex()}))
    del held.envelopes[world.voters[5]]
    assert "voted on paper" in settled(file, held.record()).sentence


def test_a_paper_without_a_right_stamp_is_no_trustees_fault(held, world):
    file = held.votes(world.voters[5], stamped=bytes(384))
    found = settled(file, held.record())
    assert found.outcome is Outcome.NOT_COUNTED
    assert "no right stamp" in found.sentence


@pytest.mark.parametrize("name", ["manifest.json", "signatures.json", "log.jsonl", "checkpoints.txt", "stage-1.txt"])
def test_a_record_that_is_changed_or_not_whole_accuses_nobody(held, world, name):
    """Nor does one that the server signed anew."""
    file = held.votes(world.voters[5])
    files = held.record()
    less = {other: data for other, data in files.items() if other != name}
    changed = files | {name: files[name][:-70] + files[name][-69:]}
    for wrong in (less, changed, files | {name: b""}):
        for copy in (wrong, signed_by(world.log_signer, wrong)):
            with pytest.raises(BadInput, match="This record cannot be used"):
                settled(file, copy)


@pytest.mark.parametrize("name", [*dispute.USED, "stage-0.txt", "stage-3.txt", "SHA256SUMS", "SHA256SUMS.sig"])
def test_a_liar_who_alters_a_copy_of_the_record_accuses_nobody(held, world, name):
    file = held.votes(world.voters[5])
    files = held.record()
    for altered in (b"", files[name] + b"\n", files[name][:-1]):
        with pytest.raises(BadInput, match=r"^This record cannot be used: ") as refused:
            settled(file, files | {name: altered})
        wrong = "SHA256SUMS" if name.startswith("SHA256SUMS") else name
        copy = f"{wrong} is not the file that the server signed, so this copy of the record was altered."
        assert copy in refused.value.reason or name == "manifest.json"


def test_a_list_of_files_that_somebody_else_signed_accuses_nobody(held, world):
    file = held.votes(world.voters[5])
    forged = signed_by(Ed25519PrivateKey.generate(), held.record() | {"trackers.txt": b""})
    with pytest.raises(BadInput, match=r"SHA256SUMS is not the file that the server signed"):
        settled(file, forged)


def test_a_liar_who_takes_the_checkpoint_of_after_the_erasure_accuses_nobody(held, world):
    """The server erases as it should, and its public checkpoints are of one line more than the record."""
    file = held.votes(world.voters[5])
    files = held.record()
    log = [*held.bodies]
    grown = [*log, leaves.erase_leaf()]
    later = file["receipt"] | {"checkpoint": held.checkpoint(grown).decode()}
    assert settled(file | {"receipt": later}, files).outcome is Outcome.COUNTED
    never = held.votes(world.voters[6])  # after the close: in no log
    found = settled(never | {"receipt": never["receipt"] | {"checkpoint": later["checkpoint"]}}, files)
    assert (found.outcome, found.name) == (Outcome.FALSE, "")
    for other in ([*log[:-2], leaves.erase_leaf()], [*grown, leaves.erase_leaf()], [*log, b"{}"]):
        forked = file["receipt"] | {"checkpoint": held.checkpoint(other).decode()}
        assert settled(file | {"receipt": forked}, files).outcome is Outcome.LOG


def test_after_an_erasure_that_is_in_the_record_no_line_may_follow(held, world):
    file = held.votes(world.voters[5])
    files = held.record()
    grown = [*files["log.jsonl"].splitlines(), leaves.erase_leaf()]
    whole = {"log.jsonl": record.lines(grown), "checkpoints.txt": files["checkpoints.txt"] + held.checkpoint(grown)}
    found = dispute.read_record(signed_by(world.log_signer, files | whole))
    twice = file["receipt"] | {"checkpoint": held.checkpoint([*grown, leaves.erase_leaf()]).decode()}
    for receipt, outcome in ((file["receipt"], Outcome.COUNTED), (twice, Outcome.LOG)):
        asked = dispute.read(json.dumps(file | {"receipt": receipt}).encode())
        assert dispute.settle(asked, found).outcome is outcome


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"type":"pilot checking file"}', b" " * 2_000_000])
def test_what_is_no_checking_file_is_refused(data):
    with pytest.raises(BadInput, match="not a checking file"):
        dispute.read(data)
