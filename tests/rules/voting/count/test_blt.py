"""BLT files: what is read, what is refused and on which line, and one form for one election."""

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.voting.count import blt, paper_lines
from pilot.voting.count.contest import Cannot, Contest

PLAIN = b"""3 2
4 1 2 0
2 3 0
0
"Amy Osei"
"Ben Roy"
"Cat Hill"
"Night staff"
"""

ELECTION = blt.ElectionFile(
    Contest(2, ("Amy Osei", "Ben Roy", "Cat Hill"), title="Night staff"), {bytes([1, 2]): 4, bytes([3]): 2}
)


def with_papers(*lines: str) -> bytes:
    """A file with these papers for three candidates; the first of them is on line 2."""
    return "\n".join(["3 2", *lines, "0", '"Amy Osei"', '"Ben Roy"', '"Cat Hill"', '"Night staff"', ""]).encode()


def test_a_plain_file_gives_seats_candidates_title_and_how_many_papers_say_each_ranking():
    assert blt.read(PLAIN) == ELECTION


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\r"),
        PLAIN.replace(b"2 3 0\n0\n", b"2 3 0\n"),
        PLAIN.replace(b"3 2\n", b"# from the hall\n\n3 2  # sizes\n", 1),
        PLAIN.replace(b"2 3 0\n", b'2 3 0 # late\n# "quoted" remark\n'),
        PLAIN.replace(b'"Ben Roy"', b'"Ben Roy" # "Bennie" to his friends'),
        PLAIN.replace(b"2 3 0\n", b"1 3 0\n1 3 0\n"),
        PLAIN.replace(b"4 1 2 0", b"  004\t1   02 0  "),
        PLAIN.replace(b" 0\n", b"\n"),
        PLAIN.replace(b"4 1 2 0\n", b"(a 1) 1 1 2 0\n(a 2) 1 1 2 0\n2 1 2 0\n"),
        PLAIN.replace(b"3 2\n", b"3 2\n[nick amy ben cat]\n", 1).replace(b"4 1 2 0", b"4 amy ben 0"),
        PLAIN.removesuffix(b"\n"),
        PLAIN + b"\n\n# the end\n",
        PLAIN.replace(b'"Night staff"', b"Night staff"),
    ],
    ids=[
        "byte-order mark",
        "CRLF",
        "CR",
        "no final 0",
        "comments above",
        "comments among papers",
        "a comment after a name",
        "a line for each paper",
        "spaces, tabs and leading noughts",
        "no 0 after any paper",
        "ids of papers",
        "short names",
        "no last line end",
        "comments below",
        "a title without quotes",
    ],
)
def test_files_as_they_exist_give_the_same_election(data):
    assert blt.read(data) == ELECTION


def test_withdrawn_candidates_stand_on_lines_of_their_own_or_after_the_seats():
    for head in (b"3 1\n-2 -3\n", b"3 1\n-3\n-2\n", b"3 1 -3 -2\n"):
        assert blt.read(PLAIN.replace(b"3 2\n", head, 1)).contest.withdrawn == (2, 3)


def test_blank_papers_are_counted():
    assert blt.read(with_papers("3 0", "1 1 0")).papers == {b"": 3, b"\x01": 1}


def test_a_file_may_have_no_papers():
    assert blt.read(with_papers()).papers == {}


def test_names_may_be_equal_and_have_quotes_accents_and_signs():
    names = ("Renée O’Neil", "Renée O’Neil", 'Robert "Bob" Łoś # 2', "'=HYPERLINK(1)")
    data = "\n".join(["4 1", "1 3 0", "0", *(f'"{name}"' for name in names), '"Été"']).encode()
    assert blt.read(data).contest == Contest(1, names, title="Été")


@pytest.mark.parametrize("written", ['Robert "Bob" Roy', 'Robert ""Bob"" Roy', r"Robert \"Bob\" Roy"])
def test_quotes_in_a_name_may_be_plain_doubled_or_after_a_backslash(written):
    data = PLAIN.replace(b"Ben Roy", written.encode())
    assert blt.read(data).contest.candidates[1] == 'Robert "Bob" Roy'


def test_names_that_are_not_utf8_are_read_as_windows_1252_and_a_note_says_so():
    found = blt.read(PLAIN.replace(b"Amy Osei", "Renée Œuvre".encode("cp1252")))
    assert found.contest.candidates[0] == "Renée Œuvre"
    assert found.notes == ("The names are not in UTF-8 and were read as Windows-1252.",)


def test_a_file_without_a_title_is_read_and_a_note_says_what_that_may_hide():
    found = blt.read(PLAIN.replace(b'"Night staff"\n', b""))
    assert found.contest.title == ""
    assert found.notes == ("There is no title. If there was one, a name is missing and others have its place.",)


def test_what_follows_the_title_is_passed_over_with_a_note():
    found = blt.read(PLAIN + b'"Source"\n"Comment"\nFirst Prefs\n')
    assert found.contest == ELECTION.contest
    assert found.notes == ("Passed over: what follows the title “Night staff”, from line 9 on.",)


def test_the_order_that_a_file_gives_for_ties_is_its_lot():
    assert blt.read(PLAIN.replace(b"3 2\n", b"3 2\n[tie 3 2 1 ]\n", 1)).lot == (3, 2, 1)
    assert blt.read(PLAIN.replace(b"3 2\n", b"3 2\n[nick a b c]\n[tie c a b]\n", 1)).lot == (3, 1, 2)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("1 2 1 2 0", "candidate 2 is ranked twice on one paper."),
        ("1 1 4 0", "there is no candidate 4; there are 3."),
        ("1 1 999999999999 0", "“999999999999” is not the number of a candidate."),
        ("1 1 300 0", "there is no candidate 300; there are 3."),
        ("1 1 0 2 0", "a 0 ends a paper, and something follows it on the line."),
        ("1 1 0 1 2 0", "a 0 ends a paper, and something follows it on the line."),
        ("0 1 2 0", "a line must stand for 1 paper or more, not for “0”."),
        ("-4 1 2 0", "a line must stand for 1 paper or more, not for “-4”."),
        ("1.5 1 2 0", "a line must stand for a whole number of papers up to 999,999,999, not for “1.5”."),
        ("9999999999 1 0", "a line must stand for a whole number of papers up to 999,999,999, not for “9999999999”."),
        ("1 1 - 2 0", "“-” skips a preference, which no rule here counts."),
        ("1 1=2 3 0", "“1=2” ranks candidates as equal, which no rule here counts."),
        ("1 1 two 0", "“two” is not the number of a candidate."),
        ("1 1 -2 0", "“-2” is not the number of a candidate."),
        ("1 1 2.0 0", "“2.0” is not the number of a candidate."),
        ("1 1 2", "this paper does not end with 0, as others do."),
        ("7", "“7” is neither a paper nor a name in straight double quotes."),
        ("“Amy”", "““Amy””is neither"),
        ("Amy Osei", "“Amy” is neither a number of papers nor a name in straight double quotes."),
        ("(a) 2 1 0", "the id of a paper must be followed by 1, since it names one paper."),
        ("(a 1 1 0", "the id of a paper stands in brackets, and the paper follows it."),
        ("1 1 \x1b[2J 0", "“\ufffd[2J” is not the number of a candidate."),
        ("1 " + "1 " * 6000 + "0", "this line is longer than 10,000 bytes."),
    ],
)
def test_a_paper_that_cannot_be_is_refused_with_its_line(line, told):
    told = told.replace("”is", "” is")
    for others in (3, 40_000):  # a few lines are read as the many are, but a fault must be found among both
        data = with_papers(*["1 1 2 0"] * others, line, *["1 2 0"] * 5)
        with pytest.raises(blt.Unreadable) as refusal:
            blt.read(data)
        assert refusal.value.line == others + 2
        assert str(refusal.value).startswith(f"Line {others + 2:,}: {told}")


def test_two_papers_of_one_id_are_refused():
    with pytest.raises(Cannot, match="Line 3: two papers have the id “a”"):
        blt.read(with_papers("(a) 1 1 0", "(a) 1 2 0"))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Line 1: a BLT file begins with the number of candidates and the number of seats."),
        (b"\n\n# nothing\n", "Line 1: a BLT file begins with the number of candidates and the number of seats."),
        (b"PK\x03\x04zip", "Line 1: a BLT file begins with the number of candidates and the number of seats."),
        (b"<html>\n<p>", "Line 1: a BLT file begins with the number of candidates and the number of seats."),
        (b"candidate,votes\nAmy,3\n", "Line 1: a BLT file begins with"),
        (b'{"rule": "scottish-stv"}', "Line 1: a BLT file begins with"),
        (b"3 2\0\n", "Line 1: this is not a text file."),
        ("3 2\n".encode("utf-16"), "Line 1: this file is written in UTF-16. Save it as UTF-8."),
        (PLAIN.replace(b"3 2\n", b"0 0\n", 1), "Line 1: there are no candidates."),
        (PLAIN.replace(b"3 2\n", b"3 0\n", 1), "Line 1: there are no seats."),
        (PLAIN.replace(b"3 2\n", b"\n3 4\n", 1), "Line 2: there are 4 seats, more than the 3 candidates."),
        (PLAIN.replace(b"3 2\n", b"256 2\n", 1), "Line 1: there are 256 candidates, and at most 255 can be counted."),
        (PLAIN.replace(b"3 2\n", b"3 -2\n", 1), "Line 1: a BLT file begins with"),
        (PLAIN.replace(b"3 2\n", b"3 2 1\n", 1), "Line 1: “1” does not belong here."),
        (PLAIN.replace(b"3 2\n", b"3 2\n-4\n", 1), "Line 2: candidate 4 is said to have withdrawn, and there is none."),
        (PLAIN.replace(b"3 2\n", b"3 2\n-1 -1\n", 1), "Line 2: candidate 1 withdrew twice."),
        (PLAIN.replace(b"2 3 0\n", b"-3\n"), "Line 3: “-3” is neither a paper nor a name in straight double quotes."),
        (PLAIN.replace(b"3 2\n", b"3 2\n[tie 1 2]\n", 1), "Line 2: [tie …] must name each candidate once."),
        (PLAIN.replace(b"3 2\n", b"3 2\n[nick a a c]\n", 1), "Line 2: [nick …] must give each candidate a short name"),
        (PLAIN.replace(b"3 2\n", b"3 2\n[nick 2 1 3]\n", 1), "Line 2: [nick …] must give each candidate a short name"),
        (PLAIN.replace(b"3 2\n", b"3 2\n[tie 1 2\n", 1), "Line 2: an option must end with ] on the same line."),
        (PLAIN.replace(b"3 2\n", b"3 2\n[quota 5]\n", 1), "Line 2: the option “[quota 5]” is not known."),
        (PLAIN.replace(b'0\n"Amy', b'0\n1 2 0\n"Amy'), "Line 5: “1 2 0” stands after the end of the papers."),
        (PLAIN.replace(b"2 3 0\n", b"0\n"), "Line 4: “0” stands after the end of the papers."),
        (PLAIN.replace(b'"Cat Hill"\n"Night staff"\n', b""), "Line 7: the file ends after 2 names of 3 candidates."),
        (PLAIN.replace(b"Ben Roy", b" "), "Line 6: a candidate's name is missing."),
        (PLAIN.replace(b'"Ben Roy"', b'"Ben Roy'), "Line 6: a name must end with a quotation mark"),
        (PLAIN.replace(b'"Ben Roy"', b'"Ben Roy" "B"x'), "Line 6: a name must end with a quotation mark"),
        (PLAIN.replace(b'"Ben Roy"', b"Ben Roy"), "Line 6: “Ben Roy” is not a name in straight double quotes."),
        (PLAIN.replace(b"Ben Roy", b"B" * 501), "Line 6: this name is longer than 500 letters."),
        (PLAIN.replace(b"Ben Roy", b"B\x81\x8d"), "Line 6: a name has letters that cannot be read."),
        (PLAIN + b"#" * 1_000_001, "Line 5: names and title are longer than 1,000,000 bytes."),
    ],
)
def test_a_file_that_cannot_be_counted_is_refused_with_line_and_reason(data, told):
    with pytest.raises(blt.Unreadable) as refusal:
        blt.read(data)
    assert str(refusal.value).startswith(told)
    assert refusal.value.line == int(told.split(":")[0].removeprefix("Line "))


@pytest.mark.parametrize("end", range(1, len(PLAIN) - len('"Night staff"\n')))
def test_a_truncated_file_is_refused_wherever_it_was_cut(end):
    if PLAIN[:end].count(b'"') < 6:
        with pytest.raises(blt.Unreadable):
            blt.read(PLAIN[:end])


LETTERS = st.characters(exclude_characters="\n\r\0", exclude_categories=("Cs",))
NAMES = (st.text(LETTERS, min_size=1, max_size=20) | st.text('"\\# a', min_size=1, max_size=8)).filter(str.strip)


@st.composite
def elections(draw) -> blt.ElectionFile:
    many = draw(st.integers(1, 12))
    numbers = list(range(1, many + 1))
    rankings = st.lists(st.sampled_from(numbers), unique=True, max_size=many).map(bytes)
    contest = Contest(
        seats=draw(st.integers(1, many)),
        candidates=tuple(draw(st.lists(NAMES, min_size=many, max_size=many))),
        withdrawn=tuple(sorted(draw(st.sets(st.sampled_from(numbers))))),
        title=draw(st.text(LETTERS, max_size=20)),
    )
    papers = draw(st.dictionaries(rankings, st.integers(1, 400) | st.integers(1, blt.MOST_ALIKE), max_size=12))
    return blt.ElectionFile(contest, papers, draw(st.none() | st.permutations(numbers).map(tuple)))


@given(elections())
def test_what_is_written_is_read_as_it_was(election):
    assert blt.read(blt.write(election.contest, election.papers, election.lot or ())) == election


@given(elections(), st.randoms())
def test_the_order_of_the_papers_never_shows_in_a_file(election, chance):
    papers = list(election.papers.items())
    chance.shuffle(papers)
    written = blt.write(election.contest, dict(papers))
    assert written == blt.write(election.contest, election.papers)
    again = blt.read(written)
    assert blt.write(again.contest, again.papers) == written


@given(elections())
def test_many_lines_at_a_time_are_read_as_one_by_one(election):
    """The quick way and the way line by line, which a comment brings about, give the same papers."""
    plain = blt.write(election.contest, election.papers)
    commented = plain.replace(b" 0\n", b" 0 #\n")
    assert blt.read(plain).papers == blt.read(commented).papers


@given(st.binary(max_size=60) | st.text('0123 -=\n"[(#ab', max_size=60).map(str.encode))
def test_whatever_the_bytes_they_are_read_or_refused_with_a_line(data):
    for sample in (data, PLAIN.replace(b"2 3 0\n", data), PLAIN + data, b"3 2\n" + data):
        try:
            found = blt.read(sample)
        except blt.Unreadable as refusal:
            lines = sample.count(b"\n") + sample.count(b"\r") + 1
            if not 1 <= refusal.line <= lines:
                pytest.fail(f"there is no line {refusal.line} in {sample!r}")
        else:
            assert blt.read(blt.write(found.contest, found.papers)).papers == found.papers


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        ("", {}),
        (" ", {}),
        ("a\nb", {}),
        ("\ud800", {}),
        ("x" * 501, {}),
        ("Amy", {b"\2": 1}),
        ("Amy", {b"\1\1": 1}),
        ("Amy", {b"\1": 0}),
        ("Amy", {b"\1": 10**9}),
        ("Amy", {b"\0": 1}),
    ],
)
def test_nothing_is_written_that_would_not_be_read(name, papers):
    with pytest.raises(Cannot):
        blt.write(Contest(1, (name,)), papers)


def test_more_seats_than_candidates_are_not_written():
    with pytest.raises(Cannot):
        blt.write(Contest(2, ("Amy",)), {})


HURTFUL = {
    "one long number": b"1" * 2_000_000,
    "one long line": b"3 2\n1 " + b"1 " * 1_000_000,
    "brackets": b"3 2\n" + b"(" * 2_000_000,
    "quotes in comments": b"3 2\n" + b'# "\n' * 50_000,
    "blank lines": b"3 2\n" + b"\n" * 200_000,
    "quotes in a name": b'3 2\n0\n"' + b'"' * 900_000,
    "backslashes in a name": b'3 2\n0\n"' + b'\\"' * 400_000,
    "signs of comments in a name": b'3 2\n0\n"' + b'" #' * 300_000 + b'x\n"',
    "withdrawn": b"255 1\n" + b"-1 " * 3000,
    "a huge number among plain ones": b"3 2\n" + b"1 1 0\n" * 1000 + b"9" * 9000 + b" 0\n" + b"1 1 0\n" * 50_000,
}


@pytest.mark.parametrize("kind", HURTFUL)
def test_no_file_takes_long_or_much_memory(kind):
    """Each would take hours, or gigabytes, if work or memory grew with the square of its size."""
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(blt.Unreadable):
        blt.read(HURTFUL[kind])
    took, (_, most) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 20
    assert most < 20 * len(HURTFUL[kind]) + 2_000_000


def test_a_file_that_is_too_large_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(blt, "LARGEST", 50)
    with pytest.raises(blt.Unreadable, match="larger than"):
        blt.read(PLAIN)


def test_every_reference_file_is_read_or_refused_for_equal_rankings(reference_data):
    read, refused = 0, []
    for path in sorted((reference_data / "counting").rglob("*.blt")):
        try:
            found = blt.read(path.read_bytes())
        except blt.Unreadable as refusal:
            refused.append((path.name, refusal.line, "equal" in str(refusal)))
            continue
        read += 1
        assert blt.read(blt.write(found.contest, found.papers, found.lot or ())) == blt.ElectionFile(
            found.contest, found.papers, found.lot
        )
    assert refused == [("eq1.blt", 4, True), ("eq2.blt", 3, True)]
    assert read == 40


def test_all_weights_and_sizes_of_pieces_give_the_same_papers(monkeypatch):
    lines = [
        f"{weight} {first} {second} 0" for weight in (1, 2, 255, 256, 70_000) for first, second in ((1, 2), (3, 1))
    ]
    whole = blt.read(with_papers(*lines)).papers
    assert whole == {bytes([1, 2]): 70_514, bytes([3, 1]): 70_514}
    for size in (1, 7, 30, 1000):
        monkeypatch.setattr(paper_lines, "_PIECE", size)
        assert blt.read(with_papers(*lines)).papers == whole
