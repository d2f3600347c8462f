"""Who is behind the figures of a wave: people asked, answers, and how sure a mean over them is. Pure."""

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

RATE = "response_rate"
"""The measure of every instrument that tells which share of the people asked answered it, 0 to 1."""


class Sample(msgspec.Struct, frozen=True):
    """What is known of the people behind one value; None where its publisher, or this system, does not tell.

    `entitled` and `invited` are people, told with a response rate. `weighted`: the value is a mean weighted by staff
    group; then `mean_unw` is the plain one and `n_eff` = (Σw)² / Σw². `se` is the standard error of the value. The
    last three are in the value's unit, n_eff in people.
    """

    entitled: int | None = None
    invited: int | None = None
    weighted: bool | None = None
    n_eff: float | None = None
    mean_unw: float | None = None
    se: float | None = None


UNKNOWN = Sample()
"""Nothing is known but the value."""


class Answering(msgspec.Struct, frozen=True):
    """How many answered an instrument in one trust and period: the share, 0 to 1, and the numbers where known.

    Imports of earlier versions took percentages as well: such a rate is stored, and no share.
    """

    rate: float
    answered: int | None = None
    entitled: int | None = None
    invited: int | None = None

    @property
    def is_share(self) -> bool:
        """Whether the rate can be used."""
        return is_share(self.rate)


def is_share(rate: float) -> bool:
    """Whether a number can be a response rate: from 0 to 1."""
    return 0 <= rate <= 1


class _Value(Protocol):
    """A response rate as it is stored."""

    @property
    def trust(self) -> str: ...
    @property
    def period(self) -> str: ...
    @property
    def value(self) -> float: ...
    @property
    def n(self) -> int | None: ...
    @property
    def sample(self) -> Sample: ...


Answered = Mapping[tuple[str, str], Answering]
"""By trust and label of the period."""


def answered(rates: Iterable[_Value]) -> dict[tuple[str, str], Answering]:
    """The response rates of an instrument, by trust and period, those that are no share among them."""
    return {
        (one.trust, one.period): Answering(one.value, one.n, one.sample.entitled, one.sample.invited) for one in rates
    }
