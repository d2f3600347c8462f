"""The scrutineer's monitor beside a real server on which people vote: no browser here."""

import pytest

from pilot.commands.watch import Monitor
from pilot.secrecy import watching
from pilot.secrecy.watching import Alarm
from pilot.voting import service
from tests.builders import voting as build
from tests.journeys.test_voting import Ward


@pytest.fixture
def ward(server):
    return Ward(server)


def test_the_monitor_follows_a_vote_from_its_opening_to_its_declaration(ward, tmp_path):
    async def make(store):
        async with store.writing() as session:
            return await service.make_watch_key(
                session, ward.server.settings, "RAA", ward.ballot, by=build.OFFICER, now=build.NIGHT
            )

    key = ward.server.do(make)
    state = tmp_path / "watched.json"
    things = [
        lambda: ward.cast("yes", "no"),
        lambda: ward.cast("abstain"),  # the first voter once more
        ward.closes_and_is_declared,
    ]
    seen = []

    def meanwhile(_):
        seen.append(watching.read(state.read_bytes()).size)
        things.pop(0)()

    here = f"{ward.server.address}/trusts/RAA/ballots/{ward.ballot}"
    monitor = Monitor(here, key, state, sleep=meanwhile)
    assert monitor.watch(None, every=0, times=4) == 0
    assert monitor.answered == 4
    assert seen == [0, 4, 6]
    assert watching.read(state.read_bytes()).size == 6 + 1 + 3 + 1  # the close, three openings, the judgement

    with pytest.raises(Alarm, match="refuses the watch key"):
        Monitor(here, "0" * 40, tmp_path / "other.json").watch(None, every=0, times=1)
