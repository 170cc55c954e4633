"""A script as a recording: plate batches, late tracks, gate; read by the runtime like any other case."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np

from edge.config import AttributionSection, CartSection, FusionSection, WeightSection
from edge.messages import GateDirection, GateEvent, KeyPoint, Target, TrackFrame
from edge.planogram import Catalogue, Facing, Planogram, shelf_of
from edge.recording.case import CaseInput, CaseSetup, NodeSetup
from edge.samples import RackLayout, UtcReading, WeightBlock
from tools.scenarios.noise import Noise
from tools.scenarios.script import Metres3, Script

RATE_HZ = 60.0
BATCH = 12  # [samples]
PERIOD_NS = 1e9 / RATE_HZ
EPOCH = 1_700_000_000.0  # [s] store time of second 0
TRACK_HZ = 10.0
TRACK_LATE_S = 2.3  # [s] a live system sees people so much later than plates
CROSSTALK_SHARE = (0.0, 0.015)  # [1] of a change, on the two neighbours to either side
LOST_POINT = 0.03  # [1] key points that the tracker loses, per frame
JITTER_M = 0.015
SHELF_LOAD_G = (1000.0, 6000.0)


class RenderedCase:
    """One script, one noise, one seed."""

    def __init__(
        self,
        script: Script,
        planogram: Planogram,
        catalogue: Catalogue,
        noise: Noise,
        *,
        weight: WeightSection | None = None,
        fusion: FusionSection | None = None,
    ) -> None:
        self.script = script
        self._rng = np.random.default_rng([script.seed, 1])
        self._noise = noise
        claimed = [
            Facing(each.plates, script.replanned.get(each.sku or "", each.sku), each.capacity)
            for each in planogram.facings
        ]
        plates = planogram.plates
        self._racks: dict[str, tuple[str, ...]] = {}
        for plate in plates:
            gondola = plate.partition("/")[0]
            self._racks[gondola] = (*self._racks.get(gondola, ()), plate)
        nodes = {
            f"g{gondola}": NodeSetup(
                boot="replay",
                racks=(RackLayout(gondola, columns, RATE_HZ),),
                weight=weight or WeightSection(),
                fusion=fusion or FusionSection(),
            )
            for gondola, columns in self._racks.items()
        }
        self.setup = CaseSetup.of(
            f"{script.name}-{script.seed}", nodes, catalogue, Planogram(planogram.version, plates, claimed),
            attribution=AttributionSection(), carts=CartSection(),
        )  # fmt: skip
        self._samples = int(script.duration_s * RATE_HZ) // BATCH * BATCH
        self._blocks = {gondola: self._render(gondola, columns) for gondola, columns in self._racks.items()}
        self._people = list(self._track())

    def inputs(self) -> Iterator[CaseInput]:
        """See :class:`edge.recording.case.Case`."""
        for gondola in self._blocks:
            yield f"g{gondola}", UtcReading(mono_ns=0, utc_s=EPOCH, synchronized=True)
        streams: list[Iterator[tuple[float, int, CaseInput]]] = [
            self._batches(number, gondola) for number, gondola in enumerate(self._blocks)
        ]
        streams.append((late, 1000, (None, said)) for late, said in self._people)
        for _, _, arrived in heapq.merge(*streams, key=lambda each: each[:2]):
            yield arrived

    def _batches(self, number: int, gondola: str) -> Iterator[tuple[float, int, CaseInput]]:
        grams = self._blocks[gondola]
        lost_from = [
            (fault.start_s, fault.end_s)
            for fault in self.script.faults
            if fault.kind == "lost" and fault.gondola == gondola
        ]
        lost = 0
        for start in range(0, self._samples, BATCH):
            at_s = start / RATE_HZ
            if any(a <= at_s < b for a, b in lost_from):
                lost += BATCH
                continue
            block = WeightBlock(
                gondola,
                round((start + 2.5 * number) * PERIOD_NS),
                PERIOD_NS,
                grams[start : start + BATCH],
                lost,
            )
            lost = 0
            yield at_s + BATCH / RATE_HZ, number, (f"g{gondola}", block)

    def _render(self, gondola: str, columns: tuple[str, ...]) -> np.ndarray:
        at_s = np.arange(self._samples) / RATE_HZ
        grams = self._noise.grams(gondola, columns, self._walking(at_s), self._rng)
        index = {plate: column for column, plate in enumerate(columns)}
        grams = grams + self._rng.uniform(*SHELF_LOAD_G, len(columns))
        for plate, force in self.script.forces:
            if plate not in index:
                continue
            knots_s, knots_g = zip(*force.knots, strict=True)
            moved = np.interp(at_s, knots_s, knots_g)
            grams[:, index[plate]] += moved
            if force.kick_g:
                since = np.maximum(at_s - force.kick_at_s, 0.0)
                ring_hz, ring_s = self._rng.uniform(6, 15), self._rng.uniform(0.1, 0.35)
                grams[:, index[plate]] += (
                    force.kick_g * np.exp(-since / ring_s) * np.sin(2 * np.pi * ring_hz * since) * (since > 0)
                )
            for other in columns:
                apart = abs(index[other] - index[plate])
                if other != plate and shelf_of(other) == shelf_of(plate) and apart <= 2:
                    grams[:, index[other]] += self._rng.uniform(*CROSSTALK_SHARE) / apart * moved
        for bumped, at, size_g in self.script.bumps:
            if bumped == gondola:
                since = np.maximum(at_s - at, 0.0)
                shape = np.exp(-since / 0.4) * np.sin(2 * np.pi * self._rng.uniform(5, 9) * since)
                grams += size_g * shape[:, None] * self._rng.uniform(0.2, 1.0, len(columns))
        return self._fail(grams, index, at_s)

    def _fail(self, grams: np.ndarray, index: dict[str, int], at_s: np.ndarray) -> np.ndarray:
        for fault in self.script.faults:
            if fault.plate not in index:
                continue
            column = index[fault.plate]
            during = (at_s >= fault.start_s) & (at_s < fault.end_s)
            if fault.kind == "nan":
                grams[during, column] = np.nan
            elif fault.kind == "stuck":
                grams[during, column] = grams[np.flatnonzero(during)[0], column]
            elif fault.kind == "spikes":
                hit = during & (self._rng.random(at_s.size) < 0.05)
                grams[hit, column] += self._rng.choice([-4000.0, 9000.0, 30000.0], int(hit.sum()))
        return grams

    def _walking(self, at_s: np.ndarray) -> np.ndarray:
        walking = np.zeros(at_s.size, dtype=bool)
        for visit in self.script.visits:
            stays = sorted(
                (each for each in self.script.stays if each.visit == visit), key=lambda each: each.start_s
            )
            for one, following in zip(stays, stays[1:], strict=False):
                walking |= (at_s >= one.end_s) & (at_s < following.start_s)
        return walking

    # --- people -----------------------------------------------------------------------------------

    def _track(self) -> Iterator[tuple[float, TrackFrame | GateEvent]]:
        said: list[tuple[float, TrackFrame | GateEvent]] = []
        span = {visit: self._span(visit) for visit in self.script.visits}
        for visit, (first, last) in span.items():
            entered = GateEvent(visit=visit, direction=GateDirection.ENTERED, t=EPOCH + first)
            left = GateEvent(visit=visit, direction=GateDirection.LEFT, t=EPOCH + last)
            said += [(first + TRACK_LATE_S, entered), (last + TRACK_LATE_S + 3.0, left)]
        for number in range(int(self.script.duration_s * TRACK_HZ)):
            t = number / TRACK_HZ
            targets = tuple(
                Target(visit, self._body(visit, t))
                for visit, (first, last) in span.items()
                if first <= t <= last
            )
            said.append((t + TRACK_LATE_S, TrackFrame(t=EPOCH + t, targets=targets)))
        return iter(sorted(said, key=lambda each: each[0]))

    def _span(self, visit: str) -> tuple[float, float]:
        stays = [each for each in self.script.stays if each.visit == visit]
        return min(each.start_s for each in stays), max(each.end_s for each in stays)

    def _body(self, visit: str, t: float) -> dict[str, KeyPoint]:
        x, y, z = self._head(visit, t)
        points: dict[str, Metres3] = {
            "head": (x, y, z), "neck": (x, y, z - 0.2),
            "l_wrist": (x - 0.25, y + 0.05, z - 0.75), "r_wrist": (x + 0.25, y + 0.05, z - 0.75),
        }  # fmt: skip
        for reach in self.script.reaches:
            if reach.visit == visit and reach.start_s - 0.4 <= t <= reach.end_s + 0.4:
                part = min((t - reach.start_s + 0.4) / 0.4, (reach.end_s + 0.4 - t) / 0.4, 1.0)
                name = "l_wrist" if reach.left else "r_wrist"
                rest = np.array(points[name])
                points[name] = tuple(rest + part * (np.array(reach.at) - rest))
        return {
            name: KeyPoint(
                (at[0] + self._jitter(), at[1] + self._jitter(), at[2] + self._jitter()),
                float(self._rng.uniform(0.7, 1.0)),
            )
            for name, at in points.items()
            if self._rng.random() > LOST_POINT
        }

    def _head(self, visit: str, t: float) -> Metres3:
        stays = sorted(
            (each for each in self.script.stays if each.visit == visit), key=lambda each: each.start_s
        )
        times = [moment for stay in stays for moment in (stay.start_s, stay.end_s)]
        places = np.array([stay.at for stay in stays for _ in range(2)])
        return tuple(float(np.interp(t, times, places[:, axis])) for axis in range(3))  # type: ignore[return-value]

    def _jitter(self) -> float:
        return float(self._rng.normal(0, JITTER_M))
