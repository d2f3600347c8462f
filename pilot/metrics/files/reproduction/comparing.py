"""What was worked out, cell by cell beside what the files say."""

# ruff: noqa: B905 -- it runs on Python 3.9
# mypy: ignore-errors

from .reading import is_number

CLOSE, ROUNDING, SIX_DIGITS = 1e-8, 1e-12, 2e-6

OWN_UNIT = ("response rate", "log rate ratio")
"""Estimands that are not in the unit of their outcome."""


NUMBERS = [
    "att",
    "att_sd_units",
    "se",
    "df",
    "lo",
    "hi",
    "p_perm",
    "p_bm",
    "p_wcr",
    "p_holm",
    "p_rw",
    "n_trusts_t",
    "n_trusts_c",
    "n_resp",
    "seed",
    "n_perm",
]

BANDS = ["att", "se", "lo", "hi", "band_lo", "band_hi"]

TABLES = {
    "estimates": (["outcome", "estimand", "estimator"], NUMBERS),
    "att_gt": (["outcome", "group", "wave"], [*BANDS, "n_treated", "n_control"]),
    "event_study": (["outcome", "event_time"], [*BANDS, "n_trusts"]),
    "placebo": (["outcome", "kind", "shift_or_unit"], ["att", "se", "p"]),
    "sensitivity": (["outcome", "method", "parameter"], ["lo", "hi", "includes_zero", "breakdown"]),
}
"""The columns that name a row of each file, and those that are worked out."""


def keyed(rows, names):
    """Rows by what names them; the second of the same name gets a 2."""
    found = {}
    for line in rows:
        key = tuple(str(line[name]) for name in names)
        number = sum(other[:-1] == key for other in found)
        found[(*key, number)] = line
    return found


def same(worked_out, cell, column, largest):
    """Whether a cell holds what was worked out."""
    if worked_out is None or isinstance(worked_out, str):
        if column == "breakdown" and worked_out and is_number(cell):
            mine, theirs = float(worked_out), float(cell)
            return abs(mine - theirs) <= SIX_DIGITS * max(abs(mine), abs(theirs)) + ROUNDING * largest
        return (worked_out or "") == cell
    if not is_number(cell):
        return False
    number, theirs = float(worked_out), float(cell)
    return abs(number - theirs) <= max(CLOSE * max(abs(number), abs(theirs)), ROUNDING * largest)


def compare(bundle, tables, largest):
    """For each file the number of cells that are the same, and a sentence for each that is not."""
    result = {}
    for name, (keys, columns) in TABLES.items():
        mine = keyed([dict(zip([*keys, *columns], line)) for line in tables[name]], keys)
        theirs = keyed(bundle.table(name), keys)
        alike, wrong = 0, []
        for key in [*mine, *[key for key in theirs if key not in mine]]:
            where = f"{name}.csv, {', '.join(key[:-1])}"
            if key not in theirs:
                wrong.append(where + ": this row is not in the file")
            elif key not in mine:
                wrong.append(where + ": nothing gives this row")
            else:
                size = 1.0 if key[1] in OWN_UNIT else largest.get(key[0], 0.0)
                for column in columns:
                    number, cell = mine[key][column], theirs[key][column]
                    if same(number, cell, column, size):
                        alike += 1
                    else:
                        wrong.append(f"{where}, {column}: the file says {cell or 'nothing'}, but it is {shown(number)}")
        result[name] = (alike, wrong)
    return result


def shown(number):
    """A number with every digit."""
    return "nothing" if number is None or number == "" else number if isinstance(number, str) else repr(float(number))
