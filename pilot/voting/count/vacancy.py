"""A member who leaves before their time is over: who takes the seat, from the papers of the same election. Pure.

A countback counts all papers again as if those who left, and those who do not agree to take a seat, had never stood.
The members who stay are guarded, so that nobody is unseated. The next highest is the candidate who came nearest to a
seat in the declared count, of those who agree. Both hold to the reserved seats, and both can end with an empty seat
where "Re-open nominations" wins it.
"""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from pilot.voting.count import reserved, scottish_stv, stv_words
from pilot.voting.count.amounts import parts
from pilot.voting.count.amounts import votes as votes_in_words
from pilot.voting.count.contest import Cannot, Contest, Papers, names
from pilot.voting.count.result import CountResult, Place, Stage
from pilot.voting.count.ties import Ties

NEXT_HIGHEST = "next-highest"
VERSION = "1"


def countback(
    contest: Contest,
    papers: Papers,
    *,
    leaving: Sequence[int],
    consenting: Collection[int],
    sitting: Collection[int],
    former: Sequence[int] = (),
    order: Sequence[int] | None = None,
    original: CountResult | None = None,
) -> CountResult:
    """The papers counted again, so that the seats of those who leave are filled and everybody else stays.

    `contest`: as it was counted in the election. `leaving`: whose seats are empty now. `sitting`: the members who
    stay. `consenting`: the candidates who agree to take a seat. `former`: members who left before. `order`: the lot
    of the election. `original`: the declared count, where it was not by Scottish STV or the alternative vote. Among
    the elected of the result are the members who stay; `newcomers` leaves them out. Seats that were empty before stay
    empty.

    Raises Cannot where a countback is not possible, with every reason in words; NeedsLot as a count does.
    """
    found = _no_countback(contest, papers) or _not_theirs(contest, leaving, consenting, sitting)
    if not found and original is None:
        one_seat = contest.seats == 1
        original = (scottish_stv.alternative_vote if one_seat else scottish_stv.count)(contest, papers, order)
    if not found and original is not None:
        found = _never_elected(contest, original, leaving, sitting)
    if found:
        raise Cannot(" ".join(found))
    stay = {*sitting, *consenting, contest.reopen}
    again = replace(
        contest,
        withdrawn=tuple(n for n in range(1, len(contest.candidates) + 1) if n in contest.withdrawn or n not in stay),
        kept=tuple(sorted(sitting)),
    )
    if not any(set(ranking) & set(again.standing) for ranking in papers):
        raise Cannot("No paper that is kept chooses anybody who could hold a seat now.")
    vacant = contest.seats - len(sitting) - len(leaving)
    result = scottish_stv.count_again(again, papers, order, vacant=vacant)
    unwilling = [n for n in contest.standing if n not in stay and n not in leaving and n not in former]
    without = _without(contest, [*leaving, *former], unwilling)
    return _as_countback(contest, result, without, leaving, sitting)


def newcomers(result: CountResult, sitting: Collection[int]) -> tuple[int, ...]:
    """Who takes a seat by a countback or as the next highest: the elected who were not members before."""
    return tuple(number for number in result.winners if number not in sitting)


def next_highest(
    contest: Contest,
    counted: CountResult,
    *,
    leaving: Sequence[int],
    consenting: Collection[int],
    sitting: Collection[int],
    order: Sequence[int] | None = None,
) -> CountResult:
    """Who came nearest to a seat in the declared count, of those who agree: one for each seat that is empty now.

    Nearest is whoever stayed longest in the count, and of those who stayed equally long whoever had the most votes
    then. Who was level at the end is told apart by the stages before, then by the lot. Arguments as for `countback`;
    `counted` may be by any rule. Raises Cannot where there is nobody to choose from, with the reasons in words.
    """
    found = _not_theirs(contest, leaving, consenting, sitting) or _never_elected(contest, counted, leaving, sitting)
    if found:
        raise Cannot(" ".join(found))
    sheet = _Nearest(contest, counted, order)
    vacant = contest.seats - len(sitting) - len(leaving)
    pool = [n for n in contest.standing if n in consenting or n == contest.reopen]
    seated: list[int] = []
    told: list[str] = []
    while len(seated) < len(leaving):
        closed = reserved.doomed(contest, [*sitting, *seated], pool, vacant)
        able = [number for number in pool if number not in seated and number not in closed]
        if not able:
            told += [f"{contest.name(n)} cannot take the seat, {why}." for n, why in closed.items()]
            break
        chosen = sheet.nearest(able)
        told += sheet.told(chosen)
        if chosen == contest.reopen:
            break
        seated.append(chosen)
    return sheet.result(pool, seated, told, len(leaving))


class _Nearest:
    """The order in which the candidates of a declared count came to a seat."""

    def __init__(self, contest: Contest, counted: CountResult, order: Sequence[int] | None) -> None:
        self.contest, self.counted = contest, counted
        first = next(iter(counted.stages[0].votes.values()))
        self.places = len(first.partition(".")[2])
        self.history = [{int(number): parts(text) for number, text in stage.votes.items()} for stage in counted.stages]
        self.lasted = {place.candidate: place.stage - 1 for place in counted.excluded}
        self.ties = Ties(contest, order, self.places)

    def end(self, number: int) -> int:
        """The last stage at the end of which a candidate was still in the count."""
        return self.lasted.get(number, len(self.history))

    def held(self, number: int) -> int:
        """The votes of a candidate at that stage; of "Re-open nominations" those beyond the seats that it won."""
        votes = self.history[self.end(number) - 1][number]
        quota = self.counted.stages[-1].quota or self.counted.quota
        if number == self.contest.reopen and quota and number not in self.lasted:
            return votes % parts(quota, self.places)
        return votes

    def nearest(self, able: Sequence[int]) -> int:
        """Who of these came nearest to a seat."""
        longest = max((self.end(number), self.held(number)) for number in able)
        level = [number for number in able if (self.end(number), self.held(number)) == longest]
        return self.ties.settle("seat", level, self.history[: longest[0]], 1)

    def told(self, chosen: int) -> list[str]:
        """Why this candidate is the next."""
        told = [self.ties.found[-1].sentence] if self.ties.found and self.ties.found[-1].chosen == chosen else []
        name, held = self.contest.name(chosen), votes_in_words(self.held(chosen), self.places)
        if chosen == self.contest.reopen:
            return [*told, f"{name} came nearer than those who agree, with {held}: the seat stays empty."]
        if len(self.history) == 1:
            return [*told, f"{name} had {held}, the most of those who agree, and takes the seat."]
        return [
            *told,
            f"Of those who agree, {name} stayed in the count longest and had the most votes, {held} at the end of "
            f"stage {self.end(chosen)}, and takes the seat.",
        ]

    def result(self, pool: Sequence[int], seated: Sequence[int], told: list[str], seats: int) -> CountResult:
        """The sheet: one stage with the votes that each of them had at last."""
        contest, counted = self.contest, self.counted
        text = {n: counted.stages[self.end(n) - 1].votes[str(n)] for n in pool}
        takes = "takes" if len(seated) == 1 else "take"
        sentence = f"{names(contest, seated)} {takes} a seat." if seated else "Nobody takes a seat."
        if seats > len(seated):
            sentence += f" {stv_words.stay_empty(seats - len(seated))}."
        return CountResult(
            rule=NEXT_HIGHEST,
            version=VERSION,
            title=contest.title,
            seats=seats,
            candidates=contest.candidates,
            withdrawn=tuple(n for n in range(1, len(contest.candidates) + 1) if n not in pool),
            valid=counted.valid,
            blank=counted.blank,
            quota=None,
            elected=tuple(Place(number, contest.name(number), 1) for number in seated),
            excluded=(),
            empty=seats - len(seated),
            stages=(Stage(1, "count", " ".join(told), {str(n): text[n] for n in pool}, "0", elected=tuple(seated)),),
            ties=tuple(self.ties.found),
            sentence=sentence,
        )


def _without(contest: Contest, left: Sequence[int], unwilling: Sequence[int]) -> str:
    """Who is left out of a countback, and why."""
    without = [f"{names(contest, left)}, who left"]
    if unwilling:
        without.append(f"{names(contest, unwilling)}, who did not agree to take a seat")
    return f"The papers are counted again without {', and without '.join(without)}."


def _as_countback(
    contest: Contest, result: CountResult, opening: str, leaving: Sequence[int], sitting: Collection[int]
) -> CountResult:
    """The same count, told as what it is."""
    if sitting:
        opening += f" {names(contest, sorted(sitting))} cannot lose their seat."
    first = result.stages[0]
    new = newcomers(result, sitting)
    told = [f"{names(contest, new)} {'takes' if len(new) == 1 else 'take'} a seat." if new else "Nobody takes a seat."]
    if sitting:
        told.append(f"{names(contest, sorted(sitting))} {'keeps' if len(sitting) == 1 else 'keep'} their seat.")
    if len(new) < len(leaving):
        told.append(f"{stv_words.stay_empty(len(leaving) - len(new))}.")
    if result.by_lot:
        told.append("A tie was decided by lot.")
    stages = (replace(first, action=f"{opening} {first.action}"), *result.stages[1:])
    return replace(result, stages=stages, sentence=" ".join(told))


def _no_countback(contest: Contest, papers: Papers) -> list[str]:
    """Why the papers of this election cannot fill a seat at all."""
    people = [number for number in contest.standing if number != contest.reopen]
    if len(people) <= contest.seats and contest.reopen not in contest.standing:
        return ["This election had no more candidates than seats, so there was no vote that could be counted again."]
    if not any(papers.values()):
        return ["No papers of this election are kept, so they cannot be counted again."]
    return []


def _not_theirs(
    contest: Contest, leaving: Sequence[int], consenting: Collection[int], sitting: Collection[int]
) -> list[str]:
    """What is wrong with the people who are named."""
    known = range(1, len(contest.candidates) + 1)
    strange = sorted({*leaving, *consenting, *sitting} - set(known))
    if strange:
        return [f"There is no candidate {number}." for number in strange]
    found = [f"{contest.name(n)} withdrew from the election." for n in contest.withdrawn if n in {*consenting}]
    if not leaving:
        found.append("Nobody leaves a seat.")
    found += [f"{contest.name(n)} cannot both stay and leave." for n in sorted({*leaving} & {*sitting})]
    found += [f"{contest.name(n)} holds a seat already." for n in sorted({*consenting} & {*sitting})]
    found += [f"{contest.name(n)} leaves the seat and cannot take it." for n in sorted({*consenting} & {*leaving})]
    if contest.reopen in consenting:
        found.append(f"{contest.name(contest.reopen or 0)} is nobody, and cannot agree to take a seat.")
    if not consenting:
        found.append("No candidate has agreed to take the seat.")
    if len({*leaving}) + len({*sitting}) > contest.seats:
        found.append(f"There are only {contest.seats} seats for those who stay and those who leave.")
    return found


def _never_elected(
    contest: Contest, original: CountResult, leaving: Sequence[int], sitting: Collection[int]
) -> list[str]:
    """Members who neither were elected nor can have followed somebody who left before."""
    members = [*leaving, *sorted(sitting)]
    later = [number for number in members if number not in original.winners]
    left_before = [number for number in original.winners if number not in members]
    if len(later) <= len(left_before):
        return []
    return [f"{contest.name(number)} was not elected in this election." for number in later]
