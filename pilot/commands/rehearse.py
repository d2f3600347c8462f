"""`pilot rehearse`: a whole vote of made-up people through the real HTTP interface, which leaves its record."""

import argparse
import io
import secrets
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from pilot.clock import utc_now
from pilot.commands import verify
from pilot.commands.migrate import upgrade
from pilot.errors import BadInput
from pilot.rehearsal.plan import KINDS, Plan
from pilot.rehearsal.running import rehearse
from pilot.settings import Settings

RECORD, CHECKS = "record.zip", "verify.txt"


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("rehearse", help="hold a whole vote of made-up people, and keep its record")
    parser.add_argument("--voters", type=int, default=60, metavar="N", help="people on the list of voters (60)")
    parser.add_argument("--question", choices=KINDS, default="yes-no", help="what is asked (yes-no)")
    parser.add_argument("--candidates", type=int, default=5, metavar="N", help="candidates of an election (5)")
    parser.add_argument("--seats", type=int, default=2, metavar="N", help="seats of an election (2)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the record is left")
    parser.add_argument("--seed", default="", metavar="WORD", help="the same word gives the same votes")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when the record passes every check that can be made, 1 when one fails or the rehearsal is refused."""
    plan = Plan(args.voters, args.question, args.candidates, args.seats, args.seed or secrets.token_hex(4))
    plan.check()
    out: Path = args.out
    if (out / RECORD).exists():
        raise BadInput(f"{out / RECORD} is there already. Choose another folder: a record is never overwritten.")
    out.mkdir(parents=True, exist_ok=True)
    _say(f"The votes follow from the seed “{plan.seed}”.")
    with tempfile.TemporaryDirectory(prefix="pilot-rehearsal-") as folder:
        kept = rehearse(plan, _settings(Path(folder)), utc_now(), _say)
    (out / RECORD).write_bytes(kept.record)
    failed, lines = _checked(out / RECORD, kept.number)
    (out / CHECKS).write_text(lines)
    print(lines, end="")
    _say(f"The record is {out / RECORD}, and these lines are {out / CHECKS}.")
    return failed


def _settings(folder: Path) -> Settings:
    """Those of an installation that lives as long as the rehearsal; its database has every table and no row."""
    url = f"sqlite+aiosqlite:///{folder / 'rehearsal.sqlite'}"
    upgrade(url)
    return Settings(database_url=url, secret_key=secrets.token_hex(32).encode())


def _checked(record: Path, number: str) -> tuple[int, str]:
    """What `pilot verify` says of the record: its exit code and its lines."""
    said = io.StringIO()
    with redirect_stdout(said):
        code = verify.run(argparse.Namespace(record=record, number=number, papers=None))
    return code, said.getvalue()


def _say(sentence: str) -> None:
    print(sentence, flush=True)
