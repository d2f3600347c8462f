"""The pages of measures and comparisons, of survey waves, and of whoever answers one."""

from pilot.metrics.routes import answering, comparisons, importing, measures, reminding, waves

HANDLERS = [
    *measures.HANDLERS,
    *importing.HANDLERS,
    *comparisons.HANDLERS,
    *waves.HANDLERS,
    *reminding.HANDLERS,
    *answering.HANDLERS,
]
