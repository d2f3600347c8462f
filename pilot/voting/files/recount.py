"""Count the papers of an election again, in plain Python and without a line of the website's own counter.

It stands beside verify.py in the record of a vote, which uses it. It can also be used alone:

    python3 recount.py ballots.blt --rule scottish-stv [--reopen 6] [--reserve 1,4:1:2] [--order 3,1,2]

It is written to be read, not to be fast. The rules, all counted in whole numbers of the smallest part of a vote:
- scottish-stv: Scottish Local Government Elections Order 2007 (SSI 2007/42), Schedule 1, rules 45 to 52: the quota is
  the next whole number above papers / (seats + 1); papers of a surplus are worth surplus x worth / votes, cut off after
  five decimals. alternative-vote is the same with one seat.
- first-past-the-post, block-plurality, approval: one vote for each candidate on a paper, the most votes win.
- meek-stv: the Reference Meek Rule of the Proportional Representation Foundation, with nine decimals.
In all of them "re-open nominations" is a candidate whose seats stay empty, seats may be kept for classes of candidates,
and ties are settled by the latest stage that tells (not in Meek), else by the lot.
"""

# ruff: noqa: T201 -- it is a program that speaks to a person
# mypy: ignore-errors

import argparse
import hashlib
import json
import re
import sys

PREFERENTIAL, MEEK = ("scottish-stv", "alternative-vote"), "meek-stv"
MOST_VOTES = ("first-past-the-post", "block-plurality", "approval")
PARTS = dict.fromkeys(PREFERENTIAL, 10**5) | {MEEK: 10**9} | dict.fromkeys(MOST_VOTES, 1)
"""Parts in one vote, by rule."""


class Count:
    """What is asked, what was decided so far, and the stages. `rule` is the one in the manifest."""

    def __init__(self, rule, names, papers, order=None, withdrawn=()):
        self.order, self.seats, self.nobody = order, rule["seats"], rule.get("reopen", 0)
        self.standing = [n for n in range(1, len(names) + 1) if n not in withdrawn]
        kept = [(set(one["candidates"]), one["least"], one.get("most", len(names))) for one in rule.get("reserves", ())]
        in_none = set(self.standing).difference(*(members for members, _, _ in kept))
        self.classes = [*kept, (in_none, 0, len(names))]  # members, at least so many elected, at most so many
        self.reserved = bool(kept)
        self.papers = {}
        for ranking, many in papers.items():
            left = tuple(n for n in ranking if n not in withdrawn)
            self.papers[left] = self.papers.get(left, 0) + many
        self.blank = self.papers.pop((), 0)
        self.valid = sum(self.papers.values())
        self.elected, self.excluded, self.stages, self.ties = [], [], [], []
        self.empty, self.quota = 0, None

    def continuing(self):
        """Who is neither elected nor excluded. "Re-open nominations" is not among them once it holds a seat."""
        done = {*self.elected, *self.excluded} | ({self.nobody} if self.empty else set())
        return [n for n in self.standing if n not in done]

    def vacancies(self, more=()):
        return self.seats - len({*self.elected, *more}) - self.empty

    def take(self, number):
        """A seat for a candidate; for "re-open nominations" an empty one."""
        if number == self.nobody:
            self.empty += 1
        else:
            self.elected.append(number)

    def stage(self, kind, votes, acts_on=(), excluded=(), before=0, **more):
        """Note a stage after all that it decided; `before` is how many were elected before it."""
        self.excluded += [n for n in excluded if n not in self.excluded]
        stage = {"number": len(self.stages) + 1, "kind": kind, "parts": dict(votes), "acts_on": list(acts_on)}
        self.stages.append(stage | {"elected": self.elected[before:], "excluded": list(excluded)} | more)

    # Seats that are kept for classes.

    def doomed(self, among, more=()):
        """Those who can have no seat any more, once these `more` have one, too.

        Their class has its most, or all seats that are left are needed for classes that have not got their least.
        """
        elected, found = {*self.elected, *more}, set()
        had = [len(members & elected) for members, _, _ in self.classes]
        needed = sum(max(0, least - has) for (_, least, _), has in zip(self.classes, had, strict=True))
        for (members, least, most), has in zip(self.classes, had, strict=True):
            if has >= most or (needed >= self.vacancies(more) and has >= least):
                found |= members
        return found & set(among) - elected if self.reserved else set()

    def guarded(self):
        """Those without whom a class could not get its least, or the seats that are left could not all be filled."""
        here = [members & set(self.continuing()) for members, _, _ in self.classes]
        had = [len(members & set(self.elected)) for members, _, _ in self.classes]
        rows = [
            (who, least - has, most - has) for who, has, (_, least, most) in zip(here, had, self.classes, strict=True)
        ]
        all_needed = sum(min(len(who), open_) for who, _, open_ in rows) <= self.vacancies()
        kept = (who for who, short, open_ in rows if len(who) <= short or (all_needed and len(who) <= open_))
        return set().union(*kept) if self.reserved else set()

    def able(self, pool, more=()):
        """Who of the pool can take the next seat, once these `more` have one."""
        if self.vacancies(more) <= 0:
            return []
        return sorted(set(pool) - {*self.elected, *more} - self.doomed(pool, more))

    def certain(self, number, level):
        """Whether one of candidates who are level gets a seat even after all the others."""
        first = []
        for other in level:
            if other != number and other in self.able(level, first):
                first.append(other)
        return number in self.able(level, first)

    def take_seats(self, votes, pool, stage):
        """Seats for the pool, most votes first; the lot decides between those who are level and cannot all have one."""
        while able := self.able(pool):
            level = furthest(max, votes, able)
            for number in [n for n in level if self.certain(n, level)] or [self.settle(max, level, [], stage)]:
                self.take(number)

    # Ties.

    def settle(self, way, level, history, stage):
        """One of those who are level: who had most (way = max) or fewest (min) at the latest stage that tells."""
        left, settled = sorted(level), "lot"
        for at in range(len(history), 0, -1):
            left = furthest(way, history[at - 1], left)
            if len(left) == 1:
                settled = f"lookback {at}"
                break
        else:
            if self.order is None:
                raise LookupError(f"candidates {left} are level, and no lot was given")
            left = [(min if way is max else max)(left, key=self.order.index)]
        self.ties.append({"stage": stage, "candidates": sorted(level), "settled": settled, "chosen": left[0]})
        return left[0]


def furthest(way, votes, among):
    """Those with the most votes (way = max) or the fewest (min)."""
    edge = way(votes[n] for n in among)
    return [n for n in among if votes[n] == edge]


def up(parts, by):
    """Divided and rounded up."""
    return -(-parts // by)


class Scottish(Count):
    """The papers lie in piles: `held` has for each candidate the ranking, how many papers, and what each is worth."""

    def run(self, vote):
        self.vote, self.held, self.surpluses, self.history = vote, {n: [] for n in self.standing}, [], []
        self.quota = str(self.valid // (self.seats + 1) + 1)  # rule 46
        self.needed = int(self.quota) * vote
        for ranking, many in self.papers.items():
            self.held[ranking[0]].append((ranking, many, vote))
        self.votes = {n: sum(many * worth for _, many, worth in self.held[n]) for n in self.standing}
        done = self.close("first")
        while not done:
            losers = sorted(self.doomed(self.continuing()), key=lambda n: (self.votes[n], n))
            done = self.move_surplus() if self.surpluses and not losers else self.exclude(losers or [self.last()])

    def move_surplus(self):
        """Rules 48 and 49: the largest surplus moves."""
        level = furthest(max, self.votes, self.surpluses)
        giver = level[0] if len(level) == 1 else self.settle(max, level, self.history, len(self.history) + 1)
        self.surpluses.remove(giver)
        total, surplus = self.votes[giver], self.votes[giver] - self.needed
        self.move([giver], lambda worth: surplus * worth // total)
        self.votes[giver] = self.needed
        return self.close("surplus", [giver], value=fixed(surplus * self.vote // total, self.vote))

    def last(self):
        """Rules 50 and 51: who has the fewest votes."""
        level = furthest(min, self.votes, [n for n in self.continuing() if n not in self.guarded()])
        return level[0] if len(level) == 1 else self.settle(min, level, self.history, len(self.history) + 1)

    def exclude(self, losers):
        self.excluded += losers
        self.move(losers, lambda worth: worth)
        return self.close("exclusion", losers, losers)

    def move(self, givers, now_worth):
        """Each paper goes to its next choice among those who still take votes, or to nobody."""
        takers = set(self.continuing()) | ({self.nobody} if self.empty else set())
        for giver in givers:
            papers, self.held[giver], self.votes[giver] = self.held[giver], [], 0
            for ranking, many, worth in papers:
                to = next((n for n in ranking if n in takers), None)
                if to is not None:
                    self.held[to].append((ranking, many, now_worth(worth)))
                    self.votes[to] += many * now_worth(worth)

    def close(self, kind, acts_on=(), excluded=(), **more):
        """The end of a stage: who is elected now; whether the count is over."""
        self.history.append(dict(self.votes))
        before = len(self.elected)
        done = self.fill()
        self.stage(kind, self.votes, acts_on, excluded, before, **more)
        return done

    def fill(self):
        """Rules 47 and 52: the quota elects; when no more candidates are left than seats, they are elected.

        Without any paper that counts nobody is elected.
        """
        if not self.valid:
            return True
        while self.vacancies():
            pool = self.continuing() + ([self.nobody] if self.empty else [])
            has = {n: self.votes[n] - (self.needed * self.empty if n == self.nobody else 0) for n in pool}
            reached = [n for n in sorted(pool) if has[n] >= self.needed and n not in self.doomed(pool)]
            if not reached:
                break
            level = furthest(max, has, reached)
            fit = all(n not in self.doomed(level, level[:at]) for at, n in enumerate(level))
            fit = fit and len(level) <= self.vacancies()
            chosen = level[0] if fit else self.settle(max, level, self.history, len(self.history))
            self.take(chosen)
            if chosen != self.nobody and self.votes[chosen] > self.needed:
                self.surpluses.append(chosen)
        left = [n for n in self.continuing() if n not in self.doomed(self.continuing())]
        if 0 < self.vacancies() < len(left):
            return False
        for number in sorted(left, key=lambda n: -self.votes[n]) if self.vacancies() else []:
            self.take(number)
        return True


class MostVotes(Count):
    def run(self, _):
        votes = {n: sum(many for chosen, many in self.papers.items() if n in chosen) for n in self.standing}
        bar = votes.get(self.nobody, -1)
        if self.valid:
            self.take_seats(votes, [n for n in self.standing if n != self.nobody and votes[n] > bar], 1)
        self.stage("count", votes)


class Meek(Count):
    """`keep` has the share of each vote that a candidate keeps."""

    def run(self, vote):
        self.vote, self.keep, loser = vote, dict.fromkeys(self.standing, vote), None
        while not self.stages or not self.over():
            had, gone = len(self.elected), [loser] if loser else []
            acts_on = gone or list(self.elected)
            votes, quota, surplus = self.settled()
            self.reopen(votes, quota)
            kind = "exclusion" if loser else "surplus" if self.stages else "first"
            loser = None if len(self.elected) > had or self.over() else self.last(votes, surplus)
            if loser is None and self.over():
                self.take_rest(votes)
            self.quota = self.quota or fixed(quota, vote)
            self.stage(kind, votes, acts_on, gone, had, quota=fixed(quota, vote))
            if loser is not None:
                self.excluded.append(loser)
                self.keep[loser] = 0
        if loser is not None:
            had = len(self.elected)
            self.take_rest(votes)
            self.stage("remaining", votes | {loser: 0}, (), [loser], had, quota=fixed(quota, vote))

    def over(self):
        """Step B.1; without any paper that counts nobody is elected."""
        left = self.continuing()
        filled = not self.vacancies() or (len(left) <= self.vacancies() and not self.doomed(left))
        return filled or not self.valid

    def settled(self):
        """Step B.2: votes, quota and surplus once somebody is elected, or the surplus has moved."""
        had, before = len(self.elected), None
        while True:
            votes, quota, surplus = self.weighed(self.distribute())
            small = surplus < self.vote // 10**6 or (before is not None and surplus >= before)
            if small or len(self.elected) > had:
                return votes, quota, surplus
            for n in self.elected:
                self.keep[n] = up(up(self.keep[n] * quota, self.vote) * self.vote, votes[n])
            before = surplus

    def weighed(self, votes):
        """These votes with their quota, after those who have it are elected, and the surplus."""
        quota = sum(votes.values()) // (self.seats + 1) + 1
        reached = [n for n in self.continuing() if votes[n] >= quota and n != self.nobody]
        self.take_seats(votes, reached, len(self.stages) + 1)
        return votes, quota, max(0, sum(votes[n] - quota for n in self.elected))

    def distribute(self):
        """Step B.2.a: each candidate on a paper keeps their share of what is left of it, rounded up."""
        votes = dict.fromkeys(self.standing, 0)
        for ranking, many in self.papers.items():
            weight = self.vote
            for n in ranking:
                if not weight:
                    break
                kept = up(weight * self.keep[n], self.vote)
                votes[n] += kept * many
                weight -= kept
        return votes

    def reopen(self, votes, quota):
        """A seat stays empty for each quota of "re-open nominations"."""
        while self.nobody in self.standing and self.nobody not in self.excluded and self.vacancies():
            kept = self.doomed({*self.continuing(), self.nobody})
            if self.nobody in kept or votes[self.nobody] < quota * (self.empty + 1):
                break
            self.empty += 1

    def last(self, votes, surplus):
        """Steps B.3 and T: who has the fewest votes; the lot decides between those too close to tell."""
        left, doomed, guarded = self.continuing(), self.doomed(self.continuing()), self.guarded()
        left = [n for n in left if (n in doomed if doomed else n not in guarded)]
        level = [n for n in left if votes[n] <= min(votes[m] for m in left) + surplus]
        return level[0] if len(level) == 1 else self.settle(min, level, [], len(self.stages) + 2)

    def take_rest(self, votes):
        """Step C."""
        for number in sorted(self.continuing() if self.vacancies() and self.valid else [], key=lambda n: -votes[n]):
            self.take(number)


def fixed(parts, vote):
    """Parts of a vote as a figure: 12345678 of 100000 are "123.45678", 5 of 1 are "5"."""
    places = len(str(vote)) - 1
    return f"{parts // vote}.{parts % vote:0{places}}" if places else str(parts)


def recount(rule, names, papers, order=None, withdrawn=(), *, kind=None):
    """The count as count.json has it, but without its title and its sentences.

    `rule` as in the manifest; `names` of the candidates, by their numbers from 1; `papers`: how many say each ranking,
    a tuple of numbers; `order`: the lot's order of all numbers, luckiest first; `kind`: another counter for the rule.
    """
    name, vote = rule["name"], PARTS[rule["name"]]
    kind = kind or (Scottish if name in PREFERENTIAL else Meek if name == MEEK else MostVotes)
    count = kind(rule, names, papers, order, withdrawn)
    count.run(vote)
    at = {n: stage["number"] for stage in count.stages for n in stage["elected"] + stage["excluded"]}
    for stage in count.stages:
        parts = stage.pop("parts")
        stage["votes"] = {str(n): fixed(parts[n], vote) for n in count.standing}
        stage["non_transferable"] = fixed(count.valid * vote - sum(parts.values()), vote) if vote > 1 else "0"
    found = {"rule": name, "version": rule["version"], "seats": count.seats, "candidates": list(names)}
    found |= {"withdrawn": sorted(withdrawn), "valid": count.valid, "blank": count.blank}
    found |= {"quota": count.quota} if count.quota else {}
    for decided in ("elected", "excluded"):
        found[decided] = [{"candidate": n, "name": names[n - 1], "stage": at[n]} for n in getattr(count, decided)]
    return found | {"empty": count.seats - len(count.elected), "stages": count.stages, "ties": count.ties}


def draw(last_list, number, many):
    """The lot's order of all candidates, luckiest first; an empty number when it was lost."""
    seed = hashlib.sha256(last_list + number.encode("ascii")).digest()
    return sorted(range(1, many + 1), key=lambda n: hashlib.sha256(seed + n.to_bytes(2, "big")).digest())


def read_blt(text):
    """Seats, names and papers of a ballots.blt as records have it, and who withdrew."""
    rows = [row.strip() for row in text.split("\n") if row.strip()]
    many, seats = map(int, rows[0].split())
    papers, withdrawn, at = {}, [], 1
    while rows[at] != "0":
        first, *rest = map(int, rows[at].split())
        if first < 0:
            withdrawn += [-n for n in (first, *rest)]
        else:
            papers[tuple(rest[:-1])] = papers.get(tuple(rest[:-1]), 0) + first
        at += 1
    return seats, [unquoted(row) for row in rows[at + 1 : at + 1 + many]], papers, withdrawn


def unquoted(row):
    """A name in its quotation marks; those inside stand as they are, doubled, or with a backslash before them."""
    name = row[1:-1] if len(row) > 1 and row[0] == row[-1] == '"' else row
    if not re.search(r'(?<!\\)"', name):
        return name.replace(r"\"", '"')
    return name if '"' in name.replace('""', "") else name.replace('""', '"')


def kept_seats(text):
    """ "1,4:1:2": candidates 1 and 4, at least 1 of them and at most 2."""
    members, least, *most = text.split(":")
    kept = {"candidates": [int(n) for n in members.split(",")], "least": int(least)}
    return kept | ({"most": int(most[0])} if most else {})


def main():
    parser = argparse.ArgumentParser(description="Count the papers of an election again; prints the count as JSON.")
    parser.add_argument("ballots", help="ballots.blt of a record")
    parser.add_argument("--rule", choices=PARTS, required=True)
    parser.add_argument("--seats", type=int, help="other than the file says")
    parser.add_argument("--reopen", type=int, default=0, help="the number of “Re-open nominations”")
    parser.add_argument(
        "--reserve", type=kept_seats, action="append", default=[], help="numbers:least or numbers:least:most"
    )
    parser.add_argument("--order", help="the lot: all numbers, luckiest first, like 3,1,2")
    args = parser.parse_args()
    with open(args.ballots, encoding="utf-8-sig") as handle:
        seats, names, papers, withdrawn = read_blt(handle.read())
    rule = {"name": args.rule, "version": "1", "seats": args.seats or seats, "reopen": args.reopen}
    order = [int(n) for n in args.order.split(",")] if args.order else None
    try:
        found = recount(rule | {"reserves": args.reserve}, names, papers, order, withdrawn)
    except LookupError as trouble:
        print(f"Not counted: {trouble}. Give --order.", file=sys.stderr)
        return 1
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
