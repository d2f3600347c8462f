"""The papers of a record judged again, counted again, and held against what was declared. Pure."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from pilot.secrecy import papers, seal, stamp, tree
from pilot.secrecy.manifest import PUBLIC_PAPERS, Manifest
from pilot.secrecy.papers import Verdict
from pilot.secrecy.record import stage_name
from pilot.voting import declaration as declarations
from pilot.voting.count import yes_no
from pilot.voting.count.yes_no import Result, Rule
from pilot.voting.declaration import Box, Declaration, Matter, Mismatch, declare
from pilot.voting.record.build import COUNT, DECLARATION, count_file, declaration_file
from pilot.voting.record.parts import Fault, PaperLine, each, lines, one, there
from pilot.voting.record.trail import PEELS, Log

PAPERS = "papers.jsonl"
TRACKERS = "trackers.txt"
COPY = "copy"

__all__ = ["PUBLIC_PAPERS", "Papers", "check_codes", "check_count", "check_declaration", "judge", "spare_beside_margin"]


class Papers(msgspec.Struct, frozen=True):
    """Papers whose verdicts hold: votes by answer, and the check codes of the valid ones."""

    votes: dict[str, int]
    codes: tuple[str, ...]
    says: str


def judge(files: Mapping[str, bytes], manifest: Manifest, mark: str, log: Log) -> Papers:
    """Judge each paper again: its stamp, its place in the last list, its answers, its check code. Raises Fault."""
    rows: list[PaperLine] = each(files, PAPERS, PaperLine)
    bodies = lines(files, PAPERS)
    _are_the_last_list(files, rows, len(manifest.trustees))
    key = stamp.rsa_key(stamp.read_public(manifest.stamp_key))
    votes: Counter[str] = Counter()
    seen: set[bytes] = set()
    copies: list[tuple[int, PaperLine]] = []
    for number, row in enumerate(rows, start=1):
        if not row.paper:
            if row.verdict != Verdict.SET_ASIDE or row.stamp or row.code:
                raise Fault(PAPERS, "a paper that is not there can only be set aside", number)
            continue
        if row.code != seal.check_code(row.paper):
            raise Fault(PAPERS, "the check code of this paper is wrong", number)
        verdict, answer = _judged(row, manifest, mark, key, number)
        if verdict != Verdict.SET_ASIDE:
            if row.paper in seen or row.stamp in seen:
                raise Fault(PAPERS, "this paper or its stamp is counted twice", number)
            seen |= {row.paper, row.stamp}
        if verdict == Verdict.VALID:
            votes[answer] += 1
        elif answer == COPY:
            copies.append((number, row))
    for number, row in copies:
        if not seen & {row.paper, row.stamp}:
            raise Fault(PAPERS, "this paper is set aside as a copy, and nothing counted is like it", number)
    found = Counter(row.verdict for row in rows)
    if (found["valid"], found["spoilt"], found["set aside"]) != _final(log):
        raise Fault(PAPERS, "its papers are not as many as the log says")
    ordered = [body for _, body in sorted(zip((row.inner for row in rows), bodies, strict=True))]
    if tree.root(ordered).hex() != log.final.root:
        raise Fault(PAPERS, "its papers are not the ones that the log says")
    codes = tuple(sorted(row.code for row in rows if row.verdict == Verdict.VALID))
    return Papers(
        dict(votes),
        codes,
        f"{found['valid']:,} valid, all different, each with a right stamp; {found['spoilt']:,} spoilt, "
        f"{found['set aside']:,} set aside",
    )


def _are_the_last_list(files: Mapping[str, bytes], rows: list[PaperLine], layers: int) -> None:
    name = stage_name(layers)
    listed = {line.decode("ascii", "replace") for line in lines(files, name)}
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        if row.inner not in listed or row.inner in seen:
            raise Fault(PAPERS, f"this paper is not in {name}, or is here twice", number)
        seen.add(row.inner)
    if seen != listed:
        raise Fault(PAPERS, f"{len(listed - seen)} papers of {name} are missing")


def _judged(row: PaperLine, manifest: Manifest, mark: str, key: RSAPublicKey, number: int) -> tuple[Verdict, str]:
    """The verdict that this paper must have, and its answer when it is valid."""
    if len(row.stamp) != stamp.SIZE or len(row.paper) + seal.LENGTH + stamp.SIZE > manifest.padded:
        raise Fault(PAPERS, "this paper or its stamp has a wrong length", number)
    own = papers.judge(seal.pack(row.paper, row.stamp, manifest.padded), manifest, mark, key)
    if own.verdict == Verdict.SET_ASIDE and not own.paper:
        raise Fault(PAPERS, "the stamp of this paper is wrong", number)
    if own.verdict == row.verdict:
        if own.verdict == Verdict.VALID and own.inner != row.inner:
            raise Fault(PAPERS, "this paper is not what was in the sealed vote", number)
        return own.verdict, own.answers[0][0] if own.answers else ""
    if own.verdict == Verdict.VALID and row.verdict == Verdict.SPOILT and own.inner != row.inner:
        return Verdict.SPOILT, ""  # something stood in its padding: only the sealed bytes could show it
    if row.verdict == Verdict.SET_ASIDE:
        return Verdict.SET_ASIDE, COPY
    raise Fault(PAPERS, f"this paper is called {row.verdict[:20]}, but it is {own.verdict}", number)


def check_codes(files: Mapping[str, bytes], found: Papers) -> str:
    """That the published check codes are those of the valid papers."""
    listed = [line.decode("ascii", "replace") for line in lines(files, TRACKERS)]
    for number, (code, wanted) in enumerate(zip(listed, found.codes, strict=False), start=1):
        if code != wanted:
            raise Fault(TRACKERS, "this check code is not that of a counted paper", number)
    if len(listed) != len(found.codes):
        raise Fault(TRACKERS, f"it has {len(listed)} check codes for {len(found.codes)} counted papers", len(listed))
    return f"{len(listed):,} check codes, one for each counted paper"


def check_count(files: Mapping[str, bytes], manifest: Manifest, log: Log, votes: dict[str, int] | None) -> str:
    """That the rule of the manifest, applied to the votes, gives count.json byte for byte.

    `votes` None: the papers are not at hand, so only the arithmetic of the published figures is checked.
    """
    rule, written = rule_in(manifest), published(files)
    given = {"yes": written.yes, "no": written.no, "abstain": written.abstain} if votes is None else votes
    try:
        again = yes_no.count(rule, given, entitled=manifest.roll.size, spoilt=log.final.spoilt)
    except ValueError as trouble:
        raise Fault(COUNT, str(trouble)) from trouble
    if again.yes + again.no + again.abstain != log.final.valid:
        raise Fault(COUNT, "it counts another number of papers than the log has")
    if count_file(again) != there(files, COUNT):
        raise Fault(COUNT, f"counting again gives: {again.sentence}")
    how = "counted again" if votes is not None else "arithmetic checked, papers not at hand"
    return f"{again.sentence} ({how}: yes {again.yes:,}, no {again.no:,}, abstain {again.abstain:,})"


def check_declaration(files: Mapping[str, bytes], manifest: Manifest, mark: str, log: Log) -> str:
    """That the declaration says what the count and the log say, and nothing else."""
    said = one(files, DECLARATION, Declaration)
    matter = Matter(
        said.ballot, said.trust, said.subject, manifest.title, manifest.questions[0].text, mark, dict(manifest.rule)
    )
    try:
        at = said.declared_at
        again = declare(matter, published(files), _box(files, log), at=at)
    except (ValueError, Mismatch) as trouble:
        raise Fault(DECLARATION, str(trouble)) from trouble
    if f"{said.trust}-{said.ballot}" != manifest.ballot or declaration_file(again) != there(files, DECLARATION):
        wrong = [
            name for name, value in declarations.written(again).items() if value != declarations.written(said).get(name)
        ]
        raise Fault(DECLARATION, f"it differs from the count in: {', '.join(wrong) or 'ballot'}")
    return f"{said.outcome}, as the count says"


def spare_beside_margin(files: Mapping[str, bytes], manifest: Manifest, log: Log) -> str:
    """How many papers could have been exchanged, beside how many would have had to be."""
    spare = papers.spare(log.close.stamps, log.final.valid)
    margin = yes_no.margin(rule_in(manifest), published(files))
    if margin is None:
        return f"{spare:,} spare stamps; no exchange of papers could give another outcome"
    return f"{spare:,} spare stamps; {margin:,} exchanged papers would give another outcome"


def rule_in(manifest: Manifest) -> Rule:
    """The majority rule of the manifest. Raises Fault."""
    try:
        return yes_no.parse(manifest.rule)
    except (ValueError, KeyError, AttributeError) as trouble:
        raise Fault("manifest.json", f"its majority rule cannot be read: {trouble}") from trouble


def published(files: Mapping[str, bytes]) -> Result:
    """The published count. Raises Fault."""
    return one(files, COUNT, Result)


def _final(log: Log) -> tuple[int, int, int]:
    return log.final.valid, log.final.spoilt, log.final.set_aside


def _box(files: Mapping[str, bytes], log: Log) -> Box:
    entries: list[dict[str, Any]] = one(files, PEELS, list[dict[str, Any]])
    try:
        left = sum(entry["duplicates"] + len(entry["rejects"]) for entry in entries)
    except (KeyError, TypeError) as trouble:
        raise Fault(PEELS, "an opening has no numbers") from trouble
    valid, spoilt, set_aside = _final(log)
    return Box(log.close.stamps, log.close.envelopes, valid, spoilt, set_aside + left)
