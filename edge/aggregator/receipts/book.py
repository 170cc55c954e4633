"""All receipts that may still be disputed: their corrections in a row, what was said of them, their tokens.

A chain is one stay's receipts, each correcting the one before; it bears the name of its first. Carts forget a
visit after some hours; the book keeps its receipts until nobody may dispute them any more.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping

import msgspec

from edge.aggregator.receipts.issuing import Standing, charged_lines, correction
from edge.aggregator.receipts.tickets import total_of
from edge.aggregator.receipts.token import same_token
from edge.aggregator.review.statements import Statements
from edge.messages import (
    AuditVerdict,
    CounterMessage,
    Dispute,
    DisputeVerdict,
    Receipt,
    ReceiptStatus,
    Retraction,
)
from edge.money import amount_of

LOT = 64
"""[chains] forgotten at a time."""

Remark = Dispute | DisputeVerdict | AuditVerdict

LATE_S = 60.0
"""[s] after somebody left, that the ticket on their phone may still have run."""


def was_running(receipt: Receipt, t: float) -> bool:
    """Whether the ticket that became this receipt ran at a time [s]."""
    return (receipt.entered_at or 0.0) <= t <= receipt.left_at + LATE_S


class ReceiptBook:
    """Chains of receipts, and the remarks on them.

    Args:
        statements: everything that was said; remarks that do not stand count for nothing.
        keep_s: [s] after leaving, that a receipt may be disputed.
    """

    def __init__(self, statements: Statements, keep_s: float) -> None:
        self._statements, self._keep_s = statements, keep_s
        self._receipts: dict[str, Receipt] = {}
        self._next: dict[str, str] = {}  # receipt -> the one that corrects it
        self._tokens: dict[str, str] = {}  # token -> a receipt
        self._remarks: dict[str, dict[str, Remark]] = defaultdict(dict)  # by the receipt they name, by id
        self._early: dict[str, dict[str, Dispute]] = defaultdict(dict)  # by visit, by id: no receipt yet
        self._verdicts: dict[str, dict[str, DisputeVerdict]] = defaultdict(dict)  # by dispute, by id
        self._newest_s = -math.inf

    def add(self, receipt: Receipt) -> Receipt:
        """Take one in; the latest of its chain."""
        self._receipts[receipt.receipt] = receipt
        if receipt.corrects:
            self._next[receipt.corrects] = receipt.receipt
        if receipt.token:
            self._tokens[receipt.token] = receipt.receipt
        self._newest_s = max(self._newest_s, receipt.left_at)
        self._settle_early(receipt.visit)
        return self.latest(receipt.receipt)

    def remark(self, statement: CounterMessage) -> None:
        """Take in what somebody said of a receipt."""
        if isinstance(statement, Dispute) and not statement.receipt:
            self._early[statement.visit][statement.id] = statement
            self._settle_early(statement.visit)
        elif isinstance(statement, Dispute | AuditVerdict):
            self._remarks[statement.receipt][statement.id] = statement
        elif isinstance(statement, DisputeVerdict):
            self._verdicts[statement.dispute][statement.id] = statement

    def early(self, visit: str) -> tuple[Dispute, ...]:
        """What was said of a running ticket, as it was said, and waits for its receipt."""
        said = (each for each in self._early.get(visit, {}).values() if self._statements.stands(each))
        return tuple(sorted(said, key=lambda each: (each.t, each.id)))

    def _settle_early(self, visit: str) -> None:
        """What was said of a ticket while it ran is a dispute of the receipt that it became."""
        if not (waiting := self._early.get(visit)):
            return
        for receipt in [each for each in self._receipts.values() if each.visit == visit]:
            for dispute in [each for each in waiting.values() if was_running(receipt, each.t)]:
                named = msgspec.structs.replace(waiting.pop(dispute.id), receipt=receipt.receipt)
                self._remarks[receipt.receipt][dispute.id] = named

    def forget(self) -> None:
        """Drop chains that nobody may dispute any more, some at a time."""
        old = [name for name, receipt in self._receipts.items()
               if receipt.left_at < self._newest_s - self._keep_s]  # fmt: skip
        if len(old) < LOT:
            return
        for name in old:
            self._tokens.pop(self._receipts.pop(name).token, None)
            self._next.pop(name, None)
            for remark in self._remarks.pop(name, {}).values():
                self._verdicts.pop(remark.id, None)

    def receipts(self) -> Iterable[Receipt]:
        """All that may still be disputed."""
        return self._receipts.values()

    def get(self, receipt: str) -> Receipt | None:
        """A receipt by its name."""
        return self._receipts.get(receipt)

    def by_token(self, token: str) -> Receipt | None:
        """The latest receipt of the chain that a token opens."""
        found = self._receipts.get(self._tokens.get(token, ""))
        return self.latest(found.receipt) if found and same_token(token, found.token) else None

    def disputable_until(self, receipt: Receipt) -> float:
        """[s] until when somebody may say that it is wrong."""
        return receipt.left_at + self._keep_s

    def latest(self, receipt: str) -> Receipt:
        """The last of the chain that a receipt belongs to."""
        while (following := self._next.get(receipt)) in self._receipts:
            receipt = following or receipt
        return self._receipts[receipt]

    def chain(self, receipt: str) -> tuple[Receipt, ...]:
        """All receipts of the chain that a receipt belongs to, the first one first."""
        while (before := self._receipts[receipt].corrects) in self._receipts:
            receipt = before
        found = [self._receipts[receipt]]
        while (following := self._next.get(found[-1].receipt, "")) in self._receipts:
            found.append(self._receipts[following])
        return tuple(found)

    def remarks(self, receipt: str) -> tuple[Remark, ...]:
        """Disputes, audits and verdicts on a chain that stand, as they were said."""
        found = [remark for each in self.chain(receipt)
                 for remark in self._remarks.get(each.receipt, {}).values()]  # fmt: skip
        verdicts = (verdict for remark in found if self._statements.stands(remark)
                    for verdict in self._verdicts.get(remark.id, {}).values())  # fmt: skip
        standing = [remark for remark in (*found, *verdicts) if self._statements.stands(remark)]
        return tuple(sorted(standing, key=lambda remark: (remark.t, remark.id)))

    def disputes(self) -> Iterator[Dispute]:
        """All disputes that stand and are not decided, as they were said."""
        return (dispute for dispute, verdict in self.disputed() if verdict is None)

    def disputed(self) -> Iterator[tuple[Dispute, DisputeVerdict | None]]:
        """All disputes that stand, as they were said, with the verdict that counts."""
        disputes = [remark for remarks in self._remarks.values() for remark in remarks.values()
                    if isinstance(remark, Dispute) and remark.receipt in self._receipts]  # fmt: skip
        return ((dispute, self.verdict(dispute.id))
                for dispute in sorted(disputes, key=lambda each: (each.t, each.id))
                if self._statements.stands(dispute))  # fmt: skip

    def verdict(self, dispute: str) -> DisputeVerdict | None:
        """The latest verdict on a dispute that stands."""
        found = [each for each in self._verdicts.get(dispute, {}).values() if self._statements.stands(each)]
        return max(found, key=lambda verdict: (verdict.t, verdict.id), default=None)

    def forgiven(self, receipt: str) -> Mapping[str, int]:
        """[units] by SKU that verdicts and audits gave back. An audit never charges more."""
        refunds: Counter[str] = Counter()
        overcharged: Counter[str] = Counter()
        for remark in self.remarks(receipt):
            if isinstance(remark, Dispute):
                if (verdict := self.verdict(remark.id)) is not None:
                    refunds.update({item.sku: item.quantity for item in verdict.refund})
            elif isinstance(remark, AuditVerdict) and not remark.undecided:
                found = {item.sku: item.quantity for item in remark.items}
                for line in self._receipts[remark.receipt].lines:
                    surplus = line.quantity - found.get(line.sku, 0)
                    overcharged[line.sku] = max(overcharged[line.sku], surplus)
        return refunds | overcharged  # a unit is given back once, whoever said so

    def corrections(self, remembered: Container[str]) -> Iterator[Receipt]:
        """Corrections due by remarks alone, of receipts whose visits the carts have forgotten.

        Args:
            remembered: the latest receipts of visits that the carts still know; carts make those.
        """
        remarked = {self.latest(name).receipt for name in self._remarks if name in self._receipts}
        for name in sorted(remarked):
            if name not in remembered and (receipt := self._corrected(self._receipts[name])) is not None:
                yield receipt

    def _corrected(self, known: Receipt) -> Receipt | None:
        """``known`` with what remarks gave back taken off what was believed taken; ``None``: it stands."""
        chain = self.chain(known.receipt)
        verdicts = tuple(each for each in self.remarks(known.receipt) if not isinstance(each, Dispute))
        ids = tuple(dict.fromkeys((*known.statements, *(each.id for each in verdicts))))
        standing = tuple(each for each in ids if self._stands(each))
        base = next((each for each in reversed(chain) if not self._is_remarked(each)), chain[0])
        charged = {line.sku: line.quantity for line in base.lines}
        lines, waived = charged_lines(base.lines, charged, self.forgiven(known.receipt))
        if [(line.sku, line.quantity) for line in lines] == [
            (line.sku, line.quantity) for line in known.lines
        ]:
            return None
        minor = total_of(lines)
        present = msgspec.structs.replace(
            known,
            receipt=f"{known.visit}-{int(known.left_at)}-{len(chain) + 1}",
            lines=lines,
            waived=tuple(sorted((*base.waived, *waived), key=lambda item: item.sku)),
            total_minor=minor,
            total=amount_of(minor, known.currency),
            statements=standing,
            status=ReceiptStatus.FINAL,
        )
        said = Standing(False, False, {}, verdicts, self.retractions(known))
        return correction(known, present, said)

    def retractions(self, known: Receipt) -> tuple[Retraction, ...]:
        """What took back statements that a receipt rests on, as it was said."""
        found = (self._statements.retraction(each) for each in known.statements)
        return tuple(sorted((each for each in found if each), key=lambda each: (each.t, each.id)))

    def _stands(self, statement: str) -> bool:
        found = self._statements.get(statement)
        return found is not None and self._statements.stands(found)

    def _is_remarked(self, receipt: Receipt) -> bool:
        """Whether remarks, and not evidence alone, made its lines."""
        said = (self._statements.get(each) for each in receipt.statements)
        return any(isinstance(each, DisputeVerdict | AuditVerdict) for each in said)
