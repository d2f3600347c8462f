"""Building the record: the box's files, the count, the declaration and what helps to check them. Pure."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from pilot.secrecy import canonical
from pilot.voting import declaration as declarations
from pilot.voting.count.yes_no import Result
from pilot.voting.declaration import Declaration

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
COUNT = "count.json"
DECLARATION = "declaration.json"
README = "README.txt"
SCRIPT = "verify.py"


class Unsigned(msgspec.Struct, frozen=True):
    """A record that only lacks the log key's signature."""

    files: dict[str, bytes]

    @property
    def to_sign(self) -> bytes:
        """The text that the installation's log key signs."""
        return signing_text(self.files[SUMS])

    def signed(self, signature: bytes) -> dict[str, bytes]:
        """All files of the record."""
        return self.files | {SIGNATURE: b64encode(signature) + b"\n"}


def build(parts: Mapping[str, bytes], result: Result, declared: Declaration, *, script: bytes) -> Unsigned:
    """All files of a record by name, always the same bytes for the same ballot.

    `parts` are the box's files, `script` the small program that recounts.
    """
    files = {
        **parts,
        COUNT: count_file(result),
        DECLARATION: declaration_file(declared),
        README: readme(declared, papers="papers.jsonl" in parts).encode(),
        SCRIPT: script,
    }
    return Unsigned(files | {SUMS: sums(files)})


def count_file(result: Result) -> bytes:
    """count.json: the figures, the rule by name and version, and the sentence."""
    values: dict[str, Any] = msgspec.to_builtins(result)
    return canonical.to_bytes(values)


def declaration_file(declared: Declaration) -> bytes:
    """declaration.json: the declared result as it was published."""
    return canonical.to_bytes(declarations.written(declared))


def sums(files: Mapping[str, bytes]) -> bytes:
    """SHA256SUMS over these files, sorted by name, in the form that the tool `sha256sum -c` reads."""
    return "".join(f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode("ascii")


def signing_text(listed: bytes) -> bytes:
    """What the log key signs: "pilot record " and the text of SHA256SUMS."""
    return b"pilot record " + listed


def readme(declared: Declaration, *, papers: bool) -> str:
    """README.txt: what each file is and how anyone can check the result."""
    return f"""THE RECORD OF A SECRET VOTE

{declared.title}
Question: {declared.question}
Result: {declared.sentence}

This record lets anyone check the result without the website and without its database.
It holds no name, no time of any vote, and nothing that leads from a paper to a person.

How to check it
  1. With the program of the website:   pilot verify record.zip
  2. With the small program in here:    python3 verify.py record.zip
     It needs Python 3.11 or newer and the package "cryptography", and nothing else.
  3. If you know the number on the poster or slip (64 letters and numbers), give it too:
     python3 verify.py record.zip --manifest-hash NUMBER

What is in it
  manifest.json     what was promised before the vote opened: question, dates, majority, keys
  signatures.json   the trustees' signatures under it
  log.jsonl         every stamp, sealed vote, opening and closing, in order, without times
  stage-0.txt       a fingerprint of each sealed vote when voting closed
  stage-1.txt ...   the same after each trustee had opened one layer and mixed the rest
  peels.json        what each trustee says about its opening, signed
  {_PAPERS if papers else _NO_PAPERS}
  trackers.txt      the check codes of all counted papers, sorted
  count.json        the count
  declaration.json  the declared result
  verify.py         a small program that checks the signatures and stamps and counts again
  SHA256SUMS        a fingerprint of every file above
  SHA256SUMS.sig    the website's signature under it

Spare stamps: {declared.spare}. No more papers than these can have been exchanged by a trustee together with voters.
"""


_PAPERS = "papers.jsonl      the papers, each with its stamp and check code, in no order of time"
_NO_PAPERS = """(papers.jsonl is not here: fewer than 50 people could vote, so only the scrutineers have the papers.
                    With it: python3 verify.py record.zip --papers papers.jsonl)"""
