"""The rules of one council: how many sponsors, how much support, how many days, and how it is elected. Pure."""

from fractions import Fraction
from typing import Literal, get_args

from msgspec import Struct

from pilot.voting.outcomes import WAYS

Base = Literal["valid", "cast", "entitled"]

ManySeats = Literal["scottish-stv", "meek-stv", "block-plurality", "approval"]
OneSeat = Literal["alternative-vote", "first-past-the-post", "approval"]
VacancyRule = Literal["countback", "next_highest", "by_election", "leave_vacant"]


class Constitution(Struct, frozen=True):
    """All that a proposal's path and an election need. The defaults are ours; a council may set its own.

    `sponsor_min`: people who must put their name to a proposal before it is submitted; 1 to 10. Decidim asks for two.
    `screening_working_days`: working days in which the coordinator screens a submitted proposal; 1 to 20.
    `support_percent`: share of the council's electorate whose support brings a proposal on, in percent; 1 to 20.
        Source: information and consultation requests need 2%, petitions elsewhere 1% to 5%.
    `support_cap`: supporters that are always enough, however large the trust; 5 to 1,000 people.
    `support_window_days`: calendar days in which support is gathered; 7 to 182.
    `deliberation_days`: calendar days of open discussion before the text is locked; 7 to 56.
    `voting_days_min`: shortest voting time, calendar days; 7 to 56. Two weeks reach everyone on a rota with nights.
    `voting_weekends_min`: whole weekends (Saturday and Sunday) inside the voting time; 0 to 8.
    `notice_working_days`: whole working days between arranging a ballot and its opening, so that codes can be
        printed and handed out; 1 to 20. One is the least: the list of voters is fixed a working day before opening.
    `majority_percent`: a proposal is carried by more than this share of the majority base, in percent; 50 to 75.
    `majority_base`: what the majority is counted of: `valid` (yes and no), `cast` (abstentions too) or `entitled`.
    `turnout_quorum_percent`: least share of the electorate that must vote, in percent; 0 (none) to 25.
        A turnout quorum lets opponents win by staying away.
    `response_ack_working_days`: working days in which the board says that it has the result; 1 to 20.
    `response_due_working_days`: working days from the declaration in which the board answers; 5 to 60.
    `overdue_chief_executive_working_days`: working days late after which the chief executive is called on; 1 to 20.
    `overdue_chair_working_days`: working days late after which chair and programme board are called on; more than the
        step before, at most 40.
    `decline_reason_min_words`: least length of the board's reasons when it declines, in words; 20 to 500.
    `counting_rule`: how an election for several seats is counted, a name in pilot/voting/count/rules.py.
    `one_seat_rule`: the same for an election for one seat.
    `reopen_nominations`: whether "Re-open nominations" stands on the paper of every election that is voted on.
    `term_months`: how long an elected member holds a seat, in calendar months; 6 to 36 (foundation trusts: 3 years).
    `candidate_statement_max_words`: longest statement of a candidate, in words; 50 to 500.
    `vacancy_rule`: who follows an elected member who leaves early. `countback` counts the same papers again,
        `next_highest` takes the candidate with the next most votes, `by_election` has a new election,
        `leave_vacant` leaves the seat empty.
    `vacancy_least_months`: with fewer whole months left than this the seat stays empty; 0 to 12.
    """

    sponsor_min: int = 2
    screening_working_days: int = 5
    support_percent: int = 5
    support_cap: int = 100
    support_window_days: int = 28
    deliberation_days: int = 14
    voting_days_min: int = 14
    voting_weekends_min: int = 2
    notice_working_days: int = 5
    majority_percent: int = 50
    majority_base: Base = "valid"
    turnout_quorum_percent: int = 0
    response_ack_working_days: int = 5
    response_due_working_days: int = 20
    overdue_chief_executive_working_days: int = 5
    overdue_chair_working_days: int = 10
    decline_reason_min_words: int = 50
    counting_rule: ManySeats = "scottish-stv"
    one_seat_rule: OneSeat = "alternative-vote"
    reopen_nominations: bool = False
    term_months: int = 36
    candidate_statement_max_words: int = 150
    vacancy_rule: VacancyRule = "countback"
    vacancy_least_months: int = 6

    def problems(self) -> dict[str, str]:
        """A sentence for each number outside its bounds, by field; empty when all is well."""
        found = {
            name: f"{label} must be between {low:,} and {high:,}"
            for name, (label, low, high) in BOUNDS.items()
            if not low <= getattr(self, name) <= high
        }
        if self.majority_base not in MAJORITY_BASES:
            found["majority_base"] = "The majority must be of the valid votes, the votes cast or the people entitled"
        for name, (known, sentence) in CHOICES.items():
            if getattr(self, name) not in known:
                found[name] = sentence
        found |= self._disagreements(found)
        return found

    def _disagreements(self, already: dict[str, str]) -> dict[str, str]:
        """Numbers that are each in bounds but contradict one another."""
        found = {}
        if self.response_ack_working_days > self.response_due_working_days:
            found["response_ack_working_days"] = "The board must say that it has the result before its answer is due"
        if self.overdue_chair_working_days <= self.overdue_chief_executive_working_days:
            found["overdue_chair_working_days"] = "The chair must be called on later than the chief executive"
        if self.voting_weekends_min * 7 > self.voting_days_min:
            found["voting_weekends_min"] = "The voting time is too short for this number of weekends"
        if self.vacancy_least_months >= self.term_months:
            found["vacancy_least_months"] = "A seat can be left empty only near the end of its time"
        return {name: sentence for name, sentence in found.items() if name not in already}


MAJORITY_BASES = {
    "valid": "the votes for yes and no",
    "cast": "all votes, with those who did not want to choose",
    "entitled": "all people entitled to vote",
}

FOLLOWS: dict[str, str] = {
    "countback": "The same papers are counted again without the person who left. "
    "Only candidates who agree can be elected",
    "next_highest": "The candidate with the next most votes who agrees takes the seat",
    "by_election": "There is a new election for the seat",
    "leave_vacant": "The seat stays empty until the next election",
}
"""Who follows an elected member who leaves early."""

CHOICES: dict[str, tuple[tuple[str, ...], str]] = {
    "counting_rule": (get_args(ManySeats), "The way of counting elections for several seats must be one that we know"),
    "one_seat_rule": (get_args(OneSeat), "The way of counting elections for one seat must be one that we know"),
    "vacancy_rule": (get_args(VacancyRule), "What happens when a member leaves early must be one of the four ways"),
}

BOUNDS: dict[str, tuple[str, int, int]] = {
    "sponsor_min": ("The number of sponsors", 1, 10),
    "screening_working_days": ("The working days for screening", 1, 20),
    "support_percent": ("The support needed, in percent,", 1, 20),
    "support_cap": ("The number of supporters that is always enough", 5, 1000),
    "support_window_days": ("The days for gathering support", 7, 182),
    "deliberation_days": ("The days for discussion", 7, 56),
    "voting_days_min": ("The shortest voting time in days", 7, 56),
    "voting_weekends_min": ("The weekends in the voting time", 0, 8),
    "notice_working_days": ("The working days before voting opens", 1, 20),
    "majority_percent": ("The majority, in percent,", 50, 75),
    "turnout_quorum_percent": ("The least turnout, in percent,", 0, 25),
    "response_ack_working_days": ("The working days for the board to say that it has the result", 1, 20),
    "response_due_working_days": ("The working days for the board to answer", 5, 60),
    "overdue_chief_executive_working_days": ("The working days until the chief executive is called on", 1, 20),
    "overdue_chair_working_days": ("The working days until the chair is called on", 2, 40),
    "decline_reason_min_words": ("The words needed when the board declines", 20, 500),
    "term_months": ("The months for which a seat is held", 6, 36),
    "candidate_statement_max_words": ("The words of a candidate's statement", 50, 500),
    "vacancy_least_months": ("The months below which a seat stays empty", 0, 12),
}


def support_needed(constitution: Constitution, electorate: int) -> int:
    """Supporters that bring a proposal on: the council's share of its electorate, rounded up, but never above the cap.

    `electorate` is the number of people who may support, at least 1. Raises ValueError below that: with nobody
    entitled there is nothing that support could mean.
    """
    if electorate < 1:
        raise ValueError("an electorate has at least one person")
    share = -(-electorate * constitution.support_percent // 100)
    return min(share, constitution.support_cap)


def majority(constitution: Constitution) -> Fraction:
    """The share of the majority base that a carried proposal must exceed, strictly: 1/2 by default."""
    return Fraction(constitution.majority_percent, 100)


def turnout_quorum(constitution: Constitution) -> Fraction:
    """The least share of the electorate that must vote, 0 (none) to 1/4."""
    return Fraction(constitution.turnout_quorum_percent, 100)


def in_words(constitution: Constitution) -> list[tuple[str, str]]:
    """What the numbers mean, as pairs of a heading and a plain sentence, in the order of a proposal's life."""
    c = constitution
    quorum = (
        f"At least {c.turnout_quorum_percent}% of the people entitled to vote must take part."
        if c.turnout_quorum_percent
        else "There is no lowest turnout."
    )
    return [
        ("Sponsors", f"A proposal needs {_people(c.sponsor_min)} to put their name to it."),
        (
            "Screening",
            f"The coordinator checks within {_working(c.screening_working_days)} if it is for the council.",
        ),
        (
            "Support",
            f"{c.support_percent}% of staff must support it, or {c.support_cap:,} people if that is fewer. "
            f"They have {c.support_window_days} days.",
        ),
        ("Discussion", f"Everyone can discuss it for {c.deliberation_days} days. Then the text is locked."),
        (
            "Voting",
            f"Voting is open for at least {c.voting_days_min} days with {c.voting_weekends_min} whole weekends, "
            "so that people on nights and on leave can vote.",
        ),
        (
            "Majority",
            f"It is carried if more than {c.majority_percent}% of {MAJORITY_BASES[c.majority_base]} are yes. {quorum}",
        ),
        *_board_in_words(c),
        *_elections_in_words(c),
    ]


def _board_in_words(c: Constitution) -> list[tuple[str, str]]:
    return [
        (
            "The board's answer",
            f"The board says within {_working(c.response_ack_working_days)} that it has the result, and answers within "
            f"{_working(c.response_due_working_days)}.",
        ),
        (
            "If the board is late",
            "The proposal's page says so at once. "
            f"After {_working(c.overdue_chief_executive_working_days)} the chief executive is called on to answer, "
            f"after {_working(c.overdue_chair_working_days)} the chair and the programme board.",
        ),
        ("If the board says no", f"It must give its reasons in at least {c.decline_reason_min_words} words."),
    ]


def _elections_in_words(c: Constitution) -> list[tuple[str, str]]:
    reopen = (
        " “Re-open nominations” stands on the paper too. A seat that it wins stays empty."
        if c.reopen_nominations
        else ""
    )
    left = (
        f" With less than {_months(c.vacancy_least_months)} left, the seat stays empty."
        if c.vacancy_least_months and c.vacancy_rule != "leave_vacant"
        else ""
    )
    return [
        ("Elections for more than one seat", f"{WAYS[c.counting_rule]}{reopen}"),
        ("Elections for one seat", WAYS[c.one_seat_rule]),
        (
            "If there are too few candidates",
            "With no more candidates than seats there is no vote. All candidates are elected.",
        ),
        ("How long a seat is held", f"Elected members hold their seats for {_months(c.term_months)}."),
        ("If a member leaves early", f"{FOLLOWS[c.vacancy_rule]}.{left}"),
    ]


def _months(number: int) -> str:
    return "1 month" if number == 1 else f"{number} months"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _working(days: int) -> str:
    return "1 working day" if days == 1 else f"{days} working days"
