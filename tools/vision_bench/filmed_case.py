"""A scenario with cameras: the same weights and people, and pictures of what stands on the shelves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cv2
import numpy as np

from edge.planogram import Catalogue, Planogram
from edge.recording.case import CaseInput
from edge.samples import NS_PER_S, Frame
from tools.packaging.designs import Design
from tools.scenarios.noise import Noise
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.script import Script, Transfer
from tools.scenarios.tracked import FADE_S, RESTING
from tools.store_simulator.camera.arms import ReachingArm
from tools.store_simulator.camera.shelf_camera import ShelfCamera
from tools.store_simulator.camera.stock import Stock

RATE_HZ = 4.0
UNITS = 6
"""On each plate when a case begins."""

GONE_S, STANDS_S = 0.15, 0.25
"""[s] after a transfer's time at which goods have left their place, or stand there."""

ARRIVES_S = 0.05
"""[s] after the light fell in that a picture reaches the node."""

SHOULDER_M = (0.19, 0.05, -0.35)
"""[m] from the head, on the right."""


class FilmedCase(RenderedCase):
    """A :class:`RenderedCase` whose gondolas have cameras, named as they are.

    Args:
        script: what happens.
        planogram: the store as it stands.
        catalogue: its goods.
        noise: of the untouched plates.
        looks: packages by SKU.
    """

    def __init__(
        self,
        script: Script,
        planogram: Planogram,
        catalogue: Catalogue,
        noise: Noise,
        looks: Mapping[str, Design],
    ) -> None:
        super().__init__(script, planogram, catalogue, noise)
        self._looks = looks
        self._standing = {
            plate: (facing.sku,) * UNITS
            for facing in planogram.facings
            if facing.sku is not None
            for plate in facing.plates
        }
        for plate, sku in _there_before(script, planogram):
            self._standing[plate] += (sku,)
        self._planogram = planogram
        self._paths = {visit: _path(script, visit) for visit in script.visits}

    @property
    def gondolas(self) -> tuple[str, ...]:
        """Names of all gondolas."""
        return tuple(self._racks)

    def camera(self, gondola: str, stock: Stock) -> ShelfCamera:
        """The camera before a gondola, looking at some stock."""
        plates = self._racks[gondola]
        return ShelfCamera(gondola, plates, self._planogram, self._looks, stock, seed=(self.script.seed, 37))

    def _streams(self) -> list[Iterator[tuple[float, int, CaseInput]]]:
        return [*super()._streams(), *(self._frames(gondola) for gondola in self._racks)]

    def _frames(self, gondola: str) -> Iterator[tuple[float, int, CaseInput]]:
        stock = Stock(self._standing)
        camera = self.camera(gondola, stock)
        moves = sorted(self.script.transfers, key=_visible_s)
        for number in range(int(self.script.duration_s * RATE_HZ)):
            at_s = number / RATE_HZ
            while moves and _visible_s(moves[0]) <= at_s:
                _move(stock, moves.pop(0))
            jpeg = camera.jpeg(self._arms(at_s), at_s)
            picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            rgb = np.ascontiguousarray(picture[..., ::-1], dtype=np.uint8)
            yield at_s + ARRIVES_S, 500, (f"g{gondola}", Frame(gondola, round(at_s * NS_PER_S), rgb, jpeg))

    def _arms(self, at_s: float) -> Iterator[ReachingArm]:
        for reach in self.script.reaches:
            if not reach.start_s - FADE_S < at_s < reach.end_s + FADE_S:
                continue
            times, places = self._paths[reach.visit]
            head = np.array([np.interp(at_s, times, places[:, axis]) for axis in range(3)])
            side = -1.0 if reach.left else 1.0
            rest = head + RESTING["l_wrist" if reach.left else "r_wrist"]
            into = min((at_s - reach.start_s + FADE_S) / FADE_S, (reach.end_s + FADE_S - at_s) / FADE_S, 1.0)
            wrist = rest + into * (np.array(reach.at) - rest)
            elbow = 0.5 * (wrist + head + np.multiply(SHOULDER_M, (side, 1.0, 1.0)))
            yield ReachingArm(reach.visit, _point(wrist), _point(elbow), self._carried(reach.visit, at_s))

    def _carried(self, visit: str, at_s: float) -> str | None:
        for transfer in self.script.transfers:
            since_s = at_s - _visible_s(transfer)
            if transfer.visit == visit and (0 <= since_s < 0.5 if transfer.taken else -0.5 <= since_s < 0):
                return transfer.sku
        return None


def _there_before(script: Script, planogram: Planogram) -> Iterator[tuple[str, str]]:
    """(plate, SKU) of goods that are taken from a foreign plate to which nobody brought them."""
    own = {plate: facing.sku for facing in planogram.facings for plate in facing.plates}
    brought: list[tuple[str, str]] = []
    for transfer in sorted(script.transfers, key=lambda each: each.t):
        here = (transfer.plates[0], transfer.sku)
        if not transfer.taken:
            brought.append(here)
        elif transfer.sku != own[transfer.plates[0]] and here not in brought:
            yield here


def _visible_s(transfer: Transfer) -> float:
    return transfer.t + (GONE_S if transfer.taken else STANDS_S)


def _move(stock: Stock, transfer: Transfer) -> None:
    for _ in range(transfer.quantity):
        if transfer.taken:
            stock.take(transfer.plates[0], transfer.sku)
        else:
            stock.put(transfer.plates[0], transfer.sku)


def _path(script: Script, visit: str) -> tuple[list[float], np.ndarray]:
    stays = sorted((each for each in script.stays if each.visit == visit), key=lambda each: each.start_s)
    times = [moment for stay in stays for moment in (stay.start_s, stay.end_s)]
    return times, np.array([stay.at for stay in stays for _ in range(2)])


def _point(at: np.ndarray) -> tuple[float, float, float]:
    return float(at[0]), float(at[1]), float(at[2])
