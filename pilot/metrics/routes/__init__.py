"""The pages of measures, comparisons, studies and designs."""

from pilot.metrics.routes import comparisons, designs, draws, importing, measures, plans, runs, studies

HANDLERS = [
    *measures.HANDLERS,
    *importing.HANDLERS,
    *comparisons.HANDLERS,
    *studies.HANDLERS,
    *plans.HANDLERS,
    *runs.HANDLERS,
    *designs.HANDLERS,
    *draws.HANDLERS,
]
