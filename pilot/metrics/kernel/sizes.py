"""What a study of so many matched sets could show, before any of them is drawn. Pure."""

from pilot.metrics.design import Options
from pilot.metrics.kernel.designs import PowerPoint, Spread
from pilot.metrics.kernel.power import mde

SIZES = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100)


def curve(options: Options, sets: int, spread: Spread) -> tuple[PowerPoint, ...]:
    """The smallest effect for each usual number of sets up to `sets`, and for `sets` itself.

    Sets in which an arm stands alone show how sure an estimate is only from set to set; then `mde_in_sets` is the
    larger effect that such an analysis needs, else None.
    """
    lone = min(options.pilots, options.controls) < 2
    points = []
    for number in sorted({size for size in SIZES if size < sets} | ({sets} if sets > 1 else set())):
        pilots, controls = number * options.pilots, number * options.controls
        in_sets = mde(spread.sd, pilots, controls, number) if lone else None
        points.append(PowerPoint(pilots, controls, mde(spread.sd, pilots, controls), in_sets))
    return tuple(points)
