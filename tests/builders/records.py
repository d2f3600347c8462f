"""Records made from their parts, with every key at hand: no database, no server, and any story that a log can tell."""

import argparse
import importlib
import io
import secrets
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from pilot.commands import verify as command
from pilot.secrecy import canonical, checkpoint, papers, peel, seal, tree
from pilot.secrecy import manifest as manifests
from pilot.secrecy.papers import Verdict
from pilot.secrecy.record import SIGNATURE, SUMS, paper_lines, signatures, signing_text, stage_name, sums, trackers
from pilot.voting.count import yes_no
from pilot.voting.declaration import Box, Matter, OnPaper, declare
from pilot.voting.files import programs, recount
from pilot.voting.record import build
from tests.builders.secrecy import CLOSES, OPENS, SCRIPT, YES_NO

Files = dict[str, bytes]
RULE = yes_no.write(yes_no.Rule(yes_no.share("1/2"), strict=True, base="valid"))
PEOPLE = (
    ("Ada Scrutineer", "independent scrutineer"),
    ("Ben Employer", "employer"),
    ("Cy Staff-Side", "staff-side representative"),
)
SALT = padding.PSS(padding.MGF1(hashes.SHA384()), 48)


@lru_cache(maxsize=1)
def stamp_key() -> rsa.RSAPrivateKey:
    """One for all stories: making it takes longer than the rest."""
    return rsa.generate_private_key(65537, 3072)


def stamped(filled: bytes) -> bytes:
    """The stamp of a paper, made at once instead of blindly: the same in the end."""
    return stamp_key().sign(filled, SALT, hashes.SHA384())


def in_utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def signed_by(key: Ed25519PrivateKey, files: Files) -> Files:
    """What an operator can do who alters files and signs the list of files anew."""
    rest = {name: data for name, data in files.items() if name not in (SUMS, SIGNATURE)}
    listed = sums(rest)
    return rest | {SUMS: listed, SIGNATURE: b64encode(key.sign(signing_text(listed))) + b"\n"}


def log_signed_by(key: Ed25519PrivateKey, files: Files) -> Files:
    """The same with checkpoints of its log as it is now, from the close on."""
    if not {"log.jsonl", "checkpoints.txt", "manifest.json"} <= set(files):
        return files
    log, name = files["log.jsonl"].splitlines(), checkpoint.origin(manifests.digest(files["manifest.json"]))
    close = next((at for at, line in enumerate(log) if b'"type":"close"' in line), len(log) - 1)
    sizes = range(close + 1, len(log) + 1)
    texts = [checkpoint.text(name, size, tree.root(log[:size])) for size in sizes]
    return files | {"checkpoints.txt": b"".join(checkpoint.signed(text, name, key) for text in texts)}


FOLDER = Path(recount.__file__).parent


def said_by_program(folder: Path, data: bytes, *args: str) -> tuple[int, str]:
    """What the record's own verify.py says of a zip file, in this process, since it is asked often: exit and words."""
    path = folder / "asked.zip"
    path.write_bytes(data)
    out = io.StringIO()
    was, sys.argv = sys.argv, ["verify.py", str(path), *args]
    sys.path.insert(0, str(FOLDER))
    try:
        with redirect_stdout(out), redirect_stderr(out):
            code = importlib.import_module("verify_record").main()
    finally:
        sys.argv = was
        sys.path.remove(str(FOLDER))
    return code, out.getvalue()


def said_by_command(folder: Path, data: bytes, *args: str) -> tuple[int, str]:
    """What `pilot verify` says of a zip file: exit and words."""
    path = folder / "asked.zip"
    path.write_bytes(data)
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    parsed = parser.parse_args(["verify", str(path), *args])
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = parsed.run(parsed)
    return code, out.getvalue()


class Story:
    """A vote from its first stamp to its record. `custody` of the trustees in their order."""

    def __init__(
        self,
        voters: int = 60,
        custody: Sequence[str] = ("own", "server", "own"),
        sides: Sequence[str] = ("scrutineer", "employer", "staff side"),
        people: Sequence[tuple[str, str]] = PEOPLE,
        **changes: Any,
    ) -> None:
        self.people = people
        self.log_key = Ed25519PrivateKey.generate()
        self.signers = [Ed25519PrivateKey.generate() for _ in custody]
        self.tellers = [Ed25519PrivateKey.generate() for _ in PEOPLE]
        self.voters = [secrets.token_bytes(16) for _ in range(voters)]
        self.manifest = replace(self._manifest(custody, sides), **changes)
        self.text = manifests.to_bytes(self.manifest)
        self.digest = manifests.digest(self.text)
        self.log: list[bytes] = []
        self.stamps: Counter[int] = Counter()
        self.last: dict[int, tuple[str, bytes]] = {}
        self.cancelled: set[int] = set()
        self.paper_stamps: Counter[int] = Counter()
        self.papers: dict[int, tuple[str, bytes]] = {}
        self.told: int | None = None

    def _manifest(self, custody: Sequence[str], sides: Sequence[str]) -> manifests.Manifest:
        der, info = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        held = [
            manifests.Trustee(name, role, _point(), signer.public_key().public_bytes_raw(), kept)
            for (name, role), signer, kept in zip(self.people, self.signers, custody, strict=False)
        ]
        tellers = [
            manifests.Teller(f"{name}, teller", side, key.public_key().public_bytes_raw())
            for (name, _), side, key in zip(self.people, sides, self.tellers, strict=True)
        ]
        return manifests.Manifest(
            version=manifests.VERSION,
            ballot="RAA-1",
            kind="vote",
            title="Breaks on nights",
            questions=(YES_NO,),
            opens=OPENS,
            closes=CLOSES,
            rule=RULE,
            roll=manifests.Roll(len(self.voters), manifests.roll_root(self.voters)),
            stamp_key=stamp_key().public_key().public_bytes(der, info),
            trustees=tuple(held),
            padded=manifests.padded((YES_NO,)) + 32,
            max_stamps=manifests.MAX_STAMPS,
            log_key=self.log_key.public_key().public_bytes_raw(),
            script=SCRIPT,
            tellers=tuple(tellers),
        )

    def leaf(self, kind: str, **values: Any) -> None:
        """A line of the log, whether it can stand there or not."""
        self.log.append(canonical.to_bytes({"type": kind} | values))

    def stamp(self, place: int) -> None:
        self.stamps[place] += 1
        self.leaf("stamp", seq=self.stamps[place], v=self.voters[place].hex())

    def cast(self, place: int, inner: bytes) -> None:
        """A sealed vote; what seals it is left out, since a record has only its hash."""
        name = secrets.token_hex(32)
        self.leaf("envelope", sha256=name, v=self.voters[place].hex())
        self.last[place] = (name, inner)

    def vote(self, place: int, answer: str) -> None:
        self.stamp(place)
        filled = seal.paper(secrets.token_bytes(32), [[answer]], self.digest)
        self.cast(place, seal.pack(filled, stamped(filled), self.manifest.padded))

    def votes(self, answers: Iterable[str]) -> "Story":
        for place, answer in enumerate(answers):
            self.vote(place, answer)
        return self

    def cancel(self, place: int, tellers: Sequence[int] = (0, 2), *, text: str = "pilot cancel {} {}") -> None:
        v = self.voters[place].hex()
        said = text.format(self.digest, v).encode("ascii")
        signed = [{"teller": one, "signature": b64encode(self.tellers[one].sign(said)).decode()} for one in tellers]
        self.leaf("cancel", v=v, signatures=signed)
        self.cancelled.add(place)

    def paper_stamp(self, place: int) -> None:
        self.paper_stamps[place] += 1
        self.leaf("teller stamp", seq=self.paper_stamps[place], v=self.voters[place].hex())

    def paper_cast(self, place: int, answer: str) -> None:
        filled = seal.paper(secrets.token_bytes(32), [[answer]], self.digest)
        name = secrets.token_hex(32)
        self.leaf("teller envelope", sha256=name, v=self.voters[place].hex())
        self.papers[place] = (name, seal.pack(filled, stamped(filled), self.manifest.padded))

    def paper(self, place: int, answer: str) -> None:
        """What tellers seal for somebody who votes on paper."""
        self.paper_stamp(place)
        self.paper_cast(place, answer)

    def record(self, *, after_close: Callable[["Story"], None] | None = None) -> Files:
        """Close, open, judge, count and declare; the files of the record."""
        counted = [self.last[place] for place in sorted(self.last) if place not in self.cancelled]
        counted += [self.papers[place] for place in sorted(self.papers)]
        stages = [_listed(name for name, _ in counted)]
        close = len(self.log)
        given = self.stamps + self.paper_stamps
        stamps = {"stamped": len(given), "stamps": given.total(), "envelopes": len(counted)}
        values = {"m": self.digest, "roll": len(self.voters), "sha256": sha256(stages[0]).hexdigest()}
        self.leaf("close", cancelled=len(self.cancelled), **values, **stamps)
        if after_close:
            after_close(self)
        inners = list(dict.fromkeys(inner for _, inner in counted))
        peels = self._opened(stages, inners)
        judged = papers.judge_all(inners, self.manifest, self.digest)
        verdicts = Counter(one.verdict for one in judged)
        bodies = paper_lines(judged)
        numbers = {"valid": verdicts[Verdict.VALID], "spoilt": verdicts[Verdict.SPOILT]}
        numbers |= {"set_aside": verdicts[Verdict.SET_ASIDE]}
        self.leaf("final", m=self.digest, root=tree.root(bodies).hex(), **numbers)
        parts = {
            "manifest.json": self.text,
            "signatures.json": self._signatures(),
            "log.jsonl": b"".join(body + b"\n" for body in self.log),
            "checkpoints.txt": self.checkpoints(range(close + 1, len(self.log) + 1)),
            "peels.json": canonical.to_bytes(peels),
            "trackers.txt": trackers(judged),
        }
        parts |= {stage_name(layer): data for layer, data in enumerate(stages)}
        if len(self.voters) >= manifests.PUBLIC_PAPERS:
            parts["papers.jsonl"] = b"".join(body + b"\n" for body in bodies)
        box = Box(len(self.voters), stamps["stamps"], len(counted), numbers["valid"], numbers["spoilt"], 0)
        box = replace(box, set_aside=numbers["set_aside"] + sum(one["duplicates"] for one in peels))
        box = replace(box, on_paper=OnPaper(len(self.cancelled), len(self.papers)))
        return self._declared(parts, Counter(one.answers[0][0] for one in judged if one.answers), box)

    def _opened(self, stages: list[bytes], inners: Sequence[bytes]) -> list[dict[str, Any]]:
        """Every opening: what goes in comes out under other names, and the last list is of these items."""
        peels = []
        for layer, signer in enumerate(self.signers, start=1):
            last = layer == len(self.signers)
            count = stages[-1].count(b"\n")
            names = {sha256(inner).hexdigest() for inner in inners}
            out = _listed(names if last else (secrets.token_hex(32) for _ in range(count)))
            marks = (sha256(stages[-1]).hexdigest(), sha256(out).hexdigest())
            left = count - out.count(b"\n")
            said = peel.Statement(self.digest, layer, *marks, count, count - left, left, ())
            stages.append(out)
            peels.append(peel.entry(said, signer.sign(peel.signing_text(said))))
            self.leaf("peel", **peels[-1])
        return peels

    def _signatures(self) -> bytes:
        return signatures(self.manifest, self.digest, [manifests.sign(one, self.digest) for one in self.signers])

    def checkpoints(self, sizes: Iterable[int], key: Ed25519PrivateKey | None = None) -> bytes:
        """checkpoints.txt for these sizes of the log."""
        name = checkpoint.origin(self.digest)
        texts = [checkpoint.text(name, size, tree.root(self.log[:size])) for size in sizes]
        return b"".join(checkpoint.signed(text, name, key or self.log_key) for text in texts)

    def _declared(self, parts: Files, answers: Counter[str], box: Box) -> Files:
        rule = yes_no.parse(self.manifest.rule)
        result = yes_no.count(rule, answers, entitled=box.entitled, spoilt=box.spoilt)
        question = self.manifest.questions[0].text
        trust, number = self.manifest.ballot.split("-")
        matter = Matter(
            int(number), trust, "proposal 1", self.manifest.title, question, self.digest, self.manifest.rule
        )
        said = declare(matter, result, box, at=CLOSES)
        unsigned = build.build(parts, result, said, programs=programs())
        return unsigned.signed(self.log_key.sign(unsigned.to_sign))


def _point() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _listed(names: Iterable[str]) -> bytes:
    return "".join(sorted(f"{name}\n" for name in names)).encode("ascii")
