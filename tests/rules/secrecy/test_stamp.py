"""Blind stamps against RFC 9474's own examples, and what must be refused."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.secrecy import stamp

MESSAGES = st.binary(max_size=200)
few = settings(max_examples=15, deadline=None)


def number(text: str) -> int:
    return int(text, 16)


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def test_the_four_variants_of_rfc_9474_appendix_a(vectors):
    cases = vectors("rfc9474_vectors.json")
    assert len(cases) == 4
    for case in cases:
        key = stamp.SecretKey(*(number(case[name]) for name in ("n", "e", "d", "p", "q")))
        prepared = stamp.prepare(raw(case["msg"]), raw(case["msg_prefix"]))
        assert prepared == raw(case["input_msg"])
        factor = pow(number(case["inv"]), -1, key.n)
        blinded, inverse = stamp.blind(key.public, prepared, raw(case["salt"]), factor)
        assert blinded == raw(case["blinded_msg"])
        signed = stamp.blind_sign(key, blinded, 0xABCDEF)
        assert signed == raw(case["blind_sig"])
        found = stamp.finalize(key.public, prepared, signed, inverse, salt_length=number(case["sLen"]))
        assert found == raw(case["sig"])


def test_the_published_pss_encoding(vectors):
    case = vectors("emsa_pss_vectors.json")
    found = stamp.encode(raw(case["msg"]), raw(case["salt"]), 1023, "sha1")
    assert found == raw(case["expected"])


@few
@given(message=MESSAGES, seed=st.integers(2, 2**3000))
def test_a_stamp_is_a_plain_signature_of_the_message_whatever_the_chance(world, message, seed):
    key = world.stamp_key
    blinded, inverse = stamp.blind(key.public, message, bytes(48), seed)
    signed = stamp.blind_sign(key, blinded, seed + 1)
    assert signed == stamp.blind_sign(key, blinded, seed + 3)
    found = stamp.finalize(key.public, message, signed, inverse)
    assert stamp.verify(stamp.rsa_key(key.public), message, found)
    assert not stamp.verify(stamp.rsa_key(key.public), message + b"x", found)


@few
@given(message=MESSAGES, bit=st.integers(0, 3071))
def test_a_stamp_with_one_bit_changed_is_no_stamp(world, message, bit):
    found = int.from_bytes(world.stamp_for(message)) ^ (1 << bit)
    assert not stamp.verify(stamp.rsa_key(world.stamp_key.public), message, found.to_bytes(384))


def test_stamps_of_two_voters_with_the_same_answer_cannot_be_told_from_their_blinded_papers(world):
    message, factors = b"the same", (12345, 67890)
    blinded = [stamp.blind(world.stamp_key.public, message, bytes(48), factor)[0] for factor in factors]
    assert blinded[0] != blinded[1]
    signed = [stamp.blind_sign(world.stamp_key, one, 2) for one in blinded]
    inverses = [pow(factor, -1, world.stamp_key.n) for factor in factors]
    found = [stamp.finalize(world.stamp_key.public, message, s, i) for s, i in zip(signed, inverses, strict=True)]
    assert found[0] == found[1]


def test_numbers_that_must_not_be_signed_are_refused(world):
    n = world.stamp_key.n
    for x in (0, 1, n - 1, n, n + 1):
        with pytest.raises(BadInput):
            stamp.blind_sign(world.stamp_key, x.to_bytes(384), 3)
    for data in (b"", bytes(383), bytes(385), b"\x00" + (2).to_bytes(384)):
        with pytest.raises(BadInput):
            stamp.blind_sign(world.stamp_key, data, 3)


def test_a_fault_in_the_computation_gives_no_signature(world):
    faulty = replace(world.stamp_key, p=world.stamp_key.p + 2)
    with pytest.raises(stamp.Unsound):
        stamp.blind_sign(faulty, (12345).to_bytes(384), 3)


def test_factors_that_cannot_blind_are_refused(world):
    key = world.stamp_key
    for factor in (0, 1, key.n, key.p):
        with pytest.raises(ValueError, match="cannot"):
            stamp.blind(key.public, b"m", bytes(48), factor)
        with pytest.raises(ValueError, match="cannot"):
            stamp.blind_sign(key, (12345).to_bytes(384), factor)


def test_an_answer_that_does_not_stamp_this_paper_is_refused(world, other):
    blinded, inverse = stamp.blind(world.stamp_key.public, b"m", bytes(48), 99)
    with pytest.raises(BadInput):
        stamp.finalize(world.stamp_key.public, b"m", b"\x01" * 384, inverse)
    with pytest.raises(BadInput):
        stamp.finalize(world.stamp_key.public, b"m", b"short", inverse)
    with pytest.raises(BadInput):
        stamp.finalize(world.stamp_key.public, b"other", stamp.blind_sign(world.stamp_key, blinded, 3), inverse)


def spki(key) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_stamp_key_of_another_size_or_exponent_is_refused():
    for key in (
        rsa.generate_private_key(65537, 2048),
        rsa.generate_private_key(3, 3072),
        ec.generate_private_key(ec.SECP256R1()),
    ):
        with pytest.raises(BadInput, match="3072"):
            stamp.read_public(spki(key))
    with pytest.raises(BadInput):
        stamp.read_public(b"no key")


def test_a_key_too_short_for_its_hash_is_refused():
    with pytest.raises(ValueError, match="too short"):
        stamp.encode(b"m", bytes(48), 511)
