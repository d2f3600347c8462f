"""Verifying a record with nothing but its own files: one finding for each thing that must be true. Pure."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from pilot.secrecy.manifest import PUBLIC_PAPERS, Manifest, digest, signed, signing_text
from pilot.secrecy.record import SIGNATURE, SUMS, stage_name, sums, sums_signed
from pilot.voting.count import yes_no
from pilot.voting.count.amounts import listed
from pilot.voting.record import build, checkpoints, custody, journal, judging, tally, trail
from pilot.voting.record.asked import Asked, Election, asked, in_words
from pilot.voting.record.journal import Log
from pilot.voting.record.parts import PAPERS, Fault, Signatures, manifest_in, one, there


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
    programs: Mapping[str, bytes] | None = None,
) -> list[Check]:
    """Every check of a record, in order.

    `files` by name; `refused` tells of files that could not be unpacked; `manifest_hash` is the number that a voter
    knows from elsewhere; `papers` is papers.jsonl from a scrutineer when the record has none;
    `programs` are this program's own small ones, as a record has them.
    """
    found = [*_files(files, refused or {})]
    content = dict(files)
    if papers is not None and PAPERS not in content:
        content[PAPERS] = papers
    try:
        manifest = manifest_in(content)
    except Fault as fault:
        found.append(_failed("What was promised before the vote", fault))
        return [*found, Check("Everything else", None, "it rests on manifest.json, which cannot be used")]
    mark = digest(content["manifest.json"])
    found.append(Check("What was promised before the vote", True, f"number {mark}"))
    found += [*_names(files, manifest), *_programs(files, programs)]
    found += [
        _made("The website's signature", lambda: _sums_signed(content, manifest)),
        _made("The trustees' signatures", lambda: _trustees_signed(content, manifest, mark)),
        _compared(mark, manifest_hash),
    ]
    try:
        question = asked(manifest)
        found.append(Check("The question", True, in_words(question)))
    except Fault as fault:
        found.append(_failed("The question", fault))
        return [*found, Check("Everything else", None, "it rests on the question, which cannot be used")]
    return [*found, *_counted(content, manifest, question, mark)]


def passed(checks: list[Check]) -> bool:
    """Whether nothing failed."""
    return all(check.ok is not False for check in checks)


def _files(files: Mapping[str, bytes], refused: Mapping[str, str]) -> Iterator[Check]:
    name = "Files as listed"
    wrong = [Check(name, False, says, file) for file, says in refused.items()]
    listed = _listed(files.get(SUMS, b""))
    if SUMS not in files:
        wrong.append(Check(name, False, "it is missing", SUMS))
    else:
        if listed is None:
            wrong.append(Check(name, False, "it is not a list of fingerprints and names", SUMS))
        actual = _listed(sums({file: data for file, data in files.items() if file not in _UNLISTED})) or {}
        for file in sorted({*(listed or actual), *actual}):
            if says := _difference((listed or actual).get(file), actual.get(file)):
                wrong.append(Check(name, False, says, file))
    if SIGNATURE not in files:
        wrong.append(Check(name, False, "it is missing", SIGNATURE))
    yield from wrong or [Check(name, True, f"{len(files)} files, none missing, none altered, none added")]


def _names(files: Mapping[str, bytes], manifest: Manifest) -> Iterator[Check]:
    """That each file is one that a record of this vote has, and none of these lacks."""
    stages = {stage_name(layer) for layer in range(len(manifest.trustees) + 1)}
    needed = {*_NAMED, *build.PROGRAMS, *stages}
    public = {PAPERS} | ({build.BALLOTS} if manifest.rule.get("name") != yes_no.NAME else set())
    small = manifest.roll.size < PUBLIC_PAPERS
    name = "Names of the files"
    wrong = [
        Check(name, False, "no record of such a vote has a file with this name", file)
        for file in sorted(set(files) - needed - public)
    ]
    missing = needed if small else needed | public
    wrong += [Check(name, False, "it is missing", file) for file in sorted(missing - set(files))]
    if small:
        says = "fewer than 50 people could vote, so it should not be here"
        wrong += [Check(name, False, says, file) for file in sorted(public & set(files))]
    yield from wrong or [Check(name, True, "the files that such a record has, and no other")]


_NAMED = (
    "manifest.json",
    "signatures.json",
    journal.LOG,
    checkpoints.CHECKPOINTS,
    trail.PEELS,
    judging.TRACKERS,
    build.COUNT,
    build.DECLARATION,
    build.README,
    SUMS,
    SIGNATURE,
)


def _programs(files: Mapping[str, bytes], own: Mapping[str, bytes] | None) -> Iterator[Check]:
    """Whether the programs in the record are ours; records of other versions have others, so it is no failure."""
    name = "The programs in the record"
    if own is None:
        yield Check(name, None, f"{listed(list(build.PROGRAMS))} were not compared: do not run them")
        return
    others = [program for program in build.PROGRAMS if files.get(program) != own[program]]
    if not others:
        yield Check(name, True, f"{listed(list(build.PROGRAMS))} are this program's own")
    for program in others:
        yield Check(name, None, f"another version of {program}: do not run it", program)


_UNLISTED = (SUMS, SIGNATURE)


def _listed(written: bytes) -> dict[str, str] | None:
    """Fingerprint by name; None when the file is not such a list in its one form."""
    try:
        rows = [row.split("  ", 1) for row in written.decode("ascii").splitlines()]
        found = {name: mark for mark, name in rows}
    except (UnicodeDecodeError, ValueError):
        return None
    again = "".join(f"{found[name]}  {name}\n" for name in sorted(found)).encode("ascii")
    return found if again == written else None


def _difference(listed: str | None, actual: str | None) -> str:
    if listed == actual:
        return ""
    if listed is None:
        return f"it is not in {SUMS}: it was added"
    return "it is missing" if actual is None else f"it is altered: it does not match {SUMS}"


def _compared(mark: str, wanted: str | None) -> Check:
    name = "The number on the poster or slip"
    if wanted is None:
        return Check(name, None, "not compared: give it with --number")
    if wanted.strip().lower() == mark:
        return Check(name, True, "it is this record's number")
    return Check(name, False, f"it is {wanted.strip()[:80]}, but this record's number is {mark}", "manifest.json")


def _sums_signed(files: Mapping[str, bytes], manifest: Manifest) -> str:
    if not sums_signed(there(files, SUMS), there(files, SIGNATURE), manifest.log_key):
        says = f"{SUMS} and {SIGNATURE} do not belong together: one of them is altered"
        raise Fault(f"{SUMS}, {SIGNATURE}", says)
    return f"{SUMS} is signed with the key in manifest.json"


def _trustees_signed(files: Mapping[str, bytes], manifest: Manifest, mark: str) -> str:
    name = "signatures.json"
    given = one(files, name, Signatures)
    if given.m != mark or [signer.name for signer in given.trustees] != [t.name for t in manifest.trustees]:
        raise Fault(name, "it belongs to another manifest")
    for trustee, signer in zip(manifest.trustees, given.trustees, strict=True):
        if not signed(trustee.sign_key, signing_text(mark), signer.signature):
            raise Fault(name, f"the signature of {trustee.name} is wrong")
    return f"{custody.signers(manifest.trustees)} what was promised"


def _counted(files: Mapping[str, bytes], manifest: Manifest, found: Asked, mark: str) -> Iterator[Check]:
    """The way of the papers from the log to the declaration; each step needs the one before."""
    try:
        log = journal.read_log(files, manifest, mark)
    except Fault as fault:
        yield _failed("The log", fault)
        yield Check("Envelopes, openings, papers and count", None, "they rest on the log, which cannot be used")
        return
    yield Check("The log", True, log.says)
    yield _made("Checkpoints of the log", lambda: checkpoints.check_checkpoints(files, manifest, mark, log))
    yield _made("Stamps and sealed votes", lambda: trail.enough_stamps(log))
    yield Check("Votes by channel", True, log.by_channel)
    yield _made("Sealed votes at the close", lambda: trail.check_envelopes(files, log))
    yield from _openings(files, manifest, mark)
    yield _made("Openings in the log", lambda: trail.check_logged_peels(files, log))
    yield _made("Numbers of papers", lambda: judging.check_numbers(files, manifest, log))
    yield _made("List of check codes", lambda: judging.check_code_list(files, log))
    yield from _papers(files, manifest, mark, found, log)
    yield from _unmade(manifest, log)


def _openings(files: Mapping[str, bytes], manifest: Manifest, mark: str) -> Iterator[Check]:
    for i, trustee in enumerate(manifest.trustees, start=1):

        def opening(i: int = i) -> str:
            return trail.check_peel(files, manifest, mark, i)

        yield _made(f"Opening {i} by {trustee.name}", opening)


def _papers(files: Mapping[str, bytes], manifest: Manifest, mark: str, found: Asked, log: Log) -> Iterator[Check]:
    """Every paper, then the spare stamps beside the margin, the count, the declaration and the lot."""
    papers = None
    if PAPERS in files:
        try:
            papers = judging.judge(files, manifest, mark)
            yield Check("Papers", True, f"{len(papers.rows):,} papers, each of them out of the box")
        except Fault as fault:
            yield _failed("Papers", fault)
    elif manifest.roll.size >= PUBLIC_PAPERS:
        yield Check("Papers", False, "it is missing", PAPERS)
    else:
        says = "fewer than 50 people could vote, so the papers are with the scrutineers: give them with --papers"
        yield Check("Papers", None, says)
    if papers is None:
        yield Check("Check codes", None, "not compared with papers")
    else:
        yield from _judged(files, manifest, found, log, papers)
    answers = None if papers is None else papers.answers
    yield _made("Spare stamps beside the margin", lambda: tally.spare_beside_margin(files, found, log))
    yield _made("The count", lambda: tally.check_count(files, manifest, found, log, answers))
    yield _made("The declaration", lambda: tally.check_declaration(files, manifest, found, mark, log))
    yield _made("The lot", lambda: tally.check_lot(files, found))
    yield from _told("Votes that were not counted", lambda: tally.left_out(files, found, log))
    yield from _told("The number for lots", lambda: tally.lost_lot(files, found))


def _judged(
    files: Mapping[str, bytes], manifest: Manifest, found: Asked, log: Log, papers: judging.Papers
) -> Iterator[Check]:
    yield _made("Every stamp", lambda: judging.check_stamps(papers))
    yield _made("Distinct papers", lambda: judging.check_distinct(papers))
    yield _made("Spoilt and set aside", lambda: judging.check_verdicts(papers, log))
    yield _made("Check codes", lambda: judging.check_codes(files, papers))
    if isinstance(found, Election) and build.BALLOTS in files:
        same = lambda: tally.check_ballots(files, manifest, found, papers.answers)  # noqa: E731
        yield _made("The papers for other counters", same)


def _told(name: str, say: Callable[[], str]) -> Iterator[Check]:
    """A point that stays open where there is something to say."""
    try:
        if says := say():
            yield Check(name, None, says)
    except Fault as fault:
        yield _failed(name, fault)


def _unmade(manifest: Manifest, log: Log) -> Iterator[Check]:
    """What no record can show; said each time, so that nobody believes more than was checked."""
    yield Check("The people behind the stamps", None, "only who holds the list of voters can check that each was on it")
    for name, says in build.CANNOT_SHOW:
        yield Check(name, None, says)
    if log.notices is None and custody.own(manifest.trustees):
        yield Check("Notices", None, "nobody was told, before the votes were opened, what is recorded for them")
    elif log.notices is not None:
        says = f"{log.notices:,} people were told what is recorded for them, as the website says: only they can know"
        yield Check("Notices", None, says)
    if log.close.cancelled:
        says = f"only the tellers saw what the {log.on_paper:,} papers say that they put in for "
        yield Check("Votes on paper", None, f"{says}{log.close.cancelled:,} people who were given one")
    for says in custody.in_words(manifest):
        yield Check("Who held the keys", None, says)


def _made(name: str, make: Callable[[], str]) -> Check:
    try:
        return Check(name, True, make())
    except Fault as fault:
        return _failed(name, fault)


def _failed(name: str, fault: Fault) -> Check:
    return Check(name, False, fault.says, fault.file, fault.line)
