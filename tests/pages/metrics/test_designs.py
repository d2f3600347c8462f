"""The pages of a design, from a list of trusts to a draw that everybody can redo."""

import csv
import hashlib
import html
import io
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from pilot.audit.tables import EventRow
from pilot.metrics import lottery, redrawing
from pilot.metrics.tables.designs import DesignRow
from pilot.people.roles import Role
from tests.builders.designs import (
    BEACON,
    ON_THE_DAY,
    a_draft,
    a_drawn,
    a_fixed,
    a_matched,
    a_trusts_file,
    an_announced,
)
from tests.signing_in import sign_in, sign_out

BEACON_FORM = {
    "beacon_source": "The Lotto draw of 5 March 2027",
    "parts": "6",
    "known_on-day": "5",
    "known_on-month": "3",
    "known_on-year": "2027",
    "starts_on-day": "1",
    "starts_on-month": "9",
    "starts_on-year": "2027",
}
SETS_FORM = {"pilots": "1", "controls": "2", "sd": "0.102", "source": "acute trusts"}


def errors(response):
    """The sentences of the error summary."""
    found = re.search(r"nhsuk-error-summary__list.*?</ul>", response.text, re.DOTALL)
    return [html.unescape(text) for text in re.findall(r'<a href="#[^"]*">(.*?)</a>', found[0])] if found else []


async def begin(client, content=None, **changes):
    words = {"title": "Pilots of 2027", "baseline": "engagement"} | changes
    file = a_trusts_file() if content is None else content
    return await client.post("/designs/new", data=words, files={"file": ("trusts.csv", file, "text/csv")})


async def made(client, make, content=None):
    """A design at one of its steps."""
    async with client.app.state.store.writing() as session:
        return await make(session, content)


async def count(client, table):
    async with client.app.state.store.reading() as session:
        return await session.scalar(select(func.count()).select_from(table))


async def test_an_admin_goes_from_a_list_to_pilots_that_everybody_can_check(client, clock):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    check = await begin(client)
    assert check.url.path == "/designs/1/list", errors(check)
    assert "trusts.csv has 13 trusts" in check.text
    fixed = await client.post("/designs/1/list", data={})
    assert "12 trusts can be drawn" in fixed.text
    assert "It has no baseline level" in fixed.text
    sets = await client.post("/designs/1/sets", data=SETS_FORM)
    assert sets.url.path == "/designs/1", errors(sets)
    assert "4 sets of 3 trusts of one type: 1 pilot and 2 controls in each." in sets.text
    assert "With fewer than five pilots no interval and no p-value will be given at all." in sets.text
    for picture in ("typical", "power"):
        assert "<svg" in (await client.get(f"/designs/1/{picture}.svg")).text
    assert (await client.get("/draws/1")).status_code == 404
    named = await client.post("/designs/1/beacon", data=BEACON_FORM)
    assert "It becomes known on 5 March 2027." in named.text, errors(named)
    assert "Enter the beacon and draw" not in named.text
    clock.at(ON_THE_DAY)
    assert "Enter the beacon and draw" in (await client.get("/designs/1")).text
    drawn = await client.post("/designs/1/draw", data={"beacon": f" {BEACON} ", "again": BEACON})
    assert "The pilots are drawn" in drawn.text, errors(drawn)
    locked = await client.post("/designs/1/lock")
    assert "the arms are locked since the baseline opened" in locked.text
    sign_out(client)
    await everybody_can_redo(client)


async def everybody_can_redo(client):
    """What a visitor sees and can download of the draw, with sha256 alone."""
    public = await client.get("/draws/1")
    assert "4 pilots were drawn from 4 sets of 3 trusts that are alike on 5 March 2027." in public.text
    listed = (await client.get("/draws/1/eligible.json")).content
    fingerprint = hashlib.sha256(listed).hexdigest()
    seed = hashlib.sha256(f"{fingerprint} {BEACON}".encode()).hexdigest()
    assert public.text.count(fingerprint) == 2
    assert seed in public.text
    document = lottery.read((await client.get("/draws/1/lottery.json")).content)
    assert redrawing.passed(redrawing.verify(document))
    arms = list(csv.DictReader(io.StringIO((await client.get("/draws/1/allocation.csv")).text)))
    for one in document.sets:
        first = min(one.trusts, key=lambda code: hashlib.sha256(f"{seed} {one.name} {code}".encode()).hexdigest())
        assert [row["ods_code"] for row in arms if row["matched_set"] == one.name and row["arm"] == "pilot"] == [first]
    assert len(arms) == 12
    balance = list(csv.DictReader(io.StringIO((await client.get("/draws/1/balance.csv")).text)))
    assert list(balance[0]) == ["covariate", "mean_pilot", "mean_control", "smd", "variance_ratio", "before_after"]
    assert "<svg" in (await client.get("/draws/1/balance.svg")).text


async def test_the_arms_that_were_drawn_can_be_uploaded_as_the_trusts_of_the_programme(client):
    await made(client, a_drawn)
    await sign_in(client, Role.PROGRAMME_ADMIN)
    arms = (await client.get("/draws/1/allocation.csv")).content
    preview = await client.post("/trusts/import", files={"file": ("arms.csv", arms, "text/csv")})
    assert preview.status_code == 200, errors(preview)
    assert "X00" in preview.text
    assert "problem" not in preview.text.lower()


async def test_an_empty_form_names_every_field_at_once(client):
    await sign_in(client, Role.EVALUATOR)
    assert errors(await client.post("/designs/new", data={})) == [
        "Enter a name for this design", "Enter what the baseline level is", "Select a CSV file with trusts",
    ]  # fmt: skip
    await made(client, a_fixed)
    assert errors(await client.post("/designs/1/sets", data={})) == [
        "Enter how many pilots each set has", "Enter how many controls each set has",
        "Enter how much trusts change by themselves", "Enter where the spread is from",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (
            b"PK\x03\x04",
            "This is an Excel workbook. In Excel, choose Save as and then CSV UTF-8, and upload that file.",
        ),
        (b"name,level\nA,1\n", "Line 1: there is no column for the trust's code."),
        (b"code,name,type\nRAX,,acute\n", "Line 2: the trust has no name."),
        (b"code,name,type\nR!,A,acute\n", "Line 2: “R!” is not a trust code, like RAX."),
        (b"code,name,type,fte\nRAX,A,acute,0\n", "Line 2: the number of staff must be 1 or more, but is 0."),
        (
            b"code,name,type,response rate\nRAX,A,acute,101\n",
            "Line 2: the response rate must be from 0 to 100, but is 101.",
        ),
        (
            b"code,name,type,cqc overall\nRAX,A,acute,Fine\n",
            "Line 2: “Fine” is not a CQC rating: write Inadequate, Requires improvement, Good, Outstanding or nothing.",
        ),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused_with_its_line(client, content, said):
    await sign_in(client, Role.EVALUATOR)
    answer = await begin(client, content)
    assert answer.status_code == 422
    assert said in errors(answer)
    assert "Pilots of 2027" in answer.text, "what was typed stays"
    assert await count(client, DesignRow) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"known_on-day": "1"}, "Enter a day after today: nobody may know the number yet"),
        (
            {"starts_on-month": "3", "starts_on-day": "5"},
            "Enter a day after the draw: the pilots begin when they are known",
        ),
        ({"known_on-day": "31", "known_on-month": "2"}, "Day of the beacon must be a real date, like 27 3 2027"),
        ({"beacon_source": ""}, "Enter which number will be the beacon"),
        ({"parts": ""}, "Enter how many numbers and words the beacon has"),
        ({"parts": "0"}, "Numbers and words must be a whole number from 1 to 40"),
    ],
)
async def test_a_beacon_that_is_not_announced_well_is_refused(client, change, said):
    await sign_in(client, Role.EVALUATOR)
    await made(client, a_matched)
    answer = await client.post("/designs/1/beacon", data=BEACON_FORM | change)
    assert answer.status_code == 422
    assert errors(answer) == [said]
    assert (await client.get("/draws/1")).status_code == 404


async def test_the_beacon_is_typed_twice_and_not_before_its_day(client, clock):
    await sign_in(client, Role.EVALUATOR)
    await made(client, an_announced)
    early = await client.post("/designs/1/draw", data={"beacon": BEACON, "again": BEACON})
    assert early.status_code == 409
    assert "not known before 2027-03-05" in early.text
    clock.at(ON_THE_DAY)
    wrong = await client.post("/designs/1/draw", data={"beacon": BEACON, "again": "3 14 15 27 41 59"})
    assert errors(wrong) == ["Enter the same beacon twice"]
    odd = await client.post("/designs/1/draw", data={"beacon": "£5", "again": "£5"})
    assert errors(odd) == ["The beacon may have letters from A to Z, numbers, spaces and . , : ; / + - only."]
    assert (
        "The pilots will be drawn from 4 sets of 3 trusts that are alike. Nothing is drawn yet."
        in (await client.get("/draws/1")).text
    )


async def test_a_second_click_draws_nothing_twice(client, clock):
    await sign_in(client, Role.EVALUATOR)
    await made(client, an_announced)
    clock.at(ON_THE_DAY)
    form = {"beacon": BEACON, "again": BEACON}
    assert (await client.post("/designs/1/draw", data=form)).status_code == 200
    first = (await client.get("/draws/1/lottery.json")).content
    again = await client.post("/designs/1/draw", data={"beacon": "1 2 3", "again": "1 2 3"})
    assert again.status_code == 409
    assert "This design is drawn, so it cannot be drawn now." in again.text
    assert (await client.get("/draws/1/lottery.json")).content == first


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("list", {}),
        ("sets", SETS_FORM),
        ("beacon", BEACON_FORM),
        ("give-up", {"because": "I do not like it"}),
        ("throw-away", {}),
    ],
)
async def test_nothing_but_the_lock_can_follow_a_draw(client, path, form):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    await made(client, a_drawn)
    before = await count(client, EventRow)
    answer = await client.post(f"/designs/1/{path}", data=form)
    assert answer.status_code in (404, 409)
    assert await count(client, EventRow) == before
    assert "The pilots are drawn" in (await client.get("/designs/1")).text


async def test_a_draft_can_be_thrown_away(client):
    await sign_in(client, Role.EVALUATOR)
    await begin(client)
    gone = await client.post("/designs/1/throw-away")
    assert gone.url.path == "/designs"
    assert "There is no design yet." in gone.text
    assert (await client.get("/designs/1/list")).status_code == 404


async def test_a_draw_that_was_given_up_stays_for_everybody_to_see(client):
    await sign_in(client, Role.EVALUATOR)
    await made(client, an_announced)
    assert errors(await client.post("/designs/1/give-up", data={})) == ["Enter why this design is given up"]
    given_up = await client.post("/designs/1/give-up", data={"because": "Two trusts merged"})
    assert "This design was given up: Two trusts merged" in given_up.text
    sign_out(client)
    listed = (await client.get("/draws")).text
    assert "Given up: Two trusts merged" in listed
    assert "The Lotto draw of 5 March 2027" in listed
    assert "1 March 2027" in listed
    public = await client.get("/draws/1")
    assert "announced and then given up, before anything was drawn: Two trusts merged" in public.text
    assert (await client.get("/draws/1/allocation.csv")).status_code == 404


async def test_every_draw_names_the_others(client):
    await made(client, an_announced)
    await made(client, a_drawn)
    assert "1 other draw was announced" in (await client.get("/draws/2")).text


async def test_what_is_not_there_is_not_found(client):
    await sign_in(client, Role.EVALUATOR)
    await made(client, a_draft)
    for path in (
        "/designs/9", "/designs/9/sets", "/designs/1/secret.svg", "/designs/1/typical.svg", f"/designs/{10**30}",
        "/draws/9", "/draws/1", "/draws/1/lottery.json", "/draws/1/eligible.json",
    ):  # fmt: skip
        assert (await client.get(path)).status_code == 404, path


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.AUDITOR, Role.BOARD_SECRETARY])
async def test_nobody_else_makes_designs(client, role):
    from tests.builders.people import a_trust

    async with client.app.state.store.writing() as session:
        await a_trust(session, "RZA")
    await sign_in(client, role, trust="RZA")
    for path in ("/designs", "/designs/new", "/designs/1", "/designs/1/draw"):
        assert (await client.get(path)).status_code == 403


async def test_the_real_trusts_go_in_as_they_are_and_sets_are_drawn(client, clock, reference_data):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    check = await begin(client, (reference_data / "nhs" / "trust_covariates_2026-03.csv").read_bytes())
    assert "trusts.csv has 150 trusts" in check.text, errors(check)
    assert "theme_engagement" in check.text
    fixed = await client.post("/designs/1/list", data={"types": "Acute trust", "ratings": "Requires improvement"})
    assert "56 trusts can be drawn" in fixed.text
    sets = await client.post("/designs/1/sets", data=SETS_FORM | {"controls": "3", "most": "10"})
    assert "10 sets of 4 trusts of one type: 1 pilot and 3 controls in each." in sets.text, errors(sets)
    assert "0.107" in sets.text, "the published smallest effect of 10 pilots and 30 controls"
    await client.post("/designs/1/beacon", data=BEACON_FORM)
    clock.at(datetime(2027, 3, 6, 9, tzinfo=UTC))
    drawn = await client.post("/designs/1/draw", data={"beacon": BEACON, "again": BEACON})
    assert "The pilots are drawn" in drawn.text, errors(drawn)
    public = (await client.get("/draws/1")).text
    assert "10 pilots were drawn from 10 sets of 4 trusts that are alike on 6 March 2027." in public
    assert "The whole list: 56 trusts with their figures" in public
