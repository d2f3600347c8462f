"""What verify.py asks of the files of an election: a part of that program, in a file of its own.

It counts again by recount.py, draws the lots again, and compares the figures of count.json and of the declaration.
Where the papers are not at hand it counts by the votes that count.json gives for each stage: how many moved from whom
to whom cannot be seen then, but who is elected, who leaves, and what the lot decided follows from them.
"""

# mypy: ignore-errors

import hashlib
import re
import sys
from collections import Counter
from fractions import Fraction

from recount import MEEK, MOST_VOTES, PARTS, PREFERENTIAL, Meek, Scottish, draw, recount

ONE_SEAT = ("alternative-vote", "first-past-the-post")
NOBODY, MOST = "Re-open nominations", 60


class Wrong(Exception):  # noqa: N818
    """Something in the record is not as it must be."""


def need(condition, says):
    if not condition:
        raise Wrong(says)


def say(text, to=None):
    """Print one line. What moves a cursor or hides text, and what this screen has no letter for, is told by its number.

    So no name in a record can paint a line of its own, and no screen can make a right record look wrong.
    """
    to = to or sys.stdout
    letters = to.encoding or "utf-8"
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    print(shown.encode(letters, "backslashreplace").decode(letters), file=to)


def compare(name, said, wanted, where=""):
    """Every figure of a file is the wanted one; a list or an object of figures is looked into."""
    if isinstance(wanted, list) and isinstance(said, list) and len(said) == len(wanted):
        said, wanted = dict(enumerate(said, start=1)), dict(enumerate(wanted, start=1))
    elif not (isinstance(wanted, dict) and isinstance(said, dict)):
        need(said == wanted and type(said) is type(wanted), f"{name}:{where} is {said}, but it must be {wanted}")
        return
    else:
        need(not where or set(said) == set(wanted), f"{name}:{where} has other parts than it must have")
    for part, value in wanted.items():
        need(part in said, f"{name}:{where} {part} is missing")
        compare(name, said[part], value, f"{where} {part}")


def check_election(files, read, manifest, answers):
    """An election counted again: what the declaration must say, and the count."""
    rule, (question,) = manifest["rule"], manifest["questions"]
    names = [option["text"] for option in question["options"]]
    lot = read(files, "declaration.json")["lot"]
    texts = set(lot) == {"number", "lost"} and all(type(text) is str for text in lot.values())
    need(texts and bool(lot["number"]) != bool(lot["lost"]), "declaration.json: no right lot")
    fits = lot["lost"] or lot_mark(lot["number"]) == rule["lot"]
    need(fits, "declaration.json: the number for lots is not the one that was fixed before the vote")
    said = read(files, "count.json")
    need(said["title"] == manifest["title"], "count.json: another title")
    order = draw(files[f"stage-{len(manifest['trustees'])}.txt"], lot["number"], len(names))
    if answers is None:
        found, how = by_figures(rule, names, said, order, question["max"]), "arithmetic only, no papers were counted"
    else:
        papers = Counter()
        for chosen, many in answers.items():
            numbers = [int(number) for number in chosen]
            papers[tuple(numbers if question["ranked"] else sorted(numbers))] += many
        found, how = recount(rule, names, papers, order), "counted again"
    need(set(without_words(said)) == set(found), "count.json: it has other parts than it must have")
    compare("count.json", without_words(said), found)
    words = sentence(found, rule["seats"])
    need(said["sentence"] == words, f"count.json: its sentence must be: {words}")
    need(words_are_texts(said), "count.json: what was done at a stage is no text")
    if "ballots.blt" in files:
        wrong = wrong_with_blt(files["ballots.blt"], rule, names, papers, manifest["title"])
        need(not wrong, f"ballots.blt: {wrong}")
    elected = [place["name"] for place in found["elected"]]
    by_lot = any(tie["settled"] == "lot" for tie in found["ties"])
    lots = "decided by lot" if by_lot else "no lot was needed"
    say(f"passed  {how}: elected {', '.join(elected) or 'nobody'}; {found['empty']} seats empty; {lots}")
    if by_lot and lot["lost"]:
        say(f"        the number for lots was lost ({lot['lost']!r}), so lots came from the papers alone:")
        say("        whoever lost it could choose between that order and another")
    votes = {number: int(Fraction(had)) for number, had in found["stages"][0]["votes"].items()}
    told = {"outcome": "elected", "votes": votes, "blank": found["blank"], "elected": elected, "by_lot": by_lot}
    told |= {"sentence": words}
    return told | {"empty": found["empty"], "lot": lot}, found


def without_words(count):
    """count.json without what is only for people to read, each where it stands."""
    bare = {key: value for key, value in count.items() if key not in ("title", "sentence")}
    for part, word in (("stages", "action"), ("ties", "sentence")):
        need(type(count[part]) is list, f"count.json: its {part} are no list")
        bare[part] = [{key: value for key, value in one.items() if key != word} for one in count[part]]
    return bare


def words_are_texts(count):
    """Whether every stage and every tie is told in words; the words themselves are not compared."""
    told = [[stage.get("action") for stage in count["stages"]], [tie.get("sentence") for tie in count["ties"]]]
    return all(type(text) is str for texts in told for text in texts)


def listed(words):
    """Words as people say them one after the other."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def sentence(found, seats):
    """The result in words."""
    names = [place["name"] for place in found["elected"]]
    told = [f"{listed(names)} {'is' if len(names) == 1 else 'are'} elected." if names else "Nobody is elected."]
    if empty := seats - len(names):
        told.append(f"{empty:,} {'seat stays' if empty == 1 else 'seats stay'} empty.")
    stages = sorted({tie["stage"] for tie in found["ties"] if tie["settled"] == "lot"})
    if len(stages) == 1:
        told.append(f"A tie was decided by lot at stage {stages[0]}.")
    elif stages:
        told.append(f"Ties were decided by lot at stages {listed([str(stage) for stage in stages])}.")
    return " ".join(told)


def lot_mark(number):
    """What was published of the number for lots before the vote."""
    return hashlib.sha256(b"pilot lot " + number.encode("ascii")).hexdigest()


def wrong_with_rule(rule, question):
    """Why a rule of the manifest cannot count its question; nothing when it can."""
    names, kept, seats = [option["text"] for option in question["options"]], rule["reserves"], rule["seats"]
    many = len(names)
    people = many - bool(rule["reopen"])
    most = dict.fromkeys((*PREFERENTIAL, MEEK, "approval"), many)
    most |= {"block-plurality": min(seats, many), "first-past-the-post": 1}
    numbers, members = list(range(1, many + 1)), [n for one in kept for n in one["candidates"]]
    sizes = [(one["least"], one.get("most", many), len(one["candidates"])) for one in kept]
    form = [question[key] for key in ("min", "max", "ranked")]
    fits = [0, most.get(rule["name"]), rule["name"] not in MOST_VOTES]
    keys = {"name", "version", "seats", "reopen", "reserves", "lot"}
    wrong = {
        "its rule is not known": rule["name"] not in most or rule["version"] != "1",
        "its rule has other parts": set(rule) != keys or not re.fullmatch("[0-9a-f]{64}", rule["lot"]),
        f"it has more than {MOST} candidates or 10 classes": people > MOST or len(kept) > 10,
        "two candidates have one name": len(set(names)) < many,
        "it cannot have so many seats": not 1 <= seats <= (1 if rule["name"] in ONE_SEAT else 60),
        "its candidates are not numbered from 1": [one["id"] for one in question["options"]] != list(map(str, numbers)),
        f"{NOBODY} is not the last on the paper": rule["reopen"] and (rule["reopen"], names[-1]) != (many, NOBODY),
        "its paper takes other answers than it counts": form != fits,
        "somebody is in two classes, or does not stand": len(set(members)) < len(members)
        or not set(members) <= set(numbers) - {rule["reopen"]},
        "its kept seats cannot be filled": any(not 0 <= low <= min(top, size) for low, top, size in sizes)
        or sum(low for low, _, _ in sizes) > seats,
        f"all its seats are kept, and {NOBODY} could win none": rule["reopen"]
        and sum(low for low, _, _ in sizes) == seats,
        "its seats cannot all be filled": sum(min(top, size) for _, top, size in sizes) + people - len(members)
        < min(seats, people),
        "there is nothing to decide": people < 1 or (not rule["reopen"] and people <= seats),
    }
    return next((says for says, is_so in wrong.items() if is_so), "")


# A count whose papers are not at hand.


class Moved(Scottish):
    """Scottish STV in which the published votes say who gains how much when votes move."""

    def move(self, givers, _):
        said = self.said[len(self.history)]
        for n in [*self.continuing(), self.nobody] if self.empty else self.continuing():
            self.votes[n] = max(self.votes[n], said[n])
        for giver in givers:
            self.votes[giver] = 0


class Settled(Meek):
    """Meek STV in which the published votes say where each stage came to rest."""

    def settled(self):
        said = self.said[len(self.stages)]
        return self.weighed({n: said[n] if self.keep[n] else 0 for n in self.standing})


def by_figures(rule, names, said, order, most):
    """The count that follows from the votes of each stage in count.json. `most`: choices on a paper."""
    name = rule["name"]
    try:
        votes = [{int(n): parts(had) for n, had in stage["votes"].items()} for stage in said["stages"]]
        papers = {(n,): had // PARTS[name] for n, had in votes[0].items() if had}
        kind = None if name in MOST_VOTES else Settled if name == MEEK else Moved
        if kind:
            kind = type(kind.__name__, (kind,), {"said": votes})
        found = recount(rule, names, papers, order, kind=kind)
        lost = [parts(stage["non_transferable"]) for stage in found["stages"]]
        valid, total = said["valid"], found["valid"]
    except (LookupError, TypeError, ValueError, AttributeError) as trouble:
        raise Wrong(f"count.json: its votes are not those of such an election ({trouble!r})") from trouble
    fits = lost[0] == 0 and (name == MEEK or lost == sorted(lost))
    if name in MOST_VOTES:
        fits, found["valid"] = max(votes[0].values()) <= valid <= total <= valid * most, valid
    need(fits, "count.json: so many papers cannot give these votes")
    need(type(valid) is int, "count.json: no number of valid papers")
    need(type(said["blank"]) is int and said["blank"] >= 0, "count.json: no number of blank papers")
    return found | {"blank": said["blank"]}


def parts(figure):
    """12345678 for "123.45678"; whatever is not a figure gives another text when it is written again."""
    need(re.fullmatch("[0-9]{1,12}([.][0-9]{5,9})?", figure), f"count.json: {figure[:20]!r} is no number of votes")
    return int(figure.replace(".", ""))


def could_have_mattered(rule, found, left):
    """Whether `left` votes that were not counted could have given another outcome; None when nobody can say."""
    if not left:
        return False
    if rule["name"] not in MOST_VOTES or rule["reserves"]:
        return None
    if not found["valid"]:
        return True
    votes = {int(number): int(had) for number, had in found["stages"][0]["votes"].items()}
    bar, elected = votes.pop(rule["reopen"], None), [place["candidate"] for place in found["elected"]]
    last = min((votes[n] for n in elected), default=None)
    next_ = max((had for n, had in votes.items() if n not in elected), default=None)
    gaps = [last - bar] if None not in (last, bar) else []
    gaps += [last - next_] if None not in (last, next_) and not found["empty"] else []
    gaps += [bar - next_ + 1] if None not in (bar, next_) and found["empty"] else []
    return bool(gaps) and left >= max(1, -(-min(gaps) // 2))


# ballots.blt, the form of papers that other counters read.


def wrong_with_blt(data, rule, names, papers, title):
    """How a ballots.blt differs from the papers; nothing when it holds just them."""
    rows = data.decode().split("\n")
    body = ["".join(f"{n} " for n in (many, *ranking)) + "0" for ranking, many in sorted(papers.items())]
    if rows[0] != f"{len(names)} {rule['seats']}":
        return "it begins with other numbers of candidates and seats"
    if rows[1 : len(body) + 2] != [*body, "0"]:
        return "it holds other papers"
    ends = [(f'"{name}"', '"' + name.replace('"', '""') + '"') for name in [*names, title]]
    rest = rows[len(body) + 2 :]
    if len(rest) != len(ends) + 1 or rest[-1] or any(row not in end for row, end in zip(rest, ends, strict=False)):
        return "it has other names"
    return ""
