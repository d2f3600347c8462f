"""The sheet of a count: for a terminal, for a spreadsheet, for other programs, and as a page of its own. Pure."""

import json
import textwrap
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape

from pilot.people.sheet import written as csv_written
from pilot.voting.count.result import STUCK, CountResult, Stage, Tie, fate, written
from pilot.voting.count.rules import RULES

WIDTH = 100
"""Letters in a line of the text."""

WIDEST_NAME = 32


def as_json(result: CountResult) -> str:
    """The count as `count.json` in a record has it, with line breaks for people."""
    return json.dumps(written(result), ensure_ascii=False, indent=2) + "\n"


def as_csv(result: CountResult) -> str:
    """A table: a line for each candidate and a column for each stage, below it what else is to be said of a stage.

    No cell is taken for a formula by a spreadsheet.
    """
    stages = result.stages
    rows: list[list[str]] = [
        [str(number), name, fate(result, number), *(stage.votes.get(str(number), "") for stage in stages)]
        for number, name in enumerate(result.candidates, 1)
    ]
    rows.append(["", STUCK, "", *(stage.non_transferable for stage in stages)])
    rows.append(["", "Total", "", *(total(stage) for stage in stages)])
    if result.quota is not None:
        rows.append(["", "Quota", result.quota, *(stage.quota or result.quota for stage in stages)])
    rows.append(["", "What happened", result.sentence, *(stage.action for stage in stages)])
    if result.ties:
        told = [" ".join(tie_told(tie) for tie in result.ties if tie.stage == stage.number) for stage in stages]
        rows.append(["", "Ties", "Decided by lot" if result.by_lot else "Nothing was decided by lot", *told])
    for name, said in facts(result):
        if name != "Quota":
            figure = said.replace(",", "")
            rows.append(["", name, figure if figure.isdigit() else said, *[""] * len(stages)])
    return csv_written(["Number", "Candidate", "Result", *(f"Stage {stage.number}" for stage in stages)], rows)


def as_text(result: CountResult) -> str:
    """Lines of at most 100 letters; a table with many stages goes on below itself."""
    lines = [_clean(result.title) or "Count", ""]
    label = max(len(name) for name, _ in facts(result))
    for name, said in facts(result):
        lines += _wrapped(_clean(said), f"{name:<{label}}  ")
    lines += ["", *_wrapped(_clean(result.sentence)), ""]
    lines += _tables(result)
    for stage in result.stages:
        lines += _wrapped(_clean(stage.action), f"Stage {stage.number:>2}. ")
    if result.ties:
        lines.append("")
        for tie in result.ties:
            lines += _wrapped(_clean(tie_told(tie)), f"Tie at stage {tie.stage}. ")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def as_html(result: CountResult) -> str:
    """A page that needs nothing but itself: no script, no other file; it can be printed and read on a phone."""
    title = escape(result.title or "Count")
    listed = "".join(f"<div><dt>{name}</dt><dd>{escape(said)}</dd></div>" for name, said in facts(result))
    ties = "".join(f"<li>Stage {tie.stage}. {escape(tie_told(tie))}</li>" for tie in result.ties)
    told = "".join(f'<li id="stage-{stage.number}">{escape(stage.action)}</li>' for stage in result.stages)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f"<p><strong>{escape(result.sentence)}</strong></p>\n"
        f'<div class="wide" role="region" aria-label="Votes at each stage" tabindex="0">\n{_table(result)}</div>\n'
        f"<h2>Stage by stage</h2>\n<ol>{told}</ol>\n"
        + (f"<h2>Ties</h2>\n<ul>{ties}</ul>\n" if ties else "")
        + f"<h2>About this count</h2>\n<dl>{listed}</dl>\n</main>\n</body>\n</html>\n"
    )


FORMATS: dict[str, Callable[[CountResult], str]] = {
    "text": as_text,
    "json": as_json,
    "csv": as_csv,
    "html": as_html,
}
"""What `pilot count --format` offers."""


def facts(result: CountResult) -> list[tuple[str, str]]:
    """What is said of the count as a whole: a name and its value."""
    title = RULES[result.rule].title if result.rule in RULES else result.rule
    found = [
        ("Rule", f"{title} ({result.rule}, version {result.version})"),
        ("Seats", f"{result.seats:,}"),
        ("Papers counted", f"{result.valid:,}"),
        ("Blank papers", f"{result.blank:,}"),
    ]
    if result.quota is not None:
        found.append(("Quota", result.quota))
    if result.empty:
        found.append(("Seats that stay empty", f"{result.empty:,}"))
    if result.by_lot:
        stages = sorted({tie.stage for tie in result.ties if tie.settled == "lot"})
        found.append(("Decided by lot", f"at stage {', '.join(map(str, stages))}"))
    return found


def tie_told(tie: Tie) -> str:
    """The sentences of a tie, which begin with how it was settled."""
    if tie.settled == "lot":
        return f"Decided by lot. {tie.sentence}"
    return f"Decided by stage {tie.settled.removeprefix('lookback ')}. {tie.sentence}"


def total(stage: Stage) -> str:
    """All votes of a stage and those that are not transferable."""
    return f"{sum(map(Decimal, stage.votes.values()), Decimal(stage.non_transferable)):f}"


def _rows(result: CountResult) -> list[tuple[str, str, list[str]]]:
    """Name, what became of them, and votes at each stage; below the candidates what nobody has, and the total."""
    rows = [
        (f"{number} {name}", fate(result, number), [stage.votes.get(str(number), "") for stage in result.stages])
        for number, name in enumerate(result.candidates, 1)
    ]
    rows.append((STUCK, "", [stage.non_transferable for stage in result.stages]))
    rows.append(("Total", "", [total(stage) for stage in result.stages]))
    return rows


def _tables(result: CountResult) -> list[str]:
    """The table of a text, in as many parts as its stages need."""
    rows = [(_cut(_clean(name)), said, votes) for name, said, votes in _rows(result)]
    names = max(_wide(name) for name, _, _ in rows)
    said = max(len(what) for _, what, _ in rows)
    column = 2 + max(len("Stage 999"), *(len(vote) for _, _, votes in rows for vote in votes))
    at_once = max(1, (WIDTH - names - said - 2) // column)
    lines: list[str] = []
    for first in range(0, max(1, len(result.stages)), at_once):
        shown = result.stages[first : first + at_once]
        heads = "".join(f"{f'Stage {stage.number}':>{column}}" for stage in shown)
        lines.append(f"{'':<{names}}  {'':<{said}}{heads}")
        for name, what, votes in rows:
            figures = "".join(f"{vote:>{column}}" for vote in votes[first : first + at_once])
            lines.append(f"{name}{' ' * (names - _wide(name))}  {what:<{said}}{figures}")
        lines.append("")
    return lines


def _table(result: CountResult) -> str:
    """The table of a page; each stage's heading leads to its sentences."""
    heads = "".join(
        f'<th scope="col"><a href="#stage-{stage.number}">Stage {stage.number}</a></th>' for stage in result.stages
    )
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="said">{said}</td>'
        + "".join(f"<td>{vote}</td>" for vote in votes)
        + "</tr>\n"
        for name, said, votes in _rows(result)
    )
    return (
        '<table>\n<caption>Votes of each candidate at each stage</caption>\n<thead><tr><th scope="col">Candidate</th>'
        f'<th scope="col">Result</th>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n'
    )


STYLE = (
    "body{font:1.1rem/1.5 Arial,sans-serif;color:#212b32;background:#fff;margin:0}"
    "main{max-width:70rem;margin:0 auto;padding:1rem}"
    ".wide{overflow-x:auto}.wide:focus{outline:4px solid #ffeb3b;box-shadow:0 0 0 6px #212b32}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "caption{text-align:left;font-weight:bold;padding:.5rem 0}"
    "th,td{border-bottom:1px solid #768692;padding:.4rem .6rem;text-align:right;vertical-align:top;white-space:nowrap}"
    "th[scope=row],td.said,thead th:nth-child(-n+2){text-align:left}th[scope=row]{white-space:normal;min-width:8rem}"
    "li{margin-bottom:.5rem}"
    "dl div{display:flex;flex-wrap:wrap;gap:0 1rem}dt{font-weight:bold;min-width:12rem}dd{margin:0}"
    "@media print{body{font-size:9pt}.wide{overflow:visible}a{color:inherit;text-decoration:none}"
    "tr,li{break-inside:avoid}}"
)


def _clean(text: str) -> str:
    """A text without the signs that move a terminal's cursor or turn its letters round."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _wide(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text
    )


def _cut(name: str) -> str:
    """A name that fits into its column."""
    if _wide(name) <= WIDEST_NAME:
        return name
    while _wide(name) >= WIDEST_NAME:
        name = name[:-1]
    return f"{name}…"


def _wrapped(text: str, start: str = "") -> Sequence[str]:
    """A paragraph whose lines stand below each other, after its start."""
    rest = " " * len(start)
    return textwrap.wrap(text, WIDTH, initial_indent=start, subsequent_indent=rest, break_on_hyphens=False) or [start]
