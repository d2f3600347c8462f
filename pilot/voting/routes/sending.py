"""One file that is sent to a page, and saying at its field what is wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from msgspec import Meta, Struct

from pilot.errors import BadInput
from pilot.web.forms import PROBLEM, Upload


class FileForm(Struct, frozen=True):
    """A page where one file is sent."""

    file: Annotated[Upload, Meta(title="File", extra_json_schema={"required": "Choose a file"})]


@contextmanager
def in_the_file() -> Iterator[None]:
    """Say at the field of the file what is wrong with the file."""
    try:
        yield
    except BadInput as refusal:
        if refusal.fields:
            raise
        raise BadInput(PROBLEM, {"file": refusal.reason}) from refusal
