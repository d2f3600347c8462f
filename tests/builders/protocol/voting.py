"""Voting in any order: voters, tellers, whoever changes the times, and a server that dies."""

import secrets
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize
from msgspec.structs import replace

from pilot.errors import NotAllowed, Refused, WrongState
from pilot.secrecy import manifest, service
from tests.builders.protocol.ballot import Known
from tests.builders.protocol.laws import Protocol, orders
from tests.builders.protocol.running import WHY, Running
from tests.builders.secrecy import CLOSES, OPEN, a_paper

LONGER = timedelta(hours=2)
PEOPLE = st.integers(0, 3)
"""Few of them, so that much happens to each."""

ANSWERS = st.sampled_from(("yes", "no", "abstain"))
MOSTLY = st.sampled_from((True, True, True, False))
VERBS = ("stamp", "cast", "cancel", "pause")


ACTS = {
    "voting_closes": 1,
    "the_server_crashes": 2,
    "somebody_hands_in_what_another_has_cast": 1,
    "somebody_asks_again_for_a_stamp": 2,
    "somebody_casts": 4,
    "tellers_fill_in_a_paper": 4,
    "somebody_votes_on_paper": 3,
    "voting_is_made_longer": 1,
    "voting_is_paused_or_goes_on": 2,
    "a_request_is_cut_off_half_way": 3,
    "somebody_fills_in_a_paper": 8,
}
"""What happens in one run, and how often."""


class Voting(Protocol):
    """From the opening of voting to its close, and a little beyond."""

    ACTS = ACTS

    @initialize(acts=orders(ACTS))
    def somebody_has_voted(self, acts):
        self.acts = acts
        self.run = Running(self.ballot, self.ballot.at_first, Known())
        self.run.cast(self.run.fill(5, "yes"))

    def somebody_fills_in_a_paper(self, draw):
        person, answer, good, casts = draw(PEOPLE), draw(ANSWERS), draw(MOSTLY), draw(st.booleans())
        if self.known.may(person) and self.known.used[person] < manifest.MAX_STAMPS:
            one = self.run.fill(person, answer, good=good)
            if casts:
                self._voter_casts(one)
            return
        why = "closed" if self.known.closed else "paused" if self.known.paused else "on paper"
        why = "a fourth stamp" if self.known.may(person) else why
        self.refused(f"a stamp, {why}", lambda: self.run.fill(person, answer))

    def somebody_casts(self, draw):
        one = draw(st.sampled_from(self.known.made))
        if self.known.was_cast(one):
            self.met["a cast is asked for again"] += 1
            receipt = next(receipt for earlier, receipt in self.known.given if earlier == one)
            assert self.run.hand_in(one, now=CLOSES) == receipt
        elif one.by_tellers:
            self.met["a cast by tellers later on"] += 1
            self._tellers_cast(one)
        elif self.known.may(one.person):
            self.met["a cast later on"] += 1
            self._voter_casts(one)
        else:
            self.refused("a cast", lambda: self.run.cast(one))

    def somebody_asks_again_for_a_stamp(self, draw):
        """The same bytes get the same answer, and it counts once."""
        one = draw(st.sampled_from(self.known.made))

        def asks():
            return self.run.stamp(one.person, one.blinded, by_tellers=one.by_tellers)

        if self.known.closed or self.known.paused:
            self.refused("the same stamp", asks)
        else:
            self.met["a stamp is asked for again"] += 1
            assert asks() == one.signature

    def somebody_hands_in_what_another_has_cast(self, draw):
        person, (one, _) = draw(PEOPLE), draw(st.sampled_from(self.known.given))
        if person != one.person:
            self.refused("another's envelope", lambda: self.run.hand_in(replace(one, person=person)), Refused)

    def somebody_votes_on_paper(self, draw):
        person = draw(PEOPLE)
        if not self.known.may(person):
            self.refused("a vote on paper", lambda: self.run.cancel(person))
        else:
            self.met["a vote on paper in place of a cast one" if person in self.known.last else "a vote on paper"] += 1
            self.run.cancel(person)

    def tellers_fill_in_a_paper(self, draw):
        given = sorted(self.known.on_paper)
        person = draw(st.sampled_from(given)) if given and draw(MOSTLY) else draw(PEOPLE)
        answer, casts = draw(ANSWERS), draw(st.booleans())
        used, open_now = self.known.used_by_tellers[person], not (self.known.closed or self.known.paused)
        here = person in self.known.on_paper and not self.known.sealed_by_tellers(person)
        if not (open_now and here and used < manifest.MAX_STAMPS):
            why = "tellers and no vote on paper" if person not in self.known.on_paper else "tellers"
            self.refused(why, lambda: self.run.fill(person, answer, by_tellers=True), (WrongState, NotAllowed))
            return
        one = self.run.fill(person, answer, by_tellers=True)
        self.met["a stamp for tellers"] += 1
        if casts:
            self._tellers_cast(one)

    def _voter_casts(self, one):
        self.met["a vote is changed" if one.person in self.known.last else "a vote is cast"] += 1
        self.run.cast(one)

    def _tellers_cast(self, one):
        if self.known.closed or self.known.paused or self.known.sealed_by_tellers(one.person):
            self.refused("a cast by tellers", lambda: self.run.cast(one))
        else:
            self.met["a cast by tellers"] += 1
            self.run.cast(one)

    def a_request_is_cut_off_half_way(self, draw):
        verb, person, killed = draw(st.sampled_from(VERBS)), draw(PEOPLE), draw(st.booleans())
        run, v = self.run, self.run.v(person)
        blinded = a_paper(run.ballot.text, run.ballot.answers("no")).blinded
        envelope = secrets.token_bytes(len(self.known.given[0][0].envelope))
        acts = {
            "stamp": (service.stamp, (v, blinded), {"now": OPEN}),
            "cast": (service.cast, (v, envelope), {"now": OPEN}),
            "cancel": (service.cancel, (v, run.signatures(person)), {"now": OPEN}),
            "pause": (service.suspend, (), {"reason": WHY}),
        }
        act, args, given = acts[verb]
        run.cut_off(act, *args, killed=killed, **given)
        self.met["cut off, killed" if killed else "cut off, taken back"] += 1

    def voting_is_paused_or_goes_on(self, _draw):
        """Its close may be as before; nothing else changes while it is paused."""
        known, run = self.known, self.run
        if known.closed:
            self.refused("a pause after the close", lambda: run.write(service.suspend, reason=WHY))
        elif known.paused:
            self.refused("a close in a pause", lambda: run.write(service.close, now=known.closes + LONGER))
            run.write(service.resume, closes_at=known.closes, reason=WHY)
            self.met["voting goes on"] += 1
            known.paused = False
        else:
            self.refused("an end of no pause", lambda: run.write(service.resume, closes_at=known.closes, reason=WHY))
            run.write(service.suspend, reason=WHY)
            known.paused = True

    def voting_is_made_longer(self, _draw):
        later = self.known.closes + LONGER

        def longer():
            self.run.write(service.extend, closes_at=later, reason=WHY)

        if self.known.closed or self.known.paused or self.known.longer:
            self.refused("more time", longer)
        else:
            self.met["more time"] += 1
            longer()
            self.known.closes, self.known.longer = later, True

    def voting_closes(self, _draw):
        if len(self.known.given) > 2 and not self.known.closed:
            self.met["voting closes"] += 1
            self.run.close()
