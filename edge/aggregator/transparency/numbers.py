"""The numbers of the transparency report, from what the ledger says of a window."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

import msgspec

from edge.aggregator.ledger.rows import LedgerRow
from edge.aggregator.review.reviewers import ReviewerEstimate, Reviewers, Trial
from edge.aggregator.review.sampling import AUDIT, is_drawn
from edge.aggregator.stock.inventory import Inventory
from edge.aggregator.transparency.calibration import Checked, brier, reliability, risk_coverage
from edge.aggregator.transparency.figures import Audits, Corrections, Disputes, Transparency
from edge.aggregator.transparency.goods import goods_of
from edge.aggregator.transparency.shares import Mean, Quantiles, Share
from edge.aggregator.transparency.stays import Record, Stay, record_of
from edge.messages import AuditVerdict, Receipt, ReviewAnswer


def transparency_of(
    rows: Iterable[LedgerRow],
    *,
    since: float | None,
    until: float | None,
    audit_share: float,
    inventory: Inventory | None = None,
) -> Transparency:
    """Compute all numbers in one pass over the ledger.

    Args:
        rows: all of the ledger, in order.
        since: [s] start of the window, by the time at which visits left.
        until: [s] its end, exclusive.
        audit_share: [1] by which audits were drawn; what was audited besides counts for nothing here.
        inventory: what stands on the shelves by the same ledger.
    """
    start_s = -math.inf if since is None else since
    record = record_of(rows, start_s, math.inf if until is None else until)
    found = figures_of(record, since=since, until=until, audit_share=audit_share)
    if inventory is None:
        return found
    goods = goods_of(inventory, since=since, until=until, charged=charged_units(record))
    return msgspec.structs.replace(found, goods=goods)


def charged_units(record: Record) -> int:
    """[units] on the receipts of a window, as they stand."""
    return sum(line.quantity for stay in record.stays for line in stay.last.lines)


def figures_of(
    record: Record, *, since: float | None, until: float | None, audit_share: float
) -> Transparency:
    """All numbers but those of the goods; ``since`` and ``until`` are those of the record."""
    stays = record.stays
    answers = [answer for stay in stays for _, answer in stay.answers]
    seconds = [*_seconds(record), *(audit.seconds for stay in stays for audit in stay.audits)]
    final = [(stay, entered_s) for stay in stays if stay.final is not None for entered_s in (stay.final[0],)]
    behind = {event for stay in stays for _, receipt in stay.receipts for line in receipt.lines
              for event in line.events}  # fmt: skip
    asked = {str(answer.event) for answer in answers}
    visits = max(record.left, len(stays))
    audited = _audited(stays, audit_share)
    checked = [Checked(stay.first.probability, _is_right(stay.first, audit)) for stay, audit in audited]
    return Transparency(
        since=since,
        until=until,
        visits=visits,
        with_receipt=Share.of(len(stays), visits),
        open_questions=Share.of(len(stays) - len(final), len(stays)),
        reviewed_before=Share.of(sum(_is_reviewed(stay, before=True) for stay in stays), len(stays)),
        reviewed_after=Share.of(sum(_is_reviewed(stay, before=False) for stay in stays), len(stays)),
        events_reviewed=Share.of(len(asked), len(asked | behind)),
        review_s_per_visit=Mean.of(sum(seconds), visits),
        review_s=Quantiles.of(seconds),
        to_receipt_s=Quantiles.of([stay.receipts[0][0] - stay.left_at for stay in stays]),
        to_final_s=Quantiles.of([entered_s - stay.left_at for stay, entered_s in final]),
        corrections=_corrections(stays),
        audits=_audits(stays, audited, audit_share),
        disputes=_disputes(stays),
        receipts_reliability=reliability(checked),
        lines_reliability=reliability(_lines(audited)),
        brier=brier(checked),
        risk_coverage=risk_coverage(_weighed(stays, checked)),
        reviewers=_reviewers(record),
    )


def _seconds(record: Record) -> list[float]:
    """[s] of every answer once, though it may concern several visits."""
    answers = {answer.id: answer for stay in record.stays for _, answer in stay.answers}
    gold = (entry.statement for entry in record.gold)
    return [each.seconds for each in (*answers.values(), *gold) if isinstance(each, ReviewAnswer)]


def _is_reviewed(stay: Stay, *, before: bool) -> bool:
    """Whether anybody looked at anything of a stay before, or after, its first final receipt."""
    final_s = stay.final[0] if stay.final else float("inf")
    if not before and stay.audits:
        return True
    return any((utc_s <= final_s) is before for utc_s, _ in stay.answers)


def _corrections(stays: Iterable[Stay]) -> Corrections:
    favours: Counter[str] = Counter()
    refunded: Counter[str] = Counter()
    charged: Counter[str] = Counter()
    final = [stay for stay in stays if stay.final is not None]
    for stay in final:
        before, last = stay.final[1] if stay.final else stay.last, stay.last
        if _said(before) == _said(last):
            continue
        more = last.total_minor - before.total_minor
        favours["shopper" if more < 0 else "store" if more > 0 else "neither"] += 1
        if more < 0:
            refunded[last.currency] -= more
        elif more > 0:
            charged[last.currency] += more
    return Corrections(
        Share.of(favours.total(), len(final)), favours["shopper"], favours["store"], favours["neither"],
        dict(sorted(refunded.items())), dict(sorted(charged.items())),
    )  # fmt: skip


def _said(receipt: Receipt) -> dict[str, int]:
    return {line.sku: line.quantity for line in receipt.lines}


def _audited(stays: Iterable[Stay], share: float) -> list[tuple[Stay, AuditVerdict]]:
    """Undoubted stays that were drawn and looked at, each with its latest verdict that tells anything."""
    drawn = [stay for stay in stays if stay.is_undoubted() and is_drawn(AUDIT, stay.first.receipt, share)]
    telling = [(stay, [audit for audit in stay.audits if not audit.undecided]) for stay in drawn]
    return [(stay, audits[-1]) for stay, audits in telling if audits]


def _is_right(receipt: Receipt, audit: AuditVerdict) -> bool:
    return _said(receipt) == {item.sku: item.quantity for item in audit.items}


def _audits(stays: Iterable[Stay], audited: list[tuple[Stay, AuditVerdict]], share: float) -> Audits:
    undoubted = [stay for stay in stays if stay.is_undoubted()]
    drawn = sum(is_drawn(AUDIT, stay.first.receipt, share) for stay in undoubted)
    wrong = sum(not _is_right(stay.first, audit) for stay, audit in audited)
    return Audits(
        Share.of(drawn, len(undoubted)), Share.of(len(audited), drawn), Share.of(wrong, len(audited))
    )


def _disputes(stays: tuple[Stay, ...]) -> Disputes:
    disputes = sum(len(stay.disputes) for stay in stays)
    verdicts = [verdict for stay in stays for verdict in stay.verdicts.values()]
    return Disputes(
        Share.of(sum(bool(stay.disputes) for stay in stays), len(stays)),
        Share.of(len(verdicts), disputes),
        Share.of(sum(bool(verdict.refund) for verdict in verdicts), len(verdicts)),
    )


def _lines(audited: list[tuple[Stay, AuditVerdict]]) -> list[Checked]:
    """Lines of audited receipts: right if just so many were taken."""
    found = []
    for stay, audit in audited:
        taken = {item.sku: item.quantity for item in audit.items}
        found += [Checked(line.probability, taken.get(line.sku, 0) == line.quantity)
                  for line in stay.first.lines]  # fmt: skip
    return found


def _weighed(stays: Iterable[Stay], audited: list[Checked]) -> list[Checked]:
    """Audited receipts, each for its share of the undoubted ones; and those that a person settled."""
    undoubted = sum(stay.is_undoubted() for stay in stays)
    settled = [stay for stay in stays if stay.answers and stay.final is not None and not stay.is_undoubted()]
    weight = undoubted / len(audited) if audited else 0.0
    return [
        *(Checked(each.probability, each.right, weight) for each in audited),
        *(Checked(stay.first.probability, _said(stay.first) == _said(stay.last)) for stay in settled),
    ]


def _reviewers(record: Record) -> tuple[ReviewerEstimate, ...]:
    known = Reviewers()
    for entry in record.gold:
        answer = entry.statement
        if isinstance(answer, ReviewAnswer) and not answer.undecided:
            known.replace((), (Trial(answer.by, float(answer.reading == entry.gold)),))
    return tuple(known.estimate(name) for name in known.names())
