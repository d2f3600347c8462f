"""The figures of a declared result as a file for spreadsheets. Pure."""

from pilot.people.sheet import written
from pilot.voting.declaration import Declaration, Outcome
from pilot.voting.outcomes import Answers

NAMES = ("blank", "spoilt", "set_aside", "stamps", "envelopes", "spare")

Figure = tuple[str, str | int]


def table(reference: str, declared: Declaration, options: Answers) -> bytes:
    """The figures, one a line under the headings "figure" and "value", as CSV in UTF-8 with its mark.

    `options` names those who stand in an election, which also says who was elected and whether a lot decided.
    """
    election = declared.outcome is Outcome.ELECTED
    rows: list[Figure] = [
        ("vote", reference),
        ("declared at", declared.at),
        ("outcome", str(declared.outcome)),
        ("entitled", declared.entitled),
        ("voted", declared.voted),
        *(_of_candidates(declared, options) if election else declared.votes.items()),
        *((name.replace("_", " "), getattr(declared, name)) for name in NAMES),
        ("given a vote on paper", declared.on_paper.given),
        ("put in on paper", declared.on_paper.cast),
        *(_elected(declared) if election else ()),
        ("manifest", declared.manifest),
    ]
    return written(("figure", "value"), rows).encode("utf-8-sig")


def _of_candidates(declared: Declaration, options: Answers) -> list[Figure]:
    what = "first choices" if options.ranked else "votes"
    return [(f"{what} for {options.options[number]}", votes) for number, votes in declared.votes.items()]


def _elected(declared: Declaration) -> list[Figure]:
    lost = declared.lot.lost
    return [
        *((f"elected {place}", name) for place, name in enumerate(declared.elected, start=1)),
        ("empty seats", declared.empty),
        ("decided by lot", "yes" if declared.by_lot else "no"),
        ("number for lots", f"lost: {lost}" if lost else "opened"),
    ]
