"""The pages of measures, comparisons and designs."""

from pilot.metrics.routes import comparisons, designs, draws, importing, measures

HANDLERS = [
    *measures.HANDLERS,
    *importing.HANDLERS,
    *comparisons.HANDLERS,
    *designs.HANDLERS,
    *draws.HANDLERS,
]
