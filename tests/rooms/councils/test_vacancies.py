"""A seat that becomes empty: by countback, by the next most votes, by a by-election, or left empty."""

from datetime import date, timedelta

import pytest

from pilot.councils import queries, service
from pilot.councils.constitution import Constitution
from pilot.councils.vacancies import Cause, State
from pilot.errors import BadInput, NotFound, WrongState
from pilot.voting.count import result as results
from tests.builders.councils import (
    CANDIDATES,
    COORDINATOR,
    COUNTED_AT,
    RETURNING_OFFICER,
    a_contest,
    declared_elected,
    held,
)

PAPERS = {"2>1>3": 4, "1>2": 2, "2>4": 1, "4>3": 1, "3>4": 1, "5": 1}
"""Amy Osei (2) and Cat Hill (1) are elected. Without Amy, Cat has 6 of 9 votes, 2 more than the quota of 4: a third
of each vote goes on, four of them to Dev Patel (3)."""
LATER = COUNTED_AT + timedelta(days=30)
RO = {"by": RETURNING_OFFICER}


@pytest.fixture
async def contest(session, people, now):
    """An election that was declared without papers, with two members: Amy Osei and Cat Hill."""
    contest = await a_contest(session, now=now)
    await declared_elected(session, contest, "Amy Osei", "Cat Hill", now=now)
    return contest


@pytest.fixture
async def voted(session, people, now):
    """The same with its papers."""
    contest = await a_contest(session, now=now)
    await held(session, contest, PAPERS, now=now)
    return contest


async def seat_of(session, name, day=LATER):
    return next(one for one in await queries.seats(session, "RAA", day.date()) if one.holder == name)


async def leaves(session, name="Amy Osei", *, now=LATER, last_day=None, cause=Cause.RESIGNED):
    seat = await seat_of(session, name, now)
    return await service.record_vacancy(session, "RAA", seat.id, cause, last_day or now.date(), by=COORDINATOR, now=now)


async def agree(session, vacancy, *names, done=True):
    found = await queries.vacancy(session, "RAA", vacancy)
    contest = await queries.contest(session, "RAA", found.contest)
    ids = [one.id for one in contest.candidates if one.name in names]
    await service.answer_vacancy(session, "RAA", vacancy, ids, all_answered=done, by=COORDINATOR, now=LATER)


async def holders(session, day):
    return sorted(str(one.holder) for one in await queries.seats(session, "RAA", day))


async def test_a_countback_seats_a_candidate_who_agrees_until_the_end_of_the_time(session, voted):
    vacancy = await leaves(session)
    found = await queries.vacancy(session, "RAA", vacancy)
    assert (found.state, found.rule, found.agree_until) == (State.ASKING, "countback", date(2027, 5, 3))
    assert "counted again without the person who left" in found.because
    tomorrow = LATER.date() + timedelta(days=1)
    assert await holders(session, tomorrow) == ["Cat Hill", "None"]
    await agree(session, vacancy, "Dev Patel", "Ben Roy")
    await service.count_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    found = await queries.vacancy(session, "RAA", vacancy)
    assert found.state is State.COUNTED
    count = results.read(found.count)
    assert {place.name for place in count.elected} == {"Cat Hill", "Dev Patel"}
    assert "Amy Osei, who left" in count.stages[0].action
    assert "Eve Ward, who did not agree" in count.stages[0].action
    assert count.stages[1].votes == {"1": "4.00000", "3": "2.33332", "4": "2.00000"}
    assert await holders(session, tomorrow) == ["Cat Hill", "None"]  # nothing before the declaration
    await service.declare_vacancy(session, "RAA", vacancy, **RO, now=LATER + timedelta(days=2))
    found = await queries.vacancy(session, "RAA", vacancy)
    assert (found.state, found.filled_on) == (State.FILLED, date(2027, 4, 25))
    dev = await seat_of(session, "Dev Patel", LATER + timedelta(days=2))
    assert (dev.held_from, dev.held_to, dev.id) == (date(2027, 4, 25), date(2030, 3, 23), found.seat)


async def test_whoever_followed_by_countback_can_leave_too(session, voted):
    first = await leaves(session)
    await agree(session, first, "Dev Patel", "Ben Roy")
    await service.count_vacancy(session, "RAA", first, **RO, now=LATER)
    await service.declare_vacancy(session, "RAA", first, **RO, now=LATER)
    then = LATER + timedelta(days=100)
    second = await leaves(session, "Dev Patel", now=then, cause=Cause.LEFT_TRUST)
    await agree(session, second, "Ben Roy")
    await service.count_vacancy(session, "RAA", second, **RO, now=then)
    await service.declare_vacancy(session, "RAA", second, **RO, now=then)
    assert await holders(session, then.date() + timedelta(days=1)) == ["Ben Roy", "Cat Hill"]
    named = {one.name for one in (await queries.contest(session, "RAA", voted)).candidates}
    those = await service.roles(
        session, await queries.vacancy(session, "RAA", second), await queries.contest(session, "RAA", voted)
    )
    assert {one.name for one in those.others} == named - {"Amy Osei", "Ben Roy", "Cat Hill", "Dev Patel"}


async def test_two_seats_that_are_empty_at_once_are_filled_one_by_one(session, voted):
    amy, cat = await leaves(session), await leaves(session, "Cat Hill")
    await agree(session, amy, "Dev Patel", "Ben Roy", "Eve Ward")
    await service.count_vacancy(session, "RAA", amy, **RO, now=LATER)
    await service.declare_vacancy(session, "RAA", amy, **RO, now=LATER)
    await agree(session, cat, "Eve Ward")
    await service.count_vacancy(session, "RAA", cat, **RO, now=LATER)
    await service.declare_vacancy(session, "RAA", cat, **RO, now=LATER)
    now_there = await holders(session, LATER.date() + timedelta(days=1))
    assert "Eve Ward" in now_there
    assert len(now_there) == 2
    assert "None" not in now_there


async def test_papers_are_counted_after_ten_days_or_when_all_have_answered(session, voted):
    vacancy = await leaves(session)
    await agree(session, vacancy, "Dev Patel", done=False)
    with pytest.raises(WrongState, match="Candidates can answer until 3 May 2027"):
        await service.count_vacancy(session, "RAA", vacancy, **RO, now=LATER + timedelta(days=10))
    await service.count_vacancy(session, "RAA", vacancy, **RO, now=LATER + timedelta(days=11))
    with pytest.raises(WrongState, match="Counted"):
        await service.count_vacancy(session, "RAA", vacancy, **RO, now=LATER + timedelta(days=11))
    with pytest.raises(WrongState, match="Counted"):
        await agree(session, vacancy, "Ben Roy")


async def test_where_nobody_agrees_there_is_a_by_election_for_the_rest_of_the_time(session, contest):
    vacancy = await leaves(session)
    with pytest.raises(WrongState, match="can answer until"):
        await service.call_by_election(session, "RAA", vacancy, **RO, now=LATER)
    await agree(session, vacancy)
    with pytest.raises(WrongState, match="nothing to count"):
        await service.count_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    await service.call_by_election(session, "RAA", vacancy, **RO, now=LATER)
    found = await queries.vacancy(session, "RAA", vacancy)
    assert (found.state, found.because) == (
        State.BY_ELECTION, "No candidate agreed to take the seat, so there is a by-election.",
    )  # fmt: skip
    new = await service.draft_by_election(session, "RAA", vacancy, by=COORDINATOR, now=LATER)
    with pytest.raises(WrongState, match="already"):
        await service.draft_by_election(session, "RAA", vacancy, by=COORDINATOR, now=LATER)
    with pytest.raises(BadInput):
        await service.describe(session, "RAA", new, "Two", 2, by=COORDINATOR, now=LATER)
    await service.add_candidate(session, "RAA", new, CANDIDATES[3], by=COORDINATOR, now=LATER)
    await service.elect_without_vote(session, "RAA", new, by=COORDINATOR, now=LATER + timedelta(days=5))
    found = await queries.vacancy(session, "RAA", vacancy)
    assert (found.state, found.by_election) == (State.FILLED, new)
    dev = await seat_of(session, "Dev Patel", LATER + timedelta(days=5))
    assert (dev.id, dev.contest, dev.held_to) == (found.seat, new, date(2030, 3, 23))
    assert (await queries.contest(session, "RAA", new)).term_ends_on == date(2030, 3, 23)


async def test_a_by_election_that_is_called_off_can_be_drafted_anew(session, contest):
    vacancy = await leaves(session)
    await agree(session, vacancy)
    await service.call_by_election(session, "RAA", vacancy, **RO, now=LATER)
    new = await service.draft_by_election(session, "RAA", vacancy, by=COORDINATOR, now=LATER)
    await service.call_off(session, "RAA", new, by=COORDINATOR, now=LATER)
    assert await service.draft_by_election(session, "RAA", vacancy, by=COORDINATOR, now=LATER) > new


async def test_the_rule_is_that_of_the_election_and_not_of_today(session, contest):
    rules = Constitution(vacancy_rule="leave_vacant")
    await service.amend(session, "RAA", rules, effective_from=COUNTED_AT.date(), by=COORDINATOR, now=COUNTED_AT)
    found = await queries.vacancy(session, "RAA", await leaves(session))
    assert found.state is State.ASKING


async def test_near_the_end_of_the_time_the_seat_stays_empty(session, contest):
    late = COUNTED_AT.replace(year=2029, month=9, day=24)
    found = await queries.vacancy(session, "RAA", await leaves(session, now=late))
    assert found.state is State.LEFT_VACANT
    assert found.because == "The seat stays empty, because less than 6 months are left until 23 March 2030."
    with pytest.raises(WrongState, match="Stays empty"):
        await service.count_vacancy(session, "RAA", found.id, **RO, now=late)


async def test_without_papers_there_is_a_by_election(session, people, now):
    contest = await a_contest(session, 2, CANDIDATES[:2], now=now)
    await service.elect_without_vote(session, "RAA", contest, by=COORDINATOR, now=now)
    found = await queries.vacancy(session, "RAA", await leaves(session, now=LATER))
    assert found.state is State.BY_ELECTION
    assert "no papers to count again" in found.because


async def test_papers_without_an_order_give_the_seat_to_the_next_most_votes(session, people, now):
    rules = Constitution(counting_rule="approval")
    await service.amend(session, "RAA", rules, effective_from=now.date(), by=COORDINATOR, now=now)
    contest = await a_contest(session, now=now)
    await held(session, contest, {"1>2": 4, "2>3": 2, "4": 1}, now=now)
    vacancy = await leaves(session)
    found = await queries.vacancy(session, "RAA", vacancy)
    assert (found.state, found.rule) == (State.ASKING, "next_highest")
    assert "no order of preference" in found.because
    await agree(session, vacancy, "Ben Roy", "Dev Patel", "Eve Ward")
    await service.count_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    await service.declare_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    assert await holders(session, LATER.date() + timedelta(days=1)) == ["Cat Hill", "Dev Patel"]


async def test_a_paper_that_names_nobody_who_could_sit_leads_to_a_by_election(session, people, now):
    contest = await a_contest(session, 1, now=now)
    await held(session, contest, {"2": 3, "1": 2}, now=now)
    vacancy = await leaves(session)
    await agree(session, vacancy, "Eve Ward")
    await service.count_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    found = await queries.vacancy(session, "RAA", vacancy)
    assert found.state is State.BY_ELECTION
    assert found.because == ("No paper that is kept chooses anybody who could hold a seat now. There is a by-election.")


async def test_only_a_held_seat_can_be_left_in_its_time(session, contest, now):
    amy = await seat_of(session, "Amy Osei")
    for day in (date(2027, 3, 1), date(2030, 3, 23)):
        with pytest.raises(BadInput):
            await service.record_vacancy(session, "RAA", amy.id, Cause.DIED, day, by=COORDINATOR, now=LATER)
    await leaves(session)
    with pytest.raises(WrongState, match="Nobody who was elected"):
        await service.leavable(session, "RAA", amy.id)
    with pytest.raises(NotFound):
        await service.leavable(session, "RBB", amy.id)
    nominated = await service.seat(
        session, "RAA", "Unison", "Ada Porter", held_from=now.date(), by=COORDINATOR, now=now
    )
    with pytest.raises(WrongState, match="Nobody who was elected"):
        await service.leavable(session, "RAA", nominated)


async def test_only_candidates_who_were_not_elected_can_agree(session, contest):
    vacancy = await leaves(session)
    found = await queries.contest(session, "RAA", contest)
    for name in ("Amy Osei", "Cat Hill"):
        one = next(one.id for one in found.candidates if one.name == name)
        with pytest.raises(BadInput):
            await service.answer_vacancy(session, "RAA", vacancy, [one], all_answered=True, by=COORDINATOR, now=LATER)
