"""How long a count takes and how much memory, beside pyrankvote on the same papers. Prints JSON.

Each measurement is a process of its own, so that its peak memory is its own: the whole of it, interpreter included.
`from_rows`: from a list with the ranking of each single paper, as a database gives it, to the sheet. `from_blt`: from
the bytes of a BLT file to the sheet. `from_grouped`: from identical papers put together, which is what both counters
are given for the comparison; ours goes on to the sheet. The seconds are the middle of several runs, on the clock and
of the processor; on a computer that is busy with other work the second is the fairer.

`python bench/count.py`; about three minutes.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pilot.voting.count import blt, rules, sheet  # noqa: E402 -- the file is run by its name
from pilot.voting.count.contest import Contest  # noqa: E402

RULE = "scottish-stv"
CANDIDATES, SEATS = 20, 5
WAYS = ("from_rows", "from_blt", "from_grouped", "pyrankvote")
PATIENCE = 300
"""Seconds after which a measurement is given up and said to be."""


def rankings(papers: int, *, deep: bool) -> list[bytes]:
    """Made-up papers, always the same: a mean of four choices, some liked better, or all twenty in any order."""
    chance, numbers = random.Random(7), range(1, CANDIDATES + 1)
    if deep:
        return [bytes(chance.sample(numbers, CANDIDATES)) for _ in range(papers)]
    liking = list(accumulate((n + 1) ** -0.7 for n in range(CANDIDATES)))
    found = []
    for _ in range(papers):
        chosen = dict.fromkeys(chance.choices(numbers, cum_weights=liking, k=12))
        found.append(bytes(chosen)[: chance.randint(1, 7)])
    return found


def ward() -> tuple[Contest, list[bytes]] | None:
    """The 14,207 papers of Almond, Edinburgh, in 2017; None where the reference data is not at hand."""
    folder = Path(os.environ.get("PILOT_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
    path = folder / "counting" / "scottish2017" / "edinburgh_2017_ward1.blt"
    if not path.is_file():
        return None
    election = blt.read(path.read_bytes())
    return election.contest, list(Counter(election.papers).elements())


def made_up(papers: int, *, deep: bool = False) -> tuple[Contest, list[bytes]]:
    names = tuple(f"Candidate {number}" for number in range(1, CANDIDATES + 1))
    return Contest(SEATS, names, title=f"{papers:,} papers"), rankings(papers, deep=deep)


CASES: dict[str, Callable[[], tuple[Contest, list[bytes]] | None]] = {
    "ward": ward,
    "20,000": lambda: made_up(20_000),
    "1,000,000": lambda: made_up(1_000_000),
    "1,000,000 all different, 20 choices": lambda: made_up(1_000_000, deep=True),
}


def written(contest: Contest, rows: list[bytes], way: str, path: Path) -> None:
    """The input of one measurement as a file, so that making it costs the measurement neither time nor memory."""
    if way == "from_rows":
        path.write_bytes(b"\0".join([contest.title.encode(), *rows]))
    elif way == "from_blt":
        lines = "".join(f"1 {' '.join(map(str, row))} 0\n" for row in rows)
        names = "".join(f'"{name}"\n' for name in (*contest.candidates, contest.title))
        path.write_text(f"{len(contest.candidates)} {contest.seats}\n{lines}0\n{names}", encoding="utf-8")
    else:
        path.write_bytes(blt.write(contest, Counter(rows)))


def measured(way: str, path: Path, seats: int, candidates: int) -> dict[str, object]:
    """One measurement, in this process."""
    data = path.read_bytes()
    contest = Contest(seats, tuple(f"Candidate {number}" for number in range(1, candidates + 1)))
    if way == "from_rows":
        rows = data.split(b"\0")[1:]
        del data
        seconds, elected = timed(lambda: sheets(contest, Counter(rows)))
    elif way == "from_blt":
        seconds, elected = timed(lambda: from_blt(data))
    else:
        papers = blt.read(data).papers
        del data
        seconds, elected = timed(lambda: (sheets if way == "from_grouped" else pyrankvote)(contest, papers))
    wall, cpu = (round(statistics.median(times), 4) for times in seconds)
    return {"seconds": wall, "cpu_seconds": cpu, "peak_mb": peak_mb(), "elected": elected}


def timed(run: Callable[[], list[int]]) -> tuple[tuple[list[float], list[float]], list[int]]:
    """Seconds on the clock and of the processor for each of several runs, more of them the shorter they are."""
    wall: list[float] = []
    cpu: list[float] = []
    while not wall or (len(wall) < 3 and sum(wall) < 15) or (len(wall) < 51 and sum(wall) < 1):
        begun, worked = time.perf_counter(), time.process_time()
        elected = run()
        wall.append(time.perf_counter() - begun)
        cpu.append(time.process_time() - worked)
    return (wall, cpu), elected


def peak_mb() -> int:
    """The most memory that this process has had. Linux adds the starting process's own to what `resource` tells."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return round(int(line.split()[1]) / 1024)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def sheets(contest: Contest, papers: dict[bytes, int]) -> list[int]:
    result = rules.count(RULE, contest, papers, range(1, len(contest.candidates) + 1))
    assert sheet.as_json(result)
    return sorted(result.winners)


def from_blt(data: bytes) -> list[int]:
    election = blt.read(data)
    return sheets(election.contest, election.papers)


def pyrankvote(contest: Contest, papers: dict[bytes, int]) -> list[int]:
    """The other counter takes a list with every paper: identical ones are made once and listed many times."""
    from pyrankvote import Ballot, Candidate, single_transferable_vote

    standing = [Candidate(str(number)) for number in range(1, len(contest.candidates) + 1)]
    ballots = []
    for ranking, alike in papers.items():
        ballots += [Ballot([standing[number - 1] for number in ranking])] * alike
    return sorted(int(one.name) for one in single_transferable_vote(standing, ballots, contest.seats).get_winners())


def apart(way: str, path: Path, contest: Contest) -> dict[str, object]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, way, str(path), str(contest.seats), str(len(contest.candidates))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    except subprocess.TimeoutExpired:
        return {"given_up_after_seconds": PATIENCE}
    found: dict[str, object] = json.loads(done.stdout)
    return found


def case(name: str, folder: Path) -> dict[str, object]:
    made = CASES[name]()
    if made is None:
        return {"skipped": "the reference data is not at hand (set PILOT_REFERENCE_DATA)"}
    contest, rows = made
    found: dict[str, object] = {
        "papers": len(rows),
        "different": len(set(rows)),
        "candidates": len(contest.candidates),
        "seats": contest.seats,
        "mean_choices": round(sum(map(len, rows)) / len(rows), 2),
    }
    paths = {way: folder / way for way in WAYS}
    for way, path in paths.items():
        written(contest, rows, way, path)
    del rows, made
    elected = {}
    for way, path in paths.items():
        figures = apart(way, path, contest)
        elected[way] = figures.pop("elected", None)
        found[way] = figures
        path.unlink()
    ours, theirs = found["from_grouped"], found["pyrankvote"]
    if "seconds" in theirs:
        found["times_faster_than_pyrankvote"] = round(theirs["cpu_seconds"] / ours["cpu_seconds"], 1)
        found["pyrankvote_elects_the_same"] = elected["pyrankvote"] == elected["from_grouped"]
    assert elected["from_rows"] == elected["from_blt"] == elected["from_grouped"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the count of an election.")
    parser.add_argument("measurement", nargs="*", help="(one measurement: way, file, seats, candidates)")
    parser.add_argument("--case", choices=CASES, help="only this case")
    args = parser.parse_args()
    if args.measurement:
        way, path, seats, candidates = args.measurement
        print(json.dumps(measured(way, Path(path), int(seats), int(candidates))))
        return
    with tempfile.TemporaryDirectory(prefix="pilot-bench-") as folder:
        chosen = [args.case] if args.case else list(CASES)
        print(json.dumps({name: case(name, Path(folder)) for name in chosen}, indent=2))


if __name__ == "__main__":
    main()
