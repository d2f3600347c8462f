"""What the papers of one trust score, added up place by place in whole numbers. Pure.

A survey has millions of answers, so hardly anything here looks at one of them alone. An item is a column of bytes, one
for each paper; scales are worked out by adding up columns as long numbers, and by looking bytes up. The papers stand in
rounds: the first of every place (a staff group at a site), then the second of every place that has one, and so on. So a
round is a long number too, and adding up the rounds adds every paper to its place.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, reduce
from itertools import accumulate, chain, pairwise, zip_longest
from math import lcm
from operator import and_, itemgetter, mul

from msgspec import Struct, msgpack

from pilot.metrics.questionnaire import Questionnaire, Share

Paper = tuple[tuple[str, ...], ...]
"""The answers of one paper as they come out of the box: for each question its option ids, empty for none."""


class Sums(Struct, frozen=True):
    """One outcome, place by place: papers with a score, the sum of their scores, the sum of the scores' squares.

    Each is added up in whole numbers and rounded once.
    """

    n: tuple[int, ...]
    x: tuple[float, ...]
    xx: tuple[float, ...]


class _Scores(Struct, frozen=True):
    """One outcome, paper by paper: 0 where there is no score, else 1 more than the score in whole parts, of which
    `unit` make 2.5. As bytes where no number is above 255."""

    each: bytes | Sequence[int]
    unit: int


def added_up(asked: Questionnaire, papers: Sequence[Paper]) -> tuple[dict[Paper, int], dict[str, Sums]]:
    """The number of papers at each place, which is what they say after the items, and the sums of every outcome.

    There is one paper at least. Papers have no order.
    """
    codes, items = _Codes(), len(asked.items)
    heads = map(itemgetter(slice(items)), papers)
    rows = codes.rows(heads) if asked.shares else map(_WRITTEN, heads)
    found: defaultdict[Paper, list[bytes]] = defaultdict(list)
    for place, row in zip(map(itemgetter(slice(items, None)), papers), rows, strict=True):
        found[place].append(row)
    places = sorted(found, key=lambda place: len(found[place]), reverse=True)
    rounds = [[row for row in here if row] for here in zip_longest(*(found[place] for place in places))]
    marks = b"".join(chain.from_iterable(rounds))
    if not asked.shares:
        marks = marks.translate(_MARKS, _NO_MARKS)
    columns = {item.code: marks[at::items] for at, item in enumerate(asked.items)}
    scores = dict(chain(_scored(asked, columns), _shared(asked, columns, codes)))
    return {place: len(found[place]) for place in places}, _sums(scores, [len(here) for here in rounds])


def _table(known: Mapping[int, int]) -> bytes:
    """By which `translate` looks bytes up; 0 for what is not known."""
    return bytes(known.get(byte, 0) for byte in range(256))


_WRITTEN = msgpack.Encoder().encode
"""Writes down the answers of a paper by one call: each is a digit with bytes around it, or one byte for none."""

_NONE = msgpack.encode(())[0]
_MARKS = _table({ord(str(answer)): answer for answer in range(1, 6)})
_NO_MARKS = bytes(set(range(256)) - {_NONE, *b"12345"})

_TURNED = _table({answer: 6 - answer for answer in range(1, 6)})
_SAID = _table(dict.fromkeys(range(1, 6), 1))
_BEYOND = _table({answer: answer - 1 for answer in range(1, 6)})
_ANY = _table(dict.fromkeys(range(1, 256), 255))


class _Codes(dict[tuple[str, ...], int]):
    """A byte for the answers to an item of which several may be given: 0 for none, a number for itself, then others.

    Nine options at most are offered in one item, and of five at most several may be chosen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.update({(str(number),) if number else (): number for number in range(10)})

    def __missing__(self, answers: tuple[str, ...]) -> int:
        self[answers] = len(self)
        return self[answers]

    def rows(self, papers: Iterable[Paper]) -> Iterator[bytes]:
        """Every paper as bytes."""
        return (bytes(map(self.__getitem__, paper)) for paper in papers)


def _scored(asked: Questionnaire, columns: Mapping[str, bytes]) -> Iterator[tuple[str, _Scores]]:
    """Every outcome that is a score, with what the papers score."""
    points = {item.code: columns[item.code].translate(_TURNED if item.reverse else None) for item in asked.items}
    found: dict[str, _Scores] = {}
    for scale in asked.scales:
        found[scale.code] = _scale(max(scale.least, 1), [points[code] for code in scale.items])
        yield scale.code, found[scale.code]
    for mean in asked.means:
        yield mean.code, _mean([found[code] for code in mean.scales])


def _scale(least: int, columns: Sequence[bytes]) -> _Scores:
    """A score depends only on how many answers there are and on what they add up to beyond 1 each."""
    size = len(columns)
    unit, known = _known(least, size)
    if len(known) > 256:
        said, beyond = (_added([column.translate(part) for column in columns]) for part in (_SAID, _BEYOND))
        return _Scores([known[(4 * size + 1) * n + more] for n, more in zip(said, beyond, strict=True)], unit)
    keys = _added([column.translate(_key(size)) for column in columns])
    if max(known) > 255:
        return _Scores([*map(known.__getitem__, keys)], unit)
    return _Scores(keys.translate(bytes(known).ljust(256, b"\0")), unit)


@cache
def _key(size: int) -> bytes:
    """What an answer adds to the key of a scale of so many items."""
    return _table({answer: 4 * size + answer for answer in range(1, 6)})


@cache
def _known(least: int, size: int) -> tuple[int, tuple[int, ...]]:
    """The parts in 2.5 of a scale, and one more than the parts of its score by its key: (4 · items + 1) · answers +
    what these add up to beyond 1 each; 0 where too few are answered. The score is 2.5 · that sum / answers."""
    unit = lcm(*range(least, size + 1))
    sums = range(4 * size + 1)
    return unit, tuple(1 + unit // said * beyond if said >= least else 0 for said in range(size + 1) for beyond in sums)


def _mean(scales: Sequence[_Scores]) -> _Scores:
    """The mean of scales for those who have a score on each."""
    unit = lcm(*(scale.unit for scale in scales))
    times = [unit // scale.unit for scale in scales]
    low = sum(times) - 1
    columns = [scale.each for scale in scales if isinstance(scale.each, bytes)]
    if len(columns) < len(scales) or low + 4 * unit * len(scales) > 254:
        rows = zip(*(scale.each for scale in scales), strict=True)
        sums = [sum(map(mul, row, times)) - low if all(row) else 0 for row in rows]
        return _Scores(sums, unit * len(scales))
    whole = sum(int.from_bytes(column, "little") * each for column, each in zip(columns, times, strict=True))
    there = reduce(and_, (int.from_bytes(column.translate(_ANY), "little") for column in columns))
    lowered = _table({total: total - low for total in range(low + 1, 256)})
    return _Scores((whole & there).to_bytes(len(columns[0]), "little").translate(lowered), unit * len(scales))


def _added(columns: Sequence[bytes]) -> bytes:
    """The columns added up paper by paper, as long numbers: no sum of 40 answers overflows its byte."""
    return sum(int.from_bytes(column, "little") for column in columns).to_bytes(len(columns[0]), "little")


def _shared(asked: Questionnaire, columns: Mapping[str, bytes], codes: _Codes) -> Iterator[tuple[str, _Scores]]:
    """Every outcome that is a share: two of five parts, each of half a point, are 1."""
    for share in asked.shares:
        values = {code: share.value(frozenset(answers)) for answers, code in codes.items()}
        table = _table({code: 1 + 2 * int(value) for code, value in values.items() if value is not None})
        yield share.code, _Scores(_only(share, columns, codes, columns[share.item].translate(table)), 5)


def _only(share: Share, columns: Mapping[str, bytes], codes: _Codes, values: bytes) -> bytes:
    """The values of those whom the share is about, 0 for the others."""
    if not share.only_if:
        return values
    item, wanted = share.only_if
    there = columns[item].translate(_table({code: 255 for answers, code in codes.items() if wanted in answers}))
    kept = int.from_bytes(values, "little") & int.from_bytes(there, "little")
    return kept.to_bytes(len(values), "little")


def _sums(scores: Mapping[str, _Scores], sizes: Sequence[int]) -> dict[str, Sums]:
    """Every paper is a row of numbers, three for each outcome, so wide that no sum of them overflows."""
    papers, starts, row = sum(sizes), {}, 0
    for code, one in scores.items():
        width = (((4 * one.unit) ** 2 * papers).bit_length() + 7) // 8
        starts[code], row = (row, width), row + 3 * width
    rows = bytearray(row * papers)
    for code, (start, width) in starts.items():
        for place, layer in _layers(scores[code].each, width):
            rows[start + place :: row] = layer
    ends = [row * size for size in accumulate(sizes)]
    whole = sum(int.from_bytes(rows[start:end], "little") for start, end in pairwise((0, *ends)))
    found = whole.to_bytes(row * sizes[0], "little")
    return {code: _read(found[start:], row, width, 2 * scores[code].unit) for code, (start, width) in starts.items()}


def _read(found: bytes, row: int, width: int, twice: int) -> Sums:
    """The sums of one outcome, the first of whose numbers begins each row."""
    n, x, xx = (
        [int.from_bytes(found[at : at + width], "little") for at in range(column, len(found), row)]
        for column in range(0, 3 * width, width)
    )
    return Sums(tuple(n), tuple(5 * total / twice for total in x), tuple(25 * total / twice**2 for total in xx))


def _layers(scores: bytes | Sequence[int], width: int) -> list[tuple[int, bytes]]:
    """By its place in the numbers of an outcome, one byte for each paper; those that are always 0 are left out."""
    if isinstance(scores, bytes):
        return [(place, scores.translate(table)) for place, table in _tables(width)]
    known = {score: _field(score, width) for score in set(scores)}
    fields = b"".join(map(known.__getitem__, scores))
    return [(place, fields[place :: 3 * width]) for place in range(3 * width)]


@cache
def _tables(width: int) -> list[tuple[int, bytes]]:
    """By which a score is looked up for one byte of its numbers."""
    fields = [_field(score, width) for score in range(256) if score * score < 256**width]
    tables = (bytes(field[place] for field in fields).ljust(256, b"\0") for place in range(3 * width))
    return [(place, table) for place, table in enumerate(tables) if any(table)]


def _field(score: int, width: int) -> bytes:
    """1 where there is a score, the score in parts, and its square; 0 for none."""
    parts = max(0, score - 1)
    return b"".join(number.to_bytes(width, "little") for number in (min(score, 1), parts, parts * parts))
