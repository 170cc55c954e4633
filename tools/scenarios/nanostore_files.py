"""Writes a rendered scenario as a nanostore case: the files that ``edge/recording/nanostore.py`` reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from edge.messages import TrackFrame
from edge.planogram import Box, Catalogue, Facing, Planogram
from edge.recording import nanostore_records as records
from edge.samples import NS_PER_S, RackLayout, UtcReading, WeightBlock
from tools.scenarios.rendered import RATE_HZ, RenderedCase

ISSUE_JITTER_S = 0.003
"""[s] standard deviation of a batch's timestamp."""

INCHES_PER_METRE = 1 / 0.0254
POINTS = ("head", "neck", "l_wrist", "r_wrist")


def write_nanostore(directory: Path, case: RenderedCase) -> Path:
    """Write the case; gondolas, shelves and plates must be named by numbers. Returns the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    planogram = case.setup.planogram()
    _write(directory / "planogram.json", _facings(planogram))
    _write(directory / "products.json", _products(case.setup.catalogue()))
    _write(directory / "plate_data.json", _batches(case))
    _write(directory / "full_targets.json", _frames(case))
    return directory


def _batches(case: RenderedCase) -> Iterator[records.PlateLine]:
    rng = np.random.default_rng([case.script.seed, 2])
    racks = {rack.rack: rack for node in case.setup.nodes.values() for rack in node.racks}
    utc: UtcReading | None = None
    for _, arrived in case.inputs():
        if isinstance(arrived, UtcReading):
            utc = arrived
        elif isinstance(arrived, WeightBlock) and utc is not None:
            last_ns = arrived.mono_ns + round((len(arrived.grams) - 1) * arrived.period_ns)
            issued_s = utc.utc_s + last_ns / NS_PER_S + abs(float(rng.normal(0, ISSUE_JITTER_S)))
            yield records.PlateLine(
                timestamp=issued_s,
                date_time=_date(issued_s + 0.01),
                gondola_id=int(arrived.rack),
                document=records.PlateDocument(
                    records.PlateData(freq_samp=RATE_HZ, values=_values(arrived, racks[arrived.rack]))
                ),
            )


def _values(block: WeightBlock, rack: RackLayout) -> records.Values:
    places = np.array([[int(part) for part in plate.split("/")[1:]] for plate in rack.plates])
    shelves, widest = places.max(axis=0)
    grams = np.full((len(block.grams), shelves + 1, widest + 1), np.nan, "<f4")
    grams[:, places[:, 0], places[:, 1]] = block.grams
    return records.Values(msgspec.Raw(msgspec.json.encode(grams.tobytes())), grams.shape)


def _frames(case: RenderedCase) -> Iterator[dict[str, object]]:
    for _, frame in case.inputs():
        if isinstance(frame, TrackFrame):
            targets = [
                {"target_id": {"id": target.visit}, "target_state": "TARGETSTATE_VALID_ENTRANCE"}
                | {
                    name: {
                        "point": dict(
                            zip("xyz", (metres * INCHES_PER_METRE for metres in point.at), strict=True)
                        ),
                        "score": point.score,
                    }
                    if (point := target.points.get(name))
                    else {"point": {}}
                    for name in POINTS
                }
                for target in frame.targets
            ]
            yield {
                "timestamp": frame.t,
                "date_time": _date(frame.t + case.script.tracking.late_s),
                "document": {"targets": {"targets": targets} if targets else {}},
            }


def _facings(planogram: Planogram) -> Iterator[dict[str, object]]:
    for facing in planogram.facings:
        box = planogram.plates[facing.plates[0]]
        yield {
            "plate_ids": [_plate_id(plate) for plate in facing.plates],
            "planogram_product_id": {"id": facing.sku} if facing.sku else {},
            "global_coordinates": _coordinates(box, facing),
        }


def _coordinates(box: Box, facing: Facing) -> dict[str, object]:
    width, depth, height = box.size_m
    return {
        "transform": {
            "translation": dict(zip("xyz", box.corner_m, strict=True)),
            "rotation": {"z": box.yaw_rad} if box.yaw_rad else {},
        },
        "dim_x": width * len(facing.plates), "dim_y": depth, "dim_z": height,
    }  # fmt: skip


def _plate_id(plate: str) -> records.PlateId:
    gondola, shelf, index = (int(part) for part in plate.split("/"))
    return records.PlateId(records.ShelfId(records.GondolaId(gondola), shelf), index)


def _products(catalogue: Catalogue) -> Iterator[dict[str, object]]:
    for sku in catalogue.skus.values():
        weighs = {"weight": sku.weight_g} if sku.weight_g else {}
        yield {"product_id": {"id": sku.sku}, "metadata": {"name": sku.name, "price": sku.price} | weighs}


def _date(utc_s: float) -> records.Date:
    return records.Date(datetime.fromtimestamp(utc_s, UTC))


def _write(file: Path, lines: Iterable[object]) -> None:
    encoder = msgspec.json.Encoder()
    with file.open("wb") as stream:
        for line in lines:
            stream.write(encoder.encode(line) + b"\n")
