"""Checkpoints of a log, and the receipts that rest on them."""

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.secrecy import checkpoint, leaves, tree

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
H = "ab" * 32
ORIGIN = checkpoint.origin(H)
V = bytes(range(16))


def written(size: int = 7, root: bytes = bytes(32), key: Ed25519PrivateKey = KEY, origin: str = ORIGIN) -> bytes:
    return checkpoint.signed(checkpoint.text(origin, size, root), origin, key)


def test_a_published_signed_note_is_verified():
    """The example of Go's golang.org/x/mod/sumdb/note, which C2SP signed-note was written from."""
    words = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    public = b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    given_ = b64decode(line.split(" ")[1])
    assert given_[:4] == checkpoint.key_id("PeterNeumann", public)
    found = checkpoint.Checkpoint("PeterNeumann", 0, b"", words)
    assert checkpoint._signs(line.split(" ")[1].encode(), found, public)


def test_a_checkpoint_is_written_as_the_format_says():
    data = written(7, bytes(32)).decode()
    name, size, root, empty, line, end = data.split("\n")
    assert (name, size, root, empty, end) == (f"pilot/{H}", "7", b64encode(bytes(32)).decode(), "", "")
    dash, signer, encoded = line.split(" ")
    assert (dash, signer) == ("—", f"pilot/{H}")
    assert len(b64decode(encoded)) == 4 + 64


@given(st.integers(0, 2**40), st.binary(min_size=32, max_size=32))
def test_what_is_signed_is_read_and_verified(size, root):
    data = written(size, root)
    found = checkpoint.verify(data, ORIGIN, PUBLIC)
    assert (found.origin, found.size, found.root) == (ORIGIN, size, root)
    assert data.startswith(found.text)
    assert checkpoint.read(data) == found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        written()[:-1],
        written().replace(b"\n7\n", b"\n07\n"),
        written().replace(b"\n7\n", b"\n+7\n"),
        written().replace(b"\n7\n", b"\n-7\n"),
        written().replace(b"\n7\n", b"\n 7\n"),
        written().replace(b"\n7\n", b"\n7\r\n"),
        written().replace(b"\n7\n", b"\nseven\n"),
        written().replace(b"\n7\n", "\n٧\n".encode()),
        written().replace(b"\n\n", b"\nfurther line\n\n"),
        written().replace(b"AAA=\n", b"AAA\n"),
        written().replace(b"AAA=\n", b"AAB=\n"),
        written(root=bytes(31)),
        written().replace(b"\n\n", b"\n"),
        written().replace("—".encode(), b"-"),
        b"\xff" + written(),
        written() + b"x" * 9000 + b"\n",
    ],
)
def test_every_other_spelling_is_refused(data):
    with pytest.raises(BadInput, match="not a checkpoint"):
        checkpoint.read(data)


def test_a_forged_checkpoint_is_refused():
    for data in (
        written(key=OTHER),
        written().replace(b"\n7\n", b"\n8\n"),
        written(root=bytes(32)).replace(b64encode(bytes(32)), b64encode(bytes([*bytes(31), 1]))),
        written()[: written().rindex(b" ") + 1] + b64encode(bytes(68)) + b"\n",
        written()[: written().rindex(b" ") + 1] + b"?\n",
        written()[:-1] + b"\r\n",
        written()[:-1] + b"\rjunk\n",
        written()[:-1] + b"\r\xe2\x80\x94 x y\n",
        written()[:-3] + bytes([written()[-3] + 1]) + b"=\n",
        written()[: written().rindex(b" ") + 1] + b64encode(checkpoint.key_id(ORIGIN, PUBLIC)) + b"\n",
    ):
        with pytest.raises(BadInput, match="not signed by the key"):
            checkpoint.verify(data, ORIGIN, PUBLIC)


def test_a_checkpoint_of_another_ballot_is_refused():
    with pytest.raises(BadInput, match="another log"):
        checkpoint.verify(written(origin=checkpoint.origin("cd" * 32)), ORIGIN, PUBLIC)


def test_a_witness_may_add_a_signature():
    line = written(key=OTHER).split(b"\n\n")[1]
    witness = "— witness.example ".encode() + b64encode(bytes(72)) + b"\n"
    data = written().replace(b"\n\n", b"\n\n" + witness + line)
    assert checkpoint.verify(data, ORIGIN, PUBLIC).size == 7


def receipt(bodies: list[bytes], at: int, **changed: object) -> dict[str, object]:
    hashes = [tree.leaf_hash(body) for body in bodies[: at + 1]]
    whole = {
        "cast": True,
        "envelope": "ef" * 32,
        "leaf": at,
        "proof": [one.hex() for one in tree.inclusion_proof(hashes, at)],
        "checkpoint": written(at + 1, tree.root_of_hashes(hashes)).decode(),
    }
    return {**whole, **changed}


def log(leaf: int) -> list[bytes]:
    others = [leaves.stamp_leaf(bytes(15) + bytes([i]), 1) for i in range(12)]
    return [*others[:leaf], leaves.envelope_leaf(V, "ef" * 32), *others[leaf:]]


@pytest.mark.parametrize("leaf", range(12))
def test_a_right_receipt_is_accepted(leaf):
    assert checkpoint.check_receipt(receipt(log(leaf), leaf), V, H, PUBLIC).size == leaf + 1


@pytest.mark.parametrize(
    "changed",
    [
        {"leaf": 4},
        {"envelope": "0f" * 32},
        {"proof": []},
        {"proof": ["00" * 32] * 3},
        {"checkpoint": written(6, bytes(32)).decode()},
        {"checkpoint": written(9, tree.root(log(5)[:9])).decode()},
    ],
)
def test_a_receipt_that_does_not_show_the_vote_is_refused(changed):
    with pytest.raises(BadInput, match="does not show"):
        checkpoint.check_receipt(receipt(log(5), 5, **changed), V, H, PUBLIC)


def test_another_persons_receipt_is_refused():
    with pytest.raises(BadInput, match="does not show"):
        checkpoint.check_receipt(receipt(log(5), 5), bytes(16), H, PUBLIC)


@pytest.mark.parametrize(
    "value",
    [
        {},
        receipt(log(5), 5, leaf=True),
        receipt(log(5), 5, leaf="5"),
        receipt(log(5), 5, proof="00"),
        receipt(log(5), 5, proof=[7]),
        receipt(log(5), 5, proof=["zz"]),
        receipt(log(5), 5, checkpoint=None),
        receipt(log(5), 5, checkpoint="\ud800"),
        receipt(log(5), 5, envelope=None),
    ],
)
def test_what_is_no_receipt_is_refused(value):
    with pytest.raises(BadInput, match="not a receipt"):
        checkpoint.check_receipt(value, V, H, PUBLIC)


def test_a_file_of_checkpoints_is_split_into_them():
    texts = [written(size) for size in (3, 4, 9)]
    witnessed = texts[1] + b"\xe2\x80\x94 witness.example " + b64encode(bytes(72)) + b"\n"
    assert checkpoint.split(b"".join(texts)) == texts
    assert checkpoint.split(texts[0] + witnessed + texts[2]) == [texts[0], witnessed, texts[2]]
    assert checkpoint.split(b"") == []
    assert checkpoint.split(texts[0][:-1] + b"\rx\n" + texts[1]) == [texts[0][:-1] + b"\rx\n", texts[1]]
    assert b"".join(checkpoint.split(b"\xe2\x80\x94 x\nhello\n\nworld")) == b"\xe2\x80\x94 x\nhello\n\nworld"
