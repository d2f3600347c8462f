"""What is asked: the items of the NHS Staff Survey's themes by year, as codes, and our own short questions. Pure.

The wording of the NHS Staff Survey belongs to NHS England, and its reuse is said to need permission: here are codes
only. A wording pack brings the words, with a reference to the permission. Codes: the official questionnaires of 2021,
2022 and 2023; the stressors within morale are from memory, and 13 items of morale in all agree with press reports.
"""

from collections.abc import Mapping

import msgspec

from pilot.errors import BadInput
from pilot.metrics.sheet import Problem, Unusable, read_sheet

FIRST_YEAR, LAST_YEAR = 2021, 2025

ENGAGEMENT = ("motivation", "involvement", "advocacy")
MORALE = ("leaving", "work_pressure", "stressors")
"""The subscores whose mean each theme is. A higher “leaving” means that fewer think of leaving."""

RAISING_CONCERNS = "raising_concerns"
LEAVING_DESTINATION = "leaving_destination"
"""Where those would go who want to leave: a choice of places, which has no score."""

_SAME = {
    "motivation": ("q2a", "q2b", "q2c"),
    "involvement": ("q3c", "q3d", "q3f"),
    "work_pressure": ("q3g", "q3h", "q3i"),
    "stressors": ("q3a", "q3e", "q5a", "q5b", "q5c", "q7c", "q9a"),
}
_RENUMBERED: dict[int, dict[str, tuple[str, ...]]] = {
    2021: {
        "advocacy": ("q21a", "q21c", "q21d"),
        "leaving": ("q22a", "q22b", "q22c"),
        RAISING_CONCERNS: ("q17a", "q17b", "q21e", "q21f"),
        LEAVING_DESTINATION: ("q22d",),
    },
    2022: {
        "advocacy": ("q23a", "q23c", "q23d"),
        "leaving": ("q24a", "q24b", "q24c"),
        RAISING_CONCERNS: ("q19a", "q19b", "q23e", "q23f"),
        LEAVING_DESTINATION: ("q24d",),
    },
    2023: {
        "advocacy": ("q25a", "q25c", "q25d"),
        "leaving": ("q26a", "q26b", "q26c"),
        RAISING_CONCERNS: ("q20a", "q20b", "q25e", "q25f"),
        LEAVING_DESTINATION: ("q26d",),
    },
}

REVERSED_STRESSORS = frozenset({"q5a", "q5c"})
"""Agreement or frequency is bad news in these, and in every item on thinking about leaving."""


def items(year: int) -> Mapping[str, tuple[str, ...]]:
    """The codes of each subscore in the survey of a year, 2021 to 2025. Raises BadInput for another year."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadInput(f"The items of the NHS Staff Survey are known for {FIRST_YEAR} to {LAST_YEAR}, not for {year}.")
    return _SAME | _RENUMBERED[min(year, max(_RENUMBERED))]


def reversed_items(year: int) -> frozenset[str]:
    """The codes for which a high answer is bad news, so that they are scored from 10 to 0. Raises BadInput."""
    return REVERSED_STRESSORS | frozenset(items(year)["leaving"])


class Question(msgspec.Struct, frozen=True):
    """One question of our own. `answers` are its choices in order; `several` tells whether more than one can be chosen.

    `only_if` names the question and the answer after which it is asked; empty when everybody is asked.
    """

    code: str
    fact: str
    text: str
    answers: tuple[str, ...]
    several: bool = False
    only_if: tuple[str, str] | tuple[()] = ()


AGREEMENT = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")
"""Scored from 1 to 5 in this order."""

OBSTACLES = (
    "Too few staff, or staff who leave",
    "How the organisation is set up or run",
    "Procedures, forms or systems",
    "Something else",
)

MANAGEMENT = (
    Question("mp1", "leadership_effective", "The most senior leaders here run this organisation well.", AGREEMENT),
    Question("mp2", "leadership_motivating", "The most senior leaders here help people to want to do well.", AGREEMENT),
    Question(
        "mp3", "leadership_available", "People like me can get hold of a senior leader when it matters.", AGREEMENT
    ),
    Question("mp4", "obstacles", "Does anything here regularly get in the way of your work?", ("Yes", "No")),
    Question("mp5", "obstacles_by_kind", "What gets in the way?", OBSTACLES, True, ("mp4", "Yes")),
    Question("mp6", "targets_set", "Do you or your team have targets that fit your work?", ("Yes", "No")),
    Question(
        "mp7",
        "targets_aligned",
        "My targets go well with what this organisation is for.",
        AGREEMENT,
        False,
        ("mp6", "Yes"),
    ),
)
"""The management practice questions, in our own words: the seven facts of “A picture of health?” (Social Market
Foundation with the Chartered Management Institute, July 2023) asked without leaning either way."""


class WordingPack(msgspec.Struct, frozen=True):
    """Wordings that may be shown, by item code, under a permission whose reference is printed beside them."""

    permission: str
    wordings: Mapping[str, str]

    def wording(self, code: str) -> str | None:
        """The words of an item; None when the pack has none, and then only its code may be shown."""
        return self.wordings.get(code)


SHORTEST_REFERENCE, LONGEST_WORDING = 4, 300


def read_wording_pack(content: bytes, permission: str, year: int) -> WordingPack:
    """Read a CSV file with the columns code and wording, for the items of a year.

    `permission` is the reference of NHS England's permission, for instance of a letter. Raises BadInput without one,
    and Unusable with every problem and its line.
    """
    if len(permission.strip()) < SHORTEST_REFERENCE:
        raise BadInput("Enter the reference of NHS England’s permission to use these wordings.")
    known = {code for codes in items(year).values() for code in codes}
    sheet = read_sheet(content)
    if absent := [name for name in ("code", "wording") if name not in sheet.headings]:
        raise Unusable([Problem(sheet.headings_on, f"the column “{name}” is missing.") for name in absent])
    problems: list[Problem] = []
    wordings: dict[str, str] = {}
    for line in sheet.narrowed(["code", "wording"]).lines:
        code, wording = line.cells[0].lower(), line.cells[1]
        if code not in known:
            problems.append(Problem(line.number, f"“{line.cells[0][:40]}” is not an item of {year}."))
        elif code in wordings:
            problems.append(Problem(line.number, f"{code} is there twice."))
        elif not 0 < len(wording) <= LONGEST_WORDING:
            problems.append(Problem(line.number, f"the wording of {code} must have 1 to {LONGEST_WORDING} letters."))
        wordings.setdefault(code, wording)
    if problems:
        raise Unusable(problems)
    return WordingPack(permission.strip(), wordings)
