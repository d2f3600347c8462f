"""Work out every estimate of a study's download again, from the files of the download alone, and compare.

    python reproduce.py [FOLDER]        the folder of the unpacked download; the one in which this file lies, if none

It needs Python 3.9, numpy 1.24 and scipy 1.10 or newer, and nothing of the website that made the download. It reads
panel.csv, trusts.csv, waves.csv, outcomes.csv and sap.json, works out estimates.csv, att_gt.csv, event_study.csv,
placebo.csv and sensitivity.csv, and compares each number with the one in the file. Before that it looks whether every
file is the one that SHA256SUMS names, whether the plan and the versions that it amended (sap-1.json, …) hang together,
and whether each status in estimates.csv follows from them. It ends with 0 when all is as it should be, with 1 when
something is not (each is named), and with 2 when the download cannot be read.

It cannot show that nobody altered the files together with SHA256SUMS, or this program: the page of the study has the
SHA-256 of the whole ZIP file for that.
"""

# ruff: noqa: T201, E402 -- it speaks to a person, and finds its folder first
# mypy: ignore-errors

import itertools
import sys
from pathlib import Path

BEYOND = """\
Whoever alters a file can alter SHA256SUMS with it, and nothing is worked out from some of them, such as
flow.csv, balance.csv, power.csv, retention.csv, draws.csv, tables.xlsx, report.html and the pictures. So compare the
ZIP file as well: sha256sum prints its number, and the page of the study has it."""
"""What these files cannot show by themselves."""

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # so that it also runs with python -I, from anywhere

from reproduction.checking import look_first
from reproduction.comparing import compare
from reproduction.reading import Bundle
from reproduction.working import work_out


def main(arguments):
    """Work everything out, print what is not the same and the table at the end; 0, 1 or 2."""
    folder = Path(arguments[0]) if arguments else HERE
    try:
        bundle = Bundle(folder)
        wrong = look_first(bundle)
        for sentence in wrong or ["The files fit SHA256SUMS, and every status follows from the plan."]:
            print(sentence, flush=True)
        print(BEYOND, flush=True)
        tables, largest, missing, refused = work_out(bundle)
    except (OSError, KeyError, ValueError) as trouble:
        print(f"This cannot be worked out from the download: {trouble!r}", file=sys.stderr)
        return 2
    result = compare(bundle, tables, largest)
    for sentence in [*itertools.chain(*[other for _, other in result.values()]), *missing, *refused]:
        print(sentence)
    print(f"{'file':<18}{'same':>10}{'not same':>10}")
    for name, (alike, other) in result.items():
        print(f"{name + '.csv':<18}{alike:>10,}{len(other):>10,}")
    bad = bool(refused) or any(other for _, other in result.values())
    if bad:
        print("Some numbers are not the same.")
    else:
        print("Every number is the same" + (", but see the sentences above." if wrong else "."))
    return 1 if bad or wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
