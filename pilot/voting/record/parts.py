"""The record's files as values; whatever cannot be read is a fault with its file and line. Pure."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec

from pilot.errors import BadInput
from pilot.secrecy import canonical, manifest
from pilot.secrecy.manifest import Manifest

PAPERS = "papers.jsonl"


class Fault(Exception):  # noqa: N818 -- a finding, not an error
    """What is wrong, in which file, and in which line (from 1; None for the whole file)."""

    def __init__(self, file: str, says: str, line: int | None = None) -> None:
        super().__init__(says)
        self.file, self.says, self.line = file, says, line


class StampLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, tag_field="type", tag="stamp"):
    """The seq-th stamp was given to v."""

    seq: int
    v: str


class EnvelopeLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, tag_field="type", tag="envelope"):
    """A sealed vote was taken for v."""

    sha256: str
    v: str


class TellersStampLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="teller stamp"):
    """The seq-th stamp, counted anew, was given to tellers for a paper under v."""

    seq: int
    v: str


class TellersEnvelopeLeaf(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="teller envelope"
):
    """A paper that tellers sealed was taken under v."""

    sha256: str
    v: str


class ExtendLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="extend"):
    """Voting closes later, for a published reason."""

    closes: str
    reason: str


class SuspendLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="suspend"):
    """Voting was paused, for a published reason."""

    reason: str


class ResumeLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="resume"):
    """Voting went on, and closes at this time."""

    closes: str
    reason: str


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A teller's signature of a cancellation; the teller by place in the manifest, from 0."""

    teller: int
    signature: bytes


class CancelLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="cancel"):
    """v was given a vote on paper: what they sealed before does not count."""

    v: str
    signatures: tuple[Told, ...]


class CloseLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="close"):
    """Voting closed; numbers of people but for `stamps`. `cancelled` were given a vote on paper."""

    cancelled: int
    envelopes: int
    m: str
    roll: int
    sha256: str
    stamped: int
    stamps: int


class NoticesLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="notices"):
    """So many people were told how many sealed votes are recorded for them."""

    count: int


class PeelLeaf(msgspec.Struct, frozen=True, tag_field="type", tag="peel"):
    """A trustee opened its layer; read in full by the box's own module."""

    i: int


class FinalLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="final"):
    """The papers were judged; `root` is the Merkle root over the lines of papers.jsonl."""

    m: str
    root: str
    set_aside: int
    spoilt: int
    valid: int


class EraseLeaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="erase"):
    """What was erased after the time for challenges."""

    what: str


Tellers = TellersStampLeaf | TellersEnvelopeLeaf
Voting = StampLeaf | EnvelopeLeaf | ExtendLeaf | SuspendLeaf | ResumeLeaf | CancelLeaf | Tellers
Leaf = Voting | CloseLeaf | NoticesLeaf | PeelLeaf | FinalLeaf | EraseLeaf


class PaperLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One line of papers.jsonl: paper, stamp and code, or the whole item where these do not make it again."""

    inner: str
    verdict: str
    code: str = ""
    paper: bytes = b""
    stamp: bytes = b""
    item: bytes = b""
    reason: str = ""


class Signer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One trustee's signature of the manifest."""

    name: str
    signature: bytes


class Signatures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """signatures.json."""

    m: str
    trustees: tuple[Signer, ...]


Shape = TypeVar("Shape")

_QUICK: dict[Any, msgspec.json.Decoder[Any]] = {
    Leaf: msgspec.json.Decoder(StampLeaf | EnvelopeLeaf),
    PaperLine: msgspec.json.Decoder(PaperLine),
}
"""What long files have on nearly every line, read at once; every other line goes the long way."""


def there(files: Mapping[str, bytes], name: str) -> bytes:
    """The bytes of a file that a record must have. Raises Fault."""
    if name not in files:
        raise Fault(name, "it is missing")
    return files[name]


def one(files: Mapping[str, bytes], name: str, shape: type[Shape]) -> Shape:
    """The value of a file of one canonical JSON text. Raises Fault."""
    return cast(Shape, _value(there(files, name), name, shape, None))


def lines(files: Mapping[str, bytes], name: str) -> list[bytes]:
    """The lines of a file, each ended by a line feed. Raises Fault."""
    data = there(files, name)
    if data and not data.endswith(b"\n"):
        raise Fault(name, "its last line is cut off", data.count(b"\n") + 1)
    return data.split(b"\n")[:-1]


def each(files: Mapping[str, bytes], name: str, shape: Any) -> list[Any]:
    """The values of a file of one canonical JSON text a line. Raises Fault."""
    return [_value(body, name, shape, number) for number, body in enumerate(lines(files, name), start=1)]


def manifest_in(files: Mapping[str, bytes]) -> Manifest:
    """The manifest. Raises Fault."""
    try:
        return manifest.read(there(files, "manifest.json"))
    except BadInput as refusal:
        raise Fault("manifest.json", refusal.reason) from refusal


def _quick(body: bytes, shape: Any) -> Any | None:
    """The value of a line that is canonical and of the usual kind; None where the long way must say."""
    if shape not in _QUICK or not body.isascii():
        return None
    try:
        value = _QUICK[shape].decode(body)
    except msgspec.MsgspecError:
        return None
    return value if canonical.SORTED.encode(value) == body else None


def _value(body: bytes, name: str, shape: Any, line: int | None) -> Any:
    if (quick := _quick(body, shape)) is not None:
        return quick
    try:
        value = msgspec.convert(canonical.read(body), shape)
    except BadInput as refusal:
        raise Fault(name, refusal.reason, line) from refusal
    except msgspec.ValidationError as trouble:
        raise Fault(name, f"it cannot be read: {trouble}", line) from trouble
    if isinstance(value, Signatures | CancelLeaf) and canonical.SORTED.encode(value) != body:
        raise Fault(name, canonical.NOT_CANONICAL, line)  # base64 with stray bits is of the right kind, too
    return value
