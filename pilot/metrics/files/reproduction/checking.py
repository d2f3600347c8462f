"""Whether the files, the versions of the plan and each status are as they should be."""


# mypy: ignore-errors

import hashlib
import json

from .reading import FEWEST_PILOTS, days, is_number, within


def sha256(path):
    """The SHA-256 of a file in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def altered_files(folder):
    """A sentence for each file that is not the one that SHA256SUMS or sap.sha256 names."""
    wrong, named = [], {}
    for name in ("SHA256SUMS", "sap.sha256"):
        lines = (folder / name).read_text(encoding="utf-8").splitlines() if (folder / name).is_file() else []
        sums = {file: digest for digest, _, file in (line.partition("  ") for line in lines)}
        for file, digest in sums.items():
            if not (folder / file).is_file():
                wrong.append(f"{file} is not there, but {name} names it")
            elif sha256(folder / file) != digest:
                wrong.append(f"{file} is not the file that {name} names")
        named[name] = sums
    programs = [folder / "reproduce.py", *folder.glob("reproduction/*.py")]
    for path in sorted([*folder.glob("*.csv"), *folder.glob("sap*.json"), *programs]):
        file = path.relative_to(folder).as_posix()
        for name in ("SHA256SUMS", "sap.sha256") if path.suffix == ".json" else ("SHA256SUMS",):
            if file not in named[name]:
                wrong.append(f"{file} is not named by {name}")
    return wrong


def plans_of(bundle):
    """Every version of the plan up to the one that was followed, and a sentence for each that does not fit."""
    paths = [bundle.folder / f"sap-{number}.json" for number in range(1, bundle.document["version"])]
    plans, wrong, before = [], [], ""
    for number, path in enumerate([*paths, bundle.folder / "sap.json"], 1):
        if not path.is_file():
            wrong.append(f"{path.name} is not there, but the plan amends it")
            continue
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] != number:
            wrong.append(f"{path.name} is not version {number} of the plan")
        if document["amends"] != before:
            wrong.append(f"{path.name} does not amend the version before it")
        plans.append(document)
        before = sha256(path)
    return plans, wrong


class Status:
    """What each estimate may be used for, by every version of the plan."""

    def __init__(self, bundle, plans):
        self.bundle, self.plans, trusts = bundle, plans, bundle.trusts.values()
        arms = sorted([one["ods_code"], one["arm"], one["set_id"], one["starts_on"]] for one in trusts)
        text = json.dumps(arms, separators=(",", ":"), ensure_ascii=False)
        self.allocation = hashlib.sha256(text.encode("utf-8")).hexdigest()
        self.drawn = all(one["eligible"] == "yes" for one in trusts)

    def of(self, outcome):
        """What an outcome's estimates are, by themselves."""
        fits = [not self.departs(outcome, document) for document in self.plans]
        since = len(fits) - 1
        while since and fits[since - 1]:
            since -= 1
        seen = [document["seen"] for document in self.plans]
        if not fits[-1] or seen[0] or (since and any(seen[since:])):
            said = "exploratory"
        else:
            said = "amended" if since else "prespecified"
        return said + ("" if self.drawn else ", not randomised")

    def departs(self, outcome, document):
        """Whether what was done departs from one version of the plan."""
        plan, here = document["plan"], self.bundle.plan
        wanted = outcome["instrument"], outcome["name"]
        named = [one for one in [plan["primary"], *plan["secondaries"]] if (one["instrument"], one["name"]) == wanted]
        if not named or not all(self.covers(outcome, named[0], side) for side in ("before", "after")):
            return True
        fields = ("estimator", "control", "test", "seed", "missing")
        if any(plan[field] != here[field] for field in fields) or float(plan["alpha"]) != float(here["alpha"]):
            return True
        units = self.bundle.panel_of(outcome)[0].sets
        if plan["sets"] != ("matched" if any(units) else "none"):
            return True
        followed = ["baseline"] if plan["estimator"] == "ancova" else []
        if any(name.strip().casefold() not in followed for name in plan["covariates"]):
            return True
        return document["allocation"] != self.allocation if document["allocation"] else not self.drawn

    def covers(self, outcome, named, side):
        """Whether the periods on one side are all that this version asks for, from its first to its last."""
        waves = sorted(self.bundle.told[outcome["instrument"], outcome["name"]]["waves"].split(), key=days)
        asked, planned = within(outcome[side], waves), within(named[side], waves)
        if not asked or asked != planned:
            return False
        first, last = days(named[side]["first"]), days(named[side]["last"])
        return days(asked[0])[0] <= first[1] and days(asked[-1])[1] >= last[0]


def wrong_status(bundle, plans):
    """A sentence for each row of estimates.csv whose status or plan is not what follows from the plan."""
    wrong, status = [], Status(bundle, plans)
    spec = f"plan {bundle.document['version']}, {sha256(bundle.folder / 'sap.json')[:12]}"
    outcomes = {one["name"]: one for one in [bundle.plan["primary"], *bundle.plan["secondaries"]]}
    known = {name: status.of(one) for name, one in outcomes.items() if bundle.panel_of(one)[0].names}
    for line in bundle.table("estimates"):
        said = known.get(line["outcome"], "nothing")
        if line["estimand"] == "response rate" and said != "nothing":
            said = "exploratory" + said[len(said.split(",")[0]) :]
        if is_number(line["n_trusts_t"]) and int(line["n_trusts_t"]) < FEWEST_PILOTS:
            said += "; no confirmatory inference: fewer than five pilot trusts"
        where = f"estimates.csv, {line['outcome']}, {line['estimand']}, {line['estimator']}"
        if line["status"] != said:
            wrong.append(f"{where}, status: the file says {line['status'] or 'nothing'}, but it is {said}")
        if not line["spec_id"].endswith(spec):
            wrong.append(f"{where}, spec_id: the file says {line['spec_id'] or 'nothing'}, but it is … {spec}")
    return wrong


def look_first(bundle):
    """What is wrong with the files, the versions of the plan and each status, in sentences."""
    plans, wrong = plans_of(bundle)
    wrong = altered_files(bundle.folder) + wrong
    return wrong + (wrong_status(bundle, plans) if len(plans) == bundle.document["version"] else [])
