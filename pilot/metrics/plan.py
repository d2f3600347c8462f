"""The plan of an evaluation, written before the data are seen: plan.json, checked key by key. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, cast

import msgspec

from pilot.errors import BadInput

Missing = Literal["complete", "available"]
Test = Literal["permutation", "cluster", "wild"]

ESTIMATORS = ("did", "ancova", "callaway-santanna", "twfe", "sdid")
CONTROLS = ("never", "not_yet")
TESTS = ("permutation", "cluster", "wild")
AGGREGATES = ("simple", "dynamic", "group", "calendar")


ERRORS = {
    "design": "Welch’s, or between the matched sets where one has a lone pilot or control",
    "CR1": "clustered by trust (CR1)",
    "CR2": "clustered by trust (CR2), with the degrees of freedom of Bell and McCaffrey",
    "influence": "from what each trust adds to the estimate (its influence), widened for few trusts",
    "placebos": "from controls that take the place of the pilots (placebos)",
}
"""Every standard error that an estimator gives, in words that follow “its standard error is”."""

_OF_ESTIMATORS = {"ancova": "CR2", "callaway-santanna": "influence", "twfe": "CR1", "sdid": "placebos"}


def error_of(estimator: str, test: str, *, in_sets: bool) -> str:
    """Which of ERRORS an estimator gives beside a test; `in_sets`: several matched sets are compared."""
    if estimator == "did":
        return "design" if in_sets or test == "permutation" else "CR1"
    return "CR1" if (estimator, test) == ("ancova", "cluster") else _OF_ESTIMATORS[estimator]


def is_too_easy(estimator: str, test: str, *, in_sets: bool) -> bool:
    """Whether a test finds differences too easily when there are few pilots (docs/evaluation-figures.md)."""
    return test == "cluster" and error_of(estimator, test, in_sets=in_sets) == "CR1"


class Plan(msgspec.Struct, frozen=True):
    """What is to be estimated and how; each field has the meaning of the key of its name in plan.json.

    `alpha` is the share of false alarms that is accepted, so that intervals cover 1 − alpha. `missing` is
    "complete" (only units with every period) or "available" (means of whatever is there).
    """

    outcomes: tuple[str, ...]
    estimator: str = "did"
    control: str = "never"
    test: Test = "permutation"
    seed: int = 20270401
    alpha: float = 0.05
    aggregates: tuple[str, ...] = ("simple",)
    missing: Missing = "complete"
    digest: str = ""


def read_plan(content: bytes) -> Plan:
    """Read plan.json. Raises BadInput with one sentence that names the key that is wrong and what it may be."""
    try:
        raw = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"The plan is not JSON that can be read: {error}.") from error
    if not isinstance(raw, dict):
        raise BadInput('The plan must be a JSON object, like {"outcome": "engagement", "estimator": "did"}.')
    known = {"outcome", *Plan.__struct_fields__} - {"outcomes", "digest"}
    if unknown := sorted(set(raw) - known):
        raise BadInput(f"The plan has a key that is not known: “{unknown[0]}”. It may have {_list(sorted(known))}.")
    alpha = raw.get("alpha", 0.05)
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0 < alpha < 0.5:
        raise BadInput("The plan's “alpha” must be a number between 0 and 0.5, like 0.05.")
    seed = raw.get("seed", Plan.__struct_defaults__[3])
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise BadInput("The plan's “seed” must be a whole number, 0 or more.")
    return Plan(
        outcomes=_outcomes(raw),
        estimator=_choice(raw, "estimator", ESTIMATORS, "did"),
        control=_choice(raw, "control", CONTROLS, "never"),
        test=cast(Test, _choice(raw, "test", TESTS, "permutation")),
        seed=seed,
        alpha=float(alpha),
        aggregates=_aggregates(raw),
        missing=cast(Missing, _choice(raw, "missing", ("complete", "available"), "complete")),
        digest=digest(raw),
    )


def digest(raw: Mapping[str, Any]) -> str:
    """The first 12 hex digits of the SHA-256 of the plan with its keys sorted: the same plan, the same digits."""
    return hashlib.sha256(msgspec.json.encode(raw, order="deterministic")).hexdigest()[:12]


def _outcomes(raw: Mapping[str, Any]) -> tuple[str, ...]:
    given = raw.get("outcome")
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise BadInput("The plan must name an “outcome”: the column of the panel that is compared.")
    if len(set(names)) < len(names):
        raise BadInput("The plan names one outcome twice.")
    return tuple(names)


def _choice(raw: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str) -> str:
    value = raw.get(key, default)
    if value not in allowed:
        raise BadInput(
            f"The plan's “{key}” must be {_list(allowed, 'or')}, but is {msgspec.json.encode(value).decode()}."
        )
    return str(value)


def _aggregates(raw: Mapping[str, Any]) -> tuple[str, ...]:
    given = raw.get("aggregates", ["simple"])
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not names or any(name not in AGGREGATES for name in names):
        raise BadInput(f"The plan's “aggregates” must be a list of {_list(AGGREGATES, 'or')}.")
    return tuple(dict.fromkeys(names))


def _list(words: tuple[str, ...] | list[str], last: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
