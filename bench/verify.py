"""How fast the record of a large vote is checked, beside the bare rate at which its stamps can be. Prints JSON.

`bare`: verifications of RSA-3072 PSS a second with nothing around them, of the same stamps and papers, in the same
process and run: before and after, of which the faster counts. `verify`: papers a second when the record's zip file is
read and every check of `pilot verify` is made. Both are done by one thread. The seconds are those of the processor,
since other work on the computer stretches the ones on the clock, which are given beside them.

`python bench/verify.py [PAPERS]`. The record of 100,000 papers takes two minutes to make.
"""

import json
import os
import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402 -- the file is run by its name

from pilot.secrecy import seal  # noqa: E402
from pilot.secrecy.packing import pack  # noqa: E402
from pilot.voting.files import programs  # noqa: E402
from pilot.voting.record.archive import unpack  # noqa: E402
from pilot.voting.record.checks import passed, verify  # noqa: E402
from tests.builders.records import SALT, Story, stamp_key  # noqa: E402

PAPERS = 100_000
BARE = 20_000
"""Verifications in each bare measurement: as many as take about a second."""


def stamps(key: bytes, papers: list[bytes]) -> list[bytes]:
    """The stamps of these papers; a process of its own makes a part of them."""
    secret: Any = serialization.load_der_private_key(key, None)
    return [secret.sign(paper, SALT, hashes.SHA384()) for paper in papers]


def a_story(papers: int) -> tuple[Story, list[tuple[bytes, bytes]]]:
    """A vote with so many papers, all of them valid, and their stamps."""
    story = Story(papers)
    answers = ("yes", "no", "abstain")
    filled = [seal.paper(secrets.token_bytes(32), [[answers[at % 3]]], story.digest) for at in range(papers)]
    form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    parts = [filled[at : at + 1000] for at in range(0, papers, 1000)]
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        made = pool.map(stamps, [stamp_key().private_bytes(*form)] * len(parts), parts)
        stamped = [stamp for part in made for stamp in part]
    for place, (paper, stamp) in enumerate(zip(filled, stamped, strict=True)):
        story.stamp(place)
        story.cast(place, seal.pack(paper, stamp, story.manifest.padded))
    return story, list(zip(filled, stamped, strict=True))


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What the work gives, its seconds of the processor, and those on the clock."""
    processor, clock = time.process_time(), time.perf_counter()
    found = work()
    return found, time.process_time() - processor, time.perf_counter() - clock


def bare(pairs: list[tuple[bytes, bytes]]) -> tuple[float, float]:
    """Bare verifications a second: of the processor, and on the clock."""
    key, digest = stamp_key().public_key(), hashes.SHA384()

    def all_of_them() -> None:
        for paper, stamp in pairs:
            key.verify(stamp, paper, SALT, digest)

    _, processor, clock = timed(all_of_them)
    return len(pairs) / processor, len(pairs) / clock


def main() -> int:
    papers = int(sys.argv[1]) if len(sys.argv) > 1 else PAPERS
    story, pairs = a_story(papers)
    data = pack(story.record())
    del story
    some = pairs[:BARE]
    first = bare(some)
    checks, processor, clock = timed(lambda: verify(unpack(data).files, programs=programs()))
    second = bare(some)
    rate = max(first[0], second[0])
    found = {
        "papers": papers,
        "record_megabytes": round(len(data) / 1e6, 1),
        "passed": passed(checks),
        "bare_per_second": round(rate),
        "bare_per_second_before_and_after": [round(first[0]), round(second[0])],
        "verify_seconds": round(processor, 2),
        "verify_seconds_on_the_clock": round(clock, 2),
        "verify_per_second": round(papers / processor),
        "share_of_bare": round(papers / processor / rate, 3),
        "wanted_share": 0.5,
    }
    print(json.dumps(found, indent=1))
    return 0 if found["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
