"""What became of a disturbance: goods came or went, or a hand only touched; and when that was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.config import WeightSection
from edge.samples import NS_PER_S, ChangeKind, PlateChange
from edge.weight.baseline import Baseline
from edge.weight.dating import Dating
from edge.weight.rest import Rest

PRESS_S = 0.5
"""[s] A hand touches goods so long before the load changes (measured 0.2 s)."""

LEFT_SHARE, LEFT_SIGMAS = 0.1, 3.0
"""[1, sigma] A level that is off by so much of a change, and of the plate's noise, has left its place."""

TOLD_PEAK_G = 10.0
"""[g] A disturbance that left nothing, and never moved its plate by so much, is not worth a word."""


@dataclass(slots=True)
class Disturbance:
    """A plate between first motion and rest, as the kernel saw it."""

    plate: int  # column
    hop: int  # number of the first
    level_g: float  # frozen baseline
    level_sigma_g: float
    still_g: float  # [g] from the level: samples so near it have not begun to move
    onset_ns: int | None = None  # [ns] None: not looked up yet
    peak_g: float = 0.0
    dark_s: float = 0.0  # [s] longest time without usable samples


class Verdicts:
    """Judges disturbances of one rack.

    Args:
        plates: names by column.
    """

    def __init__(
        self, plates: tuple[str, ...], baseline: Baseline, dating: Dating, options: WeightSection
    ) -> None:
        self._plates, self._baseline, self._dating, self._options = plates, baseline, dating, options
        self._left_g: dict[int, float] = {}  # level after the latest change, by column

    def clear(self) -> None:
        """Forget everything."""
        self._left_g.clear()

    def forget(self, plate: int) -> None:
        """Nothing is known of this column any more."""
        self._left_g.pop(plate, None)

    def of(
        self, ended: Disturbance, rest: Rest, swing_g: float, hop: int, decided_ns: int
    ) -> PlateChange | None:
        """What is worth telling of a disturbance; its plate's baseline goes on from there.

        Args:
            ended: the disturbance.
            rest: what ended it.
            swing_g: [g] standard deviation of its last hops.
            hop: number of the hop with which it ended.
            decided_ns: [ns] last sample used.
        """
        plate, options = ended.plate, self._options
        delta_g = rest.mean_g - ended.level_g
        sigma_g = float(np.hypot(rest.sigma_g, ended.level_sigma_g))
        moved = abs(delta_g) >= max(options.least_shift_g, options.decide_sigmas * sigma_g)
        told = None
        if moved or abs(ended.peak_g) >= TOLD_PEAK_G:
            told = self._told(
                ended, rest, hop, delta_g=delta_g, sigma_g=sigma_g, decided_ns=decided_ns, moved=moved
            )
        if moved:
            self._left_g[plate] = rest.mean_g
        if moved or not np.isfinite(self._baseline.level_g[plate]):
            self._baseline.set_level(plate, rest.mean_g)
        else:
            self._baseline.widen(plate, swing_g)
        return told

    def date(self, disturbance: Disturbance) -> int:
        """[ns] when the plate was first seen to move, looked up once."""
        if disturbance.onset_ns is None:
            disturbance.onset_ns = self._dating.onset_ns(
                disturbance.plate, disturbance.hop, disturbance.level_g, disturbance.still_g
            )
        return disturbance.onset_ns

    def _told(
        self,
        ended: Disturbance,
        rest: Rest,
        hop: int,
        *,
        delta_g: float,
        sigma_g: float,
        decided_ns: int,
        moved: bool,
    ) -> PlateChange:
        stirred_ns = self.date(ended)
        settled_ns = self._dating.settled_ns(ended.plate, hop, rest)
        if moved:
            seen = ended.dark_s <= self._options.bridge_s
            kind = ChangeKind.CHANGE if seen else ChangeKind.OFFLINE_CHANGE
        else:
            long = (settled_ns - stirred_ns) / NS_PER_S > self._options.touch_max_s
            kind = ChangeKind.LEAN if long else ChangeKind.TOUCH
        return PlateChange(
            plate=self._plates[ended.plate],
            kind=kind,
            delta_g=delta_g,
            sigma_g=sigma_g,
            onset_ns=min(self._onset_ns(ended, stirred_ns, delta_g, hop), settled_ns),
            settled_ns=settled_ns,
            decided_ns=decided_ns,
            peak_g=ended.peak_g,
            stirred_ns=stirred_ns,
            crept_g=ended.level_g - self._left_g.get(ended.plate, ended.level_g) if moved else 0.0,
        )

    def _onset_ns(self, ended: Disturbance, stirred_ns: int, delta_g: float, hop: int) -> int:
        """First motion of what made the change: not of noise before it, and not after a sensor's sleep."""
        noise_g = float(self._baseline.noise_g[ended.plate])
        band_g = max(LEFT_SIGMAS * noise_g, LEFT_SHARE * abs(delta_g))
        left_ns = self._dating.leaving_ns(ended.plate, hop, ended.level_g, band_g)
        if left_ns is None:
            return stirred_ns
        press_ns = round(PRESS_S * NS_PER_S)
        return left_ns if stirred_ns - left_ns > press_ns else max(stirred_ns, left_ns - press_ns)
