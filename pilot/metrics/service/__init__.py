"""What evaluators may do: take in measures and arms, and compare."""

from pilot.metrics.service.answering import surveys_open
from pilot.metrics.service.arms import replace_arms
from pilot.metrics.service.comparisons import (
    Ask,
    Prepared,
    WorkerError,
    compare,
    keep,
    note_download,
    prepare,
    side_by_side,
)
from pilot.metrics.service.imports import (
    MeasureFile,
    columns,
    confirm,
    forget,
    forget_old,
    load_measures,
    look,
    name_columns,
    stage,
)

__all__ = [
    "Ask",
    "MeasureFile",
    "Prepared",
    "WorkerError",
    "columns",
    "compare",
    "confirm",
    "forget",
    "forget_old",
    "keep",
    "load_measures",
    "look",
    "name_columns",
    "note_download",
    "prepare",
    "replace_arms",
    "side_by_side",
    "stage",
    "surveys_open",
]
