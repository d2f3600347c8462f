"""Reading a form into a struct: every field is looked at, and every wrong one is named at once.

A form is a frozen `msgspec.Struct`. A field's words stand in its type:
`Annotated[str, Meta(title="Title", max_length=80, extra_json_schema={"required": "Enter a title"})]`;
the keys are `required` (nothing was given) and `invalid` (it cannot be read). A field with `| None` may be left empty.
A form may have `problems(self) -> dict[str, str]` for rules across fields. It is asked even when single fields are
wrong, so that the person reads everything at once: such a field is then None, and what is said of it is ignored.
A `date` comes from three inputs, `name-day`, `name-month` and `name-year`; an uploaded file is an `Upload`.
"""

import functools
import inspect
import re
import types
import typing
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from pilot.errors import BadInput

Form = TypeVar("Form", bound=msgspec.Struct)

PROBLEM = "There is a problem"
CHECKED = ("on", "yes", "true", "1")
DATE_PARTS = ("day", "month", "year")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Signs that nobody types: no page can show them, and not every database takes them."""
CANNOT_BE_PRINTED = "has a character that cannot be printed. If you pasted it, type it instead"

LARGEST_FORM = 128 * 1024
"""Bytes of a form without a file: the longest proposal in any script, and too little to keep the server busy."""

TAKES_A_FILE: dict[str, Any] = {"request_max_body_size": 12 * 1024 * 1024}
"""For handlers that take a file: twelve megabytes, a roll of 50,000 lines with room to spare."""


class Upload(msgspec.Struct, frozen=True):
    """A file as it was sent: its name and its bytes."""

    filename: str
    content: bytes


def ask_for(title: str, required: str, **more: Any) -> msgspec.Meta:
    """The words of a field: its title, and what is said when nothing was given."""
    return msgspec.Meta(title=title, extra_json_schema={"required": required}, **more)


def wants(title: str, sentence: str, **more: Any) -> msgspec.Meta:
    """The words of a field of which one sentence says what is wanted, whether nothing was given or nonsense."""
    return msgspec.Meta(title=title, extra_json_schema={"required": sentence, "invalid": sentence}, **more)


async def read_form(request: Request[Any, Any, Any], form: type[Form]) -> Form:
    """Read the request's form. Raises BadInput that names every wrong field and keeps what was typed."""
    sent = await request.form()
    raw: dict[str, list[str | Upload]] = {}
    for name, value in sent.multi_items():
        if isinstance(value, UploadFile):
            raw.setdefault(name, []).append(Upload(value.filename or "", await value.read()))
        else:
            raw.setdefault(name, []).append(str(value))
    return decode(form, raw)


def decode(form: type[Form], raw: Mapping[str, list[str | Upload]]) -> Form:
    """Read a form from the values of each field, in the order sent. Raises BadInput like `read_form`."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    hints = typing.get_type_hints(form, include_extras=True)
    for field in msgspec.structs.fields(form):
        kind = _Kind(hints[field.name], field.name)
        if kind.is_unprintable(raw):
            wrong[field.name] = f"{kind.title} {CANNOT_BE_PRINTED}"
            continue
        try:
            given = kind.read(raw)
            if given is not None:
                values[field.name] = msgspec.convert(given, hints[field.name], strict=False)
            elif field.required and not kind.optional:
                wrong[field.name] = kind.missing()
            elif field.required:
                values[field.name] = None
        except (msgspec.ValidationError, ValueError):
            wrong[field.name] = kind.unreadable()
    asked = form(**{**dict.fromkeys(wrong), **values})
    problems: Callable[[], dict[str, str]] | None = getattr(asked, "problems", None)
    if problems is not None:
        wrong |= {name: sentence for name, sentence in problems().items() if name not in wrong}
    if wrong:
        order = [field.name for field in msgspec.structs.fields(form)]
        wrong = dict(sorted(wrong.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))
        own = {name for field in order for name in (field, *(f"{field}-{part}" for part in DATE_PARTS))}
        raise BadInput(PROBLEM, wrong, {name: _retyped(sent) for name, sent in raw.items() if name in own})
    return asked


def answers(show: Any) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
    """Let a form's handler answer bad input with its own page: `show`, the handler that shows the form.

    What the handler had written is taken back; the page then reads the refusal from the request (web/pages.py)
    and is sent with status 422. The form's handler must take everything that `show` asks for without a default.
    """

    def decorate(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @functools.wraps(handler)
        async def guarded(*args: Any, **given: Any) -> Any:
            try:
                return await handler(*args, **given)
            except BadInput as refusal:
                if not refusal.fields:
                    raise
                request = given["request"]
                if not refusal.typed:
                    refusal.typed = await _typed(request)
                await given["session"].rollback()
                request.scope["refusal"] = refusal
                show_page = getattr(show, "fn", show)
                wanted = inspect.signature(show_page).parameters
                return await show_page(**{name: value for name, value in given.items() if name in wanted})

        return guarded

    return decorate


async def _typed(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """What was typed, for a problem that a service found after the form had been read."""
    raw: dict[str, list[str | Upload]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str) and name != "_csrf_token":
            raw.setdefault(name, []).append(value)
    return {name: _retyped(sent) for name, sent in raw.items()}


def _retyped(sent: list[str | Upload]) -> Any:
    """What to fill in again: a text, or a list where several were sent. A file cannot be filled in again."""
    texts = [value for value in sent if isinstance(value, str)]
    if len(texts) > 1:
        return texts
    return texts[0] if texts else ""


class _Kind:
    """What one field's type says about how it is read and what is said when it cannot be."""

    def __init__(self, hint: Any, name: str) -> None:
        self.name = name
        self.optional = False
        self.meta: list[msgspec.Meta] = []
        self.base = self._peel(hint)
        self.title = next((m.title for m in self.meta if m.title), name.replace("_", " ").capitalize())

    def _peel(self, hint: Any) -> Any:
        while True:
            if typing.get_origin(hint) is Annotated:
                self.meta += [m for m in typing.get_args(hint)[1:] if isinstance(m, msgspec.Meta)]
                hint = typing.get_args(hint)[0]
            elif typing.get_origin(hint) in (Union, types.UnionType):
                arms = [arm for arm in typing.get_args(hint) if arm is not type(None)]
                self.optional = self.optional or len(arms) < len(typing.get_args(hint))
                if len(arms) != 1:
                    return hint
                hint = arms[0]
            else:
                return hint

    def is_unprintable(self, raw: Mapping[str, list[str | Upload]]) -> bool:
        """Whether a text that was sent, or the name of a file, has a sign that cannot be printed."""
        sent = raw.get(self.name, [])
        return any(UNPRINTABLE.search(one if isinstance(one, str) else one.filename) for one in sent)

    def read(self, raw: Mapping[str, list[str | Upload]]) -> Any:
        """The value to convert; None when nothing was given."""
        if self.base is date:
            return self._date(raw)
        sent = raw.get(self.name, [])
        if self.base is Upload:
            return next((v for v in sent if isinstance(v, Upload) and (v.content or v.filename)), None)
        texts = [v.strip().replace("\r\n", "\n") for v in sent if isinstance(v, str)]
        if typing.get_origin(self.base) in (list, tuple) or self.base in (list, tuple):
            return [text for text in texts if text] or None
        if self.base is bool:
            return bool(texts) and texts[-1].lower() in CHECKED
        return (texts[-1] or None) if texts else None

    def _date(self, raw: Mapping[str, list[str | Upload]]) -> date | None:
        parts = [str((raw.get(f"{self.name}-{part}") or [""])[-1]).strip() for part in DATE_PARTS]
        if not any(parts):
            return None
        if not all(part.isascii() and part.isdigit() for part in parts) or len(parts[2]) != 4:
            raise ValueError(parts)
        return date(int(parts[2]), int(parts[1]), int(parts[0]))

    def missing(self) -> str:
        """The sentence for a field that was left empty."""
        return self._said("required") or f"{'Select' if self._choice else 'Enter'} {_lower(self.title)}"

    def unreadable(self) -> str:
        """The sentence for a field whose value cannot be taken."""
        if said := self._said("invalid"):
            return said
        longest = next((m.max_length for m in self.meta if m.max_length is not None), None)
        if self.base is str and longest is not None:
            return f"{self.title} must be {longest:,} characters or fewer"
        if self.base is date:
            return f"{self.title} must be a real date, like 27 3 2027"
        if self.base in (int, float):
            return f"{self.title} must be a {'whole number' if self.base is int else 'number'}{self._bounds()}"
        return f"{'Select' if self._choice else 'Enter'} {_lower(self.title)}"

    def _bounds(self) -> str:
        low = next((m.ge for m in self.meta if m.ge is not None), None)
        high = next((m.le for m in self.meta if m.le is not None), None)
        if low is not None and high is not None:
            return f" from {low:,} to {high:,}"
        return f", {low:,} or more" if low is not None else f", {high:,} or less" if high is not None else ""

    @property
    def _choice(self) -> bool:
        enum = isinstance(self.base, type) and issubclass(self.base, Enum)
        return enum or typing.get_origin(self.base) in (Literal, list, tuple) or self.base is Upload

    def _said(self, key: str) -> str | None:
        return next(
            (str(m.extra_json_schema[key]) for m in self.meta if m.extra_json_schema and key in m.extra_json_schema),
            None,
        )


def _lower(title: str) -> str:
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
