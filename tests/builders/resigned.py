"""A record in which something was altered, and everybody who signed any of it signed it anew: only the form is left."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

from pilot.errors import BadInput
from pilot.secrecy import canonical, tree
from pilot.secrecy import manifest as manifests
from pilot.secrecy.packing import pack
from pilot.secrecy.record import lines, signatures
from tests.builders.records import Files, Story, log_signed_by, signed_by


def signed_by_all(story: Story, name: str, altered: bytes, files: Files) -> bytes:
    """The zip file of a record with this one file altered, where each other file that follows from it was made anew."""
    was = canonical.read(files["peels.json"])
    files = files | {name: altered}
    if name.startswith("SHA256SUMS"):
        return pack(files)
    try:
        if name == "manifest.json":
            files = _of_another_promise(story, files)
        if name in ("manifest.json", "peels.json") or name.startswith("stage-"):
            files = _opened_anew(story, files, was)
        if name == "papers.jsonl":
            files = _in_log(files, final={"root": tree.root(altered.split(b"\n")[:-1]).hex()})
    except (BadInput, LookupError, TypeError, AttributeError, ValueError):
        pass  # so badly altered that nothing can follow from it
    if name != "checkpoints.txt":
        files = log_signed_by(story.log_key, files)
    return pack(signed_by(story.log_key, files))


def _of_another_promise(story: Story, files: Files) -> Files:
    """Its number stands wherever the former one stood, and its trustees and tellers signed it."""
    number = manifests.digest(files["manifest.json"])
    told = {"log.jsonl", "declaration.json", "peels.json"}
    files = files | {name: files[name].replace(story.digest.encode(), number.encode()) for name in told}
    signed = signatures(story.manifest, number, [manifests.sign(one, number) for one in story.signers])
    log = [canonical.read(line) for line in files["log.jsonl"].splitlines()]
    for leaf in log:
        for one in leaf.get("signatures", ()):
            text = f"pilot cancel {number} {leaf['v']}".encode()
            one["signature"] = b64encode(story.tellers[one["teller"]].sign(text)).decode()
    declared = canonical.read(files["declaration.json"])
    promised = canonical.read(files["manifest.json"])
    declared |= {part: promised[part] for part in ("title", "rule")} | {"question": promised["questions"][0]["text"]}
    own = {"signatures.json": signed, "declaration.json": canonical.to_bytes(declared)}
    return files | own | {"log.jsonl": lines([canonical.to_bytes(leaf) for leaf in log])}


def _opened_anew(story: Story, files: Files, was: list[dict[str, Any]]) -> Files:
    """Each trustee signed its opening of the lists that are there, and log and close say the same.

    Parts that no opening has are not in what is signed: a reader who passes over them finds nothing wrong.
    """
    peels = canonical.read(files["peels.json"])
    for i, (peel, former, signer) in enumerate(zip(peels, was, story.signers, strict=True)):
        lists = zip(("sha256_in", "sha256_out"), (i, i + 1), strict=True)
        peel |= {part: sha256(files[f"stage-{at}.txt"]).hexdigest() for part, at in lists if peel[part] == former[part]}
        signed = {part: one for part, one in peel.items() if part in former and part != "signature"}
        if peel["signature"] == former["signature"]:
            peel["signature"] = b64encode(signer.sign(b"pilot peel " + canonical.to_bytes(signed))).decode()
    files = files | {"peels.json": canonical.to_bytes(peels)}
    return _in_log(files, close={"sha256": sha256(files["stage-0.txt"]).hexdigest()}, peels=peels)


def _in_log(files: Files, *, peels: list[dict[str, Any]] | None = None, **more: dict[str, Any]) -> Files:
    """The log with these openings, and with more in its lines of these types."""
    log = [canonical.read(line) for line in files["log.jsonl"].splitlines()]
    openings = iter(peels or ())
    told = [{**next(openings), "type": "peel"} if leaf["type"] == "peel" and peels else leaf for leaf in log]
    bodies = [canonical.to_bytes(leaf | more.get(leaf["type"], {})) for leaf in told]
    return files | {"log.jsonl": lines(bodies)}
