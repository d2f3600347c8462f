"""The whole protocol in any order, with crashes and dishonest trustees: nothing is lost, nothing counts twice.

The same examples come each time, and what each machine must have met by its end is listed here: so no act can fall out
unseen. `bench/protocol.py` goes on with other examples.
"""

from collections import Counter

import pytest

from tests.builders.protocol.laws import KINDS, run_through
from tests.builders.protocol.opening import LIES, Opening
from tests.builders.protocol.running import arranged
from tests.builders.protocol.voting import Voting

VOTING = (
    *("a vote is cast", "a vote is changed", "a cast later on", "a cast is asked for again"),
    *("a stamp is asked for again", "a stamp for tellers", "a cast by tellers"),
    *("a vote on paper", "a vote on paper in place of a cast one", "more time", "voting goes on", "voting closes"),
    *("a crash, open", "cut off, killed", "cut off, taken back"),
    *("refused: a stamp, a fourth stamp", "refused: a stamp, paused", "refused: a stamp, on paper"),
    *("refused: a cast", "refused: another's envelope", "refused: tellers", "refused: tellers and no vote on paper"),
    *("refused: a close in a pause", "refused: more time", "refused: a vote on paper", "refused: the same stamp"),
)

OPENING = (
    *(f"opening {turn} of a {kind}" for turn in (1, 2, 3) for kind in ("vote", "survey")),
    *(f"a crash, closed, {turn} opened" for turn in range(4)),
    *("a crash when the papers are judged", "notices", "the papers are judged", "the sealed votes are erased"),
    *("an opened list cut off, killed", "an opened list cut off, taken back", "the server opening cut off, killed"),
    *("the erasure cut off, killed", "a vote is hidden", "a vote is replaced by rubbish"),
    *("a spare paper is swapped in", "the same opened list comes again", "the server waits for a trustee"),
    *(f"refused: a lie: {lie}" for lie in LIES),
    *("refused: a list with a vote less", "refused: a second list", "refused: a second opening", "refused: notices"),
    *("refused: a list of the server's", "refused: the papers before all have opened", "refused: an early erasure"),
)


@pytest.fixture(scope="module")
def ballots(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("protocol")
    return [arranged(sqlite_template, folder, *kind) for kind in KINDS]


def test_votes_in_any_order(ballots):
    met: Counter[str] = Counter()
    for ballot, examples in zip(ballots, (5, 2), strict=True):
        run_through(Voting, ballot, met, examples=examples)
    assert [act for act in VOTING if not met[act]] == []


def test_openings_in_any_order(ballots):
    met: Counter[str] = Counter()
    for ballot in ballots:
        run_through(Opening, ballot, met, examples=5)
    assert [act for act in OPENING if not met[act]] == []
