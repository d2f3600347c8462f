"""Slows down guessing of voting codes without locking anybody out: a count of wrong tries by computer. Pure."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from pilot.errors import NotAllowed
from pilot.people import codes

WAIT = "Wait 10 minutes or use another computer"
WINDOW = timedelta(minutes=10)
WRONG_BY_PREFIX = 5
WRONG_BY_ADDRESS = 1000
"""A whole hospital may share one address, so this is high; 45 random bits make a thousand guesses hopeless."""
PREFIX = 4
KEPT = 20_000


class Throttle:
    """Wrong tries of the last ten minutes, by address and by address with the first four characters of the code.

    It lives in memory: it forgets when the server starts again, and it never knows who a person is.
    """

    def __init__(self) -> None:
        self._wrong: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()

    def check(self, address: str, typed: str, now: datetime) -> None:
        """Raise NotAllowed if this computer has just tried too many wrong codes of this kind."""
        by_prefix, by_address = _keys(address, typed)
        if self._count(by_prefix, now) >= WRONG_BY_PREFIX or self._count(by_address, now) >= WRONG_BY_ADDRESS:
            raise NotAllowed(WAIT)

    def wrong(self, address: str, typed: str, now: datetime) -> None:
        """Remember one wrong try. One with a slip of the finger is no guess, and must not shut a whole site out."""
        by_prefix, by_address = _keys(address, typed)
        for key in (by_prefix, by_address) if codes.problem(typed) is None else (by_prefix,):
            tries = self._wrong.setdefault(key, deque(maxlen=WRONG_BY_ADDRESS))
            tries.append(now)
            self._wrong.move_to_end(key)
        while len(self._wrong) > KEPT:
            self._wrong.popitem(last=False)

    def _count(self, key: tuple[str, str], now: datetime) -> int:
        tries = self._wrong.get(key)
        if tries is None:
            return 0
        while tries and now - tries[0] >= WINDOW:
            tries.popleft()
        if not tries:
            del self._wrong[key]
        return len(tries)


def _keys(address: str, typed: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (address, codes.normalise(typed)[:PREFIX]), (address, "any code")
