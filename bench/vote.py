"""What a complete vote costs the server, beside the bare RSA signature in it. Prints JSON, in milliseconds.

Thirty people sign in and vote through the real HTTP interface, in this process, over an SQLite file of their own that
is written through to the disk as in real life. `python bench/vote.py`; about ten seconds.
"""

import asyncio
import json
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pilot.app import create_app
from pilot.commands.migrate import upgrade
from pilot.secrecy import filling, stamp
from pilot.secrecy import manifest as manifests
from pilot.settings import Settings
from tests.builders.voting import NIGHT, fill
from tests.conftest import Client, MovableClock
from tests.pages.voting.conftest import Hall
from tests.pages.voting.test_voting import SEALED, manifest_in, sign_in

VOTES = 30
ANSWERS = ("yes", "no", "abstain")


async def votes(folder: Path) -> dict[str, list[float]]:
    """Seconds for each stamp and each cast, as a browser waits for them without a network between."""
    url = f"sqlite+aiosqlite:///{folder / 'pilot.sqlite'}"
    await asyncio.to_thread(upgrade, url)
    settings, clock = Settings(database_url=url, secret_key=secrets.token_hex(32).encode()), MovableClock()
    times: dict[str, list[float]] = {"stamp": [], "cast": []}
    async with Client(app=create_app(settings, clock, ticking=False)) as client:
        hall = Hall(client, settings, clock)
        await hall.ready(VOTES)
        clock.at(NIGHT)
        for number, code in enumerate(hall.codes[:VOTES]):
            text = manifest_in((await sign_in(client, code)).text)
            filled = fill(text, ANSWERS[number % 3])
            stamped = await timed(
                times["stamp"], client.post(f"/votes/{hall.ballot}/stamp", content=filled.blinded, headers=SEALED)
            )
            envelope = filling.seal_up(manifests.read(text), manifests.digest(text), filled, stamped.content)
            receipt = await timed(
                times["cast"], client.put(f"/votes/{hall.ballot}/envelope", content=envelope, headers=SEALED)
            )
            assert receipt.json()["cast"] is True, receipt.text
    return times


async def timed(times: list[float], request: Any) -> Any:
    begun = time.perf_counter()
    answer = await request
    times.append(time.perf_counter() - begun)
    assert answer.status_code == 200, answer.text
    return answer


def signatures() -> dict[str, list[float]]:
    """Seconds for the RSA operation alone: the library's signature, and the blind one with its own protection."""
    key = rsa.generate_private_key(public_exponent=stamp.EXPONENT, key_size=stamp.BITS)
    numbers = key.private_numbers()
    secret = stamp.SecretKey(numbers.public_numbers.n, stamp.EXPONENT, numbers.d, numbers.p, numbers.q)
    times: dict[str, list[float]] = {"rsa": [], "blind": []}
    for _ in range(VOTES):
        message = (2 + secrets.randbelow(secret.n - 4)).to_bytes(stamp.SIZE)
        blinder = 2 + secrets.randbelow(secret.n - 3)
        begun = time.perf_counter()
        key.sign(message, padding.PSS(padding.MGF1(hashes.SHA384()), stamp.SALT), hashes.SHA384())
        signed = time.perf_counter()
        stamp.blind_sign(secret, message, blinder)
        times["rsa"].append(signed - begun)
        times["blind"].append(time.perf_counter() - signed)
    return times


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pilot-bench-") as folder:
        found = asyncio.run(votes(Path(folder)))
    bare = signatures()
    stamped, cast, rsa_alone, blind = map(middle, (found["stamp"], found["cast"], bare["rsa"], bare["blind"]))
    print(
        json.dumps(
            {
                "votes": VOTES,
                "stamp_ms": stamped,
                "cast_ms": cast,
                "vote_ms": round(stamped + cast, 2),
                "rsa_signature_ms": rsa_alone,
                "blind_signature_ms": blind,
                "vote_over_rsa_signature": round((stamped + cast) / rsa_alone, 1),
            },
            indent=2,
        )
    )


def middle(seconds: list[float]) -> float:
    return round(statistics.median(seconds) * 1000, 2)


if __name__ == "__main__":
    main()
