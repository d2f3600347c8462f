"""Watching a log: what continues is followed, everything else raises the alarm."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.secrecy import checkpoint, tree, watching
from pilot.secrecy.watching import Alarm, NoAnswer, Watched

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
H = "ab" * 32
NEW = Watched("pilot watch", 1, H, KEY.public_key().public_bytes_raw())


def bodies(size: int, salt: bytes = b"") -> list[bytes]:
    return [salt + bytes([number]) for number in range(size)]


def answer(log: list[bytes], since: int = 0, *, key: Ed25519PrivateKey = KEY, h: str = H) -> dict[str, object]:
    """What an honest server answers that has this log."""
    name = checkpoint.origin(h)
    hashes = [tree.leaf_hash(body) for body in log]
    proof = tree.consistency_proof(hashes, since) if 0 < since <= len(log) else []
    text = checkpoint.signed(checkpoint.text(name, len(log), tree.root(log)), name, key)
    return {"checkpoint": text.decode(), "proof": [one.hex() for one in proof]}


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6).map(sorted))
def test_a_log_that_only_grows_is_followed(sizes):
    watched = NEW
    for size in sizes:
        watched = watching.follow(watched, answer(bodies(size), watched.size))
        assert watched.size == size
        assert watching.read(watching.to_bytes(watched)) == watched


@given(st.integers(1, 40), st.integers(0, 40))
def test_a_fork_raises_the_alarm(first, more):
    watched = watching.follow(NEW, answer(bodies(first)))
    forked = bodies(first + more, b"forged ")
    with pytest.raises(Alarm, match="was changed"):
        watching.follow(watched, answer(forked, first))


@given(st.integers(1, 40), st.data())
def test_a_log_that_shrinks_raises_the_alarm(first, data):
    watched = watching.follow(NEW, answer(bodies(first)))
    fewer = data.draw(st.integers(0, first - 1))
    with pytest.raises(Alarm, match=f"had {first} lines and now has {fewer}"):
        watching.follow(watched, answer(bodies(fewer)))


def test_another_key_raises_the_alarm():
    for watched in (NEW, watching.follow(NEW, answer(bodies(3)))):
        with pytest.raises(Alarm, match="key was changed"):
            watching.follow(watched, answer(bodies(4), 3, key=OTHER))


def test_another_ballots_log_raises_the_alarm():
    with pytest.raises(Alarm, match="another log"):
        watching.follow(NEW, answer(bodies(4), h="cd" * 32))


def test_growth_without_its_proof_raises_the_alarm():
    watched = watching.follow(NEW, answer(bodies(3)))
    with pytest.raises(Alarm, match="was changed"):
        watching.follow(watched, answer(bodies(5)))


@pytest.mark.parametrize(
    "wrong", [{}, {"checkpoint": 7, "proof": []}, {"checkpoint": "x"}, {"checkpoint": "x", "proof": ["zz"]}]
)
def test_what_is_no_answer_is_not_taken_for_one(wrong):
    with pytest.raises(NoAnswer):
        watching.follow(NEW, wrong)


def test_a_file_that_is_not_whole_or_not_signed_is_refused():
    whole = watching.to_bytes(watching.follow(NEW, answer(bodies(3))))
    for data in (b"", b"{}", whole[:-9], whole.replace(b"\\n3\\n", b"\\n2\\n")):
        with pytest.raises(BadInput):
            watching.read(data)


def test_watching_begins_with_the_ballots_own_promise(world):
    watched = watching.begin(world.text)
    assert (watched.m, watched.log_key, watched.size) == (world.digest, world.manifest.log_key, 0)
    with pytest.raises(BadInput):
        watching.begin(world.text[:-1])
