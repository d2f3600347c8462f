"""What is done with a ballot: arranging, taking votes, counting and declaring. Voting never knows who asked for it."""

from pilot.voting.ballots import BallotSpec, Election, Majority, Missed
from pilot.voting.service.arranging import (
    NOT_REAL,
    OnMissed,
    arrange,
    check_keys,
    freeze_electorate,
    miss_ballot,
)
from pilot.voting.service.counting import (
    OnDeclared,
    close_ballot,
    declare_result,
    finish,
    open_ballot,
    tally,
    tell_turnout,
    to_declare,
)
from pilot.voting.service.listing import Without, left_out
from pilot.voting.service.promising import promise, server_custody
from pilot.voting.service.voting import (
    Place,
    Standing,
    cast,
    closed_sentence,
    place,
    places,
    stamp,
    standing,
    votes_of,
)

__all__ = [
    "NOT_REAL",
    "BallotSpec",
    "Election",
    "Majority",
    "Missed",
    "OnDeclared",
    "OnMissed",
    "Place",
    "Standing",
    "Without",
    "arrange",
    "cast",
    "check_keys",
    "close_ballot",
    "closed_sentence",
    "declare_result",
    "finish",
    "freeze_electorate",
    "left_out",
    "miss_ballot",
    "open_ballot",
    "place",
    "places",
    "promise",
    "server_custody",
    "stamp",
    "standing",
    "tally",
    "tell_turnout",
    "to_declare",
    "votes_of",
]
