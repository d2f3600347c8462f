"""All that is published, as one system, is given to a linear programme: it must not find a small number.

What the pages and downloads of a survey, of comparisons and of a study show is put together, in the order in which
somebody happened to ask for it. The attacker knows every sum that holds, how many were asked, and that nobody is fewer
than nobody.
"""

from datetime import date
from random import Random

import pytest
from sqlalchemy import select

from pilot.metrics import queries, service
from pilot.metrics.counted import LEAVERS, STAFF, movements, papers, people
from pilot.metrics.crosstab.sums import Sum
from pilot.metrics.download import panel
from pilot.metrics.gathered import Gathered
from pilot.metrics.gathered import panel as panel_of_a_study
from pilot.metrics.queries import waves as wave_queries
from pilot.metrics.respondents import RATE
from pilot.metrics.service import MeasureFile, counting, publishing, waves
from pilot.metrics.tables import ObservationRow
from pilot.metrics.workforce import REASONS
from pilot.people import service as people_service
from pilot.people.trusts import Trust
from tests.builders import waves as build
from tests.builders.crosstabs import equations, intervals, ranges
from tests.builders.metrics import BY, NOW
from tests.builders.publishers import a_movement_line, a_workforce_file
from tests.builders.waves import CLOSES, CONTROL, MADE, NIGHT, PILOT

MONTHS = ("2027-03", "2027-04", "2027-05", "2027-06")
OTHERS = ("RCC", "RDD", "REE", "RFF")
NUMBER = ("mean_unw", "n_resp")


async def a_survey(session):
    """Eleven people of the pilot answered all questions and one answered one; of the control ten answered."""
    wave = await build.an_open_wave(session)
    await build.all_answer(session, wave, PILOT, ["4" * 16] * 11 + ["3"])
    await build.all_answer(session, wave, CONTROL, ["2" * 16] * 10)
    for trust in (PILOT, CONTROL):
        await counting.tell_turnout(session, wave, trust, now=NIGHT.replace(hour=9))
    await build.counted(session, wave)
    await waves.check(session, wave, by=BY, now=CLOSES)
    await waves.release_wave(session, wave, by=BY, now=CLOSES)
    return wave


def a_workforce(rng):
    """Movements of six trusts, with few leavers of each kind; numbers by name."""
    lines, counts = [], {}
    for trust in (PILOT, CONTROL, *OTHERS):
        start = rng.choice((350, 900, 3000))
        for month in MONTHS:
            reasons = [rng.choice((rng.randint(0, 6), rng.randint(5, 25))) for _ in REASONS]
            joiners = rng.choice((rng.randint(0, 10), rng.randint(11, 60)))
            end = start + joiners - sum(reasons)
            numbers = (sum(reasons), *reasons, start, joiners, end)
            cells = dict(zip((LEAVERS, *REASONS, *STAFF), numbers, strict=True))
            lines.append(a_movement_line(ods_code=trust, month=month, staff_group="All staff", **cells))
            counts |= {(trust, month, name): number for name, number in cells.items()}
            start = end
    return a_workforce_file(*lines), counts


async def asked_for(session, rng):
    """What comparisons of every outcome, and a study of all, show, asked for in any order and of any months."""
    (dataset,) = await queries.datasets(session)
    arms = {arm.trust: arm for arm in await queries.arms_of(session, dataset)}
    measures = [one for one in await queries.measures(session) if one.instrument == "Workforce figures"]
    wanted = [(one, rng.sample(MONTHS, rng.randint(2, 4))) for one in measures for _ in range(2)]
    rng.shuffle(wanted)
    found = []
    for one, months in wanted:
        reckoned = await publishing.reckon(session, [one], arms, months)
        await publishing.release(session, reckoned)
        found += [(one.outcome, row) for row in panel(one.outcome, reckoned.panels[0], "x", reckoned.smallest).rows]
    reckoned = await publishing.reckon(session, measures, arms)
    await publishing.release(session, reckoned)
    gathered = [
        Gathered(one.outcome, one.instrument, one.kind, cells, MONTHS)
        for one, cells in zip(measures, reckoned.panels, strict=True)
    ]
    return found + [(row[2], row) for row in panel_of_a_study(gathered, reckoned.smallest).rows]


def told(rows):
    """The numbers of people that these rows show, by name; a rate with the staff of its month tells its leavers too."""
    return {people(row[0], row[1], outcome): row[10] for outcome, row in rows if not isinstance(row[10], str)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", range(2))
async def test_no_small_number_of_a_workforce_is_told_by_everything_that_was_ever_shown(session, seed):
    rng = Random(seed)
    for number, trust in enumerate((PILOT, CONTROL, *OTHERS)):
        arm = {"starts_on": date(2028, 1, 1)} if number % 2 == 0 else {}
        one = Trust(trust, trust, "control" if number % 2 else "pilot", **arm)
        await people_service.add_trust(session, one, by=BY, now=MADE)
    content, counts = a_workforce(rng)
    file = MeasureFile("workforce.csv", content, "", "x", "x", layout="workforce")
    await service.load_measures(session, file, by=BY, now=NOW)
    rows = await asked_for(session, rng)
    shown = told([(outcome, row) for outcome, row in rows if outcome != "leaver_rate"])
    rates = told([(outcome, row) for outcome, row in rows if outcome == "leaver_rate"])
    assert {name: counts[name] for name in shown} == shown
    assert rates.keys() <= shown.keys()  # so that a rate tells nothing that is not shown
    small = {name for name, number in counts.items() if number < 11}
    assert len(small) > 20
    assert len(shown) > 40
    sums = movements(counts)
    hidden = sorted({name for one in sums for name in (one.total, *one.parts)} - shown.keys())
    found = intervals(shown, hidden, sums)
    assert {
        name: found[name] for name in counts.keys() - shown.keys() if found[name][1] - found[name][0] < 11 - 1e-6
    } == {}
    naive = {name: number for name, number in counts.items() if name not in small}  # and the attack works
    missing = sorted({name for one in sums for name in (one.total, *one.parts)} - naive.keys())
    naively = [most - least for least, most in intervals(naive, missing, sums).values()]
    assert sum(width < 11 - 1e-6 for width in naively) > 5


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_survey_does_not_tell_how_few_answered_or_what(session):
    """The page of the trust while the survey is open, the page of the survey, and its figures among the measures."""
    wave = await a_survey(session)
    row = await wave_queries.wave(session, wave)
    shown, sums, counts = {}, [], {}
    answered, means = await waves.shown_of(session, row)
    for trust, _, entitled, number, rate in answered.rows:
        all_of, here = (trust, "entitled"), papers(trust, row.period)
        shown[all_of] = entitled
        sums.append(Sum(all_of, (here, (trust, "silent"))))
        assert isinstance(number, str) == isinstance(rate, str)
        if not isinstance(number, str):
            shown[here] = number
    for place in await wave_queries.trusts_of(session, wave):
        counts[papers(place.trust, row.period)] = place.papers
        if place.told:
            shown[place.trust, "told"] = place.told
            sums.append(Sum(papers(place.trust, row.period), ((place.trust, "told"), (place.trust, "later"))))
    for trust, period, outcome, _, n, *_ in means.rows:
        if outcome == RATE:
            name = papers(trust, period)
        else:
            name = people(trust, period, outcome)
            sums.append(Sum(papers(trust, period), (name, (trust, outcome, "without a score"))))
        if not isinstance(n, str):
            shown[name] = n
    assert set(await session.scalars(select(ObservationRow.trust))) == {PILOT}
    hidden = sorted({name for one in sums for name in (one.total, *one.parts)} - shown.keys())
    left, right = equations(shown, hidden, sums)
    found = ranges(left, right, hidden)
    few = papers(CONTROL, row.period)
    assert counts[few] == 10
    assert found[few][1] - found[few][0] >= 11
    assert (CONTROL, "told") not in shown
    assert shown[PILOT, "told"] == shown[papers(PILOT, row.period)] == 12
