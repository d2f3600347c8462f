"""The tables of councils: their constitutions and seats, proposals and boards' answers, elections and vacancies."""

from pilot.councils.tables.contests import CandidateRow, ContestRow, VacancyRow
from pilot.councils.tables.founding import ConstitutionRow, CouncilRow, SeatRow
from pilot.councils.tables.proposals import (
    CommitmentRow,
    ProposalRow,
    ResponseRow,
    SponsorRow,
    StepRow,
    SupporterRow,
)

__all__ = [
    "CandidateRow",
    "CommitmentRow",
    "ConstitutionRow",
    "ContestRow",
    "CouncilRow",
    "ProposalRow",
    "ResponseRow",
    "SeatRow",
    "SponsorRow",
    "StepRow",
    "SupporterRow",
    "VacancyRow",
]
