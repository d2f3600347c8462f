"""What is done with a ballot: arranging, taking votes, counting and declaring. Voting never knows who asked for it."""

from pilot.voting.ballots import BallotSpec
from pilot.voting.service.arranging import arrange, freeze_electorate
from pilot.voting.service.counting import (
    OnDeclared,
    cannot_declare,
    close_ballot,
    declare_result,
    finish,
    open_ballot,
    tally,
    tell_turnout,
)
from pilot.voting.service.voting import Place, Standing, cast, closed_sentence, place, places, stamp, standing

__all__ = [
    "BallotSpec",
    "OnDeclared",
    "Place",
    "Standing",
    "arrange",
    "cannot_declare",
    "cast",
    "close_ballot",
    "closed_sentence",
    "declare_result",
    "finish",
    "freeze_electorate",
    "open_ballot",
    "place",
    "places",
    "stamp",
    "standing",
    "tally",
    "tell_turnout",
]
