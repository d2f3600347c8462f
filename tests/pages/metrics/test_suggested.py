"""A plan begins with what the draw of its trusts suggests, and stores none of it before somebody saves it."""

import html
import re

import pytest
from sqlalchemy import delete, update

from pilot.metrics import queries, service
from pilot.people.roles import Role
from pilot.people.tables import TrustRow
from tests.builders.evaluations import drawn_trusts
from tests.builders.metrics import BY, NOW, a_panel
from tests.signing_in import sign_in


@pytest.fixture
async def study(client):
    await sign_in(client, Role.EVALUATOR)
    async with client.app.state.store.writing() as session:
        await drawn_trusts(session)
        return await service.begin_study(session, "Study", None, by=BY, now=NOW)


async def form(client, study, part):
    """What a part's form begins with, by field, and the words of its page."""
    text = html.unescape((await client.get(f"/studies/{study}/draft/{part}")).text)
    values = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', text))
    return values, re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", text))


async def test_the_smallest_effect_begins_with_the_spread_of_the_draw_and_says_so(client, study):
    values, words = await form(client, study, "size")
    assert (values["pilots"], values["controls"], values["sd_change"]) == ("6", "12", "0.102")
    assert values["source"] == "made up, as entered for the draw “Pilots of 2027”"
    assert "Suggested from the draw Pilots of 2027: 6 pilots and 12 controls in 6 matched sets." in words
    assert "6 pilots and 12 controls would find an effect on engagement of 0.152 or more" in words
    assert "Nothing of it is in the plan before you save this part." in words
    _, words = await form(client, study, "comparing")
    assert "Suggested from the draw" in words
    _, words = await form(client, study, "question")
    assert "6 matched sets, drawn by lot among 21 eligible trusts (“Pilots of 2027”)." in words
    assert "Suggested" not in (await form(client, study, "stopping"))[1]


async def test_nothing_is_stored_before_it_is_saved_and_then_nothing_is_suggested(client, study):
    values, _ = await form(client, study, "size")
    async with client.app.state.store.reading() as session:
        assert (await queries.study(session, study)).draft.plan.size.sd_change == 0
    saved = await client.post(f"/studies/{study}/draft/size", data={**values, "sd_change": "0.2"})
    assert saved.status_code == 200
    values, words = await form(client, study, "size")
    assert values["sd_change"] == "0.2"
    assert "Suggested" not in words


async def test_arms_from_elsewhere_have_no_draw_that_could_suggest_anything(client, study):
    async with client.app.state.store.writing() as session:
        await session.execute(update(TrustRow).where(TrustRow.ods_code == "X00").values(matched_set="other"))
    values, words = await form(client, study, "size")
    assert (values["pilots"], values["sd_change"]) == ("6", "")
    assert "Suggested" not in words


async def test_before_the_arms_are_uploaded_the_newest_draw_suggests(client, study):
    async with client.app.state.store.writing() as session:
        await session.execute(delete(TrustRow))
    assert (await form(client, study, "size"))[0]["sd_change"] == "0.102"


async def test_a_study_of_other_trusts_has_nothing_to_do_with_the_draw(client, study):
    async with client.app.state.store.writing() as session:
        await a_panel(session)
        dataset = await queries.dataset_called(session, "Other trusts")
        other = await service.begin_study(session, "Others", dataset.id, by=BY, now=NOW)
    assert "Suggested" not in (await form(client, other, "size"))[1]
