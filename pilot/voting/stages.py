"""The stages of a count as a person follows them: one table, and the bars of one stage at a time. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from pilot.voting.count.amounts import listed
from pilot.voting.count.result import STUCK, CountResult, Stage, fate, has_rounds


class Cell(msgspec.Struct, frozen=True):
    """What one candidate has after one stage, in figures for people.

    `change`: by how much that is more or less than after the stage before, with its sign; "" when it is the same.
    `word`: "Elected", "Out" or "".
    """

    votes: str
    change: str = ""
    word: str = ""


class Line(msgspec.Struct, frozen=True):
    """One candidate: their name, what became of them, and a cell for each stage; None once they are out."""

    number: int
    name: str
    fate: str
    cells: tuple[Cell | None, ...]


class Column(msgspec.Struct, frozen=True):
    """One stage: its number, and what happened in a few words. `quota`: where each stage has one of its own."""

    number: int
    title: str
    quota: str = ""


class Sheet(msgspec.Struct, frozen=True):
    """The whole stage sheet. `stuck`: votes that cannot move on. `papers`: what each column adds up to.

    `rounds`: whether votes can move at all; without, there is one column of votes.
    """

    rounds: bool
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    stuck: tuple[Cell | None, ...]
    papers: str

    @property
    def quotas(self) -> bool:
        """Whether each stage has a quota of its own."""
        return any(column.quota for column in self.columns)

    def parts(self, most: int) -> list["Sheet"]:
        """The sheet cut into sheets of at most this many stages, for paper, which does not scroll."""
        cuts = [slice(start, start + most) for start in range(0, len(self.columns), most)]
        return [
            Sheet(
                self.rounds,
                self.columns[cut],
                tuple(msgspec.structs.replace(line, cells=line.cells[cut]) for line in self.lines),
                self.stuck[cut],
                self.papers,
            )
            for cut in cuts
        ]


class Bar(NamedTuple):
    """A label, a length as a share of the longest bar of the whole count (0 to 1), and the same in words."""

    label: str
    share: float
    words: str


class Bars(msgspec.Struct, frozen=True):
    """One stage: its candidates by their votes, the names of those who are out, and the quota on the same scale."""

    stage: Stage
    column: Column
    rows: tuple[Bar, ...]
    out: tuple[str, ...]
    quota: tuple[float, str] | None


def stages_of(result: CountResult) -> Sheet:
    """The stage sheet of a count: the elected first, then those who stayed in longest."""
    stages = result.stages
    places = [_places(stage) for stage in stages]
    return Sheet(
        has_rounds(result),
        tuple(_column(result, stage) for stage in stages),
        tuple(
            Line(number, result.candidates[number - 1], fate(result, number), _cells(result, number, places))
            for number in ranking(result)
        ),
        _row([stage.non_transferable for stage in stages], places),
        f"{result.valid:,}",
    )


def bars(result: CountResult, number: int) -> Bars:
    """The bars of one stage, at the scale of the whole count. Raises LookupError when there is no such stage."""
    stage = next((one for one in result.stages if one.number == number), None)
    if stage is None:
        raise LookupError(f"There is no stage {number}.")
    longest, places = _longest(result), _places(stage)
    within = [one for one in map(int, stage.votes) if stage.number <= _last_stage(result, one)]
    within.sort(key=lambda one: (-Decimal(stage.votes[str(one)]), one))
    rows = [
        _bar(result.candidates[one - 1], stage.votes[str(one)], longest, places, _standing(result, one, stage))
        for one in within
    ]
    if has_rounds(result):
        rows.append(_bar(STUCK, stage.non_transferable, longest, places))
    quota = stage.quota or result.quota
    mark = None if quota is None else (float(Decimal(quota) / longest), f"the quota of {figure(quota)}")
    out = tuple(place.name for place in result.excluded if place.stage < stage.number)
    return Bars(stage, _column(result, stage), tuple(rows), out, mark)


def ranking(result: CountResult) -> list[int]:
    """All candidates' numbers: the elected, then those who were left over, then the excluded from the last one on."""
    elected = [place.candidate for place in result.elected]
    excluded = [place.candidate for place in reversed(result.excluded)]
    others = {*range(1, len(result.candidates) + 1)} - {*elected, *excluded}
    last = result.stages[-1].votes
    left = sorted(others, key=lambda one: (one in result.withdrawn, -Decimal(last.get(str(one), "0")), one))
    return [*elected, *left, *excluded]


def figure(votes: str | Decimal, places: int | None = None) -> str:
    """Votes for people: "1,204" or "1,204.50000"; with None only as many places as are needed."""
    exact = Decimal(votes)
    if places is None:
        places = max(0, -int(exact.normalize().as_tuple().exponent))
    return f"{exact:,.{places}f}"


def _column(result: CountResult, stage: Stage) -> Column:
    names = listed([result.candidates[one - 1] for one in stage.acts_on])
    title = {
        "first": "First choices",
        "surplus": f"Extra votes of {names}" if names else "Extra votes",
        "exclusion": f"{names} {'leaves' if len(stage.acts_on) == 1 else 'leave'}",
        "remaining": "Last seats",
        "count": "Votes",
    }[stage.kind]
    return Column(stage.number, title, "" if stage.quota is None else figure(stage.quota))


def _cells(result: CountResult, number: int, places: Sequence[int]) -> tuple[Cell | None, ...]:
    texts = [
        stage.votes.get(str(number)) if stage.number <= _last_stage(result, number) else None for stage in result.stages
    ]
    words = ["Elected" if number in one.elected else "Out" if number in one.excluded else "" for one in result.stages]
    return _row(texts, places, words)


def _row(texts: Sequence[str | None], places: Sequence[int], words: Sequence[str] = ()) -> tuple[Cell | None, ...]:
    cells: list[Cell | None] = []
    before: Decimal | None = None
    for index, text in enumerate(texts):
        if text is None:
            cells.append(None)
            continue
        votes = Decimal(text)
        change = "" if before is None or votes == before else _signed(votes - before, places[index])
        cells.append(Cell(figure(votes, places[index]), change, words[index] if words else ""))
        before = votes
    return tuple(cells)


def _signed(change: Decimal, places: int) -> str:
    """A change with its sign, and never fewer places than it has."""
    needed = max(places, -int(change.normalize().as_tuple().exponent))
    return f"{'+' if change > 0 else '−'}{figure(abs(change), needed)}"


def _places(stage: Stage) -> int:
    """Decimal places of a stage's figures: none while all votes are whole."""
    texts = [*stage.votes.values(), stage.non_transferable]
    if all(Decimal(text) == int(Decimal(text)) for text in texts):
        return 0
    return max(-int(Decimal(text).as_tuple().exponent) for text in texts)


def _last_stage(result: CountResult, number: int) -> int:
    """The last stage at which a candidate was in the count."""
    return next((place.stage for place in result.excluded if place.candidate == number), len(result.stages))


def _longest(result: CountResult) -> Decimal:
    quotas = [one for one in (result.quota, *(stage.quota for stage in result.stages)) if one is not None]
    texts = [text for stage in result.stages for text in (*stage.votes.values(), stage.non_transferable)]
    return max(Decimal(1), *map(Decimal, [*quotas, *texts]))


def _bar(label: str, votes: str, longest: Decimal, places: int, standing: str = "") -> Bar:
    words = figure(votes, places)
    return Bar(label, float(Decimal(votes) / longest), f"{words}, {standing}" if standing else words)


def _standing(result: CountResult, number: int, stage: Stage) -> str:
    """What a bar says beside its figure: who was elected by now, and who goes out at this stage."""
    if number in stage.excluded:
        return "out"
    elected = next((place.stage for place in result.elected if place.candidate == number), len(result.stages) + 1)
    if elected > stage.number:
        return ""
    return "elected" if elected == stage.number else "already elected"
