"""What a survey asks, as a value, and what its answers give: scores, and shares of those who answered. Pure.

The wordings of PULSE and PRACTICE are our own, so anybody may use them. Those of a published survey come only in a
pack that somebody uploads together with the reference of the permission to use it (docs/how-to/run-a-survey.md).
"""

from collections.abc import Sequence, Set
from itertools import groupby
from typing import Literal

from msgspec import Struct

from pilot.metrics.respondents import RATE
from pilot.metrics.sheet import Problem, Unusable, read_sheet
from pilot.secrecy.manifest import Option, Question

Words = Literal["agree", "often", "yes-no", "agree-if-any", "obstacles"]

_AGREEMENT = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")

ANSWERS: dict[Words, tuple[str, ...]] = {
    "agree": _AGREEMENT,
    "often": ("Never", "Rarely", "Sometimes", "Often", "Always"),
    "yes-no": ("Yes", "No"),
    "agree-if-any": (*_AGREEMENT, "Does not apply: I have no such targets"),
    "obstacles": (
        "Too few staff, or staff who leave",
        "How the organisation is set up or run",
        "Procedures, forms or systems",
        "Something else",
        "Does not apply: nothing regularly does",
    ),
}
"""The answers in words, numbered from 1 in this order; nine at most."""

SCORED: frozenset[Words] = frozenset({"agree", "often"})
"""Those with five answers that are scored from 1 to 5; the others give shares only."""

SEVERAL: frozenset[Words] = frozenset({"obstacles"})
"""Those of which somebody can give more than one."""

GROUP, SITE = "staff group", "site"
GROUP_ASKED, SITE_ASKED = "Which staff group are you in?", "Where do you mostly work?"
ELSEWHERE = {GROUP: "Another staff group", SITE: "Another place"}
"""What somebody chooses whose group or place is not offered by name."""


class Item(Struct, frozen=True):
    """One statement. `reverse`: agreeing is the worse answer, so the score is turned round."""

    code: str
    text: str
    words: Words = "agree"
    reverse: bool = False


class Scale(Struct, frozen=True):
    """An outcome that is the mean of items; `least` of them must be answered for a person to have a score."""

    code: str
    items: tuple[str, ...]
    least: int


class Mean(Struct, frozen=True):
    """An outcome that is the mean of scales, all of which a person must have."""

    code: str
    scales: tuple[str, ...]


class Share(Struct, frozen=True):
    """An outcome that is the share of those who gave one of `counted` among those who gave one of `among`.

    Both are numbers of answers to `item`. `only_if`: an item and the number of the answer to it that somebody must
    have given to be counted at all, since the pages ask everybody everything. It is the mean of 1 for those who are
    counted and 0 for the others, from 0 to 1.
    """

    code: str
    item: str
    counted: tuple[str, ...]
    among: tuple[str, ...]
    only_if: tuple[str, str] | None = None

    def value(self, given: Set[str]) -> float | None:
        """1 or 0 for somebody who gave these answers to the item; None when that was none of `among`."""
        if given.isdisjoint(self.among):
            return None
        return 0.0 if given.isdisjoint(self.counted) else 1.0


class Questionnaire(Struct, frozen=True):
    """The items in the order in which they are asked, and the outcomes that they give.

    `permission` refers to the permission to use wordings that are not our own; "" for our own.
    """

    code: str
    title: str
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    means: tuple[Mean, ...] = ()
    permission: str = ""
    shares: tuple[Share, ...] = ()

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Every outcome by its code, in order: scales, means of scales, shares."""
        scores = (*(scale.code for scale in self.scales), *(mean.code for mean in self.means))
        return (*scores, *(share.code for share in self.shares))

    def top(self, outcome: str) -> float:
        """The highest value that an outcome can have: 10 of a score, 1 of a share."""
        return 1.0 if outcome in {share.code for share in self.shares} else 10.0


class Offer(Struct, frozen=True):
    """The staff groups and sites of one trust that are offered by name, each with its number of people entitled.

    The people of all the others are counted under the words of ELSEWHERE, where there are any.
    """

    groups: tuple[tuple[str, int], ...]
    sites: tuple[tuple[str, int], ...]


_MANAGEMENT = (
    Item("leaders_effective", "The senior leaders of this trust lead it well"),
    Item("leaders_motivate", "Senior leaders here give people reasons to do their best"),
    Item("leaders_available", "I can reach a senior leader when I need one"),
    Item("obstacle_staffing", "Not having enough staff gets in the way of my work", reverse=True),
    Item("obstacle_process", "Procedures, or how things are organised, get in the way of my work", reverse=True),
    Item("targets_set", "I have goals for my work that make sense for my job"),
    Item("targets_aligned", "The goals for my work fit what this trust wants to achieve"),
)

PULSE = Questionnaire(
    code="pulse-1",
    title="How is work going?",
    items=(
        Item("motivation_1", "I begin my working day with energy", "often"),
        Item("motivation_2", "There is something in my work that I am keen on", "often"),
        Item("motivation_3", "I am absorbed in what I do at work", "often"),
        Item("involvement_1", "I can put forward ideas for how my team works"),
        Item("involvement_2", "I have a say in changes that affect my work"),
        Item("involvement_3", "When something could be done better here, I can get it changed"),
        Item("advocacy_1", "In this trust patients come first"),
        Item("advocacy_2", "I would tell a friend that this trust is a good place to work"),
        Item("advocacy_3", "I would be content if somebody close to me was treated here"),
        *_MANAGEMENT,
    ),
    scales=(
        Scale("motivation", ("motivation_1", "motivation_2", "motivation_3"), 2),
        Scale("involvement", ("involvement_1", "involvement_2", "involvement_3"), 2),
        Scale("advocacy", ("advocacy_1", "advocacy_2", "advocacy_3"), 2),
        *(Scale(item.code, (item.code,), 1) for item in _MANAGEMENT),
        Scale("management_practice", tuple(item.code for item in _MANAGEMENT), 4),
    ),
    means=(Mean("engagement", ("motivation", "involvement", "advocacy")),),
)
"""Nine items on engagement and seven on how the trust is managed, in our own words: about two minutes."""


_ALL, _AGREED, _DISAGREED = ("1", "2", "3", "4", "5"), ("4", "5"), ("1", "2")
_YES, _NO = ("1",), ("2",)
_HINDERED, _HAS_TARGETS = ("mp4", "1"), ("mp6", "1")
_NAMED_KINDS = ("1", "2", "3", "4")

PRACTICE = Questionnaire(
    code="management-1",
    title="How is this trust led?",
    items=(
        Item("mp1", "The most senior leaders here run this organisation well"),
        Item("mp2", "The most senior leaders here help people to want to do well"),
        Item("mp3", "People like me can get hold of a senior leader when it matters"),
        Item("mp4", "Does anything here regularly get in the way of your work?", "yes-no"),
        Item("mp5", "What gets in the way of your work?", "obstacles"),
        Item("mp6", "Do you or your team have targets that fit your work?", "yes-no"),
        Item("mp7", "My targets go well with what this organisation is for", "agree-if-any"),
    ),
    scales=(),
    shares=(
        Share("leadership_effective", "mp1", _AGREED, _ALL),
        Share("leadership_not_effective", "mp1", _DISAGREED, _ALL),
        Share("leadership_not_motivating", "mp2", _DISAGREED, _ALL),
        Share("leadership_not_available", "mp3", _DISAGREED, _ALL),
        Share("obstacles", "mp4", _YES, (*_YES, *_NO)),
        Share("obstacles_staffing", "mp5", ("1",), _NAMED_KINDS, _HINDERED),
        Share("obstacles_organisation", "mp5", ("2",), _NAMED_KINDS, _HINDERED),
        Share("obstacles_procedures", "mp5", ("3",), _NAMED_KINDS, _HINDERED),
        Share("obstacles_other", "mp5", ("4",), _NAMED_KINDS, _HINDERED),
        Share("no_targets", "mp6", _NO, (*_YES, *_NO)),
        Share("targets_aligned", "mp7", _AGREED, _ALL, _HAS_TARGETS),
    ),
)
"""The facts on management of “A picture of health?” (Social Market Foundation with the Chartered Management Institute,
July 2023) asked in our own words, without leaning either way. The shares are measures of the catalogue."""


def offered(groups: Sequence[tuple[str, int]], sites: Sequence[tuple[str, int]], smallest: int) -> Offer:
    """What is offered in a trust with so many people entitled in each staff group and at each site: by name those of
    `smallest` people or more."""
    return Offer(_named(groups, ELSEWHERE[GROUP], smallest), _named(sites, ELSEWHERE[SITE], smallest))


def _named(counts: Sequence[tuple[str, int]], elsewhere: str, smallest: int) -> tuple[tuple[str, int], ...]:
    """Those that are large enough, by name; the smallest of them joins the others while those are too few."""
    large = sorted((size, name) for name, size in counts if size >= smallest and name not in ("", elsewhere))
    rest = sum(size for _, size in counts) - sum(size for size, _ in large)
    while 0 < rest < smallest and large:
        rest += large.pop(0)[0]
    named = tuple(sorted((name, size) for size, name in large))
    return (*named, (elsewhere, rest)) if rest else named


def questions(asked: Questionnaire, offer: Offer) -> tuple[Question, ...]:
    """The paper: each item may be left out, and so may staff group and site.

    A question to which there is one answer only is not asked.
    """
    return (
        *(_question(item) for item in asked.items),
        *(
            Question(text, _options([name for name, _ in names]), min=0)
            for text, names in ((GROUP_ASKED, offer.groups), (SITE_ASKED, offer.sites))
            if len(names) > 1
        ),
    )


def _question(item: Item) -> Question:
    options = _options(ANSWERS[item.words])
    return Question(item.text, options, min=0, max=len(options) if item.words in SEVERAL else 1)


def _options(words: Sequence[str]) -> tuple[Option, ...]:
    return tuple(Option(str(number), text) for number, text in enumerate(words, start=1))


PACK = ("code", "text", "answers", "reverse", "outcome")
"""The columns of a pack: a line for each item, those of one outcome one after the other."""

MOST_ITEMS = 40
LONGEST_TEXT = 200


def read_pack(content: bytes, *, title: str, permission: str) -> Questionnaire:
    """A questionnaire from a CSV file with the columns of PACK; `answers` is agree or often, `reverse` yes or no.

    Two thirds of the items of an outcome, at least one, must be answered. Raises Unusable with every problem by line.
    """
    sheet = read_sheet(content)
    place = {name.strip().lower(): where for where, name in enumerate(sheet.headings)}
    if absent := [name for name in PACK if name not in place]:
        raise Unusable([Problem(1, f"the column “{name}” is missing.") for name in absent])
    problems: list[Problem] = []
    read: list[tuple[str, Item]] = []
    seen: dict[str, set[str]] = {"code": set(), "text": set()}
    for line in sheet.lines:
        cells = {name: line.cells[place[name]].strip() for name in PACK}
        problems += [Problem(line.number, sentence) for sentence in _wrong(cells, seen)]
        words: Words = "often" if cells["answers"].lower() == "often" else "agree"
        reverse = cells["reverse"].lower() == "yes"
        read.append((cells["outcome"], Item(cells["code"], cells["text"], words, reverse)))
    if not 1 <= len(read) <= MOST_ITEMS:
        problems.append(Problem(0, f"A survey has between 1 and {MOST_ITEMS} items."))
    scales = [(code, tuple(item.code for _, item in found)) for code, found in groupby(read, key=lambda one: one[0])]
    if len({code for code, _ in scales}) < len(scales):
        problems.append(Problem(0, "The items of one outcome must stand one after the other."))
    if problems:
        raise Unusable(problems)
    made = tuple(Scale(code, items, max(1, -(-2 * len(items) // 3))) for code, items in scales)
    return Questionnaire("pack", title, tuple(item for _, item in read), made, permission=permission)


def _wrong(cells: dict[str, str], seen: dict[str, set[str]]) -> list[str]:
    """What is wrong with one line; its code and text are remembered."""
    wrong = [f"the cell under “{name}” is empty." for name in ("code", "text", "outcome") if not cells[name]]
    wrong += [f"“{cells[name]}” is there twice." for name in seen if cells[name] and cells[name] in seen[name]]
    if any(len(cells[name]) > LONGEST_TEXT for name in PACK):
        wrong.append(f"a cell has more than {LONGEST_TEXT} characters.")
    if len(cells["code"]) > LONGEST_CODE or len(cells["outcome"]) > LONGEST_CODE:
        wrong.append(f"a code or an outcome has more than {LONGEST_CODE} characters.")
    if cells["outcome"].lower() == RATE:
        wrong.append(f"“{RATE}” is the name of the share that answers; give the outcome another one.")
    if cells["answers"].lower() not in SCORED:
        wrong.append(f"answers must be agree or often, but is “{cells['answers']}”.")
    if cells["reverse"].lower() not in ("yes", "no", ""):
        wrong.append(f"reverse must be yes or no, but is “{cells['reverse']}”.")
    for name, known in seen.items():
        known.add(cells[name])
    return wrong


LONGEST_CODE = 60
