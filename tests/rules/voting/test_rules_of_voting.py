"""docs/rules-of-voting.md is what the tests of the rules say, and nothing else."""

import shutil

import pytest

from tests.rules_of_voting import CHAPTERS, PAGE, RULES, OutOfStep, check, heading_of, main, page, sentence


@pytest.fixture
def rules(tmp_path):
    """A copy of the tests of the rules, that can be changed."""
    return shutil.copytree(RULES, tmp_path / "rules", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def written(rules, tmp_path):
    """The page that belongs to the copy."""
    path = tmp_path / "page.md"
    path.write_text(page(rules))
    return path


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_page_is_up_to_date():
    check()


def test_the_page_is_the_same_each_time(rules):
    assert page(rules) == page(rules)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("30 Yes and 30 No are not more than half.", "30 Yes and 30 No are enough."),
        ("def test_a_tie_falls(", "def test_a_tie_is_carried("),
        ("one question, and a majority that is written", "one question, and a majority that is not written"),
        ("def test_a_tie_falls(", "def a_tie_falls("),
    ],
)
def test_the_check_fails_when_a_test_says_something_else(rules, written, old, new):
    """An explanation, a name, an introduction, or a clause that is gone."""
    check(rules, written)
    change(rules / "test_yes_no.py", old, new)
    with pytest.raises(OutOfStep, match=r"^page\.md is out of date from line \d+: run `make docs` and commit it\."):
        check(rules, written)


def test_the_check_fails_when_the_page_was_edited_or_is_not_there(rules, written):
    change(written, "**7.1 A tie falls.**", "**7.1 A tie is carried.**")
    with pytest.raises(OutOfStep, match=r"The tests say: \*\*7\.1 A tie falls\.\*\*"):
        check(rules, written)
    written.unlink()
    with pytest.raises(OutOfStep, match="out of date from line 1"):
        check(rules, written)


def test_the_check_fails_when_something_stands_after_the_end(rules, written):
    written.write_text(written.read_text() + "\nAnd one more.\n")
    with pytest.raises(OutOfStep, match=r"The tests say: \(nothing more\)"):
        check(rules, written)


def test_the_command_says_so_and_fails_until_the_page_is_written_again(capsys, rules, written):
    assert main(["--check"], rules, written) == 0
    change(rules / "test_yes_no.py", "30 Yes and 30 No", "Thirty each")
    assert main(["--check"], rules, written) == 1
    assert "run `make docs`" in capsys.readouterr().err
    assert main([], rules, written) == 0
    assert main(["--check"], rules, written) == 0


def test_a_file_of_tests_in_no_chapter_is_named(rules):
    (rules / "count" / "test_borda.py").write_text('"""Borda: never."""\n')
    with pytest.raises(OutOfStep, match=r"count/test_borda\.py is in no chapter"):
        page(rules)


def test_a_chapter_without_a_file_is_named(rules):
    (rules / CHAPTERS[0]).unlink()
    with pytest.raises(OutOfStep, match="has no file"):
        page(rules)


def test_every_clause_of_every_chapter_is_on_the_page():
    text = PAGE.read_text()
    for number, name in enumerate(CHAPTERS, 1):
        tests = (RULES / name).read_text().count("\ndef test_")
        assert tests > 0
        assert f"**{number}.{tests} " in text
        assert f"**{number}.{tests + 1} " not in text


def test_what_is_left_out_is_said():
    assert "ERS97" in PAGE.read_text()
    assert "NHS Model Election Rules" in PAGE.read_text()


def test_names_become_sentences():
    assert sentence("test_a_tie_falls") == "A tie falls."
    assert sentence("test_scottish_stv_with_re_open_nominations") == "Scottish STV with Re-open nominations."


def test_a_docstring_begins_with_its_heading():
    assert heading_of("Approval: any choice.\n\nMore\nof it.") == ("Approval", ["Any choice.", "More of it."])
    assert heading_of("Approval.\n\nMore of it.") == ("Approval", ["More of it."])
    assert heading_of("Approval") == ("Approval", [])
