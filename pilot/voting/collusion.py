"""Who would have to work together to break this very ballot, from what its manifest says of the keys. Pure.

The adversaries are those of docs/security.md; each line here is true for the trustees and keys of one manifest.
"""

from collections.abc import Sequence

from msgspec import Struct

from pilot.secrecy.manifest import PUBLIC_PAPERS, Manifest, Trustee

SERVER = "whoever runs this server"


class Threat(Struct, frozen=True):
    """One way to break the ballot: who would have to do it, together, and what that would give, in sentences."""

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
    roles among those with keys of their own; `sentence` says it for every page.
    """

    holders: tuple[str, ...]
    sides: tuple[str, ...]
    sentence: str
    threats: tuple[Threat, ...]

    @property
    def alone(self) -> bool:
        """Whether one party can do it."""
        return len(self.holders) == 1


def of(manifest: Manifest) -> Collusion:
    """Who must collude to break the ballot of this manifest."""
    holders = _holders(manifest.trustees)
    sides = tuple(dict.fromkeys(trustee.role for trustee in manifest.trustees if trustee.custody == "own"))
    return Collusion(holders, sides, _sentence(holders), _threats(manifest, holders))


def joined(names: Sequence[str]) -> str:
    """Names as people say them: “Ada”, “Ada and Ben”, “Ada, Ben and Cy”."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _holders(trustees: Sequence[Trustee]) -> tuple[str, ...]:
    """Who holds the keys, each once: a trustee with keys of their own, and the server for all the others."""
    own = [trustee.name for trustee in trustees if trustee.custody == "own"]
    return tuple([SERVER, *own] if len(own) < len(trustees) else own)


def _sentence(holders: Sequence[str]) -> str:
    if holders == (SERVER,):
        return "Whoever runs this server could see how people voted, alone: this server holds all the keys."
    if len(holders) == 1:
        return f"{holders[0]} could see how people voted, alone, because nobody else holds a key."
    all_of = "both of them" if len(holders) == 2 else f"all {len(holders)} of them"
    return f"To see how one person voted, {all_of} would have to work together: {joined(holders)}."


def _threats(manifest: Manifest, holders: Sequence[str]) -> tuple[Threat, ...]:
    first = manifest.trustees[0]
    gate = tuple(dict.fromkeys((SERVER, first.name if first.custody == "own" else SERVER)))
    openers = [(SERVER, trustee.name) for trustee in manifest.trustees if trustee.custody == "own"]
    swap = (
        (SERVER,) if len(openers) < len(manifest.trustees) else (SERVER, f"any one of {_any([o for _, o in openers])}")
    )
    public = manifest.roll.size >= PUBLIC_PAPERS
    list_ = (
        "every paper without its name" if public else "the check codes, and the scrutineers the papers without names"
    )
    return (
        Threat(
            "See how one person voted",
            tuple(holders),
            "They could open each sealed vote one after the other and keep the order. Nobody would notice.",
        ),
        Threat(
            "See how one person voted, by false votes around theirs",
            gate,
            "They would have to leave out everybody else's vote, so all the other check codes would be missing and "
            "everybody would notice.",
        ),
        Threat(
            "Change the result",
            swap,
            "They could put other papers in place of some. Each person who looks for their check code would see that "
            "theirs is gone; nobody else would.",
        ),
        Threat(
            "Show a false voting page to chosen people",
            (SERVER,),
            "These people's votes would be neither secret nor safe. The program on the page is public, and its number "
            "is in the promise of this vote, so that somebody can compare it.",
        ),
        Threat(
            "Vote in somebody else's name",
            ("whoever has their voting code",),
            "The person is told before the sealed votes are opened how many sealed votes are recorded for them, where "
            "the scrutineer sends that.",
        ),
        Threat(
            "See the papers after the result", ("everybody",), f"Everybody sees {list_}. No paper has a name or time."
        ),
    )


def _any(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
