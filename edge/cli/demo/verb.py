"""``steelyard demo``: a whole store on this machine, with simulated shelves and shoppers.

Real are the serial ports (ptys), the wire, the nodes, the broker, the aggregator and the page. Simulated are
the load cells, the racks and the people (``tools/store_simulator``). ``--speed`` scales how fast shoppers
walk and make up their minds; boards always run in real time and hands stay hands.
"""

from __future__ import annotations

import os
import queue
import shutil
import signal
import tempfile
import time
import webbrowser
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from edge.broker.connection import BrokerNews, Connection, Received
from edge.broker.embedded import BrokerKind
from edge.cli.demo.processes import DemoProcesses
from edge.cli.demo.screen import DemoScreen
from edge.topics import TopicNames

app = typer.Typer(add_completion=False)

TICK_S = 0.1
START_ALLOWANCE_S = 1.0
"""[s] that the world's own start takes from ``--for``."""


@app.command()
def demo(
    *,
    shoppers: Annotated[int, typer.Option(min=1, max=12, help="Shoppers in the store at a time.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="One seed, one history of shoppers.")] = 1,
    speed: Annotated[
        float, typer.Option(min=0.1, max=20.0, help="Pace of walking and choosing; hands keep their own.")
    ] = 1.0,
    duration: Annotated[
        float | None,
        typer.Option(
            "--for", min=15.0, help="Seconds from when the goods are enrolled; all receipts are out by then."
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    broker: Annotated[
        BrokerKind, typer.Option(help="Broker to start; mosquitto is the system's.")
    ] = BrokerKind.NATS,
    state_dir: Annotated[
        Path | None, typer.Option(help="Keep ledger, outboxes, logs and the truth here.")
    ] = None,
) -> None:
    """Run a whole simulated store on this machine until Ctrl-C."""
    console = Console()
    with _state_dir(state_dir) as state, _ending_on_sigterm():
        screen: DemoScreen | None = None

        def announce(sentence: str) -> None:
            if screen is not None:
                screen.note(sentence, "yellow")

        processes = DemoProcesses(state, broker, announce)
        try:
            store = processes.store
            names = TopicNames(store.name)
            screen = DemoScreen(console, names, store.catalogue)
            processes.serve()
            _print_welcome(console, processes, broker, state if state_dir else None)
            if browser and _has_display():
                webbrowser.open(processes.page)
            processes.enroll()
            ends_s = time.monotonic() + duration if duration else None
            news: queue.Queue[BrokerNews] = queue.Queue()
            with Connection(
                processes.broker, client_id="steelyard-demo", subscriptions=screen.subscriptions, inbox=news
            ):
                options = ["--seed", str(seed), "--shoppers", str(shoppers), "--speed", str(speed)]
                options += ["--truth", str(state / "truth.json")]
                if ends_s is not None:
                    options += ["--for", str(ends_s - time.monotonic() - START_ALLOWANCE_S)]
                processes.open(options)
                _run(processes, screen, news, ends_s)
        except KeyboardInterrupt:
            console.print()
        finally:
            _end(console, processes, screen)


def _run(
    processes: DemoProcesses, screen: DemoScreen, news: queue.Queue[BrokerNews], ends_s: float | None
) -> None:
    while ends_s is None or time.monotonic() < ends_s:
        processes.tend()
        try:
            heard = news.get(timeout=TICK_S)
            if isinstance(heard, Received):
                screen.show(heard, time.monotonic())
        except queue.Empty:
            pass
        screen.advance(time.monotonic())


def _print_welcome(console: Console, processes: DemoProcesses, broker: BrokerKind, kept: Path | None) -> None:
    console.print(Text.assemble("Page      ", (processes.page, "bold underline")), highlight=False)
    store = processes.store
    rows = {
        "Store": f"{store.name}: {len(store.node_files)} shelf nodes, {len(store.planogram.plates)} scales, "
        f"{len(store.catalogue.skus)} products",
        "Broker": f"{broker} on {processes.broker.host}:{processes.broker.port}",
    }
    if kept is not None:
        rows["Kept in"] = str(kept)
    for name, told in rows.items():
        console.print(Text.assemble(f"{name:<10}", (told, "dim")), highlight=False, soft_wrap=True)
    console.print(
        Text("Ctrl-C closes the store. Its goods are photographed and enrolled first; then the", "dim")
    )
    console.print(Text("doors open when all scales are well.\n", "dim"))


def _end(console: Console, processes: DemoProcesses, screen: DemoScreen | None) -> None:
    """Stop everything; a second Ctrl-C cannot leave half of it running."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    console.print(Text("Closing the store ...", "dim"))
    processes.stop()
    if screen is not None:
        console.print(f"{screen.events} events, {screen.receipts} receipts.", highlight=False)
    signal.signal(signal.SIGINT, before)


@contextmanager
def _state_dir(kept: Path | None) -> Generator[Path]:
    """The directory of this run: the one asked for, or one that goes with it."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.resolve()
        return
    directory = Path(tempfile.mkdtemp(prefix="steelyard-demo-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _ending_on_sigterm() -> Generator[None]:
    """SIGTERM ends the demo in the same good order as Ctrl-C."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
