"""Two ballots with their keys, made once: this one and another."""

import json
from pathlib import Path

import pytest

from tests.builders.secrecy import World


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def other() -> World:
    return World()


@pytest.fixture(scope="session")
def vectors(reference_data: Path):
    """The published test vectors of one file in the reference data."""
    return lambda name: json.loads((reference_data / "secrecy" / name).read_text())
