"""``steelyard replay``: a recording through the same decisions as live, and what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from edge.aggregator.report import replay_report
from edge.broker.embedded import BrokerKind
from edge.cli.replay.in_process import InProcessReplay, StoreTime, nobody
from edge.cli.replay.summary import print_summary
from edge.cli.replay.through_broker import Outcome, replay_through_broker
from edge.errors import RecordingError, StartError, StorageError
from edge.recording.case import Case
from edge.recording.formats import RecordingFormat, open_case
from edge.recording.mcap_recorder import Recorder

if TYPE_CHECKING:
    from edge.node.recorded_eyes import RecordedEyes


def replay(
    case: Annotated[Path, typer.Argument(help="Case directory (aifi) or file (mcap).")],
    *,
    recording_format: Annotated[
        RecordingFormat, typer.Option("--format", help="How the recording is stored.")
    ] = RecordingFormat.AIFI,
    report: Annotated[Path | None, typer.Option(help="Write the report here, as JSON.")] = None,
    speed: Annotated[
        str, typer.Option(help="'max', or so many times real time; through a broker 'max' means 1.")
    ] = "max",
    through_broker: Annotated[
        bool, typer.Option("--through-broker", help="As real processes over a real MQTT broker.")
    ] = False,
    broker_kind: Annotated[
        BrokerKind, typer.Option(help="Which broker to start with --through-broker.")
    ] = BrokerKind.NATS,
    gallery: Annotated[
        Path | None, typer.Option(help="Enrolled SKUs: look at the recording's pictures too.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="Also record inputs and decisions to this MCAP file, anew.")
    ] = None,
) -> None:
    """Run a recording through the same node pipeline and store as live, and print what was decided.

    The same input gives the same report, byte for byte, the field `timing` aside.
    """
    factor = _speed(speed)
    if through_broker and record is not None:
        raise typer.BadParameter("--record and --through-broker exclude each other", param_hint="--record")
    if through_broker and gallery is not None:
        raise typer.BadParameter("--gallery and --through-broker exclude each other", param_hint="--gallery")
    for option, output in (("--record", record), ("--report", report)):
        if output is not None and _is_input(output, case):
            raise typer.BadParameter(f"{output} is what is to be replayed", param_hint=option)
    started_s = time.process_time()
    eyes = _eyes(gallery) if gallery is not None else None
    opened = open_case(case, recording_format, eyes.decode if eyes is not None else None)
    if through_broker:
        live_speed = factor or 1.0
        outcome = replay_through_broker(
            opened, case, recording_format,
            broker_kind=broker_kind, speed=live_speed, pace=_pace(live_speed),
        )  # fmt: skip
    else:
        outcome = _replay_here(opened, record, factor, started_s, eyes)
    plates = sum(len(rack.plates) for node in opened.setup.nodes.values() for rack in node.racks)
    content = replay_report(
        opened.setup.name,
        outcome.store,
        data_seconds=outcome.data_seconds,
        cpu_seconds=outcome.cpu_seconds,
        plates=plates,
    )
    if outcome.fault is not None:
        content["fault"] = str(outcome.fault)
    if report is not None:
        write_report(report, content)
    print_summary(Console(), content, opened.setup.catalogue())
    if outcome.fault is not None:
        raise outcome.fault


def _eyes(gallery: Path) -> RecordedEyes:
    """What looks at recorded pictures.

    Raises:
        StartError: the part of Steelyard that sees is not installed.
        GalleryError: no gallery there, or a damaged one.
        ModelError: its model cannot be used.
    """
    try:
        from edge.node.recorded_eyes import RecordedEyes  # noqa: PLC0415 - others do without OpenCV
    except ModuleNotFoundError as error:
        raise StartError(
            "pictures need a part that is not installed", found=f"no module {error.name!r}",
            fix='Install it with pip install "steelyard[vision]".',
        ) from error  # fmt: skip
    return RecordedEyes(gallery)


def _replay_here(
    case: Case, record: Path | None, speed: float, started_s: float, eyes: RecordedEyes | None
) -> Outcome:
    """Replay in this process, which began to use its processor time for it at ``started_s``."""
    fault = None
    with ExitStack() as stack:
        recorder = None
        if record is not None:
            _remove_earlier(record)
            recorder = stack.enter_context(Recorder(record, case.setup))
        witness_of = eyes.witness_of(case.setup.planogram()) if eyes is not None else nobody
        replay_run = InProcessReplay(case, recorder, witness_of)
        try:
            replay_run.run(_pace(speed) if speed else None)
        except RecordingError as error:
            fault = error
    cpu_seconds = time.process_time() - started_s
    return Outcome(replay_run.store, replay_run.time.elapsed_s, cpu_seconds, fault)


def _is_input(output: Path, case: Path) -> bool:
    """Whether writing ``output`` would destroy the case: it is the file, or one of its directory."""
    try:
        inputs = [*case.iterdir()] if case.is_dir() else [case]
        return any(output.samefile(each) for each in inputs if each.suffix == ".json" or each == case)
    except OSError:
        return False  # not there yet; whatever else is wrong shows when it is opened


def _remove_earlier(record: Path) -> None:
    """Make way for a recording; only ever by removing a regular file.

    Raises:
        StorageError: something else is there, or it cannot be removed.
    """
    try:
        if record.exists() and not record.is_file():
            raise StorageError(
                "cannot replace the recording: not a regular file", where=str(record), fix="Name another."
            )
        record.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot replace the recording: {error.strerror}", where=str(record), fix="Name another."
        ) from error


def _pace(speed: float) -> Callable[[StoreTime], None]:
    """Something that waits until a store time has come, at ``speed`` since the first call."""
    start_s: list[float] = []

    def wait(store_time: StoreTime) -> None:
        if not start_s:
            start_s.append(time.monotonic())
        ahead_s = store_time.elapsed_s / speed - (time.monotonic() - start_s[0])
        if ahead_s > 0:
            time.sleep(ahead_s)

    return wait


def _speed(text: str) -> float:
    """Times real time; 0 is as fast as possible."""
    if text == "max":
        return 0.0
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < 1e6:
        raise typer.BadParameter(f"expected 'max' or a number above 0, found {text!r}", param_hint="--speed")
    return speed


def write_report(file: Path, content: dict[str, Any]) -> None:
    """Write a report as JSON; equal contents give equal bytes.

    Raises:
        StorageError: the file cannot be written.
    """
    try:
        file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"cannot write the report: {error.strerror}", where=str(file), fix="Check the directory."
        ) from error
