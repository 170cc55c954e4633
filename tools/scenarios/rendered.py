"""A script as a recording: plate batches, late tracks, gate; read by the runtime like any other case."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

import numpy as np

from edge.config import AttributionSection, CartSection, FusionSection, WeightSection
from edge.planogram import Catalogue, Facing, Planogram, shelf_of
from edge.recording.case import CaseInput, CaseSetup, NodeSetup
from edge.recording.gathering import gathered
from edge.samples import RackLayout, UtcReading, WeightBlock
from tools.scenarios.noise import LSB_G, Noise
from tools.scenarios.script import Script
from tools.scenarios.tracked import EPOCH, TrackedPeople

RATE_HZ = 60.0
BATCH = 12  # [samples]
PERIOD_NS = 1e9 / RATE_HZ
PHASE_SAMPLES = 2.5
"""[samples] by which the batches of one gondola come later than those of the one before."""

CROSSTALK_SHARE, CROSSTALK_REACH = (0.0, 0.015), 2
"""[1] of a change that each of the two neighbours to either side shows, for ever: the recorded pick of 622 g
moved the next plate by 5-7 g and the one after it by 8-9.5 g."""

SHELF_LOAD_G = (1000.0, 6000.0)
SATURATED_G = 22_000.0
SPIKE_SHARE, SPIKES_G = 0.05, (-4000.0, 9000.0, 30000.0)
BAD_READS_G = (0.0, (2**17 - 1) * LSB_G)
"""[g] no bit set and every bit set, of readings without sign."""

NOISY_G = 40.0
"""[g] standard deviation."""


class RenderedCase:
    """One script, one noise, one seed.

    Args:
        script: what happens.
        planogram: the store as it truly stands; the case's own claims what the script says.
        catalogue: its goods.
        noise: of the untouched plates.
        weight: options of the weight path.
        fusion: options of the hypotheses.
    """

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
        self.people = TrackedPeople(script, self._rng).reports()

    def inputs(self, window_s: float = 0.0) -> Iterator[CaseInput]:
        """See :class:`edge.recording.case.Case`."""
        return gathered(self._as_recorded(), window_s)

    def _as_recorded(self) -> Iterator[CaseInput]:
        for gondola in self._blocks:
            yield f"g{gondola}", UtcReading(mono_ns=0, utc_s=EPOCH, synchronized=True)
        for _, _, arrived in heapq.merge(*self._streams(), key=lambda each: each[:2]):
            yield arrived

    def _streams(self) -> list[Iterator[tuple[float, int, CaseInput]]]:
        """(arrival s, order among those that arrive at once, input), each stream in order."""
        people = ((arrival_s, 1000, (None, said)) for arrival_s, said in self.people)
        batches = (self._batches(number, gondola) for number, gondola in enumerate(self._blocks))
        return [*batches, people]

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
                round((start + PHASE_SAMPLES * number) * PERIOD_NS),
                PERIOD_NS,
                grams[start : start + BATCH],
                lost,
            )
            lost = 0
            yield at_s + BATCH / RATE_HZ, number, (f"g{gondola}", block)

    def _render(self, gondola: str, columns: tuple[str, ...]) -> np.ndarray:
        """[n, plate] g: noise, standing load, forces with their cross-talk, bumps, faults."""
        at_s = np.arange(self._samples) / RATE_HZ
        grams = self._noise.grams(gondola, columns, self._walking(at_s), self._rng)
        index = {plate: column for column, plate in enumerate(columns)}
        grams = grams + self._rng.uniform(*SHELF_LOAD_G, len(columns))
        crosstalk = self._rng.uniform(*CROSSTALK_SHARE, (len(columns), len(columns)))
        for plate, force in self.script.forces:
            if plate not in index:
                continue
            column = index[plate]
            knots_s, knots_g = zip(*force.knots, strict=True)
            moved = np.interp(at_s, knots_s, knots_g)
            grams[:, column] += moved
            if force.kick_g:
                since = np.maximum(at_s - force.kick_at_s, 0.0)
                ring_hz, ring_s = self._rng.uniform(6, 15), self._rng.uniform(0.1, 0.35)
                grams[:, column] += (
                    force.kick_g * np.exp(-since / ring_s) * np.sin(2 * np.pi * ring_hz * since) * (since > 0)
                )
            nearby = range(max(column - CROSSTALK_REACH, 0), column + CROSSTALK_REACH + 1)
            for other in nearby:
                if other != column and other < len(columns) and shelf_of(columns[other]) == shelf_of(plate):
                    grams[:, other] += crosstalk[column, other] * moved
        for bumped, at, size_g in self.script.bumps:
            if bumped == gondola:
                since = np.maximum(at_s - at, 0.0)
                shape = np.exp(-since / 0.4) * np.sin(2 * np.pi * self._rng.uniform(5, 9) * since)
                grams += size_g * shape[:, None] * self._rng.uniform(0.2, 1.0, len(columns))
        return self._fail(np.round(grams / LSB_G) * LSB_G, index, at_s)

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
            elif fault.kind == "saturated":
                grams[during, column] = SATURATED_G
            elif fault.kind == "noisy":
                grams[during, column] += self._rng.normal(0.0, NOISY_G, int(during.sum()))
            elif fault.kind in ("spikes", "bad_reads"):
                hit = during & (self._rng.random(at_s.size) < SPIKE_SHARE)
                if fault.kind == "bad_reads":
                    grams[hit, column] = self._rng.choice(BAD_READS_G, int(hit.sum()))
                else:
                    grams[hit, column] += self._rng.choice(SPIKES_G, int(hit.sum()))
        return grams

    def _walking(self, at_s: np.ndarray) -> np.ndarray:
        """[n] whether anybody walks."""
        walking = np.zeros(at_s.size, dtype=bool)
        for visit in self.script.visits:
            stays = sorted(
                (each for each in self.script.stays if each.visit == visit), key=lambda each: each.start_s
            )
            for one, following in itertools.pairwise(stays):
                walking |= (at_s >= one.end_s) & (at_s < following.start_s)
        return walking
