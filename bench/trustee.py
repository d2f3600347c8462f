"""How fast a trustee opens sealed votes, as JSON on stdout: by the command and by trustee.html in Chromium.

The command is run as people run it, a process of its own from key file and list to opened file. The page is opened from
disk; its time runs from the press of the button to the offer of the opened file. `bare` is the same openings without
any file, by one process. Each is told by the clock and by the time of the processors: on a computer that is busy with
other work the second is the fairer.

`python bench/trustee.py`; about two minutes, most of it to seal the votes.
"""

import argparse
import json
import os
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pilot.secrecy import lists, peel, seal  # noqa: E402 -- the file is run by its name
from tests.builders.keyfiles import PASSPHRASE, OwnKeys  # noqa: E402

LENGTH = 900
"""Bytes of a sealed vote before its first opening."""

CHROMIUMS = ("chromium-headless-shell", "chromium", "google-chrome")


def sealed(length: int, key: bytes, info: bytes, many: int) -> list[bytes]:
    """Sealed votes whose first layer opens; what is inside is only seen by the next trustee."""
    public = seal.read_seal_key(key)
    return [seal.SUITE.encrypt(secrets.token_bytes(length), public, info) for _ in range(many)]


def a_ballot(votes: int) -> OwnKeys:
    ballot = OwnKeys(votes=0)
    over = {"opens": datetime(2025, 3, 3, 8, tzinfo=UTC), "closes": datetime(2025, 3, 17, 17, tzinfo=UTC)}
    ballot = OwnKeys(votes=0, files=ballot.files, padded=LENGTH - 3 * seal.LAYER, **over)
    work = partial(sealed, LENGTH - seal.LAYER, ballot.key_files[0].seal_key, seal.info(ballot.digest, 1))
    with ProcessPoolExecutor() as pool:
        portions = pool.map(work, [500] * (votes // 500))
        ballot.envelopes = [item for portion in portions for item in portion]
    return ballot


def number_of(ballot: OwnKeys) -> str:
    """The number of the list, which whoever opens first types."""
    return lists.number(ballot.close()["sha256"])


def bare(ballot: OwnKeys) -> int:
    """Openings in a second of one processor."""
    items = ballot.envelopes[:2000]
    task = peel.Task(ballot.digest, 1, 3, ballot.manifest.padded, "")
    begun = time.process_time()
    assert None not in peel.open_each(items, task, ballot.keys[0].sealer)
    return round(len(items) / (time.process_time() - begun))


def spent() -> float:
    """Seconds of the processors that every process which this one has started has used, ended or not."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    family, found = {os.getpid()}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        found[int(path.parent.name)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    for _ in range(6):  # generations
        family |= {pid for pid, (parent, _) in found.items() if parent in family}
    living = sum(used for pid, (_, used) in found.items() if pid in family and pid != os.getpid())
    return ended.ru_utime + ended.ru_stime + living


class Watch:
    """Seconds from its making on."""

    def __init__(self) -> None:
        self.begun, self.used = time.perf_counter(), spent()

    def read(self) -> dict[str, float]:
        return {"seconds": round(time.perf_counter() - self.begun, 2), "cpu_seconds": round(spent() - self.used, 2)}


def by_command(folder: Path, ballot: OwnKeys) -> dict[str, float]:
    (folder / "passphrase").write_text(PASSPHRASE)
    command = [sys.executable, "-m", "pilot", "trustee", "peel", *(str(folder / name) for name in ("key", "list"))]
    command += ["--out", str(folder / "opened"), "--passphrase-file", str(folder / "passphrase")]
    command += ["--number-of-list", number_of(ballot)]
    (folder / "key").write_bytes(ballot.files[0])
    watch = Watch()
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    found = watch.read()
    assert lists.read_opened((folder / "opened").read_bytes()).statement.out == len(ballot.envelopes)
    return found


def by_page(folder: Path, ballot: OwnKeys) -> dict[str, float] | None:
    """In Chromium; None where there is none."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        return None
    from playwright.sync_api import sync_playwright

    (folder / "key.json").write_bytes(ballot.files[0])
    with sync_playwright() as playwright:
        flags = ["--disable-dev-shm-usage", "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        page = browser.new_page(accept_downloads=True)
        page.set_default_timeout(120_000)
        page.goto((ROOT / "static" / "trustee.html").as_uri() + "#open")
        page.locator("#open-list").set_input_files(folder / "list")
        page.locator("#open-key").set_input_files(folder / "key.json")
        page.locator("#open-number").fill(number_of(ballot))
        page.locator("#open-passphrase").fill(PASSPHRASE)
        watch = Watch()
        page.get_by_role("button", name="Check the list").click()
        with page.expect_download():
            page.get_by_role("link", name="Save the new key file").click()
        page.get_by_label("I have saved the new key file").check()
        page.get_by_role("button", name="Open the sealed votes").click()
        page.get_by_role("link", name="Save the opened votes").wait_for()
        found = watch.read()
        browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures how fast a trustee opens sealed votes.")
    parser.add_argument("--votes", type=int, default=20_000, help="in five hundreds; default: 20000")
    args = parser.parse_args()
    ballot = a_ballot(args.votes)
    with tempfile.TemporaryDirectory(prefix="pilot-bench-") as name:
        folder = Path(name)
        (folder / "list").write_bytes(ballot.list())
        times = [by_command(folder, ballot) for _ in range(3)]
        page = by_page(folder, ballot)
    found = {
        "votes": len(ballot.envelopes),
        "bytes_each": len(ballot.envelopes[0]),
        "processors": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "bare_openings_per_cpu_second": bare(ballot),
        "command": times,
        "page": page,
        "targets": {"command_seconds": 4, "page_seconds": 30},
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
