"""Verifying a record with nothing but its own files: one finding for each thing that must be true. Pure."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator, Mapping

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilot.secrecy.manifest import Manifest, digest, signed, signing_text
from pilot.secrecy.record import stage_name
from pilot.voting.record import build, tally, trail
from pilot.voting.record.parts import Fault, Signatures, manifest_in, one, there


class Check(msgspec.Struct, frozen=True):
    """One finding. `ok` is None for a check that could not be made; `file` and `line` say where a fault is."""

    name: str
    ok: bool | None
    says: str = ""
    file: str = ""
    line: int | None = None


def verify(
    files: Mapping[str, bytes],
    *,
    refused: Mapping[str, str] | None = None,
    manifest_hash: str | None = None,
    papers: bytes | None = None,
    script: bytes | None = None,
) -> list[Check]:
    """Every check of a record, in order.

    `files` by name; `refused` tells of files that could not be unpacked; `manifest_hash` is the number that a voter
    knows from elsewhere; `papers` is papers.jsonl from a scrutineer when the record has none;
    `script` is this program's own verify.py.
    """
    found = [*_files(files, refused or {})]
    content = dict(files)
    if papers is not None and "papers.jsonl" not in content:
        content["papers.jsonl"] = papers
    try:
        manifest = manifest_in(content)
    except Fault as fault:
        found.append(_failed("What was promised before the vote", fault))
        return [*found, Check("Everything else", None, "it rests on manifest.json, which cannot be used")]
    mark = digest(content["manifest.json"])
    found.append(Check("What was promised before the vote", True, f"number {mark}"))
    found.append(_compared(mark, manifest_hash))
    found += [*_names(files, manifest), _program(files, script)]
    found += [
        _made("The website's signature", lambda: _sums_signed(content, manifest)),
        _made("The trustees' signatures", lambda: _trustees_signed(content, manifest, mark)),
    ]
    return [*found, *_counted(content, manifest, mark)]


def passed(checks: list[Check]) -> bool:
    """Whether nothing failed."""
    return all(check.ok is not False for check in checks)


def _files(files: Mapping[str, bytes], refused: Mapping[str, str]) -> Iterator[Check]:
    name = "Files as listed"
    wrong = [Check(name, False, says, file) for file, says in refused.items()]
    listed = _listed(files.get(build.SUMS, b""))
    if build.SUMS not in files:
        wrong.append(Check(name, False, "it is missing", build.SUMS))
    else:
        if listed is None:
            wrong.append(Check(name, False, "it is not a list of fingerprints and names", build.SUMS))
        actual = _listed(build.sums({file: data for file, data in files.items() if file not in _UNLISTED})) or {}
        for file in sorted({*(listed or actual), *actual}):
            if says := _difference((listed or actual).get(file), actual.get(file)):
                wrong.append(Check(name, False, says, file))
    if build.SIGNATURE not in files:
        wrong.append(Check(name, False, "it is missing", build.SIGNATURE))
    yield from wrong or [Check(name, True, f"{len(files)} files, none missing, none altered, none added")]


def _names(files: Mapping[str, bytes], manifest: Manifest) -> Iterator[Check]:
    """That each file is one that a record of this vote has, and none of these lacks."""
    stages = {stage_name(layer) for layer in range(len(manifest.trustees) + 1)}
    needed = {*_NAMED, *stages}
    public = manifest.roll.size >= tally.PUBLIC_PAPERS
    name = "Names of the files"
    unknown = sorted(set(files) - needed - {tally.PAPERS})
    wrong = [Check(name, False, "no record has a file with this name", file) for file in unknown]
    wrong += [Check(name, False, "it is missing", file) for file in sorted(needed - set(files))]
    if tally.PAPERS in files and not public:
        wrong.append(Check(name, False, "fewer than 50 people could vote, so it should not be here", tally.PAPERS))
    yield from wrong or [Check(name, True, "the files that such a record has, and no other")]


_NAMED = (
    "manifest.json",
    "signatures.json",
    trail.LOG,
    trail.PEELS,
    tally.TRACKERS,
    build.COUNT,
    build.DECLARATION,
    build.README,
    build.SCRIPT,
    build.SUMS,
    build.SIGNATURE,
)


def _program(files: Mapping[str, bytes], script: bytes | None) -> Check:
    """Whether the program in the record is ours; records of other versions have others, so it is no failure."""
    name = "The program in the record"
    if script is None:
        return Check(name, None, "verify.py was not compared: do not run it")
    if files.get(build.SCRIPT) == script:
        return Check(name, True, "verify.py is this program's own")
    return Check(name, None, "another version of verify.py: do not run it", build.SCRIPT)


_UNLISTED = (build.SUMS, build.SIGNATURE)


def _listed(sums: bytes) -> dict[str, str] | None:
    """Fingerprint by name; None when the file is not such a list in its one form."""
    try:
        rows = [row.split("  ", 1) for row in sums.decode("ascii").splitlines()]
        found = {name: mark for mark, name in rows}
    except (UnicodeDecodeError, ValueError):
        return None
    again = "".join(f"{found[name]}  {name}\n" for name in sorted(found)).encode("ascii")
    return found if again == sums else None


def _difference(listed: str | None, actual: str | None) -> str:
    if listed == actual:
        return ""
    if listed is None:
        return f"it is not in {build.SUMS}: it was added"
    return "it is missing" if actual is None else f"it is altered: it does not match {build.SUMS}"


def _compared(mark: str, wanted: str | None) -> Check:
    name = "The number on the poster or slip"
    if wanted is None:
        return Check(name, None, "not compared: give it with --manifest-hash")
    if wanted.strip().lower() == mark:
        return Check(name, True, "it is this record's number")
    return Check(name, False, f"it is {wanted.strip()[:80]}, but this record's number is {mark}", "manifest.json")


def _sums_signed(files: Mapping[str, bytes], manifest: Manifest) -> str:
    listed, written = there(files, build.SUMS), there(files, build.SIGNATURE)
    says = f"{build.SUMS} and {build.SIGNATURE} do not belong together: one of them is altered"
    try:
        signature = b64decode(written.removesuffix(b"\n"), validate=True)
        Ed25519PublicKey.from_public_bytes(manifest.log_key).verify(signature, build.signing_text(listed))
    except (NotBase64, ValueError, InvalidSignature) as trouble:
        raise Fault(f"{build.SUMS}, {build.SIGNATURE}", says) from trouble
    return f"{build.SUMS} is signed with the key in manifest.json"


def _trustees_signed(files: Mapping[str, bytes], manifest: Manifest, mark: str) -> str:
    name = "signatures.json"
    given = one(files, name, Signatures)
    if given.m != mark or [signer.name for signer in given.trustees] != [t.name for t in manifest.trustees]:
        raise Fault(name, "it belongs to another manifest")
    for trustee, signer in zip(manifest.trustees, given.trustees, strict=True):
        if not signed(trustee.sign_key, signing_text(mark), signer.signature):
            raise Fault(name, f"the signature of {trustee.name} is wrong")
    return f"{len(given.trustees)} trustees signed what was promised"


def _counted(files: Mapping[str, bytes], manifest: Manifest, mark: str) -> Iterator[Check]:
    """The way of the papers from the log to the declaration; each step needs the one before."""
    try:
        log = trail.read_log(files, manifest, mark)
    except Fault as fault:
        yield _failed("The log", fault)
        yield Check("Envelopes, openings, papers and count", None, "they rest on the log, which cannot be used")
        return
    yield Check("The log", True, log.says)
    yield _made("Stamps and sealed votes", lambda: trail.enough_stamps(log))
    yield _made("Sealed votes at the close", lambda: trail.check_envelopes(files, log))
    yield from _openings(files, manifest, mark)
    yield _made("Openings in the log", lambda: trail.check_logged_peels(files, log))
    yield _made("The question", lambda: tally.check_question(manifest))
    yield _made("Numbers of papers", lambda: tally.check_numbers(files, manifest, log))
    yield from _papers(files, manifest, mark, log)
    yield from _unmade(manifest)


def _openings(files: Mapping[str, bytes], manifest: Manifest, mark: str) -> Iterator[Check]:
    for i, trustee in enumerate(manifest.trustees, start=1):

        def opening(i: int = i) -> str:
            return trail.check_peel(files, manifest, mark, i)

        yield _made(f"Opening {i} by {trustee.name}", opening)


def _papers(files: Mapping[str, bytes], manifest: Manifest, mark: str, log: trail.Log) -> Iterator[Check]:
    figures = None
    if "papers.jsonl" in files:
        try:
            figures = tally.judge(files, manifest, mark, log)
            yield Check("Papers", True, figures.says)
        except Fault as fault:
            yield _failed("Papers", fault)
    elif manifest.roll.size >= tally.PUBLIC_PAPERS:
        yield Check("Papers", False, "it is missing", "papers.jsonl")
    else:
        says = "fewer than 50 people could vote, so the papers are with the scrutineers: give them with --papers"
        yield Check("Papers", None, says)
    yield _made("List of check codes", lambda: tally.check_code_list(files, log))
    if figures is None:
        yield Check("Check codes", None, "not compared with papers")
    else:
        yield _made("Check codes", lambda: tally.check_codes(files, figures))
        if figures.unseen:
            yield Check("Papers whose sealed bytes are not shown", None, _UNSEEN.format(figures.unseen))
    votes = None if figures is None else figures.votes
    yield _made("The count", lambda: tally.check_count(files, manifest, log, votes))
    yield _made("The declaration", lambda: tally.check_declaration(files, manifest, mark, log))
    yield _made("Spare stamps beside the margin", lambda: tally.spare_beside_margin(files, manifest, log))
    try:
        if says := tally.left_out(files, manifest, log):
            yield Check("Votes that were not counted", None, says)
    except Fault as fault:
        yield _failed("Votes that were not counted", fault)


_UNSEEN = "{:,} spoilt or set aside, and nobody without the sealed bytes can check that they had to be"


def _unmade(manifest: Manifest) -> Iterator[Check]:
    """What no record of this version can show; said each time, so that nobody believes more than was checked."""
    yield Check("The people behind the stamps", None, "only who holds the list of voters can check that each was on it")
    yield Check("Receipts and checkpoints of the log", None, "this version of the record has none")
    for name, says in build.CANNOT_SHOW:
        yield Check(name, None, says)
    held = [trustee.name for trustee in manifest.trustees if trustee.custody == "server"]
    if held:
        every = len(held) == len(manifest.trustees)
        says = (
            f"{build.ALL_KEYS}, and the votes were not secret from it" if every else f"not those of {', '.join(held)}"
        )
        yield Check("Keys in the trustees' own hands", None, says)


def _made(name: str, make: Callable[[], str]) -> Check:
    try:
        return Check(name, True, make())
    except Fault as fault:
        return _failed(name, fault)


def _failed(name: str, fault: Fault) -> Check:
    return Check(name, False, fault.says, fault.file, fault.line)
