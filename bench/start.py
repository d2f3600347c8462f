"""How long the demonstration takes to start: once with an empty folder, then again. Prints JSON.

`python bench/start.py` from anywhere; about a minute and a half. It uses a folder of its own and leaves none behind.
"""

import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECOND_STARTS = 3
PATIENCE = 300.0
"""Seconds after which a start is given up."""


def a_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    with (
        contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5),
    ):
        return True
    return False


def seconds_to_start(data: str) -> float:
    """From the start of the process until /health answers; then the server is stopped as Ctrl-C stops it."""
    port = a_free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PILOT_")}
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "pilot", "demo", "--serve"],
        cwd=ROOT,
        env={**kept, "PILOT_DATA": data, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        while not answers(port):
            if server.poll() is not None or time.perf_counter() - begun > PATIENCE:
                raise SystemExit("bench/start.py: the demonstration did not start")
            time.sleep(0.01)
        return time.perf_counter() - begun
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pilot-bench-", ignore_cleanup_errors=True) as data:
        first = seconds_to_start(data)
        again = [seconds_to_start(data) for _ in range(SECOND_STARTS)]
    found = {
        "first_start_seconds": round(first, 2),
        "second_start_seconds": round(statistics.median(again), 2),
        "second_starts": [round(one, 2) for one in again],
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
