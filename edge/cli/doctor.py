"""``steelyard doctor``: one line a check, with what to do about it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from edge.config import BoardSection, CalibrationFile, NodeConfig
from edge.doctor.broker import ask_broker
from edge.doctor.check import Check, Outcome, failed
from edge.doctor.files import check_files, read_config
from edge.doctor.machine import check_certificates, check_clock, check_disk
from edge.doctor.racks import judge, judge_through_node, listen
from edge.errors import ConfigError, SteelyardError
from edge.messages import NodeHealth, NodeState
from edge.node.boards import load_calibration
from firmware_bridge.link import LinkFault

_STYLES = {
    Outcome.OK: "[green]ok     [/]", Outcome.WARNING: "[yellow]warning[/]",
    Outcome.FAILURE: "[red]FAILURE[/]", Outcome.SKIPPED: "[dim]skipped[/]",
}  # fmt: skip

_HELD = (LinkFault.PORT_BUSY, LinkFault.NOT_FOUND)
"""Faults of a board that another program holds: its port is busy, or it is on none of those that are free."""


def doctor(
    config: Annotated[
        list[Path] | None,
        typer.Option(
            "--config", help="Node's or aggregator's file, or several; all of configs/ if left out."
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=1.0, max=600.0, help="How long to listen to the boards.")
    ] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on stdout.")] = False,
) -> None:
    """Check this machine: rates, noise, identities, clock, disk, certificates, broker, configuration.

    Exit code 1 if any check failed. Hands off the shelves meanwhile.
    """
    files = config or default_configs(Path("configs"))
    console = Console(highlight=False, soft_wrap=True)
    found: list[Check] = []
    if logging.getLogger().level == logging.WARNING:  # every fault is a line of its own already
        logging.disable(logging.WARNING)
    for check in examine(files, seconds):
        if check in found:
            continue  # of a file that several configurations share
        found.append(check)
        if not as_json:
            _print(console, check)
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
    if any(check.outcome is Outcome.FAILURE for check in found):
        raise typer.Exit(1)


def default_configs(directory: Path) -> list[Path]:
    """The configurations of a store in one directory.

    Raises:
        ConfigError: there is none.
    """
    found = sorted(file for pattern in ("node*.yaml", "aggregator*.yaml") for file in directory.glob(pattern))
    if not found:
        raise ConfigError(
            "no configuration to check", file=directory, expected="node*.yaml or aggregator*.yaml",
            fix="Name one with --config.",
        )  # fmt: skip
    return found


def examine(files: Iterable[Path], seconds: float) -> Iterator[Check]:
    """All checks of a machine, as they are made.

    Args:
        files: configurations of nodes and of an aggregator.
        seconds: [s] to listen to each board.
    """
    yield check_clock()
    for file in files:
        try:
            config = read_config(file)
        except SteelyardError as error:
            yield failed("config", str(file), error)
            continue
        yield from check_files(file, config)
        yield check_disk(file.parent / config.state_dir)
        yield from check_certificates(config.broker, file.parent)
        node = config.node if isinstance(config, NodeConfig) else ""
        answer, state, health = ask_broker(config.broker, file.parent, store=config.store, node=node)
        yield answer
        if isinstance(config, NodeConfig):
            yield from _examine_racks(config, file.parent, seconds, state, health)
            running = health if state is not None and state.online else None
            yield from _examine_cameras(config, file.parent, seconds, running)


def _examine_racks(
    config: NodeConfig, base_dir: Path, seconds: float, state: NodeState | None, health: NodeHealth | None
) -> Iterator[Check]:
    """Boards that a running node holds are judged by what it says."""
    for section, said in listen(config.boards, base_dir, seconds):
        if isinstance(said, Check):
            yield said
        elif said.status.fault in _HELD and state is not None and state.online and health:
            yield from judge_through_node(section, health)
        else:
            yield from judge(section, said, _calibration(section, base_dir))


def _examine_cameras(
    config: NodeConfig, base_dir: Path, seconds: float, health: NodeHealth | None
) -> Iterator[Check]:
    if not config.cameras:
        yield Check("model", config.node, Outcome.SKIPPED, "no camera is configured: it decides by weight")
        return
    try:
        from edge.doctor.cameras import check_cameras  # noqa: PLC0415 - others do without OpenCV
    except ModuleNotFoundError as error:
        yield Check(
            "camera", config.node, Outcome.FAILURE, f"a part is not installed: no module {error.name!r}",
            'Install it with pip install "steelyard[vision]".',
        )  # fmt: skip
        return
    yield from check_cameras(config, base_dir, seconds, health)


def _calibration(section: BoardSection, base_dir: Path) -> CalibrationFile | None:
    try:
        return load_calibration(section, base_dir)
    except ConfigError:
        return None  # the check of the files has told it


def _print(console: Console, check: Check) -> None:
    fix = f"  [dim]{escape(check.fix)}[/]" if check.fix else ""
    line = f"{escape(check.check)}: {escape(check.subject)}: {escape(check.found)}"
    console.print(f"{_STYLES[check.outcome]} {line}{fix}")
