"""Check the record of a secret vote by yourself: python3 verify.py record.zip

It needs Python 3.11 or newer, the package `cryptography`, and election.py and recount.py, which stand beside it in the
record; and nothing of the website that made the record. It checks
- that the files are those of a record and no others, as SHA256SUMS lists them, signed by the website;
- that each trustee signed the manifest, and that its question can be counted by its rule;
- the lines of the log, one after the other: stamps, sealed votes, close, openings, final numbers;
- each opening: signed, begun with what was left before, each item once, no numbers that do not add up;
- each line of papers.jsonl, from the bytes that came out of the box: stamp, check code, answers, and whether it is
  rightly called valid, spoilt or set aside;
- the check codes, the number for lots, the count, and the figures and outcome of the declaration;
- that ballots.blt holds the same papers.
It does not check the words of the count, the declaration or README.txt. At the end it lists what no record can show.
It ends with 0 when nothing that it checks is wrong, with 1 when something is, and with 2 when the file cannot be used.
"""

# ruff: noqa: T201 -- it is a program that speaks to a person
# mypy: ignore-errors

import argparse
import base64
import hashlib
import json
import re
import sys
import zipfile
from collections import Counter
from fractions import Fraction

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from election import Wrong, check_election, compare, could_have_mattered, need, wrong_with_rule


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def canonical(value):
    """The one way in which the record writes a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def allowed(value):
    """Whether the record may hold this value: no null, no number with a point or beyond 2^53, only plain keys."""
    if isinstance(value, dict):
        return all(key.isascii() and allowed(inside) for key, inside in value.items())
    if isinstance(value, list):
        return all(allowed(inside) for inside in value)
    return isinstance(value, str) or (isinstance(value, int) and abs(value) < 2**53)


def read(data):
    """The value of a text that is written in that one way."""
    value = json.loads(data.decode())
    need(allowed(value) and canonical(value) == data, f"not written in the one form of the record: {data[:60]!r}")
    return value


def lines(data):
    """The lines of a file, each with a line feed at its end."""
    need(not data or data.endswith(b"\n"), "the last line of a file is cut off")
    return data.split(b"\n")[:-1]


def plain(text):
    """Bytes from base64 without any other character."""
    return base64.b64decode(text, validate=True)


def signed(key, text, signature):
    try:
        Ed25519PublicKey.from_public_bytes(plain(key)).verify(plain(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


FILES = {"manifest.json", "signatures.json", "log.jsonl", "peels.json", "trackers.txt", "count.json"}
FILES |= {"declaration.json", "README.txt", "verify.py", "election.py", "recount.py", "SHA256SUMS", "SHA256SUMS.sig"}


def check_files(files, manifest):
    """The files are those of a record, none missing or added, as SHA256SUMS says, which the website's key signed."""
    wanted = FILES | {f"stage-{i}.txt" for i in range(len(manifest["trustees"]) + 1)}
    if manifest["roll"]["size"] >= 50:
        wanted |= {"papers.jsonl"} if manifest["rule"]["name"] == "yes-no" else {"papers.jsonl", "ballots.blt"}
    for name in sorted(wanted ^ set(files)):
        need(name in files, f"{name} is missing")
        need(name in wanted, f"{name} is no file of such a record")
    rows = [row.split("  ") for row in files["SHA256SUMS"].decode().splitlines()]
    need(
        rows == [[sha256(files[name]), name] for name in sorted(files) if name[:10] != "SHA256SUMS"],
        first_altered(files, rows),
    )
    text = b"pilot record " + files["SHA256SUMS"]
    signature = files["SHA256SUMS.sig"].decode().removesuffix("\n")
    need(signed(manifest["log_key"], text, signature), "SHA256SUMS and SHA256SUMS.sig do not fit")
    print(f"passed  {len(files)} files, none altered, list signed by the website")


def first_altered(files, rows):
    """Which file is not as SHA256SUMS says."""
    listed = {row[-1]: row[0] for row in rows}
    names = [n for n in sorted(files) if n[:10] != "SHA256SUMS" and listed.get(n) != sha256(files[n])]
    return f"{(names or ['SHA256SUMS'])[0]} is not as SHA256SUMS says"


def check_promise(files, manifest, mark, wanted):
    """The trustees signed the manifest, which has this number."""
    need(len(manifest["questions"]) == 1, "manifest.json: not one question")
    question, rule = manifest["questions"][0], manifest["rule"]
    if rule["name"] == "yes-no":
        ids, form = {one["id"] for one in question["options"]}, [question[key] for key in ("min", "max", "ranked")]
        need(form == [1, 1, False] and ids <= {"yes", "no", "abstain"}, "manifest.json: not one question, one answer")
    else:
        wrong = wrong_with_rule(rule, question)
        need(not wrong, f"manifest.json: {wrong}")
    need(manifest["max_stamps"] == 3, "manifest.json: another number of stamps")
    promised = read(files["signatures.json"])
    given = promised["trustees"]
    need(promised["m"] == mark, "signatures.json: it belongs to another manifest")
    need([one["name"] for one in given] == [t["name"] for t in manifest["trustees"]], "signatures.json: one is missing")
    for key in ("name", "seal_key", "sign_key"):
        need(len({t[key] for t in manifest["trustees"]}) == len(given), f"manifest.json: two trustees share a {key}")
    for trustee, one in zip(manifest["trustees"], given, strict=True):
        text = f"pilot manifest {mark}".encode()
        need(signed(trustee["sign_key"], text, one["signature"]), f"signatures.json: {trustee['name']}'s is wrong")
    print(f"passed  {len(given)} trustees signed the promise with the number {mark}")
    if wanted is None:
        print("        (number not compared: give the one on your poster or slip with --number)")
    else:
        need(wanted.strip().lower() == mark, "manifest.json: its number is not the one that you gave")
        print("passed  it is the number that you gave")


def check_log(files, manifest, mark):
    """Each line of the log follows from those before it. Stamps, the last sealed vote of each voter, final numbers."""
    rows = lines(files["log.jsonl"])
    log, n = [read(row) for row in rows], len(manifest["trustees"])
    kinds = [leaf["type"] for leaf in log[-n - 2 :]]
    need(kinds == ["close", *["peel"] * n, "final"], "log.jsonl: its end is not a close, the openings and the papers")
    stamps, handed_in, last, seen = {}, {}, {}, set()
    for number, leaf in enumerate(log[: -n - 2], start=1):
        where, v = f"log.jsonl, line {number}", leaf["v"]
        need(leaf["type"] in ("stamp", "envelope"), f"{where}: it stands before the votes end")
        need(re.fullmatch("[0-9a-f]{32}", v), f"{where}: no voter's number")
        if leaf["type"] == "stamp":
            stamps[v] = stamps.get(v, 0) + 1
            need(leaf["seq"] == stamps[v] <= 3, f"{where}: a stamp that does not follow, or a fourth")
        else:
            handed_in[v] = handed_in.get(v, 0) + 1
            need(handed_in[v] <= stamps.get(v, 0), f"{where}: more sealed votes of a person than stamps")
            need(leaf["sha256"] not in seen, f"{where}: a sealed vote stands here twice")
            seen.add(leaf["sha256"])
            last[v] = leaf["sha256"]
    close, final = log[-n - 2], log[-1]
    need((close["m"], final["m"]) == (mark, mark), "log.jsonl: it is the log of another vote")
    need(close["roll"] == manifest["roll"]["size"] >= len(stamps), "log.jsonl: more people than could vote")
    found = (len(stamps), sum(stamps.values()), len(last))
    need((close["stamped"], close["stamps"], close["envelopes"]) == found, "log.jsonl: the close gives other numbers")
    need(close["stamps"] >= close["envelopes"], "log.jsonl: more sealed votes than stamps")
    peels = [{**peel, "type": "peel"} for peel in read(files["peels.json"])]
    need(log[-n - 1 : -1] == peels, "log.jsonl: it tells of other openings than peels.json")
    listed = [line.decode() for line in lines(files["stage-0.txt"])]
    need(listed == sorted(last.values()), "stage-0.txt: not the log's sealed votes")
    need(close["sha256"] == sha256(files["stage-0.txt"]), "stage-0.txt: not the list of the close in log.jsonl")
    print(f"passed  {len(rows)} lines of the log: {close['stamps']} stamps, {len(last)} people with a sealed vote")
    return close, final


def check_openings(files, manifest, mark, final):
    """Each trustee began with what the one before had left, added nothing, and signed that. How many were left out."""
    peels, out = read(files["peels.json"]), 0
    for i, (trustee, peel) in enumerate(zip(manifest["trustees"], peels, strict=True), start=1):
        text = b"pilot peel " + canonical({key: value for key, value in peel.items() if key != "signature"})
        need(signed(trustee["sign_key"], text, peel["signature"]), f"peels.json: {trustee['name']}'s is wrong")
        need((peel["m"], peel["i"]) == (mark, i), f"peels.json: opening {i} is of another vote")
        need(peel["sha256_in"] == sha256(files[f"stage-{i - 1}.txt"]), f"stage-{i - 1}.txt: not what came in")
        need(peel["sha256_out"] == sha256(files[f"stage-{i}.txt"]), f"stage-{i}.txt: not what went out")
        before, after = ([x.decode() for x in lines(files[f"stage-{j}.txt"])] for j in (i - 1, i))
        need(after == sorted(set(after)), f"stage-{i}.txt: not sorted, or an item twice")
        rejects = peel["rejects"]
        need(len(set(rejects)) == len(rejects), f"peels.json: opening {i} names an item more than once")
        need(set(rejects) <= set(before), f"peels.json: opening {i} rejects what did not come in")
        left = peel["duplicates"] + len(rejects)
        need(peel["duplicates"] >= 0, f"peels.json: opening {i} has fewer than no copies")
        counts = (len(before), len(after), len(before) - len(after))
        need((peel["in"], peel["out"], left) == counts, f"peels.json: opening {i} does not add up")
        print(f"passed  opening {i} by {trustee['name']}: {peel['in']} in, {peel['out']} out, {left} left aside")
        out += left
    numbers = [final[key] for key in ("valid", "spoilt", "set_aside")]
    need(min(numbers) >= 0 and sum(numbers) == len(after), "log.jsonl: the final numbers are not those of the papers")
    return out


def check_code(paper):
    """The first 80 bits of the paper's SHA-256, in letters and numbers without I, L, O and U."""
    bits = int.from_bytes(hashlib.sha256(paper).digest()[:10], "big")
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> shift & 31] for shift in range(75, -1, -5))


def merkle_root(bodies):
    """The root of RFC 6962 section 2.1 over these lines."""
    level = [hashlib.sha256(b"\0" + body).digest() for body in bodies] or [hashlib.sha256().digest()]
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0].hex()


def content_of(paper, mark, question):
    """What the content of a rightly stamped paper makes of it: verdict, reason, and the answer when it is valid."""
    try:
        content = read(paper[32:])
    except (Wrong, ValueError, RecursionError):
        return "spoilt", "not written in the one form", None
    if isinstance(content, dict) and content.get("m", mark) != mark:
        return "set aside", "of another ballot", None
    try:
        ((*chosen,),) = content["a"]
        fits = content == {"a": [chosen], "m": mark} and len(set(chosen)) == len(chosen)
        fits = fits and {one["id"] for one in question["options"]}.issuperset(chosen)
    except (LookupError, TypeError, ValueError):
        fits = False
    if fits and question["min"] <= len(chosen) <= question["max"]:
        return "valid", None, tuple(chosen)
    return "spoilt", "the answers do not fit the questions", None


def judge(item, key, manifest, mark):
    """What an item from the box is by itself: verdict, reason, paper, stamp, answer, and whether zeros follow it."""
    end = 386 + int.from_bytes(item[:2], "big")
    if len(item) < end:
        return ["set aside", "not a paper", None, None, None, False]
    stamp, paper = item[2:386], item[386:end]
    try:
        key.verify(stamp, paper, padding.PSS(padding.MGF1(hashes.SHA384()), 48), hashes.SHA384())
        need(len(item) == manifest["padded"], "wrong length")
    except (InvalidSignature, Wrong):
        return ["set aside", "no right stamp", None, None, None, False]
    verdict, reason, answer = content_of(paper, mark, manifest["questions"][0])
    clean = not any(item[end:])
    if verdict == "valid" and not clean:
        verdict, reason, answer = "spoilt", "the padding is not empty", None
    return [verdict, reason, paper, stamp, answer, clean]


def judge_all(items, key, manifest, mark):
    """Every item judged, by its hash. Of items with the same paper or stamp the best stands, then the lowest hash."""
    judged = {sha256(item): judge(item, key, manifest, mark) for item in items}
    rank, seen = ("valid", "spoilt", "set aside"), set()
    for name in sorted(judged, key=lambda name: (rank.index(judged[name][0]), name)):
        both = {part for part in judged[name][2:4] if part is not None}
        if both & seen:
            judged[name][:2], judged[name][4] = ("set aside", "a second copy of a paper"), None
        seen |= both
    return judged


def line_of(name, item, judged):
    """How papers.jsonl must tell of an item: paper and stamp, or the whole item where these do not make it again."""
    verdict, reason, paper, stamp, _, clean = judged
    row = {"inner": name, "verdict": verdict} | ({"reason": reason} if reason else {})
    if not clean:
        return row | {"item": base64.b64encode(item).decode()}
    parts = {"paper": base64.b64encode(paper).decode(), "stamp": base64.b64encode(stamp).decode()}
    return row | parts | {"code": check_code(paper)}


def item_of(row, padded):
    """What came out of the box: as the line has it, or made again from paper, stamp and zeros."""
    if "item" in row:
        return plain(row["item"])
    paper, stamp = plain(row["paper"]), plain(row["stamp"])
    return (len(paper).to_bytes(2, "big") + stamp + paper).ljust(padded, b"\0")


def check_papers(files, manifest, mark, final):
    """Every paper came out of the box and is rightly called valid, spoilt or set aside. How many give each answer."""
    key = serialization.load_der_public_key(plain(manifest["stamp_key"]))
    need((key.key_size, key.public_numbers().e) == (3072, 65537), "manifest.json: the stamp key is too weak")
    bodies = lines(files["papers.jsonl"])
    rows = [read(body) for body in bodies]
    last = [line.decode() for line in lines(files[f"stage-{len(manifest['trustees'])}.txt"])]
    need(sorted(row["inner"] for row in rows) == last, "papers.jsonl: not the papers of the last opening")
    items = [item_of(row, manifest["padded"]) for row in rows]
    judged = judge_all(items, key, manifest, mark)
    for number, (row, item) in enumerate(zip(rows, items, strict=True), start=1):
        where, name = f"papers.jsonl, line {number}", row["inner"]
        need(sha256(item) == name, f"{where}: not what came out of the box")
        verdict = judged[name][0]
        need(row["verdict"] == verdict, f"{where}: it is called {row['verdict']}, but it is {verdict}")
        need(row == line_of(name, item, judged[name]), f"{where}: wrong check code, wrong reason, or other parts")
    verdicts = Counter(one[0] for one in judged.values())
    found = tuple(verdicts[verdict] for verdict in ("valid", "spoilt", "set aside"))
    need(found == (final["valid"], final["spoilt"], final["set_aside"]), "papers.jsonl: not as many as the log says")
    root = merkle_root([body for _, body in sorted(zip((row["inner"] for row in rows), bodies, strict=True))])
    need(root == final["root"], "papers.jsonl: not the papers that the log says")
    codes = sorted(check_code(one[2]) for one in judged.values() if one[0] == "valid")
    need(codes == files["trackers.txt"].decode().split(), "trackers.txt: not the check codes of the papers")
    print(f"passed  {found[0]} papers, all different, each with a right stamp; {found[1]} spoilt, {found[2]} set aside")
    return Counter(one[4] for one in judged.values() if one[0] == "valid")


def check_codes(files, final):
    """The check codes are written as they must be, sorted, all different, one for each counted paper."""
    codes = [line.decode() for line in lines(files["trackers.txt"])]
    good = all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{16}", code) for code in codes)
    need(good and codes == sorted(set(codes)), "trackers.txt: not check codes, not sorted, or one twice")
    need(len(codes) == final["valid"], "trackers.txt: not as many check codes as counted papers")
    print(f"passed  {len(codes)} check codes, all different")


def outcome(rule, votes, entitled, spoilt):
    """The majority rule: exact fractions; a quorum of turnout and one of approval."""
    yes, no, abstain = votes["yes"], votes["no"], votes["abstain"]
    base = {"valid": yes + no, "cast": yes + no + abstain, "entitled": entitled}[rule["base"]]
    needed = Fraction(rule["threshold"]) * base
    reached = yes > needed if rule["strict"] else base > 0 and yes >= needed
    if yes + no + abstain + spoilt < Fraction(rule["turnout_quorum"]) * entitled:
        return "inquorate"
    return "carried" if reached and yes >= Fraction(rule["approval_quorum"]) * entitled else "not carried"


def could_matter(rule, votes, entitled, spoilt, left):
    """Whether `left` votes that were not counted could change the outcome: exchanged, or added to one answer."""
    yes, no = votes["yes"], votes["no"]
    less, more = min(left, yes), min(left, no)
    exchanged = ({"yes": yes - less, "no": no + less}, {"yes": yes + more, "no": no - more})
    found = {outcome(rule, votes | other, entitled, spoilt) for other in exchanged}
    found |= {outcome(rule, votes | {answer: votes[answer] + left}, entitled, 0) for answer in votes}
    return left > 0 and found != {outcome(rule, votes, entitled, spoilt)}


def check_majority(files, manifest, answers, final, left):
    """A question counted again. What the declaration must say, and what is to be told of the votes left out."""
    rule, entitled, spoilt = manifest["rule"], manifest["roll"]["size"], final["spoilt"]
    need(rule["version"] == "1", "manifest.json: another majority rule")
    said = read(files["count.json"])
    votes = {answer: said[answer] if answers is None else answers[answer,] for answer in ("yes", "no", "abstain")}
    need(min(votes.values()) >= 0 and sum(votes.values()) == final["valid"], "count.json: not as many as in the log")
    found = {"spoilt": spoilt, "outcome": outcome(rule, votes, entitled, spoilt), "entitled": entitled}
    compare("count.json", said, found | votes)
    how = "arithmetic only, no papers were counted" if answers is None else "counted again"
    print(f"passed  {how}: {votes['yes']} yes, {votes['no']} no, {votes['abstain']} neither: {found['outcome']}")
    enough = could_matter(rule, votes, entitled, spoilt, left)
    none = {"blank": 0, "elected": [], "empty": 0, "by_lot": False, "lot": {"number": "", "lost": ""}}
    return found | none | {"votes": votes}, enough


def check_result(files, manifest, answers, ends, left):
    """Counting again gives what was declared. `left`: how many were not counted on the way. Lines to be told."""
    close, final = ends
    valid, spoilt, entitled = final["valid"], final["spoilt"], manifest["roll"]["size"]
    need(valid + spoilt <= close["envelopes"] <= entitled, "log.jsonl: more papers than sealed votes or people")
    left += final["set_aside"]
    if manifest["rule"]["name"] == "yes-no":
        told, enough = check_majority(files, manifest, answers, final, left + spoilt)
    else:
        told, count = check_election(files, read, manifest, answers)
        need(count["valid"] + count["blank"] == valid, "count.json: not as many papers as in the log")
        enough = could_have_mattered(manifest["rule"], count, left + spoilt)
    spare = close["stamps"] - valid
    told |= {"entitled": entitled, "spoilt": spoilt, "voted": valid + spoilt, "set_aside": left, "spare": spare}
    told |= {"stamps": close["stamps"], "envelopes": close["envelopes"], "rule": manifest["rule"]}
    told |= {"title": manifest["title"], "question": manifest["questions"][0]["text"], "version": 2}
    told |= {"manifest": sha256(files["manifest.json"]), "sentence": read(files["count.json"])["sentence"]}
    said = read(files["declaration.json"])
    compare("declaration.json", said, told)
    need(f"{said['trust']}-{said['ballot']}" == manifest["ballot"], "declaration.json: it is of another ballot")
    print(f"        spare stamps: {spare} (no more papers than these can have been exchanged, but only while no")
    print("        trustee works with the website)")
    how = {True: "enough to have given", None: "nobody can say whether they would have given"}.get(enough)
    return [f"{left + spoilt} sealed votes or papers were not counted: {how} another outcome"] if how else []


def tell(manifest, more):
    """What was not checked and cannot be."""
    held = [trustee["custody"] == "server" for trustee in manifest["trustees"]]
    print("Could not be checked:")
    for says in (
        *more,
        "The people behind the stamps: only who holds the list of voters can",
        "Papers dropped or replaced by a trustee, or by the website together with one: "
        "only voters' check codes show it",
        "Votes cast with somebody else's code, or by the website in somebody's name",
        *["The server held all the keys, so it could have made this result"] * all(held),
        *["The server held the keys of some of the trustees"] * (any(held) and not all(held)),
    ):
        print(f"  {says}")


def main():
    parser = argparse.ArgumentParser(description="Check the record of a secret vote.")
    parser.add_argument("record")
    parser.add_argument("--number", help="the number on your poster or slip")
    parser.add_argument("--manifest-hash", dest="number", help=argparse.SUPPRESS)  # its former name
    parser.add_argument("--papers", help="papers.jsonl from a scrutineer, where the record has none")
    args = parser.parse_args()
    try:
        with zipfile.ZipFile(args.record) as archive:
            need(sum(entry.file_size for entry in archive.infolist()) < 2**29, "the record is far too large")
            need(len(set(archive.namelist())) == len(archive.namelist()), "a file is in it twice")
            files = {name: archive.read(name) for name in archive.namelist()}
        manifest = read(files["manifest.json"])
    except (OSError, zipfile.BadZipFile, LookupError, ValueError, RuntimeError, Wrong) as trouble:
        print(f"This record cannot be used: {trouble}", file=sys.stderr)
        return 2
    mark = sha256(files["manifest.json"])
    try:
        check_files(files, manifest)
        check_promise(files, manifest, mark, args.number)
        close, final = check_log(files, manifest, mark)
        left = check_openings(files, manifest, mark, final)
        if args.papers:
            with open(args.papers, "rb") as handle:
                files["papers.jsonl"] = handle.read()
        check_codes(files, final)
        answers, more = None, ["Check codes: not compared with papers (only the scrutineers have them: give --papers)"]
        if "papers.jsonl" in files:
            answers, more = check_papers(files, manifest, mark, final), []
        more += check_result(files, manifest, answers, (close, final), left)
    except Wrong as trouble:
        print(f"FAILED  {trouble}")
        return 1
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError, OSError) as trouble:
        print(f"FAILED  a file is not written as it must be: {trouble!r}")
        return 1
    tell(manifest, more)
    print("Every check that could be made was passed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
