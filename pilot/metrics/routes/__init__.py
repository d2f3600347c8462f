"""The pages of measures, comparisons, studies and designs, and who looked at them."""

from pilot.metrics.routes import accesses, comparisons, designs, draws, importing, measures, plans, runs, studies

HANDLERS = [
    *measures.HANDLERS,
    *importing.HANDLERS,
    *comparisons.HANDLERS,
    *studies.HANDLERS,
    *plans.HANDLERS,
    *runs.HANDLERS,
    *accesses.HANDLERS,
    *designs.HANDLERS,
    *draws.HANDLERS,
]
