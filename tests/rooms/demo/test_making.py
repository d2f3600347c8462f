"""What the demonstration promises is there, seen through the services."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from pilot.app import do_what_is_due
from pilot.audit.log import verify_chain
from pilot.audit.tables import EventRow
from pilot.councils import paper
from pilot.councils import queries as councils
from pilot.councils.constitution import Constitution
from pilot.councils.contests import Plan, on_the_paper
from pilot.councils.contests import State as ContestState
from pilot.councils.deadlines import overdue
from pilot.councils.files import calendar
from pilot.councils.proposals import State
from pilot.demo import asking, figures, making, rolls, words
from pilot.demo.doors import code, doors
from pilot.demo.trusts import ANSWERED, ASKED, VOTING
from pilot.errors import WrongState
from pilot.metrics import queries as measures
from pilot.metrics import service as metrics
from pilot.metrics.management import parts, released
from pilot.metrics.queries import management, waves
from pilot.people import queries as people
from pilot.people import service as people_service
from pilot.people.roles import Role
from pilot.settings import Settings
from pilot.voting import queries as ballots
from pilot.voting import service as voting
from pilot.voting.count import rules
from pilot.voting.lifecycle import State as BallotState
from pilot.voting.record.archive import unpack
from pilot.voting.record.checks import passed, verify
from tests.rooms.demo.conftest import KEY, NOW, VOTES

TODAY = NOW.date()


async def proposals(session, trust):
    return {listed.title: listed for listed in await councils.proposals_of_trust(session, trust, public=False)}


async def ballots_in(session, state):
    found = [row for trust in (ANSWERED, VOTING) for row in await ballots.ballots_of(session, trust)]
    return [row for row in found if row.state in state]


async def the_ballot(session, title):
    (row,) = [row for row in await ballots_in(session, tuple(BallotState)) if row.title == title]
    return row


async def test_there_are_twenty_four_trusts(looking):
    found = await people.trusts_of_programme(looking)
    assert Counter(trust.arm for trust in found) == {"pilot": 6, "control": 18}
    assert {trust.starts_on for trust in found if trust.arm == "pilot"} == {figures.starts_on(TODAY)}


async def test_every_role_is_held_by_one_account_of_its_own(looking):
    held = [{live.grant.role for live in account.grants} for account in await people.accounts(looking)]
    assert sorted(role for roles in held for role in roles) == sorted(Role)


@pytest.mark.parametrize("trust", [ANSWERED, VOTING])
async def test_two_trusts_have_a_roll_of_four_hundred_that_was_loaded_more_than_once(looking, trust):
    imports = await people.roll_imports(looking, trust)
    assert len(imports) == 3
    assert {summary.people for summary in imports} == {400}
    assert {(summary.rejected, summary.skipped) for summary in imports} == {(0, 0)}


@pytest.mark.parametrize("trust", [ANSWERED, VOTING])
async def test_two_trusts_have_a_council_with_one_empty_seat(looking, trust):
    seats = [one for one in await councils.seats(looking, trust, TODAY) if one.contest is None]
    assert len(seats) == 8
    assert [seat.holder for seat in seats].count(None) == 1
    assert {seat.selection_method for seat in seats} == {"nomination_by_body"}


async def test_three_members_of_one_council_were_elected_and_one_of_them_from_the_lower_bands(looking):
    elected = [one for one in await councils.seats(looking, ANSWERED, TODAY) if one.contest]
    (contest,) = await councils.contests_of_trust(looking, ANSWERED)
    assert (contest.state, contest.seats, len(elected)) == (ContestState.DECLARED, 3, 3)
    lower = {one.id for one in contest.candidates if one.group == "Bands 2 to 4"}
    assert {one.candidate for one in elected} & lower
    assert await councils.vacancies_of_trust(looking, ANSWERED) == ()


async def test_people_elect_members_of_the_other_council_now(looking):
    (contest,) = await councils.contests_of_trust(looking, VOTING)
    assert contest.state is ContestState.ARRANGED
    row = await the_ballot(looking, words.ELECTING.title)
    assert (row.trust, row.state, contest.ballot) == (VOTING, BallotState.OPEN, row.id)


def test_the_real_election_has_a_surplus_exclusions_and_no_lot():
    """Counted here from the rankings alone, without the box: the figures that the docs name."""
    rankings, stand = making.VOTES["elected"].answers, words.ELECTED
    papers = {bytes(map(int, ranking.split(">"))): many for ranking, many in rankings.items() if ranking}
    contest = paper.election(Plan(stand.title, stand.seats, stand.candidates, stand.kept), Constitution()).contest()
    result = rules.count("scottish-stv", contest, papers)
    assert (making.VOTES["elected"].people, result.valid, result.quota) == (112, 110, "28")
    assert [place.name for place in result.elected] == ["Harjit Dhillon", "Temi Adeyemi", "Siobhan Farrell"]
    assert [stage.kind for stage in result.stages] == ["first", "surplus", "exclusion", "exclusion"]
    assert result.stages[-1].votes["1"] == "30.66664"
    assert result.stages[-1].votes["3"] == "29.33328"
    assert not result.by_lot


def test_candidates_are_listed_as_on_the_paper():
    for stand in (words.ELECTED, words.ELECTING):
        assert on_the_paper(stand.candidates) == stand.candidates
        assert paper.problems(Plan(stand.title, stand.seats, stand.candidates, stand.kept), Constitution()) == []


async def test_proposals_stand_at_many_places_on_their_way(looking):
    answered, voting_trust = await proposals(looking, ANSWERED), await proposals(looking, VOTING)
    assert {words.HOT_FOOD.title: State.ACCEPTED, words.TRAINING.title: State.DELIBERATING}.items() <= {
        title: listed.state for title, listed in answered.items()
    }.items()
    assert {
        words.CAR_PARK.title: State.LAPSED,
        words.SUNDAYS.title: State.REFERRED,
        words.CHARGING.title: State.DRAFT,
    }.items() <= {title: listed.state for title, listed in answered.items()}.items()
    assert {title: listed.state for title, listed in voting_trust.items()} == {
        words.ROTAS.title: State.AWAITING_RESPONSE,
        words.BREAK_ROOM.title: State.BALLOTING,
        words.LEAVE_ONLINE.title: State.GATHERING,
        words.BADGES.title: State.SUBMITTED,
    }


async def test_one_proposal_has_some_of_the_support_it_needs(looking):
    listed = (await proposals(looking, VOTING))[words.LEAVE_ONLINE.title]
    found = await councils.proposal(looking, VOTING, listed.id)
    assert (found.supporters, found.support_needed) == (12, 18)
    assert found.support_ends_at > NOW


async def test_one_board_has_answered_with_commitments_that_lie_ahead(looking):
    listed = (await proposals(looking, ANSWERED))[words.HOT_FOOD.title]
    published = await councils.answer(looking, ANSWERED, listed.id)
    assert len(published.answer.commitments) == 2
    assert all(commitment.due_on > TODAY for commitment in published.answer.commitments)


async def test_one_board_is_late(looking):
    listed = (await proposals(looking, VOTING))[words.ROTAS.title]
    found = await councils.proposal(looking, VOTING, listed.id)
    late = overdue(found.response_due_at, NOW, Constitution(), calendar())
    assert late is not None
    assert late.working_days == 7


async def test_the_declared_ballots_can_be_verified_without_the_server(looking):
    declared = await ballots_in(looking, (BallotState.DECLARED, BallotState.FINAL))
    assert len(declared) == 3
    for row in declared:
        record = unpack(await ballots.record(looking, row.id))
        checks = verify(record.files, refused=record.refused, manifest_hash=None, papers=None)
        assert passed(checks), [check for check in checks if check.ok is False]


async def test_every_paper_was_counted_and_each_changed_vote_left_a_spare_stamp(looking):
    row = await the_ballot(looking, words.HOT_FOOD.title)
    declared = await ballots.declared(looking, row.id)
    assert declared.carried
    assert declared.voted == VOTES["answered"].people
    assert declared.entitled == rolls.ENTITLED
    assert (declared.spoilt, declared.set_aside, declared.spare) == (0, 0, VOTES["answered"].again)


def test_the_real_demonstration_has_about_two_hundred_and_fifty_papers():
    assert making.VOTES["answered"].people == 251


async def test_one_ballot_is_open_and_closes_on_a_weekday_at_five(looking):
    assert {row.title for row in await ballots_in(looking, (BallotState.OPEN,))} == {
        words.BREAK_ROOM.title,
        words.ELECTING.title,
    }
    row = await the_ballot(looking, words.BREAK_ROOM.title)
    assert row.trust == VOTING
    assert row.opens_at < NOW < row.closes_at
    assert 9 <= (row.closes_at - NOW).days <= 14
    assert row.closes_at.weekday() < 5
    assert row.turnout_shown == VOTES["voting"].people


async def test_measures_show_what_was_built_in(looking, settings):
    found = {measure.outcome: measure for measure in await measures.measures(looking)}
    for outcome, effect in (
        ("motivation", figures.MOTIVATION_EFFECT),
        ("morale", figures.MORALE_EFFECT),
        ("leaver_rate", figures.LEAVER_RATE_EFFECT / 100),
    ):
        sides = await metrics.side_by_side(looking, found[outcome].id)
        made = await metrics.prepare(looking, metrics.Ask(found[outcome].id, sides.before, sides.after))
        assert made.status == "prespecified, not randomised"
        estimate = (await metrics.compare(made.order, settings)).estimate
        assert (estimate.n_pilots, estimate.n_controls) == (6, 18)
        assert estimate.lo < effect < estimate.hi
        assert estimate.lo * estimate.hi > 0


async def test_one_survey_is_released_and_one_is_open_in_two_pilots_and_a_control(looking):
    open_now, over = await waves.waves(looking)
    assert (open_now.state, over.state) == ("open", "released")
    assert open_now.closes_at > NOW > open_now.opens_at
    for wave, papers in ((over, asking.OVER), (open_now, None)):
        taking_part = [one for one in await waves.trusts_of(looking, wave.id) if not one.left_out_because]
        assert [(one.trust, one.papers) for one in taking_part] == [
            (ANSWERED, papers),
            (VOTING, papers),
            (ASKED, papers),
        ]


@pytest.mark.parametrize("trust", [ANSWERED, VOTING, ASKED])
async def test_how_a_trust_is_led_is_shown_over_time_beside_the_report(looking, trust):
    leaders, obstacles, targets, training, pulse = parts(released(await management.stored_of(looking, trust), 11), 11)
    assert [len(one.shown) for one in leaders.practices] == [3] * 4
    assert [len(one.shown) for one in obstacles.practices] == [3] * 5
    assert [len(one.shown) for one in targets.practices] == [3] * 2
    assert [len(one.shown) for one in training.practices] == [2] * 3
    assert pulse.practices == ()
    assert all(one.shown[-1].words.endswith(", 18 people") for one in leaders.practices)
    assert len(await management.ratings_of(looking, trust)) == 1


async def test_the_log_is_whole_and_names_no_voter(looking):
    assert await verify_chain(looking) is None
    verbs = set(await looking.scalars(select(EventRow.verb)))
    assert not {verb for verb in verbs if "stamp" in verb or "cast" in verb or "support" in verb}


async def test_nothing_lies_in_the_future(looking):
    moments = [row.at for row in await looking.scalars(select(EventRow).order_by(EventRow.number))]
    assert moments[0].date() > TODAY - timedelta(days=160)
    assert [one for one in moments if one > NOW] == []


async def test_nothing_is_due_when_it_is_made(demonstration):
    assert await do_what_is_due(demonstration, NOW) == []


async def test_a_second_filling_is_refused_and_changes_nothing(demonstration, settings, looking):
    async def events():
        async with demonstration.reading() as session:
            return await session.scalar(select(func.count()).select_from(EventRow))

    before = await events()
    with pytest.raises(WrongState, match="There are trusts in this database already"):
        await making.fill(demonstration, settings, NOW, print)
    assert await events() == before


async def test_production_refuses_the_demonstration(store):
    settings = Settings(database_url=store.url, secret_key=KEY, mode="production")
    with pytest.raises(WrongState, match="set to production"):
        await making.fill(store, settings, NOW, print)
    assert await making.is_empty(store)


async def test_a_filling_that_breaks_off_leaves_nothing(store):
    settings = Settings(database_url=store.url, secret_key=KEY)

    def stop(_sentence):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await making.fill(store, settings, NOW, stop)
    assert await making.is_empty(store)


async def test_each_role_gets_a_link_that_works_once(demonstration, settings):
    links = await doors(demonstration, settings, NOW)
    assert [link.role for link in links] == list(Role)
    async with demonstration.reading() as session:
        for link in links:
            owner = await people_service.link_owner(session, link.address.rsplit("/", 1)[1], NOW)
            assert owner.name == link.name


async def test_the_code_that_is_shown_opens_the_vote_and_the_one_before_does_not(demonstration, settings):
    first, second = await code(demonstration, settings, NOW), await code(demonstration, settings, NOW)
    async with demonstration.reading() as session:
        voter = await people_service.person_with_code(session, settings, second.code)
        places = await voting.places(session, voter, now=NOW)
        assert tuple(place.ballot.title for place in places) == second.titles
        assert set(second.titles) == {words.BREAK_ROOM.title, words.ELECTING.title}
        assert not any(place.cast for place in places)
        with pytest.raises(Exception, match="problem"):
            await people_service.person_with_code(session, settings, first.code)


async def test_no_code_is_shown_when_the_vote_is_over(demonstration, settings):
    assert await code(demonstration, settings, NOW + timedelta(days=20)) is None
