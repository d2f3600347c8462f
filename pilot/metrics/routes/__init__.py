"""The pages of measures, studies and comparisons."""

from pilot.metrics.routes import accesses, comparisons, importing, measures, plans, studies

HANDLERS = [
    *measures.HANDLERS,
    *importing.HANDLERS,
    *comparisons.HANDLERS,
    *studies.HANDLERS,
    *plans.HANDLERS,
    *accesses.HANDLERS,
]
