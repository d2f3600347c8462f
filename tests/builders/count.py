"""Small elections for the counting rules, written as people note them: "34 ABC" is 34 papers for A, then B, then C."""

from pilot.voting.count.contest import REOPEN, Contest, Papers

NAMES = ("Amy Osei", "Ben Roy", "Cat Hill", "Dan Fox", "Eve Sim", "Fay Lee", "Gus Dow", "Hal Orr")
"""The candidates A to H, numbers 1 to 8."""


def papers(*lines: str) -> Papers:
    """Papers from lines such as "34 ABC"; a number alone stands for blank papers."""
    found: dict[bytes, int] = {}
    for line in lines:
        number, _, letters = line.partition(" ")
        ranking = bytes(ord(letter) - 64 for letter in letters)
        found[ranking] = found.get(ranking, 0) + int(number)
    return found


def a_contest(seats: int, candidates: int, *, reopen: bool = False, **more: object) -> Contest:
    """A contest of the first candidates; with `reopen` one more, "Re-open nominations", comes last."""
    names = NAMES[:candidates] + ((REOPEN,) if reopen else ())
    return Contest(seats, names, reopen=candidates + 1 if reopen else None, **more)
