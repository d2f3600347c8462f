"""Check the record of a secret vote by yourself: python3 verify.py record.zip

It needs Python 3.11 or newer and the package `cryptography`, and nothing of the website that made the record. It checks
that no file is altered, the signatures of the website and of the trustees, the stamp of every paper, that no paper
counts twice, the list of each opening, and it counts again. `pilot verify` checks the same and every line of the log.
It ends with 0 when all is well, with 1 when something is wrong, and with 2 when the file cannot be used.
"""

# ruff: noqa: T201 -- it is a program that speaks to a person
# mypy: ignore-errors

import argparse
import base64
import hashlib
import json
import sys
import zipfile
from fractions import Fraction

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception):  # noqa: N818
    """Something in the record is not as it must be."""


def need(condition, says):
    if not condition:
        raise Wrong(says)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def canonical(value):
    """The one way in which the record writes a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(key, text, signature):
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(base64.b64decode(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_files(files, manifest):
    """Every file is as SHA256SUMS says, none is missing or added, and the website's key signed the list."""
    listed = dict(row.split("  ")[::-1] for row in files["SHA256SUMS"].decode().splitlines())
    for name in sorted({*listed, *files} - {"SHA256SUMS", "SHA256SUMS.sig"}):
        need(name in files, f"{name} is missing")
        need(listed.get(name) == sha256(files[name]), f"{name} is not as SHA256SUMS says")
    text = b"pilot record " + files["SHA256SUMS"]
    need(signed(manifest["log_key"], text, files["SHA256SUMS.sig"]), "SHA256SUMS and SHA256SUMS.sig do not fit")
    print(f"passed  {len(files)} files, none altered, list signed by the website")


def check_promise(files, manifest, mark, wanted):
    """The trustees signed the manifest, which has this number."""
    given = json.loads(files["signatures.json"])["trustees"]
    need(len(given) == len(manifest["trustees"]), "signatures.json: a signature is missing")
    for trustee, one in zip(manifest["trustees"], given, strict=True):
        text = f"pilot manifest {mark}".encode()
        need(signed(trustee["sign_key"], text, one["signature"]), f"signatures.json: {trustee['name']}'s is wrong")
    print(f"passed  {len(given)} trustees signed the promise with the number {mark}")
    if wanted is None:
        print("        (number not compared: give the one on your poster or slip with --manifest-hash)")
    else:
        need(wanted.strip().lower() == mark, "manifest.json: its number is not the one that you gave")
        print("passed  it is the number that you gave")


def check_openings(files, manifest, mark):
    """Each trustee began with what the one before had left, dropped nothing, added nothing, and signed that."""
    log = [json.loads(row) for row in files["log.jsonl"].splitlines()]
    last = {leaf["v"]: leaf["sha256"] for leaf in log if leaf["type"] == "envelope"}
    close = next(leaf for leaf in log if leaf["type"] == "close")
    need(files["stage-0.txt"].decode().split() == sorted(last.values()), "stage-0.txt: not the log's sealed votes")
    need(close["sha256"] == sha256(files["stage-0.txt"]), "stage-0.txt: not the list of the close in log.jsonl")
    stamps = sum(leaf["type"] == "stamp" for leaf in log)
    need((close["stamps"], close["envelopes"]) == (stamps, len(last)), "log.jsonl: the close gives other numbers")
    peels = json.loads(files["peels.json"])
    need(len(peels) == len(manifest["trustees"]), "peels.json: an opening is missing")
    for i, (trustee, peel) in enumerate(zip(manifest["trustees"], peels, strict=True), start=1):
        text = b"pilot peel " + canonical({key: value for key, value in peel.items() if key != "signature"})
        need(signed(trustee["sign_key"], text, peel["signature"]), f"peels.json: {trustee['name']}'s is wrong")
        before, after = files[f"stage-{i - 1}.txt"], files[f"stage-{i}.txt"]
        need((peel["m"], peel["i"]) == (mark, i), f"peels.json: opening {i} is of another vote")
        need(peel["sha256_in"] == sha256(before), f"stage-{i - 1}.txt: not what came in")
        need(peel["sha256_out"] == sha256(after), f"stage-{i}.txt: not what went out")
        left = peel["duplicates"] + len(peel["rejects"])
        counts = (len(before.split()), len(after.split()), len(before.split()) - len(after.split()))
        need((peel["in"], peel["out"], left) == counts, f"peels.json: opening {i} does not add up")
        print(f"passed  opening {i} by {trustee['name']}: {peel['in']} in, {peel['out']} out, {left} left aside")
    return stamps


def check_code(paper):
    """The first 80 bits of the paper's SHA-256, in letters and numbers without I, L, O and U."""
    bits = int.from_bytes(hashlib.sha256(paper).digest()[:10], "big")
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> shift & 31] for shift in range(75, -1, -5))


def check_papers(files, manifest, mark):
    """Every counted paper has a right stamp, belongs to this vote, came out of the box, and counts once."""
    key = serialization.load_der_public_key(base64.b64decode(manifest["stamp_key"]))
    need((key.key_size, key.public_numbers().e) == (3072, 65537), "manifest.json: the stamp key is too weak")
    scheme = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    names = {option["id"] for option in manifest["questions"][0]["options"]}
    rows = [json.loads(row) for row in files["papers.jsonl"].splitlines()]
    last = files[f"stage-{len(manifest['trustees'])}.txt"].decode().split()
    need(sorted(row["inner"] for row in rows) == last, "papers.jsonl: not the papers of the last opening")
    votes, seen, codes, spoilt = dict.fromkeys(("yes", "no", "abstain"), 0), set(), [], 0
    for number, row in enumerate(rows, start=1):
        where = f"papers.jsonl, line {number}"
        spoilt += row["verdict"] == "spoilt"
        if row["verdict"] != "valid":
            continue
        paper, stamp = base64.b64decode(row["paper"]), base64.b64decode(row["stamp"])
        try:
            key.verify(stamp, paper, scheme, hashes.SHA384())
        except InvalidSignature:
            raise Wrong(f"{where}: the stamp is wrong") from None
        inner = len(paper).to_bytes(2, "big") + stamp + paper
        need(sha256(inner.ljust(manifest["padded"], b"\0")) == row["inner"], f"{where}: not what came out of the box")
        need(paper not in seen and stamp not in seen, f"{where}: it is counted twice")
        seen |= {paper, stamp}
        content = json.loads(paper[32:])
        need(canonical(content) == paper[32:] and content["m"] == mark, f"{where}: it is of another vote")
        need(
            len(content["a"]) == 1 and len(content["a"][0]) == 1 and set(content["a"][0]) <= names,
            f"{where}: no answer",
        )
        votes[content["a"][0][0]] += 1
        codes.append(check_code(paper))
        need(codes[-1] == row["code"], f"{where}: the check code is wrong")
    need(sorted(codes) == files["trackers.txt"].decode().split(), "trackers.txt: not the check codes of the papers")
    print(f"passed  {sum(votes.values())} papers, all different, each with a right stamp; {spoilt} spoilt")
    return votes, spoilt


def outcome(rule, votes, entitled, spoilt):
    """The majority rule: exact fractions; a quorum of turnout and one of approval."""
    yes, no, abstain = votes["yes"], votes["no"], votes["abstain"]
    base = {"valid": yes + no, "cast": yes + no + abstain, "entitled": entitled}[rule["base"]]
    needed = Fraction(rule["threshold"]) * base
    reached = yes > needed if rule["strict"] else base > 0 and yes >= needed
    if yes + no + abstain + spoilt < Fraction(rule["turnout_quorum"]) * entitled:
        return "inquorate"
    return "carried" if reached and yes >= Fraction(rule["approval_quorum"]) * entitled else "not carried"


def check_result(files, manifest, votes, spoilt, stamps):
    """Counting again gives what was declared."""
    found = {**votes, "spoilt": spoilt, "outcome": outcome(manifest["rule"], votes, manifest["roll"]["size"], spoilt)}
    found |= {"entitled": manifest["roll"]["size"]}
    spare, voted = stamps - sum(votes.values()), sum(votes.values()) + spoilt
    for name, wanted in (("count.json", found), ("declaration.json", found | {"spare": spare, "voted": voted})):
        said = json.loads(files[name])
        for figure, value in wanted.items():
            need(said[figure] == value, f"{name}: {figure} is {said[figure]}, but counting again gives {value}")
    print(
        f"passed  counted again: {votes['yes']} yes, {votes['no']} no, {votes['abstain']} neither: {found['outcome']}"
    )
    print(f"        spare stamps: {spare} (no more papers than these can have been exchanged)")


def main():
    parser = argparse.ArgumentParser(description="Check the record of a secret vote.")
    parser.add_argument("record")
    parser.add_argument("--manifest-hash", help="the number on your poster or slip")
    parser.add_argument("--papers", help="papers.jsonl from a scrutineer, where the record has none")
    args = parser.parse_args()
    try:
        with zipfile.ZipFile(args.record) as archive:
            need(sum(entry.file_size for entry in archive.infolist()) < 2**29, "the record is far too large")
            files = {name: archive.read(name) for name in archive.namelist()}
        manifest = json.loads(files["manifest.json"])
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, Wrong) as trouble:
        print(f"This record cannot be used: {trouble}", file=sys.stderr)
        return 2
    mark = sha256(files["manifest.json"])
    try:
        check_files(files, manifest)
        check_promise(files, manifest, mark, args.manifest_hash)
        stamps = check_openings(files, manifest, mark)
        if args.papers:
            with open(args.papers, "rb") as handle:
                files["papers.jsonl"] = handle.read()
        if "papers.jsonl" in files:
            votes, spoilt = check_papers(files, manifest, mark)
            check_result(files, manifest, votes, spoilt, stamps)
        else:
            print("        (papers not at hand: fewer than 50 people could vote; give them with --papers)")
    except Wrong as trouble:
        print(f"FAILED  {trouble}")
        return 1
    except (KeyError, ValueError, TypeError, AttributeError, StopIteration) as trouble:
        print(f"FAILED  a file is not written as it must be: {trouble!r}")
        return 1
    print("Every check was passed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
