"""`pilot verify` and the program inside a record say the same of every record: clean, damaged or forged."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilot.secrecy import canonical, papers
from pilot.secrecy.record import paper_lines
from pilot.voting.record.archive import pack
from tests.builders.records import Files, Story, said_by_command, said_by_program, signed_by

NAMED = re.compile(r"[\w-]+\.(?:jsonl?|txt|blt|py|sig)|SHA256SUMS")

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def agree(folder, data: bytes, *args: str) -> int:
    """That both come to the same end, and that a file which the small one names is named by ours; the exit."""
    ours, said = said_by_command(folder, data, *args)
    theirs, told = said_by_program(folder, data, *args)
    assert ours == theirs, f"{said}\n{told}"
    named = NAMED.findall(told.split("FAILED")[1]) if ours == 1 else []
    failures = "".join(line for line in said.splitlines() if line.startswith("FAILED"))
    assert not named or any(name in failures for name in named), f"{failures}\n{told}"
    return ours


class Told:
    """A record with everything in it, and the key that can sign its list of files anew."""

    def __init__(self, voters: int, custody: tuple[str, ...]) -> None:
        story = Story(voters, custody).votes(["yes"] * 5 + ["no"] * 4 + ["abstain", "maybe"])
        story.stamp(2)
        story.cast(2, bytes(story.manifest.padded))
        story.stamp(15)
        story.cast(15, story.last[0][1])
        story.leaf("suspend", reason="The network was down.")
        story.leaf("resume", closes="2027-03-18T17:00:00Z", reason="It is back.")
        story.cancel(8)
        story.paper(8, "no")
        self.files = story.record(after_close=lambda s: s.leaf("notices", count=voters))
        self.story = story

    def signed(self, files: Files) -> bytes:
        return pack(signed_by(self.story.log_key, files))


@pytest.fixture(scope="module")
def large() -> Told:
    return Told(60, ("own", "server", "own"))


@pytest.fixture(scope="module")
def small() -> Told:
    return Told(25, ("server", "server", "server"))


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Every place in a value of JSON."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield from places(one, (*path, key))


def other(value: Any, chosen: int) -> Any:
    """Another value of the same kind, or of another one."""
    if isinstance(value, bool):
        return [not value, int(value), "yes"][chosen % 3]
    if isinstance(value, int):
        return [value + 1, value - 1, -value, str(value), value > 0, 2**53 - 1][chosen % 6]
    if isinstance(value, str):
        flipped = value[:-1] + ("0" if value[-1:] != "0" else "1")
        return [flipped, value.upper(), value + " ", "", 0, value.lower(), f"{value}="][chosen % 7]
    if isinstance(value, list):
        return [value[1:], value[:-1], value * 2, value[::-1], {}, [*value, 0]][chosen % 6]
    return [{}, value | {"more": 1}, dict(list(value.items())[1:]), [], {**value, "é": 1}][chosen % 5]


def changed(value: Any, path: tuple, chosen: int) -> Any:
    if not path:
        return other(value, chosen)
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], chosen)
    return copy


def test_both_pass_what_is_clean(large, small, tmp_path):
    for told in (large, small):
        data = pack(told.files)
        number = told.story.digest
        assert agree(tmp_path, data) == 0
        for option in ("--number", "--manifest-hash"):
            assert agree(tmp_path, data, option, number) == 0
            assert agree(tmp_path, data, option, number[1:] + "0") == 1


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda data: b"",
    "cut off": lambda data: data[:-1],
    "longer by a line feed": lambda data: data + b"\n",
    "a byte-order mark": lambda data: b"\xef\xbb\xbf" + data,
    "other line ends": lambda data: data.replace(b"\n", b"\r\n"),
    "its first line twice": lambda data: b"".join(data.splitlines(True)[:1]) + data,
    "without its first line": lambda data: b"".join(data.splitlines(True)[1:]),
    "without its last line": lambda data: b"".join(data.splitlines(True)[:-1]),
    "upside down": lambda data: b"".join(reversed(data.splitlines(True))),
    "in other letters": lambda data: data.upper(),
    "spaces": lambda data: data.replace(b":", b": "),
    "not of this world": lambda data: b"\xff\xfe" + data,
    "nothing but a null": lambda data: b"null",
    "nested": lambda data: b"[" * 5000 + b"]" * 5000,
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("size", ["large", "small"])
def test_both_say_the_same_of_a_file_that_is_damaged_missing_or_added(request, tmp_path, size, damage):
    told = request.getfixturevalue(size)
    for name, content in told.files.items():
        altered = told.files | {name: DAMAGES[damage](content)}
        if altered == told.files:
            continue
        assert agree(tmp_path, pack(altered)) == 1, name
        agree(tmp_path, told.signed(altered))


@pytest.mark.parametrize("size", ["large", "small"])
def test_both_say_the_same_of_a_missing_or_a_foreign_file(request, tmp_path, size):
    told = request.getfixturevalue(size)
    for name in told.files:
        rest = {other: content for other, content in told.files.items() if other != name}
        assert agree(tmp_path, pack(rest)) == 1, name
        if not name.startswith("SHA256SUMS"):
            assert agree(tmp_path, told.signed(rest)) == 1, name
    for name in ("more.txt", "stage-9.txt", "ballots.blt", "papers.jsonl", "papers.json", "../papers.jsonl", "/etc/x"):
        if name not in told.files:
            assert agree(tmp_path, pack(told.files | {name: b"x\n"})) == 1, name
            assert agree(tmp_path, told.signed(told.files | {name: b"x\n"})) == 1, name


@MANY
@given(data=st.data())
def test_both_say_the_same_wherever_a_byte_of_the_zip_file_is_altered(large, tmp_path, data):
    whole = bytearray(pack(large.files))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    agree(tmp_path, bytes(whole))


@MANY
@given(data=st.data())
def test_both_say_the_same_wherever_a_byte_of_a_file_is_altered_and_signed_anew(large, small, tmp_path, data):
    told = data.draw(st.sampled_from([large, small]))
    name = data.draw(st.sampled_from(sorted(told.files)))
    content = bytearray(told.files[name])
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    altered = told.files | {name: bytes(content)}
    agree(tmp_path, pack(altered) if name.startswith("SHA256SUMS") else told.signed(altered))


@MANY
@given(data=st.data())
def test_both_say_the_same_of_every_figure_that_is_altered_and_signed_anew(large, small, tmp_path, data):
    told = data.draw(st.sampled_from([large, small]))
    names = ["count.json", "declaration.json", "signatures.json", "peels.json", "manifest.json"]
    name = data.draw(st.sampled_from(names))
    value = canonical.read(told.files[name])
    path = data.draw(st.sampled_from(list(places(value))))
    text = data.draw(st.integers(0, 41))
    forged = changed(value, path, text)
    try:
        altered = told.files | {name: canonical.to_bytes(forged)}
    except Exception:  # noqa: BLE001 -- what the record cannot even write
        return
    agree(tmp_path, told.signed(altered))


@MANY
@given(data=st.data())
def test_both_say_the_same_of_every_line_that_is_altered_and_signed_anew(large, tmp_path, data):
    name = data.draw(st.sampled_from(["log.jsonl", "papers.jsonl"]))
    lines = large.files[name].splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    value = canonical.read(lines[at])
    forged = changed(value, data.draw(st.sampled_from(list(places(value)))), data.draw(st.integers(0, 41)))
    try:
        lines[at] = canonical.to_bytes(forged)
    except Exception:  # noqa: BLE001 -- what the record cannot even write
        return
    files = large.files | {name: b"".join(line + b"\n" for line in lines)}
    if name == "log.jsonl":  # and the website signs the log that it made
        story, was = large.story, large.story.log
        story.log = lines
        files["checkpoints.txt"] = story.checkpoints(range(len(lines) - 5, len(lines) + 1))
        story.log = was
    agree(tmp_path, large.signed(files))


@pytest.mark.parametrize("given_", ["whole", "cut", "other", "missing"])
def test_both_say_the_same_of_papers_from_a_scrutineer(small, large, tmp_path, given_):
    cast = {inner for place, (_, inner) in small.story.last.items() if place not in small.story.cancelled}
    cast |= {inner for _, inner in small.story.papers.values()}
    inners = sorted(cast)
    lines = paper_lines(papers.judge_all(inners, small.story.manifest, small.story.digest))
    path = tmp_path / "papers.jsonl"
    if given_ != "missing":
        held = {"whole": lines, "cut": lines[1:], "other": large.files["papers.jsonl"].splitlines()}[given_]
        path.write_bytes(b"".join(line + b"\n" for line in held))
    wanted = {"whole": 0, "cut": 1, "other": 1, "missing": 2}[given_]
    assert agree(tmp_path, pack(small.files), "--papers", str(path)) == wanted
    if given_ != "missing":  # a record that has its own papers is checked by them
        assert agree(tmp_path, pack(large.files), "--papers", str(path)) == 0
