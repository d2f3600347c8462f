"""The small program that counts again: right on declared sheets, and the same as the website's own counter, always."""

import importlib
import json
import re
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pilot.voting.count import blt, result, rules
from pilot.voting.count.contest import Cannot, Contest, Reserve
from pilot.voting.files import recount as beside
from pilot.voting.files.recount import read_blt, recount
from pilot.voting.record import figures
from pilot.voting.record.asked import Election

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


FOUR = Contest(1, ("C1", "C2", "C3", "C4"))
LOOK_BACK = ("alternative-vote", FOUR, {(1,): 6, (2,): 4, (3,): 3, (4, 3): 1}, [1, 2, 3, 4])
"""Candidates 2 and 3 are level once 4 is out; 3 had fewer before."""

SURPLUSES = ("scottish-stv", Contest(5, tuple("ABCDEFG"), (3,)), {(1,): 1, (2, 1): 5, (3, 4): 4}, [1, 2, 3, 4, 5, 6, 7])
"""Candidates 4 and 1 have the same surplus in the end; 4, who was elected first, had more before."""


@settings(max_examples=120, deadline=None)
@given(elections())
@example(LOOK_BACK)
@example(SURPLUSES)
def test_both_counters_agree_figure_for_figure(election):
    name, contest, papers, order = election
    try:
        counted = rules.count(name, contest, {bytes(p): n for p, n in papers.items()}, order)
    except Cannot:
        return
    again = recount(rule_of(name, contest), contest.candidates, papers, order, contest.withdrawn)
    assert again == without_words(result.written(counted))


@pytest.fixture(scope="module")
def program():
    """election.py, which finds recount.py beside it."""
    sys.path.insert(0, str(Path(beside.__file__).parent))
    try:
        return importlib.import_module("election")
    finally:
        sys.path.pop(0)


def by_their_votes(program, election: Election, said: result.CountResult, order) -> list[bool]:
    """Whether the published figures alone give this count: by the website's program, and by that of the record."""
    names, most = election.contest.candidates, rules.limits(election.rule, election.contest)[1]
    found = []
    try:
        found.append(figures.count_again(election, said, order) == said)
    except (Cannot, LookupError, ValueError):
        found.append(False)
    written = without_words(result.written(said))
    try:
        again = program.by_figures(rule_of(election.rule, election.contest), names, written, list(order), most)
        found.append(again == written)
    except program.Wrong:
        found.append(False)
    return found


@settings(max_examples=80, deadline=None)
@given(election=elections(), other=st.integers(1, 7), at=st.integers(0, 6))
@example(election=LOOK_BACK, other=1, at=0)
def test_the_votes_of_a_count_alone_elect_whom_it_says_and_nobody_else(program, election, other, at):
    name, contest, papers, order = election
    contest = msgspec.structs.replace(contest, withdrawn=(), title="Staff council")
    try:
        said = rules.count(name, contest, {bytes(p): n for p, n in papers.items()}, order)
    except Cannot:
        return
    asked = Election(name, contest, "0" * 64)
    assert by_their_votes(program, asked, said, order) == [True, True]
    if at < len(said.elected) and other <= len(contest.candidates) and other != said.winners[at]:
        place = result.Place(other, contest.name(other), said.elected[at].stage)
        forged = msgspec.structs.replace(said, elected=(*said.elected[:at], place, *said.elected[at + 1 :]))
        assert by_their_votes(program, asked, forged, order) == [False, False]
        stages = tuple(
            msgspec.structs.replace(one, elected=tuple(other if n == said.winners[at] else n for n in one.elected))
            for one in said.stages
        )
        forged = msgspec.structs.replace(forged, stages=stages)
        assert by_their_votes(program, asked, forged, order) == [False, False]


@pytest.mark.parametrize("name", ['"', '""', '\\"', 'A" # x', '"" ""', "=1+1", "1 2 0", 'Amy "Ace" Osei', "Amy\\"])
def test_every_name_that_a_record_can_have_is_read_back(name):
    contest = Contest(1, (name, "Ben Roy"), title='T" # "t')
    assert read_blt(blt.write(contest, {b"\1\2": 3}).decode()) == (1, [name, "Ben Roy"], {(1, 2): 3}, [])


def by_file(path, rule: str = "scottish-stv", **asked) -> dict:
    seats, names, papers, withdrawn = read_blt(path.read_text())
    asked = {"name": rule, "version": "1", "seats": seats, "reserves": []} | asked
    return recount(asked, names, papers, tuple(range(len(names), 0, -1)), tuple(withdrawn))


@pytest.mark.parametrize("folder", ["scottish2017", "scottish_other"])
def test_declared_scottish_sheets_are_met_cell_for_cell(reference_data, folder):
    """Figures that the source has rounded to two decimals are met to that; its marked errors are passed over."""
    wards = json.loads((reference_data / "counting" / folder / "official_results.json").read_text())
    cells = 0
    for ward in wards:
        found = by_file(reference_data / "counting" / folder / f"{ward['id']}.blt", seats=ward["seats"])
        assert sorted(place["candidate"] for place in found["elected"]) == sorted(ward["elected"]), ward["id"]
        assert found["quota"] == str(ward.get("quota", found["quota"]))
        declared = ward.get("stages", [])
        assert len(declared) in (0, len(found["stages"])), ward["id"]
        for stage, said in zip(found["stages"], declared, strict=False):
            wrong = {one["candidate"] for one in said.get("errata", [])}
            for number, votes in enumerate(said["votes"], start=1):
                if number not in wrong:
                    cells += 1
                    assert as_exact(stage["votes"][str(number)], votes), (ward["id"], stage["number"], number)
    assert cells > 150


def as_exact(found: str, said: str) -> bool:
    """Whether a declared figure is this one, as exactly as it is given."""
    places = len(said.partition(".")[2])
    return abs(Fraction(found) - Fraction(said)) <= Fraction(0 if places == 5 else "0.5") / 10**places


DUMPS = {"scotland": "scottish-stv", "meek-prf": "meek-stv"}


@pytest.mark.parametrize("dump", DUMPS)
def test_reference_dumps_of_small_elections_are_met(reference_data, dump):
    """Who is elected by the last line of Droop's own logs."""
    compared = 0
    for path in sorted((reference_data / "counting" / "droop_edge").glob(f"*-{dump}-*.txt")):
        rows = [line.split("\t") for line in path.read_text().splitlines()]
        head, last = rows[0], next(row for row in rows if row[0] == "X")
        lines = (reference_data / "counting" / "droop_edge" / f"{path.name.split(f'-{dump}')[0]}.blt").read_text()
        papers, names, seats, order, withdrawn = droop(lines)
        rule = {"name": DUMPS[dump], "version": "1", "seats": seats, "reserves": []}
        found = recount(rule, names, papers, order, withdrawn)
        elected = [last[at - 1] for at, title in enumerate(head) if title.endswith(".state") and last[at] == "E"]
        assert sorted(place["name"] for place in found["elected"]) == sorted(elected), path.name
        compared += 1
    assert compared >= 7


def droop(text: str) -> tuple[dict, list[str], int, list[int], list[int]]:
    """A small reader for the files of Droop, which of level candidates excludes the first of its `[tie …]`."""
    order = re.search(r"\[tie ([^\]]*)\]", text)
    plain = re.sub(r"\[[^\]]*\]|#.*", "", text)
    seats, names, papers, withdrawn = read_blt("\n".join(line for line in plain.splitlines() if line.strip()))
    lot = order[1].split() if order else [str(n) for n in range(1, len(names) + 1)]
    return papers, names, seats, [int(n) for n in reversed(lot)], withdrawn
