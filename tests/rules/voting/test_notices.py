"""What each person is told of what is recorded for them: from the list, the log and the promise, or not at all."""

import csv
import io
import re
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.secrecy import canonical, checkpoint, leaves, peel, tree
from pilot.voting import letters, notices
from pilot.voting.notices import Line, Recorded
from tests.builders.secrecy import World

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
SENDER = letters.Sender("Breaks on nights", "ab" * 32, "Ada Scrutineer", "Ada on 0113 496 0000")


class Held:
    """A vote of 20 people that has closed: V0 voted, V1 voted twice, V2 voted here and then on paper, the rest not."""

    def __init__(self):
        world = World()
        self.manifest = replace(world.manifest, log_key=KEY.public_key().public_bytes_raw())
        self.digest, self.v = world.digest, world.voters
        self.names = [f"{place:064x}" for place in range(1, 6)]
        one, two, again, paper = self.names[:4]
        cast = [(0, 1, one), (1, 1, two), (2, 1, paper), (1, 2, again)]
        self.lines = [
            leaf
            for who, seq, name in cast
            for leaf in (leaves.stamp_leaf(self.v[who], seq), leaves.envelope_leaf(self.v[who], name))
        ]
        self.lines.append(canonical.to_bytes({"type": "cancel", "v": self.v[2].hex(), "signatures": []}))
        self.close()

    def close(self, **changes):
        """The closing line that fits the lines before it, but for these changes."""
        stage = "".join(f"{name}\n" for name in sorted([self.names[0], self.names[2]])).encode()
        values = canonical.read(leaves_close(self.digest, stage)) | {"cancelled": 1} | changes
        self.lines = [*[line for line in self.lines if b'"type":"close"' not in line], canonical.to_bytes(values)]

    @property
    def log(self):
        return b"".join(line + b"\n" for line in self.lines)

    def signed(self, size=None, key=KEY, digest=None):
        size = len(self.lines) if size is None else size
        name = checkpoint.origin(digest or self.digest)
        return checkpoint.signed(checkpoint.text(name, size, tree.root(self.lines[:size])), name, key)

    def people(self):
        return [Line(f"{10 + n}", "Sam", f"Name{n:02}", "Ward 1", "Main", v) for n, v in enumerate(self.v)]

    def told(self, listed=None, log=None, signed=None):
        voters = notices.read_list(notices.write_list(self.people()) if listed is None else listed, self.manifest)
        found = notices.read_log(log or self.log, signed or self.signed(), self.manifest, self.digest)
        return notices.notices(voters, found)


def leaves_close(digest, stage):
    values = {"envelopes": 2, "m": digest, "roll": 20, "sha256": sha256(stage).hexdigest()}
    return canonical.to_bytes({**values, "stamped": 3, "stamps": 4, "type": "close"})


@pytest.fixture
def held():
    return Held()


def test_everybody_is_told_what_is_recorded_for_them(held):
    told = {one.person.name: one for one in held.told()}
    assert len(told) == 20
    assert (told["Sam Name00"].recorded, told["Sam Name00"].leaf, told["Sam Name00"].envelope) == (
        Recorded.ONE,
        1,
        held.names[0],
    )
    assert (told["Sam Name01"].leaf, told["Sam Name01"].envelope) == (7, held.names[2])
    assert (told["Sam Name02"].recorded, told["Sam Name02"].leaf) == (Recorded.PAPER, None)
    assert [told[f"Sam Name{n:02}"].times for n in range(4)] == [1, 2, 1, 0]
    assert {told[f"Sam Name{n:02}"].recorded for n in range(3, 20)} == {Recorded.NONE}


def test_a_vote_that_the_server_made_up_is_told_to_the_person_it_was_made_for(held):
    """False revotes and stuffing by whoever runs the server: the victim's notice shows them."""
    stuffed = [leaves.stamp_leaf(held.v[9], 1), leaves.envelope_leaf(held.v[9], held.names[4])]
    held.lines = [*held.lines[:-1], *stuffed]
    stage = peel_stage([held.names[0], held.names[2], held.names[4]])
    held.close(envelopes=3, stamps=5, stamped=4, sha256=stage)
    told = {one.person.name: one for one in held.told()}
    assert (told["Sam Name09"].recorded, told["Sam Name09"].envelope) == (Recorded.ONE, held.names[4])


def test_everybody_is_told_how_many_sealed_votes_were_handed_in_and_which_of_them_counts(held):
    said = [" ".join(letters.sentences(one, SENDER)) for one in held.told()[:4]]
    assert said[0].startswith("One vote is recorded for you. 1 sealed vote was handed in for you. Its number in")
    assert "2 sealed votes were handed in for you. Only the newest counts." in said[1]
    assert "another number of times" in said[1]
    assert "1 sealed vote was handed in for you. Only your vote on paper counts." in said[2]
    assert "handed in" not in said[3]


def peel_stage(names):
    return sha256("".join(f"{name}\n" for name in sorted(names)).encode()).hexdigest()


def test_the_hash_of_the_list_is_that_of_the_box(held):
    items = [b"one", b"two"]
    assert peel_stage([sha256(item).hexdigest() for item in items]) == peel.list_hash(items)


def test_the_list_is_the_same_bytes_in_whatever_order_people_come(held):
    assert notices.write_list(held.people()) == notices.write_list(reversed(held.people()))


@given(st.binary(min_size=16, max_size=16))
def test_no_spreadsheet_takes_a_voter_number_for_another_number(v):
    assert re.fullmatch(r"[0-9a-f]{4}(-[0-9a-f]{4}){7}", notices.spaced(v))


def test_columns_that_the_scrutineer_adds_are_kept_and_the_number_is_left_out(held):
    rows = list(csv.reader(io.StringIO(notices.write_list(held.people()).decode("utf-8-sig"))))
    rows = [[*row, "e-mail" if place == 0 else f"p{place}@example.org"] for place, row in enumerate(rows)]
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    voters = notices.read_list(text.getvalue().encode("cp1252"), held.manifest)
    merged = letters.mail_merge(voters.headings, held.told(text.getvalue().encode()), SENDER).decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(merged)))
    assert table[0]["e-mail"] == "p1@example.org"
    assert table[0]["recorded"] == "one vote"
    assert [row["sealed votes handed in"] for row in table[:4]] == ["1", "2", "1", "0"]
    assert table[0]["number in the log"] == "1"
    assert table[0]["number of the sealed vote begins"] == "0000 0000 0000 0000"
    assert table[3]["recorded"] == "none"
    assert "No vote is recorded for you." in table[3]["what to tell"]
    assert not any(v.hex() in merged or notices.spaced(v) in merged for v in held.v)


def test_a_list_with_somebody_missing_or_added_is_refused(held):
    people = held.people()
    stranger = replace(people[0], v=bytes(16), employee_number="99")
    for listed, words in (
        (people[1:], "The list has 19 people, and 20 people could vote."),
        ([*people, stranger], "The list has 21 people"),
        ([stranger, *people[1:]], "This is not the list of voters that was fixed before the vote"),
        ([people[0], people[0], *people[2:]], "Lines 2 and 3 of the list have the same voter number."),
    ):
        with pytest.raises(BadInput) as refusal:
            held.told(notices.write_list(listed))
        assert words in refusal.value.reason


@pytest.mark.parametrize("spoilt", ["", "1.23E+31", "00ff", "not a number"])
def test_a_voter_number_that_a_spreadsheet_has_changed_is_refused_with_its_line(held, spoilt):
    listed = notices.write_list(held.people()).replace(notices.spaced(held.v[4]).encode(), spoilt.encode())
    with pytest.raises(BadInput) as refusal:
        held.told(listed)
    assert refusal.value.reason.startswith("Line 6 of the list has no voter number")


def test_a_list_without_numbers_is_refused(held):
    with pytest.raises(BadInput) as refusal:
        held.told(b"first name,last name\nSam,Name00\n")
    assert "no column “voter number”" in refusal.value.reason
    with pytest.raises(BadInput) as refusal:
        held.told(b"")
    assert refusal.value.reason == "The list of voters: The file is empty."


def test_a_log_that_is_cut_short_changed_or_forked_is_refused(held):
    whole, signed = held.log, held.signed()
    cut = b"".join(line + b"\n" for line in held.lines[2:])
    forked = b"".join(line + b"\n" for line in [*held.lines[:2], *held.lines[4:6], *held.lines[2:4], *held.lines[6:]])
    for log, words in (
        (cut, "The log is cut short: 10 lines were signed, and it has 8."),
        (forked, "The log is not the one that was signed"),
        (whole.replace(b'"seq":1', b'"seq": 1'), "The log cannot be read"),
        (whole.rsplit(b"\n", 2)[0] + b"\n", "The log does not tell of the close of the vote."),
    ):
        with pytest.raises(BadInput) as refusal:
            held.told(log=log, signed=signed)
        assert words in refusal.value.reason


def test_every_signed_statement_of_the_log_is_checked_and_one_must_reach_to_the_close(held):
    size = len(held.lines)
    held.told(signed=held.signed(3) + held.signed(size))
    lines = list(held.lines)
    held.lines[0] = leaves.stamp_leaf(held.v[7], 1)
    fork = held.signed(3)
    held.lines = lines
    for signed, words in (
        (held.signed(size - 1), "No signed statement of the log reaches to the close"),
        (b" ", "No signed statement"),
        (fork + held.signed(size), "The log is not the one that was signed: its first 3 lines are other ones."),
        (held.signed(key=OTHER), "not signed by the key of this log"),
        (held.signed(digest="cd" * 32), "of another log"),
        (b"rubbish", "not a checkpoint"),
    ):
        with pytest.raises(BadInput) as refusal:
            held.told(signed=signed)
        assert words in refusal.value.reason


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"m": "cd" * 32}, "it is of another vote"),
        ({"roll": 21}, "another number of voters"),
        ({"envelopes": 3}, "another number of sealed votes"),
        ({"cancelled": 0}, "another number of votes on paper"),
        ({"sha256": "00" * 32}, "it names other sealed votes"),
    ],
)
def test_a_close_that_does_not_fit_the_lines_before_it_is_refused(held, changes, words):
    held.close(**changes)
    with pytest.raises(BadInput) as refusal:
        held.told()
    assert words in refusal.value.reason


def test_what_tellers_sealed_for_somebody_is_told_as_a_vote_on_paper(held):
    v = held.v[2]
    sealed = [
        leaves.stamp_leaf(v, 1, by_tellers=True),
        leaves.envelope_leaf(v, held.names[4], by_tellers=True),
    ]
    held.lines = [*held.lines[:-1], *sealed]
    stage = peel_stage([held.names[0], held.names[2], held.names[4]])
    held.close(envelopes=3, stamps=5, sha256=stage)
    told = {one.person.name: one for one in held.told()}
    assert (told["Sam Name02"].recorded, told["Sam Name02"].leaf) == (Recorded.PAPER, None)
    assert told["Sam Name02"].times == 1, "what the tellers sealed is not their own"
    held.close(envelopes=2, stamps=5, sha256=stage)
    with pytest.raises(BadInput, match="another number of sealed votes"):
        held.told()


def test_a_log_that_knows_a_stranger_is_refused(held):
    held.lines = [*held.lines[:-1], canonical.to_bytes({"type": "cancel", "v": "00" * 16, "signatures": []})]
    held.close(cancelled=2)
    with pytest.raises(BadInput) as refusal:
        held.told()
    assert "1 voter numbers that are not on the list" in refusal.value.reason


def test_each_letter_is_a_page_that_says_what_is_recorded_and_whom_to_tell(held):
    people = [replace(one, last_name="<b>O'Neill") if place == 0 else one for place, one in enumerate(held.people())]
    listed = notices.write_list(people)
    voters = notices.read_list(listed, held.manifest)
    told = notices.notices(voters, notices.read_log(held.log, held.signed(), held.manifest, held.digest))
    (page,) = (one.decode() for one in letters.letters(voters.headings, told, SENDER))
    assert page.count("<article>") == 20
    assert "break-after: page" in page
    assert "Sam &lt;b&gt;O&#x27;Neill<br>Ward 1<br>Main" in page
    assert "<b>" not in page
    assert page.count("No vote is recorded for you.") == 17
    assert page.count("It is recorded that you voted on paper.") == 1
    assert "Its number in the log is 7" in page
    assert page.count("Tell Ada on 0113 496 0000 today. Never say how you voted.") == 20
    assert not any(v.hex() in page for v in held.v)
    assert "http" not in page
    assert "<script" not in page


def test_more_than_500_letters_are_in_several_files(held):
    told = held.told() * 26
    files = letters.letters(("a", "b", "c", "d", "e"), told, SENDER)
    assert [file.count(b"<article>") for file in files] == [500, 20]
