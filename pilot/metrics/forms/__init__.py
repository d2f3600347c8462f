"""What people may type or upload on the pages of measures and comparisons."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from pilot.metrics.catalogue import UPLOADED
from pilot.metrics.layouts import Layout, MeasureFile
from pilot.metrics.measures import PROGRAMME
from pilot.web.forms import Upload, ask_for


class MeasuresForm(Struct, frozen=True):
    """A file of measures and what its sender says about it."""

    file: Annotated[Upload, ask_for("File", "Select a CSV file with measures")]
    trusts: Annotated[Literal["programme", "other"], ask_for("Trusts", "Select which trusts the file is about")]
    instrument: Annotated[str, ask_for("Instrument", "Select where the figures come from", max_length=80)]
    vintage: Annotated[
        str, ask_for("Published", "Enter when these figures were published, like March 2026", max_length=80)
    ]
    source: Annotated[str, ask_for("Source", "Enter who published these figures", max_length=200)]
    dataset: Annotated[str, Meta(title="Name of the set", max_length=80)] | None = None

    def described(self, layout: Layout) -> MeasureFile:
        """The file with what was said about it."""
        return MeasureFile(
            self.file.filename, self.file.content, self.instrument, self.vintage, self.source,
            _name_of(self.trusts, self.dataset), layout.code,
        )  # fmt: skip

    def problems(self) -> dict[str, str]:
        """A panel of other trusts without a name of its own, and an instrument that is not on the list."""
        wrong = _wrong_set(self.trusts, self.dataset)
        if self.instrument not in UPLOADED:
            wrong["instrument"] = "Select where the figures come from"
        return wrong


class FiguresForm(Struct, frozen=True):
    """A file with figures whose layout, and so its instrument, is known."""

    file: Annotated[Upload, ask_for("File", "Select a file with figures")]
    trusts: Annotated[Literal["programme", "other"], ask_for("Trusts", "Select which trusts the file is about")]
    vintage: Annotated[
        str, ask_for("Published", "Enter when these figures were published, like March 2026", max_length=80)
    ]
    source: Annotated[str, ask_for("Source", "Enter who published these figures", max_length=200)]
    dataset: Annotated[str, Meta(title="Name of the set", max_length=80)] | None = None
    joined: bool = False

    def described(self, layout: Layout) -> MeasureFile:
        """The file with what was said about it."""
        return MeasureFile(
            self.file.filename, self.file.content, layout.instrument, self.vintage, self.source,
            _name_of(self.trusts, self.dataset), layout.code, self.joined,
        )  # fmt: skip

    def problems(self) -> dict[str, str]:
        """A panel of other trusts without a name of its own."""
        return _wrong_set(self.trusts, self.dataset)


class RegisterForm(Struct, frozen=True):
    """A file with a list about trusts."""

    file: Annotated[Upload, ask_for("File", "Select a file with the list")]
    vintage: Annotated[str, ask_for("Published", "Enter when this list was published, like March 2026", max_length=80)]
    source: Annotated[str, ask_for("Source", "Enter who published this list", max_length=200)]

    def described(self, layout: Layout) -> MeasureFile:
        """The file with what was said about it."""
        return MeasureFile(
            self.file.filename, self.file.content, layout.instrument, self.vintage, self.source,
            "", layout.code,
        )  # fmt: skip


def form_for(layout: Layout) -> type[MeasuresForm | FiguresForm | RegisterForm]:
    """The questions that are asked about a file of this kind."""
    if layout.is_register:
        return RegisterForm
    return FiguresForm if layout.instrument else MeasuresForm


def _name_of(trusts: str, dataset: str | None) -> str:
    return PROGRAMME if trusts == "programme" else dataset or ""


def _wrong_set(trusts: str | None, dataset: str | None) -> dict[str, str]:
    if trusts == "other" and not dataset:
        return {"dataset": "Enter a name for this set of trusts"}
    if trusts == "other" and dataset == PROGRAMME:
        return {"dataset": f"“{PROGRAMME}” is the name of the programme’s own trusts. Enter another name"}
    return {}


class ColumnsForm(Struct, frozen=True):
    """What each column is, in the order of the columns."""

    role: Annotated[list[str], ask_for("Columns", "Say for each column what it is")]


class ArmsForm(Struct, frozen=True):
    """The arms of a panel of other trusts."""

    file: Annotated[Upload, ask_for("File", "Select a CSV file with the arms")]


class ComparisonForm(Struct, frozen=True):
    """The first and last period before and after the start, and how to compare."""

    before_from: Annotated[str, ask_for("First period before", "Select the first period before the start")]
    before_to: Annotated[str, ask_for("Last period before", "Select the last period before the start")]
    after_from: Annotated[str, ask_for("First period after", "Select the first period after the start")]
    after_to: Annotated[str, ask_for("Last period after", "Select the last period after the start")]
    missing: Annotated[
        Literal["complete", "available"], ask_for("Missing values", "Select what to do about missing values")
    ]
    test: Annotated[Literal["permutation", "cluster"], ask_for("Test", "Select a test")]


def span(periods: Sequence[str], first: str, last: str) -> tuple[str, ...]:
    """The periods from the first to the last; nothing when either is not there or they are the wrong way round."""
    if first not in periods or last not in periods:
        return ()
    return tuple(periods[periods.index(first) : periods.index(last) + 1])
