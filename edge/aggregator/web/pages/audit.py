"""Who came in, who saw what is kept of a shopper, and who said what: the latest of the ledger's trail."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.entries import AccessEntry, AccessKind, StatementEntry
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.rendering import Tab
from edge.aggregator.web.site import Room, Site
from edge.messages import AuditVerdict, CounterMessage, Dispute, DisputeVerdict, Retraction, ReviewAnswer

PATH = "/audit"

SHOWN = 300
"""[entries] the latest ones; the ledger has all of them."""

SEEN = {
    AccessKind.SIGNED_IN: "signed in",
    AccessKind.LOCKED_OUT: "was locked out after wrong passwords",
    AccessKind.SAW_EVIDENCE: "looked at the evidence of",
    AccessKind.SAW_RECEIPT: "looked at the ticket of",
}
SAID: dict[type[CounterMessage], str] = {
    ReviewAnswer: "answered a case about",
    AuditVerdict: "audited",
    Retraction: "took back statement",
    Dispute: "disputed",
    DisputeVerdict: "decided dispute",
}


def audit(site: Site) -> Room:
    """One table."""

    async def page(request: Request) -> Response:
        trail = await site.clerk.ask(lambda store: tuple(store.trail)[-SHOWN:])
        rows = [_row(entry) for entry in reversed(trail)]
        return site.templates.page(request, "audit.html", rows=rows)

    return Room(routes=[site.page(PATH, page, Right.AUDIT)], tab=Tab("Audit", PATH, Right.AUDIT))


def _row(entry: AccessEntry | StatementEntry) -> tuple[float, str, str, str]:
    """When [s], who, what, and of what."""
    if isinstance(entry, AccessEntry):
        of = entry.visit or entry.receipt or (str(entry.event) if entry.event else "")
        return entry.t, entry.by, SEEN[entry.kind], of
    said = entry.statement
    match said:
        case ReviewAnswer(event=event):
            of = str(event)
        case AuditVerdict(receipt=of):
            pass
        case Dispute():
            of = said.receipt or said.visit
        case DisputeVerdict(dispute=dispute):
            of = dispute
        case Retraction(statement=statement):
            of = statement
        case _:
            of = said.id
    return said.t, said.by, SAID.get(type(said), "said"), of
