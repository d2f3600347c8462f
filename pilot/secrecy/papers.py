"""The last list: which papers count, which are spoilt, and which are set aside. Pure.

*Spoilt*: rightly stamped, but the answers do not fit the questions or are not written in the one form.
*Set aside*: no right stamp, of another ballot, or a second copy. Neither stops the count.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import Struct
from msgspec.structs import replace

from pilot.errors import BadInput
from pilot.secrecy import canonical, seal, stamp
from pilot.secrecy.manifest import Manifest, Question

Chosen = tuple[tuple[str, ...], ...]
"""For each question the ids of the chosen options."""


class Verdict(StrEnum):
    """What becomes of a paper."""

    VALID = "valid"
    SPOILT = "spoilt"
    SET_ASIDE = "set aside"


class Judged(Struct, frozen=True, gc=False):
    """One item of the last list.

    `inner` is the SHA-256 of the item in hex. `paper` and `stamp` are empty when the stamp is not right.
    `answers` are the chosen option ids by question when the paper is valid, else empty; `reason` is empty then.
    `item` is the whole of it where paper, stamp and zeros do not make it again, else empty: so everything that a
    verdict rests on can be published.
    """

    inner: str
    verdict: Verdict
    paper: bytes = b""
    stamp: bytes = b""
    answers: Chosen = ()
    reason: str = ""
    item: bytes = b""


COPY = "a second copy of a paper"
RANK = {Verdict.VALID: 0, Verdict.SPOILT: 1, Verdict.SET_ASIDE: 2}


def judge_all(items: Sequence[bytes], manifest: Manifest, digest: str) -> tuple[Judged, ...]:
    """Every item judged, sorted by its hash; of papers or stamps that occur twice, the best one stands."""
    key = stamp.rsa_key(stamp.read_public(manifest.stamp_key))
    opened = [_opened(item) for item in items]
    right = [_is_stamped(one, manifest, key) for one in opened]  # all at once: so each takes the least time
    read = cache(lambda written: _content(written, manifest.questions, digest))  # many papers say the same
    each = (_judged(one, read, stamped=ok) for one, ok in zip(opened, right, strict=True))
    judged = sorted(each, key=lambda j: (RANK[j.verdict], j.inner))
    papers: set[bytes] = set()
    stamps: set[bytes] = set()
    found = []
    for one in judged:
        if one.stamp and (one.paper in papers or one.stamp in stamps):
            aside = {"verdict": Verdict.SET_ASIDE, "answers": (), "reason": COPY}
            found.append(replace(one, **aside))
        else:
            found.append(one)
        papers.add(one.paper)
        stamps.add(one.stamp)
    return tuple(sorted(found, key=lambda j: j.inner))


def judge(item: bytes, manifest: Manifest, digest: str, key: RSAPublicKey) -> Judged:
    """One item on its own; copies are looked for by `judge_all`."""
    one = _opened(item)
    return _judged(
        one,
        lambda written: _content(written, manifest.questions, digest),
        stamped=_is_stamped(one, manifest, key),
    )


_Opened = tuple[bytes, tuple[bytes, bytes, bytes] | None]
"""An item, and its paper, stamp and padding; None when it is shorter than it says."""


def _opened(item: bytes) -> _Opened:
    try:
        return item, seal.unpack(item)
    except BadInput:
        return item, None


def _is_stamped(one: _Opened, manifest: Manifest, key: RSAPublicKey) -> bool:
    item, parts = one
    return parts is not None and len(item) == manifest.padded and stamp.verify(key, parts[0], parts[1])


def _judged(one: _Opened, read: Callable[[bytes], tuple[Verdict, str, Chosen]], *, stamped: bool) -> Judged:
    item, parts = one
    name = sha256(item).hexdigest()
    if parts is None:
        return Judged(name, Verdict.SET_ASIDE, reason="not a paper", item=item)
    if not stamped:
        return Judged(name, Verdict.SET_ASIDE, reason="no right stamp", item=item)
    filled, signature, padding = parts
    soiled = padding.strip(b"\x00") != b""
    verdict, reason, answers = read(filled[stamp.PREFIX :])
    if verdict == Verdict.VALID and soiled:
        verdict, reason, answers = Verdict.SPOILT, "the padding is not empty", ()
    return Judged(name, verdict, filled, signature, answers, reason, item if soiled else b"")


def _content(written: bytes, questions: Sequence[Question], digest: str) -> tuple[Verdict, str, Chosen]:
    try:
        value = canonical.read(written)
    except BadInput:
        return Verdict.SPOILT, "not written in the one form", ()
    if isinstance(value, dict) and value.get("m", digest) != digest:
        return Verdict.SET_ASIDE, "of another ballot", ()
    answers = fitting(value, questions, digest)
    if answers is None:
        return Verdict.SPOILT, "the answers do not fit the questions", ()
    return Verdict.VALID, "", answers


def kept(one: Judged) -> tuple[bytes, bytes]:
    """What is stored of it: paper and stamp, or the whole item and nothing."""
    return (one.item, b"") if one.item else (one.paper, one.stamp)


def stored(
    verdict: Verdict, questions: Sequence[Question], *, inner: str, paper: bytes, stamp_: bytes, reason: str
) -> Judged:
    """A judged item as it was `kept`: the answers of a valid one are read from its paper again."""
    if not stamp_:
        return Judged(inner, verdict, reason=reason, item=paper)
    answers: Chosen = ()
    if verdict == Verdict.VALID:
        value = canonical.read(paper[stamp.PREFIX :])
        answers = fitting(value, questions, value["m"]) or ()
    return Judged(inner, verdict, paper, stamp_, answers, reason)


def fitting(value: object, questions: Sequence[Question], digest: str) -> Chosen | None:
    """The answers of a paper's value, or None when they do not fit the questions.

    Ranked answers keep the voter's order; others get the order of the question, since theirs means nothing.
    """
    if not isinstance(value, dict) or set(value) != {"a", "m"} or value["m"] != digest:
        return None
    answers = value["a"]
    if not isinstance(answers, list) or len(answers) != len(questions):
        return None
    if not all(_fits(chosen, question) for chosen, question in zip(answers, questions, strict=True)):
        return None
    return tuple(_ordered(chosen, question) for chosen, question in zip(answers, questions, strict=True))


def _fits(chosen: object, question: Question) -> bool:
    """Whether these are from `min` to `max` different options of the question."""
    if not isinstance(chosen, list) or not question.min <= len(chosen) <= question.max:
        return False
    ids = [option.id for option in question.options]
    return all(isinstance(one, str) and one in ids for one in chosen) and len(set(chosen)) == len(chosen)


def _ordered(chosen: Sequence[str], question: Question) -> tuple[str, ...]:
    return tuple(chosen if question.ranked else (o.id for o in question.options if o.id in chosen))


def of(judged: Sequence[Judged], verdict: Verdict) -> tuple[Judged, ...]:
    """Those with this verdict."""
    return tuple(one for one in judged if one.verdict == verdict)


def spare(stamps: int, valid: int) -> int:
    """Stamps without a valid paper: the most papers that a trustee could have swapped with voters' help."""
    return stamps - valid
