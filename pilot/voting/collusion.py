"""Who would have to work together to break this very ballot, from what its manifest says of the keys. Pure.

The adversaries are those of docs/security.md: each row of its table has a line here. What can be done against it, and
who is told, depends on the ballot: no line tells of notices, papers or a scrutineer where the ballot has none.
"""

from collections.abc import Sequence

from msgspec import Struct

from pilot.secrecy.manifest import PUBLIC_PAPERS, Manifest, Teller
from pilot.secrecy.tellers import may_sign

SERVER = "whoever runs this server"
TOLD = "The independent scrutineer tells this person, before anything is opened,"
NOT_TOLD = "In this vote nobody sends notices: only the page of the vote tells this person"


class Threat(Struct, frozen=True):
    """One way to break the ballot: who would have to do it, together, and what that would give, in sentences.

    `rows` are the rows of the table of threats in docs/security.md which this line is about, by their marks.
    """

    rows: tuple[str, ...]
    what: str
    who: tuple[str, ...]
    then: str

    @property
    def together(self) -> str:
        """Who, inside a sentence: “whoever runs this server and Ada”."""
        return joined(self.who)

    @property
    def line(self) -> str:
        """The same as a line of a table begins: “Whoever runs this server and Ada”."""
        return f"{self.together[0].upper()}{self.together[1:]}"


class Collusion(Struct, frozen=True):
    """What the pages of a ballot say of it.

    `holders` are those who would have to work together to see how one person voted, each once; `sides` the different
    roles among those with keys of their own; `sentence` says it for every page. `threats` depend on who holds the keys,
    `everywhere` are those of every ballot; `seen` says in sentences what there is to see of a voter.
    """

    holders: tuple[str, ...]
    sides: tuple[str, ...]
    sentence: str
    threats: tuple[Threat, ...]
    everywhere: tuple[Threat, ...]
    seen: tuple[str, ...]

    @property
    def alone(self) -> bool:
        """Whether one party can do it."""
        return len(self.holders) == 1

    @property
    def server_alone(self) -> bool:
        """Whether that party is the server, which holds all the keys."""
        return self.holders == (SERVER,)


class _Ballot(Struct, frozen=True):
    """What sentences depend on. `own`: the names of the trustees with keys of their own. `notices`: whoever opens first
    has such keys, so gets the list of voters and tells everybody what is recorded (voting.service.scrutineer_of).
    """

    manifest: Manifest
    holders: tuple[str, ...]
    own: tuple[str, ...]
    notices: bool

    @property
    def told(self) -> str:
        """Who tells a person what is recorded for them; the sentence goes on with what."""
        return TOLD if self.notices else NOT_TOLD


def of(manifest: Manifest) -> Collusion:
    """Who must collude to break the ballot of this manifest."""
    own = tuple(trustee.name for trustee in manifest.trustees if trustee.custody == "own")
    sides = tuple(dict.fromkeys(trustee.role for trustee in manifest.trustees if trustee.custody == "own"))
    holders = (SERVER, *own) if len(own) < len(manifest.trustees) else own
    ballot = _Ballot(manifest, holders, own, notices=manifest.trustees[0].custody == "own")
    return Collusion(holders, sides, _sentence(holders), _threats(ballot), _everywhere(ballot), _seen(ballot))


def joined(names: Sequence[str]) -> str:
    """Names as people say them: “Ada”, “Ada and Ben”, “Ada, Ben and Cy”."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _sentence(holders: Sequence[str]) -> str:
    if holders == (SERVER,):
        return "Whoever runs this server could see how people voted, alone: this server holds all the keys."
    if len(holders) == 1:
        return f"{holders[0]} could see how people voted, alone, because nobody else holds a key."
    all_of = "both of them" if len(holders) == 2 else f"all {len(holders)} of them"
    return f"To see how one person voted, {all_of} would have to work together: {joined(holders)}."


def _seen(ballot: _Ballot) -> tuple[str, ...]:
    """What there is to see of a voter, and by whom."""
    inside = "They could also see what is in it, because this server holds all the keys."
    if ballot.own:
        inside = f"They could see what is in it only together with {joined(ballot.own)}."
    scrutineer = (
        "After the close the independent scrutineer can see whether you voted, how often, and in which order all the "
        "people did. Not when, and not how."
    )
    tellers = "Tellers see who was given a vote on paper. Two of them see the mixed papers when they type them."
    return (
        "No page shows your manager, the board, HR or the coordinator whether you voted or how.",
        f"Whoever runs the server could work out who has a sealed vote in the box, and when. {inside}",
        *((scrutineer,) if ballot.notices else ()),
        *((tellers,) if ballot.manifest.tellers else ()),
        "Whoever has your voting code can vote for you. You can ask for a new one.",
    )


def _threats(ballot: _Ballot) -> tuple[Threat, ...]:
    """What depends on this ballot, by what the attack is for: whose vote it was, what the result is, and the papers."""
    return (
        *_against_secrecy(ballot),
        *_against_the_result(ballot),
        *(_false_keys() if ballot.own else ()),
        *(_against_paper(ballot.manifest.tellers, told=ballot.told) if ballot.manifest.tellers else ()),
        _open_papers(ballot),
    )


def _against_secrecy(ballot: _Ballot) -> tuple[Threat, ...]:
    own = ballot.own
    gate = (SERVER, ballot.manifest.trustees[0].name) if ballot.notices else (SERVER,)
    keys = "They could not see what is in a sealed vote" if own else "They could see how people voted"
    more = (
        f", unless those who hold their own keys help: {joined(own)}."
        if own
        else " too, from a copy that was made before the votes were opened: it has the keys."
    )
    return (
        Threat(
            ("trustees",),
            "See how one person voted",
            ballot.holders,
            "They could open each sealed vote one after the other and keep the order. Nobody would notice.",
        ),
        Threat(
            ("flood",),
            "See how one person voted, by false votes around theirs",
            gate,
            "They would have to leave out everybody else's vote, so all the other check codes would be missing and "
            "everybody would notice.",
        ),
        Threat(
            ("database",),
            "Read the stored files of this server, or a copy of them",
            ("whoever gets hold of them",),
            f"They could see who has a sealed vote in the box. {keys}{more}",
        ),
    )


def _against_the_result(ballot: _Ballot) -> tuple[Threat, ...]:
    holders = ballot.holders
    swap = (SERVER,) if SERVER in holders else (SERVER, f"any one of {_any(holders)}")
    opener = holders[0] if len(holders) == 1 else f"any one of {_any(holders)}"
    return (
        Threat(
            ("swap",),
            "Change the result",
            swap,
            "They could put other papers in place of some. Each person who looks for their check code would see that "
            "theirs is gone; nobody else would.",
        ),
        Threat(
            ("spare",),
            "Put a few other papers in place of some",
            (opener, "voters who kept stamps that they did not use"),
            "They could do it with as many papers as there are spare stamps, and no more. That number stands beside "
            "the result. Each person who looks for their check code would see that theirs is gone.",
        ),
        Threat(
            ("operator", "code"),
            "Vote in somebody else's name, or change or leave out their vote",
            (f"{SERVER}, or the returning officer, who prints the voting codes, or whoever has that person's code",),
            f"{ballot.told} how many sealed votes were handed in for them.",
        ),
        Threat(
            ("script",),
            "Show a false voting page to chosen people",
            (SERVER,),
            "These people's votes would be neither secret nor safe. The program on the page is public, and its number "
            "is in the promise of this vote, so that somebody can compare it.",
        ),
    )


def _false_keys() -> tuple[Threat, ...]:
    return (
        Threat(
            ("officer",),
            "Use false keys in the place of those of the people who open the votes",
            (f"{SERVER}, or the returning officer, who says whose keys they are",),
            "They could open sealed votes as if they were these people. Ask these people for the numbers of their "
            "keys: they must be the ones on the page of this vote.",
        ),
    )


def _against_paper(tellers: Sequence[Teller], *, told: str) -> tuple[Threat, ...]:
    names = tuple(one.name for one in tellers)
    may_not = sum(not may_sign((one.side, one.side)) for one in tellers) > 1
    two = f"two of {joined(names)}{', not both of them for the employer' if may_not else ''}"
    return (
        Threat(
            ("teller", "tellers"),
            "Take a vote out and put a paper in its place",
            names if len(names) == 2 else (two,),
            f"One of them alone cannot do it. {told} that they voted on paper. "
            "If very few people vote on paper, the two who type the papers could guess whose a paper is.",
        ),
    )


def _open_papers(ballot: _Ballot) -> Threat:
    seen = "Everybody sees every paper without its name."
    if ballot.manifest.roll.size < PUBLIC_PAPERS:
        checking = (
            "The independent scrutineer and the auditors" if ballot.notices else "The auditors, who check counts,"
        )
        seen = f"Everybody sees the check codes. {checking} see the papers without names."
    return Threat(
        ("small",),
        "See the papers after the result",
        ("everybody",),
        f"{seen} No paper has a name or time. If nearly all vote alike, the result says how you voted.",
    )


_ALWAYS = (
    Threat(
        ("colleague",),
        "Look at your screen",
        ("a colleague beside you",),
        "They could see how you vote. Hide the page, and vote again later: only your newest vote counts. You can "
        "fill in a vote three times in all.",
    ),
    Threat(
        ("copy",),
        "Hand in a copy of somebody's sealed vote",
        ("anybody",),
        "It is refused, or set aside when the votes are opened. It counts once.",
    ),
    Threat(
        ("later",),
        "Open the sealed votes in many years, with much stronger computers",
        ("whoever kept them until then",),
        "They could see how people voted. The public files hold no sealed votes. The result could not be changed.",
    ),
)


def _everywhere(ballot: _Ballot) -> tuple[Threat, ...]:
    """What somebody could try in every ballot, whoever holds its keys, and what there is against it in this one."""
    paper = ", or vote on paper" if ballot.manifest.tellers else ""
    again = "; after that only a vote on paper replaces it" if ballot.manifest.tellers else ""
    counts = "your page and your notice say" if ballot.notices else "your page says"
    roll = "In this vote nobody from outside the trust is given the list of voters to look through, but everybody"
    if ballot.notices:
        roll = "The independent scrutineer gets the list of voters before the vote opens, and everybody"
    return (
        *_ALWAYS,
        Threat(
            ("device",),
            "See or change your vote on your own phone or computer",
            ("whoever put a harmful program on it",),
            f"Your vote would be neither secret nor safe. Use another device{paper}.",
        ),
        Threat(
            ("coercion",),
            "Force or pay you to vote in one way",
            ("whoever sees your check code after the result",),
            "They could see that you did it. Vote again before the close: only your newest vote counts. You can fill "
            f"in a vote three times in all{again}. But {counts} how many votes you handed in.",
        ),
        Threat(
            ("roll",),
            "Put people on the list who do not exist, and vote for them",
            ("the employer",),
            f"More votes would count. {roll} can read how many people of each group are on it.",
        ),
    )


def _any(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
