"""The pages of voting: for those who vote, for everybody who checks, and for the returning officer."""

from pilot.voting.routes import (
    challenges,
    checking,
    disputes,
    erasing,
    lots,
    notices,
    officer,
    opening,
    pausing,
    public,
    rehearsing,
    results,
    trustee,
    trustees,
    voter,
    watching,
)

HANDLERS = [
    *voter.HANDLERS,
    *checking.HANDLERS,
    *public.HANDLERS,
    *results.HANDLERS,
    *officer.HANDLERS,
    *lots.HANDLERS,
    *watching.HANDLERS,
    *disputes.HANDLERS,
    *trustees.HANDLERS,
    *trustee.HANDLERS,
    *opening.HANDLERS,
    *rehearsing.HANDLERS,
    *pausing.HANDLERS,
    *notices.HANDLERS,
    *challenges.HANDLERS,
    *erasing.HANDLERS,
]
