"""The baseline: what the winner of the AutoCheckout competition published, written from the description.

CPS-IoT Week 2020. Moving window of 1 s over each shelf's sum; an event where its spread stays above 20 g for
0.5 s and the mean changes by more than 10 g across it; the SKU by a Gaussian of 10 g around the catalogue's
weight, times where it stands; the person by the nearest target. A return is one of the things that person
holds. It is given every advantage of a replay: all samples and all tracks at once, missing samples bridged.
"""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.messages import TrackFrame
from edge.planogram import Catalogue, Planogram, shelf_of
from edge.recording.case import Case
from edge.samples import NS_PER_S, UtcReading, WeightBlock

Grams = NDArray[np.float64]

WINDOW_S = 1.0
SPREAD_G, SPREAD_S = 20.0, 0.5
CHANGE_G = 10.0
SIGMA_G = 10.0
QUANTITY_MAX = 3
ELSEWHERE = 0.05
"""[1] prior of a SKU at plates that the planogram does not give it, against 1 where it does."""


@dataclass(frozen=True, slots=True)
class _Change:
    """One event on one shelf."""

    onset_s: float  # [s] UTC
    settled_s: float  # [s] UTC
    decided_s: float  # [s] UTC
    plates: tuple[str, ...]
    plate_deltas_g: Grams  # [plate] g
    delta_g: float  # [g] of the shelf's sum


class Winner:
    """The published method over one case."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._planogram: Planogram = case.setup.planogram()
        self._catalogue: Catalogue = case.setup.catalogue()
        self._skus = [
            (sku, weight)
            for sku in dict.fromkeys(facing.sku for facing in self._planogram.facings if facing.sku)
            if (weight := self._catalogue.get(sku).weight_g) is not None
        ]
        self._home: dict[str, set[str]] = {}
        for facing in self._planogram.facings:
            if facing.sku:
                self._home.setdefault(facing.sku, set()).update(facing.plates)

    def report(self) -> dict[str, Any]:
        """What it finds, in the shape of a replay report; probabilities are 1, as it states none."""
        blocks: dict[str, list[WeightBlock]] = {}
        utc: dict[str, UtcReading] = {}
        frames: list[TrackFrame] = []
        for node, arrived in self._case.inputs():
            if isinstance(arrived, WeightBlock):
                blocks.setdefault(node or "", []).append(arrived)
            elif isinstance(arrived, UtcReading):
                utc[node or ""] = arrived
            elif isinstance(arrived, TrackFrame):
                frames.append(arrived)
        started = time.process_time()
        changes: list[_Change] = []
        for node, parts in blocks.items():
            setup = self._case.setup.nodes[node]
            changes += self.changes(parts, setup.racks[0].plates, utc[node])
        carts: dict[str, Counter[str]] = {target.visit: Counter() for f in frames for target in f.targets}
        events = [
            event
            for number, change in enumerate(sorted(changes, key=lambda each: each.settled_s))
            for event in self._event(number, change, frames, carts)
        ]
        return {
            "visits": [
                {
                    "shopper": visit,
                    "needs_review": False,
                    "lines": [{"sku": sku, "quantity": n, "probability": 1.0} for sku, n in (+cart).items()],
                }
                for visit, cart in carts.items()
            ],
            "events": events,
            "disturbances": [],
            "timing": {"cpu_seconds": time.process_time() - started, "data_seconds": 0.0},
        }

    def changes(
        self, parts: list[WeightBlock], plates: tuple[str, ...], utc: UtcReading
    ) -> Iterator[_Change]:
        """Events of one gondola from its samples."""
        grams = _bridged(parts)
        rate_hz = NS_PER_S / parts[0].period_ns
        window = round(WINDOW_S * rate_hz)
        if len(grams) < 3 * window:
            return
        shelves = [shelf_of(plate) for plate in plates]
        for shelf in dict.fromkeys(shelves):
            columns = [column for column, name in enumerate(shelves) if name == shelf]
            own = grams[:, columns]
            mean, spread = _moving(own.sum(axis=1), window)  # value i: samples i .. i + window
            for start, end in _runs(spread > SPREAD_G, round(SPREAD_S * rate_hz)):
                # The last calm window and the first calm one after it; both hold a little of the event, so
                # that a step of X g reads as the root of X^2 - 40^2.
                before, after = max(start - 1, 0), min(end + 1, len(mean) - 1)
                delta_g = float(mean[after] - mean[before])
                if abs(delta_g) <= CHANGE_G:
                    continue
                by_plate = own[after : after + window].mean(axis=0) - own[before : before + window].mean(
                    axis=0
                )
                times = [parts[0].mono_ns + round(i * parts[0].period_ns) for i in (start, end)]
                yield _Change(
                    utc.at(times[0]) + WINDOW_S,
                    utc.at(times[1]),
                    utc.at(times[1]) + WINDOW_S,
                    tuple(plates[column] for column in columns),
                    by_plate,
                    delta_g,
                )

    def _event(
        self, number: int, change: _Change, frames: list[TrackFrame], carts: dict[str, Counter[str]]
    ) -> Iterator[dict[str, Any]]:
        moved = [
            plate
            for plate, delta_g in zip(change.plates, change.plate_deltas_g, strict=True)
            if abs(delta_g) > CHANGE_G and (delta_g < 0) == (change.delta_g < 0)
        ] or [change.plates[int(np.argmax(np.abs(change.plate_deltas_g)))]]
        taken = change.delta_g < 0
        visit = self._nearest(moved, change, frames)
        if visit is None:
            return
        if taken:
            sku, quantity = self._likeliest(change, moved)
            carts[visit][sku] += quantity
        else:
            held = [(sku, self._catalogue.get(sku).weight_g or 0.0) for sku in +carts[visit]]
            if not held:
                return
            sku = min(held, key=lambda each: abs(each[1] - change.delta_g))[0]
            quantity = 1
            carts[visit][sku] -= 1
        yield {
            "id": f"winner-{number}",
            "kind": "pick" if taken else "return",
            "sku": sku,
            "quantity": quantity,
            "shopper": visit,
            "needs_review": False,
            "t_onset": change.onset_s,
            "t_settled": change.settled_s,
            "t_decided": change.decided_s,
            "delta_g": change.delta_g,
            "plates": [{"plate": plate} for plate in moved],
        }

    def _likeliest(self, change: _Change, moved: list[str]) -> tuple[str, int]:
        """SKU and quantity by weight and place."""
        own_g = {plate: abs(g) for plate, g in zip(change.plates, change.plate_deltas_g, strict=True)}
        whole_g = max(sum(own_g[plate] for plate in moved), 1e-9)

        def log_posterior(candidate: tuple[tuple[str, float], int]) -> float:
            (sku, weight_g), quantity = candidate
            here = sum(own_g[plate] for plate in moved if plate in self._home[sku]) / whole_g
            misfit = (abs(change.delta_g) - quantity * weight_g) / SIGMA_G
            return -0.5 * misfit**2 + math.log(ELSEWHERE + here) - 2.0 * (quantity - 1)

        (sku, _), quantity = max(itertools.product(self._skus, range(1, QUANTITY_MAX + 1)), key=log_posterior)
        return sku, quantity

    def _nearest(self, moved: list[str], change: _Change, frames: list[TrackFrame]) -> str | None:
        """Who was nearest to the moved plates, hand or head, in any frame of the event."""
        boxes = self._planogram.box_of(moved)
        nearest: tuple[float, str] | None = None
        for frame in frames:
            if not change.onset_s - 0.5 <= frame.t <= change.settled_s:
                continue
            for target in frame.targets:
                points = np.array([point.at for point in target.points.values()])
                if not len(points):
                    continue
                metres = min(float(box.distance_m(points).min()) for box in boxes)
                if nearest is None or metres < nearest[0]:
                    nearest = metres, target.visit
        return nearest[1] if nearest else None


def _bridged(parts: list[WeightBlock]) -> Grams:
    """[n, plate] g on one grid; what is missing repeats the reading before."""
    rows = []
    for part in parts:
        rows += [np.full((part.lost_before, part.grams.shape[1]), np.nan)] * bool(part.lost_before)
        rows.append(part.grams)
    grams = np.concatenate(rows)
    missing = np.isnan(grams)
    if missing.any():
        index = np.where(missing, 0, np.arange(len(grams))[:, None])
        np.maximum.accumulate(index, axis=0, out=index)
        grams = np.nan_to_num(np.take_along_axis(grams, index, axis=0))
    return grams


def _moving(signal: Grams, window: int) -> tuple[Grams, Grams]:
    """Mean and standard deviation of every window."""
    centred = signal - signal[0]
    sums = np.concatenate(([0.0], centred.cumsum()))
    squares = np.concatenate(([0.0], (centred**2).cumsum()))
    mean = (sums[window:] - sums[:-window]) / window
    variance = (squares[window:] - squares[:-window]) / window - mean**2
    return mean + signal[0], np.sqrt(np.maximum(variance, 0.0))


def _runs(above: NDArray[np.bool_], least: int) -> Iterator[tuple[int, int]]:
    """(first, last) of every stretch that is long enough."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], above.astype(np.int8), [0]))))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start >= least:
            yield int(start), int(end) - 1
