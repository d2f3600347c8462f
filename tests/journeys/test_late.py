"""A vote counts by the moment at which it has wholly arrived, over a real connection."""

import http.client
import re
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlencode

from pilot.people import service as people
from pilot.secrecy import filling
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from tests.builders import voting as build


def test_a_vote_that_drips_in_until_after_the_close_is_refused(server):
    server.clock.at(build.ARRANGED)
    ballot, code, text = server.do(lambda store: an_open_ballot(store, server.settings))
    server.clock.at(build.CLOSES - timedelta(minutes=5))  # a session outlives five minutes
    server.tick()
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as line:
        headers = signed_in(line, code)
        filled = build.fill(text, "yes")
        signature = sent(line, "POST", f"/votes/{ballot}/stamp", filled.blinded, headers)
        envelope = filling.seal_up(manifests.read(text), manifests.digest(text), filled, signature)
        # Given a cast that begins before the close, when its last bytes arrive after it
        line.putrequest("PUT", f"/votes/{ballot}/envelope")
        for name, value in {**headers, "content-length": str(len(envelope))}.items():
            line.putheader(name, value)
        line.endheaders(envelope[:100])
        server.clock.at(build.CLOSES)
        line.send(envelope[100:])
        answer = line.getresponse()
        # Then it is refused, and nothing is in the box
        assert answer.status == 409
        assert "Your vote was not cast" in answer.read().decode()


async def an_open_ballot(store, settings):
    async with store.writing() as session:
        ballot = await build.a_frozen_ballot(session, 25)
        slips = await people.issue_codes(session, settings, "RAA", by=build.OFFICER, now=build.ARRANGED)
        first = (await build.the_voters(session, ballot))[0]
        text = await secrecy.manifest_of(session, (await queries.ballot(session, ballot)).box_id)
        assert await service.place(session, ballot, first, now=build.ARRANGED)
        return ballot, next(slip.code for slip in slips if slip.person_id == first.person_id), text


def signed_in(line, code):
    """The headers of somebody who has entered this voting code."""
    line.request("GET", "/vote")
    first = line.getresponse()
    form = re.search(r"pilot_form=(\w+)", first.headers["set-cookie"])[1]
    first.read()
    headers = {"cookie": f"pilot_form={form}", "x-csrftoken": form, "accept": "application/json"}
    body = urlencode({"code": code})
    line.request("POST", "/vote", body, {**headers, "content-type": "application/x-www-form-urlencoded"})
    entered = line.getresponse()
    entered.read()
    session = re.search(r"pilot_session=([\w-]+)", ";".join(entered.headers.get_all("set-cookie")))[1]
    return {**headers, "cookie": f"pilot_form={form}; pilot_session={session}"}


def sent(line, method, path, body, headers):
    line.request(method, path, body, {**headers, "content-type": "application/octet-stream"})
    answer = line.getresponse()
    assert answer.status == 200
    return answer.read()
