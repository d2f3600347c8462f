"""`pilot migrate`: bring the database to the newest form."""

import argparse
import os
from pathlib import Path

from alembic import command
from alembic.config import Config

from pilot.settings import ROOT, from_environment


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("migrate", help="bring the database to the newest form")
    parser.set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Apply every migration that the database has not had."""
    url = from_environment(os.environ).database_url
    upgrade(url)
    print("The database is up to date.")
    return 0


def configuration(url: str) -> Config:
    """What alembic needs to know: where the migrations stand and which database is meant."""
    config = Config()
    config.set_main_option("script_location", str(Path(os.environ.get("PILOT_MIGRATIONS", ROOT / "migrations"))))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Apply the missing migrations to the database at `url`; an SQLite file is made where there is none."""
    if url.startswith("sqlite"):
        Path(url.split("///", 1)[1]).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(configuration(url), "head")
