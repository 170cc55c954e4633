"""From strain to cart through the real firmware: simavr, pty, bridge, node, broker, aggregator."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from emulated_store import FACINGS, PLATES, RATE_HZ, WEIGHTS_G, Shelf, emulated_store, wait_until

from edge.messages import EventKind, GateDirection
from edge.planogram import load_catalogue, load_planogram
from tools.store_simulator import hands
from tools.store_simulator.body import Body, Reach
from tools.store_simulator.publisher import StorePublisher
from tools.store_simulator.tracker import FRAME_S, Tracker

pytestmark = [pytest.mark.c_compiler, pytest.mark.avr_gcc, pytest.mark.simavr, pytest.mark.slow]

PICKS = [("anna", "bar", 6.0), ("ben", "chocolate", 9.5), ("anna", "bottle", 13.0)]
"""(visit, SKU, [s] when its weight begins to go)"""
ENTER_S, LEAVE_S, END_S = 0.5, 16.5, 18.0


def shoppers(folder: Path) -> dict[str, Body]:
    """Both stand before the shelf all the time, each before the goods they take last or take at all."""
    boxes = load_planogram(folder / "planogram.yaml", load_catalogue(folder / "catalogue.yaml")).plates
    bodies = {visit: Body(height_m=1.7) for visit, _, _ in PICKS}
    for visit, body in bodies.items():
        for picker, sku, at_s in PICKS:
            if picker == visit:
                x, y, z = boxes[FACINGS[sku]].centre_m
                body.stand(at_s - 1.5, (x, -0.55), (0.0, 1.0))
                body.stand(at_s + 1.0, (x, -0.55), (0.0, 1.0))
                body.reaches.append(Reach("r", (x, y, z), at_s - 0.3, at_s + 0.3))
    return bodies


def test_picks_of_12_105_and_622_grams_reach_the_right_carts(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    shelf = Shelf(seed=4)
    lifts = [hands.lift(rng, PLATES.index(FACINGS[sku]), at_s, WEIGHTS_G[sku]) for _, sku, at_s in PICKS]
    with emulated_store(tmp_path, shelf) as (board, listener):
        counts = shelf.render(lifts, END_S)
        bodies, tracker = shoppers(tmp_path), Tracker(rng)
        store = StorePublisher(listener.connection, listener.names)
        for cell in range(len(PLATES)):
            board.play(cell, counts[:, cell], RATE_HZ)
        second_0, utc_0 = time.monotonic(), time.time()
        for visit in bodies:
            store.gate(visit, GateDirection.ENTERED, ENTER_S, utc_0 + ENTER_S)
            store.gate(visit, GateDirection.LEFT, LEAVE_S, utc_0 + LEAVE_S)
        while (now_s := time.monotonic() - second_0) < END_S:
            inside = bodies.items() if ENTER_S <= now_s <= LEAVE_S else ()
            store.track(tracker.frame(inside, now_s, utc_0 + now_s), now_s)
            store.advance(now_s)
            listener.listen()
            time.sleep(FRAME_S)

        def all_receipts() -> bool:
            store.advance(time.monotonic() - second_0)
            listener.listen()
            return set(listener.receipts) == set(bodies)

        wait_until(all_receipts, "receipts of all who have left")
        reports = [board.report(cell) for cell in range(len(PLATES))]

    events = [listener.events[seq] for seq in sorted(listener.events)]
    assert [event.kind for event in events] == [EventKind.PICK] * 3
    for event, (_, sku, at_s) in zip(events, PICKS, strict=True):
        assert [(item.sku, item.quantity) for item in event.hypotheses[0].items] == [(sku, 1)]
        assert abs(event.delta_g + WEIGHTS_G[sku]) <= 3 * event.sigma_g, event
        assert event.sigma_g < 4, "no room for a wrong weight"
        assert event.t_onset == pytest.approx(utc_0 + at_s, abs=1.0)
    for visit in bodies:
        held = {line.sku: line.quantity for line in listener.receipts[visit].lines}
        assert held == {sku: 1 for picker, sku, _ in PICKS if picker == visit}
    assert {(report.torn, report.hasty_edges) for report in reports} == {(0, 0)}
