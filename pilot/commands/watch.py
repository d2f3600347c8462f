"""`pilot watch URL`: the scrutineer's monitor of a vote's log. It runs on a computer of the scrutineer's own."""

import argparse
import json
import os
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

from pilot.errors import BadInput
from pilot.secrecy import watching
from pilot.secrecy.watching import Alarm, NoAnswer, Watched

DONE, ALARM, UNUSABLE = 0, 1, 2

LONGEST = 30
"""Seconds until a request without an answer counts as lost."""

LARGEST = 2_000_000
"""Bytes of an answer that are read; a manifest with 255 candidates has 50,000."""

SHORTEST = 1
"""Seconds between two looks, at least."""

OUR_OWN = ("127.0.0.1", "localhost", "::1")


class Unusable(Exception):  # noqa: N818 -- told in a sentence, and the program ends
    """What was given on the command line cannot be used."""


class KeyRefused(Alarm):
    """The server does not take the watch key; there is no answer to keep."""


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("watch", help="watch that nothing is changed or taken out of the log of a vote")
    parser.add_argument("url", metavar="URL", help="the page of the vote, like https://…/trusts/RAA/ballots/12")
    secret = parser.add_mutually_exclusive_group(required=True)
    secret.add_argument("--key", type=Path, metavar="FILE", help="the file with the watch key")
    secret.add_argument("--key-env", metavar="NAME", help="the environment variable with the watch key")
    parser.add_argument("--state", type=Path, metavar="FILE", required=True, help="where to keep what was seen")
    parser.add_argument("--number", metavar="NUMBER", help="the number of the vote, from the poster, to compare")
    parser.add_argument("--every", type=float, default=60, metavar="SECONDS", help="how often to look (default: 60)")
    parser.add_argument("--times", type=int, metavar="N", help="how many looks; without it, until you stop it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: every look that was answered was right; 1: the alarm; 2: it cannot watch, or no look was answered."""
    try:
        monitor = Monitor(_address(args.url), _key(args), args.state)
        return monitor.watch(args.number, every=max(SHORTEST, args.every), times=args.times)
    except KeyRefused as alarm:
        print(f"ALARM: {alarm}", file=sys.stderr)
        print("If neither is so, tell the returning officer and the staff side at once.", file=sys.stderr)
        return ALARM
    except Alarm as alarm:
        print(f"ALARM: {alarm}", file=sys.stderr)
        both = f"{args.state} and {_beside(args.state)}"
        print(f"Keep both files, {both}. Tell the returning officer and the staff side at once.", file=sys.stderr)
        return ALARM
    except (Unusable, BadInput) as trouble:
        print(f"pilot watch: {trouble}", file=sys.stderr)
    except OSError as trouble:
        print(f"pilot watch: {trouble.filename} cannot be read or written: {trouble.strerror}.", file=sys.stderr)
    except KeyboardInterrupt:
        return DONE
    return UNUSABLE


class Monitor:
    """Looks at one vote's log again and again, and keeps the last right answer in a file.

    It prints when it begins and when the server goes away or comes back, not how long the log is each time: such a
    list would show when people voted.
    """

    def __init__(self, url: str, key: str, state: Path, sleep: Callable[[float], None] = time.sleep) -> None:
        self.url, self.key, self.state, self.sleep = url, key, state, sleep
        self.opener = urllib.request.build_opener(_NoRedirects)
        self.reached: bool | None = None
        self.answered = 0

    def watch(self, number: str | None, *, every: float, times: int | None) -> int:
        """Look until the alarm, or so many times."""
        watched: Watched | None = None
        looks = 0
        while times is None or looks < times:
            if looks:
                self.sleep(every)
            looks += 1
            try:
                watched = watched or self._begin(number)
                watched = self._look(watched)
            except NoAnswer as trouble:
                self._says(reached=False, words=f"The server does not answer ({trouble}) Trying again.")
            else:
                self.answered += 1
                self._says(reached=True, words="The server answers, and the log is right.")
        if not self.answered:
            raise Unusable("The server was never reached, so nothing is known about the log.")
        print(f"{self.answered} of {looks} looks were answered. The log only grew.")
        return DONE

    def _says(self, *, reached: bool, words: str) -> None:
        if self.reached is not reached:
            print(words, flush=True)
        self.reached = reached

    def _begin(self, number: str | None) -> Watched:
        """What was remembered, or the beginning: what the vote promises, by its number."""
        if self.state.exists():
            watched = watching.read(self.state.read_bytes())
        else:
            watched = watching.begin(self._get("/manifest.json"))
            _keep(self.state, watching.to_bytes(watched))
        if number is not None and "".join(number.split()).lower() != watched.m:
            raise Unusable(f"This is another vote: its number is {watched.m}.")
        compared = "It is the number that you gave." if number is not None else "Compare it with the poster."
        print(f"The number of the vote is {watched.m}. {compared}", flush=True)
        return watched

    def _look(self, watched: Watched) -> Watched:
        """One answer, followed and kept. What raises the alarm is kept beside, to be shown to others."""
        data = self._get(f"/watch?from={watched.size}")
        try:
            answer = json.loads(data)
        except ValueError as trouble:
            raise NoAnswer("what came is no answer.") from trouble
        try:
            now = watching.follow(watched, answer if isinstance(answer, dict) else {})
        except Alarm:
            _keep(_beside(self.state), data)
            raise
        if now != watched:
            _keep(self.state, watching.to_bytes(now))
        return now

    def _get(self, path: str) -> bytes:
        """The body of an answer. Raises NoAnswer for a lost connection, and Alarm where the key is refused."""
        headers = {"authorization": f"Bearer {self.key}", "accept": "application/json"}
        request = urllib.request.Request(self.url + path, headers=headers)  # noqa: S310 -- http or https, see _address
        try:
            with self.opener.open(request, timeout=LONGEST) as answer:
                return bytes(answer.read(LARGEST))
        except urllib.error.HTTPError as refusal:
            with suppress(OSError):
                refusal.close()
            raise _refused(refusal.code) from refusal
        except (OSError, HTTPException) as trouble:
            raise NoAnswer("no connection.") from trouble


def _beside(state: Path) -> Path:
    """Where the answer is kept that raised the alarm."""
    return state.with_name(f"{state.name}.alarm")


def _refused(status: int) -> Exception:
    if status in (401, 403):
        return KeyRefused(
            "The server refuses the watch key. Check that you saved the key whole, and ask the returning officer "
            "whether another key was made."
        )
    return NoAnswer(f"it answered {status}.")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The key goes to no other address."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none."""


def _address(url: str) -> str:
    """The vote's page; refuses an address over which others could read the key."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in OUR_OWN):
        raise Unusable("The address must begin with https://, or others could read the watch key.")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _key(args: argparse.Namespace) -> str:
    text = args.key.read_text() if args.key else os.environ.get(args.key_env, "")
    key = "".join(text.split())
    if not key or not key.isascii():
        raise Unusable("There is no watch key there.")
    return key


def _keep(path: Path, data: bytes) -> None:
    """Write the whole file or nothing, even if the power fails meanwhile."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
