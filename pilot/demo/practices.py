"""What the demonstration tells of how trusts are led: made-up shares, training and ratings, with no effect. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date

from pilot.demo.chance import Chance
from pilot.demo.figures import SEED, WAVE_MONTHS, first_month, month_after, table
from pilot.people.trusts import Trust

WAVES = WAVE_MONTHS[2:4]
"""The months, counted from 0, of the figures that stand before those of the survey: one on each side of the start."""

_LEVELS = {
    "leadership_effective": 0.55,
    "leadership_not_effective": 0.24,
    "leadership_not_motivating": 0.30,
    "leadership_not_available": 0.33,
    "obstacles": 0.66,
    "obstacles_staffing": 0.58,
    "obstacles_organisation": 0.41,
    "obstacles_procedures": 0.27,
    "obstacles_other": 0.14,
    "no_targets": 0.26,
    "targets_aligned": 0.57,
}
"""The share that all trusts lie around."""

_TRAINED = {"managers_trained": 0.34, "managers_trained_junior": 0.22, "managers_trained_senior": 0.61}


def shares_file(trusts: Iterable[Trust], today: date, seed: str = SEED) -> bytes:
    """The shares of every trust in two waves, as a CSV file of measures."""
    rows = []
    for trust in trusts:
        chance = Chance(seed, "practice", trust.ods_code)
        own = {code: level + chance.normal(0, 0.06) for code, level in _LEVELS.items()}
        for month in WAVES:
            period = f"{month_after(first_month(today), month):%Y-%m}"
            answers = 300 + chance.below(500)
            rows += [
                (trust.ods_code, period, code, _share(level + chance.normal(0, 0.02)), str(answers))
                for code, level in own.items()
            ]
    return table(("trust", "period", "measure", "value", "answers"), rows)


def training_file(trusts: Iterable[Trust], today: date, seed: str = SEED) -> bytes:
    """The share of managers with an accredited training, by level, in the two years before this one."""
    rows = []
    for trust in trusts:
        chance = Chance(seed, "training", trust.ods_code)
        managers = 90 + chance.below(120)
        for years_ago in (2, 1):
            for code, level in _TRAINED.items():
                value = level + 0.04 * (2 - years_ago) + chance.normal(0, 0.05)
                rows.append((trust.ods_code, str(today.year - years_ago), code, _share(value), str(managers)))
    return table(("trust", "period", "measure", "value", "answers"), rows)


def ratings_file(trusts: Sequence[Trust], today: date) -> bytes:
    """The ratings of every trust as the list of trusts has them, published a year and a half ago."""
    published = month_after(first_month(today), 17).isoformat()
    rows = [(trust.ods_code, trust.cqc_overall, trust.cqc_well_led, published) for trust in trusts]
    return table(("ods_code", "overall", "well_led", "date"), rows)


def _share(value: float) -> str:
    return f"{min(max(value, 0.02), 0.98):.3f}"
