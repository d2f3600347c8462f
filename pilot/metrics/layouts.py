"""The kinds of file that can be loaded: which are known by their layout, and how each is read. Pure."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from pilot.errors import NotFound
from pilot.metrics.benchmark import read_benchmark
from pilot.metrics.catalogue import PULSE, STAFF_SURVEY, WORKFORCE
from pilot.metrics.measures import PROGRAMME, Reading, read_measures
from pilot.metrics.published import Published, as_reading, keep
from pilot.metrics.pulse import read_pulse
from pilot.metrics.ratings import read_ratings
from pilot.metrics.register import Entry, Listed, Register, Succession, adding, replacing
from pilot.metrics.sheet import Problem, Unusable, read_sheet
from pilot.metrics.successors import follow, read_successions
from pilot.metrics.trustlist import held_to, read_trust_list
from pilot.metrics.workforce import read_workforce

NAMED = "columns"
"""The code of a CSV file whose columns its sender names."""


class Layout(msgspec.Struct, frozen=True):
    """One kind of file. It holds figures or a register, or neither where its columns must be named first.

    `instrument` is empty where the sender has to say it. `joins`: successors can be given the history of those whose
    place they took. `adds`: a register's entries are added to those that are there, and do not take their place.
    """

    code: str
    name: str
    hint: str
    accept: str = ".csv,.txt,.tsv"
    instrument: str = ""
    figures: Callable[[bytes], Published] | None = None
    register: Callable[[bytes], Register] | None = None
    joins: bool = False
    adds: bool = False

    @property
    def is_named(self) -> bool:
        """Whether its sender names its columns."""
        return self.figures is None and self.register is None

    @property
    def is_register(self) -> bool:
        """Whether it holds a list about trusts, and no figures."""
        return self.register is not None


LAYOUTS: Mapping[str, Layout] = {
    one.code: one
    for one in (
        Layout(NAMED, "A CSV file with columns that you name", "Any table of trusts, periods and figures."),
        Layout(
            "benchmark", "The workbook of the NHS Staff Survey’s benchmark reports",
            "An Excel file (.xlsx) with one sheet for each type of trust and one row for each trust.",
            ".xlsx", STAFF_SURVEY, figures=read_benchmark, joins=True,
        ),
        Layout(
            "pulse", "Pulse survey results", "A CSV file with the columns ods_code, quarter, measure, value and n.",
            instrument=PULSE, figures=read_pulse, joins=True,
        ),
        Layout(
            "workforce", "Monthly workforce movements",
            "A CSV file with the columns ods_code, month, staff_group, headcount_start, headcount_end, joiners, "
            "leavers, leavers_to_nhs, retired, end_of_contract and other_reasons.",
            instrument=WORKFORCE, figures=read_workforce,
        ),
        Layout(
            "ratings", "CQC ratings", "A CSV file with the columns ods_code, overall, well_led and date.",
            register=read_ratings, adds=True,
        ),
        Layout(
            "trusts", "The list of all NHS trusts (etr.csv of the Organisation Data Service)",
            "A CSV file without headings. Codes in other files are checked against it.", register=read_trust_list,
        ),
        Layout(
            "successors", "Trusts that became others", "A CSV file with the columns old_code, new_code and date.",
            register=read_successions,
        ),
    )
}  # fmt: skip
"""By code, in the order in which they are offered."""


class MeasureFile(msgspec.Struct, frozen=True):
    """A file and what its sender says about it. `dataset` is PROGRAMME or the name of a panel of other trusts.

    `layout` is one of LAYOUTS; a known one brings its instrument. `joined`: successors are given the history of those
    whose place they took.
    """

    filename: str
    content: bytes
    instrument: str
    vintage: str
    source: str
    dataset: str = PROGRAMME
    layout: str = NAMED
    joined: bool = False


class Surroundings(msgspec.Struct, frozen=True):
    """What is known already when a file is read.

    `known` are the only trusts whose figures are kept, None for all; `listed` is the list of all trusts, empty when
    none was loaded; `joined` tells whether successors are given the history of those whose place they took.
    """

    known: frozenset[str] | None = None
    listed: Mapping[str, Listed] = {}
    successions: tuple[Succession, ...] = ()
    joined: bool = False


def layout_called(code: str) -> Layout:
    """The kind of file with this code. Raises NotFound."""
    if code not in LAYOUTS:
        raise NotFound("There is no such kind of file.")
    return LAYOUTS[code]


def read_figures(layout: Layout, content: bytes, roles: Sequence[str], around: Surroundings) -> Reading:
    """The figures of a file, with notes on what is to be known about them. `roles` name the columns where needed.

    Raises BadInput for roles that make no sense, and Unusable with every problem and its place.
    """
    if layout.figures is None:
        reading = read_measures(read_sheet(content), roles, around.known)
    else:
        found = follow(layout.figures(content), around.successions, around.known, joined=around.joined)
        if around.known is not None:
            found = keep(found, around.known)
        if not found.figures:
            raise Unusable([Problem(0, "The file has no figure of any trust of the programme.")])
        reading = as_reading(found)
    notes = (*reading.notes, *held_to(reading.trusts, around.listed))
    return msgspec.structs.replace(reading, notes=notes)


def read_register(layout: Layout, content: bytes, before: Sequence[Entry], listed: Mapping[str, Listed]) -> Register:
    """The entries of a register beside those that are there `before`, with notes.

    Ratings are held to the list of trusts; successions are not, since what ended need not be on it. Raises Unusable
    with every problem and its place.
    """
    if layout.register is None:
        raise RuntimeError(f"{layout.code} is no register")
    register = layout.register(content)
    if not layout.adds:
        return replacing(register, before)
    register = adding(register, before)
    return msgspec.structs.replace(register, notes=(*register.notes, *held_to(register.trusts, listed)))
