"""What every answer carries."""

import gzip
import re

import pytest

from pilot.settings import ROOT

BUNDLED = ("htmx.min.js", "seal.js")
"""Scripts of others, and the one that is made of several."""
OURS = [script for script in sorted((ROOT / "static").glob("*.js")) if script.name not in BUNDLED]


@pytest.mark.parametrize("path", ["/", "/vote", "/no-such-page", "/check", "/accessibility", "/static/vote.js"])
async def test_every_answer_says_what_a_page_may_load(client, path):
    answer = await client.get(path)
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_page_is_never_kept_and_a_marked_file_for_good(client):
    assert (await client.get("/vote")).headers["cache-control"] == "no-store"
    assert "immutable" in (await client.get("/static/vote.js?v=1234567890")).headers["cache-control"]
    assert (await client.get("/static/vote.js")).headers["cache-control"] == "no-cache"


async def test_a_page_names_each_file_with_its_mark_and_no_script_asks_for_another(client):
    page = (await client.get("/accessibility")).text
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert "/static/nhsuk/nhsuk-frontend.min.js?v=" in page
    assert [path for path in named if "?v=" not in path] == []
    asked = {script.name: re.findall(r"(?m)^import .*|import\(['\"]\./.*", script.read_text()) for script in OURS}
    assert {name: found for name, found in asked.items() if found} == {}


async def test_fixed_files_are_compressed_and_pages_are_not(client):
    file = await client.get("/static/nhsuk/nhsuk-frontend.min.css")
    page = await client.get("/vote")
    assert file.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(file.content)) < 60_000
    assert "content-encoding" not in page.headers


async def test_a_visitor_gets_no_session(client):
    answer = await client.get("/vote")
    assert [cookie.name for cookie in client.cookies.jar] == ["pilot_form"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "samesite=strict" in answer.headers["set-cookie"].lower()


async def test_a_form_from_another_page_is_refused_in_a_sentence(client):
    await client.get("/vote")
    answer = await client.post("/vote", data={"code": "7KQ4M2XD9P"}, headers={"x-csrftoken": "wrong"})
    assert answer.status_code == 403
    assert "This form was open for too long" in answer.text


async def test_an_unknown_page_and_a_wrong_method_are_answered_in_a_sentence(client):
    missing = await client.get("/trusts/RAA/ballots/not-a-number")
    assert missing.status_code == 404
    assert "This page does not exist" in missing.text
    wrong = await client.post("/check")
    assert wrong.status_code == 405
    assert "cannot be used in that way" in wrong.text


async def test_a_program_that_asks_for_json_gets_the_sentence_as_json(client):
    answer = await client.post("/votes/1/stamp", content=b"x", headers={"accept": "application/json"})
    assert answer.status_code == 403
    assert answer.json() == {"reason": "Sign in to see this page."}


async def test_the_server_says_that_it_is_well(client):
    assert (await client.get("/health")).json() == {"status": "ok"}
