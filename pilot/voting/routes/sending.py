"""One file that is sent to a page, and saying at its field what is wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from msgspec import Meta, Struct

from pilot.errors import BadInput
from pilot.secrecy.keyfile import IS_A_KEY_FILE
from pilot.web.forms import PROBLEM, Upload

SENT = (
    f"{IS_A_KEY_FILE} It has just been sent to this website, and should never leave its owner’s computer. "
    "Nothing of it was kept here. "
)
MAKE_NEW = "Make new keys, use these no more, and send the new registration file."
TELL = "Tell the returning officer, the other trustees and the scrutineer at once."


class FileForm(Struct, frozen=True):
    """A page where one file is sent."""

    file: Annotated[Upload, Meta(title="File", extra_json_schema={"required": "Choose a file"})]


@contextmanager
def in_the_file(advice: str = TELL) -> Iterator[None]:
    """Say at the field of the file what is wrong with the file; `advice` is for whoever sent a key file."""
    try:
        yield
    except BadInput as refusal:
        if refusal.fields:
            raise
        reason = SENT + advice if refusal.reason.startswith(IS_A_KEY_FILE) else refusal.reason
        raise BadInput(PROBLEM, {"file": reason}) from refusal
