"""Votes held as whole numbers of their smallest part: as figures for a sheet, and as people say them. Pure."""

from collections.abc import Sequence


def fixed(held: int, places: int = 5) -> str:
    """The figure in a sheet: 13412500 parts of a vote with 5 decimals are "134.12500"; with none, "134"."""
    whole, rest = divmod(held, 10**places)
    return f"{whole}.{rest:0{places}d}" if places else str(whole)


def parts(text: str, places: int | None = None) -> int:
    """The figure of a sheet in parts of a vote; `places`: decimals of a vote, as many as the figure has when None."""
    whole, _, rest = text.partition(".")
    return int(whole + (rest if places is None else rest.ljust(places, "0")))


def spoken(held: int, places: int = 5) -> str:
    """The figure in a sentence: no noughts at the end, and commas for thousands: "1,134.125"."""
    whole, rest = divmod(held, 10**places)
    return f"{whole:,}.{rest:0{places}d}".rstrip("0") if rest else f"{whole:,}"


def votes(held: int, places: int = 5) -> str:
    """The figure with its word: "1 vote", "134 votes", "0.5 votes"."""
    return f"{spoken(held, places)} {'vote' if held == 10**places else 'votes'}"


def plural(number: int, one: str, many: str) -> str:
    """A whole number with its word: "1 seat stays", "2 seats stay", "1,204 papers"."""
    return f"{number:,} {one if number == 1 else many}"


def listed(words: Sequence[str]) -> str:
    """Words as people say them one after the other: "Amy", "Amy and Ben", "Amy, Ben and Cat"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
