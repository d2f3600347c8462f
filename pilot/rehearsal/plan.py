"""What is rehearsed: how many people, which question, how they answer; and which numbers cannot be. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from msgspec import Struct

from pilot.demo.chance import Chance
from pilot.errors import BadInput
from pilot.secrecy.manifest import SMALLEST_ROLL
from pilot.voting.ballots import FEWEST_CANDIDATES, MOST_CANDIDATES, MOST_SEATS, Ask, Election, Majority

Kind = Literal["yes-no", "approval", "stv"]
KINDS: tuple[Kind, ...] = ("yes-no", "approval", "stv")
MOST_VOTERS = 5000
"""Each vote takes a share of a second, so more of them belong on a machine of their own."""

TRUST = "RZZ"
TRUST_NAME = "Rehearsal Trust"
RULES = {"approval": "approval", "stv": "scottish-stv"}
STAY_AWAY, AGAIN = 0.2, 0.15
"""Shares of those who do not vote, and of those who vote who change their vote."""

HEADINGS = (
    "Employee Number,Last Name,First Name,ODS Code,Department,Location,Staff Group,Job Role,"
    "Assignment Category,Assignment Status"
)


class Plan(Struct, frozen=True):
    """A rehearsal; `candidates` and `seats` mean nothing for a question with yes and no. `seed`: how people answer."""

    voters: int
    question: Kind
    candidates: int
    seats: int
    seed: str

    def check(self) -> None:
        """Refuse, in a sentence for all that is wrong, numbers with which no vote can be held."""
        found = []
        if self.voters < SMALLEST_ROLL:
            found.append(f"A secret vote needs at least {SMALLEST_ROLL} voters, and you asked for {self.voters}.")
        if self.voters > MOST_VOTERS:
            found.append(f"A rehearsal can have up to {MOST_VOTERS:,} voters.")
        if self.question != "yes-no" and not FEWEST_CANDIDATES <= self.candidates <= MOST_CANDIDATES:
            found.append(f"An election needs between {FEWEST_CANDIDATES} and {MOST_CANDIDATES} candidates.")
        elif self.question != "yes-no" and not 1 <= self.seats <= min(MOST_SEATS, self.candidates - 1):
            most = min(MOST_SEATS, self.candidates - 1)
            found.append(f"With {self.candidates} candidates there can be between 1 and {most} seats.")
        if found:
            raise BadInput(" ".join(found))

    @property
    def ask(self) -> Ask:
        """What is asked, as it is arranged."""
        if self.question == "yes-no":
            return Majority()
        names = tuple(f"Candidate {_name(number)}" for number in range(self.candidates))
        return Election(rule=RULES[self.question], seats=self.seats, candidates=names)

    @property
    def words(self) -> str:
        """The question as it is put."""
        return "Should the canteen open at night?" if self.question == "yes-no" else "Who should sit on the council?"


class Behaviour:
    """What made-up people do, from the seed alone: the same plan gives the same votes on every machine."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._chance = Chance("rehearsal", plan.seed, plan.question, plan.voters, plan.candidates, plan.seats)

    def turnout(self) -> list[int]:
        """Who votes, by place from 0, in the order in which they come; at least one does."""
        everybody = self._chance.shuffled(range(self._plan.voters))
        return everybody[: max(1, round(len(everybody) * (1 - STAY_AWAY)))]

    def again(self, voted: Sequence[int]) -> list[int]:
        """Who changes their vote."""
        return self._chance.shuffled(voted)[: round(len(voted) * AGAIN)]

    def answer(self) -> list[str]:
        """What one paper says: an option, or candidates by number in the order of choice."""
        if self._plan.question == "yes-no":
            return [self._chance.one_of(("yes", "yes", "yes", "no", "no", "abstain"))]
        numbers = [str(number) for number in range(1, self._plan.candidates + 1)]
        return self._chance.shuffled(numbers)[: self._chance.below(len(numbers) + 1)]


def roll_file(voters: int) -> bytes:
    """A staff roll with so many people, all of whom may vote."""
    lines = (
        f"{10000001 + number},Name{number:05},Sam,{TRUST},Ward {number % 7},Main site,"
        f"{'Estates and Ancillary' if number % 2 else 'Nursing and Midwifery Registered'},Porter,Permanent,Active"
        for number in range(voters)
    )
    return "\n".join([HEADINGS, *lines]).encode()


def starts_on(today: date) -> date:
    """Since when the made-up trust takes part."""
    return today.replace(month=1, day=1)


def _name(number: int) -> str:
    """A, B, … Z, AA, AB, …"""
    letter = chr(ord("A") + number % 26)
    return letter if number < 26 else _name(number // 26 - 1) + letter
