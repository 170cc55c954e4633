"""What is written down: configurations, what stands where, calibrations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.config import AggregatorConfig, BoardSection, NodeConfig
from edge.doctor.check import Check, Outcome, failed
from edge.errors import SteelyardError
from edge.node.boards import load_calibration
from edge.planogram import load_catalogue, load_planogram
from edge.yaml_file import load_yaml

CALIBRATED_WITHIN = timedelta(days=366)
"""Scales in trade are verified every one or two years (OIML R 76, national law)."""


def read_config(file: Path) -> NodeConfig | AggregatorConfig:
    """A node's or an aggregator's configuration, whichever it is.

    Raises:
        ConfigError: it is neither, as the kind says that its keys fit better.
    """
    try:
        return load_yaml(file, NodeConfig)
    except SteelyardError as as_node:
        try:
            return load_yaml(file, AggregatorConfig)
        except SteelyardError as as_aggregator:
            text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
            is_node = any(line.startswith(("boards:", "recording:", "node:")) for line in text.splitlines())
            raise (as_node if is_node or not text else as_aggregator) from None


def check_files(file: Path, config: NodeConfig | AggregatorConfig) -> Iterator[Check]:
    """The files that a configuration names."""
    base_dir = file.parent
    kind = "node" if isinstance(config, NodeConfig) else "aggregator"
    yield Check("config", str(file), Outcome.OK, f"{kind} of store {config.store}")
    plates: set[str] = set()
    try:
        catalogue = load_catalogue(base_dir / config.catalogue)
        planogram = load_planogram(base_dir / config.planogram, catalogue)
        plates = set(planogram.plates)
        yield Check(
            "planogram", config.planogram, Outcome.OK,
            f"{len(catalogue.skus)} SKUs on {len(planogram.facings)} facings of {len(plates)} plates",
        )  # fmt: skip
        unweighed = [sku.sku for sku in catalogue.skus.values() if sku.weight_g is None]
        if unweighed:
            yield Check(
                "catalogue", config.catalogue, Outcome.WARNING,
                f"no weight for {len(unweighed)} SKUs, {unweighed[0]} first",
                "Weigh a unit of each: without, every one of their events needs a person.",
            )  # fmt: skip
    except SteelyardError as error:
        yield failed("planogram", config.planogram, error)
    if isinstance(config, NodeConfig):
        for section in config.boards:
            yield from _check_plates(section, plates)
            if section.gives_counts:
                yield from _check_calibration(section, base_dir)


def _check_plates(section: BoardSection, known: set[str]) -> Iterator[Check]:
    missing = [plate for plate in section.plates if plate not in known]
    if known and missing:
        yield Check(
            "planogram", section.rack, Outcome.FAILURE, f"does not know plate {', '.join(missing)}",
            "Add the plate to the planogram, or correct its name in `boards`.",
        )  # fmt: skip


def _check_calibration(section: BoardSection, base_dir: Path) -> Iterator[Check]:
    first = section.plates[0]
    try:
        calibration = load_calibration(section, base_dir)
    except SteelyardError as error:
        yield failed("calibration", section.rack, error)
        return
    if calibration is None:
        yield Check(
            "calibration", section.rack, Outcome.FAILURE, "none: the rack weighs nothing",
            f"Run `steelyard calibrate {first}`, and so on for every plate.",
        )  # fmt: skip
        return
    bare = [
        plate for plate, channel in zip(section.plates, calibration.channels, strict=False) if channel is None
    ]
    if bare:
        yield Check(
            "calibration", section.rack, Outcome.FAILURE, f"none for {', '.join(bare)}",
            f"Run `steelyard calibrate {bare[0]}`.",
        )  # fmt: skip
        return
    age = _age(calibration.date)
    if age is None or age > CALIBRATED_WITHIN:
        found = "of unknown date" if age is None else f"{age.days} days old"
        yield Check(
            "calibration", section.rack, Outcome.WARNING, found,
            f"Check it with a known mass: `steelyard calibrate {first}`.",
        )  # fmt: skip
        return
    yield Check("calibration", section.rack, Outcome.OK, f"{len(section.plates)} plates, {age.days} days old")


def _age(date: str) -> timedelta | None:
    """Since an ISO 8601 date; ``None``: it is none."""
    try:
        written = datetime.fromisoformat(date)
    except ValueError:
        return None
    return datetime.now(UTC) - (written if written.tzinfo else written.replace(tzinfo=UTC))
