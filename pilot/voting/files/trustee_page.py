"""The trustees' one-page tool as it lies in static/, and its number."""

from hashlib import sha256
from pathlib import Path

PAGE = "trustee.html"


def trustee_page(static: Path) -> str | None:
    """SHA-256 of the tool, in hex; None where this installation has none."""
    path = static / PAGE
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else None
