"""What people may upload on the pages of packs of wordings."""

import csv
import io
from typing import Annotated

from msgspec import Meta, Struct

from pilot.metrics.instruments import FIRST_YEAR, LAST_YEAR, WordingPack, read_wording_pack
from pilot.web.forms import Upload

COLUMNS = ("code", "wording")

Year = Annotated[
    int, Meta(title="Year", ge=FIRST_YEAR, le=LAST_YEAR, extra_json_schema={"required": "Select the year"})
]
Permission = Annotated[
    str,
    Meta(
        title="Reference of the permission",
        min_length=4,
        max_length=120,
        extra_json_schema={
            "required": "Enter the reference of NHS England’s permission to use these wordings",
            "invalid": "The reference of the permission must have 4 to 120 letters",
        },
    ),
]


class WordingsForm(Struct, frozen=True):
    """A pack as a file, and the permission to use it."""

    year: Year
    file: Annotated[Upload, Meta(title="File", extra_json_schema={"required": "Select a CSV file with the wordings"})]
    permission: Permission

    def pack(self) -> WordingPack:
        """The pack. Raises Unusable with every problem."""
        return read_wording_pack(self.file.content, self.permission, self.year)


class CheckedForm(Struct, frozen=True):
    """The same pack, sent again by whoever has looked at it: `wordings` as a CSV text."""

    year: Year
    permission: Permission
    wordings: Annotated[str, Meta(title="Wordings")]

    def pack(self) -> WordingPack:
        """The pack. Raises Unusable with every problem."""
        return read_wording_pack(self.wordings.encode(), self.permission, self.year)


def as_text(pack: WordingPack) -> str:
    """The words of a pack as a CSV text that `CheckedForm` reads back."""
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *pack.wordings.items()])  # not for spreadsheets: no letter may change
    return text.getvalue()
