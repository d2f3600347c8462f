"""Notices as people get them: a table for mail merge, and letters to be printed. Pure."""

from collections.abc import Sequence
from html import escape

from msgspec import Struct

from pilot.people.sheet import written
from pilot.voting.notices import Notice, Recorded

A_FILE = 500
"""Letters in one file: more would be slow to open and to print."""

COLUMNS = (
    "recorded",
    "sealed votes handed in",
    "number in the log",
    "number of the sealed vote begins",
    "what to tell",
)

SAID = {
    Recorded.ONE: "One vote is recorded for you.",
    Recorded.NONE: "No vote is recorded for you.",
    Recorded.PAPER: "It is recorded that you voted on paper.",
}

MISTAKEN = {
    Recorded.ONE: "If you did not vote, or you voted another number of times, or on paper, somebody may have voted in "
    "your name.",
    Recorded.NONE: "If you voted and you saw “Your vote has been cast”, your vote may have been lost.",
    Recorded.PAPER: "If you did not vote on paper, somebody may have voted in your name.",
}

STYLE = """
@page { size: A4; margin: 25mm 22mm }
body { font: 16pt/1.5 Arial, Helvetica, sans-serif; color: #212b32; margin: 0 }
article { break-after: page; max-width: 166mm; margin: 0 auto }
article:last-child { break-after: auto }
h1 { font-size: 22pt; line-height: 1.25 }
.to { margin: 0 0 12mm }
.said { font-size: 19pt; font-weight: bold; border-left: 3mm solid #005eb8; padding-left: 5mm }
.number { font-family: "Courier New", monospace; white-space: nowrap }
@media screen { article { padding: 10mm 0; border-bottom: 1px solid #768692 } }
"""


class Sender(Struct, frozen=True):
    """What stands in every notice: which vote, who tells, and whom to tell of a mistake and how."""

    title: str
    digest: str
    name: str
    tell: str


def mail_merge(headings: Sequence[str], notices: Sequence[Notice], sender: Sender) -> bytes:
    """A row for each person, their own columns first, as CSV in UTF-8 with its mark. No voter number is in it."""
    rows = [
        (
            *one.person.cells,
            str(one.recorded),
            one.times,
            None if one.leaf is None else one.leaf,
            begins(one),
            " ".join(sentences(one, sender)),
        )
        for one in notices
    ]
    return written((*headings, *COLUMNS), rows).encode("utf-8-sig")


def letters(headings: Sequence[str], notices: Sequence[Notice], sender: Sender) -> list[bytes]:
    """The letters as HTML files, at most 500 in each, one letter a page of A4 in large type."""
    parts = [notices[start : start + A_FILE] for start in range(0, len(notices), A_FILE)]
    return [_file(headings, part, sender) for part in parts]


def begins(notice: Notice) -> str:
    """The first 16 letters of the number of the sealed vote, in fours; "" without one."""
    return " ".join(notice.envelope[start : start + 4] for start in range(0, min(16, len(notice.envelope)), 4))


def handed_in(notice: Notice) -> list[str]:
    """How many sealed votes were handed in for somebody, as the voting page says it to them; nothing without one."""
    if not notice.times:
        return []
    many = "1 sealed vote was" if notice.times == 1 else f"{notice.times} sealed votes were"
    counts = "Only your vote on paper counts." if notice.leaf is None else "Only the newest counts."
    return [f"{many} handed in for you.", *([counts] if notice.times > 1 or notice.leaf is None else [])]


def sentences(notice: Notice, sender: Sender) -> list[str]:
    """What one person is told of what is recorded for them, and what to do if it is wrong."""
    said = [SAID[notice.recorded], *handed_in(notice)]
    if notice.leaf is not None:
        said.append(
            f"Its number in the log is {notice.leaf}, and the number of your sealed vote begins with {begins(notice)}."
        )
    return [*said, f"{MISTAKEN[notice.recorded]} Tell {sender.tell} today. Never say how you voted."]


def _file(headings: Sequence[str], notices: Sequence[Notice], sender: Sender) -> bytes:
    body = "\n".join(_letter(headings, one, sender) for one in notices)
    title = f"Notices: {sender.title}"
    return (
        f'<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    ).encode()


def _letter(headings: Sequence[str], notice: Notice, sender: Sender) -> str:
    person = notice.person
    where = [cell for heading, cell in zip(headings, person.cells, strict=True) if heading.lower() in ADDRESS and cell]
    to = "<br>".join(escape(part) for part in (person.name, *where) if part)
    first, *middle, last = sentences(notice, sender)
    more = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in middle)
    return (
        f'<article>\n<p class="to">{to}</p>\n<h1>{escape(sender.title)}: what is recorded for you</h1>\n'
        f"<p>The vote has closed. Before the sealed votes are opened, everybody on the list of voters is told what is "
        f'recorded for them. Nobody knows how you voted.</p>\n<p class="said">{escape(first)}</p>\n{more}'
        f"<p><strong>Is that right?</strong> If it is, you need to do nothing.</p>\n<p>{escape(last)}</p>\n"
        f"<p>{escape(sender.name)}</p>\n"
        f'<p>The number of the vote begins with <span class="number">{escape(sender.digest[:16])}</span>.</p>\n'
        "</article>"
    )


ADDRESS = ("department", "site", "address", "ward")
"""The columns that are printed under the name, so that the trust's own post finds the person."""
