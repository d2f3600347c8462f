"""The staff roll: what an HR extract may hold, what it must not hold, and what it says. Pure."""

from pilot.people.roll.values import Assignment, Category, RollPerson, RollSummary, Status

__all__ = ["Assignment", "Category", "RollPerson", "RollSummary", "Status"]
