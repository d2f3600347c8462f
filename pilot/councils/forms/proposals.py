"""The forms of councils and proposals: what may be typed, and every sentence for what may not. Pure."""

from datetime import date
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from pilot.councils import ballot_dates, responses
from pilot.councils.constitution import Constitution
from pilot.councils.deadlines import Calendar
from pilot.councils.responses import Answer, Commitment, Decision, Ground
from pilot.councils.scope import part_problem

COMMITMENTS = (1, 2, 3)
"""How many commitments the form of an answer has room for."""

YesNo = Literal["yes", "no"]
Long = Annotated[str, Meta(max_length=5000)]


def _required(sentence: str, title: str = "This", longest: int | None = None) -> Meta:
    return Meta(title=title, max_length=longest, extra_json_schema={"required": sentence})


def _choice(sentence: str) -> Meta:
    return Meta(extra_json_schema={"required": sentence, "invalid": sentence})


def _one_part(part: str, text: str | None) -> dict[str, str]:
    problem = part_problem(part, text or "")
    return {part: problem} if problem else {}


class TitleForm(Struct, frozen=True):
    """The title of a proposal."""

    title: Annotated[str, _required("Enter a title", "Title", 200)]

    def problems(self) -> dict[str, str]:
        """A title that is too long or points at a person."""
        return _one_part("title", self.title)


class ProblemForm(Struct, frozen=True):
    """What the problem is."""

    problem: Annotated[str, _required("Enter what the problem is", "The text", 5000)]

    def problems(self) -> dict[str, str]:
        """A text that is too long or points at a person."""
        return _one_part("problem", self.problem)


class ChangeForm(Struct, frozen=True):
    """What should change."""

    change: Annotated[str, _required("Enter what should change", "The text", 5000)]

    def problems(self) -> dict[str, str]:
        """A text that is too long or points at a person."""
        return _one_part("change", self.change)


class WhoDecidesForm(Struct, frozen=True):
    """Who decides it."""

    who_decides: Annotated[str, _required("Enter who decides it", "The text", 5000)]

    def problems(self) -> dict[str, str]:
        """A text that is too long or points at a person."""
        return _one_part("who_decides", self.who_decides)


class MeasureForm(Struct, frozen=True):
    """By what one will know that it worked."""

    measure: Annotated[str, _required("Enter how we will know that it worked", "The text", 5000)]

    def problems(self) -> dict[str, str]:
        """A text that is too long or points at a person."""
        return _one_part("measure", self.measure)


PART_FORMS: dict[str, type[Struct]] = {
    "title": TitleForm,
    "problem": ProblemForm,
    "change": ChangeForm,
    "who_decides": WhoDecidesForm,
    "measure": MeasureForm,
}
"""The form for each part of a proposal's words."""


class ScopeForm(Struct, frozen=True):
    """The five questions of the scope check."""

    pay: Annotated[YesNo, _choice("Select yes if it is about pay or national terms")]
    case: Annotated[YesNo, _choice("Select yes if it is about one person's own case")]
    named: Annotated[YesNo, _choice("Select yes if it names or describes a person")]
    patient: Annotated[YesNo, _choice("Select yes if it says anything about a patient")]
    dispute: Annotated[YesNo, _choice("Select yes if it is in dispute with unions now")]

    def answers(self) -> dict[str, bool]:
        """True for each yes, by the question's name."""
        return {name: getattr(self, name) == "yes" for name in self.__struct_fields__}


class ScreeningForm(Struct, frozen=True):
    """The coordinator's decision on a submitted proposal."""

    decision: Annotated[Literal["take in", "return", "refer"], _choice("Select what happens with this proposal")]
    reason: Long | None = None
    referred_to: Annotated[str, Meta(title="Who this is passed on to", max_length=120)] | None = None

    def problems(self) -> dict[str, str]:
        """A decision without the words that it needs."""
        found = {}
        if self.decision == "return" and not self.reason:
            found["reason"] = "Enter what must be changed"
        if self.decision == "refer" and not self.reason:
            found["reason"] = "Enter why this is passed on"
        if self.decision == "refer" and not self.referred_to:
            found["referred_to"] = "Enter who this is passed on to"
        return found


class BallotForm(Struct, frozen=True):
    """The first and the last day of voting."""

    opens_on: Annotated[date, _required("Enter the day on which voting opens", "The day on which voting opens")]
    closes_on: Annotated[date, _required("Enter the day on which voting closes", "The day on which voting closes")]


def ballot_form(today: date, constitution: Constitution, calendar: Calendar) -> type[BallotForm]:
    """The form for a ballot arranged today under this constitution: it names every date that is forbidden."""

    class Bound(BallotForm, frozen=True):
        def problems(self) -> dict[str, str]:
            opens_on: date | None = self.opens_on
            closes_on: date | None = self.closes_on
            if opens_on is None or closes_on is None:
                return {}
            return ballot_dates.problems(opens_on, closes_on, today, constitution, calendar)

    return Bound


class CouncilForm(Struct, frozen=True):
    """The name of a new council."""

    name: Annotated[str, _required("Enter the name of the council", "The name", 120)]


class SeatForm(Struct, frozen=True):
    """A seat: the body that fills it, and who holds it."""

    body: Annotated[str, _required("Enter the body that fills the seat", "The body", 120)]
    holder: Annotated[str, Meta(title="The name", max_length=120)] | None = None
    held_from: Annotated[date, Meta(title="The first day")] | None = None

    def problems(self) -> dict[str, str]:
        """A holder without a first day, or a day without a holder."""
        if self.holder and self.held_from is None:
            return {"held_from": "Enter the day from which the seat is held"}
        if self.held_from is not None and not self.holder:
            return {"holder": "Enter the name of the person who holds the seat"}
        return {}


Line = Annotated[str, Meta(title="This", max_length=300)]


class ResponseForm(Struct, frozen=True):
    """A board's answer as it is typed: a decision, reasons and up to three commitments."""

    decision: Annotated[Decision, _choice("Select what the board decides")]
    reasons: Annotated[str, _required("Enter the board's reasons", "The reasons", 10000)]
    ground: Ground | None = None
    changes: Long | None = None
    until: Annotated[date, Meta(title="The day until which the board puts this off")] | None = None
    what_1: Line | None = None
    owner_1: Line | None = None
    due_on_1: Annotated[date, Meta(title="The date of commitment 1")] | None = None
    measure_1: Line | None = None
    what_2: Line | None = None
    owner_2: Line | None = None
    due_on_2: Annotated[date, Meta(title="The date of commitment 2")] | None = None
    measure_2: Line | None = None
    what_3: Line | None = None
    owner_3: Line | None = None
    due_on_3: Annotated[date, Meta(title="The date of commitment 3")] | None = None
    measure_3: Line | None = None

    def problems(self) -> dict[str, str]:
        """A commitment of which only a part is typed."""
        return {
            f"{name}_{number}": sentence.format(number)
            for number in COMMITMENTS
            if any(self._parts(number).values())
            for name, sentence in _MISSING.items()
            if not getattr(self, f"{name}_{number}")
        }

    def answer(self) -> Answer:
        """The answer that was typed. What belongs to another decision than the one chosen is left out."""
        decision = self.decision
        whole = [parts for number in COMMITMENTS if all((parts := self._parts(number)).values())]
        return Answer(
            decision=decision,
            reasons=self.reasons or "",
            ground=self.ground if decision is Decision.DECLINED else None,
            changes=self.changes if decision is Decision.ACCEPTED_WITH_CHANGES else None,
            until=self.until if decision is Decision.DEFERRED else None,
            commitments=tuple(Commitment(**parts) for parts in whole),
        )

    def _parts(self, number: int) -> dict[str, Any]:
        return {name: getattr(self, f"{name}_{number}") for name in _MISSING}


_MISSING = {
    "what": "Enter what the board will do in commitment {}",
    "owner": "Enter who is responsible for commitment {}",
    "due_on": "Enter the date of commitment {}",
    "measure": "Enter how one can see that commitment {} is done",
}


def response_form(today: date, constitution: Constitution) -> type[ResponseForm]:
    """The form for an answer given today under this constitution: it names everything that the answer lacks."""

    class Bound(ResponseForm, frozen=True):
        def problems(self) -> dict[str, str]:
            found = ResponseForm.problems(self)
            decision: Decision | None = self.decision
            if decision is None:
                return found
            asked = responses.problems(self.answer(), today, constitution)
            started = any(name.endswith("_1") for name in found)
            return {name: said for name, said in asked.items() if not (name == "what_1" and started)} | found

    return Bound
