"""Writes small nanostore cases from a script, seeded: for tests and benchmarks that need a recording.

    python -m tools.nanostore_case DIRECTORY [--seconds 20] [--seed 1]

The format is that of ``edge/recording/nanostore.py``. Like the real files, a case leaves out every field that
is 0 or "", jitters its timestamps, pads index 0 with NaN and carries ghost columns.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 60.0
BATCH = 12  # [samples]
LSB_G = 0.2409
JITTER_S = 0.003
TRACK_LAG_S = 2.3  # [s] the tracker tells so late
FRAME_S = 0.1
EPOCH_S = 1_600_000_000.0
INCHES_PER_METRE = 1 / 0.0254
PLATE_M = 0.1016
DEPTH_M = 0.4064
GHOSTS = 2  # [columns] beyond the real ones


@dataclass(frozen=True)
class Move:
    """Somebody takes (quantity < 0) or puts units of what a plate carries."""

    at_s: float  # [s] after the start
    shopper: str
    gondola: int
    shelf: int
    plate: int
    quantity: int = -1


@dataclass(frozen=True)
class Script:
    """A case to write. Facing ``gondola/shelf/plate`` carries the SKU that ``sku_of`` names."""

    seconds: float = 20.0
    gondolas: int = 2
    shelves: int = 2
    plates: int = 4
    shoppers: tuple[str, ...] = ("1001",)
    moves: tuple[Move, ...] = ()
    leave_s: dict[str, float] = field(default_factory=dict)  # by shopper; absent: two seconds before the end
    lost_batches: tuple[tuple[int, int], ...] = ()  # (gondola, number of the batch)
    nan_samples: tuple[tuple[int, int, int], ...] = ()  # (gondola, shelf, plate): 1 % of its samples
    stuck_plates: tuple[tuple[int, int, int], ...] = ()  # (gondola, shelf, plate)
    unlisted: tuple[tuple[int, int, int], ...] = ()  # plates that the planogram does not know
    noise_g: float = 0.5
    seed: int = 1


def sku_of(gondola: int, shelf: int, plate: int) -> str:
    """Barcode of what stands on a plate; leading zeros matter."""
    return f"0{gondola}{shelf}{plate:02d}000{gondola * 7 + shelf * 3 + plate}"


def weight_of(gondola: int, shelf: int, plate: int) -> float:
    """Weight of that product [g]: distinct within a shelf."""
    return 120.0 + 83.0 * plate + 31.0 * shelf + 17.0 * gondola


def write_case(directory: Path, script: Script) -> Path:
    """Write the four files; returns the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(script.seed)
    _write(directory / "planogram.json", _facings(script))
    _write(directory / "products.json", _products(script))
    _write(directory / "full_targets.json", _frames(script, random))
    _write(directory / "plate_data.json", _batches(script, random))
    return directory


def _facings(script: Script) -> Iterator[dict[str, Any]]:
    for gondola, shelf, plate in _plates(script):
        if (gondola, shelf, plate) in script.unlisted:
            continue
        x, y, z = _corner(script, gondola, shelf, plate)
        turn = {"z": -math.pi / 2} if _is_turned(script, gondola) else {}
        yield {
            "plate_ids": [
                {"shelf_id": {"gondola_id": {"id": gondola}, "shelf_index": shelf}, "plate_index": plate}
            ],
            "planogram_product_id": {"barcode_type": "UPC", "id": sku_of(gondola, shelf, plate)},
            "global_coordinates": {
                "transform": {"translation": {"x": x, "y": y, "z": z}, "rotation": turn},
                "dim_x": PLATE_M, "dim_y": DEPTH_M, "dim_z": 0.3,
            },
        }  # fmt: skip


def _products(script: Script) -> Iterator[dict[str, Any]]:
    for key in _plates(script):
        product = {"name": f"product {sku_of(*key)}", "price": 1 + key[2], "weight": weight_of(*key)}
        for _ in range(2):  # real files repeat their lines
            yield {"product_id": {"barcode_type": "UPC", "id": sku_of(*key)}, "metadata": product}
    yield {"product_id": {"id": "999"}, "metadata": {"name": "of unknown weight", "price": 2}}


def _frames(script: Script, random: np.random.Generator) -> Iterator[dict[str, Any]]:
    for number in range(int(script.seconds / FRAME_S)):
        now_s = number * FRAME_S
        targets = [
            {"target_id": {"id": shopper}, "target_state": "TARGETSTATE_VALID_ENTRANCE"}
            | {name: _key_point(at, random) for name, at in _pose(script, shopper, now_s).items()}
            for shopper in script.shoppers
            if 0.5 <= now_s < script.leave_s.get(shopper, script.seconds - 2.0)
        ]
        yield {
            "timestamp": EPOCH_S + now_s,
            "date_time": {"$date": _iso(EPOCH_S + now_s + TRACK_LAG_S)},
            "document": {"targets": {"targets": targets} if targets else {}},
        }


def _pose(script: Script, shopper: str, now_s: float) -> dict[str, tuple[float, float, float] | None]:
    """Key points [m] of one shopper: in the aisle, or with the right hand at the plate of a move."""
    home_x = 1.0 + 0.8 * script.shoppers.index(shopper)
    near = min((move for move in script.moves if move.shopper == shopper),
               key=lambda move: abs(move.at_s - now_s), default=None)  # fmt: skip
    if near is None or abs(near.at_s - now_s) > 1.5:
        return {"head": (home_x, -1.2, 1.65), "l_wrist": (home_x - 0.2, -1.2, 0.9), "r_wrist": None}
    x, y, z = _reach(script, near)
    share = min(1.0, (1.5 - abs(near.at_s - now_s)) / 1.2)  # 1 while the hand is there
    away = (-0.6, 0.0) if _is_turned(script, near.gondola) else (0.0, -0.6)
    return {
        "head": (x + away[0], y + away[1], 1.65),
        "l_wrist": (x + away[0], y + away[1], 0.9),
        "r_wrist": (x + away[0] * (1 - share), y + away[1] * (1 - share), z * share + 0.9 * (1 - share)),
    }


def _reach(script: Script, move: Move) -> tuple[float, float, float]:
    """Where the hand is at a move: in the middle of the plate, a little above."""
    x, y, z = _corner(script, move.gondola, move.shelf, move.plate)
    if _is_turned(script, move.gondola):  # width runs along -y, depth along +x
        return x + DEPTH_M / 2, y - PLATE_M / 2, z + 0.1
    return x + PLATE_M / 2, y + DEPTH_M / 2, z + 0.1


def _key_point(at: tuple[float, float, float] | None, random: np.random.Generator) -> dict[str, Any]:
    if at is None:
        return {"point": {}}
    x, y, z = (np.array(at) + random.normal(0, 0.01, 3)) * INCHES_PER_METRE
    return {"point": {"x": float(x), "y": float(y), "z": float(z)}, "score": 0.9}


def _batches(script: Script, random: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Batches of all gondolas, merged by time of issue."""
    lines: list[tuple[float, dict[str, Any]]] = []
    for gondola in range(1, script.gondolas + 1):
        grams = _signal(script, gondola, random)
        phase_s = 0.05 * gondola
        for number in range(len(grams) // BATCH):
            jitter_s = min(abs(random.normal(0, JITTER_S)), 0.026)
            issued_s = EPOCH_S + phase_s + ((number + 1) * BATCH - 1) / RATE_HZ + jitter_s
            if (gondola, number) not in script.lost_batches:
                lines.append(
                    (issued_s, _line(gondola, issued_s, grams[number * BATCH : (number + 1) * BATCH]))
                )
    yield from (line for _, line in sorted(lines, key=lambda pair: pair[0]))


def _line(gondola: int, issued_s: float, grams: NDArray[np.float32]) -> dict[str, Any]:
    return {
        "timestamp": issued_s,
        "date_time": {"$date": _iso(issued_s + 0.01)},
        "gondola_id": gondola,
        "document": {
            "plate_data": {
                "plate_id": {"shelf_id": {"gondola_id": {"id": gondola}}},
                "freq_samp": RATE_HZ,
                "values": {
                    "data": base64.b64encode(grams.astype("<f4").tobytes()).decode(),
                    "shape": list(grams.shape),
                    "type": "DATATYPE_FLOAT32",
                },
            }
        },
    }


def _signal(script: Script, gondola: int, random: np.random.Generator) -> NDArray[np.float32]:
    """[time, shelf, plate] g of one gondola, padding and ghosts included."""
    count = int(script.seconds * RATE_HZ) // BATCH * BATCH
    time_s = np.arange(count) / RATE_HZ + 0.05 * gondola
    grams = np.full((count, script.shelves + 1, script.plates + 1 + GHOSTS), np.nan)
    for shelf in range(1, script.shelves + 1):
        for plate in range(1, script.plates + 1):
            level = 12 * weight_of(gondola, shelf, plate) + random.normal(0, script.noise_g, count)
            level += script.noise_g * np.sin(2 * np.pi * (1.3 * time_s + random.random()))
            for move in script.moves:
                if (move.gondola, move.shelf, move.plate) == (gondola, shelf, plate):
                    level += _step(time_s - move.at_s, move.quantity * weight_of(gondola, shelf, plate))
            if (gondola, shelf, plate) in script.stuck_plates:
                level[:] = level[0]
            grams[:, shelf, plate] = np.round(level / LSB_G) * LSB_G
            if (gondola, shelf, plate) in script.nan_samples:
                grams[random.random(count) < 0.01, shelf, plate] = np.nan
        grams[:, shelf, script.plates + 1 :] = 1234.5  # constant ghosts
    return grams.astype(np.float32)


def _step(since_s: NDArray[np.float64], delta_g: float) -> NDArray[np.float64]:
    """A hand presses for 0.2 s, the level changes, the plate rings out."""
    pressed = np.where((since_s > -0.2) & (since_s < 0), 60.0 * np.sin(np.pi * (since_s + 0.2) / 0.2), 0.0)
    moved = delta_g * np.clip(since_s / 0.05, 0.0, 1.0)
    later_s = np.clip(since_s, 0.0, None)
    rings = np.where(since_s > 0, 15.0 * np.exp(-later_s / 0.15) * np.sin(2 * np.pi * 9 * later_s), 0.0)
    return pressed + moved + rings


def _plates(script: Script) -> Iterator[tuple[int, int, int]]:
    for gondola in range(1, script.gondolas + 1):
        for shelf in range(1, script.shelves + 1):
            for plate in range(1, script.plates + 1):
                yield gondola, shelf, plate


def _is_turned(script: Script, gondola: int) -> bool:
    """The last of several gondolas stands across, as number 5 of the real store does."""
    return script.gondolas > 1 and gondola == script.gondolas


def _corner(script: Script, gondola: int, shelf: int, plate: int) -> tuple[float, float, float]:
    """[m] front-left-bottom corner of a plate; of a turned gondola the width runs along -y."""
    along_m, z = (plate - 1) * PLATE_M, 0.4 * shelf
    x = (gondola - 1) * (script.plates * PLATE_M + 0.2)
    return (x, -0.3 - along_m, z) if _is_turned(script, gondola) else (x + along_m, 0.0, z)


def _iso(utc_s: float) -> str:
    return (
        datetime.fromtimestamp(round(utc_s, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _write(file: Path, lines: Iterator[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as stream:
        for line in lines:
            stream.write(json.dumps(_without_zeros(line), separators=(",", ":")) + "\n")


def _without_zeros(value: Any) -> Any:
    """Protobuf's habit: a field that is 0 or "" is not there."""
    if isinstance(value, dict):
        return {key: _without_zeros(part) for key, part in value.items() if part not in (0, "")}
    if isinstance(value, list):
        return [_without_zeros(part) for part in value]
    return value


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a case of two shoppers who take one thing each every five seconds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    moves = tuple(
        Move(at_s, ("1001", "1002")[number % 2], 1 + number % 2, 1 + number // 2 % 2, 1 + number % 4)
        for number, at_s in enumerate(np.arange(5.0, options.seconds - 5.0, 5.0).tolist())
    )
    script = Script(seconds=options.seconds, seed=options.seed, shoppers=("1001", "1002"), moves=moves)
    print(write_case(options.directory, script))


if __name__ == "__main__":
    main()
