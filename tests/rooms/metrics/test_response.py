"""Who answered, in a study: in its panel, as an outcome, and as what would have to be true of those who did not."""

import csv
import io
import zipfile

import pytest

from pilot.metrics import queries, service
from pilot.metrics.queries import runs as run_queries
from pilot.metrics.registration import Outcome, Sensitivity, Span
from pilot.metrics.respondents import RATE
from pilot.metrics.service import runs
from tests.builders.metrics import BY, EFFECT, NOW, SETTINGS, a_file, a_locked_study, a_panel, a_plan, code, rates_file

CHECKS = Sensitivity(("response",), ())
RATES = Outcome("Other measures", RATE, Span("2013", "2014"), Span("2015", "2017"))


async def worked_out(store, plan, rates=None):
    """A study of a panel of others, worked out: what was found, and its download."""
    async with store.writing() as session:
        await a_panel(session)
        if rates:
            await service.load_measures(session, a_file(rates), by=BY, now=NOW)
        dataset = await queries.dataset_called(session, "Other trusts")
        study = await a_locked_study(session, plan, dataset_id=dataset.id)
        run = await runs.start(session, study, SETTINGS, by=BY, now=NOW)
    await runs.carry_out(store, SETTINGS, lambda: NOW, run)
    async with store.reading() as session:
        made = await run_queries.run(session, study, run)
        assert (made.state, made.problem) == ("done", "")
        _, content = await run_queries.bundle(session, study, run)
    return made, zipfile.ZipFile(io.BytesIO(content))


def rows_of(archive, name):
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


async def test_a_study_tells_who_answered_and_what_must_be_true_of_those_who_did_not(store):
    made, archive = await worked_out(store, a_plan(None, RATES, sensitivity=CHECKS), rates_file())
    morale, rate = made.found
    pilots, controls = made.outcomes[0].response
    assert (pilots.before, pilots.after) == pytest.approx((0.4, 0.5), abs=0.02)
    assert (controls.before, controls.after, controls.n_after) == pytest.approx((0.4, 0.4, 12), abs=0.02)
    main = morale.main.estimates[0]
    panel = rows_of(archive, "panel.csv")
    after = [float(r["response_rate"]) for r in panel if (r["outcome"], int(r["ods_code"][1:]) % 3) == ("morale", 0)
             and r["wave"] >= "2015"]  # fmt: skip
    assert morale.silence.rate == pytest.approx(sum(after) / len(after))
    assert morale.silence.tips == pytest.approx(-main.att / (1 - morale.silence.rate))
    assert morale.on_rate.att == pytest.approx(0.1, abs=0.01)
    assert rate.main.estimates[0].att == pytest.approx(morale.on_rate.att), "the same question, asked as an outcome"
    assert made.outcomes[1].kind == "score", "nobody said what “Other measures” are"
    assert dict(rate.refused)["response"] == "The response rate is what is asked here, so it has none of its own."
    line = next(r for r in panel if (r["ods_code"], r["wave"], r["outcome"]) == (code(0), "2015", "morale"))
    assert (line["n_resp"], line["n_valid"]) == ("350", "300"), "answers at all, and answers behind this value"
    assert (line["n_eligible"], line["mean_w"], line["suppressed"]) == ("", "", "no")
    found = {(r["outcome"], r["estimand"]): r for r in rows_of(archive, "estimates.csv")}
    assert float(found["morale", "response rate"]["att"]) == morale.on_rate.att
    assert int(found["morale", "simple"]["n_resp"]) == sum(int(r["n_valid"]) for r in panel if r["outcome"] == "morale")
    tipping = [r for r in rows_of(archive, "sensitivity.csv") if r["method"] == "tipping point"]
    assert [r["includes_zero"] for r in tipping] == ["no", "yes"]
    assert main.lo < EFFECT < main.hi
