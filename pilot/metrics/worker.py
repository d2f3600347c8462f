"""The process that computes: an order in on stdin, an answer out on stdout, and no other way in or out.

`python -m pilot.metrics.worker MEGABYTES`. It has no database, and the web process never loads what it loads.
"""

import resource
import sys

import msgspec

from pilot.errors import Refused
from pilot.metrics.kernel.estimates import Answer, Order


def answer(order: Order) -> Answer:
    """Answer the question and draw its trends; what cannot be compared is refused in a sentence."""
    from pilot.metrics.figures.trends import arms_over_time
    from pilot.metrics.kernel import did

    try:
        estimate = did.compare(order.question)
        contrasts = did.contrasts(order.question)
        points = did.trends(order.question)
    except Refused as refusal:
        return Answer(refusal=refusal.reason)
    return Answer(estimate, contrasts, points, arms_over_time(order.question, points, order.picture).svg)


def main(arguments: list[str]) -> int:
    """Read one order, write one answer. A fault, or too little memory, leaves a trace on stderr and no answer."""
    limit = int(arguments[0]) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    found = answer(msgspec.json.decode(sys.stdin.buffer.read(), type=Order))
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
