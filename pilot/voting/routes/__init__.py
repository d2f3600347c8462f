"""The pages of voting: for those who vote, for everybody who checks, and for the returning officer."""

from pilot.voting.routes import (
    challenges,
    checking,
    erasing,
    lots,
    notices,
    officer,
    opening,
    pausing,
    public,
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
    *trustees.HANDLERS,
    *trustee.HANDLERS,
    *opening.HANDLERS,
    *pausing.HANDLERS,
    *notices.HANDLERS,
    *challenges.HANDLERS,
    *erasing.HANDLERS,
]
