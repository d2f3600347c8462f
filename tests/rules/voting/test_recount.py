"""The small program that counts again: right on declared sheets, and the same as the website's own counter, always."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from pilot.voting.count import result, rules
from pilot.voting.count.contest import Cannot, Contest, Reserve
from pilot.voting.files.recount import recount

WORDS = {"title", "sentence", "action"}
RANKED = ("scottish-stv", "alternative-vote", "meek-stv")


def without_words(value):
    if isinstance(value, dict):
        return {key: without_words(inside) for key, inside in value.items() if key not in WORDS}
    return [without_words(inside) for inside in value] if isinstance(value, list) else value


def rule_of(name: str, contest: Contest) -> dict:
    """The rule as a manifest has it."""
    kept = [
        {"name": one.name, "candidates": list(one.candidates), "least": one.least}
        | ({} if one.most is None else {"most": one.most})
        for one in contest.reserves
    ]
    return {"name": name, "version": "1", "seats": contest.seats, "reopen": contest.reopen or 0, "reserves": kept}


@st.composite
def elections(draw):
    """A rule, a contest, papers and a lot; small numbers, so that ties are frequent."""
    name = draw(st.sampled_from(list(rules.RULES)))
    many = draw(st.integers(2, 7))
    seats = 1 if rules.RULES[name].one_seat else draw(st.integers(1, many))
    reopen = many if draw(st.booleans()) else None
    people = [n for n in range(1, many + 1) if n != reopen]
    reserves = draw(classes(people, seats))
    withdrawn = tuple(n for n in people if draw(st.integers(0, 9)) == 0)
    names = tuple(f"C{n}" for n in range(1, many + 1))
    contest = Contest(seats, names, withdrawn, reserves, reopen)
    _, most, ranked = rules.limits(name, contest)
    ranking = st.permutations(range(1, many + 1)).flatmap(
        lambda order: st.integers(0, min(most, many)).map(lambda long: tuple(order[:long]))
    )
    papers = Counter(
        {
            p if ranked else tuple(sorted(p)): n
            for p, n in draw(st.dictionaries(ranking, st.integers(1, 6), max_size=9)).items()
        }
    )
    return name, contest, dict(papers), draw(st.permutations(range(1, many + 1)))


@st.composite
def classes(draw, people, seats):
    sides = draw(st.lists(st.sampled_from(["one", "two", ""]), min_size=len(people), max_size=len(people)))
    found = []
    for name in ("one", "two"):
        members = tuple(n for n, side in zip(people, sides, strict=True) if side == name)
        if members and draw(st.booleans()):
            least = draw(st.integers(0, min(2, len(members), seats)))
            most = draw(st.none() | st.integers(least, seats))
            found.append(Reserve(name, members, least, most))
    return tuple(found)


@settings(max_examples=300, deadline=None)
@given(elections())
def test_both_counters_agree_figure_for_figure(election):
    name, contest, papers, order = election
    try:
        counted = rules.count(name, contest, {bytes(p): n for p, n in papers.items()}, order)
    except Cannot:
        return
    again = recount(rule_of(name, contest), contest.candidates, papers, order, contest.withdrawn)
    assert again == without_words(result.written(counted))
