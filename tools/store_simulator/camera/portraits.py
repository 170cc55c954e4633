"""Pictures to enrol goods by: the foremost unit of a shelf of each SKU, as its camera sees it.

python -m tools.store_simulator.camera.portraits OUT [NODE.yaml ...]
steelyard enroll --tree OUT
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.config import NodeConfig
from edge.errors import ConfigError, SteelyardError
from edge.planogram import Planogram, load_catalogue, load_planogram
from edge.yaml_file import load_yaml
from tools.packaging.designs import Design
from tools.packaging.lens import decoded
from tools.packaging.unit import Standing, box_px
from tools.store_simulator.camera.looks import looks_of
from tools.store_simulator.camera.shelf_camera import ShelfCamera
from tools.store_simulator.camera.stock import Stock
from tools.store_simulator.camera.viewpoint import SIZE_PX

EXAMPLES = Path(__file__).parents[3] / "configs"
PICTURES = 6
"""Of each SKU: at so many places of the shelf, in light of different moments."""

MOMENTS_S = 43.0
"""[s] between two of them: the light has changed."""

UNITS, UNITS_GONE = 10, 2
"""[units] of a plate of unknown capacity; the plate is full, or its foremost unit is gone:
the unit in front is enrolled, its like behind it, where no board hides it."""

AROUND = 0.06
"""[1] of a product's size that its picture shows around it, as a found box does."""

QUALITY = 92


def portraits(
    plates: Sequence[str],
    planogram: Planogram,
    looks: Mapping[str, Design],
    sku: str,
    *,
    seed: int,
    count: int,
) -> Iterator[NDArray[np.uint8]]:
    """Crops [h, w, 3] RGB of one SKU on a rack's plates.

    Args:
        plates: of the rack; its goods' own plates come first, then the others in turn.
        planogram: where they are.
        looks: packages by SKU.
        sku: which one.
        seed: of light and noise.
        count: how many.
    """
    facings = {plate: facing for facing in planogram.facings for plate in facing.plates}
    own = [plate for plate, facing in facings.items() if facing.sku == sku]
    order = sorted(plates, key=lambda plate: plate not in own)
    stock = Stock({})
    camera = ShelfCamera("enrolment", plates, planogram, looks, stock, seed=(seed, 41))
    for number in range(count):
        plate = order[number % len(order)]
        facing = facings[plate]
        units = max(1, (facing.capacity or UNITS) // len(facing.plates) - number % UNITS_GONE)
        for _ in range(units):
            stock.put(plate, sku)
        picture = decoded(camera.jpeg((), number * MOMENTS_S))
        yield _around(camera.picture.places(plate)[-1], camera, picture)
        for _ in range(units):
            stock.take(plate, sku)


def _around(unit: Standing, camera: ShelfCamera, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    left, top, right, bottom = box_px(unit, camera.viewpoint.camera)
    aside, over = round(AROUND * (right - left)), round(AROUND * (bottom - top))
    left, right = max(left - aside, 0), min(right + aside, SIZE_PX[0])
    top, bottom = max(top - over, 0), min(bottom + over, SIZE_PX[1])
    return picture[top:bottom, left:right]


def write_portraits(out: Path, nodes: Sequence[tuple[NodeConfig, Path]], *, seed: int = 1) -> int:
    """Pictures of all goods that stand on these nodes' racks; how many. Every SKU's folder is new or filled.

    Raises:
        ConfigError: a picture cannot be written.
        SteelyardError: catalogue or planogram cannot be used.
    """
    config, base_dir = nodes[0]
    catalogue = load_catalogue(base_dir / config.catalogue)
    planogram = load_planogram(base_dir / config.planogram, catalogue)
    looks = looks_of(catalogue)
    written = 0
    for board in (board for node, _ in nodes for board in node.boards):
        sold = {each.sku for each in planogram.facings if set(each.plates) & set(board.plates) and each.sku}
        for sku in sorted(sold):
            crops = portraits(board.plates, planogram, looks, sku, seed=seed, count=PICTURES)
            for number, crop in enumerate(crops, 1):
                _, data = cv2.imencode(".jpg", crop[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
                try:
                    (out / sku).mkdir(parents=True, exist_ok=True)
                    (out / sku / f"{board.rack}-{number}.jpg").write_bytes(data.tobytes())
                except OSError as error:
                    raise ConfigError(
                        f"cannot write a picture: {error.strerror}", file=out, fix="Name another folder."
                    ) from error
                written += 1
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and write."""
    parser = argparse.ArgumentParser(prog="portraits", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("out", type=Path, help="folder to write a folder a SKU into")
    parser.add_argument("node_configs", nargs="*", type=Path, metavar="NODE.yaml", help="default: configs/")
    parser.add_argument("--seed", type=int, default=1, help="of light and noise")
    options = parser.parse_args(arguments)
    try:
        files = options.node_configs or sorted(EXAMPLES.glob("node-*.yaml"))
        nodes = [(load_yaml(file, NodeConfig), file.parent) for file in files]
        written = write_portraits(options.out, nodes, seed=options.seed)
    except SteelyardError as error:
        print(f"portraits: {error}", file=sys.stderr)
        return 1
    print(f"{written} pictures in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
