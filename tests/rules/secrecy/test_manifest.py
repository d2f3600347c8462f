"""What a ballot promises before it opens: read in one form only, and signed by everybody."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.secrecy import canonical, manifest, seal
from pilot.secrecy.manifest import Option, Question, Roll, Teller
from tests.builders.secrecy import YES_NO


def changed(world, **fields) -> bytes:
    """The canonical text with some fields replaced, whether or not they make sense."""
    return canonical.to_bytes({**json.loads(world.text), **fields})


def refused(data: bytes) -> str:
    with pytest.raises(BadInput) as refusal:
        manifest.read(data)
    return refusal.value.reason


def test_a_manifest_is_read_back_as_it_was_written(world):
    assert manifest.read(world.text) == world.manifest
    assert manifest.digest(world.text) == world.digest
    assert manifest.to_bytes(manifest.read(world.text)) == world.text


def test_the_text_has_the_published_form(world):
    value = json.loads(world.text)
    assert value["opens"] == "2027-03-03T08:00:00Z"
    assert value["questions"][0]["options"][0] == {"id": "yes", "text": "Yes"}
    assert value["roll"] == {"root": world.manifest.roll.root, "size": 20}
    assert set(value["trustees"][0]) == {"custody", "name", "role", "seal_key", "sign_key"}
    assert list(value) == sorted(value)


def test_duplicate_keys_are_refused(world):
    refused(world.text.replace(b'"version":2', b'"version":2,"version":2'))


def test_another_order_of_the_keys_is_refused(world):
    value = json.loads(world.text)
    turned = dict(reversed(value.items()))
    refused(json.dumps(turned, separators=(",", ":"), ensure_ascii=False).encode())


def test_unknown_and_missing_fields_are_refused(world):
    refused(changed(world, surprise="here"))
    value = json.loads(world.text)
    del value["rule"]
    refused(canonical.to_bytes(value))
    refused(changed(world, roll={**value["roll"], "names": "x"}))


def test_another_spelling_of_the_same_bytes_or_time_is_refused(world):
    value = json.loads(world.text)
    refused(changed(world, opens="2027-03-03T08:00:00+00:00"))
    refused(changed(world, opens="2027-03-03T08:00:00.000Z"))
    refused(changed(world, opens="2027-03-03T09:00:00+01:00"))
    refused(changed(world, opens="2027-03-03T08:00:00"))
    refused(changed(world, log_key=value["log_key"].rstrip("=")))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"version": 1}, "version"),
        ({"version": 3}, "version"),
        ({"kind": "poll"}, "Invalid enum value"),
        ({"closes": "2027-03-03T08:00:00Z"}, "closes before"),
        ({"roll": {"size": 19, "root": "0" * 64}}, "fewer than 20"),
        ({"roll": {"size": 20, "root": "0" * 63}}, "no hash"),
        ({"roll": {"size": 20, "root": "A" * 64}}, "no hash"),
        ({"script": "x"}, "no hash"),
        ({"log_key": "AAAA"}, "log's key"),
        ({"max_stamps": 4}, "number of stamps"),
        ({"padded": 400}, "too small"),
        ({"padded": 70_000}, "too large"),
        ({"questions": []}, "asks nothing"),
        ({"trustees": []}, "trustees"),
        ({"stamp_key": "AAAA"}, "stamp key"),
        ({"version": "1"}, "Expected `int`"),
        ({"rule": ["list"]}, "Expected"),
    ],
)
def test_what_no_honest_ballot_has_is_refused_with_the_reason(world, fields, sentence):
    assert sentence in refused(changed(world, **fields))


def test_a_stamp_key_of_the_wrong_size_or_exponent_is_refused(world):
    for exponent, bits in ((65537, 2048), (3, 3072)):
        der = (
            rsa.generate_private_key(exponent, bits)
            .public_key()
            .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        with pytest.raises(BadInput, match="3072"):
            manifest.check(replace(world.manifest, stamp_key=der))


def test_trustees_must_differ_and_have_whole_keys(world):
    first, second, third = world.manifest.trustees
    for wrong in (
        (first, replace(second, seal_key=first.seal_key), third),
        (first, replace(second, sign_key=first.sign_key), third),
        (first, replace(second, name=first.name), third),
        (first, second, replace(third, sign_key=b"short")),
        (first, second, replace(third, seal_key=bytes(65))),
    ):
        with pytest.raises(BadInput):
            manifest.check(replace(world.manifest, trustees=wrong))


def points_of_small_order():
    """The eight, by doubling and adding on edwards25519 (RFC 8032 section 5.1.4), in every way to write them."""
    p = 2**255 - 19
    d = -121665 * pow(121666, -1, p) % p

    def added(one, two):
        (x1, y1), (x2, y2) = one, two
        k = d * x1 * x2 * y1 * y2 % p
        return (x1 * y2 + x2 * y1) * pow(1 + k, -1, p) % p, (y1 * y2 + x1 * x2) * pow(1 - k, -1, p) % p

    y = int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")
    square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
    x = pow(square, (p + 3) // 8, p)
    x = x if x * x % p == square else x * pow(2, (p - 1) // 4, p) % p
    assert x * x % p == square
    found = [(x, y)]
    while len(found) < 8:
        found.append(added(found[-1], (x, y)))
    assert found[-1] == (0, 1), "eight times the first is the neutral one"
    for _, height in found:
        for same in range(height, 2**255, p):
            for sign in (0, 2**255):
                yield (same + sign).to_bytes(32, "little")


def test_a_key_of_small_order_is_nobodys(world):
    weak = set(points_of_small_order())
    assert len(weak) == 14
    _, two, three = world.manifest.trustees
    for raw in weak:
        assert not manifest.is_sign_key(raw)
        assert not manifest.signed(raw, b"words", raw + bytes(32))
        for changes in (
            {"trustees": (replace(two, sign_key=raw), three)},
            {"tellers": (Teller("Ann", "employer", raw),)},
            {"log_key": raw},
        ):
            with pytest.raises(BadInput, match="key cannot be used"):
                manifest.check(replace(world.manifest, **changes))
    assert manifest.is_sign_key(two.sign_key)


def test_tellers_must_differ_have_whole_keys_and_stand_on_a_known_side(world):
    one, two = Teller("Ann", "employer", b"a" * 32), Teller("Bob", "staff side", b"b" * 32)
    made = replace(world.manifest, tellers=(one, two))
    assert manifest.read(manifest.to_bytes(made)).tellers == (one, two)
    for wrong in (replace(two, name="Ann"), replace(two, sign_key=b"a" * 32), replace(two, sign_key=b"short")):
        with pytest.raises(BadInput, match="teller"):
            manifest.check(replace(world.manifest, tellers=(one, wrong)))
    assert "enum" in refused(manifest.to_bytes(replace(made, tellers=(replace(one, side="management"),))))


@pytest.mark.parametrize(
    "question",
    [
        Question("?", ()),
        Question("?", (Option("a", "A"), Option("a", "B"))),
        Question("?", (Option("", "A"),)),
        Question("?", (Option("é", "A"),)),
        Question("?", (Option("a" * 65, "A"),)),
        Question("?", (Option("a", "A"),), min=2, max=1),
        Question("?", (Option("a", "A"),), min=0, max=2),
        Question("?", (Option("a", "A"),), min=-1, max=1),
        Question("?", (Option("a", "A"),), min=0, max=0),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(world, question):
    with pytest.raises(BadInput):
        manifest.check(replace(world.manifest, questions=(question,)))


def test_times_must_be_whole_seconds_of_utc(world):
    for moment in (
        datetime(2027, 3, 3, 8, 0, 0, 5, tzinfo=UTC),
        datetime(2027, 3, 3, 8, tzinfo=timezone(timedelta(hours=1))),
        datetime(2027, 3, 3, 8),
    ):
        with pytest.raises(BadInput, match="whole seconds"):
            manifest.check(replace(world.manifest, opens=moment))


def test_the_padding_takes_the_longest_answers_and_no_less():
    ranked = Question("Rank", tuple(Option(f"candidate-{n}", "x") for n in range(12)), max=5, ranked=True)
    longest = ["candidate-10", "candidate-11", "candidate-0", "candidate-1", "candidate-2"]
    paper = 32 + len(canonical.to_bytes({"a": [["abstain"], longest], "m": "0" * 64}))
    assert manifest.padded([YES_NO, ranked]) == 2 + 384 + paper


def test_the_padding_takes_a_ranking_of_sixty_one_and_a_blank_paper():
    options = tuple(Option(str(number), "x" * 120) for number in range(1, 62))
    size = manifest.padded([Question("Who?", options, 0, 61, ranked=True)])
    everybody = [str(number) for number in range(61, 0, -1)]
    for answer in (everybody, []):
        paper = seal.paper(bytes(32), [answer], "0" * 64)
        assert len(seal.pack(paper, bytes(384), size)) == size


def test_a_rule_holds_lists_and_objects_but_nothing_that_the_record_does_not_use(world):
    rule = {"name": "scottish-stv", "seats": 2, "reserves": [{"name": "Nights", "candidates": [1, 2], "least": 1}]}
    assert manifest.read(changed(world, rule=rule)).rule == rule
    for wrong in ({"seats": 1.5}, {"reserves": [{"most": None}]}):
        with pytest.raises(BadInput):
            manifest.to_bytes(replace(world.manifest, rule=wrong))


def test_every_trustee_must_have_signed_this_very_manifest(world, other):
    manifest.check_signatures(world.manifest, world.digest, world.signatures)
    first, second, third = world.signatures
    for unsigned in ([], [first, second], [first, second, b""], [second, first, third], other.signatures):
        with pytest.raises(BadInput):
            manifest.check_signatures(world.manifest, world.digest, unsigned)


def test_a_manifest_changed_after_opening_is_noticed(world):
    later = changed(world, closes="2027-03-18T17:00:00Z")
    with pytest.raises(BadInput, match="not as its trustees signed it"):
        manifest.check_signatures(manifest.read(later), manifest.digest(later), world.signatures)


def test_the_roll_root_is_the_same_in_any_order_and_another_for_any_other_roll(world):
    root = manifest.roll_root(world.voters)
    assert manifest.roll_root(list(reversed(world.voters))) == root
    assert manifest.roll_root(world.voters[1:]) != root
    assert world.manifest.roll == Roll(20, root)
