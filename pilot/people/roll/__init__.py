"""The staff roll: what an HR extract may hold, what it must not hold, and what it says. Pure."""

from pilot.people.roll.columns import BY_NAME, FIELDS, Field, guess, is_known, mapping_problems
from pilot.people.roll.comparing import Comparison, compare
from pilot.people.roll.forbidden import Forbidden, forbidden
from pilot.people.roll.reading import Problem, ReadPerson, RollRead, Zeros, read_roll, read_sheet
from pilot.people.roll.values import Assignment, Category, RollPerson, RollSummary, Status

__all__ = [
    "BY_NAME",
    "FIELDS",
    "Assignment",
    "Category",
    "Comparison",
    "Field",
    "Forbidden",
    "Problem",
    "ReadPerson",
    "RollPerson",
    "RollRead",
    "RollSummary",
    "Status",
    "Zeros",
    "compare",
    "forbidden",
    "guess",
    "is_known",
    "mapping_problems",
    "read_roll",
    "read_sheet",
]
