"""Which measures a plan can name: those with figures of its trusts, and those known before there are any. Pure."""

from collections.abc import Iterable

from pilot.metrics.catalogue import MEASURES, OTHER, SURVEY, look_up
from pilot.metrics.questionnaire import PULSE

OF_THE_PULSE = frozenset({*(item.code for item in PULSE.items), *(scale.code for scale in PULSE.scales)})


def names(stored: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What can be typed for a measure, those with figures (instrument and name) first, each name once."""
    known = [*sorted(name for _, name in stored), *sorted({code for _, code in MEASURES} | OF_THE_PULSE)]
    return tuple(dict.fromkeys(known))


def problem(instrument: str, name: str, stored: Iterable[tuple[str, str]]) -> str:
    """Why a plan cannot name this measure, in a sentence; "" where it can.

    Files of other measures and packs of wordings have names of their own: as long as no figures of theirs are stored
    any name will do, and then one of those.
    """
    there = sorted(outcome for source, outcome in stored if source == instrument)
    if name in there or look_up(instrument, name) or (instrument == SURVEY and name in OF_THE_PULSE):
        return ""
    known = [code for source, code in MEASURES if source == instrument]
    if not there and (instrument == OTHER or not known):
        return ""
    offered = ", ".join(dict.fromkeys([*there, *known]))
    return f"There is no measure “{name}” from {instrument}. Choose one of: {offered}"
