"""BLT, the file of papers that every counter reads: read with a line for each refusal, written in one form. Pure.

    4 2             four candidates, two seats
    -3              candidate 3 withdrew
    12 1 4 2 0      twelve papers: 1, then 4, then 2
    5 0             five blank papers
    0               the end of the papers
    "Amy Osei"      the names in the order of their numbers, and last the title

Described by Hill, Wichmann and Woodall, "Algorithm 123", The Computer Journal 30 (1987); `#` comments and ids of papers
from OpenSTV and OpaVote, `[tie …]` and `[nick …]` from Droop.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from pilot.voting.count.contest import MOST_CANDIDATES, Cannot, Contest
from pilot.voting.count.paper_lines import MOST_ALIKE, WHOLE, PaperLines, Unreadable, lines_of, refusal, shown, sound

LARGEST = 200_000_000
"""Bytes. A million papers with twenty choices are 55 million."""

LONGEST_NAME = 500

MOST_NAMES = 1_000_000
"""Bytes of names, title and comments among them."""


class ElectionFile(msgspec.Struct, frozen=True):
    """What a BLT file holds.

    `lot`: the order in which the file settles ties (`[tie …]`), the luckiest first; None when it has none.
    `notes`: sentences about what was odd in the file and yet can be read.
    """

    contest: Contest
    papers: dict[bytes, int]
    lot: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()


def read(data: bytes) -> ElectionFile:
    """The election in a BLT file. Raises Unreadable.

    Read are UTF-8 with or without a byte-order mark, else Windows-1252 (said in `notes`); every kind of line end;
    comments from `#` on; blank lines; withdrawn candidates; many papers on one line; ids of papers in brackets; no 0
    after the last paper, or none after any paper; no title, or more after it (both said in `notes`). Equal and skipped
    rankings are refused: no rule here counts them.
    """
    data = _plain(data)
    names_at = _names_at(data)
    head = _Head(data)
    first = head.read(names_at)
    papers = PaperLines(data, len(head.candidates), head.nicks)
    papers.read(first, names_at)
    names, title, notes = _names(data, names_at, len(head.candidates))
    contest = Contest(head.seats, names, withdrawn=tuple(sorted(head.withdrawn)), title=title)
    return ElectionFile(contest, dict(papers.found), head.lot, (*head.notes, *notes))


def write(contest: Contest, papers: Mapping[bytes, int], lot: Sequence[int] = ()) -> bytes:
    """The BLT file of an election, in UTF-8: the same bytes however the papers were ordered.

    A file has no place for reserved seats, nor for who is "Re-open nominations". A `lot` is written as `[tie …]`,
    which not every counter reads. Raises Cannot for a name or a paper that `read` would refuse.
    """
    many = len(contest.candidates)
    if not 1 <= contest.seats <= many <= MOST_CANDIDATES:
        raise Cannot(f"A BLT file cannot hold {contest.seats} seats for {many} candidates.")
    if not sound(papers, many) or not all(1 <= alike <= MOST_ALIKE for alike in papers.values()):
        raise Cannot("A paper ranks somebody twice or nobody that stands, or their number cannot be.")
    lines = [f"{many} {contest.seats}"]
    if contest.withdrawn:
        lines.append(" ".join(f"-{number}" for number in sorted(contest.withdrawn)))
    if lot:
        lines.append(f"[tie {' '.join(map(str, lot))}]")
    said = [str(number) for number in range(MOST_CANDIDATES + 1)].__getitem__
    lines.extend(" ".join((str(alike), *map(said, ranking), "0")) for ranking, alike in sorted(papers.items()))
    lines.extend(["0", *(_quoted(name) for name in contest.candidates), _quoted(contest.title, needed=False), ""])
    return "\n".join(lines).encode()


class _Head:
    """What stands before the first paper."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.seats = 0
        self.candidates = range(0)
        self.withdrawn: list[int] = []
        self.lot: tuple[int, ...] | None = None
        self.nicks: dict[bytes, int] = {}
        self.notes: list[str] = []

    def read(self, end: int) -> int:
        """Where the papers begin."""
        for at, text in lines_of(self.data, 0, end):
            if not self.seats:
                self._sizes(at, text)
            elif text.startswith(b"["):
                self._option(at, text)
            elif re.fullmatch(rb"-\d+(\s+-\d+)*", text):
                self._withdraw(at, text.split())
            else:
                return at
        if not self.seats:
            raise refusal(self.data, 0, "a BLT file begins with the number of candidates and the number of seats.")
        return end

    def _sizes(self, at: int, text: bytes) -> None:
        numbers = text.split()
        if len(numbers) < 2 or not all(map(WHOLE.fullmatch, numbers[:2])):
            raise refusal(self.data, at, "a BLT file begins with the number of candidates and the number of seats.")
        many, seats = int(numbers[0]), int(numbers[1])
        if many == 0:
            raise refusal(self.data, at, "there are no candidates.")
        if many > MOST_CANDIDATES:
            raise refusal(
                self.data, at, f"there are {many:,} candidates, and at most {MOST_CANDIDATES} can be counted."
            )
        if seats == 0:
            raise refusal(self.data, at, "there are no seats.")
        if seats > many:
            raise refusal(self.data, at, f"there are {seats:,} seats, more than the {many} candidates.")
        self.seats, self.candidates = seats, range(1, many + 1)
        self._withdraw(at, numbers[2:])

    def _withdraw(self, at: int, numbers: list[bytes]) -> None:
        for text in numbers:
            if not re.fullmatch(rb"-\d{1,9}", text):
                raise refusal(self.data, at, f"{shown(text)} does not belong here.")
            number = -int(text)
            if number not in self.candidates:
                raise refusal(self.data, at, f"candidate {number} is said to have withdrawn, and there is none.")
            if number in self.withdrawn:
                raise refusal(self.data, at, f"candidate {number} withdrew twice.")
            self.withdrawn.append(number)

    def _option(self, at: int, text: bytes) -> None:
        if not text.endswith(b"]"):
            raise refusal(self.data, at, "an option must end with ] on the same line.")
        name, *rest = text[1:-1].split() or [b""]
        if name == b"nick":
            self.nicks = dict(zip(rest, self.candidates, strict=False))
            if len(rest) != len(self.candidates) or len(self.nicks) != len(rest) or any(map(WHOLE.match, rest)):
                raise refusal(self.data, at, "[nick …] must give each candidate a short name of their own.")
        elif name == b"tie":
            order = tuple(self.nicks.get(word) or (int(word) if WHOLE.fullmatch(word) else 0) for word in rest)
            if sorted(order) != list(self.candidates):
                raise refusal(self.data, at, "[tie …] must name each candidate once.")
            self.lot = order
        elif name == b"droop":
            self.notes.append(f"Passed over: the option {shown(text)}.")
        else:
            raise refusal(self.data, at, f"the option {shown(text)} is not known.")


def _plain(data: bytes) -> bytes:
    """The file without its byte-order mark, with one kind of line end."""
    if len(data) > LARGEST:
        raise Unreadable(1, f"this file is larger than {LARGEST // 1_000_000} million bytes.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(1, "this file is written in UTF-16. Save it as UTF-8.")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if (nul := data.find(b"\0")) >= 0:
        raise refusal(data, nul, "this is not a text file.")
    return data


def _names_at(data: bytes) -> int:
    """Where the first line that begins with a quotation mark is; the end of the file when none does."""
    at = data.find(b'"')
    while at >= 0:
        line = data.rfind(b"\n", 0, at) + 1
        if not data[line:at].strip():
            return line
        following = data.find(b"\n", at)
        at = -1 if following < 0 else data.find(b'"', following)
    return len(data)


def _names(data: bytes, at: int, candidates: int) -> tuple[tuple[str, ...], str, list[str]]:
    """The candidates' names, the title, and notes about them."""
    notes: list[str] = []
    if len(data) - at > MOST_NAMES:
        raise refusal(data, at, f"names and title are longer than {MOST_NAMES:,} bytes.")
    try:
        text = data[at:].decode()
    except UnicodeDecodeError:
        try:
            text = data[at:].decode("cp1252")
        except UnicodeDecodeError as fault:
            raise refusal(
                data, at + fault.start, "a name has letters that cannot be read. Save the file as UTF-8."
            ) from None
        notes.append("The names are not in UTF-8 and were read as Windows-1252.")
    found: list[str] = []
    line = data.count(b"\n", 0, at)
    for raw in text.split("\n"):
        line += 1
        if (written := raw.strip()) and not written.startswith("#"):
            if len(found) > candidates:
                notes.append(f"Passed over: what follows the title {shown(found[-1].encode())}, from line {line:,} on.")
                break
            found.append(_name(line, written, needed=len(found) < candidates))
    if len(found) < candidates:
        raise Unreadable(max(line, 1), f"the file ends after {len(found)} names of {candidates} candidates.")
    if len(found) == candidates:
        notes.append("There is no title. If there was one, a name is missing and others have its place.")
        found.append("")
    return tuple(found[:-1]), found[-1], notes


def _name(line: int, written: str, *, needed: bool) -> str:
    if not written.startswith('"'):
        if needed:
            raise Unreadable(line, f"{shown(written.encode())} is not a name in straight double quotes.")
        name = written
    else:
        ended = re.fullmatch(r'"(.*)"', written) or re.fullmatch(r'"(.*?)"\s*#.*', written)
        if ended is None:
            raise Unreadable(line, "a name must end with a quotation mark, and nothing but a # comment may follow.")
        name = _unquoted(ended[1])
    if needed and not name.strip():
        raise Unreadable(line, "a candidate's name is missing.")
    if len(name) > LONGEST_NAME:
        raise Unreadable(line, f"this name is longer than {LONGEST_NAME} letters.")
    return name


def _unquoted(inner: str) -> str:
    r"""A name with quotation marks in it, as they stand, doubled or as \"."""
    if '"' not in inner:
        return inner
    if not re.search(r'(?<!\\)"', inner):
        return inner.replace(r"\"", '"')
    return inner.replace('""', '"') if '"' not in inner.replace('""', "") else inner


def _quoted(name: str, *, needed: bool = True) -> str:
    """A name as it stands in the file; quotation marks in it are doubled only where that is needed."""
    if (needed and not name.strip()) or re.search(r"[\n\r\0]", name) or len(name) > LONGEST_NAME:
        raise Cannot("A BLT file cannot hold a name that is empty, too long or has line ends in it.")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Cannot("A name has letters that cannot be written.") from None
    return f'"{name}"' if _unquoted(name) == name else '"' + name.replace('"', '""') + '"'
