"""A seat that becomes empty: by countback, by the next most votes, by a by-election, or left empty."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from pilot.audit.tables import EventRow
from pilot.councils import paper, queries, service
from pilot.councils.constitution import Constitution
from pilot.councils.contests import Kept
from pilot.councils.tables import SeatRow, VacancyRow
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
    set_aside,
)
from tests.conftest import remembered
from tests.rooms.councils.conftest import NOW, forty_people

PAPERS = {"2>1>3": 4, "1>2": 2, "2>4": 1, "4>3": 1, "3>4": 1, "5": 1}
"""Amy Osei (2) and Cat Hill (1) are elected. Without Amy, Cat has 6 of 9 votes, 2 more than the quota of 4: a third
of each vote goes on, four of them to Dev Patel (3)."""
LATER = COUNTED_AT + timedelta(days=30)
RO = {"by": RETURNING_OFFICER}


async def two_members(store):
    await forty_people(store)
    async with store.writing() as session:
        contest = await a_contest(session, now=NOW)
        await declared_elected(session, contest, "Amy Osei", "Cat Hill", now=NOW)
    return contest


async def two_members_and_papers(store):
    await forty_people(store)
    async with store.writing() as session:
        contest = await a_contest(session, now=NOW)
        await held(session, contest, PAPERS, now=NOW)
    return contest


@pytest.fixture
async def contest(database_url):
    """An election that was declared without papers, with two members: Amy Osei and Cat Hill."""
    return await remembered(database_url, two_members)


@pytest.fixture
async def voted(database_url):
    """The same with its papers."""
    return await remembered(database_url, two_members_and_papers)


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


async def test_nobody_follows_from_the_papers_of_an_election_that_does_not_count(session, voted):
    ballot = (await queries.contest(session, "RAA", voted)).ballot
    await set_aside(session, ballot, now=COUNTED_AT)
    assert await holders(session, LATER.date()) == ["Amy Osei", "Cat Hill"]
    vacancy = await leaves(session)
    await agree(session, vacancy, "Dev Patel", "Ben Roy")
    await service.count_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    found = await queries.vacancy(session, "RAA", vacancy)
    assert (found.state, found.counted) == (State.BY_ELECTION, False)
    assert "The result of the election does not count" in found.because


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
        session,
        await queries.vacancy(session, "RAA", second),
        await queries.contest(session, "RAA", voted),
        then.date(),
    )
    assert "without Dev Patel and Amy Osei, who left, and without Eve Ward, who did not agree" in (
        results.read((await queries.vacancy(session, "RAA", second)).count).stages[0].action
    )
    assert {one.name for one in those.others} == named - {"Amy Osei", "Ben Roy", "Cat Hill", "Dev Patel"}


async def test_whoever_sits_when_the_seat_becomes_empty_keeps_theirs_though_they_leave_years_later(session, voted):
    vacancy = await leaves(session)
    await leaves(session, "Cat Hill", last_day=date(2029, 6, 1))
    await agree(session, vacancy, "Dev Patel", "Ben Roy", "Eve Ward")
    await service.count_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    found = await queries.vacancy(session, "RAA", vacancy)
    told = results.read(found.count).stages[0].action
    assert told.startswith("The papers are counted again without Amy Osei, who left. Cat Hill cannot lose their seat.")
    assert "did not agree" not in told
    await service.declare_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    assert "Cat Hill" in await holders(session, date(2029, 6, 1))


async def test_whoever_left_before_is_among_those_who_left(session, voted):
    await leaves(session, "Cat Hill")
    then = LATER + timedelta(days=50)
    amy = await leaves(session, now=then)
    await agree(session, amy, "Dev Patel")
    await service.count_vacancy(session, "RAA", amy, **RO, now=then)
    told = results.read((await queries.vacancy(session, "RAA", amy)).count).stages[0].action
    assert "without Amy Osei and Cat Hill, who left, and without Ben Roy and Eve Ward, who did not agree" in told


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


async def test_nobody_takes_two_seats_of_an_election(session, voted):
    amy, cat = await leaves(session), await leaves(session, "Cat Hill")
    for vacancy in (amy, cat):
        await agree(session, vacancy, "Dev Patel", "Ben Roy")
    await service.count_vacancy(session, "RAA", amy, **RO, now=LATER)
    with pytest.raises(WrongState, match="Declare that result first"):
        await service.count_vacancy(session, "RAA", cat, **RO, now=LATER)
    await service.declare_vacancy(session, "RAA", amy, **RO, now=LATER)
    with pytest.raises(BadInput):
        await agree(session, cat, "Dev Patel", "Ben Roy")
    await agree(session, cat, "Ben Roy")
    await service.count_vacancy(session, "RAA", cat, **RO, now=LATER)
    await service.declare_vacancy(session, "RAA", cat, **RO, now=LATER)
    assert await holders(session, LATER.date() + timedelta(days=1)) == ["Ben Roy", "Dev Patel"]


async def test_who_leaves_before_the_declaration_has_the_papers_counted_again(session, voted):
    amy = await leaves(session)
    await agree(session, amy, "Dev Patel", "Ben Roy")
    await service.count_vacancy(session, "RAA", amy, **RO, now=LATER)
    cat = await leaves(session, "Cat Hill")
    found = await queries.vacancy(session, "RAA", amy)
    assert (found.state, found.counted, found.winner, found.count) == (State.ASKING, False, None, {})
    assert found.because.endswith("so they must be counted again.")
    await service.count_vacancy(session, "RAA", amy, **RO, now=LATER)
    await service.withdraw_vacancy(session, "RAA", cat, by=COORDINATOR, now=LATER)
    found = await queries.vacancy(session, "RAA", amy)
    assert found.state is State.ASKING
    assert found.because.count("counted again.") == 1
    await service.count_vacancy(session, "RAA", amy, **RO, now=LATER)
    await service.declare_vacancy(session, "RAA", amy, **RO, now=LATER)
    assert await holders(session, LATER.date() + timedelta(days=1)) == ["Cat Hill", "Dev Patel"]


async def test_a_winner_who_has_a_seat_by_now_sends_the_papers_back_to_be_counted(session, voted):
    amy, cat = await leaves(session), await leaves(session, "Cat Hill")
    await agree(session, amy, "Dev Patel", "Ben Roy")
    await agree(session, cat, "Dev Patel", "Ben Roy")
    await service.count_vacancy(session, "RAA", amy, **RO, now=LATER)
    counted = await queries.vacancy(session, "RAA", amy)
    both = {"state": "counted", "counted": True, "count": counted.count, "winner_id": counted.winner}
    await session.execute(update(VacancyRow).where(VacancyRow.id == cat).values(**both))
    await service.declare_vacancy(session, "RAA", amy, **RO, now=LATER)
    await service.declare_vacancy(session, "RAA", cat, **RO, now=LATER)
    found = await queries.vacancy(session, "RAA", cat)
    assert (found.state, found.winner) == (State.ASKING, None)
    assert await holders(session, LATER.date() + timedelta(days=1)) == ["Dev Patel", "None"]


async def test_the_database_holds_no_candidate_twice(session, contest):
    amy = await seat_of(session, "Amy Osei")
    cat = await seat_of(session, "Cat Hill")
    with pytest.raises(IntegrityError):
        await session.execute(update(SeatRow).where(SeatRow.id == cat.id).values(candidate_id=amy.candidate))


async def test_a_leaving_can_be_taken_back_and_the_member_keeps_the_seat(session, contest):
    before = await seat_of(session, "Amy Osei")
    vacancy = await leaves(session, cause=Cause.RECALLED, last_day=date(2027, 4, 1))
    assert await holders(session, LATER.date()) == ["Cat Hill", "None"]
    await service.withdraw_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    assert await seat_of(session, "Amy Osei") == before
    assert await holders(session, LATER.date()) == ["Amy Osei", "Cat Hill"]
    found = await queries.vacancy(session, "RAA", vacancy)
    assert (found.state, found.seat, found.left_seat) == (State.WITHDRAWN, before.id, before.id)
    with pytest.raises(WrongState, match="Taken back"):
        await service.withdraw_vacancy(session, "RAA", vacancy, **RO, now=LATER)
    again = await leaves(session)
    await service.withdraw_vacancy(session, "RAA", again, by=COORDINATOR, now=LATER)
    third = await leaves(session)
    assert (await queries.vacancy(session, "RAA", third)).state is State.ASKING
    verbs = (await session.scalars(select(EventRow.verb).where(EventRow.trust == "RAA"))).all()
    assert verbs.count("vacancy taken back") == 2


async def test_what_was_counted_or_drafted_for_a_seat_can_no_longer_be_taken_back(session, voted):
    amy = await leaves(session)
    await agree(session, amy, "Dev Patel")
    await service.count_vacancy(session, "RAA", amy, **RO, now=LATER)
    with pytest.raises(WrongState, match="Counted"):
        await service.withdraw_vacancy(session, "RAA", amy, by=COORDINATOR, now=LATER)
    await service.declare_vacancy(session, "RAA", amy, **RO, now=LATER)
    cat = await leaves(session, "Cat Hill")
    await agree(session, cat)
    await service.call_by_election(session, "RAA", cat, **RO, now=LATER)
    assert await service.can_withdraw(session, await queries.vacancy(session, "RAA", cat), LATER)
    await service.draft_by_election(session, "RAA", cat, by=COORDINATOR, now=LATER)
    with pytest.raises(WrongState, match="can no longer be taken back"):
        await service.withdraw_vacancy(session, "RAA", cat, by=COORDINATOR, now=LATER)


async def test_a_seat_that_stays_empty_can_be_given_back_until_its_time_is_over(session, contest):
    late = COUNTED_AT.replace(year=2029, month=12, day=24)
    vacancy = await leaves(session, now=late)
    over = late.replace(year=2030, month=3, day=24)
    with pytest.raises(WrongState, match="its time is over"):
        await service.withdraw_vacancy(session, "RAA", vacancy, by=COORDINATOR, now=over)
    await service.withdraw_vacancy(session, "RAA", vacancy, by=COORDINATOR, now=late)
    assert await holders(session, late.date() + timedelta(days=1)) == ["Amy Osei", "Cat Hill"]


async def by_election_for(session, name, *kept, now):
    """The draft of the by-election after this member of two left; of the other is known who sits."""
    contest = await a_contest(session, now=now)
    for one in kept:
        await service.keep_seats(session, "RAA", contest, one, by=COORDINATOR, now=now)
    await declared_elected(session, contest, "Amy Osei", "Cat Hill", now=now)
    vacancy = await leaves(session, name)
    await agree(session, vacancy)
    await service.call_by_election(session, "RAA", vacancy, **RO, now=LATER)
    new = await service.draft_by_election(session, "RAA", vacancy, by=COORDINATOR, now=LATER)
    return vacancy, await queries.contest(session, "RAA", new)


PORTERS, NURSES = "Bands 2 to 4", "Bands 5 and above"


async def test_a_by_election_keeps_the_place_of_a_class_whose_member_left(session, people, now):
    _, new = await by_election_for(session, "Amy Osei", Kept(PORTERS, 1), now=now)
    assert new.kept == (Kept(PORTERS, 1),)
    for one in CANDIDATES[1:4]:
        await service.add_candidate(session, "RAA", new.id, one, by=COORDINATOR, now=LATER)
    plan = (await queries.contest(session, "RAA", new.id)).plan
    assert paper.problems(plan, Constitution()) == []
    assert paper.election(plan, Constitution()).reserves[0].least == 1


async def test_a_by_election_keeps_no_place_that_the_members_who_stay_fill(session, people, now):
    _, new = await by_election_for(session, "Cat Hill", Kept(PORTERS, 1), now=now)
    assert new.kept == ()


async def test_a_by_election_elects_nobody_of_a_class_that_has_as_many_as_it_may(session, people, now):
    _, new = await by_election_for(session, "Cat Hill", Kept(PORTERS, 0, 1), now=now)
    assert new.kept == (Kept(PORTERS, 0, 0),)


async def test_members_who_came_by_a_by_election_count_for_the_next_one(session, people, now):
    _, new = await by_election_for(session, "Amy Osei", Kept(PORTERS, 1), now=now)
    await service.add_candidate(session, "RAA", new.id, CANDIDATES[3], by=COORDINATOR, now=LATER)
    await service.elect_without_vote(session, "RAA", new.id, by=COORDINATOR, now=LATER)
    then = LATER + timedelta(days=3)
    dev = await queries.vacancy(session, "RAA", await leaves(session, "Dev Patel", now=then))
    assert (dev.state, await service.carried_over(session, dev)) == (State.BY_ELECTION, (Kept(PORTERS, 1),))
    cat = await queries.vacancy(session, "RAA", await leaves(session, "Cat Hill", now=then))
    await service.draft_by_election(session, "RAA", dev.id, by=COORDINATOR, now=then)
    assert await service.carried_over(session, cat) == ()


"""The next by-election holds a place for the class already."""
