"""Make docs/rules-of-voting.md from the tests of the rules, or check that it is what they say.

    python -m tests.rules_of_voting            writes the page (make docs)
    python -m tests.rules_of_voting --check    fails with a sentence when the page is out of date (make check)

A module's docstring is the heading and the introduction of a chapter, a test's name is a clause, and its docstring the
explanation.
"""

import ast
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parent.parent
RULES = ROOT / "tests" / "rules" / "voting"
PAGE = ROOT / "docs" / "rules-of-voting.md"

CHAPTERS = (
    "count/test_scottish_stv.py",
    "count/test_alternative_vote.py",
    "count/test_first_past_the_post.py",
    "count/test_block_plurality.py",
    "count/test_approval.py",
    "count/test_meek.py",
    "test_yes_no.py",
    "count/test_ties.py",
    "count/test_lot.py",
    "count/test_reopen.py",
    "count/test_reserved.py",
    "count/test_vacancy.py",
    "count/test_rules.py",
    "count/test_laws.py",
    "count/test_official_sheets.py",
)
"""The tests that are rules, in the order of the page."""

NO_RULES = ("count/test_blt.py", "count/test_sheet.py", "count/test_compare.py")
"""Tests of files and of how counts are shown: they have pages of their own."""

PROPER = {
    "hill wichmann and woodall": "Hill, Wichmann and Woodall",
    "re open nominations": "Re-open nominations",
    "reopen nominations": "Re-open nominations",
    "scottish": "Scottish",
    "meek": "Meek",
    "stv": "STV",
}
"""What is written otherwise than in the name of a test."""


class OutOfStep(Exception):  # noqa: N818 -- a sentence for a person
    """The page cannot be made, or is not what the tests say."""


def page(rules: Path = RULES) -> str:
    """The whole page. Raises OutOfStep when a file of tests is in no chapter, or a chapter has no file."""
    found = {str(path.relative_to(rules)) for path in [*rules.glob("count/test_*.py"), rules / "test_yes_no.py"]}
    if strange := sorted(found - {*CHAPTERS, *NO_RULES}):
        raise OutOfStep(f"{strange[0]} is in no chapter: name it in CHAPTERS or NO_RULES of tests/rules_of_voting.py.")
    parts = [(Path(__file__).parent / "rules_of_voting.md").read_text().rstrip()]
    for number, name in enumerate(CHAPTERS, 1):
        if not (rules / name).is_file():
            raise OutOfStep(f"The chapter {name} has no file: take it out of CHAPTERS of tests/rules_of_voting.py.")
        parts.append("\n\n".join(chapter(number, rules / name)))
    return "\n\n".join(parts) + "\n"


def chapter(number: int, path: Path) -> Iterator[str]:
    """The paragraphs of one chapter."""
    module = ast.parse(path.read_text(), filename=str(path))
    told = ast.get_docstring(module)
    if not told:
        raise OutOfStep(f"{path.name} has no docstring to begin its chapter with.")
    heading, introduction = heading_of(told)
    yield f"## {number}. {heading}"
    yield from introduction
    tests = [item for item in module.body if isinstance(item, ast.FunctionDef) and item.name.startswith("test_")]
    for clause, test in enumerate(tests, 1):
        explained = " ".join(paragraphs(ast.get_docstring(test) or ""))
        yield f"**{number}.{clause} {sentence(test.name)}** {explained}".rstrip()


def heading_of(told: str) -> tuple[str, list[str]]:
    """What stands before the first colon or full stop of a docstring, and the paragraphs of the rest."""
    end = min(at for at in (told.find(":"), told.find("."), len(told)) if at >= 0)
    rest = told[end + 1 :].strip()
    return told[:end].strip(), paragraphs(rest[:1].upper() + rest[1:])


def paragraphs(text: str) -> list[str]:
    """Each paragraph on one line."""
    return [" ".join(part.split()) for part in dedent(text).split("\n\n") if part.strip()]


def sentence(name: str) -> str:
    """The clause that the name of a test says."""
    words = f" {name.removeprefix('test_').replace('_', ' ')} "
    for plain, proper in PROPER.items():
        words = words.replace(f" {plain} ", f" {proper} ")
    words = words.strip()
    return f"{words[0].upper()}{words[1:]}."


def check(rules: Path = RULES, written: Path = PAGE) -> None:
    """Raises OutOfStep when the page is not what the tests say."""
    is_there = written.read_text().splitlines() if written.is_file() else []
    for line, (old, new) in enumerate(zip_longest(is_there, page(rules).splitlines()), 1):
        if old != new:
            raise OutOfStep(
                f"{written.name} is out of date from line {line}: run `make docs` and commit it. "
                f"The tests say: {(new or '(nothing more)')[:120]}"
            )


def main(arguments: list[str], rules: Path = RULES, written: Path = PAGE) -> int:
    """Write the page, or with --check compare it. 1 when it is out of date."""
    try:
        if arguments == ["--check"]:
            check(rules, written)
            print("Rules of voting: the page is what the tests say.")
        else:
            written.write_text(page(rules))
    except OutOfStep as found:
        print(found, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
