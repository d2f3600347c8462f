"""A real server on 127.0.0.1 over a clock that can be moved, a real Chromium, an accessibility check at each step."""

import asyncio
import functools
import json
import os
import re
import shutil
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import axe_playwright_python
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from pilot.app import do_what_is_due
from pilot.settings import Settings
from pilot.store import Store
from tests.conftest import application

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
KEEPS_AXE = f"window.textOfAxe = {json.dumps(AXE)}"
LOADS_AXE = "() => { window.axe || (0, eval)(window.textOfAxe); }"
"""Axe waits as a text in every page: sending half a megabyte to each that is looked at takes longer than reading it."""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHECKS = {"resultTypes": ["violations"], "preload": False}
"""How axe looks. It describes what is wrong only, and fetches no file again: no rule of these asks for one."""

PLACED = ["target-size", "scrollable-region-focusable", "color-contrast"]
"""The rules that ask where things came to stand, and with what colours: these alone differ from window to window."""

FITS = """
  const over = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  // the menu of the header folds up a frame or two after the window has changed
  for (let frame = 0; frame < 60 && over() > 0; frame += 1) await new Promise(requestAnimationFrame);
  const names = [...document.querySelectorAll('[id]')].map((one) => one.id);
  const twice = names.filter((name, place) => names.indexOf(name) < place);
"""
SEES = (
    "async () => {"
    + FITS
    + """
  const told = 'href|value|action|content|title|for|id|name|aria-(label|labelledby|describedby|controls)';
  const words = new RegExp(`\\\\b(${told})="[^"]+"|\\\\d+`, 'g');
  const holds = 'ul, ol, dl, table, thead, tbody, tr, select, details, fieldset, figure, [role]';
  const points = ['for', 'headers', 'aria-labelledby', 'aria-describedby', 'aria-controls', 'aria-owns'];
  const piece = (one) => one.cloneNode().outerHTML.replace(words, '…') + (one.textContent.trim() && '…');
  const seen = (one) => one.checkVisibility() || one.matches('html, title');
  const chains = new Map([[null, '']]);
  const chain = (one) => {
    const known = chains.get(one) ?? `${chain(one.parentElement)} ${one.localName} ${one.getAttribute('role') ?? ''}`;
    chains.set(one, known);
    return known;
  };
  const found = (one, name) => one.getAttribute(name).split(/\\s+/).map((id) => !!document.getElementById(id));
  const near = (one) => [
    chain(one.parentElement),
    one.matches(holds) && [...new Set([...one.children].map((each) => each.localName))].sort(),
    one.labels?.length ?? '',
    points.filter((name) => one.hasAttribute(name)).map((name) => `${name} ${found(one, name)}`),
  ];
  const shown = [...document.querySelectorAll('*')].filter(seen);
  return [over(), twice, [...new Set(shown.map((one) => [piece(one), ...near(one)].join('|')))].sort()];
}"""
)
"""Whether a page fits its window, which names stand on it twice, and what it is built of.

Its pieces come without the words, addresses and numbers on them, and with what is around them: all that they stand in,
what is in lists and tables, how many labels they have, and whether what they point to is there.
What accessibility asks of words is that they are there, not what they are, nor how often a piece stands there.
"""

TOLD = """
  const clear = 'rgba(0, 0, 0, 0)';
  const has = (one) => one.matches('input, select, textarea') || [...one.childNodes].some((each) => each.data?.trim());
  const told = (one) => {
    const { color, fontSize, fontWeight } = getComputedStyle(one);
    const said = [color, fontSize, fontWeight];
    for (let behind = one; behind; behind = behind.parentElement) {
      const { backgroundColor, backgroundImage, opacity, position } = getComputedStyle(behind);
      if (opacity !== '1' || position === 'absolute' || position === 'fixed') said.push(opacity, position);
      if (backgroundImage !== 'none') said.push(backgroundImage);
      if (backgroundColor === clear) continue;
      said.push(backgroundColor);
      if (!backgroundColor.startsWith('rgba')) break;
    }
    return said.join(' ');
  };
  const worded = [...document.body.querySelectorAll('*')].filter((one) => has(one) && one.checkVisibility());
"""
COLOURS = "() => {" + TOLD + "return [...new Set(worded.map(told))]; }"
"""The colours that words have on a page, each with the size of the letters and with what is behind them: whether words
can be read is decided by these alone."""

RUNS_AXE = (
    "async ([checks, fresh]) => {"
    + TOLD
    + """
  const unknown = new Set(fresh);
  const marked = worded.filter((one) => unknown.has(told(one)));
  for (const one of marked) one.setAttribute('data-fresh', '');
  axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-fresh]' }] });
  try {
    return (await axe.run(document, checks)).violations;
  } finally {
    for (const one of marked) one.removeAttribute('data-fresh');
  }
}"""
)
"""What axe finds wrong. It compares the colours of those words only whose colours were not together before: telling
what is behind every word of a page takes it longer than all its other rules."""

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
WINDOWS = {"desktop": (DESKTOP,), "phone": (PHONE,), "both": (DESKTOP, PHONE)}
"""The windows in which pages are looked at. People act in the first one."""

EACH_WIDTH = pytest.mark.parametrize("width", ["desktop", "phone"])
"""For what people do on a phone as often as at a desk: the whole journey is made in each."""

NO_WIDTH = pytest.mark.parametrize("width", ["desktop"])
"""For tests of what stands in files or goes over the wire: the window's width is nothing to them."""

PICTURES = os.environ.get("PILOT_PICTURES")
"""Where to keep a picture of each page visited; nowhere when unset."""

CHROMIUMS = ("chromium-headless-shell", "chromium", "google-chrome")
"""The system's own, the first that is there: the shell draws no window of its own, so it is quicker by half."""


LONGEST = (
    "test_own_keys",
    "test_from_roll_to_response",
    "test_council_election",
    "test_secret_election",
    "test_evaluation",
    "test_drawing_the_pilots",
    "test_reading_a_study",
    "test_votes_on_paper",
    "test_writing_a_plan",
    "test_holding_a_survey",
    "test_results",
    "test_papers_of_every_kind",
)
"""They begin first, so that nobody waits at the end for one of them alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest journeys first, where only journeys are made."""

    def place(item: pytest.Item) -> int:
        return LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST)

    if all("journeys" in item.path.parts for item in items):
        items.sort(key=place)


class Server:
    """The application, served over real HTTP from a thread of its own."""

    def __init__(self, settings: Settings, clock: Any, door: socket.socket) -> None:
        self.port = door.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.clock = clock
        self.settings = Settings(**{**_fields(settings), "port": self.port, "public_url": self.address})
        self._server = uvicorn.Server(uvicorn.Config(application(self.settings, clock), log_level="error"))
        self._thread = threading.Thread(target=self._server.run, args=[[door.dup()]], daemon=True)

    def start(self) -> None:
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the server did not start")
            threading.Event().wait(0.02)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def do(self, work: Callable[[Store], Awaitable[Any]]) -> Any:
        """Work on the server's database from outside, through the services."""

        async def run() -> Any:
            store = _store_outside(self.settings.database_url)
            try:
                return await work(store)
            finally:
                await store.dispose()

        return in_a_thread(run())

    def tick(self) -> list[str]:
        """Let the server's clockwork do what is due."""
        return self.do(lambda store: do_what_is_due(store, self.clock()))


_store_outside = functools.cache(Store)
"""A store that only `Server.do` uses: that of the server belongs to the server's loop."""


def in_a_thread(work: Any) -> Any:
    """Run a coroutine to its end beside the browser's own loop."""
    result: list[Any] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            result.append(asyncio.run(work))
        except BaseException as fault:  # noqa: BLE001 -- raised again in the test's thread
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
    return result[0]


class Visitor:
    """Somebody at a browser. Every page that is looked at must pass the accessibility check."""

    checked: ClassVar[Path]
    """A folder with a file for what passed, for all workers."""
    known: ClassVar[set[str]] = set()
    """What passed, as far as this worker has heard of it."""

    def __init__(self, context: BrowserContext, server: Server, name: str, also: Sequence[Any] = ()) -> None:
        """`also`: other windows in which each page is looked at."""
        self.context = context
        self.also = also
        self.server = server
        self.name = name
        self.page: Page = context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.add_init_script(KEEPS_AXE)
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        self.seen = 0

    def goes_to(self, path: str) -> None:
        """Open a page by its address, and look at it."""
        self.page.goto(self.server.address + path if path.startswith("/") else path)
        self.looks()

    def signs_in(self, link: str) -> None:
        """Use this link to sign in, in this browser but without its pages: where it is not signing in that is shown."""
        requests, address = self.context.request, f"{self.server.address}/sign-in/{link}"
        requests.get(address)
        (mark,) = (cookie["value"] for cookie in self.context.cookies() if cookie["name"] == "pilot_form")
        answer = requests.post(address, headers={"x-csrftoken": mark}, max_redirects=0)
        assert answer.headers["location"] == "/", answer.status

    def clicks(self, name: str, *, role: str = "button", exact: bool = True) -> None:
        """Press a button or follow a link, and look at what comes."""
        self.page.get_by_role(role, name=name, exact=exact).first.click()
        self.page.wait_for_load_state()
        self.looks()

    def follows(self, name: str, *, exact: bool = True) -> None:
        """Follow a link, and look at the page behind it."""
        self.clicks(name, role="link", exact=exact)

    def types(self, label: str, text: str) -> None:
        """Fill in the field with this label."""
        self.page.get_by_label(label, exact=True).fill(text)

    def chooses(self, label: str) -> None:
        """Choose a radio or tick a box by its label."""
        self.page.get_by_label(label, exact=True).check()

    def reads(self, words: str) -> None:
        """The page must say these words."""
        text = re.sub(r"\s+", " ", self.page.locator("body").inner_text())
        assert words in text, f"“{words}” is not on {self.page.url}:\n{text}"

    def reads_heading(self, words: str) -> None:
        """The page's first heading must be these words."""
        self.page.locator("h1:visible", has_text=words).first.wait_for()

    def looks(self) -> None:
        """The page is accessible, fits its windows, and its scripts did not complain.

        A page built of the same pieces as another was looked at already: looking takes most of the time.
        """
        self.page.wait_for_load_state()
        self.takes_a_picture()
        pieces = shown = self.sees()
        refused = [words for words in self.complaints if "the server responded with a status of 4" not in words]
        assert not refused, refused
        own = self.page.viewport_size
        for window in (own, *(window for window in self.also if window != own)):
            passed = f"{window} {pieces}"
            if self.passed(passed):
                continue
            if window != self.page.viewport_size:
                self.page.set_viewport_size(window)
                shown = self.sees()
                self.takes_a_picture()
            self.passes_axe(shown)
            self.passes(passed)
        if self.page.viewport_size != own:
            self.page.set_viewport_size(own)

    def sees(self) -> list[str]:
        """What the page is built of. Nothing is wider than the window, and no two things have one name."""
        wide, twice, pieces = self.page.evaluate(SEES)
        assert wide <= 0, f"{self.page.url} is {wide} pixels wider than its window"
        assert not twice, f"{self.page.url} has more than one of {twice}"
        return list(pieces)

    def passed(self, mark: str) -> bool:
        """Whether a page with this mark passed before, in this worker or another one."""
        if mark not in self.known and self._kept(mark).exists():
            self.known.add(mark)
        return mark in self.known

    def passes(self, mark: str) -> None:
        """Remember that a page with this mark passed, and tell the other workers."""
        self.known.add(mark)
        self._kept(mark).touch()

    def _kept(self, mark: str) -> Path:
        return self.checked / sha256(mark.encode()).hexdigest()

    def passes_axe(self, pieces: list[str]) -> None:
        """No rule of accessibility is broken by these pieces, or by where they stand and the colours they have.

        A piece that passed in the same surroundings passes again, but for the rules that ask where it stands; colours
        that were together before need not be compared again.
        """
        unknown = [piece for piece in pieces if not self.passed(piece)]
        told = [each for each in self.page.evaluate(COLOURS) if not self.passed(each)]
        rules = {"type": "tag", "values": RULES} if unknown else {"type": "rule", "values": PLACED}
        self.page.evaluate(LOADS_AXE)
        found = self.page.evaluate(RUNS_AXE, [{**CHECKS, "runOnly": rules}, told])
        assert not found, (
            f"{self.page.url}: {json.dumps([[v['id'], [n['html'] for n in v['nodes']]] for v in found], indent=1)}"
        )
        for mark in (*unknown, *told):
            self.passes(mark)

    def takes_a_picture(self) -> None:
        """Keep a picture of the page where PILOT_PICTURES asks for it."""
        if PICTURES:
            self.seen += 1
            folder = Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            width = self.page.viewport_size["width"]
            self.page.screenshot(path=folder / f"{self.name}-{self.seen:02}-{width}.png", full_page=True)


@pytest.fixture(scope="session", autouse=True)
def _checked_pages(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> None:
    folder = tmp_path_factory.getbasetemp()
    workers = hasattr(request.config, "workerinput")
    Visitor.checked = (folder.parent if workers else folder) / "checked"
    Visitor.checked.mkdir(exist_ok=True)


@pytest.fixture(scope="session")
def browser(sqlite_template: Path) -> Iterator[Browser]:
    """Chromium, the system's own where there is one.

    It comes after the migrated template: its loop stays open in this thread, and migrating runs a loop of its own.
    """
    flags = ["--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync", "--disable-quic"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def door() -> Iterator[socket.socket]:
    """Where one server after another is found. With one address for all, one application serves them all."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        yield door


@pytest.fixture
def server(settings: Settings, clock: Any, door: socket.socket) -> Iterator[Server]:
    """The application served over a fresh SQLite file."""
    server = Server(settings, clock, door)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def width() -> str:
    """Each page of a journey is looked at in both widths; a test may ask for another one of WINDOWS."""
    return "both"


@pytest.fixture
def visitor(
    browser: Browser, server: Server, width: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visitor]]:
    """Makes somebody at a browser of their own: `porter = visitor("porter")`."""
    contexts: list[BrowserContext] = []

    def make(name: str) -> Visitor:
        first, *also = WINDOWS[width]
        context = browser.new_context(viewport=first, accept_downloads=True)
        contexts.append(context)
        test = re.sub(r"\W+", "-", request.node.name.split("[")[0]).removeprefix("test_")
        return Visitor(context, server, f"{test}-{name}", also)

    yield make
    for context in contexts:
        context.close()


def _fields(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}
