"""One simulated camera: viewpoint, picture, people and sensor together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from edge.planogram import Planogram
from tools.packaging.designs import Design
from tools.store_simulator.camera.arms import ReachingArm, draw_arms
from tools.store_simulator.camera.sensor import Sensor
from tools.store_simulator.camera.shelf_picture import ShelfPicture
from tools.store_simulator.camera.stock import Stock
from tools.store_simulator.camera.viewpoint import Viewpoint


class ShelfCamera:
    """Hangs before one rack and takes pictures of it.

    Args:
        name: of the camera.
        plates: of the rack.
        planogram: where they are.
        looks: packages by SKU.
        stock: what stands where; the camera only looks.
        seed: of light and noise.
    """

    def __init__(
        self,
        name: str,
        plates: Sequence[str],
        planogram: Planogram,
        looks: Mapping[str, Design],
        stock: Stock,
        *,
        seed: tuple[int, ...],
    ) -> None:
        self.name = name
        self.viewpoint = Viewpoint.before(plates, planogram)
        self._looks = looks
        self.picture = ShelfPicture(self.viewpoint, planogram, looks, stock)
        self._sensor = Sensor(seed)

    def jpeg(self, arms: Iterable[ReachingArm], at_s: float) -> bytes:
        """The picture at a moment, with the arms that are stretched out, as a JPEG file."""
        scene = self.picture.update().copy()
        draw_arms(scene, self.viewpoint, self._looks, arms)
        return self._sensor.jpeg(scene, at_s)
