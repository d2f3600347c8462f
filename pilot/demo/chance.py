"""Chance from a seed: the same words give the same numbers on every machine and every version of Python. Pure."""

from collections.abc import Sequence
from hashlib import sha256
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

_NORMAL = NormalDist()


class Chance:
    """A stream of numbers that looks random and is fixed by the words of its seed. Never for anything secret."""

    def __init__(self, *seed: str | int) -> None:
        self._seed = "/".join(str(word) for word in seed)
        self._drawn = 0

    def share(self) -> float:
        """The next number, above 0 and below 1."""
        self._drawn += 1
        bits = int.from_bytes(sha256(f"{self._seed}:{self._drawn}".encode()).digest()[:6])
        return (bits + 0.5) / 2**48

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1."""
        return int(self.share() * limit)

    def one_of(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely as the others."""
        return choices[self.below(len(choices))]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """The same things in another order."""
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in range(len(left))]

    def normal(self, mean: float, sd: float) -> float:
        """A number from the normal distribution."""
        return mean + sd * _NORMAL.inv_cdf(self.share())

    def count(self, out_of: int, chance: float) -> int:
        """How many of `out_of` it befalls, each with the same `chance`: the normal approximation, for large numbers."""
        sd = float((out_of * chance * (1 - chance)) ** 0.5)
        return min(max(round(self.normal(out_of * chance, sd)), 0), out_of)
