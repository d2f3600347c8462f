"""The tables of voting: ballots and their lists, trustees, and what is said against a vote."""

from pilot.voting.tables.ballots import BallotRow, DeclarationRow, ElectorRow, LeftOutRow
from pilot.voting.tables.disputes import DISPUTES, ChallengeRow, DisputeRow, ObjectionRow, PauseRow
from pilot.voting.tables.trustees import BallotTrusteeRow, TrusteeRow

__all__ = [
    "DISPUTES",
    "BallotRow",
    "BallotTrusteeRow",
    "ChallengeRow",
    "DeclarationRow",
    "DisputeRow",
    "ElectorRow",
    "LeftOutRow",
    "ObjectionRow",
    "PauseRow",
    "TrusteeRow",
]
