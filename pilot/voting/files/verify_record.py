"""Check the record of a secret vote by yourself: python3 verify.py record.zip

It needs Python 3.11 or newer, the package `cryptography`, and log.py, majority.py, election.py and recount.py, which
stand beside it in the record; and nothing of the website that made the record. It checks
- that the files are those of a record and no others, as SHA256SUMS lists them, signed by the website;
- that each trustee signed the manifest, and that its question can be counted by its rule;
- the lines of the log, one after the other: stamps, sealed votes, votes on paper, pauses, close, openings, papers;
- each checkpoint: signed by the website, with the root of just so many lines of the log;
- each opening: signed, begun with what was left before, each item once, no numbers that do not add up;
- each line of papers.jsonl, from the bytes that came out of the box: stamp, check code, answers, and whether it is
  rightly called valid, spoilt or set aside;
- the check codes, the number for lots, the count, and the figures and outcome of the declaration;
- that ballots.blt holds the same papers.
It does not check README.txt, nor the words that tell of the stages of a count. At the end it lists what no record can
show.
It ends with 0 when nothing that it checks is wrong, with 1 when something is, and with 2 when the file or the program
cannot be used.
"""

# mypy: ignore-errors

import argparse
import base64
import hashlib
import re
import sys
import zipfile
import zlib
from collections import Counter
from fractions import Fraction

from election import Wrong, check_election, compare, could_have_mattered, listed, need, say, wrong_with_rule

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
except ImportError:
    say("Install the package cryptography: python3 -m pip install cryptography", sys.stderr)
    sys.exit(2)

from log import (
    canonical,
    check_log,
    hashes_in,
    lines,
    moment,
    plain,
    read,
    roots,
    sha256,
    shaped,
    signed,
    value_of,
    values_of,
)
from majority import check_majority, wrong_with_majority

FILES = {"manifest.json", "signatures.json", "log.jsonl", "checkpoints.txt", "peels.json", "trackers.txt", "count.json"}
FILES |= {"declaration.json", "README.txt", "SHA256SUMS", "SHA256SUMS.sig"}
FILES |= {"verify.py", "log.py", "majority.py", "election.py", "recount.py"}


def check_files(files, manifest):
    """The files are those of a record, none missing or added, as SHA256SUMS says, which the website's key signed."""
    wanted = FILES | {f"stage-{i}.txt" for i in range(len(manifest["trustees"]) + 1)}
    if manifest["roll"]["size"] >= 50:
        wanted |= {"papers.jsonl"} if manifest["rule"]["name"] == "yes-no" else {"papers.jsonl", "ballots.blt"}
    for name in sorted(wanted ^ set(files)):
        need(name in files, f"{name} is missing")
        need(name in wanted, f"{name} is no file of such a record")
    rows = [row.split("  ") for row in files["SHA256SUMS"].decode("latin-1").split("\n")[:-1]]
    need(
        rows == [[sha256(files[name]), name] for name in sorted(files) if name[:10] != "SHA256SUMS"],
        first_altered(files, rows),
    )
    text = b"pilot record " + files["SHA256SUMS"]
    signature = files["SHA256SUMS.sig"].decode("latin-1")
    need(signature.endswith("\n"), "SHA256SUMS.sig is no signature")
    need(signed(manifest["log_key"], text, signature[:-1]), "SHA256SUMS and SHA256SUMS.sig do not fit")
    say(f"passed  {len(files)} files, none altered, list signed by the website")


def first_altered(files, rows):
    """Which file is not as SHA256SUMS says."""
    listed = {row[-1]: row[0] for row in rows}
    names = [n for n in sorted(files) if n[:10] != "SHA256SUMS" and listed.get(n) != sha256(files[n])]
    return f"{(names or ['SHA256SUMS'])[0]} is not as SHA256SUMS says"


MANIFEST = {"version": int, "ballot": str, "kind": str, "title": str, "questions": list, "opens": str, "closes": str}
MANIFEST |= {"rule": dict, "roll": dict, "stamp_key": str, "trustees": list, "tellers": list, "padded": int}
MANIFEST |= {"max_stamps": int, "log_key": str, "script": str}


def is_key(text, size):
    """Whether this is a key of so many bytes, written in the one form."""
    try:
        raw = plain(text)
    except ValueError:
        return False
    return len(raw) == size


FIELD = 2**255 - 19
EIGHTH = int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")


def is_sign_key(text):
    """Whether this can be somebody's Ed25519 key: under the points of small order anybody can sign any text."""
    if not is_key(text, 32):
        return False
    height = int.from_bytes(plain(text), "little") % 2**255 % FIELD
    return height not in (0, 1, FIELD - 1, EIGHTH, FIELD - EIGHTH)


def on_the_curve(point):
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        return False
    return True


def stamp_key(manifest):
    try:
        found = serialization.load_der_public_key(plain(manifest["stamp_key"]))
        good = (found.key_size, found.public_numbers().e) == (3072, 65537)
    except (ValueError, AttributeError, UnsupportedAlgorithm):
        good = False
    need(good, "manifest.json: the stamp key cannot be read, or is too weak")
    return found


def check_manifest(manifest):
    """What was promised is what a vote can promise."""
    where = "manifest.json"
    shaped(manifest, where, **MANIFEST)
    trustees = [
        shaped(one, where, name=str, role=str, seal_key=str, sign_key=str, custody=str) for one in manifest["trustees"]
    ]
    tellers = [shaped(one, where, name=str, side=str, sign_key=str) for one in manifest["tellers"]]
    roll = shaped(manifest["roll"], where, size=int, root=str)
    stamp_key(manifest)
    need(manifest["version"] == 2, f"{where}: another version")
    need(manifest["kind"] in ("vote", "survey", "rehearsal"), f"{where}: another kind of vote")
    need(manifest["max_stamps"] == 3, f"{where}: another number of stamps")
    need(moment(manifest["opens"], where) < moment(manifest["closes"], where), f"{where}: it closes before it opens")
    need(roll["size"] >= 20, f"{where}: fewer than 20 people may vote")
    fits = all(re.fullmatch("[0-9a-f]{64}", text) for text in (roll["root"], manifest["script"]))
    need(fits and is_sign_key(manifest["log_key"]), f"{where}: a hash or a key has a wrong length")
    need(1 <= len(trustees) <= 9, f"{where}: no right number of trustees")
    for people, keys in ((trustees, ("name", "seal_key", "sign_key")), (tellers, ("name", "sign_key"))):
        for key in keys:
            need(len({one[key] for one in people}) == len(people), f"{where}: two trustees or tellers share a {key}")
    need(all(is_sign_key(one["sign_key"]) for one in (*trustees, *tellers)), f"{where}: a key that cannot be used")
    for one in trustees:
        need(one["custody"] in ("server", "own"), f"{where}: nobody says who holds a key")
        need(is_key(one["seal_key"], 65) and on_the_curve(plain(one["seal_key"])), f"{where}: a key that cannot be")
    need({one["side"] for one in tellers} <= {"employer", "staff side", "scrutineer"}, f"{where}: no teller's side")
    need(len(manifest["questions"]) == 1, f"{where}: not one question")
    question, rule = manifest["questions"][0], manifest["rule"]
    shaped(question, where, text=str, options=list, min=int, max=int, ranked=bool)
    ids = [shaped(one, where, id=str, text=str)["id"] for one in question["options"]]
    good = all(one.isascii() and one.isprintable() and 0 < len(one) <= 64 for one in ids) and len(set(ids)) == len(ids)
    need(good and 0 <= question["min"] <= question["max"] <= len(ids) and question["max"], f"{where}: no right options")
    longest = sorted((canonical(one) for one in ids), key=len)[-question["max"] :]
    least = 386 + 32 + len(canonical({"a": [[]], "m": "0" * 64})) + sum(map(len, longest)) + len(longest) - 1
    need(least <= manifest["padded"] <= 386 + 2**16 - 1, f"{where}: the sealed votes are too small or too large")
    if rule["name"] == "yes-no":
        form = [question[key] for key in ("min", "max", "ranked")]
        need(form == [1, 1, False] and set(ids) <= {"yes", "no", "abstain"}, f"{where}: not one question, one answer")
        wrong = wrong_with_majority(rule)
    else:
        wrong = wrong_with_rule(rule, question)
    need(not wrong, f"{where}: {wrong}")


def check_promise(files, manifest, mark, wanted):
    """The trustees signed the manifest, which has this number."""
    promised = shaped(value_of(files, "signatures.json"), "signatures.json", m=str, trustees=list)
    given = [shaped(one, "signatures.json", name=str, signature=str) for one in promised["trustees"]]
    need(promised["m"] == mark, "signatures.json: it belongs to another manifest")
    need([one["name"] for one in given] == [t["name"] for t in manifest["trustees"]], "signatures.json: one is missing")
    for trustee, one in zip(manifest["trustees"], given, strict=True):
        text = f"pilot manifest {mark}".encode()
        need(signed(trustee["sign_key"], text, one["signature"]), f"signatures.json: {trustee['name']}'s is wrong")
    say(f"passed  {signers(manifest['trustees'])} the promise with the number {mark}")
    if wanted is None:
        say("        (number not compared: give the one on your poster or slip with --number)")
    else:
        need(wanted.strip().lower() == mark, "manifest.json: its number is not the one that you gave")
        say("passed  it is the number that you gave")


def signers(trustees):
    """Who signed the promise: trustees with keys of their own, the server with the keys that it holds, or both."""
    own = sum(trustee["custody"] == "own" for trustee in trustees)
    if not own:
        return f"the server, which holds the keys of all {len(trustees)} trustees, signed"
    if own == len(trustees):
        return f"{own} trustees signed"
    return f"{own} of {len(trustees)} trustees, and the server with the keys that it holds for the others, signed"


PEEL = {"m": str, "i": int, "sha256_in": str, "sha256_out": str, "in": int, "out": int, "duplicates": int}
PEEL |= {"rejects": list, "signature": str}


def check_openings(files, manifest, mark, final):
    """Each trustee began with what the one before had left, added nothing, and signed that. How many were left out."""
    peels, out = value_of(files, "peels.json"), 0
    for i, (trustee, peel) in enumerate(zip(manifest["trustees"], peels, strict=True), start=1):
        shaped(peel, "peels.json", **PEEL)
        text = b"pilot peel " + canonical({key: value for key, value in peel.items() if key != "signature"})
        need(signed(trustee["sign_key"], text, peel["signature"]), f"peels.json: {trustee['name']}'s is wrong")
        need((peel["m"], peel["i"]) == (mark, i), f"peels.json: opening {i} is of another vote")
        need(peel["sha256_in"] == sha256(files[f"stage-{i - 1}.txt"]), f"stage-{i - 1}.txt: not what came in")
        need(peel["sha256_out"] == sha256(files[f"stage-{i}.txt"]), f"stage-{i}.txt: not what went out")
        before, after = (hashes_in(files, f"stage-{j}.txt") for j in (i - 1, i))
        need(after == sorted(set(after)), f"stage-{i}.txt: not sorted, or an item twice")
        rejects = peel["rejects"]
        need(len(set(rejects)) == len(rejects), f"peels.json: opening {i} names an item more than once")
        need(set(rejects) <= set(before), f"peels.json: opening {i} rejects what did not come in")
        left = peel["duplicates"] + len(rejects)
        need(peel["duplicates"] >= 0, f"peels.json: opening {i} has fewer than no copies")
        counts = (len(before), len(after), len(before) - len(after))
        need((peel["in"], peel["out"], left) == counts, f"peels.json: opening {i} does not add up")
        say(f"passed  opening {i} by {trustee['name']}: {peel['in']} in, {peel['out']} out, {left} left aside")
        out += left
    numbers = [final[key] for key in ("valid", "spoilt", "set_aside")]
    need(min(numbers) >= 0 and sum(numbers) == len(after), "log.jsonl: the final numbers are not those of the papers")
    return out


def check_code(paper):
    """The first 80 bits of the paper's SHA-256, in letters and numbers without I, L, O and U."""
    bits = int.from_bytes(hashlib.sha256(paper).digest()[:10], "big")
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> shift & 31] for shift in range(75, -1, -5))


def content_of(paper, mark, question):
    """What the content of a rightly stamped paper makes of it: verdict, reason, and the answer when it is valid."""
    try:
        content = read(paper[32:], "a paper")
    except Wrong:
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
    key = stamp_key(manifest)
    rows, bodies = values_of(files, "papers.jsonl"), lines(files, "papers.jsonl")
    last = hashes_in(files, f"stage-{len(manifest['trustees'])}.txt")
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
    ordered = [body for _, body in sorted(zip((row["inner"] for row in rows), bodies, strict=True))]
    need(
        roots(ordered, [len(rows)])[len(rows)].hex() == final["root"], "papers.jsonl: not the papers that the log says"
    )
    codes = sorted(check_code(one[2]) for one in judged.values() if one[0] == "valid")
    need(codes == files["trackers.txt"].decode().split(), "trackers.txt: not the check codes of the papers")
    say(f"passed  {found[0]} papers, all different, each with a right stamp; {found[1]} spoilt, {found[2]} set aside")
    return Counter(one[4] for one in judged.values() if one[0] == "valid")


def check_codes(files, final):
    """The check codes are written as they must be, sorted, all different, one for each counted paper."""
    codes = [line.decode() for line in lines(files, "trackers.txt")]
    good = all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{16}", code) for code in codes)
    need(good and codes == sorted(set(codes)), "trackers.txt: not check codes, not sorted, or one twice")
    need(len(codes) == final["valid"], "trackers.txt: not as many check codes as counted papers")
    say(f"passed  {len(codes)} check codes, all different")


DECLARED = {"ballot": int, "trust": str, "subject": str, "title": str, "question": str, "at": str, "manifest": str}
DECLARED |= {"rule": dict, "outcome": str, "sentence": str, "votes": dict, "noticing": list, "elected": list}
DECLARED |= {"by_lot": bool, "lot": dict, "on_paper": dict}
NUMBERS = "entitled voted blank spoilt set_aside stamps envelopes spare empty version"
DECLARED |= dict.fromkeys(NUMBERS.split(), int)


def noticed(percent, changed):
    """How likely it is that so many changed papers are noticed when this share of voters check."""
    chance = round((1 - (1 - Fraction(percent, 100)) ** changed) * 100)
    return {"check_percent": percent, "changed": changed, "chance_percent": min(chance, 99)}


def check_result(files, manifest, answers, ends, left):
    """Counting again gives what was declared. `left`: how many were not counted on the way. Lines to be told."""
    close, final, paper = ends
    valid, spoilt, entitled = final["valid"], final["spoilt"], manifest["roll"]["size"]
    left += final["set_aside"]
    enough_envelopes = valid + spoilt + left <= close["envelopes"] <= entitled
    need(enough_envelopes, "log.jsonl: more papers than sealed votes or people")
    spare = close["stamps"] - valid
    say(f"        spare stamps: {spare} (no more papers than these can have been exchanged, but only while no")
    say("        trustee works with the website)")
    if manifest["rule"]["name"] == "yes-no":
        told, enough = check_majority(files, manifest, answers, final, left + spoilt)
    else:
        told, count = check_election(files, value_of, manifest, answers)
        need(count["valid"] + count["blank"] == valid, "count.json: not as many papers as in the log")
        enough = could_have_mattered(manifest["rule"], count, left + spoilt)
    told |= {"entitled": entitled, "spoilt": spoilt, "voted": valid + spoilt, "set_aside": left, "spare": spare}
    told |= {"stamps": close["stamps"], "envelopes": close["envelopes"], "rule": manifest["rule"]}
    told |= {"title": manifest["title"], "question": manifest["questions"][0]["text"], "version": 2}
    told |= {"manifest": sha256(files["manifest.json"]), "on_paper": paper}
    told |= {"noticing": [noticed(percent, changed) for percent in (5, 10) for changed in (20, 50)]}
    said = shaped(value_of(files, "declaration.json"), "declaration.json", **DECLARED)
    compare("declaration.json", said, told)
    moment(said["at"], "declaration.json")
    need(f"{said['trust']}-{said['ballot']}" == manifest["ballot"], "declaration.json: it is of another ballot")
    say(f"passed  the declaration says so: {said['sentence']}")
    how = {True: "enough to have given", None: "nobody can say whether they would have given"}.get(enough)
    return [f"{left + spoilt} sealed votes or papers were not counted: {how} another outcome"] if how else []


def keys(trustees):
    """Who had which keys, and who would have had to work together."""
    own = [trustee["name"] for trustee in trustees if trustee["custody"] == "own"]
    held = [trustee["name"] for trustee in trustees if trustee["custody"] == "server"]
    if not own:
        return [
            "The server held all the keys, so it could have made this result, and the votes were not secret from it"
        ]
    has = f"{listed(own)} had keys of their own" + (f", and the server held those of {listed(held)}" if held else "")
    all_ = ["whoever runs this server", *own] if held else own
    swap = "whoever runs this server" + ("" if held else f" and any one of {' or '.join(own)}")
    return [
        has,
        f"To see how one person voted, {len(all_)} would have to work together: {listed(all_)}",
        f"To exchange votes unseen by everybody but their voters, {swap} would have been enough",
    ]


def paper_words(paper):
    return (
        f"Whether the {paper['cast']} papers that tellers put in say what the people who were given one of "
        f"{paper['given']} filled in: only the two tellers saw them"
    )


def tell(manifest, paper, told, more):
    """What was not checked and cannot be."""
    own = any(trustee["custody"] == "own" for trustee in manifest["trustees"])
    say("Could not be checked:")
    for says in (
        *more,
        "The people behind the stamps: only who holds the list of voters can",
        "Papers dropped or replaced by a trustee, or by the website together with one: "
        "only voters' check codes show it",
        "Votes cast with somebody else's code, or by the website in somebody's name",
        *["Before the votes were opened, nobody was told what is recorded for them"] * (own and told is None),
        *[f"{told} people were told what is recorded for them, as the website says"] * (told is not None),
        *[paper_words(paper)] * bool(paper["given"]),
        *keys(manifest["trustees"]),
    ):
        say(f"  {says}")


def unpacked(path):
    """The files of a record, and a sentence for the first one that cannot be used."""
    files, wrong, left = {}, "", 2**29
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > 40:
            raise ValueError(f"it holds {len(entries)} files")
        for entry in entries:
            name = entry.filename
            try:
                need(name not in files, f"{name} is in it twice")
                need(entry.file_size <= min(left, 2**28), f"{name} is far too large")
                files[name] = archive.read(entry)
                left -= len(files[name])
            except Wrong as trouble:
                wrong = wrong or str(trouble)
            except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError):
                wrong = wrong or f"{name} is damaged"
    return files, wrong


def main():
    parser = argparse.ArgumentParser(description="Check the record of a secret vote.")
    parser.add_argument("record")
    parser.add_argument("--number", help="the number on your poster or slip")
    parser.add_argument("--manifest-hash", dest="number", help=argparse.SUPPRESS)  # its former name
    parser.add_argument("--papers", help="papers.jsonl from a scrutineer, where the record has none")
    args = parser.parse_args()
    try:
        files, wrong = unpacked(args.record)
        given = {}
        if args.papers:
            with open(args.papers, "rb") as handle:
                given = {"papers.jsonl": handle.read()}
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as trouble:
        say(f"This record cannot be used: {trouble}", sys.stderr)
        return 2
    try:
        need(not wrong, wrong)
        more = check(files, given, args.number)
    except Wrong as trouble:
        say(f"FAILED  {trouble}")
        return 1
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError) as trouble:
        say(f"FAILED  a file is not written as it must be: {trouble!r}")
        return 1
    tell(*more)
    say("Every check that could be made was passed.")
    return 0


def check(files, given, number):
    """Every check in its order. What is to be told at the end. `given`: papers that are not in the record."""
    manifest, mark = value_of(files, "manifest.json"), sha256(files["manifest.json"])
    check_manifest(manifest)
    check_files(files, manifest)
    check_promise(files, manifest, mark, number)
    close, final, told, paper = check_log(files, manifest, mark)
    left = check_openings(files, manifest, mark, final)
    check_codes(files, final)
    answers, more = None, ["Check codes: not compared with papers (only the scrutineers have them: give --papers)"]
    files = given | files
    if "papers.jsonl" in files:
        answers, more = check_papers(files, manifest, mark, final), []
    more += check_result(files, manifest, answers, (close, final, paper), left)
    return manifest, paper, told, more


if __name__ == "__main__":
    sys.exit(main())
