"""One case in full: the truth, then everything that was said about it."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from edge.planogram import Catalogue
from tools.scenarios.script import Script
from tools.scenarios.tracked import EPOCH


def show(
    console: Console,
    script: Script,
    report: dict[str, Any],
    attained: list[dict[str, Any]],
    catalogue: Catalogue,
) -> None:
    """Print truth, events with their hypotheses, disturbances, visits, and what is attainable of them."""
    console.rule(f"{script.name} {script.seed}: {script.duration_s:.1f} s")
    for transfer in sorted(script.transfers, key=lambda each: each.t):
        notes = ["" if transfer.seen else "unseen", "optional" if transfer.optional else ""]
        console.print(
            f"truth  {transfer.t:7.2f}  {transfer.visit} {'takes' if transfer.taken else 'puts '}"
            f" {transfer.quantity} x {transfer.sku} ({catalogue.get(transfer.sku).weight_g} g)"
            f" {transfer.weight_g:.1f} g {_short(transfer.plates)} {' '.join(notes)}"
        )
    for fault in script.faults:
        where = fault.gondola if fault.kind == "lost" else fault.plate
        console.print(f"fault  {fault.start_s:7.2f} .. {fault.end_s:.2f}  {fault.kind} {where}")
    console.print()
    for event in report["events"]:
        console.print(
            f"event  {_span(event)}  {event['shopper']} {event['kind']} {event['quantity']} x {event['sku']}"
            f" p={event['probability']:.3f} {event['delta_g']:.1f} +- {event['sigma_g']:.1f} g"
            f" {[(each['plate'], round(each['delta_g'], 1)) for each in event['plates']]}"
        )
        for guess in event["hypotheses"][:4]:
            items = " + ".join(f"{each['quantity']} x {each['sku']}" for each in guess["items"]) or "nothing"
            terms = {name: round(nats, 1) for name, nats in guess["log_likelihood"].items() if nats}
            console.print(f"{'':26}{guess['probability']:.3f}  {items}  {terms}")
    for said in report["disturbances"]:
        console.print(
            f"{said['kind']:14} {said['t_onset'] - EPOCH:.2f} .. {said['t_settled'] - EPOCH:.2f}"
            f"  {said['delta_g']:.1f} g {_short(said['plates'])} {said['reason']}"
        )
    console.print()
    truth = script.receipts()
    for what, visits in (("visit", report["visits"]), ("attainable", attained)):
        for visit in visits:
            lines = {line["sku"]: line["quantity"] for line in visit["lines"]}
            due = dict(truth.get(visit["shopper"], {}))
            console.print(
                f"{what}  {visit['shopper']}:"
                f" {'right' if lines == due else f'WRONG, has {due}, charged'} {lines}"
                f" p={visit['probability']:.3f}{' review' if visit['needs_review'] else ''}"
            )


def _span(event: dict[str, Any]) -> str:
    onset, settled, decided = (event[name] - EPOCH for name in ("t_onset", "t_settled", "t_decided"))
    return f"{onset:7.2f} {settled:.2f} {decided:.2f}"


def _short(plates: Any, most: int = 4) -> str:
    return ", ".join(list(plates)[:most]) + (f" and {len(plates) - most} more" if len(plates) > most else "")
