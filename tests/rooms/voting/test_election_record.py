"""The record of an election: both verifiers count it again, and every forgery is refused by both, with its file."""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.errors import BadInput
from pilot.secrecy import canonical, tree
from pilot.secrecy import manifest as manifests
from pilot.secrecy.packing import pack
from pilot.voting import declaration
from pilot.voting.count import lot, rules
from pilot.voting.count.contest import Reserve
from pilot.voting.declaration import Box, Lot, Matter, declare
from pilot.voting.files import programs, recount
from pilot.voting.record import build, custody, published
from pilot.voting.record.asked import asked, rankings
from pilot.voting.record.checks import verify
from tests.builders.made import Made, made_of
from tests.builders.records import Files, said_by_program
from tests.builders.voting import LOT, a_declared_election, an_election
from tests.rooms.voting.test_record import failed, in_json, run_script
from tests.rules.voting.test_verifiers_agree import MANY, added, agree, changed, places

FOLDER = Path(recount.__file__).parent

KEPT = Reserve("Night staff", (3, 4), least=1, most=1)
PAPERS = {"1>2": 14, "2>1": 8, "3>4>1": 6, "4>3": 6, "1>5>2": 4, "5": 3, "": 4, "2>5": 5}
"""One of candidates 3 and 4 is level with the other at each stage, so that a lot decides."""


@pytest.fixture
def made(made_once):
    """Holds an election once for all tests that ask for the same one."""

    def make(name: str, papers, ask, **given) -> Made:
        async def hold(session) -> Made:
            return await made_of(session, (await a_declared_election(session, papers, ask, **given))[0])

        return made_once(f"an election: {name}", hold)

    return make


@pytest.fixture
def stv(made) -> Made:
    """Two seats by Scottish STV, one of them kept, with re-open nominations: decided by lot, with blank papers."""
    return made("stv", PAPERS, an_election(reopen=True, reserves=(KEPT,)), voters=60)


def refused_by_both(folder: Path, forged: Files, file: str) -> None:
    found = failed(verify(forged))
    assert any(file in where for _, where, _ in found), found
    code, said = said_by_program(folder, pack(forged))
    assert (code, f"FAILED  {file}" in said) == (1, True), said


def lines_of(found: Files, name: str) -> list[dict]:
    return [canonical.read(line) for line in found[name].splitlines()]


def told_anew(found: Files, rows: list[dict] | None = None, **changes) -> Files:
    """The record with these papers, and with every figure made to fit them by the website's own counter."""
    found = dict(found)
    log = lines_of(found, "log.jsonl")
    if rows is not None:
        bodies = [canonical.to_bytes(row) for row in sorted(rows, key=lambda row: row["inner"])]
        found["papers.jsonl"] = b"".join(body + b"\n" for body in bodies)
        log[-1]["root"] = tree.root(bodies).hex()
        found["log.jsonl"] = b"".join(canonical.to_bytes(leaf) + b"\n" for leaf in log)
    manifest = manifests.read(found["manifest.json"])
    election = asked(manifest)
    said = declaration.read(json.loads(found["declaration.json"]))
    given = changes.get("lot", said.lot)
    contest = changes.get("contest", election.contest)
    order = changes.get("order") or lot.draw(lot.seed(found["stage-3.txt"], given.number), len(contest.candidates))
    papers = rankings(published.answers_in(found), manifest.questions[0])
    count = rules.count(changes.get("rule", election.rule), contest, papers, order)
    box = Box(said.entitled, said.stamps, said.envelopes, log[-1]["valid"], said.spoilt, said.set_aside)
    matter = Matter(said.ballot, said.trust, said.subject, said.title, said.question, said.manifest, said.rule)
    again = declare(matter, count, box, at=said.declared_at, lot=given)
    return found | {
        "count.json": build.count_file(count),
        "declaration.json": build.declaration_file(again),
        "ballots.blt": build.ballots_file(election, papers),
        "README.txt": build.readme(again, election, count, files=set(found), keys=custody.in_words(manifest)).encode(),
    }


def test_both_verifiers_count_an_election_again(stv, tmp_path):
    number = json.loads(stv.files["declaration.json"])["manifest"]
    checks = verify(stv.files, manifest_hash=number, programs=programs())
    assert failed(checks) == []
    said = {check.name: check.says for check in checks}
    assert "decided by lot, drawn again" in said["The count"]
    assert "46 papers, 4 blank" in said["The count"]
    assert said["The question"].startswith("an election to 2 seats by Single transferable vote")
    assert said["The lot"] == "the number is the one that was fixed before the vote"
    assert "nobody can say how many papers" in said["Spare stamps beside the margin"]
    code, told = run_script(tmp_path, stv.data, "--number", number)
    assert code == 0, told
    assert "counted again: elected Amy Osei" in told
    assert "decided by lot" in told
    assert told.endswith("Every check that could be made was passed.\n")


def test_figures_made_anew_by_the_same_rule_are_the_same_bytes(stv):
    assert told_anew(stv.files, lines_of(stv.files, "papers.jsonl")) == stv.files


def test_a_blank_paper_is_a_valid_one_with_a_check_code_and_nothing_else(stv):
    listed = published.listed(stv.files)
    assert len(listed) == 50
    assert [answer for _, answer in listed].count("") == 4
    assert [answer for _, answer in listed if answer == "1 5 2"] == ["1 5 2"] * 4
    codes = stv.files["trackers.txt"].decode().split()
    assert [code for code, _ in listed] == codes
    count = json.loads(stv.files["count.json"])
    assert (count["valid"], count["blank"]) == (46, 4)
    assert json.loads(stv.files["declaration.json"])["voted"] == 50


def test_other_counters_get_the_same_papers(stv, tmp_path):
    (tmp_path / "ballots.blt").write_bytes(stv.files["ballots.blt"])
    seats, names, papers, withdrawn = recount.read_blt(stv.files["ballots.blt"].decode())
    assert (seats, len(names), withdrawn, sum(papers.values())) == (2, 5, [], 50)
    order = recount.draw(stv.files["stage-3.txt"], LOT, 5)
    args = ["--rule", "scottish-stv", "--reopen", "5", "--reserve", "3,4:1:1", "--order", ",".join(map(str, order))]
    command = [sys.executable, "-W", "error", str(FOLDER / "recount.py"), str(tmp_path / "ballots.blt"), *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    found = json.loads(stv.files["count.json"])
    assert json.loads(done.stdout)["elected"] == found["elected"], done.stderr
    without = subprocess.run(command[:-2], capture_output=True, text=True, timeout=60, check=False)
    assert (without.returncode, "no lot was given" in without.stderr) == (1, True)


def test_every_flipped_byte_is_noticed_with_its_file(stv, tmp_path):
    for name, content in stv.files.items():
        flipped = bytearray(content)
        flipped[len(content) // 2] ^= 1
        forged = stv.files | {name: bytes(flipped)}
        found = failed(verify(forged))
        assert any(name in where for _, where, _ in found), (name, found)
        code, said = said_by_program(tmp_path, pack(forged))
        if name != "manifest.json":  # it has the key by which all else is checked
            assert (code, name in said) == (1, True), (name, said)
        assert code in (1, 2), (name, said)


def in_count(change):
    return in_json("count.json", change)


def in_declaration(change):
    return in_json("declaration.json", change)


def first_winner(count: dict) -> None:
    """The first two who are named change places."""
    count["elected"][0] |= {"candidate": 2, "name": "Ben Roy"}


SMALL_FORGERIES = {
    "another winner in the count": (in_count(first_winner), "count.json"),
    "another name of the winner": (in_count(lambda d: d["elected"][0].update(name="Eve")), "count.json"),
    "another stage": (in_count(lambda d: d["stages"][1]["votes"].update({"1": "17.00001"})), "count.json"),
    "a stage less": (in_count(lambda d: d["stages"].pop()), "count.json"),
    "another value of a vote": (in_count(lambda d: d["stages"][1].update(acts_on=[2])), "count.json"),
    "another quota": (in_count(lambda d: d.update(quota="15")), "count.json"),
    "fewer blank papers": (in_count(lambda d: d.update(blank=3, valid=47)), "count.json"),
    "no lot told": (in_count(lambda d: d.update(ties=[])), "count.json"),
    "a lot told as a look back": (in_count(lambda d: d["ties"][-1].update(settled="lookback 1")), "count.json"),
    "an empty seat less": (in_count(lambda d: d.update(empty=1)), "count.json"),
    "a title for whoever is elected": (
        in_count(lambda d: d["elected"][0].update(title="Eve is elected.")),
        "count.json",
    ),
    "a sentence at a stage": (in_count(lambda d: d["stages"][0].update(sentence="Eve is elected.")), "count.json"),
    "a title among the votes": (in_count(lambda d: d["stages"][0]["votes"].update(title="5")), "count.json"),
    "an act at a tie": (in_count(lambda d: d["ties"][0].update(action="Eve is elected.")), "count.json"),
    "an act of the whole count": (in_count(lambda d: d.update(action="Eve is elected.")), "count.json"),
    "a number lost by a number": (in_declaration(lambda d: d["lot"].update(lost=0)), "declaration.json"),
    "another title": (in_count(lambda d: d.update(title="Other")), "count.json"),
    "another figure added": (in_count(lambda d: d.update(note="x")), "count.json"),
    "another number for lots": (in_declaration(lambda d: d["lot"].update(number="1" * 20)), "declaration.json"),
    "no number for lots": (in_declaration(lambda d: d["lot"].update(number="")), "declaration.json"),
    "number and loss": (in_declaration(lambda d: d["lot"].update(lost="It was lost.")), "declaration.json"),
    "others declared elected": (
        in_declaration(lambda d: d.update(elected=["Ben Roy", "Cat Hill"])),
        "declaration.json",
    ),
    "not decided by lot": (in_declaration(lambda d: d.update(by_lot=False)), "declaration.json"),
    "other first votes": (in_declaration(lambda d: d["votes"].update({"1": 19})), "declaration.json"),
    "another outcome": (in_declaration(lambda d: d.update(outcome="carried")), "declaration.json"),
    "a blank paper less": (in_declaration(lambda d: d.update(blank=3)), "declaration.json"),
    "a paper for other counters altered": (
        lambda files: files | {"ballots.blt": files["ballots.blt"].replace(b"\n14 1 2 0\n", b"\n14 2 1 0\n")},
        "ballots.blt",
    ),
    "a name for other counters altered": (
        lambda files: files | {"ballots.blt": files["ballots.blt"].replace(b"Amy Osei", b"Amy Osel")},
        "ballots.blt",
    ),
    "more seats for other counters": (
        lambda files: files | {"ballots.blt": files["ballots.blt"].replace(b"5 2\n", b"5 3\n", 1)},
        "ballots.blt",
    ),
    "a line more for other counters": (
        lambda files: files | {"ballots.blt": files["ballots.blt"] + b'"more"\n'},
        "ballots.blt",
    ),
    "no papers for other counters": (
        lambda files: {name: data for name, data in files.items() if name != "ballots.blt"},
        "ballots.blt",
    ),
    "no program that counts": (
        lambda files: {name: data for name, data in files.items() if name != "recount.py"},
        "recount.py",
    ),
    "a check code exchanged": (
        lambda files: (
            files | {"trackers.txt": b"".join(sorted([b"0" * 16 + b"\n", *files["trackers.txt"].splitlines(True)[1:]]))}
        ),
        "trackers.txt",
    ),
}


@pytest.mark.parametrize("name", SMALL_FORGERIES)
def test_a_forged_figure_is_refused_by_both(stv, tmp_path, name):
    alter, file = SMALL_FORGERIES[name]
    altered = alter(dict(stv.files))
    assert altered != stv.files
    refused_by_both(tmp_path, stv.signed(altered), file)


def swapped(row: dict, *answer: str) -> None:
    """The paper says something else, with its old stamp."""
    paper = b64decode(row["paper"])
    content = canonical.read(paper[32:]) | {"a": [list(answer)]}
    row["paper"] = b64encode(paper[:32] + canonical.to_bytes(content)).decode()


def answer_of(row: dict) -> list[str]:
    return canonical.read(b64decode(row["paper"])[32:])["a"][0]


@pytest.mark.parametrize("answer", [("2", "1"), ("1",), (), ("1", "2", "3")], ids=str)
def test_a_paper_whose_order_of_choice_is_changed_is_refused_by_both(stv, tmp_path, answer):
    rows = lines_of(stv.files, "papers.jsonl")
    for row in [row for row in rows if answer_of(row) == ["1", "2"]][:8]:
        swapped(row, *answer)
    refused_by_both(tmp_path, stv.signed(told_anew(stv.files, rows)), "papers.jsonl")


def test_a_paper_that_takes_another_papers_place_is_refused_by_both(stv, tmp_path):
    rows = lines_of(stv.files, "papers.jsonl")
    one, other = (next(row for row in rows if answer_of(row)[:1] == [first]) for first in "12")
    for part in ("paper", "stamp", "code"):
        other[part] = one[part]
    refused_by_both(tmp_path, stv.signed(told_anew(stv.files, rows)), "papers.jsonl")


def test_a_count_by_another_lot_than_the_number_gives_is_refused_by_both(stv, tmp_path):
    order = tuple(reversed(lot.draw(lot.seed(stv.files["stage-3.txt"], LOT), 5)))
    forged = told_anew(stv.files, order=order)
    assert forged["count.json"] != stv.files["count.json"]
    refused_by_both(tmp_path, stv.signed(forged), "count.json")


def test_a_number_that_is_said_to_be_lost_gives_another_order_and_is_told(stv, tmp_path):
    forged = stv.signed(told_anew(stv.files, lot=Lot("", "The officer fell ill.")))
    checks = verify(forged)
    assert failed(checks) == []
    told = [check.says for check in checks if check.ok is None and check.name == "The number for lots"]
    assert "whoever lost it could choose" in told[0]
    code, said = said_by_program(tmp_path, pack(forged))
    assert (code, "lots came from the papers alone" in said) == (0, True), said
    assert "whoever lost it could choose" in " ".join(forged["README.txt"].decode().split())
    other = tuple(reversed(lot.draw(lot.seed(stv.files["stage-3.txt"], ""), 5)))
    chosen = told_anew(stv.files, lot=Lot("", "The officer fell ill."), order=other)
    refused_by_both(tmp_path, stv.signed(chosen), "count.json")


def test_a_count_without_the_reserves_or_by_another_rule_is_refused_by_both(stv, tmp_path):
    manifest = manifests.read(stv.files["manifest.json"])
    contest = asked(manifest).contest
    free = told_anew(stv.files, contest=msgspec.structs.replace(contest, reserves=()))
    assert free["count.json"] != stv.files["count.json"]
    refused_by_both(tmp_path, stv.signed(free), "count.json")
    refused_by_both(tmp_path, stv.signed(told_anew(stv.files, rule="meek-stv")), "count.json")


PROMISES = {
    "no reserves": lambda d: d["rule"].update(reserves=[]),
    "a seat more": lambda d: d["rule"].update(seats=3),
    "another rule": lambda d: d["rule"].update(name="meek-stv"),
    "another lot": lambda d: d["rule"].update(lot=lot.mark("1" * 20)),
    "nobody to re-open": lambda d: d["rule"].update(reopen=0),
    "another candidate": lambda d: d["questions"][0]["options"][1].update(text="Eve"),
}


@pytest.mark.parametrize("name", PROMISES)
def test_a_changed_promise_lacks_the_trustees_signatures(stv, tmp_path, name):
    forged = stv.signed(in_json("manifest.json", PROMISES[name])(dict(stv.files)))
    assert any("signatures.json" in where for _, where, _ in failed(verify(forged)))
    code, said = said_by_program(tmp_path, pack(forged))
    assert (code, "FAILED" in said) == (1, True), said


WRONG_PROMISES = {
    "a rule that is not known": lambda d: d["rule"].update(name="borda"),
    "another version": lambda d: d["rule"].update(version="2"),
    "more in the rule": lambda d: d["rule"].update(quota="hare"),
    "no mark of a lot": lambda d: d["rule"].update(lot=""),
    "a line feed after the mark of the lot": lambda d: d["rule"].update(lot=d["rule"]["lot"] + "\n"),
    "no seats": lambda d: d["rule"].update(seats=0),
    "the wrong one is nobody": lambda d: d["rule"].update(reopen=1),
    "two questions": lambda d: d["questions"].append(d["questions"][0]),
    "not ranked": lambda d: d["questions"][0].update(ranked=False),
    "other numbers": lambda d: d["questions"][0]["options"][0].update(id="9"),
    "somebody in two classes": lambda d: d["rule"]["reserves"].append({"name": "B", "candidates": [3], "least": 0}),
    "too many kept": lambda d: d["rule"]["reserves"][0].update(least=3, most=3),
    "two of one name": lambda d: d["questions"][0]["options"][1].update(text="Amy Osei"),
    "every seat kept, and nobody to be re-opened": lambda d: d["rule"]["reserves"][0].update(least=2, most=2),
    "seats that stay empty": lambda d: d["rule"].update(
        seats=3, reserves=[{"name": "All", "candidates": [1, 2, 3, 4], "least": 0, "most": 1}]
    ),
    "nothing to decide": lambda d: (
        d["rule"].update(reopen=0, reserves=[], seats=4),
        d["questions"][0].update(options=d["questions"][0]["options"][:4], max=4),
    ),
    "more candidates than any paper has": lambda d: (
        d["rule"].update(reopen=0, reserves=[]),
        d["questions"][0].update(options=[{"id": str(n), "text": f"C{n}"} for n in range(1, 62)], max=61),
        d.update(padded=2_000),
    ),
    "too many classes": lambda d: d["rule"].update(
        reserves=[{"name": f"C{n}", "candidates": [], "least": 0} for n in range(11)]
    ),
}


@pytest.mark.parametrize("name", WRONG_PROMISES)
def test_a_promise_that_cannot_be_counted_is_refused_by_both(stv, tmp_path, name):
    forged = stv.signed(in_json("manifest.json", WRONG_PROMISES[name])(dict(stv.files)))
    assert any(file == "manifest.json" for check, file, _ in failed(verify(forged)) if check != "Files as listed")
    code, said = said_by_program(tmp_path, pack(forged))
    assert (code, "FAILED  manifest.json" in said) == (1, True), said


def test_below_fifty_people_only_the_figures_add_up_until_a_scrutineer_gives_the_papers(made, tmp_path):
    small = made("small", {"1>2": 5, "2": 3, "3>1": 2, "": 1}, an_election())
    assert "papers.jsonl" not in small.files
    assert "ballots.blt" not in small.files
    checks = {check.name: check for check in verify(small.files)}
    assert failed(list(checks.values())) == []
    assert "arithmetic only" in checks["The count"].says
    code, said = said_by_program(tmp_path, pack(small.files))
    assert (code, "arithmetic only" in said) == (0, True), said
    for change in (
        lambda d: d.update(valid=11, blank=1),
        lambda d: d["stages"][0]["votes"].update({"1": "6.00000"}),
        lambda d: d["elected"].pop(),
    ):
        refused_by_both(tmp_path, small.signed(in_count(change)(dict(small.files))), "count.json")


def as_elected(*places: tuple[int, int]):
    """Makes count.json say that these are elected, each at their stage."""

    def change(count: dict) -> None:
        name = lambda number: count["candidates"][number - 1]  # noqa: E731
        count["elected"] = [{"candidate": n, "name": name(n), "stage": at} for n, at in places]
        count["empty"] = count["seats"] - len(places)
        for stage in count["stages"]:
            stage["elected"] = [n for n, at in places if at == stage["number"]]

    return change


def told_of(files: Files, change) -> Files:
    """The record with another count, and a declaration that fits it."""
    files = in_count(change)(dict(files))
    count = json.loads(files["count.json"])
    names = [place["name"] for place in count["elected"]]
    sentence = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} elected."
    votes = {number: int(float(had)) for stage in count["stages"][:1] for number, had in stage["votes"].items()}
    declared = {
        "elected": names,
        "empty": count["empty"],
        "sentence": sentence,
        "votes": votes,
        "blank": count["blank"],
    }
    files = in_count(lambda d: d.update(sentence=sentence))(files)
    return in_declaration(lambda d: d.update(declared))(files)


def votes(at: int, **said: str):
    return lambda count: count["stages"][at]["votes"].update({name[1:]: had for name, had in said.items()})


LONE = ({"1": 1}, an_election(rule="first-past-the-post", seats=1))
FPTP = ({"1": 3, "2": 12, "3": 2}, an_election(rule="first-past-the-post", seats=1))
BLOCK = ({"1": 8, "2": 7, "3": 2, "4": 1}, an_election(rule="block-plurality", reserves=(KEPT,)))
OPEN = ({"1": 8, "5": 12}, an_election(rule="approval", reopen=True, seats=1))
MOVED = ({"1>2": 8, "2": 3, "3>1": 2, "4": 1}, an_election())
BY_MEEK = ({"1>2": 8, "2": 3, "3>1": 2, "4": 1}, an_election(rule="meek-stv"))
ONE = ({"1": 5, "2": 4, "3>2": 2, "4>2": 1}, an_election(rule="alternative-vote", seats=1))

BELOW_FIFTY = {
    "the third is elected": (FPTP, as_elected((1, 1))),
    "more votes than papers": (FPTP, votes(0, _2="900")),
    "votes that no paper gave": (FPTP, votes(0, _2="11")),
    "fewer votes than none": (FPTP, votes(0, _1="-3", _3="8")),
    "a candidate without a number": (FPTP, lambda d: d["elected"][0].update(candidate=0, name="Dan Webb")),
    "a candidate without a name": (FPTP, lambda d: d["elected"][0].update(candidate=9)),
    "a kept seat passed over": (BLOCK, as_elected((1, 1), (2, 1))),
    "more votes than choices": (BLOCK, votes(0, _1="18", _2="18", _3="18")),
    "nobody is somebody": (OPEN, as_elected((5, 1))),
    "fewer votes than nobody": (OPEN, as_elected((1, 1))),
    "the weakest are elected": (MOVED, as_elected((4, 1), (3, 1))),
    "another quota": (MOVED, lambda d: d.update(quota="4")),
    "another order of election": (MOVED, lambda d: d["elected"].reverse()),
    "elected at another stage": (MOVED, lambda d: d["elected"][0].update(stage=2)),
    "votes that are not whole": (MOVED, votes(0, _1="7.50000", _2="3.50000")),
    "a vote from nowhere": (MOVED, votes(0, _1="9.00000")),
    "votes that come back": (MOVED, votes(1, _4="2.00000", _2="5.33332")),
    "a stage less": (MOVED, lambda d: d["stages"].pop()),
    "no stages": (MOVED, lambda d: d.update(stages=[])),
    "one who is excluded wins": (ONE, as_elected((4, 4))),
    "the first of the first stage wins": (ONE, as_elected((1, 3))),
    "another quota by Meek": (BY_MEEK, lambda d: d["stages"][1].update(quota="4.000000001")),
    "the weakest are elected by Meek": (BY_MEEK, as_elected((4, 1), (3, 1))),
    "another figure": (FPTP, lambda d: d.update(note=1)),
    "ties that are no list": (FPTP, lambda d: d.update(ties={})),
    "a no for the number of blank papers": (FPTP, lambda d: d.update(blank=False)),
    "a yes for the number of papers": (LONE, lambda d: d.update(valid=True)),
}


@pytest.mark.parametrize("name", BELOW_FIFTY)
def test_below_fifty_people_a_winner_whom_the_figures_do_not_elect_is_refused_by_both(made, tmp_path, name):
    (papers, ask), change = BELOW_FIFTY[name]
    one = made(f"small {ask.rule} {ask.reopen} {len(papers)}", papers, ask)
    assert failed(verify(one.files)) == []
    assert said_by_program(tmp_path, pack(one.files))[0] == 0
    forged = one.signed(told_of(one.files, change))
    assert forged["count.json"] != one.files["count.json"]
    refused_by_both(tmp_path, forged, "count.json")


def test_where_all_papers_are_blank_both_say_that_one_left_out_could_have_mattered(made, tmp_path):
    blank = made("blank", {"": 2}, an_election(rule="approval"), voters=50)
    beside = next(check.says for check in verify(blank.files) if check.name == "Spare stamps beside the margin")
    assert "; 1 exchanged papers would give another outcome" in beside
    said_by_program(tmp_path, pack(blank.files))
    could = sys.modules["election"].could_have_mattered
    rule, count = json.loads(blank.files["manifest.json"])["rule"], json.loads(blank.files["count.json"])
    assert (could(rule, count, 0), could(rule, count, 1)) == (False, True)


def test_an_election_without_transfers_is_counted_again_beside_its_margin(made, tmp_path):
    one = made("approval", {"1>2": 9, "3": 4, "2>3": 2}, an_election(rule="approval"), voters=50)
    checks = verify(one.files, programs=programs())
    assert failed(checks) == []
    beside = next(check.says for check in checks if check.name == "Spare stamps beside the margin")
    assert beside.startswith("0 spare stamps; 2 exchanged papers would give another outcome")
    code, said = said_by_program(tmp_path, pack(one.files))
    assert (code, "counted again: elected Ben Roy, Amy Osei" in said) == (0, True), said
    assert told_anew(one.files)["count.json"] == one.files["count.json"]
    other = in_count(lambda d: d["stages"][0]["votes"].update({"4": "99"}))(dict(one.files))
    refused_by_both(tmp_path, one.signed(other), "count.json")


def test_other_words_for_a_stage_are_told_and_another_result_in_words_is_refused(stv, made, tmp_path):
    small = made("small", {"1>2": 5, "2": 3, "3>1": 2, "": 1}, an_election())
    for one in (stv, small):
        reworded = in_count(lambda d: d["stages"][1].update(action="Something happened."))(dict(one.files))
        checks = verify(one.signed(reworded))
        assert failed(checks) == []
        said = next(check.says for check in checks if check.name == "The count")
        assert ("the words for stage 2 are not this program's own" in said) == (one is stv)
        assert agree(tmp_path, pack(one.signed(reworded))) == 0
        for change in (lambda d: d.update(sentence="Nobody is elected."), lambda d: d["stages"][0].pop("action")):
            refused_by_both(tmp_path, one.signed(in_count(change)(dict(one.files))), "count.json")
        both = in_declaration(lambda d: d.update(sentence="Nobody is elected."))(dict(one.files))
        assert agree(tmp_path, pack(one.signed(both))) == 1


CHOSEN = st.integers(0, 41)


@MANY
@given(data=st.data())
def test_both_say_the_same_of_every_figure_of_an_election_that_is_altered(stv, made, tmp_path, data):
    small = made("small", {"1>2": 5, "2": 3, "3>1": 2, "": 1}, an_election())
    one = data.draw(st.sampled_from([stv, small]))
    files = one.files
    name = data.draw(st.sampled_from(["count.json", "declaration.json"]))
    value = canonical.read(files[name])
    path = data.draw(st.sampled_from(list(places(value))))
    try:
        forged = added(data.draw, value, path) if data.draw(st.booleans()) else changed(value, path, data.draw(CHOSEN))
        altered = files | {name: canonical.to_bytes(forged)}
    except BadInput:
        return
    agree(tmp_path, pack(one.signed(altered)))
