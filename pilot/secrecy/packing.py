"""Files as one zip file that has the same bytes on every machine, and strangers' zip files read with care. Pure."""

import io
import zipfile
import zlib
from collections.abc import Mapping

LONG_AGO = (1980, 1, 1, 0, 0, 0)


def pack(files: Mapping[str, bytes]) -> bytes:
    """One zip file. Nothing is compressed, so that every machine makes the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


class NotPacked(Exception):  # noqa: N818 -- an answer, not a fault
    """The bytes are no zip file, or its end is missing."""


def opened(data: bytes) -> zipfile.ZipFile:
    """A stranger's zip file, of which nothing is unpacked yet. Raises NotPacked."""
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as trouble:
        raise NotPacked from trouble


def is_locked(entry: zipfile.ZipInfo) -> bool:
    """Whether the entry needs a password."""
    return bool(entry.flag_bits & 1)


def content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes | None:
    """The bytes of an entry, None where they are damaged. No more than `most` + 1 are unpacked, whatever it says of
    itself, so one that is longer than `most` was too large."""
    try:
        with archive.open(entry) as part:
            return part.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError, RuntimeError):
        return None
