"""Packs of wordings for tests. The words are stand-ins: none of the NHS Staff Survey is in this project."""

from collections.abc import Mapping

from pilot.metrics.instruments import WordingPack, items


def stand_ins(year: int = 2023) -> dict[str, str]:
    """Words for every item of a year."""
    return {code: f"Stand-in for the words of {code}" for codes in items(year).values() for code in codes}


def a_pack(year: int = 2023, permission: str = "Letter 12/2026") -> WordingPack:
    return WordingPack(permission, year, stand_ins(year))


def as_file(wordings: Mapping[str, str]) -> bytes:
    """A pack as somebody uploads it."""
    return "\n".join(["code,wording", *(f'{code},"{words}"' for code, words in wordings.items())]).encode()
