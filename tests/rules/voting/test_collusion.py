"""Who must work together to break a ballot, for every arrangement of keys."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.voting import collusion
from pilot.voting.collusion import SERVER
from tests.builders.secrecy import World

ROLES = ("independent scrutineer", "employer", "staff-side representative", "independent scrutineer")
WORLDS = {size: World(trustees=size) for size in range(1, 5)}


def manifest(*custody: str, roll: int = 20):
    """A manifest of as many trustees, "own" or "server"."""
    found = WORLDS[len(custody)].manifest
    trustees = tuple(
        msgspec.structs.replace(trustee, custody=who, role=role)
        for trustee, who, role in zip(found.trustees, custody, ROLES, strict=False)
    )
    return msgspec.structs.replace(found, trustees=trustees, roll=msgspec.structs.replace(found.roll, size=roll))


@pytest.mark.parametrize(
    ("custody", "holders", "sentence"),
    [
        (
            ("server", "server", "server"),
            (SERVER,),
            "Whoever runs this server could see how people voted, alone: this server holds all the keys.",
        ),
        (
            ("own", "own", "own"),
            ("Trustee 1", "Trustee 2", "Trustee 3"),
            "To see how one person voted, all 3 of them would have to work together: "
            "Trustee 1, Trustee 2 and Trustee 3.",
        ),
        (
            ("own", "server", "own"),
            (SERVER, "Trustee 1", "Trustee 3"),
            "To see how one person voted, all 3 of them would have to work together: whoever runs this server, "
            "Trustee 1 and Trustee 3.",
        ),
        (
            ("own", "own"),
            ("Trustee 1", "Trustee 2"),
            "To see how one person voted, both of them would have to work together: Trustee 1 and Trustee 2.",
        ),
        (("own",), ("Trustee 1",), "Trustee 1 could see how people voted, alone, because nobody else holds a key."),
    ],
)
def test_who_holds_the_keys_is_who_would_have_to_collude(custody, holders, sentence):
    found = collusion.of(manifest(*custody))
    assert (found.holders, found.sentence) == (holders, sentence)
    assert found.alone is (len(holders) == 1)


custodies = st.lists(st.sampled_from(["own", "server"]), min_size=1, max_size=4)


@given(custodies)
def test_the_server_is_one_party_however_many_keys_it_holds(custody):
    found = collusion.of(manifest(*custody))
    assert len(found.holders) == custody.count("own") + ("server" in custody)
    assert (SERVER in found.holders) is ("server" in custody)
    assert len(set(found.holders)) == len(found.holders)


@given(custodies)
def test_every_own_key_is_needed_to_see_a_vote(custody):
    """Nobody's key is counted who has none, and nobody who has one is left out."""
    described = manifest(*custody)
    found = collusion.of(described)
    assert {t.name for t in described.trustees if t.custody == "own"} == set(found.holders) - {SERVER}


def test_a_line_of_the_table_begins_with_a_capital_and_keeps_names_as_they_are():
    threats = collusion.of(manifest("own", "own", "own")).threats
    assert threats[1].line == "Whoever runs this server and Trustee 1"
    assert threats[1].together == "whoever runs this server and Trustee 1"
    assert threats[2].line == "Whoever runs this server and any one of Trustee 1, Trustee 2 or Trustee 3"


@given(custodies)
def test_flooding_needs_the_server_and_the_first_to_open_and_swapping_the_server_and_one(custody):
    described = manifest(*custody)
    threats = {threat.what: threat.who for threat in collusion.of(described).threats}
    flooding = threats["See how one person voted, by false votes around theirs"]
    assert flooding == ((SERVER, "Trustee 1") if custody[0] == "own" else (SERVER,))
    assert len(threats["Change the result"]) == (1 if "server" in custody else 2)


def test_trustees_of_one_side_are_one_side():
    found = collusion.of(manifest("own", "server", "server", "own"))
    assert found.sides == ("independent scrutineer",)


@pytest.mark.parametrize(("roll", "words"), [(49, "the check codes"), (50, "every paper without its name")])
def test_who_sees_the_papers_depends_on_how_many_can_vote(roll, words):
    assert words in collusion.of(manifest("own", "own", roll=roll)).threats[-1].then
