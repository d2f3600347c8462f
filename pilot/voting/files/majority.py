"""What verify.py asks of a question with the answers yes, no and abstain: a part of that program, in a file of its own.

The majority is exact: fractions, a quorum of turnout and one of approval.
"""

# mypy: ignore-errors

import re
from fractions import Fraction

from election import compare, need, say
from log import value_of

NAMED = {"1/2": "half", "1/3": "one third", "2/3": "two thirds", "1/4": "one quarter", "3/4": "three quarters"}


def share(text):
    """An exact share from "2/3", "1" or "0"; no other way to write one, since some take years to work out."""
    if not re.fullmatch("[0-9]{1,9}(/[0-9]{1,9})?", text):
        raise ValueError("no share")
    return Fraction(text)


def wrong_with_majority(rule):
    """Why a majority cannot decide anything; nothing when it can."""
    if rule["version"] != "1" or rule["base"] not in ("valid", "cast", "entitled") or type(rule["strict"]) is not bool:
        return "its majority rule is not known"
    try:
        needed, *quorums = (share(rule[key]) for key in ("threshold", "turnout_quorum", "approval_quorum"))
    except (ValueError, ZeroDivisionError, TypeError):
        return "its majority rule has no right shares"
    reachable = 0 < needed <= 1 and not (rule["strict"] and needed == 1)
    return "" if reachable and all(0 <= one <= 1 for one in quorums) else "its majority cannot be reached"


def base_of(rule, votes, entitled):
    """What the majority is taken of."""
    cast = sum(votes.values())
    return {"valid": cast - votes["abstain"], "cast": cast, "entitled": entitled}[rule["base"]]


def outcome(rule, votes, entitled, spoilt):
    yes, base = votes["yes"], base_of(rule, votes, entitled)
    needed = share(rule["threshold"]) * base
    reached = yes > needed if rule["strict"] else base > 0 and yes >= needed
    if sum(votes.values()) + spoilt < share(rule["turnout_quorum"]) * entitled:
        return "inquorate"
    return "carried" if reached and yes >= share(rule["approval_quorum"]) * entitled else "not carried"


def could_matter(rule, votes, entitled, spoilt, left):
    """Whether `left` votes that were not counted could change the outcome: exchanged, or added to one answer."""
    yes, no = votes["yes"], votes["no"]
    less, more = min(left, yes), min(left, no)
    exchanged = ({"yes": yes - less, "no": no + less}, {"yes": yes + more, "no": no - more})
    found = {outcome(rule, votes | other, entitled, spoilt) for other in exchanged}
    found |= {outcome(rule, votes | {answer: votes[answer] + left}, entitled, 0) for answer in votes}
    return left > 0 and found != {outcome(rule, votes, entitled, spoilt)}


def in_words(part):
    """A share as people say it."""
    if part == 1 or str(part) in NAMED:
        return NAMED.get(str(part), "all")
    return f"{part * 100}%" if (part * 100).denominator == 1 else f"{part.numerator} in every {part.denominator}"


def sentence(rule, votes, entitled, spoilt):
    """The result in words."""
    yes, needed, approval = votes["yes"], share(rule["threshold"]), share(rule["approval_quorum"])
    voted, how = sum(votes.values()) + spoilt, outcome(rule, votes, entitled, spoilt)
    if how == "inquorate":
        least = in_words(share(rule["turnout_quorum"]))
        return (
            f"The vote does not count as a decision: {voted:,} of {entitled:,} people voted, "
            f"and at least {least} of them had to."
        )
    things = {
        "valid": "votes for Yes or No were for Yes",
        "cast": "votes, counting those who chose neither, were for Yes",
        "entitled": "people who could vote chose Yes",
    }[rule["base"]]
    enough = ("more than " if rule["strict"] else "at least ") + in_words(needed) if needed < 1 else "all"
    base = base_of(rule, votes, entitled)
    text = f"The proposal was {how}: {yes:,} of {base:,} {things}, and {enough} were needed"
    if approval:
        text += (
            f"; Yes had to be chosen by at least {in_words(approval)} of the {entitled:,} people "
            f"who could vote, and {yes:,} chose it"
        )
    return text + "."


def check_majority(files, manifest, answers, final, left):
    """A question counted again. What the declaration must say, and what is to be told of the votes left out."""
    rule, entitled, spoilt = manifest["rule"], manifest["roll"]["size"], final["spoilt"]
    said = value_of(files, "count.json")
    votes = {answer: said[answer] if answers is None else answers[answer,] for answer in ("yes", "no", "abstain")}
    good = all(type(number) is int and number >= 0 for number in votes.values())
    need(good and sum(votes.values()) == final["valid"], "count.json: not as many as in the log")
    need(final["valid"] + spoilt <= entitled, "count.json: more papers than people who could vote")
    found = {"spoilt": spoilt, "outcome": outcome(rule, votes, entitled, spoilt), "entitled": entitled}
    words = {"sentence": sentence(rule, votes, entitled, spoilt)}
    need(set(said) == {*found, *votes, *words, "rule", "version"}, "count.json: it has other parts than it must have")
    compare("count.json", said, found | votes | words | {"rule": "yes-no", "version": "1"})
    how = "arithmetic only, no papers were counted" if answers is None else "counted again"
    say(f"passed  {how}: {votes['yes']} yes, {votes['no']} no, {votes['abstain']} neither: {found['outcome']}")
    enough = could_matter(rule, votes, entitled, spoilt, left)
    none = {"blank": 0, "elected": [], "empty": 0, "by_lot": False, "lot": {"number": "", "lost": ""}}
    return found | none | words | {"votes": votes}, enough
