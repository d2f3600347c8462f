"""A box from its making to its record."""

from collections import Counter

from pilot.secrecy import service
from tests.builders.secrecy import CLOSES, a_box, a_vote, voters


async def test_a_box_gives_back_what_was_put_in(session):
    people = voters(20)
    box = await a_box(session, people)
    for place, v in enumerate(people[:15]):
        await a_vote(session, box.id, v, "yes" if place < 9 else "no")
    assert await service.sealed_count(session, box.id) == 15
    await service.close(session, box.id, now=CLOSES)
    final = await service.peel(session, box.id)
    assert Counter(final.valid) == {(("yes",),): 9, (("no",),): 6}
    assert (final.roll, final.stamped, final.stamps, final.envelopes) == (20, 15, 15, 15)
    assert final.spare == 0
    assert final.all_set_aside == 0
    assert await service.final(session, box.id) == final
