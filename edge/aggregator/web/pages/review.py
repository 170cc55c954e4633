"""The review page: the one event that best settles a doubt, answered by a key."""

from __future__ import annotations

import logging
import math
import re
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from edge.aggregator.entries import AccessKind
from edge.aggregator.review.queue import QueueState, state_of
from edge.aggregator.review.reviewers import ReviewerEstimate
from edge.aggregator.store import Store
from edge.aggregator.web.access.forms import Form
from edge.aggregator.web.access.roles import Right
from edge.aggregator.web.access.visitor import visitor_of
from edge.aggregator.web.rendering import Tab
from edge.aggregator.web.review.case_view import CANNOT_TELL, NONE_OF_THESE, CaseViews
from edge.aggregator.web.review.table import Shown, Table
from edge.aggregator.web.site import Room, Site, as_json, see_other
from edge.errors import StorageError
from edge.messages import (
    AuditVerdict,
    EventEvidence,
    ItemCount,
    Reading,
    Retraction,
    ReviewAnswer,
    ReviewCase,
)

logger = logging.getLogger(__name__)

PATH = "/review"

AS_CHARGED, AS_ENTERED = "1", "2"
"""Keys of an audit."""

SKIPPED_MAX = 60
"""[cases] that a page may say it has seen or put off."""

FOREVER = "private, max-age=86400, immutable"
"""A picture's address names its revision: it never changes."""


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do, and how it goes."""

    queue: QueueState
    median_s: float | None  # [s] of the reviewer's latest answers
    reviewers: tuple[tuple[ReviewerEstimate, float | None], ...]  # with the same of each; for managers


def review(site: Site) -> Room:
    """Questions, their pictures, and their answers."""
    table, views = Table(), CaseViews(site.catalogue, site.planogram)

    async def page(request: Request) -> Response:
        case = await next_case(request)
        shown = await part(request, case) if case is not None else ""
        return site.templates.page(
            request, "review/page.html", shown=shown, work=await work(request), manages=_manages(request)
        )

    async def following(request: Request) -> Response:
        case = await next_case(request)
        return Response(status_code=204) if case is None else Response(await part(request, case), 200)

    async def state(request: Request) -> Response:
        return Response(site.templates.part(request, "review/work.html", work=await work(request)))

    async def picture(request: Request) -> Response:
        named, reviewer = request.path_params, visitor_of(request).name
        evidence = await run_in_threadpool(site.evidence, named["event"])
        crops = {str(number): crop for number, crop in enumerate(evidence.crops if evidence else ())}
        if (crop := crops.get(named["number"])) is None:
            raise HTTPException(404, "This picture is not held any more.")
        if evidence is not None and not table.has_before(reviewer, evidence.identity):
            await site.note(request, AccessKind.SAW_EVIDENCE, event=evidence.identity)
        return Response(crop.jpeg, 200, {"Cache-Control": FOREVER}, "image/jpeg")

    async def answer(request: Request, form: Form) -> Response:
        reviewer = visitor_of(request).name
        shown = table.shown(reviewer, form.get("case"))
        if shown is None:
            raise HTTPException(409, "This question was shown too long ago. Load the page again.")
        make = _answer if shown.case.event is not None else _verdict
        said = make(shown, form, reviewer, site.clock.utc_s(), site.access.mono_s)
        await site.clerk.say(said)
        table.answered(reviewer, shown.case.case, said.id)
        return _done(request, said.id)

    async def undo(request: Request, form: Form) -> Response:
        reviewer, statement = visitor_of(request).name, form.get("statement")
        case = table.case_of(reviewer, statement)
        if case is None:
            raise HTTPException(409, "This answer is not one of your latest, so it stands.")
        said = Retraction(id=form.id, t=site.clock.utc_s(), by=reviewer, statement=statement)
        await site.clerk.say(said)
        table.hand_out(reviewer, case, site.access.mono_s)
        return Response(await part(request, case)) if _is_script(request) else see_other(PATH)

    async def next_case(request: Request) -> ReviewCase | None:
        """Hand a case out."""
        reviewer, now = visitor_of(request).name, site.access.mono_s
        besides = table.taken(reviewer, now) | _besides(request)
        case = await site.clerk.ask(lambda store: _next_for(store, reviewer, besides))
        if case is not None:
            table.hand_out(reviewer, case, now)
        return case

    async def part(request: Request, case: ReviewCase) -> str:
        visit = "".join(case.visits[:1])
        await site.note(request, AccessKind.SAW_EVIDENCE, event=case.event, visit=visit, receipt=case.receipt)
        if case.event is None:
            cases = await site.clerk.ask(lambda store: store.counter.docket.behind(case, store.picture))
            behind = await run_in_threadpool(lambda: [(each, _evidence_of(site, each)) for each in cases])
            table.show_events(visitor_of(request).name, [each.event for each in cases if each.event])
            return site.templates.part(request, "review/audit.html", view=views.audit(case, behind))
        evidence = await run_in_threadpool(_evidence_of, site, case)
        return site.templates.part(request, "review/case.html", view=views.of(case, evidence))

    async def work(request: Request) -> Work:
        reviewer, now, manages = visitor_of(request).name, site.clock.utc_s(), _manages(request)
        return await site.clerk.ask(lambda store: _work(store, reviewer, now, manages=manages))

    return Room(
        routes=[
            site.page(PATH, page, Right.REVIEW),
            site.page(f"{PATH}/next", following, Right.REVIEW),
            site.page(f"{PATH}/work", state, Right.REVIEW),
            site.page(f"{PATH}/picture/{{event}}/{{number}}/{{revision}}", picture, Right.REVIEW),
            site.deed(f"{PATH}/answer", answer, Right.REVIEW),
            site.deed(f"{PATH}/undo", undo, Right.REVIEW),
        ],
        tab=Tab("Review", PATH, Right.REVIEW),
    )


def _next_for(store: Store, reviewer: str, besides: frozenset[str]) -> ReviewCase | None:
    return store.counter.docket.next_for(reviewer, store.cases(), store.picture, besides)


def _work(store: Store, reviewer: str, utc_s: float, *, manages: bool) -> Work:
    desk = store.counter.desk
    reviewers = [(each, desk.median_s(each.reviewer)) for each in desk.reviewers()] if manages else []
    return Work(state_of(store.cases(), utc_s), desk.median_s(reviewer), tuple(reviewers))


def _answer(shown: Shown, form: Form, reviewer: str, utc_s: float, mono_s: float) -> ReviewAnswer:
    case, choice = shown.case, form.get("choice")
    readings = tuple(candidate.reading for candidate in case.candidates)
    reading: Reading | None = None
    if choice not in (NONE_OF_THESE, CANNOT_TELL):
        if not (choice.isascii() and choice.isdigit() and 1 <= int(choice) <= len(readings)):
            raise HTTPException(400, "There is no such answer.")
        reading = readings[int(choice) - 1]
    if case.event is None:
        raise HTTPException(400, "This is not a question about one event.")
    return ReviewAnswer(
        id=form.id, t=utc_s, by=reviewer, case=case.case, event=case.event, shown=readings, reading=reading,
        undecided=choice == CANNOT_TELL, seconds=_seconds(form.get("seconds"), mono_s - shown.since_s),
    )  # fmt: skip


def _verdict(shown: Shown, form: Form, reviewer: str, utc_s: float, mono_s: float) -> AuditVerdict:
    """What was really taken: as charged, as entered, or nobody can tell."""
    case, choice = shown.case, form.get("choice")
    if choice not in (AS_CHARGED, AS_ENTERED, CANNOT_TELL):
        raise HTTPException(400, "There is no such answer.")
    entered = [(item, form.get(f"units-{item.sku}")) for item in case.cart]
    if choice == AS_ENTERED and not all(re.fullmatch(r"[0-9]{1,2}", units) for _, units in entered):
        raise HTTPException(400, "Units are whole numbers from 0 to 99.")
    items = case.cart if choice == AS_CHARGED else tuple(
        ItemCount(item.sku, int(units)) for item, units in entered
        if choice == AS_ENTERED and int(units)
    )  # fmt: skip
    return AuditVerdict(
        id=form.id, t=utc_s, by=reviewer, case=case.case, receipt=case.receipt, items=items,
        undecided=choice == CANNOT_TELL, seconds=_seconds(form.get("seconds"), mono_s - shown.since_s),
    )  # fmt: skip


def _seconds(measured: str, since_handed_out_s: float) -> float:
    """[s] from showing to key, as the page measured it; never more than since the case left us."""
    try:
        seconds = float(measured)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        seconds = since_handed_out_s  # a browser without scripts
    return round(min(max(seconds, 0.0), since_handed_out_s, 86_400.0), 3)


def _besides(request: Request) -> frozenset[str]:
    names = request.query_params.get("besides", "").split(",")
    return frozenset(name for name in names[:SKIPPED_MAX] if name)


def _evidence_of(site: Site, case: ReviewCase) -> EventEvidence | None:
    """What is held of its event; ``None``: nothing, or the disk refuses. Weights can be judged without."""
    try:
        return None if case.event is None else site.evidence(str(case.event))
    except StorageError as error:
        logger.warning("%s", error)
        return None


def _manages(request: Request) -> bool:
    return visitor_of(request).may(Right.AUDIT)


def _is_script(request: Request) -> bool:
    return request.headers.get("x-steelyard") == "review"


def _done(request: Request, statement: str) -> Response:
    return as_json({"statement": statement}) if _is_script(request) else see_other(PATH)
