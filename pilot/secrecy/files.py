"""The scripts that seal in a browser, as they lie in static/, and their fingerprint."""

from hashlib import sha256
from pathlib import Path

CLIENT = ("paper.js", "receipt.js", "seal.js", "sealing.js", "tellers.js", "vote.js")
"""What seals papers in the browser of a voter, of two tellers, or of whoever answers a survey."""


def client_digest(static: Path) -> str:
    """SHA-256, in hex, of what `sha256sum` prints of these files in that folder; the manifest has it."""
    lines = (f"{sha256((static / name).read_bytes()).hexdigest()}  {name}\n" for name in CLIENT)
    return sha256("".join(lines).encode()).hexdigest()
