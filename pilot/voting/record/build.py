"""Building the record: the box's files, the count, the declaration and what helps to check them. Pure."""

from base64 import b64encode
from collections.abc import Collection, Mapping

import msgspec

from pilot.secrecy import canonical
from pilot.secrecy.record import SIGNATURE, SUMS, signing_text, sums
from pilot.voting import declaration as declarations
from pilot.voting.count import amounts, blt
from pilot.voting.declaration import Count, Declaration
from pilot.voting.record import custody, margins
from pilot.voting.record.asked import Asked, Election, asked, rankings
from pilot.voting.record.parts import PAPERS, manifest_in
from pilot.voting.record.published import answers_in

COUNT = "count.json"
BALLOTS = "ballots.blt"
DECLARATION = "declaration.json"
README = "README.txt"
PROGRAMS = {
    "verify.py": "verify_record.py",
    "log.py": "log.py",
    "majority.py": "majority.py",
    "election.py": "election.py",
    "recount.py": "recount.py",
}
"""The small programs in a record, and what they are called in pilot/voting/files."""

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

SPARE_MEANS = (
    "No more papers than there are spare stamps can have been exchanged, "
    "but only while no trustee works with the website"
)
LOT_LOST = (
    "The number for lots was lost ({}), so lots came from the papers alone: "
    "whoever lost it could choose between that order and another"
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


def build(
    parts: Mapping[str, bytes], count: Count, declared: Declaration, *, programs: Mapping[str, bytes]
) -> Unsigned:
    """All files of a record by name, always the same bytes for the same ballot.

    `parts` are the box's files, `programs` the small ones that recount, by name. Raises Fault for parts that no honest
    box gives.
    """
    manifest = manifest_in(parts)
    found = asked(manifest)
    files = {**parts, **programs, COUNT: count_file(count), DECLARATION: declaration_file(declared)}
    if PAPERS in parts and isinstance(found, Election):
        files[BALLOTS] = ballots_file(found, rankings(answers_in(parts), manifest.questions[0]))
    keys = custody.in_words(manifest)
    files[README] = readme(declared, found, count, files=set(files), keys=keys).encode()
    return Unsigned(files | {SUMS: sums(files)})


def count_file(count: Count) -> bytes:
    """count.json: the figures, the rule by name and version, and the sentences."""
    return canonical.to_bytes(declarations.written_count(count))


def declaration_file(declared: Declaration) -> bytes:
    """declaration.json: the declared result as it was published."""
    return canonical.to_bytes(declarations.written(declared))


def ballots_file(election: Election, papers: Mapping[bytes, int]) -> bytes:
    """ballots.blt: the papers of an election in the form that other counters read."""
    return blt.write(election.contest, papers)


def readme(declared: Declaration, asked: Asked, count: Count, *, files: Collection[str], keys: Collection[str]) -> str:
    """README.txt: what each file is, how anyone can check the result, and what nobody can check with it.

    `keys` says who had which keys (record.custody).
    """
    open_points = [f"{name}:\n    {says}." for name, says in CANNOT_SHOW]
    open_points += [f"{one}." for one in keys]
    open_points += [f"{LOT_LOST.format(declared.lot.lost)}."] * (declared.by_lot and bool(declared.lot.lost))
    left = margins.left_out(asked, count, declared.spoilt + declared.set_aside)
    open_points += [f"{left}."] * bool(left)
    listed = "\n".join(f"  - {point}" for point in open_points)
    own = amounts.listed([f"pilot/voting/files/{name}" for name in PROGRAMS.values()])
    programs = "\n".join(f"  {name:<18}{_DOES[name]}" for name in PROGRAMS)
    lot = _LOT.get((bool(declared.lot.number), declared.by_lot), "") if isinstance(asked, Election) else ""
    return f"""THE RECORD OF A SECRET VOTE

{declared.title}
Question: {declared.question}
Result: {declared.sentence}{lot}

This record lets anyone check the result without the website and without its database.
It holds no voter's name, no time of any vote, and nothing that leads from a paper to a person.

How to check it
  1. With the program of the website:
       pilot verify record.zip
  2. With the small programs in here. Put the record into an empty folder and unzip it there, so that
     {amounts.listed(list(PROGRAMS))} stand beside it. Then, in that folder:
       python3 verify.py record.zip
     They need Python 3.11 or newer and the package "cryptography", and nothing else.
     Whoever alters a record can alter the programs in it. "pilot verify" says whether they are the website's own;
     there they are
     {own}.
  3. If you know the number on the poster or slip (64 letters and numbers), give it too:
       python3 verify.py record.zip --number NUMBER
  "record.zip" stands for the name of the file that you downloaded.

What is in it
  manifest.json     what was promised before the vote opened: question, dates, rule, keys
  signatures.json   the trustees' signatures under it
  log.jsonl         every stamp, sealed vote, vote on paper, pause, opening and closing, in order, without times;
                    a "teller" line is a paper that two tellers sealed for somebody who votes on paper
  checkpoints.txt   what the website signed of the log, from the close on: its length and its root
  stage-0.txt       a fingerprint of each sealed vote when voting closed
  stage-1.txt ...   the same after each trustee had opened one layer and mixed the rest
  peels.json        what each trustee says about its opening, signed
  {_PAPERS if PAPERS in files else _NO_PAPERS}
  trackers.txt      the check codes of all counted papers, sorted
  count.json        the count{_BALLOTS if BALLOTS in files else ""}
  declaration.json  the declared result
{programs}
  SHA256SUMS        a fingerprint of every file above
  SHA256SUMS.sig    the website's signature under it

What this record cannot show
{listed}

Sealed votes: {declared.envelopes}, of which tellers put in {declared.on_paper.cast}.
People who were given a vote on paper: {declared.on_paper.given}.
Spare stamps: {declared.spare}. {SPARE_MEANS}.
"""


_DOES = {
    "verify.py": "a small program that checks the signatures and stamps and counts again; it needs the next four",
    "log.py": "how it reads the files, and what it checks of the log and its checkpoints",
    "majority.py": "how it counts a question again",
    "election.py": "what it checks of an election: its rule, the lot, its papers and figures",
    "recount.py": "how it counts an election again; to count by itself: python3 recount.py --help",
}
_LOT = {
    (True, True): "\nDecided by lot: the number in declaration.json and the papers gave the order.",
    (False, True): "\nDecided by lot: the number for lots was lost, so the papers alone gave the order.",
}
_BALLOTS = "\n  ballots.blt       the papers in the form that other counting programs read"
_PAPERS = "papers.jsonl      the papers, each with its stamp and check code, in no order of time"
_NO_PAPERS = """(papers.jsonl is not here: fewer than 50 people could vote, so only the scrutineers have the papers.
                    With it: python3 verify.py record.zip --papers papers.jsonl)"""
