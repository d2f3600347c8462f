"""Elections of council members: drafted, arranged, decided without a vote, declared; seats are filled."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from pilot.audit.tables import EventRow
from pilot.councils import queries, service
from pilot.councils.constitution import Constitution
from pilot.councils.contests import Candidate, Kept, State
from pilot.councils.tables import ContestRow, SeatRow, VacancyRow
from pilot.councils.vacancies import State as VacancyState
from pilot.errors import BadInput, NotFound, WrongState
from pilot.voting import queries as ballots
from pilot.voting import service as voting
from pilot.voting.ballots import Election
from pilot.voting.count.contest import Reserve
from tests.builders.councils import CANDIDATES, COORDINATOR, COUNTED_AT, OPENS_ON, a_contest, declared_elected, held

BY = {"by": COORDINATOR}


async def read(session, contest):
    return await queries.contest(session, "RAA", contest)


async def test_a_draft_grows_candidate_by_candidate(session, people, now):
    contest = await service.draft_contest(session, "RAA", "  Staff  council ", 2, by=COORDINATOR, now=now)
    await service.add_candidate(session, "RAA", contest, Candidate(" Amy  Osei ", "Porters", " Hello. "), **BY, now=now)
    await service.add_candidate(session, "RAA", contest, Candidate("Zoe Adams"), **BY, now=now)
    found = await read(session, contest)
    assert (found.title, found.seats, found.state) == ("Staff council", 2, State.DRAFT)
    assert [one.candidate for one in found.candidates] == [
        Candidate("Zoe Adams"),
        Candidate("Amy Osei", "Porters", "Hello."),
    ]
    with pytest.raises(BadInput) as refused:
        await service.add_candidate(session, "RAA", contest, Candidate("amy osei"), **BY, now=now)
    assert "what tells them apart" in refused.value.fields["name"]
    amy = found.candidates[1].id
    await service.change_candidate(session, "RAA", contest, amy, Candidate("Amy Osei", "", "Hi."), **BY, now=now)
    await service.remove_candidate(session, "RAA", contest, found.candidates[0].id, **BY, now=now)
    assert [one.candidate for one in (await read(session, contest)).candidates] == [Candidate("Amy Osei", "", "Hi.")]
    verbs = [event.verb for event in await session.scalars(select(EventRow).where(EventRow.subject == "contest 1"))]
    assert verbs == [
        "election drafted", "candidate added", "candidate added", "candidate changed", "candidate withdrawn",
    ]  # fmt: skip


async def test_candidates_come_from_a_spreadsheet_all_or_none(session, people, now):
    contest = await service.draft_contest(session, "RAA", "Council", 2, by=COORDINATOR, now=now)
    good = b"Name\tClass\tStatement\nAmy Osei\tPorters\tHello.\nBen Roy\t\t\n"
    assert (await service.add_candidates(session, "RAA", contest, good, **BY, now=now)).problems == ()
    read_ = await service.add_candidates(session, "RAA", contest, b"Name\nCat Hill\nBEN ROY\n", **BY, now=now)
    assert [(problem.line, problem.sentence[:25]) for problem in read_.problems] == [(3, "There is already a candid")]
    assert [one.name for one in (await read(session, contest)).candidates] == ["Amy Osei", "Ben Roy"]


async def test_places_are_kept_for_a_class_that_has_candidates(session, people, now):
    contest = await a_contest(session, now=now)
    await service.keep_seats(session, "RAA", contest, Kept("Bands 2 to 4", 1), **BY, now=now)
    await service.keep_seats(session, "RAA", contest, Kept("Bands 2 to 4", 1, 2), **BY, now=now)
    assert (await read(session, contest)).kept == (Kept("Bands 2 to 4", 1, 2),)
    for wrong in (Kept("Doctors", 1), Kept("Bands 2 to 4", 3), Kept("Bands 2 to 4", 2, 1)):
        with pytest.raises(BadInput):
            await service.keep_seats(session, "RAA", contest, wrong, **BY, now=now)
    await service.keep_seats(session, "RAA", contest, Kept("Bands 2 to 4"), **BY, now=now)
    assert (await read(session, contest)).kept == ()


async def test_dates_that_the_constitution_forbids_are_refused(session, people, now):
    contest = await a_contest(session, now=now)
    with pytest.raises(BadInput) as refused:
        await service.set_dates(session, "RAA", contest, date(2027, 3, 2), date(2027, 3, 5), **BY, now=now)
    assert set(refused.value.fields) == {"opens_on", "closes_on"}


async def test_an_arranged_election_is_a_ballot_on_the_candidates_in_order_of_last_names(session, people, now):
    contest = await a_contest(session, now=now)
    await service.keep_seats(session, "RAA", contest, Kept("Bands 2 to 4", 1), **BY, now=now)
    ballot = await service.arrange_contest(session, "RAA", contest, by=COORDINATOR, now=now)
    row = await ballots.ballot(session, ballot)
    assert ballots.ask_of(row) == Election(
        "scottish-stv",
        2,
        ("Cat Hill", "Amy Osei", "Dev Patel", "Ben Roy", "Eve Ward"),
        reserves=(Reserve("Bands 2 to 4", (2, 3), 1),),
    )
    assert (row.subject, row.question) == (f"contest {contest}", "Who should sit on the Staff council?")
    assert "Amy Osei (Bands 2 to 4)\nI have been a porter here for nine years." in row.text
    found = await read(session, contest)
    assert (found.state, found.ballot, found.rule, found.constitution) == (State.ARRANGED, ballot, "scottish-stv", 1)
    assert [one.number for one in found.candidates] == [1, 2, 3, 4, 5]
    for again in (
        service.arrange_contest(session, "RAA", contest, by=COORDINATOR, now=now),
        service.add_candidate(session, "RAA", contest, Candidate("Late Comer"), **BY, now=now),
        service.call_off(session, "RAA", contest, **BY, now=now),
    ):
        with pytest.raises(WrongState, match="Arranged"):
            await again


async def test_an_election_that_is_not_ready_says_why(session, people, now):
    contest = await service.draft_contest(session, "RAA", "Council", 1, by=COORDINATOR, now=now)
    with pytest.raises(WrongState, match="Nobody stands yet"):
        await service.arrange_contest(session, "RAA", contest, by=COORDINATOR, now=now)
    for one in CANDIDATES[:2]:
        await service.add_candidate(session, "RAA", contest, one, **BY, now=now)
    with pytest.raises(WrongState, match="Set the dates"):
        await service.arrange_contest(session, "RAA", contest, by=COORDINATOR, now=now)
    with pytest.raises(WrongState, match="there must be a vote"):
        await service.elect_without_vote(session, "RAA", contest, by=COORDINATOR, now=now)


async def test_reserved_places_that_cannot_be_filled_are_refused_in_words(session, people, now):
    contest = await a_contest(session, now=now)
    await service.keep_seats(session, "RAA", contest, Kept("Bands 2 to 4", 2), **BY, now=now)
    dev = next(one.id for one in (await read(session, contest)).candidates if one.name == "Dev Patel")
    await service.remove_candidate(session, "RAA", contest, dev, **BY, now=now)
    with pytest.raises(WrongState, match="Bands 2 to 4"):
        await service.arrange_contest(session, "RAA", contest, by=COORDINATOR, now=now)


async def test_dates_are_checked_again_when_the_vote_is_arranged(session, people, now):
    contest = await a_contest(session, now=now)
    with pytest.raises(BadInput) as refused:
        await service.arrange_contest(session, "RAA", contest, by=COORDINATOR, now=now + timedelta(days=4))
    assert "at the earliest" in refused.value.fields["opens_on"]


async def test_a_declared_election_fills_the_seats_until_the_end_of_their_time(session, people, now):
    contest = await a_contest(session, now=now)
    await held(session, contest, {"2>1": 3, "1>2": 2, "4": 1}, now=now)
    found = await read(session, contest)
    assert (found.state, found.declared_on, found.term_ends_on) == (
        State.DECLARED, date(2027, 3, 24), date(2030, 3, 23),
    )  # fmt: skip
    seats = await queries.seats(session, "RAA", COUNTED_AT.date())
    assert [(one.holder, one.body, one.selection_method, one.held_from, one.held_to) for one in seats] == [
        ("Amy Osei", "Elected by all staff", "election", date(2027, 3, 24), date(2030, 3, 23)),
        ("Cat Hill", "Elected by all staff", "election", date(2027, 3, 24), date(2030, 3, 23)),
    ]
    assert await queries.seats(session, "RAA", date(2030, 3, 24)) == ()


async def test_with_one_seat_the_constitution_says_how_it_is_counted(session, people, now):
    day = now.date()
    rules = Constitution(one_seat_rule="first-past-the-post", term_months=12)
    await service.amend(session, "RAA", rules, effective_from=day, by=COORDINATOR, now=now)
    contest = await a_contest(session, 1, now=now)
    await declared_elected(session, contest, "Dev Patel", now=now)
    found = await read(session, contest)
    assert ballots.ask_of(await ballots.ballot(session, found.ballot)).rule == "first-past-the-post"
    assert (found.constitution, found.term_ends_on) == (2, date(2028, 3, 23))
    assert [one.holder for one in await queries.seats(session, "RAA", COUNTED_AT.date())] == ["Dev Patel"]


async def test_a_seat_that_re_open_nominations_wins_stays_empty_and_needs_a_by_election(session, people, now):
    rules = Constitution(reopen_nominations=True)
    await service.amend(session, "RAA", rules, effective_from=now.date(), by=COORDINATOR, now=now)
    contest = await a_contest(session, now=now)
    await declared_elected(session, contest, "Amy Osei", now=now)
    found = await read(session, contest)
    assert ballots.ask_of(await ballots.ballot(session, found.ballot)).reopen
    seats = await queries.seats(session, "RAA", COUNTED_AT.date())
    assert sorted(str(one.holder) for one in seats) == ["Amy Osei", "None"]
    (vacancy,) = await queries.vacancies_of_trust(session, "RAA")
    assert (vacancy.state, vacancy.because) == (VacancyState.BY_ELECTION, "Nobody was elected to this seat.")
    assert vacancy.seat == next(one.id for one in seats if one.holder is None)


async def test_with_no_more_candidates_than_seats_all_are_elected_without_a_vote(session, people, now):
    contest = await a_contest(session, 3, CANDIDATES[:2], now=now)
    with pytest.raises(WrongState, match="so there is no vote"):
        await service.arrange_contest(session, "RAA", contest, by=COORDINATOR, now=now)
    await service.elect_without_vote(session, "RAA", contest, by=COORDINATOR, now=now)
    found = await read(session, contest)
    assert (found.state, found.ballot, found.rule, found.declared_on) == (
        State.UNCONTESTED, None, None, now.date(),
    )  # fmt: skip
    seats = await queries.seats(session, "RAA", now.date())
    assert sorted(str(one.holder) for one in seats) == ["Amy Osei", "Ben Roy", "None"]
    assert len(await queries.vacancies_of_trust(session, "RAA")) == 1


async def test_an_election_whose_vote_was_not_held_is_a_draft_again(session, people, now):
    contest = await a_contest(session, now=now)
    ballot = await service.arrange_contest(session, "RAA", contest, by=COORDINATOR, now=now)
    late = (await ballots.ballot(session, ballot)).opens_at
    await voting.miss_ballot(session, ballot, now=late, on_missed=service.on_missed)
    found = await read(session, contest)
    assert (found.state, found.missed, found.ballot, found.opens_on) == (State.DRAFT, True, None, None)
    assert [one.number for one in found.candidates] == [None] * 5
    await service.add_candidate(session, "RAA", contest, Candidate("Late Comer"), **BY, now=late)


async def test_an_election_belongs_to_its_trust(session, people, now):
    contest = await a_contest(session, now=now)
    for asked in (
        queries.contest(session, "RBB", contest),
        service.call_off(session, "RBB", contest, **BY, now=now),
        service.add_candidate(session, "RBB", contest, CANDIDATES[0], **BY, now=now),
    ):
        with pytest.raises(NotFound):
            await asked


async def test_a_draft_that_is_called_off_is_over(session, people, now):
    contest = await a_contest(session, now=now)
    await service.call_off(session, "RAA", contest, **BY, now=now)
    assert (await read(session, contest)).state is State.CALLED_OFF
    with pytest.raises(WrongState):
        await service.call_off(session, "RAA", contest, **BY, now=now)


async def test_an_elected_seat_is_not_given_up_like_a_nominated_one(session, people, now):
    contest = await a_contest(session, 2, CANDIDATES[:2], now=now)
    await service.elect_without_vote(session, "RAA", contest, by=COORDINATOR, now=now)
    (seat, _) = await queries.seats(session, "RAA", now.date())
    with pytest.raises(WrongState, match="filled by election"):
        await service.give_up_seat(session, "RAA", seat.id, last_day=OPENS_ON, by=COORDINATOR, now=now)


WRONG = {
    "a ballot without a rule": (ContestRow, {"ballot_id": 7}),
    "26 seats": (ContestRow, {"seats": 26}),
    "one date": (ContestRow, {"closes_on": None}),
    "declared without a day": (
        ContestRow,
        {"state": "declared", "ballot_id": 7, "rule": "x", "constitution_version": 1},
    ),
    "an elected seat of no contest": (SeatRow, {"contest_id": None}),
    "held beyond its time": (SeatRow, {"held_to": date(2099, 1, 1)}),
    "elected for no term": (SeatRow, {"term_ends_on": None}),
    "a holder who did not stand": (SeatRow, {"candidate_id": None}),
    "filled on no day": (VacancyRow, {"state": "filled"}),
    "somebody left, but who": (VacancyRow, {"cause": "resigned"}),
    "counted without a count": (VacancyRow, {"state": "counted", "agree_until": date(2027, 4, 1)}),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_the_tables_refuse(session, people, now, wrong):
    table, values = WRONG[wrong]
    contest = await a_contest(session, 3, CANDIDATES[:2], now=now)
    if table is not ContestRow:
        await service.elect_without_vote(session, "RAA", contest, by=COORDINATOR, now=now)
    row = await session.scalar(select(table).order_by(table.id).limit(1))
    for name, value in values.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError):
        await session.flush()
