"""What trustees read before they sign: every part of a ballot in words, and nothing as it is written inside."""

import pytest
from msgspec.structs import replace

from pilot.secrecy import keyfile
from pilot.secrecy import manifest as manifests
from pilot.voting import outcomes
from pilot.voting.ballots import Election, Majority
from pilot.voting.count import rules
from pilot.voting.count.contest import Reserve
from pilot.voting.promised import promise
from tests.builders.keyfiles import OwnKeys

MARK = "5a" * 32


@pytest.fixture(scope="module")
def ballot():
    return OwnKeys(votes=0)


def told(ballot, **changes):
    return dict(promise(replace(ballot.manifest, **changes), ballot.digest))


def decided(ballot, ask, question="Who?"):
    rule = ask.in_manifest(MARK) if isinstance(ask, Election) else ask.in_manifest()
    return told(ballot, rule=rule, questions=(ask.on_paper(question),))["How it is decided"]


def test_a_promise_says_what_is_asked_when_who_opens_and_the_number(ballot):
    found = told(ballot)
    assert found["Question 1"] == "Shall we? Answers: Yes; No; I do not want to choose. Choose 1."
    assert found["Voting closes"] == "17 March 2027 at 17:00, UK time"
    assert found["People who may vote"].startswith("1,204. ")
    assert found["Number of this ballot"] == ballot.digest
    first = ballot.key_files[0]
    number = keyfile.fingerprint(first.seal_key, first.sign_key)
    assert found["Opens the sealed votes, number 1"] == f"Ada Scrutineer, independent scrutineer: own keys, {number}"


def test_a_tellers_key_has_its_number(ballot):
    """Else nobody could see that the server put a key of its own in the place of a teller's."""
    key = ballot.key_files[2].sign_key
    rows = told(ballot, tellers=(manifests.Teller("Tom Teller", "staff side", key),))
    assert rows["Takes votes on paper"] == f"Tom Teller, staff side: own key, {keyfile.teller_number(key)}"


def test_a_majority_is_told_as_the_voters_read_it(ballot):
    assert decided(ballot, Majority()) == (
        "The proposal is carried if more than half of the people who vote Yes or No vote Yes."
    )
    ask = Majority("2/3", strict=False, base="entitled", turnout_quorum="40%", approval_quorum="3/7").settled()
    assert decided(ballot, ask) == outcomes.decided(ask)
    assert "at least 40% of everybody who can vote take part" in decided(ballot, ask)


def test_an_election_tells_its_seats_its_way_the_kept_places_and_the_mark_of_the_lot(ballot):
    kept = (Reserve("Nurses", (1, 3), 1, 2), Reserve("Porters", (2,), 1))
    said = decided(ballot, Election("scottish-stv", 3, ("Amy", "Ben", "Cat", "Dee"), reopen=True, reserves=kept))
    assert said == (
        f"3 seats are filled. {outcomes.WAYS['scottish-stv']} "
        "Of these seats at least 1 and at most 2 go to the group “Nurses”: Amy; Cat. "
        "Of these seats at least 1 go to the group “Porters”: Ben. "
        "The last on the paper is “Re-open nominations”. A seat that it wins stays empty, and people are asked again "
        f"to stand. The mark of the number for lots is {MARK}."
    )


@pytest.mark.parametrize("name", rules.RULES)
def test_every_way_of_counting_has_its_words(ballot, name):
    said = decided(ballot, Election(name, 1, ("Amy", "Ben")))
    assert said.startswith("1 seat is filled. Voters ")
    assert "version" not in said


def test_a_rule_that_is_not_known_is_told_as_it_is_written(ballot):
    for rule, said in (
        ({"name": "borda", "version": "1", "seats": 2}, "name borda; seats 2; version 1"),
        (Majority().in_manifest() | {"version": "2"}, "version 2"),
        (Majority().in_manifest() | {"threshold": "0.5"}, "threshold 0.5"),
        (Majority().in_manifest() | {"more": True}, "more true"),
        (Election("approval", 1, ("A", "B")).in_manifest("no mark"), "lot no mark"),
    ):
        assert said in told(ballot, rule=rule)["How it is decided"]
