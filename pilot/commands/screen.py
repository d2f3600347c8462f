"""What a command prints of files that somebody else made: their names cannot paint lines, nor stop the command."""

import sys
from typing import TextIO


def say(words: str, to: TextIO | None = None) -> None:
    """Print one line to standard output, or `to` another stream.

    A character that moves the cursor or hides text, and one that this screen has no letter for, is told by its number.
    """
    to = to or sys.stdout
    letters = to.encoding or "utf-8"
    print(plain(words).encode(letters, "backslashreplace").decode(letters), file=to)


def plain(words: str) -> str:
    """The same words with every character that is no letter, sign or space told by its number, as in "\\x1b"."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in words)
