"""The figures of a declared result as a file for spreadsheets. Pure."""

import csv
import io

from pilot.voting.declaration import Declaration

NAMES = ("blank", "spoilt", "set_aside", "stamps", "envelopes", "spare")


def table(reference: str, declared: Declaration) -> bytes:
    """The figures, one a line under the headings "figure" and "value", as CSV in UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("figure", "value"))
    writer.writerow(("vote", reference))
    writer.writerow(("declared at", declared.at))
    writer.writerow(("outcome", str(declared.outcome)))
    writer.writerows((("entitled", declared.entitled), ("voted", declared.voted)))
    writer.writerows(declared.votes.items())
    writer.writerows((name.replace("_", " "), getattr(declared, name)) for name in NAMES)
    writer.writerow(("manifest", declared.manifest))
    return out.getvalue().encode()
