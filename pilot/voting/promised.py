"""What a ballot promises, in the plain words that its trustees read before they sign: a name and a text a line. Pure.

trustee.html tells the same in the same words (assets/trustee/manifest.js and rule.js).
"""

import re
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from pilot.secrecy import canonical, manifest
from pilot.secrecy.keyfile import fingerprint, teller_number
from pilot.voting import outcomes
from pilot.voting.ballots import LONDON, MOST_SEATS
from pilot.voting.count import rules, yes_no
from pilot.voting.count.amounts import plural

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
KINDS = {
    "vote": "A vote that decides something",
    "survey": "A survey",
    "rehearsal": "A rehearsal. It decides nothing",
}
REOPEN = "A seat that it wins stays empty, and people are asked again to stand."

_SHARE = re.compile("0|1|[1-9][0-9]{0,5}/[1-9][0-9]{0,5}")


class _Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """Seats kept for a class, as a manifest has them."""

    name: str
    candidates: tuple[int, ...]
    least: int
    most: int | None = None


class _Election(Struct, frozen=True, forbid_unknown_fields=True):
    """The rule of an election, as a manifest has it."""

    name: str
    version: str
    seats: int
    reopen: int
    reserves: tuple[_Kept, ...]
    lot: str


def promise(found: manifest.Manifest, digest: str) -> list[tuple[str, str]]:
    """What somebody who signs this manifest promises; `digest` is its H."""
    rows = [("Title", found.title), ("Kind", KINDS[found.kind]), ("Ballot", found.ballot)]
    for number, question in enumerate(found.questions, start=1):
        answers = "; ".join(option.text for option in question.options)
        rows.append((f"Question {number}", f"{question.text} Answers: {answers}. {_how_many(question)}"))
    rows += [("Voting opens", _moment(found.opens)), ("Voting closes", _moment(found.closes))]
    rows.append(("People who may vote", f"{found.roll.size:,}. The number of their list is {found.roll.root}"))
    rows.append(("How it is decided", _decided(found)))
    for number, trustee in enumerate(found.trustees, start=1):
        rows.append((f"Opens the sealed votes, number {number}", _trustee(trustee)))
    for teller in found.tellers:
        held = f"own key, {teller_number(teller.sign_key)}"
        rows.append(("Takes votes on paper", f"{teller.name}, {teller.side}: {held}"))
    return [*rows, ("Number of this ballot", digest)]


def _how_many(question: manifest.Question) -> str:
    some = f"{question.min}" if question.min == question.max else f"{question.min} to {question.max}"
    return f"Choose {some}{', in order of choice' if question.ranked else ''}."


def _moment(moment: datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year} at {local:%H:%M}, UK time"


def _trustee(trustee: manifest.Trustee) -> str:
    held = f"own keys, {fingerprint(trustee.seal_key, trustee.sign_key)}"
    return f"{trustee.name}, {trustee.role}: {held if trustee.custody == 'own' else 'keys held by the server'}"


def _decided(found: manifest.Manifest) -> str:
    """The rule in words; one that is not known here as it is written."""
    if (words := _majority(found.rule) or _election(found)) is not None:
        return words
    return "; ".join(f"{key} {_written(found.rule[key])}" for key in sorted(found.rule))


def _written(value: object) -> str:
    return value if isinstance(value, str) else canonical.to_bytes(value).decode()


def _majority(rule: dict[str, Any]) -> str | None:
    """The majority that yes needs, as the voters read it; None for another rule."""
    shares = [rule.get(name) for name in ("threshold", "turnout_quorum", "approval_quorum")]
    if not all(isinstance(one, str) and _SHARE.fullmatch(one) for one in shares):
        return None
    try:
        parsed = yes_no.parse(rule)
    except (ValueError, KeyError):
        return None
    return yes_no.in_words(parsed) if yes_no.write(parsed) == rule else None


def _election(found: manifest.Manifest) -> str | None:
    """How many are elected and how, the seats kept for a class, and the mark of the lot; None for another rule."""
    try:
        rule = msgspec.convert(found.rule, _Election)
    except msgspec.ValidationError:
        return None
    known = rules.RULES.get(rule.name)
    names = [option.text for option in found.questions[0].options]
    if known is None or rule.version != known.version or not 1 <= rule.seats <= MOST_SEATS:
        return None
    if rule.reopen not in (0, len(names)) or not manifest.is_hash(rule.lot):
        return None
    if any(not 1 <= number <= len(names) for kept in rule.reserves for number in kept.candidates):
        return None
    said = [f"{plural(rule.seats, 'seat is', 'seats are')} filled. {outcomes.WAYS[rule.name]}"]
    said += [_kept(kept, names) for kept in rule.reserves]
    if rule.reopen:
        said.append(f"The last on the paper is “{names[-1]}”. {REOPEN}")
    return " ".join([*said, f"The mark of the number for lots is {rule.lot}."])


def _kept(kept: _Kept, names: list[str]) -> str:
    limits = f"at least {kept.least}" if kept.most is None else f"at least {kept.least} and at most {kept.most}"
    group = "; ".join(names[number - 1] for number in kept.candidates)
    return f"Of these seats {limits} go to the group “{kept.name}”: {group or 'nobody'}."
