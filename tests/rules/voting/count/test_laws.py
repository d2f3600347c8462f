"""What every rule must keep, whatever the papers say.

These are tried with thousands of made-up elections: few candidates and few papers, so that ties, empty piles, reserves
and seats without a winner come up all the time.
"""

from collections import Counter
from decimal import Decimal
from functools import cache
from itertools import combinations, permutations
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.voting.count import blt, reserved
from pilot.voting.count.contest import Cannot, Contest, Papers, Reserve
from pilot.voting.count.lot import NeedsLot
from pilot.voting.count.result import CountResult, read, written
from pilot.voting.count.rules import RULES, count
from pilot.voting.count.vacancy import countback, newcomers
from tests.builders.count import NAMES

EVERY_RULE = sorted(RULES)
WITH_TRANSFERS = sorted(name for name, method in RULES.items() if method.transfers)
STV = ["scottish-stv", "meek-stv"]
SCOTTISH = ["scottish-stv", "alternative-vote"]


@cache
def rankings(paper: str, candidates: int, seats: int) -> list[bytes]:
    """Every paper that the rule allows: an order of preference, or choices whose order does not count."""
    most = {"one": 1, "several": min(seats, candidates)}.get(paper, candidates)
    ways = permutations if paper == "ranked" else combinations
    return [bytes(choice) for long in range(most + 1) for choice in ways(range(1, candidates + 1), long)]


@cache
def lots(candidates: int) -> list[tuple[int, ...]]:
    """Every order that a lot can give."""
    return list(permutations(range(1, candidates + 1)))


def some_papers(chance: Random, paper: str, candidates: int, seats: int) -> Papers:
    """A few papers, so that candidates are often level."""
    ways = rankings(paper, candidates, seats)
    return {chance.choice(ways): chance.choice([1, 1, 1, 2, 3, 10]) for _ in range(chance.randint(0, 10))}


def some_reserves(chance: Random, people: list[int]) -> tuple[Reserve, ...]:
    """None, one or two classes of the candidates, some of them impossible to meet."""
    chance.shuffle(people)
    nurses, porters = chance.randint(0, len(people)), chance.randint(0, len(people))
    found = []
    for name, members in {"Nurses": people[:nurses], "Porters": people[nurses:][:porters]}.items():
        if members:
            least, most = chance.choice([(0, 1), (0, 2), (1, 1), (1, 2), (1, None), (2, None)])
            found.append(Reserve(name, tuple(sorted(members)), least, most))
    return tuple(found)


def an_election(
    seed: int, rule: str, *, reopen: bool = False, reserving: bool = False, withdrawing: bool = False
) -> tuple[Contest, Papers, tuple[int, ...]]:
    """A contest that fits the rule, its papers, and a lot. The switches: whether there may be such."""
    chance = Random(seed)
    candidates = chance.randint(1, 7)
    seats = 1 if RULES[rule].one_seat else chance.randint(1, 4)
    nobody = candidates if reopen and candidates > 1 and chance.random() < 0.5 else None
    people = [number for number in range(1, candidates + 1) if number != nobody]
    contest = Contest(
        seats,
        NAMES[:candidates],
        withdrawn=tuple(sorted(chance.sample(people, min(chance.choice([0, 0, 1, 2]), len(people) - 1))))
        if withdrawing
        else (),
        reserves=some_reserves(chance, people) if reserving else (),
        reopen=nobody,
    )
    return contest, some_papers(chance, RULES[rule].paper, candidates, seats), chance.choice(lots(candidates))


def elections(rule: str, **may: bool) -> st.SearchStrategy[tuple[Contest, Papers, tuple[int, ...]]]:
    """Made-up elections, one for each number: drawn in one go, since thousands are tried."""
    return st.integers(0, 2**40).map(lambda seed: an_election(seed, rule, **may))


def counted(rule: str, contest: Contest, papers: Papers, lot: tuple[int, ...]) -> CountResult:
    """The count, of a contest that can be counted."""
    assume(not reserved.problems(contest))
    return count(rule, contest, papers, lot)


@pytest.mark.parametrize("rule", EVERY_RULE)
@given(data=st.data())
def test_the_order_of_the_papers_never_matters(rule, data):
    """The same papers give the same count to the last figure, in whatever order they come."""
    contest, papers, lot = data.draw(elections(rule, reopen=True, reserving=True, withdrawing=True))
    shuffled = dict(data.draw(st.permutations(list(papers.items()))))
    assert counted(rule, contest, papers, lot) == counted(rule, contest, shuffled, lot)


@pytest.mark.parametrize("rule", EVERY_RULE)
@given(data=st.data())
def test_it_never_matters_how_equal_papers_are_put_together(rule, data):
    """Ten papers that say the same, one by one or in bundles, give the same count."""
    contest, papers, lot = data.draw(elections(rule))
    assume(contest.seats <= len(contest.candidates))
    one_by_one = data.draw(st.permutations([ranking for ranking, many in papers.items() for _ in range(many)]))
    lines = [f"{len(contest.candidates)} {contest.seats}"]
    lines += [" ".join(["1", *map(str, ranking), "0"]) for ranking in one_by_one]
    lines += ["0", *(f'"{name}"' for name in contest.candidates), '"A title"']
    file = blt.read("\n".join(lines).encode())
    assert counted(rule, file.contest, file.papers, lot).stages == counted(rule, contest, papers, lot).stages


@pytest.mark.parametrize("rule", WITH_TRANSFERS)
@given(data=st.data())
def test_no_vote_is_made_or_lost_at_any_stage(rule, data):
    """At every stage the votes of all candidates and those that nobody has any more are together exactly the valid
    papers, to the last decimal."""
    contest, papers, lot = data.draw(elections(rule, reopen=True, reserving=True, withdrawing=True))
    result = counted(rule, contest, papers, lot)
    for stage in result.stages:
        figures = [Decimal(text) for text in (*stage.votes.values(), stage.non_transferable)]
        assert sum(figures) == result.valid
        assert min(figures) >= 0
    assert result.valid + result.blank == sum(papers.values())


@pytest.mark.parametrize("rule", SCOTTISH)
@given(data=st.data())
def test_votes_that_nobody_has_any_more_never_come_back(rule, data):
    """What is not transferable only grows from stage to stage."""
    contest, papers, lot = data.draw(elections(rule, reopen=True, reserving=True))
    lost = [Decimal(stage.non_transferable) for stage in counted(rule, contest, papers, lot).stages]
    assert lost == sorted(lost)


@pytest.mark.parametrize("rule", EVERY_RULE)
@given(data=st.data())
def test_the_lot_is_used_only_where_the_result_says_so(rule, data):
    """Two different lots give the same count, and no lot is needed at all, unless a tie says "lot"."""
    contest, papers, lot = data.draw(elections(rule, reopen=True, reserving=True))
    other = data.draw(st.sampled_from(lots(len(lot))))
    result = counted(rule, contest, papers, lot)
    if result.by_lot:
        with pytest.raises(NeedsLot):
            count(rule, contest, papers)
    else:
        assert result == count(rule, contest, papers, other) == count(rule, contest, papers)


@pytest.mark.parametrize("rule", EVERY_RULE)
@given(data=st.data())
def test_nobody_has_two_fates_and_every_seat_is_accounted_for(rule, data):
    """Nobody is elected twice, or elected and excluded, and nobody who withdrew is either. The elected and the empty
    seats are all seats, and the stages say the same as the list of the elected."""
    contest, papers, lot = data.draw(elections(rule, reopen=True, reserving=True, withdrawing=True))
    result = counted(rule, contest, papers, lot)
    fates = [place.candidate for place in (*result.elected, *result.excluded)]
    assert len(set(fates)) == len(fates)
    assert not set(fates) & set(contest.withdrawn)
    assert contest.reopen not in result.winners
    assert len(result.winners) + result.empty == contest.seats
    assert tuple(number for stage in result.stages for number in stage.elected) == result.winners
    assert [stage.number for stage in result.stages] == list(range(1, len(result.stages) + 1))
    assert read(written(result)) == result


@pytest.mark.parametrize("rule", EVERY_RULE)
@given(data=st.data())
def test_every_seat_is_filled_when_people_voted_and_enough_candidates_stand(rule, data):
    """Without "Re-open nominations" no seat stays empty while there is a candidate for it."""
    contest, papers, lot = data.draw(elections(rule, reserving=True, withdrawing=True))
    result = counted(rule, contest, papers, lot)
    assume(result.valid)
    assert len(result.winners) == min(contest.seats, len(contest.standing))


@pytest.mark.parametrize("rule", EVERY_RULE)
@given(data=st.data())
def test_withdrawing_somebody_nobody_chose_changes_nothing(rule, data):
    """A candidate who is on no paper and was not elected can withdraw: the same people are elected."""
    contest, papers, lot = data.draw(elections(rule))
    one_more = Contest(contest.seats, (*contest.candidates, "Hal Orr"))
    place = data.draw(st.integers(0, len(lot)))
    lot = (*lot[:place], len(one_more.candidates), *lot[place:])
    result = counted(rule, one_more, papers, lot)
    if len(one_more.candidates) not in result.winners:
        without = replace(one_more, withdrawn=(len(one_more.candidates),))
        assert set(counted(rule, without, papers, lot).winners) == set(result.winners)


@pytest.mark.parametrize("rule", WITH_TRANSFERS)
@given(data=st.data())
def test_whoever_has_a_quota_of_first_choices_is_elected(rule, data):
    """A candidate whom enough papers put first is elected, whatever else the papers say."""
    contest, papers, lot = data.draw(elections(rule, reopen=True))
    result = counted(rule, contest, papers, lot)
    first = Counter()
    for ranking, many in papers.items():
        first[ranking[:1]] += many
    quota = result.valid // (contest.seats + 1) + 1
    for number in contest.standing:
        if number != contest.reopen and first[bytes([number])] >= quota:
            assert number in result.winners


@pytest.mark.parametrize("rule", STV)
@given(data=st.data())
def test_a_group_large_enough_for_two_quotas_gets_two_seats(rule, data):
    """When two quotas of papers put the same two candidates before all others, both are elected."""
    contest, papers, lot = data.draw(elections(rule))
    assume(contest.seats >= 2 and len(contest.candidates) >= 3)
    others = sum(many for ranking, many in papers.items() if ranking)
    size = 2 * others + 2
    solid = {b"\x01\x02": size - size // 3, b"\x02\x01": size // 3}
    joined = Counter(papers) + Counter(solid)
    valid = others + size
    assume(size >= 2 * (valid // (contest.seats + 1) + 1))
    assert {1, 2} <= set(counted(rule, contest, joined, lot).winners)


def direct(contest: Contest, papers: Papers, lot: tuple[int, ...]) -> list[tuple[int, dict[int, int]]]:
    """The alternative vote as a child would count it: who leaves, and the votes before, at each round; last the winner.

    The papers are read anew in every round, each for the first of its choices that is still in.
    """
    left, rounds = list(contest.standing), []
    while True:
        votes = dict.fromkeys(left, 0)
        for ranking, many in papers.items():
            choice = next((number for number in ranking if number in left), None)
            if choice is not None:
                votes[choice] += many
        valid = sum(many for ranking, many in papers.items() if set(ranking) & set(contest.standing))
        winner = [number for number in left if 2 * votes[number] > valid]
        if winner or len(left) == 1:
            return [*rounds, (winner[0] if winner else left[0], votes)]
        last = min(left, key=lambda n: ([votes[n], *(before[n] for _, before in reversed(rounds))], -lot.index(n)))
        rounds.append((last, votes))
        left.remove(last)


@pytest.mark.parametrize("rule", SCOTTISH)
@given(data=st.data())
def test_with_one_seat_it_is_the_alternative_vote(rule, data):
    """With one seat the count equals a direct count of the alternative vote, round by round."""
    contest, papers, lot = data.draw(elections("alternative-vote", withdrawing=True))
    result = counted(rule, contest, papers, lot)
    assume(result.valid)
    rounds = direct(contest, papers, lot)
    assert result.winners == (rounds[-1][0],)
    assert [place.candidate for place in result.excluded] == [last for last, _ in rounds[: len(result.stages) - 1]]
    for stage, (_, votes) in zip(result.stages, rounds, strict=False):
        assert {int(n): Decimal(text) for n, text in stage.votes.items() if Decimal(text)} == {
            number: many for number, many in votes.items() if many
        }


def allowed(contest: Contest) -> bool:
    """Whether there is any way to fill the seats as the reserves say, by trying them all."""
    people = contest.standing
    return any(
        all(
            r.least <= len(set(r.candidates) & set(chosen)) <= (len(people) if r.most is None else r.most)
            for r in contest.reserves
        )
        for chosen in combinations(people, min(contest.seats, len(people)))
    )


@pytest.mark.parametrize("rule", EVERY_RULE)
@settings(max_examples=150)
@given(data=st.data())
def test_reserved_seats_are_met_whenever_they_can_be_and_refused_before_the_count_when_not(rule, data):
    """Every way to fill the seats is tried: where one keeps the reserves, the elected keep them; where none does, the
    contest is refused before a paper is counted."""
    contest, papers, lot = data.draw(elections(rule, reserving=True, withdrawing=True))
    if not allowed(contest):
        assert reserved.problems(contest)
        with pytest.raises(Cannot):
            count(rule, contest, papers, lot)
        return
    assert reserved.problems(contest) == []
    result = count(rule, contest, papers, lot)
    for reserve in contest.reserves if result.valid else ():
        seated = len(set(reserve.candidates) & set(result.winners))
        assert reserve.least <= seated <= (seated if reserve.most is None else reserve.most)


@pytest.mark.parametrize("rule", WITH_TRANSFERS)
@given(data=st.data())
def test_reserved_seats_are_met_beside_reopen_nominations_too(rule, data):
    """Where votes move on, "Re-open nominations" never takes a seat that a class needs."""
    contest, papers, lot = data.draw(elections(rule, reopen=True, reserving=True))
    result = counted(rule, contest, papers, lot)
    assume(result.valid)
    for reserve in contest.reserves:
        seated = len(set(reserve.candidates) & set(result.winners))
        assert reserve.least <= seated <= (seated if reserve.most is None else reserve.most)


@pytest.mark.parametrize("rule", SCOTTISH)
@given(data=st.data())
def test_a_countback_unseats_nobody(rule, data):
    """Whoever leaves and whoever agrees: those who stay keep their seats, only those who agree are new, no more than
    left, and the reserved seats are kept."""
    contest, papers, lot = data.draw(elections(rule, reopen=True, reserving=True))
    members = list(counted(rule, contest, papers, lot).winners)
    others = sorted(set(contest.standing) - {*members, contest.reopen})
    assume(members and others)
    leaving = sorted(data.draw(st.sets(st.sampled_from(members), min_size=1)))
    sitting = [number for number in members if number not in leaving]
    consenting = data.draw(st.sets(st.sampled_from(others), min_size=1))
    try:
        result = countback(contest, papers, leaving=leaving, consenting=consenting, sitting=sitting, order=lot)
    except Cannot:
        return
    assert set(sitting) <= set(result.winners)
    assert set(newcomers(result, sitting)) <= consenting
    assert len(newcomers(result, sitting)) <= len(leaving)
    assert len(result.winners) + result.empty == contest.seats
    for reserve in contest.reserves:
        seated = len(set(reserve.candidates) & set(result.winners))
        assert reserve.least <= seated <= (seated if reserve.most is None else reserve.most)


@pytest.mark.parametrize("rule", WITH_TRANSFERS)
@given(data=st.data())
def test_as_many_seats_stay_empty_as_reopen_nominations_has_quotas_of_first_choices(rule, data):
    """For each full quota of papers that put "Re-open nominations" first, one seat stays empty."""
    contest, papers, lot = data.draw(elections(rule, reopen=True))
    assume(contest.reopen)
    result = counted(rule, contest, papers, lot)
    first = sum(many for ranking, many in papers.items() if ranking[:1] == bytes([contest.reopen]))
    assert result.empty >= first // (result.valid // (contest.seats + 1) + 1)


@pytest.mark.parametrize("rule", EVERY_RULE)
@given(data=st.data())
def test_reopen_nominations_that_nobody_chose_changes_nothing(rule, data):
    """When it is on no paper and takes no seat, the same people are elected as without it."""
    contest, papers, lot = data.draw(elections(rule))
    number = len(contest.candidates) + 1
    with_it = Contest(contest.seats, (*contest.candidates, "Re-open nominations"), reopen=number)
    result = counted(rule, contest, papers, lot)
    beside = counted(rule, with_it, papers, (*lot, number))
    assume(beside.empty == result.empty)
    assert set(beside.winners) == set(result.winners)


@pytest.mark.parametrize("rule", EVERY_RULE)
@given(data=st.data())
def test_blank_papers_change_no_figure_but_their_own(rule, data):
    """More blank papers change the number of blank papers and nothing else."""
    contest, papers, lot = data.draw(elections(rule, reopen=True, reserving=True))
    result = counted(rule, contest, papers, lot)
    more = counted(rule, contest, Counter(papers) + Counter({b"": 5}), lot)
    assert (more.blank, more.valid) == (result.blank + 5, result.valid)
    assert (more.stages, more.elected, more.ties) == (result.stages, result.elected, result.ties)
