"""What a ballot needs besides rows: the programs of its record."""

from pathlib import Path

from pilot.voting.record.build import PROGRAMS


def programs() -> dict[str, bytes]:
    """The programs that are put into each record as they are, by their name there."""
    return {name: (Path(__file__).parent / own).read_bytes() for name, own in PROGRAMS.items()}
