from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from edge.messages import EventKind, GateDirection
from tools.store_simulator.layout import StoreLayout
from tools.store_simulator.shoppers import HANDLING_GAP_S, Behaviour
from tools.store_simulator.tracker import JITTER_M, Tracker
from tools.store_simulator.world import ForceComing, GatePassed, GoodsMoved, Happening, World

CLOSES_S = 120.0


def history(
    layout: StoreLayout, *, seed: int, step_s: float, pace: float = 2.0
) -> list[tuple[float, Happening]]:
    world = World(layout, Behaviour(pace=pace), seed=seed, shoppers=4)
    world.open_doors(1.0, CLOSES_S)
    happened = []
    for step in range(math.ceil(CLOSES_S / step_s) + 1):
        happened += world.advance(step * step_s)
    assert world.is_over
    return happened


def test_one_seed_is_one_history_however_time_is_cut(layout: StoreLayout) -> None:
    fine, coarse = (history(layout, seed=7, step_s=step_s) for step_s in (0.05, 3.1))
    assert fine == coarse
    assert fine != history(layout, seed=8, step_s=0.05)


def test_things_happen_in_order_and_everybody_is_out_at_closing_time(layout: StoreLayout) -> None:
    happened = history(layout, seed=7, step_s=0.5)
    times = [at_s for at_s, _ in happened]
    assert times == sorted(times)
    inside: set[str] = set()
    for _, event in happened:
        if isinstance(event, GatePassed) and event.direction is GateDirection.ENTERED:
            inside.add(event.visit)
            assert len(inside) <= 4
        elif isinstance(event, GatePassed):
            inside.remove(event.visit)
        elif isinstance(event, GoodsMoved):
            assert event.visit in inside
    assert not inside
    assert sum(isinstance(event, GoodsMoved) for _, event in happened) > 20


def test_nobody_puts_back_what_they_do_not_hold(layout: StoreLayout) -> None:
    held: Counter[tuple[str, str]] = Counter()
    returns = 0
    for _, event in history(layout, seed=3, step_s=0.5):
        if isinstance(event, GoodsMoved):
            handling = event.handling
            picked = handling.kind is EventKind.PICK
            returns += not picked
            held[event.visit, handling.sku] += len(handling.units_g) if picked else -len(handling.units_g)
    assert min(held.values()) >= 0
    assert returns > 0


@pytest.mark.parametrize("pace", [1.0, 5.0])
def test_hands_take_their_time_at_any_pace(layout: StoreLayout, pace: float) -> None:
    latest: dict[str, float] = {}
    for _, event in history(layout, seed=7, step_s=0.5, pace=pace):
        if isinstance(event, GoodsMoved):
            since_s = event.handling.onset_s - latest.get(event.visit, -math.inf)
            assert since_s > HANDLING_GAP_S - 0.3  # the press begins a little before the lift
            latest[event.visit] = event.handling.settled_s


def test_a_board_switched_on_late_finds_what_is_left_on_its_plates(layout: StoreLayout) -> None:
    world = World(layout, Behaviour(pace=2.0), seed=7, shoppers=4)
    full = {rack: np.array(world.rack_at(rack, 0.0)[0]) for rack in layout.racks}
    world.open_doors(1.0, CLOSES_S)
    expected = {rack: load_g.copy() for rack, load_g in full.items()}
    for _, event in world.advance(CLOSES_S):
        if isinstance(event, GoodsMoved):
            rack, channel = layout.channel_of(event.handling.plate)
            expected[rack][channel] += event.handling.delta_g
    for rack in layout.racks:
        loads_g, announced = world.rack_at(rack, CLOSES_S)
        np.testing.assert_allclose(loads_g, expected[rack], atol=1e-6)
        assert not announced
        assert (np.array(loads_g) < full[rack]).any()


def test_forces_are_announced_before_they_act(layout: StoreLayout) -> None:
    for at_s, event in history(layout, seed=7, step_s=0.05):
        if isinstance(event, ForceComing):
            begins_s = event.force.at_s if hasattr(event.force, "at_s") else event.force.knots[0][0]
            assert begins_s - at_s == pytest.approx(0.5)


def test_the_tracker_sees_a_hand_at_the_goods_while_they_move(layout: StoreLayout) -> None:
    world = World(layout, Behaviour(pace=2.0), seed=7, shoppers=4)
    world.open_doors(1.0, CLOSES_S)
    tracker = Tracker(np.random.default_rng(1))
    moved = 0
    for step in range(round(CLOSES_S / 0.1)):
        at_s = step * 0.1
        handlings = [event for _, event in world.advance(at_s) if isinstance(event, GoodsMoved)]
        frame = tracker.frame([(visit.visit, visit.body) for visit in world.inside(at_s)], at_s, at_s)
        for event in handlings:
            target = next(target for target in frame.targets if target.visit == event.visit)
            wrists = np.array([target.points[name].at for name in ("l_wrist", "r_wrist")])
            distance_m = layout.planogram.plates[event.handling.plate].distance_m(wrists).min()
            assert distance_m < 0.12 + 5 * JITTER_M, "a hand that has just begun its way back"
            moved += 1
    assert moved > 20
