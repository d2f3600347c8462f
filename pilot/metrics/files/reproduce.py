"""Work out every estimate of a study's download again, from the files of the download alone, and compare.

    python reproduce.py [FOLDER]        the folder of the unpacked download; the one in which this file lies, if none

It needs Python 3.9, numpy 1.24 and scipy 1.10 or newer, and nothing of the website that made the download. It reads
panel.csv, trusts.csv, waves.csv, outcomes.csv and sap.json, works out estimates.csv, att_gt.csv, event_study.csv,
placebo.csv and sensitivity.csv, and compares each number with the one in the file. Before that it looks whether every
file is the one that SHA256SUMS names, whether the plan and the versions that it amended (sap-1.json, …) hang together,
and whether each status in estimates.csv follows from them. It ends with 0 when all is as it should be, with 1 when
something is not (each is named), and with 2 when the download cannot be read.

It cannot show that nobody altered the files together with SHA256SUMS: for that, compare the number that it prints with
the one on the page of the study. Of some files, such as those in ONLY_HELD, that is the only check. Make it with
sha256sum, since this program may have been altered too: sha256sum SHA256SUMS, then sha256sum -c SHA256SUMS.
"""

# ruff: noqa: T201, E402 -- it speaks to a person, and finds its folder first
# mypy: ignore-errors

import itertools
import sys
from pathlib import Path

ONLY_HELD = "flow.csv, balance.csv, power.csv, retention.csv, draws.csv, report.html and the pictures, for example"

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # so that it also runs with python -I, from anywhere

from reproduction.checking import look_first, sha256
from reproduction.comparing import compare
from reproduction.reading import Bundle
from reproduction.working import work_out


def to_compare(folder):
    """What these files cannot show by themselves, and the number that shows it."""
    sums = folder / "SHA256SUMS"
    number = sha256(sums) if sums.is_file() else "(it is not there)"
    return (
        f"Whoever alters a file can alter SHA256SUMS with it, and nothing is worked out from {ONLY_HELD}.\n"
        f"So compare the number of SHA256SUMS with the one on the page of the study: {number}"
    )


def main(arguments):
    """Work everything out, print what is not the same and the table at the end; 0, 1 or 2."""
    folder = Path(arguments[0]) if arguments else HERE
    try:
        bundle = Bundle(folder)
        wrong = look_first(bundle)
        for sentence in wrong or ["The files fit SHA256SUMS, and every status follows from the plan."]:
            print(sentence, flush=True)
        print(to_compare(folder), flush=True)
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
