"""The same box for a survey: one paper of each person, groups as answers that may be left out, nothing published."""

from collections import Counter

import pytest
from msgspec.structs import replace

from pilot.errors import WrongState
from pilot.secrecy import canonical, filling, manifest, service
from pilot.secrecy.manifest import Option, Question
from tests.builders.secrecy import CLOSES, OPEN, a_box, a_paper, a_plan, voters

SCALE = tuple(Option(str(mark), words) for mark, words in enumerate(("Never", "Sometimes", "Often"), start=1))
GROUPS = (Option("nurse", "Nurses"), Option("porter", "Porters"))
QUESTIONS = (
    Question("My manager asks for my opinion", SCALE, min=0),
    Question("I can make suggestions", SCALE, min=0),
    Question("My staff group", GROUPS, min=0),
)


@pytest.fixture
def people():
    return voters(60)


@pytest.fixture
async def box(session, people):
    return await a_box(session, people, replace(a_plan(QUESTIONS, "RAA-S1"), kind="survey", rule={"name": "survey"}))


async def answer(session, box, v, *answers):
    text = await service.manifest_of(session, box.id)
    filled = a_paper(text, answers)
    signature = await service.stamp(session, box.id, v, filled.blinded, now=OPEN)
    envelope = filling.seal_up(manifest.read(text), box.digest, filled, signature)
    return await service.cast(session, box.id, v, envelope, now=OPEN)


async def test_each_person_has_one_paper_with_the_answers_that_they_want_to_give(session, box, people):
    await answer(session, box, people[0], ["3"], ["2"], ["porter"])
    await answer(session, box, people[1], ["1"], [], [])
    await answer(session, box, people[2], [], [], [])
    await answer(session, box, people[0], ["2"], ["2"], [])
    await service.close(session, box.id, now=CLOSES)
    final = await service.peel(session, box.id)
    assert Counter(final.valid) == {
        (("2",), ("2",), ()): 1,
        (("1",), (), ()): 1,
        ((), (), ()): 1,
    }
    assert (final.stamped, final.envelopes, final.spoilt) == (3, 3, ())


async def test_two_answers_to_one_question_and_unknown_groups_are_spoilt(session, box, people):
    await answer(session, box, people[0], ["1", "2"], [], [])
    await answer(session, box, people[1], [], [], ["consultant"])
    await service.close(session, box.id, now=CLOSES)
    final = await service.peel(session, box.id)
    assert (final.valid, len(final.spoilt)) == ((), 2)


async def test_a_surveys_papers_are_in_no_record_and_only_with_who_scores_them(session, box, people):
    await answer(session, box, people[0], ["3"], ["2"], ["porter"])
    with pytest.raises(WrongState):
        await service.papers_of(session, box.id)
    await service.close(session, box.id, now=CLOSES)
    await service.peel(session, box.id)
    files = await service.record_parts(session, box.id)
    assert "papers.jsonl" not in files
    assert not [name for name, data in files.items() if b"porter" in data and name != "manifest.json"]
    (line,) = (await service.papers_of(session, box.id)).splitlines()
    assert canonical.read(line)["verdict"] == "valid"
    assert manifest.read(files["manifest.json"]).kind == "survey"
