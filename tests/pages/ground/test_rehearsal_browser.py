"""What `pilot rehearse` tells of a page that refuses: the page's own sentence, never its HTML."""

from pilot.people.roles import Role
from pilot.rehearsal.browser import NOTHING_SAID, sentences
from tests.signing_in import sign_in


async def test_an_error_page_is_told_in_its_heading_and_first_sentence(client):
    answer = await client.get("/trusts/RAA/ballots/1/poster", headers={"accept": "text/html"})
    assert answer.status_code == 404
    told = sentences(answer.text)
    assert told.startswith("We cannot find this page. ")
    assert "<" not in told
    assert "start page" not in told


async def test_a_form_is_told_by_its_problems(client):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    answer = await client.post("/accounts", data={"name": "", "email": ""})
    assert answer.status_code == 422
    assert sentences(answer.text) == "Enter a full name. Enter an e-mail address."


def test_what_is_no_page_says_nothing():
    assert sentences('{"fault": 1}') == NOTHING_SAID
