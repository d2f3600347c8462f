"""The published list of a record: each counted paper's check code and, where papers are public, its answer. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping

from pilot.secrecy import canonical
from pilot.secrecy.papers import Verdict
from pilot.secrecy.stamp import PREFIX
from pilot.voting.record.parts import PAPERS, PaperLine, each, lines


def listed(files: Mapping[str, bytes]) -> list[list[str]]:
    """For each counted paper its check code and the ids that it chose, by code; the code alone below 50 people.

    The ids stand in one text with spaces between them, in the order of choice: "yes", "3 1 2", "" for a blank paper.
    """
    if PAPERS not in files:
        return [[line.decode("ascii")] for line in lines(files, "trackers.txt")]
    return sorted([code, " ".join(chosen)] for code, chosen in _valid(files))


def answers_in(files: Mapping[str, bytes]) -> dict[tuple[str, ...], int]:
    """How many valid papers give each answer to the only question, as papers.jsonl has them."""
    return dict(Counter(chosen for _, chosen in _valid(files)))


def _valid(files: Mapping[str, bytes]) -> Iterator[tuple[str, tuple[str, ...]]]:
    rows: list[PaperLine] = each(files, PAPERS, PaperLine)
    for row in rows:
        if row.verdict == Verdict.VALID:
            yield row.code, tuple(canonical.read(row.paper[PREFIX:])["a"][0])
