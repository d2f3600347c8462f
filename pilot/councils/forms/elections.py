"""The forms of elections and empty seats: what may be typed, and every sentence for what may not."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from pilot.councils import nominations
from pilot.councils.constitution import Constitution
from pilot.councils.contests import Candidate, Kept
from pilot.councils.vacancies import CAUSES, Cause
from pilot.voting.ballots import MOST_SEATS
from pilot.web.forms import Upload

TITLE_MISSING = "Enter what the election is called"
Seats = Annotated[int, Meta(title="The number of seats", ge=0, le=MOST_SEATS)]


class ElectionForm(Struct, frozen=True):
    """What an election is called, and for how many seats it is."""

    title: Annotated[
        str,
        Meta(title="The title", max_length=120, extra_json_schema={"required": "Enter what the election is called"}),
    ]
    seats: Annotated[int, Meta(title="The number of seats", ge=1, le=MOST_SEATS)]


class CandidateForm(Struct, frozen=True):
    """One candidate: name, class and statement."""

    name: Annotated[str, Meta(title="The name", extra_json_schema={"required": "Enter the name of the candidate"})]
    group: Annotated[str, Meta(title="The class")] | None = None
    statement: Annotated[str, Meta(title="The statement", max_length=8000)] | None = None

    def candidate(self) -> Candidate:
        """The candidate as typed."""
        return Candidate(self.name, self.group or "", self.statement or "")


def candidate_form(others: Sequence[str], constitution: Constitution) -> type[CandidateForm]:
    """The form for a candidate beside others of these names."""

    class Bound(CandidateForm, frozen=True):
        def problems(self) -> dict[str, str]:
            name: str | None = self.name
            found = nominations.problems(
                Candidate(name or "", self.group or "", self.statement or ""), others, constitution
            )
            return found if name else {field: said for field, said in found.items() if field != "name"}

    return Bound


class SheetForm(Struct, frozen=True):
    """Candidates from a spreadsheet: a file, or lines that were copied and pasted."""

    file: Upload | None = None
    pasted: Annotated[str, Meta(title="What you pasted")] | None = None

    def problems(self) -> dict[str, str]:
        """Nothing was given, or both."""
        if self.file is None and not self.pasted:
            return {"pasted": "Paste the lines of your spreadsheet, or choose a file"}
        if self.file is not None and self.pasted:
            return {"pasted": "Paste the lines or choose a file, not both"}
        return {}

    def content(self) -> bytes:
        """The table as bytes."""
        return self.file.content if self.file is not None else (self.pasted or "").encode()


class KeptForm(Struct, frozen=True):
    """Places reserved for a class of candidates. Nothing in both numbers reserves none."""

    group: Annotated[str, Meta(extra_json_schema={"required": "Select a class of candidates"})]
    least: Seats | None = None
    most: Seats | None = None

    def problems(self) -> dict[str, str]:
        """Limits that contradict each other."""
        if self.most is not None and self.most < (self.least or 0):
            return {"most": "“At most” cannot be less than “at least”"}
        return {}

    def kept(self) -> Kept:
        """The seats as typed."""
        return Kept(self.group, self.least or 0, self.most)


class VacancyForm(Struct, frozen=True):
    """Why an elected member no longer holds the seat, and the last day on which they do."""

    cause: Annotated[Cause, Meta(extra_json_schema={"required": "Select why the seat is empty"})]
    last_day: Annotated[date, Meta(title="The last day", extra_json_schema={"required": "Enter the last day"})]
    sure: bool = False

    def problems(self) -> dict[str, str]:
        """A cause that nobody gives; and that a member leaves is public at once, so it needs a second word."""
        cause: Cause | None = self.cause
        found = {} if cause is None or cause in CAUSES else {"cause": "Select why the seat is empty"}
        return found if self.sure else found | {"sure": "Select that this member leaves the council"}


class FillForm(Struct, frozen=True):
    """The returning officer declares what the count for an empty seat gave."""

    sure: bool = False

    def problems(self) -> dict[str, str]:
        """A declaration is public at once and cannot be taken back, so it needs a second word."""
        return {} if self.sure else {"sure": "Select that you have checked the count"}


class ElectedForm(Struct, frozen=True):
    """The coordinator declares all candidates elected without a vote."""

    sure: bool = False

    def problems(self) -> dict[str, str]:
        """Nobody else can stand after it, so it needs a second word."""
        return {} if self.sure else {"sure": "Select that nobody else stands"}


class AnswersForm(Struct, frozen=True):
    """Which candidates agree to take an empty seat, and whether all have answered."""

    agreed: list[int] | None = None
    all_answered: bool = False
