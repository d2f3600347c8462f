"""Files that a ballot needs: the script that seals in the browser, and the small program that goes into a record."""

from hashlib import sha256
from pathlib import Path

CLIENT = ("seal.js", "vote.js")
"""What runs in a voter's browser, in static/."""


def client_digest(static: Path) -> str:
    """SHA-256, in hexadecimal, of what `sha256sum seal.js vote.js` prints in that folder: it stands in the manifest."""
    lines = (f"{sha256((static / name).read_bytes()).hexdigest()}  {name}\n" for name in CLIENT)
    return sha256("".join(lines).encode()).hexdigest()


def recount_script() -> bytes:
    """The program verify.py that is put into each record as it is."""
    return (Path(__file__).parent / "verify_record.py").read_bytes()
