"""Papers, envelopes and check codes."""

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.secrecy import hpke, seal

some = settings(max_examples=30, deadline=None)


def test_the_published_hpke_cases_with_p_256_open(vectors):
    """RFC 9180, mode base, KEM 16, KDF 1, AEAD 1 and 2: the first message of each."""
    cases = [case for case in vectors("hpke_rfc9180_base_p256_x25519.json") if case["kem_id"] == 16]
    assert sorted(case["aead_id"] for case in cases) == [1, 2]
    for case in cases:
        suite = Suite(KEM.P256, KDF.HKDF_SHA256, {1: AEAD.AES_128_GCM, 2: AEAD.AES_256_GCM}[case["aead_id"]])
        key = seal.read_seal_secret(bytes.fromhex(case["skRm"]))
        first = case["encryptions"][0]
        opened = openssl.hpke._decrypt_with_aad(
            suite,
            bytes.fromhex(case["enc"] + first["ct"]),
            key,
            bytes.fromhex(case["info"]),
            bytes.fromhex(first["aad"]),
        )
        assert opened == bytes.fromhex(first["pt"])
        assert seal.read_seal_key(bytes.fromhex(case["pkRm"])).public_numbers() == key.public_key().public_numbers()


def test_the_published_hpke_case_is_sealed_with_its_one_time_key(vectors):
    """RFC 9180, mode base, DHKEM P-256, HKDF-SHA256, AES-256-GCM: key, enc and, without its aad, the sealed bytes."""
    case = next(
        case for case in vectors("hpke_rfc9180_base_p256_x25519.json") if (case["kem_id"], case["aead_id"]) == (16, 2)
    )
    one_time = seal.read_seal_secret(bytes.fromhex(case["skEm"]))
    plain = bytes.fromhex(case["encryptions"][0]["pt"])
    recipient = seal.read_seal_key(bytes.fromhex(case["pkRm"]))
    sealed = hpke.seal(plain, recipient, bytes.fromhex(case["info"]), one_time)
    key, nonce = AESGCM(bytes.fromhex(case["key"])), bytes.fromhex(case["base_nonce"])
    assert sealed[:65].hex() == case["enc"]
    assert sealed[65:] == key.encrypt(nonce, plain, None)
    aad = bytes.fromhex(case["encryptions"][0]["aad"])
    assert key.encrypt(nonce, plain, aad).hex() == case["encryptions"][0]["ct"]
    secret = seal.read_seal_secret(bytes.fromhex(case["skRm"]))
    assert seal.SUITE.decrypt(sealed, secret, bytes.fromhex(case["info"])) == plain


def test_a_vote_sealed_with_kept_keys_opens_seal_by_seal_and_is_the_same_each_time(world):
    inner = world.inner()
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in world.sealers]
    publics = [key.public_key() for key in world.sealers]
    items = seal.seal_with(inner, publics, world.digest, keys)
    assert len(items) == 4
    assert items[-1] == inner
    for layer, sealer in enumerate(world.sealers, start=1):
        assert seal.open_layer(items[layer - 1], sealer, world.digest, layer) == items[layer]
        assert items[layer - 1][:65] == hpke.point(keys[layer - 1].public_key())
    assert seal.seal_with(inner, publics, world.digest, keys) == items


@some
@given(st.binary(max_size=400))
def test_what_is_packed_is_unpacked(paper):
    inner = seal.pack(paper, b"s" * 384, 1000)
    assert len(inner) == 1000
    assert seal.unpack(inner) == (paper, b"s" * 384, bytes(1000 - 386 - len(paper)))


@some
@given(st.binary(max_size=500))
def test_unpacking_takes_or_refuses_anything(data):
    try:
        paper, stamp, padding = seal.unpack(data)
    except BadInput:
        return
    assert len(paper).to_bytes(2) + stamp + paper + padding == data


def test_a_paper_that_does_not_fit_is_not_packed():
    for paper, stamp in ((b"p" * 615, b"s" * 384), (b"p", b"s")):
        with pytest.raises(ValueError, match="fit"):
            seal.pack(paper, stamp, 1000)


def test_an_envelope_opens_layer_by_layer_in_order(world):
    inner = world.inner()
    item = world.sealed(inner)
    assert len(item) == seal.envelope_length(world.manifest.padded, 3) == len(inner) + 3 * 81
    for layer, key in enumerate(world.sealers, start=1):
        item = seal.open_layer(item, key, world.digest, layer)
    assert item == inner


def test_python_seals_as_the_layers_say(world):
    inner = world.inner()
    item = seal.seal(inner, [key.public_key() for key in world.sealers], world.digest)
    for layer, key in enumerate(world.sealers, start=1):
        item = seal.open_layer(item, key, world.digest, layer)
    assert item == inner


@some
@given(layer=st.integers(1, 3), place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_bit_flip_in_any_layer_is_noticed(world, layer, place, bit):
    item = bytearray(world.sealed(layers=layer - 1))
    item[place % len(item)] ^= 1 << bit
    assert seal.open_layer(bytes(item), world.sealers[layer - 1], world.digest, layer) is None


def test_a_layer_opens_only_for_its_own_ballot_place_and_key(world, other):
    item = world.sealed()
    assert seal.open_layer(item, world.sealers[0], world.digest, 1) is not None
    assert seal.open_layer(item, world.sealers[0], other.digest, 1) is None
    assert seal.open_layer(item, world.sealers[0], world.digest, 2) is None
    assert seal.open_layer(item, world.sealers[1], world.digest, 1) is None


@some
@given(st.binary(max_size=200))
def test_garbage_never_opens(world, data):
    assert seal.open_layer(data, world.sealers[0], world.digest, 1) is None


def test_two_envelopes_of_the_same_paper_have_nothing_in_common(world):
    inner = world.inner()
    assert world.sealed(inner) != world.sealed(inner)


def test_a_key_that_is_no_point_is_refused():
    for raw in (b"", bytes(65), b"\x04" + b"\x01" * 64, b"\x02" + b"\x01" * 32):
        with pytest.raises(BadInput):
            seal.read_seal_key(raw)


def test_a_compressed_point_is_refused_so_that_a_key_has_one_form():
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    with pytest.raises(BadInput):
        seal.read_seal_key(bytes([2 + numbers.y % 2]) + numbers.x.to_bytes(32))


def test_the_check_code_is_80_bits_of_the_hash():
    # SHA-256 of nothing begins e3b0c44298fc1c149afb.
    bits = "".join(f"{seal.CODE_ALPHABET.index(sign):05b}" for sign in seal.check_code(b""))
    assert f"{int(bits, 2):020x}" == "e3b0c44298fc1c149afb"
    assert seal.spaced("7213KT9F3QXD5M8W") == "7213-KT9F-3QXD-5M8W"


def test_a_paper_begins_with_its_random_prefix(world):
    paper = seal.paper(b"r" * 32, [["yes"]], world.digest)
    assert paper == b"r" * 32 + f'{{"a":[["yes"]],"m":"{world.digest}"}}'.encode()
    with pytest.raises(ValueError, match="32"):
        seal.paper(b"r" * 31, [["yes"]], world.digest)


def test_options_too_long_for_one_paper_are_refused():
    with pytest.raises(BadInput):
        seal.padded_length(2**16)
