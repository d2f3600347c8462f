"""An empty seat near the end of its time, changed by two at once, and after an election by Meek's method."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from pilot.audit.tables import EventRow
from pilot.councils import queries, service
from pilot.councils.constitution import Constitution
from pilot.councils.contests import State as ContestState
from pilot.councils.vacancies import Cause, State
from pilot.errors import BadInput, WrongState
from pilot.voting.declaration import Declaration, Outcome
from tests.builders import councils
from tests.builders.councils import CANDIDATES, COORDINATOR, COUNTED_AT, RETURNING_OFFICER, a_contest, held

SHORT = Constitution(term_months=6, vacancy_least_months=0)
LATER = COUNTED_AT + timedelta(days=30)
BY, RO = {"by": COORDINATOR}, {"by": RETURNING_OFFICER}
PAPERS = {"2>1>3": 4, "1>2": 2, "2>4": 1, "4>3": 1, "3>4": 1, "5": 1}
"""Amy Osei (2) and Cat Hill (1) are elected; without Amy, Dev Patel (3) follows if he agrees."""
JULY = datetime(2027, 7, 26, 9, tzinfo=UTC)
OPENS, IN_TIME, LAST_DAY = date(2027, 8, 10), date(2027, 8, 27), date(2027, 8, 31)
"""Days of a by-election for a seat that is held until 31 August 2027."""


async def a_house(session, now, rules=SHORT):
    await councils.staff(session, "RAA", 40, now=now)
    await councils.a_council(session, "RAA", now=now)
    await service.amend(session, "RAA", rules, effective_from=now.date(), **BY, now=now)


async def leaves(session, name, *, now):
    seat = next(one for one in await queries.seats(session, "RAA", now.date()) if one.holder == name)
    return await service.record_vacancy(session, "RAA", seat.id, Cause.RESIGNED, now.date(), **BY, now=now)


async def agree(session, vacancy, *names, now):
    found = await queries.vacancy(session, "RAA", vacancy)
    contest = await queries.contest(session, "RAA", found.contest)
    ids = [one.id for one in contest.candidates if one.name in names]
    await service.answer_vacancy(session, "RAA", vacancy, ids, all_answered=True, **BY, now=now)


async def unvoted_vacancy(session, now):
    """The vacancy of Amy Osei, who was elected without a vote until 31 August 2027: a by-election is needed."""
    await a_house(session, now)
    contest = await a_contest(session, 2, CANDIDATES[:2], now=now)
    await service.elect_without_vote(session, "RAA", contest, **BY, now=now)
    return await leaves(session, "Amy Osei", now=LATER)


@pytest.fixture
async def vacancy(session, now):
    return await unvoted_vacancy(session, now)


@pytest.fixture
async def by_election(session, vacancy):
    """Its by-election with two candidates and without dates."""
    new = await service.draft_by_election(session, "RAA", vacancy, **BY, now=JULY)
    for one in CANDIDATES[3:]:
        await service.add_candidate(session, "RAA", new, one, **BY, now=JULY)
    return new


async def late_countback(session, now, declared_at):
    """A countback that Dev Patel wins, for a seat whose time ends on 23 September 2027; its vacancy."""
    await a_house(session, now)
    await held(session, await a_contest(session, now=now), PAPERS, now=now)
    then = datetime(2027, 9, 15, 9, tzinfo=UTC)
    vacancy = await leaves(session, "Amy Osei", now=then)
    await agree(session, vacancy, "Dev Patel", now=then)
    await service.count_vacancy(session, "RAA", vacancy, **RO, now=then)
    await service.declare_vacancy(session, "RAA", vacancy, **RO, now=declared_at)
    return await queries.vacancy(session, "RAA", vacancy)


async def declare(session, contest, *names, at):
    found = await queries.contest(session, "RAA", contest)
    news = Declaration(
        ballot=found.ballot, trust="RAA", subject=found.subject, title=found.title, question="Who?",
        at=at, manifest="0" * 64, rule={}, outcome=Outcome("elected"),
        sentence="", entitled=40, voted=0, votes={}, blank=0, spoilt=0, set_aside=0, stamps=0, envelopes=0, spare=0,
        noticing=(), elected=names, empty=found.seats - len(names),
    )  # fmt: skip
    await service.on_declared(session, news)


async def events(session, vacancy):
    found = await session.scalars(
        select(EventRow).where(EventRow.subject == f"vacancy {vacancy}").order_by(EventRow.number)
    )
    return [event.verb for event in found]


async def test_no_election_is_drafted_for_a_seat_on_the_last_day_of_its_time(session, vacancy):
    last = JULY.replace(month=8, day=31)
    with pytest.raises(WrongState, match="The time of this seat ends on 31 August 2027"):
        await service.draft_by_election(session, "RAA", vacancy, **BY, now=last)
    assert await service.draft_by_election(session, "RAA", vacancy, **BY, now=last - timedelta(days=1))


async def test_a_by_election_that_closes_too_late_for_its_seat_is_not_dated(session, by_election):
    with pytest.raises(BadInput) as refused:
        await service.set_dates(session, "RAA", by_election, OPENS, LAST_DAY, **BY, now=JULY)
    assert "ends on 31 August 2027" in refused.value.fields["closes_on"]


async def test_a_by_election_that_closes_too_late_for_its_seat_is_not_arranged(session, by_election):
    found = await session.get_one(queries.contests.ContestRow, by_election)
    found.opens_on, found.closes_on = OPENS, LAST_DAY
    await session.flush()
    with pytest.raises(BadInput) as refused:
        await service.arrange_contest(session, "RAA", by_election, **BY, now=JULY)
    assert "ends on 31 August 2027" in refused.value.fields["closes_on"]


async def test_nobody_is_elected_without_a_vote_to_a_seat_whose_time_is_over(session, by_election):
    eve = (await queries.contest(session, "RAA", by_election)).candidates[-1]
    await service.remove_candidate(session, "RAA", by_election, eve.id, **BY, now=JULY)
    with pytest.raises(WrongState, match="ends on 31 August 2027"):
        await service.elect_without_vote(session, "RAA", by_election, **BY, now=datetime(2027, 9, 1, 9, tzinfo=UTC))


async def test_a_by_election_that_is_declared_too_late_is_declared_and_leaves_the_seat_empty(
    session, vacancy, by_election
):
    await service.set_dates(session, "RAA", by_election, OPENS, IN_TIME, **BY, now=JULY)
    await service.arrange_contest(session, "RAA", by_election, **BY, now=JULY)
    await declare(session, by_election, "Dev Patel", at="2027-09-01T09:00:00Z")
    assert (await queries.contest(session, "RAA", by_election)).state is ContestState.DECLARED
    found = await queries.vacancy(session, "RAA", vacancy)
    assert (found.state, found.filled_on) == (State.LEFT_VACANT, None)
    assert found.because == (
        "Dev Patel was elected, but the time of this seat had ended on 31 August 2027. It stays empty."
    )
    assert (await queries.seat(session, "RAA", found.seat)).holder is None
    assert (await events(session, vacancy))[-1] == "seat left empty"


async def test_a_countback_that_is_declared_too_late_is_declared_and_leaves_the_seat_empty(session, now):
    found = await late_countback(session, now, datetime(2027, 9, 24, 9, tzinfo=UTC))
    assert (found.state, found.filled_on) == (State.LEFT_VACANT, None)
    assert found.because.startswith("Dev Patel was elected, but the time of this seat had ended on 23 September 2027.")
    assert (await queries.seat(session, "RAA", found.seat)).holder is None


async def test_a_seat_can_still_be_taken_on_the_last_day_of_its_time(session, now):
    found = await late_countback(session, now, datetime(2027, 9, 23, 9, tzinfo=UTC))
    seat = await queries.seat(session, "RAA", found.seat)
    assert (found.state, seat.holder) == (State.FILLED, "Dev Patel")
    assert seat.held_from == seat.held_to == date(2027, 9, 23)


async def test_of_two_clicks_at_once_one_drafts_the_by_election(store, now):
    async with store.writing() as session:
        vacancy = await unvoted_vacancy(session, now)

    async def click():
        async with store.writing() as session:
            return await service.draft_by_election(session, "RAA", vacancy, **BY, now=JULY)

    found = await asyncio.gather(click(), click(), return_exceptions=True)
    assert sorted(type(one) for one in found if not isinstance(one, int)) == [WrongState]
    async with store.reading() as session:
        drafts = await queries.contests_of_trust(session, "RAA", [ContestState.DRAFT])
        assert [one.id for one in drafts] == [(await queries.vacancy(session, "RAA", vacancy)).by_election]


async def test_an_empty_seat_is_changed_only_as_it_was_read(session, vacancy):
    stale = await queries.vacancy(session, "RAA", vacancy)
    await service.draft_by_election(session, "RAA", vacancy, **BY, now=JULY)
    other = await service.draft_contest(session, "RAA", "Another", 1, **BY, now=JULY)
    with pytest.raises(WrongState, match="just moved on"):
        await service.vacancies.change_vacancy(session, stale, by_election_id=other)


async def test_everything_that_happens_to_an_empty_seat_stands_in_the_audit_log(session, vacancy, now):
    first = await service.draft_by_election(session, "RAA", vacancy, **BY, now=JULY)
    await service.call_off(session, "RAA", first, **BY, now=JULY)
    second = await service.draft_by_election(session, "RAA", vacancy, **BY, now=JULY)
    await service.add_candidate(session, "RAA", second, CANDIDATES[3], **BY, now=JULY)
    await service.elect_without_vote(session, "RAA", second, **BY, now=JULY)
    assert await events(session, vacancy) == [
        "vacancy recorded",
        "by-election drafted",
        "by-election called off",
        "by-election drafted",
        "vacancy filled",
    ]


async def test_a_by_election_that_elects_nobody_stands_in_the_audit_log(session, vacancy, by_election):
    await service.set_dates(session, "RAA", by_election, OPENS, IN_TIME, **BY, now=JULY)
    await service.arrange_contest(session, "RAA", by_election, **BY, now=JULY)
    await declare(session, by_election, at="2027-08-28T09:00:00Z")
    assert (await events(session, vacancy))[-1] == "by-election needed"


async def test_a_seat_to_which_nobody_was_elected_stands_in_the_audit_log(session, now):
    await a_house(session, now)
    contest = await a_contest(session, 3, CANDIDATES[:2], now=now)
    await service.elect_without_vote(session, "RAA", contest, **BY, now=now)
    (empty,) = await queries.vacancies_of_trust(session, "RAA")
    assert await events(session, empty.id) == ["vacancy recorded"]


MEEK = {"5>4": 5, "1": 1, "5>2>1>3": 6, "6>4>1": 3}
"""Meek's method elects Eve Ward (5) and Amy Osei (2). By Scottish STV "Re-open nominations" (6) wins Amy's seat."""


async def test_a_countback_after_a_meek_election_knows_who_was_elected_by_meek(session, now):
    await a_house(session, now, Constitution(counting_rule="meek-stv", reopen_nominations=True))
    await held(session, await a_contest(session, now=now), MEEK, now=now)
    vacancy = await leaves(session, "Amy Osei", now=LATER)
    await agree(session, vacancy, "Ben Roy", "Cat Hill", "Dev Patel", now=LATER)
    await service.count_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    assert (await queries.vacancy(session, "RAA", vacancy)).state is State.COUNTED
    await service.declare_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    seats = await queries.seats(session, "RAA", LATER.date() + timedelta(days=1))
    assert sorted(str(one.holder) for one in seats) == ["Cat Hill", "Eve Ward"]
