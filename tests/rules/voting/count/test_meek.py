"""Meek STV: an order of preference on each paper, and every stage counts all papers afresh.

The rule is the Reference Meek Rule of the Proportional Representation Foundation, with nine decimals. An elected
candidate keeps of each vote just the share that holds the quota and passes on the rest, also of votes that come later;
when a candidate leaves, the papers are counted as if they had never stood, and the quota falls with the votes that are
left. It treats papers more evenly than Scottish STV, and cannot be counted by hand. Scottish STV is the usual choice.
"""

import csv
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pilot.voting.count import blt, shares
from pilot.voting.count.contest import Cannot, Contest, Reserve
from pilot.voting.count.lot import NeedsLot
from pilot.voting.count.meek import count
from pilot.voting.count.shares import UNIT, Round, State, rounds

NAMES = ("Amy Osei", "Ben Roy", "Cat Hill", "Dan Fox")
THREE = Contest(2, NAMES[:3])
FOUR = Contest(2, NAMES)
DUMPS = ("42", "42t", "42u", "513", "M135", "SC", "SC-Vm-12", "SCw")


def papers(**votes):
    """`papers(ab=4, c=2)`: four papers for Amy before Ben, two for Cat alone."""
    return {bytes("abcdefgh".index(letter) + 1 for letter in said): many for said, many in votes.items()}


def votes(result, stage):
    return tuple(result.stages[stage - 1].votes.values())


def test_an_elected_candidate_keeps_of_each_vote_what_holds_the_quota():
    """Four papers say Amy, Ben; two say Cat. The quota is 6 votes divided by 3, and the smallest figure more:
    2.000000001. Amy needs half of her four votes, so she keeps 0.500000001 of each (rounded up), and Ben gets the rest:
    1.999999996. Cat has 2."""
    result = count(THREE, papers(ab=4, c=2))
    assert votes(result, 1) == ("4.000000000", "0.000000000", "2.000000000")
    assert votes(result, 2) == ("2.000000004", "1.999999996", "2.000000000")
    assert result.stages[1].action == (
        "All papers are counted again. The quota is now 2.000000001. "
        "Of each vote that comes, Amy Osei keeps 0.500000001, and the rest goes to the next choice."
    )
    assert result.winners == (1, 3)


def test_the_quota_falls_when_papers_have_no_next_choice():
    """With 31 papers for two seats the first quota is 10.333333334, and nobody has it. When Dan leaves, his 3 papers
    say nobody else: 28 votes are left, and the quota is 9.333333334. Amy and Ben have 10 each."""
    result = count(FOUR, papers(a=10, b=10, c=8, d=3))
    assert result.quota == "10.333333334"
    assert [stage.quota for stage in result.stages] == ["10.333333334", "9.333333334"]
    assert result.stages[1].non_transferable == "3.000000000"
    assert [(place.candidate, place.stage) for place in result.elected] == [(1, 2), (2, 2)]


def test_a_vote_that_comes_late_passes_through_those_who_are_elected_already():
    """In Scottish STV a vote never goes to somebody who is elected. Here, when Dan leaves, his 5 papers go to Amy, who
    is elected with 10 of her own. She keeps 0.6 of each of the 15, and the rest goes on: 4 votes to Ben, 2 to Cat."""
    result = count(FOUR, papers(ab=10, b=6, c=6, dac=5))
    assert [(place.candidate, place.stage) for place in result.elected] == [(1, 1), (2, 3)]
    assert (result.stages[2].kind, result.stages[2].acts_on) == ("exclusion", (4,))
    assert votes(result, 2) == ("9.000000010", "6.999999990", "6.000000000", "5.000000000")
    assert votes(result, 3) == ("9.000000015", "9.999999990", "7.999999995", "0.000000000")


def test_the_last_seats_go_to_those_who_are_left():
    """When no more candidates are left than seats, they are elected without the quota."""
    result = count(THREE, papers(ab=4, c=2))
    last = result.stages[-1]
    assert (last.kind, last.elected, last.excluded) == ("remaining", (3,), (2,))
    assert last.action.startswith("Ben Roy has the fewest votes, 1.999999996, and leaves the count.")
    assert last.action.endswith("Cat Hill is elected without the quota.")
    assert last.non_transferable == "1.999999996"


def test_a_candidate_with_exactly_the_quota_is_elected():
    """99 papers of 297 for two seats are a third, and the quota is the smallest figure above that: not elected. With
    100 of 299 the quota is 99.666666667, and 100 is more than enough."""
    assert count(THREE, papers(a=99, b=99, c=99), order=(1, 2, 3)).stages[0].elected == ()
    assert count(THREE, papers(a=100, b=100, c=99)).stages[0].elected == (1, 2)


def test_nothing_moves_once_the_seats_are_filled():
    """Amy and Ben have the quota at the first stage, and what they have beyond it stays where it is."""
    result = count(FOUR, papers(a=100, b=100, c=99))
    assert len(result.stages) == 1


def test_level_candidates_are_decided_between_by_lot():
    """Ben and Cat have the fewest votes, 3 each. Whoever comes last in the lot leaves the count. There is no looking
    back, since a stage does not depend on the stages before it."""
    result = count(Contest(1, NAMES[:3]), papers(a=5, b=3, c=3), order=(2, 1, 3))
    assert [(tie.stage, tie.candidates, tie.settled, tie.chosen) for tie in result.ties] == [(2, (2, 3), "lot", 3)]
    assert result.ties[0].sentence in result.stages[1].action
    assert result.sentence.endswith("A tie was decided by lot at stage 2.")
    with pytest.raises(NeedsLot):
        count(Contest(1, NAMES[:3]), papers(a=5, b=3, c=3))


def test_candidates_closer_than_the_surplus_are_level():
    """The shares are settled when the surplus of all the elected is below 0.000001 votes. A difference that small says
    nothing, because the surplus could still turn it: here 1.999999996 votes and 2 votes differ by more than the surplus
    of 0.000000003, and are not level; with 0.000000004 of surplus they would be."""
    result, _ = rounds(THREE, papers(ab=4, c=2))
    assert (result[1].surplus, result[1].level) == (3, (2,))
    state = State(THREE, (1, 2, 3))
    state.elected, state.hopeful = [1], [2, 3]
    close = Round({1: 2 * UNIT + 4, 2: 2 * UNIT - 4, 3: 2 * UNIT}, dict(state.keep), 2 * UNIT, 4)
    assert shares.exclude(state, close, 3).level == (2, 3)


def test_equal_everything_is_decided_by_lot_alone():
    """Four candidates with five votes each: the lot says who leaves, twice, and then as many are left as seats."""
    result = count(FOUR, papers(a=5, b=5, c=5, d=5), order=(3, 1, 4, 2))
    assert result.winners == (1, 3)
    assert [tie.chosen for tie in result.ties] == [2, 4]


def test_when_every_paper_is_blank_nobody_is_elected():
    """The lot does not choose where nobody voted."""
    result = count(FOUR, {b"": 9}, order=(3, 1, 4, 2))
    assert (result.winners, result.empty, result.valid, result.blank) == ((), 2, 0, 9)
    assert result.stages[0].action.startswith("There are no papers that choose anybody.")
    assert result.stages[0].action.endswith("So nobody is elected.")


def test_one_voter_is_enough_for_every_seat():
    """Amy is elected with the one vote, keeps 0.333333334 of it and passes on the rest to Ben, who has the quota."""
    result = count(FOUR, papers(abcd=1))
    assert result.winners == (1, 2)
    assert votes(result, 2)[:2] == ("0.333333334", "0.666666666")


def test_with_fewer_candidates_than_seats_all_are_elected():
    """The first choices are counted all the same, and the seats that are left over stay empty."""
    result = count(Contest(5, NAMES), papers(a=3, b=2))
    assert (set(result.winners), result.empty, len(result.stages)) == ({1, 2, 3, 4}, 1, 1)
    assert result.stages[0].action.endswith("1 seat stays empty.")


def test_papers_are_counted_as_if_those_who_withdrew_had_never_stood():
    """A paper for Amy and Ben is one for Ben when Amy has withdrawn; a paper for Amy alone is blank."""
    result = count(Contest(1, NAMES, withdrawn=(1,)), papers(ab=5, a=2, c=4, d=3))
    assert (result.valid, result.blank) == (12, 2)
    assert result.stages[0].votes == {"2": "5.000000000", "3": "4.000000000", "4": "3.000000000"}


def test_re_open_nominations_holds_a_seat_for_each_full_quota():
    """Three seats, 40 papers, a quota of 10.000000001. Re-open nominations has 24 votes and holds two seats; its votes
    beyond that stay with it. Amy has the quota, so all seats are decided."""
    contest = Contest(3, (*NAMES[:2], "Re-open nominations"), reopen=3)
    result = count(contest, papers(a=12, b=4, cb=24))
    assert (result.winners, result.empty, len(result.stages)) == ((1,), 2, 1)
    assert "Re-open nominations has 24 votes and wins 2 more seats: they stay empty." in result.stages[0].action


def test_re_open_nominations_is_not_excluded_once_it_holds_a_seat():
    """Amy, Ben and Cat are left for the other seat, and leave one after the other; Re-open nominations keeps its 20
    votes, 3 of them beyond the quota."""
    contest = Contest(2, (*NAMES[:3], "Re-open nominations"), reopen=4)
    result = count(contest, papers(a=11, b=10, c=9, d=20))
    assert (result.winners, result.empty) == ((1,), 1)
    assert 4 not in [place.candidate for place in result.excluded]
    assert all(stage.votes["4"] == "20.000000000" for stage in result.stages)


def test_re_open_nominations_without_a_quota_leaves_the_count_like_anybody():
    """It has the fewest votes, and its papers go to their next choice."""
    contest = Contest(1, (*NAMES[:2], "Re-open nominations"), reopen=3)
    result = count(contest, papers(a=6, b=5, ca=2))
    assert [place.name for place in result.excluded] == ["Re-open nominations"]
    assert (result.winners, result.empty) == ((1,), 0)


def test_with_one_seat_re_open_nominations_can_win_it():
    """Ben leaves, and Re-open nominations has the quota of the votes that are left."""
    contest = Contest(1, (*NAMES[:2], "Re-open nominations"), reopen=3)
    result = count(contest, papers(a=6, bc=5, c=7))
    assert (result.winners, result.empty) == ((), 1)


def test_a_candidate_of_a_class_with_a_kept_seat_stays_while_the_class_needs_them():
    """Dan has the fewest votes and is the only one of night staff, for whom one of the two seats is kept. Amy has the
    quota. Now the last seat is kept: when Amy's surplus has moved, Cat leaves, and Dan stays."""
    contest = Contest(2, NAMES, reserves=(Reserve("night staff", (4,), least=1),))
    result = count(contest, papers(a=10, b=7, c=6, d=1))
    assert result.winners == (1, 4)
    assert result.stages[2].action.startswith(
        "Cat Hill cannot be elected any more, because the last seat is kept for night staff, and leaves the count."
    )


def test_whoever_has_the_fewest_votes_stays_when_a_kept_seat_needs_them():
    """Nobody has the quota. Dan has one vote, and the seat kept for night staff can go to nobody else: Cat leaves."""
    contest = Contest(2, NAMES, reserves=(Reserve("night staff", (4,), least=1),))
    result = count(contest, papers(a=7, b=7, c=6, d=1), order=(1, 2, 3, 4))
    assert result.stages[1].action.startswith("Dan Fox has only 1 vote and stays, because at least 1 ")
    assert "Of the others, Cat Hill has the fewest votes, 6, and leaves the count." in result.stages[1].action
    assert 4 in result.winners


def test_no_more_of_a_class_are_elected_than_may_be():
    """Amy and Ben both have the quota, and only one manager can be elected: Amy, who has more votes."""
    contest = Contest(2, NAMES, reserves=(Reserve("managers", (1, 2), most=1),))
    result = count(contest, papers(a=12, b=11, c=5, d=2))
    assert result.stages[0].elected == (1,)
    assert [place.candidate for place in result.excluded] == [2]
    assert result.winners == (1, 3)


def test_level_candidates_of_a_full_class_are_decided_between_by_lot():
    """Amy and Ben both have the quota with 12 votes, and only one manager can be elected."""
    contest = Contest(2, NAMES, reserves=(Reserve("managers", (1, 2), most=1),))
    result = count(contest, papers(a=12, b=12, c=5, d=2), order=(2, 1, 3, 4))
    assert result.stages[0].elected == (2,)
    assert [(tie.stage, tie.candidates, tie.chosen) for tie in result.ties] == [(1, (1, 2), 2)]


def test_a_countback_by_this_rule_is_refused():
    """A seat that was won by Meek STV is filled again by an election, or stays empty."""
    with pytest.raises(Cannot, match="cannot be used for a countback"):
        count(Contest(2, NAMES, kept=(1,)), papers(a=1))


def test_kept_seats_that_cannot_be_filled_are_refused_before_counting():
    """Two seats for night staff, and only Dan is one of them."""
    with pytest.raises(Cannot, match="must be elected"):
        count(Contest(2, NAMES, reserves=(Reserve("night staff", (4,), least=2),)), papers(a=1))


def test_sixty_candidates_for_twenty_five_seats():
    """The largest election that we expect, counted to the end."""
    contest = Contest(25, tuple(f"Candidate {n}" for n in range(1, 61)))
    result = count(contest, {bytes(range(n, 61)): 61 - n for n in range(1, 61)}, order=tuple(range(1, 61)))
    assert len(result.winners) == 25
    assert result.winners[:2] == (1, 2)


def dumped(path):
    """The count in a reference dump: for each round the votes and shares by standing candidate, and the quota."""
    found = {}
    for row in (line.rstrip("\n").split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]):
        if row[1] in ("elect", "defeat"):
            found.setdefault(int(row[0]), {}).setdefault(row[1], row)
    end = row
    return list(found.values()), {end[at] for at in range(6, len(end), 4) if end[at + 1] == "E"}


def figure(parts):
    return f"{parts // UNIT}.{parts % UNIT:09d}"


def reference(reference_data, name):
    """An election of the reference data. A dump's ties go to the candidate listed first, who is last in our lot."""
    file = blt.read(up_to_the_title((reference_data / "counting" / "droop_edge" / f"{name}.blt").read_bytes()))
    return file.contest, file.papers, tuple(range(len(file.contest.candidates), 0, -1))


def up_to_the_title(data):
    """One file goes on after its title, where a BLT file ends."""
    quotes = [at for at, byte in enumerate(data) if byte == ord('"')]
    candidates = int(data.split()[0])
    return data[: quotes[2 * candidates + 1] + 1]


@pytest.mark.parametrize("name", DUMPS)
def test_every_figure_of_the_reference_counts_is_ours(reference_data, name):
    """Votes, quota, the share that each candidate keeps, and the surplus: every cell of the counts by Droop, the
    reference program of the Proportional Representation Foundation, to the ninth decimal."""
    contest, said, order = reference(reference_data, name)
    gone = bytes(contest.withdrawn)
    standing = Counter()
    for ranking, many in said.items():
        standing[ranking.translate(None, gone)] += many
    ours, _ = rounds(contest, standing, order)
    theirs, elected = dumped(reference_data / "counting" / "droop_edge" / f"{name}-meek-prf-o6-fixed-p9-d9.txt")
    assert len(ours) == len(theirs)
    for mine, rows in zip(ours, theirs, strict=True):
        row = rows.get("elect") or rows["defeat"]
        if not mine.winners:
            row = rows["defeat"]
            assert figure(mine.surplus) == row[4]
        assert [figure(mine.votes[n]) for n in contest.standing] == row[8::4]
        assert [figure(mine.keep[n]) for n in contest.standing] == row[9::4]
        assert figure(mine.quota) == row[2]
    result = count(contest, said, order)
    assert {contest.name(number) for number in result.winners} == elected


def test_the_reference_counts_leave_in_the_same_order(reference_data):
    """Candidate by candidate, where the lot is the order by which the reference program settled its ties."""
    for name in DUMPS:
        contest, said, order = reference(reference_data, name)
        path = reference_data / "counting" / "droop_edge" / f"{name}-meek-prf-o6-fixed-p9-d9.txt"
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        left, before = [], set()
        for row in rows[1:]:
            if row[1] == "defeat":
                defeated = {row[at] for at in range(6, len(row), 4) if row[at + 1] == "D"}
                left += sorted(defeated - before)
                before = defeated
        counted = [place.name for place in count(contest, said, order).excluded]
        assert counted == left[: len(counted)], name


def test_the_count_by_hill_wichmann_and_woodall_is_ours(reference_data):
    """Their published Meek count of the ERS97 papers, to its two decimals. Theirs settles the shares before it elects
    somebody, ours elects whoever has the quota already; with the shares settled, the last stage is the same too."""
    folder = reference_data / "counting" / "ers97"
    file = blt.read((folder / "ers97_derived.blt").read_bytes())
    rows = list(csv.reader((folder / "meek_hww_reference.csv").read_text().splitlines()))
    counted, ties = rounds(file.contest, file.papers)
    state = State(file.contest, None)
    state.elected = [number for one in counted[:-1] for number in one.winners]
    state.keep = dict(counted[-1].keep)
    for _ in range(200):
        votes = shares.distribute(shares.branches(file.papers, state), state.keep)
        quota = sum(votes.values()) // 7
        for number in state.elected:
            state.keep[number] = state.keep[number] * quota // votes[number]
    mine = [(counted[at].votes, counted[at].quota) for at in (0, 1, 3, 4, 6)] + [(votes, quota)]
    compared = 0
    for column, (votes, quota) in zip(range(1, 13, 2), mine, strict=True):
        theirs = [Fraction(row[column]) for row in rows[2:]]
        lost = sum(file.papers.values()) * UNIT - sum(votes.values())
        assert abs(Fraction(lost, UNIT) - theirs.pop(-2)) <= Fraction(2, 100), "they summed what they had rounded"
        for one, two in zip([*votes.values(), quota], theirs, strict=True):
            assert abs(Fraction(one, UNIT) - two) <= Fraction(6, 1000), (column, one, two)
            compared += 1
    assert (compared, ties) == (72, [])
    elected = {file.contest.name(number) for one in counted for number in one.winners}
    assert elected == {row[0] for row in rows[2:-2] if row[12] == "EL"}


rankings = st.lists(st.integers(1, 6), unique=True, max_size=6).map(bytes)
elections = st.tuples(
    st.dictionaries(rankings, st.integers(1, 12), max_size=12), st.integers(1, 5), st.permutations(range(1, 7))
)
SIX = (*NAMES, "Eve Sim", "Fay Low")


@settings(deadline=None)
@given(elections)
def test_no_vote_is_lost_or_made(drawn):
    """At each stage the votes of all candidates and the non-transferable ones make up all valid papers exactly."""
    said, seats, order = drawn
    result = count(Contest(seats, SIX), said, order)
    assert len(result.winners) == (seats if result.valid else 0)
    for stage in result.stages:
        together = sum(Fraction(held) for held in stage.votes.values()) + Fraction(stage.non_transferable)
        assert together == result.valid
        assert Fraction(stage.non_transferable) >= 0


@settings(deadline=None)
@given(elections, st.randoms(use_true_random=False))
def test_the_order_of_papers_never_matters(drawn, chance):
    """Shuffled, they give the same count, stage by stage."""
    said, seats, order = drawn
    shuffled = list(said.items())
    chance.shuffle(shuffled)
    assert count(Contest(seats, SIX), dict(shuffled), order) == count(Contest(seats, SIX), said, order)


@settings(deadline=None)
@given(elections)
def test_a_candidate_with_the_quota_of_first_choices_is_elected(drawn):
    """At the first stage, whatever else is on the papers."""
    said, seats, order = drawn
    result = count(Contest(seats, SIX), said, order)
    for number, held in result.stages[0].votes.items():
        if Fraction(held) >= Fraction(result.quota):
            assert int(number) in result.stages[0].elected


@settings(deadline=None)
@given(elections)
def test_withdrawing_somebody_nobody_chose_changes_no_winner(drawn):
    """But for the lot, which is asked about fewer candidates."""
    said, seats, order = drawn
    with_a_stranger = Contest(seats, (*SIX, "Nobody's Choice"))
    order = (*order, 7)
    gone = Contest(seats, with_a_stranger.candidates, withdrawn=(7,))
    without, stays = count(gone, said, order), count(with_a_stranger, said, order)
    assert without.winners == tuple(n for n in stays.winners if n != 7)


@settings(deadline=None)
@given(elections, st.data())
def test_reserved_seats_are_always_met(drawn, data):
    """Whatever the papers say: as many of the class are elected as the reserve asks, and no more than it allows."""
    said, seats, order = drawn
    members = data.draw(st.sets(st.integers(1, 6), min_size=1))
    least = data.draw(st.integers(0, min(len(members), seats)))
    most = data.draw(st.none() | st.integers(max(least, seats - 6 + len(members)), seats))
    reserve = Reserve("night staff", tuple(sorted(members)), least, most)
    result = count(Contest(seats, SIX, reserves=(reserve,)), said, order)
    assume(result.valid)
    assert len(result.winners) == seats
    assert least <= len(members & set(result.winners)) <= (seats if most is None else most)


def up(parts, by):
    return (parts + by - 1) // by


def as_the_rule_says(contest, said, order):
    """The Reference Meek Rule paper by paper, without a tree and without grouping."""
    keep = dict.fromkeys(contest.standing, UNIT)
    hopeful, elected = list(contest.standing), []
    while len(elected) < contest.seats and len(elected) + len(hopeful) > contest.seats:
        before = None
        while True:
            held = dict.fromkeys(contest.standing, 0)
            for ranking, many in said.items():
                for _ in range(many):
                    weight = UNIT
                    for number in ranking:
                        kept = up(weight * keep[number], UNIT)
                        held[number] += kept
                        weight -= kept
            quota = sum(held.values()) // (contest.seats + 1) + 1
            won = [n for n in hopeful if held[n] >= quota]
            elected += won
            hopeful = [n for n in hopeful if n not in won]
            surplus = max(0, sum(held[n] - quota for n in elected))
            if won or surplus < 1000 or (before is not None and surplus >= before):
                break
            for n in elected:
                keep[n] = up(up(keep[n] * quota, UNIT) * UNIT, held[n])
            before = surplus
        if not won:
            low = min(held[n] for n in hopeful)
            loser = max((n for n in hopeful if held[n] <= low + surplus), key=order.index)
            hopeful.remove(loser)
            keep[loser] = 0
    return set(elected) | (set(hopeful) if len(elected) < contest.seats else set())


@settings(deadline=None)
@given(elections)
def test_a_count_paper_by_paper_elects_the_same(drawn):
    """The rule, written down step by step without grouping papers, elects the same candidates."""
    said, seats, order = drawn
    assume(any(said))
    contest = Contest(seats, SIX)
    assert set(count(contest, said, order).winners) == as_the_rule_says(contest, said, order)


def test_a_single_paper_is_told_in_the_singular():
    """One paper is not "1 papers"."""
    found = count(Contest(1, ("Amy Osei", "Ben Roy")), {b"\x01": 1})
    assert found.stages[0].action.startswith("The first choice on 1 paper is counted.")
