"""What a study's download needs besides rows: the program that works every estimate out again."""

from pathlib import Path

HERE = Path(__file__).parent


def programs() -> dict[str, bytes]:
    """The program and what it works with, by their names in the download. The website imports none of them."""
    parts = sorted((HERE / "reproduction").glob("*.py"))
    return {path.relative_to(HERE).as_posix(): path.read_bytes() for path in (HERE / "reproduce.py", *parts)}
