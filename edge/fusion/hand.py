"""What a hand does to plates before it decides: it presses, pulls, holds, and moves things about.

Its forces are levels that are no goods'; these densities are what such levels cost an act that claims them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from edge.samples import NS_PER_S, PlateChange

Stirs = Mapping[str, Sequence[tuple[int, int]]]
"""[ns] by plate: (first motion, rest) of disturbances that left its level as it was."""

REST_G, GRIP_G = 60.0, 500.0
"""[g] A hand that rests on goods presses with some tens of grams (mean of an exponential), one that grips
them holds any part of their weight (uniform)."""

LEAN_G = 150.0
"""[g] Nobody leans on a shelf with a kilogram and keeps still: so do pushes beyond ``GRIP_G`` fall off."""

LOG_HAND = math.log(0.6)
"""[nat] prior of a level on the way that is a hand's."""

WANDER_SHARE, WANDERS, WANDER_MIN_G = 0.7, 0.25, 5.0
"""[1, 1, g] Most levels that follow a hand's level are that hand again, whose force wanders: by a Laplace
density with so much of the force, and no less than that, as its scale."""

LOG_RAMP = math.log(0.5 / 10.0)
"""[nat] one more small step of a slow lift: prior times density over some grams."""

HOLD_PER_S, TOUCH_PER_S = 1.5, 3.0
"""[nat/s] what a level costs as a hand's for every second that it was at rest: hands tremble. A hand that
grips goods is stiller than one that rests on them."""

LOG_STIR, STIRS_MAX = math.log(15.0), 4
"""[nat, 1] A hand that holds a thing stirs its plate about 1.5 times a second, and nobody at all so often as
somebody reaches past: once in 10 s. More stirs than that tell no more: they are the same hand's."""

LETS_GO_S = 0.8
"""[s] A stir so soon after a change is the hand that made it, whatever it was."""

STILL_MAX_S = 5.0
"""[s] rest beyond makes no difference: some hands, and what they lean on, are very still."""

STEADY_SHARE = 0.1
"""[1] of hands that half lift a thing and leave it keep as still as goods, however long: an elbow is propped
up, a thing stands askew on another. A steady *push* has no such excuse: it may be goods that somebody put
down and somebody else took, and who held what before settles that later, in the carts."""

LOG_MOVED, MOVED_S = 3.5, 0.6
"""[nat, s] log odds that goods set down on their own facing again were only moved about, against brought
back by a shopper who had taken them: ``LOG_MOVED`` at once, falling as a Gaussian of the time that they were
off. Even after 1.6 s. An assumption: to lift a thing and set it down a hand's breadth away takes about a
second; to look at it and think better of it takes longer."""

PUSHED_S = 0.2
"""[s] so much earlier goods that are pushed along may be felt where they come than where they go."""


def log_hand(
    levels: Mapping[str, Sequence[PlateChange]],
    stirs: Stirs,
    small_g: float,
    *,
    left: bool,
) -> float:
    """Log density of all levels of an act but the last of each plate, as a hand's force or a ramp's step.

    Args:
        levels: changes by plate, in their order.
        stirs: what disturbed the plates in between.
        small_g: [g] steps below may belong to a slow lift.
        left: the hand left everything in its place.
    """
    log_density = 0.0
    for plate, changes in levels.items():
        end_g, level_g = sum(change.delta_g for change in changes), 0.0
        for change, following in itertools.pairwise(changes):
            before_g, level_g = level_g, level_g + change.delta_g
            force_g = min(abs(level_g), abs(level_g - end_g))
            stirred = _stirred(change, following, stirs.get(plate, ()))
            held = LOG_HAND + math.log(_density(force_g, before_g, change.delta_g))
            held -= max(level_g - GRIP_G, 0.0) / LEAN_G if left else 0.0
            held += _log_still(change, following, stirred, level_g, left=left)
            small = max(abs(change.delta_g), abs(following.delta_g)) < small_g
            same_way = change.delta_g * following.delta_g > 0
            log_density += max(held, LOG_RAMP if small and same_way else -math.inf)
    return log_density


def _stirred(
    change: PlateChange, following: PlateChange, stirs: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """What disturbed a level without ending it."""
    return sorted(each for each in stirs if change.settled_ns < each[0] < following.stirred_ns)


def _log_still(
    change: PlateChange,
    following: PlateChange,
    stirred: Sequence[tuple[int, int]],
    level_g: float,
    *,
    left: bool,
) -> float:
    """Log odds that a hand keeps a level so still and stirs it so often, against that nobody is there.

    The longest rest counts: a hand that stirs does not come back to just the same level.
    """
    starts_ns = [change.settled_ns, *(rest_ns for _, rest_ns in stirred)]
    ends_ns = [*(first_ns for first_ns, _ in stirred), max(following.stirred_ns, change.settled_ns)]
    longest_ns = max(end - start for start, end in zip(starts_ns, ends_ns, strict=True))
    still_s = min(max(longest_ns, 0) / NS_PER_S, STILL_MAX_S)
    lets_go_ns = change.settled_ns + round(LETS_GO_S * NS_PER_S)
    log_stirs = LOG_STIR * min(sum(first_ns > lets_go_ns for first_ns, _ in stirred), STIRS_MAX)
    per_s = TOUCH_PER_S if left and level_g > 0 else HOLD_PER_S
    trembles = log_stirs - per_s * still_s
    if not left or level_g > 0:
        return trembles
    return float(np.logaddexp(math.log1p(-STEADY_SHARE) + trembles, math.log(STEADY_SHARE)))


def _density(force_g: float, before_g: float, step_g: float) -> float:
    """Density [1/g] of a hand's force, after one of ``before_g`` from which it differs by ``step_g``."""
    anew = 0.5 * math.exp(-force_g / REST_G) / REST_G + 0.5 / GRIP_G
    if before_g == 0.0:
        return anew
    scale_g = max(WANDERS * abs(before_g), WANDER_MIN_G)
    wandered = math.exp(-abs(step_g) / scale_g) / (2 * scale_g)
    return WANDER_SHARE * wandered + (1 - WANDER_SHARE) * anew


def log_moved(off_s: float) -> float:
    """Log odds of "moved about" against "taken and brought back" for goods that were off for ``off_s``.

    Negative: plates felt them come before others felt them go, as they may if goods are pushed along.
    """
    return LOG_MOVED - 0.5 * (off_s / MOVED_S) ** 2 if off_s > -PUSHED_S else -math.inf
