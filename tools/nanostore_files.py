"""Writes any case of weights as a nanostore case: the files that ``edge/recording/nanostore.py`` reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from edge.messages import TrackFrame
from edge.planogram import Box, Catalogue, Facing, Planogram
from edge.recording import nanostore_records as records
from edge.recording.case import Case
from edge.recording.nanostore_people import KEY_POINTS
from edge.samples import RackLayout, UtcReading, WeightBlock

ISSUE_JITTER_S = 0.003
"""[s] standard deviation of a batch's timestamp."""

INCHES_PER_METRE = 1 / 0.0254


def write_nanostore(directory: Path, case: Case, *, seed: int = 0, track_late_s: float = 2.3) -> Path:
    """Write the case.

    Args:
        directory: to write into; made where it is absent.
        case: of weights, one rack a gondola; gondolas, shelves and plates must be named by numbers.
        seed: of the timestamps' jitter.
        track_late_s: [s] after which the tracker tells of a frame; that of the nanostore took 2.3 s.

    Returns:
        The directory.
    """
    directory.mkdir(parents=True, exist_ok=True)
    planogram = case.setup.planogram()
    _write(directory / "planogram.json", _facings(planogram))
    _write(directory / "products.json", _products(case.setup.catalogue()))
    _write(directory / "plate_data.json", _batches(case, np.random.default_rng([seed, 2])))
    _write(directory / "full_targets.json", _frames(case, track_late_s))
    return directory


def _batches(case: Case, rng: np.random.Generator) -> Iterator[records.PlateLine]:
    racks = {rack.rack: rack for node in case.setup.nodes.values() for rack in node.racks}
    utc: UtcReading | None = None
    for _, arrived in case.inputs():
        if isinstance(arrived, UtcReading):
            utc = arrived
        elif isinstance(arrived, WeightBlock) and utc is not None:
            last_ns = arrived.mono_ns + round((len(arrived.grams) - 1) * arrived.period_ns)
            issued_s = utc.at(last_ns) + abs(float(rng.normal(0, ISSUE_JITTER_S)))
            rack = racks[arrived.rack]
            yield records.PlateLine(
                timestamp=issued_s,
                date_time=_date(issued_s + 0.01),
                gondola_id=int(arrived.rack),
                document=records.PlateDocument(
                    records.PlateData(freq_samp=rack.rate_hz, values=_values(arrived, rack))
                ),
            )


def _values(block: WeightBlock, rack: RackLayout) -> records.Values:
    places = np.array([[int(part) for part in plate.split("/")[1:]] for plate in rack.plates])
    shelves, widest = places.max(axis=0)
    grams = np.full((len(block.grams), shelves + 1, widest + 1), np.nan, "<f4")
    grams[:, places[:, 0], places[:, 1]] = block.grams
    return records.Values(msgspec.Raw(msgspec.json.encode(grams.tobytes())), grams.shape)


def _frames(case: Case, late_s: float) -> Iterator[dict[str, object]]:
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
                    for name in KEY_POINTS
                }
                for target in frame.targets
            ]
            yield {
                "timestamp": frame.t,
                "date_time": _date(frame.t + late_s),
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
