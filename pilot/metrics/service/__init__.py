"""What evaluators may do: take in measures and arms, and compare."""

from pilot.metrics.layouts import MeasureFile
from pilot.metrics.service.arms import replace_arms
from pilot.metrics.service.asking import WorkerError
from pilot.metrics.service.comparisons import (
    Ask,
    Prepared,
    compare,
    keep,
    note_download,
    prepare,
    side_by_side,
)
from pilot.metrics.service.imports import (
    Taken,
    columns,
    confirm,
    forget,
    forget_old,
    hold,
    load_measures,
    look,
    look_over,
    name_columns,
    read_so,
    stage,
    take,
)

__all__ = [
    "Ask",
    "MeasureFile",
    "Prepared",
    "Taken",
    "WorkerError",
    "columns",
    "compare",
    "confirm",
    "forget",
    "forget_old",
    "hold",
    "keep",
    "load_measures",
    "look",
    "look_over",
    "name_columns",
    "note_download",
    "prepare",
    "read_so",
    "replace_arms",
    "side_by_side",
    "stage",
    "take",
]
