"""The log of a record: what each line allows, its checkpoints, and that both verifiers say the same of every one."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pilot.secrecy import tree
from pilot.secrecy.packing import pack
from pilot.voting.record.checkpoints import roots
from pilot.voting.record.checks import Check, verify
from tests.builders.records import CLOSES, Files, Story, in_utc, said_by_program, signed_by

EARLIER = in_utc(CLOSES - timedelta(days=1))
LATER = in_utc(CLOSES + timedelta(days=2))
LATEST = in_utc(CLOSES + timedelta(days=6))


def failed(files: Files) -> list[Check]:
    return [check for check in verify(files) if check.ok is False]


def a_story(**changes) -> Story:
    return Story(**changes).votes(["yes"] * 4 + ["no"] * 3)


def told(story: Story) -> None:
    story.leaf("notices", count=len(story.voters))


def holds(tmp_path, files: Files) -> tuple[str, str]:
    """Both pass; what each says."""
    assert failed(files) == []
    code, said = said_by_program(tmp_path, pack(files))
    assert code == 0, said
    return "\n".join(f"{check.name}: {check.says}" for check in verify(files)), said


def refused(tmp_path, files: Files, file: str = "log.jsonl") -> None:
    assert file in [check.file for check in failed(files)]
    code, said = said_by_program(tmp_path, pack(files))
    assert (code, f"FAILED  {file}" in said) == (1, True), said


def test_pauses_a_later_close_votes_on_paper_and_notices_are_told_with_their_reasons(tmp_path):
    story = a_story()
    story.leaf("suspend", reason="The network was down.")
    story.leaf("resume", closes=LATER, reason="It is back.")
    story.leaf("extend", closes=LATEST, reason="Nobody could vote for four hours.")
    story.cancel(6)
    story.cancel(40, (1, 2))
    ours, theirs = holds(tmp_path, story.record(after_close=told))
    for words in ("The network was down.", "It is back.", "Nobody could vote for four hours.", "60 people were told"):
        assert words in ours
        assert words in theirs
    assert "7 stamps, 6 people with a sealed vote; 2 given a vote on paper, 0 papers put in for them" in ours
    assert "4 of 6 votes for Yes or No were for Yes" in theirs


def test_papers_of_tellers_stand_beside_those_that_voters_sealed(tmp_path):
    story = a_story()
    story.cancel(6)
    story.cancel(40, (1, 2))
    story.cancel(41)
    story.paper_stamp(40)  # and the computer failed
    story.paper(6, "yes")
    story.paper(40, "yes")
    ours, theirs = holds(tmp_path, story.record(after_close=told))
    assert "8 sealed votes: 6 by voters, 2 by tellers for 3 people who were given a vote on paper" in ours
    assert "3 people were given a vote on paper; tellers put in 2 for them" in theirs
    assert "6 of 8 votes for Yes or No were for Yes" in theirs


def wrong_signature(story: Story) -> None:
    story.cancel(6, text="pilot cancel {} 0{}")


def paused(story: Story) -> None:
    story.leaf("suspend", reason="The network was down.")


IMPOSSIBLE: dict[str, Callable[[Story], None]] = {
    "one teller": lambda s: s.cancel(6, (2,)),
    "one teller twice": lambda s: s.cancel(6, (2, 2)),
    "three tellers": lambda s: s.cancel(6, (0, 1, 2)),
    "a wrong signature": wrong_signature,
    "a vote on paper twice": lambda s: (s.cancel(6), s.cancel(6)),
    "a stamp after a vote on paper": lambda s: (s.cancel(6), s.stamp(6)),
    "a sealed vote after a vote on paper": lambda s: (s.stamp(6), s.cancel(6), s.cast(6, s.last[6][1])),
    "a paper for nobody who was given one": lambda s: (s.cancel(40), s.paper(6, "yes")),
    "a paper before it is signed": lambda s: (s.paper_stamp(6), s.cancel(6), s.paper_cast(6, "yes")),
    "two papers for one person": lambda s: (s.cancel(6), s.paper_stamp(6), s.paper(6, "no"), s.paper_cast(6, "no")),
    "a stamp after the paper": lambda s: (s.cancel(6), s.paper(6, "no"), s.paper_stamp(6)),
    "a paper without a stamp of its own": lambda s: (s.stamp(6), s.cancel(6), s.paper_cast(6, "no")),
    "a fourth stamp for a paper": lambda s: (s.cancel(6), [s.paper_stamp(6) for _ in range(4)]),
    "a paper in a pause": lambda s: (s.cancel(6), paused(s), s.paper(6, "no")),
    "a vote in a pause": lambda s: (paused(s), s.vote(9, "yes")),
    "closed in a pause": paused,
    "paused twice": lambda s: (paused(s), paused(s)),
    "resumed without a pause": lambda s: s.leaf("resume", closes=LATER, reason="It is back."),
    "resumed to close earlier": lambda s: (
        paused(s),
        s.leaf("resume", closes=in_utc(CLOSES - timedelta(days=1)), reason="x"),
    ),
    "made longer twice": lambda s: [s.leaf("extend", closes=one, reason="x") for one in (LATER, LATEST)],
    "made longer by more than half": lambda s: s.leaf("extend", closes=in_utc(CLOSES + timedelta(days=8)), reason="x"),
    "made shorter": lambda s: s.leaf("extend", closes=EARLIER, reason="x"),
    "no reason": lambda s: s.leaf("extend", closes=LATER, reason=" "),
    "no time": lambda s: s.leaf("extend", closes="2027-13-01T00:00:00Z", reason="x"),
    "a time of another form": lambda s: s.leaf("extend", closes="2027-03-19 17:00:00+00:00", reason="x"),
    "more in a line": lambda s: s.leaf("extend", closes=LATER, reason="x", by="account 3"),
    "a line that no log has": lambda s: s.leaf("reopen", reason="x"),
    "notices before the close": told,
    "papers before the close": lambda s: s.leaf("final", m=s.digest, root="0" * 64, set_aside=0, spoilt=0, valid=0),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_line_that_cannot_stand_where_it_stands_is_refused_by_both(tmp_path, name):
    story = a_story()
    IMPOSSIBLE[name](story)
    refused(tmp_path, story.record())


def test_a_declaration_with_other_votes_on_paper_than_the_log_is_refused_by_both(tmp_path):
    story = a_story()
    story.cancel(6)
    story.paper(6, "yes")
    files = story.record()
    assert failed(files) == []
    wrong = files["declaration.json"].replace(b'"on_paper":{"cast":1,"given":1}', b'"on_paper":{"cast":0,"given":1}')
    assert wrong != files["declaration.json"]
    refused(tmp_path, signed_by(story.log_key, files | {"declaration.json": wrong}), "declaration.json")


def test_two_tellers_of_the_employer_cannot_say_that_somebody_voted_on_paper(tmp_path):
    story = a_story(sides=("employer", "employer", "staff side"))
    story.cancel(6, (0, 1))
    refused(tmp_path, story.record())


@pytest.mark.parametrize(
    "after",
    [lambda s: s.leaf("notices", count=61), lambda s: s.leaf("notices", count=-1), lambda s: (told(s), told(s))],
    ids=["more than could vote", "fewer than nobody", "twice"],
)
def test_notices_that_cannot_be_are_refused_by_both(tmp_path, after):
    refused(tmp_path, a_story().record(after_close=after))


def test_what_was_erased_may_end_a_log_and_nothing_stands_after_it(tmp_path):
    files, story = {}, a_story()
    files = story.record()
    story.leaf("erase", what="sealed votes")
    at = len(story.log) - 6
    erased = {"log.jsonl": b"".join(body + b"\n" for body in story.log)}
    erased["checkpoints.txt"] = story.checkpoints(range(at + 1, len(story.log) + 1))
    holds(tmp_path, signed_by(story.log_key, files | erased))
    story.leaf("erase", what="sealed votes")
    twice = {"log.jsonl": b"".join(body + b"\n" for body in story.log)}
    refused(tmp_path, signed_by(story.log_key, files | erased | twice))


def first_root(files: Files) -> tuple[bytes, bytes, int]:
    return files["checkpoints.txt"].splitlines()[2], b64encode(bytes(32)), 1


def longer(story: Story, files: Files) -> bytes:
    """The website signed a line more than the record shows."""
    story.leaf("notices", count=1)
    return files["checkpoints.txt"] + story.checkpoints([len(story.log)])


CHECKPOINTS: dict[str, Callable[[Story, Files], bytes]] = {
    "none": lambda s, f: b"",
    "the first missing": lambda s, f: b"".join(f["checkpoints.txt"].splitlines(True)[5:]),
    "the last missing": lambda s, f: b"".join(f["checkpoints.txt"].splitlines(True)[:-5]),
    "one twice": lambda s, f: f["checkpoints.txt"] + b"".join(f["checkpoints.txt"].splitlines(True)[-5:]),
    "one before another": lambda s, f: b"".join(f["checkpoints.txt"].splitlines(True)[-5:]) + f["checkpoints.txt"],
    "signed by another key": lambda s, f: s.checkpoints(range(15, 20), Ed25519PrivateKey.generate()),
    "cut off": lambda s, f: b"".join(f["checkpoints.txt"].splitlines(True)[:-1]),
    "a signature altered": lambda s, f: f["checkpoints.txt"][:-20] + b"AAAA" + f["checkpoints.txt"][-16:],
    "another size": lambda s, f: f["checkpoints.txt"].replace(b"\n15\n", b"\n14\n", 1),
    "a size in other figures": lambda s, f: f["checkpoints.txt"].replace(b"\n15\n", b"\n015\n", 1),
    "another root": lambda s, f: f["checkpoints.txt"].replace(*first_root(f)),
    "a longer log": longer,
    "of another vote": lambda s, f: f["checkpoints.txt"].replace(s.digest.encode(), b"0" * 64),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_checkpoints_that_are_not_of_this_log_are_refused_by_both(tmp_path, name):
    story = a_story()
    files = story.record()
    assert files["checkpoints.txt"].count(b"\n15\n") == 1
    altered = CHECKPOINTS[name](story, files)
    assert altered != files["checkpoints.txt"]
    refused(tmp_path, signed_by(story.log_key, files | {"checkpoints.txt": altered}), "checkpoints.txt")


def test_an_earlier_checkpoint_that_a_voter_or_a_watcher_had_fits_the_log_of_the_record(tmp_path):
    story = a_story()
    files = story.record()
    more = story.checkpoints([3, 9]) + files["checkpoints.txt"]
    holds(tmp_path, signed_by(story.log_key, files | {"checkpoints.txt": more}))


def test_a_vote_without_own_keys_says_so_and_one_with_own_keys_and_no_notices_too(tmp_path):
    ours, theirs = holds(tmp_path, a_story(custody=("server",) * 3).record())
    for said in (ours, theirs):
        assert "The server held all the keys, so it could have made this result" in said
        assert "the server, which holds the keys of all 3 trustees, signed" in said
    ours, theirs = holds(tmp_path, a_story(custody=("own", "server", "own")).record())
    for said in (ours, theirs):
        assert "would have to work together: whoever runs this server, Ada Scrutineer and Cy Staff-Side" in said
        assert "nobody was told" in said
        assert "2 of 3 trustees, and the server with the keys that it holds for the others, signed" in said
    ours, theirs = holds(tmp_path, a_story(custody=("own",) * 3).record(after_close=told))
    for said in (ours, theirs):
        assert "Ada Scrutineer, Ben Employer and Cy Staff-Side" in said
        assert "work together: whoever runs this server" not in said
        assert "3 trustees signed" in said


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70))
def test_the_root_of_every_beginning_of_a_log_is_that_of_its_tree(bodies):
    found = roots(bodies, set(range(1, len(bodies) + 1)))
    assert found == {size: tree.root(bodies[:size]) for size in range(1, len(bodies) + 1)}
