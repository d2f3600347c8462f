"""What the browser seals is what the server reads: random papers of every kind of question, compared.

The page is worked by clicks and changes as a voter makes them, in any order and also with second thoughts. Beside it a
plain list in Python says what the voter means by now. Page and list must agree after each step, and the sealed paper,
opened with the trustees' keys, must say the same. Many papers are filled in on one page, one after the other: what one
of them left behind would be seen in the next.
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from pilot.secrecy import canonical, papers, seal, stamp
from pilot.secrecy.manifest import Option, Question
from pilot.settings import ROOT
from tests.builders.secrecy import YES_NO, World
from tests.journeys.booth import Booth, opened

PAPERS = 500
ON_ONE_PAGE = 50
ON_THE_FIRST = 5
NAMES = ("Amy Osei", "Ben “Bo” Roy", "Cat Hill", "D. <Dee> O'Neill", "Élodie Ng", "Faisal Khan & Co", "Gwen Ap-Rhys")
SHORT = tuple(Option(str(number), name) for number, name in enumerate(NAMES, 1))
MANY = tuple(Option(str(number), f"Candidate {number}") for number in range(1, 13))
QUESTIONS = (
    Question("Who should lead? Put them in order.", SHORT, 0, 7, True),
    Question("Whom do you like best? Up to three, in order.", SHORT, 0, 3, True),
    Question("Which two or three?", SHORT, 2, 3),
    Question("Up to four of twelve", MANY, 0, 4),
    Question("Everybody you approve of", MANY, 0, 12),
    Question("Choose one person", SHORT, 0, 1),
    YES_NO,
)

WORKS_THE_PAGE = """([place, steps]) => {
  const group = document.querySelectorAll('[data-question]')[place];
  const number = (control, wanted) => {
    const found = [...control.options].findIndex((one) => Number(one.value) === wanted);
    if (found < 0) throw new Error(`the number ${wanted} is not offered`);
    control.selectedIndex = found;
    for (const kind of ['input', 'change']) control.dispatchEvent(new Event(kind, { bubbles: true }));
  };
  return steps.map(([step, option, wanted]) => {
    const control = group.querySelector(option ? `[data-option="${option}"]` : '[data-nobody]');
    const [up, down] = control.parentElement.querySelectorAll('button');
    if (step === 'number') number(control, wanted);
    else ({ up, down, tick: control })[step].click();
    return [...group.querySelectorAll('[data-option]')].map((one) => Number(one.checked ?? one.value));
  });
}"""
"""Takes steps at one question as a voter does; after each of them, what every control shows."""

VOTES = (
    """async (papers) => {
  const at = (id) => document.getElementById(id);
  const works = """
    + WORKS_THE_PAGE
    + """;
  const vote = async (paper) => {
    const shown = paper.map(works);
    at('question-form').requestSubmit();
    if (at('check').hidden) return { problem: at('question-problem').textContent };
    const ended = new Promise((resume) => {
      const watcher = new MutationObserver(() => {
        if (at('done').hidden && at('check-problem').hidden) return;
        watcher.disconnect();
        resume();
      });
      watcher.observe(at('main') ?? document.body, { subtree: true, attributeFilter: ['hidden'] });
    });
    at('cast').click();
    await ended;
    return at('done').hidden ? { problem: at('check-problem').textContent } : { shown, code: at('code').textContent };
  };
  const found = [];
  for (const paper of papers) {
    found.push(await vote(paper).catch((trouble) => ({ problem: trouble.message })));
    if (found.at(-1).problem) break;
  }
  return found;
}"""
)
"""Fills in and casts papers one after the other, up to the first that cannot be cast: what its controls showed and its
check code, or the problem that the page tells."""


SWIFT = """
const plain = (number) => BigInt(number.toString());
const kept = (number) => new sjcl.bn(number.toString(16));
Object.assign(sjcl.bn.prototype, {
  mulmod(by, n) { return kept((plain(this) * plain(by)) % plain(n)); },
  powermod(exponent, n) {
    let [power, left, found] = [plain(this), plain(exponent), 1n];
    for (; left; left >>= 1n, power = (power * power) % plain(n)) if (left & 1n) found = (found * power) % plain(n);
    return kept(found);
  },
  inverseMod(n) {
    let [old, left, found, next] = [plain(this), plain(n), 1n, 0n];
    while (left) [old, left, found, next] = [left, old % left, next, found - (old / left) * next];
    if (old !== 1n) throw new sjcl.exception.invalid('not coprime');
    return kept(found < 0n ? found + plain(n) : found);
  },
});
"""
"""Most of a vote's time goes into sums with long numbers for its blinding, which are the same whatever the answers are.
All pages but the first do these sums with the browser's own long numbers instead of the library's: sooner, no other."""


def works(page: Page, place: int, *steps: tuple[str, str, int]) -> Any:
    return page.evaluate(WORKS_THE_PAGE, [place, steps])


class Voter:
    """Fills in a paper at random, and remembers in plain lists what it says."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.meant: list[list[str]] = [[] for _ in QUESTIONS]
        self.steps: list[tuple[int, list[tuple[str, str, int]]]] = []
        self.shown: dict[int, list[list[int]]] = {}
        for place, question in enumerate(QUESTIONS):
            if question.ranked:
                self.orders(place, question)
            elif question.max > 1:
                self.ticks(place, question)
            else:
                self.picks(place, question)
            if not self.meant[place] and question.min == 0:
                self.steps.append((place, [("tick", "", 0)]))

    def orders(self, place: int, question: Question) -> None:
        """Numbers, ups and downs; the list beside it is worked by its own few lines."""
        order = self.meant[place]
        steps, expected = [], []
        for _ in range(self.chance.choice([0, 1, 2, 5, 12])):
            option = self.chance.choice(question.options).id
            step = self.chance.choice(["number", "number", "up", "down"])
            at = order.index(option) if option in order else None
            full = len(order) == question.max
            number = self.chance.randint(0, len(order) if at is not None else 0 if full else len(order) + 1)
            if step == "number":
                if at is not None:
                    order.remove(option)
                if number:
                    order.insert(number - 1, option)
            elif step == "up" and at is None and not full:
                order.append(option)
            elif step == "up" and at:
                order[at - 1 : at + 1] = [option, order[at - 1]]
            elif step == "down" and at is not None and at + 1 < len(order):
                order[at : at + 2] = [order[at + 1], option]
            steps.append((step, option, number))
            expected.append([order.index(each.id) + 1 if each.id in order else 0 for each in question.options])
        self.shown[len(self.steps)] = expected
        self.steps.append((place, steps))

    def ticks(self, place: int, question: Question) -> None:
        """Ticks in any order, some of them taken back; as many as the question allows in the end."""
        wanted = self.chance.sample(question.options, self.chance.randint(question.min, question.max))
        others = [option for option in question.options if option not in wanted]
        regretted = self.chance.sample(others, min(2, len(others)))
        steps = [("tick", option.id, 0) for option in (*wanted, *regretted, *regretted)]
        self.chance.shuffle(steps)
        self.steps.append((place, steps))
        self.meant[place] = [option.id for option in question.options if option in wanted]

    def picks(self, place: int, question: Question) -> None:
        """One radio after another, or none."""
        picked = self.chance.sample(question.options, self.chance.randint(question.min, 2))
        self.steps.append((place, [("tick", option.id, 0) for option in picked]))
        self.meant[place] = [option.id for option in picked[-1:]]


@pytest.fixture(scope="module")
def world() -> World:
    return World(QUESTIONS)


@pytest.fixture(scope="module")
def booth(world: World) -> Iterator[Booth]:
    booth = Booth(world, "A paper with every kind of question")
    yield booth
    booth.close()


@pytest.fixture(scope="module")
def page(browser: Browser, booth: Booth) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    yield page
    assert complaints == []
    context.close()


@pytest.mark.parametrize("first", [0, *range(ON_THE_FIRST, PAPERS, ON_ONE_PAGE)])
def test_what_a_browser_seals_is_what_the_server_reads(booth: Booth, page: Page, world: World, first: int) -> None:
    seeds = range(first, min(first + ON_ONE_PAGE, PAPERS) if first else ON_THE_FIRST)
    voters = [Voter(seed) for seed in seeds]
    booth.requests.clear()
    if first:
        swift = (ROOT / "static" / "seal.js").read_text() + SWIFT
        page.route("**/seal.js*", lambda route: route.fulfill(body=swift, content_type="text/javascript"))
    page.goto(f"{booth.address}/votes/7")
    page.locator("#question h1").wait_for()
    cast = page.evaluate(VOTES, [voter.steps for voter in voters])
    key = stamp.rsa_key(world.stamp_key.public)
    for seed, voter, found in zip(seeds, voters, cast, strict=False):
        paper = f"paper {seed}, {voter.meant}"
        assert "problem" not in found, (paper, found)
        assert {place: found["shown"][place] for place in voter.shown} == voter.shown, paper
        (_, _, blinded), (_, _, envelope) = booth.requests[2 * (seed - first) :][:2]
        inner = opened(world, envelope)
        judged = papers.judge(inner, world.manifest, world.digest, key)
        assert (judged.verdict, judged.reason) == (papers.Verdict.VALID, ""), paper
        assert [list(chosen) for chosen in judged.answers] == voter.meant, paper
        assert judged.paper[stamp.PREFIX :] == canonical.to_bytes({"a": voter.meant, "m": world.digest}), paper
        assert found["code"] == seal.spaced(seal.check_code(judged.paper)), paper
        # Whatever was chosen, the same lengths go over the wire
        assert (len(blinded), len(envelope)) == (stamp.SIZE, seal.envelope_length(world.manifest.padded, 3)), paper
    assert (len(cast), len(booth.requests)) == (len(seeds), 2 * len(seeds))


def test_each_question_of_a_paper_has_its_own_error(booth: Booth, page: Page) -> None:
    page.goto(f"{booth.address}/votes/7")
    page.locator("#question h1").wait_for()
    works(page, 0, ("number", "3", 1))
    works(page, 2, *(("tick", option, 0) for option in "1234"))
    works(page, 4, ("tick", "1", 0), ("tick", "", 0))
    page.get_by_role("button", name="Continue").click()
    nobody = "“I do not want to choose”"
    assert page.locator("#question-problem a").all_inner_texts() == [
        f"Give a number to at least one answer, or tick {nobody}",
        "You have chosen 4. Choose no more than 3",
        f"Choose at least one answer, or tick {nobody}",
        f"Untick {nobody}, or take your choices away",
        f"Select how you want to vote, or select {nobody}",
        "Select how you want to vote",
    ]
    assert page.locator("[data-question].nhsuk-form-group--error").count() == 6
    assert booth.requests == [] or booth.requests[-1][1].endswith("/envelope")  # nothing new was sent
    works(page, 2, *(("tick", option, 0) for option in "234"))
    page.get_by_role("button", name="Continue").click()
    assert "Choose at least 2 answers" in page.locator("#question-problem").inner_text()


@pytest.mark.parametrize("lie", ["swapped answers", "another question", "a missing answer"])
def test_nothing_is_sealed_when_the_page_asks_another_thing_than_was_signed(
    booth: Booth, browser: Browser, lie: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)

    def tamper(route: Any) -> None:
        text = booth.page
        if lie == "swapped answers":
            text = text.replace(">Yes</label>", ">?</label>").replace(">No</label>", ">Yes</label>")
            text = text.replace(">?</label>", ">No</label>")
        elif lie == "another question":
            text = text.replace("data-asked>Choose one person<", "data-asked>Choose one person to leave<")
        else:
            start = text.index('<div class="pilot-rank">')
            text = text[:start] + text[text.index("</div>", start) + 6 :]
        assert text != booth.page
        route.fulfill(body=text, content_type="text/html; charset=utf-8")

    page.route("**/votes/7", tamper)
    booth.requests.clear()
    page.goto(f"{booth.address}/votes/7")
    page.get_by_role("heading", name="You cannot vote here now").wait_for()
    assert "the page does not ask what was signed" in page.locator("#stopped").inner_text()
    assert booth.requests == []
    context.close()
