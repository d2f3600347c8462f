"""First past the post and block plurality, version 1: the candidates with the most votes are elected. Pure."""

from collections.abc import Collection, Mapping, Sequence

from pilot.voting.count import reserved, stv_words
from pilot.voting.count.amounts import listed
from pilot.voting.count.amounts import votes as votes_in_words
from pilot.voting.count.checking import readable
from pilot.voting.count.contest import Cannot, Contest, Papers, names
from pilot.voting.count.result import CountResult, Place, Stage
from pilot.voting.count.ties import Ties

VERSION = "1"


def first_past_the_post(contest: Contest, papers: Papers, order: Sequence[int] | None = None) -> CountResult:
    """One seat, one choice on a paper: the candidate with the most votes is elected.

    `order`: the lot, luckiest first; it decides between level candidates. Raises Cannot for a contest with more seats,
    for papers with more choices and for reserves that cannot be met; NeedsLot where a lot is needed and was not drawn.
    """
    if contest.seats != 1:
        raise Cannot("First past the post fills one seat. For more seats, use block plurality.")
    return most_votes("first-past-the-post", contest, papers, order, choices=1)


def block(contest: Contest, papers: Papers, order: Sequence[int] | None = None) -> CountResult:
    """Several seats, as many choices on a paper as there are seats: the candidates with the most votes are elected.

    Raises as `first_past_the_post` does.
    """
    return most_votes("block-plurality", contest, papers, order, choices=contest.seats)


def most_votes(
    rule: str, contest: Contest, papers: Papers, order: Sequence[int] | None, *, choices: int | None
) -> CountResult:
    """One vote for each candidate on a paper; the seats go to those with the most. `choices` None: any number.

    Where there is "Re-open nominations", a candidate needs more votes than it to be elected, and the seats that nobody
    can take stay empty. So does a seat kept for a class of which too few have more votes. With no valid paper nobody is
    elected.
    """
    if contest.kept:
        raise Cannot("A countback needs papers with an order of preference: in this rule no vote moves to another.")
    if found := reserved.problems(contest):
        raise Cannot(" ".join(found))
    readable(contest, papers)
    votes, blank = _tally(contest, papers, choices)
    ties = Ties(contest, order, places=0)
    valid = sum(papers.values()) - blank
    elected = take_seats(contest, votes, _pool(contest, votes), ties) if valid else []
    told = [tie.sentence for tie in ties.found] + (
        _told(contest, votes, elected) if valid else [stv_words.NO_PAPERS, stv_words.NOBODY]
    )
    shown = {str(number): str(many) for number, many in votes.items()}
    return CountResult(
        rule=rule,
        version=VERSION,
        title=contest.title,
        seats=contest.seats,
        candidates=contest.candidates,
        withdrawn=contest.withdrawn,
        valid=valid,
        blank=blank,
        quota=None,
        elected=tuple(Place(number, contest.name(number), 1) for number in elected),
        excluded=(),
        empty=contest.seats - len(elected),
        stages=(Stage(1, "count", " ".join(told), shown, "0", elected=tuple(elected)),),
        ties=tuple(ties.found),
        sentence=stv_words.outcome(contest, elected, ties.found),
    )


def _tally(contest: Contest, papers: Papers, choices: int | None) -> tuple[dict[int, int], int]:
    """Votes by candidate, and how many papers chose nobody who stands. Raises Cannot for a paper with too many."""
    votes = dict.fromkeys(contest.standing, 0)
    blank = 0
    for chosen, alike in papers.items():
        if choices is not None and len(chosen) > choices:
            raise Cannot(f"A paper chooses {len(chosen)} candidates, and this rule allows {choices}.")
        standing = [number for number in chosen if number in votes]
        blank += 0 if standing else alike
        for number in standing:
            votes[number] += alike
    return votes, blank


def _pool(contest: Contest, votes: Mapping[int, int]) -> list[int]:
    """The candidates with more votes than "Re-open nominations", where people can vote for that."""
    bar = votes.get(contest.reopen, -1) if contest.reopen else -1
    return [number for number in votes if number != contest.reopen and votes[number] > bar]


def take_seats(
    contest: Contest,
    votes: Mapping[int, int],
    pool: Collection[int],
    ties: Ties,
    *,
    elected: Sequence[int] = (),
    empty: int = 0,
    stage: int = 1,
) -> list[int]:
    """Who of the pool is elected now, most votes first, as far as seats and reserves allow; level ones by their number.

    `elected`, `empty`: whose seats, and how many empty ones, are taken already. The lot decides only between candidates
    of whom some would not get a seat; `ties` then has it.
    """
    taken = list(elected)
    while able := _able(contest, pool, taken, empty):
        most = max(votes[number] for number in able)
        level = [number for number in able if votes[number] == most]
        taken += _certain(contest, taken, empty, level) or [ties.settle("seat", level, [votes], stage)]
    return taken[len(elected) :]


def _able(contest: Contest, pool: Collection[int], elected: Collection[int], empty: int) -> list[int]:
    """Who of the pool can be elected next, by the seats left and those that are kept for a class."""
    if len(elected) + empty >= contest.seats:
        return []
    closed = reserved.doomed(contest, elected, pool, empty)
    return sorted(number for number in pool if number not in elected and number not in closed)


def _certain(contest: Contest, elected: Sequence[int], empty: int, level: Sequence[int]) -> list[int]:
    """Who of these level candidates is elected even after all the others: no lot is needed for them.

    It is the same for all of one class, so one of each is asked.
    """
    own = {n: place for place, reserve in enumerate(contest.reserves) for n in reserve.candidates}
    one_of = {own.get(n): n for n in level}
    lasting = set()
    for place, number in one_of.items():
        room = reserved.Room(contest, elected, empty)
        for other in level:
            if other != number:
                room.take(own.get(other))
        if room.open(place):
            lasting.add(place)
    return [n for n in level if own.get(n) in lasting]


# -- in words ----------------------------------------------------------------------------------------------------------


def _told(contest: Contest, votes: Mapping[int, int], elected: Sequence[int]) -> list[str]:
    """The sentences of the only stage: who is elected, who comes next, whom a reserve passed over, what stays empty."""
    passed_over = _passed_over(contest, votes, elected)
    told = _elected(contest, votes, elected, by_votes=not passed_over) + passed_over
    if empty := contest.seats - len(elected):
        why = "there is nobody else who can be elected"
        if contest.reopen is not None and contest.reopen in votes:
            bar = f"{contest.name(contest.reopen)}, which has {votes_in_words(votes[contest.reopen], 0)}"
            why = f"{'nobody' if not elected else 'nobody else'} who can be elected has more votes than {bar}"
        told.append(f"{stv_words.stay_empty(empty)}: {why}.")
    return told


def _elected(contest: Contest, votes: Mapping[int, int], elected: Sequence[int], *, by_votes: bool) -> list[str]:
    """Who is elected, with how many votes, and who comes next. `by_votes`: nobody was passed over."""
    if not elected:
        return []
    others = [number for number in votes if number not in elected]
    fewest = min(votes[number] for number in elected)
    most = max((votes[number] for number in others), default=fewest)
    following = names(contest, [number for number in others if votes[number] == most])
    if len(elected) == 1:
        told = f"{contest.name(elected[0])} has {votes_in_words(fewest, 0)}"
        ahead = f", {fewest - most:,} more than {following}," if most < fewest else ""
        return [f"{told}{ahead} and is elected."]
    who = _with_votes(contest, votes, elected)
    told = f"{who} have the most votes and are elected." if by_votes else f"{who} are elected."
    return [told, f"Next, with {votes_in_words(most, 0)}: {following}."] if most < fewest else [told]


def _passed_over(contest: Contest, votes: Mapping[int, int], elected: Sequence[int]) -> list[str]:
    """Who would be elected by their votes and is not, because of a reserve; those with one reason in one sentence."""
    pool = _pool(contest, votes)
    reasons: dict[int, str] = {}
    for filled in range(len(elected)):
        reasons = reserved.doomed(contest, elected[:filled], pool) | reasons
    empty = len(elected) < contest.seats
    fewest = min((votes[number] for number in elected), default=0)
    out = {n: why for n, why in reasons.items() if n not in elected and (votes[n] > fewest or empty)}
    told = []
    for why in dict.fromkeys(out.values()):
        who = sorted((n for n in out if out[n] == why), key=lambda n: -votes[n])
        told.append(f"{_with_votes(contest, votes, who)} {'is' if len(who) == 1 else 'are'} not elected, {why}.")
    return told


def _with_votes(contest: Contest, votes: Mapping[int, int], numbers: Sequence[int]) -> str:
    """ "Amy Osei (18), Dan Fox (11) and Cat Hill (10)"."""
    return listed([f"{contest.name(number)} ({votes[number]:,})" for number in numbers])
