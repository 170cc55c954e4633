"""What a receipt says, whether the one that was issued still says it, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from edge.aggregator.carts.contents import Contents
from edge.aggregator.receipts.tickets import total_of
from edge.aggregator.receipts.token import Tokens
from edge.aggregator.visits.visit import Visit
from edge.messages import (
    AuditVerdict,
    Cart,
    CartLine,
    CorrectionReason,
    CounterMessage,
    DisputeVerdict,
    ItemCount,
    Receipt,
    ReceiptStatus,
    Retraction,
    ReviewAnswer,
)
from edge.money import amount_of


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands beside a visit's evidence when its receipt is made."""

    question_open: bool  # a person is being asked
    given_up: bool  # nobody answered in time
    forgiven: Mapping[str, int]  # [units] by SKU, that verdicts and audits gave back
    statements: Sequence[CounterMessage]  # answers, verdicts and audits, as they were said
    retractions: Sequence[Retraction] = ()  # of what the receipt before rests on, as they were said


class Till:
    """Makes receipts.

    Args:
        tokens: names for looking them up.
        charge_above: [1] a unit less sure than this is not charged when nobody is asked any more.
    """

    def __init__(self, tokens: Tokens, charge_above: float) -> None:
        self._tokens, self._charge_above = tokens, charge_above

    def present(self, visit: Visit, cart: Cart, contents: Contents, standing: Standing) -> Receipt:
        """The receipt that a visit which left would get now; it names the one that it corrects."""
        left_at, known = visit.left_at or 0.0, visit.receipt
        name = f"{visit.visit}-{int(left_at)}-{visit.receipts + 1}"  # names of visits may come again
        in_favour = cart.needs_review and not standing.question_open
        charged = {
            line.sku: self._sure_quantity(contents, line) if in_favour else line.quantity
            for line in cart.lines
        }
        lines, waived = charged_lines(cart.lines, charged, standing.forgiven)
        total_minor = total_of(lines)
        receipt = Receipt(
            receipt=name,
            visit=visit.visit,
            entered_at=visit.entered_at,
            left_at=left_at,
            lines=lines,
            total=amount_of(total_minor, cart.currency),
            total_minor=total_minor,
            currency=cart.currency,
            probability=cart.probability,
            needs_review=cart.needs_review,
            doubts=cart.doubts,
            status=ReceiptStatus.QUESTION_OPEN if standing.question_open else ReceiptStatus.FINAL,
            waived=waived,
            statements=tuple(statement.id for statement in standing.statements),
            token=cart.token or self._tokens.of("receipt", name),
        )
        return receipt if known is None else correction(known, receipt, standing)

    def _sure_quantity(self, contents: Contents, line: CartLine) -> int:
        """The most units of a line that are sure enough, each by the mass of all contents that hold it."""
        quantities = range(line.quantity, 0, -1)
        sure = (
            quantity
            for quantity in quantities
            if contents.least_probability(ItemCount(line.sku, quantity)) >= self._charge_above
        )
        return next(sure, 0)


def charged_lines(
    lines: Sequence[CartLine], charged: Mapping[str, int], forgiven: Mapping[str, int]
) -> tuple[tuple[CartLine, ...], tuple[ItemCount, ...]]:
    """Lines with fewer units, and the units that are not charged.

    Args:
        lines: what is believed taken.
        charged: [units] by SKU, at most those of its line.
        forgiven: [units] by SKU, to be taken off that.
    """
    kept = {line.sku: max(charged[line.sku] - forgiven.get(line.sku, 0), 0) for line in lines}
    return (
        tuple(
            line
            if kept[line.sku] == line.quantity
            else msgspec.structs.replace(line, quantity=kept[line.sku])
            for line in lines
            if kept[line.sku]
        ),
        tuple(
            ItemCount(line.sku, line.quantity - kept[line.sku])
            for line in lines
            if kept[line.sku] < line.quantity
        ),
    )


def correction(known: Receipt, present: Receipt, standing: Standing) -> Receipt:
    """``present`` as the correction of ``known``, with reason, who and when."""
    reason, statement = _reason(known, present, standing)
    return msgspec.structs.replace(
        present,
        corrects=known.receipt,
        reason=reason,
        by=statement.by if statement else "",
        said_at=statement.t if statement else None,
    )


def is_correct(known: Receipt, present: Receipt) -> bool:
    """Whether an issued receipt still says what one made at present would.

    Doubt that a person was asked about is not taken back because later events make it a little smaller; but
    a question that is settled makes a receipt final.
    """
    settled = known.status is ReceiptStatus.QUESTION_OPEN and present.status is ReceiptStatus.FINAL
    return _said(known) == _said(present) and known.needs_review >= present.needs_review and not settled


def _said(receipt: Receipt) -> tuple[object, ...]:
    return receipt.left_at, tuple((line.sku, line.quantity) for line in receipt.lines)


def _reason(
    known: Receipt, present: Receipt, standing: Standing
) -> tuple[CorrectionReason, CounterMessage | None]:
    if known.left_at != present.left_at:
        return CorrectionReason.CAME_BACK, None
    if set(known.statements) - set(present.statements):
        return CorrectionReason.RETRACTION, standing.retractions[-1] if standing.retractions else None
    new = [statement for statement in standing.statements if statement.id not in known.statements]
    if new:
        return _REASONS[type(new[-1])], new[-1]
    if standing.given_up and known.status is ReceiptStatus.QUESTION_OPEN:
        return CorrectionReason.GIVEN_UP, None
    return CorrectionReason.LATER_EVIDENCE, None


_REASONS: dict[type[CounterMessage], CorrectionReason] = {
    ReviewAnswer: CorrectionReason.ANSWER,
    DisputeVerdict: CorrectionReason.VERDICT,
    AuditVerdict: CorrectionReason.AUDIT,
}
