"""What changed between two rolls of a trust: who joined, who left, who moved. Pure."""

from collections.abc import Iterable

from msgspec import Struct

from pilot.people.roll.reading import ReadPerson
from pilot.people.roll.values import Assignment, RollPerson

LARGE = 0.10
"""A share of changes above which a person is asked once more: a wrong file looks like this."""


class Move(Struct, frozen=True):
    """One person whose primary assignment is elsewhere now."""

    employee_number: str
    name: str
    before: str
    after: str


class Comparison(Struct, frozen=True):
    """What changed. Joined and left are pairs of employee number and name."""

    before: int
    after: int
    joined: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]
    moved: tuple[Move, ...]

    @property
    def share(self) -> float:
        """Changes as a share of the people on the roll before, 0 upwards; 0 if there was no roll."""
        changes = len(self.joined) + len(self.left) + len(self.moved)
        return changes / self.before if self.before else 0.0

    @property
    def is_large(self) -> bool:
        """Whether more than a tenth changed."""
        return self.share > LARGE


def compare(before: Iterable[RollPerson], after: Iterable[ReadPerson]) -> Comparison:
    """Compare two rolls by employee number. A new staff group, site or unit of the primary assignment is a move."""
    old = {person.employee_number: person for person in before}
    new = {person.employee_number: person for person in after}
    moved = [
        Move(number, person.first_name + " " + person.last_name, _place(was), _place(now))
        for number, person in new.items()
        if number in old and _place(was := old[number].primary) != _place(now := person.assignments[0])
    ]
    return Comparison(
        before=len(old),
        after=len(new),
        joined=tuple((number, f"{p.first_name} {p.last_name}") for number, p in new.items() if number not in old),
        left=tuple((number, p.name) for number, p in old.items() if number not in new),
        moved=tuple(moved),
    )


def _place(job: Assignment) -> str:
    return " · ".join(part for part in (job.staff_group, job.site, job.unit) if part)
