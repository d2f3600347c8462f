"""The published list of a record: each counted paper's check code and, where papers are public, its answer. Pure."""

from collections.abc import Mapping

from pilot.secrecy import canonical
from pilot.secrecy.papers import Verdict
from pilot.secrecy.stamp import PREFIX
from pilot.voting.record.parts import PaperLine, each, lines
from pilot.voting.record.tally import PAPERS, TRACKERS


def listed(files: Mapping[str, bytes]) -> list[list[str]]:
    """For each counted paper its check code and the id of its answer, by code; the code alone below 50 people."""
    if PAPERS not in files:
        return [[line.decode("ascii")] for line in lines(files, TRACKERS)]
    rows: list[PaperLine] = each(files, PAPERS, PaperLine)
    return sorted(
        [row.code, canonical.read(row.paper[PREFIX:])["a"][0][0]] for row in rows if row.verdict == Verdict.VALID
    )
