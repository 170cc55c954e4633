"""A block of plate changes, read as one act: goods that came or went, a touch, noise, or cross-talk."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.config import FusionSection
from edge.fusion.hypotheses import HypothesisSearch
from edge.fusion.neighbourhood import Neighbourhood
from edge.messages import Hypothesis
from edge.samples import NS_PER_S, Grams, PlateChange, WeightChange

Changes = tuple[PlateChange, ...]

REST_G, GRIP_G = 60.0, 500.0
"""[g] A hand that rests on goods presses with some tens of grams (mean of an exponential), one that grips
them holds any part of their weight (uniform)."""

LOG_HAND = math.log(0.6)
"""[nat] prior of a level on the way that is a hand's."""

LOG_RAMP = math.log(0.5 / 10.0)
"""[nat] one more small step of a slow lift: prior times density over some grams."""

HOLD_PER_S, TOUCH_PER_S = 1.5, 3.0
"""[nat/s] what a level costs as a hand's for every second that it was at rest: hands tremble. A hand that
holds goods before it takes them is stiller than one that leaves them."""

STILL_MAX_S = 10.0
"""[s] rest beyond makes no difference."""

MAIN_SHARE = 0.1
"""[1] An act has settled with the last change that is so much of it; what follows is creep."""

LOG_TOUCH = math.log(0.3)
"""[nat] prior that a hand came and went and left everything in its place."""

LOG_NOISE = math.log(0.02)
"""[nat] prior that a change is the plates' own motion after all, ..."""

NOISE_SIGMAS, NOISE_MIN_G = 2.0, 3.0
"""[sigma, g] ... and the scale of such errors: their tail is exponential, not Gaussian."""

AFTERMATH_S, LOG_AFTER = 0.8, math.log(0.1)
"""[s, nat] A small shift so soon after a larger one of its plate is hardly noise: the hand lets go."""

TUG_SIGMA = 0.35
"""[1] standard deviation of a tug as a share of its bound (measured: 0.8-1.5 % of 2.5 %)."""


@dataclass(frozen=True, slots=True)
class Act:
    """Changes that one act made, and what it may have been. No hypotheses: nothing changed place."""

    changes: Changes
    total: WeightChange
    hypotheses: tuple[Hypothesis, ...]
    log_evidence: float  # [nat] log density of all levels, 1/g a level


class ActReader:
    """Reads blocks of changes."""

    def __init__(
        self, hypotheses: HypothesisSearch, neighbourhood: Neighbourhood, options: FusionSection
    ) -> None:
        self._hypotheses, self._near, self._options = hypotheses, neighbourhood, options

    def read(self, block: Changes, cluster: Changes, stirs: Mapping[str, Sequence[int]]) -> Act:
        """The block as one act, in the way that explains it best.

        Args:
            block: changes that are taken for one act.
            cluster: all changes near it: others of them tug at its plates.
            stirs: [ns] by plate, when it was disturbed: rest ends there.
        """
        total = self._total(block, cluster)
        readings: list[tuple[float, bool]] = []  # (log evidence, whether goods changed place)
        if len(block) > len(total.plates):
            touch = _log_hand(block, stirs, TOUCH_PER_S, self._options.smallest_item_g)
            readings.append((LOG_TOUCH + log_zero(total.delta_g, total.sigma_g) + touch, False))
        else:
            after = LOG_AFTER if _is_aftermath(block, cluster) else 0.0
            readings.append((LOG_NOISE + after + _log_noise(total), False))
        if len(block) == 1:
            readings.append((self._log_tug(block[0], cluster), False))
        hypotheses: tuple[Hypothesis, ...] = ()
        if abs(float(total.delta_g.sum())) >= self._options.smallest_item_g:
            hypotheses = self._hypotheses.explain(total)
            on_the_way = _log_hand(block, stirs, HOLD_PER_S, self._options.smallest_item_g)
            readings.append((self._hypotheses.log_evidence(hypotheses) + on_the_way, True))
        log_evidence, is_goods = max(readings)
        return Act(block, total, hypotheses if is_goods else (), log_evidence)

    def _total(self, block: Changes, cluster: Changes) -> WeightChange:
        """Sum of a block by plate; what neighbours' changes may tug at a plate is noise to it."""
        by_plate = _by_plate(block)
        plates = tuple(sorted(by_plate, key=self._near.column))
        sigma_g = []
        for plate in plates:
            tugs_g = [
                TUG_SIGMA * self._options.crosstalk * other.delta_g
                for other in cluster
                if any(self._near.tugs(other, own) for own in by_plate[plate])
            ]
            sigma_g.append(math.hypot(*(change.sigma_g for change in by_plate[plate]), *tugs_g))
        return WeightChange(
            plates=plates,
            delta_g=np.array([sum(change.delta_g for change in by_plate[plate]) for plate in plates]),
            sigma_g=np.array(sigma_g),
            onset_ns=min(change.onset_ns for change in block),
            settled_ns=_settled_ns(block),
            decided_ns=max(change.decided_ns for change in block),
        )

    def _log_tug(self, change: PlateChange, cluster: Changes) -> float:
        """Log density of a small change as the tug of a large one beside it."""
        bounds_g = [
            self._near.crosstalk_g(main.delta_g)
            for main in cluster
            if self._near.tugs(main, change)
            and main.delta_g * change.delta_g > 0
            and 2 * abs(change.delta_g) < abs(main.delta_g)
        ]
        fitting = [bound_g for bound_g in bounds_g if abs(change.delta_g) <= bound_g]
        return -math.log(min(fitting)) if fitting else -math.inf


def _is_aftermath(block: Changes, cluster: Changes) -> bool:
    """Whether a larger change of the same plate has only just come to rest."""
    return any(
        other.plate == change.plate
        and abs(other.delta_g) > abs(change.delta_g)
        and 0 <= change.stirred_ns - other.settled_ns < AFTERMATH_S * NS_PER_S
        for change in block
        for other in cluster
    )


def log_zero(delta_g: Grams, sigma_g: Grams) -> float:
    """Log density of nothing having changed. ``delta_g``, ``sigma_g``: [plate] g."""
    sigma = np.maximum(sigma_g, 1.0)
    z = delta_g / sigma
    return float((-0.5 * z * z - np.log(sigma * math.sqrt(2 * math.pi))).sum())


def _log_noise(total: WeightChange) -> float:
    """Log density of a change that is no change."""
    scale = np.maximum(NOISE_SIGMAS * total.sigma_g, NOISE_MIN_G)
    return float((-np.abs(total.delta_g) / scale - np.log(2 * scale)).sum())


def _log_hand(block: Changes, stirs: Mapping[str, Sequence[int]], per_s: float, small_g: float) -> float:
    """Log density of all levels of a block but the last of each plate, as a hand's force or a ramp's step."""
    log_density = 0.0
    for plate, changes in _by_plate(block).items():
        end_g, level_g = sum(change.delta_g for change in changes), 0.0
        for change, following in itertools.pairwise(changes):
            level_g += change.delta_g
            force_g = min(abs(level_g), abs(level_g - end_g))
            rests = 0.5 * math.exp(-force_g / REST_G) / REST_G
            ends_ns = [following.stirred_ns, *(at for at in stirs.get(plate, ()) if at > change.settled_ns)]
            still_s = max(min(ends_ns) - change.settled_ns, 0) / NS_PER_S
            held = LOG_HAND + math.log(rests + 0.5 / GRIP_G) - per_s * min(still_s, STILL_MAX_S)
            small = max(abs(change.delta_g), abs(following.delta_g)) < small_g
            same_way = change.delta_g * following.delta_g > 0
            log_density += max(held, LOG_RAMP if small and same_way else -math.inf)
    return log_density


def _by_plate(block: Changes) -> dict[str, list[PlateChange]]:
    """Changes of each plate in their order."""
    by_plate: dict[str, list[PlateChange]] = {}
    for change in sorted(block, key=lambda each: each.settled_ns):
        by_plate.setdefault(change.plate, []).append(change)
    return by_plate


def _settled_ns(block: Changes) -> int:
    """When the act was over but for creep."""
    least_g = MAIN_SHARE * abs(sum(change.delta_g for change in block))
    return max(change.settled_ns for change in block if abs(change.delta_g) >= least_g)
