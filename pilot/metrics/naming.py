"""What the codes of estimators, checks and periods are called for reading, on pages, in pictures and reports. Pure."""

from collections.abc import Sequence

from pilot.metrics.periods import MONTHLY, QUARTERLY, YEARLY, read_period

ESTIMATORS = {
    "did": "Difference in differences",
    "ancova": "ANCOVA",
    "callaway-santanna": "Callaway and Sant’Anna",
    "twfe": "Two-way fixed effects",
    "sdid": "Synthetic difference in differences",
}
"""The ways of estimating, by the code that a plan and estimates.csv have for them."""

_CHECKS = {
    "ancova": "adjusting for where each trust began",
    "placebo": "trying starts and pilots that never were",
    "leave-one-out": "leaving out each trust in turn",
    "pre-trends": "whether the arms moved together before the start",
    "smoothness": "letting trends bend",
    "response": "who did not answer",
    "counts": "counting leavers",
    "synthetic": "a synthetic control for each pilot",
}


def shown_name(outcome: str) -> str:
    """A measure's name for reading: leaver_rate becomes leaver rate."""
    return outcome.replace("_", " ")


def check(code: str) -> str:
    """What a check does, in the middle of a sentence; whatever is no code of a check stays as it is."""
    return _CHECKS.get(code, code)


def period(label: str, instrument: str = "") -> str:
    """A period by its label: “March 2024”, “January to March 2024”, “2023 survey” of a yearly survey, “2023” otherwise.

    What is not the label of a period stays as it is.
    """
    if YEARLY.fullmatch(label):
        return f"{label} survey" if instrument.endswith("Survey") else label
    found = read_period(label)
    if found is None or found.label != label:
        return label
    if MONTHLY.fullmatch(label):
        return f"{found.first:%B %Y}"
    if QUARTERLY.fullmatch(label):
        return f"{found.first:%B} to {found.last:%B %Y}"
    return f"{found.first.day} {found.first:%B %Y}" if found.first == found.last else label


def short_period(label: str) -> str:
    """The same for the axis of a picture, where there is less room: “Mar 2024”."""
    found = read_period(label) if MONTHLY.fullmatch(label) else None
    return f"{found.first:%b %Y}" if found else label


def span(labels: Sequence[str], instrument: str = "") -> str:
    """Periods from the first to the last: “2021 survey to 2023 survey”, or the one that there is."""
    ends = dict.fromkeys((labels[0], labels[-1]))
    return " to ".join(period(label, instrument) for label in ends)
