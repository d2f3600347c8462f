"""What a ballot needs besides rows: the sealing script's fingerprint, a record's programs."""

from hashlib import sha256
from pathlib import Path

from pilot.voting.record.build import PROGRAMS

CLIENT = ("paper.js", "receipt.js", "seal.js", "sealing.js", "tellers.js", "vote.js")
"""What seals votes in a voter's or in two tellers' browser, in static/."""


def client_digest(static: Path) -> str:
    """SHA-256, in hex, of what `sha256sum` prints of these files in that folder; the manifest has it."""
    lines = (f"{sha256((static / name).read_bytes()).hexdigest()}  {name}\n" for name in CLIENT)
    return sha256("".join(lines).encode()).hexdigest()


def programs() -> dict[str, bytes]:
    """The programs that are put into each record as they are, by their name there."""
    return {name: (Path(__file__).parent / own).read_bytes() for name, own in PROGRAMS.items()}
