"""The columns of an HR extract: what each may be called, and which holds what. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from pilot.people.roll.forbidden import forbidden_by_heading
from pilot.people.sheet import plain


class Field(Struct, frozen=True):
    """One thing that a roll may tell of a person or an assignment. `aliases` are headings that mean it, best first."""

    name: str
    title: str
    aliases: tuple[str, ...]
    required: bool = False
    longest: int = 200

    @property
    def names(self) -> tuple[str, ...]:
        """Every plain heading that means this field: its aliases and its title."""
        return (*self.aliases, plain(self.title))


FIELDS = (
    Field(
        "employee_number",
        "Employee number",
        ("employee number", "employee no", "emp no", "emp number", "employee id", "staff number", "payroll number"),
        required=True,
        longest=20,
    ),
    Field("last_name", "Last name", ("last name", "surname", "family name"), required=True, longest=100),
    Field(
        "first_name",
        "First name",
        ("first name", "preferred name", "known as", "forename", "given name", "first names"),
        required=True,
        longest=100,
    ),
    Field("staff_group", "Staff group", ("staff group", "staff group name", "staffgroup"), required=True, longest=100),
    Field(
        "unit",
        "Department or ward",
        (
            "department",
            "ward",
            "unit",
            "team",
            "org l8",
            "org l7",
            "org l6",
            "org l5",
            "org l4",
            "org l3",
            "cost centre description",
            "organisation unit",
        ),
        required=True,
    ),
    Field("site", "Site", ("site", "location", "work location", "location name", "base", "hospital", "workplace")),
    Field(
        "organisation",
        "Organisation",
        (
            "ods code",
            "organisation code",
            "employing org code",
            "employing organisation code",
            "organisation",
            "organization",
            "trust",
            "trust code",
            "org code",
            "ods",
        ),
    ),
    Field(
        "assignment_number",
        "Assignment number",
        ("assignment number", "assignment no", "assignment id", "assignment"),
        longest=40,
    ),
    Field("primary", "Primary assignment", ("primary assignment", "primary", "primary flag", "main assignment")),
    Field("job_role", "Job role", ("job role", "role", "job title", "position title", "position")),
    Field("band", "Pay band", ("pay band", "band", "grade", "pay grade", "pay scale", "afc band"), longest=80),
    Field(
        "category",
        "Assignment category",
        ("assignment category", "employee category", "contract type", "employment type", "assignment type"),
    ),
    Field(
        "status",
        "Assignment status",
        ("assignment status", "status", "employment status", "current status"),
    ),
    Field(
        "started_on",
        "Start date",
        (
            "latest start date",
            "start date",
            "hire date",
            "date started",
            "start date in position",
            "latest hire date",
            "date of joining",
        ),
    ),
    Field(
        "fixed_term_end_on",
        "End of fixed term",
        ("fixed term end date", "fixed term end", "fixed term temp end date", "contract end date", "end date contract"),
    ),
)
BY_NAME = {field.name: field for field in FIELDS}
_KNOWN = {name for field in FIELDS for name in field.names}


def is_known(heading: str) -> bool:
    """Whether a heading is one that we can map, or one that we must refuse."""
    return plain(heading) in _KNOWN or forbidden_by_heading(heading) is not None


def guess(headings: Sequence[str], remembered: Mapping[str, str] | None = None) -> dict[str, str]:
    """Which heading holds which field: as in the trust's last roll if it is there again, else by its aliases."""
    mapping: dict[str, str] = {}
    for name, heading in (remembered or {}).items():
        if name in BY_NAME and heading in headings and heading not in mapping.values():
            mapping[name] = heading
    for field in FIELDS:
        if field.name in mapping:
            continue
        free = [heading for heading in headings if heading and heading not in mapping.values()]
        found = next((heading for name in field.names for heading in free if plain(heading) == name), None)
        if found is not None:
            mapping[field.name] = found
    return mapping


def mapping_problems(mapping: Mapping[str, str], headings: Sequence[str]) -> dict[str, str]:
    """A sentence for each field whose column is missing, unknown, named twice in the file or used for two fields."""
    problems: dict[str, str] = {}
    times = Counter(headings)
    used = Counter(mapping.values())
    for field in FIELDS:
        heading = mapping.get(field.name)
        if heading is None:
            if field.required:
                problems[field.name] = f"Select the column that holds the {field.title.lower()}"
        elif times[heading] == 0:
            problems[field.name] = f"This file has no column “{heading}”"
        elif times[heading] > 1:
            places = " and ".join(str(place) for place, one in enumerate(headings, 1) if one == heading)
            problems[field.name] = f"Columns {places} are both called “{heading}”. Rename or remove all but one"
        elif used[heading] > 1:
            problems[field.name] = (
                f"You chose the column “{heading}” twice. Select another one for the {field.title.lower()}"
            )
    return problems
