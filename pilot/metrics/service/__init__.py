"""What evaluators may do: take in measures and arms, write and lock plans, and compare."""

from pilot.metrics.layouts import MeasureFile
from pilot.metrics.service.answering import surveys_open
from pilot.metrics.service.arms import arms_locked, replace_arms
from pilot.metrics.service.asking import WorkerError, once
from pilot.metrics.service.comparisons import (
    Prepared,
    compare,
    keep,
    note_download,
    prepare,
)
from pilot.metrics.service.figures import is_blind
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
    "Taken",
    "WorkerError",
    "amend",
    "arms_locked",
    "begin_study",
    "columns",
    "compare",
    "confirm",
    "discard",
    "forget",
    "forget_old",
    "hold",
    "is_blind",
    "keep",
    "lacks",
    "load_measures",
    "load_plan",
    "lock",
    "look",
    "look_over",
    "name_columns",
    "note_download",
    "once",
    "prepare",
    "read_so",
    "replace_arms",
    "seen_before_lock",
    "side_by_side",
    "stage",
    "surveys_open",
    "take",
    "write_part",
]
