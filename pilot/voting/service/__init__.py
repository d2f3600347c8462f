"""What is done with a ballot: arranging, taking votes, counting and declaring. Voting never knows who asked for it."""

from pilot.voting.ballots import BallotSpec
from pilot.voting.service.arranging import arrange

__all__ = ["BallotSpec", "arrange"]
