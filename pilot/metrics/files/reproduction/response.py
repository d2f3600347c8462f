"""Those who did not answer: the tipping point."""


# mypy: ignore-errors

import numpy as np

from .reading import RefusedError
from .sensitivity import said


def tipping(panel, rates, found):
    """The rows of the check “response”: how different silent staff of the pilots would have to be."""
    means, used = [], set(found.units)
    for place in np.flatnonzero(panel.treated):
        later = np.isfinite(panel.y[place]) & (np.arange(panel.periods) >= panel.start[place])
        if panel.names[place] in used and later.any():
            means.append(float(rates[place][later].mean()))
    rate = float(np.mean(means))
    if not 0 < rate <= 1:  # so is a rate that is not known
        raise RefusedError("the response rate of a pilot is not known")
    lo, hi = found.first["lo"], found.first["hi"]
    if rate == 1 or lo is None or hi is None:
        return []
    silent = 1 - rate
    near = 0.0 if lo <= 0 <= hi else min(lo, hi, key=abs)
    edge, rows = f"{0.0 - near / silent:.6g}", []
    for d in sorted({0.0, 0.0 - found.first["att"] / silent}, key=abs):
        ends = lo + silent * d, hi + silent * d
        rows.append(("tipping point", f"{d:.6g}", *ends, said(*ends), edge))
    return rows
