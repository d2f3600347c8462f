"""What every count of an election gives: the stages, each with its reason, and who was elected. Pure."""

from typing import Any, Literal

import msgspec

from pilot.voting.count.contest import REOPEN

STUCK = "Cannot move on"
"""What pages and sheets call votes that are not transferable."""

Kind = Literal["first", "surplus", "exclusion", "remaining", "count"]
"""`first`: first preferences. `surplus`: votes beyond the quota move on. `exclusion`: somebody leaves the count.
`remaining`: the last seats are filled without a transfer. `count`: the only stage of a rule without transfers.
"""


class Stage(msgspec.Struct, frozen=True):
    """The count after one step.

    `action`: what was done and why, in plain sentences. `votes`: by candidate number, as fixed-point text ("134",
    "134.00000"); candidates who withdrew are not there, those who were excluded have nothing.
    `non_transferable`: valid papers less all votes; what truncation loses is in it.
    `elected` and `excluded`: the numbers of those for whom this stage decided, in the order in which it did.
    `acts_on`: the candidates whose votes move at this stage. `value`: what each vote of a surplus is now worth,
    as fixed-point text; None when nothing like that happened. `quota`: only where a rule has a new one at each stage.
    """

    number: int
    kind: Kind
    action: str
    votes: dict[str, str]
    non_transferable: str
    elected: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    acts_on: tuple[int, ...] = ()
    value: str | None = None
    quota: str | None = None


class Place(msgspec.Struct, frozen=True):
    """A candidate, and the stage at which it was decided about them."""

    candidate: int
    name: str
    stage: int


class Tie(msgspec.Struct, frozen=True):
    """Candidates who were level when one of them had to be chosen.

    `settled`: "lookback 3" when they last differed at stage 3, else "lot". `chosen`: whose surplus moved first, who
    was excluded, or who took the seat; `sentence` says which.
    """

    stage: int
    candidates: tuple[int, ...]
    settled: str
    chosen: int
    sentence: str


class CountResult(msgspec.Struct, frozen=True):
    """A count of an election; `pilot count --format json` prints it and count.json in a record is it.

    `valid`: papers that count. `blank`: papers that chose nobody; they are in no figure of a stage.
    `quota`: votes that elect, as text; None for rules that have none. `empty`: seats that nobody won.
    `elected` in the order of election, `excluded` in the order of exclusion.
    """

    rule: str
    version: str
    title: str
    seats: int
    candidates: tuple[str, ...]
    withdrawn: tuple[int, ...]
    valid: int
    blank: int
    quota: str | None
    elected: tuple[Place, ...]
    excluded: tuple[Place, ...]
    empty: int
    stages: tuple[Stage, ...]
    ties: tuple[Tie, ...]
    sentence: str

    @property
    def winners(self) -> tuple[int, ...]:
        """The numbers of the elected, in the order of election."""
        return tuple(place.candidate for place in self.elected)

    @property
    def by_lot(self) -> bool:
        """Whether a lot decided anything."""
        return any(tie.settled == "lot" for tie in self.ties)


def has_rounds(result: CountResult) -> bool:
    """Whether the rule lets votes move on from stage to stage."""
    return result.stages[0].kind != "count"


def fate(result: CountResult, number: int) -> str:
    """What became of a candidate, in a few words."""
    rounds = has_rounds(result)
    for places, word in ((result.elected, "Elected"), (result.excluded, "Out")):
        for place in places:
            if place.candidate == number:
                return f"{word} at stage {place.stage}" if rounds else word
    if result.candidates[number - 1] == REOPEN and result.empty:
        return f"Seats left empty: {result.empty}"
    return "Withdrew" if number in result.withdrawn else "Not elected"


def written(result: CountResult) -> dict[str, Any]:
    """The count as plain values for JSON. What is None is left out, since a record knows no null."""
    values: dict[str, Any] = _without_none(msgspec.to_builtins(result))
    return values


def read(values: object) -> CountResult:
    """A count as `written` gave it. Raises msgspec.ValidationError."""
    if isinstance(values, dict):
        values = {"quota": None} | values
    return msgspec.convert(values, CountResult)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(inside) for key, inside in value.items() if inside is not None}
    return [_without_none(inside) for inside in value] if isinstance(value, list | tuple) else value
