"""``steelyard webhooks``: how far each endpoint has been told; pause, resume, tell once more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from edge.aggregator.exchange.webhooks.outbox import FILE, Progress, WebhookOutbox
from edge.aggregator.exchange.webhooks.signature import new_secret
from edge.aggregator.ledger.lookup import head_at, last_position
from edge.cli.ledger import Config, opened
from edge.config import AggregatorConfig
from edge.errors import StorageError
from edge.payload import encode
from edge.yaml_file import load_yaml

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Name = Annotated[str, typer.Argument(help="Name of the endpoint.")]


@app.command()
def secret() -> None:
    """Print a fresh signing secret, for both sides."""
    print(new_secret())


@app.command(name="list")
def list_endpoints(
    config: Config, as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False
) -> None:
    """Print how far each endpoint has been told, and what was given up."""
    options = load_yaml(config, AggregatorConfig)
    with opened(config) as ledger, _outbox(config) as outbox:
        end = last_position(ledger)
        for section in options.webhooks:
            at = outbox.progress(section.name) or Progress(section.name, end, b"")
            dead, behind = outbox.dead(section.name), max(0, end - at.position)
            reason = "by its options" if section.paused else at.paused
            if as_json:
                row = {"name": section.name, "position": at.position, "behind": behind,
                       "attempts": at.attempts, "paused": reason, "dead": dead}  # fmt: skip
                print(encode(row).decode())
                continue
            state = f"paused {reason}" if reason else f"{at.attempts} attempts at the next one"
            print(f"{section.name}: {behind} entries behind, {len(dead)} given up, {state}")
            for letter in dead:
                print(f"  position {letter.position}: {letter.error} ({letter.attempts} attempts)")


@app.command()
def redeliver(config: Config, name: Name) -> None:
    """Have everything that was given up told once more."""
    with _outbox(config) as outbox:
        _refuse_unknown(outbox, name)
        print(f"{outbox.ask_again(name)} notices will be told once more.")


@app.command()
def pause(config: Config, name: Name) -> None:
    """Tell an endpoint nothing until it is resumed; nothing is lost meanwhile."""
    with _outbox(config) as outbox:
        _refuse_unknown(outbox, name)
        outbox.pause(name, "by hand")


@app.command()
def resume(config: Config, name: Name) -> None:
    """Go on where an endpoint was paused."""
    with _outbox(config) as outbox:
        _refuse_unknown(outbox, name)
        outbox.pause(name, "")


@app.command()
def rewind(
    config: Config,
    name: Name,
    to: Annotated[int, typer.Option("--to", min=0, help="Position after which to go on.")],
) -> None:
    """Tell an endpoint everything after a position, once more where it was told before."""
    with opened(config) as ledger, _outbox(config) as outbox:
        _refuse_unknown(outbox, name)
        outbox.begin(name, *head_at(ledger, to))


@contextmanager
def _outbox(config: Path) -> Iterator[WebhookOutbox]:
    options = load_yaml(config, AggregatorConfig)
    outbox = WebhookOutbox(config.parent / options.state_dir / FILE)
    try:
        yield outbox
    finally:
        outbox.close()


def _refuse_unknown(outbox: WebhookOutbox, name: str) -> None:
    if outbox.progress(name) is None:
        raise StorageError(
            "no such endpoint has been told anything yet", where="webhooks", found=name,
            fix="Check its name, and start the aggregator once.",
        )  # fmt: skip
