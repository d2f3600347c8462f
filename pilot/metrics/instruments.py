"""What the NHS Staff Survey asks: the items of its themes by year, as codes, and packs of its words. Pure.

The wording of the NHS Staff Survey belongs to NHS England, and its reuse is said to need permission: here are codes
only. A wording pack brings the words, with a reference to the permission. Codes: the official questionnaires of 2021,
2022 and 2023; the stressors within morale are from memory, and 13 items of morale in all agree with press reports.
"""

from collections.abc import Mapping
from string import ascii_lowercase

import msgspec

from pilot.errors import BadInput
from pilot.metrics.questionnaire import Item, Mean, Questionnaire, Scale
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


ON_FREQUENCY = frozenset({"q2a", "q2b", "q2c", "q5a", "q5b", "q5c"})
"""Items that are answered from “Never” to “Always”; the others from “Strongly disagree” to “Strongly agree”."""


class WordingPack(msgspec.Struct, frozen=True):
    """Wordings of the items of a year that may be shown, by item code, under a permission printed beside them."""

    permission: str
    year: int
    wordings: Mapping[str, str]

    def wording(self, code: str) -> str | None:
        """The words of an item; None when the pack has none, and then only its code may be shown."""
        return self.wordings.get(code)

    @property
    def whole(self) -> tuple[str, ...]:
        """The subscores of which the pack has every item: a mean of some of them would be another measure."""
        found = items(self.year).items()
        return tuple(name for name, codes in found if name != LEAVING_DESTINATION and set(codes) <= set(self.wordings))

    def questionnaire(self) -> Questionnaire:
        """What a survey can ask with these words: every subscore that is whole, and the themes whose subscores are.

        More than half of the items of a subscore must be answered; the items stand in the order of their codes.
        """
        found = {name: items(self.year)[name] for name in self.whole}
        backwards = reversed_items(self.year)
        asked = sorted((code for codes in found.values() for code in codes), key=_place)
        return Questionnaire(
            code=f"wordings-{self.year}",
            title=f"Items of the NHS Staff Survey {self.year}",
            items=tuple(
                Item(code, self.wordings[code], "often" if code in ON_FREQUENCY else "agree", code in backwards)
                for code in asked
            ),
            scales=tuple(Scale(name, codes, len(codes) // 2 + 1) for name, codes in found.items()),
            means=tuple(
                Mean(name, parts)
                for name, parts in (("engagement", ENGAGEMENT), ("morale", MORALE))
                if set(parts) <= set(found)
            ),
            permission=self.permission,
        )


def _place(code: str) -> tuple[int, str]:
    """Where an item stands: q9a comes before q25c."""
    return int(code[1:].rstrip(ascii_lowercase)), code


SHORTEST_REFERENCE, LONGEST_WORDING = 4, 300


def read_wording_pack(content: bytes, permission: str, year: int) -> WordingPack:
    """Read a CSV file with the columns code and wording, for the items of a year.

    `permission` is the reference of NHS England's permission, for instance of a letter. Raises BadInput without one,
    and Unusable with every problem and its line, and for a file with which no subscore could be asked.
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
        code, wording = line.cells[0].lower(), " ".join(line.cells[1].split())
        if code not in known:
            problems.append(Problem(line.number, f"“{line.cells[0][:40]}” is not an item of {year}."))
        elif code in wordings:
            problems.append(Problem(line.number, f"{code} is there twice."))
        elif not 0 < len(wording) <= LONGEST_WORDING:
            problems.append(Problem(line.number, f"the wording of {code} must have 1 to {LONGEST_WORDING} letters."))
        wordings.setdefault(code, wording)
    pack = WordingPack(permission.strip(), year, wordings)
    if not problems and not pack.whole:
        problems.append(Problem(0, f"No subscore of {year} has the words of all its items, so nothing could be asked."))
    if problems:
        raise Unusable(problems)
    return pack
