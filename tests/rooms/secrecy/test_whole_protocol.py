"""The whole protocol in any order, with crashes and dishonest trustees: nothing is lost, nothing counts twice."""

import asyncio
import secrets
import shutil
import tempfile
from collections import Counter
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from sqlite3 import connect

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from pilot.errors import BadInput, Refused, WrongState
from pilot.secrecy import box as boxes
from pilot.secrecy import canonical, checkpoint, filling, leaves, lists, peel, seal, service, tree
from pilot.secrecy import manifest as manifests
from pilot.store import Store
from tests.builders.secrecy import CLOSES, OPEN, Keys, a_paper, a_plan_with, a_teller, an_own_box, opened_by, voters

SIZE = 20
PEOPLE = st.integers(0, 5)
"""Few of them, so that much happens to each."""

ANSWERS = st.sampled_from(("yes", "no", "abstain"))
VERBS = st.sampled_from(("stamp", "cast", "cancel"))


class Ballot:
    """One box with its keys, in a file that every run copies."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.people = voters(SIZE)
        self.keys = [Keys() for _ in range(3)]
        self.tellers = [a_teller(f"Teller {side}", side) for side in ("employer", "staff side")]
        asyncio.run(self._make())

    async def _make(self) -> None:
        store = Store(f"sqlite+aiosqlite:///{self.database}")
        async with store.writing() as session:
            plan = a_plan_with(self.keys, tellers=tuple(teller for _, teller in self.tellers))
            self.box = await an_own_box(session, self.people, self.keys, **msgspec_fields(plan, "tellers"))
            self.text = await service.manifest_of(session, self.box.id)
        await store.dispose()
        self.manifest = manifests.read(self.text)


def msgspec_fields(plan, *names):
    return {name: getattr(plan, name) for name in names}


class Sealed(msgspec.Struct):
    """A paper that one person had stamped, in its envelope."""

    person: int
    blinded: bytes
    stamp: bytes
    paper: bytes
    envelope: bytes
    good: bool = True


class TakenBackError(Exception):
    """Raised inside a transaction, so that it is rolled back."""


class Protocol(RuleBasedStateMachine):
    """What is known outside of the database stands in this object; the database must agree after every step."""

    sealed = Bundle("sealed")

    def __init__(self, ballot: Ballot) -> None:
        super().__init__()
        self.ballot, self.id = ballot, ballot.box.id
        self.folder = Path(tempfile.mkdtemp(prefix="protocol-"))
        self.database = self.folder / "0.sqlite"
        shutil.copy(ballot.database, self.database)
        self.loop = asyncio.new_event_loop()
        self.store = self._store()
        self.used: Counter[int] = Counter()
        self.last: dict[int, Sealed] = {}
        self.given: list[tuple[Sealed, boxes.Receipt]] = []
        self.on_paper: set[int] = set()
        self.closed = False
        self.peels = self.hits = self.crashes = 0
        self.exchanged: set[str] = set()
        self.final: boxes.Final | None = None

    # -- how the database is reached

    def _store(self) -> Store:
        return Store(f"sqlite+aiosqlite:///{self.database}")

    def write(self, verb, *args, taken_back: bool = False, **given):
        async def act():
            async with self.store.writing() as session:
                found = await verb(session, self.id, *args, **given)
                if taken_back:
                    raise TakenBackError
                return found

        return self.loop.run_until_complete(act())

    def read(self, verb, *args):
        async def act():
            async with self.store.reading() as session:
                return await verb(session, self.id, *args)

        return self.loop.run_until_complete(act())

    def rows(self, statement):
        with closing(connect(self.database)) as db:
            return db.execute(statement).fetchall()

    @rule()
    def the_server_crashes(self):
        """The files are as they lie there at this moment; whoever had them open is gone."""
        self.crashes += 1
        after = self.folder / f"{self.crashes}.sqlite"
        for tail in ("", "-wal"):
            if Path(f"{self.database}{tail}").exists():
                shutil.copy(f"{self.database}{tail}", f"{after}{tail}")
        self.loop.run_until_complete(self.store.dispose())
        self.database = after
        self.store = self._store()

    # -- what voters do

    @initialize(target=sealed)
    def somebody_has_voted(self):
        mine = self._fill(6, "yes")
        self._cast(mine)
        return mine

    def v(self, person):
        return self.ballot.people[person]

    def _fill(self, person, answer, *, good=True):
        filled = a_paper(self.ballot.text, [[answer]])
        stamp = self.write(service.stamp, self.v(person), filled.blinded, now=OPEN)
        self.used[person] += 1
        if good:
            envelope = filling.seal_up(self.ballot.manifest, self.ballot.box.digest, filled, stamp)
        else:
            envelope = secrets.token_bytes(seal.envelope_length(self.ballot.manifest.padded, 3))
        return Sealed(person, filled.blinded, stamp, filled.paper, envelope, good)

    def _cast(self, one):
        receipt = self.write(service.cast, self.v(one.person), one.envelope, now=OPEN)
        self.given.append((one, receipt))
        self.last[one.person] = one

    def may(self, person):
        return not self.closed and person not in self.on_paper

    @rule(target=sealed, person=PEOPLE, answer=ANSWERS, good=st.sampled_from((True, True, True, False)))
    def somebody_has_a_paper_stamped(self, person, answer, good):
        if self.may(person) and self.used[person] < manifests.MAX_STAMPS:
            return self._fill(person, answer, good=good)
        with pytest.raises(WrongState):
            self._fill(person, answer)
        return next(one for one, _ in self.given)

    @rule(one=sealed)
    def somebody_casts(self, one):
        if any(earlier is one for earlier, _ in self.given):
            return self.somebody_asks_again_for_an_answer(one)
        if self.may(one.person):
            return self._cast(one)
        with pytest.raises(WrongState):
            self._cast(one)
        return None

    @rule(one=sealed)
    def somebody_asks_again_for_an_answer(self, one):
        """The same bytes get the same answer, at any time; they bring no former vote back."""
        for earlier, receipt in self.given:
            if earlier is one:
                assert self.write(service.cast, self.v(one.person), one.envelope, now=CLOSES) == receipt
        if not self.closed:
            assert self.write(service.stamp, self.v(one.person), one.blinded, now=OPEN) == one.stamp

    @rule(one=sealed, person=PEOPLE)
    def somebody_hands_in_what_another_has_cast(self, one, person):
        if person != one.person and any(earlier is one for earlier, _ in self.given):
            with pytest.raises(WrongState):
                self.write(service.cast, self.v(person), one.envelope, now=OPEN)

    def _signatures(self, person):
        text = boxes.cancel_text(self.ballot.box.digest, self.v(person))
        return {place: key.sign(text) for place, (key, _) in enumerate(self.ballot.tellers)}

    @rule(person=PEOPLE)
    def somebody_votes_on_paper(self, person):
        if not self.may(person):
            with pytest.raises(WrongState):
                self.write(service.cancel, self.v(person), self._signatures(person), now=OPEN)
            return
        self.write(service.cancel, self.v(person), self._signatures(person), now=OPEN)
        self.on_paper.add(person)
        self.last.pop(person, None)

    @precondition(lambda self: not self.closed)
    @rule(verb=VERBS, person=PEOPLE)
    def a_request_is_taken_back_half_way(self, verb, person):
        """All of it was written, and then the transaction failed: nothing of it is there."""
        before = self.rows("SELECT size, hex(frontier) FROM secrecy_box")
        acts = {
            "stamp": (service.stamp, (a_paper(self.ballot.text, [["no"]]).blinded,), {"now": OPEN}),
            "cast": (service.cast, (secrets.token_bytes(len(self.given[0][0].envelope)),), {"now": OPEN}),
            "cancel": (service.cancel, (self._signatures(person),), {"now": OPEN}),
        }
        act, args, given = acts[verb]
        with pytest.raises((TakenBackError, Refused)):
            self.write(act, self.v(person), *args, taken_back=True, **given)
        assert self.rows("SELECT size, hex(frontier) FROM secrecy_box") == before

    # -- the close and the openings

    @precondition(lambda self: not self.closed and len(self.given) > 3)
    @rule()
    def voting_closes(self):
        self._close()

    def _close(self):
        with pytest.raises(WrongState):
            self.write(service.close, now=OPEN)
        self.write(service.close, now=CLOSES)
        self.closed = True

    @precondition(lambda self: self.closed and self.peels < 3)
    @rule()
    def the_next_trustee_opens_honestly(self):
        self._honest()

    def _honest(self):
        key = self.ballot.keys[self.peels]
        self.write(service.take_peel, opened_by(key, self.read(service.list_for)))
        self.peels += 1

    def _dishonest(self, **changes):
        """What this trustee would say after an honest opening, with changes, signed."""
        key, found = self.ballot.keys[self.peels], lists.read(self.read(service.list_for))
        items = changes.pop("items")(list(peel.peel(found.items, lists.check(found), key.sealer, key.signer).items))
        said = peel.peel(found.items, lists.check(found), key.sealer, key.signer).statement
        values = {"out": len(items), "sha256_out": peel.list_hash(items)} | changes
        values = {name: value(found.items) if callable(value) else value for name, value in values.items()}
        said = replace(said, **values)
        signature = key.signer.sign(peel.signing_text(said))
        return lists.write_opened(peel.Peeled(tuple(sorted(items)), said, signature))

    @precondition(lambda self: self.closed and self.peels < 3)
    @rule(how=st.sampled_from(("drops", "adds", "another list", "another turn", "another key", "another ballot")))
    def a_trustee_lies_and_is_refused(self, how):
        length = seal.envelope_length(self.ballot.manifest.padded, 2 - self.peels)
        lies = {
            "drops": {"items": lambda items: items[1:]},
            "adds": {"items": lambda items: [*items, secrets.token_bytes(length)]},
            "another list": {"items": lambda items: items, "sha256_in": "ab" * 32},
            "another turn": {"items": lambda items: items, "i": self.peels % 3 + 2},
            "another key": {"items": lambda items: items},
            "another ballot": {"items": lambda items: items, "m": "ab" * 32},
        }
        upload = self._dishonest(**lies[how])
        if how == "another key":
            found = lists.read_opened(upload)
            forged = Keys().signer.sign(peel.signing_text(found.statement))
            upload = lists.write_opened(replace(found, signature=forged))
        with pytest.raises((BadInput, WrongState)):
            self.write(service.take_peel, upload)

    @precondition(lambda self: self.closed and self.peels < 3 and not self.hits)
    @rule(how=st.sampled_from(("hides", "swaps")))
    def a_trustee_takes_a_vote_away(self, how):
        """Nothing shows the lie at once; the counts must show that something is missing."""
        if how == "hides":
            before = self.peels
            found = lists.read(self.read(service.list_for))
            key = self.ballot.keys[before]
            rest = [item for item in found.items if opens(item, key, self.ballot.box.digest, before + 1)]
            if not rest:
                return
            lost = rest[0]
            inside = seal.open_layer(lost, key.sealer, self.ballot.box.digest, before + 1)
            honest = peel.peel(found.items, lists.check(found), key.sealer, key.signer).statement
            rejects = tuple(sorted((*honest.rejects, sha256(lost).hexdigest())))
            upload = self._dishonest(items=lambda items: [one for one in items if one != inside], rejects=rejects)
        else:
            length = seal.envelope_length(self.ballot.manifest.padded, 2 - self.peels)
            upload = self._dishonest(items=lambda items: [secrets.token_bytes(length), *items[1:]])
        try:
            self.write(service.take_peel, upload)
        except BadInput:
            assert not self.last  # there was nothing to take away
            return
        self.hits += 1
        self.peels += 1

    @precondition(lambda self: self.closed and self.peels < 3)
    @rule()
    def the_papers_cannot_be_read_before_all_have_opened(self):
        assert self.write(service.peel) is None
        with pytest.raises(WrongState):
            self.read(service.final)

    @precondition(lambda self: self.peels == 3 and self.final is None)
    @rule()
    def the_papers_are_judged(self):
        self._judge()

    def _judge(self):
        self.final = self.write(service.peel)
        assert self.final == self.read(service.final)
        with pytest.raises(WrongState):
            self.write(service.peel)

    # -- what is always true

    @invariant()
    def there_are_never_more_envelopes_than_stamps(self):
        slots = self.rows("SELECT v, stamps_used, envelopes_cast, cancelled FROM secrecy_slot")
        place = {v: person for person, v in enumerate(self.ballot.people)}
        assert {place[v]: used for v, used, _, _ in slots if used} == {one: n for one, n in self.used.items() if n}
        assert Counter({place[v]: cast for v, _, cast, _ in slots if cast}) == Counter(
            one.person for one, _ in self.given
        )
        assert all(used >= cast for _, used, cast, _ in slots)
        assert {place[v] for v, _, _, gone in slots if gone} == self.on_paper

    @invariant()
    def the_last_vote_of_each_is_in_the_box(self):
        envelopes = dict(self.rows("SELECT v, sealed FROM secrecy_envelope"))
        assert envelopes == {self.v(person): one.envelope for person, one in self.last.items()}

    @invariant()
    def every_receipt_is_of_the_log_as_it_stands(self):
        bodies = [body for (body,) in self.rows("SELECT body FROM secrecy_leaf ORDER BY number")]
        ((size, frontier),) = self.rows("SELECT size, frontier FROM secrecy_box")
        assert size == len(bodies)
        assert tree.root(bodies) == tree.root_of_frontier(tree.hashes(frontier))
        log_key, digest = self.ballot.manifest.log_key, self.ballot.box.digest
        for one, receipt in self.given[-2:] + self.given[:1]:
            then = checkpoint.check_receipt(as_sent(receipt), self.v(one.person), digest, log_key)
            seen = self.read(service.watched, then.size)
            now = checkpoint.verify(seen.checkpoint.encode(), checkpoint.origin(digest), log_key)
            proof = [bytes.fromhex(node) for node in seen.proof]
            assert tree.consistent((then.size, now.size), (then.root, now.root), proof)

    @invariant()
    def what_was_counted_is_what_was_cast(self):
        if self.final is None:
            return
        final, cast = self.final, {seal.check_code(one.paper) for one in self.last.values() if one.good}
        lines = [canonical.read(line) for line in self.read(service.papers_of).splitlines()]
        counted = [line["code"] for line in lines if line["verdict"] == "valid"]
        assert len(counted) == len(set(counted)) == len(final.valid)
        assert set(counted) <= cast
        assert len(cast) - len(counted) <= self.hits
        assert final.envelopes == len(final.valid) + len(final.spoilt) + final.all_set_aside == len(self.last)
        assert final.all_set_aside <= sum(not one.good for one in self.last.values()) + self.hits
        assert final.stamps == sum(self.used.values()) >= final.envelopes >= len(final.valid)
        assert final.cancelled == len(self.on_paper)

    def teardown(self):
        """However far it came, it ends: closed, opened, judged, and right."""
        try:
            if not self.closed:
                self._close()
            while self.peels < 3:
                self._honest()
            if self.final is None:
                self._judge()
            self.every_receipt_is_of_the_log_as_it_stands()
            self.what_was_counted_is_what_was_cast()
            entries = leaves.read_all([body for (body,) in self.rows("SELECT body FROM secrecy_leaf ORDER BY number")])
            assert [entry["type"] for entry in entries][-5:] == ["close", "peel", "peel", "peel", "final"]
        finally:
            self.loop.run_until_complete(self.store.dispose())
            self.loop.close()
            shutil.rmtree(self.folder)


def as_sent(receipt):
    return msgspec.json.decode(msgspec.json.encode(receipt))


def opens(item, key, digest, layer):
    return seal.open_layer(item, key.sealer, digest, layer) is not None


def test_nothing_is_lost_and_nothing_counts_twice_whatever_happens(sqlite_template, tmp_path):
    shutil.copy(sqlite_template, tmp_path / "ballot.sqlite")
    ballot = Ballot(tmp_path / "ballot.sqlite")
    run_state_machine_as_test(
        lambda: Protocol(ballot), settings=settings(max_examples=10, stateful_step_count=20, deadline=None)
    )
