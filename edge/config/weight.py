"""Options of the weight path."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.config.section import Memory, NonNegative, Positive, Section


class WeightSection(Section, frozen=True, kw_only=True):
    """The weight path: conditioning, baseline and change detection.

    The defaults are physics of plate scales (see docs/weight.md), not of one store.
    """

    hop_s: Annotated[float, msgspec.Meta(ge=0.02, le=1)] = 0.05  # [s] grid on which levels are judged
    capacity_g: Positive = 20_000.0  # [g] a reading beyond is saturated
    stuck_after_s: Positive = 3.0  # [s] bit-identical readings for so long are a stuck sensor
    stale_after_s: Positive = 1.0  # [s] no samples for so long is a stale plate
    noisy_g: Positive = 150.0  # [g] spread within a hop that no shopper's hand keeps up
    noisy_after_s: Positive = 8.0  # [s] of such spread are a noisy sensor
    bridge_s: NonNegative = 5.0  # [s] longest hole across which a change still counts as seen
    least_shift_g: Positive = 2.0  # [g] smaller changes of level are drift
    onset_sigmas: Positive = 5.0  # [sigma] of a hop mean that start a disturbance
    decide_sigmas: Positive = 4.5  # [sigma] of a change that make it one
    baseline_s: Memory = 2.0  # [s] memory of the level while nothing happens
    noise_s: Memory = 4.0  # [s] memory of the noise while nothing happens
    rest_drift_g_per_s: NonNegative = 0.1  # [g/s] the fastest drift that a baseline follows
    baseline_cap_g: Positive = 60.0  # [g] cumulative correction before a drift is reported
    settle_min_s: Positive = 0.2  # [s] of rest that a new level needs on a quiet plate
    settle_max_s: Positive = 0.8  # [s] of rest that a new level is given on a ringing plate
    join_s: NonNegative = 0.3  # [s] wait for a neighbouring plate that still moves
    touch_max_s: Positive = 2.0  # [s] a longer press that leaves nothing is a lean
