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


# mypy: ignore-errors

PREFERENTIAL, MEEK = ("scottish-stv", "alternative-vote"), "meek-stv"
MOST_VOTES = ("first-past-the-post", "block-plurality", "approval")
NOBODY = "Re-open nominations"
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


def scottish(count, vote):
    quota = (count.valid // (count.seats + 1) + 1) * vote  # rule 46
    count.quota = str(quota // vote)
    held = {n: [] for n in count.standing}  # the papers of each candidate: ranking, how many, what each is worth
    for ranking, many in count.papers.items():
        held[ranking[0]].append((ranking, many, vote))
    votes = {n: sum(many * worth for _, many, worth in held[n]) for n in count.standing}
    surpluses, history = [], []

    def move(givers, now_worth):
        """Each paper goes to its next choice among those who still take votes, or to nobody."""
        takers = set(count.continuing()) | ({count.nobody} if count.empty else set())
        for giver in givers:
            papers, held[giver], votes[giver] = held[giver], [], 0
            for ranking, many, worth in papers:
                to = next((n for n in ranking if n in takers), None)
                if to is not None:
                    held[to].append((ranking, many, now_worth(worth)))
                    votes[to] += many * now_worth(worth)

    def seats():
        """Rules 47 and 52: the quota elects; when no more candidates are left than seats, they are elected.

        Without any paper that counts nobody is elected.
        """
        if not count.valid:
            return True
        while count.vacancies():
            pool = count.continuing() + ([count.nobody] if count.empty else [])
            has = {n: votes[n] - (quota * count.empty if n == count.nobody else 0) for n in pool}
            reached = [n for n in sorted(pool) if has[n] >= quota and n not in count.doomed(pool)]
            if not reached:
                break
            level = furthest(max, has, reached)
            fits = all(n not in count.doomed(level, level[:at]) for at, n in enumerate(level))
            fits = fits and len(level) <= count.vacancies()
            chosen = level[0] if fits else count.settle(max, level, history, len(history))
            count.take(chosen)
            if chosen != count.nobody and votes[chosen] > quota:
                surpluses.append(chosen)
        left = [n for n in count.continuing() if n not in count.doomed(count.continuing())]
        if count.vacancies() < len(left) and count.vacancies():
            return False
        for number in sorted(left, key=lambda n: -votes[n]) if count.vacancies() else []:
            count.take(number)
        return True

    def close(kind, acts_on=(), excluded=(), **more):
        history.append(dict(votes))
        before = len(count.elected)
        done = seats()
        count.stage(kind, votes, acts_on, excluded, before, **more)
        return done

    done = close("first")
    while not done:
        stage = len(history) + 1
        losers = sorted(count.doomed(count.continuing()), key=lambda n: (votes[n], n))
        if surpluses and not losers:  # rules 48 and 49
            level = furthest(max, votes, surpluses)
            giver = level[0] if len(level) == 1 else count.settle(max, level, history, stage)
            surpluses.remove(giver)
            total, surplus = votes[giver], votes[giver] - quota
            move([giver], lambda worth, part=surplus, whole=total: part * worth // whole)
            votes[giver] = quota
            done = close("surplus", [giver], value=fixed(surplus * vote // total, vote))
            continue
        if not losers:  # rules 50 and 51
            level = furthest(min, votes, [n for n in count.continuing() if n not in count.guarded()])
            losers = level if len(level) == 1 else [count.settle(min, level, history, stage)]
        count.excluded += losers
        move(losers, lambda worth: worth)
        done = close("exclusion", losers, losers)


def most_votes(count, _):
    votes = {n: sum(many for chosen, many in count.papers.items() if n in chosen) for n in count.standing}
    bar = votes.get(count.nobody, -1)
    count.take_seats(votes, [n for n in count.standing if n != count.nobody and votes[n] > bar], 1)
    count.stage("count", votes)


def meek(count, vote):
    keep = dict.fromkeys(count.standing, vote)  # the share of a vote that a candidate keeps
    loser = None

    def distribute():
        """Step B.2.a: each candidate on a paper keeps their share of what is left of it, rounded up."""
        votes = dict.fromkeys(count.standing, 0)
        for ranking, many in count.papers.items():
            weight = vote
            for n in ranking:
                kept = up(weight * keep[n], vote)
                votes[n] += kept * many
                weight -= kept
        return votes, sum(votes.values()) // (count.seats + 1) + 1

    def over():
        left = count.continuing()
        return not count.vacancies() or (len(left) <= count.vacancies() and not count.doomed(left))

    def lowest(votes, surplus):
        """Steps B.3 and T: the fewest votes, or too close to tell."""
        left, doomed = count.continuing(), count.doomed(count.continuing())
        left = [n for n in left if (n in doomed if doomed else n not in count.guarded())]
        level = [n for n in left if votes[n] <= min(votes[m] for m in left) + surplus]
        return level[0] if len(level) == 1 else count.settle(min, level, [], len(count.stages) + 2)

    def rest(votes):
        for number in sorted(count.continuing() if count.vacancies() else [], key=lambda n: -votes[n]):
            count.take(number)

    while True:
        had, before = len(count.elected), None
        gone, acts_on = [loser] if loser else [], [loser] if loser else list(count.elected)
        while True:
            votes, quota = distribute()
            reached = [n for n in count.continuing() if votes[n] >= quota and n != count.nobody]
            count.take_seats(votes, reached, len(count.stages) + 1)
            surplus = max(0, sum(votes[n] - quota for n in count.elected))
            if len(count.elected) > had or surplus < vote // 10**6 or (before is not None and surplus >= before):
                break
            for n in count.elected:  # step B.2.f
                keep[n] = up(up(keep[n] * quota, vote) * vote, votes[n])
            before = surplus
        while count.nobody in count.standing and count.nobody not in count.excluded and count.vacancies():
            pool = {*count.continuing(), count.nobody}
            if count.nobody in count.doomed(pool) or votes[count.nobody] < quota * (count.empty + 1):
                break
            count.empty += 1
        kind = "exclusion" if loser else "surplus" if count.stages else "first"
        loser = None if len(count.elected) > had or over() else lowest(votes, surplus)
        if loser is None and over():
            rest(votes)
        count.quota = count.quota or fixed(quota, vote)
        count.stage(kind, votes, acts_on, gone, had, quota=fixed(quota, vote))
        if loser is not None:
            count.excluded.append(loser)
            keep[loser] = 0
        if over():
            break
    if loser is not None:
        had = len(count.elected)
        rest(votes)
        count.stage("remaining", votes | {loser: 0}, (), [loser], had, quota=fixed(quota, vote))


def fixed(parts, vote):
    """Parts of a vote as a figure: 12345678 of 100000 are "123.45678", 5 of 1 are "5"."""
    places = len(str(vote)) - 1
    return f"{parts // vote}.{parts % vote:0{places}}" if places else str(parts)


def recount(rule, names, papers, order=None, withdrawn=()):
    """The count as count.json has it, but without its title and its sentences.

    `rule` as in the manifest; `names` of the candidates, by their numbers from 1; `papers`: how many say each ranking, a
    tuple of numbers; `order`: the lot's order of all numbers, luckiest first.
    """
    name, vote = rule["name"], PARTS[rule["name"]]
    count = Count(rule, names, papers, order, withdrawn)
    (scottish if name in PREFERENTIAL else meek if name == MEEK else most_votes)(count, vote)
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
