"""The box's part of the election record: its files, byte for byte the same each time. Pure."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from pilot.secrecy import canonical, seal
from pilot.secrecy.manifest import PUBLIC_PAPERS, Manifest, signed
from pilot.secrecy.papers import Judged, Verdict

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"


def sums(files: Mapping[str, bytes]) -> bytes:
    """SHA256SUMS over these files, sorted by name, in the form that the tool `sha256sum -c` reads."""
    return "".join(sum_line(name, files[name]) for name in sorted(files)).encode("ascii")


def sum_line(name: str, data: bytes) -> str:
    """The line of SHA256SUMS for a file."""
    return f"{sha256(data).hexdigest()}  {name}\n"


def signing_text(listed: bytes) -> bytes:
    """What the log key signs: "pilot record " and the text of SHA256SUMS."""
    return b"pilot record " + listed


def sums_signed(listed: bytes, written: bytes, log_key: bytes) -> bool:
    """Whether the log key signed this SHA256SUMS; `written` is SHA256SUMS.sig, base64 and a line feed."""
    try:
        signature = canonical.from_base64(written.removesuffix(b"\n"))
    except ValueError:
        return False
    return written.endswith(b"\n") and signed(log_key, signing_text(listed), signature)


def signatures(manifest: Manifest, digest: str, given: Sequence[bytes]) -> bytes:
    """signatures.json: each trustee's name and signature of the manifest, in order."""
    rows = zip(manifest.trustees, given, strict=True)
    named = [{"name": trustee.name, "signature": msgspec.to_builtins(signature)} for trustee, signature in rows]
    return canonical.to_bytes({"m": digest, "trustees": named})


def read_signatures(data: bytes) -> list[bytes]:
    """The signatures of a signatures.json, in order."""
    return [msgspec.convert(one["signature"], bytes) for one in canonical.read(data)["trustees"]]


def lines(bodies: Sequence[bytes]) -> bytes:
    """A file of one canonical text a line."""
    return b"".join(body + b"\n" for body in bodies)


def paper_lines(judged: Sequence[Judged]) -> list[bytes]:
    """The lines of papers.jsonl, sorted by the item's hash as in the last stage file."""
    return [paper_line(one) for one in sorted(judged, key=lambda one: one.inner)]


def paper_line(one: Judged) -> bytes:
    """A line of papers.jsonl: paper and stamp, or the whole item where they do not make it again."""
    line: dict[str, Any] = {"inner": one.inner, "verdict": one.verdict.value}
    if one.item:
        line |= {"item": msgspec.to_builtins(one.item)}
    elif one.stamp:
        line |= {"code": seal.check_code(one.paper)}
        line |= {"paper": msgspec.to_builtins(one.paper), "stamp": msgspec.to_builtins(one.stamp)}
    if one.reason:
        line |= {"reason": one.reason}
    return canonical.to_bytes(line)


def trackers(judged: Sequence[Judged]) -> bytes:
    """trackers.txt: the check codes of all valid papers, sorted, a line each, without hyphens."""
    codes = (seal.check_code(one.paper) for one in judged if one.verdict == Verdict.VALID)
    return "".join(sorted(f"{code}\n" for code in codes)).encode("ascii")


def stage_name(layer: int) -> str:
    """The stage file's name: 0 for the envelopes, then one for each peel."""
    return f"stage-{layer}.txt"


def public(manifest: Manifest) -> bool:
    """Whether everybody may have the papers: never a survey's, and of a vote from 50 people on the roll."""
    return manifest.kind != "survey" and manifest.roll.size >= PUBLIC_PAPERS


def files(
    manifest: tuple[bytes, bytes],
    log: tuple[Sequence[bytes], Sequence[bytes]],
    stages: Mapping[int, bytes],
    peels: Sequence[bytes],
    *,
    judged: Sequence[Judged],
    public: bool,
) -> dict[str, bytes]:
    """The files by name; the papers are among them where they are `public`.

    `manifest` is its text and signatures.json, `log` its leaves and its checkpoints.
    """
    found = {"manifest.json": manifest[0], "signatures.json": manifest[1], "log.jsonl": lines(log[0])}
    found["checkpoints.txt"] = b"".join(log[1])
    found |= {stage_name(layer): data for layer, data in stages.items()}
    found["peels.json"] = canonical.to_bytes([canonical.read(peel) for peel in peels])
    found["trackers.txt"] = trackers(judged)
    if public:
        found["papers.jsonl"] = lines(paper_lines(judged))
    return found
