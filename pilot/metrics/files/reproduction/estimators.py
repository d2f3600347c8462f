"""The estimators, by the names that a plan uses."""


# mypy: ignore-errors

from .ancova import ancova
from .callaway_santanna import callaway_santanna
from .did import did
from .sdid import sdid
from .twfe import twfe

ESTIMATORS = {"did": did, "ancova": ancova, "twfe": twfe, "callaway-santanna": callaway_santanna, "sdid": sdid}
