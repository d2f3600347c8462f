"""Who must work together to break a ballot, for every arrangement of keys."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.secrecy.manifest import Teller
from pilot.voting import collusion
from pilot.voting.collusion import SERVER
from tests.builders.secrecy import World

ROLES = ("independent scrutineer", "employer", "staff-side representative", "independent scrutineer")
WORLDS = {size: World(trustees=size) for size in range(1, 5)}


ROOT = Path(__file__).parents[3]
TABLE = (
    (ROOT / "docs" / "security.md")
    .read_text()
    .split("\n## Threats\n")[1]
    .split("\n| who attacks |")[1]
    .split("\n\n")[0]
)
PAGE = (ROOT / "templates" / "voting" / "who_can_see_what.html").read_text().split("<h2>What could go wrong</h2>")[1]


def marks():
    """The mark of each row of the table of threats in docs/security.md; "" for a row that has none."""
    rows = TABLE.split("\n")[2:]
    found = [re.match(r'\| <a id="([a-z]+)"></a>', row) for row in rows]
    return ["" if one is None else one[1] for one in found]


def line(found, mark):
    """The one line of a ballot's table that is about this row of docs/security.md."""
    (one,) = [threat for threat in found.threats if mark in threat.rows]
    return one


def manifest(*custody: str, roll: int = 20, sides: tuple[str, ...] = ()):
    """A manifest of as many trustees, "own" or "server", and of tellers for these sides."""
    found = WORLDS[len(custody)].manifest
    trustees = tuple(
        msgspec.structs.replace(trustee, custody=who, role=role)
        for trustee, who, role in zip(found.trustees, custody, ROLES, strict=False)
    )
    tellers = tuple(Teller(name, side, b"") for name, side in zip(("Tom", "Una", "Vic"), sides, strict=False))
    size = msgspec.structs.replace(found.roll, size=roll)
    return msgspec.structs.replace(found, trustees=trustees, roll=size, tellers=tellers)


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
    found = collusion.of(manifest("own", "own", "own"))
    assert line(found, "flood").line == "Whoever runs this server and Trustee 1"
    assert line(found, "flood").together == "whoever runs this server and Trustee 1"
    assert line(found, "swap").line == "Whoever runs this server and any one of Trustee 1, Trustee 2 or Trustee 3"


@given(custodies)
def test_flooding_needs_the_server_and_the_first_to_open_and_swapping_the_server_and_one(custody):
    found = collusion.of(manifest(*custody))
    assert line(found, "flood").who == ((SERVER, "Trustee 1") if custody[0] == "own" else (SERVER,))
    assert len(line(found, "swap").who) == (1 if "server" in custody else 2)


def test_every_row_of_the_threats_in_the_documents_has_its_line_and_every_line_its_row():
    """A new row without a mark, or with one that no line has, fails; so does a line about no row."""
    known = marks()
    assert len(known) >= 18
    assert "" not in known
    assert len(set(known)) == len(known)
    full = collusion.of(manifest("own", "own", "own", sides=("employer", "staff side")))
    lines = [mark for threat in (*full.threats, *full.everywhere) for mark in threat.rows]
    assert sorted(lines) == sorted(known)
    assert sorted(re.findall(r'^          \("([a-z]+)", ', PAGE, re.MULTILINE)) == sorted(
        known
    )  # the page for every vote


@given(custodies)
def test_only_the_lines_about_own_keys_and_tellers_are_missing_where_there_are_none(custody):
    ballot = collusion.of(manifest(*custody))
    found = {mark for threat in (*ballot.threats, *ballot.everywhere) for mark in threat.rows}
    gone = {"teller", "tellers"} | (set() if "own" in custody else {"officer"})
    assert found == set(marks()) - gone


def test_who_can_vote_in_somebodys_name_is_the_server_the_returning_officer_and_whoever_has_the_code():
    own = line(collusion.of(manifest("own", "server", "own")), "code")
    assert own.rows == ("operator", "code")
    for one in (SERVER, "or the returning officer, who prints the voting codes", "whoever has that person's code"):
        assert one in own.together
    assert "how many sealed votes were handed in" in own.then
    assert own.then.startswith("The independent scrutineer tells this person, before anything is opened, how many")
    assert line(collusion.of(manifest("server", "server")), "code").then.startswith("In this vote nobody sends notices")


@pytest.mark.parametrize(
    ("sides", "who"),
    [
        (("employer", "staff side"), "Tom and Una"),
        (("employer", "staff side", "scrutineer"), "two of Tom, Una and Vic"),
        (("employer", "employer", "staff side"), "two of Tom, Una and Vic, not both of them for the employer"),
    ],
)
def test_two_tellers_can_put_a_paper_in_the_place_of_a_vote_and_the_person_is_told(sides, who):
    found = line(collusion.of(manifest("own", "own", sides=sides)), "tellers")
    assert found.together == who
    assert "tells this person, before anything is opened, that they voted on paper." in found.then
    alone = line(collusion.of(manifest("server", sides=sides)), "tellers")
    assert "only the page of the vote tells this person that they voted on paper." in alone.then


def test_whoever_opens_and_voters_with_spare_stamps_swap_as_many_papers_as_the_number_beside_the_result():
    found = line(collusion.of(manifest("own", "server", "own")), "spare")
    assert found.who == (
        f"any one of {SERVER}, Trustee 1 or Trustee 3",
        "voters who kept stamps that they did not use",
    )
    assert "as many papers as there are spare stamps, and no more. That number stands beside the result." in found.then


def test_a_copy_of_the_stored_files_tells_how_people_voted_only_where_the_server_holds_all_keys():
    apart = line(collusion.of(manifest("own", "server", "own")), "database").then
    assert "could not see what is in a sealed vote, unless those who hold their own keys help: Trustee 1 and" in apart
    assert "could see how people voted too" in line(collusion.of(manifest("server", "server")), "database").then


def test_that_keys_are_whose_they_are_said_to_be_rests_on_the_returning_officer():
    found = line(collusion.of(manifest("own", "own")), "officer")
    assert "the returning officer, who says whose keys they are" in found.together
    assert "Ask these people for the numbers of their keys" in found.then


def test_trustees_of_one_side_are_one_side():
    found = collusion.of(manifest("own", "server", "server", "own"))
    assert found.sides == ("independent scrutineer",)


@pytest.mark.parametrize(("roll", "words"), [(49, "the check codes"), (50, "every paper without its name")])
def test_who_sees_the_papers_depends_on_how_many_can_vote(roll, words):
    assert words in line(collusion.of(manifest("own", "own", roll=roll)), "small").then


def everything(found):
    """All that the page of a ballot says of it, with its lists, as one text in small letters."""
    lines = [f"{one.line}: {one.then}" for one in (*found.threats, *found.everywhere)]
    return " ".join([found.sentence, *lines, *found.seen]).lower()


NO_NOTICES = "in this vote nobody sends notices: only the page of the vote tells this person"
SIDES = ("employer", "staff side")
ARRANGEMENTS = {
    "the server holds all keys": (("server", "server", "server"), ()),
    "the server holds all keys, with tellers": (("server", "server", "server"), SIDES),
    "own keys": (("own", "server", "own"), ()),
    "own keys, with tellers": (("own", "own", "own"), SIDES),
    "the server opens first": (("server", "own", "own"), ()),
    "the server opens first, with tellers": (("server", "own", "own"), SIDES),
}


@pytest.mark.parametrize(("custody", "sides"), ARRANGEMENTS.values(), ids=ARRANGEMENTS)
def test_notices_the_scrutineers_list_and_papers_are_told_of_where_a_ballot_has_them_and_nowhere_else(custody, sides):
    said = everything(collusion.of(manifest(*custody, sides=sides)))
    notices = custody[0] == "own"
    assert (NO_NOTICES in said) is not notices
    said = said.replace(NO_NOTICES, "")
    for words in ("your notice", "scrutineer tells this person", "scrutineer gets the list", "scrutineer can see"):
        assert (words in said) is notices
    assert ("nobody from outside the trust is given the list of voters" in said) is not notices
    assert notices or "scrutineer" not in said
    for words in ("or vote on paper", "voted on paper", "tellers see who was given a vote on paper"):
        assert (words in said) is bool(sides)
    assert sides or "on paper" not in said


@pytest.mark.parametrize(
    ("custody", "says"),
    [
        (("server", "server"), "They could also see what is in it, because this server holds all the keys."),
        (("own", "server", "own"), "They could see what is in it only together with Trustee 1 and Trustee 3."),
        (("own", "own", "own"), "They could see what is in it only together with Trustee 1, Trustee 2 and Trustee 3."),
        (("server", "own"), "They could see what is in it only together with Trustee 2."),
    ],
)
def test_what_whoever_runs_the_server_sees_is_the_same_at_the_top_and_below(custody, says):
    found = collusion.of(manifest(*custody))
    (server,) = [one for one in found.seen if one.startswith("Whoever runs the server")]
    assert server.endswith(says)
    assert found.server_alone is ("own" not in custody)
    assert ("Whoever runs this server could see how people voted, alone" in found.sentence) is found.server_alone


def test_the_papers_of_a_small_vote_are_for_auditors_and_for_a_scrutineer_where_there_is_one():
    without = line(collusion.of(manifest("server", "server")), "small").then
    assert "The auditors, who check counts, see the papers without names." in without
    own = line(collusion.of(manifest("own", "own")), "small").then
    assert "The independent scrutineer and the auditors see the papers without names." in own
