"""The staff rolls of the demonstration: 400 made-up people of one trust, written as HR systems write them. Pure."""

from datetime import date, timedelta

import msgspec
from msgspec import Struct

from pilot.demo.chance import Chance
from pilot.demo.figures import SEED, table
from pilot.demo.staff import DIRECTORS, FIRST_NAMES, JOBS, LAST_NAMES, NON_EXECUTIVE, SITES, Job

PEOPLE = 400
SECOND_JOBS = 14
"""People with a second assignment: bank shifts beside the main one."""

MOVED = 4
"""People who left after the first edition of a roll, and as many who joined."""

ACTIVE = "Active Assignment"
ORDINARY = ("Permanent", ACTIVE)
NON_EXEC_TERMS = "Non-Exec Director/Chair"

TERMS = {"Bank": 22, "Agency": 10, "Honorary": 8, "Fixed Term Temp": 20, NON_EXEC_TERMS: 3}
"""How many people hold their main assignment on other than permanent terms."""

AWAY = {"Maternity & Adoption": 12, "Career Break": 4, "Out on External Secondment": 3}
"""How many permanent staff are away; they vote all the same."""

ENTITLED = PEOPLE - sum(TERMS.values()) + TERMS["Fixed Term Temp"] - len(DIRECTORS)
"""Who may vote: not bank staff without known shifts, agency workers, honorary contracts and the board."""

HEADINGS = (
    "ODS Code",
    "Employee Number",
    "Last Name",
    "First Name",
    "Assignment Number",
    "Primary Assignment",
    "Staff Group",
    "Job Role",
    "Pay Band",
    "Location",
    "Department",
    "Assignment Category",
    "Assignment Status",
    "Latest Start Date",
    "Fixed Term End Date",
    "FTE",
)


class Line(Struct, frozen=True):
    """One line of a roll: one assignment of one person."""

    employee_number: str
    last_name: str
    first_name: str
    assignment_number: str
    job: Job
    unit: str
    site: str
    terms: str
    status: str
    started_on: date
    fixed_term_end_on: date | None
    fte: str


def roll_file(trust: str, as_at: date, *, edition: int = 0, seed: str = SEED) -> bytes:
    """The trust's roll as a CSV file. In edition 1 four people have left and four have joined since edition 0."""
    return table(HEADINGS, [_cells(trust, line) for line in lines(trust, as_at, edition=edition, seed=seed)])


def lines(trust: str, as_at: date, *, edition: int = 0, seed: str = SEED) -> list[Line]:
    """Every assignment, by employee number: 400 people, of whom 14 hold a second one.

    Who the people are follows from the trust, the edition and the seed alone; `as_at` moves only their dates.
    """
    everybody = _everybody(trust, as_at, seed)
    present = everybody[MOVED:] if edition else everybody[:PEOPLE]
    able = [line for line in everybody[MOVED:PEOPLE] if line.terms == "Permanent" and line.job not in DIRECTORS]
    seconds = [_second(line, as_at) for line in able[:: len(able) // SECOND_JOBS][:SECOND_JOBS]]
    return sorted([*present, *seconds], key=lambda line: (line.employee_number, line.assignment_number))


def shown_voter(trust: str, seed: str = SEED) -> Line:
    """The person whose voting code the demonstration shows: a porter who is in both editions and may vote."""
    lasting = _everybody(trust, date(2027, 1, 4), seed)[MOVED:PEOPLE]  # the people are the same on any day
    return next(line for line in lasting if line.job.role == "Porter" and (line.terms, line.status) == ORDINARY)


def lasting(trust: str, seed: str = SEED) -> list[str]:
    """Employee numbers of the ordinary staff in both editions, in an order of their own, without the voter shown."""
    shown = shown_voter(trust, seed)
    everybody = _everybody(trust, date(2027, 1, 4), seed)[MOVED:PEOPLE]
    board = (*DIRECTORS, NON_EXECUTIVE)
    found = [line for line in everybody if (line.terms, line.status) == ORDINARY and line.job not in board]
    return [line.employee_number for line in found if line != shown]


def _everybody(trust: str, as_at: date, seed: str) -> list[Line]:
    """The main assignments of all who are in one edition or the other; those who moved stand at the ends."""
    chance = Chance(seed, "roll", trust)
    jobs = chance.shuffled(_jobs())
    kinds = [*[ORDINARY] * MOVED, *chance.shuffled(_kinds()), *[ORDINARY] * MOVED]
    numbers = chance.shuffled(range(len(kinds)))
    board = iter(DIRECTORS)
    found = []
    for place, (terms, status) in enumerate(kinds):
        job = NON_EXECUTIVE if terms == NON_EXEC_TERMS else jobs[place]
        if terms == "Director":
            job, terms = next(board), "Permanent"  # noqa: PLW2901 -- a director is employed like anybody else
        own = Chance(seed, "person", trust, place)
        found.append(_person(trust, f"{100_000 + 7 * numbers[place] + own.below(7)}", job, (terms, status), as_at, own))
    return found


def _jobs() -> list[Job]:
    """A job for everybody, by its share."""
    found = [job for percent, job in JOBS for _ in range(PEOPLE * percent // 100)]
    return found + [JOBS[0][1]] * (PEOPLE + MOVED - len(found))


def _kinds() -> list[tuple[str, str]]:
    """Terms and status of the main assignment of all who are in both editions."""
    found = [(terms, ACTIVE) for terms, number in TERMS.items() for _ in range(number)]
    found += [("Permanent", status) for status, number in AWAY.items() for _ in range(number)]
    found += [("Director", ACTIVE)] * len(DIRECTORS)
    return found + [ORDINARY] * (PEOPLE - MOVED - len(found))


def _person(  # noqa: PLR0917 -- what makes a person is as many things
    trust: str, number: str, job: Job, kind: tuple[str, str], as_at: date, chance: Chance
) -> Line:
    terms, status = kind
    employee = f"2{list(SITES).index(trust) + 1}{number}"
    site = (
        SITES[trust][0]
        if job is NON_EXECUTIVE or job in DIRECTORS
        else SITES[trust][(0, 0, 0, 1, 1, 2)[chance.below(6)]]
    )
    return Line(
        employee_number=employee,
        last_name=chance.one_of(LAST_NAMES),
        first_name=chance.one_of(FIRST_NAMES),
        assignment_number=employee,
        job=job,
        unit=chance.one_of(job.units),
        site=site,
        terms=terms,
        status=status,
        started_on=as_at - timedelta(days=120 + chance.below(5200)),
        fixed_term_end_on=as_at + timedelta(days=120 + chance.below(400)) if terms == "Fixed Term Temp" else None,
        fte="0.00" if terms == "Bank" else chance.one_of(("1.00", "1.00", "1.00", "0.80", "0.60")),
    )


def _second(line: Line, as_at: date) -> Line:
    return msgspec.structs.replace(
        line,
        assignment_number=f"{line.assignment_number}-2",
        unit="Staff Bank",
        terms="Bank",
        status=ACTIVE,
        started_on=as_at - timedelta(days=100),
        fte="0.00",
    )


def _cells(trust: str, line: Line) -> tuple[str, ...]:
    return (
        trust,
        line.employee_number,
        line.last_name,
        line.first_name,
        line.assignment_number,
        "No" if line.unit == "Staff Bank" else "Yes",
        line.job.staff_group,
        line.job.role,
        line.job.band,
        line.site,
        line.unit,
        line.terms,
        line.status,
        f"{line.started_on:%d/%m/%Y}",
        f"{line.fixed_term_end_on:%d/%m/%Y}" if line.fixed_term_end_on else "",
        line.fte,
    )
