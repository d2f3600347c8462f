"""trustee.html is made of the files of assets/trustee and of nothing else, and asks for nothing."""

import base64
import hashlib
import importlib.util
import re
import subprocess
import sys

import pytest

from pilot.settings import ROOT

SOURCES = ROOT / "assets" / "trustee"
PAGE = (ROOT / "static" / "trustee.html").read_text(encoding="utf-8")
SCRIPT = re.search(r"<script>(.*)</script>", PAGE, re.S)[1]
STYLE = re.search(r"<style>(.*)</style>", PAGE, re.S)[1]


def build():
    spec = importlib.util.spec_from_file_location("build_trustee_page", SOURCES / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_the_one_that_its_sources_make():
    assert build().page() == PAGE.encode(), "static/trustee.html: run `make assets`"


def test_the_page_is_made_by_python_alone():
    made = subprocess.run([sys.executable, "-I", SOURCES / "build.py"], capture_output=True, check=True).stdout
    assert made == PAGE.encode()


def test_a_name_that_two_files_declare_makes_no_page(tmp_path):
    for path in SOURCES.glob("*.js"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with (tmp_path / "page.js").open("a") as file:
        file.write("\nconst canonical = 1;\n")
    with pytest.raises(ValueError, match=r"page\.js: .*canonical"):
        build().script(tmp_path)


def test_every_source_is_in_the_page():
    assert {path.stem for path in SOURCES.glob("*.js")} == set(build().MODULES)


def test_the_policy_names_this_script_and_this_style_and_nothing_else():
    def named(text):
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', PAGE)[1]
    assert dict(part.strip().split(" ", 1) for part in policy.split(";")) == {
        "default-src": "'none'",
        "script-src": named(SCRIPT),
        "style-src": named(STYLE),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert PAGE.index("Content-Security-Policy") < PAGE.index("<style>")


def test_the_page_asks_nobody_and_keeps_nothing():
    asking = r"https?://|fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|\bimport\b|Worker\("
    keeping = r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.|postMessage|window\.open"
    running = r"innerHTML|insertAdjacentHTML|eval\(|new Function|\.style\b|document\.write"
    assert not re.search(f"{asking}|{keeping}|{running}", re.sub(r"^\s*//.*", "", SCRIPT, flags=re.M))
    assert not re.search(r"\bsrc=|<link|<iframe|<object|<img|url\(|@import|style=|\son\w+=", PAGE.replace(SCRIPT, ""))


def test_the_page_has_no_words_that_only_programmers_know():
    text = re.sub(r"<code>.*?</code>|<[^>]+>", " ", PAGE.replace(SCRIPT, "").replace(STYLE, ""), flags=re.S)
    sentences = re.findall(r"'([A-Z][^'\n]{12,})'|`([A-Z][^`\n]{12,})`", SCRIPT)
    for words in (text, *(one or other for one, other in sentences)):
        assert not re.search(r"encrypt|\bhash|token|cipher|payload", words, re.I), words


def test_every_label_belongs_to_a_field_and_every_hint_is_told():
    ids = set(re.findall(r'\bid="([^"]+)"', PAGE))
    assert len(ids) == len(re.findall(r'\bid="([^"]+)"', PAGE))
    inputs = set(re.findall(r'<input id="([^"]+)"', PAGE))
    assert set(re.findall(r'<label for="([^"]+)"', PAGE)) == inputs
    hints = {name for name in ids if name.endswith("-hint")}
    assert set(re.findall(r'aria-describedby="([^"]+)"', PAGE)) == hints
    assert set(re.findall(r'href="#([^"]+)"', PAGE)) <= ids
