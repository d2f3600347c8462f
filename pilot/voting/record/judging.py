"""The papers of a record judged again, one by one, from the bytes that came out of the box. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256

import msgspec

from pilot.secrecy import canonical, papers, record, seal, stamp, tree
from pilot.secrecy.manifest import Manifest
from pilot.secrecy.papers import Judged, Verdict
from pilot.secrecy.record import stage_name
from pilot.voting.record.journal import LOG, Log
from pilot.voting.record.parts import PAPERS, Fault, PaperLine, each, lines
from pilot.voting.record.trail import names

TRACKERS = "trackers.txt"
CODE = re.compile(f"[{seal.CODE_ALPHABET}]{{16}}")


class Papers(msgspec.Struct, frozen=True):
    """The papers of a record in the order of the file: what a line says, what it is by itself, and its check code."""

    rows: list[PaperLine]
    bodies: list[bytes]
    own: list[Judged]
    codes: list[str]

    @property
    def valid(self) -> list[Judged]:
        """Those that count."""
        return [one for one in self.own if one.verdict == Verdict.VALID]

    @property
    def answers(self) -> dict[tuple[str, ...], int]:
        """How many valid ones give each answer: the ids that were chosen, in the order of choice where it is ranked."""
        return dict(Counter(one.answers[0] for one in self.valid))


def judge(files: Mapping[str, bytes], manifest: Manifest, mark: str) -> Papers:
    """Judge every paper again, from what came out of the box. Raises Fault when it is not what came out."""
    rows: list[PaperLine] = each(files, PAPERS, PaperLine)
    _are_the_last_list(files, rows, len(manifest.trustees))
    items = [_item(row, manifest.padded, number) for number, row in enumerate(rows, start=1)]
    own = {one.inner: one for one in papers.judge_all(items, manifest, mark)}
    found = [own[row.inner] for row in rows]
    codes = [seal.check_code(one.paper) if one.stamp else "" for one in found]
    return Papers(rows, lines(files, PAPERS), found, codes)


def check_stamps(found: Papers) -> str:
    """That every paper which is said to have a right stamp has one. Raises Fault with the line."""
    for number, (row, own) in enumerate(zip(found.rows, found.own, strict=True), start=1):
        if not own.stamp and row.verdict != own.verdict:
            raise Fault(PAPERS, _difference(row, own), number)
    return f"{sum(bool(one.stamp) for one in found.own):,} papers with a right stamp"


def check_distinct(found: Papers) -> str:
    """That no paper and no stamp counts twice. Raises Fault with the line."""
    for number, (row, own) in enumerate(zip(found.rows, found.own, strict=True), start=1):
        if own.reason == papers.COPY and row.verdict != own.verdict:
            raise Fault(PAPERS, _difference(row, own), number)
    return f"{len(found.valid):,} valid papers, no paper and no stamp twice"


def check_verdicts(found: Papers, log: Log) -> str:
    """That every line says what its paper is, and that these are the papers of the log. Raises Fault with the line."""
    written = map(_line, found.own, found.codes)
    for number, (body, wanted) in enumerate(zip(found.bodies, written, strict=True), start=1):
        if body != wanted and body != record.paper_line(found.own[number - 1]):
            raise Fault(PAPERS, _difference(found.rows[number - 1], found.own[number - 1]), number)
    verdicts = Counter(one.verdict for one in found.own)
    if tuple(verdicts[verdict] for verdict in Verdict) != numbers(log):
        raise Fault(PAPERS, "its papers are not as many as the log says")
    ordered = [body for _, body in sorted(zip(found.rows, found.bodies, strict=True), key=_place)]
    if tree.root(ordered).hex() != log.final.root:
        raise Fault(PAPERS, "its papers are not the ones that the log says")
    spoilt, aside = verdicts[Verdict.SPOILT], verdicts[Verdict.SET_ASIDE]
    return f"{spoilt:,} spoilt, {aside:,} set aside, each for a reason that holds"


def _line(one: Judged, code: str) -> bytes:
    """The line of papers.jsonl as `record.paper_line` writes it, in less time; only that one knows an empty paper."""
    shown = ("", b"", b"") if one.item or not one.stamp else (code, one.paper, one.stamp)
    row = PaperLine(one.inner, one.verdict.value, *shown, item=one.item, reason=one.reason)
    return canonical.SORTED.encode(row)


def _place(one: tuple[PaperLine, bytes]) -> str:
    return one[0].inner


def _are_the_last_list(files: Mapping[str, bytes], rows: Sequence[PaperLine], layers: int) -> None:
    name = stage_name(layers)
    listed = set(names(files, name))
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
    each = zip(found.own, found.codes, strict=True)
    listed, codes = _listed(files), sorted(code for one, code in each if one.verdict == Verdict.VALID)
    for number, (code, wanted) in enumerate(zip(listed, codes, strict=False), start=1):
        if code != wanted:
            raise Fault(TRACKERS, "this check code is not that of a counted paper", number)
    if len(listed) != len(codes):
        raise Fault(TRACKERS, f"it has {len(listed)} check codes for {len(codes)} counted papers", len(listed))
    return f"{len(listed):,} check codes, one for each counted paper"


def numbers(log: Log) -> tuple[int, int, int]:
    """The papers by verdict as the log has them: valid, spoilt, set aside."""
    return log.final.valid, log.final.spoilt, log.final.set_aside


def _listed(files: Mapping[str, bytes]) -> list[str]:
    return [line.decode("ascii", "replace") for line in lines(files, TRACKERS)]
