"""``steelyard ledger``: verify, back up, restore, erase a visit, export, and prepare a quick start."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from edge.aggregator.evidence.archive import archive_of
from edge.aggregator.ledger import Ledger, Place
from edge.aggregator.ledger.copies import back_up
from edge.aggregator.ledger.copies import restore as bring_back
from edge.aggregator.ledger.database import place_of_ledger
from edge.aggregator.ledger.erasure import erase_visit
from edge.aggregator.ledger.ledger import Verification
from edge.aggregator.ledger.retention import retain as take_out
from edge.aggregator.recall import Recall
from edge.clock import SystemClock
from edge.config import AggregatorConfig
from edge.errors import StorageError
from edge.payload import encode
from edge.planogram import load_catalogue, load_planogram
from edge.yaml_file import load_yaml

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Config = Annotated[Path, typer.Option("--config", help="YAML file of the aggregator.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@app.command()
def verify(
    config: Annotated[Path | None, typer.Option("--config", help="YAML file of the aggregator.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A backup, instead of the ledger.")] = None,
    as_json: Json = False,
) -> None:
    """Read the whole chain; exit code 1 at the first entry that does not hold."""
    if (config is None) == (file is None):
        raise typer.BadParameter("give either --config or --file")
    if file is not None and not file.is_file():
        raise StorageError("there is no such file", where=str(file), fix="Check its name.")
    with opened(config, file) as ledger:
        found = ledger.verify()
        where = ledger.database.where
    if as_json:
        print(encode(found).decode())
    else:
        print(_sentence(found))
    if found.broken is not None:
        raise StorageError(
            f"the chain breaks: {found.broken.reason}", where=f"{where} row {found.broken.id}",
            fix="Somebody or something changed it: compare with a backup.",
        )  # fmt: skip


@app.command()
def backup(
    config: Config, output: Annotated[Path, typer.Argument(help="File to write; must not exist.")]
) -> None:
    """Copy the ledger to one SQLite file, checked on the way; the aggregator may run."""
    with opened(config) as ledger:
        print(f"{output}: {_sentence(back_up(ledger, output))}")


@app.command()
def restore(
    config: Config,
    file: Annotated[Path, typer.Argument(help="A backup.")],
    replace: Annotated[bool, typer.Option("--replace", help="Set a ledger that is there aside.")] = False,
) -> None:
    """Bring a backup back to where the configuration says; the aggregator must be stopped."""
    place = place_of_ledger(load_yaml(config, AggregatorConfig), config.parent)
    restored, old = bring_back(file, place, replace=replace)
    print(_sentence(restored))
    if old is not None:
        print(f"The ledger that was there is now {old}.")


@app.command()
def erase(
    config: Config,
    visit: Annotated[str, typer.Argument(help="Name of the visit.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; entered in the ledger.")],
    by: Annotated[str, typer.Option("--by", help="Who wants it; you, if left out.")] = "",
) -> None:
    """Take a visit's name out of every entry; the chain stays verifiable. Backups made before keep it."""
    evidence = archive_of(load_yaml(config, AggregatorConfig), config.parent)
    with opened(config) as ledger:
        done = erase_visit(
            ledger, visit, reason=reason, by=by or getpass.getuser(), utc_s=SystemClock().utc_s(),
            forget=evidence.erase,
        )  # fmt: skip
    evidence.close()
    print(f"{len(done.rows)} entries now say {done.pseudonym}; the erasure is entered.")


@app.command()
def retain(
    config: Config,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Json = False,
) -> None:
    """Take out what is older than `retention` keeps it, as the aggregator does once a day."""
    options = load_yaml(config, AggregatorConfig)
    with opened(config) as ledger:
        swept = take_out(ledger, options, utc_s=SystemClock().utc_s(), dry_run=dry_run)
    if as_json:
        print(encode(swept).decode())
        return
    for each in swept:
        print(f"{each.kind}: {each.entries} entries {'would be' if dry_run else 'were'} changed "
              f"({each.what}, after {each.days:g} days)")  # fmt: skip


@app.command()
def export(
    config: Config,
    after: Annotated[int, typer.Option("--after", min=0, help="Only entries after this one.")] = 0,
) -> None:
    """Print the entries as lines of JSON, each checked against the chain."""
    with opened(config) as ledger:
        for row in ledger.entries():
            if row.id > after:
                line = {"id": row.id, "utc": row.utc_s, "entry": row.entry, "erased": row.is_erased}
                sys.stdout.write(encode(line).decode() + "\n")


@app.command()
def snapshot(config: Config) -> None:
    """Fold the whole ledger and keep the result, so that the next start, after an update too, is quick."""
    options = load_yaml(config, AggregatorConfig)
    catalogue = load_catalogue(config.parent / options.catalogue)
    planogram = load_planogram(config.parent / options.planogram, catalogue)
    with opened(config) as ledger:
        recall = Recall(options, catalogue, planogram)
        store, ingest = recall.fold(ledger)
        recall.remember(ledger, store, ingest, SystemClock().utc_s(), now=True)
        print(f"A start begins after entry {ledger.head[0]}.")


@contextmanager
def opened(config: Path | None, file: Path | None = None) -> Iterator[Ledger]:
    """The ledger of a configuration, or a file; one that does not exist is not made."""
    place: Place | None = file
    if config is not None:
        place = place_of_ledger(load_yaml(config, AggregatorConfig), config.parent)
    if place is None or (isinstance(place, Path) and not place.is_file()):
        raise StorageError("there is no ledger yet", where=str(place), fix="Start the aggregator once.")
    ledger = Ledger(place)
    try:
        yield ledger
    finally:
        ledger.close()


def _sentence(found: Verification) -> str:
    erased = f", {found.erased} of them with a visit erased" if found.erased else ""
    return f"{found.rows} entries hold{erased}; the last one's hash is {found.head}"
