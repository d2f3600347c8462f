"""The figures as a file."""

from pilot.voting.declaration import Declaration, Outcome
from pilot.voting.figures import table

DECLARED = Declaration(
    ballot=7, trust="RAA", subject="proposal 1", title="Canteen, at night", question="Yes?", at="2027-03-05T09:12:00Z",
    manifest="5c" * 32, rule={}, outcome=Outcome.NOT_CARRIED, sentence="", entitled=60, voted=13,
    votes={"yes": 5, "no": 7, "abstain": 1}, blank=0, spoilt=0, set_aside=0, stamps=15, envelopes=13, spare=2,
    noticing=(),
)  # fmt: skip


def test_every_figure_stands_on_a_line_of_its_own():
    assert table("RAA-B3", DECLARED).decode().split("\r\n") == [
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
        f"manifest,{'5c' * 32}",
        "",
    ]
