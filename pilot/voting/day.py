"""The returning officer's day with one ballot: every step from arranging to destroying, and how each stands. Pure."""

from collections.abc import Iterator

from msgspec import Struct

from pilot.voting.lifecycle import CHALLENGE_DAYS, OVER, UNOPENED, State

ORDER = (
    (State.ARRANGED,),
    (State.FROZEN,),
    (State.OPEN, State.SUSPENDED),
    (State.CLOSED,),
    (State.NOTICED,),
    (State.PEELED,),
    (State.TALLIED,),
    (State.DECLARED, State.CHALLENGED),
    (State.FINAL,),
    (State.ERASED,),
)
ARRANGED, FROZEN, OPEN, CLOSED, NOTICED, PEELED, TALLIED, DECLARED, FINAL, ERASED = range(len(ORDER))
"""How far a ballot is."""


class Facts(Struct, frozen=True, kw_only=True):
    """What the list is made from. Moments are in words, since only people read them.

    `chosen`: who opens the sealed votes, by name, empty where the server holds all keys; `own`: whether any of them
    keeps keys of their own. `binding`: the vote decides something, outside a demonstration. `unsigned` and `turn` name
    whom everybody waits for. `tellers` take votes on paper, by name; `papers_wait`: one of them sealed papers, and no
    second one confirmed them. `opens_from`: when sealed votes with own keys may first be opened, "" before the notices.
    `set_aside`: there was a result, and it does not count; its sealed votes are
    kept until `kept_until`, "" once that time is over, and `erased` when two people have destroyed them.
    """

    state: State
    standing: str
    election: bool
    lot_taken: bool
    lot_lost: str
    voters: int
    opens: str
    closes: str
    chosen: tuple[str, ...]
    own: bool
    binding: bool
    rehearsal: bool
    rehearsals: int
    unsigned: tuple[str, ...] = ()
    opens_from: str = ""
    objections: int = 0
    turn: str = ""
    erase_asked: bool = False
    tellers: tuple[str, ...] = ()
    papers_wait: bool = False
    set_aside: bool = False
    kept_until: str = ""
    erased: bool = False

    @property
    def at(self) -> int:
        """How far a ballot is that is not over without a result."""
        return next(place for place, states in enumerate(ORDER) if self.state in states)


class Step(Struct, frozen=True):
    """One line of the list: `page` is the last part of the address where it is done, "" for nothing to select.

    `tag`: the colour of the status, "" for plain words.
    """

    id: str
    name: str
    hint: str
    status: str
    page: str = ""
    tag: str = ""


DONE, WAITS, NOW = "Completed", "Cannot start yet", "To do now"


def steps(facts: Facts) -> tuple[Step, ...]:
    """Every step in order. Where a ballot is over without a result, only what becomes of its sealed votes, if any."""
    if facts.state in OVER:
        return (_erasing(facts),) if facts.set_aside else ()
    return (*_before(facts), *_voting(facts), *_after(facts))


def may_freeze(facts: Facts) -> bool:
    """Whether the list of voters can be fixed now, as far as the list of steps knows."""
    return facts.state is State.ARRANGED and _freeze_waits(facts) == ""


def _freeze_waits(facts: Facts) -> str:
    if facts.election and not facts.lot_taken:
        return "Take the number for lots first"
    if facts.binding and not facts.own:
        return "Choose who opens the sealed votes first"
    return ""


def _before(facts: Facts) -> Iterator[Step]:
    arranged = "Candidates, seats and dates arranged" if facts.election else "Question, dates and majority arranged"
    yield Step("arranged", arranged, "They cannot be changed any more", DONE)
    yield _trustees(facts)
    yield _tellers(facts)
    if facts.election:
        yield _lot(facts)
    yield _freeze(facts)
    if facts.own:
        yield _signatures(facts)
    if not facts.rehearsal:
        yield _rehearsal(facts)
    yield Step(
        "codes",
        "Voting codes and slips",
        "Make codes for people who have none, and print the slips",
        "See codes",
        "codes",
    )
    if facts.at >= FROZEN:
        yield Step("poster", "Poster", "Hang it up at each site", "Print", "poster")
    if facts.own and FROZEN <= facts.at < CLOSED:
        hint = "The scrutineer watches with it that nothing is taken away or changed"
        yield Step("watching", "Key for watching", hint, "Make one", "watching")


def _trustees(facts: Facts) -> Step:
    name = "Choose who opens the sealed votes"
    if facts.at > ARRANGED:
        hint = ", ".join(facts.chosen) if facts.own else "This server holds all the keys"
        return Step("trustees", "Chosen who opens the sealed votes", hint, DONE, "trustees")
    if facts.chosen:
        return Step("trustees", name, ", ".join(facts.chosen), DONE, "trustees")
    if facts.binding:
        hint = "A real vote needs at least two people who keep their own keys"
        return Step("trustees", name, hint, NOW, "trustees", "blue")
    hint = "Without a choice this server holds all the keys, which is good for trying out only"
    return Step("trustees", name, hint, "Optional", "trustees")


def _tellers(facts: Facts) -> Step:
    name = "Choose who takes votes on paper"
    if facts.papers_wait:
        late = facts.at >= CLOSED
        hint = "Sealed papers were not put into the box" if late else "Sealed papers wait for a second teller"
        return Step("tellers", "Votes on paper", hint, "Not done" if late else NOW, "tellers", "" if late else "blue")
    if facts.tellers:
        return Step("tellers", name, ", ".join(facts.tellers), DONE, "tellers")
    if facts.at == ARRANGED:
        return Step("tellers", name, "Without two tellers nobody can vote on paper", "Optional", "tellers")
    return Step("tellers", "Who takes votes on paper", "Nobody can vote on paper in this vote", "Nobody")


def _lot(facts: Facts) -> Step:
    if facts.at > ARRANGED:
        return Step("lot", "Number for lots taken", "You need it when the vote has closed", DONE)
    if facts.lot_taken:
        hint = "You have taken one. Take another if you cannot read what you wrote down"
        return Step("lot", "Take another number for lots", hint, DONE, "lot")
    return Step("lot", "Take the number for lots", "It settles who wins if people are level", NOW, "lot", "blue")


def _freeze(facts: Facts) -> Step:
    if facts.at > ARRANGED:
        hint = f"{facts.voters:,} people" if facts.voters != 1 else "1 person"
        return Step("freeze", "List of voters fixed", hint, DONE, "electorate")
    if waits := _freeze_waits(facts):
        return Step("freeze", "Fix the list of voters", waits, WAITS)
    hint = "Use the button below before the vote opens, or it is not held"
    return Step("freeze", "Fix the list of voters", hint, NOW, "", "blue")


def _signatures(facts: Facts) -> Step:
    name = "Everybody who opens the sealed votes signs"
    if facts.at == ARRANGED:
        return Step("signatures", name, "They sign what was promised, when the list is fixed", WAITS)
    if facts.unsigned:
        hint = f"Without all of them the vote is not held. Still missing: {', '.join(facts.unsigned)}"
        return Step("signatures", name, hint, "Waiting", "trustees", "yellow")
    return Step("signatures", "Everybody who opens the sealed votes has signed", "", DONE, "trustees")


def _rehearsal(facts: Facts) -> Step:
    hint = "Try the whole vote with observers. A rehearsal decides nothing"
    if facts.rehearsals:
        return Step("rehearse", "Rehearse the vote", hint, DONE, "rehearse" if facts.at <= FROZEN else "")
    if facts.at <= FROZEN:
        return Step("rehearse", "Rehearse the vote", hint, "Optional", "rehearse")
    return Step("rehearse", "Rehearsal of the vote", "", "Not held")


def _voting(facts: Facts) -> Iterator[Step]:
    opened = facts.standing != "early" and facts.at >= FROZEN
    yield Step("opens", "Vote opens", f"By itself, {facts.opens}", DONE if opened else WAITS)
    if facts.state is State.SUSPENDED:
        yield Step("disturbed", "Voting is paused", "Let it go on, or stop it for good", NOW, "disturbed", "red")
    elif facts.at == OPEN:
        hint = "Give people more time, or pause the vote, if something goes wrong"
        yield Step("disturbed", "Extend or pause", hint, "Only if needed", "disturbed")
    if facts.at >= OPEN:
        hint = "They tell you here what is wrong with their own vote"
        yield Step("problems", "What voters say is wrong", hint, "See them", "problems")
    yield Step("closes", "Vote closes", f"By itself, {facts.closes}", DONE if facts.at >= CLOSED else WAITS)
    if facts.own:
        yield from _own_opening(facts)
    elif facts.election:
        done = DONE if facts.at >= PEELED else WAITS
        yield Step("peeled", "Sealed votes opened", "By itself, after the close", done)


def _own_opening(facts: Facts) -> Iterator[Step]:
    notices = "Voters are told what is recorded for them"
    if facts.at < CLOSED:
        yield Step("notices", notices, "The scrutineer does it, after the close", WAITS)
    elif facts.at == CLOSED:
        yield Step(
            "notices", notices, "The scrutineer does it. Nothing is opened before", "Waiting", "notices", "yellow"
        )
    else:
        yield Step("notices", notices, "", DONE, "notices")
    if facts.at == NOTICED and facts.objections:
        hint = "Nothing is opened before each has an answer"
        yield Step("objections", f"Objections: {facts.objections} open", hint, NOW, "objections", "blue")
    elif facts.at >= CLOSED:
        yield Step("objections", "Objections", "What people say against it", "See them", "objections")
    if facts.state in UNOPENED:
        hint = "If keys are lost and nobody can ever open the sealed votes"
        yield Step("disturbed", "Stop the vote for good", hint, "Only if needed", "disturbed")
    opened = "Sealed votes opened"
    if facts.at >= PEELED:
        yield Step("peeled", opened, "", DONE, "trustees")
    elif facts.at == NOTICED:
        hint = f"Not before {facts.opens_from}. Next: {facts.turn or 'this server'}"
        yield Step("peeled", opened, hint, "Waiting", "trustees", "yellow")
    else:
        yield Step("peeled", opened, "A day after the voters were told, one person after the other", WAITS)


def _after(facts: Facts) -> Iterator[Step]:
    yield _counting(facts)
    yield _declaring(facts)
    yield from _questions(facts)
    yield _erasing(facts)


def _counting(facts: Facts) -> Step:
    if not facts.election:
        name = "Votes counted" if facts.own else "Votes opened and counted"
        return Step("counted", name, "By itself, after the close", DONE if facts.at >= TALLIED else WAITS)
    if facts.at == PEELED:
        return Step("counted", "Open the number for lots", "Then the votes are counted", NOW, "lot/open", "blue")
    if facts.at < PEELED:
        return Step("counted", "Open the number for lots", "", WAITS)
    hint = f"The number was lost: {facts.lot_lost}" if facts.lot_lost else ""
    return Step("counted", "Number for lots opened, votes counted", hint, DONE)


def _declaring(facts: Facts) -> Step:
    if facts.at == TALLIED:
        return Step("declare", "Declare the result", "Check the figures first", NOW, "declare", "blue")
    if facts.at < TALLIED:
        return Step("declare", "Declare the result", "", WAITS)
    hint = f"It can be questioned for {CHALLENGE_DAYS} days" if facts.at == DECLARED else "It is final"
    return Step("declare", "Result declared", hint, DONE, "result")


def _questions(facts: Facts) -> Iterator[Step]:
    name = "Questions about the result"
    if facts.state is State.CHALLENGED:
        yield Step("challenges", name, "Somebody questions the result. Decide, and say why", NOW, "challenges", "blue")
    elif facts.at == DECLARED:
        yield Step("challenges", name, f"Anybody can question it for {CHALLENGE_DAYS} days", "See them", "challenges")
    elif facts.at > DECLARED:
        yield Step("challenges", name, "The time for questions is over", DONE, "challenges")
    else:
        yield Step("challenges", name, "", WAITS)


def _erasing(facts: Facts) -> Step:
    name, hint = "Destroy the sealed votes", "One person asks for it, and another one does it"
    if facts.erased:
        return Step("erase", "Sealed votes destroyed", "What was published stays", DONE)
    if facts.kept_until:
        return Step("erase", name, f"They are kept until {facts.kept_until}", WAITS)
    if not facts.set_aside and facts.at < FINAL:
        return Step("erase", name, "When the result is final", WAITS)
    if facts.erase_asked:
        return Step("erase", name, "Asked for. Another person must confirm it", "Waiting", "erase", "yellow")
    return Step("erase", name, hint, NOW, "erase", "blue")
