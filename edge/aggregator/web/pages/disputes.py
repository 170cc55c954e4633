"""Disputes: what shoppers say is wrong, looked at and decided by staff; a refund, or the line stands."""

from __future__ import annotations

import re
from http import HTTPStatus

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.decisions import Decision
from edge.aggregator.entries import AccessKind
from edge.aggregator.own_ticket import own_ticket
from edge.aggregator.store import Store
from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.access.visitor import visitor_of
from edge.aggregator.web.rendering import Tab
from edge.aggregator.web.review.case_view import picture_path
from edge.aggregator.web.site import Room, Site, see_other
from edge.messages import CartLine, Dispute, DisputeVerdict, ItemCount, Receipt, Retraction

PATH = "/disputes"

DECIDED_SHOWN = 20


class Disputed(msgspec.Struct, frozen=True):
    """One dispute, with what it is about as that stands now."""

    dispute: Dispute
    verdict: DisputeVerdict | None
    receipt: Receipt  # the last of its chain
    line: CartLine | None  # of the receipt that was disputed; None: all of it
    decisions: tuple[Decision, ...] = ()  # behind the line; of a whole receipt, all


def disputes(site: Site) -> Room:
    """The list, one dispute with its evidence, and the verdict."""

    async def page(request: Request) -> Response:
        everything = await site.clerk.ask(_all)
        undecided = [each for each in everything if each.verdict is None]
        decided = sorted(
            (each for each in everything if each.verdict is not None),
            key=lambda each: each.verdict.t if each.verdict else 0.0, reverse=True,
        )  # fmt: skip
        return site.templates.page(
            request, "disputes/list.html", undecided=undecided, decided=decided[:DECIDED_SHOWN]
        )

    async def one(request: Request) -> Response:
        found = await disputed(request)
        await site.note(
            request, AccessKind.SAW_RECEIPT, visit=found.receipt.visit, receipt=found.receipt.receipt
        )
        pictures: dict[str, list[str]] = {}
        for decision in found.decisions:
            event = str(decision.event.identity)
            evidence = await run_in_threadpool(site.evidence, event)
            crops = evidence.crops if evidence else ()
            revision = evidence.revision if evidence else 0
            pictures[event] = [picture_path(event, number, revision) for number in range(len(crops))]
        return site.templates.page(request, "disputes/one.html", row=found, pictures=pictures)

    async def decide(request: Request, form: Form) -> Response:
        found = await disputed(request)
        if found.verdict is not None and found.verdict.id != form.id:
            raise HTTPException(HTTPStatus.CONFLICT, f"{found.verdict.by} has decided this already.")
        refund = _refund(found.receipt, form) if form.get("decision") == "refund" else ()
        if form.get("decision") == "refund" and not refund:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "Say how many units are given back.")
        verdict = DisputeVerdict(
            id=form.id, t=site.clock.utc_s(), by=visitor_of(request).name, dispute=found.dispute.id,
            refund=refund, reason=form.get("reason")[:500],
        )  # fmt: skip
        await site.clerk.say(verdict)
        return see_other(PATH)

    async def take_back(request: Request, form: Form) -> Response:
        found = await disputed(request)
        if found.verdict is None:
            raise HTTPException(HTTPStatus.CONFLICT, "Nothing stands that could be taken back.")
        said = Retraction(
            id=form.id, t=site.clock.utc_s(), by=visitor_of(request).name, statement=found.verdict.id
        )
        await site.clerk.say(said)
        return see_other(PATH)

    async def disputed(request: Request) -> Disputed:
        name = request.path_params["dispute"]
        found = await site.clerk.ask(lambda store: _one(store, name))
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such dispute (any more).")
        return found

    return Room(
        routes=[
            site.page(PATH, page, Right.REFUND),
            site.page(f"{PATH}/{{dispute}}", one, Right.REFUND),
            site.deed(f"{PATH}/{{dispute}}", decide, Right.REFUND),
            site.deed(f"{PATH}/{{dispute}}/back", take_back, Right.REFUND),
        ],
        tab=Tab("Disputes", PATH, Right.REFUND),
    )


def _all(store: Store) -> list[Disputed]:
    book = store.counter.book
    return [_row(store, dispute, verdict) for dispute, verdict in book.disputed()]


def _one(store: Store, name: str) -> Disputed | None:
    found = next((each for each in store.counter.book.disputed() if each[0].id == name), None)
    if found is None:
        return None
    row = _row(store, *found)
    own = own_ticket(store, row.receipt.token)
    wanted = set(row.line.events) if row.line else None
    decisions = own.decisions if own else ()
    behind = tuple(each for each in decisions if wanted is None or str(each.event.identity) in wanted)
    return msgspec.structs.replace(row, decisions=behind)


def _row(store: Store, dispute: Dispute, verdict: DisputeVerdict | None) -> Disputed:
    book = store.counter.book
    latest = book.latest(dispute.receipt)
    said_of = (
        book.get(dispute.receipt) or latest,
        latest,
    )  # what stood there then tells more than what does now
    lines = (line for receipt in said_of for line in receipt.lines)
    line = next((line for line in lines if line.sku == dispute.sku), None)
    return Disputed(dispute, verdict, latest, line)


def _refund(receipt: Receipt, form: Form) -> tuple[ItemCount, ...]:
    """Units that the form gives back.

    Raises:
        HTTPException: 400, more than were charged, or no number.
    """
    refund = []
    for number, line in enumerate(receipt.lines):
        typed = form.get(f"units-{number}") or "0"
        if not (re.fullmatch(r"[0-9]{1,6}", typed) and int(typed) <= line.quantity):
            raise HTTPException(
                HTTPStatus.BAD_REQUEST, f"At most {line.quantity} × {line.name} were charged."
            )
        if int(typed):
            refund.append(ItemCount(line.sku, int(typed)))
    return tuple(refund)
