"""Votes held as whole numbers of their smallest part: as figures for a sheet, and as people say them. Pure."""


def fixed(parts: int, places: int = 5) -> str:
    """The figure in a sheet: 13412500 parts of a vote with 5 decimals are "134.12500"; with none, "134"."""
    whole, rest = divmod(parts, 10**places)
    return f"{whole}.{rest:0{places}d}" if places else str(whole)


def spoken(parts: int, places: int = 5) -> str:
    """The figure in a sentence: no noughts at the end, and commas for thousands: "1,134.125"."""
    whole, rest = divmod(parts, 10**places)
    return f"{whole:,}.{rest:0{places}d}".rstrip("0") if rest else f"{whole:,}"


def votes(parts: int, places: int = 5) -> str:
    """ "1 vote", "134 votes", "0.5 votes"."""
    return f"{spoken(parts, places)} {'vote' if parts == 10**places else 'votes'}"
