"""Guessing is slowed down; nobody is locked out."""

from datetime import UTC, datetime, timedelta

import pytest

from pilot.errors import NotAllowed
from pilot.people import throttle as throttles
from pilot.people.codes import compose
from pilot.people.throttle import Throttle

NOW = datetime(2027, 3, 1, 3, 0, tzinfo=UTC)
CODE = "7KQ4-M2XD-9P"


def tried(times, address="ward", code=CODE, at=NOW):
    throttle = Throttle()
    for _ in range(times):
        throttle.wrong(address, code, at)
    return throttle


def test_the_fifth_wrong_code_makes_the_next_one_wait():
    tried(4).check("ward", CODE, NOW)
    with pytest.raises(NotAllowed, match="Wait 10 minutes or use another computer"):
        tried(5).check("ward", CODE, NOW)


def test_after_ten_minutes_the_next_try_is_free():
    tried(5).check("ward", CODE, NOW + timedelta(minutes=10))


def test_another_computer_is_free_at_once():
    tried(5).check("library", CODE, NOW)


def test_a_colleague_with_another_code_on_the_same_computer_is_free():
    tried(5).check("ward", "AAAA-AAAA-AA", NOW)


def test_the_prefix_is_the_same_however_it_is_typed():
    with pytest.raises(NotAllowed):
        tried(5).check("ward", "7kq4m2xd00", NOW)


def test_many_different_codes_from_one_address_wait_too():
    throttle = guessed(throttles.WRONG_BY_ADDRESS - 1)
    throttle.check("ward", CODE, NOW)
    with pytest.raises(NotAllowed):
        guessed(throttles.WRONG_BY_ADDRESS).check("ward", CODE, NOW)


def test_slips_of_the_finger_never_shut_a_whole_site_out():
    throttle = Throttle()
    for number in range(2 * throttles.WRONG_BY_ADDRESS):
        throttle.wrong("ward", f"A{number}", NOW)
    throttle.check("ward", CODE, NOW)


def guessed(times):
    """So many different codes that might exist, all wrong, from one address."""
    throttle = Throttle()
    for number in range(times):
        digits = [number >> shift & 31 for shift in (10, 5, 0)]
        throttle.wrong("ward", compose([0, *digits, 0, 0, 0, 0, 0]), NOW)
    return throttle


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(throttles, "KEPT", 10)
    throttle = Throttle()
    for number in range(100):
        throttle.wrong(f"computer {number}", CODE, NOW)
    assert len(throttle._wrong) <= 10
