"""Kills the real server a hundred times while people vote, and looks through the database after each. Prints JSON.

`python bench/killed.py [--kills 100] [--voters 400]`; some minutes. Any vote lost, or anything half, ends it with the
line of the check that failed.
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.builders.killing import Siege, counted  # noqa: E402 -- the file is run by its name
from tests.builders.serving import OpenVote, Serving, a_free_port  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description="Kills the server under load.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--voters", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pilot-bench-") as folder:
        vote = OpenVote(Path(folder) / "data", args.voters)
        cast_at_kill: list[int] = []
        with Serving(vote, a_free_port()) as serving:
            siege = Siege(vote, serving)
            siege.run(args.kills, random.Random(args.seed), after=lambda: cast_at_kill.append(len(siege.casts)))
        papers = counted(vote)
    found = {
        "kills": args.kills,
        "kills_while_people_voted": sum(casts < 2 * args.voters for casts in cast_at_kill),
        "requests_cut_off": siege.again,
        "votes_with_a_receipt": len(siege.casts),
        "voters": args.voters,
        "papers_counted": dict(papers),
        "lost": args.voters - papers["no"],
        "server_log": serving.log,
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
