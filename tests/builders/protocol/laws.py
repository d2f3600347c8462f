"""What is true of a ballot after every step, and at its end however far it came."""

from collections import Counter
from typing import ClassVar

import msgspec
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pilot.errors import WrongState
from pilot.secrecy import canonical, checkpoint, leaves, service, tree
from tests.builders.protocol.ballot import Ballot, Known

KINDS = (("vote", ("own", "own", "own")), ("survey", ("own", "server", "own")))
"""What is driven: a vote whose trustees all hold their own keys, and a survey of which the server holds one."""


def orders(acts: dict[str, int]) -> st.SearchStrategy[list[str]]:
    """The acts in any order, each as often as it says."""
    return st.permutations([act for act, times in acts.items() for _ in range(times)])


class Protocol(RuleBasedStateMachine):
    """What both machines have: crashes, and what is true after every step."""

    ACTS: ClassVar[dict[str, int]]

    def __init__(self, ballot: Ballot, met: Counter[str]) -> None:
        super().__init__()
        self.ballot, self.met = ballot, met
        self.run = None
        self.acts: list[str] = []

    @property
    def known(self) -> Known:
        return self.run.known

    @rule(chance=st.data())
    def something_happens(self, chance):
        """The next act of this run; an order in which each has its turn is drawn at the start of it."""
        if self.acts:
            getattr(self, self.acts.pop())(chance.draw)

    def the_server_crashes(self, _draw):
        self.run.crash()
        when = f"closed, {self.run.turn} opened" if self.known.closed else "open"
        self.met["a crash when the papers are judged" if self.known.final else f"a crash, {when}"] += 1

    def refused(self, what, act, kinds=WrongState):
        """Nothing comes of it, and nothing is left of it."""
        with pytest.raises(kinds):
            act()
        self.met[f"refused: {what}"] += 1

    @invariant()
    def the_roll_has_what_was_handed_in(self):
        known, place = self.known, {v: person for person, v in enumerate(self.run.ballot.people)}
        slots = self.run.rows("SELECT v, stamps_used, envelopes_cast, cancelled FROM secrecy_slot")
        on_paper = self.run.rows("SELECT v, stamps_used, envelopes_cast FROM secrecy_on_paper")
        cast = [one for one, _ in known.given]
        assert {place[v]: used for v, used, _, _ in slots if used} == known.used
        assert {place[v]: used for v, used, _ in on_paper if used} == known.used_by_tellers
        assert {place[v]: many for v, _, many, _ in slots if many} == Counter(
            o.person for o in cast if not o.by_tellers
        )
        assert {place[v]: many for v, _, many in on_paper if many} == Counter(o.person for o in cast if o.by_tellers)
        assert {place[v] for v, _, _, gone in slots if gone} == {place[v] for v, _, _ in on_paper} == known.on_paper

    @invariant()
    def the_last_vote_of_each_is_in_the_box(self):
        envelopes = dict(self.run.rows("SELECT v, sealed FROM secrecy_envelope"))
        last = {} if self.known.erased else self.known.last
        assert envelopes == {self.run.v(person): one.envelope for person, one in last.items()}

    @invariant()
    def every_receipt_is_of_the_log_as_it_stands(self):
        bodies = [body for (body,) in self.run.rows("SELECT body FROM secrecy_leaf ORDER BY number")]
        ((size, frontier),) = self.run.rows("SELECT size, frontier FROM secrecy_box")
        assert size == len(bodies)
        assert tree.root(bodies) == tree.root_of_frontier(tree.hashes(frontier))
        log_key, digest = self.run.ballot.manifest.log_key, self.run.ballot.box.digest
        if not self.known.given:
            return
        one, receipt = self.known.given[size % len(self.known.given)]  # each has its turn
        if not one.by_tellers:
            sent = msgspec.json.decode(msgspec.json.encode(receipt))
            checkpoint.check_receipt(sent, self.run.v(one.person), digest, log_key)
        then = checkpoint.verify(receipt.checkpoint.encode(), checkpoint.origin(digest), log_key)
        leaf = leaves.envelope_leaf(self.run.v(one.person), receipt.envelope, by_tellers=one.by_tellers)
        path = [bytes.fromhex(node) for node in receipt.proof]
        assert then.size == receipt.leaf + 1
        assert tree.included(tree.leaf_hash(leaf), receipt.leaf, then.size, path, then.root)
        seen = self.run.read(service.watched, then.size)
        now = checkpoint.verify(seen.checkpoint.encode(), checkpoint.origin(digest), log_key)
        proof = [bytes.fromhex(node) for node in seen.proof]
        assert tree.consistent((then.size, now.size), (then.root, now.root), proof)

    @invariant()
    def what_was_counted_is_what_was_cast(self):
        final, known = self.known.final, self.known
        if final is None:
            return
        lines = [canonical.read(line) for line in self.run.read(service.papers_of).splitlines()]
        codes = [line["code"] for line in lines if line["verdict"] == "valid"]
        counted, cast = set(codes), {one.code for one in known.last.values() if one.good}
        assert len(codes) == len(counted) == len(final.valid)
        foreign, missing = counted - cast, cast - counted
        assert foreign <= known.swapped_in  # only stamped papers come in, and each leaves a voter without a check code
        assert len(missing) - len(foreign) == known.taken_away
        assert len(foreign) <= final.spare == final.stamps - len(final.valid)
        worthless = sum(not one.good for one in known.last.values())
        assert final.all_set_aside == worthless + known.taken_away
        assert final.envelopes == len(final.valid) + len(final.spoilt) + final.all_set_aside == len(known.last)
        assert final.stamped == len({*known.used, *known.used_by_tellers}) >= final.envelopes >= len(final.valid)
        assert final.stamps == known.used.total() + known.used_by_tellers.total()
        assert final.cancelled == len(known.on_paper)
        assert final.on_paper == sum(one.by_tellers for one in known.last.values())

    def teardown(self):
        """However far it came, it ends: closed, opened, judged, and right."""
        if self.run is None:
            return
        try:
            if not self.known.closed:
                self.run.close()
            while not self.run.all_open:
                self.run.open_next()
            if self.known.final is None:
                self.run.judge()
            self.every_receipt_is_of_the_log_as_it_stands()
            self.what_was_counted_is_what_was_cast()
            kinds = [
                canonical.read(body)["type"]
                for (body,) in self.run.rows("SELECT body FROM secrecy_leaf ORDER BY number")
            ]
            ends = ["erase"] if self.known.erased else []
            told = ["notices"] if self.known.told else []
            after = ["close", *told, "peel", "peel", "peel", "final", *ends]
            assert kinds[-len(after) :] == after
            assert not self.known.longer or kinds.count("extend") == 1
        finally:
            self.run.end()


def run_through(
    machine: type[Protocol], ballot: Ballot, met: Counter[str], *, examples: int, again: bool = True
) -> None:
    """So many runs of a machine, each through all its acts; with `again` they are the same ones every time."""
    steps = settings(
        max_examples=examples,
        stateful_step_count=sum(machine.ACTS.values()) + 1,
        derandomize=again,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
    )
    run_state_machine_as_test(lambda: machine(ballot, met), settings=steps)
