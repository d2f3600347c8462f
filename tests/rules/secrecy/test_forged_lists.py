"""Laws of the two files that go to a trustee and come back: nothing in them can be changed unseen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.errors import BadInput, Refused
from pilot.secrecy import lists, peel, seal
from tests.builders.keyfiles import OwnKeys

VOTES = 5


@pytest.fixture(scope="module")
def ballot():
    made = OwnKeys(votes=VOTES)
    made.peel()
    return made


def task(ballot):
    return peel.Task(ballot.digest, 1, 3, ballot.manifest.padded, peel.list_hash(ballot.envelopes))


def taken(ballot, opened):
    lists.check_opened(opened, ballot.manifest, task(ballot), peel.stage(ballot.envelopes))


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=8, unique=True), st.randoms(use_true_random=False))
def test_any_list_is_read_back_whatever_order_it_was_written_in(ballot, items, chance):
    chance.shuffle(items)
    found = lists.read(lists.write(ballot.head(1, items), items))
    assert found.items == tuple(sorted(items))
    assert found.head.count == len(items)


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=8, unique=True))
def test_any_opened_file_is_read_back(ballot, items):
    statement = replace(ballot.peels[0].statement, out=len(items), sha256_out=peel.list_hash(items))
    opened = peel.Peeled(tuple(sorted(items)), statement, b"s" * 64)
    assert lists.read_opened(lists.write_opened(opened)) == opened


def one_byte_changed(data, honest):
    at = data.draw(st.integers(0, len(honest) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != honest[at]))
    return honest[:at] + bytes([other]) + honest[at + 1 :]


def said(verb):
    """What the verb gives, or the sentence with which it is refused."""
    try:
        return verb()
    except Refused as refusal:
        return refusal.reason


@given(st.data())
@settings(max_examples=120)
def test_one_byte_of_an_opened_file_changed_on_its_way_is_refused_in_a_sentence(ballot, data):
    changed = one_byte_changed(data, lists.write_opened(ballot.peels[0]))

    def take():
        opened = lists.read_opened(changed)
        taken(ballot, opened)
        return opened

    found = said(take)
    same_bytes_in_another_spelling = found == ballot.peels[0]
    assert same_bytes_in_another_spelling or found.endswith(".")


@given(st.data())
@settings(max_examples=120)
def test_one_byte_of_a_list_changed_on_its_way_is_refused_in_a_sentence(ballot, data):
    honest = lists.read(ballot.list(1))
    changed = one_byte_changed(data, ballot.list(1))

    def check():
        found = lists.read(changed)
        lists.check(found)
        return found

    found = said(check)
    if isinstance(found, str):
        assert found.endswith(".")
    else:
        assert (found.items, found.manifest) == (honest.items, honest.manifest)


@given(st.lists(st.sampled_from(range(VOTES)), max_size=VOTES + 2))
def test_votes_dropped_or_doubled_between_trustee_and_server_are_refused(ballot, places):
    """The statement's hash holds the items together, in whatever order they come."""
    items = ballot.peels[0].items
    forged = replace(ballot.peels[0], items=tuple(items[place] for place in places))
    if sorted(places) == list(range(VOTES)):
        taken(ballot, forged)
    else:
        with pytest.raises(BadInput, match="Ada Scrutineer"):
            taken(ballot, forged)


@st.composite
def claims(draw):
    """What a dishonest trustee may write and sign: how many votes went in and out, and what became of the others."""
    return {
        "out": draw(st.integers(0, VOTES + 2)),
        "in_": draw(st.integers(VOTES - 1, VOTES + 1)),
        "duplicates": draw(st.integers(-2, 2)),
        "rejects": draw(st.lists(st.integers(-1, VOTES - 1), max_size=3)),
    }


@given(claims())
@settings(max_examples=100)
def test_a_dishonest_trustees_numbers_must_add_up_to_the_list_that_came_in(ballot, claim):
    """Whatever a trustee signs, as many votes come out as went in, less those it names or calls copies."""
    names = peel.stage(ballot.envelopes).decode().split()
    rejects = tuple("0" * 64 if place < 0 else names[place] for place in claim["rejects"])
    length = seal.envelope_length(ballot.manifest.padded, 2)
    items = tuple(sorted(place.to_bytes(length) for place in range(claim["out"])))
    numbers = {"in_": claim["in_"], "out": len(items), "duplicates": claim["duplicates"], "rejects": rejects}
    statement = replace(ballot.peels[0].statement, sha256_out=peel.list_hash(items), **numbers)
    signature = ballot.keys[0].signer.sign(peel.signing_text(statement))
    adds_up = claim["in_"] == VOTES == len(items) + claim["duplicates"] + len(rejects)
    honest = adds_up and claim["duplicates"] >= 0 and "0" * 64 not in rejects and len(set(rejects)) == len(rejects)
    if honest:
        taken(ballot, peel.Peeled(items, statement, signature))
    else:
        with pytest.raises(BadInput, match="Ada Scrutineer"):
            taken(ballot, peel.Peeled(items, statement, signature))
