"""The tables of voting: ballots and their lists, trustees, votes on paper, and what is said against a vote."""

from pilot.voting.tables.ballots import BallotRow, DeclarationRow, ElectorRow, LeftOutRow
from pilot.voting.tables.disputes import (
    CHALLENGERS,
    DISPUTES,
    OBJECTIONS,
    OUTCOMES,
    ChallengeRow,
    DisputeRow,
    ObjectionRow,
    PauseRow,
)
from pilot.voting.tables.paper import PaperGivenRow, PaperPileRow, TellerRow, TellerSignatureRow
from pilot.voting.tables.trustees import BallotTrusteeRow, TrusteeRow

__all__ = [
    "CHALLENGERS",
    "DISPUTES",
    "OBJECTIONS",
    "OUTCOMES",
    "BallotRow",
    "BallotTrusteeRow",
    "ChallengeRow",
    "DeclarationRow",
    "DisputeRow",
    "ElectorRow",
    "LeftOutRow",
    "ObjectionRow",
    "PaperGivenRow",
    "PaperPileRow",
    "PauseRow",
    "TellerRow",
    "TellerSignatureRow",
    "TrusteeRow",
]
