"""The figures as a file."""

import msgspec

from pilot.voting.declaration import Declaration, Lot, Outcome
from pilot.voting.figures import table
from pilot.voting.outcomes import Answers

DECLARED = Declaration(
    ballot=7, trust="RAA", subject="proposal 1", title="Canteen, at night", question="Yes?", at="2027-03-05T09:12:00Z",
    manifest="5c" * 32, rule={}, outcome=Outcome.NOT_CARRIED, sentence="", entitled=60, voted=13,
    votes={"yes": 5, "no": 7, "abstain": 1}, blank=0, spoilt=0, set_aside=0, stamps=15, envelopes=13, spare=2,
    noticing=(),
)  # fmt: skip


def test_every_figure_stands_on_a_line_of_its_own():
    options = Answers({"yes": "Yes", "no": "No", "abstain": "I do not want to choose"}, ranked=False)
    assert table("RAA-B3", DECLARED, options).decode("utf-8-sig").split("\r\n") == [
        "figure,value",
        "vote,RAA-B3",
        "declared at,2027-03-05T09:12:00Z",
        "outcome,not carried",
        "entitled,60",
        "voted,13",
        "yes,5",
        "no,7",
        "abstain,1",
        "blank,0",
        "spoilt,0",
        "set aside,0",
        "stamps,15",
        "envelopes,13",
        "spare,2",
        "given a vote on paper,0",
        "put in on paper,0",
        f"manifest,{'5c' * 32}",
        "",
    ]


NAMES = {"1": "Zoë Osei", "2": "=1+1"}
ELECTED = msgspec.structs.replace(
    DECLARED, outcome=Outcome.ELECTED, votes={"1": 7, "2": 5}, blank=1, elected=("=1+1",), empty=1, by_lot=True,
    lot=Lot("0" * 20, ""),
)  # fmt: skip


def figures(declared, *, ranked=True):
    text = table("RAA-B3", declared, Answers(NAMES, ranked=ranked)).decode("utf-8-sig")
    return text.split("\r\n")[6:-2]


def test_an_election_names_everybody_and_says_what_decided():
    assert figures(ELECTED) == [
        "first choices for Zoë Osei,7",
        "first choices for =1+1,5",
        "blank,1",
        "spoilt,0",
        "set aside,0",
        "stamps,15",
        "envelopes,13",
        "spare,2",
        "given a vote on paper,0",
        "put in on paper,0",
        "elected 1,'=1+1",
        "empty seats,1",
        "decided by lot,yes",
        "number for lots,opened",
    ]


def test_without_an_order_of_choice_they_are_votes_and_a_lost_number_is_told():
    lost = msgspec.structs.replace(ELECTED, by_lot=False, lot=Lot("", "Thrown away, unread"))
    told = figures(lost, ranked=False)
    assert told[:2] == ["votes for Zoë Osei,7", "votes for =1+1,5"]
    assert told[-2:] == ["decided by lot,no", 'number for lots,"lost: Thrown away, unread"']
