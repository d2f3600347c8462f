"""The public result of an election: who was elected, how the count went, and what everybody may take away."""

import csv
import io
import json
import re
import shlex
from hashlib import sha256
from html import unescape

import pytest
from sqlalchemy import update

from pilot.__main__ import main
from pilot.voting.count import blt
from pilot.voting.count.contest import Reserve
from pilot.voting.record.archive import unpack
from pilot.voting.tables import DeclarationRow
from pilot.web.pages import fours
from tests.builders.voting import (
    DECLARED,
    FOUR,
    LOT,
    a_declared_election,
    an_election,
)
from tests.builders.wards import a_declared_ward, a_result_of


def words(text):
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


class Shown:
    """A declared election and its pages."""

    def __init__(self, client, clock):
        self.client, self.store = client, client.app.state.store
        clock.at(DECLARED)
        self.ballot = 0

    async def of(self, rankings, ask=None, **changes):
        async with self.store.writing() as session:
            self.ballot, self.declared = await a_declared_election(session, rankings, ask, **changes)

    async def like(self, ask, papers, **changes):
        async with self.store.writing() as session:
            self.ballot, self.count = await a_result_of(session, ask, papers, **changes)

    async def get(self, path="result"):
        return await self.client.get(f"/trusts/RAA/ballots/{self.ballot}/{path}")

    async def says(self, path="result"):
        return words((await self.get(path)).text)


@pytest.fixture
def shown(client, clock):
    return Shown(client, clock)


# Amy has 8 of 13 votes and passes 3 on to Cat; Dan, then Ben, cannot catch up.
ELECTED = {"1>3": 8, "2": 3, "3": 1, "4>2": 1, "": 2}


async def test_the_heading_says_who_was_elected_and_the_first_figures_how_many_took_part(shown):
    await shown.of(ELECTED)
    page = await shown.get()
    assert re.search(r"<h1>Result: Amy Osei and (Ben Roy|Cat Hill) were elected</h1>", page.text)
    text = words(page.text)
    assert "Seats 2 Candidates 4 People who could vote 25 People who voted 15, a turnout of 60%" in text
    assert "Papers that were counted 13 Blank papers 2, they chose nobody, and took part Spoilt papers 0" in text
    assert (
        "The quota is 5: the smallest number of votes that only 2 candidates can all reach. "
        "3 times 5 would be 15, and there are 13 papers." in text
    )


async def test_each_stage_has_its_sentence_and_its_own_anchor(shown):
    await shown.of(ELECTED)
    page = (await shown.get()).text
    stages = re.findall(r'id="stage-(\d+)"', page)
    assert stages == [str(number) for number in range(1, len(stages) + 1)]
    assert len(stages) > 2
    text = words(page)
    assert "Amy Osei has 8 votes, 3 more than the quota of 5. 3 votes move on at 0.375 each." in text
    assert set(re.findall(r'href="#stage-(\d+)"', page)) == set(stages)


async def test_the_stage_sheet_is_a_table_with_headings_whose_columns_add_up(shown):
    await shown.of(ELECTED)
    table = re.search(r'<table class="nhsuk-table pilot-sheet">.*?</table>', (await shown.get()).text, re.DOTALL)[0]
    assert "<caption" in table
    assert table.count('scope="row"') == 4 + 2
    rows = [
        [words(cell).split()[:1] for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)][1:]
        for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)[1:]
    ]
    assert table.count('scope="col"') == 2 + len(rows[0])
    for column in zip(*rows, strict=True):
        votes = [float(cell[0].replace(",", "")) if cell[0] not in ("–", "out") else 0.0 for cell in column]
        assert round(sum(votes[:-1]), 5) == votes[-1] == 13


async def test_what_cannot_move_on_is_explained(shown):
    await shown.of(ELECTED)
    text = await shown.says()
    assert "Cannot move on : votes of papers that name nobody else who is still in the count." in text


async def test_the_bars_show_one_stage_at_a_time_with_the_quota_and_every_figure_in_words(shown):
    await shown.of(ELECTED)
    first, second = await shown.says(), await shown.says("result?stage=2")
    assert "Votes at stage 1 of" in first
    assert "Amy Osei 8, elected" in first
    assert "Amy Osei 5, already elected" in second
    assert "The black line marks the quota of 5." in first
    assert "Previous stage" not in first
    assert "Previous stage" in second
    missing = await shown.get("result?stage=99")
    assert missing.status_code == 404
    assert "There is no stage 99 in this count." in missing.text
    assert (await shown.get("result?stage=0")).status_code == 404


async def test_every_fact_of_the_bars_stands_in_the_table_too(shown):
    await shown.of(ELECTED)
    page = (await shown.get()).text
    sheet = words(re.search(r'<table class="nhsuk-table pilot-sheet">.*?</table>', page, re.DOTALL)[0])
    number = len(set(re.findall(r'id="stage-(\d+)"', page)))
    for stage in range(1, number + 1):
        bars = re.search(
            r'<table class="nhsuk-table pilot-bars".*?</table>',
            (await shown.get(f"result?stage={stage}")).text,
            re.DOTALL,
        )[0]
        for figure in re.findall(r'pilot-bars__figure" role="cell">([\d,.]*\d)', bars):
            assert figure in sheet, (stage, figure)


async def test_a_tie_by_lot_is_told_with_how_the_lot_was_drawn(shown):
    await shown.of({"1": 5, "2": 3, "3": 2, "4": 2})
    text = await shown.says()
    assert "A lot decided between candidates who were level." in text
    assert "Cat Hill and Dan Webb" in text
    assert "Before the vote opened, the returning officer took a secret number, and its mark was published." in text
    assert fours(LOT) in text
    order = re.search(r"The order of the lot: (.*?) Anybody can draw", text)[1]
    assert all(name in order for name in FOUR)
    left = re.search(r"(Cat Hill|Dan Webb) Out at stage 2", text)[1]
    stays = "Dan Webb" if left == "Cat Hill" else "Cat Hill"
    assert order.index(stays) < order.index(left)


async def test_a_lost_number_for_lots_is_told_with_the_reason(shown):
    await shown.of({"1": 5, "2": 3, "3": 2, "4": 2}, lost="The safe could not be opened")
    text = await shown.says()
    assert "could not open the secret number that was taken before the vote: “The safe could not be opened”" in text
    assert "drawn from the papers alone" in await shown.says("declaration")


async def test_a_lost_number_for_lots_is_told_where_no_lot_was_needed_too(shown):
    await shown.of(ELECTED, lost="The safe could not be opened")
    said = "The number for lots was lost: “The safe could not be opened”. No lot was needed, so this changed nothing."
    assert said in await shown.says()
    assert "The number for lots could not be opened (“The safe could not be opened”)." in await shown.says(
        "declaration"
    )


async def test_a_count_without_a_tie_says_nothing_of_lots(shown):
    await shown.of(ELECTED)
    assert " lot " not in await shown.says()


async def test_seats_that_were_kept_are_told_with_who_won_them(shown):
    kept = Reserve("Night staff", (3, 4), least=1)
    await shown.of({"1": 8, "2": 7, "3": 2, "4": 1}, an_election(reserves=(kept,)))
    text = await shown.says()
    assert "Night staff: at least 1 of the 2 seats had to go to this group." in text
    assert "Its candidates were Cat Hill and Dan Webb. 1 of them was elected: Cat Hill." in text
    assert "Result: Amy Osei and Cat Hill were elected" in text


async def test_seats_that_stay_empty_are_told_with_the_reason(shown):
    await shown.of({"5": 9, "1": 8, "2": 1}, an_election(reopen=True))
    text = await shown.says()
    assert "Result: Amy Osei was elected" in text
    assert "1 seat stays empty: “Re-open nominations” won it, so nobody holds it for now." in text
    assert "Re-open nominations Seats left empty: 1" in text
    assert "1 seat stays empty" in await shown.says("declaration")


@pytest.mark.parametrize(
    ("rule", "seats", "papers", "heading"),
    [
        ("first-past-the-post", 1, {"1": 6, "2": 3, "": 1}, "Amy Osei was elected"),
        ("block-plurality", 2, {"1>3": 6, "2": 3}, "Amy Osei and Cat Hill were elected"),
        ("approval", 2, {"1>2>3": 4, "3>4": 3, "2": 1}, "Cat Hill and Ben Roy were elected"),
    ],
)
async def test_a_rule_without_transfers_has_one_simple_table_and_bars(shown, rule, seats, papers, heading):
    await shown.of(papers, an_election(rule=rule, seats=seats))
    page = (await shown.get()).text
    text = words(page)
    assert f"Result: {heading}" in text
    assert "Stage" not in text
    assert "stage" not in text
    assert "quota" not in text
    assert "Candidate Result Votes" in text
    assert "Votes as bars" in text
    assert "Not elected" in text


async def test_the_stage_sheet_can_be_downloaded_for_spreadsheets_and_the_count_for_programs(shown):
    await shown.of(ELECTED)
    sheet = await shown.get("stages.csv")
    assert sheet.headers["content-disposition"] == 'attachment; filename="stages-RAA-B1.csv"'
    lines = list(csv.reader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
    assert lines[0][:4] == ["Number", "Candidate", "Result", "Stage 1"]
    assert lines[1][:4] == ["1", "Amy Osei", "Elected at stage 1", "8.00000"]
    count = await shown.get("result.json")
    assert count.headers["content-disposition"] == 'attachment; filename="result-RAA-B1.json"'
    assert count.json()["rule"] == "scottish-stv"
    assert count.json()["stages"][0]["votes"]["1"] == "8.00000"


async def test_the_figures_name_candidates_the_elected_and_what_decided(shown):
    await shown.of({"1": 5, "2": 3, "3": 2, "4": 2}, lost="=The safe could not be opened")
    file = await shown.get("figures.csv")
    assert file.headers["content-disposition"] == 'attachment; filename="figures-RAA-B1.csv"'
    assert file.content.startswith(b"\xef\xbb\xbf")
    figures = dict(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert figures["first choices for Ben Roy"] == "3"
    assert (figures["elected 1"], figures["elected 2"], figures["empty seats"]) == ("Amy Osei", "Ben Roy", "0")
    assert figures["decided by lot"] == "yes"
    assert figures["number for lots"] == "lost: =The safe could not be opened"
    assert "2" not in figures


@pytest.mark.parametrize(
    ("ask", "papers", "said"),
    [
        ({"rule": "first-past-the-post", "seats": 1}, {"1": 6, "2": 3, "": 1}, "2 papers would have to be exchanged"),
        ({"rule": "block-plurality", "seats": 2}, {"1>3": 6, "2": 5}, "1 paper would have to be exchanged"),
        ({"rule": "approval", "seats": 2}, {"1>2": 9, "3": 1}, "4 papers would have to be exchanged"),
        (
            {},
            {"1": 6, "2": 3},
            "For this way of counting nobody can say how many papers would have had to be different",
        ),
        (
            {"rule": "block-plurality", "reserves": (Reserve("Night staff", (3, 4), least=1),)},
            {"1": 6, "3": 5},
            "For this way of counting nobody can say how many papers would have had to be different",
        ),
    ],
)
async def test_beside_the_spare_stamps_stands_how_many_papers_another_outcome_needs(shown, ask, papers, said):
    await shown.of(papers, an_election(**ask))
    assert f"together with voters. {said} for another outcome." in await shown.says()


async def test_the_papers_can_be_downloaded_where_fifty_people_could_vote(shown):
    await shown.of({"1>3": 2, "2": 1, "": 1}, voters=50)
    assert "Download the papers (BLT" in await shown.says()
    file = await shown.get("ballots.blt")
    assert file.headers["content-disposition"] == 'attachment; filename="ballots-RAA-B1.blt"'
    read = blt.read(file.content)
    assert dict(read.papers) == {b"\x01\x03": 2, b"\x02": 1, b"": 1}
    assert read.contest.candidates == FOUR


async def test_below_fifty_people_the_page_says_why_there_are_no_papers(shown):
    await shown.of({"1>3": 2, "2": 1}, voters=49)
    text = await shown.says()
    assert "The papers are not published, since fewer than 50 people could vote." in text
    assert "Download the papers" not in text
    refused = await shown.get("ballots.blt")
    assert refused.status_code == 404
    assert "fewer than 50 people could vote" in refused.text


async def test_a_question_has_a_declaration_and_none_of_the_files_of_an_election(hall, client, clock):
    from tests.pages.voting.test_results import declare, with_a_result

    await with_a_result(hall, clock, ["yes"] * 3 + ["no"])
    await declare(hall, client)
    text = words((await client.get(f"{hall.here}/declaration")).text)
    assert "Declaration of result of vote" in text
    assert "Yes 3 No 1 I do not want to choose 0" in text
    assert "The proposal was carried: 3 of 4 votes" in text
    for path in ("stages.csv", "result.json", "ballots.blt"):
        answer = await client.get(f"{hall.here}/{path}")
        assert answer.status_code == 404
        assert "This vote was no election" in answer.text


async def test_the_declaration_names_everything_that_a_returning_officer_signs(shown):
    await shown.of(ELECTED)
    text = await shown.says("declaration")
    for said in (
        "Trust RAA Declaration of result of election",
        "Election Staff council (RAA-B1)",
        "2 seats are filled.",
        "Amy Osei 8 Elected at stage 1",
        "Dan Webb 1 Out at stage",
        "People who could vote 25",
        "Not counted: blank, the paper chose nobody 2",
        "Not counted: spoilt, the answer did not fit the question 0",
        "I declare elected, in this order: Amy Osei",
        "Declared 9am on Thursday 18 March 2027",
        "Signed Name Date Returning officer",
        "Signed Name Date Witness",
    ):
        assert said in text, said


async def test_nothing_of_a_result_is_shown_before_it_is_declared(hall, client, clock):
    await hall.ready(25)
    for path in ("result", "declaration", "stages.csv", "result.json", "ballots.blt", "figures.csv"):
        assert (await client.get(f"{hall.here}/{path}")).status_code == 404
    assert (await client.get(f"/check/{hall.ballot}/list.txt")).status_code == 404


async def test_the_published_list_reads_an_order_of_choice_in_words(shown):
    await shown.of({"3>1": 1, "2": 1, "": 1}, voters=50)
    text = await shown.says()
    assert re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3} 1 Cat Hill, 2 Amy Osei ", text)
    assert re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3} nobody ", text)
    published = (await shown.client.get(f"/check/{shown.ballot}/list")).json()
    assert published["options"]["3"] == "Cat Hill"
    assert published["ranked"] is True
    assert sorted(paper["answer"] for paper in published["papers"]) == ["", "2", "3 1"]
    plain = await shown.client.get(f"/check/{shown.ballot}/list.txt")
    assert plain.headers["content-type"].startswith("text/plain")
    assert sorted(line[20:] for line in plain.text.splitlines()) == ["1 Ben Roy", "1 Cat Hill, 2 Amy Osei", "nobody"]


async def test_a_long_list_of_check_codes_is_a_plain_page_of_its_own(shown):
    await shown.of({"1": 1})
    listed = [[f"{number:016}", "3 1"] for number in range(1_001)]
    async with shown.store.writing() as session:
        await session.execute(update(DeclarationRow).values(listed=listed))
    link = f'<a href="/check/{shown.ballot}/list.txt">All 1,001 check codes with their answers</a>'
    for path in (f"/trusts/RAA/ballots/{shown.ballot}/result", f"/check/{shown.ballot}"):
        page = (await shown.client.get(path)).text
        assert link in page
        assert "0000-0000-0000-1000" not in page
    lines = (await shown.client.get(f"/check/{shown.ballot}/list.txt")).text.splitlines()
    assert len(lines) == 1_001
    assert lines[-1] == "0000-0000-0000-1000 1 Cat Hill, 2 Amy Osei"


async def test_a_real_ward_is_told_whole(shown, reference_data):
    async with shown.store.writing() as session:
        shown.ballot, count = await a_declared_ward(session, reference_data)
    text = await shown.says()
    assert len(count.candidates) == 10
    for name in count.candidates:
        assert name in text
    for stage in count.stages:
        assert stage.action in text
        for votes in stage.votes.values():
            assert f"{float(votes):,.5f}".removesuffix(".00000") in text


async def test_the_largest_election_is_still_a_page_of_a_sensible_size(shown):
    names = tuple(f"Candidate with quite a long name number {number} of ward {number % 7}" for number in range(1, 61))
    papers = {bytes((n, *range(1, n))): 100 + n * n for n in range(1, 61)}
    await shown.like(an_election(seats=25, candidates=names), papers)
    assert len(shown.count.stages) > 40
    page = await shown.get("result?stage=40")
    assert page.status_code == 200
    assert len(page.content) < 1_500_000
    text = words(page.text)
    assert "Result: 25 people were elected" in text
    assert f"Votes at stage 40 of {len(shown.count.stages)}" in text
    assert all(name in text for name in names)
    assert page.text.count('<rect class="pilot-bars__fill"') < 62


async def test_a_name_is_never_markup(shown):
    await shown.of({"1": 3, "2": 2}, an_election(candidates=("<b>Amy</b>", "Ben & 'Co'"), seats=1))
    for path in ("result", "declaration"):
        page = (await shown.get(path)).text
        assert "<b>Amy</b>" not in page
        assert "&lt;b&gt;Amy&lt;/b&gt;" in page


async def test_the_command_on_the_page_counts_the_published_papers_to_the_same_result(
    shown, tmp_path, monkeypatch, capsys
):
    kept = Reserve("Night staff", (3, 4), least=1, most=1)
    ask = an_election(seats=3, reserves=(kept,), reopen=True)
    await shown.of({"1": 9, "5": 4, "2": 3, "3": 2, "4": 2}, ask, voters=50)
    command = re.search(r"pilot count [^<]*", unescape((await shown.get()).text))[0].strip()
    last = unpack((await shown.get("record.zip")).content).files["stage-3.txt"]
    assert f"--lot-seed {sha256(last + LOT.encode()).hexdigest()}" in command
    (tmp_path / "ballots.blt").write_bytes((await shown.get("ballots.blt")).content)
    monkeypatch.chdir(tmp_path)
    assert main([*shlex.split(command)[1:], "--format", "json"]) == 0
    again, declared = json.loads(capsys.readouterr().out), (await shown.get("result.json")).json()
    assert again["stages"] == declared["stages"]
    assert again["elected"] == declared["elected"]
