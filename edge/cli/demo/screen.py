"""What the demo's terminal shows: who took what, how heavy it was, how sure that is, and the receipts.

A shelf event says what happened; who did it shows when somebody's running ticket changes. The two are joined
here, the way a person at the counter would read them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge import topics
from edge.broker.connection import Received
from edge.errors import MessageError
from edge.messages import (
    Cart,
    CartLine,
    Disturbance,
    DisturbanceKind,
    EventKind,
    GateDirection,
    GateEvent,
    Receipt,
    ShelfEvent,
)
from edge.payload import decode
from edge.planogram import Catalogue
from edge.topics import TopicNames

SUBSCRIPTIONS = (topics.NODE_EVENT, topics.GATE, topics.CART, topics.RECEIPT)

UNCLAIMED_S = 5.0
"""[s] after which an event that changed nobody's ticket is shown without a name."""

TOLD_G = 10.0
"""[g] A shown event whose weight is revised by more is shown again."""

COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "bright_red", "bright_cyan", "bright_magenta")
NAME_WIDTH, GOODS_WIDTH = 10, 29
WIDE = 96
"""[columns] a terminal that has room for the plates, too."""


@dataclass(slots=True)
class _Pending:
    """An event that nobody's ticket shows yet."""

    event: ShelfEvent
    shown_by_s: float


class DemoScreen:
    """Prints messages of one store as they come; time is passed in."""

    def __init__(self, console: Console, names: TopicNames, catalogue: Catalogue) -> None:
        self._console, self._names, self._catalogue = console, names, catalogue
        self._pending: dict[str, _Pending] = {}
        self._shown: dict[str, tuple[ShelfEvent, str]] = {}  # by event: as it was shown, and whose
        self._newest: dict[str, int] = {}  # revision, by event
        self._tickets: dict[str, dict[str, CartLine]] = {}
        self._said: set[object] = set()  # gate events and receipts come more than once
        self._colour: dict[str, str] = {}
        self.receipts = self.events = 0

    @property
    def subscriptions(self) -> list[str]:
        """Topics to subscribe to."""
        return [self._names.of(topics.NODE_EVENT, node="+"), self._names.of(topics.GATE),
                self._names.of(topics.CART, visit="+"), self._names.of(topics.RECEIPT)]  # fmt: skip

    def show(self, received: Received, now_s: float) -> None:
        """Take in one message."""
        parsed = self._names.parse(received.topic)
        if parsed is None or not received.payload:
            return
        try:
            message = decode(received.payload, parsed[0].payload, source=received.topic)
        except MessageError as error:
            self.note(str(error), "red")
            return
        match message:
            case ShelfEvent() | Disturbance():
                identity = str(message.identity)
                if message.revision <= self._newest.get(identity, -1):
                    return  # nodes repeat themselves until the aggregator acknowledges
                self._newest[identity] = message.revision
                if isinstance(message, ShelfEvent):
                    self._shelf_event(identity, message, now_s)
                else:
                    self._disturbance(identity, message)
            case Cart():
                self._ticket(message)
            case GateEvent():
                self._gate(message)
            case Receipt():
                self._receipt(message)

    def advance(self, now_s: float) -> None:
        """Show what has waited for a name in vain."""
        for identity, pending in list(self._pending.items()):
            if now_s >= pending.shown_by_s:
                self._event(identity, pending.event, "")

    def note(self, sentence: str, style: str = "dim") -> None:
        """Say something about the store itself."""
        self._line(time.time(), Text(sentence, style))

    # --- one message each ---------------------------------------------------------------------------

    def _shelf_event(self, identity: str, event: ShelfEvent, now_s: float) -> None:
        """Wait for the ticket that it changes; a later revision takes the place of an earlier one."""
        if identity in self._shown:
            before, visit = self._shown[identity]
            if _goods(event) != _goods(before) or abs(event.delta_g - before.delta_g) > TOLD_G:
                self._shown[identity] = event, visit
                self._event_line(event, visit, remark="corrected")
        elif identity in self._pending:
            self._pending[identity].event = event
        else:
            self._pending[identity] = _Pending(event, now_s + UNCLAIMED_S)

    def _gate(self, gate: GateEvent) -> None:
        if (gate.visit, gate.direction, gate.t) in self._said:
            return
        self._said.add((gate.visit, gate.direction, gate.t))
        text = self._name(gate.visit)
        text.append("comes in" if gate.direction is GateDirection.ENTERED else "leaves", "dim")
        self._line(gate.t, text)

    def _ticket(self, cart: Cart) -> None:
        """Give the events behind a changed ticket their shopper."""
        before = self._tickets.get(cart.visit, {})
        now = {line.sku: line for line in cart.lines}
        self._tickets[cart.visit] = now
        for sku in sorted({*before, *now}):
            old, new = before.get(sku), now.get(sku)
            more = (new.quantity if new else 0) - (old.quantity if old else 0)
            if more == 0:
                continue
            kind = EventKind.PICK if more > 0 else EventKind.RETURN
            named = new.events if new else ()
            for identity, pending in list(self._pending.items()):
                event = pending.event
                fits = identity in named or (kind is EventKind.RETURN and _best_sku(event) == sku)
                if event.kind is kind and fits:
                    self._event(identity, event, cart.visit, new)

    def _event(self, identity: str, event: ShelfEvent, visit: str, line: CartLine | None = None) -> None:
        del self._pending[identity]
        self._shown[identity] = event, visit
        self.events += 1
        self._event_line(event, visit, line)

    def _event_line(
        self, event: ShelfEvent, visit: str, line: CartLine | None = None, remark: str = ""
    ) -> None:
        best = event.hypotheses[0] if event.hypotheses else None
        goods = (
            ", ".join(f"{item.quantity} × {self._catalogue.get(item.sku).name}" for item in best.items)
            if best
            else ""
        )
        probability = line.probability if line else best.probability if best else 0.0
        picked = event.kind is EventKind.PICK
        text = self._name(visit or "somebody")
        text.append(f"{'takes' if picked else 'puts back':<10}", "bold red" if picked else "bold green")
        text.append(f"{goods or 'something unknown':<{GOODS_WIDTH}}")
        text.append(f"{event.delta_g:>+8.0f} g".replace("-", "−"), "bold")
        text.append(f"{probability:>7.1%}", _confidence_style(probability))
        if self._console.width >= WIDE:
            text.append(f"  {', '.join(row.plate for row in event.plates)}", "dim")
        if remark:
            text.append(f"  {remark}", "yellow")
        self._line(event.t_onset, text)

    def _disturbance(self, identity: str, disturbance: Disturbance) -> None:
        self._pending.pop(identity, None)
        if identity in self._shown:
            self._event_line(*self._shown.pop(identity), remark="withdrawn")
            self.events -= 1
        if not disturbance.plates:
            return  # part of another event, which says so itself
        told = {
            DisturbanceKind.TOUCH: "goods touched",
            DisturbanceKind.LEAN: "somebody leans",
            DisturbanceKind.BUMP: "the rack was bumped",
            DisturbanceKind.FOREIGN_OBJECT: "a foreign object",
            DisturbanceKind.SENSOR_FAULT: "sensor fault",
            DisturbanceKind.OFFLINE_CHANGE: "changed while its node was off",
        }[disturbance.kind]
        grave = disturbance.kind in (DisturbanceKind.SENSOR_FAULT, DisturbanceKind.OFFLINE_CHANGE)
        text = Text(" " * NAME_WIDTH)
        text.append(f"{told}: {', '.join(disturbance.plates)}", "yellow" if grave else "dim")
        if disturbance.delta_g:
            text.append(f"  {disturbance.delta_g:+.1f} g".replace("-", "−"), "dim")
        self._line(disturbance.t_onset, text)

    def _receipt(self, receipt: Receipt) -> None:
        if receipt.receipt in self._said:
            return
        self._said.add(receipt.receipt)
        self.receipts += 1
        self._tickets.pop(receipt.visit, None)
        colour = self._colour_of(receipt.visit)
        table = Table(
            title=f"{'corrected receipt' if receipt.corrects else 'receipt'} · {receipt.visit}",
            title_style=f"bold {colour}", title_justify="left", box=box.ROUNDED, border_style=colour,
            show_footer=True, pad_edge=True,
        )  # fmt: skip
        table.add_column("", f"{sum(line.quantity for line in receipt.lines)}", justify="right")
        table.add_column("goods", "total", min_width=GOODS_WIDTH - 4)
        table.add_column("price", f"{receipt.total:.2f}", justify="right", footer_style="bold")
        table.add_column("sure", f"{receipt.probability:.1%}", justify="right")
        for line in receipt.lines:
            price = "" if line.unit_price is None else f"{line.unit_price * line.quantity:.2f}"
            sure = Text(f"{line.probability:.1%}", _confidence_style(line.probability))
            table.add_row(str(line.quantity), line.name, price, sure)
        if not receipt.lines:
            table.add_row("", Text("nothing taken", "dim"), "", "")
        self._console.print()
        self._console.print(table)
        if receipt.needs_review:
            self._console.print(Text("  a person should look at this one", "yellow"))
        self._console.print()

    # --- looks ----------------------------------------------------------------------------------------

    def _line(self, utc: float, text: Text) -> None:
        clock = Text(time.strftime("%H:%M:%S  ", time.localtime(utc)), "dim")
        self._console.print(clock + text, soft_wrap=True, highlight=False)

    def _name(self, visit: str) -> Text:
        return Text(f"{visit:<{NAME_WIDTH}}", f"bold {self._colour_of(visit)}")

    def _colour_of(self, visit: str) -> str:
        return self._colour.setdefault(visit, COLOURS[len(self._colour) % len(COLOURS)])


def _goods(event: ShelfEvent) -> tuple[object, ...]:
    return event.kind, event.hypotheses[0].items if event.hypotheses else ()


def _best_sku(event: ShelfEvent) -> str | None:
    items = event.hypotheses[0].items if event.hypotheses else ()
    return items[0].sku if items else None


def _confidence_style(probability: float) -> str:
    return "green" if probability >= 0.98 else "yellow" if probability >= 0.9 else "red"
