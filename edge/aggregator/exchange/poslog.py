"""Sales as records in the manner of POSLog [ARTS/OMG POSLog 6.0], one JSON object a record.

Names and structure are POSLog's; it is its retail transaction without tender and tax, which are the point of
sale's. Nothing is changed once written: a correction is a record that voids the earlier one and links to it,
followed by the new one with its reason. Amounts are exact decimal text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edge.aggregator.exchange.books import Said, Sale
from edge.aggregator.exchange.local_time import LocalTime
from edge.config import ExportsSection
from edge.gtin import gtin14_of
from edge.messages import Receipt
from edge.money import written

WORKSTATION = "steelyard"

Record = dict[str, Any]


class PosLog:
    """Writes bookings as POSLog-like records.

    Args:
        store: its name.
        options: how it is called outside.
    """

    def __init__(self, store: str, options: ExportsSection) -> None:
        self._time = LocalTime(options.time_zone)
        self._unit = {"TypeCode": "RetailStore", "UnitID": options.gln or store}

    def sale(self, sale: Sale) -> Iterator[Record]:
        """The records that tell a sale, or its correction."""
        if sale.voided is not None:
            yield self._void(sale, sale.voided)
        if sale.booked is not None:
            yield self._transaction(sale.booked, corrects=sale.voided)

    def _void(self, sale: Sale, voided: Said[Receipt]) -> Record:
        """Takes a whole transaction back."""
        said = sale.said
        return self._record(void_number(said.position), said.utc_s, said.utc_s) | {
            "CurrencyCode": voided.what.currency,
            "RetailTransaction": {
                "TransactionStatus": "PostVoided",
                "TransactionLink": self._link("Void", voided),
                "Reason": said.what.reason.value,
                "Total": _total(-voided.what.total_minor, voided.what.currency),
            },
        }

    def _transaction(self, said: Said[Receipt], corrects: Said[Receipt] | None) -> Record:
        receipt = said.what
        begun = receipt.left_at if receipt.entered_at is None else receipt.entered_at
        link = {"TransactionLink": self._link("Correction", corrects), "Reason": receipt.reason.value}
        return self._record(sale_number(said.position), begun, receipt.left_at) | {
            "CurrencyCode": receipt.currency,
            "RetailTransaction": {
                "TransactionStatus": "Totaled",
                "ReceiptNumber": receipt.receipt,
                **(link if corrects else {}),
                "LineItem": list(_lines(receipt)),
                "Total": _total(receipt.total_minor, receipt.currency),
            },
        }

    def _record(self, number: int, begun_s: float, ended_s: float) -> Record:
        return {
            "BusinessUnit": self._unit,
            "WorkstationID": WORKSTATION,
            "SequenceNumber": number,
            "BusinessDayDate": self._time.day(ended_s),
            "BeginDateTime": self._time.iso(begun_s),
            "EndDateTime": self._time.iso(ended_s),
        }

    def _link(self, reason: str, to: Said[Receipt] | None) -> Record:
        if to is None:
            return {}
        return {
            "ReasonCode": reason,
            "BusinessUnit": self._unit,
            "WorkstationID": WORKSTATION,
            "SequenceNumber": sale_number(to.position),
            "ReceiptNumber": to.what.receipt,
        }


def sale_number(position: int) -> int:
    """Number of the transaction that an entry of the ledger makes; they rise, each is given once."""
    return 2 * position


def void_number(position: int) -> int:
    """Number of the record by which the same entry voids an earlier transaction, just before."""
    return 2 * position - 1


def _lines(receipt: Receipt) -> Iterator[Record]:
    """What is charged; then, voided, what is believed taken and was waived."""
    for number, line in enumerate(receipt.lines, 1):
        yield {
            "SequenceNumber": number,
            "VoidFlag": False,
            "Sale": {
                "ItemID": _item(line.sku),
                "Description": line.name,
                "Quantity": line.quantity,
                "UnitListPrice": written(line.unit_price_minor, receipt.currency),
                "ExtendedAmount": written(line.unit_price_minor * line.quantity, receipt.currency),
            },
        }
    for number, item in enumerate(receipt.waived, len(receipt.lines) + 1):
        yield {
            "SequenceNumber": number,
            "VoidFlag": True,
            "Reason": "waived",
            "Sale": {"ItemID": _item(item.sku), "Quantity": item.quantity},
        }


def _item(sku: str) -> Record:
    return {"Name": "GTIN" if gtin14_of(sku) else "SKU", "Value": sku}


def _total(minor: int, currency: str) -> list[Record]:
    return [{"TotalType": "TransactionGrandAmount", "Amount": written(minor, currency)}]
