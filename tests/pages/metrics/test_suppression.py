"""A hidden number of people leaves no trace on the page, in the picture or in any file of a comparison."""

import csv
import html
import io
import re

from pilot.metrics import queries
from pilot.people.roles import Role
from tests.pages.metrics.test_measures import chosen, errors, take
from tests.signing_in import sign_in


async def compared_leavers(client, name, number, leavers):
    """A comparison of the leavers of one pilot and three controls; the pilot's last number is `leavers`."""
    values = {"XP1": (40, leavers), "XC1": (30, 33), "XC2": (50, 44), "XC3": (20, 26)}
    lines = [f"{trust},{2026 + place},{n}" for trust, own in values.items() for place, n in enumerate(own)]
    _, done = await take(client, "\n".join(["code,year,leavers", *lines]).encode(), dataset=name)
    assert "Measures imported" in done.text
    async with client.app.state.store.reading() as session:
        dataset = await queries.dataset_called(session, name)
        measure = (await queries.measures(session, dataset.id))[0]
    arms = "ods_code,arm,start\nXP1,pilot,2027\nXC1,control,\nXC2,control,\nXC3,control,\n"
    await client.post(f"/measures/{measure.dataset_id}/arms", files={"file": ("arms.csv", arms.encode())})
    form = await client.get(f"/comparisons/new/{measure.id}")
    made = await client.post(f"/comparisons/new/{measure.id}", data=chosen(form))
    assert made.url.path == f"/comparisons/{number}", errors(made)
    main = re.search(r"<main.*</main>", made.text, re.DOTALL)[0].replace(name, "NAME")
    files = [f"{file}.csv" for file in ("estimates", "panel", "trends", "event_study")]
    downloads = [(await client.get(f"/comparisons/{number}/{file}")).text for file in (*files, "trends.svg")]
    texts = [re.sub(r"comparisons?[-/ ]\d+|imports/\d+", "NUMBER", text) for text in (main, *downloads)]
    return html.unescape(re.sub(r"<[^>]*>", " ", main)), texts


async def test_neither_page_nor_picture_nor_file_depends_on_a_hidden_number(client):
    """One pilot, three controls, 7 leavers: the difference gave the 7 away. With 2 everything must look the same."""
    await sign_in(client, Role.EVALUATOR)
    said, seven = await compared_leavers(client, "Set A", 1, 7)
    _, two = await compared_leavers(client, "Set B", 2, 2)
    _, twelve = await compared_leavers(client, "Set C", 3, 12)
    assert seven == two
    assert all(a != b for a, b in zip(seven, twelve, strict=True))
    assert "differed between pilots and controls is suppressed: it would give away a figure about fewer than 11" in said
    assert re.search(r"Difference between the changes\s+Change\s+suppressed", said)
    assert re.search(r"Difference in differences\s+suppressed: it would give away", said)
    assert "34.0" not in said
    estimates = next(csv.DictReader(io.StringIO(seven[1])))
    assert (estimates["att"], estimates["att_sd_units"], estimates["suppressed"]) == ("suppressed", "suppressed", "yes")
    assert "Suppressed figures are left out." in seven[-1]
    assert "Suppressed figures are left out." not in twelve[-1]
