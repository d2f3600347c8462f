"""The list that a trustee gets and the opened file that comes back: what is written, read, and refused."""

import secrets
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from pilot.errors import BadInput, NotAllowed
from pilot.secrecy import canonical, checkpoint, lists, peel, tree
from tests.builders.keyfiles import OwnKeys
from tests.builders.secrecy import CLOSES


@pytest.fixture(scope="module")
def ballot():
    made = OwnKeys(votes=6)
    made.peel()
    made.peel()
    return made


@pytest.fixture(scope="module")
def other(ballot):
    """Another ballot of the same trustees."""
    return OwnKeys(votes=6, files=ballot.files, title="Another vote")


def refuses(ballot, words, layer=1, **changes):
    with pytest.raises((BadInput, NotAllowed), match=words):
        lists.check(lists.read(ballot.list(layer, **changes)))


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_a_list_is_read_back_and_gives_the_task_of_its_place(ballot, layer):
    fitting = ballot.peels[: layer - 1]
    before = tuple(msgspec.to_builtins(peel.entry(one.statement, one.signature)) for one in fitting)
    items = fitting[-1].items if fitting else ballot.envelopes
    found = lists.read(lists.write(ballot.head(layer, items, before=before), items))
    task = lists.check(found)
    assert found.items == tuple(sorted(items))
    assert (task.layer, task.layers, task.digest) == (layer, 3, ballot.digest)
    assert task.expected == peel.list_hash(items)


def test_the_bytes_of_a_list_do_not_tell_the_order_that_the_votes_came_in(ballot):
    head = ballot.head(1, ballot.envelopes, before=())
    assert lists.write(head, ballot.envelopes) == lists.write(head, ballot.envelopes[::-1])


def first(ballot, **changes):
    return lists.write(ballot.head(1, ballot.envelopes, **{"before": (), **changes}), ballot.envelopes)


def test_a_list_that_is_cut_short_says_how_much_is_missing(ballot):
    data = first(ballot)
    with pytest.raises(BadInput, match="not whole: it has 5 of 6 sealed votes"):
        lists.read(b"\n".join(data.split(b"\n")[:-2]))
    with pytest.raises(BadInput, match="not whole"):
        lists.read(data[: len(data) - 7])
    with pytest.raises(BadInput, match="not whole"):
        lists.read(data[:200])


def test_a_list_may_have_the_line_ends_of_another_system(ballot):
    assert lists.read(first(ballot).replace(b"\n", b"\r\n")) == lists.read(first(ballot))


def test_lines_in_another_order_and_letters_that_are_none_are_refused(ballot):
    head, *items, _ = first(ballot).split(b"\n")
    for wrong in ([head, *items[::-1]], [head, *items[:-1], b"*" + items[-1][1:]], [b" " + head, *items]):
        with pytest.raises(BadInput, match="not a list of sealed votes, or it is not whole"):
            lists.read(b"\n".join(wrong))


def altered(ballot, **changes):
    with pytest.raises(NotAllowed) as refusal:
        lists.check(lists.read(first(ballot, **changes)))
    return str(refusal.value)


def test_a_list_with_another_vote_in_it_is_refused_by_its_number(ballot):
    items = [*ballot.envelopes[1:], ballot.sealed(secrets.token_bytes(ballot.manifest.padded))]
    data = lists.write(ballot.head(1, ballot.envelopes, before=()), items)
    with pytest.raises(NotAllowed, match="altered on its way"):
        lists.check(lists.read(data))
    with pytest.raises(NotAllowed, match="not the list that the log"):
        lists.check(lists.read(lists.write(ballot.head(1, items, before=()), items)))


def test_a_list_less_one_vote_is_refused(ballot):
    items = ballot.envelopes[1:]
    with pytest.raises(NotAllowed, match="not the list that the log"):
        lists.check(lists.read(lists.write(ballot.head(1, items, before=()), items)))


def test_a_close_that_the_log_did_not_sign_is_refused(ballot, other):
    items = ballot.envelopes[1:]
    close = ballot.close(items)
    forged = ballot.head(1, items, before=(), close=close)  # with the proof of the true close
    with pytest.raises(NotAllowed, match="does not show that voting has closed"):
        lists.check(lists.read(lists.write(forged, items)))
    own = replace(forged, closed=other.closed(close))  # signed by another log
    with pytest.raises(NotAllowed, match="does not show that voting has closed"):
        lists.check(lists.read(lists.write(own, items)))


def a_fork(ballot, items):
    """A log of one line that the server signed around any list, as only whoever has the log's key can."""
    close = ballot.close(items)
    name = checkpoint.origin(ballot.digest)
    text = checkpoint.text(name, 1, tree.root([canonical.to_bytes(close)]))
    place = lists.Place(0, (), checkpoint.signed(text, name, ballot.log_signer).decode())
    return lists.read(lists.write(ballot.head(1, items, before=(), close=close, closed=place), items))


def test_a_list_that_the_server_forked_for_one_vote_is_refused_by_its_number(ballot):
    true = lists.read(first(ballot))
    number = lists.number(true.head.close["sha256"])
    forged = a_fork(ballot, ballot.envelopes[:1])
    lists.check(forged)  # whole, and signed by the log's key: no file shows that it is another log
    with pytest.raises(NotAllowed, match=r"another number than the one that you entered\. Nothing was opened"):
        lists.check_outside(forged, now=CLOSES, typed=number)
    with pytest.raises(BadInput, match="Enter the number of the list"):
        lists.check_outside(forged, now=CLOSES, typed=" ")
    assert lists.at_the_close(forged) != lists.at_the_close(true)
    lists.check_outside(true, now=CLOSES, typed=f" {number.lower().replace('-', ' ')} ")


def test_nothing_is_opened_before_voting_closes_by_the_trustees_own_clock(ballot):
    found = lists.read(first(ballot))
    number = lists.number(found.head.close["sha256"])
    lists.check_outside(found, now=CLOSES, typed=number)
    with pytest.raises(NotAllowed, match="voting is not over"):
        lists.check_outside(found, now=CLOSES - timedelta(seconds=1), typed=number)


def test_the_number_is_asked_of_the_first_who_keeps_their_own_keys(ballot):
    later = lists.read(ballot.list(2))
    assert not lists.needs_number(later)
    lists.check_outside(later, now=CLOSES, typed="")
    one, two, three = ballot.manifest.trustees
    mixed = OwnKeys(votes=2, files=ballot.files, trustees=(replace(one, custody="server"), two, three))
    assert [lists.needs_number(lists.read(mixed.list(layer))) for layer in (1, 2, 3)] == [True, True, False]


def test_a_close_of_another_ballot_or_roll_is_refused(ballot, other):
    for close in (
        other.close(),
        {**ballot.close(), "roll": 3},
        {**ballot.close(), "type": "envelope"},
        {**ballot.close(), "sha256": "zz"},
        {},
    ):
        assert "does not show that voting has closed" in altered(ballot, close=close, closed=ballot.closed(close))


def test_a_checkpoint_that_is_none_is_refused(ballot):
    place = ballot.closed(ballot.close())
    for wrong in (
        replace(place, checkpoint=place.checkpoint.replace("\n5\n", "\n6\n")),
        replace(place, checkpoint=""),
        replace(place, leaf=3),
        replace(place, proof=place.proof[1:]),
        replace(place, proof=("zz", *place.proof[1:])),
    ):
        assert "does not show that voting has closed" in altered(ballot, closed=wrong)
    name = checkpoint.origin("0" * 64)
    text = checkpoint.signed(checkpoint.text(name, 5, bytes(32)), name, ballot.log_signer).decode()
    assert "does not show" in altered(ballot, closed=replace(place, checkpoint=text))


def test_a_list_for_a_place_that_does_not_fit_the_earlier_openings_is_refused(ballot):
    for layer in (0, 2, 4):
        found = lists.read(lists.write(ballot.head(layer, ballot.envelopes, before=()), ballot.envelopes))
        with pytest.raises(BadInput, match="not a list of sealed votes"):
            lists.check(found)


def entry(ballot, number, **changes):
    """A former trustee's entry, signed anew when it is altered."""
    one = ballot.peels[number - 1]
    statement = replace(one.statement, **changes)
    signature = ballot.keys[number - 1].signer.sign(peel.signing_text(statement))
    return msgspec.to_builtins(peel.entry(statement, signature))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"m": "0" * 64}, "another vote, or of another opening"),
        ({"i": 2}, "another vote, or of another opening"),
        ({"sha256_in": "0" * 64}, "the list that came in"),
        ({"in_": 5, "out": 5}, "its counts"),
        ({"out": 5}, "added or dropped"),
        ({"out": 7, "duplicates": -1}, "added or dropped"),
    ],
)
def test_a_former_opening_that_does_not_follow_is_named(ballot, changes, words):
    before = (entry(ballot, 1, **changes), entry(ballot, 2))
    refuses(ballot, f"Opening 1 by Ada Scrutineer: .*{words}", 3, before=before)


def test_a_former_opening_that_its_trustee_did_not_sign_is_named(ballot):
    one, two = entry(ballot, 1), entry(ballot, 2)
    refuses(ballot, "Opening 2 by Ben Employer: its signature is wrong", 3, before=(one, {**two, "out": 5}))
    refuses(
        ballot,
        "Opening 1 by Ada Scrutineer: its signature is wrong",
        3,
        before=({**one, "signature": two["signature"]}, two),
    )


def test_an_opened_file_is_read_back(ballot):
    one = ballot.peels[0]
    assert lists.read_opened(lists.write_opened(one)) == one


def test_an_honest_opened_file_is_taken(ballot):
    for layer, one in enumerate(ballot.peels, start=1):
        before = ballot.peels[layer - 2].items if layer > 1 else ballot.envelopes
        task = peel.Task(ballot.digest, layer, 3, ballot.manifest.padded, peel.list_hash(before))
        lists.check_opened(one, ballot.manifest, task, peel.stage(before))


def test_half_an_opened_file_and_any_other_file_are_refused(ballot):
    data = lists.write_opened(ballot.peels[0])
    with pytest.raises(BadInput, match="not whole: it has 5 of 6 votes"):
        lists.read_opened(b"\n".join(data.split(b"\n")[:-2]))
    for wrong in (data[:100], first(ballot), b"", b"{}", data + b"x"):
        with pytest.raises(BadInput, match=r"not a list of opened votes|cannot be read|not whole"):
            lists.read_opened(wrong)


def test_an_opened_file_that_does_not_follow_is_refused_and_names_the_trustee(ballot):
    one = ballot.peels[0]
    task = peel.Task(ballot.digest, 1, 3, ballot.manifest.padded, peel.list_hash(ballot.envelopes))
    stage = peel.stage(ballot.envelopes)

    def lie(items=one.items, key=0, **changes):
        statement = replace(one.statement, sha256_out=peel.list_hash(items), **changes)
        return peel.Peeled(tuple(items), statement, ballot.keys[key].signer.sign(peel.signing_text(statement)))

    name = peel.stage(ballot.envelopes).split()[0].decode()
    wrong = [
        (lie(key=1), "signature"),
        (lie(i=2), "another vote, or of another opening"),
        (lie(sha256_in="0" * 64), "came in"),
        (lie(one.items[1:], out=5), "added or dropped"),
        (lie(tuple(sorted((*one.items, b"more"))), out=7), "wrong length"),
        (lie((*one.items[:-1], one.items[-1] + b"x")), "wrong length"),
        (lie(one.items[1:], out=5, rejects=("0" * 64,)), "rejects what did not come in"),
        (lie(one.items[2:], out=4, rejects=(name, name)), "rejects one vote twice"),
        (replace(one, items=one.items[::-1][1:] + one.items[:1]), "went out"),
    ]
    for opened, words in wrong:
        with pytest.raises(BadInput, match=f"Opening 1 by Ada Scrutineer: .*{words}"):
            lists.check_opened(opened, ballot.manifest, task, stage)
