"""The papers of a record judged again, one by one, from the bytes that came out of the box. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

from pilot.secrecy import papers, record, seal, stamp, tree
from pilot.secrecy.manifest import Manifest
from pilot.secrecy.papers import Judged, Verdict
from pilot.secrecy.record import stage_name
from pilot.voting.record.parts import PAPERS, Fault, PaperLine, each, lines
from pilot.voting.record.trail import LOG, Log

TRACKERS = "trackers.txt"
CODE = re.compile(f"[{seal.CODE_ALPHABET}]{{16}}")


class Papers(msgspec.Struct, frozen=True):
    """Papers whose verdicts hold: how many valid ones give each answer, and their check codes, sorted.

    An answer has the ids of the options that were chosen, in the order of choice where the question is ranked.
    """

    answers: dict[tuple[str, ...], int]
    codes: tuple[str, ...]
    says: str


def judge(files: Mapping[str, bytes], manifest: Manifest, mark: str, log: Log) -> Papers:
    """Judge every paper again: its place in the last list, its stamp, its answers, its check code. Raises Fault."""
    rows: list[PaperLine] = each(files, PAPERS, PaperLine)
    _are_the_last_list(files, rows, len(manifest.trustees))
    items = [_item(row, manifest.padded, number) for number, row in enumerate(rows, start=1)]
    judged = papers.judge_all(items, manifest, mark)
    own = {one.inner: one for one in judged}
    for number, (row, body) in enumerate(zip(rows, lines(files, PAPERS), strict=True), start=1):
        if body != record.paper_lines([own[row.inner]])[0]:
            raise Fault(PAPERS, _difference(row, own[row.inner]), number)
    _are_those_of_the_log(judged, log)
    valid = papers.of(judged, Verdict.VALID)
    spoilt, aside = (len(papers.of(judged, verdict)) for verdict in (Verdict.SPOILT, Verdict.SET_ASIDE))
    says = f"{len(valid):,} valid, all different, each with a right stamp; {spoilt:,} spoilt, {aside:,} set aside"
    codes = tuple(sorted(seal.check_code(one.paper) for one in valid))
    return Papers(dict(Counter(one.answers[0] for one in valid)), codes, says)


def _are_the_last_list(files: Mapping[str, bytes], rows: Sequence[PaperLine], layers: int) -> None:
    name = stage_name(layers)
    listed = {line.decode("ascii", "replace") for line in lines(files, name)}
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        if row.inner not in listed or row.inner in seen:
            raise Fault(PAPERS, f"this paper is not in {name}, or is here twice", number)
        seen.add(row.inner)
    if seen != listed:
        raise Fault(PAPERS, f"{len(listed - seen)} papers of {name} are missing")


def _item(row: PaperLine, padded: int, number: int) -> bytes:
    """What came out of the box: as it is shown, or made again from paper, stamp and zeros."""
    item = row.item
    if not item:
        if len(row.stamp) != stamp.SIZE or len(row.paper) + seal.LENGTH + stamp.SIZE > padded:
            raise Fault(PAPERS, "this paper or its stamp has a wrong length, or is not there", number)
        item = seal.pack(row.paper, row.stamp, padded)
    if sha256(item).hexdigest() != row.inner:
        raise Fault(PAPERS, "this is not what was in the sealed vote", number)
    return item


def _difference(row: PaperLine, own: Judged) -> str:
    if row.verdict != own.verdict:
        why = f": {own.reason}" if own.reason else ""
        return f"this paper is called {row.verdict[:20]}, but it is {own.verdict}{why}"
    if row.code and own.paper and row.code != seal.check_code(own.paper):
        return "the check code of this paper is wrong"
    return f"this line should give the reason “{own.reason}”, or other parts of the paper"


def _are_those_of_the_log(judged: Sequence[Judged], log: Log) -> None:
    if tuple(len(papers.of(judged, verdict)) for verdict in Verdict) != numbers(log):
        raise Fault(PAPERS, "its papers are not as many as the log says")
    if tree.root(record.paper_lines(judged)).hex() != log.final.root:
        raise Fault(PAPERS, "its papers are not the ones that the log says")


def check_numbers(files: Mapping[str, bytes], manifest: Manifest, log: Log) -> str:
    """That the log's numbers of papers are those of the last list."""
    items = len(lines(files, stage_name(len(manifest.trustees))))
    if min(numbers(log)) < 0 or sum(numbers(log)) != items:
        raise Fault(LOG, f"its last line tells of other papers than the {items} of the last opening")
    return f"valid, spoilt and set aside are together {items:,}, as many as were left after the last opening"


def check_code_list(files: Mapping[str, bytes], log: Log) -> str:
    """That the published check codes are written as they must be, sorted, all different, one for each valid paper."""
    listed = _listed(files)
    for number, code in enumerate(listed, start=1):
        if not CODE.fullmatch(code):
            raise Fault(TRACKERS, "this is no check code", number)
        if number > 1 and code <= listed[number - 2]:
            raise Fault(TRACKERS, "the check codes are not sorted, or one is there twice", number)
    if len(listed) != log.final.valid:
        raise Fault(TRACKERS, f"it has {len(listed)} check codes for {log.final.valid} counted papers", len(listed))
    return f"{len(listed):,} check codes, all different"


def check_codes(files: Mapping[str, bytes], found: Papers) -> str:
    """That the published check codes are those of the valid papers."""
    listed = _listed(files)
    for number, (code, wanted) in enumerate(zip(listed, found.codes, strict=False), start=1):
        if code != wanted:
            raise Fault(TRACKERS, "this check code is not that of a counted paper", number)
    if len(listed) != len(found.codes):
        raise Fault(TRACKERS, f"it has {len(listed)} check codes for {len(found.codes)} counted papers", len(listed))
    return f"{len(listed):,} check codes, one for each counted paper"


def numbers(log: Log) -> tuple[int, int, int]:
    """The papers by verdict as the log has them: valid, spoilt, set aside."""
    return log.final.valid, log.final.spoilt, log.final.set_aside


def _listed(files: Mapping[str, bytes]) -> list[str]:
    return [line.decode("ascii", "replace") for line in lines(files, TRACKERS)]
