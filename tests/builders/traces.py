"""A whole vote through a real server, and what it left at each moment, to be searched for what links."""

import random
import sqlite3
from contextlib import closing
from datetime import timedelta

from pilot.clock import utc_now
from pilot.rehearsal.booth import Booth
from pilot.rehearsal.browser import Browser
from pilot.rehearsal.plan import TRUST
from pilot.secrecy import filling, seal, tellers
from pilot.secrecy import manifest as manifests
from pilot.secrecy import service as secrecy
from pilot.voting import queries, service
from pilot.voting.tellers import Pile, WantedTeller
from pilot.web.sessions import COOKIE
from tests.builders import trustees as own
from tests.builders.secrecy import a_paper
from tests.builders.serving import OpenVote, Serving, a_free_port, until
from tests.builders.voting import OFFICER

VOTERS = 26
ON_SCREENS = 23
"""So many vote on a screen; tellers then seal papers for the rest, and for some of these in place of their votes."""

INSTEAD = 2
AGENT = "an onlooker would know this browser"
CUSTODY = ("own", "server", "own")


class ToldVote(OpenVote):
    """A vote that two trustees and the server open, with two tellers."""

    async def arranged(self, session):
        now = self.stage.clock()
        self.trustees = own.three_trustees()
        self.mine = [self.trustees[0], self.trustees[2]]
        for one in self.mine:
            await own.confirmed(session, one, by=OFFICER, now=now, trust=TRUST)
        chosen = [one.id or None for one in self.trustees]
        await service.choose(session, self.ballot, chosen, by=OFFICER, now=now, real=False)
        row = await queries.ballot(session, self.ballot)
        self.tellers = [own.OwnTrustee("Tom Teller", "employer"), own.OwnTrustee("Una Union", "staff side")]
        for one in self.tellers:
            wanted = WantedTeller(one.email, one.side, one.number)
            await service.add_teller(session, row, wanted, one.registration(), by=OFFICER, now=now)

    async def frozen(self, session):
        for one in self.mine:
            await own.signs(session, self.ballot, one, now=self.stage.clock())


class Left:
    """What one moment of a vote left: the files of the database as they lie there, and a backup of it."""

    def __init__(self, vote, backup):
        name = vote.database.name
        files = [vote.database.with_name(one) for one in (name, f"{name}-wal", f"{name}-journal")]
        with closing(sqlite3.connect(vote.database)) as db:
            self.files = {path.name: path.read_bytes() for path in files if path.exists()}
            with closing(sqlite3.connect(backup)) as copy:
                db.backup(copy)
            names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            self.columns = {name: {row[1] for row in db.execute(f"PRAGMA table_info({name})")} for name in names}
            self.tables = {name: self._table(db, name) for name in names}
        self.files["backup"] = backup.read_bytes()

    @staticmethod
    def _table(db, name):
        """The rows in the order in which they lie there, by column."""
        found = db.execute(f"SELECT * FROM {name} NOT INDEXED")
        columns = [column for column, *_ in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found]

    def holds(self, what):
        """The names of the files in which these bytes stand."""
        raw = what if isinstance(what, bytes) else what.encode()
        return [name for name, data in self.files.items() if raw in data]


class Story:
    """What the test knows, and nobody else: who cast what, when, in which order."""

    def __init__(self, vote):
        self.vote = vote
        self.papers, self.cookies, self.envelopes, self.voters = [], [], [], []
        self.sent, self.came = [], []
        with Serving(vote, a_free_port()) as serving:
            serving.start()
            until(self._open)
            self.before = self._left("before")
            self.begun = utc_now()
            for place, code in enumerate(random.Random(3).sample(vote.codes, ON_SCREENS)):
                self._votes(serving.port, code, finishing=place % 5 != 0, telling=place == 1)
            self.ended = utc_now()
            self.voted = self._left("voted")
            until(lambda: utc_now() > self.ended + timedelta(seconds=1))  # what tellers do has its moment
            vote.write(self._on_paper)
            self.on_paper = self._left("on paper")
        self.log = serving.log
        self._ends()

    def _left(self, moment):
        return Left(self.vote, self.vote.data / f"{moment}.sqlite")

    def _open(self):
        with closing(sqlite3.connect(self.vote.database)) as db:
            return db.execute("SELECT state FROM ballot").fetchone() == ("open",)

    def _votes(self, port, code, *, finishing, telling):
        with Browser(port, AGENT) as browser:
            booth = Booth(browser)
            asked = booth.enter(code)
            self.cookies.append(browser.cookies[COOKIE])
            paper, envelope = booth.seal(asked, [["yes" if len(self.papers) % 2 else "no"]])
            booth.cast(asked, envelope)
            if telling:
                here = f"/votes/{self.vote.ballot}/problem"
                browser.post(here, {"kind": "something else", "text": "The page was slow."})
            if finishing:
                booth.finish()
        self.papers.append(paper)
        self.envelopes.append(envelope)
        self.voters.append(asked.v)

    async def _on_paper(self, session):
        """Papers given out, signed for by both tellers, and put in as one pile, which the second one confirms."""
        now, row = utc_now(), await queries.ballot(session, self.vote.ballot)
        people = {v: person for person, v in (await queries.electors(session, row.id)).items()}
        instead = self.voters[:INSTEAD]
        chosen = [v for v in people if v not in self.voters] + instead
        self.given = {people[v] for v in chosen}
        rows = list(await queries.tellers(session, row.id))
        by = [f"account {one.account_id}" for one in rows]
        for v in chosen:
            one = await service.paper_voter(session, row, people[v])
            await service.give(session, row, one, rows[0], now=now)
        waiting = await service.cancel_list(session, row)
        for teller, one, actor in zip(rows, self.vote.tellers, by, strict=True):
            signed = tellers.sign_list(waiting, one.file, one.keys)
            await service.take_signatures(session, row, teller, signed, by=actor, now=now)
        await self._pile(session, row, (rows, by), now)
        for list_of in (self.papers, self.envelopes, self.voters):
            del list_of[:INSTEAD]
        self.papers += self.piled[0]
        self.envelopes += self.piled[1]

    async def _pile(self, session, row, who, now):
        (first, second), by = who
        text = await secrecy.manifest_of(session, row.box_id)
        manifest, digest = manifests.read(text), manifests.digest(text)
        filled = {v: a_paper(text, [["yes"]]) for v in await secrecy.without_paper(session, row.box_id)}
        stamps = await service.stamp_papers(session, row, {v: one.blinded for v, one in filled.items()}, now=now)
        sealed = {v: filling.seal_up(manifest, digest, one, stamps[v]) for v, one in filled.items()}
        entered = await service.put_in(session, row, first, Pile(sealed, ""), by=by[0], now=now)
        await service.confirm_papers(session, row, second, entered.number, by=by[1], now=now)
        self.piled = [one.paper for one in filled.values()], list(sealed.values())

    def _ends(self):
        """Closed by the clock, the notices out, opened by both trustees and the server, and counted."""
        vote = self.vote
        vote.close()
        self.closed = self._left("closed")
        vote.write(self._told)
        vote.stage.clock.forward(timedelta(days=2))
        vote.write(lambda session: self._opens(session, vote.mine[0]))
        self.opening = self._left("opening")
        vote.stage.tick()
        vote.write(lambda session: self._opens(session, vote.mine[1]))
        vote.stage.tick()
        self.counted = self._left("counted")

    async def _told(self, session):
        now = self.vote.stage.clock()
        await service.record_notices(session, self.vote.ballot, count=VOTERS, by=OFFICER, now=now)

    async def _opens(self, session, one):
        """As `own.opens` does, and what goes over the wire is kept."""
        now, row = self.vote.stage.clock(), await queries.ballot(session, self.vote.ballot)
        trustee = await queries.trustee(session, one.id)
        self.sent.append(await service.list_file(session, row, trustee, now=now))
        self.came.append(one.opened(self.sent[-1]))
        await service.take_opened(session, row, trustee, self.came[-1], by=f"account {trustee.account_id}", now=now)

    def order_of(self, items):
        """Where each item of the list after the first trustee stands in the order of voting: with the keys of all."""
        (server,) = self.on_paper.tables["secrecy_key"]
        keys = [seal.read_seal_secret(server["seal_secret"]), self.vote.mine[1].keys.sealer]
        (box,) = self.on_paper.tables["secrecy_box"]
        places = {paper: place for place, paper in enumerate(self.papers)}
        found = []
        for item in items:
            inside = item
            for layer, key in enumerate(keys, start=2):
                inside = seal.open_layer(inside, key, box["digest"], layer)
            found.append(places[seal.unpack(inside)[0]])
        return found
