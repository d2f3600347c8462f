"""Who answered, who left, and which trusts are alike: what a study makes of the stored figures, down to its tables."""

import asyncio
import csv
import math
import runpy

import pytest
from msgspec.structs import replace

from pilot.metrics import bundle, queries, service
from pilot.metrics.kernel import study as kernel
from pilot.metrics.registration import Outcome, Sensitivity, Span
from pilot.metrics.respondents import RATE
from pilot.metrics.service import contents, runs
from tests.builders.downloads import unpack
from tests.builders.metrics import (
    BY,
    MONTHLY,
    NOW,
    SETTINGS,
    a_file,
    a_locked_study,
    a_panel,
    a_plan,
    a_workforce_file,
    code,
    programme_trusts,
    rates_file,
)

RESPONSE = Sensitivity(("response",), ())
RATES = Outcome("Other measures", RATE, Span("2013", "2014"), Span("2015", "2017"))


async def worked_out(session, study):
    """What the worker finds, and the tables of the download as rows by column; nothing is drawn."""
    run = await runs.start(session, study, SETTINGS, by=BY, now=NOW)
    prepared = await runs.prepare(session, run)
    found = kernel.work_out(prepared.order, lambda _: None)
    tables = {
        table.name: [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        for table in contents.of(prepared, found, NOW, {}).tables
    }
    return prepared, found.outcomes, tables


async def worked_again(session, study, folder, capsys):
    """What the program in the download of a study says, and the rows of its estimates.csv by estimand."""
    prepared = await runs.prepare(session, await runs.start(session, study, SETTINGS, by=BY, now=NOW))
    found = kernel.work_out(prepared.order, lambda _: None)
    unpack(bundle.build("study", contents.of(prepared, found, NOW, {})), folder)
    ended = await asyncio.to_thread(lambda: runpy.run_path(str(folder / "reproduce.py"))["main"]([str(folder)]))
    with (folder / "estimates.csv").open() as file:
        rows = {(row["outcome"], row["estimand"]): row for row in csv.DictReader(file)}
    return ended, capsys.readouterr().out, rows


async def test_the_download_of_a_study_with_response_rates_is_worked_out_again(session, tmp_path, capsys):
    await a_panel(session)
    await service.load_measures(session, a_file(rates_file()), by=BY, now=NOW)
    dataset = await queries.dataset_called(session, "Other trusts")
    study = await a_locked_study(session, a_plan(None, RATES, sensitivity=RESPONSE), dataset_id=dataset.id)
    ended, said, rows = await worked_again(session, study, tmp_path, capsys)
    assert (ended, said.splitlines()[-1]) == (0, "Every number is the same."), said
    assert rows["morale", "response rate"]["p_perm"]


async def test_the_download_of_a_study_of_leavers_is_worked_out_again(session, tmp_path, capsys):
    study = await a_study_of_leavers(session, 6)
    ended, said, rows = await worked_again(session, study, tmp_path, capsys)
    assert (ended, said.splitlines()[-1]) == (0, "Every number is the same."), said
    assert rows["leaver_rate", "log rate ratio"]["p_perm"]
    assert rows["leaver_rate", "type: Acute"]["att"]


async def of_others(session, plan):
    dataset = await queries.dataset_called(session, "Other trusts")
    return await worked_out(session, await a_locked_study(session, plan, dataset_id=dataset.id))


async def test_a_study_tells_who_answered_and_what_must_be_true_of_those_who_did_not(session):
    await a_panel(session)
    await service.load_measures(session, a_file(rates_file()), by=BY, now=NOW)
    prepared, found, tables = await of_others(session, a_plan(None, RATES, sensitivity=RESPONSE))
    morale, rate = found
    pilots, controls = prepared.estimated[0].response
    assert (pilots.before, pilots.after) == pytest.approx((0.4, 0.5), abs=0.02)
    assert (controls.before, controls.after, controls.n_after) == pytest.approx((0.4, 0.4, 12), abs=0.02)
    main, panel = morale.main.estimates[0], tables["panel"]
    of_pilots = {code(number) for number in range(0, 18, 3)}
    after = [
        row["response_rate"]
        for row in panel
        if row["outcome"] == "morale" and row["ods_code"] in of_pilots and row["wave"] >= "2015"
    ]
    assert morale.silence.rate == pytest.approx(sum(after) / len(after))
    assert morale.silence.tips == pytest.approx(-main.att / (1 - morale.silence.rate))
    assert morale.on_rate.att == pytest.approx(0.1, abs=0.01)
    assert rate.main.estimates[0].att == pytest.approx(morale.on_rate.att), "the same question, asked as an outcome"
    assert dict(rate.refused)["response"] == "The response rate is what is asked here, so it has none of its own."
    line = next(row for row in panel if (row["ods_code"], row["wave"], row["outcome"]) == (code(0), "2015", "morale"))
    assert (line["n_resp"], line["n_valid"]) == (350, 300), "answers at all, and answers behind this value"
    assert (line["n_eligible"], line["mean_w"], line["suppressed"]) == (None, None, "no")
    estimates = {(row["outcome"], row["estimand"]): row for row in tables["estimates"]}
    assert estimates["morale", "response rate"]["att"] == morale.on_rate.att
    assert estimates["morale", "simple"]["n_resp"] == sum(row["n_valid"] for row in panel if row["outcome"] == "morale")
    assert [row["includes_zero"] for row in tables["sensitivity"] if row["method"] == "tipping point"] == ["no", "yes"]


async def test_a_response_rate_of_few_answers_is_not_left_out_but_keeps_the_outcome_from_being_estimated(session):
    await a_panel(session)
    few = rates_file().replace(b"X01,2016,351,", b"X01,2016,10,")
    await service.load_measures(session, a_file(few), by=BY, now=NOW)
    prepared, (morale,), tables = await of_others(session, a_plan(None, RATES, sensitivity=RESPONSE))
    assert prepared.estimated[1].problem == "it would give away a figure about fewer than 11 people"
    assert "fewer than 11 people" in dict(morale.refused)["response"]
    hidden = [row for row in tables["panel"] if (row["ods_code"], row["wave"]) == ("X01", "2016")]
    assert {row["response_rate"] for row in hidden} == {"suppressed"}


async def test_the_response_to_another_survey_is_not_that_to_this_one(session):
    await a_panel(session)
    await service.load_measures(session, a_file(rates_file(), instrument="Management practice"), by=BY, now=NOW)
    _, (morale,), tables = await of_others(session, a_plan(sensitivity=RESPONSE))
    assert dict(morale.refused) == {"response": "No response rate of the Other measures is known in these periods."}
    assert {row["n_resp"] for row in tables["panel"]} == {None}


async def a_study_of_leavers(session, sets, **changes):
    await programme_trusts(session, sets, types=("Acute", "Community"))
    file = a_file(a_workforce_file(sets), instrument="Workforce figures", dataset="Programme trusts")
    await service.load_measures(session, file, by=BY, now=NOW)
    plan = a_plan(MONTHLY, sensitivity=Sensitivity(("counts",), ()), subgroups=("type", "region"))
    return await a_locked_study(session, replace(plan, **changes))


async def test_leavers_are_counted_and_trusts_are_looked_at_by_type(session):
    study = await a_study_of_leavers(session, 12)
    _, (found,), tables = await worked_out(session, study)
    assert found.leavers.ratio == pytest.approx(8 / 11, abs=0.02)
    assert found.main.estimates[0].att == pytest.approx(-0.003, abs=0.0005)
    rows = {(row["estimator"], row["estimand"]): row for row in tables["estimates"]}
    assert rows["leavers-as-counts", "log rate ratio"]["att"] == pytest.approx(math.log(found.leavers.ratio))
    assert rows["did", "type: Acute"]["n_trusts_t"] == rows["did", "type: Community"]["n_trusts_t"] == 6
    assert dict(found.refused) == {"by region": "The region of these trusts is not known."}
    panel = {(row["ods_code"], row["wave"], row["outcome"]): row["mean_unw"] for row in tables["panel"]}
    place = (code(4), "2026-03")
    assert panel[*place, "leavers"] / panel[*place, "mean_headcount"] == pytest.approx(panel[*place, "leaver_rate"])
    counted = sum(value for (_, _, outcome), value in panel.items() if outcome == "leavers")
    assert found.leavers.counted == counted


async def test_leavers_are_not_counted_unless_the_plan_asks_for_it(session):
    study = await a_study_of_leavers(session, 6, sensitivity=Sensitivity((), ()), subgroups=())
    _, (found,), tables = await worked_out(session, study)
    assert (found.leavers, found.subgroups) == (None, ())
    assert {row["outcome"] for row in tables["panel"]} == {"leaver_rate"}
