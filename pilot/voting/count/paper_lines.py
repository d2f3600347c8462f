"""The papers in a BLT file, each with the line it stands on when it must be refused. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from pilot.voting.count.contest import Cannot

MOST_ALIKE = 999_999_999
"""The largest number of papers on one line."""

LONGEST_LINE = 10_000
"""Bytes. A paper with 255 choices has a thousand."""

WHOLE = re.compile(rb"\d{1,9}")

_WITH_ID = re.compile(rb"\(([^()]*)\)\s+(.*)")
_PIECE = 1 << 18
_COMMAS = bytes.maketrans(b" \n", b",,")
_ONE_ROW = msgspec.json.Decoder(list[int])
_ROWS = msgspec.json.Decoder(list[list[int]])


class Unreadable(Cannot):
    """This is not a BLT file that can be counted. `line` counts from 1; the text says it, and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"Line {line:,}: {reason}")
        self.line = line


class PaperLines:
    """Reads the lines with papers. `found`: how many papers say each ranking."""

    def __init__(self, data: bytes, candidates: int, nicks: Mapping[bytes, int]) -> None:
        self.data = data
        self.candidates = candidates
        self.nicks = nicks
        self.found: Counter[bytes] = Counter()
        self.ids: set[bytes] = set()
        self.ended = False
        self.closed = False
        self.first_open: int | None = None

    def read(self, start: int, end: int) -> None:
        """Count every paper from one place in the file to another. Raises Unreadable."""
        at, last = start, end
        final = self.data.rfind(b"\n0\n", max(start - 1, 0), end) + 1
        if final and not self.data[final + 2 : end].strip():  # the usual end, taken off so that all lines are alike
            last = final
        while at < last:
            stop = self.data.find(b"\n", at + _PIECE, last) + 1 or last
            if not self._quickly(self.data[at:stop]):
                for place, text in lines_of(self.data, at, stop):
                    self._line(place, text)
            at = stop
        if self.ended and last < end:
            raise refusal(self.data, last, "“0” stands after the end of the papers.")
        if self.first_open is not None and self.closed:
            raise refusal(self.data, self.first_open, "this paper does not end with 0, as others do.")
        if not sound(self.found, self.candidates):
            self._refuse(start, end)

    def _quickly(self, piece: bytes) -> bool:
        """Count plain lines, `n a b c 0`, without a look at each; False, and nothing counted, when others are there.

        Whether the choices are candidates and different is seen at the end, once for each ranking.
        """
        lines = piece.count(b"\n")
        if self.ended or len(piece) > 2 * _PIECE or piece.translate(None, b"0123456789 \n"):
            return False
        if piece.count(b" 0\n") != lines or not piece.endswith(b"\n"):
            return False
        try:
            self.found.update(_singles(piece, lines) or _grouped(piece))
        except (msgspec.DecodeError, ValueError):
            return False
        self.closed = True
        return True

    def _line(self, at: int, text: bytes) -> None:
        if self.ended:
            raise refusal(self.data, at, f"{shown(text)} stands after the end of the papers.")
        if text == b"0":
            self.ended = True
        else:
            alike, ranking = self._paper(at, text)
            self.found[ranking] += alike

    def _refuse(self, start: int, end: int) -> None:
        """Go through all lines for the one with the ranking that cannot be."""
        self.ids.clear()
        for at, text in lines_of(self.data, start, end):
            if text != b"0":
                self._paper(at, text)
        raise AssertionError("a ranking was counted that stands on no line")

    def _paper(self, at: int, text: bytes) -> tuple[int, bytes]:
        named = text.startswith(b"(")
        words = (self._without_id(at, text) if named else text).split()
        if len(words) == 1:
            raise refusal(self.data, at, f"{shown(text)} is neither a paper nor a name in straight double quotes.")
        if words[-1] == b"0":
            self.closed = True
            words.pop()
        elif self.first_open is None:
            self.first_open = at
        alike = self._alike(at, words[0])
        if named and alike != 1:
            raise refusal(self.data, at, "the id of a paper must be followed by 1, since it names one paper.")
        ranking: list[int] = []
        for word in words[1:]:
            number = self._choice(at, word)
            if number in ranking:
                raise refusal(self.data, at, f"candidate {number} is ranked twice on one paper.")
            ranking.append(number)
        return alike, bytes(ranking)

    def _without_id(self, at: int, text: bytes) -> bytes:
        found = _WITH_ID.fullmatch(text)
        if found is None:
            raise refusal(self.data, at, "the id of a paper stands in brackets, and the paper follows it.")
        if found[1] in self.ids:
            raise refusal(self.data, at, f"two papers have the id {shown(found[1])}.")
        self.ids.add(found[1])
        return found[2]

    def _alike(self, at: int, word: bytes) -> int:
        """How many papers a line stands for."""
        if re.fullmatch(rb"0+|-[\d.]+", word):
            raise refusal(self.data, at, f"a line must stand for 1 paper or more, not for {shown(word)}.")
        if not WHOLE.fullmatch(word):
            if re.fullmatch(rb"[\d.]+", word):
                why = f"a line must stand for a whole number of papers up to {MOST_ALIKE:,}, not for {shown(word)}."
            else:
                why = f"{shown(word)} is neither a number of papers nor a name in straight double quotes."
            raise refusal(self.data, at, why)
        return int(word)

    def _choice(self, at: int, word: bytes) -> int:
        """The candidate whom a word names."""
        if word in self.nicks:
            return self.nicks[word]
        if WHOLE.fullmatch(word):
            number = int(word)
            if 1 <= number <= self.candidates:
                return number
            if number == 0:
                raise refusal(self.data, at, "a 0 ends a paper, and something follows it on the line.")
            raise refusal(self.data, at, f"there is no candidate {number}; there are {self.candidates}.")
        if b"=" in word:
            raise refusal(self.data, at, f"{shown(word)} ranks candidates as equal, which no rule here counts.")
        if word == b"-":
            raise refusal(self.data, at, "“-” skips a preference, which no rule here counts.")
        raise refusal(self.data, at, f"{shown(word)} is not the number of a candidate.")


def sound(papers: Mapping[bytes, int], candidates: int) -> bool:
    """Whether each ranking has only candidates that there are, and none of them twice."""
    if b"".join(papers).translate(None, bytes(range(1, candidates + 1))):
        return False
    return sum(map(len, map(set, papers))) == sum(map(len, papers))


def lines_of(data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Every line that says something, without its comment, and its place in the file."""
    while at < end:
        stop = data.find(b"\n", at, end)
        stop = end if stop < 0 else stop
        if stop - at > LONGEST_LINE:
            raise refusal(data, at, f"this line is longer than {LONGEST_LINE:,} bytes.")
        if text := data[at:stop].partition(b"#")[0].strip():
            yield at, text
        at = stop + 1


def refusal(data: bytes, at: int, reason: str) -> Unreadable:
    """What is wrong at a place in the file."""
    return Unreadable(data.count(b"\n", 0, at) + 1, reason)


def shown(word: bytes) -> str:
    """A piece of the file, short and harmless on a screen."""
    text = word[:40].decode(errors="replace")
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return f"“{text}…”" if len(word) > 40 else f"“{text}”"


def _singles(piece: bytes, lines: int) -> list[bytes]:
    """The rankings of lines that each stand for one paper; empty when one of them stands for more.

    The decoder of JSON is the quickest reader of small numbers at hand. Raises ValueError, msgspec.DecodeError.
    """
    if (b"\n" + piece).count(b"\n1 ") != lines:
        return []
    numbers = bytes(_ONE_ROW.decode(b"[%b]" % piece.translate(_COMMAS)[:-1]))
    rankings = (b"\0" + numbers[:-1]).split(b"\0\1")  # no 0 but at the end of a line, so each 1 after it begins one
    return rankings[1:] if len(rankings) == lines + 1 and numbers.count(0) == lines else []


def _grouped(piece: bytes) -> Counter[bytes]:
    """Papers by ranking, from lines that stand for any number of papers. Raises ValueError, msgspec.DecodeError."""
    found: Counter[bytes] = Counter()
    for alike, *ranking in _ROWS.decode(b"[[%b]]" % piece[:-1].replace(b" ", b",").replace(b"\n", b"],[")):
        if not 1 <= alike <= MOST_ALIKE:
            raise ValueError
        found[bytes(ranking[:-1])] += alike
    return found
