"""What plates show while nobody touches them: what any source of it offers, and the real recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.recording.nanostore import NanostoreCase
from edge.samples import WeightBlock

Grams = NDArray[np.float64]
Walking = NDArray[np.bool_]

CROSSFADE = 12
"""[samples] over which one stretch of recorded noise passes into the next."""

LSB_G = 0.2409668
"""[g] resolution of the recorded store's plates."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """Where in a recording nobody touches anything."""

    quiet: tuple[float, float]  # [s] nobody moves
    walking: tuple[tuple[float, float], ...]  # [s] somebody walks by and takes nothing
    steps: Mapping[str, float]  # plates whose level changes within the recording, and when [s]


KNOWN_STRETCHES = {
    "BENCHMARK-1": Stretches(
        (0.0, 4.8), ((5.0, 11.9), (13.6, 17.0)), {"1/5/11": 12.5, "1/5/9": 12.5, "1/5/10": 12.5}
    ),
}
"""By name of the case."""


class Noise(Protocol):
    """Source of quiet and of walking noise."""

    def grams(
        self, gondola: str, plates: tuple[str, ...], walking: Walking, rng: np.random.Generator
    ) -> Grams:
        """[n, plate] g around zero, n as in ``walking`` (whether somebody walks near, by sample)."""
        ...


class RecordedNoise:
    """Stretches of a real recording, spliced; the plates of a gondola keep their common motion.

    Args:
        case: nanostore directory.
        stretches: which parts of it to use.
    """

    @classmethod
    def of_case(cls, case: Path) -> RecordedNoise:
        """The noise of a recording that is known. Raises ``RecordingError``."""
        name = case.resolve().name
        if name not in KNOWN_STRETCHES:
            raise RecordingError(
                "nobody has marked where this recording is quiet", where=str(case), found=name,
                expected=" or ".join(KNOWN_STRETCHES), fix="Add it to tools/scenarios/noise.py.",
            )  # fmt: skip
        return cls(case, KNOWN_STRETCHES[name])

    def __init__(self, case: Path, stretches: Stretches) -> None:
        self._quiet: dict[str, list[Grams]] = {}
        self._walking: dict[str, list[Grams]] = {}
        self._columns: dict[str, dict[str, int]] = {}
        recording = NanostoreCase(case)
        racks = {rack.rack: rack for node in recording.setup.nodes.values() for rack in node.racks}
        blocks: dict[str, list[WeightBlock]] = {rack: [] for rack in racks}
        for _, arrived in recording.inputs():
            if isinstance(arrived, WeightBlock):
                blocks[arrived.rack].append(arrived)
        for rack, parts in blocks.items():
            self._columns[rack] = {plate: column for column, plate in enumerate(racks[rack].plates)}
            grams = np.concatenate([part.grams for part in parts])
            at_s = parts[0].mono_ns / 1e9 + np.arange(len(grams)) * parts[0].period_ns / 1e9
            for plate, when_s in stretches.steps.items():
                if plate in self._columns[rack]:
                    column = self._columns[rack][plate]
                    late = at_s > when_s
                    grams[late, column] -= np.median(grams[late, column]) - np.median(grams[~late, column])
            self._quiet[rack] = [_between(grams, at_s, stretches.quiet)]
            self._walking[rack] = [_between(grams, at_s, each) for each in stretches.walking]

    def stretches(self, *, walking: bool) -> dict[str, list[tuple[tuple[str, ...], Grams]]]:
        """By gondola: (plates, [n, plate] g) of each stretch as recorded."""
        return {
            gondola: [(tuple(self._columns[gondola]), grams) for grams in pool]
            for gondola, pool in (self._walking if walking else self._quiet).items()
        }

    def grams(
        self, gondola: str, plates: tuple[str, ...], walking: Walking, rng: np.random.Generator
    ) -> Grams:
        """See :class:`Noise`. Gondolas without a recording borrow another one's."""
        source = gondola if gondola in self._quiet else sorted(self._quiet)[0]
        columns = [
            self._columns[source].get(plate, int(rng.integers(len(self._columns[source]))))
            for plate in plates
        ]
        loud = self._splice(self._walking[source], walking.size, rng)
        calm = self._splice(self._quiet[source], walking.size, rng)
        ramp = np.convolve(walking.astype(float), np.ones(30) / 30, mode="same")[:, None]
        return np.asarray((ramp * loud + (1 - ramp) * calm)[:, columns])

    def _splice(self, pool: list[Grams], samples: int, rng: np.random.Generator) -> Grams:
        out = np.zeros((samples + 2 * CROSSFADE, pool[0].shape[1]))
        fade = np.sin(np.linspace(0, np.pi / 2, CROSSFADE))[:, None]
        at = 0
        while at < samples:
            source = pool[int(rng.integers(len(pool)))]
            length = min(int(rng.integers(60, 200)), len(source))
            start = int(rng.integers(len(source) - length + 1))
            part = source[start : start + length] * rng.choice([-1.0, 1.0])
            part = part[: out.shape[0] - at].copy()
            blend = min(CROSSFADE, len(part))
            part[:blend] *= fade[:blend]
            out[at : at + blend] *= fade[::-1][:blend]
            out[at : at + len(part)] += part
            at += max(length - CROSSFADE, 1)
        return out[:samples]


def _between(grams: Grams, at_s: NDArray[np.floating[Any]], span_s: tuple[float, float]) -> Grams:
    """[n, plate] g around each plate's median."""
    grams = grams[(at_s >= span_s[0]) & (at_s < span_s[1])]
    return np.asarray(np.nan_to_num(grams - np.median(grams, axis=0)))
