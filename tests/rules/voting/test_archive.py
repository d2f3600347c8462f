"""A record's zip file: always the same bytes, and no harm from a hostile one."""

import io
import warnings
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.secrecy.packing import pack
from pilot.voting.record import archive
from pilot.voting.record.archive import Unreadable, unpack

FILES = {"manifest.json": b"{}", "papers.jsonl": b"one\ntwo\n"}


def hostile(*entries, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that stands twice
        with zipfile.ZipFile(out, "w", compression) as made:
            for name, content in entries:
                made.writestr(name, content)
    return out.getvalue()


def test_the_same_files_make_the_same_bytes_in_any_order():
    assert pack(FILES) == pack(dict(reversed(FILES.items())))


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9]{0,9}\.txt", fullmatch=True), st.binary(), max_size=5))
def test_what_is_packed_comes_out(files):
    assert unpack(pack(files)).files == files


@pytest.mark.parametrize("name", ["../papers.jsonl", "/etc/passwd", "a/b.txt", "..", "C:x", "a\\b", ".hidden"])
def test_a_name_that_leads_out_of_the_record_is_refused(name):
    made = unpack(hostile((name, b"x"), ("good.txt", b"y")))
    assert made.files == {"good.txt": b"y"}
    assert list(made.refused.values()) == ["its name leads out of the record"]


def test_a_file_that_is_there_twice_is_refused():
    made = unpack(hostile(("a.txt", b"x"), ("a.txt", b"y")))
    assert made.files == {}
    assert made.refused == {"a.txt": "it is in the record twice"}


def test_a_zip_bomb_is_not_opened(monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_FILE", 1000)
    made = unpack(hostile(("bomb.txt", bytes(100_000))))
    assert made.refused == {"bomb.txt": "it is far too large"}


def test_many_files_together_are_a_bomb_too(monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_RECORD", 1500)
    made = unpack(hostile(*((f"{i}.txt", bytes(1000)) for i in range(3))))
    assert list(made.files) == ["0.txt"]


def test_a_file_that_lies_about_its_size_is_damaged():
    data = hostile(("a.txt", bytes(1000)))
    lying = data.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert "damaged" in unpack(lying).refused["a.txt"]


@pytest.mark.parametrize("data", [b"", b"not a zip", pack(FILES)[:-30]])
def test_what_is_no_zip_file_is_said_to_be_none(data):
    with pytest.raises(Unreadable):
        unpack(data)


def test_a_flipped_byte_of_content_names_its_file():
    data = bytearray(pack(FILES))
    data[data.index(b"one\ntwo")] ^= 1
    assert unpack(bytes(data)).refused.keys() == {"papers.jsonl"}


def test_no_flipped_byte_brings_the_reader_down():
    data = pack(FILES)
    for i in range(len(data)):
        flipped = bytearray(data)
        flipped[i] ^= 0x41
        try:
            made = unpack(bytes(flipped))
        except Unreadable:
            continue
        if not made.refused and made.files != FILES:
            assert set(made.files) != set(FILES)
