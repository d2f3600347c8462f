"""The openings in any order, by trustees of whom some lie, and a server that dies."""

import secrets
from hashlib import sha256

from hypothesis import strategies as st
from hypothesis.stateful import initialize
from msgspec.structs import replace

from pilot.errors import BadInput, NotAllowed, WrongState
from pilot.secrecy import lists, peel, seal, service
from tests.builders.protocol.laws import Protocol, orders
from tests.builders.protocol.running import Running
from tests.builders.secrecy import Keys, opened_by

ACTS = {
    "a_trustee_hands_in_something_again": 2,
    "the_server_crashes": 3,
    "the_next_step_is_taken_honestly": 3,
    "the_server_dies_half_way_through_the_next_step": 2,
    "the_next_step_is_taken_back": 2,
    "a_trustee_swaps_a_spare_paper_in": 1,
    "a_trustee_hides_a_vote": 1,
    "a_trustee_puts_rubbish_in_place_of_a_vote": 1,
    "a_trustee_lies_and_is_refused": 1,
    "nothing_is_read_before_its_turn": 1,
    "people_are_told_what_is_recorded": 2,
}
"""What happens in one run, and how often."""

LIES = ("drops", "hides twice", "adds", "too long", "another list", "another turn", "another ballot", "another key")
"""What a trustee can say that shows at once."""


class Opening(Protocol):
    """From the close to the erasure."""

    ACTS = ACTS

    @initialize(acts=orders(ACTS))
    def some_have_voted_and_voting_has_closed(self, acts):
        self.acts = acts
        self.run = Running.from_the_close(self.ballot)

    def people_are_told_what_is_recorded(self, _draw):
        """Once, and before anything is opened."""

        def tells():
            self.run.write(service.notice, 20)

        if self.known.told or self.run.turn:
            self.refused("notices", tells)
        else:
            self.met["notices"] += 1
            tells()
            self.known.told = True

    def the_server_dies_half_way_through_the_next_step(self, _draw):
        self._cut_off(killed=True)

    def the_next_step_is_taken_back(self, _draw):
        self._cut_off(killed=False)

    def _cut_off(self, *, killed):
        run, how = self.run, "killed" if killed else "taken back"
        if run.key is not None:
            run.cut_off(service.take_peel, opened_by(run.key, run.read(service.list_for)), killed=killed)
            self.met[f"an opened list cut off, {how}"] += 1
        elif self.known.final is None:
            run.cut_off(service.peel, killed=killed)
            self.met[f"{'the judgement' if run.all_open else 'the server opening'} cut off, {how}"] += 1
        elif not self.known.erased:
            run.cut_off(service.erase, killed=killed)
            self.met[f"the erasure cut off, {how}"] += 1

    def the_next_step_is_taken_honestly(self, _draw):
        if not self.run.all_open:
            self.met[f"opening {self.run.turn + 1} of a {self.run.ballot.kind}"] += 1
            self.run.open_next()
        elif self.known.final is None:
            self.met["the papers are judged"] += 1
            self.run.judge()
        elif self.known.erased:
            self.refused("a second erasure", lambda: self.run.write(service.erase))
        else:
            self.met["the sealed votes are erased"] += 1
            self.run.write(service.erase)
            self.known.erased = True

    def a_trustee_lies_and_is_refused(self, _draw):
        """Every lie that shows is told at this turn, and none of them leaves anything."""
        if self.run.key is None:
            return
        manifest, turn = self.run.ballot.manifest, self.run.turn
        length = seal.envelope_length(manifest.padded, len(manifest.trustees) - turn - 1)
        first, *_ = lists.read(self.run.read(service.list_for)).items
        name = sha256(first).hexdigest()
        lies = {
            "drops": self.run.said(lambda items: items[1:]),
            "hides twice": self.run.said(lambda items: items[1:], rejects=(name, name)),
            "adds": self.run.said(lambda items: [*items, secrets.token_bytes(length)]),
            "too long": self.run.said(lambda items: [secrets.token_bytes(length + 1), *items[1:]]),
            "another list": self.run.said(sha256_in="ab" * 32),
            "another turn": self.run.said(i=turn % 3 + 2),
            "another ballot": self.run.said(m="ab" * 32),
        }
        honest = lists.read_opened(self.run.said())
        forged = Keys().signer.sign(peel.signing_text(honest.statement))
        lies["another key"] = lists.write_opened(replace(honest, signature=forged))
        for lie, upload in lies.items():
            act = lambda upload=upload: self.run.write(service.take_peel, upload)  # noqa: E731
            self.refused(f"a lie: {lie}", act, (BadInput, WrongState))

    def a_trustee_hides_a_vote(self, _draw):
        self._takes_away(hides=True)

    def a_trustee_puts_rubbish_in_place_of_a_vote(self, _draw):
        self._takes_away(hides=False)

    def _takes_away(self, *, hides):
        """Nothing shows the lie at once; the counts must show that something is missing."""
        found = self.run.a_vote_that_opens
        if found is None:
            return
        outside, inside = found
        rest = lambda items: [item for item in items if item != inside]  # noqa: E731
        if hides:
            self.run.upload(self.run.said(rest, rejects=(sha256(outside).hexdigest(),)))
        else:
            self.run.upload(self.run.said(lambda items: [secrets.token_bytes(len(inside)), *rest(items)]))
        self.known.taken_away += 1
        self.met["a vote is hidden" if hides else "a vote is replaced by rubbish"] += 1

    def a_trustee_swaps_a_spare_paper_in(self, draw):
        """With a paper that somebody had stamped and did not use: it counts, and a voter's own paper does not."""
        found, spare_papers = self.run.a_vote_that_opens, self.known.spare_papers
        if found is None or not spare_papers:
            return
        spare = draw(st.sampled_from(spare_papers))
        item = self.run.item_of(spare)
        self.run.upload(self.run.said(lambda items: [item, *(one for one in items if one != found[1])]))
        self.known.swapped_in.add(spare.code)
        self.met["a spare paper is swapped in"] += 1

    def a_trustee_hands_in_something_again(self, draw):
        """The same file changes nothing; another one of the same turn is not taken, and no key opens another list."""
        turns = [turn for turn, (_, opened) in enumerate(self.known.opened) if opened]
        if not turns:
            return
        turn = draw(st.sampled_from(turns))
        waiting, opened = self.known.opened[turn]
        key = self.run.ballot.keys[turn]
        found = lists.read(waiting)
        fewer = found.items[1:]
        head = replace(found.head, count=len(fewer), sha256=peel.list_hash(fewer))
        self.refused("a list with a vote less", lambda: lists.check(lists.read(lists.write(head, fewer))), NotAllowed)
        asked = replace(lists.check(found), expected=peel.list_hash(fewer), remembered=peel.list_hash(found.items))
        self.refused("a second list", lambda: peel.peel(fewer, asked, key.sealer, key.signer), NotAllowed)
        other = peel.peel(fewer, replace(asked, remembered=None), key.sealer, key.signer)
        before = self.run.snapshot()
        self.refused("a second opening", lambda: self.run.write(service.take_peel, lists.write_opened(other)))
        if self.known.final is None:
            self.run.write(service.take_peel, opened)
            self.met["the same opened list comes again"] += 1
        assert self.run.snapshot() == before

    def nothing_is_read_before_its_turn(self, _draw):
        if self.known.final is not None:
            return
        if self.run.key is not None:
            assert self.run.write(service.peel) is None
            self.met["the server waits for a trustee"] += 1
        else:
            self.refused("a list of the server's", lambda: self.run.read(service.list_for))
        for verb in (service.final, service.papers_of, service.record_parts):
            self.refused("the papers before all have opened", lambda verb=verb: self.run.read(verb))
        self.refused("an early erasure", lambda: self.run.write(service.erase))
