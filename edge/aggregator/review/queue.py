"""Who is asked what next: shoppers who wait first, then measurements; some cases are blind tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from edge.aggregator.review.cases import told
from edge.aggregator.review.sampling import is_drawn
from edge.messages import CaseKind, EventIdentity, ReviewCase, ReviewQueue

LISTED_MAX = 40
"""[cases] in the published queue: some 120 kB, half of what a payload may have."""

_ORDER = {CaseKind.DISPUTE: 0, CaseKind.DOUBT: 0, CaseKind.SECOND: 1, CaseKind.AUDIT: 2, CaseKind.GOLD: 3}


def in_order(cases: Collection[ReviewCase]) -> tuple[ReviewCase, ...]:
    """Those for which somebody waits first; the oldest first."""
    return tuple(sorted(cases, key=lambda case: (_ORDER[case.kind], case.opened_at, case.case)))


class QueueState(msgspec.Struct, frozen=True):
    """How much there is to do."""

    open: int  # [cases]
    waiting: int  # [cases] of these, for which a shopper's receipt waits
    oldest_s: float | None  # [s] the longest of these waits; None: nobody waits
    work_s: float  # [s] that answering everything is expected to cost


def state_of(cases: Collection[ReviewCase], utc_s: float) -> QueueState:
    """The queue at ``utc_s``."""
    since = [case.opened_at for case in cases if case.kind in (CaseKind.DOUBT, CaseKind.DISPUTE)]
    oldest_s = max(utc_s - min(since), 0.0) if since else None
    return QueueState(len(cases), len(since), oldest_s, sum(case.expected_s for case in cases))


def published(cases: Sequence[ReviewCase]) -> ReviewQueue:
    """The queue as everybody may see it."""
    return ReviewQueue(cases=tuple(told(case) for case in cases[:LISTED_MAX]), open=len(cases))


def next_for(
    reviewer: str,
    seen: Collection[EventIdentity],
    cases: Sequence[ReviewCase],
    gold: Sequence[ReviewCase],
    *,
    gold_share: float,
    besides: Collection[str] = frozenset(),
) -> ReviewCase | None:
    """What to ask a reviewer next, told blind; ``None``: nothing.

    Args:
        reviewer: name.
        seen: events that this reviewer was asked about; nobody is asked twice.
        cases: all open ones, in order.
        gold: cases whose answer is known.
        gold_share: [1] of what a reviewer is asked.
        besides: names of cases that are before this reviewer or another one already.
    """
    if is_drawn("gold", f"{reviewer}\0{len(seen) + len(besides)}", gold_share):
        cases = (*gold, *cases)
    fresh = (case for case in cases
             if case.case not in besides and (case.event is None or case.event not in seen))  # fmt: skip
    return next((told(case) for case in fresh), None)
