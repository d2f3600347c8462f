"""How many bytes a voter's browser loads for each voting page at the first visit, compressed as sent. Prints JSON.

What a page itself names is counted: the page, its styles and its scripts. `python bench/load.py`; a few seconds.
"""

import asyncio
import json
import re
import secrets
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pilot.app import create_app
from pilot.commands.migrate import upgrade
from pilot.settings import Settings
from tests.builders.voting import NIGHT
from tests.conftest import Client, MovableClock
from tests.pages.voting.conftest import Hall
from tests.pages.voting.test_voting import sign_in

NAMED = re.compile(r'(?:src|href)="(/static/[^"]+)"')


async def sent(client: Client, path: str) -> tuple[int, str]:
    """Bytes of the answer's body as they go over the wire, and its text."""
    answer = await client.get(path, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return answer.num_bytes_downloaded, answer.text


async def first_load(client: Client, path: str) -> dict[str, int]:
    """Bytes of the page and of each file that it names."""
    size, text = await sent(client, path)
    found = {path: size}
    for name in sorted(set(NAMED.findall(text))):
        found[name.split("?")[0]] = (await sent(client, name))[0]
    return found


async def pages(folder: Path) -> dict[str, dict[str, int]]:
    url = f"sqlite+aiosqlite:///{folder / 'pilot.sqlite'}"
    await asyncio.to_thread(upgrade, url)
    settings, clock = Settings(database_url=url, secret_key=secrets.token_hex(32).encode()), MovableClock()
    async with Client(app=create_app(settings, clock, ticking=False)) as client:
        hall = Hall(client, settings, clock)
        await hall.ready(25)
        clock.at(NIGHT)
        start = await first_load(client, "/vote")
        await sign_in(client, hall.codes[0])
        return {
            "enter a code": start,
            "what is open to you": await first_load(client, "/votes"),
            "vote": await first_load(client, f"/votes/{hall.ballot}"),
            "check a vote": await first_load(client, "/check"),
        }


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pilot-bench-") as folder:
        found = asyncio.run(pages(Path(folder)))
    print(json.dumps({page: {"bytes": sum(files.values()), "files": files} for page, files in found.items()}, indent=2))


if __name__ == "__main__":
    main()
