"""The evaluator's pages, from a file to a downloaded comparison."""

import asyncio
import csv
import html
import io
import re

import pytest
from sqlalchemy import func, select

from pilot.audit.tables import EventRow
from pilot.metrics import queries
from pilot.metrics.measures import PROGRAMME
from pilot.metrics.registration import Outcome, Span
from pilot.metrics.tables import ComparisonRow, ImportRow, ObservationRow, StagedRow
from pilot.people.roles import Role
from tests.builders.metrics import a_locked_study, a_plan, a_wide_file, arms_file, code, programme_trusts
from tests.signing_in import sign_in

WORDS = {"trusts": "other", "dataset": "Other trusts", "instrument": "Other measures", "vintage": "2020", "source": "x"}


async def send(client, content, **changes):
    """Send a file; the answer and, when it was taken, the address of its columns."""
    return await client.post(
        "/measures/import", data=WORDS | changes, files={"file": ("measures.csv", content, "text/csv")}
    )


async def take(client, content, **changes):
    """All three steps, with the columns as guessed."""
    columns = await send(client, content, **changes)
    assert columns.status_code == 200, columns.text
    roles = re.findall(r'<option value="([a-z-]+)" selected>', columns.text)
    path = columns.url.path
    check = await client.post(path, data={"role": roles})
    assert check.url.path == f"{path}/check", check.text
    return check, await client.post(f"{path}/confirm")


async def count(client, table):
    async with client.app.state.store.reading() as session:
        return await session.scalar(select(func.count()).select_from(table))


async def measure_called(client, outcome):
    async with client.app.state.store.reading() as session:
        return next(m for m in await queries.measures(session) if m.outcome == outcome)


def errors(response):
    """The sentences of the error summary."""
    found = re.search(r"nhsuk-error-summary__list.*?</ul>", response.text, re.DOTALL)
    return [html.unescape(text) for text in re.findall(r'<a href="#[^"]*">(.*?)</a>', found[0])] if found else []


async def test_a_file_goes_from_upload_to_a_downloaded_comparison(client):
    await sign_in(client, Role.EVALUATOR)
    check, done = await take(client, a_wide_file())
    assert "90 rows × 1 measure = 90 values. The totals add up." in check.text
    assert "90 = 90 numbers + 0 missing" in check.text
    assert "Measures imported" in done.text
    assert await count(client, StagedRow) == 0
    measure = await measure_called(client, "morale")
    arms = await client.post(f"/measures/{measure.dataset_id}/arms", files={"file": ("arms.csv", arms_file())})
    assert "6 pilots and 12 controls." in arms.text
    form = await client.get(f"/comparisons/new/{measure.id}")
    assert "Exploratory, not randomised." in form.text
    made = await client.post(f"/comparisons/new/{measure.id}", data=chosen(form))
    assert made.url.path == "/comparisons/1", errors(made)
    assert "All of it lies above 0." in made.text
    assert "studentised permutation within 6 matched sets, all 729 allocations" in made.text
    assert "Exploratory, not randomised" in made.text
    assert "tend to do better afterwards by themselves" in made.text
    picture = await client.get("/comparisons/1/trends.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    rows = list(csv.DictReader(io.StringIO((await client.get("/comparisons/1/estimates.csv")).text)))
    assert float(rows[0]["lo"]) < 0.5 < float(rows[0]["hi"])
    assert rows[0]["status"] == "exploratory, not randomised"
    assert rows[0]["n_resp"] == str(sum(300 + n for n in range(18)) * 5)
    for name in ("panel", "trends", "event_study"):
        table = await client.get(f"/comparisons/1/{name}.csv")
        assert table.text.count("exploratory, not randomised") == table.text.count("\n") - 1
    async with client.app.state.store.reading() as session:
        verbs = (await session.scalars(select(EventRow.verb).order_by(EventRow.number))).all()
    assert verbs[-5:] == ["comparison made", *["comparison downloaded"] * 4]
    listed = await client.get("/comparisons")
    assert "morale, comparison 1" in listed.text


def chosen(form):
    """What the form would send as it stands."""
    fields = dict(re.findall(r'<select[^>]*name="(\w+)".*?<option value="([^"]+)" selected>', form.text, re.DOTALL))
    return fields | {"missing": "complete", "test": "permutation"}


async def test_an_empty_form_names_every_field_at_once(client):
    await sign_in(client, Role.EVALUATOR)
    answer = await client.post("/measures/import", data={"dataset": ""})
    assert answer.status_code == 422
    assert errors(answer) == [
        "Select a CSV file with measures",
        "Select which trusts the file is about",
        "Select where the figures come from",
        "Enter when these figures were published, like March 2026",
        "Enter who published these figures",
    ]


async def test_a_set_of_other_trusts_needs_a_name_and_what_was_typed_stays(client):
    await sign_in(client, Role.EVALUATOR)
    answer = await send(client, a_wide_file(), dataset="", source="The Publisher")
    assert answer.status_code == 422
    assert errors(answer) == ["Enter a name for this set of trusts"]
    assert "The Publisher" in answer.text
    taken = await send(client, a_wide_file(), dataset=PROGRAMME, instrument="my own")
    assert errors(taken) == [
        "Select where the figures come from",
        "“Programme trusts” is the name of the programme’s own trusts. Enter another name",
    ]
    assert await count(client, StagedRow) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (
            b"PK\x03\x04",
            "This is an Excel workbook. In Excel, choose Save as and then CSV UTF-8, and upload that file.",
        ),
    ],
)
async def test_a_file_that_is_no_csv_is_refused(client, content, said):
    await sign_in(client, Role.EVALUATOR)
    answer = await send(client, content)
    assert answer.status_code == 422
    assert errors(answer) == [said]


async def test_every_problem_of_a_file_is_named_by_its_line_and_nothing_is_stored(client):
    await sign_in(client, Role.EVALUATOR)
    columns = await send(client, b"code,year,n,morale\nRAA,2019,ten,6\nRAA,2020,10,6\nTotal,2020,10,x\n")
    answer = await client.post(columns.url.path, data={"role": ["trust", "period", "answers", "score"]})
    assert answer.status_code == 422
    assert errors(answer) == [
        "Line 2: the number of answers must be a whole number, 0 or more, but is “ten”.",
        "Line 4: “Total” looks like a row of totals. Remove this line.",
        "Line 4: “morale” is not a number: “x”.",
    ]
    assert "The file has 3 problems, so nothing was stored." in answer.text
    assert re.search(r'<option value="answers" selected>', answer.text), "the chosen columns stay"
    assert await count(client, ObservationRow) == 0
    confirm = await client.post(f"{columns.url.path}/confirm")
    assert confirm.status_code == 422
    assert await count(client, ImportRow) == 0


async def test_a_file_can_be_thrown_away(client):
    await sign_in(client, Role.EVALUATOR)
    columns = await send(client, a_wide_file())
    gone = await client.post(f"{columns.url.path}/forget")
    assert gone.url.path == "/measures"
    assert await count(client, StagedRow) == 0
    assert (await client.get(columns.url.path)).status_code == 404


async def test_wrong_arms_are_refused_in_the_error_summary(client):
    await sign_in(client, Role.EVALUATOR)
    await take(client, a_wide_file())
    measure = await measure_called(client, "morale")
    answer = await client.post(
        f"/measures/{measure.dataset_id}/arms", files={"file": ("a.csv", b"ods_code,arm\nRAA,x\n")}
    )
    assert answer.status_code == 422
    assert errors(answer) == ["Line 2: arm must be pilot or control, but is “x”."]


async def test_periods_the_wrong_way_round_are_refused_and_nothing_is_kept(client):
    await sign_in(client, Role.EVALUATOR)
    await take(client, a_wide_file())
    measure = await measure_called(client, "morale")
    await client.post(f"/measures/{measure.dataset_id}/arms", files={"file": ("arms.csv", arms_file())})
    wrong = {"before_from": "2014", "before_to": "2013", "after_from": "2015", "after_to": "2017"}
    answer = await client.post(
        f"/comparisons/new/{measure.id}", data=wrong | {"missing": "complete", "test": "permutation"}
    )
    assert answer.status_code == 422
    assert errors(answer) == ["Choose at least one period before the start, and the last no earlier than the first"]
    assert await count(client, ComparisonRow) == 0


async def test_four_pilots_are_told_that_there_is_no_confirmatory_inference(client):
    await sign_in(client, Role.PROGRAMME_ADMIN)
    async with client.app.state.store.writing() as session:
        await programme_trusts(session, sets=4)
        years = Outcome("Other measures", "morale", Span("2023", "2025"), Span("2026", "2027"))
        await a_locked_study(session, a_plan(years))
    years = tuple(range(2023, 2028))
    await take(client, a_wide_file(4, years=years), trusts="programme", dataset="")
    measure = await measure_called(client, "morale")
    form = await client.get(f"/comparisons/new/{measure.id}")
    made = await client.post(f"/comparisons/new/{measure.id}", data=chosen(form))
    assert "Fewer than five pilot trusts: no confirmatory inference." in made.text
    assert "interval is from" not in made.text
    rows = list(csv.DictReader(io.StringIO((await client.get("/comparisons/1/estimates.csv")).text)))
    assert rows[0]["p_perm"] == rows[0]["lo"] == ""
    assert "no confirmatory inference" in rows[0]["status"]


async def arms_given(client):
    """The address of the form of a comparison of other trusts, and what it would send as it stands."""
    await sign_in(client, Role.EVALUATOR)
    await take(client, a_wide_file())
    measure = await measure_called(client, "morale")
    await client.post(f"/measures/{measure.dataset_id}/arms", files={"file": ("arms.csv", arms_file())})
    path = f"/comparisons/new/{measure.id}"
    form = await client.get(path)
    assert "This takes a few seconds." in form.text
    return path, chosen(form)


async def test_a_form_that_is_sent_twice_at_once_makes_one_comparison(client, asked_anew):
    path, sent = await arms_given(client)
    found = await asyncio.gather(*(client.post(path, data=sent) for _ in range(3)))
    assert [one.url.path for one in found] == ["/comparisons/1"] * 3
    assert await count(client, ComparisonRow) == 1
    async with client.app.state.store.reading() as session:
        verbs = (await session.scalars(select(EventRow.verb))).all()
    assert verbs.count("comparison made") == 1
    again = await client.post(path, data=sent)
    assert again.url.path == "/comparisons/2", "one that is asked for later is another one"


async def test_another_question_at_the_same_time_is_refused_and_what_is_wrong_is_said_to_each(client, asked_anew):
    path, sent = await arms_given(client)
    first, other = await asyncio.gather(
        client.post(path, data=sent), client.post(path, data=sent | {"test": "cluster"})
    )
    assert first.url.path == "/comparisons/1"
    assert errors(other) == ["Another comparison is being made. Try again in a minute"]
    wrong = sent | {"before_from": sent["after_from"], "before_to": sent["after_from"]}
    refused = await asyncio.gather(*(client.post(path, data=wrong) for _ in range(2)))
    assert [one.status_code for one in refused] == [422, 422]
    assert (
        errors(refused[0]) == errors(refused[1]) == ["The periods after the start must come later than those before it"]
    )
    assert await count(client, ComparisonRow) == 1


async def test_a_comparison_that_is_not_there_is_not_found(client):
    await sign_in(client, Role.EVALUATOR)
    for path in (
        "/comparisons/9",
        "/comparisons/9/estimates.csv",
        "/comparisons/9/secret.csv",
        "/measures/9",
        "/comparisons/new/9",
        f"/comparisons/{10**30}",
        f"/measures/{2**31}",
    ):
        assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.AUDITOR, Role.RETURNING_OFFICER])
async def test_nobody_else_sees_measures(client, role):
    async with client.app.state.store.writing() as session:
        await programme_trusts(session, sets=1)
    await sign_in(client, role, trust=code(0))
    for path in ("/measures", "/measures/import", "/comparisons", "/comparisons/1/panel.csv"):
        assert (await client.get(path)).status_code == 403


async def test_card_and_krueger_by_page(client, reference_data):
    """The published difference of 2.75 jobs comes out of the pages too, stores standing in for trusts."""
    await sign_in(client, Role.EVALUATOR)
    values, arms = ["code,month,fte"], {}
    with (reference_data / "evaluation" / "card_krueger" / "long.csv").open() as file:
        for row in csv.DictReader(file):
            store = f"S{row['SHEET']:0>3}{row['STATE']}"
            values.append(f"{store},{'1992-02' if row['post'] == '0' else '1992-11'},{row['y']}")
            arms[store] = "pilot,1992-04" if row["STATE"] == "1" else "control,"
    await take(client, "\n".join(values).encode())
    measure = await measure_called(client, "fte")
    lines = "\n".join(["ods_code,arm,start", *(f"{store},{arm}" for store, arm in arms.items())])
    await client.post(f"/measures/{measure.dataset_id}/arms", files={"file": ("arms.csv", lines.encode())})
    form = await client.get(f"/comparisons/new/{measure.id}")
    for number, (missing, att) in enumerate((("complete", 2.75), ("available", 2.753606)), 1):
        made = await client.post(f"/comparisons/new/{measure.id}", data=chosen(form) | {"missing": missing})
        assert made.url.path == f"/comparisons/{number}", errors(made)
        rows = list(csv.DictReader(io.StringIO((await client.get(f"/comparisons/{number}/estimates.csv")).text)))
        assert float(rows[0]["att"]) == pytest.approx(att, abs=1e-6)


async def test_the_real_staff_survey_panel_goes_in_by_the_pages(client, reference_data):
    """1,084 trust-years; the 30 worst trusts of 2014 as “pilots” improve without any pilot: regression to the mean."""
    await sign_in(client, Role.EVALUATOR)
    content = (reference_data / "nhs" / "nss_trust_panel_2012_2019.csv").read_bytes()
    check, done = await take(client, content, instrument="NHS Staff Survey")
    assert "Measures imported" in done.text
    assert ">1,084<" in check.text
    assert ">146<" in check.text
    measure = await measure_called(client, "Engagement.Index")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    levels = {
        r["Code"]: float(r["Engagement.Index"])
        for r in rows
        if r["Year.Index"] == "2014" and r["Engagement.Index"] != "NA"
    }
    worst = sorted(levels, key=levels.__getitem__)[:30]
    lines = "\n".join(["ods_code,arm,start", *(f"{t},{'pilot,2015' if t in worst else 'control,'}" for t in levels)])
    await client.post(f"/measures/{measure.dataset_id}/arms", files={"file": ("arms.csv", lines.encode())})
    form = await client.get(f"/comparisons/new/{measure.id}")
    made = await client.post(f"/comparisons/new/{measure.id}", data=chosen(form))
    assert "Exploratory, not randomised" in made.text, errors(made)
    assert "left out: a value is missing" in made.text
