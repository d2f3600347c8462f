"""The pages of measures and comparisons."""

from pilot.metrics.routes import comparisons, importing, measures

HANDLERS = [*measures.HANDLERS, *importing.HANDLERS, *comparisons.HANDLERS]
