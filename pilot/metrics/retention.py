"""Leavers out of headcount, and who stayed: the arithmetic of retention. Pure.

Who was in post is read at the start and at the end of a month. A leaver was there at the start and not at the end, a
joiner the reverse, so that start + joiners − leavers = end, and start − leavers are those who stayed. That is how NHS
England's workforce statistics count turnover. Somebody who joins and leaves within one month is neither.
"""

from collections.abc import Mapping, Sequence

import msgspec

from pilot.metrics.periods import in_order

LEAVER_RATE, LEAVERS = "leaver_rate", "leavers"
"""Measures that are about who leaves: a study may count them by period out of the headcount."""
RATE_FROM = ("leavers", "headcount", "headcount_start", "headcount_end")
"""The counts from which a leaver rate is worked out, by their names."""


def leaver_rate(leavers: float, at_start: float, at_end: float) -> float | None:
    """Leavers out of the mean of the headcount at start and end: 0.065 is 6.5%; None without staff."""
    people = at_start + at_end
    return 2 * leavers / people if people > 0 else None


class Movement(msgspec.Struct, frozen=True):
    """One staff group of one trust in one month, in numbers of people. `month` is like 2027-03.

    Leavers are those to another NHS employer, retired, at the end of a contract or rotation, and for any other reason.
    Moves are from one staff group of the trust to another: neither joiners nor leavers.
    """

    trust: str
    month: str
    staff_group: str
    headcount_start: int
    headcount_end: int
    joiners: int
    leavers: int
    leavers_to_nhs: int
    retired: int
    end_of_contract: int
    other_reasons: int
    moved_in: int = 0
    moved_out: int = 0

    @property
    def leaver_rate(self) -> float | None:
        """Leavers out of the mean of the headcount at start and end: 0 to 2; None without staff."""
        return leaver_rate(self.leavers, self.headcount_start, self.headcount_end)

    @property
    def stability(self) -> float | None:
        """The share of staff in post at the start who are still there at the end: 0 to 1; None without staff."""
        return (self.headcount_start - self.leavers) / self.headcount_start if self.headcount_start else None


class Rate(msgspec.Struct, frozen=True):
    """The leavers of one trust in one period out of the mean of its headcount at start and end: a share, 0 or more."""

    trust: str
    period: str
    rate: float
    leavers: int
    headcount: float


def leaver_rates(counts: Mapping[str, Mapping[tuple[str, str], float]]) -> list[Rate]:
    """The leaver rate of each trust and period, from counts by name, each keyed by (trust, period label).

    The counts are leavers, with either headcount_start and headcount_end, or headcount: the staff in post on the
    first day of each period, so that the end of a period is the headcount of the next. Where one is missing there
    is no rate.
    """
    starts = counts.get("headcount_start", counts.get("headcount", {}))
    ends = counts.get("headcount_end")
    if ends is None:
        periods = in_order({period for _, period in starts})
        previous = dict(zip(periods[1:], periods, strict=False))
        ends = {(trust, previous[period]): n for (trust, period), n in starts.items() if period in previous}
    rates = []
    for key, left in sorted(counts.get("leavers", {}).items()):
        start, end = starts.get(key), ends.get(key)
        if start is None or end is None or (rate := leaver_rate(left, start, end)) is None:
            continue
        rates.append(Rate(*key, rate, int(left), (start + end) / 2))
    return rates


def has_leaver_rate(outcomes: Sequence[str]) -> bool:
    """Whether a leaver rate can be worked out from measures of these names."""
    names = set(outcomes)
    return "leavers" in names and ("headcount" in names or {"headcount_start", "headcount_end"} <= names)
