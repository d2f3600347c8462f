"""The evaluator's pages for files of known layouts: each kind good, bad and empty, and clicked twice."""

import html
import re

import pytest
from sqlalchemy import func, select

from pilot.metrics.layouts import LAYOUTS
from pilot.metrics.tables import (
    ImportRow,
    ListedTrustRow,
    ObservationRow,
    RatingRow,
    RegisterFileRow,
    StagedRow,
    SuccessionRow,
)
from pilot.metrics.workbook import LARGEST
from pilot.people.roles import Role
from pilot.web.forms import TAKES_A_FILE
from tests.builders.metrics import MONTHLY, a_locked_study, a_plan, programme_trusts
from tests.builders.publishers import (
    ACUTE,
    PULSE,
    RATINGS,
    SUCCESSORS,
    a_benchmark,
    a_movement_line,
    a_small_benchmark,
    a_trust_list,
    a_workforce_file,
)
from tests.signing_in import sign_in

WORDS = {"trusts": "programme", "vintage": "March 2025", "source": "NHS England"}

FIGURES = {"benchmark": a_small_benchmark(), "pulse": PULSE, "workforce": a_workforce_file()}
LISTS = {"ratings": RATINGS, "trusts": a_trust_list(), "successors": SUCCESSORS}
BAD = {
    "benchmark": (
        a_benchmark({ACUTE: {"X00": [70, 9]}}),
        f"Sheet “{ACUTE}”, line 2: “PP1_2024” of X00 must be from 0 to 10",
    ),
    "pulse": (PULSE.replace(b"6.8", b"68"), "Line 2: “engagement” must be from 0 to 10, but is “68”."),
    "workforce": (
        a_workforce_file(a_movement_line(joiners=9)),
        "Line 2: 100 at the start + 9 joiners − 3 leavers = 106",
    ),
    "ratings": (RATINGS.replace(b"Good", b"Fair"), "Line 2: “Fair” is not a rating."),
    "trusts": (a_trust_list(("X00", "soon", ""), ("X01", "20100401", "")), "Line 1: “soon” is not a day"),
    "successors": (SUCCESSORS.replace(b"X03,X00", b"X00,X00"), "Line 2: X00 cannot become itself."),
}
TABLES = (StagedRow, ImportRow, ObservationRow, RegisterFileRow, RatingRow, ListedTrustRow, SuccessionRow)


@pytest.fixture
async def evaluator(client):
    """Signed in as an evaluator of a programme with the trusts X00, X01 and X02, whose plan is locked."""
    async with client.app.state.store.writing() as session:
        await programme_trusts(session, sets=1)
        await a_locked_study(session, a_plan(MONTHLY))
    await sign_in(client, Role.EVALUATOR)
    return client


async def send(client, kind, content, **changes):
    name = "figures.xlsx" if kind == "benchmark" else "figures.csv"
    return await client.post(f"/measures/import?kind={kind}", data=WORDS | changes, files={"file": (name, content)})


async def counts(client):
    async with client.app.state.store.reading() as session:
        return [await session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def errors(response):
    """The sentences of the error summary."""
    found = re.search(r"nhsuk-error-summary__list.*?</ul>", response.text, re.DOTALL)
    return [html.unescape(text) for text in re.findall(r'<a href="#[^"]*">(.*?)</a>', found[0])] if found else []


def text(response):
    """What stands on the page, without its marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


async def test_every_kind_of_file_is_offered_and_has_a_form(evaluator):
    page = await evaluator.get("/measures/import")
    assert "What kind of file is it?" in page.text
    offered = re.findall(r'href="(/measures/import/file\?kind=(\w+))"', page.text)
    assert [kind for _, kind in offered] == list(LAYOUTS)
    for address, kind in offered:
        form = await evaluator.get(address)
        assert html.unescape(form.text).count(LAYOUTS[kind].name) >= 2
        assert ("Which trusts is the file about?" in form.text) == (not LAYOUTS[kind].is_register)
        assert ("Where do the figures come from?" in form.text) == LAYOUTS[kind].is_named
        assert ("Trusts that were merged" in form.text) == LAYOUTS[kind].joins


async def test_a_kind_that_does_not_exist_is_not_found(evaluator):
    assert (await evaluator.get("/measures/import/file?kind=pictures")).status_code == 404
    assert (await send(evaluator, "pictures", b"x")).status_code == 404


@pytest.mark.parametrize("kind", FIGURES)
async def test_figures_go_straight_to_the_check_page_and_are_stored_once(evaluator, kind):
    check = await send(evaluator, kind, FIGURES[kind])
    assert check.status_code == 200, errors(check)
    assert check.url.path.endswith("/check")
    assert "Check the measures" in check.text
    assert "The totals add up." in check.text
    assert "Nothing is stored yet" in check.text
    assert (await counts(evaluator))[:3] == [1, 0, 0]
    path = check.url.path.removesuffix("/check")
    done = await evaluator.post(f"{path}/confirm")
    assert "Measures imported" in done.text
    stored = await counts(evaluator)
    assert stored[0] == 0
    assert stored[1] == 1
    again = await evaluator.post(f"{path}/confirm")
    assert again.status_code == 404
    assert await counts(evaluator) == stored
    assert (await evaluator.get(path)).status_code == 404, "its columns are not to be named"


@pytest.mark.parametrize("kind", LISTS)
async def test_lists_go_straight_to_the_check_page_and_are_stored_once(evaluator, kind):
    check = await send(evaluator, kind, LISTS[kind])
    assert check.status_code == 200, errors(check)
    assert "Check the list" in check.text
    assert "The totals add up." in check.text
    assert sum((await counts(evaluator))[1:]) == 0
    path = check.url.path.removesuffix("/check")
    done = await evaluator.post(f"{path}/confirm")
    assert done.url.path == "/measures/registers/1"
    assert "List loaded" in done.text
    stored = await counts(evaluator)
    assert (await evaluator.post(f"{path}/confirm")).status_code == 404
    assert await counts(evaluator) == stored
    listed = await evaluator.get("/measures/registers")
    assert 'href="/measures/registers/1"' in listed.text
    assert html.escape(LAYOUTS[kind].name, quote=False) in listed.text


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_file_is_refused_with_its_places_and_nothing_is_kept(evaluator, kind):
    content, said = BAD[kind]
    answer = await send(evaluator, kind, content)
    assert answer.status_code == 422
    assert any(sentence.startswith(said) for sentence in errors(answer)), errors(answer)
    assert "so nothing was stored" in answer.text
    assert 'id="problem-1"' in answer.text, "the summary leads to the problem"
    assert "NHS England" in answer.text, "what was typed stays"
    assert sum(await counts(evaluator)) == 0


@pytest.mark.parametrize("kind", [kind for kind in LAYOUTS if kind != "columns"])
async def test_an_empty_form_and_an_empty_file_are_told_apart(evaluator, kind):
    nothing = await evaluator.post(f"/measures/import?kind={kind}", data={"vintage": ""})
    assert nothing.status_code == 422
    missing = errors(nothing)
    assert missing[0].startswith("Select a file with")
    assert len(missing) == (3 if LAYOUTS[kind].is_register else 4)
    empty = await send(evaluator, kind, b"")
    assert errors(empty) == ["The file is empty."]
    assert sum(await counts(evaluator)) == 0


async def test_a_csv_file_sent_as_a_workbook_and_the_reverse_are_refused(evaluator):
    assert errors(await send(evaluator, "benchmark", PULSE)) == ["This is not an Excel workbook (.xlsx)."]
    assert "This is an Excel workbook" in errors(await send(evaluator, "pulse", a_small_benchmark()))[0]
    assert sum(await counts(evaluator)) == 0


async def test_a_workbook_that_is_too_large_is_refused_in_a_sentence(evaluator):
    inside = await send(evaluator, "benchmark", b"x" * (LARGEST + 1))
    assert errors(inside) == ["This workbook is larger than 10 MB. Save it with fewer sheets."]
    assert TAKES_A_FILE["request_max_body_size"] > LARGEST
    beyond = await send(evaluator, "benchmark", b"x" * 13 * 1024**2)
    assert beyond.status_code == 413
    assert "That file is too large." in beyond.text
    assert sum(await counts(evaluator)) == 0


async def test_the_check_page_tells_what_is_left_out_and_every_total_adds_up(evaluator):
    await confirmed(evaluator, "trusts", a_trust_list(("X00", "20100401", ""), ("X02", "20100401", "20250331")))
    columns = ["PP1_2024", "PP1_n_2024", "q13a_2023"]
    content = a_benchmark(
        {ACUTE: {"X00": [7, 90, 0.1], "X01": ["*", None, 0.1], "X02": [6, 50, 0.1], "X77": [5, 9, 0.1]}}, columns
    )
    page = text(await send(evaluator, "benchmark", content))
    assert "8 = 2 numbers + 1 missing + 4 collected wrongly in 2023 + 1 of trusts outside the programme" in page
    assert "Left out, since the answers were collected wrongly: q13a of 2023." in page
    assert "The file also tells of 1 trust outside the programme." in page
    assert "X01 is not on the list of trusts. Check the codes." in page
    assert "Closed according to the list of trusts: X02 (31 March 2025)." in page
    assert "Store 2 values" in page


async def confirmed(client, kind, content, **changes):
    check = await send(client, kind, content, **changes)
    assert check.status_code == 200, errors(check)
    return await client.post(f"{check.url.path.removesuffix('/check')}/confirm")


async def test_the_history_of_merged_trusts_is_joined_when_the_box_is_ticked(evaluator):
    await confirmed(evaluator, "successors", SUCCESSORS)
    columns = ["PP1_2023", "PP1_n_2023", "PP1_2024", "PP1_n_2024"]
    content = a_benchmark({ACUTE: {"X00": [None, None, 7, 90], "X03": [6, 9, "", ""], "X04": [6, 9, "", ""]}}, columns)
    plain = text(await send(evaluator, "benchmark", content))
    assert "X00 took the place of X03 and X04 on 1 October 2024 and has no history before it." in plain
    joined = text(await send(evaluator, "benchmark", content, joined="yes"))
    assert "It is given 1 value of their history, weighted by their answers." in joined
    done = await confirmed(evaluator, "benchmark", content, joined="yes")
    assert "weighted by their answers" in done.text, "the note stays with the import"


async def test_another_vintage_of_the_workbook_is_refused_in_words(evaluator):
    await confirmed(evaluator, "benchmark", a_small_benchmark())
    answer = await send(evaluator, "benchmark", a_benchmark({ACUTE: {"X00": [7, 90]}}), vintage="March 2026")
    assert answer.status_code == 422
    assert "must not be mixed" in answer.text


async def test_the_page_of_a_set_says_what_its_measures_mean(evaluator):
    await confirmed(evaluator, "benchmark", a_small_benchmark())
    page = text(await evaluator.get("/measures/1"))
    assert (
        "Staff engagement. The mean of motivation, involvement and advocacy. In points from 0 to 10; higher is better."
        in page
    )
    assert "its wording is not shown here" not in page, "items are named by their code alone"


async def test_a_list_can_be_thrown_away(evaluator):
    check = await send(evaluator, "ratings", RATINGS)
    gone = await evaluator.post(f"{check.url.path.removesuffix('/check')}/forget")
    assert gone.url.path == "/measures"
    assert sum(await counts(evaluator)) == 0


async def test_a_list_that_is_not_there_is_not_found(evaluator):
    assert (await evaluator.get("/measures/registers/9")).status_code == 404
    assert "No list was loaded yet." in (await evaluator.get("/measures/registers")).text


async def test_the_real_lists_go_in_by_the_pages(evaluator, reference_data):
    trusts = await confirmed(evaluator, "trusts", (reference_data / "nhs" / "ods_etr.csv").read_bytes())
    assert "210 entries" in trusts.text
    ratings = await confirmed(
        evaluator, "ratings", (reference_data / "nhs" / "trust_covariates_2026-03.csv").read_bytes()
    )
    assert "139 entries" in ratings.text
