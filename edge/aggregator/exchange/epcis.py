"""Sales and shelf events as EPCIS 2.0 events in JSON-LD [GS1 EPCIS 2.0.1, CBV 2.0; ISO/IEC 19987, 19988].

A sale is a TransactionEvent, goods taken or put back are ObjectEvents. An event that turned out wrong is told
once more, unchanged but for an ``errorDeclaration`` that says when and why and names the one in its place
[EPCIS 2.0.1, 7.4.1.3].
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from edge.aggregator.exchange.books import Booking, Movement, Said, Sale, items_of
from edge.aggregator.exchange.local_time import LocalTime
from edge.config import ExportsSection
from edge.gtin import gtin14_of
from edge.messages import EventKind, ItemCount, Receipt, ShelfEvent

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
DIGITAL_LINK = "https://id.gs1.org/"
"""Begins the canonical names of what GS1 numbers [GS1 Digital Link URI Syntax 1.3, 4.11]."""

STEPS = {
    EventKind.PICK: ("picking", "in_progress"),
    EventKind.RETURN: ("stocking", "sellable_accessible"),
}
"""CBV's business step and disposition of what happens at the shelf."""

Event = dict[str, Any]


class Epcis:
    """Writes bookings as EPCIS events.

    Args:
        store: its name.
        options: how it is called outside.
    """

    def __init__(self, store: str, options: ExportsSection) -> None:
        self._time = LocalTime(options.time_zone)
        self._between = "/" if "://" in options.uri_base else ":"
        self._base = f"{options.uri_base}{_name(store)}{self._between}"
        self._location = f"{DIGITAL_LINK}414/{options.gln}" if options.gln else f"{self._base}store"

    @property
    def context(self) -> list[Any]:
        """The ``@context`` of what is written."""
        return [CONTEXT, {"steelyard": self._uri("vocabulary", "")}]

    def document(self, events: Iterable[Event], utc_s: float) -> Event:
        """An EPCIS document; ``utc_s``: when the last of what it tells was learned."""
        return self.header(utc_s) | {"epcisBody": {"eventList": list(events)}}

    def header(self, utc_s: float) -> Event:
        """A document without its body."""
        return {
            "@context": self.context,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": self._time.iso(utc_s),
        }

    def sale(self, sale: Sale) -> Iterator[Event]:
        """The events that tell a sale, or its correction."""
        yield from self._told(sale, self._receipt)

    def movement(self, movement: Movement) -> Iterator[Event]:
        """The events that tell what goods did at the shelf."""
        yield from self._told(movement, self._shelf_event)

    def _told(self, booking: Booking[Any], write: Any) -> Iterator[Event]:
        booked = write(booking.booked) if booking.booked else None
        if booking.voided is not None:
            declaration = {
                "declarationTime": self._time.iso(booking.said.utc_s),
                "reason": "incorrect_data" if booked else "did_not_occur",
            }
            corrective = {"correctiveEventIDs": [booked["eventID"]]} if booked else {}
            yield write(booking.voided) | {"errorDeclaration": declaration | corrective}
        if booked is not None:
            yield booked

    def _receipt(self, said: Said[Receipt]) -> Event:
        receipt = said.what
        return self._event(
            "TransactionEvent",
            f"receipt/{receipt.receipt}",
            receipt.left_at,
            [(line.sku, line.quantity) for line in receipt.lines],
        ) | {
            "action": "ADD",
            "bizStep": "retail_selling",
            "disposition": "retail_sold",
            "readPoint": {"id": f"{self._base}exit"},
            "bizTransactionList": [{"bizTransaction": self._uri("receipt", receipt.receipt)}],
            "steelyard:position": said.position,
            "steelyard:probability": receipt.probability,
        }

    def _shelf_event(self, said: Said[ShelfEvent]) -> Event:
        event = said.what
        step, disposition = STEPS[event.kind]
        plate = max(event.plates, key=lambda each: abs(each.delta_g)).plate
        return self._event(
            "ObjectEvent",
            f"event/{event.identity}/{event.revision}",
            event.t_settled,
            _counts(items_of(event)),
        ) | {
            "action": "OBSERVE",
            "bizStep": step,
            "disposition": disposition,
            "readPoint": {"id": self._uri("plate", plate)},
            "steelyard:position": said.position,
            "steelyard:probability": event.hypotheses[0].probability,
            "steelyard:deltaGrams": event.delta_g,
        }

    def _event(self, kind: str, name: str, utc_s: float, goods: list[tuple[str, int]]) -> Event:
        """What all events share; equal names get equal ids, whoever exports them and however often."""
        return {
            "type": kind,
            "eventID": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, self._base + name)}",
            "eventTime": self._time.iso(utc_s),
            "eventTimeZoneOffset": self._time.offset(utc_s),
            "bizLocation": {"id": self._location},
            "quantityList": [
                {"epcClass": self._class_of(sku), "quantity": quantity} for sku, quantity in goods
            ],
        }

    def _class_of(self, sku: str) -> str:
        gtin = gtin14_of(sku)
        return f"{DIGITAL_LINK}01/{gtin}" if gtin else self._uri("sku", sku)

    def _uri(self, kind: str, name: str) -> str:
        return f"{self._base}{kind}{self._between}{_name(name)}"


def _counts(items: tuple[ItemCount, ...]) -> list[tuple[str, int]]:
    return [(item.sku, item.quantity) for item in items]


def _name(text: str) -> str:
    """Text as one part of a URI, whatever it holds."""
    return quote(text, safe="")
