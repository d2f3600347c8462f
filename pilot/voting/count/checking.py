"""Papers before they are counted: those that no voter can have filled in are refused, by every rule alike. Pure."""

from collections.abc import Collection

from pilot.voting.count.contest import Cannot, Contest, Papers

LONG = 24
"""Above this many choices a set for each ranking is quicker than comparing place with place."""


def readable(contest: Contest, papers: Papers) -> None:
    """Raises Cannot for a paper with a number that no candidate has or with one twice, and for papers that are not."""
    known = bytes(range(1, len(contest.candidates) + 1))
    if strange := b"".join(papers).translate(None, known):
        raise Cannot(f"A paper chooses candidate {strange[0]}, and there are only {len(known)}.")
    if _any_twice(papers):
        raise Cannot("A paper chooses a candidate twice.")
    if papers and min(papers.values()) < 1:
        raise Cannot("A choice is listed with no papers that make it.")


def without(papers: Papers, gone: bytes) -> dict[bytes, int]:
    """The papers as if these candidates had never stood."""
    left: dict[bytes, int] = {}
    for ranking, alike in papers.items():
        rest = ranking.translate(None, gone)
        left[rest] = left.get(rest, 0) + alike
    return left


def _any_twice(rankings: Collection[bytes]) -> bool:
    """Whether somebody stands twice in one ranking. Rankings of one length are looked at together."""
    alike: dict[int, list[bytes]] = {}
    for ranking in rankings:
        length = len(ranking)
        if length in alike:
            alike[length].append(ranking)
        else:
            alike[length] = [ranking]
    return any(_twice(length, group) for length, group in alike.items())


def _twice(length: int, rankings: list[bytes]) -> bool:
    """The same for rankings of this length: all first choices as one number, all second ones, and so on.

    Where two of these numbers have a byte in common, their exclusive or has a byte that is 0.
    """
    if length > LONG:
        return any(len(set(ranking)) != length for ranking in rankings)
    row = b"".join(rankings)
    places = [int.from_bytes(row[place::length]) for place in range(length)]
    return any(0 in (one ^ other).to_bytes(len(rankings)) for at, one in enumerate(places) for other in places[:at])
