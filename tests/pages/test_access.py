"""Every route is walked by everybody: a visitor, each role in its own trust and in another, and voters of both.

Who may use what is written down here and nowhere computed, so that a door that opens by mistake fails a test.
"""

import re

import pytest

from pilot.app import handlers
from pilot.people.roles import Role
from tests.builders.people import a_person, a_trust
from tests.signing_in import sign_in, sign_in_voter

PUBLIC = frozenset({"public"})
VOTER = frozenset({"voter"})
ADMIN = frozenset({"programme admin"})
COORDINATOR = frozenset({"coordinator"})
OFFICER = frozenset({"returning officer"})
BOARD = frozenset({"board secretary"})
TRUSTEE = frozenset({"trustee"})
TELLER = frozenset({"teller"})
NOTICES = frozenset({"returning officer", "trustee"})
ERASERS = frozenset({"auditor", "returning officer", "trustee"})
AUTHORS = frozenset({"coordinator", "voter"})
MEASURES = frozenset({"evaluator", "programme admin"})
ALL_OFFICERS = frozenset(
    {"programme admin", "evaluator", "auditor"}
    | {"coordinator", "returning officer", "board secretary", "trustee", "teller"}
)

WHO_MAY = {
    "health": PUBLIC,
    "static": PUBLIC,
    "static/head": PUBLIC,
    # people
    "people.accessibility": PUBLIC,
    "people.account": ADMIN,
    "people.accounts": ADMIN,
    "people.add_account": ADMIN,
    "people.answer_zeros": COORDINATOR,
    "people.codes": OFFICER,
    "people.confirm_roll": COORDINATOR,
    "people.confirm_trusts": ADMIN,
    "people.end_role": ADMIN,
    "people.grant_role": ADMIN,
    "people.home": PUBLIC,
    "people.import_roll": COORDINATOR,
    "people.import_trusts": ADMIN,
    "people.imported_roll": COORDINATOR,
    "people.make_codes": OFFICER,
    "people.make_link": ADMIN,
    "people.map_columns": COORDINATOR,
    "people.new_account": ADMIN,
    "people.preview_roll": COORDINATOR,
    "people.preview_trusts": ADMIN,
    "people.reissue": OFFICER,
    "people.reissue_batch": OFFICER,
    "people.replace_batch": OFFICER,
    "people.replace_code": OFFICER,
    "people.roll": frozenset({"auditor", "coordinator", "returning officer"}),
    "people.roll_columns": COORDINATOR,
    "people.roll_problems": COORDINATOR,
    "people.roll_template": COORDINATOR,
    "people.sign_in": PUBLIC,
    "people.sign_in_link": PUBLIC,
    "people.sign_out": PUBLIC,
    "people.sure_roll": COORDINATOR,
    "people.trust": ALL_OFFICERS | VOTER,
    "people.trusts": ALL_OFFICERS,
    "people.trusts_template": ADMIN,
    "people.upload_roll": COORDINATOR,
    "people.upload_trusts": ADMIN,
    "people.use_link": PUBLIC,
    "people.vote_address": PUBLIC,
    # voting
    "voting.add_teller": OFFICER,
    "voting.answer_problem": OFFICER,
    "voting.answering": OFFICER,
    "voting.ask_to_erase": OFFICER,
    "voting.ballot": PUBLIC,
    "voting.ballots": PUBLIC,
    "voting.ballots_blt": PUBLIC,
    "voting.cast": VOTER,
    "voting.challenge": OFFICER,
    "voting.challenges": PUBLIC,
    "voting.check": PUBLIC,
    "voting.check_list": PUBLIC,
    "voting.check_text": PUBLIC,
    "voting.checkpoints": PUBLIC,
    "voting.checks": PUBLIC,
    "voting.choose": OFFICER,
    "voting.choosing": OFFICER,
    "voting.confirm_papers": TELLER,
    "voting.confirm_trustee": OFFICER,
    "voting.confirming_papers": TELLER,
    "voting.confirming_trustee": OFFICER,
    "voting.decide": OFFICER,
    "voting.deciding": OFFICER,
    "voting.declaration": PUBLIC,
    "voting.declare": OFFICER,
    "voting.declaring": OFFICER,
    "voting.disturbed": OFFICER,
    "voting.electorate": frozenset({"auditor", "returning officer"}),
    "voting.enter": PUBLIC,
    "voting.entering": TELLER,
    "voting.erase": ERASERS,
    "voting.erasing": ERASERS,
    "voting.extend": OFFICER,
    "voting.extending": OFFICER,
    "voting.figures": PUBLIC,
    "voting.find_voter": TELLER,
    "voting.finish": PUBLIC,
    "voting.freeze": OFFICER,
    "voting.give": TELLER,
    "voting.giving": TELLER,
    "voting.giving_one": TELLER,
    "voting.invite_trustee": OFFICER,
    "voting.inviting_trustee": OFFICER,
    "voting.keep": OFFICER,
    "voting.list_for_notices": TRUSTEE,
    "voting.log": PUBLIC,
    "voting.lot": OFFICER,
    "voting.lot_opening": OFFICER,
    "voting.make_watch_key": OFFICER,
    "voting.manifest": PUBLIC,
    "voting.notices": NOTICES,
    "voting.object": NOTICES,
    "voting.objection": NOTICES,
    "voting.objections": NOTICES,
    "voting.open_lot": OFFICER,
    "voting.opening": TRUSTEE,
    "voting.paper": VOTER,
    "voting.paper_list": TELLER,
    "voting.papers": frozenset({"auditor", "trustee"}),
    "voting.poster": PUBLIC,
    "voting.practice_list": TRUSTEE,
    "voting.practise": TRUSTEE,
    "voting.practising": TRUSTEE,
    "voting.printing": frozenset({"returning officer", "teller"}),
    "voting.problem": VOTER,
    "voting.problem_told": VOTER,
    "voting.problems": OFFICER,
    "voting.put_in": TELLER,
    "voting.record": PUBLIC,
    "voting.record_notices": TRUSTEE,
    "voting.register": TRUSTEE,
    "voting.registering": TRUSTEE,
    "voting.rehearse": OFFICER,
    "voting.rehearsing": OFFICER,
    "voting.remove_teller": OFFICER,
    "voting.replace_trustee": OFFICER,
    "voting.replacing_trustee": OFFICER,
    "voting.result": PUBLIC,
    "voting.result_json": PUBLIC,
    "voting.resume": OFFICER,
    "voting.resuming": OFFICER,
    "voting.retire_trustee": OFFICER,
    "voting.retiring_trustee": OFFICER,
    "voting.sealed_list": TRUSTEE,
    "voting.settle": NOTICES,
    "voting.sign": TRUSTEE,
    "voting.sign_papers": TELLER,
    "voting.signing": TRUSTEE,
    "voting.signing_papers": TELLER,
    "voting.stages": PUBLIC,
    "voting.stamp": VOTER,
    "voting.stamp_papers": TELLER,
    "voting.start": PUBLIC,
    "voting.start_practice": OFFICER,
    "voting.stop": OFFICER,
    "voting.stopping": OFFICER,
    "voting.suspend": OFFICER,
    "voting.suspending": OFFICER,
    "voting.take_back": TELLER,
    "voting.take_lot": OFFICER,
    "voting.take_opened": TRUSTEE,
    "voting.taking_back": TELLER,
    "voting.tell_problem": VOTER,
    "voting.teller_link": OFFICER,
    "voting.teller_tasks": TELLER,
    "voting.tellers": OFFICER,
    "voting.throw_away": TELLER,
    "voting.trustee": OFFICER,
    "voting.trustee_link": OFFICER,
    "voting.trustee_tasks": TRUSTEE,
    "voting.trustees": OFFICER,
    "voting.votes": VOTER,
    "voting.watch": PUBLIC,
    "voting.watching": OFFICER,
    "voting.who_can_see_what": PUBLIC,
    "voting.who_sees": PUBLIC,
    "voting.who_sees_mine": VOTER,
    # councils
    "councils.acknowledge": BOARD,
    "councils.add_candidate": COORDINATOR,
    "councils.add_candidates": COORDINATOR,
    "councils.add_seat": COORDINATOR,
    "councils.answer_scope": AUTHORS,
    "councils.answer_vacancy": frozenset({"coordinator", "returning officer"}),
    "councils.arrange_election": COORDINATOR,
    "councils.ballot": COORDINATOR,
    "councils.begin": AUTHORS,
    "councils.begin_election": COORDINATOR,
    "councils.call_by_election": OFFICER,
    "councils.call_off_election": COORDINATOR,
    "councils.candidate": COORDINATOR,
    "councils.candidates": COORDINATOR,
    "councils.candidates_sheet": COORDINATOR,
    "councils.change_candidate": COORDINATOR,
    "councils.change_response": BOARD,
    "councils.check": AUTHORS,
    "councils.check_election": COORDINATOR,
    "councils.check_response": BOARD,
    "councils.council": PUBLIC,
    "councils.count_vacancy": OFFICER,
    "councils.decide": COORDINATOR,
    "councils.declare_vacancy": OFFICER,
    "councils.draft": AUTHORS,
    "councils.draft_by_election": COORDINATOR,
    "councils.draft_election": COORDINATOR,
    "councils.election": PUBLIC,
    "councils.election_dates": COORDINATOR,
    "councils.election_seats": COORDINATOR,
    "councils.elections": PUBLIC,
    "councils.found": COORDINATOR,
    "councils.give_up_election": COORDINATOR,
    "councils.keep_seats": COORDINATOR,
    "councils.kept_seats": COORDINATOR,
    "councils.leave_seat": COORDINATOR,
    "councils.make_council": COORDINATOR,
    "councils.new": AUTHORS,
    "councils.new_candidate": COORDINATOR,
    "councils.new_election": COORDINATOR,
    "councils.part": AUTHORS,
    "councils.proposal": PUBLIC,
    "councils.proposals": PUBLIC,
    "councils.put_name_to": VOTER,
    "councils.put_to_ballot": COORDINATOR,
    "councils.record_vacancy": COORDINATOR,
    "councils.remove_candidate": COORDINATOR,
    "councils.respond": BOARD,
    "councils.response": BOARD,
    "councils.responses": PUBLIC,
    "councils.say_that_it_came": BOARD,
    "councils.scope": AUTHORS,
    "councils.screen": COORDINATOR,
    "councils.screening": COORDINATOR,
    "councils.seat": COORDINATOR,
    "councils.send": AUTHORS,
    "councils.set_election_dates": COORDINATOR,
    "councils.set_seats": COORDINATOR,
    "councils.sponsor": VOTER,
    "councils.support": VOTER,
    "councils.take_back": AUTHORS,
    "councils.take_back_support": VOTER,
    "councils.vacancy": PUBLIC,
    "councils.vacancy_count": PUBLIC,
    "councils.vacancy_stages": PUBLIC,
    "councils.withdraw": AUTHORS,
    "councils.withdraw_vacancy": frozenset({"coordinator", "returning officer"}),
    "councils.withdrawing_candidate": COORDINATOR,
    "councils.write": AUTHORS,
    # metrics
    "metrics.accesses": frozenset({"board secretary", "coordinator"}),
    "metrics.add_secondary": MEASURES,
    "metrics.amend_plan": MEASURES,
    "metrics.arms": MEASURES,
    "metrics.arms_template": MEASURES,
    "metrics.beacon": MEASURES,
    "metrics.begin_design": MEASURES,
    "metrics.begin_study": MEASURES,
    "metrics.bundle": MEASURES,
    "metrics.cancel_wave": MEASURES,
    "metrics.cancelling_wave": MEASURES,
    "metrics.check_measures": MEASURES,
    "metrics.check_plan": MEASURES,
    "metrics.check_wave": MEASURES,
    "metrics.check_wordings": COORDINATOR | MEASURES,
    "metrics.checked_wave": MEASURES,
    "metrics.compare": MEASURES,
    "metrics.comparison": MEASURES,
    "metrics.comparisons": MEASURES,
    "metrics.confirm_measures": MEASURES,
    "metrics.dataset": MEASURES,
    "metrics.design": MEASURES,
    "metrics.design_picture": MEASURES,
    "metrics.design_template": MEASURES,
    "metrics.designs": MEASURES,
    "metrics.discard_plan": MEASURES,
    "metrics.download": MEASURES,
    "metrics.draft_plan": MEASURES,
    "metrics.draw": MEASURES,
    "metrics.draw_file": PUBLIC,
    "metrics.draw_up_sets": MEASURES,
    "metrics.drawing": MEASURES,
    "metrics.draws": PUBLIC,
    "metrics.eligible": MEASURES,
    "metrics.end_wordings": COORDINATOR | MEASURES,
    "metrics.ending_wordings": COORDINATOR | MEASURES,
    "metrics.fix_list": MEASURES,
    "metrics.forget_measures": MEASURES,
    "metrics.freeze_wave": MEASURES,
    "metrics.give_up": MEASURES,
    "metrics.giving_up": MEASURES,
    "metrics.import_kinds": MEASURES,
    "metrics.import_measures": MEASURES,
    "metrics.imported": MEASURES,
    "metrics.lock_arms": MEASURES,
    "metrics.lock_plan": MEASURES,
    "metrics.make_wave": MEASURES,
    "metrics.management": BOARD | COORDINATOR | MEASURES,
    "metrics.measures": MEASURES,
    "metrics.name_beacon": MEASURES,
    "metrics.name_columns": MEASURES,
    "metrics.new_comparison": MEASURES,
    "metrics.new_design": MEASURES,
    "metrics.new_secondary": MEASURES,
    "metrics.new_study": MEASURES,
    "metrics.new_wave": MEASURES,
    "metrics.new_wordings": COORDINATOR | MEASURES,
    "metrics.pack_template": MEASURES,
    "metrics.picture": MEASURES,
    "metrics.plan_file": MEASURES,
    "metrics.plan_part": MEASURES,
    "metrics.plan_version": MEASURES,
    "metrics.public_draw": PUBLIC,
    "metrics.register_loaded": MEASURES,
    "metrics.registers": MEASURES,
    "metrics.release_wave": MEASURES,
    "metrics.remove_secondary": MEASURES,
    "metrics.run": MEASURES,
    "metrics.run_picture": MEASURES,
    "metrics.send": VOTER,
    "metrics.send_measures": MEASURES,
    "metrics.sets": MEASURES,
    "metrics.stamp": VOTER,
    "metrics.start_run": MEASURES,
    "metrics.studies": MEASURES,
    "metrics.study": MEASURES,
    "metrics.survey": VOTER,
    "metrics.survey_poster": COORDINATOR,
    "metrics.take_columns": MEASURES,
    "metrics.take_wordings": COORDINATOR | MEASURES,
    "metrics.throw_away_design": MEASURES,
    "metrics.trust_surveys": COORDINATOR,
    "metrics.upload_arms": MEASURES,
    "metrics.wave": MEASURES,
    "metrics.waves": MEASURES,
    "metrics.who_can_see_a_survey": PUBLIC,
    "metrics.wordings": COORDINATOR | MEASURES,
    "metrics.wordings_template": COORDINATOR | MEASURES,
    "metrics.write_plan_part": MEASURES,
}

OWN, OTHER = "RZA", "RZB"
OF_ONE_TRUST = ("coordinator", "returning officer", "board secretary", "trustee", "teller", "voter")
OF_THE_PROGRAMME = ("programme admin", "evaluator", "auditor")
VISITORS = [
    ("visitor", None),
    *((kind, None) for kind in OF_THE_PROGRAMME),
    *((kind, trust) for kind in OF_ONE_TRUST for trust in (OWN, OTHER)),
]
SHUT = (
    "Sign in to see this page.",
    "You are signed in to vote. This page is for people who run the pilot.",
    "This page belongs to another trust.",
    "This page is for staff who signed in with a voting code.",
    "You need the role of ",
    "Nobody has been given access to this page.",
)
"""How the door itself refuses. What lies behind it may refuse too, in other words."""


def may_pass(kind, trust, name, path):
    """The rule: public doors are open; the others to whom they name, and a page of a trust in that trust only."""
    named = WHO_MAY[name]
    if named == PUBLIC:
        return True
    if kind not in named:
        return False
    return kind in OF_THE_PROGRAMME or "{trust:" not in path or trust == OWN


def address(path):
    """A path with its parts made up; the trust is always OWN."""
    return re.sub(r"\{(\w+):(\w+)\}", lambda m: OWN if m[1] == "trust" else "1" if m[2] == "int" else "x", path)


async def test_the_table_names_every_route_and_no_other(client):
    assert sorted(WHO_MAY) == sorted({handler.name for handler in handlers(client.app)})
    everybody = {*OF_ONE_TRUST, *OF_THE_PROGRAMME, "public"}
    assert set().union(*WHO_MAY.values()) == everybody == {*map(str, Role), "voter", "public"}


@pytest.mark.parametrize(("kind", "trust"), VISITORS, ids=lambda part: str(part).replace(" ", "-"))
async def test_nobody_passes_a_door_that_is_not_theirs(client, kind, trust):
    person = (await two_trusts(client)).get(trust)
    await signed_in(client, kind, trust, person)
    walked = set()
    for handler in handlers(client.app):
        for path in sorted(handler.paths):
            for method in sorted(handler.http_methods):
                answer = await client.request(method, address(path), follow_redirects=False)
                shut = answer.status_code == 403 and any(words in said(answer) for words in SHUT)
                where = f"{method} {path} for {kind} of {trust}: {answer.status_code}"
                assert shut is not may_pass(kind, trust, handler.name, path), where
                assert answer.status_code < 500, where
                walked.add(handler.name)
                if method == "POST" and WHO_MAY[handler.name] == PUBLIC:  # signing out is one of the doors
                    await signed_in(client, kind, trust, person)
    assert walked == set(WHO_MAY)


def said(answer):
    return answer.text.replace("&#39;", "'")


async def signed_in(client, kind, trust, person):
    """Sign in as such a visitor; a visitor is not signed in."""
    if kind == "voter":
        await sign_in_voter(client, person)
    elif kind != "visitor":
        await sign_in(client, kind, trust=trust)


async def two_trusts(client):
    """A programme of two trusts with a staff roll each; the id of a person in each."""
    async with client.app.state.store.writing() as session:
        for code in (OWN, OTHER):
            await a_trust(session, code)
        return {code: await a_person(session, code) for code in (OWN, OTHER)}
