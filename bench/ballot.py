"""How fast votes are taken, opened and verified, and what a vote costs the server beside its RSA operation. As JSON.

People sign in with codes and vote through the real HTTP interface: the server is `pilot serve` in a process of its own,
the voters are threads of this one, so both share the machine's processors. A complete vote is the start page, the code,
the question page, the stamp, the cast and the checked receipt. Processor seconds tell more than the clock where other
programs run beside. `python bench/ballot.py [--votes 300]`; one minute. bench/trustee.py measures a trustee's tools.
"""

import argparse
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cryptography.hazmat.primitives import hashes  # noqa: E402 -- the file is run by its name
from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: E402

from pilot.rehearsal.booth import Asked, Booth  # noqa: E402
from pilot.rehearsal.browser import Browser  # noqa: E402
from pilot.secrecy import papers, peel, stamp  # noqa: E402
from tests.builders.secrecy import World  # noqa: E402
from tests.builders.serving import OpenVote, Serving, a_free_port  # noqa: E402

PEOPLE = 8
"""How many vote at the same time."""

WARM = 16
"""Votes before anything is measured: templates are compiled and statements are cached by then."""


class Meter:
    """Clock and processor seconds of many acts, a server's beside this process's own."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving

    def measure(self, acts: Sequence[Callable[[], Any]]) -> tuple[dict[str, float], list[Any]]:
        """Acts a second, and milliseconds of a processor for each; and what they gave."""
        begun, server, client = time.perf_counter(), self.serving.seconds, time.process_time()
        with ThreadPoolExecutor(PEOPLE) as pool:
            found = list(pool.map(lambda act: act(), acts))
        seconds, n = time.perf_counter() - begun, len(acts)
        return {
            "per_second": round(n / seconds, 1),
            "server_cpu_ms": round((self.serving.seconds - server) / n * 1000, 2),
            "client_cpu_ms": round((time.process_time() - client) / n * 1000, 2),
        }, found


class Person:
    """Somebody who goes one step after the other."""

    def __init__(self, port: int, code: str) -> None:
        self.booth, self.code = Booth(Browser(port)), code
        self.vote: Asked
        self.envelope = b""

    def enter(self) -> None:
        self.vote = self.booth.enter(self.code)

    def stamp(self) -> None:
        _, self.envelope = self.booth.seal(self.vote, [["yes"]])

    def cast(self) -> None:
        self.booth.cast(self.vote, self.envelope)

    def complete(self) -> None:
        self.enter()
        self.stamp()
        self.cast()
        self.booth.browser.close()


def votes(folder: Path, many: int) -> dict[str, Any]:
    """The steps one by one, and complete votes."""
    vote, steps = OpenVote(folder, 2 * many + WARM), ("enter", "stamp", "cast")
    with Serving(vote, a_free_port()) as serving:
        serving.start()
        meter = Meter(serving)
        everybody = [Person(serving.port, code) for code in vote.codes]
        meter.measure([one.complete for one in everybody[:WARM]])
        found, _ = meter.measure([one.complete for one in everybody[WARM : WARM + many]])
        rest = everybody[WARM + many :]
        each = {}
        for step in steps:
            each[step], _ = meter.measure([getattr(one, step) for one in rest])
            for one in rest:
                one.booth.browser.close()  # a server hangs up on those who wait
    return {"complete_votes": found, **{f"only_{step}": values for step, values in each.items()}}


def bare(many: int) -> dict[str, float]:
    """Milliseconds of a processor for the library's RSA-3072 signature, and for the blind one with its protection."""
    key = rsa.generate_private_key(public_exponent=stamp.EXPONENT, key_size=stamp.BITS)
    numbers = key.private_numbers()
    secret = stamp.SecretKey(numbers.public_numbers.n, stamp.EXPONENT, numbers.d, numbers.p, numbers.q)
    messages = [(2 + secrets.randbelow(secret.n - 4)).to_bytes(stamp.SIZE) for _ in range(many)]
    scheme = padding.PSS(padding.MGF1(hashes.SHA384()), stamp.SALT)
    return {
        "rsa_3072_ms": _each(messages, lambda one: key.sign(one, scheme, hashes.SHA384())),
        "blind_signature_ms": _each(messages, lambda one: stamp.blind_sign(secret, one, 2 + secrets.randbelow(2**64))),
    }


def counting(many: int) -> dict[str, float]:
    """Openings and verifications a second of a processor, beside the bare verification."""
    world = World()
    inner = [world.inner() for _ in range(many)]
    envelopes = [world.sealed(one) for one in inner]
    key = stamp.rsa_key(world.stamp_key.public)
    pairs = [(one.paper, one.stamp) for one in world.judged(inner)]
    task = world.task(1, envelopes)
    bare = _each(pairs * 5, lambda pair: stamp.verify(key, *pair))
    judged = _all(lambda: papers.judge_all(inner * 5, world.manifest, world.digest), many * 5)
    opened = _all(lambda: peel.open_each(envelopes, task, world.sealers[0]), many)
    return {
        "openings_per_cpu_second": round(1000 / opened),
        "bare_verifications_per_cpu_second": round(1000 / bare),
        "papers_judged_per_cpu_second": round(1000 / judged),
        "judged_over_bare": round(bare / judged, 2),
    }


def _each(things: Sequence[Any], act: Callable[[Any], Any]) -> float:
    return _all(lambda: [act(one) for one in things], len(things))


def _all(act: Callable[[], Any], many: int) -> float:
    """Milliseconds of a processor for one of many."""
    begun = time.process_time()
    act()
    return round((time.process_time() - begun) / many * 1000, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures how fast votes are taken and counted.")
    parser.add_argument("--votes", type=int, default=300)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pilot-bench-") as folder:
        taken = votes(Path(folder) / "data", args.votes)
    alone = bare(50)
    found = {
        "votes": args.votes,
        "processors": os.cpu_count(),
        "load_at_the_end": round(os.getloadavg()[0], 1),
        **taken,
        **alone,
        "server_cpu_over_rsa": round(taken["complete_votes"]["server_cpu_ms"] / alone["rsa_3072_ms"], 1),
        "server_cpu_over_blind_signature": round(
            taken["complete_votes"]["server_cpu_ms"] / alone["blind_signature_ms"], 1
        ),
        **counting(60),
        "targets": {"complete_votes_per_second": 150, "server_cpu_over_rsa": 4, "judged_over_bare": 0.5},
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
