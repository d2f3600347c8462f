"""What is recorded for each person on the list of voters, from the list, the log and the promise of a vote alone. Pure.

The scrutineer tells it to everybody before the sealed votes are opened, so that nobody can vote for somebody else, or
take a vote away, unseen. Nothing here says how anybody voted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Any

from msgspec import Struct

from pilot.errors import BadInput
from pilot.people.sheet import Sheet, open_sheet, plain, written
from pilot.secrecy import checkpoint, leaves, tree
from pilot.secrecy import manifest as manifests
from pilot.secrecy.manifest import Manifest

NUMBER = "voter number"
FIRST, LAST = "first name", "last name"
HEADINGS = ("employee number", FIRST, LAST, "department", "site", NUMBER)
"""The columns of the list that the scrutineer downloads; columns that they add are kept."""

_NUMBER = re.compile(r"[0-9a-f]{32}")
_CHECKPOINT = re.compile(rb"^(?=pilot/)", re.MULTILINE)


class Recorded(StrEnum):
    """What the log says of one person after the close."""

    ONE = "one vote"
    NONE = "none"
    PAPER = "voted on paper"


class Entry(Struct, frozen=True):
    """One person of the list of voters: `v` is the number under which the log knows them (16 bytes)."""

    v: bytes
    name: str
    cells: tuple[str, ...]


class VoterList(Struct, frozen=True):
    """The list of voters as the scrutineer holds it. `headings` and each person's `cells` are without the number."""

    headings: tuple[str, ...]
    people: tuple[Entry, ...]


class Line(Struct, frozen=True):
    """A line of the list that is written: where to find a person in the trust, and their number."""

    employee_number: str
    first_name: str
    last_name: str
    department: str
    site: str
    v: bytes


class Log(Struct, frozen=True):
    """The close of a checked log, by v in hex: the last sealed vote with its place, who voted on paper, how often.

    `listed` is the hash of the list of sealed votes, which is what will be opened. `times` counts each sealed vote that
    was handed in for a person, also those that a later one or a paper replaced. What tellers sealed for those who voted
    on paper is in none of the rest: it is not this person's own paper.
    """

    listed: str
    last: Mapping[str, tuple[int, str]]
    on_paper: frozenset[str]
    times: Mapping[str, int]


class Notice(Struct, frozen=True):
    """What one person is told. `leaf` and `envelope` name the sealed vote in the log; None and "" without one.

    `times`: how many sealed votes were handed in for them, by themselves or by somebody else in their name.
    """

    person: Entry
    recorded: Recorded
    times: int
    leaf: int | None = None
    envelope: str = ""


def write_list(lines: Iterable[Line]) -> bytes:
    """The list of voters as CSV, by last name, in UTF-8 with its mark.

    The same people give the same bytes. The number stands in fours, since spreadsheets take some numbers like
    12e45678 for a power of ten and spoil them.
    """
    rows = sorted(
        (one.employee_number, one.first_name, one.last_name, one.department, one.site, spaced(one.v)) for one in lines
    )
    rows.sort(key=lambda row: (row[2].casefold(), row[1].casefold(), row[0]))
    return written(HEADINGS, rows).encode("utf-8-sig")


def spaced(v: bytes) -> str:
    """A voter's number as the list has it: fours with hyphens between."""
    text = v.hex()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def read_list(content: bytes, manifest: Manifest) -> VoterList:
    """The list of voters. Raises BadInput unless it is the one that was promised before the vote, person by person."""
    try:
        sheet = open_sheet(content, lambda heading: plain(heading) in HEADINGS)
    except BadInput as trouble:
        raise BadInput(f"The list of voters: {'. '.join(trouble.fields.values()) or trouble.reason}.") from trouble
    known = {plain(heading): place for place, heading in enumerate(sheet.headings)}
    if NUMBER not in known:
        raise BadInput(f"The list of voters has no column “{NUMBER}”.")
    people = _people(sheet, known)
    wanted = manifest.roll
    if len(people) != wanted.size:
        raise BadInput(f"The list has {len(people)} people, and {wanted.size} people could vote.")
    if manifests.roll_root([one.v for one in people]) != wanted.root:
        raise BadInput("This is not the list of voters that was fixed before the vote: its numbers are other ones.")
    kept = tuple(heading for place, heading in enumerate(sheet.headings) if place != known[NUMBER])
    return VoterList(kept, people)


def _people(sheet: Sheet, known: Mapping[str, int]) -> tuple[Entry, ...]:
    people: list[Entry] = []
    lines: dict[bytes, int] = {}
    for line in sheet.lines:
        if line.is_empty:
            continue
        cells = [*line.cells, *[""] * (len(sheet.headings) - len(line.cells))][: len(sheet.headings)]
        v = _read_number(cells[known[NUMBER]], line.number)
        if v in lines:
            raise BadInput(f"Lines {lines[v]} and {line.number} of the list have the same voter number.")
        lines[v] = line.number
        name = " ".join(cells[known[part]].strip() for part in (FIRST, LAST) if part in known)
        kept = tuple(cell for place, cell in enumerate(cells) if place != known[NUMBER])
        people.append(Entry(v, name.strip(), kept))
    return tuple(people)


def _read_number(cell: str, line: int) -> bytes:
    text = re.sub(r"[-\s]", "", cell).lower()
    if not _NUMBER.fullmatch(text):
        raise BadInput(f"Line {line} of the list has no voter number, or one that a spreadsheet has changed.")
    return bytes.fromhex(text)


def read_log(data: bytes, checkpoints: bytes, manifest: Manifest, digest: str) -> Log:
    """The log of this vote as it was when voting closed.

    Raises BadInput unless it is the log that every one of the signed `checkpoints` tells of, and unless its own close
    agrees with it. `digest` is H, the number of the vote.
    """
    bodies = data.splitlines()
    try:
        entries = leaves.read_all(bodies)
    except BadInput as trouble:
        raise BadInput("The log cannot be read: a line is not written as a log's lines are.") from trouble
    closes = [place for place, entry in enumerate(entries) if entry.get("type") == "close"]
    if len(closes) != 1:
        raise BadInput("The log does not tell of the close of the vote. Download it after the vote has closed.")
    _check_signed(bodies, checkpoints, manifest, digest, least=closes[0] + 1)
    before = entries[: closes[0]]
    _check_close(entries[closes[0]], before, manifest, digest)
    return _at_the_close(entries[closes[0]]["sha256"], before)


def _check_signed(bodies: Sequence[bytes], checkpoints: bytes, manifest: Manifest, digest: str, *, least: int) -> None:
    texts = [text for text in _CHECKPOINT.split(checkpoints) if text.strip()]
    sizes = [_check_one(text, bodies, manifest, digest) for text in texts]
    if max(sizes, default=0) < least:
        raise BadInput("No signed statement of the log reaches to the close of the vote.")


def _check_one(text: bytes, bodies: Sequence[bytes], manifest: Manifest, digest: str) -> int:
    signed = checkpoint.verify(text, checkpoint.origin(digest), manifest.log_key)
    if signed.size > len(bodies):
        raise BadInput(f"The log is cut short: {signed.size} lines were signed, and it has {len(bodies)}.")
    if tree.root(bodies[: signed.size]) != signed.root:
        raise BadInput(f"The log is not the one that was signed: its first {signed.size} lines are other ones.")
    return signed.size


def _at_the_close(listed: str, entries: Sequence[Mapping[str, Any]]) -> Log:
    last: dict[str, tuple[int, str]] = {}
    times: Counter[str] = Counter()
    for place, entry in enumerate(entries):
        if entry["type"] == "envelope":
            times[entry["v"]] += 1
            last[entry["v"]] = place, entry["sha256"]
        elif entry["type"] == "cancel":
            last.pop(entry["v"], None)
    return Log(listed, last, frozenset(leaves.cancelled(entries)), times)


def _check_close(
    close: Mapping[str, Any], before: Sequence[Mapping[str, Any]], manifest: Manifest, digest: str
) -> None:
    """Refuse a close that does not say what the lines before it say."""
    counted = leaves.last_envelopes(before).values()
    stage = "".join(sorted(f"{name}\n" for name in counted))
    wrong = {
        "it is of another vote": close.get("m") != digest,
        "it names another number of voters": close.get("roll") != manifest.roll.size,
        "it names another number of sealed votes": close.get("envelopes") != len(counted),
        "it names another number of votes on paper": close.get("cancelled", 0) != len(leaves.cancelled(before)),
        "it names other sealed votes": close.get("sha256") != sha256(stage.encode("ascii")).hexdigest(),
    }
    for sentence, is_wrong in wrong.items():
        if is_wrong:
            raise BadInput(f"The close in the log does not fit the lines before it: {sentence}.")


def notices(voters: VoterList, log: Log) -> list[Notice]:
    """A notice for every person of the list, in its order. Raises BadInput where the log names somebody else."""
    known = {one.v.hex() for one in voters.people}
    if others := (log.last.keys() | log.on_paper) - known:
        raise BadInput(f"The log tells of {len(others)} voter numbers that are not on the list of voters.")
    return [_notice(one, log) for one in voters.people]


def _notice(person: Entry, log: Log) -> Notice:
    name = person.v.hex()
    if name in log.last:
        leaf, envelope = log.last[name]
        return Notice(person, Recorded.ONE, log.times[name], leaf, envelope)
    return Notice(person, Recorded.PAPER if name in log.on_paper else Recorded.NONE, log.times.get(name, 0))
