"""Scripts that nobody tuned to: shoppers, acts, goods, hands and times as chance has them, row by row."""

from __future__ import annotations

from tools.scenarios.script import Tracking
from tools.scenarios.stage import Stage
from tools.scenarios.unseen import alone, together, troubled
from tools.scenarios.unseen.company import Company, Kinds

PLAIN = Kinds((alone.take, alone.take, alone.take_light, alone.take_twin, alone.browse))
SINGLE = Kinds(
    (
        alone.put_back, alone.put_back, alone.lift_and_set_down, alone.take_several, alone.put_some_back,
        alone.take_slowly, alone.touch, alone.touch_with_both_hands, alone.adjust,
    )
)  # fmt: skip
SEVERAL = Kinds((alone.take_neighbours, alone.take_two_skus, alone.take_same_again, alone.take_straddling))
ADVERSARIAL = Kinds(
    (
        alone.exchange, troubled.hold_then_take, troubled.hold_then_leave, troubled.lean_and_take,
        troubled.bump_and_take, troubled.misplace_near, troubled.misplace_far, troubled.take_as_plate_fails,
    ),
    (together.same_shelf_at_once,),
)  # fmt: skip
BLIND = Kinds((troubled.take_from_dead_plate, troubled.take_while_node_is_off))
"""Only for who is alone: what others do there would be unseen too."""

HARDEST = Kinds(
    (troubled.misplace_among_twins, troubled.misplace_far, alone.put_back, alone.take_neighbours),
    (
        together.misplace_and_buy, together.misplace_among_twins_and_buy, together.same_facing_at_once,
        together.crossing_hands, together.hand_over,
    ),
)  # fmt: skip

REARRANGED_SHARE, BAD_TRACKING_SHARE, CROWD_SHARE = 0.25, 0.3, 0.5
"""[1] of the scripts of their row (the first: with one shopper)."""


def unseen_plain(stage: Stage) -> None:
    """One shopper, plain picks."""
    Company(stage, ("",)).shop(PLAIN, Kinds(()), acts=(2, 6))


def unseen_single(stage: Stage) -> None:
    """One shopper: put-backs, several at once, slow picks, touches."""
    Company(stage, ("",)).shop(SINGLE, PLAIN, acts=(3, 7))


def unseen_several(stage: Stage) -> None:
    """One to three shoppers at gondolas of their own: quick series, two at once, straddling things."""
    gondolas = tuple(str(gondola) for gondola in stage.rng.permutation(_gondolas(stage)))
    near = gondolas[: int(stage.rng.integers(1, 4))]
    Company(stage, near if len(near) > 1 else ("",)).shop(SEVERAL, PLAIN + SINGLE, acts=(2, 5))


def unseen_adversarial(stage: Stage) -> None:
    """One to three shoppers with heavy hands, at shelves that fail and racks that shake."""
    count = int(stage.rng.integers(1, 4))
    near = ("",) * count
    if count == 1 and stage.rng.random() < REARRANGED_SHARE:
        near = (_rearrange(stage),)
    own = ADVERSARIAL + BLIND if count == 1 else ADVERSARIAL
    Company(stage, near).shop(own, PLAIN + SINGLE + SEVERAL, acts=(2, 5))
    if stage.rng.random() < BAD_TRACKING_SHARE:
        _track_badly(stage)


def unseen_hardest(stage: Stage) -> None:
    """Three or four shoppers, often all at one gondola."""
    crowd = stage.rng.random() < CROWD_SHARE
    gondola = str(stage.rng.choice(_gondolas(stage)[:4])) if crowd else ""
    near = (gondola,) * int(stage.rng.integers(3, 5))
    Company(stage, near).shop(HARDEST, PLAIN + SINGLE + SEVERAL + ADVERSARIAL, acts=(2, 5))


def _gondolas(stage: Stage) -> list[str]:
    return sorted({each.plates[0].partition("/")[0] for each in stage.goods})


def _rearrange(stage: Stage) -> str:
    """A gondola stands otherwise than the planogram says; which one."""
    gondola, _ = stage.gondola_of_unlike()
    skus = sorted({each.sku for each in stage.goods if each.plates[0].startswith(gondola + "/")})
    claimed = [str(sku) for sku in stage.rng.permutation(skus)]
    stage.script.replanned.update(zip(skus, claimed, strict=True))
    return gondola


def _track_badly(stage: Stage) -> None:
    """Jitter, delay, or hands that are lost just when they take something."""
    how = int(stage.rng.integers(3))
    if how == 0:
        stage.script.tracking = Tracking(jitter_m=float(stage.rng.uniform(0.02, 0.04)))
    elif how == 1:
        stage.script.tracking = Tracking(late_s=float(stage.rng.uniform(0.1, 5.0)))
    else:
        moments = [each for each in stage.script.transfers if stage.rng.random() < 0.5]
        lost = tuple((each.visit, each.t - 0.5, each.t + 0.5) for each in moments)
        stage.script.tracking = Tracking(lost_wrists=lost)


UNSEEN = {
    "plain": unseen_plain,
    "single shopper": unseen_single,
    "several": unseen_several,
    "adversarial": unseen_adversarial,
    "hardest": unseen_hardest,
}
"""One writer of scripts for each row in which accuracy is reported."""

__all__ = ["UNSEEN"]
