"""The pages of voting: for those who vote, for everybody who checks, and for the returning officer."""

from pilot.voting.routes import checking, lots, officer, public, results, voter, watching

HANDLERS = [
    *voter.HANDLERS,
    *checking.HANDLERS,
    *public.HANDLERS,
    *results.HANDLERS,
    *officer.HANDLERS,
    *lots.HANDLERS,
    *watching.HANDLERS,
]
