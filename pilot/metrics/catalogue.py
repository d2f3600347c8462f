"""Every measure that is known: its meaning, unit, direction and source, and published lines to hold it to. Pure.

Measures of a file that are not here can be loaded and compared all the same; nothing is then said about them.
"""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from pilot.metrics.respondents import RATE as RESPONSE

STAFF_SURVEY = "NHS Staff Survey"
PULSE = "National Quarterly Pulse Survey"
WORKFORCE = "Workforce figures"
MANAGEMENT = "Management practice"
OTHER = "Other measures"
SURVEY = "Programme survey"
"""Released waves of the pulse; no other survey is comparable with it."""

INSTRUMENTS = {
    STAFF_SURVEY: "each year in the autumn",
    PULSE: "in January, April and July; not comparable with the yearly survey",
    WORKFORCE: "headcount, leavers and the like",
    SURVEY: "surveys that were held here, when they are released",
    MANAGEMENT: "our own short questions on leadership, obstacles and targets",
    OTHER: "training, ratings and anything else",
}
"""Where figures come from, and what is to be known about it."""

UPLOADED = {name: about for name, about in INSTRUMENTS.items() if name != SURVEY}
"""The same for files: figures of a survey that was held here come from its release only."""

_OWN = re.compile(rf"{SURVEY}(, pack [0-9a-f]{{8}})?")


def is_known(instrument: str) -> bool:
    """Whether figures can come from this instrument; each set of questions of a survey held here is one."""
    return instrument in INSTRUMENTS or _OWN.fullmatch(instrument) is not None


REPORT = "A picture of health? Social Market Foundation with the Chartered Management Institute, July 2023"
NSS = "NHS England, benchmark workbook of the NHS Staff Survey"
NQPS = "NHS England, National Quarterly Pulse Survey"
OURS = "Surveys of this programme, counted from their sealed papers"
HR = "The trust’s staff records, by month"
CQC = "Care Quality Commission, published ratings"

Direction = Literal["higher", "lower", "neither"]


class ReferenceLine(msgspec.Struct, frozen=True):
    """A published figure beside which a measure is shown: its value in the measure's unit, in words, and its source."""

    value: float
    words: str
    source: str = REPORT


class MeasureKind(msgspec.Struct, frozen=True):
    """One measure. `unit` says what 1 of it is; values lie from `low` to `high`, None where there is no end.

    `better` is the direction that is good; “neither” where that cannot be said.
    """

    code: str
    name: str
    about: str
    unit: str
    low: float
    high: float | None
    better: Direction
    instrument: str
    source: str
    lines: tuple[ReferenceLine, ...] = ()


POINTS, SHARE, PEOPLE, RATE = "points from 0 to 10", "share from 0 to 1", "people", "share of the mean headcount"


def _score(code: str, name: str, about: str) -> MeasureKind:
    return MeasureKind(code, name, about, POINTS, 0, 10, "higher", STAFF_SURVEY, NSS)


_THEMES = (
    _score("theme_engagement", "Staff engagement", "The mean of motivation, involvement and advocacy."),
    _score("theme_morale", "Morale", "The mean of thinking about leaving, work pressure and stressors."),
    _score("PP1", "We are compassionate and inclusive", "First element of the NHS People Promise."),
    _score("PP2", "We are recognised and rewarded", "Second element of the NHS People Promise."),
    _score("PP3", "We each have a voice that counts", "Third element of the NHS People Promise."),
    _score("PP3_2", "Raising concerns", "Subscore of the third element: feeling safe to speak up, and being heard."),
    _score("PP4", "We are safe and healthy", "Fourth element of the NHS People Promise."),
    _score("PP4_1", "Health and safety climate", "Subscore of the fourth element."),
    _score("PP4_2", "Burnout", "Subscore of the fourth element. Higher means less burnout."),
    _score("PP4_3", "Negative experiences", "Subscore of the fourth element. Higher means fewer of them."),
    _score("PP5", "We are always learning", "Fifth element of the NHS People Promise."),
    _score("PP6", "We work flexibly", "Sixth element of the NHS People Promise."),
    _score("PP7", "We are a team", "Seventh element of the NHS People Promise."),
    _score("M_1", "Thinking about leaving", "Subscore of morale. Higher means that fewer think of leaving."),
)
_RESPONSE = tuple(
    MeasureKind(
        RESPONSE, "Response rate", "Those who answered, out of those who were asked. It is an outcome in itself.",
        SHARE, 0, 1, "higher", instrument, source,
    )
    for instrument, source in ((STAFF_SURVEY, NSS), (PULSE, NQPS), (SURVEY, OURS), (MANAGEMENT, OURS))
)  # fmt: skip
_SUBSCORES = tuple(
    MeasureKind(code, name, about, POINTS, 0, 10, "higher", PULSE, NQPS)
    for code, name, about in (
        ("engagement", "Staff engagement", "The mean of motivation, involvement and advocacy."),
        ("motivation", "Motivation", "Looking forward to work, enthusiasm, and time passing quickly."),
        ("involvement", "Involvement", "Chances to show initiative, to suggest and to make improvements."),
        ("advocacy", "Advocacy", "Whether care comes first, and whether staff would recommend the trust."),
    )
)


def _people(code: str, name: str, about: str, better: Direction = "neither") -> MeasureKind:
    return MeasureKind(code, name, about, PEOPLE, 0, None, better, WORKFORCE, HR)


_MOVEMENTS = (
    _people("headcount_start", "Headcount at the start", "Staff in post on the first day of the month."),
    _people("headcount_end", "Headcount at the end", "Staff in post at the end of the month."),
    _people("joiners", "Joiners", "In post at the end and not at the start."),
    _people("leavers", "Leavers", "In post at the start and not at the end. Moves within the trust are none.", "lower"),
    _people("leavers_to_nhs", "Leavers to other NHS employers", "Leavers who joined another NHS employer."),
    _people("retired", "Retired", "Leavers who retired."),
    _people("end_of_contract", "End of contract", "Leavers whose fixed term or rotation ended."),
    _people("other_reasons", "Leavers for other reasons", "Leavers for any other reason.", "lower"),
    MeasureKind(
        "leaver_rate", "Leaver rate", "Leavers out of the mean of the headcount at the start and at the end.",
        RATE, 0, 2, "lower", WORKFORCE, HR,
    ),
    MeasureKind(
        "stability", "Stability", "Staff in post at the start who are still there at the end: their share.",
        SHARE, 0, 1, "higher", WORKFORCE, HR,
    ),
)  # fmt: skip


def _practice(
    code: str, name: str, about: str, lines: tuple[ReferenceLine, ...], better: Direction = "higher"
) -> MeasureKind:
    return MeasureKind(code, name, about, SHARE, 0, 1, better, MANAGEMENT, REPORT, lines)


_PRACTICE = (
    _practice(
        "leadership_effective", "Senior leadership works well", "Those who agree that senior leaders run it well.",
        (ReferenceLine(0.65, "65% of NHS leaders and managers called senior leadership effective"),),
    ),
    _practice(
        "leadership_not_effective", "Senior leadership works badly", "Those who disagree that leaders run it well.",
        (ReferenceLine(0.27, "27% called senior leadership ineffective; among junior managers 36%"),), "lower",
    ),
    _practice(
        "leadership_not_motivating", "Leaders do not motivate", "Those who disagree that senior leaders motivate.",
        (ReferenceLine(0.32, "32% said leaders were poor at motivating staff"),), "lower",
    ),
    _practice(
        "leadership_not_available", "Leaders cannot be reached", "Those who disagree that they can reach a leader.",
        (ReferenceLine(0.25, "25% said senior leaders were not easily available"),), "lower",
    ),
    _practice(
        "obstacles", "Obstacles at work", "Those who say that something regularly gets in the way of their work.",
        (ReferenceLine(0.62, "62% faced obstacles that hinder their work"),), "lower",
    ),
    _practice(
        "obstacles_staffing", "Obstacles: staffing", "Of those with obstacles, those who name staffing.",
        (ReferenceLine(0.46, "46% of those with obstacles: recruitment and retention"),), "lower",
    ),
    _practice(
        "obstacles_organisation", "Obstacles: organisation", "Of those with obstacles, those who name how it is run.",
        (ReferenceLine(0.46, "46% of those with obstacles: organisational"),), "lower",
    ),
    _practice(
        "obstacles_procedures", "Obstacles: procedures", "Of those with obstacles, those who name procedures or forms.",
        (ReferenceLine(0.20, "20% of those with obstacles: process"),), "lower",
    ),
    _practice(
        "obstacles_other", "Obstacles: something else", "Of those with obstacles, those who name something else.", (),
        "lower",
    ),
    _practice(
        "no_targets", "No targets", "Those without targets that fit their work.",
        (ReferenceLine(0.19, "19% had no relevant performance targets"),), "lower",
    ),
    _practice(
        "targets_aligned", "Targets that fit the goals", "Of those with targets, those who agree that they fit.",
        (ReferenceLine(0.62, "62% of those with targets found them aligned with the organisation’s goals"),),
    ),
)  # fmt: skip

_TRUST_LEVEL = (
    MeasureKind(
        "managers_trained", "Managers trained", "Managers with an accredited training, out of all managers.",
        SHARE, 0, 1, "higher", OTHER, HR,
    ),
    MeasureKind(
        "managers_trained_junior", "Junior managers trained", "The same among junior and first-line managers.",
        SHARE, 0, 1, "higher", OTHER, HR,
    ),
    MeasureKind(
        "managers_trained_senior", "Senior managers trained", "The same among senior managers and directors.",
        SHARE, 0, 1, "higher", OTHER, HR,
    ),
    MeasureKind(
        "cqc_below_good", "Rated below good", "Trusts that require improvement or are inadequate overall.",
        SHARE, 0, 1, "lower", OTHER, CQC,
        (ReferenceLine(0.25, "a quarter of acute trusts inspected in 2022 required improvement or were inadequate"),),
    ),
)  # fmt: skip

MEASURES: Mapping[tuple[str, str], MeasureKind] = {
    (one.instrument, one.code): one
    for one in (*_THEMES, *_RESPONSE, *_SUBSCORES, *_MOVEMENTS, *_PRACTICE, *_TRUST_LEVEL)
}
"""By instrument and code, since the same name from two instruments is two measures."""

_ITEM = re.compile(r"q\d{1,2}[a-z]{0,2}(_\d{1,2})?")


def look_up(instrument: str, code: str) -> MeasureKind | None:
    """What is known of a measure; None when nothing is. Items of a survey are known as shares under their code."""
    if known := MEASURES.get((instrument, code)):
        return known
    if instrument in (STAFF_SURVEY, PULSE) and _ITEM.fullmatch(code):
        source = NSS if instrument == STAFF_SURVEY else NQPS
        about = "The share of staff that gave the answer which the publisher counts; its wording is not shown here."
        return MeasureKind(code, code, about, SHARE, 0, 1, "neither", instrument, source)
    if code == RESPONSE and _OWN.fullmatch(instrument):
        return MEASURES[SURVEY, code]
    return None


def unit_of(instrument: str, code: str) -> str:
    """What 1 of a measure is; empty where that is not known. Scores of surveys that are held here go from 0 to 10."""
    known = look_up(instrument, code)
    return known.unit if known is not None else POINTS if _OWN.fullmatch(instrument) else ""


def shown_as(instrument: str, code: str, kind: str) -> str:
    """How values of a measure are shown: "rate" in per cent, also shares that are stored as scores; else its kind."""
    known = look_up(instrument, code)
    return "rate" if known is not None and known.unit in (SHARE, RATE) else kind
