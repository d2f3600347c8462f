"""What a study's download needs besides rows: the program that works every estimate out again."""

from pathlib import Path

PROGRAMS = ("reproduce.py",)
"""The programs that lie in each download; none of them is ever imported by the website."""


def programs() -> dict[str, bytes]:
    """The programs as they are, by their name in the download."""
    return {name: (Path(__file__).parent / name).read_bytes() for name in PROGRAMS}
