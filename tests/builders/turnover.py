"""retention.csv as it is shown for the first time, and again."""

from pilot.metrics.disclosure import Publication
from pilot.metrics.turnover import retention


def first_shown(movements, months, smallest=11, withheld=frozenset()):
    """The table of these months where nothing was shown before; None when nothing is left of it."""
    return retention(movements, frozenset(months), withheld, Publication(smallest)).table
