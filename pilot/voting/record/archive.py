"""The record as one zip file, read so that no hostile file can hurt. Pure."""

import io
import re
import zipfile

import msgspec

from pilot.secrecy import packing

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""Plain names only: no folder, no drive, nothing that leaves the place where it is unpacked."""

MOST_FILES = 40
LARGEST_FILE = 256 * 1024 * 1024
LARGEST_RECORD = 512 * 1024 * 1024
"""Bytes after unpacking; the papers of 100,000 people take about 90 million."""


class Unreadable(Exception):  # noqa: N818 -- an answer, not a fault
    """This is no zip file at all; the text says so."""


class Unpacked(msgspec.Struct, frozen=True):
    """What was in the zip file: the files that could be read, and a sentence for each name that could not."""

    files: dict[str, bytes]
    refused: dict[str, str]


def unpack(data: bytes) -> Unpacked:
    """The files of a zip file. Raises Unreadable when it is none; a single bad file is refused by its name."""
    try:
        archive = packing.opened(data)
    except packing.NotPacked as trouble:
        raise Unreadable("This file is not a record: it is no zip file, or its end is missing.") from trouble
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise Unreadable(f"This file is not a record: it holds {len(entries)} files.")
    files: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    left = LARGEST_RECORD
    with archive:
        for entry in entries:
            name = entry.filename
            wrong = _unsafe(entry, already=name in files or name in refused, left=left)
            content = None if wrong else _content(archive, entry)
            if content is None:
                refused[name] = wrong or "it is damaged: its bytes do not match their checksum"
                files.pop(name, None)
            else:
                files[name] = content
                left -= len(content)
    return Unpacked(files, refused)


def one_file(data: bytes, name: str) -> bytes | None:
    """One file of a record of our own making; None when it has no such file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name) if name in archive.namelist() else None


def _unsafe(entry: zipfile.ZipInfo, *, already: bool, left: int) -> str:
    """Why this entry is not even opened, or nothing."""
    if not NAME.fullmatch(entry.filename):
        return "its name leads out of the record"
    if already:
        return "it is in the record twice"
    if packing.is_locked(entry):
        return "it is locked with a password"
    if entry.file_size > min(left, LARGEST_FILE):
        return "it is far too large"
    return ""


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | None:
    """The entry's bytes, never more than it says; None when they are damaged."""
    content = packing.content(archive, entry, entry.file_size)
    return content if content is not None and len(content) == entry.file_size else None
