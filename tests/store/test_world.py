from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from edge.messages import EventKind, GateDirection
from tools.store_simulator.faults import Dropout, Troubles
from tools.store_simulator.forces import Bump, PlateForce, begins_s
from tools.store_simulator.layout import StoreLayout
from tools.store_simulator.shoppers import CRATE, HANDLING_GAP_S, Behaviour
from tools.store_simulator.tracker import JITTER_M, LOST_SHARE, Tracker
from tools.store_simulator.world import FaultComing, ForceComing, GatePassed, GoodsMoved, Happening, World

CLOSES_S = 120.0
WRISTS = ("l_wrist", "r_wrist")


def history(
    layout: StoreLayout, *, seed: int, step_s: float, pace: float = 2.0, **behaviour: float
) -> list[tuple[float, Happening]]:
    world = World(layout, Behaviour(pace=pace, **behaviour), seed=seed, shoppers=4)
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
    for _, event in history(layout, seed=3, step_s=0.5, staff=0.0):
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
    full = {rack: np.array(world.rack_at(rack, 0.0)[0].load_g) for rack in layout.racks}
    world.open_doors(1.0, CLOSES_S)
    moved_g = sum(
        event.handling.delta_g for _, event in world.advance(CLOSES_S) if isinstance(event, GoodsMoved)
    )
    left_g = 0.0
    for rack in layout.racks:
        standing, announced = world.rack_at(rack, CLOSES_S)
        left_g += sum(standing.load_g)
        assert not announced
        assert (np.array(standing.load_g) < full[rack]).any()
        places = np.array(standing.moment_g) / np.array(standing.load_g)[:, None]
        assert np.abs(places).max() < 1.0, "what is left stands on its plates"
    assert left_g == pytest.approx(sum(load_g.sum() for load_g in full.values()) + moved_g)


def test_forces_are_announced_before_they_act(layout: StoreLayout) -> None:
    for at_s, event in history(layout, seed=7, step_s=0.05):
        if isinstance(event, ForceComing):
            assert begins_s(event.force) - at_s == pytest.approx(0.5)


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
            wrists = np.array([target.points[name].at for name in WRISTS if name in target.points])
            if len(wrists) < len(WRISTS):
                continue  # the tracker has lost one
            distance_m = layout.planogram.plates[event.handling.plate].distance_m(wrists).min()
            assert distance_m < 0.12 + 5 * JITTER_M, "a hand that has just begun its way back"
            moved += 1
    assert moved > 20


@pytest.mark.parametrize("act", ["slow", "hold", "touch", "lean", "adjust", "change_mind"])
def test_whatever_hands_do_only_what_is_handled_changes_the_load(layout: StoreLayout, act: str) -> None:
    moved_g = handled_g = 0.0
    quiet = {"touch": 0.0, "lean": 0.0, "slow": 0.0, "staff": 0.0}
    forces = 0
    for _, event in history(layout, seed=11, step_s=0.5, **(quiet | {act: 0.6})):
        if isinstance(event, ForceComing) and isinstance(event.force, PlateForce):
            moved_g += event.force.knots[-1][1]
            forces += 1
        elif isinstance(event, GoodsMoved):
            handled_g += event.handling.delta_g
    assert forces > 20
    assert moved_g == pytest.approx(handled_g, abs=1e-6)


def test_acts_take_as_long_as_they_do(layout: StoreLayout) -> None:
    def longest_s(act: str) -> float:
        happened = history(layout, seed=11, step_s=0.5, touch=0.0, lean=0.0, staff=0.0, **{act: 0.9})
        return max(
            event.force.knots[-1][0] - event.force.knots[0][0]
            for _, event in happened
            if isinstance(event, ForceComing) and isinstance(event.force, PlateForce)
        )

    assert 1.0 < longest_s("slow") <= 4.0
    assert 3.0 < longest_s("hold") <= 10.5


def test_the_staff_brings_crates_and_takes_nothing(layout: StoreLayout) -> None:
    brought: Counter[str] = Counter()
    for _, event in history(layout, seed=5, step_s=0.5, pace=4.0, staff=0.4):
        if isinstance(event, GoodsMoved):
            taken = event.handling.kind is EventKind.PICK
            brought[event.visit] += -len(event.handling.units_g) if taken else len(event.handling.units_g)
    crates = [units for units in brought.values() if units > 0]
    assert crates
    assert set(crates) == {CRATE}


def test_somebody_knocks_against_a_rack_now_and_then(layout: StoreLayout) -> None:
    happened = history(layout, seed=11, step_s=0.5, bump=0.5)
    bumps = [e.force for _, e in happened if isinstance(e, ForceComing) and isinstance(e.force, Bump)]
    assert len(bumps) > 5


def test_sensors_fail_as_often_as_they_are_told_to(layout: StoreLayout) -> None:
    world = World(layout, Behaviour(), seed=1, shoppers=0, troubles=Troubles(stuck=2.0, dropouts=5.0))
    faults = [event for _, event in world.advance(6 * 3600.0) if isinstance(event, FaultComing)]
    dropouts = sum(isinstance(event.fault, Dropout) for event in faults)
    plates = sum(len(plates) for plates in layout.racks.values())
    assert dropouts == pytest.approx(6 * 5 * len(layout.racks), rel=0.3)
    assert len(faults) - dropouts == pytest.approx(6 * 2 * plates, rel=0.3)


def test_the_tracker_loses_some_points(layout: StoreLayout) -> None:
    world = World(layout, Behaviour(), seed=7, shoppers=4)
    world.open_doors(1.0, CLOSES_S)
    tracker = Tracker(np.random.default_rng(1))
    seen = there = 0
    for step in range(1, round(CLOSES_S / 0.1)):
        world.advance(step * 0.1)
        bodies = [(visit.visit, visit.body) for visit in world.inside(step * 0.1)]
        for target in tracker.frame(bodies, step * 0.1, 0.0).targets:
            seen, there = seen + len(target.points), there + 8
    assert 1 - seen / there == pytest.approx(LOST_SHARE, abs=0.01)
