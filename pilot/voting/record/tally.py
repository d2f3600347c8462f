"""The papers of a record counted again, and held against what was declared. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from pilot.secrecy import papers
from pilot.secrecy.manifest import Manifest
from pilot.secrecy.record import stage_name
from pilot.voting import declaration as declarations
from pilot.voting.count import lot as lots
from pilot.voting.count import result as counts
from pilot.voting.count import rules, yes_no
from pilot.voting.count.amounts import listed
from pilot.voting.count.contest import Cannot
from pilot.voting.count.result import CountResult
from pilot.voting.count.yes_no import Result, Rule
from pilot.voting.declaration import Box, Declaration, Lot, Matter, Mismatch, OnPaper, declare
from pilot.voting.record import figures, margins
from pilot.voting.record.asked import Answers, Asked, Election, rankings
from pilot.voting.record.build import (
    BALLOTS,
    COUNT,
    DECLARATION,
    LOT_LOST,
    SPARE_MEANS,
    ballots_file,
    count_file,
    declaration_file,
)
from pilot.voting.record.journal import Log
from pilot.voting.record.judging import numbers
from pilot.voting.record.parts import Fault, one, there
from pilot.voting.record.trail import PEELS


def check_count(files: Mapping[str, bytes], manifest: Manifest, asked: Asked, log: Log, answers: Answers | None) -> str:
    """That the rule of the manifest, applied to the votes, gives count.json byte for byte.

    `answers` None: the papers are not at hand, so only what the published figures say by themselves is checked.
    """
    if isinstance(asked, Rule):
        return _check_question(files, manifest, asked, log, answers)
    if answers is None:
        return _check_figures(files, manifest, asked, log)
    try:
        order = _lot_order(files, manifest, asked)
        again = rules.count(asked.rule, asked.contest, rankings(answers, manifest.questions[0]), order)
    except Cannot as trouble:
        raise Fault(COUNT, str(trouble)) from trouble
    said = _published_election(files)
    if count_file(_in_words_of(said, again)) != there(files, COUNT):
        raise Fault(COUNT, _first_difference(_in_words_of(said, again), said))
    how = "decided by lot, drawn again" if again.by_lot else "no lot was needed"
    return f"{again.sentence} (counted again: {_extent(again)}; {how}{_other_words(said, again)})"


def _check_question(
    files: Mapping[str, bytes], manifest: Manifest, rule: Rule, log: Log, answers: Answers | None
) -> str:
    written = one(files, COUNT, Result)
    given = {"yes": written.yes, "no": written.no, "abstain": written.abstain}
    if answers is not None:
        given = {name: answers.get((name,), 0) for name in given}
    try:
        again = yes_no.count(rule, given, entitled=manifest.roll.size, spoilt=log.final.spoilt)
    except ValueError as trouble:
        raise Fault(COUNT, str(trouble)) from trouble
    if again.yes + again.no + again.abstain != log.final.valid:
        raise Fault(COUNT, "it counts another number of papers than the log has")
    if count_file(again) != there(files, COUNT):
        raise Fault(COUNT, f"counting again gives: {again.sentence}")
    how = "counted again" if answers is not None else "arithmetic only, no papers were counted"
    return f"{again.sentence} ({how}: yes {again.yes:,}, no {again.no:,}, abstain {again.abstain:,})"


def _check_figures(files: Mapping[str, bytes], manifest: Manifest, election: Election, log: Log) -> str:
    """That the published votes of an election elect whom it says, at each stage, by its reserves and the lot."""
    said = _published_election(files)
    if said.valid + said.blank != log.final.valid or min(said.valid, said.blank) < 0:
        raise Fault(COUNT, "it counts another number of papers than the log has")
    order = _lot_order(files, manifest, election)
    try:
        again = figures.count_again(election, said, order)
    except (ValueError, LookupError) as trouble:
        why = str(trouble) if isinstance(trouble, Cannot) else "they are not those of such an election"
        raise Fault(COUNT, f"its votes cannot be right: {why}") from trouble
    if count_file(_in_words_of(said, again)) != there(files, COUNT):
        raise Fault(COUNT, _first_difference(_in_words_of(said, again), said))
    lot = " decided by lot," if said.by_lot else ""
    other = _other_words(said, again)
    return f"{said.sentence} ({_extent(said)};{lot} arithmetic only, no papers were counted{other})"


def _in_words_of(said: CountResult, again: CountResult) -> CountResult:
    """The new count with the published words for its stages and ties: those are for people, and another version of
    this program may have others."""
    if (len(said.stages), len(said.ties)) != (len(again.stages), len(again.ties)):
        return again
    stages = (replace(new, action=old.action) for old, new in zip(said.stages, again.stages, strict=True))
    ties = (replace(new, sentence=old.sentence) for old, new in zip(said.ties, again.ties, strict=True))
    return replace(again, stages=tuple(stages), ties=tuple(ties))


def _other_words(said: CountResult, again: CountResult) -> str:
    """Which words of the published count are not this program's own, or nothing."""
    stages = [new.number for old, new in zip(said.stages, again.stages, strict=True) if old.action != new.action]
    stages += [new.stage for old, new in zip(said.ties, again.ties, strict=True) if old.sentence != new.sentence]
    numbers = listed([str(number) for number in sorted(set(stages))])
    return f"; but the words for stage {numbers} are not this program's own" if stages else ""


def _extent(count: CountResult) -> str:
    stages = "1 stage" if len(count.stages) == 1 else f"{len(count.stages)} stages"
    return f"{count.valid:,} papers, {count.blank:,} blank, {stages}"


def _first_difference(again: CountResult, said: CountResult | Result) -> str:
    """Where a published count first parts from this one."""
    if not isinstance(said, CountResult) or again.winners != said.winners:
        return f"counting again gives: {again.sentence}"
    for own, other in zip(again.stages, said.stages, strict=False):
        if own != other:
            return f"counting again gives another stage {own.number}: {own.action}"
    new, old = counts.written(again), counts.written(said)
    return f"it differs from a new count in: {', '.join(name for name in new if new[name] != old.get(name))}"


def check_lot(files: Mapping[str, bytes], asked: Asked) -> str:
    """That the opened number is the one that was fixed before the vote, or that it is said why it was lost."""
    lot = one(files, DECLARATION, Declaration).lot
    if isinstance(asked, Rule):
        if lot != Lot():
            raise Fault(DECLARATION, "a question needs no lot, and one is here")
        return "a question needs none"
    if bool(lot.number) == bool(lot.lost):
        raise Fault(DECLARATION, "it has neither the number for lots nor why it was lost, or both")
    if lot.lost:
        return "the number that was fixed before the vote was lost"
    if not lot.number.isascii() or lots.mark(lot.number) != asked.lot:
        raise Fault(DECLARATION, "the number for lots is not the one that was fixed before the vote")
    return "the number is the one that was fixed before the vote"


def lost_lot(files: Mapping[str, bytes], asked: Asked) -> str:
    """A sentence when lots decided something and their number was lost, else nothing. Raises Fault."""
    if isinstance(asked, Rule):
        return ""
    said = one(files, DECLARATION, Declaration)
    return LOT_LOST.format(said.lot.lost) if said.lot.lost and _published_election(files).by_lot else ""


def _lot_order(files: Mapping[str, bytes], manifest: Manifest, election: Election) -> tuple[int, ...]:
    number = one(files, DECLARATION, Declaration).lot.number
    last_list = there(files, stage_name(len(manifest.trustees)))
    if not number.isascii():
        raise Fault(DECLARATION, "the number for lots has other letters than it can have")
    return lots.draw(lots.seed(last_list, number), len(election.contest.candidates))


def check_ballots(files: Mapping[str, bytes], manifest: Manifest, election: Election, answers: Answers) -> str:
    """That ballots.blt is the papers of papers.jsonl, byte for byte."""
    if ballots_file(election, rankings(answers, manifest.questions[0])) != there(files, BALLOTS):
        raise Fault(BALLOTS, "it does not hold the papers of papers.jsonl, or not in the one form of the record")
    return "the same papers, for other counters"


def check_declaration(files: Mapping[str, bytes], manifest: Manifest, asked: Asked, mark: str, log: Log) -> str:
    """That the declaration says what the count and the log say, and nothing else."""
    said = one(files, DECLARATION, Declaration)
    question = manifest.questions[0].text
    matter = Matter(said.ballot, said.trust, said.subject, manifest.title, question, mark, manifest.rule)
    try:
        at = said.declared_at
        again = declare(matter, published(files, asked), _box(files, log), at=at, lot=said.lot)
    except (ValueError, Mismatch) as trouble:
        raise Fault(DECLARATION, str(trouble)) from trouble
    if f"{said.trust}-{said.ballot}" != manifest.ballot or declaration_file(again) != there(files, DECLARATION):
        found, written = declarations.written(again), declarations.written(said)
        wrong = [name for name, value in found.items() if value != written.get(name)]
        raise Fault(DECLARATION, f"it differs from the count in: {', '.join(wrong) or 'ballot'}")
    return f"{said.outcome}, as the count says"


def spare_beside_margin(files: Mapping[str, bytes], asked: Asked, log: Log) -> str:
    """How many papers could have been exchanged, beside how many would have had to be."""
    spare = papers.spare(log.close.stamps, log.final.valid)
    try:
        beside = margins.beside_spare(asked, published(files, asked))
    except ValueError as trouble:
        raise Fault(COUNT, str(trouble)) from trouble
    return f"{spare:,} spare stamps; {beside}. {SPARE_MEANS}"


def left_out(files: Mapping[str, bytes], asked: Asked, log: Log) -> str:
    """A sentence when votes that were not counted could have changed the outcome, else nothing. Raises Fault."""
    box = _box(files, log)
    try:
        return margins.left_out(asked, published(files, asked), box.set_aside + box.spoilt)
    except ValueError as trouble:
        raise Fault(COUNT, str(trouble)) from trouble


def published(files: Mapping[str, bytes], asked: Asked) -> Result | CountResult:
    """The published count. Raises Fault."""
    return one(files, COUNT, Result) if isinstance(asked, Rule) else _published_election(files)


def _published_election(files: Mapping[str, bytes]) -> CountResult:
    try:
        said = counts.read(one(files, COUNT, dict[str, Any]))
    except msgspec.ValidationError as trouble:
        raise Fault(COUNT, f"it cannot be read: {trouble}") from trouble
    if not said.stages or set(said.stages[0].votes) != {str(n) for n in range(1, len(said.candidates) + 1)}:
        raise Fault(COUNT, "its first stage does not give the votes of each candidate")
    return said


def _box(files: Mapping[str, bytes], log: Log) -> Box:
    entries: list[dict[str, Any]] = one(files, PEELS, list[dict[str, Any]])
    try:
        left = sum(entry["duplicates"] + len(entry["rejects"]) for entry in entries)
    except (KeyError, TypeError) as trouble:
        raise Fault(PEELS, "an opening has no numbers") from trouble
    valid, spoilt, set_aside = numbers(log)
    on_paper = OnPaper(log.close.cancelled, log.on_paper)
    return Box(log.close.roll, log.close.stamps, log.close.envelopes, valid, spoilt, set_aside + left, on_paper)
