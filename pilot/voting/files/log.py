"""How verify.py reads the files of a record, and what it asks of the log: a part of that program, in a file of its own.

The log has a line for every stamp, sealed vote, vote on paper, pause, opening and closing, in order and without times.
checkpoints.txt has what the website signed of it: so many lines, and the root of the tree over them (RFC 6962).
"""

# mypy: ignore-errors

import base64
import hashlib
import json
import re
from collections import Counter
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from election import need, say


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def canonical(value):
    """The one way in which the record writes a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def allowed(value, room=64):
    """Whether the record may hold this value: no null, no number with a point or beyond 2^53, only plain keys, no
    more than 64 lists and objects inside one another."""
    if isinstance(value, dict):
        return room > 0 and all(key.isascii() and allowed(inside, room - 1) for key, inside in value.items())
    if isinstance(value, list):
        return room > 0 and all(allowed(inside, room - 1) for inside in value)
    return isinstance(value, str) or (isinstance(value, int) and abs(value) < 2**53)


def read(data, where):
    """The value of a text that is written in that one way."""
    try:
        value = json.loads(data.decode())
        good = allowed(value) and canonical(value) == data
    except (ValueError, RecursionError):
        good = False
    need(good, f"{where}: not written in the one form of the record")
    return value


def value_of(files, name):
    """The value of a file of one text."""
    need(name in files, f"{name} is missing")
    return read(files[name], name)


def values_of(files, name):
    """The values of a file of one text a line."""
    return [read(body, f"{name}, line {number}") for number, body in enumerate(lines(files, name), start=1)]


def lines(files, name):
    """The lines of a file, each with a line feed at its end."""
    need(name in files, f"{name} is missing")
    data = files[name]
    need(not data or data.endswith(b"\n"), f"{name}: its last line is cut off")
    return data.split(b"\n")[:-1]


def hashes_in(files, name):
    """The lines of a list, each the SHA-256 of an item in hex."""
    found = [line.decode("latin-1") for line in lines(files, name)]
    need(all(re.fullmatch("[0-9a-f]{64}", line) for line in found), f"{name}: a line is no SHA-256 in lower-case hex")
    return found


def plain(text):
    """Bytes from base64 in its one form: no other character, no stray bits at its end."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 that is written otherwise")
    return raw


def signed(key, text, signature):
    try:
        Ed25519PublicKey.from_public_bytes(plain(key)).verify(plain(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def shaped(value, where, **kinds):
    """The value of an object that has just these parts, each of its kind."""
    fits = type(value) is dict and set(value) == set(kinds) and all(type(value[key]) is kinds[key] for key in kinds)
    need(fits, f"{where}: it has other parts than it must have")
    return value


def moment(text, where):
    """A time as the record writes it."""
    try:
        found = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 -- all of them are UTC
    except ValueError:
        found = None
    need(found and f"{found.isoformat()}Z" == text, f"{where}: a time is not written as it must be")
    return found


LEAVES = {"stamp": {"seq": int, "v": str}, "envelope": {"sha256": str, "v": str}, "suspend": {"reason": str}}
LEAVES |= {"extend": {"closes": str, "reason": str}, "resume": {"closes": str, "reason": str}}
LEAVES |= {"teller stamp": LEAVES["stamp"], "teller envelope": LEAVES["envelope"]}
LEAVES |= {"cancel": {"v": str, "signatures": list}, "notices": {"count": int}, "erase": {"what": str}}
CLOSE = dict.fromkeys(("cancelled", "envelopes", "roll", "stamped", "stamps"), int)
LEAVES |= {"close": {"m": str, "sha256": str} | CLOSE}
LEAVES |= {"final": {"m": str, "root": str, "set_aside": int, "spoilt": int, "valid": int}}


class Voting:
    """The lines of the log before the close, one after the other."""

    def __init__(self, manifest, mark):
        self.manifest, self.mark, self.closes = manifest, mark, moment(manifest["closes"], "manifest.json")
        self.stamps, self.handed_in, self.last, self.seen = {}, Counter(), {}, set()
        self.cancelled, self.paper_stamps, self.papers = set(), {}, {}
        self.paused, self.extended = False, False

    def follow(self, leaf, where):
        kind, v = leaf["type"], leaf.get("v", "0" * 32)
        need(re.fullmatch("[0-9a-f]{32}", v), f"{where}: no voter's number")
        tellers = kind.startswith("teller ")
        if tellers:
            need(v in self.cancelled, f"{where}: tellers sealed a paper for somebody who was not given one")
            need(v not in self.papers, f"{where}: tellers sealed more than one paper for the same person")
        elif kind in ("stamp", "envelope"):
            need(v not in self.cancelled, f"{where}: it was taken of somebody who had voted on paper")
        stamps, kind = (self.paper_stamps if tellers else self.stamps), kind.removeprefix("teller ")
        if kind in ("stamp", "envelope"):
            need(not self.paused, f"{where}: it was taken while voting was paused")
        if kind == "stamp":
            stamps[v] = stamps.get(v, 0) + 1
            need(leaf["seq"] == stamps[v] <= 3, f"{where}: a stamp that does not follow, or a fourth")
        elif kind == "envelope":
            self.handed_in[v, tellers] += 1
            need(self.handed_in[v, tellers] <= stamps.get(v, 0), f"{where}: more sealed votes of a person than stamps")
            need(leaf["sha256"] not in self.seen, f"{where}: a sealed vote stands here twice")
            self.seen.add(leaf["sha256"])
            (self.papers if tellers else self.last)[v] = leaf["sha256"]
        elif kind == "cancel":
            need(v not in self.cancelled, f"{where}: this person voted on paper before")
            two = self.two_tellers(f"pilot cancel {self.mark} {v}".encode(), leaf["signatures"], where)
            need(two, f"{where}: two tellers, one of them not the employer's, did not sign")
            self.cancelled.add(v)
            self.last.pop(v, None)
        else:
            need(kind in ("extend", "suspend", "resume"), f"{where}: it stands before the votes end")
            self.retime(kind, leaf, where)

    def two_tellers(self, text, signatures, where):
        """Two different tellers signed, not both of them the employer's."""
        given = [shaped(one, where, teller=int, signature=str) for one in signatures]
        places = {one["teller"] for one in given}
        if len(given) != 2 or len(places) != 2 or not places <= set(range(len(self.manifest["tellers"]))):
            return False
        both = [(self.manifest["tellers"][one["teller"]], one["signature"]) for one in given]
        if all(teller["side"] == "employer" for teller, _ in both):
            return False
        return all(signed(teller["sign_key"], text, signature) for teller, signature in both)

    def retime(self, kind, leaf, where):
        """A pause, its end, or a later close, each where it can be and with its reason."""
        need(leaf["reason"].strip(), f"{where}: the voting time was changed without a reason")
        need(self.paused == (kind == "resume"), f"{where}: voting cannot be paused, go on or close later here")
        self.paused = kind == "suspend"
        if kind == "suspend":
            say(f"        voting was paused: {leaf['reason']}")
            return
        closes, opens, was = (moment(text, where) for text in (leaf["closes"], *self.times()))
        if kind == "extend":
            fits = not self.extended and self.closes < closes and (closes - self.closes) * 2 <= was - opens
            need(fits, f"{where}: voting can be made longer once only, and by no more than half its time")
            self.extended = True
        need(closes >= self.closes, f"{where}: voting closes earlier than it was said before")
        self.closes = closes
        say(f"        voting {'was made longer' if kind == 'extend' else 'went on'}: {leaf['reason']}")

    def times(self):
        return self.manifest["opens"], self.manifest["closes"]


def check_log(files, manifest, mark):
    """Each line of the log follows from those before it. Close and final numbers, how many were told, papers."""
    log, n = values_of(files, "log.jsonl"), len(manifest["trustees"])
    for number, leaf in enumerate(log, start=1):
        where, kind = f"log.jsonl, line {number}", leaf["type"] if isinstance(leaf, dict) else ""
        need(kind in LEAVES or kind == "peel", f"{where}: no line of a log")
        if kind != "peel":
            shaped(leaf, where, type=str, **LEAVES[kind])
    kinds = [leaf["type"] for leaf in log]
    need("close" in kinds, "log.jsonl: it is cut off: voting never closes")
    at, voting = kinds.index("close"), Voting(manifest, mark)
    for number, leaf in enumerate(log[:at], start=1):
        voting.follow(leaf, f"log.jsonl, line {number}")
    told = log[at + 1]["count"] if kinds[at + 1 : at + 2] == ["notices"] else None
    first = at + 1 + (told is not None)
    ends = (["peel"] * n + ["final"], ["peel"] * n + ["final", "erase"])
    need(kinds[first:] in ends, "log.jsonl: its end is not a close, the openings and the papers")
    need([leaf["i"] for leaf in log[first : first + n]] == list(range(1, n + 1)), "log.jsonl: openings out of turn")
    close, final, size = log[at], log[first + n], manifest["roll"]["size"]
    need((close["m"], final["m"]) == (mark, mark), "log.jsonl: it is the log of another vote")
    need(close["roll"] == size >= len({*voting.stamps, *voting.cancelled}), "log.jsonl: more people than could vote")
    need(not voting.paused, "log.jsonl: voting closed while it was paused")
    counted = sorted([*voting.last.values(), *voting.papers.values()])
    stamps = sum(voting.stamps.values()) + sum(voting.paper_stamps.values())
    found = (len({*voting.stamps, *voting.paper_stamps}), stamps, len(counted), len(voting.cancelled))
    said = tuple(close[key] for key in ("stamped", "stamps", "envelopes", "cancelled"))
    need(said == found, "log.jsonl: the close gives other numbers")
    need(told is None or 0 <= told <= size, "log.jsonl: more people were told than could vote")
    say(f"passed  {len(log)} lines of the log: {close['stamps']} stamps, {len(counted)} people with a sealed vote")
    check_checkpoints(files, manifest, mark, range(at + 1, len(log) + 1))
    need(close["stamps"] >= close["envelopes"], "log.jsonl: more sealed votes than stamps")
    peels = [canonical({**peel, "type": "peel"}) for peel in value_of(files, "peels.json")]
    logged = [canonical(leaf) for leaf in log[first : first + n]]  # as texts, since true is 1 for Python
    need(logged == peels, "log.jsonl: it tells of other openings than peels.json")
    listed = hashes_in(files, "stage-0.txt")
    need(listed == counted, "stage-0.txt: not the log's sealed votes")
    need(close["sha256"] == sha256(files["stage-0.txt"]), "stage-0.txt: not the list of the close in log.jsonl")
    say(f"passed  {len(listed)} sealed votes at the close, each one in the log")
    paper = {"given": close["cancelled"], "cast": len(voting.papers)}
    say(f"        {paper['given']} people were given a vote on paper; tellers put in {paper['cast']} for them")
    return close, final, told, paper


def check_checkpoints(files, manifest, mark, sizes):
    """What the website signed of the log is this log: from the close on, after each line."""
    name, key, bodies = f"pilot/{mark}".encode(), plain(manifest["log_key"]), lines(files, "log.jsonl")
    key_id = hashlib.sha256(name + b"\n\x01" + key).digest()[:4]
    rows, own, done = lines(files, "checkpoints.txt"), roots(bodies, sizes), 0
    for at in range(0, len(rows), 5):
        where, one = f"checkpoints.txt, line {at + 1}", rows[at : at + 5]
        need(len(one) == 5 and one[0] == name and one[3] == b"", f"{where}: no checkpoint of this log")
        dash = "\N{EM DASH} ".encode() + name + b" "
        note = plain(one[4].removeprefix(dash).decode("latin-1")) if one[4].startswith(dash) else b""
        text = b"".join(row + b"\n" for row in one[:3])
        signature = base64.b64encode(note[4:]).decode()
        need(note[:4] == key_id and signed(manifest["log_key"], text, signature), f"{where}: not signed by the website")
        size = int(one[1])
        need(str(size).encode() == one[1] and done < size, f"{where}: of no longer log than the one before it")
        need(size <= len(bodies), f"{where}: of a longer log than this one")
        root = own.get(size) or roots(bodies, [size])[size]
        need(base64.b64encode(root) == one[2], f"{where}: the log has other lines than the website signed")
        done, sizes = size, [wanted for wanted in sizes if wanted != size]
    need(not sizes, "checkpoints.txt: one is missing")
    say(f"passed  {len(rows) // 5} checkpoints: the website signed just this log")


def roots(bodies, sizes):
    """The root of RFC 6962 section 2.1 over the first so many lines, for each of these numbers."""
    found, perfect = {0: hashlib.sha256().digest()}, []
    for size, body in enumerate(bodies, start=1):
        node, rest = hashlib.sha256(b"\0" + body).digest(), size
        while rest % 2 == 0:
            node, rest = hashlib.sha256(b"\1" + perfect.pop() + node).digest(), rest // 2
        perfect.append(node)
        if size in sizes:
            for left in reversed(perfect[:-1]):
                node = hashlib.sha256(b"\1" + left + node).digest()
            found[size] = node
    return found
