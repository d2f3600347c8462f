"""The papers of a record judged again, counted again, and held against what was declared. Pure."""

import re
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
from pilot.voting.record.build import (
    COUNT,
    DECLARATION,
    LEFT_OUT,
    SPARE_MEANS,
    could_matter,
    count_file,
    declaration_file,
)
from pilot.voting.record.parts import Fault, PaperLine, each, lines, one, there
from pilot.voting.record.trail import LOG, PEELS, Log

PAPERS = "papers.jsonl"
TRACKERS = "trackers.txt"
CODE = re.compile(f"[{seal.CODE_ALPHABET}]{{16}}")

__all__ = [
    "PUBLIC_PAPERS",
    "Papers",
    "check_code_list",
    "check_codes",
    "check_count",
    "check_declaration",
    "check_numbers",
    "check_question",
    "judge",
    "left_out",
    "spare_beside_margin",
]


class Papers(msgspec.Struct, frozen=True):
    """Papers whose verdicts hold: votes by answer, and the check codes of the valid ones.

    `unseen` is the number of lines that do not show all that was in the sealed vote: no verifier can judge them.
    """

    votes: dict[str, int]
    codes: tuple[str, ...]
    unseen: int
    says: str


class _Bench(msgspec.Struct, frozen=True):
    """What each paper is held against; `listed` are the lines of the last list."""

    manifest: Manifest
    mark: str
    key: RSAPublicKey
    listed: frozenset[str]


def check_question(manifest: Manifest) -> str:
    """That it is one question with one answer out of yes, no and abstain: the only one that the rule can count."""
    known = {option for option, _ in yes_no.OPTIONS}
    question = manifest.questions[0]
    fits = (len(manifest.questions), question.min, question.max, question.ranked) == (1, 1, 1, False)
    if not fits or not {option.id for option in question.options} <= known:
        says = "the yes-no rule needs one question to which everybody gives exactly one answer: yes, no or abstain"
        raise Fault("manifest.json", says)
    return "one question with exactly one answer"


def judge(files: Mapping[str, bytes], manifest: Manifest, mark: str, log: Log) -> Papers:
    """Judge each paper again: its stamp, its place in the last list, its answers, its check code. Raises Fault."""
    check_question(manifest)
    rows: list[PaperLine] = each(files, PAPERS, PaperLine)
    listed = _the_last_list(files, rows, len(manifest.trustees))
    bench = _Bench(manifest, mark, stamp.rsa_key(stamp.read_public(manifest.stamp_key)), listed)
    votes: Counter[str] = Counter()
    seen: set[bytes] = set()
    copies: list[tuple[int, PaperLine]] = []
    unseen = 0
    for number, row in enumerate(rows, start=1):
        own = _judged(row, bench, number)
        unseen += own is None or own.inner != row.inner
        if own is None:
            continue
        if row.verdict != Verdict.SET_ASIDE:
            if row.paper in seen or row.stamp in seen:
                raise Fault(PAPERS, "this paper or its stamp is counted twice", number)
            seen |= {row.paper, row.stamp}
        elif own.verdict != Verdict.SET_ASIDE:
            copies.append((number, row))
        if row.verdict == Verdict.VALID:
            votes[own.answers[0][0]] += 1
    for number, row in copies:
        if not seen & {row.paper, row.stamp}:
            raise Fault(PAPERS, "this paper is set aside as a copy, and nothing counted is like it", number)
    found = Counter(row.verdict for row in rows)
    _are_those_of_the_log(files, rows, found, log)
    codes = tuple(sorted(row.code for row in rows if row.verdict == Verdict.VALID))
    says = f"{found['valid']:,} valid, all different, each with a right stamp; {found['spoilt']:,} spoilt"
    return Papers(dict(votes), codes, unseen, f"{says}, {found['set aside']:,} set aside")


def _the_last_list(files: Mapping[str, bytes], rows: list[PaperLine], layers: int) -> frozenset[str]:
    """The lines of the last list, when the papers are exactly these."""
    name = stage_name(layers)
    listed = frozenset(line.decode("ascii", "replace") for line in lines(files, name))
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        if row.inner not in listed or row.inner in seen:
            raise Fault(PAPERS, f"this paper is not in {name}, or is here twice", number)
        seen.add(row.inner)
    if seen != listed:
        raise Fault(PAPERS, f"{len(listed - seen)} papers of {name} are missing")
    return listed


def _are_those_of_the_log(
    files: Mapping[str, bytes], rows: list[PaperLine], found: Mapping[str, int], log: Log
) -> None:
    if (found["valid"], found["spoilt"], found["set aside"]) != _final(log):
        raise Fault(PAPERS, "its papers are not as many as the log says")
    bodies = lines(files, PAPERS)
    ordered = [body for _, body in sorted(zip((row.inner for row in rows), bodies, strict=True))]
    if tree.root(ordered).hex() != log.final.root:
        raise Fault(PAPERS, "its papers are not the ones that the log says")


def _judged(row: PaperLine, bench: _Bench, number: int) -> papers.Judged | None:
    """The paper as it is when nothing stands in its padding; None where no paper is shown.

    Raises Fault when its verdict cannot be right. One that is set aside may still turn out to be no copy of any.
    """
    if not row.stamp:
        if row.verdict != Verdict.SET_ASIDE or row.paper or row.code:
            raise Fault(PAPERS, "a paper that is not there can only be set aside", number)
        return None
    if row.code != seal.check_code(row.paper):
        raise Fault(PAPERS, "the check code of this paper is wrong", number)
    if len(row.stamp) != stamp.SIZE or len(row.paper) + seal.LENGTH + stamp.SIZE > bench.manifest.padded:
        raise Fault(PAPERS, "this paper or its stamp has a wrong length", number)
    sealed = seal.pack(row.paper, row.stamp, bench.manifest.padded)
    own = papers.judge(sealed, bench.manifest, bench.mark, bench.key)
    if not own.stamp:
        raise Fault(PAPERS, "the stamp of this paper is wrong", number)
    if row.verdict == Verdict.VALID == own.verdict and own.inner != row.inner:
        raise Fault(PAPERS, "this paper is not what was in the sealed vote", number)
    if row.verdict in (own.verdict, Verdict.SET_ASIDE):
        return own
    # Something may have stood in its padding, which only the sealed bytes could show; not if the list has it without.
    if own.verdict == Verdict.VALID and row.verdict == Verdict.SPOILT and own.inner not in bench.listed:
        return own
    raise Fault(PAPERS, f"this paper is called {row.verdict[:20]}, but it is {own.verdict}", number)


def check_numbers(files: Mapping[str, bytes], manifest: Manifest, log: Log) -> str:
    """That the log's numbers of papers are those of the last list."""
    items = len(lines(files, stage_name(len(manifest.trustees))))
    if min(_final(log)) < 0 or sum(_final(log)) != items:
        raise Fault(LOG, f"its last line tells of other papers than the {items} of the last opening")
    return f"valid, spoilt and set aside are together {items:,}, as many as were left after the last opening"


def check_code_list(files: Mapping[str, bytes], log: Log) -> str:
    """That the published check codes are written as they must be, sorted, all different, one for each valid paper."""
    listed = [line.decode("ascii", "replace") for line in lines(files, TRACKERS)]
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
    how = "counted again" if votes is not None else "arithmetic only, no papers were counted"
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
    needed = "no exchange of papers" if margin is None else f"{margin:,} exchanged papers"
    could = "could" if margin is None else "would"
    return f"{spare:,} spare stamps; {needed} {could} give another outcome. {SPARE_MEANS}"


def left_out(files: Mapping[str, bytes], manifest: Manifest, log: Log) -> str:
    """A sentence when as many votes were not counted as could have changed the outcome, else nothing. Raises Fault."""
    box = _box(files, log)
    left = box.set_aside + box.spoilt
    try:
        matters = could_matter(rule_in(manifest), published(files), left)
    except ValueError as trouble:
        raise Fault(COUNT, str(trouble)) from trouble
    return LEFT_OUT.format(left) if matters else ""


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
