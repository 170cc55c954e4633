"""``steelyard export``: sales and shelf events for other systems, from a position of the ledger on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from edge.aggregator.exchange.export import Exporter, ExportFormat
from edge.aggregator.ledger.lookup import last_position
from edge.cli.ledger import Config, opened
from edge.config import AggregatorConfig
from edge.durable_file import write_atomically
from edge.errors import StorageError
from edge.payload import encode
from edge.yaml_file import load_yaml

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

After = Annotated[int, typer.Option("--after", min=0, help="Only what entries after this position tell.")]
Cursor = Annotated[
    Path | None,
    typer.Option("--cursor", help="File with the position to go on from; kept up to date for the next time."),
]


@app.command()
def epcis(config: Config, after: After = 0, cursor: Cursor = None) -> None:
    """Print an EPCIS 2.0 document (JSON-LD): sales, picks and returns; corrections as error declarations."""
    _export(ExportFormat.EPCIS, config, after, cursor)


@app.command()
def poslog(config: Config, after: After = 0, cursor: Cursor = None) -> None:
    """Print POSLog-like records, a line each: sales; corrections as a void and a new sale with its reason."""
    _export(ExportFormat.POSLOG, config, after, cursor)


@app.command(name="json")
def json_lines(config: Config, after: After = 0, cursor: Cursor = None) -> None:
    """Print everything that webhooks would tell, a line of JSON each."""
    _export(ExportFormat.JSON, config, after, cursor)


def _export(kind: ExportFormat, config: Path, after: int, cursor: Path | None) -> None:
    options = load_yaml(config, AggregatorConfig)
    if cursor is not None and cursor.exists():
        after = _read(cursor)
    with opened(config) as ledger:
        exporter = Exporter(ledger, kind, options.store, options.exports)
        until = last_position(ledger)
        for piece in _pieces(exporter, kind, after, until):
            sys.stdout.write(piece.decode())
        sys.stdout.flush()
    if cursor is not None:
        write_atomically(cursor, f"{until}\n".encode())
    print(f"next: --after {until}", file=sys.stderr)


def _pieces(exporter: Exporter, kind: ExportFormat, after: int, until: int) -> Iterator[bytes]:
    if kind is ExportFormat.EPCIS:
        return exporter.document(after, until)
    return (encode(each.what) + b"\n" for each in exporter.read(after, until))


def _read(cursor: Path) -> int:
    try:
        text = cursor.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError("the cursor cannot be read", where=str(cursor), found=str(error)) from error
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise StorageError(
            "this is no cursor", where=str(cursor), found=repr(text[:40]), expected="a position",
            fix="Give another file, or remove this one to begin with the first entry.",
        )  # fmt: skip
    return int(text)
