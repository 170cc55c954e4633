"""The cameras of a store, one before each rack: they share one stock and take pictures in turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tools.packaging.designs import Design
from tools.store_simulator.acts import Handling
from tools.store_simulator.camera.arms import arms_of
from tools.store_simulator.camera.looks import looks_of
from tools.store_simulator.camera.shelf_camera import ShelfCamera
from tools.store_simulator.camera.stock import Stock
from tools.store_simulator.layout import StoreLayout
from tools.store_simulator.shoppers import Visit

RATE_HZ = 4.0
"""[Hz] of each camera: a hand that stays a moment is seen, and so is a calm moment between two hands."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of one camera."""

    rack: str
    camera: str
    at_s: float
    jpeg: bytes


class Crew:
    """All cameras of a simulated store.

    Args:
        layout: the store; every rack gets a camera of its name.
        standing: SKUs by plate when the store is switched on.
        seed: of light and noise.
        drawn: packages of some SKUs; the others look as their names say.
        rate_hz: pictures a second of each camera.
    """

    def __init__(
        self,
        layout: StoreLayout,
        standing: Mapping[str, Iterable[str]],
        *,
        seed: int,
        drawn: Mapping[str, Design] | None = None,
        rate_hz: float = RATE_HZ,
    ) -> None:
        self.looks = looks_of(layout.catalogue, drawn)
        self._stock = Stock(standing)
        self.cameras = {
            rack: ShelfCamera(rack, plates, layout.planogram, self.looks, self._stock, seed=(seed, number))
            for number, (rack, plates) in enumerate(layout.racks.items())
        }
        self._period_s = 1.0 / rate_hz
        self._next_s = {rack: self._period_s * n / len(self.cameras) for n, rack in enumerate(self.cameras)}

    def update(self, handling: Handling) -> None:
        """Goods have changed place."""
        self._stock.update(handling)

    def due(self, now_s: float, visits: Iterable[Visit], *, skip_late: bool = False) -> Iterator[Shot]:
        """Pictures that are to be taken by now, with the people who are in the store.

        Args:
            now_s: [s] of the store.
            visits: who is inside.
            skip_late: a live camera takes one picture after a delay, not all that it has missed.
        """
        inside = tuple(visits)
        for rack, camera in self.cameras.items():
            while self._next_s[rack] <= now_s:
                at_s = now_s if skip_late else self._next_s[rack]
                self._next_s[rack] += self._period_s
                if skip_late and self._next_s[rack] <= now_s:
                    self._next_s[rack] = now_s + self._period_s
                yield Shot(rack, camera.name, at_s, camera.jpeg(arms_of(inside, at_s), at_s))
