"""Everything that another program may ask, once: address, right, question, answer, and what makes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import msgspec
from anyio.to_thread import run_sync
from starlette.exceptions import HTTPException
from starlette.requests import Request

from edge.aggregator.exchange.notices import KINDS, Notice, ReceiptCorrected, ReceiptIssued
from edge.aggregator.exchange.pages import NoticePage, RecordPage
from edge.aggregator.review.queue import published
from edge.aggregator.stock.state import StockView
from edge.aggregator.store import Store
from edge.aggregator.store_view import StoreView
from edge.aggregator.transparency.figures import Transparency
from edge.aggregator.visits.visit import Visit
from edge.aggregator.web.access.roles import Right, Role
from edge.aggregator.web.access.visitor import visitor_of
from edge.aggregator.web.api.answers import (
    CartList,
    FromPosition,
    NoQuery,
    OfDays,
    OfKinds,
    ReceiptChain,
    VisitList,
    VisitSummary,
)
from edge.aggregator.web.pages.transparency import numbers_of
from edge.aggregator.web.site import Site
from edge.messages import Cart, Receipt, ReviewQueue

ROOT = "/api/v1"
NEXT = "steelyard-next"
"""Header that says where to go on, of an answer that has no place for it."""

PageT = TypeVar("PageT")
TicketT = TypeVar("TicketT", Cart, Receipt)
Answer = Callable[[Site, Request, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One question."""

    path: str  # below ROOT
    name: str
    summary: str
    right: Right | None  # None: everybody; the path itself holds a secret
    query: type[msgspec.Struct]
    answers: Any  # type
    answer: Answer
    media: str = "application/json"


RECEIPTS = ("receipt.issued", "receipt.corrected")
EVENTS = ("shelf.event", "shelf.disturbance")


async def _state(site: Site, _: Request, __: NoQuery) -> StoreView:
    view = site.feed.view
    carts, receipts = tuple(map(_closed, view.carts)), tuple(map(_closed, view.receipts))
    return msgspec.structs.replace(view, carts=carts, receipts=receipts)


async def _carts(site: Site, _: Request, __: NoQuery) -> CartList:
    return CartList(items=tuple(map(_closed, site.feed.view.carts)))


async def _visits(site: Site, _: Request, __: NoQuery) -> VisitList:
    def look(store: Store) -> VisitList:
        return VisitList(items=tuple(map(_summary, store.visits())))

    return await site.clerk.ask(look)


async def _receipt(site: Site, request: Request, _: NoQuery) -> ReceiptChain:
    address, now_s = visitor_of(request).address, site.access.mono_s
    if site.access.lookups.wait_s(address, now_s):
        raise HTTPException(429)
    token = request.path_params["token"]

    def look(store: Store) -> tuple[Receipt, ...]:
        found = store.counter.book.by_token(token)
        return store.counter.book.chain(found.receipt) if found else ()

    chain = await site.clerk.ask(look)
    if not chain:
        site.access.lookups.count(address, now_s)
        raise HTTPException(404, "No receipt is opened by this, or it is too old.")
    return ReceiptChain(items=chain)


async def _cases(site: Site, _: Request, __: NoQuery) -> ReviewQueue:
    return await site.clerk.ask(lambda store: published(store.cases()))


async def _numbers(site: Site, _: Request, query: OfDays) -> Transparency:
    return (await numbers_of(site, float(query.days))).numbers


async def _stock(site: Site, _: Request, __: NoQuery) -> StockView:
    return site.feed.view.stock


async def _notices(
    site: Site, request: Request, query: FromPosition, *, kinds: tuple[str, ...] = ()
) -> NoticePage:
    if isinstance(query, OfKinds):
        kinds = tuple(filter(None, query.kinds.split(",")))
        if unknown := set(kinds) - KINDS.keys():
            raise HTTPException(400, f"There are no notices of type {min(unknown)!r}.")
    page = await _in_thread(partial(site.records.notices, query.after, query.limit, kinds))
    if visitor_of(request).role is Role.PROGRAM:
        return page  # a till sends shoppers what opens their receipts
    return msgspec.structs.replace(page, items=tuple(map(_closed_notice, page.items)))


async def _poslog(site: Site, request: Request, query: FromPosition) -> RecordPage:
    return await _in_thread(partial(site.records.poslog, query.after, query.limit))


async def _epcis(site: Site, request: Request, query: FromPosition) -> dict[str, Any]:
    document, reach = await _in_thread(partial(site.records.epcis, query.after, query.limit))
    request.state.headers = {NEXT: str(reach.next)}
    return document


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("/state", "state", "The store at this moment.", Right.WATCH, NoQuery, StoreView, _state),
    Endpoint("/carts", "carts", "Running tickets.", Right.WATCH, NoQuery, CartList, _carts),
    Endpoint("/visits", "visits", "Visits of the last hours.", Right.WATCH, NoQuery, VisitList, _visits),
    Endpoint("/events", "events", "Shelf events and disturbances, from a position of the ledger on.",
             Right.WATCH, FromPosition, NoticePage, partial(_notices, kinds=EVENTS)),
    Endpoint("/receipts", "receipts", "Receipts and corrections, from a position of the ledger on.",
             Right.REFUND, FromPosition, NoticePage, partial(_notices, kinds=RECEIPTS)),
    Endpoint("/receipts/{token}", "receipt", "The receipts that a token opens.",
             None, NoQuery, ReceiptChain, _receipt),
    Endpoint("/notices", "notices", "Everything that webhooks tell, from a position of the ledger on.",
             Right.REFUND, OfKinds, NoticePage, _notices),
    Endpoint("/transparency", "transparency", "The honest numbers of the last days.",
             Right.NUMBERS, OfDays, Transparency, _numbers),
    Endpoint("/stock", "stock", "What lies where; misplaced and missing goods.",
             Right.STOCK, NoQuery, StockView, _stock),
    Endpoint("/review/cases", "cases", "Open questions, the oldest first.",
             Right.REVIEW, NoQuery, ReviewQueue, _cases),
    Endpoint("/exports/poslog", "poslog", "Sales as POSLog-like records.",
             Right.REFUND, FromPosition, RecordPage, _poslog),
    Endpoint("/exports/epcis", "epcis", "Sales and shelf events as an EPCIS 2.0 document.",
             Right.REFUND, FromPosition, dict[str, Any], _epcis, "application/ld+json"),
)  # fmt: skip
"""In the order of the document."""


async def _in_thread(read: Callable[[], PageT]) -> PageT:
    """What reads the ledger waits for the disk, and no page waits for it."""
    return await run_sync(read)


def _closed(ticket: TicketT) -> TicketT:
    """Who may see what is in the carts may not act for their shoppers: without what opens it."""
    return msgspec.structs.replace(ticket, token="")


def _closed_notice(notice: Notice) -> Notice:
    if isinstance(notice, ReceiptIssued | ReceiptCorrected):
        return msgspec.structs.replace(notice, data=_closed(notice.data))
    return notice


def _summary(visit: Visit) -> VisitSummary:
    receipt = visit.receipt
    return VisitSummary(
        visit=visit.visit,
        entered_at=visit.entered_at,
        left_at=visit.left_at,
        receipt=receipt.receipt if receipt else "",
        status=receipt.status if receipt else None,
        needs_review=receipt.needs_review if receipt else False,
    )
