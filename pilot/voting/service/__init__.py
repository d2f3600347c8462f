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
    contest_and_papers,
    declare_result,
    finish,
    open_ballot,
    tally,
    tell_turnout,
    to_declare,
)
from pilot.voting.service.listing import Without, left_out
from pilot.voting.service.lots import a_number, open_lot, take_lot, to_open_lot, to_take_lot
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
    "a_number",
    "arrange",
    "cast",
    "check_keys",
    "close_ballot",
    "closed_sentence",
    "contest_and_papers",
    "declare_result",
    "finish",
    "freeze_electorate",
    "left_out",
    "miss_ballot",
    "open_ballot",
    "open_lot",
    "place",
    "places",
    "promise",
    "server_custody",
    "stamp",
    "standing",
    "take_lot",
    "tally",
    "tell_turnout",
    "to_declare",
    "to_open_lot",
    "to_take_lot",
    "votes_of",
]
