"""What a council may take up: five questions with their signposts, and words that point at a person. Pure."""

import re
from enum import StrEnum

from msgspec import Struct

from pilot.councils.proposals import PARTS, words


class Subject(StrEnum):
    """A subject that is not for the council, since others own it or a person would be exposed."""

    PAY = "pay"
    CASE = "case"
    NAMED = "named"
    PATIENT = "patient"
    DISPUTE = "dispute"


QUESTIONS: dict[Subject, tuple[str, str]] = {
    Subject.PAY: (
        "Is it about pay or terms that are agreed nationally?",
        "This is about pay. Pay is agreed between the trust and unions. Speak to your union or to staff side.",
    ),
    Subject.CASE: (
        "Is it about one person's own case, such as a grievance or sickness?",
        "This is about one person's case. Your union, HR or a Freedom to Speak Up guardian can help in private.",
    ),
    Subject.NAMED: (
        "Does it name a person, or describe someone so that others would know them?",
        "A proposal cannot be about a person. Take the name out, or speak to a Freedom to Speak Up guardian.",
    ),
    Subject.PATIENT: (
        "Does it say anything about a patient?",
        "A proposal cannot tell of a patient. If a patient is at risk, report it as an incident today.",
    ),
    Subject.DISPUTE: (
        "Is it in dispute between the trust and unions now (JNCC)?",
        "This is in dispute between the trust and unions. The council leaves it to them until the dispute is over.",
    ),
}
"""For each subject the yes/no question and what a person reads who answers yes."""


def signposts(answers: dict[str, bool]) -> dict[str, str]:
    """The signpost for each question answered yes, by the question's name; empty when all is in scope."""
    return {subject.value: signpost for subject, (_, signpost) in QUESTIONS.items() if answers.get(subject.value)}


class Finding(Struct, frozen=True, order=True):
    """Words that may point at a person. `certain` ones are refused, others are shown to the coordinator."""

    start: int
    end: int
    kind: str
    words: str
    certain: bool


NHS_NUMBER = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
PHONE = re.compile(r"(?<![\d+])(?:(?:\+44|0044)[ -]?(?:\(0\)[ -]?)?|\(?0)\d(?:[ ()-]{0,2}\d){8,9}(?!\d)")
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
BIRTH = re.compile(r"\b(?:dob|d\.o\.b\.|date of birth|born(?: on)?)\W{0,3}\d{1,2}[/. -]\w{1,9}[/. -]\d{2,4}", re.I)
HOSPITAL_NUMBER = re.compile(
    r"\b(?:MRN|hospital (?:number|no\.?)|unit (?:number|no\.?))\W{0,3}[A-Z]{0,3}\d{4,10}", re.I
)
TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sister|Matron|Nurse)\.? [A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?"
)
PATIENT = re.compile(r"\b[Pp](?:atient|t)\.?,? (?:called |named )?[A-Z][a-z][\w'’-]*(?: [A-Z][\w'’-]+)?")


def nhs_number_is_valid(digits: str) -> bool:
    """True when ten digits carry the check digit of an NHS number.

    Source: NHS Data Dictionary, modulus 11: weights 10 to 2, eleven less the remainder, 11 counts as 0, 10 is none.
    """
    if len(digits) != 10 or not digits.isdigit():
        return False
    check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return check != 10 and check % 11 == int(digits[9])


def findings(text: str) -> list[Finding]:
    """Everything in a text that may point at a person, in order of place and without overlaps; the certain ones win."""
    found = [_finding(match, "an NHS number", True) for match in NHS_NUMBER.finditer(text) if _is_nhs_number(match)]
    for pattern, kind, certain in (
        (PHONE, "a phone number", True),
        (EMAIL, "an e-mail address", True),
        (BIRTH, "a date of birth", True),
        (HOSPITAL_NUMBER, "a hospital number", True),
        (PATIENT, "a patient's name", False),
        (TITLED, "a person's name", False),
    ):
        found += [_finding(match, kind, certain) for match in pattern.finditer(text)]
    kept: list[Finding] = []
    for finding in sorted(found, key=lambda f: (not f.certain, f.start)):
        if all(finding.end <= other.start or other.end <= finding.start for other in kept):
            kept.append(finding)
    return sorted(kept)


def refusal(label: str, text: str) -> str | None:
    """Why a text cannot be taken, naming the words that must go; None when none certainly points at a person."""
    certain = [finding for finding in findings(text) if finding.certain]
    if not certain:
        return None
    words = "; ".join(f"{finding.kind} (“{finding.words}”)" for finding in certain)
    return f"“{label}” seems to have {words}. Take it out: a proposal must not point at a person"


def part_problem(part: str, text: str) -> str | None:
    """Why a part of a proposal cannot be taken as it is: empty, too long, or pointing at a person; None if it can."""
    label, most = PARTS[part]
    if not text.strip():
        return f"Enter a text for “{label}”"
    if (count := words(text)) > most:
        return f"“{label}” must have {most} words or fewer. It has {count}"
    return refusal(label, text)


def marked(text: str) -> list[tuple[str, str | None]]:
    """The text in pieces, each with what it may be, or None where it points at nobody; joined, they are the text."""
    pieces: list[tuple[str, str | None]] = []
    place = 0
    for finding in findings(text):
        if finding.start > place:
            pieces.append((text[place : finding.start], None))
        pieces.append((finding.words, finding.kind))
        place = finding.end
    if place < len(text):
        pieces.append((text[place:], None))
    return pieces


def _is_nhs_number(match: re.Match[str]) -> bool:
    return nhs_number_is_valid(re.sub(r"\D", "", match[0]))


def _finding(match: re.Match[str], kind: str, certain: bool) -> Finding:
    return Finding(match.start(), match.end(), kind, match[0], certain)
