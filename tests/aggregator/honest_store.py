"""A month of a store whose truth is known, as the ledger would say it."""

from __future__ import annotations

import random
from itertools import count

from edge.aggregator.entries import GateEntry, LedgerEntry, ReceiptEntry, StatementEntry
from edge.aggregator.ledger.rows import LedgerRow
from edge.aggregator.review.sampling import AUDIT, is_drawn
from edge.messages import (
    AuditVerdict,
    CartLine,
    EventIdentity,
    GateDirection,
    GateEvent,
    ItemCount,
    Reading,
    Receipt,
    ReceiptStatus,
    ReviewAnswer,
)

PRICE_MINOR = 199


def receipt_of(visit: str, left_at: float, probability: float, units: int, **options) -> Receipt:
    line = CartLine(
        "0001",
        "Spring water",
        units,
        probability,
        events=(f"n1-b1-{visit[1:]}",),
        unit_price_minor=PRICE_MINOR,
    )
    total = units * PRICE_MINOR
    given = {"receipt": f"{visit}-{int(left_at)}-1", "needs_review": False, **options}
    return Receipt(
        visit=visit, entered_at=left_at - 200, left_at=left_at, lines=(line,), total=total / 100,
        total_minor=total, currency="EUR", probability=probability, **given,
    )  # fmt: skip


def month(until_s: float, visits: int = 400, *, audit_share: float = 0.5, seed: int = 1) -> list[LedgerRow]:
    """Rows that end shortly before ``until_s`` [s]; right is drawn with the stated probability."""
    random_, ids = random.Random(seed), count(1)
    said: list[tuple[float, LedgerEntry]] = []
    for number in range(visits):
        visit, left = f"v{number}", until_s - 28 * 86_400 * (1 - number / visits) - 3600
        probability = 1 - 10 ** random_.uniform(-4, -0.35)
        right = random_.random() < probability
        first = receipt_of(visit, left, round(probability, 6), 2)
        gate = GateEvent(visit=visit, direction=GateDirection.LEFT, t=left)
        said.append((left, GateEntry(gate)))
        if probability < 0.8:
            doubtful = receipt_of(
                visit, left, round(probability, 6), 2, needs_review=True, status=ReceiptStatus.QUESTION_OPEN
            )
            shown = (Reading((ItemCount("0001", 2),), visit), Reading((ItemCount("0001", 1),), visit))
            answer = ReviewAnswer(
                id=f"answer-no-{next(ids)}", t=left + 60, by=random_.choice(("rita", "sam")), case="c",
                event=EventIdentity("n1", "b1", number + 1), shown=shown, reading=shown[not right],
                seconds=round(random_.uniform(2, 14), 1),
            )  # fmt: skip
            final = receipt_of(
                visit, left, 0.99, 2 if right else 1, receipt=f"{visit}-{int(left)}-2",
                corrects=doubtful.receipt, statements=(answer.id,),
            )  # fmt: skip
            said += [
                (left + 3, ReceiptEntry(doubtful)),
                (left + 61, StatementEntry(answer)),
                (left + 62, ReceiptEntry(final)),
            ]
            continue
        said.append((left + random_.uniform(2.5, 7.0), ReceiptEntry(first)))
        if is_drawn(AUDIT, first.receipt, audit_share):
            audit = AuditVerdict(
                id=f"audit-no-{next(ids)}", t=left + 900, by="olga", case="c", receipt=first.receipt,
                items=(ItemCount("0001", 2 if right else 1),), seconds=round(random_.uniform(6, 25), 1),
            )  # fmt: skip
            said.append((left + 900, StatementEntry(audit)))
    return [
        LedgerRow(n, utc_s, entry)
        for n, (utc_s, entry) in enumerate(sorted(said, key=lambda each: each[0]), 1)
    ]
