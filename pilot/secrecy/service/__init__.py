"""The sealed box's verbs: make, sign, stamp, cast, close, peel, erase, and give out the record.

The box knows no voting: it takes one anonymous paper of each entitled person. Every verb works in the caller's
transaction and commits nothing. Stamp and cast write no audit event and keep no time; whoever makes, closes or peels
a box records that act itself.
"""

from pilot.secrecy.box import Box, BoxPlan, Final, Layer, PlannedTrustee, Promise, Receipt, Watched
from pilot.secrecy.service.casting import (
    cast,
    mark,
    papers_in,
    sealed_count,
    stamp,
    voters_on_paper,
    without_paper,
)
from pilot.secrecy.service.closing import cancel, close, discard, erase, notice
from pilot.secrecy.service.hours import extend, resume, suspend
from pilot.secrecy.service.log import checkpoints_of, log_lines, watched
from pilot.secrecy.service.logkey import sign_with_log_key
from pilot.secrecy.service.making import make_box, manifest_of, promise, promises, sign_manifest, unsigned
from pilot.secrecy.service.peeling import final, list_for, next_layer, peel, take_peel
from pilot.secrecy.service.recording import last_list, papers_of, record_parts
from pilot.secrecy.tellers import OnPaper

__all__ = [
    "Box",
    "BoxPlan",
    "Final",
    "Layer",
    "OnPaper",
    "PlannedTrustee",
    "Promise",
    "Receipt",
    "Watched",
    "cancel",
    "cast",
    "checkpoints_of",
    "close",
    "discard",
    "erase",
    "extend",
    "final",
    "last_list",
    "list_for",
    "log_lines",
    "make_box",
    "manifest_of",
    "mark",
    "next_layer",
    "notice",
    "papers_in",
    "papers_of",
    "peel",
    "promise",
    "promises",
    "record_parts",
    "resume",
    "sealed_count",
    "sign_manifest",
    "sign_with_log_key",
    "stamp",
    "suspend",
    "take_peel",
    "unsigned",
    "voters_on_paper",
    "watched",
    "without_paper",
]
