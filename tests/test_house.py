"""The house rules that a linter does not know: pure modules say so, rooms are named, templates mirror routes."""

import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest

from pilot.app import create_app, handlers
from pilot.errors import BadInput
from pilot.settings import ROOT, from_environment
from pilot.web.forms import decode
from tests.conftest import LONG

DOMAINS = ("people", "secrecy", "voting", "councils", "metrics")
SHELL = {
    "forms",
    "routes",
    "jobs",
    "worker",
    "guards",
    "service",
    "queries",
    "tables",
    "files",
    "navigation",
    "figures",
    "comparison",
}
"""Rooms that are not pure. comparison and figures are sync and exact, but stand on numpy and matplotlib."""

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def dotted(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def is_pure(path: Path) -> bool:
    """Whether a module says that it is pure, at the end of its first line or of its whole docstring."""
    first, _, _ = docstring(path).partition("\n")
    return first.endswith("Pure.") or docstring(path).rstrip().endswith("Pure.")


@pytest.fixture(scope="module")
def app():
    return create_app(from_environment({"PILOT_SECRET_KEY": "x" * 40}), clock=lambda: None, ticking=False)


def test_every_module_says_what_it_is_for():
    assert [dotted(path) for path in sources("pilot") if not docstring(path)] == []


def test_the_list_of_pure_modules_is_the_list_of_those_that_say_so():
    said = {dotted(path) for path in sources("pilot") if is_pure(path)}
    held = next(set(c["source_modules"]) for c in CONTRACTS if c["name"].startswith("The core is pure"))
    assert said == held


def test_pure_modules_are_never_async():
    pure = [path for path in sources("pilot") if is_pure(path)]
    found = [
        dotted(p) for p in pure for node in ast.walk(ast.parse(p.read_text())) if isinstance(node, ast.AsyncFunctionDef)
    ]
    assert found == []


def test_every_file_of_a_domain_is_a_room_or_a_pure_rule():
    for domain in DOMAINS:
        for path in sources(f"pilot/{domain}"):
            room = path.relative_to(ROOT / "pilot" / domain).parts[0].removesuffix(".py")
            assert room in SHELL or is_pure(path) or path.name in ("__init__.py", "verify_record.py"), dotted(path)


def test_nothing_is_called_by_a_name_that_says_nothing():
    bad = {"utils", "helpers", "common", "misc", "manager", "dao", "base"}
    assert [dotted(path) for path in sources("pilot") if path.stem in bad] == []


def test_nobody_catches_everything_unseen():
    pattern = re.compile(r"except( Exception)?:\s*\n\s*(pass|continue|\.\.\.)")
    assert [dotted(path) for path in sources("pilot") if pattern.search(path.read_text())] == []


def test_the_web_process_loads_no_numpy():
    import subprocess
    import sys

    code = "import sys, pilot.app; print([m for m in ('numpy', 'scipy', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_handler_says_who_may_use_it(app):
    silent = [handler.name or str(handler) for handler in handlers(app) if "access" not in handler.opt]
    assert silent == []


def test_every_template_is_used_and_every_used_one_exists():
    exist = {str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html")}
    text = "\n".join(path.read_text() for path in [*sources("pilot"), *sorted((ROOT / "templates").rglob("*.html"))])
    used = set(re.findall(r"[\"']([a-z_]+(?:/[a-z_]+)*\.html)[\"']", text))
    fixed = {path.name for path in (ROOT / "static").glob("*.html")}
    assert used - exist - fixed == set()
    assert exist - used == set()


def the_forms() -> Iterator[type[msgspec.Struct]]:
    for domain in DOMAINS:
        for path in sources(f"pilot/{domain}"):
            if "forms" in (path.stem, path.parent.name):
                for item in vars(importlib.import_module(dotted(path))).values():
                    if inspect.isclass(item) and issubclass(item, msgspec.Struct) and item.__module__ == dotted(path):
                        yield item


def must_be_filled_in(form: type[msgspec.Struct]) -> set[str]:
    """The fields without a default that may not be None. A box that is not ticked says no, so it is never missing."""
    hints = get_type_hints(form)
    fields = [field.name for field in msgspec.structs.fields(form) if field.required]
    return {name for name in fields if hints[name] is not bool and type(None) not in get_args(hints[name])}


def test_every_form_answers_an_empty_one_with_a_sentence_for_each_field_that_it_needs():
    forms = list(the_forms())
    assert len(forms) > 20
    assert sum(bool(must_be_filled_in(form)) for form in forms) > 15
    for form in forms:
        try:
            decode(form, {})
            said = {}
        except BadInput as refusal:
            said = refusal.fields
        assert must_be_filled_in(form) <= set(said), form.__name__
        for field, sentence in said.items():
            assert re.match(r"[A-Z][a-z]+ \S", sentence), f"{form.__name__}.{field}: {sentence}"


def test_a_refusal_is_one_of_the_four_kinds():
    """The plain Refused has no status of its own: only NotFound, NotAllowed, WrongState and BadInput are raised."""
    found = [
        f"{dotted(path)}:{node.lineno}"
        for path in sources("pilot")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Refused"
    ]
    assert found == []


def test_every_setting_is_in_the_docs():
    text = (ROOT / "pilot" / "settings.py").read_text()
    names = set(re.findall(r'"(PILOT_[A-Z_]+|PORT)"', text)) | {"PILOT_MIGRATIONS"}
    docs = (ROOT / "docs" / "how-to" / "settings.md").read_text()
    assert [name for name in sorted(names) if f"`{name}`" not in docs] == []


def test_every_command_is_in_the_readme():
    from pilot.__main__ import parser

    commands = parser()._subparsers._group_actions[0].choices
    readme = (ROOT / "README.md").read_text()
    assert [name for name in commands if f"pilot {name}" not in readme] == []


def test_the_long_files_of_tests_are_there():
    assert [file for file in sorted(LONG) if not (ROOT / "tests" / file).is_file()] == []
