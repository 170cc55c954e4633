"""The scenarios by name, in the groups in which accuracy is reported."""

from __future__ import annotations

from collections.abc import Callable

from edge.planogram import Catalogue, Planogram
from tools.scenarios.script import Script
from tools.scenarios.stage import Stage
from tools.scenarios.suite import disturbed, faults, misplaced, people, plain, several, single, visits

Scenario = Callable[[Stage], None]

GROUPS: dict[str, tuple[Scenario, ...]] = {
    "plain": (plain.plain_picks, plain.light_items, plain.twins_on_shelf, plain.browsing),
    "single shopper": (
        single.own_place, single.lifted_and_set_down, single.several_at_once, single.several_then_some_back,
        single.slow_pick, single.touch_only, single.touch_two_hands, single.adjusting, visits.long_visit,
    ),
    "several": (
        several.shoppers_apart, several.light_while_walking, several.quick_neighbours, several.quick_same,
        several.two_skus_at_once, several.two_skus_in_one_grip, several.straddling,
        visits.long_visits_together,
    ),
    "adversarial": (
        disturbed.held_then_taken, disturbed.held_then_left, disturbed.held_steadily_then_taken,
        disturbed.held_steadily_then_left, disturbed.pressed_then_taken, disturbed.pressed_then_left,
        disturbed.leaning, disturbed.leaning_steadily, disturbed.foreign_object,
        disturbed.rack_bump, disturbed.exchange, disturbed.same_shelf_at_once,
        misplaced.misplaced_near, misplaced.misplaced_far,
        faults.fault_stuck, faults.fault_nan, faults.fault_spikes, faults.fault_bad_reads,
        faults.fault_noisy, faults.fault_lost, faults.fault_saturated, faults.plate_dies,
        faults.node_off, faults.wrong_planogram, people.lost_wrists, people.jittery_tracker,
        people.late_tracker,
    ),
    "hardest": (
        misplaced.misplaced_near_twin, misplaced.misplaced_far_twin, misplaced.misplaced_then_bought,
        misplaced.misplaced_twin_then_bought, people.same_facing_at_once, people.crossing_hands,
        people.hand_over, people.crowd, visits.long_visits_careless,
    ),
}  # fmt: skip


def write(scenario: Scenario, seed: int, planogram: Planogram, catalogue: Catalogue) -> Script:
    """Direct one scenario."""
    stage = Stage(scenario.__name__, seed, planogram, catalogue)
    scenario(stage)
    return stage.script


__all__ = ["GROUPS", "Scenario", "write"]
