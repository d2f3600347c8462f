"""Monthly movements of staff: a row for each trust, month and staff group, in numbers that add up. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from pilot.metrics.lines import Fields, choose_columns
from pilot.metrics.periods import MONTHLY
from pilot.metrics.published import Figure, Key, Published, in_words
from pilot.metrics.retention import Movement
from pilot.metrics.sheet import Problem, Unusable, read_sheet
from pilot.people.sheet import Line, Sheet

COLUMNS = {
    "trust": ("ods code", "ods", "trust", "trust code", "org code", "org id", "code"),
    "month": ("month", "period"),
    "staff_group": ("staff group", "group", "occupation", "occupation group"),
    "headcount_start": ("headcount start", "start"),
    "headcount_end": ("headcount end", "end"),
    "joiners": ("joiners",),
    "leavers": ("leavers",),
    "leavers_to_nhs": ("leavers to nhs", "to nhs", "to other nhs"),
    "retired": ("retired", "retirement"),
    "end_of_contract": ("end of contract", "end of fixed term", "end of contract or rotation"),
    "other_reasons": ("other reasons", "other", "leavers other"),
    "moved_in": ("moved in", "moves in", "transfers in"),
    "moved_out": ("moved out", "moves out", "transfers out"),
}

OPTIONAL = frozenset({"moved_in", "moved_out"})
COUNTS = tuple(name for name in COLUMNS if name not in ("trust", "month", "staff_group", *OPTIONAL))
REASONS = ("leavers_to_nhs", "retired", "end_of_contract", "other_reasons")
ALL_STAFF = frozenset({"all", "all staff", "total", "all groups", "all staff groups"})
LONGEST = 60

ADDED = "added up over staff groups"


def read_workforce(content: bytes) -> Published:
    """Read a CSV file of movements; the figures of a trust and month are the sums over its staff groups.

    Leavers are the sum of the four reasons, and start + joiners + moved in − leavers − moved out is the end. All moves
    into groups are moves out of others. A gap between the end of a month and the start of the next is a note, since
    records are corrected later. Raises Unusable with every problem and its line.
    """
    sheet = choose_columns(read_sheet(content), COLUMNS, OPTIONAL)
    problems: list[Problem] = []
    lines: dict[tuple[str, str, str], int] = {}
    movements: list[Movement] = []
    for line in sheet.lines:
        one = _movement(sheet, line, problems)
        if one is None:
            continue
        key = (one.trust, one.month, one.staff_group.lower())
        if before := lines.get(key):
            said = f"{one.trust} in {one.month} has “{one.staff_group}” twice; it is also on line {before}."
            problems.append(Problem(line.number, said))
        lines.setdefault(key, line.number)
        movements.append(one)
    together = _by_month(movements)
    problems += [Problem(0, said) for said in _disagreements(together)]
    if problems:
        raise Unusable(problems)
    figures: dict[Key, Figure] = {
        (trust, month, name): Figure(float(sum(getattr(one, name) for one in group)))
        for (trust, month), group in together.items()
        for name in COUNTS
    }
    cells = len(movements) * len(COUNTS)
    left_out = {ADDED: cells - len(figures)} if cells > len(figures) else {}
    return Published(
        figures,
        len(movements),
        cells,
        frozenset(COUNTS),
        left_out,
        _gaps(movements),
        tuple(sorted(movements, key=_place)),
    )


def _movement(sheet: Sheet, line: Line, problems: list[Problem]) -> Movement | None:
    cells = Fields(sheet, line, problems)
    trust, month, group = cells.trust("trust"), cells.month("month"), cells.text("staff_group")
    if not 0 < len(group) <= LONGEST:
        cells.problem(f"the staff group must have 1 to {LONGEST} letters. Write All staff where there is one row.")
    people = {name: cells.people(name, f"“{name}”") for name in COUNTS}
    people |= {name: cells.people(name, f"“{name}”", missing=0) for name in OPTIONAL}
    counts = {name: number for name, number in people.items() if number is not None}
    if trust is None or month is None or not cells.is_sound:
        return None
    one = Movement(trust, month.label, group, **counts)
    reasons = sum(counts[name] for name in REASONS)
    if reasons != one.leavers:
        cells.problem(f"the reasons for leaving add up to {reasons:,}, but there are {one.leavers:,} leavers.")
    if one.leavers + one.moved_out > one.headcount_start:
        cells.problem(f"more people left than the {one.headcount_start:,} who were there at the start.")
    end = one.headcount_start + one.joiners + one.moved_in - one.leavers - one.moved_out
    if end != one.headcount_end:
        moves = f" + {one.moved_in:,} moved in − {one.moved_out:,} moved out" if one.moved_in or one.moved_out else ""
        cells.problem(
            f"{one.headcount_start:,} at the start + {one.joiners:,} joiners − {one.leavers:,} leavers{moves} = "
            f"{end:,}, but the headcount at the end is {one.headcount_end:,}."
        )
    return one


def _by_month(movements: Sequence[Movement]) -> dict[tuple[str, str], list[Movement]]:
    together: dict[tuple[str, str], list[Movement]] = defaultdict(list)
    for one in movements:
        together[one.trust, one.month].append(one)
    return together


def _disagreements(together: dict[tuple[str, str], list[Movement]]) -> list[str]:
    """What is wrong between the rows of one trust and month."""
    said = []
    for (trust, month), group in sorted(together.items()):
        everybody = [one for one in group if one.staff_group.lower() in ALL_STAFF]
        if everybody and len(group) > len(everybody):
            said.append(
                f"{trust} in {month} has “{everybody[0].staff_group}” beside other staff groups. Keep one or the other."
            )
        moved_in, moved_out = sum(one.moved_in for one in group), sum(one.moved_out for one in group)
        if moved_in != moved_out:
            said.append(
                f"{trust} in {month}: {moved_in:,} people moved into staff groups, but {moved_out:,} out of them."
            )
    return said


def _gaps(movements: Sequence[Movement]) -> tuple[str, ...]:
    """Sentences about headcounts at the end of a month that are not those at the start of the next."""
    starts = {(one.trust, one.staff_group.lower(), one.month): one.headcount_start for one in movements}
    found = []
    for one in sorted(movements, key=_place):
        then = starts.get((one.trust, one.staff_group.lower(), following(one.month)))
        if then is not None and then != one.headcount_end:
            found.append(f"{one.trust} {one.staff_group} after {one.month} ({one.headcount_end:,} and {then:,})")
    if not found:
        return ()
    return (f"The headcount at the end of a month is not that at the start of the next: {in_words(found, 5)}.",)


def following(month: str) -> str:
    """The label of the month after one, "" for what is no month."""
    if not MONTHLY.fullmatch(month):
        return ""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02}"


def _place(one: Movement) -> tuple[str, str, str]:
    return one.trust, one.month, one.staff_group
