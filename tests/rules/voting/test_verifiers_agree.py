"""`pilot verify` and the program inside a record say the same of every record: clean, damaged or forged."""

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.secrecy import canonical, papers, seal
from pilot.secrecy.packing import pack
from pilot.secrecy.record import paper_lines
from tests.builders.records import Files, Story, said_by_command, said_by_program, signed_by, stamped
from tests.builders.resigned import signed_by_all

NAMED = re.compile(r"[\w-]+\.(?:jsonl?|txt|blt|py|sig)|SHA256SUMS")

MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


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

    def by_all(self, name: str, altered: bytes) -> bytes:
        """With one file altered, and all that rests on it made and signed anew by whoever signs it."""
        return signed_by_all(self.story, name, altered, self.files)


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


READ = {
    "manifest.json",
    "signatures.json",
    "log.jsonl",
    "checkpoints.txt",
    "peels.json",
    "papers.jsonl",
    "trackers.txt",
}
READ |= {"count.json", "declaration.json", "SHA256SUMS", "SHA256SUMS.sig", *(f"stage-{i}.txt" for i in range(4))}
"""The files that say something to a verifier; of the others only the bytes are compared with SHA256SUMS."""


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("size", ["large", "small"])
def test_both_say_the_same_of_a_file_that_is_damaged_and_signed_anew(request, tmp_path, size, damage):
    told = request.getfixturevalue(size)
    for name in READ & told.files.keys():
        altered = told.files | {name: DAMAGES[damage](told.files[name])}
        if altered != told.files:
            agree(tmp_path, told.signed(altered))


def test_both_refuse_every_file_that_is_not_the_one_that_was_signed(large, tmp_path):
    for name, content in large.files.items():
        for damage in ("emptied", "longer by a line feed"):
            assert agree(tmp_path, pack(large.files | {name: DAMAGES[damage](content)})) == 1, name


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


KEYS = ["type", "title", "action", "sentence", "version", "m", "x", "\n", "\x1b[2J"]
SIGNS = ["\n", "\r", "\0", "\x1b[2J", "\x7f", "\x85", " ", "\xa0", "\u2028", "\u202e", "\ufffd", "=", "0", "Ż", "𝔸"]


def added(draw, value: Any, path: tuple) -> Any:
    """A value with a part that it should not have, or with a sign more in a text, at this place."""
    if path:
        copy = value.copy()
        copy[path[0]] = added(draw, value[path[0]], path[1:])
        return copy
    sign = draw(st.sampled_from(SIGNS))
    if isinstance(value, dict):
        return {draw(st.sampled_from(KEYS)): draw(st.sampled_from([0, 1, True, "", sign, [], {}])), **value}
    if isinstance(value, list):
        return [*value, draw(st.sampled_from([*value[:1], 0, sign, [], {}]))]
    at = draw(st.sampled_from([0, len(value) // 2, len(value)])) if isinstance(value, str) else 0
    return f"{value[:at]}{sign}{value[at:]}" if isinstance(value, str) else [value]


def with_more(draw, name: str, content: bytes) -> bytes:
    """A file of the record with something added at any place: inside its values where it has any, or between bytes."""
    if not name.endswith((".json", ".jsonl")) or draw(st.integers(0, 4)) == 0:
        ends = [at for at in range(len(content) + 1) if at == len(content) or content[at] == 10]
        at = draw(st.sampled_from(ends) | st.integers(0, len(content)))
        return content[:at] + draw(st.sampled_from([b"\xff", *(sign.encode() for sign in SIGNS)])) + content[at:]
    rows = content.split(b"\n")
    at = draw(st.integers(0, max(0, len(rows) - 2)))
    value = canonical.read(rows[at])
    rows[at] = canonical.to_bytes(added(draw, value, draw(st.sampled_from(list(places(value))))))
    return b"\n".join(rows)


@settings(MANY, max_examples=60)
@given(data=st.data())
def test_both_say_the_same_wherever_something_is_added_and_everybody_signs_it_anew(large, small, tmp_path, data):
    told = data.draw(st.sampled_from([large, small]))
    name = data.draw(st.sampled_from(sorted(READ & told.files.keys())))
    try:
        altered = with_more(data.draw, name, told.files[name])
    except BadInput:  # what the record cannot even write
        return
    agree(tmp_path, told.by_all(name, altered))


def respelt(text: str) -> str:
    """The same bytes in base64, with a stray bit at the end of the text."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=\n")
    return body[:-1] + letters[letters.index(body[-1]) ^ 1] + text[len(body) :]


def in_value(name: str, change: Callable[[Any], object], line: bytes = b"") -> Callable[[Files], tuple[str, bytes]]:
    """Changes the value of a file, or of its first line that holds these bytes."""

    def alter(files: Files) -> tuple[str, bytes]:
        rows = files[name].split(b"\n")
        at = next(at for at, row in enumerate(rows) if line in row)
        value = canonical.read(rows[at])
        change(value)
        rows[at] = canonical.to_bytes(value)
        return name, b"\n".join(rows)

    return alter


def in_bytes(name: str, change: Callable[[bytes], bytes]) -> Callable[[Files], tuple[str, bytes]]:
    return lambda files: (name, change(files[name]))


def first_note(change: Callable[[bytes], bytes]) -> Callable[[Files], tuple[str, bytes]]:
    """Changes the first signature line of checkpoints.txt."""

    def alter(content: bytes) -> bytes:
        rows = content.split(b"\n")
        return b"\n".join([*rows[:4], change(rows[4]), *rows[5:]])

    return in_bytes("checkpoints.txt", alter)


def spelt(value: dict, change: Callable[[str], str]) -> None:
    value["signature"] = change(value["signature"])


BOTH_REFUSE = {
    "an opening with a type": in_value("peels.json", lambda d: d[0].update(type="peel")),
    "an opening with a number as type": in_value("peels.json", lambda d: d[2].update(type=0)),
    "a promise signed in other letters": in_value("signatures.json", lambda d: spelt(d["trustees"][0], respelt)),
    "an opening signed in other letters": in_value("peels.json", lambda d: spelt(d[1], respelt)),
    "a vote on paper signed in other letters": in_value(
        "log.jsonl", lambda d: spelt(d["signatures"][1], respelt), b'"cancel"'
    ),
    "a list of files signed in other letters": in_bytes("SHA256SUMS.sig", lambda text: respelt(text.decode()).encode()),
    "a list of files signed with two line feeds": in_bytes("SHA256SUMS.sig", lambda text: text + b"\n"),
    "a checkpoint signed in other letters": first_note(lambda row: respelt(row.decode()).encode()),
    "a return at the end of a checkpoint": first_note(lambda row: row + b"\r"),
    "words after a return in a checkpoint": first_note(lambda row: row + b"\rjunk"),
    "a second note after a return": first_note(lambda row: row + b"\r\xe2\x80\x94 x y"),
    "a share as a decimal": in_value("manifest.json", lambda d: d["rule"].update(threshold="0.5")),
    "a share in percent": in_value("manifest.json", lambda d: d["rule"].update(turnout_quorum="40%")),
    "a share with a line feed": in_value("manifest.json", lambda d: d["rule"].update(threshold="1/2\n")),
    "a share of other digits": in_value("manifest.json", lambda d: d["rule"].update(threshold="１/２")),
    "a share below the line nothing": in_value("manifest.json", lambda d: d["rule"].update(threshold="1/0")),
    "a share of a million digits": in_value("manifest.json", lambda d: d["rule"].update(threshold="1e2000000")),
    "a share of more digits than there are": in_value(
        "manifest.json", lambda d: d["rule"].update(approval_quorum="1e-9999999999")
    ),
}


@pytest.mark.parametrize("name", BOTH_REFUSE)
def test_both_refuse_what_one_of_them_once_passed_or_never_ended_with(large, tmp_path, name):
    file, altered = BOTH_REFUSE[name](large.files)
    assert altered != large.files[file]
    assert agree(tmp_path, large.by_all(file, altered)) == 1
    wrong = [
        line for line in said_by_command(tmp_path, large.by_all(file, altered))[1].splitlines() if "FAILED" in line
    ]
    assert all(f"[{file}" in line or "SHA256SUMS.sig" in line for line in wrong[:1]), wrong


NO_HASHES = {"a sign": ("\ufffd", b"\xff"), "many": ("\ufffd" * 64, b"\x80" * 64), "zz": ("zz", b"zz"), "": ("", b"")}


@pytest.mark.parametrize(("written", "listed"), NO_HASHES.values(), ids=NO_HASHES)
def test_both_refuse_a_list_whose_lines_are_no_hashes_though_the_log_has_them(small, tmp_path, written, listed):
    stage = small.files["stage-0.txt"].splitlines()
    log = small.files["log.jsonl"].replace(b'"%s"' % stage[0], canonical.to_bytes(written))
    whole = small.files | {"log.jsonl": log}
    list_ = b"".join(sorted(line + b"\n" for line in [listed, *stage[1:]]))
    assert agree(tmp_path, signed_by_all(small.story, "stage-0.txt", list_, whole)) == 1


def test_both_pass_a_record_with_shares_as_a_manifest_has_them(small, tmp_path):
    name, altered = in_value("manifest.json", lambda d: d["rule"].update(turnout_quorum="1/999999999"))(small.files)
    assert agree(tmp_path, small.by_all(name, altered)) == 0


def test_both_say_the_same_of_papers_in_which_lists_are_nested(tmp_path):
    """Sixty-four inside one another can be read, so what is wrong is the answer; more are not the one form."""
    story = Story(60, padded=20_000).votes(["yes"] * 5)
    depths = (1, 63, 64, 65, 300, 480, 900, 3000)
    for place, depth in enumerate(depths, start=10):
        content = '{"a":' + "[" * depth + "]" * depth + ',"m":"' + story.digest + '"}'
        filled = bytes([place]) * 32 + content.encode()
        story.stamp(place)
        story.cast(place, seal.pack(filled, stamped(filled), story.manifest.padded))
    files = story.record()
    assert files["papers.jsonl"].count(b"the answers do not fit the questions") == 2
    assert files["papers.jsonl"].count(b"not written in the one form") == len(depths) - 2
    assert agree(tmp_path, pack(files)) == 0


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


def test_both_refuse_a_key_under_which_anybody_could_sign(large, tmp_path):
    """A third teller has the neutral point for a key; everything else is made and signed anew around it."""
    manifest = canonical.read(large.files["manifest.json"])
    anybody = base64.b64encode(bytes([1]) + bytes(31)).decode()
    manifest["tellers"].append({"name": "Eve", "side": "scrutineer", "sign_key": anybody})
    assert agree(tmp_path, large.by_all("manifest.json", canonical.to_bytes(manifest))) == 1
