"""What verify.py asks of the files of an election: a part of that program, in a file of its own.

It counts again by recount.py, draws the lots again, and compares the figures of count.json and of the declaration.
Where the papers are not at hand it only adds up.
"""

# ruff: noqa: T201 -- it is a part of a program that speaks to a person
# mypy: ignore-errors

import hashlib
import re
from collections import Counter
from fractions import Fraction

from recount import MEEK, MOST_VOTES, PREFERENTIAL, draw, recount

ONE_SEAT = ("alternative-vote", "first-past-the-post")
NOBODY = "Re-open nominations"


class Wrong(Exception):  # noqa: N818
    """Something in the record is not as it must be."""


def need(condition, says):
    if not condition:
        raise Wrong(says)


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
    lot = read(files["declaration.json"])["lot"]
    need(set(lot) == {"number", "lost"} and bool(lot["number"]) != bool(lot["lost"]), "declaration.json: no right lot")
    fits = lot["lost"] or lot_mark(lot["number"]) == rule["lot"]
    need(fits, "declaration.json: the number for lots is not the one that was fixed before the vote")
    said = read(files["count.json"])
    need(said["title"] == manifest["title"], "count.json: another title")
    if answers is None:
        found, how = said, "arithmetic only, no papers were counted"
        wrong = arithmetic(rule, names, said)
        need(not wrong, f"count.json: {wrong}")
    else:
        papers = Counter()
        for chosen, many in answers.items():
            numbers = [int(number) for number in chosen]
            papers[tuple(numbers if question["ranked"] else sorted(numbers))] += many
        order = draw(files[f"stage-{len(manifest['trustees'])}.txt"], lot["number"], len(names))
        found, how = recount(rule, names, papers, order), "counted again"
        need(set(without_words(said)) == set(found), "count.json: it has other parts than it must have")
        compare("count.json", without_words(said), found)
        if "ballots.blt" in files:
            wrong = wrong_with_blt(files["ballots.blt"], rule, names, papers, manifest["title"])
            need(not wrong, f"ballots.blt: {wrong}")
    elected = [place["name"] for place in found["elected"]]
    by_lot = any(tie["settled"] == "lot" for tie in found["ties"])
    lots = "decided by lot" if by_lot else "no lot was needed"
    print(f"passed  {how}: elected {', '.join(elected) or 'nobody'}; {found['empty']} seats empty; {lots}")
    if by_lot and lot["lost"]:
        print(f"        the number for lots was lost ({lot['lost']!r}), so lots came from the papers alone:")
        print("        whoever lost it could choose between that order and another")
    votes = {number: int(Fraction(had)) for number, had in found["stages"][0]["votes"].items()}
    told = {"outcome": "elected", "votes": votes, "blank": found["blank"], "elected": elected, "by_lot": by_lot}
    return told | {"empty": found["empty"], "lot": lot}, found


WORDS = ("title", "action", "sentence")


def without_words(value):
    """count.json without what is only for people to read."""
    if isinstance(value, dict):
        return {key: without_words(inside) for key, inside in value.items() if key not in WORDS}
    return [without_words(inside) for inside in value] if isinstance(value, list) else value


def lot_mark(number):
    """What was published of the number for lots before the vote."""
    return hashlib.sha256(b"pilot lot " + number.encode("ascii")).hexdigest()


def wrong_with_rule(rule, question):
    """Why a rule of the manifest cannot count its question; nothing when it can."""
    names, kept, seats = [option["text"] for option in question["options"]], rule["reserves"], rule["seats"]
    many = len(names)
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
        "it cannot have so many seats": not 1 <= seats <= (1 if rule["name"] in ONE_SEAT else 60),
        "its candidates are not numbered from 1": [one["id"] for one in question["options"]] != list(map(str, numbers)),
        f"{NOBODY} is not the last on the paper": rule["reopen"] and (rule["reopen"], names[-1]) != (many, NOBODY),
        "its paper takes other answers than it counts": form != fits,
        "somebody is in two classes, or does not stand": len(set(members)) < len(members)
        or not set(members) <= set(numbers) - {rule["reopen"]},
        "its kept seats cannot be filled": any(not 0 <= low <= min(top, size) for low, top, size in sizes)
        or sum(low for low, _, _ in sizes) > seats,
    }
    return next((says for says, is_so in wrong.items() if is_so), "")


def arithmetic(rule, names, said):
    """What is wrong with the figures of a count whose papers are not at hand; nothing when they add up."""
    wanted = {"rule": rule["name"], "version": rule["version"], "seats": rule["seats"], "candidates": names}
    if any(said[key] != value for key, value in wanted.items()) or said["withdrawn"]:
        return "it is the count of another election"
    if len({place["candidate"] for place in said["elected"]}) + said["empty"] != rule["seats"]:
        return "the seats do not add up"
    if any(place["name"] != names[place["candidate"] - 1] for place in said["elected"] + said["excluded"]):
        return "a candidate has another name"
    for stage in said["stages"] if rule["name"] not in MOST_VOTES else []:
        if sum(map(Fraction, [*stage["votes"].values(), stage["non_transferable"]])) != said["valid"]:
            return f"the votes of stage {stage['number']} do not add up"
    return ""


def could_have_mattered(rule, found, left):
    """Whether `left` votes that were not counted could have given another outcome; None when nobody can say."""
    if not left:
        return False
    if rule["name"] not in MOST_VOTES or rule["reserves"]:
        return None
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
