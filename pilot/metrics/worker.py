"""The process that computes: an order in on stdin, an answer out on stdout, and no other way in or out.

`python -m pilot.metrics.worker MEGABYTES`. It has no database, and the web process never loads what it loads.
"""

import resource
import sys
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from pilot.errors import Refused
from pilot.metrics.kernel.designs import DrawnUp, DrawUp, Weighed, WeighUp
from pilot.metrics.kernel.estimates import REFUSED, STEP, Answer, Order
from pilot.metrics.kernel.studies import Studied, StudyOrder


def compare(order: Order) -> Answer:
    """Answer the question and draw its trends."""
    from pilot.metrics.figures.trends import arms_over_time
    from pilot.metrics.kernel import did

    estimate = did.compare(order.question)
    contrasts = did.contrasts(order.question)
    points = did.trends(order.question)
    return Answer(estimate, contrasts, points, arms_over_time(order.question, points, order.picture).svg)


def draw_up(order: DrawUp) -> DrawnUp:
    """Form the sets, and draw how alike they are and what they could show."""
    from pilot.metrics.figures import designs
    from pilot.metrics.kernel import balance, matching, sizes

    sets, leftovers = matching.form_sets(order.candidates, order.options)
    typical = balance.typical(order.candidates, sets, order.options.pilots)
    power = sizes.curve(order.options, len(sets), order.spread)
    return DrawnUp(
        sets=sets, leftovers=leftovers, covariates=matching.matched_on(order.candidates), typical=typical, power=power,
        love=designs.typical(typical).svg, curve=designs.power(power, order.baseline).svg,
    )  # fmt: skip


def weigh_up(order: WeighUp) -> Weighed:
    """Compare the arms that were drawn, and draw how alike they are."""
    from pilot.metrics.figures import designs
    from pilot.metrics.kernel import balance

    rows = balance.weigh(order.candidates, order.sets, order.pilots)
    return Weighed(rows, designs.love(rows).svg)


def work_out(order: StudyOrder) -> Studied:
    """Work out a whole study, with its pictures, and say what is being done."""
    from pilot.metrics.figures.whole import pictures
    from pilot.metrics.kernel import study

    found = study.work_out(order, _say)
    _say("Drawing the pictures")
    drawn = pictures(order, found)
    svg = {name: drawing.svg for name, drawing in drawn.items()}
    return replace(found, svg=svg, png={name: drawing.png for name, drawing in drawn.items()})


def _say(step: str) -> None:
    sys.stderr.buffer.write(STEP + step.encode() + b"\n")
    sys.stderr.buffer.flush()


DUTIES: dict[type[msgspec.Struct], Callable[[Any], msgspec.Struct]] = {
    Order: compare,
    DrawUp: draw_up,
    WeighUp: weigh_up,
    StudyOrder: work_out,
}
"""What the worker can do: each kind of order, by its tag, and who carries it out."""

ORDERS = msgspec.json.Decoder(Order | DrawUp | WeighUp | StudyOrder)


def main(arguments: list[str]) -> int:
    """Read one order, write one answer; with REFUSED, the sentence that says why there is none.

    A fault, or too little memory, leaves a trace on stderr and no answer.
    """
    import scipy.linalg  # before the limit: OpenBLAS waits for ever for memory that it cannot have while it loads
    import scipy.special  # noqa: F401

    limit = int(arguments[0]) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    order = ORDERS.decode(sys.stdin.buffer.read())
    try:
        found = DUTIES[type(order)](order)
    except Refused as refusal:
        sys.stdout.buffer.write(refusal.reason.encode())
        return REFUSED
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
