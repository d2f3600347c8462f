"""Building the record: the box's files, the count, the declaration and what helps to check them. Pure."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from pilot.secrecy import canonical
from pilot.voting import declaration as declarations
from pilot.voting.count import yes_no
from pilot.voting.count.yes_no import Result, Rule
from pilot.voting.declaration import Declaration

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
COUNT = "count.json"
DECLARATION = "declaration.json"
README = "README.txt"
SCRIPT = "verify.py"

CANNOT_SHOW = (
    (
        "Papers dropped or replaced by a trustee, or by the website together with one",
        "only voters' check codes show it",
    ),
    (
        "Votes cast with somebody else's code, or by the website in somebody's name",
        "only the people whose votes they are can know",
    ),
)
"""What no record can show, and who could; said in each record and by each check of one."""

ALL_KEYS = "The server held all the keys, so it could have made this result"
SPARE_MEANS = (
    "No more papers than there are spare stamps can have been exchanged, "
    "but only while no trustee works with the website"
)
LEFT_OUT = (
    "{:,} sealed votes or papers were not counted (copies, not opened, spoilt or set aside): "
    "enough to have given another outcome"
)


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
        README: readme(declared, result, papers="papers.jsonl" in parts, all_keys=_all_keys(parts)).encode(),
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


def could_matter(rule: Rule, result: Result, left: int) -> bool:
    """Whether `left` votes that were not counted could change the outcome: as many as the margin, or enough new votes.

    `left` includes the spoilt papers of `result`. Raises ValueError when there are more of them than people.
    """
    margin = yes_no.margin(rule, result)
    if left and margin is not None and left >= margin:
        return True
    votes = {"yes": result.yes, "no": result.no, "abstain": result.abstain}
    added = ({**votes, answer: votes[answer] + left} for answer in votes)
    return any(yes_no.count(rule, more, entitled=result.entitled).outcome is not result.outcome for more in added)


def _all_keys(parts: Mapping[str, bytes]) -> bool:
    """Whether the server holds the keys of every trustee."""
    return all(trustee["custody"] == "server" for trustee in canonical.read(parts["manifest.json"])["trustees"])


def readme(declared: Declaration, result: Result, *, papers: bool, all_keys: bool) -> str:
    """README.txt: what each file is, how anyone can check the result, and what nobody can check with it."""
    open_points = [f"{name}:\n    {says}." for name, says in CANNOT_SHOW]
    open_points += [f"{ALL_KEYS}."] * all_keys
    left = declared.spoilt + declared.set_aside
    if could_matter(yes_no.parse(declared.rule), result, left):
        open_points.append(LEFT_OUT.format(left) + ".")
    listed = "\n".join(f"  - {point}" for point in open_points)
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
     Whoever alters a record can alter the program in it. "pilot verify" says whether it is the one of the website's
     own program; there it is the file pilot/voting/files/verify_record.py.
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

What this record cannot show
{listed}

Spare stamps: {declared.spare}. {SPARE_MEANS}.
"""


_PAPERS = "papers.jsonl      the papers, each with its stamp and check code, in no order of time"
_NO_PAPERS = """(papers.jsonl is not here: fewer than 50 people could vote, so only the scrutineers have the papers.
                    With it: python3 verify.py record.zip --papers papers.jsonl)"""
