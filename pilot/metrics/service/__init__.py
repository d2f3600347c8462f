"""What evaluators may do: take in measures and arms, write and lock plans, and compare."""

from pilot.metrics.service.answering import surveys_open
from pilot.metrics.service.arms import replace_arms
from pilot.metrics.service.asking import WorkerError
from pilot.metrics.service.comparisons import (
    Prepared,
    compare,
    keep,
    note_download,
    prepare,
)
from pilot.metrics.service.imports import (
    MeasureFile,
    columns,
    confirm,
    forget,
    forget_old,
    is_blind,
    load_measures,
    look,
    name_columns,
    stage,
)
from pilot.metrics.service.sides import Ask, side_by_side
from pilot.metrics.service.studies import (
    amend,
    begin_study,
    discard,
    lacks,
    load_plan,
    lock,
    seen_before_lock,
    write_part,
)

__all__ = [
    "Ask",
    "MeasureFile",
    "Prepared",
    "WorkerError",
    "amend",
    "begin_study",
    "columns",
    "compare",
    "confirm",
    "discard",
    "forget",
    "forget_old",
    "is_blind",
    "keep",
    "lacks",
    "load_measures",
    "load_plan",
    "lock",
    "look",
    "name_columns",
    "note_download",
    "prepare",
    "replace_arms",
    "seen_before_lock",
    "side_by_side",
    "stage",
    "surveys_open",
    "write_part",
]
