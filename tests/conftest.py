"""What every test may ask for: databases, the application over a clock that can be moved, and the reference data."""

import asyncio
import functools
import gc
import itertools
import os
import secrets
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from litestar import Litestar
from sqlalchemy.ext.asyncio import AsyncSession

from pilot.commands.migrate import upgrade
from pilot.settings import FEWEST_PEOPLE, ROOT, Settings
from pilot.store import Store
from tests import postgres

# Small matrices only wait for one another on many threads; the worker runs on one too.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A law holds or not, however busy the machine is: what is slow is told by the bench.
SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis.register_profile("pilot", max_examples=50, **SLOW)
hypothesis.register_profile("thorough", max_examples=1000, **SLOW)  # pytest --hypothesis-profile=thorough
hypothesis.load_profile("pilot")

START = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
"""Where the clock of a test stands at first: a Monday morning, in winter time."""


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def at(self, moment: datetime) -> None:
        """Set the clock."""
        self.moment = moment

    def forward(self, **by: float) -> None:
        """Move the clock on, for instance `forward(days=1)`."""
        self.moment += timedelta(**by)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests also wait, for a browser, a server, a disk."""
    return (os.cpu_count() or 1) + 1


LONG = frozenset(
    {
        "commands/test_killed.py",
        "commands/test_rehearse.py",
        "pages/metrics/test_holding.py",
        "pages/metrics/test_nothing_small.py",
        "pages/voting/test_three_hundred.py",
        "rooms/demo/test_making.py",
        "rooms/metrics/test_reproduce.py",
        "rooms/secrecy/test_whole_protocol.py",
    }
)
"""The files that take longest, half a minute each. One process has a whole file, and all would wait for a late one."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Quick tests first: rules, rooms, pages; the browser's journeys last, since its loop stays open to the end.

    Where several processes share the tests, the long files come before all others.
    """
    order = ["rules", "rooms", "pages", "journeys"]
    root = Path(__file__).parent
    shared = hasattr(config, "workerinput")

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(root)
        if shared and path.as_posix() in LONG:
            return -2
        return order.index(path.parts[0]) if path.parts[0] in order else -1

    items.sort(key=place)


def pytest_configure() -> None:
    """Before any test is read: some make their keys where they stand in the file."""
    rsa.generate_private_key = _taking_turns(rsa.generate_private_key)
    gc.disable()  # nothing that is read of the tests is thrown away


def pytest_collection_finish() -> None:
    """The tests stay to the end, so nobody need look through them again and again for what can be thrown away."""
    gc.freeze()
    gc.enable()


def _taking_turns(make: Callable[[int, int], rsa.RSAPrivateKey]) -> Callable[[int, int], rsa.RSAPrivateKey]:
    """Making an RSA key takes a third of a second, and hundreds of tests need one: they take turns with a few.

    The keys are real ones, and the servers and commands that tests start in processes of their own make their own.
    """
    made = defaultdict(list)
    turn = itertools.count()

    def key(exponent: int, bits: int) -> rsa.RSAPrivateKey:
        known = made[exponent, bits]
        if len(known) < KEYS:
            known.append(make(exponent, bits))
            return known[-1]
        return known[next(turn) % KEYS]

    return key


KEYS = 6
"""More than the votes of any one test, so that no two of them share a key."""


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of public reference data; the test is skipped, saying why, where it is not at hand."""
    folder = Path(os.environ.get("PILOT_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the reference data is not at {folder} (set PILOT_REFERENCE_DATA)")
    return folder


@pytest.fixture(scope="session", autouse=True)
def answers_of_the_worker(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    """Starting a worker that draws takes seconds: it is asked once for the same order in a run of the tests."""
    from tests.builders import answers

    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "answers"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        answers.keep(folder, patch)
        yield


@pytest.fixture
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what happens while a worker is at work: nothing is known, and one is started."""
    from tests.builders import answers

    answers.forget(monkeypatch)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every migration applied, to be copied for each test."""
    path = tmp_path_factory.mktemp("template") / "pilot.sqlite"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The address of a running PostgreSQL that has a database `pilot_template` with every migration applied."""
    with postgres.running() as address:
        asyncio.run(postgres.copy(_server(address), "template1", "pilot_template"))
        upgrade(_on(address, "pilot_template"))
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database for the test on each of the two engines, always at the same address."""
    if request.param == "sqlite":
        return _copy(request.getfixturevalue("sqlite_template"), "rooms")
    url = _on(request.getfixturevalue("postgres_template"), f"pilot_rooms_{os.getpid()}")
    asyncio.run(postgres.restore(_server(url), "pilot_template", url.rsplit("/", 1)[1]))
    return url


async def remembered(url: str, work: Callable[[Store], Awaitable[Any]]) -> Any:
    """What `work` gives, with the test's database as it leaves it.

    It works once; later tests get a copy of what it made. Nothing may be connected to the database yet.
    """
    here, kept = url.rsplit("/", 1)[1], f"kept_{work.__name__}_{os.getpid()}"
    if (url, work) in _remembered:
        await _restore(url, kept, here)
    else:
        store = Store(url)
        _remembered[url, work] = await work(store)
        await store.dispose()
        await _keep(url, here, kept)
    return _remembered[url, work]


_remembered: dict[tuple[str, Callable[..., Any]], Any] = {}


async def _keep(url: str, here: str, kept: str) -> None:
    if url.startswith("sqlite"):
        folder = Path(url.split("///", 1)[1]).parent
        shutil.copy(folder / here, folder / kept)
    else:
        await postgres.copy(_server(url), here, kept)


async def _restore(url: str, kept: str, here: str) -> None:
    if url.startswith("sqlite"):
        await _keep(url, kept, here)
    else:
        await postgres.restore(_server(url), kept, here)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """The store over the test's database; each test runs on SQLite and on PostgreSQL."""
    store = store_of(database_url, fewest_people=FEWEST_PEOPLE)
    yield store
    await store.dispose()


store_of = functools.cache(Store)
"""The store of an address. It serves test after test: a new one would have to compile every statement again."""


@pytest.fixture
async def session(store: Store) -> AsyncIterator[AsyncSession]:
    """One transaction that may write."""
    async with store.writing() as session:
        yield session
        with suppress(Exception):  # a test may have broken the transaction on purpose
            await session.rollback()


@pytest.fixture
def clock() -> MovableClock:
    """The application's clock, standing at START."""
    return MovableClock()


@pytest.fixture
def settings(sqlite_template: Path) -> Settings:
    """Settings over a fresh SQLite file."""
    return Settings(database_url=_copy(sqlite_template, "pages"), secret_key=secrets.token_hex(32).encode())


class Client(httpx.AsyncClient):
    """A browser without a window: it keeps cookies and sends the form's secret by itself.

    The application answers in the loop of the test. Litestar's own test client has it answer in a thread of its own,
    and the way there and back takes longer than most answers.
    """

    def __init__(self, app: Litestar) -> None:
        self.app = app
        transport = httpx.ASGITransport(app, client=("testclient", 50000))
        super().__init__(transport=transport, base_url="http://testserver.local", timeout=None, follow_redirects=True)
        self._begun, self._ending = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> Self:
        self._life = asyncio.create_task(self._live())  # begun and ended by one task, as it must be
        await asyncio.wait(
            {self._life, begun := asyncio.create_task(self._begun.wait())}, return_when="FIRST_COMPLETED"
        )
        begun.cancel()
        return await super().__aenter__()

    async def __aexit__(self, *fault: Any) -> None:
        await super().__aexit__(*fault)
        self._ending.set()
        await self._life

    async def _live(self) -> None:
        async with self.app.lifespan():
            self._begun.set()
            await self._ending.wait()

    async def request(self, method, url, **kwargs):
        if method not in ("GET", "HEAD"):
            if "pilot_form" not in self.cookies:
                await super().request("GET", "/")
            kwargs["headers"] = {"x-csrftoken": self.cookies["pilot_form"], **(kwargs.get("headers") or {})}
        kwargs.setdefault("follow_redirects", True)
        return await super().request(method, url, **kwargs)


@pytest.fixture
async def client(settings: Settings, clock: MovableClock) -> AsyncIterator[Client]:
    """The application over a fresh SQLite file and a clock that can be moved; its store is `client.app.state.store`."""
    async with Client(app=application(settings, clock)) as client:
        yield client


def application(settings: Settings, clock: MovableClock) -> Litestar:
    """An application with this database and clock. Making one takes a third of a second, so it serves test after test.

    What it keeps between two tests is made of the settings alone; those that differ get one of their own.
    """
    from pilot.app import create_app, state_of

    kind = msgspec.structs.replace(settings, database_url="", secret_key=b"")
    if kind not in _made:
        _made[kind] = create_app(settings, clock, ticking=False)
    _made[kind].state = state_of(settings, clock)
    _made[kind].state.store = store_of(settings.database_url, fewest_people=settings.fewest_people)
    return _made[kind]


_made: dict[Settings, Litestar] = {}


def _copy(template: Path, name: str) -> str:
    for old in template.parent.glob(f"{name}.sqlite*"):
        old.unlink()
    path = shutil.copy(template, template.parent / f"{name}.sqlite")
    return f"sqlite+aiosqlite:///{path}"


def _on(address: str, database: str) -> str:
    return f"{address.rsplit('/', 1)[0]}/{database}".replace("postgresql://", "postgresql+asyncpg://", 1)


def _server(address: str) -> str:
    return address.rsplit("/", 1)[0].replace("+asyncpg", "")
