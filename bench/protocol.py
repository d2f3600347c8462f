"""Drives ballots through their whole life in ever other orders, with crashes and liars. Prints JSON: what was met.

`python bench/protocol.py [--examples 100]`; some minutes. What is not as it should be ends it with the example that
shows it; tests/rooms/secrecy/test_whole_protocol.py does a few examples, the same ones each time.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pilot.commands.migrate import upgrade  # noqa: E402 -- the file is run by its name
from tests.builders.protocol.laws import KINDS, run_through  # noqa: E402
from tests.builders.protocol.opening import Opening  # noqa: E402
from tests.builders.protocol.running import arranged  # noqa: E402
from tests.builders.protocol.voting import Voting  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description="Drives ballots in any order.")
    parser.add_argument("--examples", type=int, default=100)
    args = parser.parse_args()
    begun = time.process_time()
    met = {"voting": Counter[str](), "opening": Counter[str]()}
    with tempfile.TemporaryDirectory(prefix="pilot-bench-") as folder:
        template = Path(folder) / "template.sqlite"
        upgrade(f"sqlite+aiosqlite:///{template}")
        for ballot in [arranged(template, Path(folder), *kind) for kind in KINDS]:
            run_through(Voting, ballot, met["voting"], examples=args.examples, again=False)
            run_through(Opening, ballot, met["opening"], examples=args.examples, again=False)
    found = {"examples": 4 * args.examples, "processor_seconds": round(time.process_time() - begun, 1)}
    print(json.dumps(found | {name: dict(sorted(counts.items())) for name, counts in met.items()}, indent=2))


if __name__ == "__main__":
    main()
