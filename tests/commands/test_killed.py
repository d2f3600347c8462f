"""The real server is killed without a warning while people vote: no vote with a receipt is lost, nothing is half."""

import random

from tests.builders.killing import Siege, counted, last_line
from tests.builders.serving import OpenVote, Serving, a_free_port

KILLS = 10
VOTERS = 20


def test_a_server_that_is_killed_under_load_loses_no_vote_and_leaves_nothing_half(tmp_path):
    vote = OpenVote(tmp_path / "data", VOTERS)
    with Serving(vote, a_free_port()) as serving:
        siege = Siege(vote, serving)
        siege.run(KILLS, random.Random(7))  # the database is looked through after each kill
    assert serving.log == ""
    assert len(siege.casts) == 2 * VOTERS
    assert siege.again > 0, "no request was cut off, so nothing was tried"
    assert counted(vote) == {"no": VOTERS}  # the first vote of each was a yes, and the last one counts
    assert last_line(vote)["valid"] == VOTERS
