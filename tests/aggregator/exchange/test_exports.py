"""Exports: valid, exact, the same in one piece or in many, and honest about what turned out wrong."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from exchange_story import enter, revised
from hypothesis import given
from hypothesis import strategies as st
from small_store import T0

from edge.aggregator.entries import EventEntry, ReceiptEntry
from edge.aggregator.exchange.books import Said, sale_of
from edge.aggregator.exchange.epcis import Epcis
from edge.aggregator.exchange.export import Exporter, ExportFormat
from edge.aggregator.exchange.notices import KINDS
from edge.aggregator.ledger.erasure import erase_visit
from edge.aggregator.ledger.lookup import last_position
from edge.config import ExportsSection
from edge.errors import StorageError
from edge.messages import CartLine, ItemCount, Receipt, ReceiptStatus
from edge.payload import encode

SCHEMA = json.loads((Path(__file__).parent / "gs1" / "EPCIS-JSON-Schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
OPTIONS = ExportsSection(uri_base="https://shop.example/", gln="4006381333931", time_zone="Europe/Berlin")


def exported(ledger, kind: ExportFormat, after: int = 0, until=None, options=OPTIONS) -> list:
    read = Exporter(ledger, kind, "shop", options).read(after, until)
    return [json.loads(encode(each.what)) for each in read]


def document(ledger, options=OPTIONS, after: int = 0) -> dict:
    exporter = Exporter(ledger, ExportFormat.EPCIS, "shop", options)
    return json.loads(b"".join(exporter.document(after, last_position(ledger))))


def receipt(name: str = "anna-1-1", *, corrects: str = "", quantity: int = 1, sku: str = "0001", **options):
    lines = (CartLine(sku=sku, name=sku, quantity=quantity, probability=0.99, unit_price_minor=150),)
    return Receipt(
        receipt=name, visit="anna", entered_at=T0, left_at=T0 + 9, corrects=corrects, total=0.0,
        lines=lines if quantity else (), total_minor=150 * quantity, currency="EUR", probability=0.99,
        needs_review=False, **options,
    )  # fmt: skip


# --- EPCIS --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [OPTIONS, ExportsSection()])
def test_the_document_is_valid_by_the_schema_of_gs1(told, options):
    found = document(told, options)
    assert [str(error) for error in VALIDATOR.iter_errors(found)] == []
    kinds = {event["type"] for event in found["epcisBody"]["eventList"]}
    assert kinds == {"ObjectEvent", "TransactionEvent"}
    broken = json.loads(json.dumps(found))
    broken["epcisBody"]["eventList"][0]["bizStep"] = "retail selling"
    assert list(VALIDATOR.iter_errors(broken)), "the schema would notice"


def test_a_refund_declares_the_sale_an_error_and_sells_nothing(told):
    sales = [event for event in exported(told, ExportFormat.EPCIS) if event["type"] == "TransactionEvent"]
    anna = [sale for sale in sales if "anna" in sale["bizTransactionList"][0]["bizTransaction"]]
    first, declared = anna
    assert first["quantityList"] == [{"epcClass": "https://shop.example/shop/sku/0001", "quantity": 1}]
    assert (first["bizStep"], first["disposition"]) == ("retail_selling", "retail_sold")
    assert first["bizLocation"] == {"id": "https://id.gs1.org/414/4006381333931"}
    assert first["eventTime"] == "2023-11-14T23:13:40.000+01:00"
    declaration = declared.pop("errorDeclaration")
    assert declared == first, "the same event, as GS1 wants it"
    assert declaration["reason"] == "did_not_occur"
    assert "correctiveEventIDs" not in declaration


def test_a_sale_with_a_question_open_is_told_once_it_is_final(told):
    sales = [event for event in exported(told, ExportFormat.EPCIS) if event["type"] == "TransactionEvent"]
    bela = [sale for sale in sales if "bela" in sale["bizTransactionList"][0]["bizTransaction"]]
    assert len(bela) == 1
    assert "errorDeclaration" not in bela[0]
    assert bela[0]["quantityList"][0]["epcClass"].endswith("/sku/0002")


def test_an_event_that_is_revised_names_the_one_in_its_place(counter, ledger):
    event = counter.shelf.event(1, "0001")
    again = msgspec.structs.replace(event, revision=1, sigma_g=0.5)
    better = revised(again, [ItemCount("0002", 6)])
    enter(ledger, [EventEntry(event), EventEntry(again), EventEntry(better)])
    first, declared, second = exported(ledger, ExportFormat.EPCIS)
    assert declared["eventID"] == first["eventID"] != second["eventID"]
    assert declared["errorDeclaration"]["correctiveEventIDs"] == [second["eventID"]]
    assert (first["steelyard:position"], second["steelyard:position"]) == (1, 3)


def test_bar_codes_are_named_as_gs1_names_them():
    epcis = Epcis("shop", OPTIONS)
    water = receipt(sku="4006381333931")
    (event,) = epcis.sale(sale_of([Said(1, T0, water)]))
    assert event["quantityList"][0]["epcClass"] == "https://id.gs1.org/01/04006381333931"


@given(
    sku=st.text(min_size=1, max_size=30), name=st.text(max_size=20),
    left=st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
def test_any_name_and_any_clock_make_a_valid_event(sku, name, left):
    epcis = Epcis("shop", OPTIONS)
    sold = msgspec.structs.replace(receipt(name, sku=sku), left_at=left)
    events = json.loads(json.dumps(list(epcis.sale(sale_of([Said(1, T0, sold)])))))
    assert list(VALIDATOR.iter_errors(epcis.document(events, T0))) == []


# --- POSLog -------------------------------------------------------------------------------------------


def test_a_correction_is_a_void_and_a_new_sale_with_its_reason(ledger):
    chain = [
        receipt(quantity=3),
        receipt("anna-1-2", corrects="anna-1-1", quantity=2, reason="verdict",
                waived=(ItemCount("0001", 1),)),
    ]  # fmt: skip
    enter(ledger, [ReceiptEntry(each) for each in chain])
    first, void, second = exported(ledger, ExportFormat.POSLOG)
    assert [each["SequenceNumber"] for each in (first, void, second)] == [2, 3, 4]
    assert void["RetailTransaction"]["TransactionStatus"] == "PostVoided"
    assert void["RetailTransaction"]["TransactionLink"]["SequenceNumber"] == 2
    assert void["RetailTransaction"]["Reason"] == second["RetailTransaction"]["Reason"] == "verdict"
    assert void["RetailTransaction"]["Total"][0]["Amount"] == "-4.50"
    line, waived = second["RetailTransaction"]["LineItem"]
    assert (line["Sale"]["ExtendedAmount"], line["VoidFlag"]) == ("3.00", False)
    assert (waived["VoidFlag"], waived["Reason"], waived["SequenceNumber"]) == (True, "waived", 2)
    assert second["RetailTransaction"]["Total"][0]["Amount"] == "3.00"
    assert second["RetailTransaction"]["TransactionLink"]["ReceiptNumber"] == "anna-1-1"


@given(steps=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(ReceiptStatus)), min_size=1, max_size=8))
def test_books_that_follow_every_record_hold_what_the_last_final_receipt_says(steps):
    chain, books = [], {}
    for number, (quantity, status) in enumerate(steps, 1):
        said = receipt(f"anna-1-{number}", quantity=quantity, status=status)
        chain.append(Said(number, T0, said))
        if (sale := sale_of(chain)) is not None:
            if sale.voided:
                del books[sale.voided.position]
            if sale.booked:
                books[sale.booked.position] = sale.booked.what.total_minor
    final = [quantity for quantity, status in steps if status is ReceiptStatus.FINAL]
    assert sum(books.values()) == (150 * final[-1] if final else 0)
    assert len(books) <= 1


# --- pieces, names, erasure ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ExportFormat)
def test_pieces_give_the_same_bytes_as_the_whole(told, kind):
    whole = exported(told, kind)
    assert whole
    pieces, after = [], 0
    for until in (1, 4, 5, 9, last_position(told)):
        pieces += exported(told, kind, after, until)
        after = until
    assert pieces == whole
    assert exported(told, kind) == whole


def test_notices_tell_everything_with_its_position(told):
    notices = exported(told, ExportFormat.JSON)
    assert [each["position"] for each in notices] == sorted({each["position"] for each in notices})
    kinds = {each["type"] for each in notices}
    assert {"visit.entered", "visit.left", "receipt.issued", "receipt.corrected", "shelf.event",
            "shelf.disturbance", "dispute.opened", "dispute.decided", "review.answered"} <= kinds  # fmt: skip
    assert kinds <= KINDS.keys()


def test_an_erased_visit_is_gone_from_later_exports_and_told_to_be(told):
    erase_visit(told, "anna", reason="asked", by="desk", utc_s=T0)
    for kind in ExportFormat:
        assert "anna" not in json.dumps(exported(told, kind))
    erased = exported(told, ExportFormat.JSON)[-1]
    assert erased["type"] == "visit.erased"
    assert set(erased["data"]["positions"]) >= {1}


def test_a_position_that_is_not_there_is_refused(told):
    with pytest.raises(StorageError, match="no such position"):
        exported(told, ExportFormat.JSON, after=10_000)
