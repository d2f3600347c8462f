"""`pilot notices` as the scrutineer runs it: over files on their own computer."""

import pytest
from msgspec.structs import replace

from pilot.__main__ import main
from pilot.secrecy import canonical, lists, watching
from pilot.secrecy import manifest as manifests
from pilot.voting import notices
from tests.rules.voting.test_notices import Held


@pytest.fixture
def files(tmp_path):
    """The four files of a closed vote."""
    held = Held()
    text = manifests.to_bytes(held.manifest)
    held.digest = manifests.digest(text)
    held.close(m=held.digest)
    for name, content in (
        ("voters.csv", notices.write_list(held.people())),
        ("log.jsonl", held.log),
        ("manifest.json", text),
        ("checkpoints.txt", held.signed()),
    ):
        (tmp_path / name).write_bytes(content)
    return tmp_path, held


def told(folder, *more):
    named = [("voters", "voters.csv"), ("log", "log.jsonl"), ("manifest", "manifest.json")]
    args = [part for name, file in named for part in (f"--{name}", str(folder / file))]
    return main(
        ["notices", *args, "--checkpoint", str(folder / "checkpoints.txt"), "--out", str(folder / "out"), *more]
    )


def test_the_files_are_written_for_their_owner_alone(files, capsys):
    folder, held = files
    assert told(folder, "--number", held.digest, "--tell", "Ada on 0113 496 0000") == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["letters-1.html", "notices.csv"]
    assert {path.stat().st_mode & 0o777 for path in (folder / "out").iterdir()} == {0o600}
    said = capsys.readouterr().out
    assert "20 people. one vote: 2, none: 17, voted on paper: 1." in said
    assert f"The number of the vote (compared): {held.digest}" in said
    close = next(leaf for leaf in map(canonical.read, held.log.splitlines()) if leaf["type"] == "close")
    assert f"The number of the list of sealed votes: {lists.number(close['sha256'])}\n" in said
    assert "Tell Ada on 0113 496 0000 today." in (folder / "out" / "letters-1.html").read_text()
    assert told(folder) == 0, "a second run takes the place of the first"
    assert "not compared: give --number" in capsys.readouterr().out


def test_the_log_is_compared_with_the_one_that_was_watched(files, capsys):
    folder, held = files
    seen = watching.begin((folder / "manifest.json").read_bytes())
    (folder / "watched.json").write_bytes(watching.to_bytes(seen))
    assert told(folder, "--watched", str(folder / "watched.json")) == 0
    assert "goes on from" not in capsys.readouterr().out, "nothing was seen"
    text = held.signed().decode()
    (folder / "watched.json").write_bytes(watching.to_bytes(replace(seen, text=text)))
    assert told(folder, "--watched", str(folder / "watched.json")) == 0
    assert "The log goes on from the one that pilot watch followed." in capsys.readouterr().out
    other = Held()
    other.digest = held.digest
    forked = other.signed(size=3).decode()
    (folder / "watched.json").write_bytes(watching.to_bytes(replace(seen, text=forked)))
    assert told(folder, "--watched", str(folder / "watched.json")) == 1
    assert "The log is not the one that was signed: its first 3 lines are other ones." in capsys.readouterr().err


def test_nothing_is_written_where_anything_does_not_fit(files, capsys):
    folder, _ = files
    assert told(folder, "--number", "00" * 32) == 1
    assert "This is another vote" in capsys.readouterr().err
    (folder / "voters.csv").write_bytes((folder / "voters.csv").read_bytes().rsplit(b"\r\n", 2)[0])
    assert told(folder) == 1
    assert "The list has 19 people, and 20 people could vote. No file was written." in capsys.readouterr().err
    (folder / "log.jsonl").unlink()
    assert told(folder) == 2
    assert "log.jsonl cannot be read or written" in capsys.readouterr().err
    assert not (folder / "out").exists()
