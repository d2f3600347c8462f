"""Every file that others wrote is the one that VENDOR.txt names, and no page asks another host for anything."""

import hashlib
import re
from importlib.metadata import version
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[3] / "static"
LINES = [line.split(" ", 3) for line in (STATIC / "VENDOR.txt").read_text().splitlines() if not line.startswith("#")]
PACKAGES = {line[1]: (line[2], line[3]) for line in LINES if line[0] == "package"}
SUMS = {line[2]: line[1] for line in LINES if line[0] == "sha256"}
VENDORED = ("nhsuk", "licences")
# The version of the components' stylesheet that each version of their templates was made for.
PAIRS = {"0.10.2": "10.6.1"}


@pytest.mark.parametrize("name", sorted(SUMS))
def test_every_vendored_file_is_as_it_was_made(name: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == SUMS[name], f"{name}: run `make assets`"


def test_every_vendored_file_is_listed() -> None:
    found = {
        p.relative_to(STATIC).as_posix() for folder in VENDORED for p in (STATIC / folder).rglob("*") if p.is_file()
    }
    assert found | {"htmx.min.js", "seal.js", "trustee.html"} == set(SUMS)


def test_every_line_says_a_package_or_a_sum() -> None:
    assert {line[0] for line in LINES} == {"package", "sha256"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in SUMS.values())


def test_each_package_has_its_licence_beside_it() -> None:
    bundled = [name for name, (_, words) in PACKAGES.items() if "not vendored" not in words]
    assert len(bundled) == 6
    assert len([name for name in SUMS if name.startswith("licences/")]) == len(bundled)


def test_the_stylesheet_and_the_templates_are_a_pair() -> None:
    assert PACKAGES["nhsuk-frontend"][0] == PAIRS[version("nhsuk-frontend-jinja")]


@pytest.mark.parametrize("path", sorted((STATIC / "nhsuk").rglob("*.*")), ids=lambda p: p.name)
def test_no_component_asks_another_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^\s\"')]+|url\(\s*//[^)]*", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}, "a name of a format, never fetched, is the only address allowed"
    assert "sourceMappingURL" not in text


def test_every_picture_of_the_stylesheet_is_here() -> None:
    css = (STATIC / "nhsuk" / "nhsuk-frontend.min.css").read_text(encoding="utf-8")
    pictures = set(re.findall(r"url\(([^)]*)\)", css))
    assert pictures
    assert all((STATIC / "nhsuk" / picture.strip("\"'")).is_file() for picture in pictures)
    assert "@font-face" not in css


OF_OTHERS = ("htmx.min.js", "seal.js")
"""What others wrote: the policy of our pages stops it from asking another host."""

OURS = sorted(path for kind in ("*.js", "*.css") for path in STATIC.glob(kind) if path.name not in OF_OTHERS)


@pytest.mark.parametrize("path", OURS, ids=lambda p: p.name)
def test_our_own_files_keep_nothing_in_the_browser_and_ask_nobody_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"https?://|localStorage|sessionStorage|indexedDB|document\.cookie|caches\.|serviceWorker", text
    )
    assert not re.search(r"console\.|innerHTML|insertAdjacentHTML|eval\(|new Function|\.style\b", text)
