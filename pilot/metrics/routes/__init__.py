"""The pages of measures, comparisons, studies, designs and surveys, and who looked at figures."""

from pilot.metrics.routes import (
    accesses,
    answering,
    comparisons,
    designs,
    draws,
    importing,
    management,
    measures,
    plans,
    reminding,
    runs,
    studies,
    waves,
    wordings,
)

HANDLERS = [
    *measures.HANDLERS,
    *importing.HANDLERS,
    *comparisons.HANDLERS,
    *studies.HANDLERS,
    *plans.HANDLERS,
    *runs.HANDLERS,
    *accesses.HANDLERS,
    *management.HANDLERS,
    *designs.HANDLERS,
    *draws.HANDLERS,
    *waves.HANDLERS,
    *wordings.HANDLERS,
    *reminding.HANDLERS,
    *answering.HANDLERS,
]
