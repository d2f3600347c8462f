"""Key files: what opens them, what they refuse, and what is proved with them."""

import base64
import json
import secrets

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.errors import BadInput, NotAllowed
from pilot.secrecy import canonical, keyfile, proofs, seal
from pilot.secrecy import manifest as manifests
from tests.builders.keyfiles import PASSPHRASE, OwnKeys, a_key_file, fresh

H = "ab" * 32


@pytest.fixture(scope="module")
def data():
    return a_key_file()


@pytest.fixture(scope="module")
def file(data):
    return keyfile.read(data)


@pytest.fixture(scope="module")
def keys(file):
    return keyfile.open_up(file, PASSPHRASE)


@pytest.fixture(scope="module")
def ballot():
    return OwnKeys(votes=3)


def altered(data, **changes):
    return canonical.to_bytes({**json.loads(data), **changes})


def test_a_key_file_gives_back_the_keys_that_its_public_halves_belong_to(file, keys):
    assert keys.signer.public_key().public_bytes_raw() == file.sign_key
    message = seal.SUITE.encrypt(b"words", seal.read_seal_key(file.seal_key), b"H/1")
    assert seal.SUITE.decrypt(message, keys.sealer, b"H/1") == b"words"
    assert keys.opened == {}


def test_a_key_file_is_canonical_and_shows_no_secret(data, keys):
    assert set(json.loads(data)) == {
        "kdf",
        "name",
        "nonce",
        "role",
        "seal_key",
        "sealed",
        "sign_key",
        "type",
        "version",
    }
    assert canonical.to_bytes(json.loads(data)) == data
    for secret in (keys.seal_secret, keys.sign_secret):
        assert base64.b64encode(secret) not in data
        assert secret.hex().encode() not in data


def test_another_passphrase_is_refused_in_a_sentence(file):
    with pytest.raises(BadInput, match=r"^This passphrase does not open this key file\."):
        keyfile.open_up(file, PASSPHRASE + "s")


@pytest.mark.parametrize("spelling", ["  seven small  otters\tcount the ferries\n", PASSPHRASE + "\r\n"])
def test_spaces_at_the_ends_and_doubled_ones_do_not_matter(file, keys, spelling):
    assert keyfile.open_up(file, spelling) == keys


def test_two_ways_to_write_one_letter_are_one_passphrase():
    assert keyfile.plain("caf\N{LATIN SMALL LETTER E WITH ACUTE}") == keyfile.plain("cafe\N{COMBINING ACUTE ACCENT}")


@pytest.mark.parametrize(
    "weak",
    [
        "",
        "otters",
        "fifteen letters",
        "aaaaaaaaaaaaaaaaaaaa",
        "ab ab ab ab ab ab ab",
        "one one one one one",
        "a b c d e",
        "1234567812345678",
        "abcdefghabcdefgh",
        "zyxwvutsrqponmlk",
        "qwertyuiopasdfgh",
        "password password1",
        "Password password2",
        "passw0rdpassw0rd",
        "aaa bbb ccc ddd eee",
        "password1 password2 password3 password4",
    ],
)
def test_a_weak_passphrase_makes_no_key_file(weak):
    with pytest.raises(BadInput, match="at least 16 characters, for example 5 words"):
        keyfile.make("A", "B", weak, (bytes(48), bytes(32)), fresh())


@pytest.mark.parametrize("strong", ["sixteen letters!", "five old hens eat corn", "one two six ten red", PASSPHRASE])
def test_sixteen_characters_or_five_words_will_do(strong):
    keyfile.check_passphrase(strong)


@pytest.mark.parametrize(
    ("name", "role"), [("", "employer"), ("Ada", " "), ("A\nB", "employer"), ("A" * 201, "employer")]
)
def test_a_name_and_a_role_are_needed(name, role):
    with pytest.raises(BadInput, match=r"^Enter a (name|role)"):
        keyfile.make(name, role, PASSPHRASE, (bytes(48), bytes(32)), fresh())


@pytest.mark.parametrize("field", ["name", "role", "seal_key", "sign_key"])
def test_a_key_file_with_another_public_field_does_not_open(data, field):
    other = json.loads(a_key_file("Eve", "somebody"))
    with pytest.raises(BadInput, match="does not open"):
        keyfile.open_up(keyfile.read(altered(data, **{field: other[field]})), PASSPHRASE)


@pytest.mark.parametrize("iterations", [1, 599_999, 10_000_001])
def test_a_key_file_that_is_too_quick_or_too_slow_to_try_is_refused(data, iterations):
    kdf = {**json.loads(data)["kdf"], "iterations": iterations}
    with pytest.raises(BadInput, match="not a key file, or it is not whole"):
        keyfile.read(altered(data, kdf=kdf))


def test_half_a_key_file_is_refused_and_so_is_any_other_file(data, file, keys):
    value = json.loads(data)
    wrong = [data[: len(data) // 2], b"", b"[]", b"{}", b"\xff\xfe", altered(data, more=1), altered(data, version=2)]
    wrong += [canonical.to_bytes({key: one for key, one in value.items() if key != left}) for left in value]
    for each in wrong:
        with pytest.raises(BadInput, match="not a key file, or it is not whole"):
            keyfile.read(each)


def test_a_file_of_another_kind_is_called_by_its_name(file, keys):
    with pytest.raises(BadInput, match=r"^This is a registration file\. Choose a key file\.$"):
        keyfile.read(proofs.registration(file, keys))


def test_a_line_end_after_a_key_file_does_not_matter(data, file):
    assert keyfile.read(data + b"\r\n") == file


def test_a_key_file_remembers_the_list_that_it_opened_and_opens_no_second_one(file, keys):
    remembering = keys.remembering(H, "1" * 64)
    data = keyfile.sealed_again(file, remembering, PASSPHRASE, fresh())
    again = keyfile.open_up(keyfile.read(data), PASSPHRASE)
    assert again.opened == {H: "1" * 64}
    assert again.remembering(H, "1" * 64) == again
    assert again.remembering("cd" * 32, "2" * 64).opened == {H: "1" * 64, "cd" * 32: "2" * 64}
    with pytest.raises(NotAllowed, match="already opened another list of this ballot"):
        again.remembering(H, "2" * 64)


def test_each_sealing_of_a_key_file_is_fresh(file, keys):
    one, two = (keyfile.read(keyfile.sealed_again(file, keys, PASSPHRASE, fresh())) for _ in range(2))
    assert one.kdf.salt != two.kdf.salt
    assert one.nonce != two.nonce
    assert keyfile.open_up(one, PASSPHRASE) == keyfile.open_up(two, PASSPHRASE) == keys
    with pytest.raises(ValueError, match="random bytes"):
        keyfile.sealed_again(file, keys, PASSPHRASE, keyfile.Fresh(b"", b""))


@given(st.binary(min_size=48, max_size=48))
def test_any_chance_makes_a_key_of_the_curve(chance):
    secret = int.from_bytes(chance) % (keyfile.ORDER - 1) + 1
    assert seal.read_seal_secret(secret.to_bytes(32)).private_numbers().private_value == secret


def test_the_ends_of_chance_make_keys_too():
    for chance in (bytes(48), b"\xff" * 48, (keyfile.ORDER - 1).to_bytes(48)):
        keyfile.make("A", "B", PASSPHRASE, (chance, bytes(32)), fresh())


def test_a_fingerprint_has_four_fours_and_changes_with_either_key(file):
    found = keyfile.fingerprint(file.seal_key, file.sign_key)
    assert [len(four) for four in found.split("-")] == [4, 4, 4, 4]
    other = keyfile.read(a_key_file())
    assert (
        len(
            {
                found,
                keyfile.fingerprint(other.seal_key, file.sign_key),
                keyfile.fingerprint(file.seal_key, other.sign_key),
            }
        )
        == 3
    )


def test_a_tellers_number_is_of_the_signing_key_and_is_no_fingerprint(file):
    found = keyfile.teller_number(file.sign_key)
    assert [len(four) for four in found.split("-")] == [4, 4, 4, 4]
    assert found != keyfile.fingerprint(file.seal_key, file.sign_key)
    assert found != keyfile.teller_number(keyfile.read(a_key_file()).sign_key)


def test_a_registration_is_read_back(file, keys):
    found = proofs.read_registration(proofs.registration(file, keys))
    assert (found.name, found.role, found.seal_key, found.sign_key) == (
        file.name,
        file.role,
        file.seal_key,
        file.sign_key,
    )


NEUTRAL = bytes([1]) + bytes(31)


def test_a_key_under_which_anybody_can_sign_is_no_key(file, keys):
    """The neutral point: one signature under it fits every text, as the library itself says."""
    anybody = NEUTRAL + bytes(32)
    Ed25519PublicKey.from_public_bytes(NEUTRAL).verify(anybody, b"any words")
    forged = {"sign_key": base64.b64encode(NEUTRAL).decode(), "signature": base64.b64encode(anybody).decode()}
    with pytest.raises(BadInput, match="not a registration file, or it is not whole"):
        proofs.read_registration(altered(proofs.registration(file, keys), **forged))
    with pytest.raises(BadInput, match="not a key file, or it is not whole"):
        keyfile.read(altered(a_key_file(), sign_key=forged["sign_key"]))


@pytest.mark.parametrize("field", ["name", "role", "seal_key", "sign_key", "signature"])
def test_a_registration_with_another_field_is_refused(file, keys, field):
    other = a_key_file("Eve", "somebody")
    theirs = json.loads(proofs.registration(keyfile.read(other), keyfile.open_up(keyfile.read(other), PASSPHRASE)))
    with pytest.raises(BadInput, match="not a registration file, or it is not whole"):
        proofs.read_registration(altered(proofs.registration(file, keys), **{field: theirs[field]}))


def test_a_practice_is_answered_by_the_key_file_it_was_made_for_only(file, keys):
    challenge = proofs.drill_challenge("RAA", 7, secrets.token_bytes(16))
    asked = proofs.drill_list(challenge, file.seal_key)
    answer = proofs.drill_answer(keys, asked)
    proofs.check_drill(answer, challenge, file.sign_key)
    other = keyfile.read(a_key_file())
    with pytest.raises(NotAllowed, match="not for this key file"):
        proofs.drill_answer(keyfile.open_up(other, PASSPHRASE), asked)
    with pytest.raises(BadInput, match="another practice"):
        proofs.check_drill(answer, proofs.drill_challenge("RAA", 7, secrets.token_bytes(16)), file.sign_key)
    with pytest.raises(BadInput, match="another key file"):
        proofs.check_drill(answer, challenge, other.sign_key)


def test_a_practice_list_signs_nothing_but_a_practice(file, keys):
    """Else a server could have a trustee open or sign what it likes."""
    for words in (f"pilot manifest {H}", "pilot drill RAA 7 \n", "é"):
        with pytest.raises(NotAllowed, match="not for this key file"):
            proofs.drill_answer(keys, proofs.drill_list(words, file.seal_key))


def test_a_sealed_vote_is_no_practice_list(ballot):
    vote = proofs.to_bytes(proofs.DrillList(challenge=ballot.envelopes[0]))
    with pytest.raises(NotAllowed, match="not for this key file"):
        proofs.drill_answer(ballot.keys[0], vote)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_signature_is_what_the_manifest_asks_for(ballot, place):
    found = proofs.read_signature(proofs.signature(ballot.text, ballot.key_files[place - 1], ballot.keys[place - 1]))
    assert (found.m, found.name) == (ballot.digest, ballot.manifest.trustees[place - 1].name)
    assert manifests.signed(
        ballot.key_files[place - 1].sign_key, manifests.signing_text(ballot.digest), found.signature
    )


def test_nobody_signs_a_ballot_that_does_not_name_both_their_keys(ballot, file, keys):
    one, two, three = ballot.manifest.trustees
    held = ballot.key_files[0], ballot.keys[0]
    for wrong in (
        replace(one, seal_key=file.seal_key),
        replace(one, sign_key=file.sign_key),
        replace(one, custody="server"),
    ):
        text = manifests.to_bytes(replace(ballot.manifest, trustees=(wrong, two, three)))
        with pytest.raises(NotAllowed, match="not one of the keys of this ballot"):
            proofs.signature(text, *held)
    with pytest.raises(NotAllowed):
        proofs.signature(ballot.text, file, keys)


def test_nobody_signs_a_text_that_is_no_manifest(ballot):
    held = ballot.key_files[0], ballot.keys[0]
    for wrong in (b"{}", ballot.text[:-1], ballot.text.replace(b'"max_stamps":3', b'"max_stamps":9')):
        with pytest.raises(BadInput):
            proofs.signature(wrong, *held)


def test_every_small_file_has_the_one_text_of_its_value(file, keys):
    for text in (proofs.registration(file, keys), proofs.drill_list("pilot drill A 1 b", file.seal_key)):
        assert canonical.to_bytes(msgspec.to_builtins(json.loads(text))) == text
