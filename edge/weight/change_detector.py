"""Per plate: from the first motion to a new level, or back to the old one.

A plate is *calm* or *disturbed*. It becomes disturbed when a hop's mean leaves the baseline by more than its
own noise explains, or its samples ripple more than the whole rack's do (``kernel/stirring.c``). From then on
its baseline is frozen. It settles as soon as the last ``settle_min_s`` to ``settle_max_s`` are level enough
(``kernel/rest.c``), and is judged (``verdict.py``).

Hops are judged one after the other, all plates of each, so that how samples are cut makes no difference. The
kernel (``kernel/change_detector.c``) does so until there is something to tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from edge.config import WeightSection
from edge.samples import ChangeKind, Grams, PlateChange, RackLayout
from edge.weight.baseline import Baseline
from edge.weight.conditioning import Stretch
from edge.weight.dating import Dating
from edge.weight.kernel.library import kernel, structure, structures
from edge.weight.rest import Rest
from edge.weight.verdict import Disturbance, Verdicts

PUSH_S = 0.2
"""[s] A hand pushes at least so long; ringing averages out."""

STORED_SIGMA_G = 4.0
"""[g] What drift may have done to a stored level while the node was off."""

WATCHED_AFTER_S = 1.0
"""[s] After a change, every hop is told for so long: somebody may wait for a neighbour that still moves."""

DATED_WITHIN_S = 4.0
"""[s] The onset of a disturbance is looked up at its end, or when it lasts so long: most need none."""


@dataclass(frozen=True, slots=True)
class DetectedHop:
    """A hop that ended some disturbances, or that came soon after such a one."""

    hop: int  # in the stretch
    changes: tuple[PlateChange, ...]
    moving_g: Mapping[str, float]  # [g] by plate still disturbed: how far it is from its baseline


class ChangeDetector:
    """Watches all plates of one rack."""

    def __init__(self, rack: RackLayout, hop_samples: int, options: WeightSection) -> None:
        plates, self._plates = len(rack.plates), rack.plates
        hop_s = hop_samples / rack.rate_hz
        shortest = max(3, math.ceil(options.settle_min_s / hop_s - 1e-9))
        longest = max(shortest, math.ceil(options.settle_max_s / hop_s - 1e-9))
        self._watched_hops = round(WATCHED_AFTER_S / hop_s)
        self.baseline = Baseline(plates, hop_s, options, rack.resolution_g)
        self._dating = Dating(hop_samples, hop_s)
        self._verdicts = Verdicts(rack.plates, self.baseline, self._dating, options)
        self._past = max(longest, self.baseline.epoch_hops) - 1  # [hops] that are looked back at
        self._calm = np.empty(plates, np.bool_)  # so far in the running epoch
        self._disturbances = structures("disturbance", plates)
        self._state = structure(
            "change_detector",
            plates=plates,
            hop_s=hop_s,
            onset_sigmas=options.onset_sigmas,
            push_hops=max(1, round(PUSH_S / hop_s)),
            lasting_hops=round(DATED_WITHIN_S / hop_s),
            search={"shortest": shortest, "longest": longest, "hop_s": hop_s},
            baseline=self.baseline.state,
            calm=self._calm,
            disturbances=self._disturbances,
            scratch=np.empty(plates),
            ended_plates=np.empty(plates, np.int64),
            lasting_plates=np.empty(plates, np.int64),
            moving_plates=np.empty(plates, np.int64),
        )
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new detector."""
        plates, state = len(self._plates), self._state
        self.baseline.reset()
        self._dating.clear()
        self._verdicts.clear()
        self._onset_ns: dict[int, int] = {}  # [ns] by column: of disturbances that are dated already
        self._calm.fill(True)
        for plate in range(plates):
            self._disturbances[plate].open = False
        state.hops = state.seen_ns = state.watched_to = state.open = 0
        state.epoch_left = self.baseline.epoch_hops
        self._mean_g = np.full((self._past, plates), np.nan)  # the hops before
        self._spread_g = np.full((self._past, plates), np.nan)
        self._loudness = np.ones(self._past)

    @property
    def disturbed(self) -> frozenset[int]:
        """Columns between first motion and rest."""
        return frozenset(plate for plate, each in enumerate(self._disturbances) if each.open)

    def expect(self, levels_g: Mapping[int, float], mono_ns: int) -> None:
        """Levels from before the node stopped, by column: a difference is a change that nobody saw."""
        hop = self._state.hops
        for plate, level_g in levels_g.items():
            self._state.open += not self._disturbances[plate].open
            self._onset_ns[plate] = mono_ns
            self._disturbances[plate] = {
                "open": True,
                "hop": hop,
                "trail_hop": hop,
                "seen_ns": mono_ns,
                "level_g": level_g,
                "level_sigma_g": STORED_SIGMA_G,
                "dark_s": math.inf,
            }

    def forget(self, plate: int) -> None:
        """Nothing is known of this column any more; what it was in the middle of is no event."""
        self._state.open -= self._disturbances[plate].open
        self._disturbances[plate].open = False
        self._onset_ns.pop(plate, None)
        self._verdicts.forget(plate)
        self.baseline.forget(plate)
        self._calm[plate] = False
        self._mean_g[:, plate] = self._spread_g[:, plate] = np.nan

    def update(self, stretch: Stretch) -> Iterator[DetectedHop]:
        """Take in some hops; give those with which something ended, and those soon after."""
        state, past = self._state, self._past
        self._dating.take(stretch)
        mean_g = np.concatenate((self._mean_g, stretch.mean_g))
        spread_g = np.concatenate((self._spread_g, stretch.spread_g))
        loudness = np.concatenate((self._loudness, np.ones(len(stretch))))
        hops = structure(
            "stretch",
            hops=len(stretch),
            end_ns=stretch.end_ns,
            mean_g=mean_g,
            spread_g=spread_g,
            loudness=loudness,
            past=past,
            valid=stretch.valid,
        )
        period_ns = round(stretch.period_ns)
        while (hop := kernel.watch(state, hops)) < len(stretch):
            decided_ns = int(stretch.end_ns[hop]) + period_ns
            changes = tuple(self._ended(decided_ns))
            self._date_lasting()
            if any(change.kind is ChangeKind.CHANGE for change in changes):
                state.watched_to = state.hops + 1 + self._watched_hops
            if changes or state.hops < state.watched_to:
                yield DetectedHop(hop, changes, self._moving_g(mean_g[past + hop]))
        self._mean_g, self._spread_g = mean_g[-past:], spread_g[-past:]
        self._loudness = loudness[-past:]

    def _ended(self, decided_ns: int) -> Iterator[PlateChange]:
        """What is worth telling of the plates that came to rest with this hop."""
        state = self._state
        for plate in state.ended_plates[0 : state.ended]:
            ended = self._disturbances[plate]
            rest = Rest(ended.rest.mean_g, ended.rest.sigma_g, ended.rest.hops)
            told = self._verdicts.of(self._seen(plate), rest, ended.rest.swing_g, state.hops, decided_ns)
            self._onset_ns.pop(plate, None)
            if told is not None:
                yield told

    def _date_lasting(self) -> None:
        """Look up when disturbances that go on began, while that is in memory."""
        for plate in self._state.lasting_plates[0 : self._state.lasting]:
            self._onset_ns[plate] = self._verdicts.date(self._seen(plate))

    def _seen(self, plate: int) -> Disturbance:
        """A disturbance as it is now."""
        seen = self._disturbances[plate]
        return Disturbance(
            plate=plate,
            hop=seen.hop,
            level_g=seen.level_g,
            level_sigma_g=seen.level_sigma_g,
            still_g=seen.still_g,
            onset_ns=self._onset_ns.get(plate),
            peak_g=seen.peak_g,
            dark_s=seen.dark_s,
        )

    def _moving_g(self, mean_g: Grams) -> dict[str, float]:
        """[g] by plate that is still disturbed, and can be read."""
        state = self._state
        return {
            self._plates[plate]: float(mean_g[plate]) - self._disturbances[plate].level_g
            for plate in state.moving_plates[0 : state.moving]
        }
