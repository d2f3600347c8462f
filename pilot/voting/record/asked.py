"""What the manifest of a record asks and how it promises to count it: a majority, or an election. Pure."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import msgspec

from pilot.secrecy.manifest import Manifest, Question
from pilot.voting import ballots
from pilot.voting.count import rules, yes_no
from pilot.voting.count.contest import REOPEN, Contest, Reserve
from pilot.voting.count.yes_no import Rule
from pilot.voting.record.parts import Fault

MANIFEST = "manifest.json"


class Election(msgspec.Struct, frozen=True):
    """An election as it was promised: the name of its rule, what is counted, and the mark of the number for lots."""

    rule: str
    contest: Contest
    lot: str


Asked = Rule | Election

Answers = Mapping[tuple[str, ...], int]
"""How many valid papers give each answer: the ids of the options that they chose."""


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seats kept for a class, as the manifest has them."""

    name: str
    candidates: tuple[int, ...]
    least: int
    most: int | None = None


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rule of an election, as the manifest has it."""

    name: str
    version: str
    seats: int
    reopen: int
    reserves: tuple[_Kept, ...]
    lot: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


def asked(manifest: Manifest) -> Asked:
    """What is asked. Raises Fault when no rule here can count the question, or not with this rule."""
    if len(manifest.questions) != 1:
        raise Fault(MANIFEST, "it does not ask exactly one question")
    if manifest.rule.get("name") != yes_no.NAME:
        return _election(manifest, manifest.questions[0])
    return _majority(manifest, manifest.questions[0])


def rankings(answers: Answers, question: Question) -> dict[bytes, int]:
    """The papers of an election as a counter takes them; without an order of preference the numbers ascend."""
    each = Counter(answers).elements()
    return ballots.rankings([chosen if question.ranked else sorted(chosen, key=int)] for chosen in each)


def in_words(found: Asked) -> str:
    """What is asked, for a person."""
    if isinstance(found, Rule):
        return "one question with exactly one answer"
    seats = "1 seat" if found.contest.seats == 1 else f"{found.contest.seats} seats"
    return f"an election to {seats} by {rules.RULES[found.rule].title}, {len(found.contest.candidates)} on the paper"


def _majority(manifest: Manifest, question: Question) -> Rule:
    known = {option for option, _ in yes_no.OPTIONS}
    fits = (question.min, question.max, question.ranked) == (1, 1, False)
    if not fits or not {option.id for option in question.options} <= known:
        says = "the yes-no rule needs one question to which everybody gives exactly one answer: yes, no or abstain"
        raise Fault(MANIFEST, says)
    try:
        return yes_no.parse(manifest.rule)
    except (ValueError, KeyError, AttributeError, TypeError) as trouble:
        raise Fault(MANIFEST, f"its majority rule cannot be read: {trouble}") from trouble


def _election(manifest: Manifest, question: Question) -> Election:
    try:
        written = msgspec.convert(manifest.rule, _Written)
    except msgspec.ValidationError as trouble:
        raise Fault(MANIFEST, f"its rule cannot be read: {trouble}") from trouble
    if written.name not in rules.RULES:
        raise Fault(MANIFEST, f"its rule is not known here: {written.name[:40]}")
    many = len(question.options)
    if many - bool(written.reopen) > ballots.MOST_CANDIDATES:
        raise Fault(MANIFEST, f"it has more than {ballots.MOST_CANDIDATES} candidates")
    if [option.id for option in question.options] != [str(n) for n in range(1, many + 1)]:
        raise Fault(MANIFEST, "its candidates are not numbered from 1")
    if written.version != rules.RULES[written.name].version:
        raise Fault(MANIFEST, f"it counts by version {written.version[:20]} of a rule that is not known here")
    if written.reopen and (written.reopen, question.options[-1].text) != (many, REOPEN):
        raise Fault(MANIFEST, f"“{REOPEN}” is not the last on the paper")
    contest = _contest(manifest, written)
    if found := rules.check(written.name, contest):
        raise Fault(MANIFEST, f"this cannot be counted: {found[0]}")
    if (question.min, question.max, question.ranked) != rules.limits(written.name, contest):
        raise Fault(MANIFEST, "its paper takes other answers than its rule counts")
    return Election(written.name, contest, written.lot)


def _contest(manifest: Manifest, written: _Written) -> Contest:
    kept = (Reserve(one.name, one.candidates, one.least, one.most) for one in written.reserves)
    return Contest(
        seats=written.seats,
        candidates=tuple(option.text for option in manifest.questions[0].options),
        reserves=tuple(kept),
        reopen=written.reopen or None,
        title=manifest.title,
    )
