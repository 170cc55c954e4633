"""The command ``steelyard``: one verb a module, loaded when it is used, so that start-up is quick.

Every failure that somebody outside can mend ends as one sentence with a hint on stderr and exit code 1; a
traceback is a bug of ours.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import signal
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from edge.errors import StartError, SteelyardError
from firmware_bridge.errors import BridgeError


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb, of one word or two: the module with a function of its name (or an ``app``), and a summary."""

    module: str
    summary: str


VERBS = {
    "demo": Verb("edge.cli.demo.verb", "Run a whole simulated store on this machine."),
    "node": Verb("edge.cli.node", "Run a shelf node."),
    "aggregator": Verb("edge.cli.aggregator", "Run the in-store aggregator."),
    "ledger": Verb("edge.cli.ledger", "Verify, back up and restore the ledger; erase a visit from it."),
    "export": Verb("edge.cli.export", "Print sales and shelf events for other systems: EPCIS, POSLog, JSON."),
    "webhooks": Verb("edge.cli.webhooks", "See how far endpoints have been told; pause, resume, redeliver."),
    "replay": Verb("edge.cli.replay.verb", "Run a recording through the same decisions as live."),
    "calibrate": Verb("edge.cli.calibrate.verb", "Calibrate a plate with known masses."),
    "calibrate camera": Verb("edge.cli.calibrate.camera", "Say where a camera sees which plate."),
    "record": Verb("edge.cli.record", "Run a node and record its inputs and decisions to one MCAP file."),
    "report": Verb("edge.cli.report", "Print the honest numbers of a store, from its ledger."),
    "doctor": Verb("edge.cli.doctor", "Check this machine, one line a check with a fix."),
    "enroll": Verb("edge.cli.enroll", "Enrol products from a few pictures of each."),
    "identify": Verb("edge.cli.identify", "Say which enrolled product a picture shows."),
    "boards": Verb("edge.cli.boards", "List, identify and blink the boards that are plugged in."),
}


class Verbs(TyperGroup):
    """Lists all verbs without loading any."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in that knows its summary."""
        verb = VERBS.get(cmd_name)
        return TyperCommand(cmd_name, help=verb.summary) if verb else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb itself, once it is called."""
        if (two := " ".join(args[:2])) in VERBS and len(args) > 1:
            return two, _load(two), args[2:]
        name, stand_in, rest = super().resolve_command(ctx, args)
        return (name, _load(name), rest) if name else (name, stand_in, rest)


app = typer.Typer(
    cls=Verbs, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
    help="Steelyard: shelves that say what was taken, carts that say how sure they are.",
)  # fmt: skip


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"steelyard {importlib.metadata.version('steelyard')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens, to stderr.")] = False,
) -> None:
    """Set up logging; the verb follows."""
    del version  # its callback has answered
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


def main() -> None:
    """Entry point of the console command."""
    # As Ctrl-C: what a verb has made for itself goes with it. Daemons replace it by their own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        app()
    except (SteelyardError, BridgeError) as error:
        print(f"steelyard: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def _load(name: str) -> Any:
    verb = VERBS[name]
    try:
        module = importlib.import_module(verb.module)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("edge", "firmware_bridge"):
            raise
        raise StartError(
            f"`steelyard {name}` needs a part that is not installed", found=f"no module {missing!r}",
            fix='Install everything with pip install "steelyard[aggregator,broker,vision]".',
        ) from error  # fmt: skip
    app_of_verb = getattr(module, "app", None) or typer.Typer(add_completion=False)
    if not hasattr(module, "app"):
        app_of_verb.command(name)(getattr(module, name.replace(" ", "_")))
    command = typer.main.get_command(app_of_verb)
    command.name = name
    return command
