"""The report of a replay, as docs/replay.md fixes it. Equal stores give equal reports."""

from __future__ import annotations

from typing import Any

import msgspec

from edge.aggregator.decisions import Decision
from edge.aggregator.store import Store
from edge.aggregator.visits.visit import Visit
from edge.messages import DisturbanceKind, EventKind


def replay_report(
    case: str, store: Store, *, data_seconds: float, cpu_seconds: float, plates: int
) -> dict[str, Any]:
    """Everything a replay found, ready for JSON.

    Args:
        case: name of the case.
        store: after ``finish``.
        data_seconds: [s] length of the recording.
        cpu_seconds: [s] processor time that the replay took.
        plates: number of plates watched.
    """
    decisions = store.decisions()
    return {
        "case": case,
        "visits": [
            _visit(store, visit)
            for visit in store.visits()
            if visit.entered_at is not None or _holds(store, visit)
        ],
        "events": [event for decision in decisions for event in _events(decision)],
        "disturbances": sorted(
            [_no_event(decision) for decision in decisions if not _is_event(decision)]
            + [
                {
                    "kind": each.kind.value,
                    "t_onset": each.t_onset,
                    "t_settled": each.t_settled,
                    "plates": list(each.plates),
                    "delta_g": each.delta_g,
                    "reason": each.reason,
                }
                for each in store.disturbances()
            ],
            key=lambda each: (each["t_onset"], each["plates"]),
        ),
        "timing": {
            "data_seconds": round(data_seconds, 3),
            "cpu_seconds": round(cpu_seconds, 3),
            "plates": plates,
        },
    }


def _holds(store: Store, visit: Visit) -> bool:
    return bool(store.cart(visit).lines)


def _visit(store: Store, visit: Visit) -> dict[str, Any]:
    cart = store.cart(visit)
    return {
        "shopper": visit.visit,
        "entered_at": visit.entered_at,
        "left_at": visit.left_at,
        "probability": cart.probability,
        "needs_review": cart.needs_review,
        "doubts": list(cart.doubts),
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "probability": line.probability}
            for line in cart.lines
        ],
    }


def _is_event(decision: Decision) -> bool:
    """Not so if nothing changed place, or what did is not the store's."""
    is_strange = decision.foreign or (not decision.items and decision.kind is EventKind.RETURN)
    return decision.happened and not is_strange


def _no_event(decision: Decision) -> dict[str, Any]:
    """A touch, or something that is not the store's was put down or taken away again."""
    event = decision.event
    return {
        "kind": (DisturbanceKind.FOREIGN_OBJECT if decision.happened else DisturbanceKind.TOUCH).value,
        "t_onset": event.t_onset,
        "t_settled": event.t_settled,
        "plates": [plate.plate for plate in event.plates],
        "delta_g": event.delta_g,
        "reason": "",
    }


def _events(decision: Decision) -> list[dict[str, Any]]:
    """One row for each SKU of an event; an unknown product is reported as its likeliest known one."""
    if not _is_event(decision):
        return []
    event = decision.event
    items = decision.items or next((each.items for each in event.hypotheses if each.items), ())
    rows = []
    for number, item in enumerate(items, 1):
        identity = str(event.identity)
        rows.append(
            {
                "id": identity if number == 1 else f"{identity}/{number}",
                "kind": decision.kind.value,
                "sku": item.sku,
                "quantity": item.quantity,
                "shopper": decision.visit,
                "probability": decision.probability,
                "needs_review": decision.needs_review or not decision.items,
                "t_onset": event.t_onset,
                "t_settled": event.t_settled,
                "t_decided": event.t_decided,
                "delta_g": event.delta_g,
                "sigma_g": event.sigma_g,
                "plates": [{"plate": each.plate, "delta_g": each.delta_g} for each in event.plates],
                "hypotheses": [
                    {
                        "items": [msgspec.to_builtins(part) for part in each.items],
                        "probability": each.probability,
                        "log_likelihood": msgspec.to_builtins(each.log_likelihood),
                    }
                    for each in event.hypotheses
                ],
            }
        )
    return rows
