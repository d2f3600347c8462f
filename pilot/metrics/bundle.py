"""The download of a study: tables, plan, pictures and programs as one zip file, the same bytes each time. Pure."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from pilot.metrics.codebook import CODEBOOK, TABLES, lines, schema
from pilot.metrics.disclosure import Released, release
from pilot.metrics.export import to_csv
from pilot.people.sheet import harmless
from pilot.secrecy.packing import pack

LONG_AGO = datetime(1980, 1, 1)  # noqa: DTZ001 -- a workbook's time has no zone

BETWEEN = "  "
"""What stands between a digest and its file, as `sha256sum` writes it."""


class Contents(msgspec.Struct, frozen=True):
    """What goes into a download. `tables` have the names and columns of codebook.TABLES.

    `plan` is the canonical text of the locked plan, None where there is none; `earlier` are the versions that it
    amended, the oldest first. `pictures` are SVG and PNG files by
    name. `programs` are the texts of the files that give every estimate again, `words` README and report by name.
    """

    title: str
    made_on: date
    tables: tuple[Released, ...]
    plan: bytes | None
    pictures: Mapping[str, bytes]
    programs: Mapping[str, bytes]
    words: Mapping[str, str]
    earlier: tuple[bytes, ...] = ()


class Bundle(msgspec.Struct, frozen=True):
    """The zip file, its name, and its SHA-256 in hexadecimal digits."""

    name: str
    content: bytes
    sha256: str


def build(study: str, contents: Contents) -> Bundle:
    """Everything as one file. `study` is a short name of letters, digits and hyphens.

    The name carries the first eight digits of the SHA-256 of SHA256SUMS, which covers every other file.
    """
    files = _files(contents)
    files["SHA256SUMS"] = _sums({name: files[name] for name in sorted(files)})
    content = pack(files)
    name = f"pilot-evaluation-{study}-{contents.made_on.isoformat()}-{_digest(files['SHA256SUMS'])[:8]}.zip"
    return Bundle(name, content, _digest(content))


def workbook(tables: Sequence[Released]) -> bytes:
    """Every table as a sheet of one Excel workbook; texts are written as texts, so that no cell is a formula."""
    import xlsxwriter  # only the process that makes downloads has it

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": LONG_AGO})
        bold = book.add_format({"bold": True})
        for table in tables:
            sheet = book.add_worksheet(table.name)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, table.columns, bold)
            for number, row in enumerate(table.rows, 1):
                sheet.write_row(number, 0, [harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()


def datapackage(title: str, tables: Sequence[Released], files: Mapping[str, bytes]) -> dict[str, Any]:
    """datapackage.json in the words of Frictionless Data: each table with its columns, kinds and meanings."""
    return {
        "profile": "tabular-data-package",
        "name": "pilot-evaluation",
        "title": title,
        "resources": [
            {
                "name": table.name.replace("_", "-"),
                "path": f"{table.name}.csv",
                "profile": "tabular-data-resource",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(files[f"{table.name}.csv"]),
                "hash": f"sha256:{_digest(files[f'{table.name}.csv'])}",
                "schema": schema(table.name),
            }
            for table in tables
        ],
    }


def codebook() -> Released:
    """codebook.csv: what every column of every file means."""
    return release("codebook", CODEBOOK, lines())


def _files(contents: Contents) -> dict[str, bytes]:
    tables = [*sorted(contents.tables, key=lambda table: list(TABLES).index(table.name))]
    files = {f"{table.name}.csv": to_csv(table).encode() for table in tables}
    package = datapackage(contents.title, tables, files)
    files["codebook.csv"] = to_csv(codebook()).encode()
    files["datapackage.json"] = msgspec.json.format(msgspec.json.encode(package), indent=2) + b"\n"
    files["tables.xlsx"] = workbook([*tables, codebook()])
    if contents.plan is not None:
        plans = {"sap.json": contents.plan}
        plans |= {f"sap-{number}.json": text for number, text in enumerate(contents.earlier, 1)}
        files |= plans
        files["sap.sha256"] = _sums(plans)
    return files | dict(contents.pictures) | dict(contents.programs) | _texts(contents.words)


def _texts(words: Mapping[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in words.items()}


def _sums(files: Mapping[str, bytes]) -> bytes:
    """The digest of each file, as `sha256sum` writes them."""
    return "".join(f"{_digest(content)}{BETWEEN}{name}\n" for name, content in files.items()).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
